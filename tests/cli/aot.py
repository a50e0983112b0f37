#!/usr/bin/env python3
"""skep aot: programs compiled ahead of time do what they do otherwise."""
import pathlib
import platform
import shutil
import subprocess

import tap
from tap import CAPTURE, object_, skep, test

# every kind of map access, tail calls, subprograms, legacy loads, locks, callbacks, globals, packets changed
PROGRAMS = ["dropper-vlan.bpf", "tail-parser.bpf", "sock_example.bpf", "locked.bpf", "histogram.bpf", "nat.bpf",
            "config.bpf", "dns-name.bpf", "encap-ipip.bpf", "tc-vlan.bpf", "events-ringbuf.bpf", "stats-percpu.bpf",
            "flows-lru.bpf", "rate-limit.bpf", "xdp-bytes.bpf", "assert.bpf"]
FIXED = ["--pcap", CAPTURE, "--seed", "1", "--clock", "5", "--dump-maps"]


def native(name):
    """the object, compiled beside a copy of the BPF object, so that both give their maps the same names"""
    pathlib.Path("native").mkdir(exist_ok=True)
    shutil.copy(object_(name), f"{name}.o")
    out = f"native/{name}.o"
    skep("aot", f"{name}.o", "-o", out).expect(0)
    return out


@test
def same():
    """programs print, return and leave in maps what they do on the other engines"""
    for name in PROGRAMS:
        out = native(name)
        expected = skep("run", f"{name}.o", "--engine", "interp", *FIXED).expect(0).out
        got = skep("run", out, *FIXED).expect(0).out
        assert got == expected, f"{name}:\n{got[:2000]}\nnot:\n{expected[:2000]}"


@test
def object_file():
    """it is a relocatable object of this machine, which exports the program and says what it is made of"""
    out = native("hello.bpf")
    header = subprocess.run(["readelf", "-h", out], capture_output=True, text=True).stdout
    machine = {"x86_64": "X86-64", "aarch64": "AArch64"}[platform.machine()]
    assert machine in header and "REL (Relocatable file)" in header, header
    symbols = subprocess.run(["nm", "-g", out], capture_output=True, text=True).stdout
    assert " T prog0_hello" in symbols, symbols
    manifest = subprocess.run(["readelf", "-p", ".skep.manifest", out], capture_output=True, text=True).stdout
    assert "program hello tag " in manifest and "helper trace_printk 6" in manifest, manifest


@test
def other_bytecode():
    """native code of another program than the one that was verified is refused; other engines take the BPF"""
    out = native("hello.bpf")
    subprocess.run(["objcopy", "--update-section", f".skep.bpf={object_('dropper.bpf')}", out, "other.o"], check=True)
    skep("run", "other.o", "--pcap", CAPTURE).expect(1, err=["native code was not made from", "skep aot"])
    skep("run", "other.o", "--pcap", CAPTURE, "--engine", "interp").expect(0, "dropper (xdp)")


@test
def source_code():
    """--emit-c writes C that any compiler takes; --cc and --cflag choose the compiler"""
    skep("aot", "--emit-c", object_("dropper.bpf"), "-o", "d.c").expect(0)
    assert "// 5: (2d) if r3 > r2 goto pc+4" in open("d.c").read()
    subprocess.run(["cc", "-std=gnu11", "-O2", "-ffreestanding", "-c", "d.c", "-o", "d.o"], check=True)
    skep("aot", "--cc", "cc", "--cflag", "-O1", object_("dropper.bpf"), "-o", "x.o").expect(0)
    skep("run", "x.o", "--pcap", CAPTURE).expect(0, "XDP_DROP 30")
    skep("aot", "--cc", "/no/such/cc", object_("dropper.bpf")).expect(1, err=["cannot run /no/such/cc"])


@test
def refused():
    """what the verifier refuses is not compiled"""
    skep("aot", object_("dropper-faulty.bpf"), "-o", "f.o").expect(1, err=["invalid access to packet"])
    assert not pathlib.Path("f.o").exists()


tap.main()
