#!/usr/bin/env python3
"""Static Go programs, which no preloaded library reaches, under skep exec."""
import os
import shutil
import subprocess
import sys

import tap
from tap import HERE, OBJECTS, Skip, skep, test

OBJECT, NET_OBJECT, CACHE = (os.path.abspath(a) for a in sys.argv[3:6])
LIBRARIES = "/usr/share/gocode"


def build(name):
    """name.go as a static program in the current directory"""
    if not shutil.which("go") or not os.path.isdir(LIBRARIES + "/src/github.com/cilium/ebpf"):
        raise Skip("golang-go or golang-github-cilium-ebpf-dev is not installed")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    subprocess.run(["go", "build", "-o", name, HERE / f"{name}.go"], check=True, timeout=280,
                   env={**os.environ, "GOPATH": LIBRARIES, "GO111MODULE": "off", "CGO_ENABLED": "0", "GOCACHE": CACHE})


@test
def static_go():
    """cilium/ebpf loads collections, reads a ring buffer, attaches to tracepoints and a function of its own"""
    build("go_client")
    r = skep("exec", "./go_client", OBJECTS / "events-ringbuf.bpf.o", OBJECT)
    assert r.out == ("event 0: port 80, 54 bytes\nevent 1: port 80, 54 bytes\nevent 2: port 80, 54 bytes\n"
                     "program report, XDP\nraw tracepoint: link of type 1\nattached\n"), r.out + r.err
    assert r.code == 0


@test
def xdp():
    """cilium/ebpf attaches XDP programs to eth0: they decide, are replaced, pinned, and end with their link"""
    build("go_net")
    if not shutil.which("ping"):
        raise Skip("ping is not installed")
    r = skep("exec", "--net", "./go_net", NET_OBJECT, "eth0", "ping -q -c 1 -W 1 10.0.0.1 | grep -o '[0-9]* received'")
    if "--net:" in r.err:
        raise Skip(r.err.strip())
    assert r.out == ("nothing: 1 received\naborted: 0 received\na second link: can't create link: device or resource busy\npass: 1 received\n"
                     "aborted: 0 received\npinned: 0 received\nlink of type 6\nclosed: 1 received\n"), r.out + r.err


tap.main()
