"""The two topics of the stream example on any broker, through librdkafka's admin client."""
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS, TIMEOUT_S = 4, 30


def make_topic(brokers, name):
    admin = AdminClient({"bootstrap.servers": brokers})
    try:
        admin.create_topics([NewTopic(name, PARTITIONS, 1)])[name].result(TIMEOUT_S)
    except KafkaException as failure:
        if failure.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
    wait_for_count(brokers, name, 0)


def record_count(brokers, name):
    """Records of a topic that a consumer can see."""
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "count"})
    try:
        partitions = consumer.list_topics(name, TIMEOUT_S).topics[name].partitions
        ends = [consumer.get_watermark_offsets(TopicPartition(name, partition), TIMEOUT_S, cached=False) for partition in partitions]
        return sum(high - low for low, high in ends)
    finally:
        consumer.close()


def wait_for_count(brokers, name, count, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    now = -1
    while now < count:
        try:
            now = record_count(brokers, name)
        except KafkaException:  # a new topic has no leaders yet
            time.sleep(0.1)
        if time.monotonic() > deadline:
            raise RuntimeError(f"{name} has {now} records, {count} were expected")
