/* table_decoder.c - see the header.
 *
 * Per record: the value is decoded into a batch of all columns, missing fields
 * get their defaults, a key column that the value lacks comes from the record
 * key, then the record is held against NOT NULL, its key and its partition.
 */
#include "connect/table_decoder.h"

#include <assert.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "connect/hidden_column.h"
#include "connect/record_key.h"
#include "connect/record_value.h"
#include "format/field.h"
#include "log/partitioner.h"

struct table_decoder {
    struct relation *relation;
    struct arena *arena; /* what lives as long as the decoder */
    struct record_value value;
    struct record_key key; /* count 0: the table has no primary key */
    uint32_t *columns;     /* the output's */
    uint32_t column_count;
    uint32_t *not_null, not_null_count;
    uint32_t *defaulted, defaulted_count; /* columns with a default, key columns apart */
    bool wants_hidden[HIDDEN_COUNT];
    bool has_hidden;
    int32_t partition_count;
    bool crc32;
    rejection_listener *listener;
    void *listener_context;
    struct error error; /* of the last rejected record */
    struct buffer key_text;
    struct batch key_batch; /* of all columns, one row: the record key's values */

    /* the open record batch */
    struct record_iterator iterator;
    struct bytes record_batch;
    struct buffer scratch;
    int32_t partition;
    int64_t from_offset, end_offset;
    bool is_broken; /* its records cannot be read at all */

    /* the rows being made */
    struct batch rows; /* of all columns */
    struct vector hidden[HIDDEN_COUNT];
    struct vector *defaults; /* of defaulted columns; NULL: not evaluated yet */
    struct arena *row_arena;
    uint32_t capacity;
};

/* ---- making ---- */

static bool is_key_column(const struct relation *r, uint32_t column)
{
    for (uint32_t i = 0; i < r->primary_key_count; i++)
        if (r->primary_key[i] == column)
            return true;
    return false;
}

static void list_columns(struct table_decoder *d)
{
    const struct relation *r = d->relation;
    d->not_null = ARENA_ARRAY(d->arena, uint32_t, r->schema.column_count + 1);
    d->defaulted = ARENA_ARRAY(d->arena, uint32_t, r->schema.column_count + 1);
    for (uint32_t c = 0; c < r->schema.column_count; c++) {
        bool is_key = is_key_column(r, c);
        if (is_key || (r->columns != NULL && r->columns[c].not_null))
            d->not_null[d->not_null_count++] = c;
        if (!is_key && r->columns != NULL && r->columns[c].default_value != NULL)
            d->defaulted[d->defaulted_count++] = c;
    }
    for (uint32_t i = 0; i < d->column_count; i++)
        if (d->columns[i] >= HIDDEN_BASE) {
            d->wants_hidden[d->columns[i] - HIDDEN_BASE] = true;
            d->has_hidden = true;
        }
}

static enum status init_key(struct table_decoder *d, struct error *err)
{
    const struct relation *r = d->relation;
    enum record_format format;
    TRY(record_format_option(r, "key_format", RECORD_TEXT, &format, err));
    TRY(record_key_init(&d->key, &r->schema, r->primary_key, r->primary_key_count, format, err));
    d->key_batch.column_count = r->schema.column_count;
    d->key_batch.columns = ARENA_ARRAY(d->arena, struct vector, r->schema.column_count + 1);
    for (uint32_t c = 0; c < r->schema.column_count; c++)
        vector_init_flat(&d->key_batch.columns[c], r->schema.columns[c].type, 1, d->arena);
    return STATUS_OK;
}

enum status table_decoder_create(struct relation *r, const uint32_t *columns, uint32_t column_count, struct table_decoder **out,
                                 struct error *err)
{
    struct table_decoder *d = memory_alloc_zero(1, sizeof *d);
    d->relation = relation_ref(r);
    d->arena = arena_create();
    d->column_count = column_count;
    d->columns = ARENA_ARRAY(d->arena, uint32_t, column_count + 1);
    for (uint32_t i = 0; i < column_count; i++)
        d->columns[i] = columns[i];
    list_columns(d);
    const char *partitions = relation_option(r, "partitions"), *partitioner = relation_option(r, "partitioner");
    d->partition_count = partitions == NULL ? 1 : atoi(partitions);
    d->crc32 = partitioner != NULL && strcasecmp(partitioner, "crc32") == 0;
    d->iterator.header.record_count = 0;
    enum status st = record_value_init(&d->value, r, err);
    if (st == STATUS_OK)
        st = init_key(d, err);
    if (st != STATUS_OK) {
        table_decoder_destroy(d);
        return st;
    }
    *out = d;
    return STATUS_OK;
}

void table_decoder_destroy(struct table_decoder *d)
{
    if (d == NULL)
        return;
    record_value_clear(&d->value);
    record_key_clear(&d->key);
    buffer_clear(&d->key_text);
    buffer_clear(&d->scratch);
    arena_destroy(d->arena);
    relation_unref(d->relation);
    free(d);
}

void table_decoder_set_partition_count(struct table_decoder *d, int32_t partition_count)
{
    d->partition_count = partition_count;
}

void table_decoder_on_reject(struct table_decoder *d, rejection_listener *listener, void *context)
{
    d->listener = listener;
    d->listener_context = context;
}

/* ---- rejecting ---- */

/* Where errors go: nobody reads them if nobody listens. */
static struct error *error_of(struct table_decoder *d)
{
    return d->listener == NULL ? NULL : &d->error;
}

static void reject(struct table_decoder *d, int64_t offset, int64_t timestamp, enum status st, struct bytes raw)
{
    if (d->listener == NULL)
        return;
    const struct rejection r = {d->partition, offset, timestamp, st, d->error.message, raw};
    d->listener(d->listener_context, &r);
    d->error = (struct error){0};
}

/* Records that cannot be read: as the producer sent them (the CRC is right), or damaged since? */
static enum status reject_rest(struct table_decoder *d, const struct error *cause, struct error *err)
{
    struct record_batch_header h;
    if (record_batch_inspect(d->record_batch, true, &h) != RECORD_BATCH_SOUND) {
        if (err != NULL)
            *err = *cause;
        return STATUS_CORRUPT;
    }
    int64_t offset = h.base_offset + d->iterator.next_index;
    if (offset >= d->from_offset && offset < d->end_offset) {
        d->error = *cause;
        reject(d, offset, h.max_timestamp, STATUS_CORRUPT, (struct bytes){NULL, 0});
    }
    return STATUS_OK;
}

/* ---- one record ---- */

static enum status evaluate_defaults(struct table_decoder *d, struct error *err)
{
    const struct batch none = {.row_count = d->capacity};
    int64_t now_us;
    if (__builtin_mul_overflow(d->iterator.header.max_timestamp, (int64_t)1000, &now_us))
        now_us = 0;
    struct evaluation evaluation = {.arena = d->row_arena, .text = {time_zone_utc(), now_us}};
    struct vector *defaults = ARENA_ARRAY(d->row_arena, struct vector, d->defaulted_count);
    for (uint32_t i = 0; i < d->defaulted_count; i++)
        TRY(expr_evaluate(d->relation->columns[d->defaulted[i]].default_value, &none, &evaluation, &defaults[i], err));
    d->defaults = defaults;
    return STATUS_OK;
}

static enum status put_defaults(struct table_decoder *d, uint32_t row, struct error *err)
{
    for (uint32_t i = 0; i < d->defaulted_count; i++) {
        uint32_t c = d->defaulted[i];
        if (!record_value_is_missing(&d->value, c))
            continue;
        if (d->defaults == NULL)
            TRY(evaluate_defaults(d, err));
        const struct vector *from = &d->defaults[i];
        struct vector *to = &d->rows.columns[c];
        enum status st = vector_error(from, row);
        if (st != STATUS_OK)
            return error_set(err, st, "the default of column \"%s\" fails: %s", d->relation->schema.columns[c].name, status_condition(st));
        if (!vector_is_valid(from, row))
            continue;
        field_set_valid(to, row);
        memcpy((char *)to->values + row * type_size(to->type), vector_value(from, row), type_size(to->type));
    }
    return STATUS_OK;
}

static enum status check_not_null(const struct table_decoder *d, uint32_t row, struct error *err)
{
    for (uint32_t i = 0; i < d->not_null_count; i++) {
        const struct vector *v = &d->rows.columns[d->not_null[i]];
        if (v->validity != NULL && !bit_get(v->validity, row))
            return error_set(err, STATUS_NOT_NULL_VIOLATION, "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                             d->relation->schema.columns[d->not_null[i]].name, d->relation->name);
    }
    return STATUS_OK;
}

/* Reads the record key into d->key_batch. */
static enum status parse_key(struct table_decoder *d, struct bytes key, struct error *err)
{
    for (uint32_t i = 0; i < d->key.count; i++)
        d->key_batch.columns[d->key.columns[i]].validity = NULL;
    enum status st = record_key_parse(&d->key, key, &d->key_batch, 0, d->row_arena, err);
    for (uint32_t i = 0; st == STATUS_OK && i < d->key.count; i++)
        if (!vector_is_valid(&d->key_batch.columns[d->key.columns[i]], 0))
            return error_set(err, STATUS_NOT_NULL_VIOLATION, "record key: no value for column \"%s\"",
                             d->relation->schema.columns[d->key.columns[i]].name);
    if (st != STATUS_OK)
        error_prefix(err, "record key: ");
    return st;
}

/* Key columns come from the key where the value lacks them (or all of them, for a deletion). */
static enum status fill_from_key(struct table_decoder *d, struct bytes key, uint32_t row, bool all, struct error *err)
{
    bool is_parsed = false;
    for (uint32_t i = 0; i < d->key.count; i++) {
        uint32_t c = d->key.columns[i];
        struct vector *to = &d->rows.columns[c];
        if (!all && !record_value_is_missing(&d->value, c))
            continue;
        if (!is_parsed)
            TRY(parse_key(d, key, err));
        is_parsed = true;
        field_set_valid(to, row);
        memcpy((char *)to->values + row * type_size(to->type), d->key_batch.columns[c].values, type_size(to->type));
    }
    return STATUS_OK;
}

/* Why the key is not that of the row. */
static enum status explain_key(struct table_decoder *d, struct bytes key, struct error *err)
{
    TRY(parse_key(d, key, err));
    buffer_reset(&d->key_text);
    record_key_put(&d->key, &d->key_batch, 0, &d->key_text);
    if (bytes_equal(buffer_bytes(&d->key_text), key))
        return error_set(err, STATUS_CHECK_VIOLATION, "the record key differs from the key columns of the value");
    return error_set(err, STATUS_CHECK_VIOLATION, "the record key is not in its canonical spelling \"%.200s\"", buffer_text(&d->key_text));
}

static enum status check_key(struct table_decoder *d, struct bytes key, uint32_t row, struct error *err)
{
    buffer_reset(&d->key_text);
    record_key_put(&d->key, &d->rows, row, &d->key_text);
    if (!bytes_equal(buffer_bytes(&d->key_text), key))
        return explain_key(d, key, err);
    if (d->partition_count <= 1)
        return STATUS_OK;
    int32_t home = d->crc32 ? partition_by_crc32(key, d->partition_count) : partition_by_murmur2(key, d->partition_count);
    if (home == d->partition)
        return STATUS_OK;
    return error_set(err, STATUS_CHECK_VIOLATION, "the record is in partition %d, but its key belongs in partition %d", d->partition, home);
}

/* *at_key: the key is at fault. */
static enum status decode_deletion(struct table_decoder *d, const struct record *r, uint32_t row, bool *at_key, struct error *err)
{
    *at_key = true;
    for (uint32_t c = 0; c < d->rows.column_count; c++)
        vector_set_null(&d->rows.columns[c], row, BATCH_ROWS_MAX, d->row_arena);
    TRY(fill_from_key(d, r->key, row, true, err));
    return check_key(d, r->key, row, err);
}

static enum status decode_row(struct table_decoder *d, const struct record *r, uint32_t row, bool *at_key, struct error *err)
{
    bool is_keyed = d->key.count != 0;
    if (r->value.data == NULL && !record_value_may_be_null(&d->value))
        return error_set(err, STATUS_NULL_NOT_ALLOWED, "null value");
    TRY(record_value_decode(&d->value, r->key, r->value, &d->rows, row, d->row_arena, err));
    if (d->defaulted_count != 0)
        TRY(put_defaults(d, row, err));
    *at_key = is_keyed;
    if (is_keyed)
        TRY(fill_from_key(d, r->key, row, false, err));
    *at_key = false;
    TRY(check_not_null(d, row, err));
    *at_key = is_keyed;
    return is_keyed ? check_key(d, r->key, row, err) : STATUS_OK;
}

static enum status decode_record(struct table_decoder *d, const struct record *r, uint32_t row, bool *is_deletion, bool *at_key,
                                 struct error *err)
{
    bool is_keyed = d->key.count != 0;
    *at_key = is_keyed;
    *is_deletion = is_keyed && r->value.data == NULL;
    if (is_keyed && r->key.data == NULL)
        return error_set(err, STATUS_NULL_NOT_ALLOWED, "null key");
    *at_key = false;
    return *is_deletion ? decode_deletion(d, r, row, at_key, err) : decode_row(d, r, row, at_key, err);
}

/* ---- many records ---- */

enum status table_decoder_open(struct table_decoder *d, struct bytes record_batch, int32_t partition, int64_t from_offset,
                               int64_t end_offset, struct error *err)
{
    d->record_batch = record_batch;
    d->partition = partition;
    d->from_offset = from_offset;
    d->end_offset = end_offset;
    struct record_batch_header header;
    TRY(record_batch_parse(record_batch, false, &header, err));
    struct error cause = {0};
    d->is_broken = record_iterator_open(&d->iterator, record_batch, &d->scratch, &cause) != STATUS_OK;
    return d->is_broken ? reject_rest(d, &cause, err) : STATUS_OK;
}

static void rows_begin(struct table_decoder *d, struct arena *arena)
{
    int32_t left = d->iterator.header.record_count - d->iterator.taken_count;
    const struct schema *schema = &d->relation->schema;
    d->capacity = left < 1 ? 1 : left < BATCH_ROWS_MAX ? (uint32_t)left : BATCH_ROWS_MAX;
    d->row_arena = arena;
    d->defaults = NULL;
    d->rows = (struct batch){.column_count = schema->column_count};
    d->rows.columns = arena_alloc(arena, (schema->column_count + 1) * sizeof *d->rows.columns);
    for (uint32_t c = 0; c < schema->column_count; c++)
        vector_init_flat(&d->rows.columns[c], schema->columns[c].type, d->capacity, arena);
    for (uint32_t h = 0; h < HIDDEN_COUNT; h++)
        if (d->wants_hidden[h])
            vector_init_flat(&d->hidden[h], HIDDEN_COLUMNS[h].type, d->capacity, arena);
}

static void rows_finish(const struct table_decoder *d, uint32_t count, struct batch *out)
{
    *out = (struct batch){.row_count = count, .column_count = d->column_count};
    out->columns = arena_alloc(d->row_arena, (d->column_count + 1) * sizeof *out->columns);
    for (uint32_t i = 0; i < d->column_count; i++) {
        uint32_t c = d->columns[i];
        out->columns[i] = c >= HIDDEN_BASE ? d->hidden[c - HIDDEN_BASE] : d->rows.columns[c];
    }
}

static void put_hidden(struct table_decoder *d, const struct record *r, uint32_t row)
{
    for (uint32_t h = 0; h < HIDDEN_COUNT; h++)
        if (d->wants_hidden[h])
            hidden_column_put((enum hidden_column)h, d->partition, r, &d->hidden[h], row, d->row_arena);
}

/* The next record of the range; *done at its end or where the records can no longer be read. */
static enum status next_record(struct table_decoder *d, struct record *r, bool *done, struct error *err)
{
    struct error cause;
    cause.message[0] = cause.detail[0] = cause.hint[0] = '\0';
    cause.position = 0;
    do {
        if (record_iterator_next(&d->iterator, r, done, &cause) != STATUS_OK) {
            *done = true;
            d->is_broken = true;
            return reject_rest(d, &cause, err);
        }
    } while (!*done && r->offset < d->from_offset);
    *done |= !*done && r->offset >= d->end_offset;
    return STATUS_OK;
}

enum status table_decoder_next(struct table_decoder *d, struct arena *arena, struct batch *out, uint8_t *deletions, bool *done,
                               struct error *err)
{
    rows_begin(d, arena);
    uint32_t row = 0;
    *done = d->is_broken || (d->iterator.header.attributes & RECORD_BATCH_CONTROL) != 0;
    while (row < d->capacity && !*done) {
        struct record r;
        bool is_deletion, at_key;
        TRY(next_record(d, &r, done, err));
        if (*done)
            break;
        enum status st = decode_record(d, &r, row, &is_deletion, &at_key, error_of(d));
        if (st != STATUS_OK) {
            reject(d, r.offset, r.timestamp, st, at_key ? r.key : r.value);
            continue;
        }
        if (d->has_hidden)
            put_hidden(d, &r, row);
        if (deletions != NULL)
            deletions[row] = is_deletion;
        row++;
    }
    if (!*done && d->iterator.taken_count == d->iterator.header.record_count) {
        struct record none; /* sees the end at once, and spares the caller a call */
        TRY(next_record(d, &none, done, err));
    }
    rows_finish(d, row, out);
    return STATUS_OK;
}
