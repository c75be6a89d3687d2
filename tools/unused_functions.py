#!/usr/bin/env python3
"""unused_functions.py BUILD: functions of src/ that no other file of the program or the tests calls.

Such a function is dead or should be static. Prints "N passed, N failed": one check per function that is not static.
Reads the object files of a build without LTO.
"""
import os
import re
import subprocess
import sys


def symbols(objects, *options):
    """(object, name) of each symbol that nm lists."""
    output = subprocess.run(["nm", "--print-file-name", "--format=posix", *options, *objects], capture_output=True,
                            text=True, check=True).stdout
    for match in re.finditer(r"^(.+?): (\S+) (\S)", output, re.M):
        yield match.group(1), match.group(2), match.group(3)


def main():
    objects = [os.path.join(folder, name) for folder, _, names in os.walk(sys.argv[1]) for name in names
               if name.endswith(".o")]
    ours = [path for path in objects if os.path.basename(path).startswith("src_")]
    if not ours:
        sys.exit(f"no objects of src/ in {sys.argv[1]}")
    called = {name for _, name, _ in symbols(objects, "--undefined-only")}
    functions = [(name, path) for path, name, kind in symbols(ours, "--defined-only", "--extern-only") if kind == "T"]
    unused = sorted((path, name) for name, path in functions if name not in called and not name.startswith("leat_"))
    for path, name in unused:
        source = re.sub(r"\.o$", "", os.path.basename(path))
        print(f"{source}: nobody else calls {name}")
    print(f"{len(functions) - len(unused)} passed, {len(unused)} failed")
    return 1 if unused else 0


sys.exit(main())
