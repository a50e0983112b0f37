#!/usr/bin/env python3
"""skep verify."""
import json

import tap
from tap import SOURCES, main, object_, skep, test


@test
def accepted():
    """an accepted program has a line with its numbers"""
    r = skep("verify", object_("hello.bpf")).expect(0)
    head, line = r.out.splitlines()
    assert head.split() == ["PROGRAM", "TYPE", "VERDICT", "INSNS", "STATES", "TIME"]
    assert line.split()[:3] == ["hello", "xdp", "accepted"] and int(line.split()[3]) > 1


@test
def refused():
    """a refused program has the first line of the reason, and the exit code is 1"""
    r = skep("verify", object_("dropper-faulty.bpf"), object_("hello.bpf"))
    r.expect(1, ["dropper ", "refused", "invalid access to packet, off=26 size=4, R2(id=0,off=26,r=0)", "accepted",
                 "2 programs: 1 accepted, 1 refused\n"])


@test
def log():
    """-v prints the log"""
    skep("verify", "-v", object_("dropper-faulty.bpf")).expect(
        1, ["4: (61) r1 = *(u32 *)(r2 +26)", "R2 offset is outside of the packet\n", "processed 5 insns"])


@test
def alone():
    """each program of an object is judged alone, also where programs stand in a program array"""
    r = skep("verify", object_("tail-parser.bpf")).expect(0, "4 programs: 4 accepted, 0 refused")
    skep("verify", object_("tail-parser.bpf"), "--prog", "parse_tcp").expect(0, "parse_tcp")
    assert "parse_ip " in r.out


@test
def maps():
    """a map that cannot be made is missed by the programs that use it, and by no other"""
    r = skep("verify", tap.HERE / "odd_map.bpf.c").expect(1, "2 programs: 1 accepted, 1 refused")
    other, user = (line for line in r.out.splitlines() if line.split()[0] in ("other", "user"))
    assert "accepted" in other and "BPF map 'odd' is referenced but wasn't created" in user, r.out


@test
def as_json():
    """--json has the same facts"""
    r = skep("verify", "--json", object_("dropper-faulty.bpf"), object_("hello.bpf")).expect(1)
    faulty, hello = json.loads(r.out)
    assert faulty["errno"] == 13 and not faulty["accepted"] and faulty["reason"].startswith("invalid access")
    assert hello["accepted"] and hello["program"] == "hello" and "reason" not in hello


@test
def source():
    """sources are compiled"""
    skep("verify", SOURCES / "dropper.bpf.c").expect(0, "accepted")


@test
def other_files():
    """a file that cannot be read does not keep the others from being verified"""
    skep("verify", "none.o", object_("hello.bpf")).expect(1, "accepted", "none.o: No such file")


EXPLAINED = r"""
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct { __uint(type, BPF_MAP_TYPE_HASH); __type(key, __u32); __type(value, __u64[4]); __uint(max_entries, 8); } m SEC(".maps");
SEC("xdp") int null(struct xdp_md *c)
{
	__u32 k = 1;
	__u64 *v = bpf_map_lookup_elem(&m, &k);
	*v += 1;
	return 2;
}
SEC("xdp") int bounds(struct xdp_md *c)
{
	__u32 k = 1;
	__u64 *v = bpf_map_lookup_elem(&m, &k);
	if (!v)
		return 0;
	return v[c->rx_queue_index];
}
SEC("xdp") int number(struct xdp_md *c) { return *(int *)(long)c->ingress_ifindex; }
char LICENSE[] SEC("license") = "GPL";
"""


@test
def explanation():
    """a refusal is explained below the log: source line, branches, what was known, what is missing; also as JSON"""
    out = skep("verify", "-v", object_("dropper-faulty.bpf")).expect(1).out
    log, why = out.split("why it is refused:\n")
    assert "processed 5 insns" in log
    assert "  where: insn 4, dropper-faulty.bpf.c:20: if (ip->saddr" in why, why
    assert "    not taken  insn 3, dropper-faulty.bpf.c:14: if (data > data_end)\n" in why, why
    assert "  known: R2 = pkt(r=0): into the packet, at offset 0; 0 bytes" in why, why
    assert "  missing: 4 bytes at offset 26 are read, but only 0 are proven to be inside the packet" in why, why
    open("explained.bpf.c", "w").write(EXPLAINED)
    got = {v["program"]: v["explanation"] for v in json.loads(skep("verify", "--json", "explained.bpf.c").expect(1).out)}
    e = got["null"]
    assert e["where"]["line"] == 9 and e["where"]["source"] == "*v += 1;" and not e["path"], e
    assert e["known"][0]["name"] == "R0" and e["known"][0]["value"].startswith("map_value_or_null("), e
    assert e["missing"].startswith("R0 may be NULL here") and "explained.bpf.c:8: __u64 *v" in e["missing"], e
    e = got["bounds"]
    assert [(b["line"], b["taken"]) for b in e["path"]] == [(16, False)], e
    assert "it may be a number from 0 to 34359738360, and the memory has 32 bytes" in e["missing"], e
    assert got["number"]["missing"].startswith("R1 is a number, not a pointer"), got
    assert "explanation" not in json.loads(skep("verify", "--json", object_("dropper.bpf")).expect(0).out)[0]


OLDER = """
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("socket") int endless(void *c) { asm volatile("1: .byte 0xe5; .byte 0; .short 1; .long 0; goto 1b" ::: "r0"); return 0; }
SEC("socket") int divide(void *c) { asm volatile("r1 = 7; .byte 0x37; .byte 1; .short 1; .long -2" ::: "r1"); return 0; }
SEC("socket") int acquire(void *c) { asm volatile("r2 = 1; .byte 0xdb; .byte 0x2a; .short -8; .long 0x110; "
	".byte 0xdb; .byte 0xa2; .short -8; .long 0x100" ::: "r2"); return 0; }
SEC("socket") int stack(void *c) { asm volatile("r2 = *(u64 *)(r10 - 8)" ::: "r2"); return 0; }
SEC("socket") int plain(void *c) { return 0; }
"""


@test
def kernels():
    """--kernel: what that version had not yet is refused, in its words; versions without rules are named"""
    open("older.bpf.c", "w").write(OLDER)

    def refused(*version):
        out = json.loads(skep("verify", "--json", *version, "older.bpf.c", timeout=100).out)
        return {v["program"]: v["reason"] for v in out if not v["accepted"]}

    assert refused() == refused("--kernel", "6.18") == {}, refused()
    assert list(refused("--kernel", "6.12")) == ["acquire"]
    old = refused("--kernel", "6.1")
    assert old["endless"] == "unknown opcode e5" and old["divide"] == "BPF_ALU uses reserved fields", old
    assert old["stack"].startswith("invalid read from stack") and "acquire" in old and "plain" not in old, old
    skep("verify", "--kernel", "5.10", "older.bpf.c").expect(1, err="no rules are known for Linux 5.10, only for 6.1, 6.12, 6.18")


main()
