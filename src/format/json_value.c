/* json_value.c - which JSON values each type takes, and how.
 *
 *   string      any type, as its text form; bytea: base64; json: verbatim
 *   number      number types, text, json; timestamps if a time unit is set
 *   true false  boolean, text, json
 *   { } [ ]     text, json
 */
#include "format/json_value.h"

#include <assert.h>

#include "data/numeric.h"

static const char *scan_word(struct json_scan *s, const char *p, enum json_kind kind, struct json_value *out)
{
    out->kind = kind;
    return json_skip_value(s, p, 0);
}

const char *json_value_scan(struct json_scan *s, const char *p, unsigned depth, struct json_value *out)
{
    out->begin = p;
    switch (*p) {
    case '"':
        out->kind = JSON_STRING;
        p = json_scan_string(s, p + 1, &out->text);
        break;
    case '{':
    case '[':
        out->kind = *p == '{' ? JSON_OBJECT : JSON_ARRAY;
        p = json_skip_value(s, p, depth);
        break;
    case 't':
        p = scan_word(s, p, JSON_TRUE, out);
        break;
    case 'f':
        p = scan_word(s, p, JSON_FALSE, out);
        break;
    case 'n':
        p = scan_word(s, p, JSON_NULL, out);
        break;
    default:
        if (*p != '-' && (unsigned char)(*p - '0') >= 10)
            return json_fail(s, p, STATUS_INVALID_TEXT, "expected a value");
        out->kind = JSON_NUMBER;
        p = json_scan_number(s, p, &out->number);
    }
    out->end = p;
    return p;
}

static int base64_digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* RFC 4648 with padding, no blanks. False if text is anything else. */
static bool decode_base64(const char *text, size_t size, struct arena *arena, struct string *out)
{
    if (size % 4 != 0)
        return false;
    size_t padding = size == 0 ? 0 : (size_t)(text[size - 1] == '=') + (text[size - 1] == '=' && text[size - 2] == '=');
    char *bytes = arena_alloc(arena, size / 4 * 3 + 3), *to = bytes;
    uint32_t bits = 0;
    for (size_t i = 0; i < size; i++) {
        int digit = i >= size - padding ? 0 : base64_digit((unsigned char)text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 == 3) {
            *to++ = (char)(bits >> 16 & 0xff);
            *to++ = (char)(bits >> 8 & 0xff);
            *to++ = (char)(bits & 0xff);
        }
    }
    if ((padding == 1 && to[-1] != 0) || (padding == 2 && to[-2] != 0))
        return false; /* bits behind the last byte: two spellings of one value */
    *out = string_make(bytes, (size_t)(to - bytes) - padding);
    return true;
}

static enum status store_text_form(const char *text, size_t size, struct type type, const struct json_value_context *context,
                                   void *out, struct error *err)
{
    if (type.id == TYPE_BYTEA) {
        if (decode_base64(text, size, context->arena, out))
            return STATUS_OK;
        field_refuse(err, STATUS_INVALID_TEXT, type, text, size);
        error_hint(err, "In JSON, bytea is written in base64.");
        return STATUS_INVALID_TEXT;
    }
    return field_parse(type, text, size, true, context->text, context->arena, out, err);
}

static enum status store_string(const struct json_value *v, struct type type, const struct json_value_context *context, void *out,
                                struct error *err)
{
    const char *text = v->text.data;
    size_t size = v->text.size;
    if (!v->text.has_escape) {
        if (type.id == TYPE_TEXT || (type.id == TYPE_VARCHAR && type.length == 0)) {
            *(struct string *)out = scan_make_string(text, size, context->readable_end);
            return STATUS_OK;
        }
        return store_text_form(text, size, type, context, out, err);
    }
    char *plain = arena_alloc(context->arena, size);
    bool has_nul;
    size = json_unescape(&v->text, plain, &has_nul);
    if (has_nul)
        return error_set(err, STATUS_UNTRANSLATABLE, "unsupported Unicode escape sequence: \\u0000 cannot be converted to text");
    return store_text_form(plain, size, type, context, out, err);
}

static enum status refuse(const struct json_value *v, struct type type, struct error *err)
{
    static const char *const NAMES[] = {"a string", "a number", "true", "false", "null", "an object", "an array"};
    char name[TYPE_NAME_SIZE];
    field_refuse(err, STATUS_INVALID_TEXT, type, v->begin, (size_t)(v->end - v->begin));
    error_detail(err, "The value is %s; the type is %s.", NAMES[v->kind], type_name(type, name, sizeof name));
    return STATUS_INVALID_TEXT;
}

static enum status store_time(const struct json_value *v, struct type type, const struct json_value_context *context, int64_t *out,
                              struct error *err)
{
    const int64_t oldest_us = -INT64_C(210866803200000000); /* 4714-11-24 BC, PostgreSQL's first */
    if (context->time_unit == JSON_TIME_NONE) {
        refuse(v, type, err);
        error_hint(err, "Set time_unit to 's', 'ms' or 'us' to read numbers as times since 1970.");
        return STATUS_INVALID_TEXT;
    }
    int scale = context->time_unit == JSON_TIME_S ? 6 : context->time_unit == JSON_TIME_MS ? 3 : 0;
    int128 us;
    struct type exact = type_numeric(NUMERIC_PRECISION_MAX, scale);
    if (!v->number.is_plain || !decimal_store(&v->number.decimal, exact, &us))
        TRY(numeric_parse(v->number.data, v->number.size, exact, context->arena, &us, err));
    if (type.precision < 6) { /* timestamp(p): rounded like a text */
        int128 unit = int128_power_of_ten(6u - type.precision);
        int128 half = us < 0 ? -unit / 2 : unit / 2;
        us = (us + half) / unit * unit;
    }
    if (us < oldest_us || us >= INT64_MAX)
        return error_set(err, STATUS_DATETIME_OVERFLOW, "timestamp out of range: %.*s",
                         (int)(v->number.size < 60 ? v->number.size : 60), v->number.data);
    *out = (int64_t)us;
    return STATUS_OK;
}

static enum status store_number(const struct json_value *v, struct type type, const struct json_value_context *context, void *out,
                                struct error *err)
{
    if (type.id == TYPE_TIMESTAMP || type.id == TYPE_TIMESTAMPTZ)
        return store_time(v, type, context, out, err);
    if (type_is_number(type) && v->number.is_plain && decimal_store(&v->number.decimal, type, out))
        return STATUS_OK;
    if (!type_is_number(type) && !type_is_text(type))
        return refuse(v, type, err);
    return field_parse(type, v->number.data, v->number.size, true, context->text, context->arena, out, err);
}

static enum status store_json(const struct json_value *v, struct type type, const struct json_value_context *context,
                              struct string *out, struct error *err)
{
    size_t size = (size_t)(v->end - v->begin);
    if (type.id == TYPE_JSONB)
        return jsonb_normalize(v->begin, size, context->arena, out, err);
    *out = scan_make_string(v->begin, size, context->readable_end);
    return STATUS_OK;
}

enum status json_value_store(const struct json_value *v, struct type type, const struct json_value_context *context, void *out,
                             struct error *err)
{
    assert(v->kind != JSON_NULL);
    if (type.id == TYPE_JSON || type.id == TYPE_JSONB)
        return store_json(v, type, context, out, err);
    switch (v->kind) {
    case JSON_STRING:
        return store_string(v, type, context, out, err);
    case JSON_NUMBER:
        return store_number(v, type, context, out, err);
    case JSON_TRUE:
    case JSON_FALSE:
        if (type.id == TYPE_BOOL) {
            *(uint8_t *)out = v->kind == JSON_TRUE;
            return STATUS_OK;
        }
        break;
    default:
        break;
    }
    if (!type_is_text(type))
        return refuse(v, type, err);
    return field_parse(type, v->begin, (size_t)(v->end - v->begin), true, context->text, context->arena, out, err);
}
