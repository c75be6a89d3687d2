/* parquet_values.c - PLAIN, RLE, the delta family and BYTE_STREAM_SPLIT.
 *
 * Values are taken a batch at a time, so that memory depends on the batch and
 * never on what a page claims to hold.
 */
#include "format/parquet_values.h"

#include <assert.h>

#include "format/parquet_unpack.h"

enum { MADE_SIZE_MAX = 1 << 30, DELTA_CHUNK = 512 };

size_t parquet_stored_size(const struct parquet_leaf *leaf)
{
    switch (leaf->physical) {
    case PARQUET_BOOLEAN:
        return 1;
    case PARQUET_BYTE_ARRAY:
    case PARQUET_FIXED:
        return sizeof(struct bytes);
    default:
        return leaf->width;
    }
}

static enum status ended(struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "the page's values end early");
}

static bool is_bytes(const struct parquet_values *v)
{
    return v->physical == PARQUET_BYTE_ARRAY || v->physical == PARQUET_FIXED;
}

static bool encoding_fits(const struct parquet_values *v)
{
    switch (v->encoding) {
    case PARQUET_PLAIN:
        return true;
    case PARQUET_RLE:
        return v->physical == PARQUET_BOOLEAN;
    case PARQUET_DELTA_BINARY_PACKED:
        return v->physical == PARQUET_INT32 || v->physical == PARQUET_INT64;
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return v->physical == PARQUET_BYTE_ARRAY;
    case PARQUET_DELTA_BYTE_ARRAY:
        return is_bytes(v);
    case PARQUET_BYTE_STREAM_SPLIT:
        return v->width != 0 && v->physical != PARQUET_INT96;
    default:
        return false;
    }
}

static bool begin_rle(struct parquet_values *v, struct bytes data)
{
    uint32_t size;
    if (data.size < 4)
        return false;
    memcpy(&size, data.data, 4);
    if (size > data.size - 4)
        return false;
    parquet_rle_init(&v->rle, (struct bytes){data.data + 4, size}, 1);
    return true;
}

/* A sequence of lengths and what stands behind it. */
static bool begin_delta(struct parquet_values *v, struct parquet_delta *delta)
{
    if (!parquet_delta_init(delta, (struct bytes){v->next, (size_t)(v->end - v->next)}))
        return false;
    v->next = parquet_delta_end(delta);
    return v->next != NULL;
}

static bool begin_encoded(struct parquet_values *v, struct bytes data)
{
    switch (v->encoding) {
    case PARQUET_RLE:
        return begin_rle(v, data);
    case PARQUET_DELTA_BINARY_PACKED:
        return parquet_delta_init(&v->delta, data);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return begin_delta(v, &v->delta);
    case PARQUET_DELTA_BYTE_ARRAY:
        buffer_reset(&v->previous);
        return begin_delta(v, &v->prefixes) && begin_delta(v, &v->delta);
    case PARQUET_BYTE_STREAM_SPLIT:
        v->split_count = data.size / v->width;
        return true;
    default:
        return true;
    }
}

enum status parquet_values_begin(struct parquet_values *v, const struct parquet_leaf *leaf, int32_t encoding,
                                 struct bytes data, struct error *err)
{
    struct buffer previous = v->previous;
    *v = (struct parquet_values){.encoding = (enum parquet_encoding)encoding,
                                 .physical = leaf->physical,
                                 .width = leaf->width,
                                 .next = data.data,
                                 .end = data.data + data.size,
                                 .previous = previous};
    if (!encoding_fits(v))
        return error_set(err, encoding >= 0 && encoding <= PARQUET_BYTE_STREAM_SPLIT ? STATUS_CORRUPT
                                                                                     : STATUS_FEATURE_NOT_SUPPORTED,
                         "encoding %d is not one of the column's storage type", (int)encoding);
    if (!begin_encoded(v, data))
        return error_set(err, STATUS_CORRUPT, "the page's values are malformed");
    return STATUS_OK;
}

static enum status read_plain_bool(struct parquet_values *v, size_t count, uint8_t *out, struct error *err)
{
    size_t bits = (size_t)(v->end - v->next) * 8;
    if (count > bits - v->position)
        return ended(err);
    for (size_t i = 0, bit = v->position; i < count; i++, bit++)
        out[i] = v->next[bit >> 3] >> (bit & 7) & 1;
    v->position += count;
    return STATUS_OK;
}

static enum status read_rle_bool(struct parquet_values *v, size_t count, uint8_t *out, struct error *err)
{
    while (count != 0) {
        uint32_t chunk[DELTA_CHUNK], largest = 0;
        size_t take = count < DELTA_CHUNK ? count : DELTA_CHUNK;
        if (!parquet_rle_read(&v->rle, chunk, take, &largest))
            return ended(err);
        for (size_t i = 0; i < take; i++)
            out[i] = (uint8_t)chunk[i];
        out += take;
        count -= take;
    }
    return STATUS_OK;
}

static enum status read_plain_bytes(struct parquet_values *v, size_t count, struct bytes *out, struct error *err)
{
    const uint8_t *next = v->next, *end = v->end;
    for (size_t i = 0; i < count; i++) {
        uint32_t size;
        if (end - next < 4)
            return ended(err);
        memcpy(&size, next, 4);
        next += 4;
        if (size > (size_t)(end - next))
            return error_set(err, STATUS_CORRUPT, "a value of %lu bytes is longer than its page", (unsigned long)size);
        out[i] = (struct bytes){next, size};
        next += size;
    }
    v->next = next;
    return STATUS_OK;
}

static enum status read_plain_fixed(struct parquet_values *v, size_t count, struct bytes *out, struct error *err)
{
    if (count > (size_t)(v->end - v->next) / v->width)
        return ended(err);
    for (size_t i = 0; i < count; i++, v->next += v->width)
        out[i] = (struct bytes){v->next, v->width};
    return STATUS_OK;
}

static enum status read_plain(struct parquet_values *v, size_t count, void *out, struct error *err)
{
    if (v->physical == PARQUET_BOOLEAN)
        return read_plain_bool(v, count, out, err);
    if (v->physical == PARQUET_BYTE_ARRAY)
        return read_plain_bytes(v, count, out, err);
    if (v->physical == PARQUET_FIXED)
        return read_plain_fixed(v, count, out, err);
    if (count > (size_t)(v->end - v->next) / v->width)
        return ended(err);
    if (count != 0)
        memcpy(out, v->next, count * v->width);
    v->next += count * v->width;
    return STATUS_OK;
}

static enum status read_delta_numbers(struct parquet_values *v, size_t count, void *out, struct error *err)
{
    if (v->physical == PARQUET_INT64)
        return parquet_delta_read(&v->delta, out, count) ? STATUS_OK : ended(err);
    for (uint32_t *to = out; count != 0;) {
        uint64_t chunk[DELTA_CHUNK];
        size_t take = count < DELTA_CHUNK ? count : DELTA_CHUNK;
        if (!parquet_delta_read(&v->delta, chunk, take))
            return ended(err);
        for (size_t i = 0; i < take; i++)
            *to++ = (uint32_t)chunk[i];
        count -= take;
    }
    return STATUS_OK;
}

static enum status read_delta_lengths(struct parquet_values *v, size_t count, struct bytes *out, struct error *err)
{
    while (count != 0) {
        uint64_t sizes[DELTA_CHUNK];
        size_t take = count < DELTA_CHUNK ? count : DELTA_CHUNK;
        if (!parquet_delta_read(&v->delta, sizes, take))
            return ended(err);
        for (size_t i = 0; i < take; i++) {
            if (sizes[i] > (size_t)(v->end - v->next))
                return error_set(err, STATUS_CORRUPT, "a value is longer than its page");
            *out++ = (struct bytes){v->next, sizes[i]};
            v->next += sizes[i];
        }
        count -= take;
    }
    return STATUS_OK;
}

/* previous becomes prefix bytes of itself and the rest; out a copy of it. A value equal to the one before shares it. */
static struct bytes join_prefix(struct parquet_values *v, size_t prefix, struct bytes rest, struct bytes before,
                                struct arena *arena)
{
    if (rest.size == 0 && prefix == v->previous.size && before.data != NULL)
        return before;
    v->previous.size = prefix;
    buffer_put_bytes(&v->previous, rest);
    uint8_t *copy = arena_alloc(arena, v->previous.size + PARQUET_STORED_PADDING);
    if (v->previous.size != 0)
        memcpy(copy, v->previous.data, v->previous.size);
    return (struct bytes){copy, v->previous.size};
}

static enum status read_delta_bytes(struct parquet_values *v, size_t count, struct bytes *out, struct arena *arena,
                                    struct error *err)
{
    struct bytes before = {NULL, 0};
    for (size_t made_size = 0; count != 0;) {
        uint64_t prefixes[DELTA_CHUNK];
        struct bytes rests[DELTA_CHUNK];
        size_t take = count < DELTA_CHUNK ? count : DELTA_CHUNK;
        if (!parquet_delta_read(&v->prefixes, prefixes, take))
            return ended(err);
        TRY(read_delta_lengths(v, take, rests, err));
        for (size_t i = 0; i < take; i++) {
            if (prefixes[i] > v->previous.size || prefixes[i] + rests[i].size > UINT32_MAX)
                return error_set(err, STATUS_CORRUPT, "a value shares more bytes than the one before it has");
            struct bytes value = join_prefix(v, prefixes[i], rests[i], before, arena);
            made_size += value.data == before.data ? 0 : value.size;
            if (made_size > MADE_SIZE_MAX)
                return error_set(err, STATUS_LIMIT_EXCEEDED, "values expand to more than %d bytes", MADE_SIZE_MAX);
            *out++ = before = value;
        }
        count -= take;
    }
    return STATUS_OK;
}

static void gather_split(const struct parquet_values *v, size_t count, uint8_t *out)
{
    const uint8_t *stream = v->next + v->position;
    for (size_t k = 0; k < v->width; k++, stream += v->split_count)
        for (size_t i = 0; i < count; i++)
            out[i * v->width + k] = stream[i];
}

static enum status read_split(struct parquet_values *v, size_t count, void *out, struct arena *arena, struct error *err)
{
    if (count > v->split_count - v->position)
        return ended(err);
    if (v->physical == PARQUET_FIXED) {
        uint8_t *made = arena_alloc(arena, count * v->width + PARQUET_STORED_PADDING);
        gather_split(v, count, made);
        for (size_t i = 0; i < count; i++)
            ((struct bytes *)out)[i] = (struct bytes){made + i * v->width, v->width};
    } else {
        gather_split(v, count, out);
    }
    v->position += count;
    return STATUS_OK;
}

static enum status check_widths(const struct parquet_values *v, const struct bytes *values, size_t count,
                                struct error *err)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].size != v->width)
            return error_set(err, STATUS_CORRUPT, "a value has %zu bytes instead of %zu", values[i].size, v->width);
    return STATUS_OK;
}

enum status parquet_values_read(struct parquet_values *v, size_t count, void *out, struct arena *arena,
                                struct error *err)
{
    switch (v->encoding) {
    case PARQUET_PLAIN:
        return read_plain(v, count, out, err);
    case PARQUET_RLE:
        return read_rle_bool(v, count, out, err);
    case PARQUET_DELTA_BINARY_PACKED:
        return read_delta_numbers(v, count, out, err);
    case PARQUET_DELTA_LENGTH_BYTE_ARRAY:
        return read_delta_lengths(v, count, out, err);
    case PARQUET_DELTA_BYTE_ARRAY:
        TRY(read_delta_bytes(v, count, out, arena, err));
        return v->physical == PARQUET_FIXED ? check_widths(v, out, count, err) : STATUS_OK;
    case PARQUET_BYTE_STREAM_SPLIT:
        return read_split(v, count, out, arena, err);
    default:
        assert(false && "begin refuses it");
        return STATUS_CORRUPT;
    }
}

void parquet_values_clear(struct parquet_values *v)
{
    buffer_clear(&v->previous);
}
