"""kcat: listing, producing and consuming in its ways."""
import json
import subprocess

from checks import check, equal, run_all
from servers import Leat

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def kcat(server, *options, text="", status=0):
    """Output and messages of kcat, which must end with that status."""
    command = ["kcat", "-b", f"127.0.0.1:{server.kafka_port}", *options]
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == status, f"{command} ended with {done.returncode}: {done.stdout[-500:]}{done.stderr[-2000:]}"
    return done.stdout, done.stderr


def produce(server, topic, text, *options):
    return kcat(server, "-P", "-t", topic, *options, text=text)[1]


def consume(server, topic, *options):
    return kcat(server, "-C", "-q", "-e", "-t", topic, *options)[0]


def segment_size(server, topic):
    return sum(file.stat().st_size for file in (server.folder / "data" / "topics" / topic / "0").glob("*.log"))


@check
def lists_nothing_of_its_own(server):
    found = json.loads(kcat(server, "-L", "-J")[0])
    equal([(b["id"], b["name"]) for b in found["brokers"]], [(1, f"127.0.0.1:{server.kafka_port}")])
    equal(found["topics"], [])


@check
def keys_values_and_offsets_come_back(server):
    produce(server, "keyed", "".join(f"k{i}:value {i}\n" for i in range(100)), "-K:")
    lines = consume(server, "keyed", "-f", "%p %o %k=%s\\n").splitlines()
    equal(lines, [f"0 {i} k{i}=value {i}" for i in range(100)])
    topics = json.loads(kcat(server, "-L", "-J")[0])["topics"]
    equal([(t["topic"], len(t["partitions"])) for t in topics], [("keyed", 1)])


@check
def headers_and_tombstones_survive(server):
    produce(server, "headers", "k:v\n", "-H", "a=1", "-H", "b=two", "-K:")
    produce(server, "headers", "k:\n", "-Z", "-K:")
    produce(server, "headers", "no key\n")
    lines = [json.loads(line) for line in consume(server, "headers", "-J").splitlines()]
    equal(lines[0]["headers"], ["a", "1", "b", "two"])
    equal([(m["key"], m["payload"]) for m in lines], [("k", "v"), ("k", None), (None, "no key")])


@check
def every_codec_is_used_and_kept(server):
    text = "".join(f"a line that repeats itself, {i % 10}\n" for i in range(20000))
    sizes = {}
    for codec in CODECS:
        topic = f"codec-{codec}"
        told = produce(server, topic, text, "-z", codec, "-X", "debug=msg")
        assert "does not support" not in told, told
        equal(consume(server, topic) == text, True)
        equal(consume(server, topic, "-o", "-1", "-f", "%o"), "19999")
        sizes[codec] = segment_size(server, topic)
    assert all(sizes[codec] * 4 < sizes["none"] for codec in CODECS[1:]), sizes


@check
def consuming_begins_at_an_offset_or_a_time(server):
    produce(server, "seek", "".join(f"{i}\n" for i in range(1000)))
    equal(consume(server, "seek", "-o", "990").split(), [str(i) for i in range(990, 1000)])
    equal(consume(server, "seek", "-o", "-3").split(), ["997", "998", "999"])
    stamps = [int(line) for line in consume(server, "seek", "-f", "%T\\n").split()]
    middle = stamps[500]
    first = next(i for i, stamp in enumerate(stamps) if stamp >= middle)
    equal(consume(server, "seek", "-o", f"s@{middle}").split(), [str(i) for i in range(first, 1000)])
    equal(kcat(server, "-Q", "-t", f"seek:0:{middle}")[0].split()[-1], str(first))
    equal(kcat(server, "-Q", "-t", f"seek:0:{stamps[-1] + 100000}")[0].split()[-1], "-1")


@check
def an_unknown_partition_is_an_error(server):
    produce(server, "one", "x\n")
    told = kcat(server, "-P", "-t", "one", "-p", "7", "-X", "message.timeout.ms=3000", text="x\n", status=1)[1]
    assert "Unknown partition" in told, told


@check
def a_message_over_the_limit_is_refused_by_name(server):
    produce(server, "large", "x" * 1_000_000, "-X", "message.max.bytes=2000000")
    equal(len(consume(server, "large", "-X", "fetch.message.max.bytes=1000")), 1_000_001)
    told = kcat(server, "-P", "-t", "large", "-X", "message.max.bytes=2000000", text="x" * 1_100_000, status=1)[1]
    assert "too large" in told, told


@check
def what_was_acknowledged_survives_kill(server):
    own = Leat(server.folder / "killed")
    produce(own, "kept", "".join(f"{i}\n" for i in range(500)))
    own.kill()
    own = Leat(server.folder / "killed")
    equal(consume(own, "kept").split(), [str(i) for i in range(500)])
    own.stop()


run_all()
