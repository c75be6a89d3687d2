"""stream: alerts for transactions that are in the log already: leat's sink, a hand-written librdkafka program and Kafka Streams.

leat's time goes from CREATE SINK sent until the topic shows the last alert. That of the others goes from the program's first
line, libraries loaded, until its last alert is acknowledged. Each reads the same records from page cache, on its own server.
"""
import json
import shutil
import time

from measure import OUT, Skipped, interleave, output_of, print_table, program, say, spread, summarize
from server import Kafka, Leat, Streams
from topics import make_topic, record_count, wait_for_count

TABLE = ("CREATE TABLE transactions (id text, user_id bigint, amount numeric(12,2), ts timestamptz) "
         "WITH (partitions = 4, format = 'json')")
SINK = ("CREATE SINK fraud_alerts AS SELECT id, 'High value: ' || id AS alert FROM transactions WHERE amount > 10000 "
        "WITH (connector = 'log', topic = 'fraud-alerts', format = 'json')")
STREAMS_RUNS = 2


def rate(seconds, count):
    return {"records_per_s": count / seconds, "seconds": seconds}


def run_leat(leat, count, alerts):
    with leat.connect() as connection:
        connection.execute("DROP SINK IF EXISTS fraud_alerts")
        began = time.perf_counter()
        connection.execute(SINK)
        wait_for_count(leat.address("kafka"), "fraud-alerts", alerts)
        return rate(time.perf_counter() - began, count)


def run_program(*command, count):
    line = output_of(*command).split("\n")[-1]
    return rate(json.loads(line)["seconds"], count)


def load(server, brokers, count):
    say(f"writing {count:,} transactions to {server}")
    if record_count(brokers, "transactions") != count:
        output_of(program("transactions_load"), brokers, "transactions", str(count))


def run(options):
    count = 100_000 if options.quick else 5_000_000
    folder = OUT / "stream"
    shutil.rmtree(folder, ignore_errors=True)
    with Leat(folder, "--set", "workers=2") as leat, Kafka() as kafka:
        with leat.connect() as connection:
            connection.execute(TABLE)
        load("leat", leat.address("kafka"), count)
        for topic in ("transactions", "fraud-alerts"):
            make_topic(kafka.brokers, topic)
        load("Kafka", kafka.brokers, count)
        filter_program = [program("fraud_filter"), kafka.brokers, "transactions", "fraud-alerts", str(count)]
        alerts = json.loads(output_of(*filter_program))["alerts"]
        samples = interleave({"leat, CREATE SINK": lambda: run_leat(leat, count, alerts),
                              "librdkafka program": lambda: run_program(*filter_program, count=count)}, options.runs)
        peak_mb = leat.status("VmHWM") * 1024 / 1e6
        try:
            streams = Streams(kafka)
            samples["Kafka Streams"] = [run_program(*streams.command, str(count), count=count) for _ in range(min(STREAMS_RUNS, options.runs))]
        except (Skipped, RuntimeError) as reason:
            say(f"Kafka Streams: {reason}")
        version = kafka.version()
    figures = {name: summarize(values) for name, values in samples.items()}
    ours = figures["leat, CREATE SINK"]["records_per_s"]["median"]
    print_table(f"stream: {count:,} JSON transactions in the log, {alerts:,} alerts; median (spread); target 5,000,000 records/s",
                ["what", "records/s", "seconds", "runs", "leat is faster by"],
                [[name, spread(f["records_per_s"]), spread(f["seconds"]), f["seconds"]["runs"],
                  f"{ours / f['records_per_s']['median']:.2f}"] for name, f in figures.items()])
    return {"records": count, "alerts": alerts, "figures": figures, "leat_peak_mb": peak_mb, "versions": {"kafka": version}}
