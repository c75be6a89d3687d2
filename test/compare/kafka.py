"""One client, the same steps against a real Kafka and against leat: what the client sees must be the same.

Each step returns {what: seen}. KNOWN lists where leat differs on purpose, with both answers: it fails too when it is no longer true.
Names of steps on the command line run those alone, VERBOSE=1 shows what Kafka answered; the last line printed is "N passed, N failed".
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

from confluent_kafka import OFFSET_BEGINNING, Consumer, IsolationLevel, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import servers  # noqa: E402

KAFKA_DEV = str(HERE.parent.parent / "tools" / "kafka_dev")
FOLDER = pathlib.Path(os.environ.get("KAFKA_FOLDER", "build/kafka"))
NOW = int(time.time() * 1000) - 60000  # one for both servers, and within every limit on timestamps
LIMIT_S = 20
STEPS = []

# (step, what): (Kafka's answer, leat's answer, why)
KNOWN = {
    ("strange_times", "a day ahead"): ("INVALID_TIMESTAMP", "NONE", "message.timestamp.after.max.ms has no effect, as DescribeConfigs says"),
    ("create_and_delete", "name '__leat_own'"): ("NONE", "TOPIC_EXCEPTION", "such names are for leat's own topics"),
    ("create_and_delete", "name 'with_dot'"): ("TOPIC_EXCEPTION", "NONE", "Kafka has metrics in which with.dot and with_dot are one name"),
    ("create_and_delete", "compression.type='gzip'"): ("NONE", "INVALID_CONFIG", "batches are kept as the producer sent them"),
    ("create_and_delete", "min.insync.replicas='2'"): ("NONE", "INVALID_CONFIG", "there is one node"),
    ("create_and_delete", "message.timestamp.before.max.ms='1000'"): ("NONE", "INVALID_CONFIG", "any time is taken"),
    ("create_and_delete", "cleanup.policy='compact,delete'"): ("NONE", "INVALID_CONFIG", "a topic is compacted or not"),
    ("create_and_delete", "cleanup.policy=''"): ("NONE", "INVALID_CONFIG", "an empty list says nothing about what to keep"),
    ("create_and_delete", "max.message.bytes='0'"): ("NONE", "INVALID_CONFIG", "such a topic could hold nothing"),
    ("create_and_delete", "retention.bytes='-2'"): ("NONE", "INVALID_CONFIG", "only -1 means without a limit"),
    ("create_and_delete", "retention.ms=' 5 '"): ("NONE", "INVALID_CONFIG", "numbers are taken without spaces"),
    ("configs", "read-only"): ({False}, {True}, "the configs of a topic cannot be altered"),
}


def step(function):
    STEPS.append(function)
    return function


class Server:
    """What the steps are told: an address, and clients for it."""

    def __init__(self, port):
        self.common = {"bootstrap.servers": f"127.0.0.1:{port}", "log_level": 0}
        self.admin = AdminClient(self.common)

    def producer(self, **options):
        return Producer({**self.common, "linger.ms": 5, "message.timeout.ms": LIMIT_S * 1000, **options})

    def consumer(self, *partitions, reset="error", **options):
        found = Consumer({**self.common, "group.id": "none", "enable.auto.commit": False, "auto.offset.reset": reset, **options})
        found.assign([TopicPartition(*p) for p in partitions])
        return found

    def create(self, name, partitions=1, replicas=1, validate_only=False, **config):
        topic = NewTopic(name, num_partitions=partitions, replication_factor=replicas, config=config)
        told = outcome(self.admin.create_topics([topic], validate_only=validate_only)[name])
        return told if validate_only or told != "NONE" else self.when_listed(name, True)

    def delete(self, name):
        told = outcome(self.admin.delete_topics([name])[name])
        return told if told != "NONE" else self.when_listed(name, False)

    def when_listed(self, name, wanted):
        """Kafka answers before all of it knows the topic, or that it is gone; the next step must not see that."""
        until = time.monotonic() + LIMIT_S
        while (name in self.admin.list_topics(timeout=LIMIT_S).topics) != wanted:
            assert time.monotonic() < until, f"{name} is listed: {not wanted}"
            time.sleep(0.02)
        return "NONE" if not wanted else self.when_described(name, until)

    def when_described(self, name, until):
        """Until DescribeConfigs knows the topic too."""
        while True:
            try:
                self.configs(name)
                return "NONE"
            except KafkaException:
                assert time.monotonic() < until, f"{name} is not described"
                time.sleep(0.02)

    def end(self, topic, partition=0):
        source = self.consumer()
        try:
            return source.get_watermark_offsets(TopicPartition(topic, partition), timeout=LIMIT_S)
        finally:
            source.close()

    def read(self, topic, count, partition=0, offset=OFFSET_BEGINNING):
        """The next records, as tuples that can be compared."""
        source = self.consumer((topic, partition, offset))
        try:
            return [seen(m) for m in drain(source, count)]
        finally:
            source.close()

    def configs(self, topic):
        return list(self.admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]).values())[0].result(LIMIT_S)


def code(error):
    return "NONE" if error is None else error.name()


def outcome(future):
    try:
        future.result(LIMIT_S)
    except KafkaException as failure:
        return code(failure.args[0])
    return "NONE"


def seen(m):
    return m.partition(), m.offset(), m.key(), m.value(), m.headers(), m.timestamp()


def drain(source, count):
    until, found = time.monotonic() + LIMIT_S, []
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} records came"
        message = source.poll(0.2)
        if message is not None:
            assert message.error() is None, message.error()
            found.append(message)
    return found


def next_error(source):
    """The first error that a consumer is told, or the first record."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        message = source.poll(0.2)
        if message is not None:
            return code(message.error()) if message.error() else seen(message)[:4]
    return "nothing"


def send(source, topic, records, partition=0):
    """Sends (key, value, headers, timestamp) and says how each was answered: error and offset, in the order of the answers."""
    told = []
    for key, value, headers, timestamp in records:
        source.produce(topic, key=key, value=value, headers=headers, timestamp=timestamp, partition=partition,
                       on_delivery=lambda e, m: told.append((code(e), m.offset())))
        source.poll(0)
    assert source.flush(LIMIT_S) == 0, "not all records were answered"
    return told


RECORDS = [
    (b"key", b"value", [("a", b"1"), ("a", b"2"), ("empty", b""), ("null", None)], NOW),
    (None, b"no key", None, NOW + 5),
    (b"tombstone", None, None, NOW + 3),
    (b"", b"", [], NOW + 3),
    (bytes(range(256)), "\u00e4\u20ac".encode() * 3000, [("\u00e4", b"\xff\0")], NOW + 10),
    (None, None, None, NOW + 11),
]


@step
def produce_and_read(server):
    found = {}
    for acks in ("0", "1", "all"):
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            topic = f"records-{acks}-{codec}"
            server.create(topic)
            sent = server.producer(acks=acks, **{"compression.type": codec})
            found[f"{topic} answers"] = send(sent, topic, RECORDS) + send(sent, topic, RECORDS)
            found[topic] = server.read(topic, 2 * len(RECORDS))
            found[f"{topic} end"] = server.end(topic)
    return found


@step
def read_from_within_a_batch(server):
    server.create("within")
    send(server.producer(**{"compression.type": "zstd", "linger.ms": 200}), "within", [(None, str(i).encode(), None, NOW) for i in range(100)])
    return {f"from {i}": server.read("within", 100 - i, offset=i) for i in (1, 50, 99)}


@step
def append_time(server):
    server.create("append-time", **{"message.timestamp.type": "LogAppendTime"})
    found = {}
    for codec in ("none", "lz4"):
        send(server.producer(**{"compression.type": codec}), "append-time", RECORDS)
    records = server.read("append-time", 2 * len(RECORDS))
    found["records"] = [r[:5] for r in records]
    found["type"] = {r[5][0] for r in records}
    found["now"] = {abs(r[5][1] / 1000 - time.time()) < 30 for r in records}
    times = sorted({r[5][1] for r in records})
    source = server.consumer()
    found["offset of the first time"] = source.offsets_for_times([TopicPartition("append-time", 0, times[0])], timeout=LIMIT_S)[0].offset
    found["offset after the last"] = source.offsets_for_times([TopicPartition("append-time", 0, times[-1] + 1)], timeout=LIMIT_S)[0].offset
    source.close()
    return found


@step
def offsets_for_times(server):
    found, wanted = {}, (-5, 0, 10, 15, 20, 25, 30, 35, 40, 41, 100000)
    for codec in ("none", "gzip"):
        topic = f"times-{codec}"
        server.create(topic, partitions=2)
        sent = server.producer(**{"compression.type": codec, "linger.ms": 100})
        for batch in ((10, 30, 20, 20), (15, 40), (40, 25)):
            send(sent, topic, [(None, b"x", None, NOW + t) for t in batch])
        source = server.consumer()
        for partition in (0, 1):
            found[f"{topic} {partition}"] = [
                source.offsets_for_times([TopicPartition(topic, partition, NOW + t)], timeout=LIMIT_S)[0].offset for t in wanted]
        found[f"{topic} no such partition"] = failure_of(
            lambda s=source, t=topic: code(s.offsets_for_times([TopicPartition(t, 7, NOW)], timeout=5)[0].error))
        source.close()
        for name, spec in (("earliest", OffsetSpec.earliest()), ("latest", OffsetSpec.latest()), ("largest time", OffsetSpec.max_timestamp())):
            for partition in (0, 1):
                told = server.admin.list_offsets({TopicPartition(topic, partition): spec}, isolation_level=IsolationLevel.READ_UNCOMMITTED)
                result = list(told.values())[0].result(LIMIT_S)
                found[f"{topic} {partition} {name}"] = (result.offset, result.timestamp - NOW if result.timestamp > 0 else result.timestamp)
    return found


def failure_of(act):
    try:
        return act()
    except KafkaException as failure:
        return code(failure.args[0])


@step
def watermarks(server):
    server.create("marks", partitions=2)
    found = {"empty": server.end("marks")}
    send(server.producer(), "marks", RECORDS, partition=1)
    found["written"] = [server.end("marks", p) for p in (0, 1)]
    found["no such partition"] = failure_of(lambda: server.end("marks", 9))
    found["no such topic"] = failure_of(lambda: server.end("no-marks"))
    return found


@step
def out_of_range(server):
    server.create("range")
    sent = server.producer()
    send(sent, "range", RECORDS)
    found = {}
    for reset in ("error", "earliest"):
        for offset in (7, 1000, 2 ** 62):
            source = server.consumer(("range", 0, offset), reset=reset)
            found[f"{offset} {reset}"] = next_error(source)
            source.close()
    source = server.consumer(("range", 0, 1000), reset="latest")
    source.poll(1)
    send(sent, "range", RECORDS[:1])
    found["1000 latest"] = next_error(source)
    source.seek(TopicPartition("range", 0, 2))
    found["seek back"] = [seen(m) for m in drain(source, 3)]
    source.close()
    source = server.consumer(("range", 0, 7))
    found["at the end"] = source.poll(1)
    send(sent, "range", RECORDS[1:2])
    found["at the end, then written"] = next_error(source)
    source.close()
    for name, offset in (("from the end", -2 - 2000), ("beginning", -2), ("logical invalid", -1001)):
        source = server.consumer(("range", 0, offset), reset="earliest")
        if name != "logical invalid":  # this one asks for the group's offset, for which Kafka makes a topic first
            found[name] = next_error(source)
        source.close()
    return found


@step
def idempotent_producer(server):
    server.create("once", partitions=3)
    found = {}
    for codec in ("none", "zstd"):
        sent = server.producer(**{"enable.idempotence": True, "compression.type": codec, "linger.ms": 1})
        refused = []
        for i in range(3000):
            sent.produce("once", str(i), partition=i % 3, timestamp=NOW, on_delivery=lambda e, _: e and refused.append(code(e)))
            sent.poll(0)
        found[f"{codec} answers"] = sent.flush(LIMIT_S), refused
    for partition in range(3):
        found[partition] = server.read("once", 2000, partition)
    return found


@step
def too_large(server):
    server.create("large")
    server.create("small", **{"max.message.bytes": "1000"})
    found = {}
    for codec in ("none", "gzip"):
        sent = server.producer(**{"message.max.bytes": 8000000, "compression.type": codec})
        for topic, size in (("large", 1048000), ("large", 1048589), ("large", 5000000), ("small", 800), ("small", 1000)):
            found[f"{codec} {topic} {size}"] = send(sent, topic, [(None, bytes(size), None, NOW)])
    found["ends"] = server.end("large"), server.end("small")
    return found


@step
def compacted(server):
    server.create("compacted", **{"cleanup.policy": "compact"})
    sent = server.producer()
    return {"a key": send(sent, "compacted", [(b"k", b"v", None, NOW)]), "no key": send(sent, "compacted", [(None, b"v", None, NOW)]),
            "end": server.end("compacted")}


@step
def strange_times(server):
    server.create("strange-times")
    sent, day = server.producer(), 24 * 3600 * 1000
    return {name: send(sent, "strange-times", [(None, b"v", None, NOW + ms)])[0][0]
            for name, ms in (("a day ago", -day), ("half an hour ahead", day // 48), ("a day ahead", day))}


@step
def unknown_topics(server):
    found = {}
    source = server.consumer(("unknown", 0, 0), **{"allow.auto.create.topics": False})
    found["assigned"] = next_error(source)
    metadata = source.list_topics("unknown", timeout=LIMIT_S).topics["unknown"]
    found["metadata"] = code(metadata.error), len(metadata.partitions)
    source.close()
    found["not made"] = "unknown" in server.admin.list_topics(timeout=LIMIT_S).topics
    found["produced to"] = send(server.producer(), "made", RECORDS)
    found["made"] = server.read("made", len(RECORDS))
    found["no such partition"] = send(server.producer(**{"message.timeout.ms": 3000}), "made", RECORDS[:1], partition=5)
    for name in ("a b", "\u00e4", "x" * 250, "."):
        found[f"produce to {name!r}"] = failure_of(lambda n=name: send(server.producer(**{"message.timeout.ms": 3000}), n, RECORDS[:1]))
    return found


@step
def create_and_delete(server):
    found = {"new": server.create("new", partitions=4), "again": server.create("new"), "no partitions": server.create("none", partitions=0),
             "default partitions": server.create("default-partitions", partitions=-1),
             "too many replicas": server.create("two-replicas", replicas=2),
             "no replicas": server.create("no-replicas", replicas=0)}
    for name in ("a b", ".", "..", "...", "x" * 249, "x" * 250, "\u00e4", "a/b", "Abc-1._", "with.dot", "with_dot", "_", "__", "__leat_own"):
        found[f"name {name!r}"] = server.create(name)
    server.delete("with_dot")  # leat alone has it: see KNOWN
    for key, value in (("no.such.config", "1"), ("retention.ms", "soon"), ("retention.ms", "-2"), ("retention.ms", "-1"), ("retention.ms", ""),
                       ("retention.bytes", "-2"), ("cleanup.policy", "keep"), ("cleanup.policy", "compact,delete"), ("cleanup.policy", ""),
                       ("max.message.bytes", "-1"), ("max.message.bytes", "0"), ("max.message.bytes", "2147483648"),
                       ("message.timestamp.type", "Never"), ("compression.type", "zip"), ("segment.bytes", "many"), ("retention.ms", " 5 "),
                       ("compression.type", "producer"), ("compression.type", "gzip"), ("min.insync.replicas", "1"), ("min.insync.replicas", "2"),
                       ("min.insync.replicas", "0"), ("message.timestamp.before.max.ms", "1000"), ("flush.ms", "-1"), ("preallocate", "maybe"),
                       ("min.cleanable.dirty.ratio", "1.5"), ("min.cleanable.dirty.ratio", "0.1"), ("segment.bytes", "1048576"),
                       ("segment.bytes", "-1"), ("remote.storage.enable", "false"), ("unclean.leader.election.enable", "true")):
        found[f"{key}={value!r}"] = server.create("checked", validate_only=True, **{key: value})
    found["validated is not made"] = "checked" in server.admin.list_topics(timeout=LIMIT_S).topics
    found["delete"] = server.delete("new"), server.delete("new"), server.delete("never-there")
    found["delete strange"] = server.delete("a b")
    found["made again"] = server.create("new", partitions=2), server.end("new")
    topics = server.admin.list_topics(timeout=LIMIT_S)
    found["partitions"] = {name: (len(topics.topics[name].partitions), {tuple(p.replicas) for p in topics.topics[name].partitions.values()},
                                  {p.leader for p in topics.topics[name].partitions.values()}) for name in ("new", "default-partitions")}
    found["brokers"] = sorted(topics.brokers)
    return found


@step
def configs(server):
    server.create("plain")
    server.create("configured", **{"cleanup.policy": "compact", "retention.ms": "12345", "retention.bytes": "1000000",
                                   "max.message.bytes": "2000", "message.timestamp.type": "LogAppendTime"})
    found = {}
    for topic in ("plain", "configured"):
        told = server.configs(topic)
        for key in ("cleanup.policy", "retention.ms", "retention.bytes", "max.message.bytes", "message.timestamp.type"):
            c = told[key]
            found[f"{topic} {key}"] = c.value, c.is_default, c.is_sensitive, c.source
    found["read-only"] = {c.is_read_only for c in server.configs("plain").values()}
    for key in KAFKA_CONFIGS:
        found[f"takes {key}"] = server.create("taken", validate_only=True, **{key: KAFKA_CONFIGS[key]})
    found["no such topic"] = failure_of(lambda: server.configs("never-there"))
    return found


KAFKA_CONFIGS = {}  # what the real Kafka says of a topic with its defaults, by name


@step
def list_topics(server):
    server.create("listed", partitions=3)
    topics = server.admin.list_topics(timeout=LIMIT_S).topics
    return {"names": sorted(n for n in topics if not n.startswith("__")), "errors": {code(t.error) for t in topics.values()}}


@step
def two_consumers(server):
    server.create("shared", partitions=2)
    first = server.consumer(("shared", 0, 0), ("shared", 1, 0))
    second = server.consumer(("shared", 1, 0))
    sent = server.producer()
    for partition in (0, 1):
        send(sent, "shared", RECORDS, partition)
    found = {"both": sorted(map(seen_in_order, drain(first, 2 * len(RECORDS)))), "one": [seen(m) for m in drain(second, len(RECORDS))]}
    second.assign([TopicPartition("shared", 0, 3)])
    found["moved"] = [seen(m) for m in drain(second, len(RECORDS) - 3)]
    server.delete("shared")
    found["deleted"] = next_error(second)
    first.close()
    second.close()
    return found


def seen_in_order(m):
    return m.partition(), m.offset()


def differences(name, wanted, got):
    """Lines that say where the answers differ and should not, or should and do not."""
    for what in sorted(wanted.keys() | got.keys(), key=str):
        pair = wanted.get(what), got.get(what)
        if (name, what) in KNOWN:
            if pair != KNOWN[name, what][:2]:
                yield f"{what}: a known difference, now otherwise\n  Kafka {pair[0]!r}\n  leat  {pair[1]!r}"
        elif pair[0] != pair[1]:
            yield f"{what}:\n  Kafka {str(pair[0])[:2000]}\n  leat  {str(pair[1])[:2000]}"


def compare(function, kafka, leat):
    """Runs one step; whether it passed."""
    try:
        wanted = function(kafka)
        if os.environ.get("VERBOSE"):
            print(f"{function.__name__}: {str(wanted)[:20000]}")
        wrong = list(differences(function.__name__, wanted, function(leat)))
    except Exception:  # noqa: BLE001 - a failed step is reported, and the next one runs
        wrong = [traceback.format_exc()]
    if wrong:
        print(f"FAILED {function.__name__}\n" + "\n".join(wrong), flush=True)
    return not wrong


def compare_all(kafka, leat):
    chosen = [s for s in STEPS if not sys.argv[1:] or s.__name__ in sys.argv[1:]]
    kafka.create("defaults")
    KAFKA_CONFIGS.update({key: c.value for key, c in kafka.configs("defaults").items()})
    kafka.delete("defaults")
    results = [compare(function, kafka, leat) for function in chosen]
    print(f"{len(KNOWN)} known differences")
    return results.count(True), results.count(False)


def main():
    folder = tempfile.mkdtemp(prefix="leat-compare-")
    subprocess.run([KAFKA_DEV, "wipe", FOLDER], check=True)
    told = subprocess.run([KAFKA_DEV, "start", FOLDER], check=True, stdout=subprocess.PIPE, text=True).stdout
    passed, failed = 0, 1
    try:
        leat = servers.Leat(folder + "/data")
        try:
            passed, failed = compare_all(Server(told.split()[0].rpartition(":")[2]), Server(leat.kafka_port))
        finally:
            leat.stop()
    finally:
        subprocess.run([KAFKA_DEV, "wipe", FOLDER], check=False)
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
