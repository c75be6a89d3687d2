/* copy_text_reader.c - a field without a backslash stays where it is; others are put together in the arena. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/copy_text.h"
#include "format/scan.h"

struct copy_text_reader {
    struct field_row row;
    char delimiter;
    const char *null_text;
    size_t null_size;
    bool skips_line;
    bool is_done;
};

/* Why a field, or a line, ended. */
enum ending { ENDING_FIELD, ENDING_LINE, ENDING_CUT, ENDING_RETURN };

enum status copy_text_reader_create(const struct schema *schema, const struct copy_text_options *options,
                                    const struct line_options *line, struct copy_text_reader **out, struct error *err)
{
    char delimiter = options != NULL && options->delimiter != 0 ? options->delimiter : '\t';
    if (strchr("\\.\r\nabcdefghijklmnopqrstuvwxyz0123456789", delimiter) != NULL)
        return error_set(err, STATUS_INVALID_PARAMETER, "COPY delimiter cannot be \"%c\"", delimiter);
    struct copy_text_reader *r = memory_alloc_zero(1, sizeof *r);
    field_row_init(&r->row, schema, line);
    r->delimiter = delimiter;
    r->null_text = options != NULL && options->null_text != NULL ? options->null_text : "\\N";
    r->null_size = strlen(r->null_text);
    r->skips_line = options != NULL && options->has_header;
    *out = r;
    return STATUS_OK;
}

void copy_text_reader_destroy(struct copy_text_reader *r)
{
    free(r);
}

/* The end of the field at p. *has_escape: it holds a backslash. */
static const char *find_end(const struct copy_text_reader *r, const char *p, const char *end, bool *has_escape, bool *is_odd)
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
        field_row_put_null(&r->row);
    } else if (!has_escape) {
        field_row_put(&r->row, p, size, !is_odd);
    } else {
        char *plain = arena_alloc(r->row.arena, size);
        size = unescape(p, end, plain);
        field_row_put(&r->row, plain, size, false); /* an escape can make any byte */
    }
}

/* p is where a field ended; sets how and returns what follows. */
static const char *end_field(const struct copy_text_reader *r, const char *p, const char *end, bool is_last, enum ending *how)
{
    if (p < end && *p == r->delimiter) {
        *how = ENDING_FIELD;
        return p + 1;
    }
    if (p < end && *p == '\n') {
        *how = ENDING_LINE;
        return p + 1;
    }
    if (p == end || p + 1 == end) {
        *how = is_last ? ENDING_LINE : ENDING_CUT;
        return end;
    }
    *how = p[1] == '\n' ? ENDING_LINE : ENDING_RETURN;
    return p + 2;
}

static const char *read_line(struct copy_text_reader *r, const char *p, const char *end, bool is_last, enum ending *how)
{
    do {
        bool has_escape, is_odd = false;
        const char *stop = find_end(r, p, end, &has_escape, &is_odd);
        const char *next = end_field(r, stop, end, is_last, how);
        if (!r->skips_line && (*how == ENDING_FIELD || *how == ENDING_LINE))
            put_field(r, p, stop, has_escape, is_odd);
        p = next;
    } while (*how == ENDING_FIELD);
    return p;
}

static enum status finish_line(const struct copy_text_reader *r, const char *begin, const char *line, const char *next,
                               enum ending how, struct error *err)
{
    enum status st = STATUS_OK;
    if ((size_t)(next - line) > r->row.options.line_size_limit)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a line of more than %zu bytes", r->row.options.line_size_limit);
    else if (how == ENDING_RETURN)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "literal carriage return found in data");
    if (st != STATUS_OK)
        return field_row_error(&r->row, scan_count(begin, line, '\n'), st, err);
    if (r->skips_line || (r->row.refused == NULL && r->row.field_index == r->row.field_count))
        return STATUS_OK;
    return field_row_finish(&r->row, scan_count(begin, line, '\n'), err);
}

/* A bad line ends at its newline. NULL: the text ends before it. */
static const char *line_end(const char *next, const char *end, enum ending how, bool is_last)
{
    if (how != ENDING_RETURN)
        return next;
    const char *newline = memchr(next, '\n', (size_t)(end - next));
    return newline != NULL ? newline + 1 : is_last ? end : NULL;
}

static enum status read_lines(struct copy_text_reader *r, const char *begin, const char **at, const char *end, bool is_last,
                              struct batch *out, struct arena *arena, struct error *err)
{
    while (*at < end && out->row_count < BATCH_ROWS_MAX) {
        const char *line = *at;
        enum ending how;
        if (field_row_is_end_marker(line, end, is_last)) {
            r->is_done = true;
            *at = end;
            return STATUS_OK;
        }
        field_row_begin(&r->row, out, arena);
        const char *next = read_line(r, line, end, is_last, &how);
        const char *after = line_end(next, end, how, is_last);
        bool is_cut = how == ENDING_CUT || after == NULL;
        if (is_cut && (size_t)(end - line) <= r->row.options.line_size_limit)
            return STATUS_OK;
        *at = after == NULL ? end : after;
        TRY(finish_line(r, begin, line, *at, how, err));
        out->row_count += !r->skips_line;
        r->skips_line = false;
    }
    return STATUS_OK;
}

enum status copy_text_reader_read(struct copy_text_reader *r, struct bytes text, bool is_last, struct batch *out,
                                  struct arena *arena, size_t *consumed, struct error *err)
{
    assert(out->column_count == r->row.schema->column_count);
    *consumed = text.size;
    if (r->is_done || text.size == 0)
        return STATUS_OK;
    const char *begin = (const char *)text.data, *at = begin;
    enum status st = read_lines(r, begin, &at, begin + text.size, is_last, out, arena, err);
    r->row.line += scan_count(begin, at, '\n');
    *consumed = (size_t)(at - begin);
    return st;
}

bool copy_text_reader_is_done(const struct copy_text_reader *r)
{
    return r->is_done;
}
