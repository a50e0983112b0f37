#!/usr/bin/env python3
"""Whatever is wrong with the input, one sentence says what, and nothing crashes."""
import os
import random
import struct
import subprocess

from tap import CAPTURE, SKEP, Result, Skip, main, object_, skep, test

HEAD = "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
LICENSE = 'char l[] SEC("license") = "GPL";\n'


def run(path, code, text):
    skep("run", path, "-r", CAPTURE).expect(code, err=text)
    if code == 1:
        r = skep("verify", path)
        assert r.code == 1, r.code


def write(name, data):
    with open(name, "wb" if isinstance(data, bytes) else "w") as f:
        f.write(data)
    return name


def hello():
    return object_("hello.bpf").read_bytes()


@test
def elf():
    """empty, truncated and foreign files"""
    run(write("empty.o", b""), 1, "empty.o: is empty")
    run(write("text.o", b"hello, world" * 20), 1, "text.o: is no ELF file")
    run(write("head.o", hello()[:40]), 1, "truncated ELF file")
    run(write("half.o", hello()[:len(hello()) // 2]), 1, "truncated or corrupt ELF file")
    run("/bin/true", 1, "/bin/true: compiled for")
    run(write("be.o", hello()[:5] + b"\2" + hello()[6:]), 1, "big-endian")
    run("missing.o", 1, "missing.o: No such file")
    run(".", 1, "directory")


@test
def corrupt():
    """corrupt objects end in an error or a verdict, never in a crash"""
    rng = random.Random(1)
    for name in ("tail-parser.bpf", "text.bpf"):
        good = object_(name).read_bytes()
        for _ in range(60):
            bad = bytearray(good)
            for _ in range(rng.randrange(1, 6)):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            r = skep("verify", write("c.o", bytes(bad)))
            assert r.code in (0, 1), (r.code, r.err[-300:])


@test
def programs():
    """no program, an unknown section, an unknown program name, a missing map"""
    run(write("n.bpf.c", "int x = 1;\n"), 1, "no program")
    run(write("s.bpf.c", HEAD + 'SEC("banana") int f(void *c) { return 0; }\n'), 1, "section 'banana'")
    skep("run", object_("hello.bpf"), "-r", CAPTURE, "-p", "nix").expect(1, err="no program nix in it, only hello")
    run(write("m.bpf.c", HEAD + "extern struct m m;\nSEC(\"xdp\") int f(void *c) { int k = 0;\n"
              "return bpf_map_lookup_elem(&m, &k) != 0; }\n" + LICENSE), 1, "m.bpf.c: ")
    skep("run", object_("tail-parser.bpf"), "-r", CAPTURE, "--tail", "nix:0=parse_ip").expect(1, err="no map nix")


@test
def no_btf():
    """maps without BTF to describe them: told to compile with -g"""
    skep("run", write("b.bpf.c", HEAD + "struct { __uint(type, 1); __type(key, int); __type(value, int);\n"
                      '__uint(max_entries, 1); } m SEC(".maps");\nSEC("xdp") int f(void *c) { int k = 0;\n'
                      "return bpf_map_lookup_elem(&m, &k) ? 1 : 2; }\n" + LICENSE),
         "-r", CAPTURE, "--clang-option", "-g0").expect(1, err="BTF is required")


@test
def no_host_btf():
    """CO-RE where the machine has no kernel BTF: said so; objects without CO-RE run as ever"""
    hidden = ["unshare", "-m" if os.getuid() == 0 else "-rm", "sh", "-c",
              'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"]
    if subprocess.run([*hidden, "true"], capture_output=True).returncode:
        raise Skip("/sys/kernel/btf cannot be hidden here")
    run_ = lambda *a: Result(subprocess.run([*hidden, SKEP, *map(str, a)], capture_output=True, text=True, timeout=60))
    run_("run", object_("core.bpf")).expect(1, err="core.bpf.o: asks for the running kernel's types (CO-RE)")
    run_("run", object_("hello.bpf"), "-r", CAPTURE).expect(0, out="XDP_PASS")


@test
def compiler():
    """clang's own message, then ours"""
    run(write("e.bpf.c", "int x = ;\n"), 1, ["e.bpf.c:1:9: error: expected expression", "clang could not compile it"])
    skep("run", write("ok.bpf.c", HEAD), "-r", CAPTURE, env={"PATH": "/nowhere"}).expect(1, err="cannot run clang")


@test
def refused():
    """a refusal prints the reason and the log"""
    run(object_("dropper-faulty.bpf"), 1, ["program dropper (section xdp, type xdp) is refused: Permission denied\n",
        "4: (61) r1 = *(u32 *)(r2 +26)\n", "R2 offset is outside of the packet\n", "processed 5 insns"])
    run(write("x.bpf.c", HEAD + '__attribute__((naked)) SEC("xdp") int f(void *c) { asm volatile("r0 = 1"); }\n'),
        1, "last insn is not an exit or jmp")
    run(write("l.bpf.c", HEAD + 'SEC("xdp") int f(void *c) {\n'
              'asm volatile("r1 = 0\\n1: r1 += 1\\n if r1 < 1000001 goto 1b" ::: "r1"); return 1; }\n'),
        1, "BPF program is too large. Processed 1000001 insn")


@test
def captures():
    """captures: missing, not one, another link type, none given"""
    run_ = lambda *a: skep("run", object_("hello.bpf"), *a)
    run_("-r", "none.pcap").expect(1, err="none.pcap: No such file")
    run_("-r", object_("hello.bpf")).expect(1, err="not a capture")
    write("raw.pcap", struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
    run_("-r", "raw.pcap").expect(1, err="link type is RAW")
    run_().expect(2, err="runs on packets")
    run_("-r", CAPTURE, "-w", "/nowhere/x.pcap").expect(1, err="/nowhere/x.pcap: No such file")
    write("copy.pcap", CAPTURE.read_bytes())
    run_("-r", "copy.pcap", "-w", "copy.pcap").expect(1, err="cannot be overwritten while it is being read")
    assert open("copy.pcap", "rb").read() == CAPTURE.read_bytes()


@test
def usage():
    """wrong use exits with 2 and shows the usage"""
    for args, text in ((["--bogus"], "no option --bogus"), (["-r"], "wants an argument"),
                       (["--repeat", "x"], "wants a number"), (["--repeat", "0"], "at least 1"),
                       (["--engine", "x"], "none of auto|interp|jit"), (["--log-level", "9"], "out of range"),
                       (["--type", "x", "a.o"], "no program type 'x'"), (["a", "b"], "one object"), ([], "which object"),
                       (["--pcap", "a", "--data", "b", "c"], "exclude each other")):
        skep("run", *args).expect(2, err=[text, "usage: skep run "])
    skep("verify").expect(2, err="usage: skep verify ")
    skep("run", object_("hello-func.bpf"), "-r", CAPTURE).expect(2, err="does not run on packets")
    skep().expect(2, err="skep help")
    skep("bogus").expect(2, err="no command 'bogus'")


@test
def engine():
    """an engine that this machine does not have is refused in words"""
    r = skep("run", object_("hello.bpf"), "-r", CAPTURE, "--engine", "jit")
    assert r.code == 0 or (r.code == 1 and "there is no JIT" in r.err and "RLIMIT" not in r.err), r.err


@test
def help_():
    """help is on standard output"""
    for args in (["help"], ["--help"]):
        skep(*args).expect(0, ["run ", "verify "])
    for command in ("run", "verify"):
        skep("help", command).expect(0, f"usage: skep {command} ")
        skep(command, "-h").expect(0, f"usage: skep {command} ")
    skep("version").expect(0, ["skep ", "libbpf"])


main()
