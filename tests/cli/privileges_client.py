"""What bpf(2) allows a client that has only some capabilities. usage: privileges_client.py CAPABILITY…: numbers of those
that it keeps. Prints the same on the kernel and under skep exec."""
import ctypes
import errno
import os
import struct
import sys

NR = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
keep = []


def mem(data):
    m = ctypes.create_string_buffer(data)
    keep.append(m)
    return ctypes.addressof(m)


def bpf(cmd, attr):
    ret = libc.syscall(NR, cmd, ctypes.create_string_buffer(attr, max(len(attr), 4)), len(attr))
    return errno.errorcode.get(ctypes.get_errno(), str(ctypes.get_errno())) if ret < 0 else ret


TWO = struct.pack("<BBhiBBhi", 0xb7, 0, 0, 1, 0x95, 0, 0, 0)
POINTER = struct.pack("<BBhiBBhi", 0xbf, 0xa0, 0, 0, 0x95, 0, 0, 0)  # returns the frame pointer


def load(kind, attach_type=0, code=TWO):
    return bpf(5, struct.pack("<IIQQIIQII16sII", kind, len(code) // 8, mem(code), mem(b"GPL"), 0, 0, 0, 0, 0, b"", 0,
                              attach_type))


def new_map(kind, key=4, value=4, entries=1, flags=0):
    return bpf(0, struct.pack("<5I", kind, key, value, entries, flags))


def say(what, result):
    print(what, "ok" if isinstance(result, int) else result)


def drop(caps):
    """keep these capabilities only, in all sets but the bounding one"""
    bits = sum(1 << c for c in caps)
    low, high = bits & 0xffffffff, bits >> 32
    data = struct.pack("<6I", low, low, 0, high, high, 0)
    assert libc.capset(ctypes.create_string_buffer(struct.pack("<Ii", 0x20080522, 0)), ctypes.create_string_buffer(data)) == 0


BTF = struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, 16, 16, 1) + struct.pack("<IIII", 0, 1 << 24, 4, 32) + b"\0"
prog, xdp, tp, array, table = load(1), load(6), load(17), new_map(2), new_map(1)
btf = bpf(18, struct.pack("<QQIII", mem(BTF), 0, len(BTF), 0, 0))
link = bpf(17, struct.pack("<QI", mem(b"sys_enter"), tp))
assert all(isinstance(x, int) for x in (prog, xdp, tp, array, table, btf, link)), (prog, xdp, tp, array, table, btf, link)
drop([int(a) for a in sys.argv[1:]])
MAPS = {7: (4, 8), 11: (8, 4, 1, 1), 16: (4, 4), 22: (0, 4), 23: (0, 4), 27: (0, 0, 4096), 30: (0, 4)}
for kind in (*range(1, 13), *range(14, 19), 20, 22, 23, 25, 27, 30):
    say(f"map {kind}", new_map(kind, *MAPS.get(kind, (4, 4))))
ATTACH = {9: 2, 18: 0, 20: 16, 25: 21, 21: 39, 30: 36, 23: 18}
for kind in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 19, 21, 22, 23, 24, 25, 30):
    say(f"prog {kind}", load(kind, ATTACH.get(kind, 0)))
if ("39" in sys.argv) == ("38" in sys.argv):
    say("a pointer returned", load(1, code=POINTER))
say("lookup", bpf(1, struct.pack("<IIQQQ", array, 0, mem(bytes(4)), mem(bytes(8)), 0)))
say("update", bpf(2, struct.pack("<IIQQQ", array, 0, mem(bytes(4)), mem(bytes(8)), 0)))
say("next", bpf(4, struct.pack("<IIQQ", array, 0, 0, mem(bytes(8)))))
say("freeze", bpf(22, struct.pack("<I", table)))
for cmd in (11, 12, 23, 31):
    say(f"next id {cmd}", bpf(cmd, struct.pack("<II", 0, 0)))
for cmd in (13, 14, 19, 30):
    if bpf(11, struct.pack("<II", 0, 0)) == "EPERM":  # else it is a matter of what ids there are
        say(f"fd by id {cmd}", bpf(cmd, struct.pack("<II", 1, 0)))
for name, fd in (("prog", prog), ("map", array), ("btf", btf), ("link", link)):
    say(f"info {name}", bpf(15, struct.pack("<IIQ", fd, 64, mem(bytes(256)))))
say("load BTF", bpf(18, struct.pack("<QQIII", mem(BTF), 0, len(BTF), 0, 0)))
say("test run", bpf(10, struct.pack("<IIIIQQII", prog, 0, 14, 0, mem(bytes(64)), 0, 1, 0)))
say("raw tracepoint", bpf(17, struct.pack("<QI", mem(b"sys_enter"), tp)))
say("bind", bpf(35, struct.pack("<III", prog, array, 0)))
say("stats", bpf(32, struct.pack("<I", 0)))
root = os.open("/", os.O_RDONLY)
say("attach to a cgroup", bpf(8, struct.pack("<IIII", root, prog, 0, 0)))
say("query a cgroup", bpf(16, struct.pack("<IIIIQI", root, 0, 0, 0, 0, 0)))
say("batch", bpf(24, struct.pack("<QQQQIIQQ", 0, mem(bytes(4)), mem(bytes(8)), mem(bytes(8)), 1, array, 0, 0)))
