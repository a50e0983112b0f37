#!/usr/bin/env python3
"""Native code as people see it: disassembled, in profiles, in backtraces."""
import pathlib
import platform
import re
import shutil
import subprocess

import tap
from tap import CAPTURE, object_, skep, test


@test
def disassembly():
    """skep prog disasm shows source lines, instructions and, below each, what they became"""
    out = skep("prog", "disasm", object_("hello-func.bpf")).expect(0).out
    assert re.search(r"^hello \(raw_tracepoint\): 10 instructions, \d+ bytes of native code$", out, re.M), out
    ret = r"(retq?|ret)"
    assert re.search(r"^get_opcode:\n; return ctx->args\[1\]; @ .*hello-func.bpf.c:7\n"
                     r"   8: \(79\) r0 = \*\(u64 \*\)\(r1 \+8\)\n +[0-9a-f]+:  \w+ .*\n"
                     r"(; .*\n)?   9: \(95\) exit\n +[0-9a-f]+:  " + ret, out, re.M), out
    assert "call" in out or "blr" in out
    intel = skep("prog", "disasm", "--intel", "--bytes", object_("xdp-drop")).expect(0).out
    if platform.machine() == "x86_64":
        assert re.search(r"b8 01 00 00 00 +mov eax, 1$", intel, re.M), intel
    skep("prog", "disasm", "--prog", "nobody", object_("xdp-drop")).expect(1, err=["there is no program nobody"])
    skep("prog", object_("xdp-drop")).expect(2, err=["there is no 'prog "])


@test
def perf_map():
    """--perf-map names each function as Linux does, where perf(1) looks for it"""
    p = subprocess.Popen([tap.SKEP, "run", object_("hello-func.bpf"), "--perf-map"], stdout=subprocess.DEVNULL)
    p.wait()
    path = pathlib.Path(f"/tmp/perf-{p.pid}.map")
    text = path.read_text()
    path.unlink()
    assert re.search(r"^[0-9a-f]+ [0-9a-f]+ bpf_prog_[0-9a-f]{16}_hello$", text, re.M), text
    assert re.search(r"^[0-9a-f]+ [0-9a-f]+ bpf_prog_[0-9a-f]{16}_get_opcode$", text, re.M), text


@test
def backtrace():
    """with --gdb, a backtrace from a helper goes through the program, by name, into skep"""
    if not shutil.which("gdb"):
        raise tap.Skip("needs gdb")
    script = ["set debuginfod enabled off", "set breakpoint pending on", "break fn_trace_printk", "run", "bt 4"]
    args = [x for line in script for x in ("-ex", line)]
    out = subprocess.run(["gdb", "-q", "-batch", *args, "--args", tap.SKEP, "run", object_("hello-func.bpf"), "--gdb"],
                         capture_output=True, text=True, timeout=100).stdout
    if "ptrace: Operation not permitted" in out:
        raise tap.Skip("debugging is forbidden here")
    assert re.search(r"#1 .* bpf_prog_[0-9a-f]{16}_hello \(\)\n#2 .* bpf_entry \(\)\n#3 .* run", out), out


@test
def blinding():
    """programs do the same with --blind"""
    plain = skep("run", object_("dropper-vlan.bpf"), "--pcap", CAPTURE, "--clock", "1").expect(0).out
    skep("run", object_("dropper-vlan.bpf"), "--pcap", CAPTURE, "--clock", "1", "--blind").expect(0, plain)


tap.main()
