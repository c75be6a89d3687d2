"""latency: from a transaction produced to its alert consumed, at 10,000 records/s, acks=all: leat with fsync = always, and
Kafka Streams on a broker that leaves syncing to the kernel, as its default is."""
import json
import shutil
import subprocess

from measure import OUT, Skipped, output_of, print_table, program, say, spread, summarize, sync_times_us
from server import Kafka, Leat, Streams
from stream import SINK, TABLE
from topics import make_topic

RATE, WARM_UP_S = 10_000, 2
JVM_WARM_UP_S = 15  # until its compiler has done its work; before that it falls behind


def metric(connection, name):
    return int(connection.execute("SELECT sum(value)::bigint FROM leat_metrics WHERE name = %s", [name]).fetchone()[0])


def measure(brokers, seconds, warm_up_s=WARM_UP_S):
    return json.loads(output_of(program("alert_latency"), brokers, str(RATE), str(seconds), str(warm_up_s)))


def run_leat(seconds):
    folder = OUT / "latency"
    shutil.rmtree(folder, ignore_errors=True)
    with Leat(folder) as leat, leat.connect() as connection:
        connection.execute(TABLE.replace("format = 'json'", "format = 'json', fsync = 'always'"))
        connection.execute(SINK)
        syncs, switches, ticks = metric(connection, "log_syncs"), leat.switches(), leat.cpu_ticks()
        figures = measure(leat.address("kafka"), seconds)
        figures["syncs_per_record"] = (metric(connection, "log_syncs") - syncs) / figures["records"]
        figures["wake_ups_per_record"] = (leat.switches() - switches) / figures["records"]
        figures["cpu_us_per_record"] = (leat.cpu_ticks() - ticks) * 1e4 / figures["records"]
        figures["fdatasync_p50_us"] = sync_times_us(OUT)["p50"]
    return figures


def run_streams(seconds):
    with Kafka() as kafka:
        for topic in ("transactions", "fraud-alerts"):
            make_topic(kafka.brokers, topic)
        streams = subprocess.Popen([*Streams(kafka).command, "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            streams.stdout.readline()
            return measure(kafka.brokers, seconds, JVM_WARM_UP_S), kafka.version()
        finally:
            streams.stdin.close()
            streams.wait()


def run(options):
    seconds = 2 if options.quick else 10
    samples = {"leat, fsync = always": [run_leat(seconds) for _ in range(options.runs)]}
    version = None
    try:
        figures, version = run_streams(seconds)
        samples["Kafka Streams, no fsync"] = [figures]
    except (Skipped, subprocess.CalledProcessError) as reason:
        say(f"Kafka Streams: {reason} {getattr(reason, 'stderr', '')}")
    figures = {name: summarize(values) for name, values in samples.items()}
    print_table(f"latency: {RATE:,} records/s for {seconds} s, one producer, one consumer, acks=all; median (spread); target p50 < 1, p99 < 5 ms",
                ["what", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "runs"],
                [[name, *(spread(f[k]) for k in ("p50_ms", "p99_ms", "p999_ms", "max_ms")), f["p50_ms"]["runs"]] for name, f in figures.items()])
    ours = figures["leat, fsync = always"]
    print("  per record: {:.3f} syncs, {:.2f} wake-ups, {:.1f} us of processor; fdatasync p50 {:.0f} us".format(
        *(ours[k]["median"] for k in ("syncs_per_record", "wake_ups_per_record", "cpu_us_per_record", "fdatasync_p50_us"))))
    return {"rate": RATE, "seconds": seconds, "figures": figures, "versions": {"kafka": version}}
