/* record_key.c - see the header. */
#include "connect/record_key.h"

#include "format/field.h"
#include "format/json_value.h"
#include "format/json_writer.h"

static enum status init_decoder(struct record_key *k, struct error *err)
{
    bool *wanted = memset(arena_alloc(k->arena, k->schema->column_count + 1), 0, k->schema->column_count + 1);
    for (uint32_t i = 0; i < k->count; i++)
        wanted[k->columns[i]] = true;
    const struct json_decoder_options options = {.wanted = wanted, .reject_unknown = true, .context = &k->text};
    return json_decoder_create(k->schema, &options, &k->decoder, err);
}

static enum status check_single(const struct record_key *k, const char *format, bool fits, struct error *err)
{
    if (k->count == 1 && fits)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID_PARAMETER, "key_format = '%s' needs one key column of type %s", format,
                     k->format == RECORD_INT64 ? "bigint, integer or smallint" : "text or bytea");
}

enum status record_key_init(struct record_key *k, const struct schema *schema, const uint32_t *columns, uint32_t count,
                            enum record_format format, struct error *err)
{
    *k = (struct record_key){.format = format, .schema = schema, .count = count, .columns = columns, .arena = arena_create()};
    k->text.zone = time_zone_utc();
    if (count == 0)
        return STATUS_OK;
    struct type first = schema->columns[columns[0]].type;
    switch (format) {
    case RECORD_TEXT:
        return STATUS_OK;
    case RECORD_JSON:
        k->encoder = json_encoder_create(schema, columns, count);
        return init_decoder(k, err);
    case RECORD_INT64:
        return check_single(k, "int64", type_is_integer(first), err);
    case RECORD_RAW:
        return check_single(k, "raw", type_is_text(first) || first.id == TYPE_BYTEA, err);
    case RECORD_CSV:
        break;
    }
    return error_set(err, STATUS_INVALID_PARAMETER, "a key cannot be written as csv");
}

void record_key_clear(struct record_key *k)
{
    json_encoder_destroy(k->encoder);
    json_decoder_destroy(k->decoder);
    arena_destroy(k->arena);
    *k = (struct record_key){0};
}

/* ---- writing ---- */

static void put_array(const struct record_key *k, const struct batch *rows, uint32_t row, struct buffer *out)
{
    for (uint32_t i = 0; i < k->count; i++) {
        buffer_put_u8(out, i == 0 ? '[' : ',');
        vector_format_json(&rows->columns[k->columns[i]], row, out);
    }
    buffer_put_u8(out, ']');
}

void record_key_put(const struct record_key *k, const struct batch *rows, uint32_t row, struct buffer *out)
{
    const struct vector *first = &rows->columns[k->columns[0]];
    if (k->format == RECORD_JSON)
        json_encoder_put(k->encoder, rows, row, out);
    else if (k->format == RECORD_INT64)
        buffer_put_i64(out, vector_integer(first, row));
    else if (k->count > 1)
        put_array(k, rows, row, out);
    else if (k->format == RECORD_RAW || type_is_text(first->type))
        buffer_put_bytes(out, string_bytes(&VECTOR_STRING(first)[vector_slot(first, row)]));
    else
        vector_format(first, row, &k->text, out);
}

/* ---- reading ---- */

static void *cell(struct batch *out, uint32_t column, uint32_t row)
{
    struct vector *v = &out->columns[column];
    field_set_valid(v, row);
    return (char *)v->values + row * type_size(v->type);
}

static enum status parse_int64(const struct record_key *k, struct bytes key, void *to, struct error *err)
{
    struct type type = k->schema->columns[k->columns[0]].type;
    uint64_t bits;
    if (key.size != sizeof bits)
        return error_set(err, STATUS_INVALID_TEXT, "a key of %zu bytes is no 64-bit integer", key.size);
    memcpy(&bits, key.data, sizeof bits);
    int64_t v = (int64_t)__builtin_bswap64(bits);
    int32_t v32 = (int32_t)v;
    int16_t v16 = (int16_t)v;
    if ((type.id == TYPE_INT4 && v32 != v) || (type.id == TYPE_INT2 && v16 != v))
        return error_set(err, STATUS_NUMERIC_OUT_OF_RANGE, "the key %lld is out of range", (long long)v);
    memcpy(to, type.id == TYPE_INT8 ? (void *)&v : type.id == TYPE_INT4 ? (void *)&v32 : (void *)&v16, type_size(type));
    return STATUS_OK;
}

static enum status parse_element(struct record_key *k, struct json_scan *s, const char **p, uint32_t column, struct batch *out,
                                 uint32_t row, struct arena *arena, struct error *err)
{
    struct json_value v;
    const struct json_value_context context = {&k->text, JSON_TIME_NONE, s->end, arena};
    *p = json_skip_space(*p, s->end);
    *p = *p == s->end ? json_fail(s, *p, STATUS_INVALID_TEXT, "expected a value") : json_value_scan(s, *p, 1, &v);
    if (*p == NULL)
        return json_scan_error(s, err);
    if (v.kind == JSON_NULL)
        return error_set(err, STATUS_NOT_NULL_VIOLATION, "null value for key column \"%s\"", k->schema->columns[column].name);
    return json_value_store(&v, out->columns[column].type, &context, cell(out, column, row), err);
}

static enum status parse_array(struct record_key *k, struct bytes key, struct batch *out, uint32_t row, struct arena *arena,
                               struct error *err)
{
    struct json_scan s = {.begin = (const char *)key.data, .end = (const char *)key.data + key.size};
    const char *p = s.begin;
    for (uint32_t i = 0; i <= k->count; i++) {
        char expected = i == 0 ? '[' : i < k->count ? ',' : ']';
        p = json_skip_space(p, s.end);
        if (p == s.end || *p++ != expected)
            return error_set(err, STATUS_INVALID_TEXT, "the key is no JSON array of %u values", k->count);
        if (i < k->count)
            TRY(parse_element(k, &s, &p, k->columns[i], out, row, arena, err));
    }
    if (p != s.end)
        return error_set(err, STATUS_INVALID_TEXT, "the key goes on behind its array");
    return STATUS_OK;
}

enum status record_key_parse(struct record_key *k, struct bytes key, struct batch *out, uint32_t row, struct arena *arena,
                             struct error *err)
{
    if (k->format == RECORD_JSON)
        return json_decoder_decode(k->decoder, key, out, row, arena, err);
    if (k->count > 1)
        return parse_array(k, key, out, row, arena, err);
    struct type type = k->schema->columns[k->columns[0]].type;
    void *to = cell(out, k->columns[0], row);
    if (k->format == RECORD_INT64)
        return parse_int64(k, key, to, err);
    if (k->format == RECORD_RAW && type.id == TYPE_BYTEA) {
        *(struct string *)to = string_make((const char *)key.data, key.size);
        return STATUS_OK;
    }
    return field_parse(type, (const char *)key.data, key.size, false, &k->text, arena, to, err);
}
