/* fraud_filter.c - the stream example as one would write it by hand: fraud_filter BROKERS IN OUT COUNT.
 *
 * Reads COUNT records from the beginning of IN and writes an alert to OUT for each whose amount is above 10,000. It looks for
 * the three fields by name in the text, knows no escapes, no types, no restart; it ends once OUT has acknowledged every alert.
 */
#include <stdbool.h>

#include "client.h"

struct text {
    const char *at;
    size_t size;
};

/* The value of a field, without quotes; name is `"name":`. at NULL: there is none. */
static struct text find_field(const char *text, size_t size, const char *name)
{
    const char *end = text + size, *at = memmem(text, size, name, strlen(name));
    if (at == NULL)
        return (struct text){NULL, 0};
    at += strlen(name);
    const char *stop = at;
    if (at < end && *at == '"') {
        at++;
        stop = memchr(at, '"', (size_t)(end - at));
    } else
        while (stop < end && *stop != ',' && *stop != '}')
            stop++;
    return (struct text){stop != NULL ? at : NULL, stop != NULL ? (size_t)(stop - at) : 0};
}

static bool raise_alert(rd_kafka_t *producer, rd_kafka_topic_t *out, const rd_kafka_message_t *m)
{
    struct text amount = find_field(m->payload, m->len, "\"amount\":");
    if (amount.at == NULL || strtod(amount.at, NULL) <= 10000)
        return false;
    struct text id = find_field(m->payload, m->len, "\"id\":");
    char alert[TRANSACTION_SIZE];
    int size = snprintf(alert, sizeof alert, "{\"id\":\"%.*s\",\"alert\":\"High value: %.*s\"}", (int)id.size, id.at, (int)id.size, id.at);
    client_produce(producer, out, RD_KAFKA_PARTITION_UA, alert, size, NULL);
    return true;
}

int main(int argc, char **argv)
{
    enum { MESSAGES = 10000 };
    static rd_kafka_message_t *messages[MESSAGES];
    if (argc != 5)
        fail_with("usage", "fraud_filter BROKERS IN OUT COUNT");
    int64_t began = now_ns();
    const char *const input[] = {"bootstrap.servers", argv[1], "group.id", "fraud", "enable.auto.commit", "false",
                                 "queued.min.messages", "1000000", "queued.max.messages.kbytes", "262144", NULL};
    const char *const output[] = {"bootstrap.servers", argv[1], "acks", "all", "linger.ms", "5", "queue.buffering.max.messages", "2000000", NULL};
    rd_kafka_t *consumer = client_open(RD_KAFKA_CONSUMER, input), *producer = client_open(RD_KAFKA_PRODUCER, output);
    rd_kafka_topic_t *in = rd_kafka_topic_new(consumer, argv[2], NULL), *out = rd_kafka_topic_new(producer, argv[3], NULL);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(consumer);
    uint64_t count = strtoull(argv[4], NULL, 10), seen = 0, alerts = 0;
    for (int32_t i = 0; i < PARTITIONS; i++)
        rd_kafka_consume_start_queue(in, i, RD_KAFKA_OFFSET_BEGINNING, queue);
    while (seen < count) {
        ssize_t got = rd_kafka_consume_batch_queue(queue, 100, messages, MESSAGES);
        for (ssize_t i = 0; i < got; i++) {
            if (messages[i]->err == 0) {
                seen++;
                alerts += raise_alert(producer, out, messages[i]);
            }
            rd_kafka_message_destroy(messages[i]);
        }
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 60000);
    printf("{\"records\": %llu, \"alerts\": %llu, \"seconds\": %.4f}\n", (unsigned long long)seen, (unsigned long long)alerts,
           (double)(now_ns() - began) / 1e9);
    fflush(stdout);
    _Exit(0); /* closing a consumer takes seconds that are not the work's */
}
