"""A client of bpf(2) without libbpf: forks, passes and duplicates descriptors, and is killed in the middle
of calls. Prints "ok" if everything was as on Linux."""
import ctypes
import os
import random
import signal
import socket
import struct
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
NR_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
MAP_CREATE, LOOKUP, UPDATE, PROG_LOAD, MAP_GET_NEXT_ID = 0, 1, 2, 5, 12


def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(attr, len(attr))
    ret = libc.syscall(NR_BPF, cmd, buf, len(attr))
    return ret if ret >= 0 else -ctypes.get_errno()


def address(buf):
    return ctypes.addressof(buf)


def new_map():
    return bpf(MAP_CREATE, struct.pack("<5I", 1, 4, 8, 4, 0))  # a hash


def update(fd, key, value):
    k, v = (ctypes.create_string_buffer(struct.pack(f, x)) for f, x in (("<I", key), ("<Q", value)))
    return bpf(UPDATE, struct.pack("<IIQQQ", fd, 0, address(k), address(v), 0))


def lookup(fd, key):
    k, v = ctypes.create_string_buffer(struct.pack("<I", key)), ctypes.create_string_buffer(8)
    err = bpf(LOOKUP, struct.pack("<IIQQQ", fd, 0, address(k), address(v), 0))
    return err or struct.unpack("<Q", v.raw)[0]


def load(n):
    """a socket filter of n instructions"""
    code = b"\xb7\0\0\0\0\0\0\0" * (n - 1) + b"\x95\0\0\0\0\0\0\0"
    insns, gpl = ctypes.create_string_buffer(code), ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, struct.pack("<IIQQ", 1, n, address(insns), address(gpl)))


def in_child(fn):
    pid = os.fork()
    if not pid:
        os._exit(0 if fn() else 1)
    assert os.waitpid(pid, 0)[1] == 0, fn


def maps():
    """ids of all maps"""
    at, out = 0, []
    while True:
        buf = ctypes.create_string_buffer(struct.pack("<III", at, 0, 0), 12)
        if libc.syscall(NR_BPF, MAP_GET_NEXT_ID, buf, 12) < 0:
            return out
        at = struct.unpack_from("<I", buf.raw, 4)[0]
        out.append(at)


def descriptors():
    fd = new_map()
    assert fd >= 0 and update(fd, 1, 42) == 0
    copy = os.dup(fd)
    os.close(fd)
    assert lookup(copy, 1) == 42, "dup"
    in_child(lambda: lookup(copy, 1) == 42 and update(copy, 2, 43) == 0)
    assert lookup(copy, 2) == 43, "fork"
    a, b = socket.socketpair()
    socket.send_fds(a, [b"x"], [copy])
    os.close(copy)
    passed = socket.recv_fds(b, 1, 1)[1][0]
    assert lookup(passed, 1) == 42, "SCM_RIGHTS"
    assert len(maps()) == 1
    os.close(passed)
    assert maps() == [], "last close"


def errors():
    fd = new_map()
    assert bpf(LOOKUP, struct.pack("<IIQQQ", fd, 0, 8, 8, 0)) == -14, "EFAULT"
    assert libc.syscall(NR_BPF, LOOKUP, ctypes.c_void_p(8), 32) < 0 and ctypes.get_errno() == 14
    assert lookup(999, 1) == -9 and lookup(0, 1) == -22, "EBADF, EINVAL"
    os.close(fd)


def killed(seconds):
    """children die at random moments in the middle of calls"""
    end, rng = time.monotonic() + seconds, random.Random(1)
    while time.monotonic() < end:
        pid = os.fork()
        if not pid:
            while True:
                os.close(load(rng.randrange(2, 3000)))
                update(new_map(), 1, 1)
        time.sleep(rng.random() / 100)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    assert maps() == [], "maps of the dead"


descriptors()
errors()
killed(float(sys.argv[1]))
print("ok")
