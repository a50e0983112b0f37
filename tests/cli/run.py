#!/usr/bin/env python3
"""skep run, as a user meets it."""
import json
import os
import pathlib
import pty
import signal
import struct
import subprocess
import time

import tap
from tap import CAPTURE, SOURCES, object_, skep, test


def count(where):
    return sum(map(where, tap.packets(CAPTURE)))


@test
def source():
    """a C source is compiled, its trace lines and its summary are printed, nothing is left in /tmp"""
    before = set(os.listdir("/tmp"))
    r = skep("run", SOURCES / "hello.bpf.c", "--pcap", CAPTURE).expect(0)
    n = len(tap.packets(CAPTURE))
    assert r.out.count("bpf_trace_printk: ") == n
    assert f"hello (xdp): {n} runs, " in r.out and f"\n  XDP_PASS {n}\n" in r.out, r.out[-200:]
    assert not [f for f in set(os.listdir("/tmp")) - before if "clang" in f or "hello" in f]


@test
def actions():
    """actions are counted by name: packets from 10.205.131.126 are dropped, in VLANs as well"""
    address = bytes([10, 205, 131, 126])

    def dropped(p):
        at = 14
        kind = p[12:14]
        if kind in (b"\x81\x00", b"\x88\xa8"):
            kind, at = p[16:18], 18
        return kind == b"\x08\x00" and p[at + 12:at + 16] == address

    drop, n = count(dropped), len(tap.packets(CAPTURE))
    assert drop
    skep("run", object_("dropper-vlan.bpf"), "-r", CAPTURE).expect(0, f"XDP_PASS {n - drop}  XDP_DROP {drop}\n")


@test
def old_section():
    """a program in the section "prog" is taken for XDP; --type decides for others"""
    n = len(tap.packets(CAPTURE))
    skep("run", object_("xdp-drop"), "-r", CAPTURE).expect(0, f"XDP_DROP {n}\n")
    open("s.bpf.c", "w").write('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
                               'SEC("banana") int f(void *c) { return 2; }\n')
    skep("run", "s.bpf.c", "-r", CAPTURE).expect(1, err=["section 'banana'", "--type"])
    skep("run", "s.bpf.c", "-r", CAPTURE, "--type", "xdp").expect(0, f"f (xdp): {n} runs")


@test
def objects():
    """objects that a program allocated are in a list at the end, and freed with the instance"""
    lengths = [len(p) for p in tap.packets(CAPTURE)]
    r = skep("run", tap.HERE / "objects.bpf.c", "-r", CAPTURE, "--dump-maps").expect(0, f"XDP_PASS {len(lengths)}\n")
    assert '"kept": 4' in r.out and f'"dropped": {sum(lengths[:-4])}' in r.out, r.out[-300:]


@test
def stdin():
    """a capture from standard input gives the same counts, and the packets can leave by standard output"""
    with open(CAPTURE, "rb") as f:
        r = subprocess.run([tap.SKEP, "run", object_("dropper.bpf"), "-r", "-", "-w", "-"], stdin=f,
                           capture_output=True, timeout=60)
    file = skep("run", object_("dropper.bpf"), "-r", CAPTURE, "-w", "out.pcap").expect(0)
    verdicts = file.out.splitlines()[1].encode()
    assert r.returncode == 0 and verdicts in r.stderr, r.stderr
    open("out2.pcap", "wb").write(r.stdout)
    assert tap.packets("out.pcap") and len(r.stdout) == os.path.getsize("out.pcap")


@test
def write_same():
    """what a program passes unchanged is written byte for byte as it was read"""
    skep("run", object_("hello.bpf"), "-r", CAPTURE, "-w", "same.pcap").expect(0)
    assert open("same.pcap", "rb").read() == open(CAPTURE, "rb").read()


@test
def write_changed():
    """packets are written as the program leaves them: VLAN tags pushed, then popped, give the original"""
    skep("run", object_("vlan-push.bpf"), "-r", CAPTURE, "-w", "pushed.pcap").expect(0)
    skep("run", object_("vlan-pop.bpf"), "-r", "pushed.pcap", "-w", "popped.pcap").expect(0)
    pushed, original = tap.packets("pushed.pcap"), tap.packets(CAPTURE)
    assert len(pushed) == len(original)
    more = [q for p, q in zip(original, pushed) if len(q) == len(p) + 4]
    assert more and all(q[12:14] in (b"\x81\x00", b"\x88\xa8") for q in more)
    assert len(tap.packets("popped.pcap")) == len(original)


@test
def full_disk():
    """a full disk is reported, with the summary, and the exit code is 1"""
    r = skep("run", object_("hello.bpf"), "-r", CAPTURE, "-w", "/dev/full")
    r.expect(1, "hello (xdp): ", "/dev/full: No space left on device")


@test
def socket_filter():
    """a socket filter keeps as many bytes as it returns"""
    open("f.bpf.c", "w").write('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
                               'SEC("socket") int f(struct __sk_buff *s) { return s->len > 100 ? 50 : 0; }\n')
    r = skep("run", "f.bpf.c", "-r", CAPTURE, "-w", "kept.pcap").expect(0)
    n = count(lambda p: len(p) > 100)
    assert f"kept {n}" in r.out, r.out
    assert [len(p) for p in tap.packets("kept.pcap")] == [50] * n


@test
def raw_tracepoint():
    """a raw tracepoint program runs on the arguments in --ctx"""
    open("ctx", "wb").write(struct.pack("<2Q", 0, 59))
    r = skep("run", object_("hello-func.bpf"), "--ctx", "ctx", "--repeat", 3).expect(0, "hello (raw_tracepoint): 3 runs")
    assert r.out.count("Syscall: 59") == 3


@test
def data():
    """--data runs one packet; --ctx gives its struct xdp_md"""
    open("p", "wb").write(tap.packets(CAPTURE)[0])
    skep("run", object_("hello.bpf"), "--data", "p").expect(0, "hello (xdp): 1 run, ")
    open("c", "wb").write(struct.pack("<6I", 0, len(tap.packets(CAPTURE)[0]), 0, 0, 0, 0))
    skep("run", object_("hello.bpf"), "--data", "p", "--ctx", "c").expect(0, "  XDP_PASS 1\n")


@test
def tail_calls():
    """of programs that tail-call each other the entry is run, and all stages see their packets"""
    r = skep("run", object_("tail-parser.bpf"), "-r", CAPTURE, "--json", "--dump-maps").expect(0)
    report = json.loads(r.out)
    assert report["programs"][0]["name"] == "parse_eth"
    assert report["programs"][0]["run_cnt"] == len(tap.packets(CAPTURE))
    stages = next(m for m in report["maps"] if m["name"] == "stages")
    assert len(stages["elements"]) == 3


@test
def checked():
    """--check compares runs with the verifier's claims, says how much, and changes nothing in the report"""
    n = len(tap.packets(CAPTURE))
    for name in "tail-parser.bpf", "nat.bpf", "dropper-vlan.bpf":
        plain = skep("run", object_(name), "-r", CAPTURE, "--clock", 1).expect(0).out
        r = skep("run", object_(name), "-r", CAPTURE, "--clock", 1, "--check").expect(0, err=[" 0 violations\n"])
        assert r.out == plain
        assert int(r.err.split("skep: ")[1].split()[0]) > 5 * n, r.err
    skep("run", object_("nat.bpf"), "-r", CAPTURE, "--check", "--engine", "jit").expect(2, err="interpreter")


@test
def as_json():
    """--json is one JSON document with programs, packets, trace lines and maps"""
    r = json.loads(skep("run", object_("hello.bpf"), "-r", CAPTURE, "--json", "--dump-maps").expect(0).out)
    n = len(tap.packets(CAPTURE))
    assert r["programs"][0]["actions"] == {"XDP_PASS": n}
    assert r["packets"]["read"] == n == len(r["trace"])
    assert r["packets"]["bytes"] == sum(map(len, tap.packets(CAPTURE)))
    assert any(m["name"].endswith(".bss") for m in r["maps"])


@test
def deterministic():
    """with --clock and --seed two runs print the same, byte for byte, as text and as JSON"""
    open("d.bpf.c", "w").write('#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n'
        'struct { __uint(type, BPF_MAP_TYPE_LRU_HASH); __uint(max_entries, 50); __type(key, int); __type(value, long); }'
        ' m SEC(".maps");\n'
        'SEC("xdp") int f(struct xdp_md *c) { int r = bpf_get_prandom_u32(); long n = bpf_get_current_pid_tgid();\n'
        'bpf_map_update_elem(&m, &r, &n, 0); bpf_printk("%u %llu %u", r, bpf_ktime_get_ns(), bpf_get_smp_processor_id());\n'
        'bpf_printk("%p %p", c, bpf_map_lookup_elem(&m, &r)); return 2; }\nchar l[] SEC("license") = "GPL";\n')
    for style in [], ["--json"]:
        out = [skep("run", "d.bpf.c", "-r", CAPTURE, "--dump-maps", "--clock", 5000, "--seed", seed, *style)
               .expect(0).out for seed in (7, 7, 8)]
        assert out[0] == out[1] and out[0] != out[2]


@test
def trace_live():
    """--trace prints lines while packets still come in"""
    p = subprocess.Popen([tap.SKEP, "run", object_("hello.bpf"), "-r", "-", "--trace"], stdin=subprocess.PIPE,
                         stdout=subprocess.PIPE)
    p.stdin.write(open(CAPTURE, "rb").read())
    p.stdin.flush()
    line = p.stdout.readline()
    assert b"bpf_trace_printk: " in line, line
    p.stdin.close()
    p.stdout.read()
    assert p.wait(20) == 0


@test
def interrupted():
    """SIGINT in the middle ends the run, the summary is still printed"""
    for capture, repeat in ((CAPTURE, "1000000000"), ("-", "1")):
        p = subprocess.Popen([tap.SKEP, "run", object_("xdp-drop"), "-r", capture, "--repeat", repeat],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdin.write(open(CAPTURE, "rb").read()[:1000])
        p.stdin.flush()
        time.sleep(0.7)
        p.send_signal(signal.SIGINT)
        out = p.stdout.read().decode()  # standard input stays open: the read from it must end by the signal
        assert p.wait(20) == 0 and "  interrupted\n" in out and "xdp_drop (xdp): " in out, out
        p.stdin.close()


@test
def progress():
    """long runs show their progress if somebody looks"""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(tap.SKEP, [tap.SKEP, "run", str(object_("xdp-drop")), "-r", str(CAPTURE), "--repeat", "30000000"])
    seen = b""
    try:
        while b"million runs/s" not in seen:
            seen += os.read(fd, 4096)
        os.kill(pid, signal.SIGINT)
        while True:
            seen += os.read(fd, 4096)
    except OSError:
        pass
    os.waitpid(pid, 0)
    assert b" packets, " in seen and b"interrupted" in seen, seen[-200:]


@test
def odd_packets():
    """packets of 0 to 65536 bytes run; those too short for a type or too long are counted apart"""
    tap.write_capture("odd.pcap", [bytes(n) for n in (0, 1, 13, 14, 65536, 100000)])
    skep("run", object_("stats-percpu.bpf"), "-r", "odd.pcap").expect(0, ["5 runs", "1 packet too long"])
    skep("run", object_("tc-mark.bpf"), "-r", "odd.pcap").expect(0, ["2 runs", "3 packets too short"])


@test
def truncated():
    """a capture that breaks off is run as far as it goes, then it is an error"""
    open("t.pcap", "wb").write(open(CAPTURE, "rb").read()[:5000])
    r = skep("run", object_("xdp-drop"), "-r", "t.pcap")
    r.expect(1, "xdp_drop (xdp): ", ["t.pcap: after packet ", "truncated"])


@test
def log_levels():
    """--log-level shows the verifier's log of an accepted program"""
    skep("run", object_("dropper.bpf"), "-r", CAPTURE, "--log-level", 2).expect(0, err=["0: (b7) r0 = 1", "processed "])


tap.main()
