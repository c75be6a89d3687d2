/* metadata.c - Metadata, FindCoordinator, DescribeCluster: where things are, which is always here. */
#include "server/kafka/kafka_error.h"
#include "server/kafka/topic_config.h"
#include "server/kafka/wire.h"

enum { OPERATIONS_NOT_ASKED = INT32_MIN, COORDINATOR_TRANSACTION = 1, ENDPOINT_BROKERS = 1 };

static void put_broker(struct request *q)
{
    buffer_put_i32(q->out, KAFKA_NODE_ID);
    wire_put_text(q, bytes_from_text(q->endpoint.host));
    buffer_put_i32(q->out, q->endpoint.port);
}

/* ---- Metadata ---- */

struct asked_topic {
    struct bytes name;
    const uint8_t *id; /* NULL: asked by name */
    struct topic *topic;
    int16_t code;
};

static void put_partition(struct request *q, int32_t index)
{
    buffer_put_i16(q->out, KAFKA_NONE);
    buffer_put_i32(q->out, index);
    buffer_put_i32(q->out, KAFKA_NODE_ID);
    if (q->version >= 7)
        buffer_put_i32(q->out, KAFKA_LEADER_EPOCH);
    for (int list = 0; list < 2; list++) { /* replicas, those in sync */
        wire_put_count(q, 1);
        buffer_put_i32(q->out, KAFKA_NODE_ID);
    }
    if (q->version >= 5)
        wire_put_count(q, 0); /* offline ones */
    wire_put_tags(q);
}

static void put_topic(struct request *q, const struct asked_topic *a)
{
    const struct topic_options *options = a->topic == NULL ? NULL : topic_get_options(a->topic);
    int32_t partition_count = options == NULL ? 0 : options->partition_count;
    buffer_put_i16(q->out, a->code);
    if (a->topic != NULL)
        wire_put_text(q, bytes_from_text(topic_name(a->topic)));
    else if (a->name.data != NULL || q->version < 12)
        wire_put_text(q, a->name);
    else
        wire_put_nullable_text(q, NULL);
    if (q->version >= 10)
        wire_put_uuid(q, a->topic != NULL ? topic_id(a->topic) : a->id);
    if (q->version >= 1)
        wire_put_bool(q, options != NULL && options->internal);
    wire_put_count(q, (size_t)partition_count);
    for (int32_t i = 0; i < partition_count; i++)
        put_partition(q, i);
    if (q->version >= 8)
        buffer_put_i32(q->out, OPERATIONS_NOT_ASKED);
    wire_put_tags(q);
}

static struct asked_topic *list_all(struct request *q, size_t *count)
{
    size_t all_count;
    struct topic **all = log_topics(q->server->log, q->arena, &all_count);
    struct asked_topic *asked = ARENA_ARRAY(q->arena, struct asked_topic, all_count);
    *count = 0;
    for (size_t i = 0; i < all_count; i++)
        if (!topic_get_options(all[i])->internal)
            asked[(*count)++].topic = all[i];
    return asked;
}

static bool is_zero(const uint8_t *id)
{
    static const uint8_t ZERO[16];
    return memcmp(id, ZERO, 16) == 0;
}

static void get_topic(struct request *q, struct asked_topic *out)
{
    const uint8_t *id = q->version >= 10 ? wire_get_uuid(q) : NULL;
    out->name = q->version >= 10 ? wire_get_nullable_text(q) : wire_get_text(q);
    wire_get_tags(q);
    if (q->in.failed)
        return;
    out->id = id != NULL && !is_zero(id) ? id : NULL;
    if (out->id != NULL)
        out->topic = request_find_topic_id(q, out->id);
    else
        out->topic = request_find_topic(q, out->name);
    if (out->topic == NULL)
        out->code = out->id != NULL ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
}

/* *topics NULL: all. */
static enum status get_topics(struct request *q, struct asked_topic **topics, size_t *count, struct error *err)
{
    int64_t asked = wire_get_nullable_count(q, 2);
    bool all = asked == -1 || (asked == 0 && q->version == 0);
    *count = asked < 0 ? 0 : (size_t)asked;
    struct asked_topic *list = ARENA_ARRAY(q->arena, struct asked_topic, *count + 1);
    for (size_t i = 0; i < *count && !q->in.failed; i++)
        get_topic(q, &list[i]);
    TRY(reader_finish(&q->in, err, "request"));
    *topics = all ? NULL : list;
    return STATUS_OK;
}

/* Whether one of them is to be made. */
static bool has_missing(const struct asked_topic *topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (topics[i].topic == NULL && topics[i].id == NULL)
            return true;
    return false;
}

static void make_missing(struct request *q, struct asked_topic *topics, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (topics[i].topic == NULL && topics[i].id == NULL)
            topics[i].code = topic_auto_create(q, topics[i].name, &topics[i].topic);
}

enum status handle_metadata(struct request *q, struct error *err)
{
    struct asked_topic *topics;
    size_t count;
    TRY(get_topics(q, &topics, &count, err));
    bool may_create = q->version < 4 || wire_get_bool(q);
    may_create &= q->server->auto_create_topics;
    if (q->version >= 8 && q->version <= 10)
        wire_get_bool(q); /* authorized operations: there is no authorizer */
    if (q->version >= 8)
        wire_get_bool(q);
    wire_get_tags(q);
    TRY(reader_finish(&q->in, err, "request"));
    if (topics != NULL && may_create && has_missing(topics, count)) {
        if (!q->may_block) {
            q->outcome = OUTCOME_BLOCKS;
            return STATUS_OK;
        }
        make_missing(q, topics, count);
    }
    if (topics == NULL)
        topics = list_all(q, &count);
    if (q->version >= 3)
        buffer_put_i32(q->out, 0); /* throttle time */
    wire_put_count(q, 1);
    put_broker(q);
    if (q->version >= 1)
        wire_put_nullable_text(q, NULL); /* rack */
    wire_put_tags(q);
    if (q->version >= 2)
        wire_put_text(q, bytes_from_text(q->server->cluster_id));
    if (q->version >= 1)
        buffer_put_i32(q->out, KAFKA_NODE_ID); /* controller */
    wire_put_count(q, count);
    for (size_t i = 0; i < count; i++) {
        put_topic(q, &topics[i]);
        TRY(request_check_answer(q, err));
    }
    if (q->version >= 8 && q->version <= 10)
        buffer_put_i32(q->out, OPERATIONS_NOT_ASKED);
    if (q->version >= 13)
        buffer_put_i16(q->out, KAFKA_NONE);
    wire_put_tags(q);
    return STATUS_OK;
}

/* ---- FindCoordinator ---- */

static const char NO_TRANSACTIONS[] = "transactions are not supported";

static void put_coordinator(struct request *q, bool is_found)
{
    buffer_put_i32(q->out, is_found ? KAFKA_NODE_ID : -1);
    wire_put_text(q, bytes_from_text(is_found ? q->endpoint.host : ""));
    buffer_put_i32(q->out, is_found ? q->endpoint.port : -1);
}

static void put_coordinator_error(struct request *q, bool is_found)
{
    buffer_put_i16(q->out, is_found ? KAFKA_NONE : KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    if (q->version >= 1)
        wire_put_nullable_text(q, is_found ? NULL : NO_TRANSACTIONS);
}

enum status handle_find_coordinator(struct request *q, struct error *err)
{
    if (q->version <= 3)
        wire_get_text(q);
    bool is_found = q->version < 1 || reader_i8(&q->in) != COORDINATOR_TRANSACTION;
    size_t count = q->version >= 4 ? wire_get_count(q, 1) : 0;
    TRY(reader_finish(&q->in, err, "request"));
    if (q->version >= 1)
        buffer_put_i32(q->out, 0); /* throttle time */
    if (q->version <= 3) {
        wire_get_tags(q);
        put_coordinator_error(q, is_found);
        put_coordinator(q, is_found);
        wire_put_tags(q);
        return STATUS_OK;
    }
    wire_put_count(q, count);
    for (size_t i = 0; i < count && !q->in.failed; i++) {
        wire_put_text(q, wire_get_text(q));
        put_coordinator(q, is_found);
        put_coordinator_error(q, is_found);
        wire_put_tags(q);
    }
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}

/* ---- DescribeCluster ---- */

enum status handle_describe_cluster(struct request *q, struct error *err)
{
    wire_get_bool(q); /* authorized operations: there is no authorizer */
    int8_t endpoint_type = q->version >= 1 ? reader_i8(&q->in) : ENDPOINT_BROKERS;
    if (q->version >= 2)
        wire_get_bool(q); /* fenced brokers too */
    wire_get_tags(q);
    TRY(reader_finish(&q->in, err, "request"));
    bool is_known = endpoint_type == ENDPOINT_BROKERS;
    buffer_put_i32(q->out, 0); /* throttle time */
    buffer_put_i16(q->out, is_known ? KAFKA_NONE : KAFKA_UNSUPPORTED_ENDPOINT_TYPE);
    wire_put_nullable_text(q, is_known ? NULL : "there are no controllers to be reached");
    if (q->version >= 1)
        buffer_put_i8(q->out, endpoint_type);
    wire_put_text(q, bytes_from_text(is_known ? q->server->cluster_id : ""));
    buffer_put_i32(q->out, is_known ? KAFKA_NODE_ID : -1);
    wire_put_count(q, is_known ? 1 : 0);
    if (is_known) {
        put_broker(q);
        wire_put_nullable_text(q, NULL); /* rack */
        if (q->version >= 2)
            wire_put_bool(q, false); /* fenced */
        wire_put_tags(q);
    }
    buffer_put_i32(q->out, OPERATIONS_NOT_ASKED);
    wire_put_tags(q);
    return STATUS_OK;
}
