#!/usr/bin/env python3
"""Maps are printed as bpftool prints them: the same program fills maps here and in the kernel."""
import json
import os
import subprocess
import sys

from tap import Skip, main, skep, test

KERNEL_DUMP, VALUES = map(os.path.abspath, sys.argv[3:5])


def pairs(p):  # objects as lists of pairs: anonymous members repeat the key ""
    return p


def formatted(element):
    """what is printed for people; bytes where there is no BTF"""
    return dict(element).get("formatted", element)


@test
def same_as_bpftool():
    """structs, unions, enums, bit fields, strings, 128-bit numbers, per-CPU values, data sections, bytes"""
    p = subprocess.run([KERNEL_DUMP, VALUES], capture_output=True, text=True, timeout=60)
    if p.returncode == 77:
        raise Skip("the kernel answers no bpf(2)")
    assert p.returncode == 0, p.stderr
    lines = p.stdout.splitlines()
    kernel = {name: [formatted(e) for e in json.loads(text, object_pairs_hook=pairs)]
              for name, text in zip(lines[::2], lines[1::2])}
    open("packet", "wb").write(bytes(64))
    r = skep("run", VALUES, "--data", "packet", "--json", "--dump-maps").expect(0)
    ours = {dict(m)["name"]: dict(m)["elements"]
            for m in dict(json.loads(r.out, object_pairs_hook=pairs))["maps"]}
    assert len(ours) >= 9 and set(ours) <= set(kernel), (sorted(ours), sorted(kernel))
    for name, elements in ours.items():
        assert elements == kernel[name], f"{name}: {elements} here, {kernel[name]} in the kernel"


@test
def pretty():
    """without --json the same is laid out for reading"""
    open("packet", "wb").write(bytes(64))
    skep("run", VALUES, "--data", "packet", "--dump-maps").expect(
        0, ['array (array, 3 entries):\n[\n    {\n        "key": 0,\n        "value": 0\n    },\n',
            '"matrix": [\n                [0, 0, 0],\n', '"n": ["N1", -6, "N2"],\n'])


main()
