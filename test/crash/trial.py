"""trial: what the programs that kill a server at random moments share."""
import os
import pathlib
import random
import sys
import tempfile
import threading


class Trial:
    """A folder for the server's data, a seeded draw, and checks that are counted; check may be called by several threads."""

    def __init__(self, seed, name):
        self.random = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"leat-{name}-"))
        self.server = None
        self.lock = threading.Lock()
        self.passed = 0
        self.failures = []

    def check(self, ok, what):
        with self.lock:
            if ok:
                self.passed += 1
            else:
                self.failures.append(what)
                print("FAILED:", what, flush=True)


def main(make):
    """Runs make(seed).run(kills), the seed of the command line or a new one; the exit status. The last line is "N passed, N failed"."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1 << 32)
    print("seed", seed)
    trial = make(seed)
    try:
        trial.run(int(os.environ.get("KILLS", "10")))
    except Exception as problem:
        trial.check(False, f"{type(problem).__name__}: {problem}; the data is in {trial.folder}")
        if trial.server is not None:
            print(trial.server.log()[-4000:])
            if trial.server.process.poll() is None:
                trial.server.process.kill()
                trial.server.process.wait()
    print(f"{trial.passed} passed, {len(trial.failures)} failed")
    return 1 if trial.failures else 0
