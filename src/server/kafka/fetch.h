/* fetch.h - a Fetch that has been read: what it asks for, and its waiting.
 *
 * A Fetch that finds too little is parked: it is copied to the heap, hangs on a watch of each of its partitions, and is
 * answered when one of these moves far enough or its time is over.
 */
#ifndef LEAT_SERVER_KAFKA_FETCH_H
#define LEAT_SERVER_KAFKA_FETCH_H

#include "server/kafka/request.h"

struct watch;

struct fetch_partition {
    struct partition *partition; /* NULL: there is none */
    int32_t index;
    int32_t leader_epoch;        /* the client's; -1: not said */
    int64_t offset;
    int64_t max_size;
};
struct fetch_topic {
    struct topic *topic;  /* NULL: there is none */
    struct bytes name;    /* as asked; once parked, the topic's own */
    const uint8_t *id;    /* likewise; NULL: asked by name */
    size_t partition_count;
};
struct fetch_link {
    struct fetch *fetch;
    struct watch *watch;
    struct fetch_link *previous, *next; /* of the same watch */
};
struct fetch {
    int16_t version;
    int32_t correlation_id;
    const struct api *api;
    bool is_committed_only; /* isolation level */
    int16_t error;          /* of the whole */
    int64_t min_size, max_size, max_wait_ms;
    size_t topic_count, partition_count, partition_capacity;
    struct fetch_topic *topics;
    struct fetch_partition *partitions; /* those of the first topic, then of the next ... */

    /* while parked */
    struct kafka_server *server;
    struct answer *answer;
    struct fetch_link *links; /* one per partition */
    struct fetch *previous, *next;
    struct fetch *next_due;
    int64_t deadline_ns;
    bool is_due;
};

/* Whether there is enough to answer now: data, or an error. */
bool fetch_is_ready(const struct fetch *f);
/* Appends the body of the answer. */
void fetch_put(const struct fetch *f, struct request *q);

/* ---- parking (watch.c) ---- */

struct watch_table *watch_table_create(void);
void watch_table_destroy(struct watch_table *t); /* nothing may be parked; accepts NULL */
/* Copies f, whose answer is q->answer, and lets it wait. */
void fetch_park(struct kafka_server *s, const struct fetch *f, struct request *q);
/* Forgets a parked Fetch without an answer: its connection is gone. */
void fetch_cancel(struct fetch *f);
/* Answers what has become ready or run out of time. */
void watch_table_turn(struct kafka_server *s);

#endif
