/* csv_writer.c - see the header. A value is formatted at its place in the line and only moved if it needs quotes. */
#include "format/csv_writer.h"

#include "format/scan.h"

static bool needs_quotes(const struct csv_options *o, enum csv_style style, const char *text, size_t size, bool is_only)
{
    const char stops[4] = {o->delimiter, o->quote, '\n', '\r'};
    bool is_odd = false;
    if (scan_separators(text, text + size, stops, &is_odd) != text + size)
        return true;
    if (is_odd && utf8_mark_size((struct bytes){(const uint8_t *)text, size}) != 0)
        return true; /* a reader would skip it at the beginning of the text */
    bool is_marker = size == 2 && memcmp(text, "\\.", 2) == 0;
    if (style == CSV_STYLE_PSQL)
        return is_marker || o->delimiter == '\\' || o->delimiter == '.';
    return (is_only && is_marker) || (size == strlen(o->null_text) && memcmp(text, o->null_text, size) == 0);
}

/* The value is what out holds from begin on. */
static void quote_from(const struct csv_options *o, size_t begin, struct buffer *out)
{
    size_t size = out->size - begin;
    size_t extra = 2;
    for (size_t i = begin; i < out->size; i++)
        extra += (char)out->data[i] == o->quote || (char)out->data[i] == o->escape;
    (void)buffer_reserve(out, extra);
    char *text = (char *)out->data + begin, *from = text + size;
    char *to = text + size + extra;
    *--to = o->quote;
    while (from > text) {
        char c = *--from;
        *--to = c;
        if (c == o->quote || c == o->escape)
            *--to = o->escape;
    }
    *--to = o->quote;
    out->size += extra;
}

static void finish_field(const struct csv_options *o, enum csv_style style, size_t begin, bool is_only, struct buffer *out)
{
    const char *text = (const char *)out->data + begin;
    if (begin == out->size)
        text = "";
    if (needs_quotes(o, style, text, out->size - begin, is_only))
        quote_from(o, begin, out);
}

void csv_put_field(const struct csv_options *options, enum csv_style style, struct bytes text, bool is_only, struct buffer *out)
{
    struct csv_options o = csv_options_with_defaults(options);
    size_t begin = out->size;
    buffer_put_bytes(out, text);
    finish_field(&o, style, begin, is_only, out);
}

void csv_put_header(const struct csv_options *options, enum csv_style style, const struct schema *schema, struct buffer *out)
{
    struct csv_options o = csv_options_with_defaults(options);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        if (c != 0)
            buffer_put_u8(out, (uint8_t)o.delimiter);
        csv_put_field(&o, style, bytes_from_text(schema->columns[c].name), schema->column_count == 1, out);
    }
    buffer_put_u8(out, '\n');
}

void csv_put_row(const struct csv_options *options, enum csv_style style, const struct batch *b, uint32_t row,
                 const struct text_context *context, struct buffer *out)
{
    struct csv_options o = csv_options_with_defaults(options);
    for (uint32_t c = 0; c < b->column_count; c++) {
        if (c != 0)
            buffer_put_u8(out, (uint8_t)o.delimiter);
        if (!vector_is_valid(&b->columns[c], row)) {
            buffer_put_text(out, o.null_text);
            continue;
        }
        size_t begin = out->size;
        vector_format(&b->columns[c], row, context, out);
        finish_field(&o, style, begin, b->column_count == 1, out);
    }
    buffer_put_u8(out, '\n');
}
