/* transactions_load.c - fills a topic of four partitions: transactions_load BROKERS TOPIC COUNT. The same records at every run. */
#include "client.h"

int main(int argc, char **argv)
{
    if (argc != 4)
        fail_with("usage", "transactions_load BROKERS TOPIC COUNT");
    const char *const settings[] = {"bootstrap.servers", argv[1], "acks", "all", "linger.ms", "20", "batch.num.messages", "10000",
                                    "batch.size", "1000000", "queue.buffering.max.messages", "500000", NULL};
    rd_kafka_t *client = client_open(RD_KAFKA_PRODUCER, settings);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[2], NULL);
    uint64_t random = 42, count = strtoull(argv[3], NULL, 10);
    int64_t began = now_ns();
    for (uint64_t i = 0; i < count; i++) {
        char value[TRANSACTION_SIZE], key[16];
        unsigned user;
        int size = transaction_write(value, &random, i, &user);
        snprintf(key, sizeof key, "user-%06u", user);
        client_produce(client, topic, (int32_t)(user % PARTITIONS), value, size, key);
        if (i % 1000 == 0)
            rd_kafka_poll(client, 0);
    }
    rd_kafka_flush(client, 600000);
    if (rd_kafka_outq_len(client) != 0)
        fail_with("flush", "records are left");
    double seconds = (double)(now_ns() - began) / 1e9;
    printf("{\"records\": %llu, \"seconds\": %.3f}\n", (unsigned long long)count, seconds);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return 0;
}
