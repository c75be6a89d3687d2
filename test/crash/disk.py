"""A disk that fails or fills up under a running server: who waits is told at once, reads go on, and nothing acknowledged is lost.

The failure is an fdatasync that returns EIO, or a pwrite beyond 256 KB of a file that returns ENOSPC (the journal, which has its
space, is larger and spared), made by a small library that is loaded before the C library's.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import psycopg
from confluent_kafka import Producer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from servers import Leat  # noqa: E402

FAILING_DISK = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int fdatasync(int fd)
{
    if (access(getenv("FAIL_SYNC"), F_OK) != 0)
        return (int)syscall(SYS_fdatasync, fd);
    errno = EIO;
    return -1;
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t position)
{
    struct stat file;
    if (access(getenv("FILL_DISK"), F_OK) == 0 && fstat(fd, &file) == 0 && file.st_size < (1 << 20) && position + (off64_t)size > 262144) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, data, size, position);
}
"""
AT_ONCE_S = 5  # clients' own timeouts are beyond it


def connect(server):
    return psycopg.connect(server.conninfo, autocommit=True)


def sqlstate_of(connection, statement):
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


class FailingDisk:
    """Servers started by it have a disk that fails once told to."""

    def __init__(self, folder):
        source, library = folder / "disk.c", folder / "disk.so"
        source.write_text(FAILING_DISK)
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
        self.fail, self.fill = folder / "fail", folder / "fill"
        self.variables = {"LD_PRELOAD": str(library), "FAIL_SYNC": str(self.fail), "FILL_DISK": str(self.fill),
                          "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"}

    def start(self, data):
        before = dict(os.environ)
        os.environ.update(self.variables)
        try:
            return Leat(data)
        finally:
            os.environ.clear()
            os.environ.update(before)


def a_failed_sync_is_told_at_once(folder):
    disk = FailingDisk(folder)
    server = disk.start(folder / "data")
    told = {}

    def subscribe():
        try:
            with connect(server) as own, own.cursor().copy("COPY (SUBSCRIBE total) TO STDOUT") as rows:
                for _ in rows:
                    told.setdefault("row", None)
        except psycopg.Error as error:
            told["subscription"] = error.sqlstate
    with connect(server) as c:
        c.execute("CREATE TABLE t (k int, v text) WITH (format = 'json')")
        c.execute("CREATE TABLE named (k int PRIMARY KEY, name text)")
        c.execute("CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM t")
        c.execute("INSERT INTO t SELECT g, 'x' FROM generate_series(1, 1000) g")
        c.execute("INSERT INTO named SELECT g, 'x' FROM generate_series(1, 20000) g")
        reader = threading.Thread(target=subscribe)
        reader.start()
        while "row" not in told:
            time.sleep(0.01)
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{server.kafka_port}", "message.send.max.retries": 0, "log_level": 0,
                             "request.timeout.ms": 60000, "message.timeout.ms": 120000, "error_cb": lambda e: None})
        producer.produce("t", '{"k": 0}')
        producer.flush()
        disk.fail.touch()
        producer.produce("t", '{"k": 0}', on_delivery=lambda error, _: told.update(producer=error))
        producer.flush(AT_ONCE_S)
        reader.join(AT_ONCE_S)
        assert told.get("producer") is not None, "the producer still waits"
        assert told.get("subscription") == "58030", told
        for statement in ("INSERT INTO t VALUES (1)", "INSERT INTO named VALUES (0, '')", "CREATE TABLE u (x int)", "DROP TABLE named"):
            assert sqlstate_of(c, statement) == "58030", statement
        assert "until a restart: the journal has failed" in server.log(), server.log()
        for _ in range(2):  # what was published, in the views and the tables alike
            assert c.execute("SELECT n FROM total").fetchone() == (1001,)
            assert c.execute("SELECT count(*) FROM t").fetchone() == (1001,)
            assert c.execute("SELECT count(*) FROM named").fetchone() == (20000,)
    server.kill()
    server = Leat(folder / "data")
    with connect(server) as c:
        assert c.execute("SELECT n FROM total").fetchone()[0] in (1001, 1002)  # the failed sync may have come through
        assert c.execute("SELECT count(*) FROM named").fetchone() == (20000,)
    server.stop()


def an_epoch_waits_for_room(folder):
    """A sink whose topic finds no room holds up its epoch; it has failed neither then nor afterwards."""
    disk = FailingDisk(folder)
    server = disk.start(folder / "data")
    with connect(server) as c, connect(server) as reader:
        c.execute("CREATE TABLE t (k int, v text) WITH (format = 'json')")
        c.execute("CREATE TABLE named (k int PRIMARY KEY, name text)")
        c.execute("CREATE MATERIALIZED VIEW total AS SELECT count(*) AS n FROM t")
        c.execute("CREATE SINK all_of_it AS SELECT k, repeat(v, 8) AS v FROM t WITH (connector = 'log', topic = 'out', format = 'json')")
        c.execute("INSERT INTO named VALUES (1, 'one')")
        disk.fill.touch()
        sent = 0
        while "waits for room on disk" not in server.log():
            c.execute(f"INSERT INTO t SELECT g, repeat('x', 50) FROM generate_series({sent}, {sent + 199}) g")
            sent += 200
        assert reader.execute("SELECT state FROM leat_sinks").fetchone() == ("running",)
        n = reader.execute("SELECT n FROM total").fetchone()[0]
        assert n < sent and reader.execute("SELECT count(*) FROM t").fetchone() == (n,)
        assert reader.execute("SELECT name FROM named").fetchall() == [("one",)]
        assert sqlstate_of(reader, "CREATE TABLE u (x int)") == "53100"
        disk.fill.unlink()
        assert c.execute("SELECT n FROM total").fetchone() == (sent,)  # which waits for the session's own rows
        assert c.execute("SELECT count(*), count(DISTINCT value) FROM out").fetchone() == (sent, sent)
        assert "goes on" in server.log()
        c.execute("CREATE TABLE u (x int)")
        disk.fill.touch()
        with connect(server) as subscriber:
            subscriber.execute("BEGIN")
            subscriber.execute("DECLARE changes CURSOR FOR SUBSCRIBE total")
            while server.log().count("waits for room on disk") < 2:
                c.execute(f"INSERT INTO t SELECT g, repeat('x', 50) FROM generate_series({sent}, {sent + 199}) g")
                sent += 200
    server.stop()  # with a subscription to be closed, while the epoch waits
    server = Leat(folder / "data")
    with connect(server) as c:
        assert c.execute("SELECT n FROM total").fetchone() == (sent,)
        assert c.execute("SELECT count(*), count(DISTINCT value) FROM out").fetchone() == (sent, sent)
    server.stop()


def main():
    passed = failed = 0
    for test in (a_failed_sync_is_told_at_once, an_epoch_waits_for_room):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="leat-disk-"))
        try:
            test(folder)
            passed += 1
        except Exception:  # noqa: BLE001 - a failed test is reported, and the next one runs
            failed += 1
            print("FAILED:", test.__name__)
            traceback.print_exc(file=sys.stdout)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
