#!/usr/bin/env python3
"""An application with a libbpf skeleton, made by bpftool when the test runs."""
import os
import shutil
import subprocess
import sys

import tap
from tap import HERE, Skip, skep, test

OBJECT = os.path.abspath(sys.argv[3])
os.environ["PATH"] += ":/usr/sbin"


def build():
    """the client, in the current directory"""
    if not shutil.which("bpftool") or not shutil.which("cc"):
        raise Skip("bpftool or a C compiler is not installed")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    r = skep("exec", "bpftool", "gen", "skeleton", OBJECT, "name", "skeleton").expect(0)
    with open("skeleton.skel.h", "w") as f:
        f.write(r.out)
    subprocess.run(["cc", "-I.", "-o", "client", HERE / "skeleton_client.c", "-lbpf"], check=True)


@test
def application():
    """global data through mmap, a ring buffer, a perf buffer: what the kernel shows"""
    build()
    ours = skep("exec", "./client").expect(0, out=[
        "before: 0 calls, factor 7, text from data\n", "returns 2\n3 calls\n", "ring: event 102, factor 20, round 2",
        "perf: event 142", "3 samples, 43 calls\n", "writable mapping: Operation not permitted\n", "update: Operation not permitted"])
    theirs = subprocess.run("./client", capture_output=True, text=True, timeout=60)
    if theirs.returncode:
        print("# the kernel's bpf(2) is not ours to use: not compared")
    else:
        assert ours.out == theirs.stdout, (ours.out, theirs.stdout)


tap.main()
