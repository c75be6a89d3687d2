#!/usr/bin/env python3
"""Fails on a function of src/ that no other file of the program, the tests or the examples names.

Such a function is dead or should be static. A name counts in a function's body, a table or a macro of another file, also
where `##` makes it; not in the declarations of a header, in a comment or a literal, as a member (x.name, x->name), or in a
file that has a function of its own with that name. Not looked at: functions that a macro makes, those of include/leat.h.
Prints "N passed, N failed": one check per function that is not static.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PLACES = ("src", "cmd", "test", "bench", "examples")
BLANKED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
FUNCTION = re.compile(r"^(?!typedef\b)([A-Za-z_][\w \t\n*]*?)\b(\w+)[ \t]*\([^;{}]*\)\s*\{", re.M)
STATIC = re.compile(r"^#define[ \t]+(\w+)[ \t]+static\b", re.M)
DEFINE = re.compile(r"^[ \t]*#[ \t]*define\b(?:\\\n|[^\n])*", re.M)
NAME = re.compile(r"(?<![\w.>])[A-Za-z_]\w*|(?<=[^-]>)[A-Za-z_]\w*")
PASTED = re.compile(r"\w##(\w+)")


def read_sources():
    """By path below ROOT: the code without comments and literals, line breaks kept."""
    code = {}
    for place in PLACES:
        for folder, _, names in os.walk(os.path.join(ROOT, place)):
            for name in sorted(names):
                if name.endswith((".c", ".h", ".inc", ".def")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8", errors="replace") as file:
                        text = BLANKED.sub(lambda match: "\n" * match.group(0).count("\n") or " ", file.read())
                    code[os.path.relpath(path, ROOT)] = text
    return code


def bodies(header):
    """A header's macros and what stands in the braces of its functions."""
    inner = (header[match.end():].split("\n}", 1)[0] for match in FUNCTION.finditer(header))
    return "\n".join([*DEFINE.findall(header), *inner])


def names_in(source, text):
    if source.endswith(".h"):
        text = bodies(text)
    found = set(NAME.findall(text))
    return found | {name + ending for ending in set(PASTED.findall(text)) for name in found}


def main():
    code = read_sources()
    statics = {"static"}.union(*(STATIC.findall(text) for text in code.values()))
    functions, named = {}, set()
    for source, text in code.items():
        own = set()
        for match in FUNCTION.finditer(text):
            own.add(match.group(2))
            if source.startswith("src/") and source.endswith(".c") and statics.isdisjoint(match.group(1).split()):
                functions[match.group(2)] = f"{source}:{text.count(chr(10), 0, match.start(2)) + 1}"
        named |= names_in(source, text) - own
    unused = [name for name in functions if name not in named and not name.startswith("leat_")]
    for name in unused:
        print(f"{functions[name]}: no other file calls {name}; remove it or make it static")
    print(f"{len(functions) - len(unused)} passed, {len(unused)} failed")
    return 1 if unused else 0


sys.exit(main())
