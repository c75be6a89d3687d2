"""The PostgreSQL protocol message by message, over a plain socket: what drivers rely on, and what no driver would send."""
import os
import random
import socket
import struct
import threading
import time

import psycopg

from checks import check, equal, run_all, wait_until


class Client:
    """A connection that sends what it is told and gives messages as (type, body)."""

    def __init__(self, server, start=True, version=3 << 16, **parameters):
        self.socket = socket.create_connection(("127.0.0.1", server.postgres_port), timeout=20)
        self.data = b""
        self.greeting = []
        if start:
            self.send_startup(version, **{"user": "leat", "database": "leat", **parameters})
            self.greeting = self.until("Z")

    def send_startup(self, version, **parameters):
        body = struct.pack("!I", version) + b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in parameters.items()) + b"\0"
        self.socket.sendall(struct.pack("!I", len(body) + 4) + body)

    def send(self, *messages):
        self.socket.sendall(b"".join(messages))

    def read(self, size):
        while len(self.data) < size:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError
            self.data += got
        out, self.data = self.data[:size], self.data[size:]
        return out

    def message(self):
        head = self.read(5)
        return chr(head[0]), self.read(struct.unpack("!I", head[1:])[0] - 4)

    def until(self, kind):
        got = []
        while not got or got[-1][0] != kind:
            got.append(self.message())
        return got

    def types(self, kind="Z"):
        return "".join(m[0] for m in self.until(kind) if m[0] not in "SN")

    def is_closed(self, seconds=5):
        self.socket.settimeout(seconds)
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def message(kind, body=b""):
    return kind.encode() + struct.pack("!I", len(body) + 4) + body


def query(text):
    return message("Q", text.encode() + b"\0")


def parse(text, name="", oids=()):
    return message("P", name.encode() + b"\0" + text.encode() + b"\0" + struct.pack(f"!h{len(oids)}I", len(oids), *oids))


def bind(values=(), portal="", statement="", formats=(), results=()):
    body = portal.encode() + b"\0" + statement.encode() + b"\0" + struct.pack(f"!h{len(formats)}h", len(formats), *formats)
    body += struct.pack("!h", len(values))
    for value in values:
        body += struct.pack("!i", -1) if value is None else struct.pack("!i", len(value)) + value
    return message("B", body + struct.pack(f"!h{len(results)}h", len(results), *results))


def describe(kind, name=""):
    return message("D", kind.encode() + name.encode() + b"\0")


def execute(limit=0, portal=""):
    return message("E", portal.encode() + b"\0" + struct.pack("!i", limit))


def close(kind, name=""):
    return message("C", kind.encode() + name.encode() + b"\0")


SYNC, FLUSH = message("S"), message("H")


def fields(body):
    return {chr(part[0]): part[1:].decode() for part in body.split(b"\0") if part}


def row(body):
    count, at, out = struct.unpack("!h", body[:2])[0], 2, []
    for _ in range(count):
        size = struct.unpack("!i", body[at:at + 4])[0]
        at += 4
        out.append(None if size < 0 else body[at:at + size].decode())
        at += max(size, 0)
    return out


def is_alive(server):
    with psycopg.connect(server.conninfo, autocommit=True) as c:
        equal(c.execute("SELECT 1").fetchone(), (1,))


# ---- start-up ----


@check
def encryption_is_declined_and_the_start_goes_on(server):
    for request in (80877103, 80877104):
        with Client(server, start=False) as c:
            c.send(struct.pack("!II", 8, request))
            equal(c.read(1), b"N")
            c.send_startup(3 << 16, user="leat")
            equal(c.types()[0], "R")


@check
def the_greeting_has_what_drivers_read(server):
    with Client(server) as c:
        parameters = dict(m[1].decode().split("\0")[:2] for m in c.greeting if m[0] == "S")
        equal((parameters["server_encoding"], parameters["client_encoding"], parameters["integer_datetimes"], parameters["DateStyle"],
               parameters["standard_conforming_strings"]), ("UTF8", "UTF8", "on", "ISO, MDY", "on"))
        assert parameters["server_version"].startswith("15")
        equal(len([m for m in c.greeting if m[0] == "K" and len(m[1]) == 8]), 1)


@check
def newer_protocols_are_negotiated_down(server):
    with Client(server, version=(3 << 16) + 2) as c:
        equal(c.greeting[0], ("v", struct.pack("!II", 3 << 16, 0)))
    with Client(server, **{"_pq_.compression": "zstd"}) as c:
        equal(c.greeting[0], ("v", struct.pack("!II", 3 << 16, 1) + b"_pq_.compression\0"))
    with Client(server, start=False) as c:
        c.send_startup(2 << 16, user="leat")
        equal(fields(c.until("E")[-1][1])["C"], "0A000")


@check
def start_ups_that_are_refused(server):
    for parameters, state in (({"database": "leat"}, "28000"), ({"user": ""}, "28000"), ({"user": "a", "nope": "1"}, "42704"),
                              ({"user": "a", "replication": "true"}, "0A000"), ({"user": "a", "options": "-c nope=1"}, "42704"),
                              ({"user": "a", "options": "-c"}, "42601"), ({"user": "a", "TimeZone": "Nowhere"}, "22023"),
                              ({"user": "a", "client_encoding": "LATIN1"}, "22023")):
        with Client(server, start=False) as c:
            c.send_startup(3 << 16, **parameters)
            got = fields(c.until("E")[-1][1])
            equal((parameters, got["C"], got["S"]), (parameters, state, "FATAL"))
            assert c.is_closed()
    with Client(server, replication="false", options="--TimeZone=UTC -c application_name=x"):
        pass


# ---- simple queries ----


@check
def simple_queries(server):
    with Client(server) as c:
        for text, types in (("", "IZ"), (" ; ;", "IZ"), ("SELECT 1", "TDCZ"), ("SELECT 1; SELECT 2", "TDCTDCZ"), ("SELECT 1; SELECT 1/0; SELECT 2", "TDCTEZ"),
                            ("SELECT 1; nonsense", "EZ"), ("SET TimeZone = 'UTC'", "CZ"), ("BEGIN", "CZ"), ("SELECT nope", "EZ"), ("SELECT 1", "EZ"), ("ROLLBACK", "CZ")):
            c.send(query(text))
            equal((text, c.types()), (text, types))
        c.send(query("SELECT '" + "x" * 3_000_000 + "'"))
        equal(len(c.until("Z")[1][1]), 3_000_006)
        c.send(message("Q", b"SELECT '\xff\xfe'\0"))
        equal(fields(c.until("Z")[0][1])["C"], "22021")
        c.send(message("Q", b"SELECT 1"))  # no NUL at the end
        equal(c.types(), "EZ")
        c.send(query("SELECT 1"))
        equal(c.types(), "TDCZ")


# ---- extended queries ----


@check
def parse_bind_describe_execute(server):
    with Client(server) as c:
        c.send(parse("SELECT $1::int + $2, 'a' AS t", "s"), describe("S", "s"), bind([b"1", b"2"], "p", "s"), describe("P", "p"), execute(0, "p"), SYNC)
        got = c.until("Z")
        equal("".join(m[0] for m in got), "1tT2TDCZ")
        equal(got[1][1], struct.pack("!hII", 2, 23, 23))
        equal(row(got[5][1]), ["3", "a"])
        equal(got[6][1], b"SELECT 1\0")
        c.send(bind([None, b"2"], "", "s"), execute(), SYNC)
        equal(row(c.until("Z")[1][1]), [None, "a"])
        c.send(parse("SELECT 1", "s"), SYNC)
        equal(fields(c.until("Z")[0][1])["C"], "42P05")
        c.send(close("S", "s"), close("P", "never"), parse("SELECT 1", "s"), SYNC)
        equal(c.types(), "331Z")
        c.send(parse(""), bind(), describe("P"), execute(), SYNC)
        equal(c.types(), "12nIZ")


@check
def a_row_limit_suspends_the_portal(server):
    with Client(server) as c:
        c.send(query("BEGIN"))
        c.until("Z")
        c.send(parse("SELECT * FROM generate_series(1, 7) AS g(i)"), bind(portal="p"), execute(3, "p"), FLUSH)
        equal(c.types("s"), "12DDDs")
        c.send(execute(3, "p"), SYNC)
        equal(c.types(), "DDDsZ")
        c.send(parse("SELECT 'between'"), bind(), execute(), SYNC)  # another statement while it is suspended
        equal(c.types(), "12DCZ")
        c.send(execute(3, "p"), execute(3, "p"), SYNC)
        equal(c.types(), "DCCZ")
        c.send(query("COMMIT"), bind(portal="p"), close("P", "p"), execute(1, "p"), SYNC)
        equal(c.types(), "CZ")
        got = c.until("Z")
        equal(fields(got[-2][1])["C"], "34000")


@check
def an_error_skips_to_sync(server):
    with Client(server) as c:
        c.send(parse("SELECT 1/$1::int"), bind([b"0"]), execute(), parse("SELECT 1"), bind(), execute(), close("S"), FLUSH, SYNC,
               parse("SELECT 2"), bind(), execute(), SYNC)
        equal(c.types(), "12EZ")
        equal(c.types(), "12DCZ")
        for bad, state in ((bind(statement="no"), "26000"), (describe("S", "no"), "26000"), (describe("P", "no"), "34000"), (execute(0, "no"), "34000"),
                           (message("P", b"no end"), "08P01"), (message("B", b"\0\0\0\7"), "08P01"), (message("D", b""), "08P01"), (message("E", b"\0"), "08P01"),
                           (message("C", b"S"), "08P01"), (message("F", b"\0\0\0\1"), "08P01"), (message("~", b"?"), "08P01"),
                           (parse("SELECT 1; SELECT 2"), "42601")):
            c.send(bad, SYNC)
            got = c.until("Z")
            equal((bad, [m[0] for m in got], fields(got[0][1])["C"]), (bad, ["E", "Z"], state))
        c.send(parse("SELECT $1::int, $2::int"), bind([b"1"]), SYNC)
        equal(fields(c.until("Z")[1][1])["C"], "08P01")
        c.send(parse("SELECT $1::int"), bind([b"x"]), execute(), SYNC)
        assert "22P02" in [fields(m[1])["C"] for m in c.until("Z") if m[0] == "E"]
        c.send(parse("SELECT $1::int", oids=[23]), bind([b"\1"], formats=[1]), SYNC)
        equal(fields(c.until("Z")[1][1])["C"][:2], "08")
        c.send(parse("SELECT $1::text", oids=[25]), bind([b"\xff"]), execute(), SYNC)
        assert "22021" in [fields(m[1])["C"] for m in c.until("Z") if m[0] == "E"]
    is_alive(server)


@check
def many_messages_in_one_packet(server):
    with Client(server) as c:
        c.send(b"".join(parse("SELECT $1::int") + bind([str(i).encode()]) + execute() + SYNC for i in range(500)))
        got = [row(m[1])[0] for _ in range(500) for m in c.until("Z") if m[0] == "D"]
        equal(got, [str(i) for i in range(500)])


@check
def a_large_answer_without_a_limit_is_not_kept_in_memory(server):
    with Client(server) as c:
        before = resident(server)
        c.send(parse("SELECT i, repeat('x', 500) FROM generate_series(1, 200000) AS g(i)"), bind(), execute(), SYNC)
        rows = 0
        while True:
            kind, _ = c.message()
            rows += kind == "D"
            if kind == "Z":
                break
        equal(rows, 200_000)
        assert peak(server) - before < megabytes(server, 40), f"{(peak(server) - before) >> 20} MB more"


# ---- COPY ----


@check
def copy_that_the_client_fails(server):
    with Client(server) as c:
        c.send(query("CREATE TABLE failing (id int PRIMARY KEY)"))
        c.until("Z")
        c.send(query("COPY failing FROM STDIN"), message("d", b"1\n"), message("f", b"changed my mind\0"))
        got = c.until("Z")
        equal([m[0] for m in got], ["G", "E", "Z"])
        equal(fields(got[1][1])["C"], "57014")
        equal(fields(got[1][1])["M"], "COPY from stdin failed: changed my mind")
        c.send(query("COPY failing FROM STDIN"), message("d", b"x\n"), message("d", b"1\n" * 1000), message("c"), query("SELECT count(*) FROM failing"))
        equal(c.types(), "GEZ")  # the CopyData that is still on its way is dropped
        got = c.until("Z")
        equal(row(got[1][1]), ["0"])
        c.send(query("COPY failing FROM STDIN"), message("d", b"1\n2"), message("H"), message("d", b"\n3\n"), message("c"))
        equal(c.until("Z")[1], ("C", b"COPY 3\0"))
        c.send(query("COPY failing FROM STDIN"), query("SELECT 1"))
        equal(c.types(), "GEZ")
        c.send(parse("COPY failing FROM STDIN"), bind(), execute(), SYNC, message("d", b"4\n"), message("c"), SYNC)
        got = c.types()
        got += c.types() if got.count("C") == 0 else ""
        assert got.startswith("12G") and "E" not in got, got
        c.send(query("SELECT 1"))
        while c.types() != "TDCZ":
            pass
    is_alive(server)


@check
def a_client_that_vanishes_in_copy_leaves_nothing(server):
    with psycopg.connect(server.conninfo, autocommit=True) as admin:
        admin.execute("CREATE TABLE vanishing (id int PRIMARY KEY)")
        for _ in range(20):
            c = Client(server)
            c.send(query("COPY vanishing FROM STDIN"), message("d", b"1\n2\n3\n"))
            c.until("G")
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()
        equal(admin.execute("SELECT count(*) FROM vanishing").fetchone(), (0,))


# ---- attacks ----


def resident(server):
    return status_bytes(server, "VmRSS")


def peak(server):
    return status_bytes(server, "VmHWM")


def status_bytes(server, name):
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name))


def megabytes(server, count):
    """In bytes; sanitizers keep freed memory for long, and shadows of all of it."""
    with open(f"/proc/{server.process.pid}/maps", encoding="utf-8") as file:
        maps = file.read()
    return count << (24 if "libtsan" in maps or "libasan" in maps else 20)


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def threads(server):
    return len(os.listdir(f"/proc/{server.process.pid}/task"))


@check
def garbage_as_start_up(server):
    source = random.Random(1)
    for size in (1, 3, 4, 5, 8, 9, 100, 5000, 70000):
        for _ in range(20):
            with Client(server, start=False) as c:
                try:
                    c.send(source.randbytes(size))
                    c.socket.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
                assert c.is_closed()
    for length in (0, 3, 4, 7, 10001, 2**31 - 1, 2**32 - 1):
        with Client(server, start=False) as c:
            c.send(struct.pack("!II", length, 3 << 16) + b"user\0leat\0\0")
            assert c.is_closed(2)
    for body in (b"", b"user", b"user\0", b"user\0leat", b"user\0leat\0", b"user\0leat\0database", b"\0\0\0\0\0", b"user\0leat\0\0x"):
        with Client(server, start=False) as c:
            c.send(struct.pack("!II", len(body) + 8, 3 << 16) + body)
            try:
                c.socket.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            assert c.is_closed(2)
    is_alive(server)


@check
def garbage_as_messages(server):
    source = random.Random(2)
    for i in range(150):
        with Client(server) as c:
            kinds = "PBDECHSQdcfpX~\0F"
            parts = b"".join(message(source.choice(kinds), source.randbytes(source.choice([0, 1, 4, 9, 40]))) for _ in range(10))
            c.send(parts if i % 2 else source.randbytes(300))
            try:
                c.socket.shutdown(socket.SHUT_WR)
                assert c.is_closed()
            except OSError:
                pass
    is_alive(server)


@check
def lengths_that_lie(server):
    for length in (0, 3, 2**28 + 1, 2**31 - 1, 2**32 - 1):
        with Client(server) as c:
            c.send(b"Q" + struct.pack("!I", length) + b"SELECT 1\0")
            got = fields(c.until("E")[-1][1])
            equal((got["S"], got["C"]), ("FATAL", "08P01"))
            assert c.is_closed(2)
    with Client(server) as c:
        c.send(query("COPY (SELECT 1) TO STDOUT"), b"Q" + struct.pack("!I", 2))
        assert c.is_closed(2)
    with Client(server) as c:
        c.send(query("CREATE TABLE lying (id int PRIMARY KEY)"), query("COPY lying FROM STDIN"), b"d" + struct.pack("!I", 1))
        assert c.is_closed(2)
    with Client(server, start=False) as c:  # before it has come in, a client may not send much
        c.send_startup(3 << 16, user="leat", client_encoding="nope")
        assert c.is_closed(2)


@check
def half_a_frame_takes_no_memory(server):
    before = resident(server)
    clients = [Client(server) for _ in range(50)]
    for c in clients:
        c.send(b"Q" + struct.pack("!I", 200_000_000) + b"SELECT")
    time.sleep(0.3)
    assert resident(server) - before < megabytes(server, 100)
    is_alive(server)
    for c in clients:
        c.close()


@check
def a_client_that_does_not_read_holds_nobody_up(server):
    before = resident(server)
    stuck = [Client(server) for _ in range(4)]
    for c in stuck:
        c.send(query("SELECT i, 'some text to fill the socket' FROM generate_series(1, 100000000) AS g(i)"))
    time.sleep(1)
    assert resident(server) - before < megabytes(server, 60), f"{(resident(server) - before) >> 20} MB more"
    begin = time.monotonic()
    with psycopg.connect(server.conninfo, autocommit=True) as c:
        equal(c.execute("SELECT sum(i) FROM generate_series(1, 1000000) AS g(i)").fetchone()[0], 500000500000)
    assert time.monotonic() - begin < 2
    for c in stuck:
        c.close()


@check
def a_subscriber_that_vanishes_is_gone_soon(server):
    with psycopg.connect(server.conninfo, autocommit=True) as admin:
        admin.execute("CREATE TABLE watched (id int PRIMARY KEY)")
        time.sleep(0.3)
        before = threads(server), descriptors(server)
        clients = [Client(server) for _ in range(10)]
        for i, c in enumerate(clients):
            c.send(query("COPY (SUBSCRIBE watched) TO STDOUT" if i % 2 else "SUBSCRIBE watched"))
            c.until("H" if i % 2 else "T")
        assert threads(server) == before[0] + 10
        for i, c in enumerate(clients):
            if i % 3 == 0:
                c.send(message("X"))  # libpq says good-bye
            c.close()
        wait_until(lambda: (threads(server), descriptors(server)) == before, 2.5, "the sessions' end")
        admin.execute("INSERT INTO watched VALUES (1)")


@check
def a_subscriber_that_does_not_read_is_ended(server):
    """Its changes wait in memory up to subscription_buffer (here 1 MB); others are not delayed."""
    with psycopg.connect(server.conninfo, autocommit=True) as admin, Client(server) as lazy:
        admin.execute("CREATE TABLE busy (id int PRIMARY KEY, t text)")
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.send(query("SUBSCRIBE busy"))
        lazy.until("T")
        before = resident(server)
        for i in range(60):
            begin = time.monotonic()
            admin.execute("INSERT INTO busy SELECT i, repeat('x', 1000) FROM generate_series(%s::int, %s::int) AS g(i)", (i * 1000, i * 1000 + 999))
            assert time.monotonic() - begin < 2
        assert resident(server) - before < megabytes(server, 300), f"{(resident(server) - before) >> 20} MB more"
        equal(admin.execute("SELECT count(*) FROM busy").fetchone(), (60000,))


@check
def five_hundred_connections(server):
    clients = [Client(server) for _ in range(490)]
    for c in clients:
        c.send(query("SELECT 1"))
    for c in clients:
        equal(c.types(), "TDCZ")
    extra = []
    try:
        for _ in range(60):
            extra.append(Client(server, start=False))
            extra[-1].send_startup(3 << 16, user="leat")
            kind, body = extra[-1].message()
            if kind == "E":
                break
        equal(fields(body)["C"], "53300")  # max_connections = 500
    except ConnectionError:
        pass
    for c in clients + extra:
        c.close()
    wait_until(lambda: threads(server) < 40, 5, "the threads' end")
    is_alive(server)


@check
def ten_thousand_connects_leak_nothing(server):
    def connects(count):
        for _ in range(count):
            with Client(server) as c:
                c.send(query("SELECT 1"), message("X"))
                c.types()

    connects(500)
    time.sleep(0.5)
    before = resident(server), descriptors(server), threads(server)
    workers = [threading.Thread(target=connects, args=(int(os.environ.get("CONNECTS", "2000")) // 4,)) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    time.sleep(0.5)
    equal((descriptors(server), threads(server)), before[1:])
    assert resident(server) - before[0] < megabytes(server, 10), f"{(resident(server) - before[0]) >> 10} kB more"


@check
def deep_and_long_statements(server):
    with Client(server) as c:
        for text in ("SELECT " + "(" * 50000 + "1" + ")" * 50000, "SELECT " + "+".join(["1"] * 100000), "SELECT " + "NOT " * 50000 + "true",
                     "SELECT " + "-" * 1 + "- " * 50000 + "1", "SELECT * FROM " + "(SELECT * FROM " * 3000 + "(SELECT 1) a" + ") a" * 3000,
                     "SELECT 1 WHERE " + " AND ".join(["1=1"] * 30000), "SELECT " + "CASE WHEN true THEN " * 3000 + "1" + " END" * 3000,
                     "SELECT 1 IN (" + ",".join(map(str, range(50000))) + ")", "SELECT 1 " + "UNION ALL SELECT 1 " * 5000, "(" * 20000,
                     "SELECT " + "abs(" * 5000 + "1" + ")" * 5000, "SELECT " + ",".join(["1"] * 20000)):
            c.send(query(text))
            types = c.types()
            assert types in ("EZ", "TEZ") or types.startswith("TD"), (text[:40], types)
    is_alive(server)


@check
def stop_with_everything_going_on(server):
    """Last, because the server ends: open subscriptions, a running query, a client that does not read, a COPY, idle ones."""
    clients = [Client(server) for _ in range(20)]
    for i, c in enumerate(clients):
        c.send([query("SUBSCRIBE watched"), query("COPY (SUBSCRIBE watched) TO STDOUT"), query("SELECT count(*) FROM generate_series(1, 100000000000) AS g(i)"),
                query("SELECT i, 'text' FROM generate_series(1, 1000000000) AS g(i)"), query("COPY watched FROM STDIN"), b"", b"Q\0\0", query("BEGIN")][i % 8])
    silent = Client(server, start=False)
    time.sleep(0.5)
    begin = time.monotonic()
    server.stop()
    took = time.monotonic() - begin
    assert took < 1.0, f"stopping took {took:.2f} s"
    silent.close()
    for i, c in enumerate(clients):
        if i % 8 in (1, 2, 4):  # those whose last message can still be read: that it was the server's end, and nothing else
            last = c.until("E")[-1][1]
            assert b"C57P01\0" in last and b"SFATAL\0" in last, last
    for c in clients:
        c.close()
    server.__init__(server.data)  # for those behind it
    is_alive(server)


if __name__ == "__main__":
    run_all("--set", "max_connections=500", "--set", "subscription_buffer=1MB")
