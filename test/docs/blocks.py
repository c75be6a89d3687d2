"""Runs the fenced blocks of the documents and compares what they print.

    ```console            lines with `$ ` are typed (`> ` goes on with one); the lines below are what must come out
    ```sql                statements, run by leat in the page's own data folder; a ```text block right behind is their output
    ```sql error          the same, and the status must be 1
    ```console excluded: WHY, ```sql excluded: WHY    is shown and not run; WHY is printed

A page's blocks run in order in one temporary folder that holds examples/data's `sales`. A line `...` in an expected output stands
for any lines, `...` inside a line for any text. `leat serve ... &` is started, waited for, and ended with the page. The ports in
the documents are the usual ones; here every server gets free ones: `localhost:9092` is replaced, psql is told by PGPORT.

usage: blocks.py [--write] [FILE...]        LEAT names the program
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LEAT = pathlib.Path(os.environ.get("LEAT", ROOT / "build/leat")).absolute()
LIMIT_S = 60
BLOCK = re.compile(r"^```([a-z]*)([^\n]*)\n(.*?)^```\n", re.M | re.S)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Page:
    def __init__(self, path):
        self.path = path
        self.name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leat-docs-"))
        (self.folder / "bin").mkdir()
        (self.folder / "bin/leat").symlink_to(LEAT)
        self.work = self.folder / "work"
        self.work.mkdir()
        shutil.copytree(ROOT / "examples/data/sales", self.work / "sales")
        self.kafka, self.postgres = free_port(), free_port()
        self.servers = []
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("PG", "LEAT"))}
        self.environment.update(PATH=f"{self.folder / 'bin'}:{os.environ['PATH']}", PGPORT=str(self.postgres), PGCONNECT_TIMEOUT="10",
                                PSQLRC="/dev/null", PAGER="cat", TZ="UTC", LC_ALL="C.UTF-8", COLUMNS="200")

    def close(self):
        """Ends the servers; says which did not end well."""
        bad = []
        for server in self.servers:
            server.send_signal(signal.SIGTERM)
            try:
                status = server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                status = server.wait()
            server.stdout.close()
            if status != 0:
                bad.append(f"leat serve ended with status {status}")
        shutil.rmtree(self.folder, ignore_errors=True)
        return bad

    def run(self, arguments, text=None):
        try:
            done = subprocess.run(arguments, input=text, stdin=subprocess.DEVNULL if text is None else None, capture_output=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=self.work,
                                  env=self.environment, timeout=LIMIT_S)
            return done.stdout, done.returncode
        except subprocess.TimeoutExpired as e:
            return (e.stdout or b"").decode(errors="replace") + f"(ended after {LIMIT_S} s)\n", 124

    def serve(self, command):
        command = command.rstrip("& ").replace("leat serve", f"exec leat serve --kafka 127.0.0.1:{self.kafka} --postgres 127.0.0.1:{self.postgres}")
        with open(self.folder / "serve.log", "ab") as log:
            server = subprocess.Popen(["bash", "-c", command], cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=log, text=True)
        self.servers.append(server)
        line = server.stdout.readline()
        return line if line == "ready\n" else (self.folder / "serve.log").read_text(errors="replace")

    def type_command(self, command):
        if command.startswith("leat serve") and command.endswith("&"):
            return self.serve(command)
        return self.run(["bash", "-c", command.replace("localhost:9092", f"127.0.0.1:{self.kafka}")])[0]

    def sql(self, text):
        return self.run(["leat", "--data", str(self.folder / "data")], text)


def matches(expected, actual):
    """Whether actual is expected, where `...` stands for anything."""
    lines = [line.rstrip() for line in expected.rstrip("\n").split("\n")]
    pattern = "\n".join("(?:.*)" if line == "..." else ".*?".join(re.escape(p) for p in line.split("...")) for line in lines)
    pattern = pattern.replace("\n(?:.*)", "(?:\n.*)?").replace("(?:.*)\n", "(?:.*\n)?")
    text = "\n".join(line.rstrip() for line in actual.rstrip("\n").split("\n"))
    return re.fullmatch(pattern, text, re.S) is not None


def commands_of(block):
    """(command, expected output) of a console block."""
    out = []
    for line in block.rstrip("\n").split("\n"):
        if line.startswith("$ "):
            out.append([line[2:], ""])
        elif line.startswith("> ") and out and out[-1][1] == "":
            out[-1][0] += "\n" + line[2:]
        elif out:
            out[-1][1] += line + "\n"
    return out


def typed(command):
    return "$ " + command.replace("\n", "\n> ") + "\n"


class Results:
    def __init__(self):
        self.passed = self.failed = self.excluded = 0

    def take(self, page, line, right, what, expected, actual):
        if right:
            self.passed += 1
            return
        self.failed += 1
        print(f"{page.name}:{line}: {what}\n  expected:\n{indent(expected)}\n  came out:\n{indent(actual)}")


def indent(text):
    return "\n".join("    " + line for line in text.rstrip("\n").split("\n"))


def run_console(page, line, body, results, write):
    fresh = ""
    for command, expected in commands_of(body):
        actual = page.type_command(command)
        right = matches(expected, actual)
        results.take(page, line, right or write, command, expected, actual)
        fresh += typed(command) + (expected if right else actual.rstrip("\n") + "\n" if actual.strip() else "")
    return fresh


def run_page(path, results, write):
    page = Page(path)
    text = path.read_text(encoding="utf-8")
    blocks = list(BLOCK.finditer(text))
    fresh, end = "", 0
    skip = False
    for i, m in enumerate(blocks):
        kind, rest, body = m[1], m[2].strip(), m[3]
        line = text.count("\n", 0, m.start()) + 1
        fresh += text[end:m.start()]
        end = m.end()
        if skip:
            skip = False
            fresh += kept
            continue
        if kind in ("console", "sql", "python") and rest.startswith("excluded:"):
            results.excluded += 1
            print(f"{page.name}:{line}: not run: {rest.split(':', 1)[1].strip()}")
            fresh += m[0]
        elif kind == "console":
            fresh += f"```console{' ' + rest if rest else ''}\n{run_console(page, line, body, results, write)}```\n"
        elif kind == "sql":
            behind = blocks[i + 1] if i + 1 < len(blocks) and blocks[i + 1][1] == "text" and text[m.end():blocks[i + 1].start()].strip() == "" else None
            expected = behind[3] if behind else ""
            actual, status = page.sql(body)
            right = matches(expected, actual) and status == (1 if rest == "error" else 0)
            results.take(page, line, right or (write and behind is not None), body.strip(), expected, actual + f"(status {status})")
            fresh += m[0]
            if behind:
                skip = True
                kept = behind[0] if right else f"```text\n{actual.rstrip()}\n```\n"
        else:
            fresh += m[0]
            if kind not in ("text", ""):
                results.take(page, line, False, f"a block of {kind} is neither run nor excluded", "console, sql or text", kind)
    for what in page.close():
        results.take(page, 1, False, what, "status 0", what)
    if write:
        path.write_text(fresh + text[end:], encoding="utf-8")


def main():
    write = "--write" in sys.argv
    named = [pathlib.Path(a).resolve() for a in sys.argv[1:] if a != "--write"]
    if not LEAT.is_file():
        sys.exit(f"blocks.py: there is no {LEAT}; LEAT says where the program is")
    results = Results()
    for path in named or [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if path.is_file():
            run_page(path, results, write)
    if not named:
        check = subprocess.run([sys.executable, "tools/doc_tables.py", "--check"], cwd=ROOT, env={**os.environ, "LEAT": str(LEAT)},
                               capture_output=True, text=True)
        sys.stdout.write(check.stdout + check.stderr)
        counts = re.search(r"(\d+) passed, (\d+) failed\s*$", check.stdout)
        results.passed += int(counts[1]) if counts else 0
        results.failed += int(counts[2]) if counts else 1
    print(f"{results.excluded} blocks not run")
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed else 0


sys.exit(main())
