#!/usr/bin/env python3
"""Fails when a library exports a name that does not begin with leat_. Prints "N passed, N failed": one check per name."""
import os
import subprocess
import sys


def main():
    library = sys.argv[1]
    if not os.path.exists("include/leat.h"):
        print("0 passed, 0 failed")
        return 0
    output = subprocess.run(["nm", "--extern-only", "--defined-only", "--format=posix", library], capture_output=True,
                            text=True, check=True).stdout
    names = [line.split()[0] for line in output.splitlines() if len(line.split()) > 1]
    bad = [name for name in names if not name.startswith("leat_")]
    for name in bad:
        print(f"{library} exports {name}")
    if not names:
        print(f"{library} exports nothing")
        bad = ["nothing"]
    print(f"{len(names) - (len(bad) if names else 0)} passed, {len(bad)} failed")
    return 1 if bad else 0


sys.exit(main())
