/* record_encoder.c - see the header. Values and keys are made in two buffers that every row reuses. */
#include "connect/record_encoder.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "connect/held_records.h"
#include "connect/record_key.h"
#include "connect/record_value.h"
#include "format/csv_writer.h"
#include "format/json_writer.h"
#include "log/partitioner.h"

struct record_encoder {
    struct record_encoder_options options;
    struct arena *arena;
    struct schema schema;
    struct record_key key;
    struct json_encoder *json;
    uint32_t value_column; /* text, raw */
    int32_t key_column;    /* raw: the column that is the record key; -1: none */
    struct text_context text;
    struct buffer key_bytes, value_bytes;
    struct held_records held;
};

static enum status choose_value(struct record_encoder *e, struct error *err)
{
    enum record_format format = e->options.format;
    e->key_column = -1;
    if (format == RECORD_JSON)
        e->json = json_encoder_create(&e->schema, NULL, 0);
    if (format == RECORD_JSON || format == RECORD_CSV)
        return STATUS_OK;
    const char *name = format == RECORD_RAW ? "raw" : format == RECORD_TEXT ? "text" : "int64";
    if (format == RECORD_INT64 || e->options.envelope == ENVELOPE_CHANGES)
        return error_set(err, STATUS_INVALID_PARAMETER, "format = '%s' cannot hold %s", name,
                         format == RECORD_INT64 ? "a row" : "changes");
    return record_value_column(&e->schema, e->options.key, e->options.key_count, format, &e->value_column, &e->key_column, err);
}

enum status record_encoder_create(const struct schema *schema, const struct record_encoder_options *options, struct record_encoder **out,
                                  struct error *err)
{
    assert(options->envelope != ENVELOPE_UPSERT || options->key_count > 0);
    struct record_encoder *e = memory_alloc_zero(1, sizeof *e);
    e->options = *options;
    e->arena = arena_create();
    e->text.zone = time_zone_utc();
    schema_copy(schema, e->arena, &e->schema);
    uint32_t *key = ARENA_ARRAY(e->arena, uint32_t, options->key_count + 1);
    for (uint32_t i = 0; i < options->key_count; i++)
        key[i] = options->key[i];
    e->options.key = key;
    enum status st = choose_value(e, err);
    if (st == STATUS_OK)
        st = record_key_init(&e->key, &e->schema, key, options->key_count, options->key_format, err);
    if (st != STATUS_OK) {
        record_encoder_destroy(e);
        return st;
    }
    *out = e;
    return STATUS_OK;
}

void record_encoder_destroy(struct record_encoder *e)
{
    if (e == NULL)
        return;
    record_key_clear(&e->key);
    json_encoder_destroy(e->json);
    held_records_clear(&e->held);
    buffer_clear(&e->key_bytes);
    buffer_clear(&e->value_bytes);
    arena_destroy(e->arena);
    free(e);
}

/* ---- keys ---- */

/* Its first key column that is NULL; -1: none. */
static int64_t null_key_column(const struct record_encoder *e, const struct batch *rows, uint32_t row)
{
    for (uint32_t i = 0; i < e->options.key_count; i++)
        if (!vector_is_valid(&rows->columns[e->options.key[i]], row))
            return e->options.key[i];
    return -1;
}

/* Of changes the key only says which ones stay in order; elsewhere it says what the record replaces, so it must be there. */
static enum status encode_key(struct record_encoder *e, const struct batch *rows, uint32_t row, struct bytes *out, struct error *err)
{
    int64_t column = null_key_column(e, rows, row);
    if (column >= 0 && e->options.envelope == ENVELOPE_CHANGES)
        return STATUS_OK;
    if (column >= 0)
        return error_set(err, STATUS_NULL_NOT_ALLOWED, "null value in key column \"%s\"", e->schema.columns[column].name);
    buffer_reset(&e->key_bytes);
    record_key_put(&e->key, rows, row, &e->key_bytes);
    buffer_reserve(&e->key_bytes, 1); /* so that an empty key is not a null one */
    *out = buffer_bytes(&e->key_bytes);
    return STATUS_OK;
}

/* The bytes of a raw column; no bytes at all for NULL. */
static struct bytes raw_bytes(const struct vector *v, uint32_t row)
{
    static const uint8_t EMPTY[1];
    if (!vector_is_valid(v, row))
        return (struct bytes){NULL, 0};
    struct bytes b = string_bytes(&VECTOR_STRING(v)[vector_slot(v, row)]);
    return b.data == NULL ? (struct bytes){EMPTY, 0} : b;
}

static int32_t partition_of(const struct record_encoder *e, struct bytes key, int32_t unkeyed)
{
    int32_t count = e->options.partition_count;
    if (key.data == NULL && e->options.key_count == 0)
        return unkeyed;
    if (count <= 1 || key.data == NULL) /* changes without a key stay in order, too */
        return 0;
    return e->options.crc32 ? partition_by_crc32(key, count) : partition_by_murmur2(key, count);
}

/* The row's record key; data NULL: none. */
static enum status key_of_row(struct record_encoder *e, const struct batch *rows, uint32_t row, struct bytes *out, struct error *err)
{
    *out = (struct bytes){NULL, 0};
    if (e->options.key_count > 0) {
        TRY(encode_key(e, rows, row, out, err));
    } else if (e->key_column >= 0) {
        *out = raw_bytes(&rows->columns[e->key_column], row);
    }
    return STATUS_OK;
}

/* ---- values ---- */

static void put_json(struct record_encoder *e, const struct batch *rows, uint32_t row, int64_t epoch, int diff)
{
    struct buffer *out = &e->value_bytes;
    if (e->options.envelope != ENVELOPE_CHANGES) {
        json_encoder_put(e->json, rows, row, out);
        return;
    }
    buffer_printf(out, "{\"leat_epoch\":%lld,\"leat_diff\":%d%s", (long long)epoch, diff, e->schema.column_count == 0 ? "" : ",");
    json_encoder_put_fields(e->json, rows, row, out);
    buffer_put_u8(out, '}');
}

static void put_csv(struct record_encoder *e, const struct batch *rows, uint32_t row, int64_t epoch, int diff)
{
    struct buffer *out = &e->value_bytes;
    if (e->options.envelope == ENVELOPE_CHANGES)
        buffer_printf(out, "%lld,%d,", (long long)epoch, diff);
    csv_put_row(NULL, CSV_STYLE_COPY, rows, row, &e->text, out);
    out->size--; /* a record is a line without its end */
}

static enum status put_single(struct record_encoder *e, const struct batch *rows, uint32_t row, struct bytes *value, struct error *err)
{
    const struct vector *v = &rows->columns[e->value_column];
    bool is_null = !vector_is_valid(v, row);
    if (is_null && (e->options.format == RECORD_TEXT || e->key_column < 0))
        return error_set(err, STATUS_NULL_NOT_ALLOWED, "null value in column \"%s\" has no form in format %s",
                         e->schema.columns[e->value_column].name, e->options.format == RECORD_TEXT ? "text" : "raw");
    if (e->options.format == RECORD_RAW) {
        *value = raw_bytes(v, row);
        return STATUS_OK;
    }
    vector_format(v, row, &e->text, &e->value_bytes);
    *value = buffer_bytes(&e->value_bytes);
    return STATUS_OK;
}

static enum status value_of_row(struct record_encoder *e, const struct batch *rows, uint32_t row, int64_t epoch, int diff,
                                struct bytes *value, struct error *err)
{
    buffer_reset(&e->value_bytes);
    buffer_reserve(&e->value_bytes, 64);
    if (e->options.format == RECORD_JSON)
        put_json(e, rows, row, epoch, diff);
    else if (e->options.format == RECORD_CSV)
        put_csv(e, rows, row, epoch, diff);
    else
        return put_single(e, rows, row, value, err);
    *value = buffer_bytes(&e->value_bytes);
    return STATUS_OK;
}

/* ---- envelopes ---- */

static enum status put_row(struct record_encoder *e, const struct batch *rows, uint32_t row, int64_t timestamp, int64_t epoch,
                           int32_t unkeyed, struct record_batch_builder *builders, struct error *err)
{
    int64_t weight = batch_weight(rows, row);
    assert(weight > 0 || e->options.envelope == ENVELOPE_CHANGES);
    struct bytes key, value;
    TRY(key_of_row(e, rows, row, &key, err));
    TRY(value_of_row(e, rows, row, epoch, weight < 0 ? -1 : 1, &value, err));
    struct record_batch_builder *to = &builders[partition_of(e, key, unkeyed)];
    for (int64_t n = weight < 0 ? -weight : weight; n > 0; n--)
        record_batch_builder_add(to, timestamp, key, value);
    return STATUS_OK;
}

static enum status hold_row(struct record_encoder *e, const struct batch *rows, uint32_t row, struct error *err)
{
    struct bytes key, value;
    TRY(key_of_row(e, rows, row, &key, err));
    struct held_record *r = held_records_find(&e->held, key);
    if (batch_weight(rows, row) < 0)
        return STATUS_OK; /* it is a tombstone until an insertion comes */
    TRY(value_of_row(e, rows, row, 0, 1, &value, err));
    held_record_set(&e->held, r, value);
    return STATUS_OK;
}

enum status record_encoder_put(struct record_encoder *e, const struct batch *rows, int64_t timestamp, int64_t epoch, int32_t unkeyed,
                               struct record_batch_builder *builders, struct error *err)
{
    uint32_t count = batch_rows(rows);
    if (e->options.envelope == ENVELOPE_UPSERT) {
        for (uint32_t i = 0; i < count; i++)
            TRY(hold_row(e, rows, batch_row(rows, i), err));
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < count; i++)
        TRY(put_row(e, rows, batch_row(rows, i), timestamp, epoch, unkeyed, builders, err));
    return STATUS_OK;
}

enum status record_encoder_finish(struct record_encoder *e, int64_t timestamp, struct record_batch_builder *builders, struct error *err)
{
    (void)err; /* nothing can go wrong: the rows were encoded as they came */
    for (uint32_t i = 0; i < e->held.count; i++) {
        const struct held_record *r = &e->held.records[i];
        struct bytes key = held_record_key(&e->held, r);
        record_batch_builder_add(&builders[partition_of(e, key, 0)], timestamp, key, held_record_value(&e->held, r));
    }
    held_records_reset(&e->held);
    return STATUS_OK;
}
