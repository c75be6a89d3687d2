"""The same statements go to PostgreSQL and to leat; the same answers must come back.

usage: oracle.py [-v] [CASE.sql ...]

A statement of cases/*.sql passes if both give the same column names, types and rows (in any order, unless it ends in an
ORDER BY), or fail with the same SQLSTATE, message and position. A comment line before a statement says where it may differ:

    -- later           leat must say 0A000: it does not have this yet
    -- wording         the SQLSTATE must agree, the message and the position need not
    -- error: 22023    leat must fail with this SQLSTATE, whatever PostgreSQL does
    -- leat            for leat alone, and must work there
    -- postgres        for PostgreSQL alone
    -- any order       as if there were no ORDER BY
    -- ignore rows     only names and types are compared
    -- ignore types    only names and rows are compared

Rows of COPY FROM STDIN follow the statement, up to a line with \\. alone.
"""
import pathlib
import re
import shutil
import sys
import tempfile

from psycopg import pq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from servers import Leat, Postgres  # noqa: E402

CASES = pathlib.Path(__file__).resolve().parent / "cases"
DIRECTIVE = re.compile(r"-- (later|wording|leat|postgres|any order|ignore rows|ignore types|error: (\w{5}))$")
TOKEN = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/|;|.""", re.S)


class Statement:
    def __init__(self, line, text, directives, copy_data):
        self.line, self.text, self.directives, self.copy_data = line, text, directives, copy_data

    def has(self, directive):
        return directive in self.directives


def read_statements(path):
    """The statements of a file with the directives before them."""
    source = path.read_text(encoding="utf-8")
    position, start, text, directives = 0, None, "", set()
    while position < len(source):
        token = TOKEN.match(source, position)
        position = token.end()
        word = token.group()
        if start is None and (word.isspace() or word.startswith("--") or word.startswith("/*")):
            directive = DIRECTIVE.match(word)
            if directive:
                directives.add(directive.group(1))
            continue
        if start is None:
            start = token.start()
        if word != ";":
            text += word
            continue
        copy_data = None
        if re.match(r"copy\b.*\bfrom\s+stdin\b", text, re.I | re.S):
            end = source.index("\n\\.\n", position)
            copy_data = source[position + 1:end + 1] # without the line break behind the semicolon
            position = end + 4
        yield Statement(source.count("\n", 0, start) + 1, text.strip(), directives, copy_data)
        start, text, directives = None, "", set()
    if start is not None:
        raise SystemExit(f"{path}: the last statement has no semicolon")


class Answer:
    """What one server said to one statement."""

    def __init__(self, result):
        self.names, self.types, self.rows, self.tag = None, None, None, None
        self.sqlstate = self.message = self.position = None
        field = result.error_field
        if result.status == pq.ExecStatus.FATAL_ERROR:
            def text(code):
                value = field(code)
                return value.decode() if value is not None else None
            self.sqlstate = text(pq.DiagnosticField.SQLSTATE) or "no SQLSTATE: " + result.error_message.decode()
            self.message = text(pq.DiagnosticField.MESSAGE_PRIMARY)
            self.position = text(pq.DiagnosticField.STATEMENT_POSITION)
            return
        self.tag = result.command_status.decode() if result.command_status else ""
        if result.status == pq.ExecStatus.TUPLES_OK:
            columns = range(result.nfields)
            self.names = [result.fname(i).decode() for i in columns]
            self.types = [result.ftype(i) for i in columns]
            self.rows = [tuple(None if v is None else v.decode() for v in (result.get_value(r, i) for i in columns))
                         for r in range(result.ntuples)]


def copy_out(connection):
    """The lines of a COPY TO STDOUT as rows."""
    rows = []
    while True:
        size, data = connection.get_copy_data(0)
        if size <= 0:
            break
        rows.append((bytes(data).decode(),))
    return rows


def ask(connection, statement, extended=False):
    """Runs a statement in the simple or the extended protocol."""
    text = statement.text.encode()
    if extended:
        return Answer(connection.exec_params(text, []))
    connection.send_query(text)
    last, rows = None, None
    while (result := connection.get_result()) is not None:
        if result.status == pq.ExecStatus.COPY_IN:
            connection.put_copy_data((statement.copy_data or "").encode())
            connection.put_copy_end()
        elif result.status == pq.ExecStatus.COPY_OUT:
            rows = copy_out(connection)
        else:
            last = Answer(result) if last is None or last.sqlstate is None else last
    if rows is not None and last.sqlstate is None:
        last.rows, last.names, last.types = rows, ["copy"], [0]
    return last


def is_ordered(statement):
    tail = statement.text[statement.text.rfind(")") + 1:]
    return not statement.has("any order") and re.search(r"\border\s+by\b", tail, re.I) is not None


def describe(answer):
    if answer.sqlstate is not None:
        at = f" at {answer.position}" if answer.position else ""
        return f"{answer.sqlstate} {answer.message}{at}"
    if answer.rows is None:
        return answer.tag
    rows = [str(row) for row in answer.rows[:8]] + (["..."] if len(answer.rows) > 8 else [])
    return f"{list(zip(answer.names, answer.types))} " + " ".join(rows)


def same_rows(statement, a, b):
    if statement.has("ignore rows"):
        return True
    if is_ordered(statement):
        return a.rows == b.rows
    key = lambda row: [(v is None, v or "") for v in row]  # noqa: E731
    return sorted(a.rows, key=key) == sorted(b.rows, key=key)


def difference(statement, expected, got):
    """None, or in which way the two answers differ."""
    wanted = next((d[7:] for d in statement.directives if d.startswith("error: ")), None)
    if statement.has("later"):
        wanted = "0A000"
    if wanted is not None:
        return None if got.sqlstate == wanted else f"should be {wanted}"
    if expected.sqlstate != got.sqlstate:
        return "SQLSTATE" if expected.sqlstate and got.sqlstate else "fails in one only"
    if expected.sqlstate is not None:
        if statement.has("wording"):
            return None
        if expected.message != got.message:
            return "message"
        return None if expected.position in (None, got.position) else "position"  # leat has one where PostgreSQL has none
    if (expected.rows is None) != (got.rows is None):
        return "rows in one only"
    if expected.rows is None:
        return None if expected.tag == got.tag or statement.has("wording") else "command tag"
    if expected.names != got.names:
        return "names"
    if expected.types != got.types and not statement.has("ignore types"):
        return "types"
    return None if same_rows(statement, expected, got) else "rows"


def may_repeat(statement):
    """Whether the statement changes nothing, so that it can go through the extended protocol as well."""
    return re.match(r"(select|values|with)\b", statement.text, re.I) is not None and "random()" not in statement.text


def run_case(path, postgres, folder, verbose):
    passed, failures, later = 0, [], 0
    database = path.stem
    admin = pq.PGconn.connect(postgres.conninfo().encode())
    admin.exec_(f'CREATE DATABASE "{database}" TEMPLATE template0'.encode())
    admin.finish()
    oracle = pq.PGconn.connect(postgres.conninfo(database).encode())
    server = Leat(folder / database)
    try:
        subject = pq.PGconn.connect(server.conninfo.encode())
        for statement in read_statements(path):
            where = f"{path.name}:{statement.line}"
            expected = None if statement.has("leat") else ask(oracle, statement)
            if statement.has("postgres"):
                continue
            if subject.status != pq.ConnStatus.OK:
                subject = pq.PGconn.connect(server.conninfo.encode())
            got = ask(subject, statement)
            if server.process.poll() is not None:
                failures.append(f"{where}: leat ended\n    {statement.text}\n{server.log()[-3000:]}")
                server.process.stdout.close()
                server = Leat(folder / database)
                subject = pq.PGconn.connect(server.conninfo.encode())
                continue
            if expected is None:
                expected = got if got.sqlstate is None else Answer.__new__(Answer)
                why = None if got.sqlstate is None else "fails"
            else:
                why = difference(statement, expected, got)
            if why is None and got.rows is not None and may_repeat(statement):
                again = ask(subject, statement, extended=True)
                if difference(statement, expected, again):
                    why, got = "extended protocol: " + difference(statement, expected, again), again
            if why is None:
                passed += 1
                later += statement.has("later")
            else:
                shown = describe(expected) if expected is not got and hasattr(expected, "tag") else ""
                failures.append(f"{where}: {why}\n    {statement.text}\n    PostgreSQL: {shown}\n    leat:       {describe(got)}")
            if verbose:
                print(where, why or "ok")
        server.stop()
    except Exception as problem:  # the other files are still worth running
        failures.append(f"{path.name}: {type(problem).__name__}: {problem}\n{server.log()[-3000:]}")
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()
    return passed, failures, later


def main():
    arguments = [a for a in sys.argv[1:] if a != "-v"]
    paths = [pathlib.Path(a) for a in arguments] or sorted(CASES.glob("*.sql"))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="leat-sql-"))
    passed, failed, later = 0, 0, 0
    postgres = Postgres()
    try:
        for path in paths:
            case_passed, failures, case_later = run_case(path, postgres, folder, "-v" in sys.argv)
            print(f"{path.name}: {case_passed} passed, {len(failures)} failed")
            for failure in failures:
                print(failure)
            passed, failed, later = passed + case_passed, failed + len(failures), later + case_later
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{later} of them are 0A000: leat does not have them yet")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
