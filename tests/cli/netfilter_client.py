"""Links of netfilter programs: what is refused, info, bpftool's list. Prints the same on the kernel and under skep exec --net;
wants a network namespace of its own."""
import ctypes
import json
import os
import struct
import subprocess

NR = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
PROG_LOAD, INFO, LINK_CREATE, LINK_UPDATE, LINK_DETACH, PROG_ATTACH = 5, 15, 28, 29, 34, 8
NETFILTER, NETFILTER_TYPE, DEFRAG = 45, 32, 1
LOWEST, HIGHEST = -2**31, 2**31 - 1
keep = []


def address(b):
    buf = ctypes.create_string_buffer(b, len(b))
    keep.append(buf)
    return ctypes.addressof(buf), buf


def bpf(cmd, attr):
    ret = libc.syscall(NR, cmd, ctypes.create_string_buffer(attr, 128), 128)
    return ret if ret >= 0 else -ctypes.get_errno()


def load(kind, attach_type):
    code = struct.pack("<BBhiBBhi", 0xb7, 0, 0, 1, 0x95, 0, 0, 0)
    return bpf(PROG_LOAD, struct.pack("<IIQQIIQII16sII", kind, 2, address(code)[0], address(b"GPL\0")[0], 0, 0, 0, 0, 0, b"nf", 0,
                                      attach_type))


def word(ret):
    return "ok" if ret >= 0 else os.strerror(-ret)


def link(fd, pf=2, hook=0, priority=10, flags=0, target=0, common=0, attach_type=NETFILTER):
    return bpf(LINK_CREATE, struct.pack("<4IIIiI", fd, target, attach_type, common, pf, hook, priority, flags))


def info(fd):
    addr, buf = address(bytes(200))
    ret = bpf(INFO, struct.pack("<IIQ", fd, 200, addr))
    if ret < 0:
        return word(ret)
    kind, _, _, _, pf, hook, priority, flags = struct.unpack_from("<4IIIiI", buf.raw)
    return kind, pf, hook, priority, flags


def fdinfo(fd):
    text = open(f"/proc/self/fdinfo/{fd}").read().split("\n")
    return [t for t in text if t.split(":")[0] not in ("pos", "flags", "mnt_id", "ino", "link_id", "prog_id", "prog_tag")]


nf, other = load(NETFILTER_TYPE, NETFILTER), load(NETFILTER_TYPE, NETFILTER)
print("load", word(nf), word(load(NETFILTER_TYPE, 0)))
tries = {f"pf {pf}": {"pf": pf} for pf in (0, 1, 2, 3, 5, 7, 10, 12, 13)}
tries |= {f"hook {hook}": {"hook": hook} for hook in (0, 1, 4, 5, 6, 2**32 - 1)}
tries |= {f"priority {p}": {"priority": p} for p in (LOWEST, LOWEST + 1, -401, -400, -399, 0, HIGHEST - 1, HIGHEST)}
tries |= {f"flags {f}": {"flags": f} for f in (DEFRAG, 2, 3, 2**31)}
tries |= {f"defrag at {p}": {"flags": DEFRAG, "priority": p} for p in (LOWEST, -401, -400, -399, HIGHEST)}
tries |= {"target": {"target": 5}, "common flags": {"common": 1}, "pf and hook": {"pf": 7, "hook": 9},
          "pf and flags": {"pf": 7, "flags": 2}, "pf and priority": {"pf": 7, "priority": LOWEST}, "hook and flags": {"hook": 9, "flags": 2},
          "hook and priority": {"hook": 9, "priority": LOWEST}, "flags and priority": {"flags": 2, "priority": LOWEST},
          "common and pf": {"common": 1, "pf": 7}}
for what, how in tries.items():
    fd = link(nf, **how)
    print(what, word(fd))
    if fd >= 0:
        os.close(fd)
first = link(nf)
for what, how in {"again": {}, "another priority": {"priority": 11}, "another hook": {"hook": 1}, "IPv6": {"pf": 10}}.items():
    fd = link(nf, **how)
    print(what, word(fd))
    print("another program", word(link(other, **how)))
    if fd >= 0:
        os.close(fd)
print("xdp", word(link(load(6, 0))), word(link(load(6, 37))), "as another", word(link(nf, attach_type=37)))
print("PROG_ATTACH", word(bpf(PROG_ATTACH, struct.pack("<4I", 0, nf, NETFILTER, 0))))
print(info(first), fdinfo(first))
for flags in (0, 4):
    print("update", word(bpf(LINK_UPDATE, struct.pack("<4I", first, other, flags, nf if flags else 0))))
last = link(other, 10, 3, -150, DEFRAG)
print(info(last), fdinfo(last))
shown = json.loads(subprocess.run(["bpftool", "-j", "link"], capture_output=True, text=True).stdout)
for s in shown:  # old ones know the number only
    if s["type"] in ("netfilter", 10):
        print({k: v for k, v in sorted(s.items()) if k not in ("id", "prog_id", "pids")})
print("detach", word(bpf(LINK_DETACH, struct.pack("<I", first))), word(bpf(LINK_DETACH, struct.pack("<I", first))), info(first))
print("update", word(bpf(LINK_UPDATE, struct.pack("<4I", first, other, 0, 0))))
print("free again", word(link(nf)))
