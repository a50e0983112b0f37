#!/usr/bin/env python3
"""skep exec: programs that know nothing of skep."""
import os
import re
import shutil
import signal
import subprocess
import sys

import tap
from tap import HERE, OBJECTS, SKEP, Skip, skep, test

EVENTS = os.path.abspath(sys.argv[3])
BPFTOOL = shutil.which("bpftool", path=os.environ["PATH"] + ":/usr/sbin")
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]

SESSION = """
set -e
bpftool prog load {objects}/hello.bpf.o /sys/fs/bpf/hello
ls /sys/fs/bpf | grep -v '\\.debug$'
stat -c '%A %s' /sys/fs/bpf/hello
bpftool prog show pinned /sys/fs/bpf/hello
bpftool prog show name hello
bpftool map show name hello.bss
bpftool map show name hello.rodata
bpftool prog run pinned /sys/fs/bpf/hello data_in {packet} repeat 3
bpftool map dump name hello.bss
bpftool prog dump xlated name hello
bpftool prog dump xlated name hello linum
bpftool prog dump xlated name hello opcodes
bpftool btf show id $(bpftool -j prog show name hello | sed 's/.*"btf_id":\\([0-9]*\\).*/\\1/')
mkdir /sys/fs/bpf/dir
bpftool prog pin name hello /sys/fs/bpf/dir/again
rm /sys/fs/bpf/hello
bpftool prog show name hello
bpftool prog load {objects}/hello.bpf.o /sys/fs/bpf/dir/again 2>&1 || true
bpftool prog load {objects}/hello.bpf.o /tmp/nowhere/x 2>/dev/null || echo no directory
mv /sys/fs/bpf/dir/again /sys/fs/bpf/moved
bpftool prog show pinned /sys/fs/bpf/moved
rm /sys/fs/bpf/moved
rmdir /sys/fs/bpf/dir
bpftool prog show name hello || echo gone
echo end
"""


def normal(text):
    """what may differ: ids, times, addresses, how it was made native"""
    for pattern, to in ((r"\b(\d+): (xdp|array|name)", r"N: \2"), (r"(ids?) [\d,]+", r"\1 N"),
                        (r"loaded_at \S+", "loaded_at T"), (r"uid \d+", "uid N"),
                        (r"not jited|jited \d+B", "J"), (r"#-?\d+", "#N"), (r"id:\d+", "id:N"),
                        (r"average\): \d+ns", "average): T"), (r"memlock \d+B", "memlock N"),
                        (r"(85 00|18 2.) 00 00 .. .. .. ..", r"\1")):
        text = re.sub(pattern, to, text)
    return text


def need_exec():
    r = skep("exec", "--", "true")
    if r.code == 125:
        raise Skip(r.err.strip())
    if "only system calls" in r.err:
        raise Skip(r.err.strip())


def need_bpftool():
    need_exec()
    if not BPFTOOL:
        raise Skip("bpftool is not installed")


def session():
    return SESSION.format(objects=OBJECTS, packet=tap.SOURCES / "hello.bpf.c")


def kernels_session():
    """the same by the host's kernel, or None"""
    if os.geteuid() or subprocess.run([BPFTOOL, "prog"], capture_output=True).returncode:
        return None
    r = subprocess.run(["unshare", "-m", "sh", "-c", "mount -t bpf bpf /sys/fs/bpf && " + session()],
                       capture_output=True, text=True, timeout=60)
    return r.stdout if r.returncode == 0 else None


def check_session(out):
    assert out.endswith("end\n"), out[-600:]
    for text in ("-rw------- 0", "N: xdp  name hello  tag", "Return value: 2,", '"counter": 3', "name hello.bss",
                 "bpf_trace_printk#N", "no directory"):
        assert text in out, f"no {text!r} in {out}"


@test
def exit_codes():
    """the command's exit code is passed on; 128 + N for signals; 126 and 127 as env(1)"""
    need_exec()
    skep("exec", "--", "sh", "-c", "exit 7").expect(7)
    skep("exec", "sh", "-c", "kill -TERM $$").expect(128 + signal.SIGTERM)
    skep("exec", "/nonexistent").expect(127, err="/nonexistent: No such file")
    skep("exec", "/").expect(126)
    skep("exec").expect(2, err="which command?")
    skep("exec", "cat", "/proc/self/comm", "-v").expect(0, out="cat")  # the command's own option


@test
def tree():
    """it lasts until the last process of the tree has ended; orphans have bpf(2), too"""
    need_bpftool()
    r = skep("exec", "sh", "-c", "(sleep 0.3; bpftool btf list; echo last) & exit 3")
    r.expect(3, out="last")


@test
def signals():
    """signals are forwarded to the command"""
    need_exec()
    p = subprocess.Popen([SKEP, "exec", "sh", "-c", "trap 'echo got; exit 5' TERM; echo ready; while :; do sleep 0.05; done"],
                         stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == "ready\n"
    p.terminate()
    assert p.stdout.read() == "got\n" and p.wait(10) == 5


@test
def bpftool():
    """a session with bpftool prints what it prints on the kernel"""
    need_bpftool()
    r = skep("exec", "--", "sh", "-c", session()).expect(0)
    ours, theirs = normal(r.out), kernels_session()
    check_session(ours)
    if theirs:
        differences = [(a, b) for a, b in zip(ours.splitlines(), normal(theirs).splitlines()) if a != b]
        assert not differences and len(ours) == len(normal(theirs)), differences[:4]
    else:
        print("# the kernel's bpf(2) is not ours to use: not compared")


@test
def ordinary_user():
    """the same as an ordinary user, who is uid 0 inside"""
    need_bpftool()
    command = [SKEP, "exec", "--", "sh", "-c", "id -u;" + session()]
    if os.geteuid() == 0:
        command = NOBODY + command
    r = tap.Result(subprocess.run(command, capture_output=True, text=True, timeout=60))
    if "only system calls" in r.err or "Permission denied" in r.err and not r.out:
        raise Skip(r.err.strip())
    r.expect(0, out="0\n")
    check_session(normal(r.out))


@test
def descriptors_in_proc():
    """/proc/PID/fdinfo and /proc/PID/fd speak of objects as Linux does"""
    need_bpftool()
    r = skep("exec", sys.executable, "-c", f"""
import os, subprocess
import ctypes, struct
buf = ctypes.create_string_buffer(struct.pack("<5I", 1, 4, 8, 4, 0))
nr = {{"x86_64": 321, "aarch64": 280}}[os.uname().machine]
fd = ctypes.CDLL(None).syscall(nr, 0, buf, 20)
for who in ("self", "thread-self", os.getpid()):
    text = open(f"/proc/{{who}}/fdinfo/{{fd}}").read()
    print(text)
    assert os.readlink(f"/proc/{{who}}/fd/{{fd}}") == "anon_inode:bpf-map"
assert os.readlink("/proc/self/exe") and open("/proc/self/fdinfo/0").read()
""")
    r.expect(0, out=["flags:\t02000002\n", "map_type:\t1\nkey_size:\t4\nvalue_size:\t8\nmax_entries:\t4\n"
                     "map_flags:\t0x0\nmap_extra:\t0x0\nmemlock:\t", "frozen:\t0\n"])


@test
def trap_only():
    """without namespaces bpf(2) answers the same"""
    need_bpftool()
    r = skep("exec", "--no-namespaces", "--", "sh", "-c",
             f"bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/skep_test_x; "
             "bpftool prog show pinned /sys/fs/bpf/skep_test_x")
    r.expect(0, out="xdp  name hello  tag")


def calls(text):
    """(command, fields, how it ended) of each line of strace or -v; addresses, ids and what strace 6.1 does not know aside"""
    out = []
    for command, attr, size, end in re.findall(r"\bbpf\((\w+), (.*), (\d+)\) += (-?\d+(?: \w+ \(.*?\))?)", text):
        attr = re.sub(r"=0x[0-9a-f]+|=\"\\237.*?\"\.\.\.", "=P", re.sub(r" => \d+", " => N", attr))
        attr = re.sub(r"(_id|_time)=\d+", r"\1=N", attr)
        attr = re.sub(r", (numa_node|core_relo_cnt|core_relo_rec_size|log_true_size|core_relos|prog_attach_flags)=(0|NULL)", "", attr)
        if command in ("BPF_PROG_BIND_MAP", "BPF_BTF_LOAD"):
            attr = "…"
        out.append((command, attr, size, end))
    return out


TRACED = f"""
bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/traced
bpftool prog run pinned /sys/fs/bpf/traced data_in /etc/hostname >/dev/null
bpftool map create /sys/fs/bpf/m type hash key 4 value 8 entries 4 name m flags 1
bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 1 2 3 4 5 6 7 8 noexist
bpftool map update pinned /sys/fs/bpf/m key 1 0 0 0 value 1 2 3 4 5 6 7 8 noexist
bpftool map dump pinned /sys/fs/bpf/m >/dev/null
bpftool map freeze pinned /sys/fs/bpf/m
bpftool cgroup show / 
bpftool map pin pinned /sys/fs/bpf/m /tmp/nowhere/else
true"""


@test
def trace():
    """-v prints each bpf(2) call as strace does, with the reason of a refusal"""
    need_bpftool()
    r = skep("exec", "-v", "sh", "-c", TRACED).expect(0)
    ours = calls(r.err)
    assert re.search(r'^bpftool\[\d+\] bpf\(BPF_OBJ_PIN, \{pathname="/sys/fs/bpf/traced", bpf_fd=\d+, file_flags=0\}, 16\) = 0 <0\.\d{6}>$', r.err, re.M), r.err[-800:]
    assert any(c[3] == "-1 EEXIST (File exists)" and "flags=BPF_NOEXIST" in c[1] for c in ours), r.err[-800:]
    strace = subprocess.run(["strace", "-f", "-T", "-e", "trace=bpf", "unshare", "-m", "sh", "-c",
                             "mount -t bpf bpf /sys/fs/bpf\n" + TRACED], capture_output=True, text=True,
                            timeout=60) if shutil.which("strace") and not os.geteuid() else None
    if strace and strace.returncode == 0 and len(calls(strace.stderr)) > 10:
        theirs = calls(strace.stderr)
        assert ours == theirs, [f"\n{a}\n{b}" for a, b in zip(ours, theirs) if a != b][:4] or (len(ours), len(theirs))


@test
def crowd():
    """descriptors survive dup, fork and SCM_RIGHTS; errors are Linux's; clients killed in calls leave nothing"""
    need_exec()
    skep("exec", sys.executable, HERE / "crowd_client.py", 2).expect(0, out="ok")


@test
def descriptors():
    """descriptors that are closed, replaced and inherited between calls are what they are on the kernel"""
    need_exec()
    command = [sys.executable, HERE / "descriptors_client.py"]
    ours = skep("exec", *command).expect(0, out="after execve EBADF 10\n")
    theirs = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if theirs.returncode:
        print("# the kernel's bpf(2) is not ours to use: not compared")
    else:
        assert ours.out == theirs.stdout, (ours.out, theirs.stdout)


@test
def sockets():
    """setsockopt(2) attaches programs to sockets, or says why not, as Linux does"""
    need_exec()
    command = [sys.executable, HERE / "sockets_client.py"]
    ours = skep("exec", *command).expect(0, out=["udp: attach filter: ok\n", "udp: attach map locked: Operation not permitted\n"])
    theirs = subprocess.run(command, capture_output=True, text=True, timeout=60)
    if theirs.returncode:
        print("# the kernel's bpf(2) is not ours to use: not compared")
    else:
        differences = [(a, b) for a, b in zip(ours.out.splitlines(), theirs.stdout.splitlines()) if a != b]
        assert ours.out == theirs.stdout, differences[:6]


PRIVILEGES = [sys.executable, str(HERE / "privileges_client.py")]
CAPABILITIES = ([], ["39"], ["39", "12"], ["39", "38"], ["12"], ["21"], ["39", "38", "12"])  # BPF, NET_ADMIN, PERFMON, SYS_ADMIN


@test
def privileges():
    """clients that have given up capabilities may do what Linux leaves to them"""
    need_exec()
    if os.geteuid():
        raise Skip("only root has capabilities to give up")
    disabled = open("/proc/sys/kernel/unprivileged_bpf_disabled").read().strip()
    for caps in CAPABILITIES:
        ours = skep("exec", *PRIVILEGES, *caps).expect(0)
        theirs = subprocess.run([*PRIVILEGES, *caps], capture_output=True, text=True, timeout=60)
        if theirs.returncode or disabled == "0":
            print("# the kernel's bpf(2) is not ours to use: not compared")
        else:
            differences = [(a, b) for a, b in zip(ours.out.splitlines(), theirs.stdout.splitlines()) if a != b]
            assert ours.out == theirs.stdout, (caps, differences[:6])


@test
def unprivileged():
    """--unprivileged-bpf, or writing the sysctl, lets clients without CAP_BPF load what Linux lets them"""
    need_exec()
    if os.geteuid():
        raise Skip("only root has capabilities to give up")
    sysctl = "/proc/sys/kernel/unprivileged_bpf_disabled"
    r = skep("exec", "--unprivileged-bpf", "sh", "-c", f"cat {sysctl}; {' '.join(PRIVILEGES)}").expect(0)
    want = ("0\n", "map 1 ok", "map 7 EPERM", "map 15 EPERM", "prog 1 ok", "prog 8 ok", "prog 6 EPERM", "prog 2 EPERM",
            "a pointer returned EACCES", "load BTF EPERM", "next id 11 EPERM")
    assert all(text in r.out for text in want), r.out
    written = skep("exec", "--private", "sh", "-c", f"cat {sysctl}; echo 0 >{sysctl}; {' '.join(PRIVILEGES)}").expect(0)
    assert written.out == "2" + r.out[1:], written.out


@test
def events():
    """a libbpf program polls a ring buffer and a perf buffer"""
    need_exec()
    for name in ("ring", "perf"):
        for n in (1, 300):
            skep("exec", EVENTS, OBJECTS / "events-output.bpf.o", name, n).expect(0, out=f"{n} events\n")


tap.main()
