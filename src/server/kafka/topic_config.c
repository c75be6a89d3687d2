/* topic_config.c - the one table of topic configurations. */
#include "server/kafka/topic_config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "server/kafka/kafka_error.h"

enum { RETENTION_MS = 7 * 24 * 3600 * 1000 }; /* Kafka's */
static const char OWN_PREFIX[] = "__leat";

static bool parse_number(const char *value, int64_t minimum, int64_t maximum, int64_t *out)
{
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (errno != 0 || end == value || *end != '\0' || number < minimum || number > maximum)
        return false;
    *out = number;
    return true;
}

static const char *set_cleanup(struct topic_options *o, const char *value)
{
    char copy[64], *rest = copy;
    bool is_compacted = false, is_deleted = false, has_other = false;
    if ((size_t)snprintf(copy, sizeof copy, "%s", value) >= sizeof copy)
        return "is neither delete nor compact";
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        word += strspn(word, " ");
        word[strcspn(word, " ")] = '\0';
        is_compacted |= strcmp(word, "compact") == 0;
        is_deleted |= strcmp(word, "delete") == 0;
        has_other |= strcmp(word, "compact") != 0 && strcmp(word, "delete") != 0;
    }
    o->compacted = is_compacted;
    if (is_compacted && is_deleted)
        return "is not supported: a topic has one of the two policies";
    return has_other ? "is neither delete nor compact" : NULL;
}

static void get_cleanup(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%s", o->compacted ? "compact" : "delete");
}

static const char *set_retention_ms(struct topic_options *o, const char *value)
{
    return parse_number(value, -1, INT64_MAX, &o->retention_ms) ? NULL : "is not a number of milliseconds, or -1";
}

static void get_retention_ms(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%" PRId64, o->retention_ms);
}

static const char *set_retention_bytes(struct topic_options *o, const char *value)
{
    return parse_number(value, -1, INT64_MAX, &o->retention_size) ? NULL : "is not a number of bytes, or -1";
}

static void get_retention_bytes(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%" PRId64, o->retention_size);
}

static const char *set_message_size(struct topic_options *o, const char *value)
{
    return parse_number(value, 1, INT32_MAX, &o->max_message_size) ? NULL : "is not a number of bytes";
}

static void get_message_size(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%" PRId64, o->max_message_size == 0 ? INT64_C(1048588) : o->max_message_size);
}

static const char *set_timestamp_type(struct topic_options *o, const char *value)
{
    o->log_append_time = strcmp(value, "LogAppendTime") == 0;
    return o->log_append_time || strcmp(value, "CreateTime") == 0 ? NULL : "is neither CreateTime nor LogAppendTime";
}

static void get_timestamp_type(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%s", o->log_append_time ? "LogAppendTime" : "CreateTime");
}

static const char *const FSYNC_NAMES[] = {[LOG_FSYNC_ALWAYS] = "always", [LOG_FSYNC_INTERVAL] = "interval", [LOG_FSYNC_NEVER] = "never"};

static const char *set_fsync(struct topic_options *o, const char *value)
{
    for (int i = 0; i < 3; i++)
        if (strcmp(value, FSYNC_NAMES[i]) == 0) {
            o->fsync = (enum log_fsync)i;
            return NULL;
        }
    return "is none of always, interval, never";
}

static void get_fsync(const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%s", FSYNC_NAMES[o->fsync]);
}

static void get_segment_size(const struct kafka_server *s, char value[CONFIG_VALUE_SIZE])
{
    snprintf(value, CONFIG_VALUE_SIZE, "%" PRId64, s->segment_size);
}

/* Those without a setter are what programs set on every Kafka. Where another value would only be a matter of tuning it is taken, if
 * Kafka would take it, and what holds here is said; where clients would see a difference it is refused. */
const struct topic_config TOPIC_CONFIGS[] = {
    {"cleanup.policy", CONFIG_LIST, "delete", .set = set_cleanup, .get = get_cleanup, .summary = "delete by retention, or compact (kept; nothing is cleaned yet); not both"},
    {"compression.gzip.level", CONFIG_INT, "-1", .summary = "", .minimum = -1},
    {"compression.lz4.level", CONFIG_INT, "9", .summary = ""},
    {"compression.type", CONFIG_STRING, "producer", .summary = "batches are kept as the producer sent them", .only = "producer"},
    {"compression.zstd.level", CONFIG_INT, "3", .summary = "", .minimum = -131072},
    {"delete.retention.ms", CONFIG_LONG, "86400000", .summary = ""},
    {"file.delete.delay.ms", CONFIG_LONG, "0", .summary = ""},
    {"flush.messages", CONFIG_LONG, "9223372036854775807", .summary = "leat.fsync decides"},
    {"flush.ms", CONFIG_LONG, "9223372036854775807", .summary = "leat.fsync decides"},
    {"follower.replication.throttled.replicas", CONFIG_LIST, "", .summary = "there is one node"},
    {"index.interval.bytes", CONFIG_INT, "4096", .summary = ""},
    {"leader.replication.throttled.replicas", CONFIG_LIST, "", .summary = "there is one node"},
    {"leat.fsync", CONFIG_STRING, "always", .set = set_fsync, .get = get_fsync, .summary = "always, interval or never: when an answer to a producer leaves"},
    {"local.retention.bytes", CONFIG_LONG, "-2", .summary = "", .minimum = -2},
    {"local.retention.ms", CONFIG_LONG, "-2", .summary = "", .minimum = -2},
    {"max.compaction.lag.ms", CONFIG_LONG, "9223372036854775807", .summary = ""},
    {"max.message.bytes", CONFIG_INT, "1048588", .set = set_message_size, .get = get_message_size, .summary = "the largest record batch"},
    {"message.timestamp.after.max.ms", CONFIG_LONG, "9223372036854775807", .summary = "any time is taken; Kafka's default is too, without an effect",
     .only = "9223372036854775807,3600000"},
    {"message.timestamp.before.max.ms", CONFIG_LONG, "9223372036854775807", .summary = "any time is taken", .only = "9223372036854775807"},
    {"message.timestamp.type", CONFIG_STRING, "CreateTime", .set = set_timestamp_type, .get = get_timestamp_type, .summary = "CreateTime or LogAppendTime"},
    {"min.cleanable.dirty.ratio", CONFIG_DOUBLE, "0.5", .summary = ""},
    {"min.compaction.lag.ms", CONFIG_LONG, "0", .summary = ""},
    {"min.insync.replicas", CONFIG_INT, "1", .summary = "there is one node", .only = "1"},
    {"preallocate", CONFIG_BOOLEAN, "false", .summary = ""},
    {"remote.log.copy.disable", CONFIG_BOOLEAN, "false", .summary = "there is no remote storage"},
    {"remote.log.delete.on.disable", CONFIG_BOOLEAN, "false", .summary = "there is no remote storage"},
    {"remote.storage.enable", CONFIG_BOOLEAN, "false", .summary = "there is no remote storage", .only = "false"},
    {"retention.bytes", CONFIG_LONG, "-1", .set = set_retention_bytes, .get = get_retention_bytes, .summary = "per partition"},
    {"retention.ms", CONFIG_LONG, "604800000", .set = set_retention_ms, .get = get_retention_ms, .summary = "-1: for ever"},
    {"segment.bytes", CONFIG_INT, "1073741824", .summary = "the setting segment_size decides", .get_of_node = get_segment_size},
    {"segment.index.bytes", CONFIG_INT, "10485760", .summary = ""},
    {"segment.jitter.ms", CONFIG_LONG, "0", .summary = ""},
    {"segment.ms", CONFIG_LONG, "9223372036854775807", .summary = ""},
    {"unclean.leader.election.enable", CONFIG_BOOLEAN, "false", .summary = "there is one node"},
};
const size_t TOPIC_CONFIG_COUNT = sizeof TOPIC_CONFIGS / sizeof *TOPIC_CONFIGS;

static bool is_listed(const char *list, const char *value)
{
    size_t size = strlen(value);
    for (const char *word = list; word != NULL; word = strchr(word, ',')) {
        word += *word == ',';
        if (strncmp(word, value, size) == 0 && (word[size] == ',' || word[size] == '\0'))
            return true;
    }
    return false;
}

/* What is wrong with a value that will have no effect, or NULL. */
static const char *check_value(const struct topic_config *c, const char *value)
{
    int64_t number;
    char *end;
    switch (c->type) {
    case CONFIG_BOOLEAN: return strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ? NULL : "is neither true nor false";
    case CONFIG_INT: return parse_number(value, c->minimum, INT32_MAX, &number) ? NULL : "is not a number that is allowed";
    case CONFIG_LONG: return parse_number(value, c->minimum, INT64_MAX, &number) ? NULL : "is not a number that is allowed";
    case CONFIG_DOUBLE: {
        double share = strtod(value, &end);
        return end != value && *end == '\0' && share >= 0 && share <= 1 ? NULL : "is not a number from 0 to 1";
    }
    case CONFIG_STRING:
    case CONFIG_LIST: return NULL;
    }
    return NULL;
}

static const char *set_value(const struct topic_config *c, struct topic_options *o, const char *value)
{
    if (c->set != NULL)
        return c->set(o, value);
    if (c->only != NULL)
        return is_listed(c->only, value) ? NULL : "is not supported";
    return check_value(c, value);
}

enum status topic_config_set(struct topic_options *o, struct bytes name, struct bytes value, struct error *err)
{
    char text[128];
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++) {
        const struct topic_config *c = &TOPIC_CONFIGS[i];
        if (!bytes_equal(name, bytes_from_text(c->name)))
            continue;
        if (value.data == NULL)
            return STATUS_OK;
        if (value.size >= sizeof text || memchr(value.data, '\0', value.size) != NULL)
            return error_set(err, STATUS_INVALID_PARAMETER, "the value of %s is too long", c->name);
        snprintf(text, sizeof text, "%.*s", (int)value.size, (const char *)value.data);
        const char *wrong = set_value(c, o, text);
        if (wrong == NULL)
            return STATUS_OK;
        bool has_reason = c->only != NULL;
        return error_set(err, STATUS_INVALID_PARAMETER, "%s = \"%s\" %s%s%s", c->name, text, wrong, has_reason ? ": " : "",
                         has_reason ? c->summary : "");
    }
    return error_set(err, STATUS_INVALID_PARAMETER, "unknown topic config name: %.*s", (int)(name.size > 100 ? 100 : name.size),
                     (const char *)name.data);
}

enum config_source topic_config_get(const struct kafka_server *s, const struct topic_config *c, const struct topic_options *o,
                                    char value[CONFIG_VALUE_SIZE])
{
    if (c->get != NULL)
        c->get(o, value);
    else if (c->get_of_node != NULL)
        c->get_of_node(s, value);
    else
        snprintf(value, CONFIG_VALUE_SIZE, "%s", c->default_value);
    if (strcmp(value, c->default_value) == 0)
        return CONFIG_FROM_DEFAULT;
    return c->get != NULL ? CONFIG_FROM_TOPIC : CONFIG_FROM_NODE;
}

struct topic_options topic_config_defaults(const struct kafka_server *s)
{
    return (struct topic_options){.partition_count = 1, .fsync = s->default_fsync, .retention_ms = RETENTION_MS, .retention_size = -1};
}

void kafka_config_table_print(FILE *out)
{
    fprintf(out, "| Config | Default | Meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++)
        if (TOPIC_CONFIGS[i].set != NULL || TOPIC_CONFIGS[i].only != NULL)
            fprintf(out, "| %s | %s | %s%s |\n", TOPIC_CONFIGS[i].name, TOPIC_CONFIGS[i].default_value,
                    TOPIC_CONFIGS[i].only != NULL ? "no other: " : "", TOPIC_CONFIGS[i].summary);
}

static bool is_legal_letter(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

bool topic_name_is_allowed(struct bytes name)
{
    if (name.size == 0 || name.size >= TOPIC_NAME_SIZE || (name.size <= 2 && memcmp(name.data, "..", name.size) == 0))
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (!is_legal_letter(name.data[i]))
            return false;
    return name.size < sizeof OWN_PREFIX - 1 || memcmp(name.data, OWN_PREFIX, sizeof OWN_PREFIX - 1) != 0;
}

int16_t topic_auto_create(struct request *q, struct bytes name, struct topic **out)
{
    struct error err = {0};
    struct topic_options options = topic_config_defaults(q->server);
    if (!topic_name_is_allowed(name))
        return KAFKA_INVALID_TOPIC;
    const char *text = arena_copy_bytes(q->arena, name);
    enum status st = log_create_topic(q->server->log, text, &options, out, &err);
    if (st == STATUS_OK)
        engine_topic_created(q->server->engine, text);
    else if ((*out = log_find_topic(q->server->log, text)) != NULL)
        return KAFKA_NONE; /* another client was first */
    else
        engine_note(q->server->engine, LEVEL_WARNING, "kafka: cannot make topic %s: %s", text, err.message);
    return kafka_error_of(st);
}
