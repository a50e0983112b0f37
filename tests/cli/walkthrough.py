#!/usr/bin/env python3
"""Two published walkthroughs, typed into `skep shell --net` at a terminal: what they show is what comes."""
import os
import pty
import re
import select
import shutil
import termios
import time

import tap
from tap import SKEP, SOURCES, Skip, skep, test

PROMPT = "@skep@ "
os.environ["PATH"] += ":/usr/sbin:/sbin"


def need(*tools):
    r = skep("exec", "--net", "--", "true")
    if r.code == 125 or "--net:" in r.err or "only system calls" in r.err:
        raise Skip(r.err.strip())
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")


class Terminal:
    """a shell at a pseudo terminal that does not echo"""

    def __init__(self):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            attr = termios.tcgetattr(0)
            attr[3] &= ~termios.ECHO
            attr[1] &= ~termios.OPOST
            termios.tcsetattr(0, termios.TCSANOW, attr)
            os.environ.update(SHELL="/bin/sh", PS1=PROMPT, ENV="", TERM="dumb")
            os.execv(SKEP, [SKEP, "shell", "--net"])
        self.until(PROMPT)

    def until(self, text, limit=30):
        got, end = "", time.monotonic() + limit
        while text not in got:
            assert time.monotonic() < end, f"no {text!r} in {got[-2000:]!r}"
            if select.select([self.fd], [], [], 1)[0]:
                got += os.read(self.fd, 65536).decode(errors="replace")
        return got[:got.index(text)]

    def type(self, line):
        os.write(self.fd, line.encode() + b"\n")

    def run(self, line):
        self.type(line)
        return self.until(PROMPT)

    def interrupt(self):
        os.write(self.fd, b"\x03")
        self.until(PROMPT)

    def end(self):
        self.type("exit")
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def shape(text, pattern):
    assert re.fullmatch(pattern, text, re.S), f"{text!r}\nis not\n{pattern}"
    return re.fullmatch(pattern, text, re.S)


def compile_(t, name, more="-g -O2"):
    shutil.copy(SOURCES / name, name)
    out = name.replace(".c", ".o")
    shape(t.run(f"clang -target bpf -I/usr/include/$(uname -m)-linux-gnu {more} -c ./{name} -o ./{out}"), "")


SHOW = (r"(\d+): xdp  name hello  tag ([0-9a-f]{16})  gpl\n\tloaded_at [-\dT:+]+  uid 0\n"
        r"\txlated 96B  jited \d+B  memlock 4096B  map_ids (\d+),(\d+)\n\tbtf_id \d+\n")


@test
def hello():
    """hello.bpf.c: compiled, looked at, loaded, shown, attached to eth0, traced under ping, detached, removed"""
    need("clang", "bpftool", "ping", "file", "llvm-objdump")
    t = Terminal()
    compile_(t, "hello.bpf.c")
    shape(t.run("file hello.bpf.o"), r"hello\.bpf\.o: ELF 64-bit LSB relocatable, eBPF, version 1 \(SYSV\), "
          r"with debug_info, not stripped\n")
    shape(t.run("llvm-objdump -S hello.bpf.o"), r".*Disassembly of section xdp:.*<hello>:.*"
          r"; \s+bpf_printk\(\"Hello World %d\", counter\);.*r1 = 0 ll.*call 6.*; \s+counter\+\+;.*; \s+return XDP_PASS;.*exit\n")
    shape(t.run("bpftool prog load hello.bpf.o /sys/fs/bpf/hello"), "")
    shape(t.run("ls /sys/fs/bpf/"), r"hello\n")
    prog, tag, bss, rodata = shape(t.run("bpftool prog list"), ".*" + SHOW).groups()
    pretty = shape(t.run(f"bpftool prog show id {prog} --pretty"), r"\{.*\}\n")[0]
    for key in ("type", "name", "tag", "gpl_compatible", "loaded_at", "uid", "bytes_xlated", "jited",
                "bytes_jited", "bytes_memlock", "map_ids", "btf_id"):
        assert f'"{key}": ' in pretty, f"no {key} in {pretty}"
    for how in (f"id {prog}", "name hello", f"tag {tag}", "pinned /sys/fs/bpf/hello"):
        shape(t.run("bpftool prog show " + how), SHOW)
    shape(t.run("bpftool prog dump xlated name hello"),
          r"int hello\(struct xdp_md \* ?ctx\):\n; bpf_printk\(\"Hello World %d\", counter\);\n"
          rf"   0: \(18\) r\d = map\[id:{bss}\]\[0\]\+0\n.*map\[id:{rodata}\]\[0\]\+0\n.*"
          r"\(b7\) r2 = 15\n.*\(85\) call bpf_trace_printk#-?\d+\n; counter\+\+;\n.*; return XDP_PASS;\n.*\(95\) exit\n")
    shape(t.run(f"bpftool net attach xdp id {prog} dev eth0"), "")
    shape(t.run("bpftool net list"), rf"xdp:\neth0\(2\) driver id {prog}\n\ntc:\n\nflow_dissector:\n\n")
    t.run("ping 10.0.0.1 >/dev/null 2>&1 & echo")
    t.type("bpftool prog tracelog")
    first = int(re.search(r"bpf_trace_printk: Hello World (\d+)", t.until("\n")) [1])
    second = int(re.search(r"bpf_trace_printk: Hello World (\d+)", t.until("\n")) [1])
    assert second > first, (first, second)
    t.interrupt()
    shape(t.run("bpftool map list"), rf".*{bss}: array  name hello\.bss  flags 0x400\n\tkey 4B  value 4B  max_entries 1  "
          rf"memlock \d+B\n\tbtf_id \d+\n{rodata}: array  name hello\.rodata  flags 0x(4?)80\n\tkey 4B  value 15B  "
          r"max_entries 1  memlock \d+B\n\tbtf_id \d+  frozen\n.*")
    shape(t.run("bpftool map dump name hello.bss"), r'\[\{\s+"value": \{\s+"\.bss": \[\{\s+"counter": \d+\s+\}\s+\]\s+\}\s+\}\n\]\n')
    shape(t.run("bpftool map dump name hello.rodata"), r'.*"\.rodata": \[\{\s+"hello\.____fmt": "Hello World %d".*')
    shape(t.run("bpftool net detach xdp dev eth0"), "")
    shape(t.run("bpftool net list"), r"xdp:\n\ntc:\n\nflow_dissector:\n\n")
    shape(t.run("bpftool prog show name hello"), SHOW)
    shape(t.run("rm /sys/fs/bpf/hello"), "")
    shape(t.run("bpftool prog show name hello"), "")
    t.run("kill %1")
    t.end()


@test
def functions():
    """hello-func.bpf.c: a raw tracepoint program with a function of its own"""
    need("clang", "bpftool")
    t = Terminal()
    compile_(t, "hello-func.bpf.c")
    shape(t.run("bpftool prog load hello-func.bpf.o /sys/fs/bpf/hello"), "")
    shape(t.run("bpftool prog list name hello"), r"\d+: raw_tracepoint  name hello  tag [0-9a-f]{16}  gpl\n\tloaded_at \S+  "
          r"uid 0\n\txlated 80B  jited \d+B  memlock 4096B  map_ids \d+\n\tbtf_id \d+\n")
    shape(t.run("bpftool prog dump xlated name hello"),
          r"int hello\(struct bpf_raw_tracepoint_args \* ?ctx\):\n; int opcode = get_opcode\(ctx\);\n"
          r"   0: \(85\) call pc\+\d#\S+\n.*call bpf_trace_printk#-?\d+\n.*"
          r"int get_opcode\(struct bpf_raw_tracepoint_args \* ?ctx\):\n; return ctx->args\[1\];\n"
          r"   8: \(79\) r0 = \*\(u64 \*\)\(r1 \+8\)\n.*   9: \(95\) exit\n")
    t.end()


@test
def xdp_drop():
    """xdp-drop.c: ip puts it on lo, where it stops a running ping; off, and ping goes on"""
    need("clang", "ip", "ping")
    t = Terminal()
    shutil.copy(SOURCES / "xdp-drop.c", "xdp-drop.c")
    shape(t.run("clang -O2 -Wall -target bpf -I/usr/include/x86_64-linux-gnu/ -c xdp-drop.c -o xdp-drop.o"), "")
    t.run("ping -i 0.1 127.0.0.1 > pings & echo")
    count = "sleep 0.5; wc -l < pings"
    assert int(t.run(count)) >= 2
    shape(t.run("ip link set dev lo xdp obj xdp-drop.o sec prog"), "")
    shown = t.run("ip a")
    assert re.search(r"1: lo: .* xdpgeneric(/id:\d+)? ", shown), shown
    stopped = int(t.run(count))
    assert int(t.run(count)) == stopped, "frames pass"
    shape(t.run("ip link set dev lo xdp off"), "")
    assert int(t.run(count)) > stopped, "frames do not pass any more"
    assert "xdp" not in t.run("ip a")
    t.run("kill %1")
    t.end()


tap.main()
