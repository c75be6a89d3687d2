"""Passwords (SCRAM-SHA-256): asked for on addresses that others can reach, and no such address without users."""
import base64
import hashlib
import hmac
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import traceback

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import servers  # noqa: E402
from checks import equal  # noqa: E402


def own_address():
    """An address of this machine that is not loopback, or None. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        try:
            s.connect(("198.51.100.1", 9))
            address = s.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address


def serve_and_fail(folder, address):
    done = subprocess.run([servers.LEAT, "serve", "--data", folder + "/data", "--kafka", "127.0.0.1:0", "--postgres", address],
                          capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 1 and "no users exist" in done.stderr and "CREATE ROLE" in done.stderr and done.stdout == "", done


def roles(folder):
    server = servers.Leat(folder + "/data")
    try:
        with psycopg.connect(server.conninfo, autocommit=True) as c:
            c.execute("CREATE ROLE ann LOGIN PASSWORD 'open sesame'")
            c.execute("CREATE ROLE mute LOGIN")
            try:
                c.execute("CREATE ROLE ann LOGIN PASSWORD 'again'")
                raise AssertionError("twice")
            except psycopg.errors.DuplicateObject:
                pass
    finally:
        server.stop()


def start(folder, address):
    process = subprocess.Popen([servers.LEAT, "serve", "--data", folder + "/data", "--kafka", "127.0.0.1:0", "--postgres", address + ":0"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "postgres on" in line:
            port = int(line.rsplit(":", 1)[1])
        if "ready in" in line:
            return process, port
    raise RuntimeError("not ready")


def refused(address, port, message, **options):
    try:
        psycopg.connect(host=address, port=port, dbname="leat", **options)
        raise AssertionError(f"came in: {options}")
    except psycopg.OperationalError as error:
        assert message in str(error), error


def exchange(address, port, first, final=None, mechanism=b"SCRAM-SHA-256"):
    """The messages that come back, until the server closes."""
    with socket.create_connection((address, port), timeout=10) as s:
        body = struct.pack("!I", 3 << 16) + b"user\0ann\0\0"
        s.sendall(struct.pack("!I", len(body) + 4) + body)
        data = s.recv(4096)
        assert data[:9] == b"R" + struct.pack("!II", len(data) - 1, 10), data
        body = mechanism + b"\0" + struct.pack("!i", len(first)) + first
        s.sendall(b"p" + struct.pack("!I", len(body) + 4) + body)
        data = s.recv(4096)
        if final is not None and data[:1] == b"R":
            body = final(data[9:].decode(), first.decode()).encode()
            s.sendall(b"p" + struct.pack("!I", len(body) + 4) + body)
            data = s.recv(4096)
        return data


def proof(password, tamper=lambda text: text):
    """client-final by RFC 5802, computed here."""
    def final(server_first, client_first):
        parts = dict(p.split("=", 1) for p in server_first.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", password, base64.b64decode(parts["s"]), int(parts["i"]))
        key = hmac.digest(salted, b"Client Key", "sha256")
        bare = "c=biws,r=" + parts["r"]
        auth = f"{client_first[3:]},{server_first},{bare}".encode()
        signature = hmac.digest(hashlib.sha256(key).digest(), auth, "sha256")
        return tamper(bare + ",p=" + base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode())
    return final


def passwords(folder, address):
    process, port = start(folder, address)
    try:
        with psycopg.connect(host=address, port=port, user="ann", password="open sesame", dbname="leat") as c:
            equal(c.execute("SELECT 1").fetchone(), (1,))
        refused(address, port, 'password authentication failed for user "ann"', user="ann", password="open sesam")
        refused(address, port, 'password authentication failed for user "nobody"', user="nobody", password="x")
        refused(address, port, 'password authentication failed for user "bob"', user="bob", password="x")
        refused(address, port, 'password authentication failed for user "mute"', user="mute", password="x")
        refused(address, port, "password", user="ann")
        first = b"n,,n=,r=abcdefgh"
        good = exchange(address, port, first, proof(b"open sesame"))
        assert good[:1] == b"R" and b"v=" in good, good
        for name, answer in (("nonce", exchange(address, port, first, proof(b"open sesame", lambda t: t.replace("r=a", "r=b")))),
                             ("proof", exchange(address, port, first, proof(b"open sesame", lambda t: t[:-8] + "AAAAAAA="))),
                             ("no proof", exchange(address, port, first, proof(b"open sesame", lambda t: t.split(",p=")[0]))),
                             ("long proof", exchange(address, port, first, proof(b"open sesame", lambda t: t + "A" * 600))),
                             ("not base64", exchange(address, port, first, proof(b"open sesame", lambda t: t[:-8] + "!!!!!!!!"))),
                             ("proof first", exchange(address, port, first, proof(b"open sesame", lambda t: "p=" + t.split(",p=")[1] + "," + t.split(",p=")[0]))),
                             ("binding", exchange(address, port, first, proof(b"open sesame", lambda t: t.replace("c=biws", "c=eSws")))),
                             ("no nonce", exchange(address, port, b"n,,n=")), ("garbage", exchange(address, port, b"\0\xff\0")), ("empty", exchange(address, port, b"")),
                             ("channel binding", exchange(address, port, b"p=tls-unique,,n=,r=abc")), ("long", exchange(address, port, b"n,,n=,r=" + b"x" * 5000)),
                             ("long nonce", exchange(address, port, b"n,,n=,r=" + b"x" * 500)), ("mechanism", exchange(address, port, first, mechanism=b"SCRAM-SHA-1"))):
            assert answer[:1] == b"E", (name, answer)
        with socket.create_connection((address, port), timeout=10) as s:  # a frame that is too large for one who is not in yet
            s.sendall(struct.pack("!II", 18, 3 << 16) + b"user\0ann\0\0")
            s.recv(4096)
            s.sendall(b"p" + struct.pack("!I", 100_000_000))
            assert s.recv(4096)[:1] == b"E"
    finally:
        process.terminate()
        errors = process.communicate(timeout=20)[1]
        assert process.returncode == 0, errors


def main():
    folder = tempfile.mkdtemp(prefix="leat-wire-")
    passed = 0
    address = own_address()
    try:
        for bad in ("0.0.0.0:0", "[::]:0") + ((address + ":0",) if address else ()):
            serve_and_fail(folder, bad)
        passed += 1
        roles(folder)
        passed += 1
        if address:
            passwords(folder, address)
            passed += 1
        print(f"{passed} passed, 0 failed")
    except Exception:  # noqa: BLE001
        traceback.print_exc(file=sys.stdout)
        print(f"{passed} passed, 1 failed")
        sys.exit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
