"""Sockets with programs as filters: what arrives, how long the sockets keep them. Prints the same on the kernel and under
skep exec --net; wants a network namespace of its own with lo up."""
import ctypes
import os
import socket
import struct
import sys
import time

NR = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)
ATTACH, DETACH, LOCK, ATTACH_CLASSIC = 50, 27, 44, 26
GET_CLASSIC = ATTACH_CLASSIC
PROG_LOAD, MAP_CREATE, LOOKUP, PROG_FD, INFO = 5, 0, 1, 13, 15
keep = []


def address(b):
    buf = ctypes.create_string_buffer(b, len(b))
    keep.append(buf)
    return ctypes.addressof(buf), buf


def bpf(cmd, attr):
    ret = libc.syscall(NR, cmd, ctypes.create_string_buffer(attr, 128), 128)
    return ret if ret >= 0 else -ctypes.get_errno()


def gone(id):
    """soon: the kernel lets go of programs late"""
    for _ in range(200):
        if not alive(id):
            return True
        time.sleep(0.01)
    return False


def op(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, dst | src << 4, off, imm)


def ret(value):
    return op(0xb7, 0, imm=value) + op(0x95)


def load(code):
    fd = bpf(PROG_LOAD, struct.pack("<IIQQ", 1, len(code) // 8, address(code)[0], address(b"GPL\0")[0]))
    assert fd > 0, fd
    return fd


def prog_id(fd):
    addr, buf = address(bytes(64))
    assert bpf(INFO, struct.pack("<IIQ", fd, 64, addr)) == 0
    return struct.unpack_from("<I", buf.raw, 4)[0]


def alive(id):
    fd = bpf(PROG_FD, struct.pack("<I", id))
    if fd >= 0:
        os.close(fd)
    return fd >= 0


CTX = op(0xbf, 6, 1)                    # r6 = ctx, for LD_ABS
def refuse(at, byte):                   # a packet with that byte there
    return CTX + op(0x30, imm=at) + op(0x15, 0, off=2, imm=byte) + ret(-1) + ret(0)


def record(fd, fields):
    """Count the packet, and keep these words of its context."""
    code = op(0xbf, 6, 1) + op(0x62, 10, off=-4) + op(0x18, 1, 1, imm=fd) + op(0) + op(0xbf, 2, 10) + op(0x07, 2, imm=-4)
    code += op(0x85, imm=1) + op(0x55, 0, off=2) + ret(0)
    code += op(0x61, 1, 0) + op(0x07, 1, imm=1) + op(0x63, 0, 1)
    for i, field in enumerate(fields):
        code += op(0x61, 1, 6, off=field) + op(0x63, 0, 1, off=4 + 4 * i)
    return code + ret(-1)


def recorded(fd, n):
    key, value = address(bytes(4)), address(bytes(4 * n))
    assert bpf(LOOKUP, struct.pack("<IIQQ", fd, 0, key[0], value[0])) == 0
    return struct.unpack(f"<{n}I", value[1].raw)


def attach(s, fd, option=ATTACH):
    try:
        s.setsockopt(socket.SOL_SOCKET, option, struct.pack("<i", fd))
        return "ok"
    except OSError as e:
        return e.strerror


def take(s):
    got = []
    try:
        while True:
            got.append(s.recv(200, socket.MSG_DONTWAIT))
    except BlockingIOError:
        return got


def settle():
    """What lo carries may come by another thread: wait until a datagram of ours has."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    s.settimeout(5)
    s.sendto(b"settled", s.getsockname())
    s.recv(100)


def udp(family, to, addr):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((addr, 0))
    port = s.getsockname()[1]
    sender = socket.socket(family, socket.SOCK_DGRAM)

    def deliver(what):
        for text in (b"xone", b"two", b"threefour"):
            sender.sendto(text, (to, port))
        settle()
        print(what, take(s))
    name = f"udp {addr}"
    deliver(f"{name} plain")
    print(attach(s, load(refuse(8, ord("x")))))
    deliver(f"{name} refuse x")
    print(attach(s, load(ret(8 + 3))))
    deliver(f"{name} three bytes")
    print(attach(s, load(ret(0))))
    deliver(f"{name} nothing")
    fd = bpf(MAP_CREATE, struct.pack("<5I", 2, 4, 16, 1, 0))
    print(attach(s, load(record(fd, (0, 16, 40)))))   # len, protocol, ifindex
    deliver(f"{name} recorded")
    print(recorded(fd, 4))
    sender.connect((to, port))
    s.connect(sender.getsockname())
    deliver(f"{name} connected")
    print(recorded(fd, 4)[0])
    print(attach(s, 0, DETACH))
    deliver(f"{name} detached")


def classic(s):
    """how many instructions SO_GET_FILTER tells of"""
    length = ctypes.c_uint(0)
    if libc.getsockopt(s.fileno(), socket.SOL_SOCKET, GET_CLASSIC, None, ctypes.byref(length)):
        return os.strerror(ctypes.get_errno())
    return length.value


def inherited():
    """A child has the socket that a parent gave a filter, and has closed."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    name = s.getsockname()
    attach(s, load(refuse(8, ord("x"))))
    r, w = os.pipe()
    child = (sys.stdout.flush(), os.fork())[1]
    if not child:
        s = socket.socket(fileno=os.dup2(s.detach(), 50))
        os.close(w)
        os.read(r, 1)
        print("a child gets", take(s), flush=True)
        os._exit(0)
    s.close()
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for text in (b"xone", b"two"):
        sender.sendto(text, name)
    settle()
    os.close(w)
    os.waitpid(child, 0)


def two_sockets():
    """One's filter is not the other's; a classic filter in its place; a locked one."""
    a, b = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in "ab")
    for s in (a, b):
        s.bind(("127.0.0.1", 0))
    print("no filter", classic(a))
    attach(a, load(ret(0)))
    print("a filter", classic(a))

    def deliver(what):
        for s in (a, b):
            b.sendto(b"hello", s.getsockname())
        settle()
        print(what, take(a), take(b))
    deliver("a refuses")
    code = struct.pack("<HBBI", 6, 0, 0, 8 + 2)
    a.setsockopt(socket.SOL_SOCKET, ATTACH_CLASSIC, struct.pack("<HxxxxxxQ", 1, address(code)[0]))
    print("classic", classic(a))
    deliver("a classic")
    attach(a, load(ret(8 + 1)))
    deliver("a one byte")
    print("lock", attach(a, 1, LOCK), a.getsockopt(socket.SOL_SOCKET, LOCK))
    print(attach(a, load(ret(0))), attach(a, 0, DETACH), attach(a, 0, LOCK))
    deliver("a locked")


def lifetime():
    """The socket keeps the program: past the program's last descriptor, until the socket's last, whoever has it."""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fd = load(ret(0))
    id = prog_id(fd)
    attach(s, fd)
    os.close(fd)
    print("kept", alive(id))
    other = load(ret(-1))
    attach(s, other)
    print("replaced", gone(id))
    id = prog_id(other)
    os.close(other)
    copy = os.dup(s.fileno())
    s.close()
    print("a copy", alive(id))
    r, w = os.pipe()
    child = (sys.stdout.flush(), os.fork())[1]
    if not child:
        os.close(w)
        os.read(r, 1)
        os._exit(0)
    os.close(r)
    os.close(copy)
    print("a child's", alive(id))
    os.close(w)
    os.waitpid(child, 0)
    print("closed", gone(id))
    s = socket.socket(socket.AF_UNIX)
    fd = load(ret(0))
    id = prog_id(fd)
    attach(s, fd)
    os.close(fd)
    print("unix", alive(id))
    print(attach(s, 0, DETACH), gone(id))


def packets():
    fields = (0, 4, 16, 40)  # len, pkt_type, protocol, ifindex
    for kind in (socket.SOCK_RAW, socket.SOCK_DGRAM):
        s = socket.socket(socket.AF_PACKET, kind, socket.htons(0x800))
        s.bind(("lo", 0x800))
        fd = bpf(MAP_CREATE, struct.pack("<5I", 2, 4, 20, 1, 0))
        print("packets", attach(s, load(record(fd, fields))))
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sender.sendto(b"hello", ("127.0.0.1", 9999))
        settle()
        print([p for p in take(s) if p.endswith(b"hello")][0][-11:-7], recorded(fd, 5)[2:])
        base = 14 if kind == socket.SOCK_RAW else 0
        print("by length", attach(s, load(CTX + op(0x61, 0, 6) + op(0x15, 0, off=2, imm=base + 33) + ret(0) + ret(base + 30))))
        take(s)
        sender.sendto(b"hello", ("127.0.0.1", 9999))
        sender.sendto(b"other", ("127.0.0.2", 9999))
        sender.sendto(b"others", ("127.0.0.1", 9999))
        settle()
        print([(len(p), p[-2:]) for p in take(s)])


def raw():
    s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 200)
    s.bind(("127.0.0.1", 0))
    sender = socket.socket(socket.AF_INET, socket.SOCK_RAW, 200)
    print("raw", attach(s, load(refuse(20, ord("x")))))
    for text in (b"xyz", b"abc"):
        sender.sendto(text, ("127.0.0.1", 0))
    settle()
    print([p[20:] for p in take(s)])


def peer():
    """What comes in at eth0."""
    fd = bpf(MAP_CREATE, struct.pack("<5I", 2, 4, 16, 1, 0))
    got = []
    for code, arrive in ((refuse(8, ord("x")), 1), (record(fd, (16, 40)), 2)):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.settimeout(5)
        s.connect(("10.0.0.1", 7))
        s.send(b"hello")  # so that the peer is known
        s.recv(100)
        ok = attach(s, load(code))
        for text in (b"xone", b"two"):
            s.send(text)
        got += [s.recv(100) for _ in range(arrive)]
    print("peer", ok, got, recorded(fd, 4)[:3])


if sys.argv[1:] == ["peer"]:
    peer()
    sys.exit()
udp(socket.AF_INET, "127.0.0.1", "127.0.0.1")
udp(socket.AF_INET, "127.0.0.1", "")
udp(socket.AF_INET6, "::1", "::1")
udp(socket.AF_INET6, "::ffff:127.0.0.1", "")
two_sockets()
inherited()
lifetime()
packets()
raw()
