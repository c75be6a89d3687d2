#!/usr/bin/env python3
"""Fails when a header does not compile alone. Prints "N passed, N failed": one check per header.

A header that compiled is remembered under build/ by the text of all headers, so that only a change costs time.
"""
import concurrent.futures
import hashlib
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STAMPS = os.path.join(ROOT, "build/stamp")
COMPILE = ["-std=c17", "-D_GNU_SOURCE", '-DLEAT_VERSION="0"', "-Wall", "-Wextra", "-Wshadow", "-Werror", "-msse4.2",
           "-Isrc", "-Iinclude", "-Itest", "-fsyntax-only", "-x", "c"]


def find_headers():
    for top in ("include", "src", "cmd", "test"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if name.endswith(".h"):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def compile_alone(header):
    compiler = os.environ.get("CC", "cc").split()
    # Included rather than compiled, so that its inline functions count as used.
    run = subprocess.run([*compiler, *COMPILE, "-"], cwd=ROOT, capture_output=True, text=True,
                         input=f'#include "{os.path.join(ROOT, header)}"\n')
    return header, run.returncode, run.stderr


def main():
    headers = list(find_headers())
    digest = hashlib.sha256()
    for header in headers:
        digest.update(header.encode())
        with open(os.path.join(ROOT, header), "rb") as file:
            digest.update(file.read())
    stamp = os.path.join(STAMPS, "headers-" + digest.hexdigest()[:16])
    if os.path.exists(stamp):
        print(f"{len(headers)} passed, 0 failed")
        return 0
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, code, errors in pool.map(compile_alone, headers):
            if code != 0:
                bad += 1
                print(f"{header} does not compile alone:\n{errors}", end="")
    if bad == 0:
        os.makedirs(STAMPS, exist_ok=True)
        with open(stamp, "w", encoding="utf-8"):
            pass
    print(f"{len(headers) - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
