#!/usr/bin/env python3
"""Fails when a file includes a header of a folder that tools/layers.txt does not allow it.

A folder may name only folders above it in that file, so a cycle cannot be written down. Headers of a
folder's internal.h are for that folder alone. Prints "N passed, N failed": one check per file.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def read_layers():
    layers = {}
    with open(os.path.join(ROOT, "tools/layers.txt"), encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.split("#")[0].strip()
            if not line:
                continue
            folder, _, allowed = line.partition(":")
            for name in allowed.split():
                if name not in layers:
                    sys.exit(f"tools/layers.txt:{number}: {folder} names {name}, which is not above it")
            layers[folder.strip()] = set(allowed.split())
    return layers


def folder_of(path, layers):
    """The longest layer that holds path ("server/kafka" before "server")."""
    folder = os.path.dirname(path)
    while folder and folder not in layers:
        folder = os.path.dirname(folder)
    return folder


def check(source, path, layers):
    """Yields what is wrong with the includes of source, a file at path below src/ (or cmd/...)."""
    folder = folder_of(path, layers)
    if not folder:
        yield f"{source}: its folder is not in tools/layers.txt"
        return
    with open(os.path.join(ROOT, source), encoding="utf-8") as file:
        text = file.read()
    for match in INCLUDE.finditer(text):
        header = match.group(1)
        line = text.count("\n", 0, match.start(1)) + 1
        if header == "leat.h":
            continue
        if "/" not in header:
            if folder == "cmd":  # a program is one folder, which nobody includes
                continue
            yield f'{source}:{line}: "{header}" names no folder; write "{os.path.dirname(path)}/{header}"'
            continue
        target = folder_of(header, layers)
        if not target:
            yield f'{source}:{line}: "{header}" is in no folder of tools/layers.txt'
        elif target != folder and target not in layers[folder]:
            yield f'{source}:{line}: {folder} may not include {target} ("{header}")'
        elif os.path.basename(header) == "internal.h" and os.path.dirname(header) != os.path.dirname(path):
            yield f'{source}:{line}: "{header}" is for its own folder'


def main():
    layers = read_layers()
    files = bad = 0
    for top, prefix in (("src", "src/"), ("cmd", "")):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in sorted(names):
                if not name.endswith((".c", ".h")):
                    continue
                source = os.path.relpath(os.path.join(folder, name), ROOT)
                problems = list(check(source, source[len(prefix):], layers))
                files += 1
                bad += bool(problems)
                print("\n".join(problems), end="\n" if problems else "")
    print(f"{files - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
