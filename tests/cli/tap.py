"""TAP for tests of the executable: a test is a function whose docstring is the sentence."""
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback

SKEP = os.path.abspath(sys.argv[1])
OBJECTS = pathlib.Path(sys.argv[2]).resolve()  # compiled examples
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "examples"
CAPTURE = SOURCES / "traffic.pcap"
PACKETS = None  # of CAPTURE, filled below
HERE = pathlib.Path(__file__).resolve().parent

os.environ["SKEP_SOCKET"] = ""  # no daemon, if somebody runs one

tests = []


class Skip(Exception):
    pass


class Result:
    def __init__(self, p):
        self.code, self.out, self.err = p.returncode, p.stdout, p.stderr

    def expect(self, code=0, out=(), err=()):
        """exit code, and texts that must be in what was printed"""
        assert self.code == code, f"exit code {self.code}, not {code}: {self.out[-400:]}{self.err[-400:]}"
        for where, texts in ((self.out, out), (self.err, err)):
            for text in [texts] if isinstance(texts, str) else texts:
                assert text in where, f"no {text!r} in {where[-1000:]!r}"
        return self


def skep(*args, **kw):
    kw.setdefault("timeout", 60)
    return Result(subprocess.run([SKEP, *map(str, args)], capture_output=True, text=True,
                                 errors="replace", **kw))


def object_(name):
    return OBJECTS / (name + ".o")


def packets(path):
    """the packets of a classic little-endian capture"""
    data = pathlib.Path(path).read_bytes()
    at, out = 24, []
    while at < len(data):
        n = struct.unpack_from("<I", data, at + 8)[0]
        out.append(data[at + 16:at + 16 + n])
        at += 16 + n
    return out


def write_capture(path, packets_):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for i, p in enumerate(packets_):
            f.write(struct.pack("<IIII", i, 0, len(p), len(p)) + p)


def test(fn):
    tests.append(fn)
    return fn


def main():
    global PACKETS
    PACKETS = packets(CAPTURE)
    bad = 0
    tmp = tempfile.mkdtemp(prefix="skep-test-")
    os.chdir(tmp)
    for n, fn in enumerate(tests, 1):
        try:
            fn()
            print(f"ok {n} - {fn.__doc__}", flush=True)
        except Skip as s:
            print(f"ok {n} - {fn.__doc__} # SKIP {s}", flush=True)
        except Exception:
            bad += 1
            for line in traceback.format_exc().splitlines()[-6:]:
                print("#", line)
            print(f"not ok {n} - {fn.__doc__}", flush=True)
    print(f"1..{len(tests)}")
    os.chdir("/")
    shutil.rmtree(tmp)
    sys.exit(bool(bad))
