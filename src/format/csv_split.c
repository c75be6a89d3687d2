/* csv_split.c - the plain field and the field quoted as a whole are found by scanning and stay where they are; any other
 * takes two slow passes. */
#include "format/csv_split.h"

#include "format/scan.h"

/* p is where the field ended: at a delimiter, a newline, a carriage return or the end. */
static const char *end_field(const struct csv_options *o, const char *p, const char *end, bool is_last, enum field_end *how)
{
    if (p == end) {
        *how = is_last ? FIELD_END_TEXT : FIELD_END_CUT;
        return p;
    }
    if (*p == o->delimiter) {
        *how = FIELD_END_FIELD;
        return p + 1;
    }
    if (*p == '\n') {
        *how = FIELD_END_LINE;
        return p + 1;
    }
    if (p + 1 == end) {
        *how = is_last ? FIELD_END_TEXT : FIELD_END_CUT;
        return end;
    }
    *how = p[1] == '\n' ? FIELD_END_LINE : FIELD_END_RETURN;
    return p + 2;
}

/* Is c the escape in front of a quote or an escape, inside quotes? */
static bool is_escaped_pair(const struct csv_options *o, const char *p, const char *end)
{
    return *p == o->escape && end - p >= 2 && (p[1] == o->quote || p[1] == o->escape);
}

static bool ends_field(const struct csv_options *o, char c)
{
    return c == o->delimiter || c == '\n' || c == '\r';
}

/* Where the field that begins at p ends, quotes anywhere. *is_open: the text ends inside quotes. */
static const char *find_mixed_end(const struct csv_options *o, const char *p, const char *end, bool *is_open)
{
    bool inside = false;
    for (; p < end; p++) {
        if (inside) {
            if (is_escaped_pair(o, p, end))
                p++;
            else if (*p == o->quote)
                inside = false;
        } else if (*p == o->quote) {
            inside = true;
        } else if (ends_field(o, *p)) {
            break;
        }
    }
    *is_open = inside;
    return p;
}

static size_t copy_unquoted(const struct csv_options *o, const char *p, const char *end, char *to)
{
    const char *begin = to;
    bool inside = false;
    for (; p < end; p++) {
        if (inside && is_escaped_pair(o, p, end))
            *to++ = *++p;
        else if (*p == o->quote)
            inside = !inside;
        else
            *to++ = *p;
    }
    return (size_t)(to - begin);
}

static const char *read_mixed(const struct csv_options *o, const char *p, const char *end, bool is_last, struct arena *arena,
                              struct csv_field *out, enum field_end *how)
{
    bool is_open;
    const char *stop = find_mixed_end(o, p, end, &is_open);
    if (is_open || (stop == end && !is_last)) {
        *how = is_last ? FIELD_END_OPEN_QUOTE : FIELD_END_CUT;
        return end;
    }
    char *plain = arena_alloc(arena, (size_t)(stop - p));
    *out = (struct csv_field){plain, copy_unquoted(o, p, stop, plain), true, true};
    return end_field(o, stop, end, is_last, how);
}

/* p is at a quote. The field is plain if only its last byte is another one. */
static const char *read_quoted(const struct csv_options *o, const char *p, const char *end, bool is_last, struct arena *arena,
                               struct csv_field *out, enum field_end *how)
{
    const char stops[4] = {o->quote, o->quote, o->escape, o->escape};
    bool is_odd = false;
    const char *close = scan_separators(p + 1, end, stops, &is_odd);
    bool is_whole = close < end && *close == o->quote && (close + 1 == end ? is_last : ends_field(o, close[1]));
    if (!is_whole)
        return read_mixed(o, p, end, is_last, arena, out, how);
    *out = (struct csv_field){p + 1, (size_t)(close - p) - 1, true, is_odd};
    return end_field(o, close + 1, end, is_last, how);
}

const char *csv_next_field(const struct csv_options *o, const char *p, const char *end, bool is_last, struct arena *arena,
                           struct csv_field *out, enum field_end *how)
{
    if (p < end && *p == o->quote)
        return read_quoted(o, p, end, is_last, arena, out, how);
    const char stops[4] = {o->delimiter, o->quote, '\n', '\r'};
    bool is_odd = false;
    const char *stop = scan_separators(p, end, stops, &is_odd);
    if (stop < end && *stop == o->quote)
        return read_mixed(o, p, end, is_last, arena, out, how);
    *out = (struct csv_field){p, (size_t)(stop - p), false, is_odd};
    return end_field(o, stop, end, is_last, how);
}
