"""What sockets of all kinds say to programs being attached by setsockopt(2). Prints the same on the kernel and under
skep exec."""
import ctypes
import os
import socket
import struct

NR = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
ATTACH, REUSEPORT, DETACH, DETACH_REUSEPORT, LOCK = 50, 52, 27, 68, 44
keep = []


def bpf(cmd, attr):
    ret = libc.syscall(NR, cmd, ctypes.create_string_buffer(attr), len(attr))
    return ret if ret >= 0 else -ctypes.get_errno()


def load(kind, attach_type=0):
    code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xb7, 0, 0, 1, 0x95, 0, 0, 0))
    license = ctypes.create_string_buffer(b"GPL")
    keep.extend((code, license))
    attr = struct.pack("<IIQQIIQII16sII", kind, 2, ctypes.addressof(code), ctypes.addressof(license), 0, 0, 0, 0, 0, b"", 0,
                       attach_type)
    return bpf(5, attr)


def pack(fd):
    return struct.pack("<i", fd)


progs = {"filter": load(1), "xdp": load(6), "select": load(21, 39), "cgroup_skb": load(8)}
assert all(fd > 0 for fd in progs.values()), progs
values = {**{name: pack(fd) for name, fd in progs.items()}, "map": pack(bpf(0, struct.pack("<5I", 2, 4, 4, 1, 0))),
          "-1": pack(-1), "file": pack(os.open("/dev/null", os.O_RDWR)), "3 bytes": pack(progs["filter"])[:3],
          "8 bytes": pack(progs["filter"]) + bytes(4)}
sockets = {"udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM), "tcp": socket.socket(), "udp6": socket.socket(socket.AF_INET6, socket.SOCK_DGRAM),
           "unix": socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), "stream": socket.socket(socket.AF_UNIX),
           "netlink": socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 2), "route": socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)}


def attempt(name, s, what, option, value):
    try:
        if isinstance(s, int):
            buf = ctypes.create_string_buffer(value)
            if libc.setsockopt(s, socket.SOL_SOCKET, option, buf, len(value)):
                raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        else:
            s.setsockopt(socket.SOL_SOCKET, option, value)
        result = "ok"
    except OSError as e:
        result = e.strerror
    print(f"{name}: {what}: {result}")


def reuseport(name, s, when):
    for what in ("filter", "select", "xdp", "3 bytes"):
        attempt(name, s, f"{when} reuseport {what}", REUSEPORT, values[what])
    for n in ("", " again"):
        attempt(name, s, f"{when} detach reuseport{n}", DETACH_REUSEPORT, pack(0))


for name, s in {**sockets, "file": os.open("/dev/null", os.O_RDWR), "none": 999}.items():
    attempt(name, s, "detach nothing", DETACH, pack(0))
    for what, value in values.items():
        attempt(name, s, f"attach {what}", ATTACH, value)
    for n in ("", " again"):
        attempt(name, s, f"detach{n}", DETACH, pack(0))
    reuseport(name, s, "unbound")
    if name in ("udp", "tcp", "udp6"):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        reuseport(name, s, "reusing")
        s.bind(("", 0))
        reuseport(name, s, "bound")
    attempt(name, s, "attach filter", ATTACH, values["filter"])
    attempt(name, s, "lock", LOCK, pack(1))
    attempt(name, s, "attach locked", ATTACH, values["filter"])
    attempt(name, s, "attach map locked", ATTACH, values["map"])
    attempt(name, s, "detach locked", DETACH, pack(0))
