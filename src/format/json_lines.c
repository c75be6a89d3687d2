/* json_lines.c - see the header. Records are found by decoding them: nothing is scanned twice for its end. */
#include "format/json_lines.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "format/json_scan.h"

enum { RECORD_SIZE_LIMIT = 64 << 20 };

enum place {
    PLACE_BEGIN,      /* nothing but blanks so far */
    PLACE_RECORDS,    /* objects one after the other */
    PLACE_ARRAY_OPEN, /* behind [ */
    PLACE_ARRAY_MORE, /* behind a comma */
    PLACE_ARRAY_NEXT, /* behind an element */
    PLACE_ARRAY_END   /* behind ] */
};

struct json_lines {
    struct json_lines_options options;
    struct json_decoder *decoder;
    enum place place;
    bool has_begun; /* the byte order mark is behind */
    uint64_t line;  /* number of the line at the beginning of the present text */
};

enum status json_lines_create(const struct schema *schema, const struct json_lines_options *options, struct json_lines **out,
                              struct error *err)
{
    struct json_lines *r = memory_alloc_zero(1, sizeof *r);
    if (options != NULL)
        r->options = *options;
    if (r->options.record_size_limit == 0)
        r->options.record_size_limit = RECORD_SIZE_LIMIT;
    r->line = r->options.first_line == 0 ? 1 : r->options.first_line;
    enum status st = json_decoder_create(schema, &r->options.decoder, &r->decoder, err);
    if (st != STATUS_OK) {
        json_lines_destroy(r);
        return st;
    }
    *out = r;
    return STATUS_OK;
}

void json_lines_destroy(struct json_lines *r)
{
    if (r == NULL)
        return;
    json_decoder_destroy(r->decoder);
    free(r);
}

/* Puts the source and the line of at in front of err. */
static enum status fail_at(const struct json_lines *r, const char *begin, const char *at, enum status st, struct error *err)
{
    unsigned long long line = r->line + scan_count(begin, at, '\n');
    if (r->options.source != NULL)
        error_prefix(err, "\"%s\": line %llu, ", r->options.source, line);
    else
        error_prefix(err, "line %llu, ", line);
    return st;
}

/* A bad record ends with its line. NULL: the text ends before that, and may go on. */
static const char *line_end(const struct json_lines *r, const char *bad, const char *p, const char *end, bool is_last)
{
    const char *newline = p < end ? memchr(p, '\n', (size_t)(end - p)) : NULL;
    if (newline != NULL)
        return newline + 1;
    return is_last || (size_t)(end - bad) > r->options.record_size_limit ? end : NULL;
}

/* Is there a record at *p (no blank, not the end)? Takes brackets and commas on the way, one a call. */
static enum status step_to_record(struct json_lines *r, const char **p, bool *is_record, struct error *err)
{
    char c = **p;
    *is_record = false;
    switch (r->place) {
    case PLACE_BEGIN:
        r->place = c == '[' ? PLACE_ARRAY_OPEN : PLACE_RECORDS;
        *p += c == '[';
        return STATUS_OK;
    case PLACE_ARRAY_OPEN:
    case PLACE_ARRAY_NEXT:
        if (c == ']') {
            r->place = PLACE_ARRAY_END;
            ++*p;
        } else if (r->place == PLACE_ARRAY_OPEN) {
            *is_record = true;
        } else if (c == ',') {
            r->place = PLACE_ARRAY_MORE;
            ++*p;
        } else {
            return error_set(err, STATUS_INVALID_TEXT, "invalid JSON: expected \",\" or \"]\" behind an element of the array");
        }
        return STATUS_OK;
    case PLACE_ARRAY_END:
        return error_set(err, STATUS_INVALID_TEXT, "invalid JSON: expected nothing behind the array");
    default:
        *is_record = true;
        return STATUS_OK;
    }
}

/* Decodes the record at *p. *is_cut: more text is needed first. */
static enum status read_record(struct json_lines *r, const char *begin, const char **p, const char *end, bool is_last,
                               struct batch *out, struct arena *arena, bool *is_cut, struct error *err)
{
    size_t consumed, left = (size_t)(end - *p), limit = r->options.record_size_limit;
    struct bytes text = {(const uint8_t *)*p, left < limit ? left : limit};
    enum status st = json_decoder_decode_first(r->decoder, text, out, out->row_count, arena, &consumed, is_cut, err);
    if (st == STATUS_OK) {
        *p += consumed;
        out->row_count++;
        return STATUS_OK;
    }
    if (*is_cut && left > limit)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a record of more than %zu bytes", limit);
    else if (*is_cut && !is_last)
        return STATUS_OK;
    const char *bad = *p, *failed = bad + json_decoder_failed_position(r->decoder);
    const char *after = consumed != 0 ? bad + consumed : line_end(r, bad, failed, end, is_last);
    *is_cut = after == NULL;
    if (*is_cut)
        return STATUS_OK;
    if (json_decoder_failed_column(r->decoder) >= 0 && r->options.value_hint != NULL)
        error_hint(err, "%s", r->options.value_hint);
    if (r->place != PLACE_RECORDS) /* the comma went with the line, unless the record was whole */
        r->place = consumed != 0 ? PLACE_ARRAY_NEXT : PLACE_ARRAY_OPEN;
    *p = after;
    return fail_at(r, begin, failed, st, err);
}

/* The text is at its end: may it end here? */
static enum status check_end(const struct json_lines *r, const char *begin, const char *end, struct error *err)
{
    if (r->place == PLACE_BEGIN || r->place == PLACE_RECORDS || r->place == PLACE_ARRAY_END)
        return STATUS_OK;
    enum status st = error_set(err, STATUS_INVALID_TEXT, "invalid JSON: the array is not closed");
    return fail_at(r, begin, end, st, err);
}

static enum status read_records(struct json_lines *r, const char *begin, const char **at, const char *end, bool is_last,
                                struct batch *out, struct arena *arena, struct error *err)
{
    while (out->row_count < BATCH_ROWS_MAX) {
        bool is_record, is_cut = false;
        *at = json_skip_space(*at, end);
        if (*at == end)
            return is_last ? check_end(r, begin, end, err) : STATUS_OK;
        enum status st = step_to_record(r, at, &is_record, err);
        if (st != STATUS_OK) {
            const char *bad = *at, *after = line_end(r, bad, bad, end, is_last);
            if (after == NULL)
                return STATUS_OK; /* comes again with the rest of the line */
            *at = after;
            return fail_at(r, begin, bad, st, err);
        }
        if (!is_record)
            continue;
        st = read_record(r, begin, at, end, is_last, out, arena, &is_cut, err);
        if (is_cut)
            return STATUS_OK;
        if (st != STATUS_OK)
            return st;
        if (r->place != PLACE_RECORDS)
            r->place = PLACE_ARRAY_NEXT;
    }
    return STATUS_OK;
}

enum status json_lines_read(struct json_lines *r, struct bytes text, bool is_last, struct batch *out, struct arena *arena,
                            size_t *consumed, struct error *err)
{
    *consumed = 0;
    const char *begin = text.size == 0 ? "" : (const char *)text.data, *at = begin, *end = begin + text.size;
    if (!r->has_begun) {
        if (text.size < UTF8_MARK_SIZE && !is_last)
            return STATUS_OK;
        at += utf8_mark_size(text);
        r->has_begun = true;
    }
    enum status st = read_records(r, begin, &at, end, is_last, out, arena, err);
    r->line += scan_count(begin, at, '\n');
    *consumed = (size_t)(at - begin);
    return st;
}
