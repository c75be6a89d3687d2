/* thrift.c - compact protocol: a field header is one byte, id delta << 4 | type, or type and a zigzag id when the delta does
 * not fit; integers are zigzag varints; a boolean field's value is its type. */
#include "format/thrift.h"

enum { DEPTH_MAX = 32 };

bool thrift_next(struct reader *r, struct thrift_field *field)
{
    uint8_t head = reader_u8(r);
    field->type = head & 15;
    if (r->failed || field->type == THRIFT_STOP)
        return false;
    int64_t id = head >> 4 != 0 ? field->id + (head >> 4) : reader_varint(r);
    if (id < INT16_MIN || id > INT16_MAX || field->type > THRIFT_UUID)
        reader_fail(r);
    field->id = (int16_t)id;
    return !r->failed;
}

bool thrift_bool(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_TRUE && field->type != THRIFT_FALSE)
        reader_fail(r);
    return field->type == THRIFT_TRUE;
}

int64_t thrift_i64(struct reader *r, const struct thrift_field *field)
{
    if (field->type == THRIFT_I8)
        return reader_i8(r);
    if (field->type >= THRIFT_I16 && field->type <= THRIFT_I64)
        return reader_varint(r);
    reader_fail(r);
    return 0;
}

int32_t thrift_i32(struct reader *r, const struct thrift_field *field)
{
    int64_t v = thrift_i64(r, field);
    if (v < INT32_MIN || v > INT32_MAX) {
        reader_fail(r);
        return 0;
    }
    return (int32_t)v;
}

static struct bytes element_binary(struct reader *r)
{
    return reader_bytes(r, reader_count(r, (int64_t)reader_uvarint(r), 1));
}

struct bytes thrift_binary(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_BINARY)
        reader_fail(r);
    return element_binary(r);
}

bool thrift_is_struct(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_STRUCT)
        reader_fail(r);
    return !r->failed;
}

static size_t list_head(struct reader *r, uint8_t *element)
{
    uint8_t head = reader_u8(r);
    *element = head & 15;
    uint64_t count = head >> 4;
    if (count == 15)
        count = reader_uvarint(r);
    return reader_count(r, count > INT64_MAX ? -1 : (int64_t)count, 1);
}

size_t thrift_list(struct reader *r, const struct thrift_field *field, enum thrift_type element, size_t item_size)
{
    uint8_t type = 0;
    if (field->type != THRIFT_LIST)
        reader_fail(r);
    size_t count = list_head(r, &type);
    if (count != 0 && type != element)
        reader_fail(r);
    return reader_count(r, (int64_t)count, item_size);
}

static void skip_value(struct reader *r, uint8_t type, unsigned depth);

static void skip_struct(struct reader *r, unsigned depth)
{
    struct thrift_field field = {0};
    while (thrift_next(r, &field))
        if (field.type != THRIFT_TRUE && field.type != THRIFT_FALSE)
            skip_value(r, field.type, depth);
}

static void skip_list(struct reader *r, unsigned depth)
{
    uint8_t type = 0;
    for (size_t left = list_head(r, &type); left > 0 && !r->failed; left--)
        skip_value(r, type, depth);
}

static void skip_map(struct reader *r, unsigned depth)
{
    uint64_t count = reader_uvarint(r);
    size_t left = reader_count(r, count > INT64_MAX ? -1 : (int64_t)count, 2);
    uint8_t types = left == 0 ? 0 : reader_u8(r);
    for (; left > 0 && !r->failed; left--) {
        skip_value(r, types >> 4, depth);
        skip_value(r, types & 15, depth);
    }
}

/* A boolean is a byte here: only as a struct's field it is none. */
static void skip_value(struct reader *r, uint8_t type, unsigned depth)
{
    if (depth == DEPTH_MAX) {
        reader_fail(r);
        return;
    }
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
    case THRIFT_I8:
        reader_u8(r);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        reader_uvarint(r);
        break;
    case THRIFT_DOUBLE:
        reader_bytes(r, 8);
        break;
    case THRIFT_BINARY:
        element_binary(r);
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_list(r, depth + 1);
        break;
    case THRIFT_MAP:
        skip_map(r, depth + 1);
        break;
    case THRIFT_STRUCT:
        skip_struct(r, depth + 1);
        break;
    case THRIFT_UUID:
        reader_bytes(r, 16);
        break;
    default:
        reader_fail(r);
    }
}

void thrift_skip(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_TRUE && field->type != THRIFT_FALSE)
        skip_value(r, field->type, 0);
}

void thrift_put_field(struct buffer *out, int16_t *last, int16_t id, enum thrift_type type)
{
    int delta = id - *last;
    if (delta > 0 && delta <= 15) {
        buffer_put_u8(out, (uint8_t)((unsigned)delta << 4 | type));
    } else {
        buffer_put_u8(out, (uint8_t)type);
        buffer_put_varint(out, id);
    }
    *last = id;
}

void thrift_put_bool(struct buffer *out, int16_t *last, int16_t id, bool v)
{
    thrift_put_field(out, last, id, v ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_put_i8(struct buffer *out, int16_t *last, int16_t id, int8_t v)
{
    thrift_put_field(out, last, id, THRIFT_I8);
    buffer_put_i8(out, v);
}

void thrift_put_i32(struct buffer *out, int16_t *last, int16_t id, int32_t v)
{
    thrift_put_field(out, last, id, THRIFT_I32);
    buffer_put_varint(out, v);
}

void thrift_put_i64(struct buffer *out, int16_t *last, int16_t id, int64_t v)
{
    thrift_put_field(out, last, id, THRIFT_I64);
    buffer_put_varint(out, v);
}

void thrift_put_binary(struct buffer *out, int16_t *last, int16_t id, struct bytes v)
{
    thrift_put_field(out, last, id, THRIFT_BINARY);
    thrift_put_element_binary(out, v);
}

void thrift_put_list(struct buffer *out, int16_t *last, int16_t id, enum thrift_type element, size_t count)
{
    thrift_put_field(out, last, id, THRIFT_LIST);
    if (count < 15) {
        buffer_put_u8(out, (uint8_t)(count << 4 | element));
    } else {
        buffer_put_u8(out, (uint8_t)(0xf0 | element));
        buffer_put_uvarint(out, count);
    }
}

void thrift_put_element_binary(struct buffer *out, struct bytes v)
{
    buffer_put_uvarint(out, v.size);
    buffer_put_bytes(out, v);
}

void thrift_put_stop(struct buffer *out)
{
    buffer_put_u8(out, THRIFT_STOP);
}
