/* hidden_column.c - see the header.
 *
 * _headers is an object of names and texts in the record's order; without
 * headers it is NULL. Bytes that are not UTF-8 are shown as SQL shows bytea.
 */
#include "connect/hidden_column.h"

#include "base/reader.h"
#include "data/text.h"

static struct bytes read_bytes(struct reader *r)
{
    int64_t size = reader_varint(r);
    return size < 0 || r->failed ? (struct bytes){NULL, 0} : reader_bytes(r, reader_count(r, size, 1));
}

static void put_text(struct buffer *out, struct bytes b)
{
    static const char HEX[] = "0123456789abcdef";
    if (b.data == NULL) {
        buffer_put_text(out, "null");
        return;
    }
    if (utf8_validate((const char *)b.data, b.size) == b.size) {
        json_put_string(out, b);
        return;
    }
    buffer_put_text(out, "\"\\\\x");
    for (size_t i = 0; i < b.size; i++) {
        buffer_put_u8(out, (uint8_t)HEX[b.data[i] >> 4]);
        buffer_put_u8(out, (uint8_t)HEX[b.data[i] & 15]);
    }
    buffer_put_u8(out, '"');
}

static void put_headers(struct bytes headers, struct vector *v, uint32_t row, struct arena *arena)
{
    struct reader r;
    reader_init(&r, headers);
    size_t count = reader_count(&r, reader_varint(&r), 2);
    if (count == 0 || r.failed) {
        vector_set_null(v, row, BATCH_ROWS_MAX, arena);
        return;
    }
    struct buffer text = {0};
    for (size_t i = 0; i < count; i++) {
        buffer_put_u8(&text, i == 0 ? '{' : ',');
        struct bytes name = read_bytes(&r);
        put_text(&text, name.data == NULL ? (struct bytes){(const uint8_t *)"", 0} : name);
        buffer_put_u8(&text, ':');
        put_text(&text, read_bytes(&r));
    }
    buffer_put_u8(&text, '}');
    VECTOR_STRING(v)[row] = string_make(arena_copy_bytes(arena, buffer_bytes(&text)), text.size);
    buffer_clear(&text);
}

/* Milliseconds that no timestamp can hold become an infinity. */
static int64_t timestamp_from_ms(int64_t ms)
{
    int64_t us;
    if (!__builtin_mul_overflow(ms, (int64_t)1000, &us))
        return us;
    return ms < 0 ? TIMESTAMP_MINUS_INFINITY : TIMESTAMP_INFINITY;
}

void hidden_column_put(enum hidden_column which, int32_t partition, const struct record *r, struct vector *v, uint32_t row,
                       struct arena *arena)
{
    if (v->validity != NULL)
        bit_set(v->validity, row);
    switch (which) {
    case HIDDEN_PARTITION:
        VECTOR_I32(v)[row] = partition;
        break;
    case HIDDEN_OFFSET:
        VECTOR_I64(v)[row] = r->offset;
        break;
    case HIDDEN_TIMESTAMP:
        VECTOR_I64(v)[row] = timestamp_from_ms(r->timestamp);
        break;
    case HIDDEN_KEY:
        if (r->key.data == NULL)
            vector_set_null(v, row, BATCH_ROWS_MAX, arena);
        else
            VECTOR_STRING(v)[row] = string_make((const char *)r->key.data, r->key.size);
        break;
    default:
        put_headers(r->headers, v, row, arena);
    }
}
