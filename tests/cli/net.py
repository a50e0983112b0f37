#!/usr/bin/env python3
"""skep exec --net: devices, frames, route netlink, with ip, tc, bpftool, xdp-loader, libbpf."""
import os
import re
import shutil
import subprocess
import sys

import tap
from tap import HERE, OBJECTS, SKEP, Skip, skep, test

CLIENT = os.path.abspath(sys.argv[3])
PROGS = os.path.abspath(sys.argv[4])  # net.bpf.o
os.environ["PATH"] += ":/usr/sbin:/sbin"
NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]


def need(*tools):
    r = skep("exec", "--net", "--", "true")
    if r.code == 125 or "--net:" in r.err:
        raise Skip(r.err.strip())
    for tool in tools:
        if not shutil.which(tool):
            raise Skip(f"{tool} is not installed")


def sh(script, *options):
    return skep("exec", "--net", *options, "--", "sh", "-c", script)


def ping(addr, n=1):
    return f"ping -q -c {n} -i 0.05 -W 1 {addr} | grep -o '[0-9]* received'"


def lines(*args):
    return "".join(a + "\n" for a in args)


@test
def peer():
    """10.0.0.1 answers ARP, pings, UDP and TCP echo; refuses what it has not"""
    need("ping")
    r = sh(f"{ping('10.0.0.1', 3)}; {ping('127.0.0.1')}; {sys.executable} {HERE}/net_traffic.py").expect(0)
    assert r.out == lines("3 received", "1 received", "udp b'hello'", "udp other Connection refused",
                          "tcp 500000 bytes back", "tcp again b'x'", "tcp other Connection refused"), r.out + r.err


def client_on_kernel():
    if os.geteuid() or subprocess.run(["bpftool", "prog"], capture_output=True).returncode:
        return None
    r = subprocess.run(["unshare", "-n", "-m", "sh", "-c",
                        f"ip tuntap add eth0 mode tap && ip link set eth0 up && {CLIENT} eth0"],
                       capture_output=True, text=True, timeout=60)
    return r.stdout if r.returncode == 0 else None


@test
def every_way():
    """netlink, XDP links, tc filters and tcx answer as Linux does, to root and to ordinary users"""
    need("bpftool")
    out = skep("exec", "--net", CLIENT, "eth0").expect(0).out
    for text in ("if none: Device or resource busy", "Can't replace active BPF XDP link", "second link: Device or",
                 "filter: ok, handle 0x1, priority 49152", "revision 7: c d a b", "Parent Qdisc doesn't exists"):
        assert text in out, f"no {text!r} in {out}"
    kernel = client_on_kernel()
    if kernel:
        assert kernel.splitlines() == out.splitlines(), "".join(
            f"{k} | {o}\n" for k, o in zip(kernel.splitlines(), out.splitlines()) if k != o)
    if not os.geteuid():
        copy = shutil.copy(CLIENT, "/tmp/skep-net-client")
        try:
            command = NOBODY + [SKEP, "exec", "--net", copy, "eth0"]
            r = subprocess.run(command, capture_output=True, text=True, timeout=60)
            if r.returncode == 126 or "ermission" in r.stderr or "--net:" in r.stderr:
                return  # the build is not for others to read, or they may have no namespaces
            assert r.stdout == out, r.stdout[-500:] + r.stderr
        finally:
            os.unlink(copy)


def same_on_kernel(client):
    """What it prints here, which is the same to ordinary users, and in a network namespace on the kernel."""
    command = [sys.executable, f"{HERE}/{client}"]
    out = skep("exec", "--net", *command).expect(0).out
    wanted = []
    if not os.geteuid():
        for other in (["unshare", "-n", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"], NOBODY + [SKEP, "exec", "--net"]):
            r = subprocess.run(other + command, capture_output=True, text=True, timeout=60)
            wanted += [r.stdout] if r.returncode == 0 else []
    for w in wanted:
        assert w.splitlines() == out.splitlines(), "".join(
            f"{a} | {b}\n" for a, b in zip(w.splitlines(), out.splitlines()) if a != b)
    return out


@test
def netfilter():
    """links of netfilter programs: refused, shown and let go as on Linux"""
    need("bpftool")
    out = same_on_kernel("netfilter_client.py")
    for text in ("another priority ok", "hook 5 Protocol error", "(10, 10, 3, -150, 1)", "free again ok"):
        assert text in out, f"no {text!r} in {out}"


@test
def sockets():
    """socket filters decide what datagram, packet and raw sockets get, and live as long as them, as on Linux"""
    need()
    out = same_on_kernel("socket_filters_client.py")
    for text in ("refuse x [b'two', b'threefour']", "nothing []", "closed True", "[(30, b'he'), (30, b'ot')]"):
        assert text in out, f"no {text!r} in {out}"
    command = [sys.executable, f"{HERE}/socket_filters_client.py"]
    r = skep("exec", "--net", *command, "peer").expect(0)
    assert r.out == lines("peer ok [b'two', b'xone', b'two'] (2, 8, 2)"), r.out


@test
def drop():
    """an XDP program at eth0 or lo decides each frame, natively and generic, until it is off"""
    need("ping", "ip")
    for dev, addr, mode, shown in (("eth0", "10.0.0.1", "xdp", "xdp"), ("eth0", "10.0.0.1", "xdpgeneric", "xdpgeneric"),
                                   ("lo", "127.0.0.1", "xdp", "xdpgeneric")):
        r = sh(f"""{ping(addr)}
            ip link set dev {dev} {mode} obj {OBJECTS}/xdp-drop.o sec prog; echo $?
            ip link show {dev} | grep -o ' {shown} '
            ip link show {dev} | grep -c 'prog/xdp id [0-9]* name xdp_drop tag [0-9a-f]* jited'
            {ping(addr)}
            ip link set dev {dev} {mode} off; echo $?
            ip link show {dev} | grep -c prog/xdp
            {ping(addr)}""")
        want = lines("1 received", "0", f" {shown} ", "1", "0 received", "0", "0", "1 received")
        assert r.out == want, f"{dev} {mode}: {r.out}{r.err}"


@test
def actions():
    """PASS, TX, ABORTED, redirects; head and tail moved; the context's numbers; metadata reaches tc"""
    need("ping", "ip", "tc")
    for section, got in (("xdp/pass", 1), ("xdp/aborted", 0), ("xdp/trim", 1), ("xdp/tx", 0)):
        r = sh(f"ip link set dev eth0 xdp obj {PROGS} sec {section}; {ping('10.0.0.1')}")
        assert r.out == f"{got} received\n", section + r.out + r.err
    r = sh(f"""tc qdisc add dev eth0 clsact
        tc filter add dev eth0 ingress bpf da obj {PROGS} sec tc/count
        ip link set dev eth0 xdp obj {PROGS} sec xdp/meta
        {ping('10.0.0.1', 2)}
        bpftool map dump name seen""")
    assert r.out.startswith("2 received\n"), r.out + r.err
    values = dict(re.findall(r'"(\w+)": (\d+)', r.out))
    assert int(values["frames"]) >= 2 and values["ifindex"] == values["ingress"] == "2", r.out
    assert values["meta"] == "4660" and values["protocol"] == "8", r.out


@test
def lossy():
    """TCP with the peer survives that every fifth frame is dropped"""
    need("ip")
    r = sh(f"ip link set dev eth0 xdp obj {PROGS} sec xdp/lossy; {sys.executable} {HERE}/net_traffic.py tcp 20000")
    r.expect(0, out="tcp 20000 bytes back")


@test
def redirect():
    """bpf_redirect sends a frame out of a device, or in at it again"""
    need("tc", "ping")
    for section, got in (("tc/reflect", 0), ("tc/again", 1)):
        r = sh(f"""tc qdisc add dev eth0 clsact
            tc filter add dev eth0 ingress bpf da obj {PROGS} sec {section}
            {ping('10.0.0.1')}""")
        assert r.out == f"{got} received\n", section + r.out + r.err


@test
def tc():
    """tc's filters: added, shown, replaced, deleted; they count and drop in both directions"""
    need("ping", "tc", "bpftool")
    add = f"bpf da obj {PROGS} sec"
    r = sh(f"""tc filter add dev eth0 ingress {add} tc/count 2>&1
        tc qdisc add dev eth0 clsact
        tc filter add dev eth0 ingress {add} tc/count && tc filter add dev eth0 egress prio 7 handle 3 {add} tc/count
        tc filter add dev eth0 egress prio 7 handle 3 {add} tc/count 2>&1
        tc filter show dev eth0 egress
        bpftool net list
        tc filter replace dev eth0 egress prio 7 handle 3 {add} tc/drop
        {ping('10.0.0.1')}
        tc filter del dev eth0 egress prio 7; tc filter del dev eth0 egress prio 7 2>&1
        {ping('10.0.0.1')}
        tc qdisc del dev eth0 clsact; bpftool net list | grep -c clsact""")
    out = re.sub(r"tag [0-9a-f]{16}", "tag T", re.sub(r"\bid \d+", "id N", r.out))
    talk = "We have an error talking to the kernel"
    name = "net.bpf.o:[tc/count]"
    want = lines("Error: Parent Qdisc doesn't exists.", talk, "Error: Filter already exists.", talk,
                 "filter protocol all pref 7 bpf chain 0 ",
                 f"filter protocol all pref 7 bpf chain 0 handle 0x3 {name} direct-action not_in_hw id N name count tag T jited ",
                 "xdp:", "", "tc:", f"eth0(2) clsact/ingress {name} id N", f"eth0(2) clsact/egress {name} id N", "",
                 "flow_dissector:", "", "0 received", "Error: Cannot find specified filter chain.", talk, "1 received", "0")
    assert out == want, f"{out}\n{r.err}"


@test
def loader():
    """xdp-loader loads, shows and unloads, natively and generic"""
    need("xdp-loader")
    if os.geteuid():
        raise Skip("xdp-loader wants root's lock file")
    for mode, shown in (("native", "native"), ("skb", "skb")):
        r = sh(f"""xdp-loader load -m {mode} eth0 {OBJECTS}/hello.bpf.o; xdp-loader status eth0
            xdp-loader unload eth0 --all; xdp-loader status eth0""")
        assert re.search(rf"^eth0 +hello +{shown} +\d+ +[0-9a-f]{{16}}", r.out, re.M), r.out + r.err
        assert r.out.count("<No XDP program loaded!>") == 1, r.out + r.err


@test
def plain():
    """without --net programs can be attached, too, and nothing reaches the kernel's devices"""
    need("bpftool", "ip")
    show = "ip -o link show lo"
    before = subprocess.run(["sh", "-c", show], capture_output=True, text=True).stdout
    r = skep("exec", "--", "sh", "-c", f"bpftool prog load {OBJECTS}/hello.bpf.o /sys/fs/bpf/h && "
             f"bpftool net attach xdpgeneric pinned /sys/fs/bpf/h dev lo && bpftool net && ip link show lo")
    r.expect(0, out=("lo(1) generic id", "prog/xdp id"))
    assert subprocess.run(["sh", "-c", show], capture_output=True, text=True).stdout == before


tap.main()
