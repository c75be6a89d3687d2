/* option.c - the table of WITH options and the reading of their values. */
#include "catalog/option.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "catalog/near_name.h"
#include "data/datetime.h"
#include "data/text.h"

enum { ANY_RELATION = OPTION_TABLE | OPTION_SOURCE | OPTION_SINK, STORED = OPTION_TABLE | OPTION_SINK };

const struct option_definition OPTIONS[] = {
    {"allowed_lateness", OPTION_TABLE | OPTION_SOURCE, OPTION_INTERVAL, NULL, "*", 0, "none",
     "How much later than the watermark a row may come before it is rejected."},
    {"cleanup_policy", STORED, OPTION_WORD, "delete compact compact,delete", NULL, 0, "delete; compact with a key",
     "What happens to old records."},
    {"commit_interval", OPTION_SINK, OPTION_INTERVAL, NULL, NULL, 0, "1 min", "How often a file sink closes a file."},
    {"connector", OPTION_SOURCE | OPTION_SINK, OPTION_WORD, "log file kafka postgres generator nexmark http",
     "kafka postgres generator nexmark http", 0, "log", "Where the records live."},
    {"delivery", OPTION_SINK, OPTION_WORD, "exactly_once at_least_once at_most_once", NULL, 0, "exactly_once",
     "What a connector to the outside promises."},
    {"envelope", OPTION_SINK, OPTION_WORD, "append upsert changes debezium", "debezium", 0, "by the query",
     "How changes are written: rows, keyed rows with tombstones, or rows with their sign."},
    {"format", ANY_RELATION, OPTION_WORD, "json csv text raw avro protobuf debezium_json parquet",
     "avro protobuf debezium_json", 0, "json", "How a row is written in a record's value."},
    {"fsync", STORED, OPTION_WORD, "always interval never", NULL, 0, "always",
     "When appended records are forced to disk."},
    {"history", OPTION_VIEW, OPTION_WORD, "retained", "*", 0, NULL,
     "Accepts that history needed by a new definition is gone."},
    {"idle_timeout", OPTION_TABLE | OPTION_SOURCE, OPTION_INTERVAL, NULL, "*", 0, NULL,
     "After how long an idle partition no longer holds the watermark back."},
    {"key", OPTION_SINK | OPTION_TABLE, OPTION_COLUMNS, NULL, NULL, 0, "the relation's key",
     "Columns of the record key."},
    {"key_format", ANY_RELATION, OPTION_WORD, "text json int64 raw", NULL, 0, "text", "How the record key is written."},
    {"max_future_skew", OPTION_TABLE | OPTION_SOURCE, OPTION_INTERVAL, NULL, "*", 0, NULL,
     "How far ahead of now an event may push the watermark."},
    {"on_error", OPTION_TABLE | OPTION_SOURCE | OPTION_VIEW, OPTION_WORD, "reject collect fail", NULL, 0,
     "reject; collect in views", "Whether bad rows are set aside or stop everything."},
    {"on_unknown", OPTION_TABLE | OPTION_SOURCE, OPTION_WORD, "ignore reject", NULL, 0, "ignore",
     "What to do with unknown JSON fields."},
    {"partitioner", STORED, OPTION_WORD, "murmur2 crc32", NULL, 0, "murmur2", "How a key chooses its partition."},
    {"partitions", STORED, OPTION_INTEGER, NULL, NULL, 1, "1", "Number of partitions of the topic."},
    {"path", OPTION_SOURCE | OPTION_SINK, OPTION_TEXT, NULL, NULL, 0, NULL, "File or folder of the file connector."},
    {"retention", STORED, OPTION_INTERVAL, NULL, NULL, 0, "for ever", "Age beyond which records may be deleted."},
    {"retention_bytes", STORED, OPTION_SIZE, NULL, NULL, 0, "no limit",
     "Size per partition beyond which old records may be deleted."},
    {"roll_size", OPTION_SINK, OPTION_SIZE, NULL, NULL, 0, "128 MB", "Size at which a file sink starts the next file."},
    {"tail", OPTION_SOURCE, OPTION_BOOLEAN, NULL, NULL, 0, "false", "Whether a file source follows growing files."},
    {"time_unit", OPTION_TABLE | OPTION_SOURCE, OPTION_WORD, "s ms us", NULL, 0, "ms",
     "Unit of timestamps that are numbers."},
    {"topic", ANY_RELATION, OPTION_TEXT, NULL, NULL, 0, "the name", "The topic that holds the records."},
    {"ttl", OPTION_TABLE, OPTION_INTERVAL, NULL, "*", 0, "none", "Rows untouched for so long are retracted."},
    {"snapshot", OPTION_SUBSCRIBE, OPTION_BOOLEAN, NULL, NULL, 0, "true", "Whether the present answer comes first."},
    {"progress", OPTION_SUBSCRIBE, OPTION_BOOLEAN, NULL, NULL, 0, "false",
     "Whether a row tells of each epoch, empty ones too."},
    {"as_of", OPTION_SUBSCRIBE, OPTION_TEXT, NULL, NULL, 0, "now", "The cut to begin at."},
    {"timeout", OPTION_FETCH, OPTION_INTERVAL, NULL, NULL, 0, "for ever", "How long FETCH waits for rows."},
    {"cleanup.policy", STORED, OPTION_WORD, "delete compact compact,delete", NULL, 0, NULL,
     "Kafka's name of cleanup_policy."},
    {"compression.type", STORED, OPTION_WORD, "producer uncompressed zstd lz4 snappy gzip", NULL, 0, NULL,
     "Kafka's topic setting."},
    {"delete.retention.ms", STORED, OPTION_INTERVAL, NULL, NULL, 0, NULL, "Kafka's topic setting."},
    {"max.message.bytes", STORED, OPTION_SIZE, NULL, NULL, 0, NULL, "Kafka's topic setting."},
    {"message.timestamp.type", STORED, OPTION_WORD, "CreateTime LogAppendTime", NULL, 0, NULL,
     "Kafka's topic setting."},
    {"min.compaction.lag.ms", STORED, OPTION_INTERVAL, NULL, NULL, 0, NULL, "Kafka's topic setting."},
    {"min.insync.replicas", STORED, OPTION_INTEGER, NULL, NULL, 1, NULL, "Kafka's topic setting."},
    {"retention.bytes", STORED, OPTION_SIZE, NULL, NULL, 0, NULL, "Kafka's name of retention_bytes."},
    {"retention.ms", STORED, OPTION_INTERVAL, NULL, NULL, 0, NULL, "Kafka's name of retention."},
    {"segment.bytes", STORED, OPTION_SIZE, NULL, NULL, 0, NULL, "Kafka's topic setting."},
    {"segment.ms", STORED, OPTION_INTERVAL, NULL, NULL, 0, NULL, "Kafka's topic setting."},
};
const uint32_t OPTION_COUNT = sizeof OPTIONS / sizeof OPTIONS[0];

static const struct option_definition *find(const char *name)
{
    for (uint32_t i = 0; i < OPTION_COUNT; i++)
        if (strcmp(OPTIONS[i].name, name) == 0)
            return &OPTIONS[i];
    return NULL;
}

/* Whether word is one of the blank-separated words. */
static bool is_listed(const char *words, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = words; size != 0 && (at = strstr(at, word)) != NULL; at += size)
        if ((at == words || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
            return true;
    return false;
}

static enum status invalid(const struct option *o, const char *hint, struct error *err)
{
    error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "invalid value for option \"%s\": \"%s\"", o->name,
                 o->value);
    if (hint != NULL)
        error_hint(err, "%s", hint);
    return STATUS_INVALID_PARAMETER;
}

enum status option_boolean(const struct option *o, bool *out, struct error *err)
{
    static const char *const YES[] = {"true", "on", "yes", "1", "t"};
    static const char *const NO[] = {"false", "off", "no", "0", "f"};
    for (size_t i = 0; i < sizeof YES / sizeof YES[0]; i++) {
        *out = strcasecmp(o->value, YES[i]) == 0;
        if (*out || strcasecmp(o->value, NO[i]) == 0)
            return STATUS_OK;
    }
    return invalid(o, "Valid values are true and false.", err);
}

enum status option_integer(const struct option *o, int64_t *out, struct error *err)
{
    if (int64_parse(o->value, strlen(o->value), out, NULL) != STATUS_OK)
        return invalid(o, "The value is a whole number.", err);
    return STATUS_OK;
}

enum status option_size(const struct option *o, int64_t *out, struct error *err)
{
    static const char *const UNITS[] = {"", "kB", "MB", "GB", "TB"};
    char *end;
    errno = 0;
    long long number = strtoll(o->value, &end, 10);
    bool has_number = end != o->value && errno == 0 && number >= -1;
    while (*end == ' ')
        end++;
    for (size_t i = 0; has_number && i < sizeof UNITS / sizeof UNITS[0]; i++)
        if (strcasecmp(end, UNITS[i]) == 0 && number <= INT64_MAX >> (10 * i)) {
            *out = number < 0 ? number : (int64_t)((uint64_t)number << (10 * i));
            return STATUS_OK;
        }
    return invalid(o, "The value is a number of bytes, or one with kB, MB, GB or TB.", err);
}

enum status option_interval(const struct option *o, int64_t *out_us, struct error *err)
{
    const char *hint = "The value is an interval such as '7 days', or a number of milliseconds.";
    if (int64_parse(o->value, strlen(o->value), out_us, NULL) == STATUS_OK) {
        if (*out_us < -1)
            return invalid(o, hint, err);
        *out_us = *out_us == -1 || *out_us > INT64_MAX / 1000 ? INT64_MAX : *out_us * 1000;
        return STATUS_OK;
    }
    struct interval v;
    if (interval_parse(o->value, strlen(o->value), &v, NULL) != STATUS_OK)
        return invalid(o, hint, err);
    int128 us = interval_comparable(&v);
    if (us < 0 || us > INT64_MAX)
        return invalid(o, hint, err);
    *out_us = (int64_t)us;
    return STATUS_OK;
}

static enum status check_word(const struct option_definition *d, const struct option *o, struct error *err)
{
    if (!is_listed(d->choices, o->value)) {
        error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "invalid value for option \"%s\": \"%s\"", o->name,
                     o->value);
        error_hint(err, "Valid values are: %s.", d->choices);
        return STATUS_INVALID_PARAMETER;
    }
    if (d->later != NULL && is_listed(d->later, o->value))
        return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, o->position, "%s \"%s\" is not supported", o->name,
                            o->value);
    return STATUS_OK;
}

static enum status check_value(const struct option_definition *d, const struct option *o, struct error *err)
{
    int64_t number;
    bool boolean;
    switch (d->value) {
    case OPTION_WORD:
        return check_word(d, o, err);
    case OPTION_INTEGER:
        TRY(option_integer(o, &number, err));
        return number < d->minimum ? invalid(o, "The value is too small.", err) : STATUS_OK;
    case OPTION_SIZE:
        return option_size(o, &number, err);
    case OPTION_INTERVAL:
        return option_interval(o, &number, err);
    case OPTION_BOOLEAN:
        return option_boolean(o, &boolean, err);
    case OPTION_TEXT:
    case OPTION_COLUMNS:
        return o->value[0] == '\0' ? invalid(o, NULL, err) : STATUS_OK;
    }
    return STATUS_OK;
}

static const char *target_name(enum option_target target)
{
    switch (target) {
    case OPTION_TABLE:
        return "a table";
    case OPTION_SOURCE:
        return "a source";
    case OPTION_VIEW:
        return "a materialized view";
    case OPTION_SINK:
        return "a sink";
    case OPTION_SUBSCRIBE:
        return "SUBSCRIBE";
    case OPTION_FETCH:
        return "FETCH";
    }
    return "a relation";
}

static enum status unknown(const struct option *o, enum option_target target, bool is_known, struct error *err)
{
    if (is_known)
        return error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "option \"%s\" does not apply to %s", o->name,
                            target_name(target));
    error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "unrecognized option \"%s\" for %s", o->name,
                 target_name(target));
    const char *best = NULL;
    unsigned distance = 3;
    for (uint32_t i = 0; i < OPTION_COUNT; i++)
        if (OPTIONS[i].targets & target)
            name_consider(o->name, OPTIONS[i].name, &best, &distance);
    if (best != NULL)
        error_hint(err, "Perhaps you meant the option \"%s\".", best);
    return STATUS_INVALID_PARAMETER;
}

enum status option_check(const struct option *options, uint32_t count, enum option_target target, struct error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct option *o = &options[i];
        const struct option_definition *d = find(o->name);
        if (d == NULL || !(d->targets & target))
            return unknown(o, target, d != NULL, err);
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(options[j].name, o->name) == 0)
                return error_set_at(err, STATUS_SYNTAX_ERROR, o->position, "conflicting or redundant options");
        if (d->later != NULL && strcmp(d->later, "*") == 0)
            return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, o->position, "option \"%s\" is not supported",
                                o->name);
        TRY(check_value(d, o, err));
    }
    return STATUS_OK;
}
