"""Settings of a session and the limits of time that it sets."""
import select
import time

import psycopg

from checks import check, equal, run_all, wait_until

LONG = "generate_series(1, 4000000000)"


def connect(server, **options):
    return psycopg.connect(server.conninfo, **options)


def expect_timeout(call, limit_s=5.0):
    begin = time.monotonic()
    try:
        call()
    except psycopg.errors.QueryCanceled as error:
        equal(error.diag.message_primary, "canceling statement due to statement timeout")
        assert time.monotonic() - begin < limit_s, time.monotonic() - begin
        return
    raise AssertionError("no timeout")


def show(c, name):
    return c.execute(f"SHOW {name}").fetchone()[0]


# ---- statement_timeout ----


@check
def statement_timeout_ends_every_kind_of_statement(server):
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE timed (id bigint PRIMARY KEY)")
        c.execute("SET statement_timeout = '150ms'")
        for text in (f"SELECT count(*) FROM {LONG}", f"COPY (SELECT * FROM {LONG}) TO STDOUT", f"INSERT INTO timed SELECT * FROM {LONG}",
                     f"CREATE TABLE timed_too AS SELECT * FROM {LONG}", f"EXPLAIN ANALYZE SELECT count(*) FROM {LONG}",
                     "SUBSCRIBE timed", "COPY (SUBSCRIBE timed) TO STDOUT"):
            if text.startswith("COPY"):
                def run():
                    with c.cursor().copy(text) as copy:
                        for _ in copy:
                            pass
                expect_timeout(run)
            else:
                expect_timeout(lambda: c.execute(text))
            equal(c.execute("SELECT 1").fetchone(), (1,))
        c.execute("PREPARE long AS SELECT count(*) FROM " + LONG)
        expect_timeout(lambda: c.execute("EXECUTE long"))
        expect_timeout(lambda: c.execute("SELECT 1; SELECT count(*) FROM " + LONG + "; SELECT 2"))
        with c.transaction():
            expect_timeout(lambda: c.execute("DECLARE d CURSOR FOR SELECT * FROM " + LONG))
            raise psycopg.Rollback
        with c.transaction():
            c.execute("DECLARE s CURSOR FOR SUBSCRIBE timed WITH (snapshot = false)")
            expect_timeout(lambda: c.execute("FETCH 1 FROM s"))
            raise psycopg.Rollback
        equal(c.execute("SELECT count(*) FROM timed").fetchone(), (0,))


@check
def statement_timeout_ends_a_copy_whose_client_is_silent(server):
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE copied_slowly (id int)")
        c.execute("SET statement_timeout = 200")

        def silent():
            with c.cursor().copy("COPY copied_slowly FROM STDIN") as copy:
                copy.write("1\n")
                time.sleep(0.6)
        expect_timeout(silent)
        equal(c.execute("SELECT count(*) FROM copied_slowly").fetchone(), (0,))


@check
def statement_timeout_is_of_each_statement_and_can_be_lifted(server):
    with connect(server, autocommit=True, options="-c statement_timeout=400") as c:
        for _ in range(4):
            c.execute("SELECT count(*) FROM generate_series(1, 1000)")
            time.sleep(0.15)  # between statements no time runs
        expect_timeout(lambda: c.execute("SELECT count(*) FROM " + LONG))
        c.execute("SET statement_timeout = 0")
        time.sleep(0.5)
        equal(c.execute("SELECT 1").fetchone(), (1,))


# ---- idle in a block ----


@check
def a_client_that_idles_in_a_block_is_ended(server):
    with connect(server) as c, connect(server, autocommit=True) as other:
        other.execute("CREATE TABLE idled (id int PRIMARY KEY)")
        c.execute("SET idle_in_transaction_session_timeout = '200ms'")
        c.commit()
        time.sleep(0.4)  # outside a block it may take its time
        c.execute("INSERT INTO idled VALUES (1)")
        wait_until(lambda: c.pgconn.socket >= 0 and is_readable(c.pgconn.socket), 3, "the end of the connection")
        try:
            c.execute("SELECT 1")
            raise AssertionError("it lives")
        except psycopg.errors.IdleInTransactionSessionTimeout as error:
            equal(error.diag.message_primary, "terminating connection due to idle-in-transaction timeout")
        other.execute("INSERT INTO idled VALUES (1)")


def is_readable(descriptor):
    return bool(select.select([descriptor], [], [], 0)[0])


# ---- SET ----


@check
def set_in_a_block_goes_with_it(server):
    told = []
    with connect(server, application_name="first") as c:
        c.add_notice_handler(lambda notice: told.append((notice.sqlstate, notice.message_primary)))
        c.execute("SET statement_timeout = '1min'")
        c.rollback()
        equal(show(c, "statement_timeout"), "0")
        c.execute("SET statement_timeout = '2min'")
        c.execute("SET LOCAL statement_timeout = '3min'")
        c.execute("SET LOCAL application_name = 'inside'")
        equal((show(c, "statement_timeout"), c.info.parameter_status("application_name")), ("3min", "inside"))
        c.commit()
        equal((show(c, "statement_timeout"), c.info.parameter_status("application_name")), ("2min", "first"))
        c.commit()
        c.autocommit = True
        c.execute("SET LOCAL statement_timeout = '4min'")
        equal(told, [("25P01", "SET LOCAL can only be used in transaction blocks")])
        equal(show(c, "statement_timeout"), "2min")


@check
def reset_goes_back_to_what_came_with_the_connection(server):
    with connect(server, autocommit=True, application_name="mine", options="-c TimeZone=Europe/Zurich") as c:
        c.execute("SET TimeZone = 'UTC'")
        c.execute("SET application_name = 'other'")
        c.execute("RESET TimeZone")
        equal(show(c, "TimeZone"), "Europe/Zurich")
        c.execute("PREPARE kept AS SELECT 1")
        c.execute("DISCARD ALL")
        equal((show(c, "application_name"), c.info.parameter_status("TimeZone")), ("mine", "Europe/Zurich"))
        try:
            c.execute("EXECUTE kept")
            raise AssertionError("it is there")
        except psycopg.errors.InvalidSqlStatementName:
            pass


@check
def a_pool_may_reset_its_connection(server):
    with connect(server, autocommit=True) as c:
        c.execute("SET statement_timeout = 1000")
        c.execute("SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL")  # as asyncpg does it
        equal(show(c, "statement_timeout"), "0")
        c.execute("DISCARD ALL")


@check
def encodings_are_named_as_in_postgresql(server):
    with connect(server, autocommit=True, options="-c client_encoding='Utf-8'") as c:
        equal(c.info.parameter_status("client_encoding"), "UTF8")
        for name in ("'utf-8'", "UTF8", "unicode", "\"'utf 8'\""):
            c.execute(f"SET client_encoding = {name}")
            equal((name, show(c, "client_encoding")), (name, "UTF8"))
        try:
            c.execute("SET client_encoding = 'utf-16'")
            raise AssertionError("it was accepted")
        except psycopg.errors.InvalidParameterValue as error:
            assert "utf-16" in str(error), error


@check
def client_min_messages_holds_notices_back(server):
    told = []
    with connect(server, autocommit=True) as c:
        c.add_notice_handler(lambda notice: told.append(notice.severity))
        for least, wanted in (("notice", ["NOTICE", "WARNING"]), ("warning", ["WARNING"]), ("error", []), ("debug1", ["NOTICE", "WARNING"])):
            c.execute("SET client_min_messages = " + least)
            told.clear()
            c.execute("DROP TABLE IF EXISTS nowhere")
            c.execute("COMMIT")
            equal((least, told), (least, wanted))


if __name__ == "__main__":
    run_all()
