/* function_like.c - LIKE and ILIKE: % any run, _ one character, \ takes the next one as it is.
 *
 * A constant pattern of the shapes text, text%, %text and %text% is recognised once for the batch and found without walking it.
 */
#include <string.h>

#include "expr/text_kernel.h"

enum shape { SHAPE_EQUAL, SHAPE_PREFIX, SHAPE_SUFFIX, SHAPE_INFIX, SHAPE_GENERAL };

static inline char fold(char c, bool ignore_case)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The greedy walk: on a mismatch the last % takes one character more. Linear in memory, no recursion. */
static enum status match(struct text t, struct text p, bool ignore_case, bool *matches)
{
    size_t ti = 0, pi = 0;
    size_t star_p = SIZE_MAX, star_t = 0;
    *matches = false;
    while (ti < t.size || pi < p.size) {
        bool literal = false;
        if (pi < p.size && p.data[pi] == '%') {
            star_p = ++pi;
            star_t = ti;
            continue;
        }
        if (pi < p.size && ti < t.size && p.data[pi] == '\\') {
            if (pi + 1 == p.size)
                return STATUS_INVALID_ESCAPE;
            literal = true;
        }
        if (pi < p.size && ti < t.size) {
            if (!literal && p.data[pi] == '_') {
                ti = character_end(t, ti);
                pi++;
                continue;
            }
            if (fold(t.data[ti], ignore_case) == fold(p.data[pi + literal], ignore_case)) {
                ti++;
                pi += 1 + (size_t)literal;
                continue;
            }
        }
        if (star_p == SIZE_MAX || star_t >= t.size)
            return STATUS_OK;
        star_t = character_end(t, star_t);
        ti = star_t;
        pi = star_p;
    }
    *matches = true;
    return STATUS_OK;
}

static enum shape shape_of(struct text p, struct text *core)
{
    bool front = p.size > 0 && p.data[0] == '%';
    bool back = p.size > 1 && p.data[p.size - 1] == '%';
    *core = (struct text){p.data + front, p.size - front - back};
    for (size_t i = 0; i < core->size; i++)
        if (strchr("%_\\", core->data[i]) != NULL)
            return SHAPE_GENERAL;
    return front && back ? SHAPE_INFIX : front ? SHAPE_SUFFIX : back ? SHAPE_PREFIX : SHAPE_EQUAL;
}

static bool match_shape(enum shape shape, struct text t, struct text core)
{
    if (t.size < core.size)
        return false;
    switch (shape) {
    case SHAPE_EQUAL:
        return t.size == core.size && memcmp(t.data, core.data, core.size) == 0;
    case SHAPE_PREFIX:
        return memcmp(t.data, core.data, core.size) == 0;
    case SHAPE_SUFFIX:
        return memcmp(t.data + t.size - core.size, core.data, core.size) == 0;
    default:
        return text_find(t, core, 0) <= t.size;
    }
}

static void like(KERNEL_PARAMETERS, bool ignore_case, bool negate)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct text core = {NULL, 0};
    enum shape shape = SHAPE_GENERAL;
    if (arguments[1].form == VECTOR_CONSTANT && !ignore_case)
        shape = shape_of(ARGUMENT_TEXT(1, 0), &core);
    FOR_EACH_ROW (in, row) {
        bool matches = false;
        enum status st = STATUS_OK;
        if (shape != SHAPE_GENERAL)
            matches = match_shape(shape, ARGUMENT_TEXT(0, row), core);
        else
            st = match(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), ignore_case, &matches);
        if (st != STATUS_OK)
            st = error_set(evaluation->error, st, "LIKE pattern must not end with escape character");
        VECTOR_BOOL(out)[row] = matches != negate;
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void text_like(KERNEL_PARAMETERS)
{
    like(call, arguments, in, evaluation, out, false, false);
}
void text_not_like(KERNEL_PARAMETERS)
{
    like(call, arguments, in, evaluation, out, false, true);
}
void text_ilike(KERNEL_PARAMETERS)
{
    like(call, arguments, in, evaluation, out, true, false);
}
void text_not_ilike(KERNEL_PARAMETERS)
{
    like(call, arguments, in, evaluation, out, true, true);
}

/* Rewrites a pattern whose escape is another character (or none at all) to the backslash. */
static enum status rewrite_escape(struct text p, struct text escape, struct buffer *out)
{
    if (escape.size != 0 && character_end(escape, 0) != escape.size)
        return STATUS_INVALID_ESCAPE;
    for (size_t at = 0; at < p.size;) {
        size_t end = character_end(p, at);
        bool is_escape = escape.size != 0 && end - at == escape.size && memcmp(p.data + at, escape.data, escape.size) == 0;
        if (is_escape && end == p.size) {
            buffer_put_u8(out, '\\'); /* matching reports it */
        } else if (is_escape) {
            buffer_put_u8(out, '\\');
            at = end;
            end = character_end(p, at);
            buffer_put(out, p.data + at, end - at);
        } else {
            if (p.data[at] == '\\')
                buffer_put_u8(out, '\\');
            buffer_put(out, p.data + at, end - at);
        }
        at = end;
    }
    return STATUS_OK;
}

void text_like_escape(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        buffer_reset(&text);
        enum status st = rewrite_escape(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), &text);
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
    buffer_clear(&text);
}
