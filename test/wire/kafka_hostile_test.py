"""Bytes that no honest client sends: garbage, real requests cut short, counts that lie, clients that do not read or never finish."""
import gzip
import os
import random
import resource
import socket
import struct
import time

from checks import check, equal, run_all, wait_until

PRODUCE, FETCH, LIST_OFFSETS, METADATA, FIND_COORDINATOR, API_VERSIONS = 0, 1, 2, 3, 10, 18
CREATE_TOPICS, DELETE_TOPICS, INIT_PRODUCER_ID, EPOCH_END, DESCRIBE_CONFIGS, DESCRIBE_CLUSTER = 19, 20, 22, 23, 32, 60


# ---- the protocol, as little as is needed ----

def text(value):
    return struct.pack(">h", -1) if value is None else struct.pack(">h", len(value)) + value.encode()


def compact(value):
    return b"\0" if value is None else uvarint(len(value) + 1) + value.encode()


def uvarint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def array(*items):
    return struct.pack(">i", len(items)) + b"".join(items)


def request(key, version, body, correlation=7, flexible=False):
    header = struct.pack(">hhi", key, version, correlation) + text("test") + (b"\0" if flexible else b"")
    return header + body


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(value):
    return uvarint(value << 1 ^ value >> 63 if value >= 0 else (-value << 1) - 1)


def batch(*values, attributes=0, producer=(-1, -1, -1), count=None):
    records = b""
    for i, value in enumerate(values):
        record = b"\0" + varint(0) + varint(i) + varint(-1) + varint(len(value)) + value + varint(0)
        records += varint(len(record)) + record
    return sealed(records, attributes, len(values), len(values) if count is None else count, producer)


def sealed(records, attributes, offset_count, record_count, producer=(-1, -1, -1)):
    """Records in a batch whose CRC is right."""
    after_crc = struct.pack(">hiqqqhii", attributes, offset_count - 1, 1000, 1000, *producer, record_count) + records
    after_size = struct.pack(">ibI", 0, 2, crc32c(after_crc)) + after_crc
    return struct.pack(">qi", 0, len(after_size)) + after_size


# A record's place, its own length, its value's length, what follows its value, what follows the record: each with one lie, and a CRC that fits.
LIES = [(3, None, 1, b"\0", b""), (0, 99, 1, b"\0", b""), (0, 2, 1, b"\0", b""), (0, None, 100, b"\0", b""), (0, None, -5, b"\0", b""),
        (0, None, 1, varint(5), b""), (0, None, 1, varint(-1), b""), (0, None, 1, varint(1) + varint(-1) + varint(-1), b""),
        (0, None, 1, b"\0more", b""), (0, None, 1, b"\0", b"more"), (0, None, 1, b"\xff" * 11, b"")]


def lying_batch(place, size, value_size, after_value, after_record):
    record = b"\0" + varint(0) + varint(place) + varint(-1) + varint(value_size) + b"v" + after_value
    return sealed(varint(len(record) if size is None else size) + record + after_record, 0, 1, 1)


def produce(topic, records, acks=-1, version=3, transactional_id=None, correlation=7):
    partition = struct.pack(">i", 0) + (struct.pack(">i", -1) if records is None else struct.pack(">i", len(records)) + records)
    body = text(transactional_id) + struct.pack(">hi", acks, 5000) + array(text(topic) + array(partition))
    return request(PRODUCE, version, body, correlation)


def fetch(topic, offset=0, max_wait=0, min_bytes=1, max_bytes=1 << 20, version=4, correlation=7):
    partition = struct.pack(">iqi", 0, offset, max_bytes)
    body = struct.pack(">iiiib", -1, max_wait, min_bytes, max_bytes, 0) + array(text(topic) + array(partition))
    return request(FETCH, version, body, correlation)


def metadata(*topics, correlation=7):
    return request(METADATA, 1, array(*(text(t) for t in topics)), correlation)


def real_requests():
    """One of each kind, plain and flexible."""
    new_topic = text("made") + struct.pack(">ih", 1, 1) + array() + array(text("retention.ms") + text("-1"))
    yield request(API_VERSIONS, 3, compact("test") + compact("1.0") + b"\0", flexible=True)
    yield metadata("hostile")
    yield request(METADATA, 12, uvarint(2) + bytes(16) + compact("hostile") + b"\0" + b"\1\0\0", flexible=True)
    yield produce("hostile", batch(b"one", b"two"))
    yield request(PRODUCE, 9, compact(None) + struct.pack(">hi", -1, 5000) + uvarint(2) + compact("hostile") + uvarint(2) +
                  struct.pack(">i", 0) + uvarint(len(batch(b"x")) + 1) + batch(b"x") + b"\0\0\0", flexible=True)
    yield fetch("hostile")
    yield request(FETCH, 12, struct.pack(">iiiibii", -1, 0, 1, 1 << 20, 0, 0, -1) + uvarint(2) + compact("hostile") + uvarint(2) +
                  struct.pack(">iiqiqi", 0, -1, 0, -1, -1, 1 << 20) + b"\0\0" + uvarint(1) + compact("") + b"\0", flexible=True)
    yield request(LIST_OFFSETS, 1, struct.pack(">i", -1) + array(text("hostile") + array(struct.pack(">iq", 0, -1))))
    yield request(FIND_COORDINATOR, 0, text("group"))
    yield request(FIND_COORDINATOR, 4, b"\0" + uvarint(2) + compact("group") + b"\0", flexible=True)
    yield request(CREATE_TOPICS, 2, array(new_topic) + struct.pack(">ib", 1000, 1))
    yield request(DELETE_TOPICS, 1, array(text("nothing")) + struct.pack(">i", 1000))
    yield request(INIT_PRODUCER_ID, 0, text(None) + struct.pack(">i", 1000))
    yield request(EPOCH_END, 2, array(text("hostile") + array(struct.pack(">iii", 0, -1, 0))))
    yield request(DESCRIBE_CONFIGS, 1, array(b"\2" + text("hostile") + array(text("retention.ms"))) + b"\0")
    yield request(DESCRIBE_CLUSTER, 0, b"\0\0", flexible=True)


# ---- connections ----

class Client:
    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.kafka_port), timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, body):
        self.socket.sendall(struct.pack(">i", len(body)) + body)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            got = self.socket.recv(size - len(data))
            if not got:
                raise ConnectionError("closed")
            data += got
        return data

    def receive(self):
        return self.exactly(struct.unpack(">i", self.exactly(4))[0])

    def ask(self, body):
        self.send(body)
        return self.receive()

    def is_closed(self):
        """Whether the server ends the connection, without or after answers."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


def ask(server, body):
    with Client(server) as client:
        return client.ask(body)


def try_bytes(server, data):
    """Sends bytes, and the end; takes whatever comes."""
    with Client(server) as client:
        try:
            client.socket.sendall(data)
            client.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return
        client.is_closed()


def make_topic(server):
    ask(server, metadata("hostile"))


def produce_error(server, records, **options):
    answer = ask(server, produce("hostile", records, **options))
    place = 4 + 4 + 2 + len("hostile") + 4 + 4
    return struct.unpack_from(">hq", answer, place)


@check
def real_requests_are_answered(server):
    make_topic(server)
    for body in real_requests():
        answer = ask(server, body)
        equal(struct.unpack_from(">i", answer)[0], 7)


@check
def every_cut_of_every_request_is_survived(server):
    make_topic(server)
    for body in real_requests():
        for size in range(len(body)):
            try_bytes(server, struct.pack(">i", size) + body[:size])
    ask(server, metadata())


@check
def random_changes_are_survived(server):
    chance = random.Random(1)
    bodies = list(real_requests())
    for _ in range(1500):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(body))
            body[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        try_bytes(server, struct.pack(">i", len(body)) + body)
    ask(server, metadata())


@check
def random_bytes_are_survived(server):
    chance = random.Random(2)
    for _ in range(300):
        try_bytes(server, chance.randbytes(chance.randint(1, 300)))
    ask(server, metadata())


@check
def an_announced_size_is_not_believed(server):
    before = server_memory(server)
    clients = [Client(server) for _ in range(50)]
    for client in clients:
        client.socket.sendall(struct.pack(">i", 99 * 1024 * 1024) + b"xx")
    time.sleep(0.3)
    assert server_memory(server) - before < 32 << 20, "memory was taken for what has not come"
    for client in clients:
        client.socket.close()
    for size in (0x7FFFFFFF, -1, 101 * 1024 * 1024):
        with Client(server) as client:
            client.socket.sendall(struct.pack(">i", size) + b"x" * 10)
            assert client.is_closed(), "a frame over 100 MiB must end the connection"
    assert "a message of" in server.log()


def server_memory(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="utf-8") as statm:
        return int(statm.read().split()[1]) * 4096


@check
def counts_that_lie_end_the_connection(server):
    lies = [request(METADATA, 1, struct.pack(">i", 0x7FFFFFFF)), request(METADATA, 1, struct.pack(">i", -7)),
            request(FETCH, 4, struct.pack(">iiiib", -1, 0, 1, 1, 0) + struct.pack(">i", 1 << 30)),
            request(METADATA, 12, uvarint(1 << 31), flexible=True), request(METADATA, 12, b"\xff" * 10, flexible=True),
            request(CREATE_TOPICS, 2, struct.pack(">i", 100_000_000)),
            request(PRODUCE, 3, text(None) + struct.pack(">hi", -1, 1000) + array(text("hostile") + array(struct.pack(">ii", 0, 1 << 30))))]
    for body in lies:
        with Client(server) as client:
            client.send(body)
            assert client.is_closed(), body
    assert "kafka: connection of 127.0.0.1:" in server.log()


@check
def unknown_keys_and_versions_end_the_connection(server):
    for body in (request(999, 0, b""), request(4, 0, b""), request(PRODUCE, 2, b""), request(FETCH, 99, b""), request(METADATA, -1, b""), b"", b"\0"):
        with Client(server) as client:
            client.send(body)
            assert client.is_closed(), body
    answer = ask(server, request(API_VERSIONS, 77, b"\xff\xff"))
    equal(struct.unpack_from(">ihihhh", answer), (7, 35, 1, 18, 0, 4))


@check
def answers_come_in_the_order_of_the_requests(server):
    make_topic(server)
    end = ask(server, request(LIST_OFFSETS, 1, struct.pack(">i", -1) + array(text("hostile") + array(struct.pack(">iq", 0, -1)))))
    end = struct.unpack(">q", end[-8:])[0]
    with Client(server) as client:
        bodies = [fetch("hostile", end, max_wait=700, correlation=1), produce("hostile", batch(b"wakes it"), correlation=2),
                  metadata("hostile", "made-by-the-way", correlation=3), produce("hostile", batch(b"more"), correlation=4)]
        bodies += [request(API_VERSIONS, 0, b"", i) for i in range(5, 200)]
        client.socket.sendall(b"".join(struct.pack(">i", len(b)) + b for b in bodies))
        equal([struct.unpack_from(">i", client.receive())[0] for _ in bodies], list(range(1, 200)))


@check
def a_request_may_come_byte_by_byte(server):
    with Client(server) as client:
        body = metadata("hostile")
        for byte in struct.pack(">i", len(body)) + body:
            client.socket.sendall(bytes([byte]))
        equal(struct.unpack_from(">i", client.receive())[0], 7)


@check
def bad_batches_are_refused_one_by_one(server):
    make_topic(server)
    good = batch(b"a", b"b")
    equal(produce_error(server, good)[0], 0)
    broken = good[:-1] + bytes([good[-1] ^ 1])
    cases = [(broken, 2), (good + good, 87), (None, 87), (b"", 87), (batch(b"a", count=5), 87), (batch(b"a", attributes=0x20), 87),
             (batch(b"a", attributes=0x10), 48), (batch(b"a", attributes=5), 76), (good[:16] + b"\1" + good[17:], 87), (good[:40], 87),
             (batch(b"a", attributes=1), 87), (batch(b"a", attributes=3), 87)]
    cases += [(lying_batch(*lie), 87) for lie in LIES]
    for records, code in cases:
        equal(produce_error(server, records), (code, -1))
    equal(produce_error(server, good, acks=7), (21, -1))


@check
def a_repeated_sequence_is_stored_once(server):
    make_topic(server)
    first = produce_error(server, batch(b"a", b"b", producer=(4242, 0, 0)))
    equal(produce_error(server, batch(b"a", b"b", producer=(4242, 0, 0))), first)
    equal(produce_error(server, batch(b"c", producer=(4242, 0, 9))), (45, -1))
    equal(produce_error(server, batch(b"c", producer=(4242, 0, 2))), (0, first[1] + 2))


@check
def acks_0_has_no_answer(server):
    make_topic(server)
    with Client(server) as client:
        client.send(produce("hostile", batch(b"quiet"), acks=0, correlation=1))
        equal(struct.unpack_from(">i", client.ask(request(API_VERSIONS, 0, b"", 2)))[0], 2)
        client.send(produce("hostile", b"no batch", acks=0))
        assert client.is_closed(), "the only way to say that a batch was refused"


@check
def a_client_that_does_not_read_is_not_served_on(server):
    make_topic(server)
    big = batch(b"x" * 500_000)
    for _ in range(8):
        equal(produce_error(server, big)[0], 0)
    before = server_memory(server)
    with Client(server) as client:
        client.socket.settimeout(1)
        body = fetch("hostile", 0)
        sent = 0
        try:
            for _ in range(20000):
                client.socket.sendall(struct.pack(">i", len(body)) + body)
                sent += 1
        except OSError:
            pass
        time.sleep(0.3)
        assert server_memory(server) - before < 160 << 20, f"{(server_memory(server) - before) >> 20} MiB wait for a client that does not read"
        ask(server, metadata())


LITTLE = 400 << 20  # ASan keeps 256 MiB of what was freed


def answer_room(server, bodies):
    """How far the server's memory rises while one connection sends these and reads nothing."""
    before = peak = server_memory(server)
    with Client(server) as client:
        client.socket.settimeout(1)
        try:
            for body in bodies:
                client.send(body)
        except OSError:
            pass
        for _ in range(10):
            time.sleep(0.1)
            peak = max(peak, server_memory(server))
    return peak - before


@check
def answers_behind_one_that_waits_are_limited(server):
    make_topic(server)
    ask(server, metadata("quiet"))
    big = batch(b"x" * 300_000)
    for _ in range(60):
        equal(produce_error(server, big)[0], 0)
    room = answer_room(server, [fetch("quiet", max_wait=4000)] + [fetch("hostile", 0, max_bytes=50 << 20)] * 60)
    assert room < LITTLE, f"{room >> 20} MiB wait behind one Fetch"


@check
def a_fetch_of_many_topics_takes_little(server):
    make_topic(server)
    topic = text("hostile") + array(struct.pack(">iqi", 0, 0, 100))
    before = peak_memory(server)
    ask(server, request(FETCH, 4, struct.pack(">iiiib", -1, 0, 1, 100, 0) + array(*[topic] * 20000)))
    assert peak_memory(server) - before < LITTLE, f"{(peak_memory(server) - before) >> 20} MiB for 20,000 topics"


def peak_memory(server):
    with open(f"/proc/{server.process.pid}/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024


@check
def answers_that_no_client_takes_end_the_connection(server):
    wide = text("wide") + struct.pack(">ih", 3000, 1) + array() + array()
    ask(server, request(CREATE_TOPICS, 2, array(wide) + struct.pack(">ib", 20000, 0)))
    config = b"\2" + text("wide") + struct.pack(">i", -1)
    for body in (metadata(*["wide"] * 3000), request(DESCRIBE_CONFIGS, 1, array(*[config] * 100_000) + b"\1")):
        with Client(server) as client:
            client.send(body)
            assert client.is_closed(), "an answer over 100 MiB"
    assert "the answer takes more than" in server.log()
    with Client(server) as client:
        client.send(metadata(*["x"] * 3_000_000))
        assert client.is_closed(), "a request over 8 MiB that is not Produce"
    assert "a request Metadata of" in server.log()


@check
def topics_named_twice_are_found_soon(server):
    topics = [text(f"many-{i}") + struct.pack(">ih", 1, 3) + array() + array() for i in range(100_000)]
    begin = time.monotonic()
    answer = ask(server, request(CREATE_TOPICS, 2, array(*topics, topics[7]) + struct.pack(">ib", 1000, 1)))
    assert time.monotonic() - begin < 10
    equal(struct.unpack_from(">h", answer, answer.index(b"many-7") + 6)[0], 42)
    equal(struct.unpack_from(">h", answer, answer.index(b"many-8") + 6)[0], 38)


def list_offsets(topic, *times, version=1):
    head = struct.pack(">i", -1) + (b"\0" if version >= 2 else b"")
    asked = [struct.pack(">i", 0) + (struct.pack(">i", -1) if version >= 4 else b"") + struct.pack(">q", t) for t in times]
    return request(LIST_OFFSETS, version, head + array(text(topic) + array(*asked)))


@check
def a_search_in_a_bomb_holds_up_its_own_client_alone(server):
    """A batch of 230 KB that holds 230 MB: to find a time in it takes a while, and is done once for each partition."""
    ask(server, metadata("bomb"))
    size = 230_000_000
    record = b"\0" + varint(0) + varint(0) + varint(-1) + varint(size) + bytes(size) + varint(0)
    answer = ask(server, produce("bomb", sealed(gzip.compress(varint(len(record)) + record, 6), 1, 1, 1)))
    equal(struct.unpack_from(">h", answer, 4 + 4 + 2 + len("bomb") + 4 + 4)[0], 0)
    with Client(server) as client, Client(server) as other:
        other.ask(metadata("hostile"))
        client.send(list_offsets("bomb", 500))
        begin = time.monotonic()
        other.ask(metadata("hostile"))
        took = time.monotonic() - begin
        equal(struct.unpack_from(">hqq", client.receive(), 4 + 4 + 2 + len("bomb") + 4 + 4), (0, 1000, 0))
        assert took < time.monotonic() - begin, "all waited for one client's search"
    answer = ask(server, list_offsets("bomb", *[500] * 100))
    equal({struct.unpack_from(">h", answer, 4 + 4 + 2 + 4 + 4 + 22 * i + 4)[0] for i in range(100)}, {42})


@check
def times_that_a_version_does_not_know_are_refused(server):
    make_topic(server)
    for version, when, code in ((1, -1, 0), (1, -2, 0), (1, -3, 35), (1, -4, 35), (1, -9, 35), (5, -3, 35), (5, -100, 35)):
        answer = ask(server, list_offsets("hostile", when, version=version))
        equal((version, when, struct.unpack_from(">h", answer, (8 if version >= 2 else 4) + 4 + 2 + len("hostile") + 4 + 4)[0]), (version, when, code))


@check
def no_fetch_waits_for_more_than_it_takes(server):
    make_topic(server)
    for i in range(20):
        ask(server, produce("hostile", batch(b"%d" % i * 100)))
    begin = time.monotonic()
    assert len(ask(server, fetch("hostile", 0, max_wait=10000, min_bytes=5000, max_bytes=1000))) > 500
    assert time.monotonic() - begin < 5, "min_bytes beyond max_bytes was waited for"


@check
def what_lies_in_the_next_segment_counts(server):
    ask(server, metadata("rolled"))
    big = batch(b"x" * 100_000)
    for _ in range(15):
        ask(server, produce("rolled", big))
    begin = time.monotonic()
    for offset in range(10):
        assert len(ask(server, fetch("rolled", offset, max_wait=10000, min_bytes=500_000, max_bytes=2 << 20))) > 500_000
    assert time.monotonic() - begin < 5, "a fetch near the end of a segment waited for records that are in the next"


@check
def two_hundred_connections(server):
    make_topic(server)
    clients = [Client(server) for _ in range(200)]
    for i, client in enumerate(clients):
        client.send(produce("hostile", batch(b"from many"), correlation=i))
    offsets = set()
    for i, client in enumerate(clients):
        answer = client.receive()
        equal(struct.unpack_from(">i", answer)[0], i)
        offsets.add(struct.unpack_from(">q", answer, 4 + 4 + 2 + 7 + 4 + 4 + 2)[0])
    equal(len(offsets), 200)
    end = max(offsets) + 1
    for client in clients:
        client.send(fetch("hostile", end, max_wait=10000))
    time.sleep(0.2)
    begin = time.monotonic()
    ask(server, produce("hostile", batch(b"wakes all")))
    for client in clients:
        assert b"wakes all" in client.receive()
        client.socket.close()
    assert time.monotonic() - begin < 3


@check
def waiting_fetches_end_with_their_topic(server):
    make_topic(server)
    ask(server, metadata("short-lived"))
    with Client(server) as client:
        client.send(fetch("short-lived", 0, max_wait=20000))
        time.sleep(0.2)
        begin = time.monotonic()
        ask(server, request(DELETE_TOPICS, 1, array(text("short-lived")) + struct.pack(">i", 1000)))
        equal(struct.unpack_from(">h", client.receive(), 4 + 4 + 4 + 2 + 11 + 4 + 4)[0], 3)
        assert time.monotonic() - begin < 3


@check
def a_topic_may_have_more_partitions_than_the_shell_allows_files(server):
    count = 700
    ask(server, request(CREATE_TOPICS, 2, array(text("many-parts") + struct.pack(">ih", count, 1) + array() + array()) + struct.pack(">ib", 20000, 0)))
    one = batch(b"x")
    parts = [struct.pack(">ii", i, len(one)) + one for i in range(count)]
    answer = ask(server, request(PRODUCE, 3, text(None) + struct.pack(">hi", -1, 5000) + array(text("many-parts") + array(*parts))))
    begin = 4 + 4 + 2 + len("many-parts") + 4
    equal({struct.unpack_from(">h", answer, begin + 22 * i + 4)[0] for i in range(count)}, {0})


@check
def a_server_without_descriptors_turns_clients_away_and_goes_on(server):
    ask(server, metadata())
    used = len(os.listdir(f"/proc/{server.process.pid}/fd"))
    limits = resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (used + 5, limits[1]))
    try:
        clients = [Client(server) for _ in range(20)]
        assert clients[-1].is_closed(), "a connection beyond the limit"
        for client in clients:
            client.socket.close()
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, limits)
    wait_until(lambda: is_answered(server), what="an answer")


def is_answered(server):
    """Not if the server is still turning away those that came before."""
    try:
        return len(ask(server, metadata())) > 0
    except ConnectionError:
        return False


@check
def clients_that_vanish_leave_nothing(server):
    make_topic(server)
    for i in range(100):
        client = Client(server)
        client.send(fetch("hostile", 0, max_wait=0) if i % 3 == 0 else fetch("made-by-the-way", 0, max_wait=5000))
        client.send(produce("hostile", batch(b"x")))
        if i % 3 == 2:
            client.send(metadata(f"vanished-{i}"))
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.socket.close()
    wait_until(lambda: ask(server, metadata()), what="an answer")


# As many as systemd gives a service, or fewer: the server takes what it may.
resource.setrlimit(resource.RLIMIT_NOFILE, (512, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
run_all("--set", "segment_size=1MB")
