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
    bool compact = false, other = false;
    if ((size_t)snprintf(copy, sizeof copy, "%s", value) >= sizeof copy)
        return "is not a list of delete and compact";
    for (char *word; (word = strsep(&rest, ",")) != NULL;) {
        word += strspn(word, " ");
        word[strcspn(word, " ")] = '\0';
        compact |= strcmp(word, "compact") == 0;
        other |= strcmp(word, "compact") != 0 && strcmp(word, "delete") != 0;
    }
    o->compacted = compact;
    return other ? "is not a list of delete and compact" : NULL;
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

/* Those without a setter are what programs set on every Kafka; they are taken, and what holds here is said. */
const struct topic_config TOPIC_CONFIGS[] = {
    {"cleanup.policy", CONFIG_LIST, "delete", set_cleanup, get_cleanup, "delete by retention, or compact (kept; nothing is cleaned yet)"},
    {"compression.gzip.level", CONFIG_INT, "-1", NULL, NULL, ""},
    {"compression.lz4.level", CONFIG_INT, "9", NULL, NULL, ""},
    {"compression.type", CONFIG_STRING, "producer", NULL, NULL, "batches are kept as the producer sent them"},
    {"compression.zstd.level", CONFIG_INT, "3", NULL, NULL, ""},
    {"delete.retention.ms", CONFIG_LONG, "86400000", NULL, NULL, ""},
    {"file.delete.delay.ms", CONFIG_LONG, "0", NULL, NULL, ""},
    {"flush.messages", CONFIG_LONG, "9223372036854775807", NULL, NULL, "leat.fsync decides"},
    {"flush.ms", CONFIG_LONG, "9223372036854775807", NULL, NULL, "leat.fsync decides"},
    {"follower.replication.throttled.replicas", CONFIG_LIST, "", NULL, NULL, "there is one node"},
    {"index.interval.bytes", CONFIG_INT, "4096", NULL, NULL, ""},
    {"leader.replication.throttled.replicas", CONFIG_LIST, "", NULL, NULL, "there is one node"},
    {"leat.fsync", CONFIG_STRING, "always", set_fsync, get_fsync, "always, interval or never: when an answer to a producer leaves"},
    {"local.retention.bytes", CONFIG_LONG, "-2", NULL, NULL, ""},
    {"local.retention.ms", CONFIG_LONG, "-2", NULL, NULL, ""},
    {"max.compaction.lag.ms", CONFIG_LONG, "9223372036854775807", NULL, NULL, ""},
    {"max.message.bytes", CONFIG_INT, "1048588", set_message_size, get_message_size, "the largest record batch"},
    {"message.timestamp.after.max.ms", CONFIG_LONG, "9223372036854775807", NULL, NULL, ""},
    {"message.timestamp.before.max.ms", CONFIG_LONG, "9223372036854775807", NULL, NULL, ""},
    {"message.timestamp.type", CONFIG_STRING, "CreateTime", set_timestamp_type, get_timestamp_type, "CreateTime or LogAppendTime"},
    {"min.cleanable.dirty.ratio", CONFIG_DOUBLE, "0.5", NULL, NULL, ""},
    {"min.compaction.lag.ms", CONFIG_LONG, "0", NULL, NULL, ""},
    {"min.insync.replicas", CONFIG_INT, "1", NULL, NULL, "there is one node"},
    {"preallocate", CONFIG_BOOLEAN, "false", NULL, NULL, ""},
    {"remote.log.copy.disable", CONFIG_BOOLEAN, "false", NULL, NULL, "there is no remote storage"},
    {"remote.log.delete.on.disable", CONFIG_BOOLEAN, "false", NULL, NULL, "there is no remote storage"},
    {"remote.storage.enable", CONFIG_BOOLEAN, "false", NULL, NULL, "there is no remote storage"},
    {"retention.bytes", CONFIG_LONG, "-1", set_retention_bytes, get_retention_bytes, "per partition"},
    {"retention.ms", CONFIG_LONG, "604800000", set_retention_ms, get_retention_ms, "-1: for ever"},
    {"segment.bytes", CONFIG_INT, "1073741824", NULL, NULL, "the setting segment_size decides"},
    {"segment.index.bytes", CONFIG_INT, "10485760", NULL, NULL, ""},
    {"segment.jitter.ms", CONFIG_LONG, "0", NULL, NULL, ""},
    {"segment.ms", CONFIG_LONG, "9223372036854775807", NULL, NULL, ""},
    {"unclean.leader.election.enable", CONFIG_BOOLEAN, "false", NULL, NULL, "there is one node"},
};
const size_t TOPIC_CONFIG_COUNT = sizeof TOPIC_CONFIGS / sizeof *TOPIC_CONFIGS;

enum status topic_config_set(struct topic_options *o, struct bytes name, struct bytes value, struct error *err)
{
    char text[128];
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++) {
        const struct topic_config *c = &TOPIC_CONFIGS[i];
        if (!bytes_equal(name, bytes_from_text(c->name)))
            continue;
        if (value.data == NULL || c->set == NULL)
            return STATUS_OK;
        if (value.size >= sizeof text || memchr(value.data, '\0', value.size) != NULL)
            return error_set(err, STATUS_INVALID_PARAMETER, "the value of %s is too long", c->name);
        snprintf(text, sizeof text, "%.*s", (int)value.size, (const char *)value.data);
        const char *wrong = c->set(o, text);
        return wrong == NULL ? STATUS_OK : error_set(err, STATUS_INVALID_PARAMETER, "%s = \"%s\" %s", c->name, text, wrong);
    }
    return error_set(err, STATUS_INVALID_PARAMETER, "unknown topic config name: %.*s", (int)(name.size > 100 ? 100 : name.size),
                     (const char *)name.data);
}

enum config_source topic_config_get(const struct topic_config *c, const struct topic_options *o, char value[CONFIG_VALUE_SIZE])
{
    if (c->get == NULL)
        snprintf(value, CONFIG_VALUE_SIZE, "%s", c->default_value);
    else
        c->get(o, value);
    return strcmp(value, c->default_value) == 0 ? CONFIG_FROM_DEFAULT : CONFIG_FROM_TOPIC;
}

struct topic_options topic_config_defaults(const struct kafka_server *s)
{
    return (struct topic_options){.partition_count = 1, .fsync = s->default_fsync, .retention_ms = RETENTION_MS, .retention_size = -1};
}

void kafka_config_table_print(FILE *out)
{
    fprintf(out, "| Config | Default | Meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < TOPIC_CONFIG_COUNT; i++)
        if (TOPIC_CONFIGS[i].set != NULL)
            fprintf(out, "| %s | %s | %s |\n", TOPIC_CONFIGS[i].name, TOPIC_CONFIGS[i].default_value, TOPIC_CONFIGS[i].summary);
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
