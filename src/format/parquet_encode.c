/* parquet_encode.c - dictionary, pages, compression. */
#include "format/parquet_encode.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "format/parquet_rle.h"
#include "format/thrift.h"

enum { DICTIONARY_SIZE_MAX = 1 << 20, PAGE_SIZE_GOAL = 1 << 20, FIRST_SLOTS = 1024 };

enum status parquet_encoder_init(struct parquet_encoder *e, const struct column *column,
                                 const struct parquet_writer_options *options, struct error *err)
{
    *e = (struct parquet_encoder){.name = column->name, .optional = !column->not_null, .options = options};
    TRY(parquet_stored_resolve(column->type, options->numeric_scale, &e->stored, err));
    e->levels = memory_alloc_zero(options->page_rows, sizeof *e->levels);
    e->indexes = memory_alloc_zero(options->page_rows, sizeof *e->indexes);
    parquet_encoder_reset(e);
    return STATUS_OK;
}

static void distinct_grow_slots(struct parquet_distinct *d)
{
    d->slot_count = d->slot_count == 0 ? FIRST_SLOTS : d->slot_count * 2;
    free(d->slots);
    d->slots = memory_alloc_zero(d->slot_count, sizeof *d->slots);
    for (uint32_t i = 0; i < d->count; i++) {
        uint32_t slot = (uint32_t)d->hashes[i] & (d->slot_count - 1);
        while (d->slots[slot] != 0)
            slot = (slot + 1) & (d->slot_count - 1);
        d->slots[slot] = i + 1;
    }
}

static void put_plain(struct buffer *out, enum parquet_physical physical, struct bytes v)
{
    if (physical == PARQUET_BYTE_ARRAY) {
        uint32_t size = (uint32_t)v.size;
        buffer_put(out, &size, sizeof size);
    }
    buffer_put_bytes(out, v);
}

static uint32_t distinct_add(struct parquet_distinct *d, enum parquet_physical physical, struct bytes v, uint64_t hash)
{
    if (d->count == d->capacity) {
        d->capacity = d->capacity * 2 + FIRST_SLOTS;
        d->hashes = memory_realloc(d->hashes, d->capacity * sizeof *d->hashes);
        d->positions = memory_realloc(d->positions, d->capacity * sizeof *d->positions);
    }
    put_plain(&d->plain, physical, v);
    d->hashes[d->count] = hash;
    d->positions[d->count] = d->plain.size - v.size;
    return d->count++;
}

/* The end of a value's bytes: where the next one's length or bytes begin. */
static size_t distinct_value_size(const struct parquet_distinct *d, enum parquet_physical physical, uint32_t index)
{
    size_t head = physical == PARQUET_BYTE_ARRAY ? 4 : 0;
    size_t end = index + 1 == d->count ? d->plain.size : d->positions[index + 1] - head;
    return end - d->positions[index];
}

static inline uint64_t hash_value(struct bytes v)
{
    uint64_t word = 0;
    if (v.size > 8)
        return hash_bytes(v.data, v.size);
    if (v.size != 0)
        memcpy(&word, v.data, v.size);
    return hash_u64(word + v.size);
}

/* The value's index; *added tells whether it is new. */
static uint32_t distinct_find(struct parquet_distinct *d, enum parquet_physical physical, struct bytes v, bool *added)
{
    if (d->count * 2 >= d->slot_count)
        distinct_grow_slots(d);
    uint64_t hash = hash_value(v);
    uint32_t slot = (uint32_t)hash & (d->slot_count - 1);
    for (; d->slots[slot] != 0; slot = (slot + 1) & (d->slot_count - 1)) {
        uint32_t index = d->slots[slot] - 1;
        if (d->hashes[index] == hash && distinct_value_size(d, physical, index) == v.size &&
            memcmp(d->plain.data + d->positions[index], v.data, v.size) == 0)
            return index;
    }
    *added = true;
    uint32_t index = distinct_add(d, physical, v, hash);
    d->slots[slot] = index + 1;
    return index;
}

static void distinct_reset(struct parquet_distinct *d)
{
    buffer_reset(&d->plain);
    d->count = 0;
    if (d->slots != NULL)
        memset(d->slots, 0, d->slot_count * sizeof *d->slots);
}

static unsigned index_width(uint32_t count)
{
    return count <= 1 ? 0 : 32 - (unsigned)__builtin_clz(count - 1);
}

/* Appends a page: header, then content as the codec makes it. */
static enum status put_page(struct parquet_encoder *e, struct bytes content, enum parquet_page_type type,
                            uint32_t value_count, enum parquet_encoding encoding, struct buffer *out,
                            int64_t *decompressed_size, struct error *err)
{
    struct bytes stored = content;
    if (e->options->compression != COMPRESSION_NONE) {
        buffer_reset(&e->compressed);
        TRY(compress(e->options->compression, content, e->options->compression_level, &e->compressed, err));
        stored = buffer_bytes(&e->compressed);
    }
    if (content.size > INT32_MAX || stored.size > INT32_MAX)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a page of %zu bytes is too large for the format", content.size);
    int16_t last = 0, inner = 0;
    size_t start = out->size;
    thrift_put_i32(out, &last, 1, (int32_t)type);
    thrift_put_i32(out, &last, 2, (int32_t)content.size);
    thrift_put_i32(out, &last, 3, (int32_t)stored.size);
    thrift_put_field(out, &last, type == PARQUET_DATA_PAGE ? 5 : 7, THRIFT_STRUCT);
    thrift_put_i32(out, &inner, 1, (int32_t)value_count);
    thrift_put_i32(out, &inner, 2, (int32_t)encoding);
    if (type == PARQUET_DATA_PAGE) {
        thrift_put_i32(out, &inner, 3, PARQUET_RLE);
        thrift_put_i32(out, &inner, 4, PARQUET_RLE);
    }
    thrift_put_stop(out);
    thrift_put_stop(out);
    *decompressed_size += (int64_t)(out->size - start + content.size);
    buffer_put_bytes(out, stored);
    return STATUS_OK;
}

/* On the first page alone: would it be smaller without a dictionary? Then its values are written out and there is none. */
static void give_up_dictionary(struct parquet_encoder *e)
{
    struct parquet_distinct *d = &e->distinct;
    size_t plain_size = 0, head = e->stored.physical == PARQUET_BYTE_ARRAY ? 4 : 0;
    for (uint32_t i = 0; i < e->page_values; i++)
        plain_size += head + distinct_value_size(d, e->stored.physical, e->indexes[i]);
    if (d->plain.size + (size_t)e->page_values * index_width(d->count) / 8 < plain_size)
        return;
    for (uint32_t i = 0; i < e->page_values; i++) {
        uint32_t index = e->indexes[i];
        buffer_put(&e->plain, d->plain.data + d->positions[index] - head,
                   head + distinct_value_size(d, e->stored.physical, index));
    }
    e->distinct_on = false;
    distinct_reset(d);
}

static enum status end_page(struct parquet_encoder *e, struct error *err)
{
    if (e->page_rows == 0)
        return STATUS_OK;
    if (e->distinct_on && e->indexed_pages == 0 && e->page_values != 0)
        give_up_dictionary(e);
    struct buffer *content = &e->scratch;
    buffer_reset(content);
    if (e->optional) {
        uint32_t size;
        buffer_put(content, "\0\0\0", 4);
        parquet_rle_put(content, e->levels, e->page_rows, 1);
        size = (uint32_t)(content->size - 4);
        memcpy(content->data, &size, 4);
    }
    if (e->distinct_on) {
        unsigned width = index_width(e->distinct.count);
        buffer_put_u8(content, (uint8_t)width);
        parquet_rle_put(content, e->indexes, e->page_values, width);
        e->indexed_pages++;
    } else {
        buffer_put_bytes(content, buffer_bytes(&e->plain));
        e->plain_pages++;
    }
    enum parquet_encoding encoding = e->distinct_on ? PARQUET_RLE_DICTIONARY : PARQUET_PLAIN;
    TRY(put_page(e, buffer_bytes(content), PARQUET_DATA_PAGE, e->page_rows, encoding, &e->pages, &e->decompressed_size, err));
    e->page_rows = e->page_values = 0;
    buffer_reset(&e->plain);
    return STATUS_OK;
}

/* Booleans are bits, the first the lowest of its byte. */
static void put_bool(struct parquet_encoder *e, uint8_t v)
{
    if (e->page_values % 8 == 0)
        buffer_put_u8(&e->plain, 0);
    e->plain.data[e->page_values / 8] = (uint8_t)(e->plain.data[e->page_values / 8] | (v & 1) << e->page_values % 8);
}

static void put_value(struct parquet_encoder *e, struct bytes v)
{
    bool added = !e->distinct_on; /* bounds only change with a value that is new */
    if (e->distinct_on)
        e->indexes[e->page_values] = distinct_find(&e->distinct, e->stored.physical, v, &added);
    else if (e->stored.physical == PARQUET_BOOLEAN)
        put_bool(e, v.data[0]);
    else
        put_plain(&e->plain, e->stored.physical, v);
    e->page_values++;
    if (added)
        parquet_range_add(&e->range, e->stored.order, v);
}

static enum status add_row(struct parquet_encoder *e, const struct vector *v, size_t row, struct error *err)
{
    enum status st = vector_error(v, row);
    if (st != STATUS_OK)
        return error_set(err, st, "the value is an error (%s)", status_condition(st));
    bool valid = vector_is_valid(v, row);
    if (!valid && !e->optional)
        return error_set(err, STATUS_NOT_NULL_VIOLATION, "NULL in a column that is not null");
    if (valid) {
        _Alignas(16) uint8_t scratch[16];
        struct bytes value;
        TRY(parquet_plain_value(&e->stored, vector_value(v, row), scratch, &value, err));
        put_value(e, value);
    } else {
        e->null_count++;
    }
    e->levels[e->page_rows++] = valid;
    if (e->page_rows == e->options->page_rows || e->plain.size >= PAGE_SIZE_GOAL)
        TRY(end_page(e, err));
    if (e->distinct_on && e->distinct.plain.size > DICTIONARY_SIZE_MAX) {
        TRY(end_page(e, err));
        e->distinct_on = false;
    }
    return STATUS_OK;
}

enum status parquet_encoder_add(struct parquet_encoder *e, const struct vector *v, const uint16_t *selection, uint32_t first,
                                uint32_t count, int64_t row_base, struct error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        enum status st = add_row(e, v, selection != NULL ? selection[first + i] : first + i, err);
        if (st != STATUS_OK) {
            error_prefix(err, "column %s, row %lld: ", e->name, (long long)(row_base + i));
            return st;
        }
    }
    return STATUS_OK;
}

enum status parquet_encoder_finish(struct parquet_encoder *e, struct buffer *dictionary_page, struct parquet_encoded *out,
                                   struct error *err)
{
    TRY(end_page(e, err));
    buffer_reset(dictionary_page);
    if (e->indexed_pages != 0)
        TRY(put_page(e, buffer_bytes(&e->distinct.plain), PARQUET_DICTIONARY_PAGE, e->distinct.count, PARQUET_PLAIN,
                     dictionary_page, &e->decompressed_size, err));
    *out = (struct parquet_encoded){.size = (int64_t)(dictionary_page->size + e->pages.size),
                                    .decompressed_size = e->decompressed_size,
                                    .first_data_page = (int64_t)dictionary_page->size,
                                    .indexed_pages = e->indexed_pages,
                                    .plain_pages = e->plain_pages};
    return STATUS_OK;
}

void parquet_encoder_reset(struct parquet_encoder *e)
{
    e->distinct_on = e->options->use_dictionary && e->stored.physical != PARQUET_BOOLEAN;
    distinct_reset(&e->distinct);
    parquet_range_reset(&e->range);
    buffer_reset(&e->pages);
    buffer_reset(&e->plain);
    e->null_count = e->decompressed_size = 0;
    e->page_rows = e->page_values = e->indexed_pages = e->plain_pages = 0;
}

void parquet_encoder_clear(struct parquet_encoder *e)
{
    buffer_clear(&e->distinct.plain);
    free(e->distinct.hashes);
    free(e->distinct.positions);
    free(e->distinct.slots);
    parquet_range_clear(&e->range);
    free(e->levels);
    free(e->indexes);
    buffer_clear(&e->plain);
    buffer_clear(&e->pages);
    buffer_clear(&e->scratch);
    buffer_clear(&e->compressed);
}

size_t parquet_encoder_size(const struct parquet_encoder *e)
{
    return e->pages.size + e->plain.size + e->distinct.plain.size;
}
