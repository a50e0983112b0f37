#!/usr/bin/env python3
"""usage: btf_client.py FILE…
Loads each BTF of standard input's JSON list (hexadecimal) with BPF_BTF_LOAD and its log at level 1: prints a list of [errno, log]."""
import ctypes
import json
import os
import struct
import sys

SYS_BPF, BTF_LOAD, LOG_SIZE = {"x86_64": 321, "aarch64": 280}[os.uname().machine], 18, 1 << 17
libc = ctypes.CDLL(None, use_errno=True)


def load(blob):
    data, log = ctypes.create_string_buffer(blob, len(blob)), ctypes.create_string_buffer(LOG_SIZE)
    attr = struct.pack("<QQIIIIIi", ctypes.addressof(data), ctypes.addressof(log), len(blob), LOG_SIZE, 1, 0, 0, 0)
    fd = libc.syscall(SYS_BPF, BTF_LOAD, attr, len(attr))
    if fd < 0:
        return [ctypes.get_errno(), log.value.decode("latin1")]
    os.close(fd)
    return [0, log.value.decode("latin1")]


json.dump([load(bytes.fromhex(blob)) for blob in json.load(sys.stdin)], sys.stdout)
