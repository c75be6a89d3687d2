/* topic.c - a topic in memory and its file.
 *
 * DIR/topics/<name>/topic is text: one "key value" per line, closed by the CRC-32C of the
 * lines before it. A folder without it is a creation that did not come to its end.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "codec/crc32c.h"
#include "log/internal.h"

static const int64_t DEFAULT_MAX_MESSAGE_SIZE = 1048588;

bool topic_name_is_legal(const char *name)
{
    size_t size = strlen(name);
    if (size == 0 || size >= TOPIC_NAME_SIZE || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return false;
    for (const char *c = name; *c != '\0'; c++) {
        bool legal = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' ||
                     *c == '_' || *c == '-';
        if (!legal)
            return false;
    }
    return true;
}

struct topic *topic_create(struct log *log, const char *name, const uint8_t id[TOPIC_ID_SIZE],
                           const struct topic_options *options)
{
    assert(strlen(name) < TOPIC_NAME_SIZE && options->partition_count > 0);
    struct arena *arena = log->topic_arena;
    struct topic *t = ARENA_NEW(arena, struct topic);
    *t = (struct topic){.log = log};
    snprintf(t->name, sizeof t->name, "%s", name);
    memcpy(t->id, id, TOPIC_ID_SIZE);
    t->options = *options;
    if (t->options.max_message_size == 0)
        t->options.max_message_size = DEFAULT_MAX_MESSAGE_SIZE;
    t->directory = arena_printf(arena, "%s/topics/%s", log->directory, name);
    t->partitions = arena_alloc_zero(arena, (size_t)options->partition_count, sizeof *t->partitions);
    for (int32_t i = 0; i < options->partition_count; i++)
        partition_init(&t->partitions[i], t, log->os, arena_printf(arena, "%s/%d", t->directory, (int)i), i);
    return t;
}

void topic_clear(struct topic *t)
{
    if (t == NULL)
        return;
    for (int32_t i = 0; i < t->options.partition_count; i++)
        partition_clear(&t->partitions[i]);
}

/* ---- the file: one table writes and reads it ---- */

struct option_field {
    const char *key;
    int64_t smallest, largest;
};
enum { FIELD_COUNT = 10 };
static const struct option_field FIELDS[FIELD_COUNT] = {
    {"partitions", 1, PARTITION_LIMIT},
    {"fsync", LOG_FSYNC_ALWAYS, LOG_FSYNC_NEVER},
    {"compacted", 0, 1},
    {"retention_ms", -1, INT64_MAX},
    {"retention_size", -1, INT64_MAX},
    {"max_message_size", 1, INT32_MAX},
    {"internal", 0, 1},
    {"single_writer", 0, 1},
    {"log_append_time", 0, 1},
    {"owned", 0, 1},
};

static void options_to_values(const struct topic_options *o, int64_t values[FIELD_COUNT])
{
    const int64_t all[FIELD_COUNT] = {o->partition_count, o->fsync,    o->compacted,    o->retention_ms,   o->retention_size,
                                      o->max_message_size, o->internal, o->single_writer, o->log_append_time, o->owned};
    memcpy(values, all, sizeof all);
}

static struct topic_options values_to_options(const int64_t v[FIELD_COUNT])
{
    return (struct topic_options){(int32_t)v[0], (enum log_fsync)v[1], v[2] != 0, v[3], v[4], v[5], v[6] != 0, v[7] != 0,
                                  v[8] != 0, v[9] != 0};
}

static char *topic_path(const char *directory, const char *name, struct arena *arena)
{
    return arena_printf(arena, "%s/topics/%s/topic", directory, name);
}

enum status topic_save(const struct topic *t, struct error *err)
{
    struct buffer text = {0};
    int64_t values[FIELD_COUNT];
    options_to_values(&t->options, values);
    buffer_put_text(&text, "leat-topic 1\nid ");
    for (int i = 0; i < TOPIC_ID_SIZE; i++)
        buffer_printf(&text, "%02x", t->id[i]);
    buffer_put_u8(&text, '\n');
    for (int i = 0; i < FIELD_COUNT; i++)
        buffer_printf(&text, "%s %" PRId64 "\n", FIELDS[i].key, values[i]);
    buffer_printf(&text, "crc %08" PRIx32 "\n", crc32c(0, text.data, text.size));
    struct arena *arena = arena_create();
    enum status st = os_write_file(t->log->os, topic_path(t->log->directory, t->name, arena), buffer_bytes(&text), err);
    arena_destroy(arena);
    buffer_clear(&text);
    return st;
}

/* The value of the line "key value" at *text, which moves to the next line; NULL if it is another line. */
static char *take_line(char **text, const char *key)
{
    size_t size = strlen(key);
    char *line = *text, *end = strchr(line, '\n');
    if (end == NULL || strncmp(line, key, size) != 0 || line[size] != ' ')
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line + size + 1;
}

static bool parse_number(const char *text, int base, int64_t smallest, int64_t largest, int64_t *out)
{
    if (text == NULL || *text == '\0')
        return false;
    char *end;
    long long value = strtoll(text, &end, base);
    *out = value;
    return *end == '\0' && value >= smallest && value <= largest;
}

static bool parse_id(const char *text, uint8_t id[TOPIC_ID_SIZE])
{
    if (text == NULL || strlen(text) != 2 * TOPIC_ID_SIZE)
        return false;
    for (int i = 0; i < TOPIC_ID_SIZE; i++) {
        char digits[3] = {text[2 * i], text[2 * i + 1], '\0'};
        int64_t byte;
        if (!parse_number(digits, 16, 0, 255, &byte))
            return false;
        id[i] = (uint8_t)byte;
    }
    return true;
}

static bool parse(char *text, size_t size, uint8_t id[TOPIC_ID_SIZE], int64_t values[FIELD_COUNT])
{
    char *crc_line = strstr(text, "\ncrc ");
    if (strlen(text) != size || crc_line == NULL)
        return false;
    uint32_t actual = crc32c(0, text, (size_t)(crc_line + 1 - text));
    char *at = text;
    int64_t version, crc;
    if (!parse_number(take_line(&at, "leat-topic"), 10, 1, 1, &version) || !parse_id(take_line(&at, "id"), id))
        return false;
    for (int i = 0; i < FIELD_COUNT; i++)
        if (!parse_number(take_line(&at, FIELDS[i].key), 10, FIELDS[i].smallest, FIELDS[i].largest, &values[i]))
            return false;
    return parse_number(take_line(&at, "crc"), 16, 0, UINT32_MAX, &crc) && (uint32_t)crc == actual && *at == '\0';
}

enum status topic_load(struct log *log, const char *name, struct topic **out, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = topic_path(log->directory, name, arena);
    struct bytes bytes;
    uint8_t id[TOPIC_ID_SIZE];
    int64_t values[FIELD_COUNT];
    enum status st = os_read_file(log->os, path, 64 * 1024, arena, &bytes, err);
    if (st == STATUS_OK && !parse(arena_copy_bytes(arena, bytes), bytes.size, id, values))
        st = error_set(err, STATUS_CORRUPT, "topic file %s is damaged or of a newer program", path);
    if (st == STATUS_OK) {
        struct topic_options options = values_to_options(values);
        *out = topic_create(log, name, id, &options);
    }
    arena_destroy(arena);
    return st;
}

/* ---- what anyone may ask ---- */

const char *topic_name(const struct topic *t)
{
    return t->name;
}

const uint8_t *topic_id(const struct topic *t)
{
    return t->id;
}

const struct topic_options *topic_get_options(const struct topic *t)
{
    return &t->options;
}

bool topic_is_deleted(const struct topic *t)
{
    return atomic_load(&t->is_deleted);
}

bool topic_is_empty(struct topic *t)
{
    for (int32_t i = 0; i < t->options.partition_count; i++)
        if (partition_append_end(&t->partitions[i]) > 0)
            return false;
    return true;
}

struct partition *topic_partition(struct topic *t, int32_t partition)
{
    return partition >= 0 && partition < t->options.partition_count ? &t->partitions[partition] : NULL;
}
