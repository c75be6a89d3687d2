"""Blocks, keys and time limits over PostgreSQL's protocol: what several sessions see of each other."""
import threading

import psycopg

from checks import check, equal, run_all


def connect(server, **options):
    return psycopg.connect(server.conninfo, **options)


def error_of(call, *arguments):
    """SQLSTATE, message and detail of the error that the call must give."""
    try:
        call(*arguments)
    except psycopg.Error as error:
        return error.sqlstate, error.diag.message_primary, error.diag.message_detail
    raise AssertionError("no error")


# ---- primary keys ----


@check
def a_key_comes_in_once_however_many_insert_it(server):
    with connect(server, autocommit=True) as c:
        c.execute("CREATE TABLE raced (id int PRIMARY KEY, who int)")
    sessions, rounds = 4, 60
    won = [[] for _ in range(sessions)]
    errors = []
    barrier = threading.Barrier(sessions)

    def insert(who):
        with connect(server, autocommit=True) as c:
            for key in range(rounds):
                barrier.wait()
                try:
                    c.execute("INSERT INTO raced VALUES (%s, %s), (%s, %s)", (key, who, 1000 + key, who))
                    won[who].append(key)
                except psycopg.errors.UniqueViolation as error:
                    errors.append(error.diag.message_detail)

    threads = [threading.Thread(target=insert, args=(who,)) for who in range(sessions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    equal(sorted(key for keys in won for key in keys), list(range(rounds)))
    equal(len(errors), (sessions - 1) * rounds)
    with connect(server) as c:
        rows = c.execute("SELECT id, who FROM raced ORDER BY id").fetchall()
    equal(rows, sorted((key + more, who) for who in range(sessions) for key in won[who] for more in (0, 1000)))


@check
def a_key_comes_in_once_in_a_block(server):
    with connect(server) as c:
        c.autocommit = True
        c.execute("CREATE TABLE blocked (a int, b text, n int, PRIMARY KEY (a, b))")
        c.autocommit = False
        c.execute("INSERT INTO blocked VALUES (1, 'x', 1)")
        c.execute("INSERT INTO blocked VALUES (1, 'y', 2)")
        equal(error_of(c.execute, "INSERT INTO blocked VALUES (2, 'x', 3), (1, 'y', 4)"),
              ("23505", 'duplicate key value violates unique constraint "blocked_pkey"', "Key (a, b)=(1, y) already exists."))
        c.rollback()
        c.execute("INSERT INTO blocked VALUES (1, 'y', 5)")  # what was rolled back holds no key
        c.commit()
        equal(error_of(c.execute, "INSERT INTO blocked VALUES (1, 'y', 6)")[0], "23505")
        c.rollback()
        equal(c.execute("SELECT * FROM blocked").fetchall(), [(1, "y", 5)])


@check
def of_two_blocks_with_one_key_the_second_to_commit_fails(server):
    with connect(server) as first, connect(server) as second:
        first.autocommit = True
        first.execute("CREATE TABLE contended (id int PRIMARY KEY, n int)")
        first.execute("CREATE TABLE beside (id int)")
        first.autocommit = False
        first.execute("INSERT INTO contended VALUES (1, 1)")
        second.execute("INSERT INTO beside VALUES (7)")
        second.execute("INSERT INTO contended VALUES (2, 2), (1, 2)")
        first.commit()
        equal(error_of(second.commit), ("23505", 'duplicate key value violates unique constraint "contended_pkey"',
                                        "Key (id)=(1) already exists."))
        equal(second.info.transaction_status, psycopg.pq.TransactionStatus.IDLE)
        equal(second.execute("SELECT * FROM contended").fetchall(), [(1, 1)])
        equal(second.execute("SELECT * FROM beside").fetchall(), [])  # all of a block or nothing
        second.execute("INSERT INTO contended VALUES (2, 3)")  # nothing is left of the commit that failed
        second.commit()


@check
def one_block_writes_keys_of_several_tables(server):
    with connect(server) as c:
        c.autocommit = True
        c.execute("CREATE TABLE left_side (id int PRIMARY KEY)")
        c.execute("CREATE TABLE right_side (id int PRIMARY KEY)")
        c.autocommit = False
        c.execute("INSERT INTO left_side VALUES (1)")
        c.execute("INSERT INTO right_side VALUES (1)")  # the same key, of another table
        c.commit()
        equal(c.execute("SELECT l.id, r.id FROM left_side l JOIN right_side r ON l.id = r.id").fetchall(), [(1, 1)])


# ---- definitions ----


@check
def rollback_says_that_definitions_stay(server):
    stays = ("25001", "what the block has created or dropped stays so: only its rows are rolled back")
    told = []
    with connect(server) as c:
        c.add_notice_handler(lambda notice: told.append((notice.sqlstate, notice.message_primary)))
        c.execute("CREATE TABLE defined (id int)")
        equal(told, [("25001", "CREATE TABLE takes effect at once: ROLLBACK does not undo it")])
        c.execute("INSERT INTO defined VALUES (1)")
        c.rollback()
        equal(told[1:], [stays])
        equal(c.execute("SELECT count(*) FROM defined").fetchone(), (0,))
        c.rollback()
        equal(told[2:], [])  # nothing was defined in that block
        equal(error_of(c.execute, "CREATE TABLE defined (id int)")[0], "42P07")
        c.rollback()
        equal(told[2:], [])  # what failed has no effect
        c.execute("DROP TABLE IF EXISTS nowhere")
        c.execute("DROP TABLE defined")
        equal(error_of(c.execute, "SELECT 1/0")[0], "22012")
        equal(c.execute("COMMIT").statusmessage, "ROLLBACK")
        equal(told[2:], [("00000", 'table "nowhere" does not exist, skipping'),
                         ("25001", "DROP TABLE takes effect at once: ROLLBACK does not undo it"), stays])


# ---- read only ----


@check
def a_read_only_block_writes_nothing(server):
    def refused(c, text, name):
        equal(error_of(c.execute, text), ("25006", f"cannot execute {name} in a read-only transaction", None))
        c.rollback()

    with connect(server) as c:
        c.execute("CREATE TABLE kept_as_is (id int)")
        c.execute("INSERT INTO kept_as_is VALUES (1)")
        c.commit()
        c.read_only = True
        for text, name in (("INSERT INTO kept_as_is VALUES (2)", "INSERT"), ("COPY kept_as_is FROM STDIN", "COPY FROM"), ("DROP TABLE kept_as_is", "DROP TABLE"),
                           ("CREATE TABLE another (id int)", "CREATE TABLE"), ("CREATE TABLE another AS SELECT 1", "CREATE TABLE AS"),
                           ("CREATE MATERIALIZED VIEW another AS SELECT id FROM kept_as_is", "CREATE MATERIALIZED VIEW"),
                           ("CREATE ROLE another", "CREATE ROLE"), ("ALTER SYSTEM SET workers = 1", "ALTER SYSTEM")):
            refused(c, text, name)
        equal(c.execute("SELECT id FROM kept_as_is").fetchall(), [(1,)])
        c.rollback()
        c.read_only = None
        c.execute("SET TRANSACTION READ ONLY")
        refused(c, "INSERT INTO kept_as_is VALUES (2)", "INSERT")
        c.execute("INSERT INTO kept_as_is VALUES (2)")  # the next one may write
        c.commit()
        c.autocommit = True
        c.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        refused(c, "INSERT INTO kept_as_is VALUES (3)", "INSERT")
        c.execute("BEGIN READ WRITE")
        c.execute("INSERT INTO kept_as_is VALUES (3)")
        c.execute("COMMIT")
        refused(c, "INSERT INTO kept_as_is VALUES (4)", "INSERT")
        c.execute("SET default_transaction_read_only = off")
        c.execute("INSERT INTO kept_as_is VALUES (4)")
        equal(c.execute("SELECT count(*) FROM kept_as_is").fetchone(), (4,))
    with connect(server, options="-c default_transaction_read_only=on") as c:
        refused(c, "INSERT INTO kept_as_is VALUES (5)", "INSERT")


@check
def a_block_sees_its_rows_through_a_view(server):
    with connect(server) as c:
        c.autocommit = True
        c.execute("CREATE TABLE viewed (id int)")
        c.execute("CREATE VIEW through AS SELECT id FROM viewed")
        c.execute("CREATE MATERIALIZED VIEW counted AS SELECT count(*) AS n FROM viewed")
        c.autocommit = False
        c.execute("INSERT INTO viewed VALUES (1)")
        equal(c.execute("SELECT id FROM through").fetchall(), [(1,)])
        equal(c.execute("SELECT n FROM counted").fetchall(), [(0,)])
        c.commit()
        equal(c.execute("SELECT n FROM counted").fetchall(), [(1,)])


if __name__ == "__main__":
    run_all()
