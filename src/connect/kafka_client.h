/* kafka_client.h - a client of any Kafka cluster: librdkafka, loaded on first use. */
#ifndef LEAT_CONNECT_KAFKA_CLIENT_H
#define LEAT_CONNECT_KAFKA_CLIENT_H

#include "base/bytes.h"
#include "base/status.h"

struct kafka_client;
/* Connects lazily. STATUS_FEATURE_NOT_SUPPORTED where librdkafka is missing. */
CHECKED enum status kafka_client_open(const char *brokers, struct kafka_client **out, struct error *err);
void kafka_client_close(struct kafka_client *c); /* accepts NULL */

/* Calls visit for each topic with its partition count. STATUS_CONNECTION_FAILURE naming the brokers. */
CHECKED enum status kafka_client_list(struct kafka_client *c, void (*visit)(void *context, const char *topic, int32_t partition_count),
                                      void *context, struct error *err);
CHECKED enum status kafka_client_create(struct kafka_client *c, const char *topic, int32_t partition_count, struct error *err);
/* Queues a record (key.data NULL: none; value.data NULL: a tombstone); kafka_client_flush waits until all are acknowledged. */
CHECKED enum status kafka_client_produce(struct kafka_client *c, const char *topic, struct bytes key, struct bytes value, struct error *err);
CHECKED enum status kafka_client_flush(struct kafka_client *c, struct error *err);

struct kafka_record {
    int32_t partition;
    int64_t offset;
    struct bytes key, value;
};
/* Reads all partitions from the beginning or the end; visit returns false to stop. *stop ends it as well (polled 10 times a second). */
CHECKED enum status kafka_client_consume(struct kafka_client *c, const char *topic, bool from_beginning,
                                         bool (*visit)(void *context, const struct kafka_record *record), void *context,
                                         const volatile bool *stop, struct error *err);

#endif
