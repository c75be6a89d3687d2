#!/usr/bin/env python3
"""The rules of style that a machine can check. Prints "N passed, N failed": one check per file.

Fails on: a file named util, common, misc, helper or manager; a name with _new, _v2, _ex or _impl;
TODO and the like; a path of somebody's machine; `#if` outside os/, base/ and include guards; a file
longer than 800 lines or a function longer than 100. Warns of malloc and free outside base/ where the
file has no create or destroy.
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FILE_LINES, FUNCTION_LINES = 800, 100
BAD_FILE = re.compile(r"(^|_)(utils?|common|misc|helpers?|managers?)(_|\.|$)|(_new|_v2|_ex|_impl)\.")
BAD_WORD = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
BAD_PATH = re.compile(r"/(home|Users|work|root|mnt)/[a-z0-9_.-]+", re.I)
ALLOCATION = re.compile(r"\b(malloc|calloc|realloc|free)\s*\(")
CONDITIONAL = re.compile(r"^\s*#\s*(if|ifdef|elif)\b", re.M)
TEXT_ENDINGS = (".c", ".h", ".py", ".sh", ".md", ".txt", ".build", ".sql", ".yml", ".js", ".java", ".html", ".css")
SOURCE_ENDINGS = (".c", ".h", ".py", ".sh", ".js", ".java")
THIS = "tools/check_style.py"


def list_files():
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    for name in sorted(set(output.decode().split("\0"))):
        if name and os.path.isfile(os.path.join(ROOT, name)):
            yield name


def without_comments(text):
    """text with comments and the insides of literals blanked, line breaks kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def long_functions(code):
    """(line, name, lines) of each function longer than the limit: from a `{` to a `}` at the start of a line."""
    start = name = None
    for number, line in enumerate(code.split("\n"), 1):
        if re.match(r"[A-Za-z_].*\(", line):
            start, name = number, line
        elif re.match(r"[A-Za-z_]", line) and not line.rstrip().endswith((",", ")")):
            start = None
        elif line.startswith("}"):
            if start is not None and line.rstrip() == "}" and number - start + 1 > FUNCTION_LINES:
                yield start, name.split("(")[0].split()[-1].lstrip("*"), number - start + 1
            start = None


def check_c(path, text, warn):
    code = without_comments(text)
    lines = text.count("\n")
    if lines > FILE_LINES:
        yield f"{path}: {lines} lines, {FILE_LINES} allowed"
    for line, name, length in long_functions(code):
        yield f"{path}:{line}: {name} has {length} lines, {FUNCTION_LINES} allowed"
    if not path.startswith("src/"):
        return
    if not path.startswith(("src/base/", "src/os/")):
        for match in CONDITIONAL.finditer(code):
            yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}: #if outside os/ and base/; choose a file in meson.build"
        if ALLOCATION.search(code) and not re.search(r"_(create|destroy|init|clear|open|close|unref|reset)\b", code):
            warn(f"{path}: malloc or free where nothing is created or destroyed")


def check_file(path, warn):
    name = os.path.basename(path)
    if name.endswith(SOURCE_ENDINGS) and BAD_FILE.search(name):
        yield f"{path}: name the idea, not its place ({name})"
    if not path.endswith(TEXT_ENDINGS) and name not in ("dev", "run", "soak") or path == THIS:
        return
    with open(os.path.join(ROOT, path), encoding="utf-8", errors="replace") as file:
        text = file.read()
    for number, line in enumerate(text.split("\n"), 1):
        if BAD_WORD.search(line):
            yield f"{path}:{number}: {BAD_WORD.search(line).group(0)}; open an issue instead"
        if BAD_PATH.search(line):
            yield f"{path}:{number}: a path of one machine: {BAD_PATH.search(line).group(0)}"
    if path.endswith((".c", ".h")):
        yield from check_c(path, text, warn)


def main():
    files = bad = 0
    warnings = []
    for path in list_files():
        problems = list(check_file(path, warnings.append))
        files += 1
        bad += bool(problems)
        if problems:
            print("\n".join(problems))
    for warning in warnings:
        print(f"warning: {warning}")
    print(f"{files - bad} passed, {bad} failed")
    return 1 if bad else 0


sys.exit(main())
