/* copy_text_reader.c - a field without a backslash stays where it is; others are put together in the arena. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/copy_text.h"
#include "format/field_lines.h"
#include "format/scan.h"

struct copy_text_reader {
    struct field_lines lines;
    char delimiter;
    const char *null_text;
    size_t null_size;
};

/* The end of the field at p. *has_escape: it holds a backslash. */
static const char *find_end(const struct copy_text_reader *r, const char *p, const char *end, bool *has_escape,
                            bool *is_odd)
{
    const char stops[4] = {r->delimiter, '\\', '\n', '\r'};
    *has_escape = false;
    for (;;) {
        p = scan_separators(p, end, stops, is_odd);
        if (p == end || *p != '\\')
            return p;
        *has_escape = true;
        if (end - p < 2)
            return end;
        p += 2;
    }
}

static int octal_digit(const char *p, const char *end)
{
    return p < end && *p >= '0' && *p <= '7' ? *p - '0' : -1;
}

static int hex_digit(const char *p, const char *end)
{
    if (p >= end)
        return -1;
    char c = (char)(*p | 0x20);
    return *p >= '0' && *p <= '9' ? *p - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A character given by its number: up to `most` digits at *p. */
static char read_code(const char **p, const char *end, int (*digit)(const char *, const char *), int base, int most)
{
    int v = 0;
    for (int i = 0; i < most && digit(*p, end) >= 0; i++, (*p)++)
        v = v * base + digit(*p, end);
    return (char)(v & 0xff);
}

/* p is behind a backslash. */
static char read_escape(const char **p, const char *end)
{
    static const char FROM[] = "bfnrtv", TO[] = "\b\f\n\r\t\v";
    if (octal_digit(*p, end) >= 0)
        return read_code(p, end, octal_digit, 8, 3);
    char c = *(*p)++;
    if (c == 'x' && hex_digit(*p, end) >= 0)
        return read_code(p, end, hex_digit, 16, 2);
    const char *known = c == 0 ? NULL : strchr(FROM, c);
    return known == NULL ? c : TO[known - FROM];
}

static size_t unescape(const char *p, const char *end, char *to)
{
    const char *begin = to;
    while (p < end) {
        char c = *p++;
        *to++ = c == '\\' && p < end ? read_escape(&p, end) : c;
    }
    return (size_t)(to - begin);
}

static void put_field(struct copy_text_reader *r, const char *p, const char *end, bool has_escape, bool is_odd)
{
    size_t size = (size_t)(end - p);
    if (size == r->null_size && memcmp(p, r->null_text, size) == 0) {
        field_row_put_null(&r->lines.row);
    } else if (!has_escape) {
        field_row_put(&r->lines.row, p, size, !is_odd);
    } else {
        char *plain = arena_alloc(r->lines.row.arena, size);
        size = unescape(p, end, plain);
        field_row_put(&r->lines.row, plain, size, false); /* an escape can make any byte */
    }
}

/* p is where a field ended; sets how and returns what follows. */
static const char *end_field(const struct copy_text_reader *r, const char *p, const char *end, bool is_last,
                             enum field_end *how)
{
    if (p < end && *p == r->delimiter) {
        *how = FIELD_END_FIELD;
        return p + 1;
    }
    if (p < end && *p == '\n') {
        *how = FIELD_END_LINE;
        return p + 1;
    }
    if (p == end || p + 1 == end) {
        *how = is_last ? FIELD_END_TEXT : FIELD_END_CUT;
        return end;
    }
    *how = p[1] == '\n' ? FIELD_END_LINE : FIELD_END_RETURN;
    return p + 2;
}

static const char *split_line(struct field_lines *lines, const char *p, const char *end, bool is_last,
                              enum field_end *how)
{
    struct copy_text_reader *r = (struct copy_text_reader *)lines;
    do {
        bool has_escape, is_odd = false;
        const char *stop = find_end(r, p, end, &has_escape, &is_odd);
        const char *next = end_field(r, stop, end, is_last, how);
        if (!lines->skips_line && *how <= FIELD_END_TEXT)
            put_field(r, p, stop, has_escape, is_odd);
        p = next;
    } while (*how == FIELD_END_FIELD);
    return p;
}

enum status copy_text_reader_create(const struct schema *schema, const struct copy_text_options *options,
                                    const struct line_options *line, struct copy_text_reader **out, struct error *err)
{
    char delimiter = options != NULL && options->delimiter != 0 ? options->delimiter : '\t';
    if (strchr("\\.\r\nabcdefghijklmnopqrstuvwxyz0123456789", delimiter) != NULL)
        return error_set(err, STATUS_INVALID_PARAMETER, "COPY delimiter cannot be \"%c\"", delimiter);
    struct copy_text_reader *r = memory_alloc_zero(1, sizeof *r);
    field_row_init(&r->lines.row, schema, line);
    r->lines.split = split_line;
    r->lines.return_problem = "literal carriage return found in data";
    r->lines.skips_line = options != NULL && options->has_header;
    r->lines.has_end_marker = true;
    r->delimiter = delimiter;
    r->null_text = options != NULL && options->null_text != NULL ? options->null_text : "\\N";
    r->null_size = strlen(r->null_text);
    *out = r;
    return STATUS_OK;
}

void copy_text_reader_destroy(struct copy_text_reader *r)
{
    free(r);
}

enum status copy_text_reader_read(struct copy_text_reader *r, struct bytes text, bool is_last, struct batch *out,
                                  struct arena *arena, size_t *consumed, struct error *err)
{
    return field_lines_read(&r->lines, text, is_last, out, arena, consumed, err);
}

bool copy_text_reader_is_done(const struct copy_text_reader *r)
{
    return r->lines.is_done;
}
