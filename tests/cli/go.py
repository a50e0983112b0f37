#!/usr/bin/env python3
"""A static Go program, which no preloaded library reaches, under skep exec."""
import os
import shutil
import subprocess
import sys

import tap
from tap import HERE, OBJECTS, Skip, skep, test

OBJECT, CACHE = os.path.abspath(sys.argv[3]), os.path.abspath(sys.argv[4])
LIBRARIES = "/usr/share/gocode"


@test
def static_go():
    """cilium/ebpf loads collections, reads a ring buffer, attaches to tracepoints and a function of its own"""
    if not shutil.which("go") or not os.path.isdir(LIBRARIES + "/src/github.com/cilium/ebpf"):
        raise Skip("golang-go or golang-github-cilium-ebpf-dev is not installed")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    subprocess.run(["go", "build", "-o", "client", HERE / "go_client.go"], check=True, timeout=280,
                   env={**os.environ, "GOPATH": LIBRARIES, "GO111MODULE": "off", "CGO_ENABLED": "0", "GOCACHE": CACHE})
    r = skep("exec", "./client", OBJECTS / "events-ringbuf.bpf.o", OBJECT)
    assert r.out == ("event 0: port 80, 54 bytes\nevent 1: port 80, 54 bytes\nevent 2: port 80, 54 bytes\n"
                     "program report, XDP\nraw tracepoint: link of type 1\nattached\n"), r.out + r.err
    assert r.code == 0


tap.main()
