/* cast_text.c - casts to and from text, and the lengths of varchar(n) and char(n). */
#include <assert.h>
#include <string.h>

#include "data/text.h"
#include "expr/cast_kernels.h"

void cast_relabel(KERNEL_PARAMETERS)
{
    (void)in;
    (void)evaluation;
    *out = arguments[0]; /* the caller merges the same NULLs and errors once more: harmless */
    out->type = call->type;
}

/* Bytes of the first `characters` characters. */
static size_t prefix_size(const char *text, size_t size, size_t characters)
{
    size_t at = 0;
    while (at < size && characters > 0) {
        at++;
        while (at < size && ((unsigned char)text[at] & 0xC0) == 0x80)
            at++;
        characters--;
    }
    return at;
}

static size_t without_trailing_blanks(const char *text, size_t size)
{
    while (size > 0 && text[size - 1] == ' ')
        size--;
    return size;
}

static struct string pad(const char *text, size_t size, size_t blanks, struct arena *arena)
{
    char *padded = arena_alloc(arena, size + blanks);
    memcpy(padded, text, size);
    memset(padded + size, ' ', blanks);
    return string_make(padded, size + blanks);
}

/* Makes s fit type's length; cut: whatever is too long goes, else only blanks may. */
static enum status fit_length(struct string *s, struct type type, bool cut, struct arena *arena)
{
    if (type.length == 0)
        return STATUS_OK;
    const char *text = string_data(s);
    size_t limit = (size_t)type.length;
    size_t kept = prefix_size(text, s->size, limit);
    if (kept < s->size) {
        if (!cut && without_trailing_blanks(text + kept, s->size - kept) != 0)
            return STATUS_STRING_TOO_LONG;
        *s = string_copy(text, kept, arena);
    } else if (type.id == TYPE_CHAR) {
        size_t characters = utf8_length(text, s->size);
        if (characters < limit)
            *s = pad(text, s->size, limit - characters, arena);
    }
    return STATUS_OK;
}

static void cast_among_text(const struct expr *call, const struct vector *from, bool cut, const struct batch *in,
                            struct evaluation *evaluation, struct vector *out)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    bool strip = from->type.id == TYPE_CHAR && call->type.id != TYPE_CHAR;
    FOR_EACH_ROW (in, row) {
        struct string s = VECTOR_STRING(from)[vector_slot(from, row)];
        if (strip) {
            /* an inline string's bytes lie in s itself, so they are copied before s changes */
            struct string whole = s;
            s = string_make(string_data(&whole), without_trailing_blanks(string_data(&whole), whole.size));
        }
        enum status st = fit_length(&s, call->type, cut, evaluation->arena);
        VECTOR_STRING(out)[row] = s;
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void cast_text_cut(KERNEL_PARAMETERS)
{
    cast_among_text(call, &arguments[0], true, in, evaluation, out);
}

void cast_text_fit(KERNEL_PARAMETERS)
{
    cast_among_text(call, &arguments[0], false, in, evaluation, out);
}

static void cast_to_text(const struct expr *call, const struct vector *from, bool cut, const struct batch *in,
                         struct evaluation *evaluation, struct vector *out)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        buffer_reset(&text);
        vector_format(from, row, &evaluation->text, &text);
        struct string s = string_copy(text.data, text.size, evaluation->arena);
        enum status st = fit_length(&s, call->type, cut, evaluation->arena);
        VECTOR_STRING(out)[row] = s;
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
    buffer_clear(&text);
}

void cast_any_text(KERNEL_PARAMETERS)
{
    cast_to_text(call, &arguments[0], true, in, evaluation, out);
}

void cast_any_text_strict(KERNEL_PARAMETERS)
{
    cast_to_text(call, &arguments[0], false, in, evaluation, out);
}

void cast_bool_text(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string s = ARGUMENT(0, uint8_t, row) ? string_make("true", 4) : string_make("false", 5);
        enum status st = fit_length(&s, call->type, true, evaluation->arena);
        VECTOR_STRING(out)[row] = s;
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void cast_text_any(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    size_t size = type_size(call->type);
    FOR_EACH_ROW (in, row) {
        const struct string *s = ARGUMENT_STRING(0, row);
        enum status st = value_parse(call->type, string_data(s), s->size, &evaluation->text, evaluation->arena,
                                     (char *)out->values + row * size, evaluation->error);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void cast_json_jsonb(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        const struct string *s = ARGUMENT_STRING(0, row);
        enum status st =
            jsonb_normalize(string_data(s), s->size, evaluation->arena, &VECTOR_STRING(out)[row], evaluation->error);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

static enum status jsonb_error(const char *text, struct type type, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    const char *kind = text[0] == '{' ? "object" : text[0] == '[' ? "array" : text[0] == '"' ? "string" : text[0] == 'n' ? "null"
        : text[0] == 't' || text[0] == 'f' ? "boolean" : "numeric";
    return error_set(err, STATUS_INVALID_PARAMETER, "cannot cast jsonb %s to type %s", kind,
                     type_base_name(type, name));
}

/* A jsonb number or boolean as a value of SQL, by way of numeric so that 1.5 becomes 2 as an integer. */
static enum status jsonb_scalar(const struct string *s, struct type type, struct evaluation *evaluation, void *out)
{
    const char *text = string_data(s);
    bool is_bool = s->size > 0 && (text[0] == 't' || text[0] == 'f');
    bool is_number = s->size > 0 && (text[0] == '-' || (text[0] >= '0' && text[0] <= '9'));
    if (type.id == TYPE_BOOL ? !is_bool : !is_number)
        return jsonb_error(text, type, evaluation->error);
    if (!type_is_integer(type))
        return value_parse(type, text, s->size, &evaluation->text, evaluation->arena, out, evaluation->error);
    struct string number;
    int64_t v;
    TRY(numeric_parse(text, s->size, type_numeric(0, 0), evaluation->arena, &number, evaluation->error));
    TRY(numeric_to_int64(&number, &v, evaluation->error));
    if (type.id == TYPE_INT8)
        *(int64_t *)out = v;
    else if (type.id == TYPE_INT4)
        *(int32_t *)out = (int32_t)v;
    else
        *(int16_t *)out = (int16_t)v;
    bool fits = type.id == TYPE_INT8 || (type.id == TYPE_INT4 ? v == (int32_t)v : v == (int16_t)v);
    return fits ? STATUS_OK : STATUS_NUMERIC_OUT_OF_RANGE;
}

void cast_jsonb_scalar(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    size_t size = type_size(call->type);
    FOR_EACH_ROW (in, row) {
        enum status st =
            jsonb_scalar(ARGUMENT_STRING(0, row), call->type, evaluation, (char *)out->values + row * size);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}
