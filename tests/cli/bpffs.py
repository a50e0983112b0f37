#!/usr/bin/env python3
"""The bpffs that commands under skep exec see, beside the kernel's."""
import os
import shutil
import subprocess
import sys

import tap
from tap import HERE, OBJECTS, SKEP, Skip, skep, test

PINNED = os.path.abspath(sys.argv[3])
os.environ["PATH"] += ":/usr/sbin"
USER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
FILL = (f"bpftool prog load {OBJECTS}/hello.bpf.o $d/prog && "
        "bpftool map create $d/map type hash key 4 value 4 entries 4 name m && ")


def need():
    if not shutil.which("bpftool"):
        raise Skip("bpftool is not installed")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())


def kernel(script):
    """the same on the kernel, in a mount namespace of its own; None where that is not possible"""
    if os.geteuid() or subprocess.run(["bpftool", "prog"], capture_output=True).returncode:
        return None
    r = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf || exit 99\n" + script],
                       capture_output=True, text=True, timeout=60)
    return None if r.returncode == 99 else r.stdout


def compare(ours, theirs):
    if theirs is None:
        print("# the kernel's bpffs is not ours to use: not compared")
        return
    ours, theirs = ours.splitlines(), theirs.splitlines()
    assert ours == theirs, [(a, b) for a, b in zip(ours, theirs) if a != b][:6] or (len(ours), len(theirs))


@test
def names():
    """names, modes, opens, links, renames, order of names: as in the kernel's"""
    need()
    script = f"d=/sys/fs/bpf; {FILL} {sys.executable} {HERE}/bpffs_client.py $d"
    r = skep("exec", "sh", "-c", script).expect(0, out=["open map RDONLY Input/output error", "mkdir new.x Operation not permitted",
                                                        "open new CREAT Permission denied", "fifo new Operation not permitted"])
    compare(r.out, kernel(script))


@test
def reading():
    """reading a pin gives what Linux gives: the elements of maps with BTF, else EIO"""
    need()
    script = f"{sys.executable} {HERE}/pinned_client.py {PINNED} /sys/fs/bpf"
    r = skep("exec", "sh", "-c", script).expect(0, out=["== events\n'Input/output error", "section (\".data\") = {1,[2,3,]"])
    compare(r.out, kernel(script))


PERMISSIONS = """
d=/sys/fs/bpf; %s
as() { setpriv --reuid 1000 --regid $1 --groups $2 "${@:3}"; }
try() { for g in "1000 1000" "1000 1000,2000" "2000 1000"; do
        as $g bpftool map show pinned $d/map >/dev/null 2>&1; echo "$1 $g: $?"; done; }
chmod 755 $d
try 600; chgrp 2000 $d/map; chmod 660 $d/map; try 660; chmod 640 $d/map; try 640; chmod 666 $d/map; try 666
true""" % FILL


@test
def permissions():
    """users and groups, supplementary ones too, decide who may get a pin"""
    need()
    if os.geteuid() or not shutil.which("setpriv") or not shutil.which("bash"):
        raise Skip("root only, with setpriv and bash")
    ours = subprocess.run([SKEP, "exec", "bash", "-c", PERMISSIONS], capture_output=True, text=True,
                          timeout=60)
    got = dict(line.split(": ") for line in ours.stdout.splitlines())
    want = {"600": "nnn", "660": "nyy", "640": "nnn", "666": "yyy"}  # bpftool gets objects for reading and writing
    for mode, row in want.items():
        for who, expected in zip(("1000 1000", "1000 1000,2000", "2000 1000"), row):
            assert (got[f"{mode} {who}"] == "0") == (expected == "y"), (mode, who, ours.stdout + ours.stderr)


@test
def mounts():
    """mount -t bpf makes a bpffs more, also in a mount namespace of the client's"""
    need()
    script = f"""
        set -e; mkdir -p mnt; d=$PWD/mnt
        {{ mount -t bpf bpf $d -o mode=0700; }} 2>&1
        stat -f -c %T mnt; stat -c %a mnt; grep -c "^bpf $d bpf " /proc/mounts
        {FILL} true
        bpftool map show pinned mnt/map | grep -o 'hash  name m'
        mkdir mnt/x.y 2>/dev/null || echo no dots
        ls -A mnt | grep -v debug; bpftool map pin pinned mnt/map /sys/fs/bpf/again; ls /sys/fs/bpf | grep again
        umount mnt; ls mnt; rmdir mnt; rm /sys/fs/bpf/again; bpftool map show name m || echo gone"""
    for user in [[], USER] if not os.geteuid() else [[]]:
        os.makedirs("work", exist_ok=True)
        os.chmod(".", 0o755)
        os.chmod("work", 0o777)
        for wrap in (["sh", "-c", script], ["unshare", "-m", "sh", "-c", script]):
            r = subprocess.run([*user, SKEP, "exec", "--", *wrap], capture_output=True, text=True, timeout=60, cwd="work")
            if "annot execute" in r.stderr or "Permission denied" in r.stderr and not r.stdout:
                break  # the build is not for others to read
            assert r.stdout == "bpf_fs\n700\n1\nhash  name m\nno dots\nmap\nprog\nagain\ngone\n", (user, wrap[0], r.stdout + r.stderr)


tap.main()
