/* function_character.c - case, code points, digits and quoting of text. Case is that of the "C" locale: A to Z. */
#include <string.h>

#include "data/text.h"
#include "expr/text_kernel.h"

static inline unsigned char to_lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}
static inline unsigned char to_upper(unsigned char c)
{
    return c >= 'a' && c <= 'z' ? (unsigned char)(c & ~0x20) : c;
}
static inline bool is_alphanumeric(unsigned char c)
{
    return (c >= '0' && c <= '9') || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
}

/* Room for as many bytes as the argument has; the copy is changed in place and then made a string. */
static char *copy_bytes(struct text t, char *room, struct arena *arena)
{
    char *copy = t.size <= STRING_INLINE_SIZE ? room : arena_alloc(arena, t.size);
    memcpy(copy, t.data, t.size);
    return copy;
}

#define CASE_KERNEL(NAME, CHANGE)                                                    \
    TEXT_KERNEL(NAME, {                                                              \
        struct text t = ARGUMENT_TEXT(0, row);                                       \
        char room[STRING_INLINE_SIZE];                                               \
        char *copy = copy_bytes(t, room, arena);                                     \
        for (size_t i = 0; i < t.size; i++)                                          \
            copy[i] = (char)CHANGE((unsigned char)copy[i]);                          \
        result = string_make(copy, t.size);                                          \
    })
CASE_KERNEL(text_lower, to_lower)
CASE_KERNEL(text_upper, to_upper)

TEXT_KERNEL(text_initcap, {
    struct text t = ARGUMENT_TEXT(0, row);
    char room[STRING_INLINE_SIZE];
    char *copy = copy_bytes(t, room, arena);
    bool in_word = false;
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)copy[i];
        copy[i] = (char)(in_word ? to_lower(c) : to_upper(c));
        in_word = is_alphanumeric(c);
    }
    result = string_make(copy, t.size);
})

/* ---- code points ---- */

static size_t put_utf8(uint32_t c, char *out)
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3F));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 0x3F));
        out[2] = (char)(0x80 | (c & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 0x3F));
    out[2] = (char)(0x80 | (c >> 6 & 0x3F));
    out[3] = (char)(0x80 | (c & 0x3F));
    return 4;
}

static enum status character_error(int32_t c, struct error *err)
{
    if (c < 0)
        return error_set(err, STATUS_INVALID_PARAMETER, "character number must be positive");
    if (c == 0)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "null character not permitted");
    return error_set(err, STATUS_LIMIT_EXCEEDED, "requested character %s for encoding: %d", c > 0x10FFFF ? "too large" : "not valid", (int)c);
}

TEXT_KERNEL(text_chr, {
    int32_t c = ARGUMENT(0, int32_t, row);
    char bytes[4];
    if (c <= 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        st = character_error(c, evaluation->error);
    else
        result = string_make(bytes, put_utf8((uint32_t)c, bytes));
})

static enum status text_ascii_row(struct string s, int32_t *r, UNUSED struct evaluation *e)
{
    const unsigned char *p = (const unsigned char *)string_data(&s);
    size_t size = s.size == 0 ? 0 : character_end(text_of(&s), 0);
    if (size == 0)
        *r = 0;
    else if (size == 1)
        *r = p[0];
    else if (size == 2)
        *r = (p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    else if (size == 3)
        *r = (p[0] & 0x0F) << 12 | (p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    else
        *r = (p[0] & 0x07) << 18 | (p[1] & 0x3F) << 12 | (p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    return STATUS_OK;
}
HEAVY_UNARY(text_ascii, struct string, int32_t)

static struct string hex_digits(uint64_t v, struct arena *arena)
{
    char digits[16];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v != 0);
    return string_copy(digits + at, sizeof digits - at, arena);
}
TEXT_KERNEL(to_hex_int4, { result = hex_digits((uint32_t)ARGUMENT(0, int32_t, row), arena); })
TEXT_KERNEL(to_hex_int8, { result = hex_digits((uint64_t)ARGUMENT(0, int64_t, row), arena); })

/* ---- translate ---- */

/* The index of a character in set, or -1. */
static int64_t member_index(struct text set, const char *character, size_t size)
{
    int64_t index = 0;
    for (size_t at = 0; at < set.size; index++) {
        size_t end = character_end(set, at);
        if (end - at == size && memcmp(set.data + at, character, size) == 0)
            return index;
        at = end;
    }
    return -1;
}

static void translate(struct text t, struct text from, struct text to, struct buffer *out)
{
    buffer_reset(out);
    for (size_t at = 0; at < t.size;) {
        size_t end = character_end(t, at);
        int64_t index = member_index(from, t.data + at, end - at);
        if (index < 0) {
            buffer_put(out, t.data + at, end - at);
        } else {
            size_t begin = skip_characters(to, 0, index);
            if (begin < to.size)
                buffer_put(out, to.data + begin, character_end(to, begin) - begin);
        }
        at = end;
    }
}

void text_translate(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        translate(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), ARGUMENT_TEXT(2, row), &text);
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, evaluation->arena);
    }
    buffer_clear(&text);
}

/* ---- quoting ---- */

static void put_quoted(struct text t, char quote, struct buffer *out)
{
    bool has_backslash = quote == '\'' && t.size != 0 && memchr(t.data, '\\', t.size) != NULL;
    if (has_backslash)
        buffer_put_u8(out, 'E');
    buffer_put_u8(out, (uint8_t)quote);
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] == quote || (has_backslash && t.data[i] == '\\'))
            buffer_put_u8(out, (uint8_t)t.data[i]);
        buffer_put_u8(out, (uint8_t)t.data[i]);
    }
    buffer_put_u8(out, (uint8_t)quote);
}

/* The reserved words among those that look like plain names. */
static bool is_reserved(struct text t)
{
    static const char *const words[] = {
        "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "between", "bigint", "bit", "boolean",
        "both", "case", "cast", "char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
        "constraint", "create", "cross", "current_catalog", "current_date", "current_role", "current_schema", "current_time",
        "current_timestamp", "current_user", "dec", "decimal", "default", "deferrable", "desc", "distinct", "do", "else", "end",
        "except", "exists", "extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant", "greatest",
        "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout", "int", "integer", "intersect", "interval",
        "into", "is", "isnull", "join", "lateral", "leading", "least", "left", "like", "limit", "localtime", "localtimestamp",
        "national", "natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric", "offset", "on", "only",
        "or", "order", "out", "outer", "overlaps", "overlay", "placing", "position", "precision", "primary", "real", "references",
        "returning", "right", "row", "select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
        "table", "tablesample", "then", "time", "timestamp", "to", "trailing", "treat", "trim", "true", "union", "unique", "user",
        "using", "values", "varchar", "variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat",
        "xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == t.size && memcmp(words[i], t.data, t.size) == 0)
            return true;
    return false;
}

static bool is_plain_name(struct text t)
{
    if (t.size == 0 || (t.data[0] >= '0' && t.data[0] <= '9'))
        return false;
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return !is_reserved(t);
}

static void quote_all(const struct expr *call, const struct vector *argument, char quote, const struct batch *in,
                      const struct evaluation *evaluation, struct vector *out)
{
    struct arena *arena = evaluation->arena;
    vector_init_flat(out, call->type, in->row_count, arena);
    struct buffer text = {0}, plain = {0};
    FOR_EACH_ROW (in, row) {
        buffer_reset(&plain);
        buffer_reset(&text);
        if (argument->type.id == TYPE_BOOL) /* as cast to text, not as shown */
            buffer_put_text(&plain, VECTOR_BOOL(argument)[vector_slot(argument, row)] ? "true" : "false");
        else
            vector_format(argument, row, &evaluation->text, &plain);
        struct text t = {(const char *)plain.data, plain.size};
        if (quote == '"' && is_plain_name(t))
            buffer_put(&text, t.data, t.size);
        else
            put_quoted(t, quote, &text);
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, arena);
    }
    buffer_clear(&text);
    buffer_clear(&plain);
}

void text_quote_literal(KERNEL_PARAMETERS)
{
    quote_all(call, &arguments[0], '\'', in, evaluation, out);
}

void text_quote_ident(KERNEL_PARAMETERS)
{
    quote_all(call, &arguments[0], '"', in, evaluation, out);
}
