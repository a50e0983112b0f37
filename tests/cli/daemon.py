#!/usr/bin/env python3
"""skep daemon: an instance for many commands, as root and as an ordinary user."""
import os
import shutil
import signal
import subprocess
import time

import tap
from tap import OBJECTS, SKEP, Skip, skep, test

BPFTOOL = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin")
USER = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


class Daemon:
    def __init__(self, user, options=()):
        self.options = options
        self.user, self.dir = user, os.path.abspath("run" + ("-user" if user else ""))
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        os.chmod(".", 0o755)
        if user:
            os.chown(self.dir, 65534, 65534)
        self.env = dict(os.environ, XDG_RUNTIME_DIR=self.dir)
        del self.env["SKEP_SOCKET"]

    def skep(self, *args, **kw):
        return tap.Result(subprocess.run([*self.user, SKEP, *map(str, args)], capture_output=True, text=True,
                                         timeout=60, env=self.env, **kw))

    def start(self, *args):
        return subprocess.Popen([*self.user, SKEP, *map(str, args)], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.env)

    def __enter__(self):
        self.skep("daemon", "--detach", *self.options).expect(0)
        return self

    def __exit__(self, *_):
        self.skep("daemon", "--stop")


def users():
    r = skep("exec", "--", "true")
    if r.code == 125 or "only system calls" in r.err:
        raise Skip(r.err.strip())
    if not BPFTOOL:
        raise Skip("bpftool is not installed")
    return [[]] if os.geteuid() else [[], USER]


@test
def persistence():
    """programs, maps, pins and what was printed live from one command to the next; --private sees none of it"""
    for user in users():
        with Daemon(user) as d:
            r = d.skep("exec", "sh", "-c", f"bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/hello; mkdir /sys/fs/bpf/d; "
                       "bpftool map create /sys/fs/bpf/d/m type hash key 4 value 4 entries 4 name m; exit 3").expect(3)
            r = d.skep("exec", "sh", "-c", "ls /sys/fs/bpf; bpftool prog run name hello data_in /etc/passwd >/dev/null;"
                       "bpftool map update name m key 1 0 0 0 value 2 0 0 0; rm /sys/fs/bpf/hello; pwd; id -u")
            r.expect(0, out=["d\nhello\n", os.getcwd() + "\n0\n"])
            r = d.skep("exec", "sh", "-c", "bpftool prog list; bpftool map dump pinned /sys/fs/bpf/d/m; cat /sys/kernel/tracing/trace")
            r.expect(0, out=["key: 01 00 00 00  value: 02 00 00 00", "Hello World 0\n"])
            assert "xdp" not in r.out, r.out
            d.skep("exec", "--private", "ls", "/sys/fs/bpf").expect(0)
            assert d.skep("exec", "--private", "ls", "/sys/fs/bpf").out == ""
            d.skep("exec", "-v", "bpftool", "map", "show", "name", "m").expect(0, err="bpf(BPF_MAP_GET_NEXT_ID, ")


@test
def socket():
    """the socket is its owner's alone; a second daemon is refused, a dead one's socket replaced, the end leaves nothing"""
    for user in users():
        with Daemon(user) as d:
            assert os.stat(d.dir + "/skep.sock").st_mode & 0o777 == 0o600
            d.skep("daemon").expect(1, err=f"there is a daemon at {d.dir}/skep.sock")
            if user:  # root may, another user not
                r = subprocess.run(["setpriv", "--reuid", "65533", "--clear-groups", SKEP, "exec", "true"], capture_output=True,
                                   text=True, env=dict(d.env, SKEP_SOCKET=d.dir + "/skep.sock"))
                assert r.returncode == 125 and "Permission denied" in r.stderr, r
            d.skep("daemon", "--stop").expect(0)
            assert os.listdir(d.dir) == []
            d.skep("exec", "true").expect(0)  # an instance of its own
            d.env["SKEP_SOCKET"] = d.dir + "/other"
            d.skep("exec", "true").expect(125, err=d.dir + "/other: No such file")
            d.skep("daemon", "--stop").expect(125)
            p = d.start("daemon")
            assert p.stdout.readline() == f"skep daemon: {d.dir}/other\n"
            p.kill()
            p.wait()
            d.skep("exec", "true").expect(125, err="Connection refused")
            d.skep("daemon", "-d").expect(0)
            d.skep("exec", "true").expect(0)


@test
def end():
    """SIGTERM ends the daemon cleanly; commands that run go on, without bpf(2)"""
    for user in users():
        d = Daemon(user)
        p = d.start("daemon")
        assert p.stdout.readline().startswith("skep daemon: ")
        c = d.start("exec", "sh", "-c", "bpftool prog list && echo before; echo ready; read x < fifo; cat /etc/hostname >/dev/null && "
                    "echo open; bpftool prog list 2>&1; exit 4")
        os.path.exists("fifo") or os.mkfifo("fifo", 0o666)
        os.chmod("fifo", 0o666)
        while "ready" not in c.stdout.readline():
            pass
        p.send_signal(signal.SIGTERM)
        assert p.wait(20) == 0 and p.stderr.read() == "", p.stderr
        time.sleep(0.05)
        with open("fifo", "w") as f:
            f.write("\n")
        out, err = c.communicate(timeout=20)
        assert c.returncode == 4 and "open\n" in out and "not implemented" in out, (c.returncode, out, err)
        assert "the daemon has ended" in err, err


@test
def crowd():
    """twenty commands at once, some of them killed: the daemon stays, and nothing of theirs does"""
    for user in users():
        with Daemon(user) as d:
            ps = [d.start("exec", "sh", "-c", f"bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/p$$ && rm /sys/fs/bpf/p$$")
                  for _ in range(20)]
            for p in ps[::5]:
                p.kill()
            for p in ps:
                p.communicate(timeout=60)
            assert [p.returncode for p in ps].count(0) >= 16, [p.returncode for p in ps]
            for _ in range(100):  # those killed may leave children that go on for a moment
                r = d.skep("exec", "sh", "-c", "bpftool prog list; bpftool map list").expect(0)
                if not r.out:
                    break
                time.sleep(0.05)
            assert r.out == "", r.out


@test
def net():
    """with --net commands share a network, and what is attached to it stays"""
    for user in users():
        with Daemon(user, options=["--net"]) as d:
            if d.skep("exec", "sh", "-c", "command -v ping && ip link show eth0").code:
                raise Skip("no network namespace, or no ping")
            ping = "ping -q -c 1 -W 1 10.0.0.1 | grep -o '[0-9]* received'"
            d.skep("exec", "sh", "-c", ping).expect(0, out="1 received")
            d.skep("exec", "ip", "link", "set", "dev", "eth0", "xdp", "obj", OBJECTS / "xdp-drop.o", "sec", "prog").expect(0)
            d.skep("exec", "sh", "-c", ping).expect(0, out="0 received")
            d.skep("exec", "sh", "-c", "ip link set dev eth0 xdp off; " + ping).expect(0, out="1 received")


@test
def shell():
    """skep shell is skep exec of $SHELL"""
    users()
    r = skep("shell", "-v", input="bpftool btf list >/dev/null; echo $0; exit 5\n", env=dict(os.environ, SHELL="/bin/sh"))
    r.expect(5, out="/bin/sh", err="bpf(BPF_BTF_GET_NEXT_ID, ")


tap.main()
