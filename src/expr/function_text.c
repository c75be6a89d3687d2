/* function_text.c - putting texts together and cutting them; positions count characters of UTF-8 from 1. */
#include <assert.h>
#include <string.h>

#include "data/text.h"
#include "expr/text_kernel.h"

/* Room for a result of `size` bytes: short ones lie in the string itself. */
static char *string_reserve(struct string *s, size_t size, struct arena *arena)
{
    *s = (struct string){.size = (uint32_t)size};
    return size <= STRING_INLINE_SIZE ? s->inline_data : arena_alloc(arena, size);
}

static void string_finish(struct string *s, const char *data)
{
    if (s->size > STRING_INLINE_SIZE)
        *s = string_make(data, s->size);
}

static inline void concat_two(struct text a, struct text b, struct string *out, char **space)
{
    size_t size = a.size + b.size;
    if (size <= STRING_INLINE_SIZE) {
        struct string s = {.size = (uint32_t)size};
        memcpy(s.inline_data, a.data, a.size);
        memcpy(s.inline_data + a.size, b.data, b.size);
        *out = s;
        return;
    }
    memcpy(*space, a.data, a.size);
    memcpy(*space + a.size, b.data, b.size);
    *out = string_make(*space, size);
    *space += size;
}

/* One allocation for the whole batch: its size is known before. */
void text_concat(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    size_t total = 0;
    FOR_EACH_ROW (in, row)
        total += (size_t)ARGUMENT_STRING(0, row)->size + ARGUMENT_STRING(1, row)->size;
    char *space = arena_alloc(evaluation->arena, total);
    FOR_EACH_ROW (in, row) {
        struct text a = ARGUMENT_TEXT(0, row), b = ARGUMENT_TEXT(1, row);
        if (a.size + b.size > TEXT_SIZE_MAX)
            row_error(out, row, STATUS_LIMIT_EXCEEDED, in, evaluation->arena);
        else
            concat_two(a, b, &VECTOR_STRING(out)[row], &space);
    }
}

/* ---- concat, concat_ws ---- */

static void put_argument(const struct vector *v, uint32_t row, struct evaluation *evaluation, struct buffer *text)
{
    if (type_is_text(v->type))
        buffer_put_bytes(text, string_bytes(&VECTOR_STRING(v)[vector_slot(v, row)]));
    else
        vector_format(v, row, &evaluation->text, text);
}

void text_concat_all(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        buffer_reset(&text);
        for (uint32_t i = 0; i < call->argument_count; i++)
            if (vector_is_valid(&arguments[i], row))
                put_argument(&arguments[i], row, evaluation, &text);
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, evaluation->arena);
    }
    buffer_clear(&text);
}

void text_concat_separated(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        if (!vector_is_valid(&arguments[0], row)) {
            vector_set_null(out, row, in->row_count, evaluation->arena);
            continue;
        }
        buffer_reset(&text);
        bool first = true;
        for (uint32_t i = 1; i < call->argument_count; i++) {
            if (!vector_is_valid(&arguments[i], row))
                continue;
            if (!first)
                buffer_put_bytes(&text, string_bytes(ARGUMENT_STRING(0, row)));
            put_argument(&arguments[i], row, evaluation, &text);
            first = false;
        }
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, evaluation->arena);
    }
    buffer_clear(&text);
}

/* ---- lengths ---- */

static enum status text_length_row(struct string s, int32_t *r, UNUSED struct evaluation *e)
{
    *r = (int32_t)count_characters(text_of(&s));
    return STATUS_OK;
}
HEAVY_UNARY(text_length, struct string, int32_t)

static enum status char_length_row(struct string s, int32_t *r, UNUSED struct evaluation *e)
{
    struct text t = text_of(&s);
    while (t.size > 0 && t.data[t.size - 1] == ' ')
        t.size--;
    *r = (int32_t)count_characters(t);
    return STATUS_OK;
}
HEAVY_UNARY(char_length, struct string, int32_t)

static enum status text_octets_row(struct string s, int32_t *r, UNUSED struct evaluation *e)
{
    *r = (int32_t)s.size;
    return STATUS_OK;
}
HEAVY_UNARY(text_octets, struct string, int32_t)

static enum status text_bits_row(struct string s, int32_t *r, UNUSED struct evaluation *e)
{
    return __builtin_mul_overflow((int64_t)s.size, 8, r) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
}
HEAVY_UNARY(text_bits, struct string, int32_t)

/* ---- parts ---- */

/* The characters [first, last) that substring(... from start for count) means, counted from 0; start may lie before the text. */
static enum status substring_range(int32_t start, const int32_t *count, int64_t *first, int64_t *last)
{
    *first = start > 1 ? (int64_t)start - 1 : 0;
    *last = INT64_MAX;
    if (count == NULL)
        return STATUS_OK;
    if (*count < 0)
        return STATUS_SUBSTRING_ERROR;
    *last = (int64_t)start - 1 + *count;
    if (*last < *first)
        *last = *first;
    return STATUS_OK;
}

static enum status substring(struct text t, bool bytes, int32_t start, const int32_t *count, struct string *result)
{
    int64_t first, last;
    TRY(substring_range(start, count, &first, &last));
    size_t from, to;
    if (bytes) {
        from = (uint64_t)first < t.size ? (size_t)first : t.size;
        to = (uint64_t)last < t.size ? (size_t)last : t.size;
    } else {
        from = skip_characters(t, 0, first);
        to = skip_characters(t, from, last - first);
    }
    *result = text_part(t, from, to);
    return STATUS_OK;
}

static const int32_t *optional_count(const struct expr *call, const struct vector *arguments, uint32_t index, uint32_t row)
{
    return call->argument_count > index ? &ARGUMENT(index, int32_t, row) : NULL;
}

TEXT_KERNEL(text_substr, {
    st = substring(ARGUMENT_TEXT(0, row), false, ARGUMENT(1, int32_t, row), optional_count(call, arguments, 2, row), &result);
})
TEXT_KERNEL(bytea_substr, {
    st = substring(ARGUMENT_TEXT(0, row), true, ARGUMENT(1, int32_t, row), optional_count(call, arguments, 2, row), &result);
})

static enum status overlay(struct text t, struct text with, int32_t start, int32_t count, struct evaluation *evaluation, struct string *out)
{
    if (start <= 0)
        return STATUS_SUBSTRING_ERROR;
    int32_t rest;
    if (__builtin_add_overflow(start, count, &rest))
        return error_set(evaluation->error, STATUS_NUMERIC_OUT_OF_RANGE, "integer out of range");
    size_t from = skip_characters(t, 0, start - 1);
    size_t behind = rest > 1 ? skip_characters(t, 0, rest - 1) : 0;
    size_t size = from + with.size + (t.size - behind);
    char *data = string_reserve(out, size, evaluation->arena);
    memcpy(data, t.data, from);
    memcpy(data + from, with.data, with.size);
    memcpy(data + from + with.size, t.data + behind, t.size - behind);
    string_finish(out, data);
    return STATUS_OK;
}

TEXT_KERNEL(text_overlay, {
    struct text with = ARGUMENT_TEXT(1, row);
    const int32_t *count = optional_count(call, arguments, 3, row);
    st = overlay(ARGUMENT_TEXT(0, row), with, ARGUMENT(2, int32_t, row), count != NULL ? *count : (int32_t)count_characters(with),
                 evaluation, &result);
})

TEXT_KERNEL(text_left, {
    struct text t = ARGUMENT_TEXT(0, row);
    int64_t n = ARGUMENT(1, int32_t, row);
    if (n < 0)
        n += count_characters(t);
    result = text_part(t, 0, skip_characters(t, 0, n));
})

TEXT_KERNEL(text_right, {
    struct text t = ARGUMENT_TEXT(0, row);
    int64_t n = ARGUMENT(1, int32_t, row);
    int64_t skipped = n < 0 ? -n : count_characters(t) - n;
    result = text_part(t, skip_characters(t, 0, skipped), t.size);
})

/* ---- searching ---- */

static enum status text_strpos_row(struct string a, struct string b, int32_t *r, UNUSED struct evaluation *e)
{
    struct text t = text_of(&a);
    size_t at = text_find(t, text_of(&b), 0);
    *r = at > t.size ? 0 : (int32_t)count_characters((struct text){t.data, at}) + 1;
    return STATUS_OK;
}
HEAVY_BINARY(text_strpos, struct string, struct string, int32_t)

static enum status text_starts_with_row(struct string a, struct string b, uint8_t *r, UNUSED struct evaluation *e)
{
    *r = a.size >= b.size && memcmp(string_data(&a), string_data(&b), b.size) == 0;
    return STATUS_OK;
}
HEAVY_BINARY(text_starts_with, struct string, struct string, uint8_t)

static enum status split_part(struct text t, struct text separator, int32_t n, struct string *out, struct error *err)
{
    *out = (struct string){0};
    if (n == 0)
        return error_set(err, STATUS_INVALID_PARAMETER, "field position must not be zero");
    int64_t wanted = n;
    if (separator.size == 0) {
        if (n == 1 || n == -1)
            *out = text_part(t, 0, t.size);
        return STATUS_OK;
    }
    if (n < 0) {
        int64_t parts = 1;
        for (size_t at = text_find(t, separator, 0); at <= t.size; at = text_find(t, separator, at + separator.size))
            parts++;
        wanted = parts + n + 1;
    }
    size_t from = 0;
    for (int64_t part = 1; wanted >= 1; part++) {
        size_t at = text_find(t, separator, from);
        if (part == wanted)
            *out = text_part(t, from, at > t.size ? t.size : at);
        if (part == wanted || at > t.size)
            break;
        from = at + separator.size;
    }
    return STATUS_OK;
}

TEXT_KERNEL(text_split_part, {
    st = split_part(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), ARGUMENT(2, int32_t, row), &result, evaluation->error);
})

static enum status replace(struct text t, struct text from, struct text to, struct arena *arena, struct string *out)
{
    size_t count = 0;
    if (from.size != 0)
        for (size_t at = text_find(t, from, 0); at <= t.size; at = text_find(t, from, at + from.size))
            count++;
    if (count == 0) {
        *out = text_part(t, 0, t.size);
        return STATUS_OK;
    }
    size_t size = t.size - count * from.size;
    if (to.size != 0 && count > (TEXT_SIZE_MAX - size) / to.size)
        return STATUS_LIMIT_EXCEEDED;
    char *data = string_reserve(out, size + count * to.size, arena);
    char *put = data;
    size_t at = 0;
    for (size_t next; (next = text_find(t, from, at)) <= t.size; at = next + from.size) {
        put = mempcpy(put, t.data + at, next - at);
        put = mempcpy(put, to.data, to.size);
    }
    memcpy(put, t.data + at, t.size - at);
    string_finish(out, data);
    return STATUS_OK;
}

TEXT_KERNEL(text_replace, {
    st = replace(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), ARGUMENT_TEXT(2, row), arena, &result);
})

/* ---- trimming ---- */

static bool is_member(struct text set, const char *character, size_t size)
{
    for (size_t at = 0; at < set.size;) {
        size_t end = character_end(set, at);
        if (end - at == size && memcmp(set.data + at, character, size) == 0)
            return true;
        at = end;
    }
    return false;
}

static struct string trim(struct text t, struct text set, bool front, bool back)
{
    size_t from = 0, to = t.size;
    while (front && from < to) {
        size_t end = character_end(t, from);
        if (!is_member(set, t.data + from, end - from))
            break;
        from = end;
    }
    while (back && to > from) {
        size_t begin = to - 1;
        while (begin > from && ((unsigned char)t.data[begin] & 0xC0) == 0x80)
            begin--;
        if (!is_member(set, t.data + begin, to - begin))
            break;
        to = begin;
    }
    return text_part(t, from, to);
}

static struct text trim_set(const struct expr *call, const struct vector *arguments, uint32_t row)
{
    return call->argument_count > 1 ? ARGUMENT_TEXT(1, row) : (struct text){" ", 1};
}

TEXT_KERNEL(text_ltrim, { result = trim(ARGUMENT_TEXT(0, row), trim_set(call, arguments, row), true, false); })
TEXT_KERNEL(text_rtrim, { result = trim(ARGUMENT_TEXT(0, row), trim_set(call, arguments, row), false, true); })
TEXT_KERNEL(text_btrim, { result = trim(ARGUMENT_TEXT(0, row), trim_set(call, arguments, row), true, true); })

/* ---- padding, repeating, reversing ---- */

static enum status pad(struct text t, int32_t length, struct text fill, bool in_front, struct arena *arena, struct string *out)
{
    int64_t characters = count_characters(t);
    int64_t wanted = length > 0 ? length : 0;
    if (wanted <= characters || fill.size == 0) {
        *out = text_part(t, 0, skip_characters(t, 0, wanted));
        return STATUS_OK;
    }
    int64_t missing = wanted - characters;
    int64_t fill_characters = count_characters(fill);
    size_t whole = (size_t)(missing / fill_characters);
    size_t part = skip_characters(fill, 0, missing % fill_characters);
    if (whole > TEXT_SIZE_MAX / fill.size || whole * fill.size + part + t.size > TEXT_SIZE_MAX)
        return STATUS_LIMIT_EXCEEDED;
    size_t fill_size = whole * fill.size + part;
    char *data = string_reserve(out, t.size + fill_size, arena);
    char *put = in_front ? data : data + t.size;
    memcpy(in_front ? data + fill_size : data, t.data, t.size);
    for (size_t i = 0; i < whole; i++)
        put = mempcpy(put, fill.data, fill.size);
    memcpy(put, fill.data, part);
    string_finish(out, data);
    return STATUS_OK;
}

static struct text pad_fill(const struct expr *call, const struct vector *arguments, uint32_t row)
{
    return call->argument_count > 2 ? ARGUMENT_TEXT(2, row) : (struct text){" ", 1};
}

TEXT_KERNEL(text_lpad, {
    st = pad(ARGUMENT_TEXT(0, row), ARGUMENT(1, int32_t, row), pad_fill(call, arguments, row), true, arena, &result);
})
TEXT_KERNEL(text_rpad, {
    st = pad(ARGUMENT_TEXT(0, row), ARGUMENT(1, int32_t, row), pad_fill(call, arguments, row), false, arena, &result);
})

static enum status repeat(struct text t, int32_t count, struct arena *arena, struct string *out)
{
    if (count <= 0 || t.size == 0) {
        *out = (struct string){0};
        return STATUS_OK;
    }
    if ((size_t)count > TEXT_SIZE_MAX / t.size)
        return STATUS_LIMIT_EXCEEDED;
    char *data = string_reserve(out, t.size * (size_t)count, arena);
    char *put = data;
    for (int32_t i = 0; i < count; i++)
        put = mempcpy(put, t.data, t.size);
    string_finish(out, data);
    return STATUS_OK;
}

TEXT_KERNEL(text_repeat, { st = repeat(ARGUMENT_TEXT(0, row), ARGUMENT(1, int32_t, row), arena, &result); })

static void reverse(struct text t, struct arena *arena, struct string *out)
{
    char *data = string_reserve(out, t.size, arena);
    size_t put = t.size;
    for (size_t at = 0; at < t.size;) {
        size_t end = character_end(t, at);
        put -= end - at;
        memcpy(data + put, t.data + at, end - at);
        at = end;
    }
    string_finish(out, data);
}

TEXT_KERNEL(text_reverse, { reverse(ARGUMENT_TEXT(0, row), arena, &result); })
