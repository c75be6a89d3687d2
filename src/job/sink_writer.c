/* sink_writer.c - a sink's changes into its topic: envelope, key and format from the sink's options. */
#include "job/internal.h"

#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"

static enum status read_format(const struct relation *r, const char *option, enum record_format otherwise, enum record_format *out,
                               struct error *err)
{
    static const char *const NAMES[] = {"json", "csv", "text", "raw", "int64"};
    const char *value = relation_option(r, option);
    *out = otherwise;
    if (value == NULL)
        return STATUS_OK;
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcasecmp(value, NAMES[i]) == 0) {
            *out = (enum record_format)i;
            return STATUS_OK;
        }
    error_set(err, STATUS_INVALID_PARAMETER, "invalid value for option \"%s\": \"%s\"", option, value);
    error_hint(err, "Formats are json, csv, text and raw.");
    return STATUS_INVALID_PARAMETER;
}

/* The key option, "a, b", as column indexes. */
static enum status read_key(struct sink_writer *w, const char *text, struct error *err)
{
    char *copy = memory_copy_text(text), *rest = NULL;
    w->key = memory_alloc_zero(strlen(text) / 2 + 1, sizeof *w->key);
    enum status st = STATUS_OK;
    for (char *name = strtok_r(copy, ", ", &rest); name != NULL && st == STATUS_OK; name = strtok_r(NULL, ", ", &rest)) {
        int column = schema_find(&w->schema, name);
        if (column < 0)
            st = error_set(err, STATUS_UNDEFINED_COLUMN, "column \"%s\" named in option \"key\" does not exist", name);
        else
            w->key[w->options.key_count++] = (uint32_t)column;
    }
    free(copy);
    return st;
}

static enum status choose_key(struct sink_writer *w, const struct relation *r, const struct plan *plan, struct error *err)
{
    const char *text = relation_option(r, "key");
    if (text != NULL)
        TRY(read_key(w, text, err));
    else if (plan->key_count > 0) {
        w->key = memory_alloc(plan->key_count * sizeof *w->key);
        memcpy(w->key, plan->key, plan->key_count * sizeof *w->key);
        w->options.key_count = plan->key_count;
    }
    w->options.key = w->key;
    return STATUS_OK;
}

static enum status choose_envelope(struct sink_writer *w, const struct relation *r, const struct plan *plan, struct error *err)
{
    const char *text = relation_option(r, "envelope");
    bool has_key = w->options.key_count > 0;
    if (text == NULL) {
        if (plan->append_only)
            w->options.envelope = ENVELOPE_APPEND;
        else if (has_key)
            w->options.envelope = ENVELOPE_UPSERT;
        else {
            error_set(err, STATUS_INVALID_PARAMETER, "sink \"%s\" needs an envelope: its query retracts rows and has no key", r->name);
            error_hint(err, "Give the key columns with key = '...', or take every change with envelope = 'changes'.");
            return STATUS_INVALID_PARAMETER;
        }
        return STATUS_OK;
    }
    if (strcasecmp(text, "append") == 0) {
        if (!plan->append_only) {
            error_set(err, STATUS_INVALID_PARAMETER, "sink \"%s\" cannot use envelope = 'append': its query retracts rows", r->name);
            error_hint(err, "Use envelope = 'upsert' with a key, or envelope = 'changes'.");
            return STATUS_INVALID_PARAMETER;
        }
        w->options.envelope = ENVELOPE_APPEND;
    } else if (strcasecmp(text, "upsert") == 0) {
        if (!has_key) {
            error_set(err, STATUS_INVALID_PARAMETER, "sink \"%s\" cannot use envelope = 'upsert' without a key", r->name);
            error_hint(err, "Give the key columns with key = '...'.");
            return STATUS_INVALID_PARAMETER;
        }
        w->options.envelope = ENVELOPE_UPSERT;
    } else if (strcasecmp(text, "changes") == 0)
        w->options.envelope = ENVELOPE_CHANGES;
    else {
        error_set(err, STATUS_INVALID_PARAMETER, "invalid value for option \"envelope\": \"%s\"", text);
        error_hint(err, "Envelopes are append, upsert and changes.");
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_OK;
}

enum status sink_writer_create(const struct relation *r, const struct plan *plan, struct topic *topic, struct sink_writer **out,
                               struct error *err)
{
    struct sink_writer *w = memory_alloc_zero(1, sizeof *w);
    w->topic = topic;
    w->partition_count = topic_get_options(topic)->partition_count;
    w->options.partition_count = w->partition_count;
    w->schema = r->schema;
    const char *partitioner = relation_option(r, "partitioner");
    w->options.crc32 = partitioner != NULL && strcasecmp(partitioner, "crc32") == 0;
    enum status st = choose_key(w, r, plan, err);
    if (st == STATUS_OK)
        st = choose_envelope(w, r, plan, err);
    if (st == STATUS_OK)
        st = read_format(r, "format", RECORD_JSON, &w->options.format, err);
    if (st == STATUS_OK)
        st = read_format(r, "key_format", RECORD_TEXT, &w->options.key_format, err);
    if (st == STATUS_OK && w->options.envelope == ENVELOPE_APPEND && relation_option(r, "key") == NULL)
        w->options.key_count = 0; /* records of an append sink have a key only if one is asked for */
    if (st != STATUS_OK) {
        sink_writer_destroy(w);
        return st;
    }
    *out = w;
    return STATUS_OK;
}

void sink_writer_destroy(struct sink_writer *w)
{
    if (w == NULL)
        return;
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        record_encoder_destroy(w->encoders[i]);
    free(w->key);
    free(w);
}

enum status sink_writer_encode(struct sink_writer *w, unsigned worker, const struct batch *rows, int64_t time_us, int64_t epoch,
                               struct record_batch_builder *builders, struct error *err)
{
    if (w->encoders[worker] == NULL)
        TRY(record_encoder_create(&w->schema, &w->options, &w->encoders[worker], err));
    int32_t unkeyed = w->partition_count == 1 ? 0 : (int32_t)(epoch % w->partition_count);
    return record_encoder_put(w->encoders[worker], rows, time_us / 1000, epoch, unkeyed, builders, err);
}

/* A refused append has changed nothing, so it can be made again. */
static enum status append_patiently(struct timeline *t, struct log_group *group, struct partition *p, struct buffer *bytes, struct error *err)
{
    int64_t offset;
    for (;;) {
        struct error why = {0};
        enum status st = log_group_append(group, p, bytes->data, bytes->size, &offset, &why);
        if (st == STATUS_OK || st != STATUS_DISK_FULL || !timeline_wait_for_room(t, &why)) {
            if (st != STATUS_OK && err != NULL)
                *err = why;
            return st;
        }
    }
}

enum status builder_append(struct timeline *t, struct record_batch_builder *b, struct log_group *group, struct partition *p, struct error *err)
{
    if (b->record_count == 0)
        return STATUS_OK;
    struct buffer bytes = {0};
    enum status st = record_batch_builder_finish(b, COMPRESSION_NONE, &bytes, err);
    if (st == STATUS_OK)
        st = append_patiently(t, group, p, &bytes, err);
    buffer_clear(&bytes);
    return st;
}

enum status sink_writer_append(struct sink_writer *w, struct timeline *t, struct log_group *group, struct record_batch_builder *builders,
                               struct error *err)
{
    for (int32_t p = 0; p < w->partition_count; p++)
        TRY(builder_append(t, &builders[p], group, topic_partition(w->topic, p), err));
    return STATUS_OK;
}
