#!/usr/bin/env python3
"""test_programs.py BUILD SUITE: the Ninja targets of the tests of one suite, so that no more than they is built."""
import json
import os
import subprocess
import sys

build, suite = sys.argv[1:]
tests = json.loads(subprocess.run(["meson", "introspect", build, "--tests"], capture_output=True, check=True).stdout)
for test in tests:
    if any(name.split(":")[-1] == suite for name in test["suite"]):
        print(os.path.relpath(test["cmd"][0], os.path.abspath(build)))
