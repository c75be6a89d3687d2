"""One answer: whatever way a query's input came, its contents are the same bits.

usage: simulate.py [SEED [COUNT]]    one seed is told in full; without one, SIM_SECONDS (18) of them from SIM_FIRST (1) on

Each seed draws tables, records and queries. Every query is a view made before the records (which come in pieces of random size,
with kill -9 and a restart with another number of workers between two of them), a view made after them, a batch SELECT, and a batch
SELECT on another server that got everything at once, a subscription whose changes are added up, and a sink that writes the first
view's changes, through the kill. PostgreSQL answers too, where doubles are not added up. At random moments a view and its batch
SELECT are compared in one block.
"""
import collections
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import time

import psycopg
from confluent_kafka import Producer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from generate import COLUMNS, Generator, create_table, fits, record  # noqa: E402
from servers import Leat, Postgres  # noqa: E402
from subscription import Subscription  # noqa: E402

QUERY_COUNT = 6
ENDING_ZEROS = re.compile(rb"\.(\d*?)0+(?!\d)")
MINUS_ZERO = re.compile(rb"(?<![0-9.eE])-0(?![0-9.])")


def copy_rows(connection, query):
    """The rows as sorted lines of COPY's text."""
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY ({query}) TO STDOUT") as copy:
            data = b"".join(bytes(part) for part in copy)
    return sorted(data.split(b"\n")[:-1])


def without_scale(rows):
    """Numbers without their last zeros, and -0 as 0: of equal ones in one group PostgreSQL shows the one it saw first, leat always
    the same one."""
    return sorted(MINUS_ZERO.sub(b"0", ENDING_ZEROS.sub(lambda m: b"." + m[1] if m[1] else b"", row)) for row in rows)


def show(rows, other):
    missing = [r.decode() for r in rows if r not in other][:4]
    return f"{len(rows)} rows, here alone: {missing}"


class Simulation:
    def __init__(self, seed, oracle, verbose):
        self.seed, self.oracle, self.verbose = seed, oracle, verbose
        self.draw = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="leat-sim-"))
        self.servers = []
        self.records = []
        self.refused = 0
        self.compared = 0
        self.failures = []

    def say(self, text):
        if self.verbose:
            print(text, flush=True)

    def fail(self, text):
        self.failures.append(text)
        print(f"seed {self.seed}: {text}", flush=True)

    def start(self, name):
        server = Leat(self.folder / name, "--set", f"workers={self.draw.randint(1, 4)}", files=self.folder)
        self.servers.append(server)
        return server, psycopg.connect(server.conninfo, autocommit=True)

    def compare(self, what, query, left, right):
        self.compared += 1
        if left[1] != right[1]:
            self.fail(f"{what}: {left[0]} and {right[0]} differ\n  {query}\n  {left[0]}: {show(left[1], right[1])}\n"
                      f"  {right[0]}: {show(right[1], left[1])}")

    def settle(self, connection):
        """What was acknowledged before is in the cut of the next SELECT of this session."""
        connection.execute("INSERT INTO fence VALUES (1)")
        connection.execute("SELECT count(*) FROM fence").fetchone()

    def send(self, server, records):
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{server.kafka_port}", "linger.ms": 0, "acks": "all", "log_level": 3})
        failed = []
        for table, key, value in records:
            producer.produce(table, value, key=key, on_delivery=lambda error, _m: failed.append(error) if error else None)
        producer.flush(30)
        if failed:
            self.fail(f"a record was not delivered: {failed[0]}")

    def load(self, server, connection):
        """Everything at once: as records, or the lines that fit as files and only the others as records."""
        if self.draw.random() < 0.5:
            self.send(server, self.records)
            return
        rest = []
        lines = {"a": [], "b": []}
        for table, key, value in self.records:
            if table in lines and value is not None and fits(value):
                lines[table].append(value)
            else:
                rest.append((table, key, value))
        for table, values in lines.items():
            path = self.folder / f"{table}.ndjson"
            path.write_text("".join(v + "\n" for v in values), encoding="utf-8")
            connection.execute(f"COPY {table} FROM '{path}' WITH (FORMAT json)")
        self.send(server, rest)

    def make_views(self, connection, generator, prefix, made):
        for n, q in enumerate(generator.queries):
            if any(f"@{m}@" in q.text for m in range(n) if f"{prefix}{m}" not in made):
                continue
            try:
                connection.execute(f"CREATE MATERIALIZED VIEW {prefix}{n} AS {generator.as_view(q.text, prefix)}")
                made.add(f"{prefix}{n}")
            except psycopg.errors.FeatureNotSupported as error:
                self.refused += 1
                self.say(f"refused: {error}")

    def make_sinks(self, connection, generator, made):
        for n in range(QUERY_COUNT):
            if f"v{n}" in made:
                connection.execute(f"CREATE SINK s{n} FROM v{n} WITH (connector = 'log', topic = 'changes{n}', format = 'json', envelope = 'changes',"
                                   f" partitions = {self.draw.randint(1, 3)})")

    def check_sinks(self, connection, generator, made, answers):
        """What a sink has written adds up to its view: nothing twice, nothing lost."""
        for n in answers:
            if f"v{n}" not in made:
                continue
            written = collections.Counter()
            for value, in connection.execute(f"SELECT value FROM changes{n}").fetchall():
                row = json.loads(bytes(value))
                del row["leat_epoch"]
                diff = row.pop("leat_diff")
                written[json.dumps(row)] += diff
            self.compared += 1
            less = [row for row, count in written.items() if count < 0]
            if less or sum(written.values()) != len(answers[n]):
                self.fail(f"the sink of query {n} has written {sum(written.values())} rows, the batch answer has {len(answers[n])};"
                          f" less than zero times: {less[:3]}\n  {generator.as_batch(generator.queries[n].text)}")

    def subscribe(self, server, generator):
        return [Subscription(server, generator.as_batch(q.text)) for q in generator.queries]

    def check_subscriptions(self, subscriptions, answers):
        for n, s in enumerate(subscriptions):
            refused = isinstance(s.error, psycopg.errors.FeatureNotSupported)
            if n in answers and not refused:
                self.compare("a subscription", s.query, ("its changes", s.contents(answers[n])), ("the batch answer", answers[n]))
            if s.error is not None and not refused:
                self.fail(f"a subscription: {s.error}\n  {s.query}")
            s.close()

    def check_block(self, connection, generator, made):
        n = self.draw.randrange(QUERY_COUNT)
        if f"v{n}" not in made:
            return
        batch = generator.as_batch(generator.queries[n].text)
        with connection.transaction():
            view = copy_rows(connection, f"SELECT * FROM v{n}")
            self.compare("in one block", batch, ("the view", view), ("the batch answer", copy_rows(connection, batch)))

    def ask_oracle(self, connection, generator, answers):
        with psycopg.connect(self.oracle.conninfo(), autocommit=True) as postgres:
            for table, columns in COLUMNS.items():
                postgres.execute(f"DROP TABLE IF EXISTS {table}")
                postgres.execute(f"CREATE TABLE {table} ({', '.join(f'{c} {t}' for c, t in columns)})")
                lines = copy_rows(connection, f"SELECT * FROM {table}")
                with postgres.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                    copy.write(b"".join(line + b"\n" for line in lines))
            for n, q in enumerate(generator.queries):
                if not q.exact or n not in answers:
                    continue
                batch = generator.as_batch(q.text)
                if not all(p.exact for m, p in enumerate(generator.queries) if f"@{m}@" in q.text):
                    continue
                try:
                    rows = copy_rows(postgres, batch)
                except psycopg.Error as error:
                    self.fail(f"PostgreSQL fails where leat does not: {error}\n  {batch}")
                    continue
                self.compare("oracle", batch, ("PostgreSQL", without_scale(rows)), ("leat", without_scale(answers[n])))

    def run(self):
        draw = self.draw
        generator = Generator(draw)
        for _ in range(QUERY_COUNT):
            generator.add()
        tables = [create_table(name, draw) for name in COLUMNS] + ["CREATE TABLE fence (x int)"]
        for _ in range(draw.choice([50, 300, 1500])):
            table = draw.choice(["a", "a", "b", "k"])
            self.records.append((table, *record(table, draw)))
        server, connection = self.start("live")
        for statement in tables:
            self.say(statement)
            connection.execute(statement)
        for n, q in enumerate(generator.queries):
            self.say(f"query {n}: {q.text}")
        made = set()
        self.make_views(connection, generator, "v", made)
        self.make_sinks(connection, generator, made)
        subscriptions = self.subscribe(server, generator)
        position, killed = 0, False
        while position < len(self.records):
            size = draw.choice([1, 7, 40, 300, 1000])
            self.send(server, self.records[position:position + size])
            position += size
            if draw.random() < 0.3:
                self.check_block(connection, generator, made)
            if not killed and draw.random() < 0.15:
                killed = True
                server.kill()
                connection.close()
                server, connection = self.start("live")
                subscriptions = self.subscribe(server, generator)
        self.settle(connection)
        self.make_views(connection, generator, "w", made)
        other_server, other = self.start("whole")
        for statement in tables:
            other.execute(statement)
        self.load(other_server, other)
        self.settle(other)
        answers = {}
        for n, q in enumerate(generator.queries):
            batch = generator.as_batch(q.text)
            try:
                answers[n] = copy_rows(connection, batch)
            except (psycopg.errors.FeatureNotSupported, psycopg.errors.DataError) as error:
                self.refused += 1
                self.say(f"refused: {error}\n  {batch}")
                continue
            for prefix, what in (("v", "the view from the start"), ("w", "the view made afterwards")):
                if f"{prefix}{n}" in made:
                    self.compare("at the end", batch, (what, copy_rows(connection, f"SELECT * FROM {prefix}{n}")), ("the batch answer", answers[n]))
            self.compare("another server", batch, ("all at once", copy_rows(other, batch)), ("in pieces", answers[n]))
        self.check_subscriptions(subscriptions, answers)
        self.check_sinks(connection, generator, made, answers)
        rejected = [copy_rows(c, f"SELECT count(*) FROM {t}__rejected") for t in COLUMNS for c in (connection, other)]
        if rejected[0::2] != rejected[1::2]:
            self.fail(f"rejected records differ: {rejected}")
        if self.oracle is not None:
            self.ask_oracle(connection, generator, answers)
        connection.close()
        other.close()
        server.stop()
        other_server.stop()

    def run_and_clean(self):
        try:
            self.run()
        except Exception as problem:
            logs = "".join(s.log()[-1000:] for s in self.servers if s.process.poll() not in (None, 0))
            self.fail(f"{type(problem).__name__}: {problem}\n{logs}")
        for server in self.servers:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()
        if self.failures and self.verbose:
            print("the data is in", self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        return self


def main():
    oracle = Postgres()
    passed = failed = refused = compared = 0
    try:
        if len(sys.argv) > 1:
            count = int(sys.argv[2]) if len(sys.argv) > 2 else 1
            seeds = iter(range(int(sys.argv[1]), int(sys.argv[1]) + count))
        else:
            seeds = itertools.count(int(os.environ.get("SIM_FIRST", "1")))  # the same ones each time; soak begins elsewhere
        until = time.monotonic() + float(os.environ.get("SIM_SECONDS", "18"))
        for seed in seeds:
            s = Simulation(seed, oracle, verbose=len(sys.argv) == 2).run_and_clean()
            passed, failed = passed + (not s.failures), failed + bool(s.failures)
            refused, compared = refused + s.refused, compared + s.compared
            if len(sys.argv) == 1 and time.monotonic() > until:
                break
    finally:
        oracle.stop()
    print(f"{compared} comparisons; {refused} queries were refused as not supported")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
