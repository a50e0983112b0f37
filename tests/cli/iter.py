#!/usr/bin/env python3
"""Iterators under skep exec: pinned by bpftool, read by whatever reads files."""
import json
import os
import re
import shutil
import subprocess
import sys

import tap
from tap import Skip, skep, test

FILES, ELEMS = os.path.abspath(sys.argv[3]), os.path.abspath(sys.argv[4])
os.environ["PATH"] += ":/usr/sbin"


def need():
    if not shutil.which("bpftool"):
        raise Skip("bpftool is not installed")
    if not os.path.exists("/sys/kernel/btf/vmlinux"):
        raise Skip("the host has no type information")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())


# A map of three values at /sys/fs/bpf/m, its iterator at /sys/fs/bpf/it.
PINNED = f"""set -e
bpftool map create /sys/fs/bpf/m type array key 4 value 8 entries 3 name things
bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 7 0 0 0 0 0 0 0
bpftool iter pin {ELEMS} /sys/fs/bpf/it map pinned /sys/fs/bpf/m
set +e
"""
READS = {
    "cat": "cat /sys/fs/bpf/it",
    "cat twice": "cat /sys/fs/bpf/it /sys/fs/bpf/it",
    "redirected": "cat < /sys/fs/bpf/it",
    "by the shell": "while read -r l; do echo \"line: $l\"; done < /sys/fs/bpf/it",
    "byte by byte": "dd if=/sys/fs/bpf/it bs=1 status=none",
    "in pieces": "dd if=/sys/fs/bpf/it bs=10 status=none",
    "from a directory": "cd /sys/fs/bpf; cat it",
    "grep": "grep -c : /sys/fs/bpf/it",
    "what was written": "cat /sys/fs/bpf/it >/dev/null; cat /sys/fs/bpf/it; bpftool map dump pinned /sys/fs/bpf/m",
    "too long": "bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 13 0 0 0 0 0 0 0; cat /sys/fs/bpf/it",
    "too long at once": "bpftool map update pinned /sys/fs/bpf/m key 0 0 0 0 value 13 0 0 0 0 0 0 0; cat /sys/fs/bpf/it",
    "other users": "chmod 600 /sys/fs/bpf/it; ls -l /sys/fs/bpf/it | cut -c1-10",
    "links": "bpftool -j link | sed 's/\"pids.*//; s/id\":[0-9]*/id\":N/g'; cat /proc/self/fdinfo/3 3< /sys/fs/bpf/it | grep -v mnt_id",
    "gone": "rm /sys/fs/bpf/it; bpftool link; cat /sys/fs/bpf/it",
}


def on_kernel(script):
    """what the same says on the machine's own kernel, in a bpffs of its own; None: it cannot be asked"""
    try:
        r = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf && " + script],
                           capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return None if "unshare:" in r.stderr or "mount:" in r.stderr else r


@test
def reading():
    """a pinned iterator is read as on the kernel, however it is read"""
    need()
    asked = 0
    for name, how in READS.items():
        r = skep("exec", "--", "sh", "-c", PINNED + how)
        k = on_kernel(PINNED + how)
        assert "end of" in r.out or name not in ("cat", "redirected", "in pieces"), (name, r.out, r.err)
        if k is None or os.geteuid() or "Error" in k.stderr or name in ("links", "gone"):
            continue
        asked += 1
        assert (r.out, r.err, r.code) == (k.stdout, k.stderr, k.returncode), (
            name, r.out, r.err, r.code, "kernel", k.stdout, k.stderr, k.returncode)
    if not asked:
        raise Skip("compared with nothing: the kernel cannot be asked here")


@test
def links():
    """bpftool shows what an iterator goes over"""
    need()
    r = skep("exec", "--", "sh", "-c", PINNED + "bpftool -j link; bpftool link")
    r.expect(0, out=["target_name bpf_map_elem", "map_id"])
    link = json.loads(r.out.splitlines()[0])[0]
    assert link["type"] == "iter" and link["target_name"] == "bpf_map_elem" and link["map_id"], link


@test
def owners():
    """files of tasks lead to the BPF objects behind them, by the kernel's symbols"""
    need()
    r = skep("exec", "--", "sh", "-c", f"""
        bpftool iter pin {FILES} /sys/fs/bpf/owners &&
        bpftool map create /sys/fs/bpf/held type array key 4 value 8 entries 1 name held &&
        bpftool -j map show pinned /sys/fs/bpf/held && echo && exec python3 -c '
import ctypes, os
attr = ctypes.create_string_buffer(b"/sys/fs/bpf/held")
a = (ctypes.c_uint64 * 4)(ctypes.addressof(attr))
fd = ctypes.CDLL(None).syscall({321 if os.uname().machine == "x86_64" else 280}, 7, a, 32)
print("me", os.getpid(), fd)
print(open("/sys/fs/bpf/owners").read())
'""")
    r.expect(0)
    held = json.loads(r.out.splitlines()[0])["id"]
    pid, fd = re.search(r"^me (\d+) (\d+)$", r.out, re.M).groups()
    assert f"map {held}: python3 {pid}, file {fd}\n" in r.out, (r.out, r.err)


tap.main()
