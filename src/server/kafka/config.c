/* config.c - DescribeConfigs: of topics, and of this node. */
#include <stdio.h>

#include "server/kafka/kafka_error.h"
#include "server/kafka/topic_config.h"
#include "server/kafka/wire.h"

enum { RESOURCE_TOPIC = 2, RESOURCE_NODE = 4 };

struct described_config {
    const char *name;
    const char *value;
    const char *default_value; /* NULL: none to be told */
    enum config_type type;
    enum config_source source;
    const char *summary;
};

/* Which names a client wants: none given, all. */
struct wanted_configs {
    struct bytes *names;
    int64_t count; /* -1: all */
};

struct describe_options {
    bool with_synonyms;
    bool with_documentation;
};

static bool is_wanted(const struct wanted_configs *w, const char *name)
{
    for (int64_t i = 0; i < w->count; i++)
        if (bytes_equal(w->names[i], bytes_from_text(name)))
            return true;
    return w->count < 0;
}

static void put_synonym(struct request *q, const char *name, const char *value, enum config_source source)
{
    wire_put_text(q, bytes_from_text(name));
    wire_put_nullable_text(q, value);
    buffer_put_i8(q->out, (int8_t)source);
    wire_put_tags(q);
}

static void put_config(struct request *q, const struct described_config *c, struct describe_options options)
{
    wire_put_text(q, bytes_from_text(c->name));
    wire_put_nullable_text(q, c->value);
    wire_put_bool(q, true); /* read only: nothing is altered through this protocol */
    buffer_put_i8(q->out, (int8_t)c->source);
    wire_put_bool(q, false); /* sensitive */
    bool has_other_default = c->default_value != NULL && c->source != CONFIG_FROM_DEFAULT;
    wire_put_count(q, options.with_synonyms ? 1 + (size_t)has_other_default : 0);
    if (options.with_synonyms)
        put_synonym(q, c->name, c->value, c->source);
    if (options.with_synonyms && has_other_default)
        put_synonym(q, c->name, c->default_value, CONFIG_FROM_DEFAULT);
    if (q->version >= 3) {
        buffer_put_i8(q->out, (int8_t)c->type);
        wire_put_nullable_text(q, options.with_documentation ? c->summary : NULL);
    }
    wire_put_tags(q);
}

static void put_topic_configs(struct request *q, const struct topic_options *topic, const struct wanted_configs *wanted,
                              struct describe_options options)
{
    size_t count = 0;
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++)
        count += is_wanted(wanted, TOPIC_CONFIGS[i].name);
    wire_put_count(q, count);
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++) {
        const struct topic_config *c = &TOPIC_CONFIGS[i];
        char value[CONFIG_VALUE_SIZE];
        if (!is_wanted(wanted, c->name))
            continue;
        enum config_source source = topic_config_get(q->server, c, topic, value);
        struct described_config described = {c->name, value, c->default_value, c->type, source, c->summary};
        put_config(q, &described, options);
    }
}

/* What tools look at; the rest of leat's settings is in SQL. */
static void put_node_configs(struct request *q, const struct wanted_configs *wanted, struct describe_options options)
{
    const struct kafka_server *s = q->server;
    char segment_size[CONFIG_VALUE_SIZE];
    snprintf(segment_size, sizeof segment_size, "%lld", (long long)s->segment_size);
    const struct described_config configs[] = {
        {"auto.create.topics.enable", s->auto_create_topics ? "true" : "false", "true", CONFIG_BOOLEAN, CONFIG_FROM_NODE, "the setting auto_create_topics"},
        {"broker.id", "1", NULL, CONFIG_INT, CONFIG_FROM_NODE, ""},
        {"compression.type", "producer", NULL, CONFIG_STRING, CONFIG_FROM_DEFAULT, ""},
        {"default.replication.factor", "1", NULL, CONFIG_INT, CONFIG_FROM_DEFAULT, "there is one node"},
        {"delete.topic.enable", "true", NULL, CONFIG_BOOLEAN, CONFIG_FROM_DEFAULT, ""},
        {"log.cleanup.policy", "delete", NULL, CONFIG_LIST, CONFIG_FROM_DEFAULT, ""},
        {"log.retention.bytes", "-1", NULL, CONFIG_LONG, CONFIG_FROM_DEFAULT, ""},
        {"log.retention.ms", "604800000", NULL, CONFIG_LONG, CONFIG_FROM_DEFAULT, ""},
        {"log.segment.bytes", segment_size, "1073741824", CONFIG_INT, CONFIG_FROM_NODE, "the setting segment_size"},
        {"message.max.bytes", "1048588", NULL, CONFIG_INT, CONFIG_FROM_DEFAULT, ""},
        {"min.insync.replicas", "1", NULL, CONFIG_INT, CONFIG_FROM_DEFAULT, ""},
        {"node.id", "1", NULL, CONFIG_INT, CONFIG_FROM_NODE, ""},
        {"num.partitions", "1", NULL, CONFIG_INT, CONFIG_FROM_DEFAULT, ""},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        count += is_wanted(wanted, configs[i].name);
    wire_put_count(q, count);
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++)
        if (is_wanted(wanted, configs[i].name))
            put_config(q, &configs[i], options);
}

struct resource {
    int8_t type;
    struct bytes name;
    struct wanted_configs wanted;
};

static void get_resource(struct request *q, struct resource *r)
{
    r->type = reader_i8(&q->in);
    r->name = wire_get_text(q);
    r->wanted.count = wire_get_nullable_count(q, 1);
    r->wanted.names = ARENA_ARRAY(q->arena, struct bytes, r->wanted.count < 0 ? 0 : (size_t)r->wanted.count);
    for (int64_t i = 0; i < r->wanted.count && !q->in.failed; i++)
        r->wanted.names[i] = wire_get_text(q);
    wire_get_tags(q);
}

static bool is_this_node(struct bytes name)
{
    return name.size == 0 || bytes_equal(name, bytes_from_text("1")); /* none: the defaults of all nodes */
}

static void put_resource(struct request *q, const struct resource *r, struct describe_options options)
{
    struct topic *t = r->type == RESOURCE_TOPIC ? request_find_topic(q, r->name) : NULL;
    int16_t code = KAFKA_NONE;
    const char *message = NULL;
    if (r->type == RESOURCE_TOPIC && t == NULL) {
        code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    } else if (r->type == RESOURCE_NODE && !is_this_node(r->name)) {
        code = KAFKA_INVALID_REQUEST;
        message = "this is node 1";
    } else if (r->type != RESOURCE_TOPIC && r->type != RESOURCE_NODE) {
        code = KAFKA_INVALID_REQUEST;
        message = "only topics and nodes have configurations";
    }
    buffer_put_i16(q->out, code);
    wire_put_nullable_text(q, message);
    buffer_put_i8(q->out, r->type);
    wire_put_text(q, r->name);
    if (code != KAFKA_NONE)
        wire_put_count(q, 0);
    else if (t != NULL)
        put_topic_configs(q, topic_get_options(t), &r->wanted, options);
    else
        put_node_configs(q, &r->wanted, options);
    wire_put_tags(q);
}

enum status handle_describe_configs(struct request *q, struct error *err)
{
    size_t count = wire_get_count(q, 4);
    struct resource *resources = ARENA_ARRAY(q->arena, struct resource, count);
    for (size_t i = 0; i < count && !q->in.failed; i++)
        get_resource(q, &resources[i]);
    struct describe_options options = {.with_synonyms = wire_get_bool(q)};
    options.with_documentation = q->version >= 3 && wire_get_bool(q);
    wire_get_tags(q);
    TRY(reader_finish(&q->in, err, "request"));
    buffer_put_i32(q->out, 0); /* throttle time */
    wire_put_count(q, count);
    for (size_t i = 0; i < count; i++) {
        put_resource(q, &resources[i], options);
        TRY(request_check_answer(q, err));
    }
    wire_put_tags(q);
    return STATUS_OK;
}
