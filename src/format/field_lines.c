/* field_lines.c - see the header. */
#include "format/field_lines.h"

#include <assert.h>

#include "format/scan.h"

/* Does a line "\." begin at p? */
static bool is_end_marker(const char *p, const char *end, bool is_last)
{
    if (end - p < 2 || p[0] != '\\' || p[1] != '.')
        return false;
    return end - p == 2 ? is_last : p[2] == '\n' || (p[2] == '\r' && end - p > 3 && p[3] == '\n');
}

static bool is_blank(const char *p, const char *end)
{
    return *p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n');
}

/* A bad line ends at its newline. NULL: the text ends before it. */
static const char *line_end(const char *next, const char *end, enum field_end how, bool is_last)
{
    if (how != FIELD_END_RETURN)
        return next;
    const char *newline = memchr(next, '\n', (size_t)(end - next));
    return newline != NULL ? newline + 1 : is_last ? end : NULL;
}

static enum status finish_line(const struct field_lines *l, const char *begin, const char *line, const char *next,
                               enum field_end how, struct error *err)
{
    enum status st = STATUS_OK;
    if ((size_t)(next - line) > l->row.options.line_size_limit)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a line of more than %zu bytes", l->row.options.line_size_limit);
    else if (how == FIELD_END_OPEN_QUOTE)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "unterminated CSV quoted field");
    else if (how == FIELD_END_RETURN)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "%s", l->return_problem);
    if (st != STATUS_OK)
        return field_row_error(&l->row, scan_count(begin, line, '\n'), st, err);
    if (l->skips_line || (l->row.refused == NULL && l->row.field_index == l->row.field_count))
        return STATUS_OK;
    return field_row_finish(&l->row, scan_count(begin, line, '\n'), err);
}

/* Reads lines from begin; *at is how far it got. */
static enum status read_lines(struct field_lines *l, const char *begin, const char **at, const char *end, bool is_last,
                              struct batch *out, struct arena *arena, struct error *err)
{
    while (*at < end && out->row_count < BATCH_ROWS_MAX) {
        const char *line = *at;
        enum field_end how;
        if (l->has_end_marker && is_end_marker(line, end, is_last)) {
            l->is_done = true;
            *at = end;
            return STATUS_OK;
        }
        if ((l->skips_line ? l->skips_blank_header : l->skips_blank_lines) && is_blank(line, end)) {
            *at += *line == '\n' ? 1 : 2;
            continue;
        }
        field_row_begin(&l->row, out, arena);
        const char *next = l->split(l, line, end, is_last, &how);
        const char *after = line_end(next, end, how, is_last);
        bool is_cut = how == FIELD_END_CUT || after == NULL;
        if (is_cut && (size_t)(end - line) <= l->row.options.line_size_limit)
            return STATUS_OK;
        *at = after == NULL ? end : after;
        TRY(finish_line(l, begin, line, *at, how, err));
        out->row_count += !l->skips_line;
        l->skips_line = false;
    }
    return STATUS_OK;
}

enum status field_lines_read(struct field_lines *l, struct bytes text, bool is_last, struct batch *out,
                             struct arena *arena, size_t *consumed, struct error *err)
{
    assert(out->column_count == l->row.schema->column_count);
    *consumed = text.size;
    if (l->is_done || text.size == 0)
        return STATUS_OK;
    const char *begin = (const char *)text.data, *at = begin;
    enum status st = read_lines(l, begin, &at, begin + text.size, is_last, out, arena, err);
    l->row.line += scan_count(begin, at, '\n');
    *consumed = (size_t)(at - begin);
    return st;
}
