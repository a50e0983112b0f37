#!/usr/bin/env python3
"""skep verify."""
import json

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


main()
