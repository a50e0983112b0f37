"""What bpf(2) says of descriptors that are closed, replaced, shared and inherited between calls. Prints the same on
the kernel and under skep exec."""
import array
import ctypes
import errno
import os
import resource
import socket
import struct
import sys
import threading

NR = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
libc = ctypes.CDLL(None, use_errno=True)


def bpf(cmd, attr):
    buf = ctypes.create_string_buffer(attr)
    ret = libc.syscall(NR, cmd, buf, len(attr))
    return ret if ret >= 0 else -ctypes.get_errno()


def new_map(value):
    """an array with one element that tells maps apart"""
    fd = bpf(0, struct.pack("<5I", 2, 4, 8, 1, 0))
    cell.value = value
    assert bpf(2, elem(fd)) == 0
    return fd


key = ctypes.create_string_buffer(4)
cell = ctypes.c_uint64()


def elem(fd):
    return struct.pack("<IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(cell), 0)


def read(fd):
    cell.value = 0
    ret = bpf(1, elem(fd))
    return cell.value if ret == 0 else errno.errorcode[-ret]


def say(what, *values):
    print(what, *values, flush=True)


def replaced():
    a, b = new_map(1), new_map(2)
    say("two maps", read(a), read(b), read(a), read(b))
    os.dup2(b, a)
    say("dup2", read(a), read(b))
    c = new_map(3)
    libc.syscall({"x86_64": 292, "aarch64": 24}[os.uname().machine], c, a, os.O_CLOEXEC)
    say("dup3", read(a))
    os.close(a)
    say("close", read(a), read(c))
    say("the same number again", new_map(4) == a, read(a))
    os.close(a)
    say("a file in its place", os.open("/dev/null", os.O_RDWR) == a, read(a))
    os.close(a)
    os.closerange(b, c + 1)
    say("close_range", read(b), read(c))


def duplicates():
    a = new_map(5)
    b = os.dup(a)
    os.close(a)
    say("dup", read(b), read(a))
    child = os.fork()
    if child == 0:
        say("child", read(b))
        os.close(b)
        say("child closed it", read(b))
        os._exit(0)
    os.waitpid(child, 0)
    say("parent", read(b))
    left, right = socket.socketpair()
    left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [b]))])
    os.close(b)
    other = new_map(6)
    got = array.array("i", right.recvmsg(1, 64)[1][0][2])[0]
    say("SCM_RIGHTS", read(got), read(other))
    os.close(got)
    os.close(other)


def threads():
    """a descriptor that another thread closes and replaces"""
    a = new_map(7)
    said = []
    turn = [threading.Semaphore(0), threading.Semaphore(0)]

    def other():
        said.append(read(a))
        turn[1].release()
        turn[0].acquire()
        said.append(read(a))
        os.close(a)
        said.append(read(a))
        turn[1].release()

    t = threading.Thread(target=other)
    t.start()
    turn[1].acquire()
    said.append(read(a))
    b = new_map(8)
    os.dup2(b, a)
    turn[0].release()
    turn[1].acquire()
    said.append(read(a))
    t.join()
    os.close(b)
    say("threads", said)


def inherited():
    a, b = new_map(9), new_map(10)
    os.set_inheritable(b, True)
    say("before execve", read(a), read(b))
    os.execv(sys.executable, [sys.executable, __file__, str(a), str(b)])


def high():
    """a number beyond those that are remembered"""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    a = new_map(11)
    os.dup2(a, soft - 1)
    os.close(a)
    say("high", read(soft - 1), read(soft - 1))
    os.close(soft - 1)
    say("high", read(soft - 1))


if len(sys.argv) == 3:
    say("after execve", read(int(sys.argv[1])), read(int(sys.argv[2])))
    sys.exit()
for test in (replaced, duplicates, threads, high, inherited):
    test()
