#!/usr/bin/env python3
"""Prints "N passed, N failed" for a run of `meson test`: a cmocka program counts for the tests in it."""
import json
import re
import sys


def count(entry):
    output = entry.get("stdout", "") + entry.get("stderr", "")
    passed = sum(int(n) for n in re.findall(r"^\[  PASSED  \] (\d+) test", output, re.M))
    failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] (\d+) test", output, re.M))
    if entry["result"] in ("OK", "EXPECTEDFAIL"):
        return max(passed, 1), failed
    if entry["result"] == "SKIP":
        return 0, 0
    return passed, max(failed, 1)  # one that crashed or hung says nothing


def main():
    total_passed = total_failed = 0
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            passed, failed = count(json.loads(line))
            total_passed += passed
            total_failed += failed
    print(f"{total_passed} passed, {total_failed} failed")
    return 1 if total_failed else 0


sys.exit(main())
