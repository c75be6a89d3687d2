"""What the wire tests share: a list of checks, each run by itself, and a server that they talk to."""
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402

CHECKS = []


def check(function):
    """Marks a function as a test; it gets the server."""
    CHECKS.append(function)
    return function


def wait_until(condition, seconds=5.0, what="condition"):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def equal(got, wanted):
    assert got == wanted, f"got    {got!r}\nwanted {wanted!r}"


def give_up(*_):
    raise TimeoutError("the test hangs")


def run_all(*server_arguments, **server_options):
    """Runs every check (or those whose names are on the command line) on one server. The last line printed: N passed, N failed."""
    signal.signal(signal.SIGALRM, give_up)
    folder = tempfile.mkdtemp(prefix="leat-wire-")
    passed = failed = 0
    server = servers.Leat(folder + "/data", *server_arguments, **server_options)
    server.folder = pathlib.Path(folder)
    try:
        for function in CHECKS:
            if sys.argv[1:] and function.__name__ not in sys.argv[1:]:
                continue
            begin = time.monotonic()
            signal.alarm(60)
            try:
                function(server)
                passed += 1
            except Exception:  # noqa: BLE001 - a failed test is reported, and the next one runs
                failed += 1
                print(f"FAILED {function.__name__}\n{traceback.format_exc()}", flush=True)
            signal.alarm(0)
            if os.environ.get("VERBOSE"):
                print(f"{time.monotonic() - begin:7.2f} s  {function.__name__}", flush=True)
            if server.process.poll() is not None:
                failed += 1
                print(f"FAILED: the server ended with {server.process.returncode}\n{server.log()[-6000:]}", flush=True)
                break
        else:
            try:
                server.stop()
            except RuntimeError as error:
                failed += 1
                print(f"FAILED: {error}")
    finally:
        if server.process.poll() is None:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
