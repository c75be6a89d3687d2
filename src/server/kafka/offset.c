/* offset.c - ListOffsets and OffsetForLeaderEpoch. */
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

static enum status find_offset(const struct request *q, struct partition *p, int64_t timestamp, struct found_offset *out,
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
        if (q->version >= 7)
            return partition_find_max_time(p, &out->offset, &out->timestamp, err);
        break;
    case TIME_EARLIEST_LOCAL:
        if (q->version >= 8)
            out->offset = partition_start(p);
        break;
    default:
        if (timestamp >= 0)
            return partition_find_time(p, timestamp, &out->offset, &out->timestamp, err);
        break; /* nothing is tiered: no such offset */
    }
    return STATUS_OK;
}

static void list_partition(struct request *q, struct topic *topic)
{
    struct found_offset found = {KAFKA_NONE, -1, -1};
    struct error err = {0};
    int32_t index = reader_i32(&q->in);
    int32_t leader_epoch = q->version >= 4 ? reader_i32(&q->in) : -1;
    int64_t timestamp = reader_i64(&q->in);
    wire_get_tags(q);
    struct partition *p = topic == NULL ? NULL : topic_partition(topic, index);
    found.code = p == NULL ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : check_epoch(leader_epoch);
    if (found.code == KAFKA_NONE && find_offset(q, p, timestamp, &found, &err) != STATUS_OK) {
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
static void answer_topics(struct request *q, void (*answer_partition)(struct request *q, struct topic *topic))
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
            answer_partition(q, topic);
        wire_get_tags(q);
        wire_put_tags(q);
    }
}

enum status handle_list_offsets(struct request *q, struct error *err)
{
    reader_i32(&q->in); /* replica id */
    if (q->version >= 2)
        reader_i8(&q->in); /* isolation: without transactions the last stable offset is the end */
    if (q->version >= 2)
        buffer_put_i32(q->out, 0); /* throttle time */
    answer_topics(q, list_partition);
    if (q->version >= 10)
        reader_i32(&q->in); /* timeout */
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}

/* There has been one leader ever: its epoch ends where the partition ends. */
static void put_epoch_end(struct request *q, struct topic *topic)
{
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
    answer_topics(q, put_epoch_end);
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}
