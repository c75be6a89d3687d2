"""Starts the servers that tests talk to: leat itself, and PostgreSQL as the oracle. Each ends by its process id."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time

LEAT = os.environ.get("LEAT", "build/leat")
POSTGRES_PROGRAMS = pathlib.Path(os.environ.get("POSTGRES_PROGRAMS", "/usr/lib/postgresql/15/bin"))


class Leat:
    """`leat serve` over a data folder, on ports that it picks."""

    def __init__(self, data, *arguments, files=None, ready_in_s=60):
        self.data = str(data)
        self.log_path = self.data.rstrip("/") + ".log"
        self.log_size = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        command = [LEAT, "serve", "--data", self.data, "--kafka", "127.0.0.1:0", "--postgres", "127.0.0.1:0"]
        if files:
            command += ["--files", str(files)]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command + list(arguments), stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline()
        if line != b"ready\n":
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"leat did not become ready; it wrote:\n{self.log()}")
        self.postgres_port = self._port("postgres")
        self.kafka_port = self._port("kafka")

    def _port(self, protocol):
        match = re.search(protocol + r" on 127\.0\.0\.1:(\d+)", self.log())
        return int(match.group(1)) if match else None

    def log(self):
        """What this process has written on stderr."""
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            file.seek(self.log_size)
            return file.read()

    @property
    def conninfo(self):
        return f"host=127.0.0.1 port={self.postgres_port} user=leat dbname=leat connect_timeout=20"

    def kill(self):
        """As a power cut would: kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def stop(self):
        """A clean stop; raises if leat does not end by itself with status 0."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
        if status != 0:
            raise RuntimeError(f"leat ended with status {status}:\n{self.log()[-8000:]}")


class Postgres:
    """A PostgreSQL server of its own in a temporary folder, reached through a socket there, without a network."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="leat-oracle-")
        self.prefix = []
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self.prefix = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = self.folder + "/data"
        self._run("initdb", "-D", data, "-U", "leat", "-A", "trust", "--no-locale", "-E", "UTF8", "--no-sync")
        with open(self.folder + "/log", "ab") as log:
            self.process = subprocess.Popen(
                self.prefix + [str(POSTGRES_PROGRAMS / "postgres"), "-D", data, "-k", self.folder, "-c", "listen_addresses=",
                               "-c", "fsync=off", "-c", "timezone=UTC", "-c", "lc_messages=C", "-c", "shared_buffers=16MB",
                               "-c", "max_wal_senders=0", "-c", "wal_level=minimal", "-c", "autovacuum=off"],
                stdout=log, stderr=log, cwd=self.folder)
        until = time.monotonic() + 30
        while self._run("pg_isready", "-h", self.folder, check=False).returncode != 0:
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError("PostgreSQL did not start:\n" + pathlib.Path(self.folder, "log").read_text())
            time.sleep(0.05)

    def _run(self, program, *arguments, check=True):
        return subprocess.run(self.prefix + [str(POSTGRES_PROGRAMS / program), *arguments], check=check, cwd=self.folder,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def conninfo(self, database="postgres"):
        return f"host={self.folder} user=leat dbname={database}"

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)  # at once: nothing of it is wanted
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
