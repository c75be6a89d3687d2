/* topic.c - CreateTopics and DeleteTopics. */
#include <stdlib.h>

#include "server/kafka/kafka_error.h"
#include "server/kafka/topic_config.h"
#include "server/kafka/wire.h"

enum { PARTITION_LIMIT = 10000 };

/* ---- CreateTopics ---- */

struct new_topic {
    struct bytes name;
    struct topic_options options;
    struct topic *topic;
    int16_t code;
    const char *message; /* what is wrong, or NULL */
};

static void refuse(struct new_topic *t, int16_t code, const char *message)
{
    if (t->code != KAFKA_NONE)
        return;
    t->code = code;
    t->message = message;
}

/* Replicas can be placed by hand, on this node. */
static void get_assignments(struct request *q, struct new_topic *t, int32_t partition_count)
{
    size_t count = wire_get_count(q, 8);
    bool is_good = true;
    for (size_t i = 0; i < count && !q->in.failed; i++) {
        int32_t index = reader_i32(&q->in);
        size_t replica_count = wire_get_count(q, 4);
        is_good &= index == (int32_t)i && replica_count == 1;
        for (size_t k = 0; k < replica_count && !q->in.failed; k++)
            is_good &= reader_i32(&q->in) == KAFKA_NODE_ID;
        wire_get_tags(q);
    }
    if (count == 0)
        return;
    if (!is_good || partition_count != -1)
        refuse(t, KAFKA_INVALID_REPLICA_ASSIGNMENT, "each partition from 0 on takes one replica, on node 1");
    else
        t->options.partition_count = (int32_t)(count > INT32_MAX ? INT32_MAX : count);
}

static void get_configs(struct request *q, struct new_topic *t)
{
    size_t count = wire_get_count(q, 2);
    for (size_t i = 0; i < count && !q->in.failed; i++) {
        struct bytes name = wire_get_text(q), value = wire_get_nullable_text(q);
        wire_get_tags(q);
        struct error err = {0};
        if (!q->in.failed && t->code == KAFKA_NONE && topic_config_set(&t->options, name, value, &err) != STATUS_OK)
            refuse(t, KAFKA_INVALID_CONFIG, arena_copy_text(q->arena, err.message));
    }
}

static void get_new_topic(struct request *q, struct new_topic *t)
{
    t->name = wire_get_text(q);
    t->options = topic_config_defaults(q->server);
    int32_t partition_count = reader_i32(&q->in);
    int16_t replica_count = reader_i16(&q->in);
    if (!topic_name_is_allowed(t->name))
        refuse(t, KAFKA_INVALID_TOPIC, "the name is not legal for a topic");
    if (partition_count != -1)
        t->options.partition_count = partition_count;
    get_assignments(q, t, partition_count);
    get_configs(q, t);
    wire_get_tags(q);
    if (t->options.partition_count < 1 || t->options.partition_count > PARTITION_LIMIT)
        refuse(t, KAFKA_INVALID_PARTITIONS, "a topic has 1 to 10000 partitions");
    if (replica_count != -1 && replica_count != 1)
        refuse(t, KAFKA_INVALID_REPLICATION_FACTOR, "there is one node, so one replica");
}

static int compare_names(const void *left, const void *right)
{
    const struct new_topic *l = *(struct new_topic *const *)left, *r = *(struct new_topic *const *)right;
    return bytes_compare(l->name, r->name);
}

/* Whatever else is wrong with a topic: that it is named twice is told first. */
static void refuse_repeats(struct request *q, struct new_topic *topics, size_t count)
{
    struct new_topic **sorted = ARENA_ARRAY(q->arena, struct new_topic *, count);
    for (size_t i = 0; i < count; i++)
        sorted[i] = &topics[i];
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 1; i < count; i++) {
        if (!bytes_equal(sorted[i - 1]->name, sorted[i]->name))
            continue;
        sorted[i - 1]->code = sorted[i]->code = KAFKA_INVALID_REQUEST;
        sorted[i - 1]->message = sorted[i]->message = "the topic is named twice";
    }
}

static void create(struct request *q, struct new_topic *t, bool validate_only)
{
    if (t->code != KAFKA_NONE)
        return;
    const char *name = arena_copy_bytes(q->arena, t->name);
    if (log_find_topic(q->server->log, name) != NULL) {
        refuse(t, KAFKA_TOPIC_ALREADY_EXISTS, "the topic exists");
        return;
    }
    if (validate_only)
        return;
    struct error err = {0};
    if (log_create_topic(q->server->log, name, &t->options, &t->topic, &err) == STATUS_OK)
        engine_topic_created(q->server->engine, name);
    else
        refuse(t, kafka_error_of(err.status), arena_copy_text(q->arena, err.message));
}

static void put_new_configs(struct request *q, const struct new_topic *t)
{
    wire_put_count(q, TOPIC_CONFIG_COUNT);
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++) {
        char value[CONFIG_VALUE_SIZE];
        enum config_source source = topic_config_get(q->server, &TOPIC_CONFIGS[i], &t->options, value);
        wire_put_text(q, bytes_from_text(TOPIC_CONFIGS[i].name));
        wire_put_text(q, bytes_from_text(value));
        wire_put_bool(q, false);
        buffer_put_i8(q->out, (int8_t)source);
        wire_put_bool(q, false);
        wire_put_tags(q);
    }
}

static void put_new_topic(struct request *q, const struct new_topic *t)
{
    bool is_good = t->code == KAFKA_NONE;
    wire_put_text(q, t->name);
    if (q->version >= 7)
        wire_put_uuid(q, t->topic == NULL ? NULL : topic_id(t->topic));
    buffer_put_i16(q->out, t->code);
    wire_put_nullable_text(q, t->message);
    if (q->version >= 5) {
        buffer_put_i32(q->out, is_good ? t->options.partition_count : -1);
        buffer_put_i16(q->out, is_good ? 1 : -1);
        if (is_good)
            put_new_configs(q, t);
        else
            wire_put_null_array(q);
    }
    wire_put_tags(q);
}

enum status handle_create_topics(struct request *q, struct error *err)
{
    if (!q->may_block) {
        q->outcome = OUTCOME_BLOCKS;
        return STATUS_OK;
    }
    size_t count = wire_get_count(q, 15);
    struct new_topic *topics = ARENA_ARRAY(q->arena, struct new_topic, count);
    for (size_t i = 0; i < count && !q->in.failed; i++)
        get_new_topic(q, &topics[i]);
    reader_i32(&q->in); /* timeout */
    bool validate_only = wire_get_bool(q);
    wire_get_tags(q);
    TRY(reader_finish(&q->in, err, "request"));
    refuse_repeats(q, topics, count);
    buffer_put_i32(q->out, 0); /* throttle time */
    wire_put_count(q, count);
    for (size_t i = 0; i < count; i++) {
        create(q, &topics[i], validate_only);
        put_new_topic(q, &topics[i]);
        TRY(request_check_answer(q, err));
    }
    wire_put_tags(q);
    return STATUS_OK;
}

/* ---- DeleteTopics ---- */

static int16_t delete_topic(struct request *q, struct topic *t, bool by_id, struct error *err)
{
    struct kafka_server *s = q->server;
    if (t == NULL)
        return by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (topic_get_options(t)->internal)
        error_set(err, STATUS_INSUFFICIENT_PRIVILEGE, "topic %s is leat's own", topic_name(t));
    else if (engine_topic_in_use(s->engine, topic_name(t)))
        error_set(err, STATUS_OBJECT_IN_USE, "topic %s is in use: a table, view or sink is declared on it; DROP that", topic_name(t));
    else
        status_ignore(log_delete_topic(s->log, topic_name(t), err), "it is in *err");
    if (err->status != STATUS_OK)
        return kafka_error_of(err->status);
    engine_topic_created(s->engine, topic_name(t)); /* the set of topics has changed; the turn that follows ends Fetches that wait */
    return KAFKA_NONE;
}

static void delete_one(struct request *q)
{
    struct error err = {0};
    struct bytes name = q->version >= 6 ? wire_get_nullable_text(q) : wire_get_text(q);
    const uint8_t *id = q->version >= 6 ? wire_get_uuid(q) : NULL;
    if (q->version >= 6)
        wire_get_tags(q);
    if (q->in.failed)
        return;
    bool by_id = name.data == NULL;
    struct topic *t = by_id ? request_find_topic_id(q, id) : request_find_topic(q, name);
    int16_t code = delete_topic(q, t, by_id, &err);
    if (t != NULL)
        name = bytes_from_text(topic_name(t));
    if (name.data != NULL)
        wire_put_text(q, name);
    else
        wire_put_nullable_text(q, NULL);
    if (q->version >= 6)
        wire_put_uuid(q, t != NULL ? topic_id(t) : id);
    buffer_put_i16(q->out, code);
    if (q->version >= 5)
        wire_put_nullable_text(q, err.message[0] != '\0' ? err.message : NULL);
    wire_put_tags(q);
}

enum status handle_delete_topics(struct request *q, struct error *err)
{
    if (!q->may_block) {
        q->outcome = OUTCOME_BLOCKS;
        return STATUS_OK;
    }
    buffer_put_i32(q->out, 0); /* throttle time */
    size_t count = wire_get_count(q, 1);
    wire_put_count(q, count);
    for (size_t i = 0; i < count && !q->in.failed; i++)
        delete_one(q);
    reader_i32(&q->in); /* timeout */
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}
