"""psql and psycopg 3 against leat's PostgreSQL server."""
import datetime
import decimal
import subprocess
import threading
import time
import uuid

import psycopg

from checks import check, equal, run_all, wait_until


def connect(server, **options):
    return psycopg.connect(server.conninfo, **options)


def psql(server, *arguments, text=None, timeout=60):
    command = ["psql", "-X", "-w", server.conninfo, *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout, check=False)


def psql_output(server, text):
    done = psql(server, "-At", text=text)
    equal(done.stderr, "")
    return done.stdout


# ---- psql ----


@check
def psql_runs_c_and_f_and_tells_where_an_error_is(server):
    equal(psql(server, "-At", "-c", "SELECT 1", "-c", "SELECT 'two'").stdout, "1\ntwo\n")
    done = psql(server, "-c", "SELECT 1,\n  nope FROM (VALUES (1)) AS t(a)")
    equal(done.returncode, 1)
    equal(done.stderr, 'ERROR:  column "nope" does not exist\nLINE 2:   nope FROM (VALUES (1)) AS t(a)\n          ^\n')
    script = server.folder / "script.sql"
    script.write_text("SELECT 1;\nSELECT 1 +;\nSELECT 3;\n")
    done = psql(server, "-At", "-v", "ON_ERROR_STOP=1", "-f", str(script))
    equal((done.returncode, done.stdout), (3, "1\n"))
    assert f"psql:{script}:2: ERROR:  syntax error at end of input\nLINE 1: SELECT 1 +;\n                  ^" in done.stderr, done.stderr


@check
def psql_stops_a_text_of_several_statements_at_the_first_error(server):
    done = psql(server, "-At", "-c", "SELECT 1; SELECT 1/0; SELECT 3")
    equal(done.stdout, "1\n")
    assert done.stderr.startswith("ERROR:  division by zero\n"), done.stderr


@check
def psql_describes_relations(server):
    done = psql(server, text="""
CREATE TABLE described (id int PRIMARY KEY, name text NOT NULL, amount numeric(12,2));
CREATE VIEW seen AS SELECT id FROM described;
CREATE MATERIALIZED VIEW kept AS SELECT name, count(*) AS n FROM described GROUP BY name;
\\d
\\d described
\\dt desc*
\\dm kept
\\dv
\\d+ kept
\\dn
\\l
\\dT
\\df
""")
    equal(done.stderr, "")
    for line in [' public | described           | table             | leat', ' amount | numeric(12,2) |           |          | ',
                 ' id     | integer       |           | not null | ', '    "described_pkey" PRIMARY KEY, btree (id)', 'Materialized view "public.kept"']:
        assert line in done.stdout, (line, done.stdout)
    done = psql(server, "-c", "\\d nowhere")
    equal(done.stderr, 'Did not find any relation named "nowhere".\n')


@check
def psql_lists_functions_and_types_of_the_user(server):
    equal(psql(server, "-At", "-c", "\\df").stdout, "")
    equal(psql(server, "-At", "-c", "\\dT").stdout, "")
    equal(psql(server, "-c", "\\dT").returncode, 0)


@check
def psql_describes_results_and_lists_what_there_is(server):
    psql(server, text="CREATE TABLE listed (id int PRIMARY KEY, \"odd '' name\" varchar(7));\nCREATE VIEW listed_view AS SELECT id FROM listed;\n")
    equal(psql_output(server, "SELECT id, \"odd '' name\" AS \"a),(b\", 1.5::numeric(12,2) AS n, now() AS t, '{}'::json AS j FROM listed \\gdesc\n"),
          "id|integer\na),(b|character varying(7)\nn|numeric(12,2)\nt|timestamp with time zone\nj|json\n")
    equal(psql(server, "-c", "\\sv listed_view").stdout, "CREATE OR REPLACE VIEW public.listed_view AS\nSELECT id FROM listed\n")
    equal(psql(server, "-c", "\\sv nowhere").stderr, 'ERROR:  relation "nowhere" does not exist\n')
    equal(psql_output(server, "\\dconfig work*\n"), "workers|0\n")
    equal(psql(server, "-c", "\\dt+ listed").stdout.split("\n")[1:4],
          [" Schema |  Name  | Type  | Owner | Persistence | Access method | Size | Description ",
           "--------+--------+-------+-------+-------------+---------------+------+-------------",
           " public | listed | table | leat  | permanent   |               |      | "])
    for command, columns in (("df", "Schema | Name | Result data type | Argument data types | Type"), ("dx", "Name | Version | Schema | Description"),
                             ("dp listed", "Schema |  Name  | Type  | Access privileges | Column privileges | Policies"),
                             ("dL", "Name | Owner | Trusted | Description"), ("dT+", "Schema | Name | Internal name | Size |")):
        done = psql(server, "-c", "\\" + command)
        assert done.returncode == 0 and columns in done.stdout, (command, done)
    for command in ("di", "ds", "du", "dg+", "db", "dC", "dc", "dD", "dd", "ddp", "do", "dO", "dF", "dP", "dRp", "dRs", "dy", "dA", "drds", "des", "det", "dew", "lo_list", "dn+", "l+", "z"):
        equal((command, psql(server, "-c", "\\" + command).returncode), (command, 0))


@check
def psql_completes_names_by_tab(server):
    """The texts are those that psql 15 sends."""
    psql(server, text="CREATE TABLE tabbed_one (first_column int, second_column int);\nCREATE VIEW tabbed_two AS SELECT 1 AS x;\n")
    relation = ("SELECT c.relname, NULL::pg_catalog.text FROM pg_catalog.pg_class c WHERE {}(c.relname) LIKE {} AND pg_catalog.pg_table_is_visible(c.oid)"
                " AND c.relnamespace <> (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'pg_catalog')\nUNION ALL\n"
                "SELECT NULL::pg_catalog.text, n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname LIKE {} AND n.nspname NOT LIKE E'pg\\\\_%'\nLIMIT 1000")
    column = ("SELECT a.attname, NULL::pg_catalog.text FROM pg_catalog.pg_attribute a, pg_catalog.pg_class c WHERE c.oid = a.attrelid and a.attnum > 0"
              " and not a.attisdropped AND (a.attname) LIKE {} AND c.relname = 'tabbed_one' AND pg_catalog.pg_table_is_visible(c.oid)\nLIMIT 1000")
    with connect(server, autocommit=True) as c:
        for kinds, like, names in (("", "'tabbed%'", ["tabbed_one", "tabbed_one__rejected", "tabbed_two"]), ("c.relkind IN ('v') AND ", "'tabbed%'", ["tabbed_two"]),
                                   ("c.relkind IN ('r', 'p') AND ", "E'tabbed\\\\_o%'", ["tabbed_one", "tabbed_one__rejected"]), ("", "'tabbedX%'", []), ("", "'t.bbed%'", [])):
            got = c.execute(relation.format(kinds, like, like).encode()).fetchall()
            equal((like, got), (like, [(name, None) for name in names]))
        equal(c.execute(column.format("'%'").encode()).fetchall(), [("first_column", None), ("second_column", None)])
        equal(c.execute(column.format("'s%'").encode()).fetchall(), [("second_column", None)])
        equal(c.execute(b"SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings  WHERE pg_catalog.lower(name) LIKE pg_catalog.lower('statement%')\n"
                        b"LIMIT 1000").fetchall(), [("statement_timeout",)])


@check
def psql_copies_both_ways(server):
    file = server.folder / "copied.csv"
    out = psql_output(server, f"""
CREATE TABLE copied (id int PRIMARY KEY, t text);
COPY copied FROM STDIN;
1\ttab\\there
2\t\\N
\\.
\\copy copied to '{file}' csv header
\\copy copied (id, t) from program 'printf "3,\\"a,b\\"\\n4,\\n"' csv
SELECT id, t IS NULL, t FROM copied ORDER BY id;
\\copy (SELECT id FROM copied WHERE id > 2 ORDER BY id) to stdout
""")
    equal(out, "CREATE TABLE\nCOPY 2\nCOPY 2\nCOPY 2\n1|f|tab\there\n2|t|\n3|f|a,b\n4|t|\n3\n4\n")
    equal(file.read_text(), "id,t\n1,tab\there\n2,\n")


@check
def psql_refuses_bad_copy_lines_and_goes_on(server):
    done = psql(server, "-At", text="CREATE TABLE refused (id int PRIMARY KEY, t text);\nCOPY refused FROM STDIN;\n1\ta\nx\tb\n\\.\nSELECT count(*) FROM refused;\n")
    equal(done.stdout, "CREATE TABLE\n0\n")
    assert 'invalid input syntax for type integer: "x"' in done.stderr, done.stderr
    many = "".join(f"{i}\tx\n" for i in range(200000)) + "x\ty\n" + "".join(f"{i}\tx\n" for i in range(200000, 300000))
    done = psql(server, "-At", text=f"COPY refused FROM STDIN;\n{many}\\.\nSELECT count(*) FROM refused;\n")
    equal(done.stdout, "0\n")


@check
def psql_times_and_watches_and_expands(server):
    assert "Time: " in psql(server, text="\\timing on\nSELECT 1;\n").stdout
    assert "-[ RECORD 1 ]" in psql(server, text="SELECT 1 AS a \\gx\n").stdout
    process = subprocess.Popen(["stdbuf", "-oL", "psql", "-X", "-At", server.conninfo], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    process.stdin.write("SELECT 42 \\watch 0.2\n")
    process.stdin.flush()
    lines = []
    while lines.count("42\n") < 3:
        lines.append(process.stdout.readline())
    process.terminate()
    process.wait()
    process.stdin.close()
    process.stdout.close()


@check
def psql_shows_a_subscription_live(server):
    psql_output(server, "CREATE TABLE live (id int PRIMARY KEY, v int);\nINSERT INTO live VALUES (1, 10);")
    process = subprocess.Popen(["stdbuf", "-oL", "psql", "-X", server.conninfo, "-c", "COPY (SUBSCRIBE live) TO STDOUT"], stdout=subprocess.PIPE, text=True)
    first = process.stdout.readline().split("\t")
    equal(first[1:], ["1", "1", "10\n"])
    psql_output(server, "INSERT INTO live VALUES (2, 20);")
    second = process.stdout.readline().split("\t")
    equal(second[1:], ["1", "2", "20\n"])
    assert int(second[0]) > int(first[0])
    begin = time.monotonic()
    process.send_signal(2)  # psql cancels
    process.wait(timeout=10)
    process.stdout.close()
    assert time.monotonic() - begin < 1.0


@check
def a_bare_subscribe_in_psql_gets_a_notice(server):
    psql_output(server, "CREATE TABLE bare (id int PRIMARY KEY);")
    process = subprocess.Popen(["psql", "-X", server.conninfo, "-c", "SUBSCRIBE bare"], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    time.sleep(0.5)
    process.send_signal(2)
    errors = process.communicate(timeout=10)[1]
    assert "NOTICE" in errors and "COPY (SUBSCRIBE" in errors and "canceling statement due to user request" in errors, errors


# ---- psycopg ----

VALUES = [
    ("bool", True), ("smallint", 7), ("int", -70000), ("bigint", 2**62), ("real", 1.5), ("double precision", 0.1),
    ("numeric", decimal.Decimal("-12345678901234567890.000100")), ("text", "snow ☃ 'quoted' \\ \n"), ("varchar", "v"),
    ("date", datetime.date(2024, 2, 29)), ("time", datetime.time(23, 59, 59, 123456)),
    ("timestamp", datetime.datetime(1999, 12, 31, 23, 59, 59, 999999)),
    ("timestamptz", datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone.utc)),
    ("uuid", uuid.UUID("12345678-1234-5678-1234-567812345678")), ("bytea", b"\x00\xff\\bytes"), ("interval", datetime.timedelta(days=3, seconds=5)),
]


@check
def psycopg_sends_and_gets_every_type(server):
    with connect(server, autocommit=True) as c:
        for name, value in VALUES:
            for placeholder in ("%s", "%t", "%b"):
                try:
                    got = c.execute(f"SELECT {placeholder}::{name}, NULL::{name}, {placeholder}::{name} IS NULL", (value, value)).fetchone()
                except psycopg.errors.FeatureNotSupported:
                    assert placeholder == "%b", (name, placeholder)
                    continue
                except psycopg.ProgrammingError as error:  # psycopg itself has no such dumper
                    assert "cannot adapt" in str(error), (name, placeholder, error)
                    continue
                equal(got, (value, None, False))


@check
def psycopg_binary_parameters_of_the_plain_types(server):
    with connect(server, autocommit=True) as c:
        for name, value in VALUES:
            equal(c.execute(f"SELECT %b::{name}", (value,)).fetchone(), (value,))


@check
def a_prepared_statement_keeps_its_columns(server):
    with connect(server, autocommit=True) as c, connect(server, autocommit=True) as other:  # psycopg forgets what it has prepared after a DROP
        for columns, values in (("a int", "1"), ("a int, b text", "2, 'x'"), ("a text", "'y'"), ("b int", "3")):
            other.execute(f"CREATE TABLE reshaped ({columns})")
            other.execute(f"INSERT INTO reshaped VALUES ({values})")
            try:
                rows = c.execute("SELECT * FROM reshaped", prepare=True).fetchall()
                equal((columns, rows), (columns, {"a int": [(1,)], "b int": [(3,)]}.get(columns)))
            except psycopg.errors.FeatureNotSupported as error:
                equal((len(columns) > 5, str(error)), (True, "cached plan must not change result type"))
            other.execute("DROP TABLE reshaped")
        for statement in ("SHOW ALL", "SHOW TABLES", "EXPLAIN SELECT 1", "SELECT 1"):
            assert c.execute(statement, prepare=True).fetchall()


@check
def psycopg_prepares_and_executes_many(server):
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE many (id int PRIMARY KEY, t text, n numeric(10,2))")
        with c.cursor() as cursor:
            cursor.executemany("INSERT INTO many VALUES (%s, %s, %s)", [(i, f"row {i}", decimal.Decimal(i) / 4) for i in range(500)])
            equal(cursor.rowcount, 500)
        for i in range(20):
            equal(c.execute("SELECT t, n FROM many WHERE id = %s", (i,), prepare=True).fetchone(), (f"row {i}", round(decimal.Decimal(i) / 4, 2)))
        equal(c.execute("SELECT count(*), sum(n) FROM many WHERE t <> %s", ("nothing",)).fetchone(), (500, decimal.Decimal("31187.50")))
        with c.pipeline():
            cursors = [c.execute("SELECT %s::int + 1", (i,)) for i in range(100)]
            equal([k.fetchone()[0] for k in cursors], list(range(1, 101)))
        equal(c.execute("SELECT %s IS NULL", (None,)).fetchone(), (True,))


@check
def psycopg_copies_both_ways(server):
    rows = [(i, None if i % 7 == 0 else f"text\t{i}\n\\", decimal.Decimal(i) / 100) for i in range(5000)]
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE both_ways (id int PRIMARY KEY, t text, n numeric(10,2))")
        with c.cursor() as cursor:
            with cursor.copy("COPY both_ways FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            equal(cursor.rowcount, 5000)
            with cursor.copy("COPY (SELECT id, t, n FROM both_ways ORDER BY id) TO STDOUT") as copy:
                copy.set_types(["int4", "text", "numeric"])
                equal(list(copy.rows()), rows)
            try:
                with cursor.copy("COPY both_ways FROM STDIN") as copy:
                    copy.write_row((6000, "never", 1))
                    raise KeyError("the client's own failure")
            except KeyError:
                pass
        equal(c.execute("SELECT count(*) FROM both_ways").fetchone(), (5000,))


@check
def psycopg_streams_a_subscription_and_cancels_it(server):
    with connect(server, autocommit=True) as writer, connect(server, autocommit=True) as reader:
        writer.execute("CREATE TABLE streamed (id int PRIMARY KEY, v text)")
        writer.execute("INSERT INTO streamed VALUES (1, 'a')")
        got, failure = [], []

        def read():
            try:
                for row in reader.cursor().stream("SUBSCRIBE streamed"):
                    got.append(row)
            except psycopg.Error as error:
                failure.append(error.sqlstate)

        thread = threading.Thread(target=read)
        thread.start()
        wait_until(lambda: len(got) == 1, what="the snapshot")
        writer.execute("INSERT INTO streamed VALUES (2, 'b')")
        wait_until(lambda: len(got) == 2, what="the change")
        other = connect(server, autocommit=True)
        chosen = other.cursor().stream("SUBSCRIBE (SELECT v FROM streamed WHERE v = %s AND id < %s)", ("b", 99))
        equal(next(chosen)[1:], (1, "b"))
        other.cancel()
        other.close()
        equal([row[1:] for row in got], [(1, 1, "a"), (1, 2, "b")])
        begin = time.monotonic()
        reader.cancel()
        thread.join(5)
        equal(failure, ["57014"])
        assert time.monotonic() - begin < 0.2, "the cancel took too long"
        equal(reader.execute("SELECT 1").fetchone(), (1,))


@check
def psycopg_cursors_of_the_server(server):
    with connect(server) as c:
        with c.cursor(name="numbers") as cursor:
            cursor.execute("SELECT i, i * 2 FROM generate_series(1, 1000) AS g(i)")
            equal(cursor.fetchone(), (1, 2))
            equal(cursor.fetchmany(3), [(2, 4), (3, 6), (4, 8)])
            equal(len(cursor.fetchall()), 996)
        with c.cursor(name="iterated") as cursor:
            cursor.itersize = 64
            cursor.execute("SELECT * FROM generate_series(1, 500) AS g(i) WHERE i > %s", (100,))
            equal(sum(row[0] for row in cursor), sum(range(101, 501)))


@check
def psycopg_fetches_from_a_subscription_in_a_cursor(server):
    with connect(server, autocommit=True) as writer, connect(server) as c:
        writer.execute("CREATE TABLE fetched (id int PRIMARY KEY)")
        writer.execute("INSERT INTO fetched VALUES (1), (2)")
        c.execute("DECLARE changes CURSOR FOR SUBSCRIBE fetched")
        equal([row[1:] for row in c.execute("FETCH ALL changes WITH (timeout = '1 s')").fetchall()], [(1, 1), (1, 2)])
        begin = time.monotonic()
        equal(c.execute("FETCH 5 changes WITH (timeout = '200 ms')").fetchall(), [])
        assert 0.15 < time.monotonic() - begin < 2
        writer.execute("INSERT INTO fetched VALUES (3)")
        equal([row[1:] for row in c.execute("FETCH 5 changes WITH (timeout = '5 s')").fetchall()], [(1, 3)])
        c.rollback()


@check
def psycopg_blocks(server):
    with connect(server) as c, connect(server, autocommit=True) as other:
        other.execute("CREATE TABLE blocks (id int PRIMARY KEY)")
        status = psycopg.pq.TransactionStatus
        equal(c.info.transaction_status, status.IDLE)
        c.execute("INSERT INTO blocks VALUES (1)")
        equal(c.info.transaction_status, status.INTRANS)
        equal(c.execute("SELECT count(*) FROM blocks").fetchone(), (1,))
        equal(other.execute("SELECT count(*) FROM blocks").fetchone(), (0,))
        try:
            c.execute("SELECT 1/0")
            raise AssertionError("no error")
        except psycopg.errors.DivisionByZero:
            equal(c.info.transaction_status, status.INERROR)
        try:
            c.execute("SELECT 1")
            raise AssertionError("no error")
        except psycopg.errors.InFailedSqlTransaction as error:
            assert "current transaction is aborted" in str(error)
        c.rollback()
        equal(c.info.transaction_status, status.IDLE)
        equal(other.execute("SELECT count(*) FROM blocks").fetchone(), (0,))
        c.execute("INSERT INTO blocks VALUES (2)")
        c.commit()
        equal(other.execute("SELECT id FROM blocks").fetchall(), [(2,)])
        with c.transaction():
            c.execute("INSERT INTO blocks VALUES (3)")
        equal(other.execute("SELECT count(*) FROM blocks").fetchone(), (2,))


@check
def a_commit_of_a_failed_block_says_rollback(server):
    with connect(server, autocommit=True) as c:
        c.execute("BEGIN")
        try:
            c.execute("SELECT nope")
        except psycopg.errors.UndefinedColumn:
            pass
        equal(c.execute("COMMIT").statusmessage, "ROLLBACK")
        equal(c.execute("SELECT 1").fetchone(), (1,))


@check
def cancel_ends_a_long_query_at_once(server):
    for query in ("SELECT count(*), sum(i) FROM generate_series(1, 100000000000) AS g(i)",
                  "SELECT i % 10, count(*) FROM generate_series(1, 100000000000) AS g(i) GROUP BY 1",
                  "SELECT count(*) FROM generate_series(1, 1000000) AS a(i) JOIN generate_series(1, 1000000) AS b(j) ON a.i % 2 = b.j % 2"):
        with connect(server, autocommit=True) as c:
            failure = []

            def run():
                try:
                    c.execute(query)
                except psycopg.Error as error:
                    failure.append(error.sqlstate)

            thread = threading.Thread(target=run)
            thread.start()
            time.sleep(0.5)
            begin = time.monotonic()
            c.cancel()
            thread.join(20)
            equal(failure, ["57014"])
            assert time.monotonic() - begin < 0.2, f"{time.monotonic() - begin} s: {query}"
            equal(c.execute("SELECT 1").fetchone(), (1,))


@check
def cancel_ends_a_copy_that_waits_for_its_client(server):
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE waiting (id int PRIMARY KEY)")
        try:
            with c.cursor().copy("COPY waiting FROM STDIN") as copy:
                copy.write("1\n")
                c.cancel()
                time.sleep(0.4)
                copy.write("2\n")
            raise AssertionError("not cancelled")
        except psycopg.errors.QueryCanceled:
            pass
        equal(c.execute("SELECT count(*) FROM waiting").fetchone(), (0,))


@check
def settings_and_their_reports(server):
    with connect(server, autocommit=True, options="-c TimeZone=Europe/Berlin -c application_name=tested") as c:
        equal(c.info.parameter_status("TimeZone"), "Europe/Berlin")
        equal(c.execute("SHOW application_name").fetchone(), ("tested",))
        c.execute("SET TimeZone = 'America/New_York'")
        equal(c.info.parameter_status("TimeZone"), "America/New_York")
        equal(c.execute("SELECT '2024-07-01 00:00:00+00'::timestamptz::text").fetchone(), ("2024-06-30 20:00:00-04",))
        try:
            c.execute("SET no_such_setting = 1")
            raise AssertionError("accepted")
        except psycopg.errors.UndefinedObject as error:
            assert 'unrecognized configuration parameter "no_such_setting"' in str(error)
    for options, message in (({"options": "-c nope=1"}, 'unrecognized configuration parameter "nope"'), ({"replication": "database"}, "replication")):
        try:
            connect(server, **options)
            raise AssertionError("accepted")
        except psycopg.OperationalError as error:
            assert message in str(error), error


@check
def files_are_out_of_reach_without_the_option(server):
    with connect(server, autocommit=True) as c:
        for statement in ("SELECT * FROM '/etc/passwd'", "COPY (SELECT 1) TO '/tmp/leat-never.csv' WITH (FORMAT csv)"):
            try:
                c.execute(statement)
                raise AssertionError("allowed")
            except psycopg.errors.InsufficientPrivilege as error:
                assert "--files" in str(error), error


@check
def errors_carry_their_fields(server):
    with connect(server, autocommit=True) as c:
        try:
            c.execute("SELECT cont(*) FROM (VALUES (1)) AS t(a)")
        except psycopg.Error as error:
            equal((error.sqlstate, error.diag.severity, error.diag.statement_position), ("42883", "ERROR", "8"))
        try:
            c.execute("SELECT 'x'::int")
        except psycopg.Error as error:
            equal((error.sqlstate, error.diag.message_primary), ("22P02", 'invalid input syntax for type integer: "x"'))


if __name__ == "__main__":
    run_all()
