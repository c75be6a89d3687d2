"""kill -9 at random moments under load: nothing acknowledged is lost, nothing counted twice, no total wrong at any read.

usage: kill.py [SEED]    KILLS in the environment says how often (10)

Writers move money between ten accounts, each transfer one INSERT of two rows; Kafka producers write to a second table.
Views add up, a view on a view adds those up, and sinks write topics. Readers ask all the time. After each restart every
view, sink topic and acknowledged record is compared with the batch answer.
"""
import collections
import json
import pathlib
import random
import shutil
import sys
import threading
import time

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import trial  # noqa: E402
from servers import Leat  # noqa: E402

SCHEMA = [
    "CREATE TABLE ledger (writer int, seq int, account int, amount numeric(12,2)) WITH (partitions = 4)",
    "CREATE TABLE events (writer int, seq int, note text) WITH (partitions = 3, format = 'json')",
    "CREATE TABLE owner (account int PRIMARY KEY, name text, version int) WITH (format = 'json')",
    "CREATE MATERIALIZED VIEW balance AS SELECT account, sum(amount) AS balance, count(*) AS n FROM ledger GROUP BY account",
    "CREATE MATERIALIZED VIEW total AS SELECT sum(balance) AS balance, sum(n) AS n FROM balance",
    "CREATE MATERIALIZED VIEW note_count AS SELECT note, count(*) AS n, min(seq) AS first, max(seq) AS last FROM events GROUP BY note",
    "CREATE MATERIALIZED VIEW named AS SELECT o.name, o.version, b.balance, b.n FROM balance b LEFT JOIN owner o ON o.account = b.account",
    "CREATE SINK send_large AS SELECT _partition AS p, _offset AS o, writer, seq, amount FROM ledger WHERE amount > 90"
    " WITH (connector = 'log', topic = 'large', format = 'json', envelope = 'append')",
    "CREATE SINK send_balances FROM balance WITH (connector = 'log', topic = 'balances', format = 'json', envelope = 'upsert', key = 'account')",
]
SAME = {  # a view and the batch query that must give the same
    "balance": "SELECT account, sum(amount) AS balance, count(*) AS n FROM ledger GROUP BY account",
    "total": "SELECT sum(amount) AS balance, count(*)::numeric AS n FROM ledger",
    "note_count": "SELECT note, count(*) AS n, min(seq) AS first, max(seq) AS last FROM events GROUP BY note",
    "named": "SELECT o.name, o.version, b.balance, b.n FROM (SELECT account, sum(amount) AS balance, count(*) AS n FROM ledger"
             " GROUP BY account) b LEFT JOIN owner o ON o.account = b.account",
}
NOTES = ["red", "green", "blue", "a longer note that does not fit into the short form", ""]


class KillTrial(trial.Trial):
    def __init__(self, seed):
        super().__init__(seed, "crash")
        self.stopping = threading.Event()
        self.acknowledged = set()  # (writer, seq) of INSERTs
        self.attempted = set()
        self.produced = set()  # (writer, seq) of acknowledged Kafka records
        self.owners = {}  # account: highest version acknowledged
        self.seq = collections.Counter()
        self.reads = 0

    # ---- load ----

    def transfer(self, writer, seed):
        """Transfers until the server goes away; a transfer whose COMMIT was answered must last."""
        draw = random.Random(seed)
        try:
            with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
                while not self.stopping.is_set():
                    seq = self.seq[writer] = self.seq[writer] + 1
                    a, b = draw.sample(range(10), 2)
                    amount = f"{draw.randrange(1, 10000) / 100:.2f}"
                    self.attempted.add((writer, seq))
                    statement = f"INSERT INTO ledger VALUES ({writer}, {seq}, {a}, {amount}), ({writer}, {seq}, {b}, -{amount})"
                    if draw.random() < 0.1:  # in a block, of two statements
                        with connection.transaction():
                            connection.execute(f"INSERT INTO ledger VALUES ({writer}, {seq}, {a}, {amount})")
                            connection.execute(f"INSERT INTO ledger VALUES ({writer}, {seq}, {b}, -{amount})")
                    else:
                        connection.execute(statement)
                    self.acknowledged.add((writer, seq))
        except psycopg.OperationalError:
            pass

    def read(self):
        try:
            with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
                while not self.stopping.is_set():
                    row = connection.execute("SELECT sum(balance), sum(n) FROM balance").fetchone()
                    if row[0] not in (None, 0) or (row[1] or 0) % 2:
                        self.check(False, f"a read saw balances of {row[0]} in {row[1]} rows")
                    with connection.transaction():
                        row = connection.execute("SELECT balance, n FROM total").fetchone()
                        batch = connection.execute("SELECT sum(amount), count(*) FROM ledger").fetchone()
                    if row is not None and (row[0], row[1] or 0) != batch:
                        self.check(False, f"one block saw {row} in the view and {batch} in the table")
                    self.reads += 1
        except psycopg.OperationalError:
            pass

    def produce(self, writer, seed):
        """Events and owners through Kafka, acknowledged by the delivery report."""
        from confluent_kafka import KafkaException, Producer
        draw = random.Random(seed)
        producer = Producer({"bootstrap.servers": f"127.0.0.1:{self.server.kafka_port}", "acks": "all", "linger.ms": 2,
                             "enable.idempotence": True, "message.timeout.ms": 60000, "log_level": 0,
                             "compression.type": draw.choice(["none", "lz4", "snappy", "zstd", "gzip"]), "error_cb": lambda e: None})

        def delivered(key, add):
            def report(error, _message):
                if error is None:
                    add(key)
            return report

        def own(key):
            self.owners[key[0]] = max(self.owners.get(key[0], 0), key[1])
        try:
            while not self.stopping.is_set():
                for _ in range(draw.choice([1, 10, 100])):
                    seq = self.seq[writer] = self.seq[writer] + 1
                    if draw.random() < 0.9:
                        value = {"writer": writer, "seq": seq, "note": draw.choice(NOTES)}
                        producer.produce("events", json.dumps(value), on_delivery=delivered((writer, seq), self.produced.add))
                    elif writer == 100:  # one writer only, so that the last version is the highest
                        account = draw.randrange(10)
                        value = {"account": account, "name": f"owner {account}", "version": seq}
                        producer.produce("owner", json.dumps(value), key=str(account), on_delivery=delivered((account, seq), own))
                producer.poll(0)
                time.sleep(0.002)
        except (BufferError, KafkaException):
            pass
        producer.purge(in_queue=True, in_flight=True)
        producer.flush(0.2)

    def run_load(self, seconds):
        self.stopping.clear()
        tasks = [(self.transfer, w, self.random.random()) for w in range(3)] + [(self.read,)]
        if self.server.kafka_port:
            tasks += [(self.produce, 100, self.random.random()), (self.produce, 101, self.random.random())]
        threads = [threading.Thread(target=task[0], args=task[1:]) for task in tasks]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
        self.server.kill()
        self.stopping.set()
        for thread in threads:
            thread.join()

    # ---- what must hold after a restart ----

    def settled(self, connection):
        """The views and sinks have taken in all that is in the log."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            large = connection.execute("SELECT count(*) FROM ledger WHERE amount > 90").fetchone()[0]
            if connection.execute("SELECT count(*) FROM large").fetchone()[0] >= large:
                return True
            time.sleep(0.02)
        return False

    def check_restart(self, number):
        with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
            ask = lambda text: connection.execute(text).fetchall()  # noqa: E731
            rows = collections.Counter((w, s) for w, s in ask("SELECT writer, seq FROM ledger"))
            lost = [k for k in self.acknowledged if rows[k] != 2]
            self.check(not lost, f"kill {number}: of {len(self.acknowledged)} acknowledged transfers {len(lost)} are not there: {lost[:5]}")
            halves = [k for k, n in rows.items() if n != 2 or k not in self.attempted]
            self.check(not halves, f"kill {number}: half or double transfers {[(k, rows[k]) for k in halves[:5]]}")
            events = collections.Counter((w, s) for w, s in ask("SELECT writer, seq FROM events"))
            lost = [k for k in self.produced if events[k] == 0]
            self.check(not lost, f"kill {number}: of {len(self.produced)} acknowledged events {len(lost)} are lost: {lost[:5]}")
            double = [k for k, n in events.items() if n > 1]
            self.check(not double, f"kill {number}: events are there more than once: {double[:5]}")
            versions = dict(ask("SELECT account, version FROM owner"))
            old = [(a, v, versions.get(a)) for a, v in self.owners.items() if versions.get(a, 0) < v]
            self.check(not old, f"kill {number}: owners are older than acknowledged: {old[:5]}")
            self.check(self.settled(connection), f"kill {number}: the sink does not catch up with its input")
            key = lambda row: [str(v) for v in row]  # noqa: E731
            for view, query in SAME.items():
                with connection.transaction():
                    live, batch = ask(f"SELECT * FROM {view}"), ask(query)
                self.check(sorted(live, key=key) == sorted(batch, key=key),
                           f"kill {number}: {view} holds {len(live)} rows {sorted(live, key=key)[:3]}, the batch answer {len(batch)} rows"
                           f" {sorted(batch, key=key)[:3]}")
            self.check_sinks(number, ask)

    def check_sinks(self, number, ask):
        sent = [json.loads(bytes(value)) for value, in ask("SELECT value FROM large ORDER BY _offset")]
        batch = ask("SELECT _partition, _offset, writer, seq, amount FROM ledger WHERE amount > 90")
        got = [(r["p"], r["o"]) for r in sent]
        self.check(sorted(got) == sorted((r[0], r[1]) for r in batch),
                   f"kill {number}: the sink's topic has {len(got)} records, {len(set(got))} different ones, the batch answer {len(batch)}")
        last = {}
        order = [(p, last.get(p, -1), o) for p, o in got if last.get(p, -1) >= o or last.update({p: o})]
        self.check(not order, f"kill {number}: the sink's records are out of order: {order[:5]}")
        final = {}
        for key, value in ask("SELECT key, value FROM balances ORDER BY _offset"):
            final[bytes(key).decode()] = None if value is None else json.loads(bytes(value))
        expected = {str(a): (float(b), n) for a, b, n in ask("SELECT account, balance, n FROM balance")}
        got = {k: (float(v["balance"]), v["n"]) for k, v in final.items() if v is not None}
        self.check(got == expected, f"kill {number}: the last records of the upsert topic give {got}, the view {expected}")

    def run(self, kills):
        self.server = Leat(self.folder / "data")
        with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
            for statement in SCHEMA:
                connection.execute(statement)
        restarts = []
        for number in range(1, kills + 1):
            self.run_load(self.random.choice([0.05, 0.2, 0.5, 1.0]) * self.random.random() + 0.15)
            began = time.monotonic()
            self.server = Leat(self.folder / "data")
            restarts.append(time.monotonic() - began)
            self.check_restart(number)
            if len(self.failures) > 20:
                break
        self.server.stop()
        print(f"{len(self.acknowledged)} transfers and {len(self.produced)} events acknowledged, {self.reads} reads; "
              f"restart {min(restarts) * 1e3:.0f} to {max(restarts) * 1e3:.0f} ms")
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    sys.exit(trial.main(KillTrial))
