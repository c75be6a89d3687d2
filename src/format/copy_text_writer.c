/* copy_text_writer.c - the escapes are those that COPY TO writes. */
#include "format/copy_text.h"

static char option_delimiter(const struct copy_text_options *o)
{
    return o != NULL && o->delimiter != 0 ? o->delimiter : '\t';
}

/* What stands behind the backslash for c, or 0 if c stands for itself. */
static char escape_of(char c, char delimiter)
{
    switch (c) {
    case '\b': return 'b';
    case '\f': return 'f';
    case '\n': return 'n';
    case '\r': return 'r';
    case '\t': return 't';
    case '\v': return 'v';
    case '\\': return '\\';
    default: return c == delimiter ? c : 0;
    }
}

/* Escapes what out holds from begin on, from its end backwards. */
static void escape_from(size_t begin, char delimiter, struct buffer *out)
{
    size_t extra = 0;
    for (size_t i = begin; i < out->size; i++)
        extra += escape_of((char)out->data[i], delimiter) != 0;
    if (extra == 0)
        return;
    (void)buffer_reserve(out, extra);
    size_t from = out->size, to = out->size + extra;
    while (from > begin) {
        char c = (char)out->data[--from], escape = escape_of(c, delimiter);
        out->data[--to] = (uint8_t)(escape != 0 ? escape : c);
        if (escape != 0)
            out->data[--to] = '\\';
    }
    out->size += extra;
}

static void copy_text_put_field(const struct copy_text_options *options, struct bytes text, struct buffer *out)
{
    size_t begin = out->size;
    buffer_put_bytes(out, text);
    escape_from(begin, option_delimiter(options), out);
}

void copy_text_put_row(const struct copy_text_options *options, const struct batch *b, uint32_t row,
                       const struct text_context *context, struct buffer *out)
{
    char delimiter = option_delimiter(options);
    const char *null_text = options != NULL && options->null_text != NULL ? options->null_text : "\\N";
    for (uint32_t c = 0; c < b->column_count; c++) {
        if (c != 0)
            buffer_put_u8(out, (uint8_t)delimiter);
        if (!vector_is_valid(&b->columns[c], row)) {
            buffer_put_text(out, null_text);
            continue;
        }
        size_t begin = out->size;
        vector_format(&b->columns[c], row, context, out);
        escape_from(begin, delimiter, out);
    }
    buffer_put_u8(out, '\n');
}

void copy_text_put_header(const struct copy_text_options *options, const struct schema *schema, struct buffer *out)
{
    for (uint32_t c = 0; c < schema->column_count; c++) {
        if (c != 0)
            buffer_put_u8(out, (uint8_t)option_delimiter(options));
        copy_text_put_field(options, bytes_from_text(schema->columns[c].name), out);
    }
    buffer_put_u8(out, '\n');
}
