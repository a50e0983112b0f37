#!/usr/bin/env python3
"""Talk to the peer of skep exec --net."""
import os
import socket
import sys
import threading

PEER = "10.0.0.1"


def udp(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(5)
        s.connect((PEER, port))
        s.send(b"hello")
        try:
            return s.recv(100)
        except OSError as e:
            return os.strerror(e.errno)


def tcp(data):
    """all of data there and back; the peer closes when we do"""
    got = b""
    with socket.create_connection((PEER, 7), timeout=10) as s:
        def write():
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
        t = threading.Thread(target=write)
        t.start()
        while piece := s.recv(65536):
            got += piece
        t.join()
    return got


def there_and_back(n):
    data = os.urandom(n)
    print("tcp", f"{n} bytes back" if tcp(data) == data else "wrong bytes", flush=True)


if sys.argv[1:2] == ["tcp"]:
    there_and_back(int(sys.argv[2]))
    sys.exit()
print("udp", udp(7))
print("udp other", udp(9))
there_and_back(500000)
print("tcp again", tcp(b"x"))
try:
    socket.create_connection((PEER, 80), timeout=5)
except OSError as e:
    print("tcp other", os.strerror(e.errno))
