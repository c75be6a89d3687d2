"""A SUBSCRIBE that is read to its end, and what its changes add up to."""
import collections
import threading
import time

import psycopg


class Subscription(threading.Thread):
    """Reads COPY (SUBSCRIBE (query)) until the connection goes."""

    def __init__(self, server, query):
        super().__init__(daemon=True)
        self.connection = psycopg.connect(server.conninfo, autocommit=True)
        self.query = query
        self.lock = threading.Lock()
        self.rows = collections.Counter()
        self.epoch = None
        self.error = None  # it ended before it was closed, or an epoch left a row less than zero times
        self.start()

    def run(self):
        try:
            with self.connection.cursor().copy(f"COPY (SUBSCRIBE ({self.query})) TO STDOUT") as copy:
                rest = b""
                for part in copy:
                    *lines, rest = (rest + bytes(part)).split(b"\n")
                    with self.lock:
                        for line in lines:
                            self._add(*(line.split(b"\t", 2) + [b""])[:3])
        except psycopg.Error as error:
            self.error = self.error or error

    def _add(self, epoch, diff, row):
        if epoch != self.epoch and min(self.rows.values(), default=0) < 0:
            self.error = f"after epoch {self.epoch} a row is there less than zero times"
        self.epoch = epoch
        self.rows[row] += int(diff)
        if self.rows[row] == 0:
            del self.rows[row]

    def contents(self, wanted, seconds=10):
        """The sorted rows, once they are as wanted, or when time is up."""
        until = time.monotonic() + seconds
        while True:
            with self.lock:
                rows = sorted(self.rows.elements())
            if rows == wanted or self.error is not None or time.monotonic() > until:
                return rows
            time.sleep(0.01)

    def close(self):
        self.connection.close()
