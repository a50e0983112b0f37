#!/usr/bin/env python3
"""usage: hostile.py SKEP HOSTILE [ARGUMENT …]: hostile.c under skep exec; its output is TAP"""
import os
import subprocess
import sys

skep, *command = sys.argv[1:]
tried = subprocess.run([skep, "exec", "--", "true"], capture_output=True, text=True)
if tried.returncode == 125:
    print("1..0 # SKIP skep exec does not work here:", tried.stderr.strip().splitlines()[-1:])
    sys.exit(0)
sys.stdout.flush()
os.execv(skep, [skep, "exec", "--", *command])
