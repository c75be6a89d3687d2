"""The program: its options and exit statuses, its output beside psql's, and the shell on a terminal of its own."""
import json
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "wire"))
from checks import check, equal, run_all, servers  # noqa: E402

LEAT = str(pathlib.Path(servers.LEAT).resolve())


def leat(*arguments, text="", environment=None, folder=None):
    done = subprocess.run([LEAT, *arguments], input=text, capture_output=True, text=True, timeout=30, check=False, cwd=folder,
                          env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout, done.stderr


# ---- options ----


@check
def exit_statuses(_):
    for arguments, status in ((["--version"], 0), (["help"], 0), (["help", "serve"], 0), (["--help"], 0), (["serve", "-h"], 0), (["-c", "SELECT 1"], 0),
                              (["-c", "SELECT 1/0"], 1), (["-c", "nonsense"], 1), (["-f", "/does/not/exist"], 1), (["-c", "SELECT * FROM 'nothing*.csv'"], 1),
                              (["help", "nope"], 2), (["nope"], 2), (["--nope"], 2), (["-c"], 2), (["serve"], 2), (["--format", "x", "-c", "SELECT 1"], 2),
                              (["-v", "x", "-c", "SELECT 1"], 2), (["--set", "x=1"], 2), (["--set", "workers=x"], 2), (["--log-level", "x"], 2),
                              (["--csv=1", "-c", "SELECT 1"], 2), (["topic"], 2), (["topic", "nope"], 2), (["--data", ""], 2)):
        code, _, errors = leat(*arguments)
        equal((arguments, code), (arguments, status))
        assert (errors == "") == (status == 0), (arguments, errors)
    assert leat("--version")[1].startswith("leat ")


@check
def several_commands_and_files_in_their_order(server):
    script = server.folder / "two.sql"
    script.write_text("SELECT 2;\nSELECT 3;\n")
    equal(leat("--csv", "-c", "SELECT 1", "-f", str(script), "-c", "SELECT 4; SELECT 5")[1].replace("?column?\n", ""), "1\n2\n3\n4\n5\n")
    equal(leat("--csv", text="SELECT 1;\nSELECT 2")[1].replace("?column?\n", ""), "1\n2\n")
    equal(leat("-c", "CREATE TABLE t (a int PRIMARY KEY)", "-c", "INSERT INTO t VALUES (7)", "--format", "ndjson", "-c", "SELECT a FROM t")[1], '{"a":7}\n')


@check
def the_first_error_ends_it_and_is_placed(server):
    script = server.folder / "wrong.sql"
    script.write_text("SELECT 1;\n\nSELECT 2,\n  nope;\nSELECT 3;\n")
    code, out, errors = leat("--csv", "-f", str(script))
    equal((code, out), (1, "?column?\n1\n"))
    equal(errors, f'{script}:4: ERROR:  column "nope" does not exist\nLINE 4:   nope;\n          ^\n')
    equal(leat(text="SELECT 1;\nSELECT nope;\n")[2].split("\n")[0], '<stdin>:2: ERROR:  column "nope" does not exist')


@check
def a_signal_takes_back_what_was_begun(server):
    folder = server.folder / "interrupted"
    (folder / "tmp").mkdir(parents=True)
    (folder / "rows.csv").write_text("1\n2\n")
    forever = "generate_series(1, 100000000000) AS g(i)"
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for text in (f"SELECT count(*) FROM {forever}", f"COPY (SELECT * FROM {forever}) TO 'out/' WITH (FORMAT parquet)", "COPY t FROM STDIN",
                     "SUBSCRIBE t", f"INSERT INTO t SELECT i FROM {forever}"):
            with subprocess.Popen([LEAT, "--csv", "-c", "CREATE TABLE t (a bigint)", "-c", "SELECT 'begun'", "-c", text, "-c", "SELECT 'on'"], cwd=folder, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TMPDIR": str(folder / "tmp")}) as p:
                equal((p.stdout.readline(), p.stdout.readline()), ("?column?\n", "begun\n"))
                time.sleep(0.2)
                p.send_signal(number)
                out, errors = p.communicate(timeout=10)
            equal((text, p.returncode), (text, 1))
            assert "canceling statement due to user request" in errors and "on\n" not in out, (text, out, errors)
            equal((text, sorted(f.name for f in folder.rglob("*"))), (text, ["rows.csv", "tmp"]))


@check
def scripts_are_text(server):
    script = server.folder / "text.sql"
    script.write_bytes(b"\xef\xbb\xbfSELECT 1;\r\nSELECT 2;\r\n")
    equal(leat("--csv", "-f", str(script)), (0, "?column?\n1\n?column?\n2\n", ""))
    script.write_bytes(b"SELECT 1;\0 SELECT 2;")
    equal(leat("--csv", "-f", str(script)), (1, "", f'leat: "{script}" has a NUL byte, so it is not text\n'))
    script.write_bytes(b"")
    equal(leat("--csv", "-f", str(script)), (0, "", ""))


@check
def variables(_):
    equal(leat("--csv", "-v", "date=2024-01-15", "-v", "t=a b", "-c", "SELECT :'date' AS d, :\"t\" FROM (SELECT 1 AS \"a b\") x")[1], "d,a b\n2024-01-15,1\n")
    equal(leat("--csv", "-v", "n=5", "-c", "SELECT :n + 1 AS s, 'x:n' AS q, 3::int AS c")[1], "s,q,c\n6,x:n,3\n")
    equal(leat("--csv", "-v", "x=it's", "-c", "SELECT :'x' AS x")[1], "x\nit's\n")
    code, out, errors = leat("-c", "SELECT :'unset'")
    equal((code, out), (1, ""))
    assert 'variable "unset" is not set' in errors, errors


@check
def formats_before_and_after_the_statement(_):
    for arguments in (["--format", "json", "-c", "SELECT 1 AS a, NULL AS b, 1.50 AS c, 'q\"' AS d"], ["-c", "SELECT 1 AS a, NULL AS b, 1.50 AS c, 'q\"' AS d", "--format=json"]):
        out = leat(*arguments)[1]
        equal(json.loads(out), [{"a": 1, "b": None, "c": 1.5, "d": 'q"'}])
        assert "1.50" in out
    equal(leat("--format", "json", "-c", "SELECT 1 AS a WHERE false")[1], "[]\n")
    equal(leat("--format", "ndjson", "-c", "SELECT 1 AS a WHERE false")[1], "")


@check
def settings_by_strength(server):
    folder = server.folder / "settings"
    data = str(folder)
    show = ["--data", data, "--csv", "-c", "SHOW workers"]
    equal(leat("--data", data, "-c", "ALTER SYSTEM SET workers = 3")[0], 0)
    equal(leat(*show)[1], "workers\n3\n")
    (folder / "leat.conf").write_text("# ours\nworkers = 4\n")
    equal(leat(*show)[1], "workers\n4\n")
    equal(leat(*show, environment={"LEAT_WORKERS": "5"})[1], "workers\n5\n")
    equal(leat(*show, "--set", "workers=6", environment={"LEAT_WORKERS": "5"})[1], "workers\n6\n")
    code, _, errors = leat(*show, environment={"LEAT_WORKERS": "x"})
    assert code == 2 and "LEAT_WORKERS" in errors, errors
    (folder / "leat.conf").write_text("workers = 4\nnope = 1\n")
    code, _, errors = leat(*show)
    assert code == 1 and "leat.conf" in errors and "2" in errors and "nope" in errors, errors


@check
def lines_of_the_configuration_file(server):
    folder = server.folder / "configured"
    show = ("--data", str(folder), "--csv", "-c", "SHOW application_name")
    equal(leat(*show)[0], 0)
    for text, value in (("application_name = plain # a comment", "plain"), ("application_name 'it''s # no comment' # one", "it's # no comment"),
                        ("\ufeffapplication_name=marked\r\n\r\n", "marked"), ("  APPLICATION_NAME = 'x'  \r", "x"), ("application_name = ''", '')):
        (folder / "leat.conf").write_text(text)
        equal((text, leat(*show)[1]), (text, f"application_name\n{value}\n"))
    for text, wrong in (("nonsense", "line 1: expected name = value"), ("\napplication_name = 'x", "line 2: the quote is not closed"),
                        ("application_name = 'x' y", "line 1: there is more behind the quoted value: y"), ("workers = 1\0\nnope", "NUL"),
                        ("workers=2=3", 'line 1: invalid value for parameter "workers": "2=3"')):
        (folder / "leat.conf").write_text(text)
        code, _, errors = leat(*show)
        assert code == 1 and wrong in errors, (text, errors)


@check
def addresses_that_are_none(server):
    for address, wrong in (("127.0.0.1:99999", "port"), ("127.0.0.1:x", "port"), ("127.0.0.1:-1", "port"), ("127.0.0.1", "HOST:PORT"), ("", "HOST:PORT")):
        for option in ("--postgres", "--kafka"):
            other = "--kafka" if option == "--postgres" else "--postgres"
            code, out, errors = leat("serve", "--data", str(server.folder / "addressed"), other, "127.0.0.1:0", option, address)
            assert (code, out) == (1, "") and f'"{address}"' in errors and wrong in errors, (address, errors)


@check
def a_file_that_was_applied_may_not_change_what_it_made(server):
    folder = server.folder / "applied"
    folder.mkdir()
    text = "CREATE TABLE t (a int);\nCREATE MATERIALIZED VIEW v AS SELECT count(*) AS {} FROM t;\n"
    wanted = 'made.sql:2: ERROR:  relation "v" already exists\nHINT:  It was made by another text: DROP it first'
    for name, is_refused in (("n", False), ("n", False), ("m", True)):
        (folder / "made.sql").write_text(text.format(name))
        with subprocess.Popen([LEAT, "serve", "--data", str(folder / "data"), "--kafka", "127.0.0.1:0", "--postgres", "127.0.0.1:0", str(folder / "made.sql")],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
            equal(p.stdout.readline(), "" if is_refused else "ready\n")
            p.terminate()
            errors = p.communicate(timeout=20)[1]
        equal((p.returncode, wanted in errors), (1, True) if is_refused else (0, False))


@check
def one_process_for_a_folder(server):
    code, out, errors = leat("--data", server.data, "-c", "SELECT 1")
    equal((code, out), (1, ""))
    assert str(server.process.pid) in errors and str(server.postgres_port) in errors, errors
    code, _, errors = leat("serve", "--data", server.data, "--kafka", "127.0.0.1:0", "--postgres", "127.0.0.1:0")
    assert code == 1 and str(server.process.pid) in errors, errors


@check
def a_folder_of_a_newer_program_is_refused(server):
    data = server.folder / "newer"
    equal(leat("--data", str(data), "-c", "SELECT 1")[0], 0)
    equal(data.stat().st_mode & 0o777, 0o700)
    text = (data / "FORMAT").read_text()
    (data / "FORMAT").write_text(re.sub(r"\d+", "999", text, count=1))
    code, _, errors = leat("--data", str(data), "-c", "SELECT 1")
    assert code == 1 and "format 999" in errors and str(data) in errors, errors


@check
def a_port_that_is_taken_is_named(server):
    code, out, errors = leat("serve", "--data", str(server.folder / "other"), "--kafka", "127.0.0.1:0", "--postgres", f"127.0.0.1:{server.postgres_port}")
    equal((code, out), (1, ""))
    assert f"127.0.0.1:{server.postgres_port}" in errors and "taken" in errors, errors


@check
def output_that_cannot_be_written_is_an_error(_):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([LEAT, "-c", "SELECT 1"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"cannot write" in done.stderr, done


# ---- topics ----


def produce(data, pieces, *arguments):
    """Writes the pieces with a pause between them; returns what leat says."""
    with subprocess.Popen([LEAT, "topic", "produce", "lines", "--data", data, *arguments], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        for piece in pieces:
            p.stdin.write(piece)
            p.stdin.flush()
            time.sleep(0.3)
        return p.communicate(timeout=20)[1]


@check
def topic_produce_makes_one_batch_of_the_lines_that_are_there(server):
    data = str(server.folder / "topics")
    equal(leat("topic", "create", "lines", "--data", data, "--partitions", "3"), (0, "", ""))
    equal(produce(data, ["a\nb\nc", "c\nd\n", "e"]), "5 records\n")
    equal(leat("topic", "list", "--data", data)[1], "lines\t3\n")
    # A partition a batch: "a b", "cc d", "e".
    query = "SELECT _partition AS p, convert_from(value, 'UTF8') AS line FROM lines ORDER BY _partition, _offset"
    equal(leat("--data", data, "--csv", "-c", query)[1], "p,line\n0,a\n0,b\n1,cc\n1,d\n2,e\n")
    equal(leat("topic", "consume", "lines", "--data", data, "--count", "3")[1], "a\nb\ncc\n")
    lines = "".join(f"{i} {'x' * (i % 3000)}\n" for i in range(20000))  # larger than a batch, and than what is read at once
    equal(leat("topic", "create", "many", "--data", data)[0], 0)
    equal(leat("topic", "produce", "many", "--data", data, text=lines), (0, "", "20000 records\n"))
    equal(leat("topic", "consume", "many", "--data", data)[1], lines)


@check
def topic_produce_with_a_key_goes_where_kafka_clients_send_it(server):
    data = str(server.folder / "keyed")
    equal(leat("--data", data, "-c", "CREATE TABLE lines (id text PRIMARY KEY, n int) WITH (partitions = 5)")[0], 0)
    for key, n in (("a", 1), ("b", 2), ("a", 3)):
        equal(produce(data, [f'{{"n":{n}}}\n'], "--key", key), "1 records\n")
    equal(leat("--data", data, "--csv", "-c", "SELECT * FROM lines ORDER BY id", "-c", "SELECT count(*) AS rejected FROM lines__rejected")[1],
          "id,n\na,3\nb,2\nrejected\n0\n")
    code, _, errors = leat("topic", "produce", "lines", "--data", data, text="no key\n")
    assert code == 1 and "key" in errors, errors


@check
def topic_refuses_what_it_does_not_understand(server):
    data = str(server.folder / "topics")
    for arguments in (["consume", "lines", "more"], ["create", "t", "--partitions", "0"], ["create", "t", "--partitions", "2x"],
                      ["consume", "lines", "--count", "0"], ["consume", "lines", "--from", "middle"], ["list", "lines"]):
        equal((arguments, leat("topic", *arguments, "--data", data)[0]), (arguments, 2))
    equal(leat("topic", "produce", "nowhere", "--data", data)[0], 1)


@check
def ctrl_c_ends_a_producer_that_waits_for_lines(server):
    data = str(server.folder / "waiting")
    equal(leat("topic", "create", "lines", "--data", data)[0], 0)
    with subprocess.Popen([LEAT, "topic", "produce", "lines", "--data", data], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        p.stdin.write("one\n")
        p.stdin.flush()
        time.sleep(0.5)
        p.send_signal(signal.SIGINT)
        equal((p.wait(5), p.stderr.read()), (0, "1 records\n"))
    equal(leat("topic", "consume", "lines", "--data", data)[1], "one\n")


# ---- beside psql ----

TABLES = [
    "SELECT 1 AS a, 'x' AS b, NULL::int AS n, 2.50 AS m, true AS t",
    "SELECT * FROM (VALUES (1, 'one', 1.5), (200, NULL, NULL), (NULL, 'a longer text', -20.25)) AS t(id, name, amount)",
    "SELECT 'two\nlines' AS a, 5 AS b, 'x\n\ny' AS c", "SELECT 7 AS n, 'last\ncolumn' AS t UNION ALL SELECT 8, 'one'", "SELECT 'a\nb' AS only",
    "SELECT 'größer ☃' AS \"Übung\", '日本語' AS wide, 'é' AS combined, 1 AS n", "SELECT E'tab\\there' AS t, E'\\x01\\r' AS control, '' AS empty",
    "SELECT 1 AS \"a very long name of a column\", 'b' AS b", "SELECT 1 WHERE false", "SELECT '2024-01-01'::date AS d, '2024-01-01 10:00'::timestamptz AS ts, 1.5::float8 AS f, 'NaN'::float8 AS nan",
    "SELECT 'a,b' AS x, 'say \"hi\"' AS y, E'line\\nbreak' AS z, '' AS e, NULL AS n, '\\.' AS dot, ' blank ' AS b, E'cr\\r' AS cr", "SELECT i, i * 1000 AS k FROM generate_series(1, 100) AS g(i)",
    "SELECT", "SELECT FROM generate_series(1, 3)", "SELECT FROM generate_series(1, 3) WHERE false", "SELECT '\\x00ff'::bytea AS b, '1 day 02:03:04'::interval AS i, '12345678-1234-5678-1234-567812345678'::uuid AS u",
]


def without_record_width(table):
    """How far a record's head and the marks of lines that go on reach differs between psql 15.18 and 15.20."""
    return re.sub(r" *\+$", " +", re.sub(r"^(-\[ RECORD \d+ \])[-+]*$", r"\1", table, flags=re.MULTILINE), flags=re.MULTILINE)


@check
def tables_csv_and_expanded_are_psqls(server):
    for text in TABLES:
        for ours, theirs in (([], []), (["--csv"], ["--csv"]), (["-x"], ["-x"])):
            wanted = subprocess.run(["psql", "-X", server.conninfo, *theirs, "-c", text], capture_output=True, text=True, timeout=20, check=True,
                                    env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout
            got = leat(*ours, "-c", text)[1]
            if ours == ["-x"]:
                got, wanted = without_record_width(got), without_record_width(wanted)
            assert got == wanted, f"{ours} {text!r}\n{got}\n{wanted}\n{got!r}\n{wanted!r}"


# ---- the shell ----


class Terminal:
    """leat on a pseudo-terminal."""

    def __init__(self, folder, *arguments, **environment):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", "LEAT_HISTORY": str(folder / "history"), "PAGER": "", "COLUMNS": "200", **environment})
            os.execv(LEAT, [LEAT, *arguments])
        self.seen = ""
        self.expect("=> ")

    def expect(self, text, seconds=10):
        """Reads up to text; gives what came before it, without escape sequences."""
        until = time.monotonic() + seconds
        while text not in self.seen:
            ready = select.select([self.fd], [], [], max(0, until - time.monotonic()))[0]
            assert ready, f"{text!r} did not come; seen: {self.seen!r}"
            try:
                self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", os.read(self.fd, 65536).decode(errors="replace")).replace("\r", "")
            except OSError as error:
                raise AssertionError(f"{text!r} did not come; seen: {self.seen!r}") from error
        before, self.seen = self.seen.split(text, 1)
        return before

    def send(self, text):
        os.write(self.fd, text.encode())

    def run(self, text):
        """A line, and what it prints until the next prompt."""
        self.send(text + "\n")
        return self.expect("=> ")

    def end(self, text="\\q\n", seconds=20):
        time.sleep(0.3)  # libedit sets the terminal's mode after it has printed the prompt; an end of file before that is lost
        self.send(text)
        last, until = b"", time.monotonic() + seconds
        try:
            while select.select([self.fd], [], [], max(0, until - time.monotonic()))[0] and (got := os.read(self.fd, 65536)):
                last += got
        except OSError:
            pass
        while (ended := os.waitpid(self.pid, os.WNOHANG))[0] == 0 and time.monotonic() < until:
            time.sleep(0.01)
        if ended[0] == 0:
            os.kill(self.pid, signal.SIGKILL)
            ended = os.waitpid(self.pid, 0)
        status = os.waitstatus_to_exitcode(ended[1])
        os.close(self.fd)
        if status != 0:
            print(last.decode(errors="replace"))
        return status


@check
def the_shell_runs_statements(server):
    t = Terminal(server.folder)
    assert "(1 row)" in t.run("SELECT 41 + 1 AS answer;")
    t.send("SELECT 5\n")
    t.expect("leat-> ")
    assert " 5" in t.run(";")
    assert "ERROR:  column \"nope\" does not exist" in t.run("SELECT nope;")
    assert "ERROR:  division by zero" in t.run("SELECT 77 / (3 - i) FROM generate_series(1, 5) AS g(i);")
    out = t.run("CREATE TABLE after_an_error (id int PRIMARY KEY);")
    assert "?column?" not in out, out
    assert "CREATE TABLE" in t.run("CREATE TABLE shown (id int PRIMARY KEY, t text);")
    assert "INSERT 0 2" in t.run("INSERT INTO shown VALUES (1, 'a'), (2, 'b');")
    t.send("BEGIN;\n")
    t.expect("leat=*> ")
    t.send("SELECT 1/0;\n")
    t.expect("leat=!> ")
    assert "ROLLBACK" in t.run("ROLLBACK;")
    assert "shown" in t.run("\\dt")
    assert "shown__rejected" in t.run("\\d")
    assert "integer" in t.run("\\d shown")
    assert "-[ RECORD 1 ]" in t.run("\\x") + t.run("SELECT * FROM shown;")
    t.run("\\x")
    t.run("\\timing")
    assert "Time: " in t.run("SELECT 1;")
    assert "invalid command" in t.run("\\nope")
    assert "\\watch" in t.run("\\?")
    assert "COPY 2" in t.run(f"\\copy shown to '{server.folder}/shown.csv'")
    assert (server.folder / "shown.csv").read_text().count("\n") in (2, 3)
    (server.folder / "included.sql").write_text("SELECT 'included';\n")
    assert "included" in t.run(f"\\i {server.folder}/included.sql").split("\n", 1)[1]
    equal(t.end(), 0)


@check
def the_shell_shows_forty_rows_and_says_so(server):
    t = Terminal(server.folder)
    out = t.run("SELECT 'row' || i FROM generate_series(1, 1000) AS g(i);")
    equal(len(re.findall(r"row\d+", out)), 40)
    assert "1000 rows" in out and "40 shown" in out, out
    equal(t.end("\x04"), 0)


@check
def the_shell_completes_and_remembers(server):
    t = Terminal(server.folder)
    t.run("CREATE TABLE completable (id int PRIMARY KEY);")
    t.send("SELECT count(*) FROM complet\t")
    t.expect("able")
    assert "(1 row)" in t.run(";")
    equal(t.end(), 0)
    t = Terminal(server.folder)
    t.send("\x1b[A\x1b[A")
    t.expect("completable")
    t.send("\x03")
    t.expect("=> ")
    assert "(1 row)" in t.run("SELECT 1;")  # nothing is left of the line before
    t.send("SELECT\n")
    t.expect("leat-> ")
    t.send("\x03")
    t.expect("=> ")
    equal(t.end("\x04"), 0)


@check
def ctrl_c_cancels_the_statement_not_the_shell(server):
    t = Terminal(server.folder)
    t.send("SELECT count(*) FROM generate_series(1, 100000000000) AS g(i);\n")
    time.sleep(0.7)
    begin = time.monotonic()
    t.send("\x03")
    t.expect("canceling statement due to user request")
    assert time.monotonic() - begin < 1
    t.expect("=> ")
    assert " 3" in t.run("SELECT 3;")
    t.run("CREATE TABLE watched (id int PRIMARY KEY);")
    t.run("INSERT INTO watched VALUES (12345);")
    t.send("SUBSCRIBE watched;\n")
    t.expect("12345")
    time.sleep(0.2)
    t.send("\x03")
    t.expect("canceling statement due to user request")
    t.expect("=> ")
    t.send("SELECT 'again' \n;\n")
    t.expect("(1 row)")
    t.expect("=> ")
    t.send("\\watch 0.2\n")
    for _ in range(3):
        t.expect("(1 row)")
    t.send("\x03")
    t.expect("=> ")
    t.send("\\watch 100\n")
    t.expect("(1 row)")
    time.sleep(0.2)
    t.send("\x03")
    t.expect("=> ", seconds=2)
    t.send("\\watch 0.001\n")  # nearly always at work: wherever it is, Ctrl-C ends it, and the shell stays
    t.expect("(1 row)")
    t.send("\x03")
    t.expect("=> ", seconds=2)
    equal(t.end(), 0)


@check
def a_terminal_without_an_answer_to_page(server):
    t = Terminal(server.folder, PAGER="cat; echo paged")
    assert "paged" in t.run("SELECT 1;")
    equal(t.end(), 0)


if __name__ == "__main__":
    run_all()
