"""The servers that are measured: leat, and a real Kafka."""
import pathlib
import re
import shutil
import subprocess
import time

import psycopg

from measure import LEAT, OUT, PYTHON, ROOT, Skipped, output_of


class Leat:
    """`leat serve` over a folder, on ports that it picks."""

    def __init__(self, folder, *arguments):
        self.log = pathlib.Path(f"{folder}.log")
        began = time.perf_counter()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([LEAT, "serve", "--data", str(folder), "--kafka", "127.0.0.1:0", "--postgres", "127.0.0.1:0",
                                             *arguments], stdout=subprocess.PIPE, stderr=log)
        ready = self.process.stdout.readline() == b"ready\n"
        self.ready_ms = (time.perf_counter() - began) * 1e3
        if not ready:
            self.process.wait()
            raise RuntimeError("leat did not start: " + self.log.read_text(encoding="utf-8"))

    def address(self, protocol):
        return re.search(rf"{protocol} on (\S+)", self.log.read_text(encoding="utf-8")).group(1)

    def connect(self):
        host, port = self.address("postgres").rsplit(":", 1)
        return psycopg.connect(f"host={host} port={port} user=leat dbname=leat", autocommit=True)

    def status(self, name):
        """A figure in kB of /proc/PID/status."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"{name}:\s+(\d+)", text).group(1))

    def cpu_ticks(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rsplit(") ", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def switches(self):
        """How often its threads have gone to sleep so far: each is a wake-up."""
        return sum(int(re.search(r"\nvoluntary_ctxt_switches:\s+(\d+)", task.read_text(encoding="utf-8")).group(1))
                   for task in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/status"))

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Kafka:
    """One real broker from tools/kafka_dev, in build/bench/kafka, without records at the start."""

    TOOL, FOLDER = str(ROOT / "tools" / "kafka_dev"), OUT / "kafka"

    def __init__(self):
        if not shutil.which("java"):
            raise Skipped("no java")
        if not (self.FOLDER / "lib").exists():
            try:
                self._tool("install")
            except subprocess.CalledProcessError as failure:
                raise Skipped("Kafka could not be fetched") from failure
        self._tool("wipe")
        self.brokers, pid, ready_ms = self._tool("start").split()
        self.pid, self.ready_ms = int(pid), float(ready_ms)

    def _tool(self, verb):
        return output_of(PYTHON, self.TOOL, verb, str(self.FOLDER))

    def version(self):
        return next(self.FOLDER.glob("lib/kafka-streams-*.jar")).stem.rsplit("-", 1)[1]

    def stop(self):
        self._tool("stop")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Streams:
    """The Kafka Streams program of FraudStreams.java on a broker."""

    def __init__(self, kafka):
        self.kafka, classes = kafka, OUT / "classes"
        classes.mkdir(parents=True, exist_ok=True)
        path = f"{kafka.FOLDER}/lib/*"
        output_of("javac", "-cp", path, "-d", str(classes), str(ROOT / "bench" / "FraudStreams.java"))
        self.command = ["java", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", "-cp", f"{classes}:{path}", "FraudStreams", kafka.brokers,
                        "transactions", "fraud-alerts"]
