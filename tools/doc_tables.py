#!/usr/bin/env python3
"""Tables in the documents that the program's own tables print.

Between `<!-- table: NAME -->` and `<!-- end of table -->` stands what the program says; this writes it there.

usage: doc_tables.py [--check] [FILE...]    LEAT names the program; without files, all documents; --check changes nothing
and ends with status 1 if a table is not as the program prints it.
"""
import csv
import io
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
LEAT = os.environ.get("LEAT", str(ROOT / "build/leat"))
MARKED = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end of table -->)", re.S)

QUERIES = {
    "settings": "SELECT name AS \"Setting\", setting AS \"Default\", unit AS \"Unit\", description AS \"What it does\" FROM leat_settings ORDER BY name",
    "options": "SELECT name AS \"Option\", \"default\" AS \"Default\", choices AS \"Choices\", description AS \"What it does\" FROM leat_options ORDER BY name",
    "functions": "SELECT name AS \"Name\", signature AS \"Arguments and result\", description AS \"What it does\" FROM leat_functions ORDER BY name, signature",
    "errors": "SELECT sqlstate AS \"SQLSTATE\", condition AS \"Condition\" FROM leat_errors ORDER BY sqlstate, condition",
}


def run(*arguments):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LEAT_")}
    return subprocess.run([LEAT, *arguments], check=True, capture_output=True, text=True, env=clean, timeout=60).stdout


def cell(text, is_code):
    text = text.replace("|", "\\|").replace("\n", " ")
    return f"`{text}`" if is_code and text else text


def from_query(sql):
    rows = list(csv.reader(io.StringIO(run("--csv", "-c", sql))))
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    for row in rows[1:]:
        lines.append("| " + " | ".join(cell(text, i < len(row) - 1) for i, text in enumerate(row)) + " |")
    return "\n".join(lines) + "\n"


def system_relations():
    """Each system relation with its columns, one line each."""
    rows = csv.DictReader(io.StringIO(run("--csv", "-c", "SELECT name FROM leat_tables WHERE schema = 'leat_catalog'")))
    lines = ["| Relation | Columns |", "|---|---|"]
    names = sorted(row["name"] for row in rows) or SYSTEM_RELATIONS
    for name in names:
        header = run("--csv", "-c", f"SELECT * FROM {name} LIMIT 0").strip()
        lines.append(f"| `{name}` | {', '.join(header.split(','))} |")
    return "\n".join(lines) + "\n"


SYSTEM_RELATIONS = ["leat_columns", "leat_errors", "leat_functions", "leat_ingests", "leat_metrics", "leat_options", "leat_settings",
                    "leat_sinks", "leat_tables", "leat_topics", "leat_views"]


def table(name):
    if name == "relations":
        return system_relations()
    if name == "commands":
        return "```text\n" + run("help").rstrip("\n") + "\n```\n"
    if name in QUERIES:
        return from_query(QUERIES[name])
    raise SystemExit(f"doc_tables: no table {name!r}; there are commands, relations, {', '.join(sorted(QUERIES))}")


def main():
    arguments = [a for a in sys.argv[1:] if a != "--check"]
    check = len(arguments) != len(sys.argv) - 1
    files = [pathlib.Path(a) for a in arguments] or sorted([ROOT / "README.md", ROOT / "ARCHITECTURE.md", *(ROOT / "docs").rglob("*.md")])
    seen = drifted = 0
    for path in files:
        if not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        marks = MARKED.findall(text)
        if not marks:
            continue
        fresh = MARKED.sub(lambda m: m[1] + table(m[2]) + m[3], text)
        seen += len(marks)
        if fresh != text:
            drifted += 1
            print(f"{path}: " + ("a table is not as the program prints it; run tools/doc_tables.py" if check else "written"))
            if not check:
                path.write_text(fresh, encoding="utf-8")
    if check:
        print(f"{seen - drifted} passed, {drifted} failed")
    return 1 if check and drifted else 0


sys.exit(main())
