#!/usr/bin/env python3
"""BTF_LOAD: what is refused, and what its log says, next to the kernel."""
import errno
import json
import os
import random
import struct
import subprocess
import sys

import tap
from tap import OBJECTS, SKEP, Skip, test

CLIENT = [sys.executable, tap.HERE / "btf_client.py"]
PART_BYTES = {1: (4, 0), 3: (12, 0), 4: (0, 12), 5: (0, 12), 6: (0, 8), 13: (0, 8), 14: (4, 0), 15: (0, 12), 17: (4, 0), 19: (0, 12)}


def load(blobs, on_kernel=False):
    r = subprocess.run([*([] if on_kernel else [SKEP, "exec", "--"]), *CLIENT], capture_output=True, text=True, timeout=100,
                       input=json.dumps([bytes(b).hex() for b in blobs]))
    assert r.returncode == 0, r.stderr[-300:]
    return json.loads(r.stdout)


def place_variables(blob):
    """what libbpf does before it loads an object's BTF: sections have sizes, variables offsets"""
    at, end = 24, 24 + struct.unpack_from("<I", blob, 12)[0]
    while at < end:
        info = struct.unpack_from("<I", blob, at + 4)[0]
        kind, n = info >> 24 & 31, info & 0xffff
        if kind == 15:
            off = 0
            for v in range(at + 12, at + 12 + 12 * n, 12):
                struct.pack_into("<I", blob, v + 4, off)
                off += struct.unpack_from("<I", blob, v + 8)[0] + 7 & ~7
            struct.pack_into("<I", blob, at + 8, max(off, 1))
        fixed, each = PART_BYTES.get(kind, (0, 0))
        at += 12 + fixed + each * n
    return blob


def examples():
    for obj in sorted(OBJECTS.glob("*.o")):
        r = subprocess.run(["llvm-objcopy", "--dump-section", ".BTF=/dev/stdout", obj, os.devnull], capture_output=True)
        if r.stdout:
            yield place_variables(bytearray(r.stdout))


def mutate(rnd, blob):
    blob, types = bytearray(blob), struct.unpack_from("<I", blob, 12)[0]
    for _ in range(rnd.choice([1, 1, 1, 2, 3])):
        at = rnd.choices([rnd.randrange(24), 24 + rnd.randrange(types), rnd.randrange(len(blob))], [5, 90, 5])[0]
        if rnd.random() < 0.5:
            blob[at] = rnd.choice([0, 1, 2, 4, 8, 16, 32, 64, 128, 255, rnd.randrange(256)])
        elif at & ~3 <= len(blob) - 4:
            was = struct.unpack_from("<I", blob, at & ~3)[0]
            struct.pack_into("<I", blob, at & ~3, rnd.choice(
                [0, 1, 2, 3, 5, 8, 2**32 - 1, rnd.randrange(60), rnd.randrange(60) << 24 | rnd.randrange(4),
                 1 << 31 | rnd.randrange(20) << 24, was + 1 & 2**32 - 1, was - 1 & 2**32 - 1, was + 4 & 2**32 - 1]))
    return blob


@test
def says():
    """the log has the header, a line for each type and below it its parts; the fault stands behind what has it"""
    strings = b"\0int\0s\0a\0"
    types = struct.pack("<4I", 1, 1 << 24, 4, 1 << 24 | 32) + struct.pack("<6I", 5, 4 << 24 | 1, 4, 7, 1, 8)
    blob = struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(types), len(types), len(strings)) + types + strings
    assert load([blob]) == [[errno.EINVAL, "magic: 0xeb9f\nversion: 1\nflags: 0x0\nhdr_len: 24\ntype_off: 0\ntype_len: 40\n"
                             "str_off: 40\nstr_len: 9\nbtf_total_size: 73\n"
                             "[1] INT int size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n[2] STRUCT s size=4 vlen=1\n"
                             "\ta type_id=1 bits_offset=8\n[2] STRUCT s size=4 vlen=1\n"
                             "\ta type_id=1 bits_offset=8 Member exceeds struct_size\n"]], load([blob])


@test
def mutated():
    """2,000 damaged ones: refused where the kernel refuses, mostly in the same words (of several faults the first found differs)"""
    rnd, good = random.Random(20261128), list(examples())
    good = [blob for blob, (err, _) in zip(good, load(good)) if not err]  # some want more of libbpf
    assert len(good) > 20, len(good)
    blobs = good + [mutate(rnd, rnd.choice(good)) for _ in range(2000)]
    ours = load(blobs)
    assert 300 < sum(err != 0 for err, _ in ours)
    try:
        theirs = load(blobs, on_kernel=True)
    except OSError:
        raise Skip("no kernel")
    if any(err == errno.EPERM for err, _ in theirs):
        raise Skip("the kernel does not answer")
    bad = [i for i in range(len(blobs)) if theirs[i][0] and not ours[i][0]]
    assert not bad, [theirs[i] for i in bad[:3]]
    assert sum(a != b for (a, _), (b, _) in zip(ours, theirs)) <= len(blobs) // 500
    assert sum(a != b for a, b in zip(ours, theirs)) <= len(blobs) // 100


tap.main()
