#!/usr/bin/env python3
"""Programs attached under skep exec, by libbpf and by bpftool, as bpftool shows them."""
import json
import os
import re
import shutil
import sys

import tap
from tap import Skip, skep, test

CLIENT, OBJECT = os.path.abspath(sys.argv[3]), os.path.abspath(sys.argv[4])
os.environ["PATH"] += ":/usr/sbin"


def need():
    if not shutil.which("bpftool"):
        raise Skip("bpftool is not installed")
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())


class Cgroup:
    """a new cgroup, or "" where none can be made"""

    def __enter__(self):
        self.path = ""
        for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
            path = f"{root}/skep-test-{os.getpid()}"
            try:
                if os.path.exists(root + "/cgroup.procs"):
                    os.mkdir(path)
                    self.path = path
                    break
            except OSError:
                pass
        return self.path

    def __exit__(self, *_):
        if self.path:
            os.rmdir(self.path)


@test
def links():
    """a libbpf program's links: raw tracepoint, trace event, uprobe, clock, cgroup"""
    need()
    with Cgroup() as cgroup:
        r = skep("exec", "-v", CLIENT, OBJECT, cgroup, "bpftool -j link; echo; bpftool perf; "
                 "for f in /proc/$PPID/fdinfo/*; do grep -h -A9 link_type $f; done; true")
    r.expect(0, out=["raw_tracepoint  sys_enter", "tracepoint  sys_enter_write", "uprobe  filename /proc/self/exe  offset 4660",
                     "link_type:\traw_tracepoint\n", "tp_name:\tsys_enter\n", "event_type:\tuprobe\n"],
             err="attached, but this event does not occur in skep yet (sys_enter_write)")
    for line in (r"perf_event_open\(\{type=PERF_TYPE_TRACEPOINT, size=\d+, config=0x[0-9a-f]+, \.\.\.\}, -1, 0, -1, PERF_FLAG_FD_CLOEXEC\) = \d+ <",
                 r"perf_event_open\(\{type=PERF_TYPE_SOFTWARE, size=\d+, config=PERF_COUNT_SW_CPU_CLOCK, ",
                 r"ioctl\(\d+, PERF_EVENT_IOC_ENABLE, 0\) = 0 <"):
        assert re.search(line, r.err), f"no {line} in {r.err}"
    found = [(x["type"], x.get("tp_name") or x.get("attach_type")) for x in json.loads(r.out.splitlines()[0])]
    expected = [("raw_tracepoint", "sys_enter"), ("perf_event", None), ("perf_event", None),
                *([("cgroup", "cgroup_inet_egress")] if cgroup else []), ("perf_event", None)]
    assert found == expected, found


@test
def links_end():
    """links are gone with their process"""
    need()
    skep("exec", "sh", "-c", f"{CLIENT} {OBJECT} '' 'bpftool link | grep -c prog'; bpftool link").expect(0, out="4\n")


@test
def cgroup_by_bpftool():
    """bpftool cgroup attach, show, tree, detach"""
    need()
    with Cgroup() as cgroup:
        if not cgroup:
            raise Skip("no cgroup2 where cgroups can be made")
        r = skep("exec", "sh", "-ec", f"""
bpftool prog loadall {OBJECT} /sys/fs/bpf/x
p=/sys/fs/bpf/x/at_cgroup
bpftool cgroup attach {cgroup} egress pinned $p multi
bpftool cgroup attach {cgroup} egress pinned $p multi 2>/dev/null || echo once
bpftool cgroup attach {cgroup} ingress pinned $p
bpftool cgroup show {cgroup}
bpftool -j cgroup show {cgroup}
bpftool cgroup show {cgroup} effective
bpftool cgroup tree {cgroup}
bpftool cgroup detach {cgroup} egress pinned $p
bpftool cgroup detach {cgroup} ingress pinned $p
bpftool cgroup detach {cgroup} ingress pinned $p 2>&1 || echo detached
echo; bpftool cgroup show {cgroup}
""")
    r.expect(0, out=["once\n", "detached\n", '"attach_type":"cgroup_inet_egress","attach_flags":"multi","name":"at_cgroup"'])
    assert len(re.findall(r"cgroup_inet_egress +multi +at_cgroup", r.out)) == 2, r.out
    assert len(re.findall(r"cgroup_inet_ingress +at_cgroup", r.out)) >= 2, r.out
    assert not re.search("at_cgroup", r.out.split("detached")[1]), r.out


tap.main()
