/* client.h - what the librdkafka programs of the benchmarks share: clocks, configuration, one transaction as JSON.
 *
 * They stand for programs that a user would write; so they use nothing of leat.
 */
#ifndef LEAT_BENCH_CLIENT_H
#define LEAT_BENCH_CLIENT_H

#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PARTITIONS = 4, USERS = 10000, TRANSACTION_SIZE = 256 };

static inline int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static inline void fail_with(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

/* settings: pairs of name and value, ended by NULL. */
static inline rd_kafka_t *client_open(rd_kafka_type_t kind, const char *const *settings)
{
    char why[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    for (; settings[0] != NULL; settings += 2)
        if (rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof why) != RD_KAFKA_CONF_OK)
            fail_with(settings[0], why);
    rd_kafka_t *client = rd_kafka_new(kind, conf, why, sizeof why);
    if (client == NULL)
        fail_with("librdkafka", why);
    return client;
}

/* Hands a copy of the record over, waiting while the queue is full. */
static inline void client_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const char *value, int size,
                                  const char *key)
{
    while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value, (size_t)size, key,
                            key != NULL ? strlen(key) : 0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            fail_with("produce", rd_kafka_err2str(rd_kafka_last_error()));
        rd_kafka_poll(client, 5);
    }
}

static inline uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t x = *state;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* A transaction whose id is 16 random hexadecimal digits and then number; about one in ten is above 10,000.00. Returns its size. */
static inline int transaction_write(char out[TRANSACTION_SIZE], uint64_t *random, uint64_t number, unsigned *user)
{
    uint64_t cents = random_next(random) % 1111111, second = number / 20000 % 300;
    *user = (unsigned)(random_next(random) % USERS);
    return snprintf(out, TRANSACTION_SIZE,
                    "{\"id\":\"%016llx%016llu\",\"user_id\":%u,\"amount\":%llu.%02llu,\"ts\":\"2024-01-15T12:%02llu:%02llu.%03lluZ\"}",
                    (unsigned long long)random_next(random), (unsigned long long)number, *user, (unsigned long long)(cents / 100),
                    (unsigned long long)(cents % 100), (unsigned long long)(second / 60), (unsigned long long)(second % 60),
                    (unsigned long long)(number / 20 % 1000));
}

#endif
