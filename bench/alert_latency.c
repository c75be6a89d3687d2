/* alert_latency.c - from a transaction produced to its alert consumed: alert_latency BROKERS RATE SECONDS WARM_UP_SECONDS.
 *
 * One thread produces to `transactions` at an even rate, acks=all and no lingering; another consumes `fraud-alerts`. The time
 * just before the record was handed to librdkafka is its id, which the alert carries; so queues on both sides count. One in ten
 * is above 10,000 and raises an alert. Prints one line of JSON, latencies in milliseconds.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "client.h"

struct latencies {
    const char *brokers;
    int64_t measure_from_ns;
    int64_t *ns;
    size_t count, room, seen;
    _Atomic bool stop, ready;
};

static void note_alert(struct latencies *l, const rd_kafka_message_t *m)
{
    const char *id = memmem(m->payload, m->len, "\"id\":\"", 6);
    int64_t sent = id != NULL ? strtoll(id + 6, NULL, 10) : 0, now = now_ns();
    l->seen++;
    if (sent >= l->measure_from_ns && l->count < l->room)
        l->ns[l->count++] = now - sent;
}

static void *consume(void *context)
{
    struct latencies *l = context;
    const char *const settings[] = {"bootstrap.servers", l->brokers, "group.id", "latency", "enable.auto.commit", "false",
                                    "fetch.wait.max.ms", "500", "socket.nagle.disable", "true", NULL};
    rd_kafka_t *client = client_open(RD_KAFKA_CONSUMER, settings);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, "fraud-alerts", NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(client, 0, topic, &metadata, 10000) != 0 || metadata->topics[0].partition_cnt == 0)
        fail_with("fraud-alerts", "no such topic");
    for (int32_t i = 0; i < metadata->topics[0].partition_cnt; i++)
        rd_kafka_consume_start_queue(topic, i, RD_KAFKA_OFFSET_END, queue);
    rd_kafka_metadata_destroy(metadata);
    l->ready = true;
    while (!l->stop) {
        rd_kafka_message_t *m = rd_kafka_consume_queue(queue, 100);
        if (m == NULL)
            continue;
        if (m->err == 0)
            note_alert(l, m);
        rd_kafka_message_destroy(m);
    }
    return NULL;
}

/* Produces count records, one every 1/rate s; returns how many raise an alert. */
static size_t produce(const char *brokers, int64_t rate, int64_t count)
{
    const char *const settings[] = {"bootstrap.servers", brokers, "acks", "all", "linger.ms", "0", "socket.nagle.disable", "true", NULL};
    rd_kafka_t *client = client_open(RD_KAFKA_PRODUCER, settings);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, "transactions", NULL);
    size_t alerts = 0;
    int64_t began = now_ns();
    for (int64_t i = 0; i < count; i++) {
        int64_t due = began + i * 1000000000 / rate;
        struct timespec at = {.tv_sec = due / 1000000000, .tv_nsec = due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) != 0)
            ;
        char value[TRANSACTION_SIZE];
        bool high = i % 10 == 0;
        int size = snprintf(value, sizeof value, "{\"id\":\"%lld\",\"user_id\":%lld,\"amount\":%s,\"ts\":\"2024-01-15T12:00:00.000Z\"}",
                            (long long)now_ns(), (long long)(i % USERS), high ? "10000.01" : "9999.99");
        client_produce(client, topic, (int32_t)(i % PARTITIONS), value, size, NULL);
        rd_kafka_poll(client, 0);
        alerts += high;
    }
    rd_kafka_flush(client, 30000);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return alerts;
}

static int compare_ns(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        fail_with("usage", "alert_latency BROKERS RATE SECONDS WARM_UP_SECONDS");
    int64_t rate = atoll(argv[2]), seconds = atoll(argv[3]), warm_up = atoll(argv[4]);
    struct latencies l = {.brokers = argv[1], .room = (size_t)(rate * seconds)};
    pthread_t consumer;
    l.ns = calloc(l.room + 1, sizeof *l.ns);
    pthread_create(&consumer, NULL, consume, &l);
    struct timespec settle = {.tv_sec = 1}, moment = {.tv_nsec = 1000000};
    while (!l.ready)
        nanosleep(&moment, NULL);
    nanosleep(&settle, NULL); /* the consumer finds where the topic ends */
    int64_t began = now_ns();
    l.measure_from_ns = began + warm_up * 1000000000;
    size_t expected = produce(argv[1], rate, rate * (seconds + warm_up));
    double spent = (double)(now_ns() - began) / 1e9;
    nanosleep(&settle, NULL);
    l.stop = true;
    pthread_join(consumer, NULL);
    if (l.seen != expected || l.count == 0) {
        fprintf(stderr, "%zu alerts of %zu came\n", l.seen, expected);
        return 1;
    }
    qsort(l.ns, l.count, sizeof *l.ns, compare_ns);
    printf("{\"alerts\": %zu, \"records\": %lld, \"rate\": %.0f, \"p50_ms\": %.3f, \"p90_ms\": %.3f, \"p99_ms\": %.3f, \"p999_ms\": %.3f, "
           "\"max_ms\": %.3f}\n", l.count, (long long)(rate * (seconds + warm_up)), (double)(rate * (seconds + warm_up)) / spent,
           (double)l.ns[l.count / 2] / 1e6, (double)l.ns[l.count * 9 / 10] / 1e6, (double)l.ns[l.count * 99 / 100] / 1e6,
           (double)l.ns[l.count * 999 / 1000] / 1e6, (double)l.ns[l.count - 1] / 1e6);
    fflush(stdout);
    _Exit(0);
}
