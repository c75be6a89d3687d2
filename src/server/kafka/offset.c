/* offset.c - ListOffsets and OffsetForLeaderEpoch. */
#include <stdlib.h>

#include "server/kafka/kafka_error.h"
#include "server/kafka/wire.h"

enum {
    TIME_LATEST = -1,
    TIME_EARLIEST = -2,
    TIME_LARGEST = -3,
    TIME_EARLIEST_LOCAL = -4,
    TIME_LATEST_TIERED = -5
};

struct found_offset {
    int16_t code;
    int64_t offset;
    int64_t timestamp;
};

static int16_t check_epoch(int32_t leader_epoch)
{
    return leader_epoch > KAFKA_LEADER_EPOCH ? KAFKA_UNKNOWN_LEADER_EPOCH : KAFKA_NONE;
}

/* The version of ListOffsets from which a negative timestamp has a meaning. */
static int16_t first_version_of(int64_t timestamp)
{
    switch (timestamp) {
    case TIME_LATEST:
    case TIME_EARLIEST: return 1;
    case TIME_LARGEST: return 7;
    case TIME_EARLIEST_LOCAL: return 8;
    case TIME_LATEST_TIERED: return 9;
    default: return timestamp >= 0 ? 1 : INT16_MAX;
    }
}

static enum status find_offset(struct partition *p, int64_t timestamp, struct found_offset *out,
                               struct error *err)
{
    switch (timestamp) {
    case TIME_LATEST:
        out->offset = partition_visible_end(p);
        return STATUS_OK;
    case TIME_EARLIEST:
        out->offset = partition_start(p);
        return STATUS_OK;
    case TIME_LARGEST:
        return partition_find_max_time(p, &out->offset, &out->timestamp, err);
    case TIME_EARLIEST_LOCAL:
        out->offset = partition_start(p);
        return STATUS_OK;
    case TIME_LATEST_TIERED:
        return STATUS_OK; /* nothing is tiered: no such offset */
    default:
        return partition_find_time(p, timestamp, &out->offset, &out->timestamp, err);
    }
}

/* The partitions that a request names, by address. */
struct named_partitions {
    struct partition **partitions;
    size_t count;
};

static int compare_partitions(const void *left, const void *right)
{
    uintptr_t l = (uintptr_t) * (struct partition *const *)left, r = (uintptr_t) * (struct partition *const *)right;
    return l < r ? -1 : l > r;
}

static bool is_named_twice(const struct named_partitions *named, struct partition *p)
{
    struct partition **end = named->partitions + named->count;
    struct partition **at = bsearch(&p, named->partitions, named->count, sizeof p, compare_partitions);
    return at != NULL && ((at > named->partitions && at[-1] == p) || (at + 1 < end && at[1] == p));
}

static int16_t check_listed(const struct request *q, struct partition *p, int32_t leader_epoch, int64_t timestamp,
                            const struct named_partitions *named)
{
    if (p == NULL)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (is_named_twice(named, p))
        return KAFKA_INVALID_REQUEST;
    return q->version < first_version_of(timestamp) ? KAFKA_UNSUPPORTED_VERSION : check_epoch(leader_epoch);
}

static void list_partition(struct request *q, struct topic *topic, const struct named_partitions *named)
{
    struct found_offset found = {KAFKA_NONE, -1, -1};
    struct error err = {0};
    int32_t index = reader_i32(&q->in);
    int32_t leader_epoch = q->version >= 4 ? reader_i32(&q->in) : -1;
    int64_t timestamp = reader_i64(&q->in);
    wire_get_tags(q);
    struct partition *p = topic == NULL ? NULL : topic_partition(topic, index);
    found.code = check_listed(q, p, leader_epoch, timestamp, named);
    if (found.code == KAFKA_NONE && find_offset(p, timestamp, &found, &err) != STATUS_OK) {
        found = (struct found_offset){kafka_error_of(err.status), -1, -1};
        engine_note(q->server->engine, LEVEL_ERROR, "kafka: ListOffsets: %s", err.message);
    }
    buffer_put_i32(q->out, index);
    buffer_put_i16(q->out, found.code);
    buffer_put_i64(q->out, found.timestamp);
    buffer_put_i64(q->out, found.offset);
    if (q->version >= 4)
        buffer_put_i32(q->out, found.offset >= 0 ? KAFKA_LEADER_EPOCH : -1);
    wire_put_tags(q);
}

/* Both requests list topics, and each topic's partitions; the answer has their form. */
typedef void answer_partition(struct request *q, struct topic *topic, const struct named_partitions *named);

static void answer_topics(struct request *q, answer_partition *answer, const struct named_partitions *named)
{
    size_t topic_count = wire_get_count(q, 6);
    wire_put_count(q, topic_count);
    for (size_t i = 0; i < topic_count && !q->in.failed; i++) {
        struct bytes name = wire_get_text(q);
        struct topic *topic = request_find_topic(q, name);
        size_t partition_count = wire_get_count(q, 12);
        wire_put_text(q, name);
        wire_put_count(q, partition_count);
        for (size_t k = 0; k < partition_count && !q->in.failed; k++)
            answer(q, topic, named);
        wire_get_tags(q);
        wire_put_tags(q);
    }
}

static bool is_search(int64_t timestamp)
{
    return timestamp >= 0 || timestamp == TIME_LARGEST;
}

/* Walks the topics without an answer. Returns whether records must be read, which takes as long as it takes. */
static bool name_partitions(struct request q, struct named_partitions *named)
{
    bool has_search = false;
    named->partitions = ARENA_ARRAY(q.arena, struct partition *, reader_left(&q.in) / 12 + 1);
    size_t topic_count = wire_get_count(&q, 6);
    for (size_t i = 0; i < topic_count && !q.in.failed; i++) {
        struct topic *topic = request_find_topic(&q, wire_get_text(&q));
        size_t partition_count = wire_get_count(&q, 12);
        for (size_t k = 0; k < partition_count && !q.in.failed; k++) {
            int32_t index = reader_i32(&q.in);
            if (q.version >= 4)
                reader_i32(&q.in); /* leader epoch */
            has_search |= is_search(reader_i64(&q.in));
            wire_get_tags(&q);
            struct partition *p = topic == NULL ? NULL : topic_partition(topic, index);
            if (p != NULL)
                named->partitions[named->count++] = p;
        }
        wire_get_tags(&q);
    }
    qsort(named->partitions, named->count, sizeof *named->partitions, compare_partitions);
    return has_search;
}

enum status handle_list_offsets(struct request *q, struct error *err)
{
    struct named_partitions named = {0};
    reader_i32(&q->in); /* replica id */
    if (q->version >= 2)
        reader_i8(&q->in); /* isolation: without transactions the last stable offset is the end */
    if (name_partitions(*q, &named) && !q->may_block) {
        q->outcome = OUTCOME_BLOCKS;
        return STATUS_OK;
    }
    if (q->version >= 2)
        buffer_put_i32(q->out, 0); /* throttle time */
    answer_topics(q, list_partition, &named);
    if (q->version >= 10)
        reader_i32(&q->in); /* timeout */
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}

/* There has been one leader ever: its epoch ends where the partition ends. */
static void put_epoch_end(struct request *q, struct topic *topic, const struct named_partitions *named)
{
    (void)named; /* told as often as asked: it is in memory */
    int32_t index = reader_i32(&q->in), current_epoch = reader_i32(&q->in), asked_epoch = reader_i32(&q->in);
    wire_get_tags(q);
    struct partition *p = topic == NULL ? NULL : topic_partition(topic, index);
    int16_t code = p == NULL ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : check_epoch(current_epoch);
    bool is_known = code == KAFKA_NONE && asked_epoch == KAFKA_LEADER_EPOCH;
    buffer_put_i16(q->out, code);
    buffer_put_i32(q->out, index);
    buffer_put_i32(q->out, is_known ? KAFKA_LEADER_EPOCH : -1);
    buffer_put_i64(q->out, is_known ? partition_visible_end(p) : -1);
    wire_put_tags(q);
}

enum status handle_offset_for_leader_epoch(struct request *q, struct error *err)
{
    if (q->version >= 3)
        reader_i32(&q->in); /* replica id */
    buffer_put_i32(q->out, 0); /* throttle time */
    answer_topics(q, put_epoch_end, NULL);
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}
