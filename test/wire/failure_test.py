"""What fails, fails by name and alone: the tables, views and sinks beside it go on, and after a restart too."""
import pathlib
import shutil
import sys
import tempfile
import threading
import traceback

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402
from checks import equal, wait_until  # noqa: E402


def connect(server):
    return psycopg.connect(server.conninfo, autocommit=True)


def refused(connection, statement, sqlstate):
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        equal(error.sqlstate, sqlstate)
        return str(error)
    raise AssertionError("not refused: " + statement)


def sink_state(connection):
    return connection.execute("SELECT state FROM leat_sinks").fetchone()[0]


def readers_of_a_failed_view_fail_too(folder):
    """A view out of memory takes its readers along, rather than leaving them with an old answer; its neighbour goes on."""
    server = servers.Leat(folder + "/view", "--set", "memory_limit=32MB")
    try:
        with connect(server) as c:
            c.execute("CREATE TABLE t (k bigint, v text)")
            c.execute("CREATE MATERIALIZED VIEW small AS SELECT count(*) AS n FROM t")
            c.execute("CREATE MATERIALIZED VIEW big AS SELECT k, v, count(*) AS n FROM t GROUP BY k, v")
            c.execute("CREATE MATERIALIZED VIEW reader AS SELECT count(*) AS n FROM big")
            for i in range(4):
                c.execute(f"INSERT INTO t SELECT g, repeat('x', 60) || g FROM generate_series({i * 100000}, {i * 100000 + 99999}) g")
            refused(c, "SELECT * FROM big", "53200")
            assert '"big" has failed' in refused(c, "SELECT * FROM reader", "53200")
            with c.transaction():  # a block holds all that there is, and reads what it likes
                equal(c.execute("SELECT * FROM small").fetchall(), [(400000,)])
            with c.transaction():
                refused(c, "SELECT * FROM big", "53200")
                raise psycopg.Rollback
            equal(c.execute("SELECT * FROM small").fetchall(), [(400000,)])
    finally:
        server.stop()


def keyed_table_out_of_memory(folder):
    """The table fails, others go on; the next start has the same answer, and with more memory everything is there."""
    server = servers.Leat(folder + "/table", "--set", "memory_limit=32MB")
    fill = "INSERT INTO kt SELECT g, repeat('y', 100) || g FROM generate_series({}, {}) g"
    with connect(server) as c:
        c.execute("CREATE TABLE other (x int)")
        c.execute("CREATE MATERIALIZED VIEW others AS SELECT count(*) AS n FROM other")
        c.execute("CREATE TABLE kt (k int PRIMARY KEY, v text)")
        c.execute(fill.format(0, 99999))
        try:
            for i in range(1, 5):
                c.execute(fill.format(i * 100000, i * 100000 + 99999))
            raise AssertionError("400,000 rows in 32 MB")
        except psycopg.Error as error:
            equal(error.sqlstate, "53200")
        refused(c, "SELECT count(*) FROM kt", "53200")
        c.execute("INSERT INTO other VALUES (1)")
        equal(c.execute("SELECT n FROM others").fetchall(), [(1,)])
    server.kill()
    server = servers.Leat(server.data, "--set", "memory_limit=32MB")
    with connect(server) as c:
        equal(c.execute("SELECT n FROM others").fetchall(), [(1,)])
        refused(c, "SELECT count(*) FROM kt", "53200")
    server.stop()
    server = servers.Leat(server.data, "--set", "memory_limit=1GB")
    with connect(server) as c:
        assert c.execute("SELECT count(*) FROM kt").fetchone()[0] >= 100000
        equal(c.execute("SELECT n FROM others").fetchall(), [(1,)])
    server.stop()


def failed_sink_stays_failed(folder):
    """Epochs have gone on without its output: it must not look whole after a restart."""
    server = servers.Leat(folder + "/sink")
    with connect(server) as c:
        c.execute("CREATE TABLE p (k int, v int)")
        c.execute("CREATE SINK ps AS SELECT k, sum(v) AS s FROM p GROUP BY k"
                  " WITH (connector = 'log', topic = 'ps', format = 'json', envelope = 'upsert', key = 'k')")
        c.execute("INSERT INTO p VALUES (NULL, 1)")  # no record key can be made of it
        wait_until(lambda: sink_state(c) == "failed", what="the sink fails")
    server.kill()
    server = servers.Leat(server.data)
    with connect(server) as c:
        equal(sink_state(c), "failed")
        assert "drop and create it" in server.log()
        c.execute("DROP SINK ps")
    server.stop()
    server = servers.Leat(server.data)
    with connect(server) as c:
        equal(c.execute("SELECT count(*) FROM leat_sinks").fetchone(), (0,))
    server.stop()


def subscriptions_end_with_what_they_read(folder):
    server = servers.Leat(folder + "/drop")
    ends = []

    def subscribe(query):
        try:
            with connect(server) as own, own.cursor().copy(f"COPY (SUBSCRIBE {query}) TO STDOUT") as rows:
                for _ in rows:
                    ends.append("row")
        except psycopg.Error as error:
            ends.append(error.sqlstate)
    with connect(server) as c:
        c.execute("CREATE TABLE a (k int)")
        c.execute("CREATE MATERIALIZED VIEW av AS SELECT k FROM a")
        c.execute("INSERT INTO a VALUES (1)")
        for query, drop in (("av", "MATERIALIZED VIEW av"), ("(SELECT count(*) FROM a)", "TABLE a")):
            ends.clear()
            thread = threading.Thread(target=subscribe, args=(query,), daemon=True)
            thread.start()
            wait_until(lambda: ends == ["row"], what="the first row")
            c.execute("DROP " + drop)
            wait_until(lambda: ends == ["row", "42P01"], what="the end of SUBSCRIBE " + query)
    server.stop()


def a_block_does_not_see_a_table_that_was_made_again(folder):
    """Nor does it lose the one that it has read: its cut stays, and so do the files until it ends."""
    server = servers.Leat(folder + "/again")
    with connect(server) as c, connect(server) as other:
        c.execute("CREATE TABLE a (k int)")
        c.execute("CREATE TABLE b (k int)")
        c.execute("INSERT INTO a SELECT g FROM generate_series(1, 5000) g")
        with c.transaction():
            c.execute("DECLARE rows CURSOR FOR SELECT k FROM a")
            equal(c.execute("FETCH 1 rows").fetchall(), [(1,)])
            other.execute("DROP TABLE a")
            other.execute("CREATE TABLE a (k int)")
            equal(len(c.execute("FETCH ALL rows").fetchall()), 4999)
        try:
            with c.transaction():
                c.execute("SELECT count(*) FROM a, b WHERE a.k = b.k").fetchall()
                other.execute("DROP TABLE a")
                other.execute("CREATE TABLE a (k int)")
                refused(c, "SELECT * FROM a", "42P01")
                raise psycopg.Rollback
        except psycopg.Error as error:
            raise AssertionError(error) from error
    server.stop()


def main():
    passed = failed = 0
    for test in (readers_of_a_failed_view_fail_too, keyed_table_out_of_memory, failed_sink_stays_failed, subscriptions_end_with_what_they_read,
                 a_block_does_not_see_a_table_that_was_made_again):
        folder = tempfile.mkdtemp(prefix="leat-wire-")
        try:
            test(folder)
            passed += 1
        except Exception:  # noqa: BLE001
            failed += 1
            print("FAILED:", test.__name__)
            traceback.print_exc(file=sys.stdout)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
