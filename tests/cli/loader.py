#!/usr/bin/env python3
"""An application with a light skeleton: a BPF program makes its maps and programs, and the kernel relocates them."""
import os
import shutil
import subprocess
import sys

import tap
from tap import HERE, Skip, skep, test

OBJECT = os.path.abspath(sys.argv[3])
os.environ["PATH"] += ":/usr/sbin"


@test
def light_skeleton():
    """maps, data, relocated programs and descriptors as the kernel's"""
    if not shutil.which("bpftool") or not shutil.which("cc"):
        raise Skip("bpftool or a C compiler is not installed")
    if not os.access("/sys/kernel/btf/vmlinux", os.R_OK):
        raise Skip("the host has no type information")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    r = skep("exec", "bpftool", "gen", "skeleton", "-L", OBJECT, "name", "loader").expect(0)
    with open("loader.lskel.h", "w") as f:
        f.write(r.out)
    subprocess.run(["cc", "-I.", "-o", "client", HERE / "loader_client.c", "-lbpf"], check=True)
    ours = skep("exec", "./client").expect(0, out=[
        "load: 0\n", "log: 1\n", "run: 0, returns 5, total 5\n", "3: 0 2\n", "4: 0 1\n", "anon_inode:bpf-prog"])
    theirs = subprocess.run("./client", capture_output=True, text=True, timeout=60)
    if theirs.returncode:
        print("# the kernel's bpf(2) is not ours to use: not compared")
    else:
        assert ours.out == theirs.stdout, (ours.out, theirs.stdout)


tap.main()
