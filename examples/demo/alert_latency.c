/* alert_latency.c - the time from a record's produce call to its alert in a consumer's hands, over real Kafka clients.
 *
 *     alert_latency BROKERS TOPIC ALERT_TOPIC COUNT RATE_PER_S
 *
 * One process produces JSON transactions with acks=all at a steady rate and, in a second thread, consumes the topic that a
 * sink of leat (or a Kafka Streams program) writes. Both ends read one clock. Each record carries its number in its id.
 * Prints one line: count, p50, p90, p99 and the largest, in microseconds. Ends with status 1 if an alert is missing, comes
 * twice, or none comes for ten seconds.
 */
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SILENCE_MS = 10000 };

struct run {
    const char *brokers, *topic, *alert_topic;
    int count, rate_per_s;
    char prefix[32];          /* tells this run's records from those of others */
    int64_t *sent_ns;         /* by number; written before the record is produced */
    int64_t *latency_ns;      /* by number; -1 until its alert came */
    atomic_bool consumer_ready;
    int arrived, twice;
};

static void die(const char *what, const char *why)
{
    fprintf(stderr, "alert_latency: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static rd_kafka_t *client_create(rd_kafka_type_t type, const char *const *settings)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (; *settings != NULL; settings += 2)
        if (rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof why) != RD_KAFKA_CONF_OK)
            die(settings[0], why);
    rd_kafka_t *client = rd_kafka_new(type, conf, why, sizeof why);
    if (client == NULL)
        die("client", why);
    return client;
}

/* The number behind this run's prefix, or -1 for a record of another run. */
static int number_of(const struct run *r, const rd_kafka_message_t *m)
{
    const char *at = memmem(m->payload, m->len, r->prefix, strlen(r->prefix));
    if (at == NULL)
        return -1;
    int number = 0;
    for (at += strlen(r->prefix); at < (const char *)m->payload + m->len && *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (*at - '0');
    return number < r->count ? number : -1;
}

static void take(struct run *r, const rd_kafka_message_t *m)
{
    int64_t now = now_ns();
    int number = number_of(r, m);
    if (number < 0)
        return;
    if (r->latency_ns[number] >= 0) {
        r->twice++;
        return;
    }
    r->latency_ns[number] = now - r->sent_ns[number];
    r->arrived++;
}

static void *consume(void *context)
{
    struct run *r = context;
    const char *settings[] = {"bootstrap.servers", r->brokers, "group.id", "alert_latency", "enable.auto.commit", "false",
                              "fetch.min.bytes", "1", "fetch.wait.max.ms", "100", "fetch.error.backoff.ms", "1",
                              "socket.nagle.disable", "true", NULL};
    rd_kafka_t *client = client_create(RD_KAFKA_CONSUMER, settings);
    int64_t low, high;
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client, r->alert_topic, 0, &low, &high, SILENCE_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(r->alert_topic, rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, r->alert_topic, 0)->offset = high;
    rd_kafka_assign(client, list);
    rd_kafka_topic_partition_list_destroy(list);
    rd_kafka_message_t *m = rd_kafka_consumer_poll(client, 300); /* the first fetch is on its way */
    atomic_store(&r->consumer_ready, true);
    int64_t last = now_ns();
    while (r->arrived < r->count && now_ns() - last < (int64_t)SILENCE_MS * 1000000) {
        if (m != NULL) {
            if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
                take(r, m);
            rd_kafka_message_destroy(m);
            last = now_ns();
        }
        m = rd_kafka_consumer_poll(client, 100);
    }
    if (m != NULL)
        rd_kafka_message_destroy(m);
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return NULL;
}

static void sleep_until(int64_t when_ns)
{
    struct timespec t = {when_ns / 1000000000, when_ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void produce(struct run *r)
{
    const char *settings[] = {"bootstrap.servers", r->brokers, "acks", "all", "linger.ms", "0", "socket.nagle.disable", "true", NULL};
    rd_kafka_t *client = client_create(RD_KAFKA_PRODUCER, settings);
    const struct rd_kafka_metadata *metadata; /* connect before the clock runs */
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, r->topic, NULL);
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, SILENCE_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
        die(r->topic, rd_kafka_err2str(code));
    rd_kafka_metadata_destroy(metadata);
    while (!atomic_load(&r->consumer_ready))
        usleep(1000);
    int64_t start = now_ns();
    for (int i = 0; i < r->count; i++) {
        char value[160];
        sleep_until(start + (int64_t)i * 1000000000 / r->rate_per_s);
        int size = snprintf(value, sizeof value, "{\"id\":\"%s%d\",\"userId\":%d,\"amount\":20000.01,\"ts\":\"2024-01-15T10:00:00Z\"}",
                            r->prefix, i, i % 100);
        r->sent_ns[i] = now_ns();
        if (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value, (size_t)size, NULL, 0, NULL) != 0)
            die("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(client, 0);
    }
    rd_kafka_flush(client, SILENCE_MS);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double percentile_us(const struct run *r, int per_thousand)
{
    int index = (int)((int64_t)r->count * per_thousand / 1000);
    return (double)r->latency_ns[index < r->count ? index : r->count - 1] / 1000;
}

int main(int argc, char **argv)
{
    if (argc != 6 || atoi(argv[4]) < 1 || atoi(argv[5]) < 1) {
        fprintf(stderr, "usage: alert_latency BROKERS TOPIC ALERT_TOPIC COUNT RATE_PER_S\n");
        return 2;
    }
    struct run r = {.brokers = argv[1], .topic = argv[2], .alert_topic = argv[3], .count = atoi(argv[4]), .rate_per_s = atoi(argv[5])};
    snprintf(r.prefix, sizeof r.prefix, "run%d-", (int)getpid());
    r.sent_ns = calloc((size_t)r.count, sizeof *r.sent_ns);
    r.latency_ns = calloc((size_t)r.count, sizeof *r.latency_ns);
    for (int i = 0; i < r.count; i++)
        r.latency_ns[i] = -1;
    pthread_t consumer;
    if (pthread_create(&consumer, NULL, consume, &r) != 0)
        die("thread", "cannot start");
    produce(&r);
    pthread_join(consumer, NULL);
    if (r.arrived < r.count || r.twice > 0) {
        fprintf(stderr, "alert_latency: %d of %d alerts came, %d of them twice\n", r.arrived, r.count, r.twice);
        return 1;
    }
    qsort(r.latency_ns, (size_t)r.count, sizeof *r.latency_ns, by_value);
    printf("%d alerts at %d/s: p50 %.0f us, p90 %.0f us, p99 %.0f us, largest %.0f us\n", r.count, r.rate_per_s,
           percentile_us(&r, 500), percentile_us(&r, 900), percentile_us(&r, 990), percentile_us(&r, 1000));
    free(r.sent_ns);
    free(r.latency_ns);
    return 0;
}
