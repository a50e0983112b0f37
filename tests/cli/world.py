#!/usr/bin/env python3
"""What commands under skep exec see of /sys and /proc, as root and as an ordinary user."""
import os
import re
import shutil
import subprocess

import tap
from tap import OBJECTS, Skip, skep, test

BPFTOOL = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin")
USER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
LINE = r" +bpftool-\d+ +\[\d{3}\] \S{5} +\d+\.\d{6}: bpf_trace_printk: "


def users():
    """prefixes: as this user, and, for root, as an ordinary one"""
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    return [[]] if os.geteuid() else [[], USER]


def need_bpftool():
    if not BPFTOOL:
        raise Skip("bpftool is not installed")


def world(user, script, *options, **kw):
    p = subprocess.run([*user, tap.SKEP, "exec", *options, "sh", "-c", script], capture_output=True, text=True,
                       timeout=60, **kw)
    return tap.Result(p)


PRINT = f"""
bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/hello || exit 9
say() {{ bpftool prog run pinned /sys/fs/bpf/hello data_in /etc/passwd repeat $1 >/dev/null; }}
"""


@test
def tracefs():
    """/sys/kernel/tracing is a tracefs; events have numbers and formats, which the host's are where root sees them"""
    for user in users():
        r = world(user, """
            stat -f -c %T /sys/kernel/tracing /sys/kernel/debug/tracing
            cd /sys/kernel/tracing/events/sched/sched_switch
            test $(cat id) = $(sed -n 's/^ID: //p' format) && echo same
            cat /sys/kernel/debug/tracing/events/syscalls/sys_enter_openat/format
            test -e /sys/kernel/tracing/kprobe_events || echo no kprobes
            grep -c . ../../../available_events""")
        r.expect(0, out=["tracefs\ntracefs\nsame\nname: sys_enter_openat\nID: ", "\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
                         "\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n", "no kprobes\n"])
        assert int(r.out.split()[-1]) > 800, r.out


@test
def trace_pipe():
    """trace_pipe waits, gives each line to one reader, ends by a signal; trace shows and keeps what nobody has read"""
    need_bpftool()
    for user in users():
        r = world(user, PRINT + """
            say 2; cat /sys/kernel/tracing/trace; (cd /sys/kernel/tracing; grep -c Hello trace)
            timeout -s INT 0.3 cat /sys/kernel/tracing/trace_pipe >both; echo $?
            for i in 1 2; do cat /sys/kernel/debug/tracing/trace_pipe >>both & pids="$pids $!"; done
            say 3; for i in $(seq 100); do test $(grep -c Hello both) -eq 5 && break; sleep 0.1; done; kill $pids; wait
            grep -c Hello both; rm both
            say 1; echo > /sys/kernel/tracing/trace; grep -c Hello /sys/kernel/tracing/trace""",
                  cwd=make_dir())
        assert re.search(r"entries-in-buffer/entries-written: 2/2 .*\n" + LINE + "Hello World 0\n" + LINE + "Hello World 1\n2\n124\n5\n0\n$",
                         r.out, re.S), r.out + r.err


def make_dir():
    os.makedirs("user", exist_ok=True)
    os.chmod(".", 0o755)
    os.chmod("user", 0o777)
    return "user"


@test
def tracelog():
    """bpftool prog tracelog shows what programs print, also where only system calls are answered"""
    need_bpftool()
    for user in users():
        for options in ((), ("--no-namespaces",)):
            r = world(user, PRINT + "say 2; timeout -s INT 0.3 bpftool prog tracelog", *options)
            assert re.search("^" + LINE + "Hello World 0\n" + LINE + "Hello World 1\n", r.out, re.M), (options, r.out + r.err)


@test
def trace_overflow():
    """when nobody reads, the oldest lines go, and lines stay whole"""
    need_bpftool()
    users()
    r = world([], PRINT + "say 20000; timeout -s INT 0.3 cat /sys/kernel/tracing/trace_pipe")
    lines = r.out.splitlines()
    assert 5000 < len(lines) < 20000 and lines[-1].endswith("Hello World 19999"), (len(lines), lines[-1:], r.err)
    assert all(re.fullmatch(LINE + r"Hello World \d+", line) for line in lines)


@test
def kallsyms():
    """/proc/kallsyms has the instance's programs and helpers, so that bpftool names calls; the host's are not there"""
    need_bpftool()
    for user in users():
        r = world(user, f"""
            bpftool prog load {OBJECTS}/hello-func.bpf.o /sys/fs/bpf/f
            bpftool prog dump xlated pinned /sys/fs/bpf/f
            grep -c ' __bpf_call_base$' /proc/kallsyms; grep -c ' bpf_trace_printk$' /proc/kallsyms; grep '\\[bpf\\]' /proc/kallsyms
            rm /sys/fs/bpf/f; grep -c '\\[bpf\\]' /proc/kallsyms""").expect(1)
        assert re.search(r"0: \(85\) call pc\+7#bpf_prog_[0-9a-f]{16}_get_opcode\n(.*\n)+ +5: \(85\) call bpf_trace_printk#-\d{5}\n", r.out), r.out
        assert re.search(r"\n1\n1\n[0-9a-f]{16} t bpf_prog_[0-9a-f]{16}_hello\t\[bpf\]\n[0-9a-f]{16} t bpf_prog_[0-9a-f]{16}_get_opcode\t\[bpf\]\n0\n$", r.out), r.out
        assert "0000000000000000 t bpf_prog" not in r.out


@test
def mounts():
    """/proc/mounts and mountinfo say bpf, tracefs and debugfs, and bpftool -f finds pins by them"""
    need_bpftool()
    for user in users():
        r = world(user, PRINT + "cat /proc/mounts; cat /proc/self/mountinfo; mkdir /sys/fs/bpf/d; bpftool prog pin name hello /sys/fs/bpf/d/x;"
                  "bpftool -f prog show pinned /sys/fs/bpf/hello")
        r.expect(0, out=["bpf /sys/fs/bpf bpf rw,nosuid,", "tracefs /sys/kernel/tracing tracefs rw,", "debugfs /sys/kernel/debug debugfs ",
                         " - bpf bpf rw"])
        assert set(re.findall("pinned (/sys.*)", r.out)) == {"/sys/fs/bpf/hello", "/sys/fs/bpf/d/x"}, r.out[-300:]
        assert not re.search("/proc/sys/|sysctl", r.out), r.out


@test
def sysctls():
    """bpf_stats_enabled turns statistics on and off; bpf_jit_* are readable"""
    need_bpftool()
    for user in users():
        r = world(user, PRINT + """
            cat /proc/sys/kernel/bpf_stats_enabled /proc/sys/net/core/bpf_jit_enable /proc/sys/net/core/bpf_jit_harden
            bpftool prog show name hello | grep -c run_cnt
            echo 1 > /proc/sys/kernel/bpf_stats_enabled; say 3; bpftool prog show name hello | grep -o 'run_cnt.*'
            cat /proc/sys/kernel/bpf_stats_enabled
            echo 0 > /proc/sys/kernel/bpf_stats_enabled; say 3; bpftool prog show name hello | grep -o 'run_cnt.*'; ls -A /sys/fs/bpf""")
        r.expect(0, out="0\n1\n0\n0\nrun_cnt 3\n1\nrun_cnt 3\nhello\n")


tap.main()
