"""kill -9 while tables, views and sinks are created and dropped: what was acknowledged is so, and nothing is left of the rest.

usage: define.py [SEED]    KILLS in the environment says how often (10)
"""
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

NAMES_EACH = 4


class Definer(threading.Thread):
    """Creates, fills and drops its own tables until the server goes away; known says what the server has acknowledged."""

    def __init__(self, server, number, seed, known):
        super().__init__()
        self.server, self.number, self.draw, self.known = server, number, random.Random(seed), known
        self.surprise = None
        self.start()

    def run(self):
        try:
            with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
                while True:
                    self.step(connection, f"t{self.number}_{self.draw.randrange(NAMES_EACH)}")
        except psycopg.OperationalError:
            pass
        except psycopg.Error as error:
            self.surprise = error

    def step(self, connection, name):
        view = f"CREATE MATERIALIZED VIEW {name}_v AS SELECT k, count(*) AS n FROM {name} GROUP BY k"
        there = self.known.get(name)
        if there is False:
            self.known[name] = None  # not known until it is acknowledged
            connection.execute(f"CREATE TABLE {name} (k int, v text) WITH (partitions = {self.draw.randint(1, 3)})")
            self.known[name] = True
            connection.execute(view)
            connection.execute(f"CREATE SINK {name}_s FROM {name}_v WITH (connector = 'log', topic = '{name}_out', format = 'json', envelope = 'changes')")
        elif self.draw.random() < 0.6:
            connection.execute(f"INSERT INTO {name} SELECT g % 5, 'x' FROM generate_series(1, {self.draw.randint(1, 200)}) g")
        else:
            self.known[name] = None
            connection.execute(f"DROP TABLE {name} CASCADE")
            self.known[name] = False


class DefineTrial(trial.Trial):
    def __init__(self, seed):
        super().__init__(seed, "define")
        self.known = {f"t{i}_{n}": False for i in range(3) for n in range(NAMES_EACH)}

    def check_restart(self, number, connection):
        ask = lambda text: connection.execute(text).fetchall()  # noqa: E731
        defined = {name: kind for name, kind in ask("SELECT name, kind FROM leat_tables WHERE schema = 'public'")}
        for name, there in self.known.items():
            self.check(there is None or there == (name in defined), f"kill {number}: {name} is {'' if name in defined else 'not '}there")
            self.known[name] = name in defined
            if name in defined and f"{name}_v" in defined:
                with connection.transaction():
                    view, batch = ask(f"SELECT k, n FROM {name}_v ORDER BY k"), ask(f"SELECT k, count(*) FROM {name} GROUP BY k ORDER BY k")
                self.check(view == batch, f"kill {number}: {name}_v holds {view}, the batch answer is {batch}")
        topics = {name for name, in ask("SELECT name FROM leat_topics")}
        wanted = set()
        for name in self.known:
            wanted |= {name, name + "__rejected"} if name in defined else set()
            wanted |= {name + "_out"} if name + "_s" in defined else set()
        self.check(topics == wanted, f"kill {number}: topics too many {sorted(topics - wanted)}, missing {sorted(wanted - topics)}")

    def run(self, kills):
        for number in range(kills):
            self.server = Leat(self.folder / "data")
            with psycopg.connect(self.server.conninfo, autocommit=True) as connection:
                self.check_restart(number, connection)
            definers = [Definer(self.server, i, self.random.random(), self.known) for i in range(3)]
            time.sleep(0.05 + 0.5 * self.random.random())
            self.server.kill()
            for d in definers:
                d.join()
                self.check(d.surprise is None, f"kill {number}: {d.surprise}")
        shutil.rmtree(self.folder)


if __name__ == "__main__":
    sys.exit(trial.main(DefineTrial))
