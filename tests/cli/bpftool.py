#!/usr/bin/env python3
"""bpftool under skep exec prints what it prints on the kernel: the commands of bpftool.txt, one after the other."""
import difflib
import os
import random
import re
import shlex
import string
import subprocess
import time

import tap
from tap import HERE, OBJECTS, SOURCES, Skip, skep, test

BPFTOOL = "/usr/sbin/bpftool"

# "hello" under a name that nobody else has in the kernel: others may load that object at the same time.
OURS = "h" + "".join(random.choices(string.ascii_lowercase, k=4))

# What differs, and why. Command (as in bpftool.txt): reason.
DIFFERS = {
    "-f prog show name hello": "bpftool looks for mounts of type bpf; the client's /sys/fs/bpf is a tmpfs",
    "map getnext pinned $B/h key 9 0 0 0": "the order in a hash is each kernel's own",
}

# What may differ anywhere: ids, times, addresses, sizes of native code and memory.
ALIKE = (
    (r"\b(\d+): (?=\S+  (?:name|tag|flags)|[a-z_]+  (?:name|flags))", "N: "),
    (r'("map_ids"):\s*\[[^\]]*\]', r"\1: N"), (r'"map_ids":\s*N', '"map_ids": N'),
    (r"duration: \d+ns", "duration: T"),
    (r"((?:^|\n)key: 0[01] 00 00 00  value:) (?!00 00 00 00)(?:[0-9a-f]{2} ){3}00(?=\n)", r"\1 ID"),
    (r'("(?:id|btf_id|prog_id|map_id|loaded_at|uid|bytes_memlock|bytes_jited|bytes_xlated|duration|inner_map_id)"): ?[^,}\]\n]+', r"\1: N"),
    (r"map_ids [\d,]+", "map_ids N"),
    (r'"jited": ?(true|false)', "J"), (r"not jited|jited \d+B", "J"),
    (r"btf_id \d+", "btf_id N"), (r"loaded_at \S+", "loaded_at T"), (r"uid \d+", "uid N"),
    (r"memlock \d+B", "memlock N"), (r"average\): \d+ns", "average): T"), (r"#-?\d+", "#N"),
    (r"map\[id:\d+\]", "map[id:N]"), (r"pids .*", "pids P"), (r"\(id \d+\)|\bid \d+\b|inner_map_id \d+", "id N"),
    (r'"(?:pids|comm|pid)".*', "P"), (r"\b(85 00|18 2.) 00 00 .. .. .. ..", r"\1"), (r'"0x[0-9a-f]{2}"', "B"),
    (r"/[^ ]*skep-bpftool-[a-z0-9_]+", "/D"),
)


def normal(text):
    for pattern, to in ALIKE:
        text = re.sub(pattern, to, text)
    return text


def commands():
    lines = (HERE / "bpftool.txt").read_text().splitlines()
    return [x for x in lines if x and not x.startswith("#")]


def script(directory, settle=""):
    """a shell script that runs all, with a mark before each output and the exit code after it; settle: run before what lists
    objects by name"""
    names = {"O": directory, "B": "/sys/fs/bpf", "D": directory, "P": str(SOURCES / "hello.bpf.c")}
    out = []
    for i, c in enumerate(commands()):
        words = [re.sub(r"\$([OBDP])", lambda m: names[m[1]], renamed(w)) for w in shlex.split(c.lstrip("!"))]
        before = settle if {"name", "batch"} & set(words) else ""
        out.append(f"echo '@@ {i}'; {before}timeout 60 bpftool {shlex.join(words)} 2>&1; echo \"@@= $?\"")
    return "\n".join(out)


def renamed(text):
    return text.replace("hello", OURS)


def prepare(name):
    directory = os.path.abspath("skep-bpftool-" + name)
    os.mkdir(directory)
    for path in OBJECTS.glob("*.bpf.o"):
        with open(f"{directory}/{renamed(path.name)}", "wb") as f:
            f.write(path.read_bytes().replace(b"hello", OURS.encode()))
    with open(directory + "/batch", "w") as f:
        f.write(renamed("prog show name hello\nmap show name hello.bss\n# a comment\nversion\n"))
    with open(directory + "/bad-batch", "w") as f:
        f.write(renamed("prog show name hello\nmap nonsense\n"))
    return directory


def results(text):
    """{command number: (exit code, output)}"""
    out = {}
    for part in re.split(r"^@@ ", text, flags=re.M)[1:]:
        number, _, rest = part.partition("\n")
        output, _, code = rest.rpartition("@@= ")
        out[int(number)] = (int(code), output)
    return out


def on_skep(name):
    r = skep("exec", "--", "sh", "-c", script(prepare(name)), timeout=300)
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    return results(r.out)


def on_kernel(name):
    """in namespaces of our own, with a bpffs of its own; nothing is attached. The maps of a program that is gone stay for a
    grace period and as long as the kernel's worker takes to come by."""
    if os.geteuid() or subprocess.run([BPFTOOL, "prog"], capture_output=True).returncode:
        return None
    r = subprocess.run(["unshare", "-m", "-n", "sh", "-c",
                        "mount -t bpf bpf /sys/fs/bpf && " + script(prepare(name), "sleep 0.1; ")],
                       capture_output=True, text=True, errors="replace", timeout=300)
    return results(r.stdout)


def difference(ours, kernels):
    lines = difflib.unified_diff(normal(kernels).splitlines(), normal(ours).splitlines(), "kernel", "skep", n=0, lineterm="")
    return list(lines)[2:12]


def compare(ours, kernels):
    """the commands that differ, as text"""
    bad, same = [], 0
    for i, c in enumerate(commands()):
        assert i in ours, f"{c}: did not run"
        if c.startswith("!") != (ours[i][0] != 0):
            bad.append(f"{c}: exit code {ours[i][0]}: {ours[i][1][:300]}")
        elif kernels and c not in DIFFERS:
            d = difference(ours[i][1], kernels[i][1])
            if ours[i][0] != kernels[i][0] or d:
                bad.append("\n    ".join([f"{c}: exit {ours[i][0]}, the kernel's {kernels[i][0]}", *d]))
            else:
                same += 1
    print(f"# {len(ours)} commands, {same} compared with the kernel, {len(DIFFERS)} differ with a reason"
          + ("" if kernels else "; no kernel to compare with"))
    return bad


@test
def session():
    """all commands: exit codes and outputs are the kernel's"""
    if not os.path.exists(BPFTOOL):
        raise Skip("bpftool is not installed")
    os.environ["PATH"] += ":/usr/sbin"
    for again in range(4):  # the kernel may not have freed yet what an earlier command of the session had
        bad = compare(on_skep(f"skep{again}"), on_kernel(f"kernel{again}"))
        if not bad:
            break
        time.sleep(3)
    print("".join(f"# {line}\n" for text in bad for line in text.splitlines()), end="")
    assert not bad, f"{len(bad)} commands differ"


tap.main()
