/* text.c - text of every type: the table of who reads and writes which. */
#include "data/text.h"

#include <assert.h>
#include <strings.h>

#include "data/number_parse.h"
#include "data/numeric.h"
#include "data/text_bytes.h"

static enum status bool_parse(const char *text, size_t size, uint8_t *out, struct error *err)
{
    static const struct {
        const char *word;
        uint8_t least; /* characters that tell it from the others */
        uint8_t value;
    } WORDS[] = {{"true", 1, 1}, {"false", 1, 0}, {"yes", 1, 1}, {"no", 1, 0}, {"on", 2, 1}, {"off", 2, 0}, {"1", 1, 1}, {"0", 1, 0}};
    struct bytes b = text_trim(text, size);
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (b.size < WORDS[i].least || b.size > strlen(WORDS[i].word) ||
            strncasecmp((const char *)b.data, WORDS[i].word, b.size) != 0)
            continue;
        *out = WORDS[i].value;
        return STATUS_OK;
    }
    return text_syntax_error("boolean", text, size, err);
}

static enum status integer_value_parse(struct type type, const char *text, size_t size, void *out, struct error *err)
{
    int64_t v = 0;
    if (type.id == TYPE_INT2) {
        TRY(integer_parse(text, size, INT16_MIN, INT16_MAX, "smallint", &v, err));
        *(int16_t *)out = (int16_t)v;
    } else if (type.id == TYPE_INT4) {
        TRY(integer_parse(text, size, INT32_MIN, INT32_MAX, "integer", &v, err));
        *(int32_t *)out = (int32_t)v;
    } else {
        TRY(int64_parse(text, size, out, err));
    }
    return STATUS_OK;
}

static enum status time_value_parse(struct type type, const char *text, size_t size, const struct text_context *context, void *out,
                                    struct error *err)
{
    int64_t v = 0;
    switch (type.id) {
    case TYPE_DATE: return date_parse(text, size, context->now_us, context->zone, out, err);
    case TYPE_INTERVAL: {
        struct interval *interval = out;
        TRY(interval_parse(text, size, interval, err));
        interval->microseconds = time_round(interval->microseconds, type.precision);
        return STATUS_OK;
    }
    case TYPE_TIME: TRY(time_parse(text, size, &v, err)); break;
    case TYPE_TIMESTAMP: TRY(timestamp_parse(text, size, context->now_us, context->zone, &v, err)); break;
    default: TRY(timestamptz_parse(text, size, context->now_us, context->zone, &v, err)); break;
    }
    *(int64_t *)out = type.id == TYPE_TIME ? time_round(v, type.precision) : timestamp_round(v, type.precision);
    return STATUS_OK;
}

enum status value_parse(struct type type, const char *text, size_t size, const struct text_context *context, struct arena *arena,
                        void *out, struct error *err)
{
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: return bool_parse(text, size, out, err);
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8: return integer_value_parse(type, text, size, out, err);
    case TYPE_FLOAT4: return float_parse(text, size, out, err);
    case TYPE_FLOAT8: return double_parse(text, size, out, err);
    case TYPE_NUMERIC: return numeric_parse(text, size, type, arena, out, err);
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR: return characters_parse(type, text, size, arena, out, err);
    case TYPE_BYTEA: return bytea_parse(text, size, arena, out, err);
    case TYPE_UUID: return uuid_parse(text, size, out, err);
    case TYPE_JSON:
        TRY(json_validate(text, size, err));
        return characters_parse(type_of(TYPE_TEXT), text, size, arena, out, err);
    case TYPE_JSONB: return jsonb_normalize(text, size, arena, out, err);
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_INTERVAL: return time_value_parse(type, text, size, context, out, err);
    case TYPE_NULL:
    case TYPE_COUNT: break;
    }
    return error_set(err, STATUS_INDETERMINATE_DATATYPE, "cannot read a value of type unknown");
}

static void put_integer(int64_t v, struct buffer *out)
{
    char *to = (char *)buffer_reserve(out, 64);
    buffer_advance(out, int128_format(v, 0, to));
}

void value_format(struct type type, const void *value, const struct text_context *context, struct buffer *out)
{
    switch ((enum type_id)type.id) {
    case TYPE_BOOL: buffer_put_u8(out, *(const uint8_t *)value ? 't' : 'f'); break;
    case TYPE_INT2: put_integer(*(const int16_t *)value, out); break;
    case TYPE_INT4: put_integer(*(const int32_t *)value, out); break;
    case TYPE_INT8: put_integer(*(const int64_t *)value, out); break;
    case TYPE_FLOAT4: float_format(*(const float *)value, out); break;
    case TYPE_FLOAT8: double_format(*(const double *)value, out); break;
    case TYPE_NUMERIC: numeric_format(type, value, out); break;
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR:
    case TYPE_JSON:
    case TYPE_JSONB: buffer_put_bytes(out, string_bytes(value)); break;
    case TYPE_BYTEA: bytea_format(string_bytes(value), out); break;
    case TYPE_UUID: uuid_format(value, out); break;
    case TYPE_DATE: date_format(*(const int32_t *)value, out); break;
    case TYPE_TIME: time_format(*(const int64_t *)value, out); break;
    case TYPE_TIMESTAMP: timestamp_format(*(const int64_t *)value, out); break;
    case TYPE_TIMESTAMPTZ: timestamptz_format(*(const int64_t *)value, context->zone, out); break;
    case TYPE_INTERVAL: interval_format(value, out); break;
    case TYPE_NULL:
    case TYPE_COUNT: assert(false && "a value has a type");
    }
}

void vector_format(const struct vector *v, size_t row, const struct text_context *context, struct buffer *out)
{
    assert(vector_is_valid(v, row) && vector_error(v, row) == STATUS_OK);
    value_format(v->type, vector_value(v, row), context, out);
}
