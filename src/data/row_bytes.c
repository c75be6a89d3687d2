/* row_bytes.c - whole rows as bytes, exactly.
 *
 *     marks   2 bits per column, from the low end: 0 value, 1 NULL, 2 error, 3 not there (nobody reads the column)
 *     values  in order: fixed sizes as they lie in memory, strings as LEB128 size and bytes, an error as its code
 */
#include "base/reader.h"
#include "data/row_key.h"

enum row_mark { ROW_VALUE, ROW_NULL, ROW_ERROR, ROW_ABSENT };

static enum row_mark mark_of(const struct vector *v, uint32_t row)
{
    if (v->values == NULL)
        return ROW_ABSENT;
    if (vector_error(v, row) != STATUS_OK)
        return ROW_ERROR;
    return vector_is_valid(v, row) ? ROW_VALUE : ROW_NULL;
}

void row_put(const struct batch *b, uint32_t row, struct buffer *out)
{
    size_t mark_size = ((size_t)b->column_count + 3) / 4, at = out->size;
    memset(buffer_reserve(out, mark_size + (size_t)b->column_count * 16), 0, mark_size);
    buffer_advance(out, mark_size);
    for (uint32_t c = 0; c < b->column_count; c++) {
        const struct vector *v = &b->columns[c];
        enum row_mark mark = mark_of(v, row);
        out->data[at + c / 4] |= (uint8_t)(mark << c % 4 * 2);
        if (mark == ROW_ERROR) {
            buffer_put_u8(out, (uint8_t)vector_error(v, row));
        } else if (mark == ROW_VALUE && type_is_string(v->type)) {
            const struct string *s = vector_value(v, row);
            buffer_put_uvarint(out, s->size);
            buffer_put(out, string_data(s), s->size);
        } else if (mark == ROW_VALUE) {
            buffer_put(out, vector_value(v, row), type_size(v->type));
        }
    }
}

static void get_value(struct reader *r, struct vector *v, size_t row)
{
    if (type_is_string(v->type)) {
        uint64_t size = reader_uvarint(r);
        struct bytes bytes = size > UINT32_MAX ? (struct bytes){0} : reader_bytes(r, (size_t)size);
        if (size > UINT32_MAX)
            reader_fail(r);
        if (!r->failed && v->values != NULL)
            VECTOR_STRING(v)[row] = string_make((const char *)bytes.data, bytes.size);
        return;
    }
    size_t size = type_size(v->type);
    struct bytes bytes = reader_bytes(r, size);
    if (!r->failed && v->values != NULL)
        memcpy((char *)v->values + row * size, bytes.data, size);
}

enum status row_get(struct bytes bytes, struct vector *columns, uint32_t column_count, size_t row, size_t row_count,
                    struct arena *arena, struct error *err)
{
    struct reader r;
    reader_init(&r, bytes);
    struct bytes marks = reader_bytes(&r, ((size_t)column_count + 3) / 4);
    for (uint32_t c = 0; c < column_count && !r.failed; c++) {
        struct vector *v = &columns[c];
        enum row_mark mark = (enum row_mark)(marks.data[c / 4] >> c % 4 * 2 & 3);
        uint8_t code = mark == ROW_ERROR ? reader_u8(&r) : 0;
        if (mark == ROW_ERROR && (code == 0 || code >= STATUS_COUNT))
            reader_fail(&r);
        else if (mark == ROW_VALUE)
            get_value(&r, v, row);
        else if (v->values != NULL && mark == ROW_ERROR)
            vector_set_error(v, row, (enum status)code, row_count, arena);
        else if (v->values != NULL)
            vector_set_null(v, row, row_count, arena);
    }
    if (r.failed || reader_left(&r) != 0)
        return error_set(err, STATUS_CORRUPT, "a row of %zu bytes does not hold its %u columns", bytes.size, column_count);
    return STATUS_OK;
}
