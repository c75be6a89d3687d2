"""confluent-kafka (librdkafka): the producer, the consumer without a group, and the admin client."""
import json
import time

import psycopg
from confluent_kafka import (OFFSET_BEGINNING, OFFSET_INVALID, TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Producer,
                             TopicPartition)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec

from checks import check, equal, run_all, wait_until


def brokers(server):
    return {"bootstrap.servers": f"127.0.0.1:{server.kafka_port}", "log_level": 0}


def producer(server, **options):
    return Producer({**brokers(server), "enable.idempotence": True, "linger.ms": 0, **options})


def consumer(server, topic, partition=0, offset=OFFSET_BEGINNING, **options):
    found = Consumer({**brokers(server), "group.id": "none", "enable.auto.commit": False, "auto.offset.reset": "error", **options})
    found.assign([TopicPartition(topic, partition, offset)])
    return found


def admin(server):
    """One for all tests: what it was asked is forgotten when it goes."""
    if not hasattr(server, "admin"):
        server.admin = AdminClient(brokers(server))
    return server.admin


def create(server, name, partitions=1, **config):
    topic = NewTopic(name, num_partitions=partitions, replication_factor=1, config=config)
    for future in admin(server).create_topics([topic]).values():
        future.result(10)


def drain(source, count, limit_s=20):
    """The next records, count of them."""
    until, found = time.monotonic() + limit_s, []
    while len(found) < count:
        assert time.monotonic() < until, f"{len(found)} of {count} records came"
        message = source.poll(0.2)
        if message is None:
            continue
        assert message.error() is None, message.error()
        found.append(message)
    return found


@check
def an_idempotent_producer_writes_each_record_once(server):
    create(server, "once", partitions=3)
    sent, refused = producer(server), []
    for i in range(3000):
        sent.produce("once", key=str(i % 3), value=str(i), partition=i % 3, on_delivery=lambda e, _: e and refused.append(e))
        sent.poll(0)
    equal((sent.flush(20), refused), (0, []))
    for partition in range(3):
        source = consumer(server, "once", partition)
        found = drain(source, 1000)
        equal([int(m.value()) for m in found], list(range(partition, 3000, 3)))
        equal([m.offset() for m in found], list(range(1000)))
        equal(source.get_watermark_offsets(TopicPartition("once", partition), timeout=5), (0, 1000))
        source.close()


@check
def a_consumer_is_woken_by_a_record(server):
    create(server, "woken")
    source, sent = consumer(server, "woken", **{"fetch.wait.max.ms": 5000}), producer(server)
    equal(source.poll(0.5), None)
    took = []
    for i in range(20):
        begin = time.monotonic()
        sent.produce("woken", str(i))
        sent.poll(0)
        equal(drain(source, 1)[0].value(), str(i).encode())
        took.append(time.monotonic() - begin)
    assert sorted(took)[len(took) // 2] < 0.2, took
    source.close()
    sent.flush(5)


@check
def waiting_costs_nothing(server):
    create(server, "idle")
    sources = [consumer(server, "idle", **{"fetch.wait.max.ms": 10000}) for _ in range(5)]
    for source in sources:
        source.poll(0.2)
    before = thread_cpu(server, "kafka")
    time.sleep(1.5)
    assert thread_cpu(server, "kafka") - before <= 0.05, "the server's thread works while all wait"
    for source in sources:
        source.close()


def thread_cpu(server, name):
    """Seconds of CPU that the threads of that name have used."""
    import os
    ticks, folder = 0, f"/proc/{server.process.pid}/task"
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/stat", encoding="utf-8") as stat:
            begin, _, rest = stat.read().rpartition(")")
        if begin.endswith(f"({name}"):
            ticks += sum(int(field) for field in rest.split()[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


@check
def a_fetch_waits_for_its_minimum(server):
    create(server, "minimum")
    source = consumer(server, "minimum", **{"fetch.min.bytes": 100000, "fetch.wait.max.ms": 1500})
    sent = producer(server)
    source.poll(0.3)
    sent.produce("minimum", "small")
    sent.flush(5)
    equal(source.poll(0.4), None)
    sent.produce("minimum", "x" * 200000)
    sent.flush(5)
    begin = time.monotonic()
    equal([len(m.value()) for m in drain(source, 2)], [5, 200000])
    assert time.monotonic() - begin < 1.0, "the fetch was not woken when it had its bytes"
    source.close()


@check
def offsets_outside_are_an_error(server):
    create(server, "outside")
    source = consumer(server, "outside", offset=5)
    wait_until(lambda: outside(source), 10, "an error for an offset that is not there")
    source.close()


def outside(source):
    message = source.poll(0.2)
    return message is not None and message.error() is not None and message.error().code() in (
        KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)


@check
def topics_are_made_as_asked(server):
    create(server, "asked", partitions=4, **{"cleanup.policy": "compact", "retention.ms": "-1", "max.message.bytes": "2000",
                                             "message.timestamp.type": "LogAppendTime", "segment.bytes": "1000000"})
    found = admin(server).list_topics("asked", timeout=5).topics["asked"]
    equal(sorted(found.partitions), [0, 1, 2, 3])
    resource = ConfigResource(ConfigResource.Type.TOPIC, "asked")
    configs = admin(server).describe_configs([resource])[resource].result(5)
    values = {name: configs[name].value for name in ("cleanup.policy", "retention.ms", "max.message.bytes", "message.timestamp.type")}
    equal(values, {"cleanup.policy": "compact", "retention.ms": "-1", "max.message.bytes": "2000", "message.timestamp.type": "LogAppendTime"})
    equal(configs["retention.bytes"].is_default, True)


@check
def topics_are_refused_with_a_reason(server):
    create(server, "taken")
    cases = [(NewTopic("taken", 1, 1), KafkaError.TOPIC_ALREADY_EXISTS), (NewTopic("a b", 1, 1), KafkaError.TOPIC_EXCEPTION),
             (NewTopic("__leat_mine", 1, 1), KafkaError.TOPIC_EXCEPTION), (NewTopic("many", 1, 3), KafkaError.INVALID_REPLICATION_FACTOR),
             (NewTopic("huge", 50_000, 1), KafkaError.INVALID_PARTITIONS),
             (NewTopic("odd", 1, 1, config={"no.such": "1"}), KafkaError.INVALID_CONFIG),
             (NewTopic("worse", 1, 1, config={"retention.ms": "soon"}), KafkaError.INVALID_CONFIG)]
    for topic, code in cases:
        equal(code_of(admin(server).create_topics([topic])[topic.topic]), code)
    for name, value in (("cleanup.policy", "compact,delete"), ("compression.type", "gzip"), ("min.insync.replicas", "2"), ("segment.bytes", "many"),
                        ("remote.storage.enable", "true"), ("preallocate", "maybe"), ("message.timestamp.after.max.ms", "1000"), ("flush.ms", "-1")):
        try:
            admin(server).create_topics([NewTopic("refused", 1, 1, config={name: value})])["refused"].result(10)
        except KafkaException as refused:
            equal(refused.args[0].code(), KafkaError.INVALID_CONFIG)
            assert f'{name} = "{value}" ' in refused.args[0].str(), refused
        else:
            raise AssertionError(f"{name} = {value} was taken")
    future = admin(server).create_topics([NewTopic("only-checked", 1, 1)], validate_only=True)["only-checked"]
    future.result(5)
    assert "only-checked" not in admin(server).list_topics(timeout=5).topics


def code_of(future):
    try:
        future.result(10)
    except KafkaException as refused:
        return refused.args[0].code()
    return 0


@check
def topics_are_deleted(server):
    create(server, "gone")
    admin(server).delete_topics(["gone"])["gone"].result(10)
    assert "gone" not in admin(server).list_topics(timeout=5).topics
    equal(code_of(admin(server).delete_topics(["gone"])["gone"]), KafkaError.UNKNOWN_TOPIC_OR_PART)
    equal(code_of(admin(server).delete_topics(["__leat_epochs"])["__leat_epochs"]), KafkaError.POLICY_VIOLATION)


@check
def a_compacted_topic_takes_no_record_without_a_key(server):
    create(server, "compacted", **{"cleanup.policy": "compact"})
    sent, refused = producer(server), []
    sent.produce("compacted", "no key", on_delivery=lambda e, _: refused.append(e and e.code()))
    sent.flush(10)
    equal(refused, [KafkaError.INVALID_RECORD])


@check
def offsets_are_listed(server):
    create(server, "listed")
    sent = producer(server)
    for i in range(10):
        sent.produce("listed", str(i), timestamp=1_000_000 + i * 1000)
    sent.flush(10)
    place = TopicPartition("listed", 0)
    def listed(spec):
        return admin(server).list_offsets({place: spec})[place].result(5)
    equal(listed(OffsetSpec.earliest()).offset, 0)
    equal(listed(OffsetSpec.latest()).offset, 10)
    equal((listed(OffsetSpec.max_timestamp()).offset, listed(OffsetSpec.max_timestamp()).timestamp), (9, 1_009_000))
    equal(listed(OffsetSpec.for_timestamp(1_004_500)).offset, 5)
    equal(listed(OffsetSpec.for_timestamp(2_000_000)).offset, -1)


@check
def the_cluster_is_described(server):
    found = admin(server).describe_cluster().result(5)
    equal([(n.id, n.host, n.port) for n in found.nodes], [(1, "127.0.0.1", server.kafka_port)])
    equal(len(found.cluster_id), 22)
    resource = ConfigResource(ConfigResource.Type.BROKER, "1")
    configs = admin(server).describe_configs([resource])[resource].result(5)
    equal(configs["auto.create.topics.enable"].value, "true")


@check
def a_consumer_without_an_offset_begins_where_it_was_told(server):
    """It asks for its group's offset first: no group has one."""
    create(server, "begun")
    sent = producer(server)
    for i in range(3):
        sent.produce("begun", str(i))
    sent.flush(10)
    source = Consumer({**brokers(server), "group.id": "a group", "auto.offset.reset": "earliest"})
    source.assign([TopicPartition("begun", 0)])
    equal([m.offset() for m in drain(source, 3)], [0, 1, 2])
    equal(source.committed([TopicPartition("begun", 0)], timeout=5)[0].offset, OFFSET_INVALID)
    try:
        source.commit(offsets=[TopicPartition("begun", 0, 3)], asynchronous=False)
    except KafkaException as refused:
        equal(refused.args[0].code(), KafkaError._UNSUPPORTED_FEATURE)
    else:
        raise AssertionError("no offset can be committed")
    source.close()


@check
def a_table_takes_the_topic_settings_that_kafka_has(server):
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("""CREATE TABLE settings_of_kafka (k int) WITH (format = 'json', "message.timestamp.type" = 'LogAppendTime',
                              "max.message.bytes" = 2000)""")
    sent, told = producer(server), []
    sent.produce("settings_of_kafka", '{"k": 1}', timestamp=1000)
    sent.flush(10)
    sent.produce("settings_of_kafka", json.dumps({"k": 1, "more": "x" * 3000}), on_delivery=lambda e, _: told.append(e.code()))
    sent.flush(10)
    equal(told, [KafkaError.MSG_SIZE_TOO_LARGE])
    source = consumer(server, "settings_of_kafka")
    kind, time_ms = drain(source, 1)[0].timestamp()
    assert kind == TIMESTAMP_LOG_APPEND_TIME and abs(time_ms / 1000 - time.time()) < 60, (kind, time_ms)
    source.close()


@check
def groups_are_refused_at_once(server):
    create(server, "grouped")
    source = Consumer({**brokers(server), "group.id": "a group"})
    source.subscribe(["grouped"])
    refused = source.poll(10)
    assert refused is not None and refused.error() is not None, refused
    equal(refused.error().code(), KafkaError._UNSUPPORTED_FEATURE)
    source.close()


@check
def transactions_are_refused_at_once(server):
    sent = Producer({**brokers(server), "transactional.id": "t"})
    try:
        sent.init_transactions(10)
    except KafkaException as refused:
        equal(refused.args[0].code(), KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
        return
    raise AssertionError("transactions are not there, so a client must be told")


run_all()
