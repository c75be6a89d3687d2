/* json_writer.c - see the header. */
#include "format/json_writer.h"

#include <stdlib.h>

#include "base/memory.h"

struct prefix {
    uint32_t column;
    uint32_t begin, size; /* of `,"name":` in names; the first column's without the comma */
};

struct json_encoder {
    struct buffer names;
    uint32_t count;
    struct prefix prefixes[];
};

struct json_encoder *json_encoder_create(const struct schema *schema, const uint32_t *columns, uint32_t column_count)
{
    uint32_t count = columns == NULL ? schema->column_count : column_count;
    struct json_encoder *e = memory_alloc_zero(1, sizeof *e + count * sizeof e->prefixes[0]);
    e->count = count;
    for (uint32_t i = 0; i < count; i++) {
        struct prefix *p = &e->prefixes[i];
        p->column = columns == NULL ? i : columns[i];
        p->begin = (uint32_t)e->names.size;
        if (i != 0)
            buffer_put_u8(&e->names, ',');
        json_put_string(&e->names, bytes_from_text(schema->columns[p->column].name));
        buffer_put_u8(&e->names, ':');
        p->size = (uint32_t)e->names.size - p->begin;
    }
    return e;
}

void json_encoder_destroy(struct json_encoder *e)
{
    if (e == NULL)
        return;
    buffer_clear(&e->names);
    free(e);
}

static void put_integer(int64_t v, struct buffer *out)
{
    uint8_t digits[20], *to = digits + sizeof digits;
    uint64_t rest = v < 0 ? -(uint64_t)v : (uint64_t)v;
    do {
        *--to = (uint8_t)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (v < 0)
        *--to = '-';
    buffer_put(out, to, (size_t)(digits + sizeof digits - to));
}

static inline void put_value(const struct vector *v, uint32_t row, struct buffer *out)
{
    if (!vector_is_valid(v, row))
        buffer_put(out, "null", 4);
    else if (v->type.id == TYPE_INT8)
        put_integer(VECTOR_I64(v)[vector_slot(v, row)], out);
    else if (v->type.id == TYPE_TEXT)
        json_put_string(out, string_bytes(&VECTOR_STRING(v)[vector_slot(v, row)]));
    else
        vector_format_json(v, row, out);
}

void json_encoder_put_fields(const struct json_encoder *e, const struct batch *b, uint32_t row, struct buffer *out)
{
    for (uint32_t i = 0; i < e->count; i++) {
        const struct prefix *p = &e->prefixes[i];
        buffer_put(out, e->names.data + p->begin, p->size);
        put_value(&b->columns[p->column], row, out);
    }
}

void json_encoder_put(const struct json_encoder *e, const struct batch *b, uint32_t row, struct buffer *out)
{
    buffer_put_u8(out, '{');
    json_encoder_put_fields(e, b, row, out);
    buffer_put_u8(out, '}');
}

void json_encoder_put_lines(const struct json_encoder *e, const struct batch *b, struct buffer *out)
{
    for (uint32_t i = 0; i < batch_rows(b); i++) {
        json_encoder_put(e, b, batch_row(b, i), out);
        buffer_put_u8(out, '\n');
    }
}
