"""Reads pins as files. usage: pinned_client.py OBJECT DIRECTORY: loads the object with bpftool, fills its maps, and prints
what reading each pin in DIRECTORY, a bpffs, gives."""
import json
import os
import re
import struct
import subprocess
import sys

obj, root = sys.argv[1:]


def tool(*args):
    subprocess.run(["bpftool", *args], check=True, stdout=subprocess.DEVNULL)


def octets(data):
    return ["hex", *(f"{b:02x}" for b in data)]


def update(name, key, value):
    tool("map", "update", "pinned", f"{root}/{name}", "key", *octets(key), "value", *octets(value))


tool("prog", "load", obj, f"{root}/prog", "pinmaps", root)
value = (b"a'b\n\0cd\0" + b"\0\0\0\0" + b"\x01xy\0" + b"\x41\xff\0" + b"\xfe" + b"\1").ljust(22, b"\0") + struct.pack("<h", -2)
value += struct.pack("<qQ", -3, 2**64 - 4).rjust(24, b"\0")[-16:]
value = value.ljust(-(-len(value) // 16) * 16, b"\0")
value += (-1 << 70).to_bytes(16, "little", signed=True) + (7).to_bytes(16, "little")
value += struct.pack("<iiii", 1, -1, 2, 0x10002)
shown = subprocess.run(["bpftool", "-j", "map", "show", "pinned", f"{root}/list"], check=True, capture_output=True, text=True)
size = json.loads(shown.stdout)["bytes_value"]
tail = struct.pack("<Q", 0x7f123456789a5d) + struct.pack("<iii", 0, -5, 77) + b"\0" * 4 + struct.pack("<QQ", 1 << 40, 0)
value = (value + tail).ljust(size, b"\0")
update("list", struct.pack("<i", 1), value)
update("table", struct.pack("<ihhhbb", -1, 2, -3, 4, 65, 0), value)
tool("map", "update", "pinned", f"{root}/progs", "key", *octets(bytes(4)), "value", "pinned", f"{root}/prog")
update("lru", struct.pack("<Q", 2**63), struct.pack("<i", -5))
for name in sorted(n for n in os.listdir(root) if not n.endswith(".debug")):
    try:
        with open(f"{root}/{name}", encoding="latin-1") as f:
            text = f.read()
    except OSError as e:
        text = e.strerror + "\n"
    if name == "progs":
        text = re.sub(r"0: \d+", "0: ID", text)
    print(f"== {name}\n{ascii(text)}")
