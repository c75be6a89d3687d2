/* record_value.c - see the header. */
#include "connect/record_value.h"

#include <strings.h>

#include "format/csv_split.h"
#include "format/field.h"

enum status record_format_option(const struct relation *r, const char *name, enum record_format otherwise, enum record_format *out,
                                 struct error *err)
{
    static const char *const NAMES[] = {"json", "csv", "text", "raw", "int64"};
    const char *value = relation_option(r, name);
    *out = otherwise;
    if (value == NULL)
        return STATUS_OK;
    for (unsigned i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcasecmp(value, NAMES[i]) == 0) {
            *out = (enum record_format)i;
            return STATUS_OK;
        }
    return error_set(err, STATUS_INVALID_PARAMETER, "invalid value for option \"%s\": \"%s\"", name, value);
}

static bool is_key(uint32_t column, const uint32_t *key, uint32_t key_count)
{
    for (uint32_t i = 0; i < key_count; i++)
        if (key[i] == column)
            return true;
    return false;
}

enum status record_value_column(const struct schema *schema, const uint32_t *key, uint32_t key_count, enum record_format format,
                                uint32_t *value_column, int32_t *key_column, struct error *err)
{
    const char *name = format == RECORD_RAW ? "raw" : "text";
    uint32_t count = 0;
    *key_column = -1;
    for (uint32_t c = 0; c < schema->column_count; c++)
        if (schema->column_count == 1 || !is_key(c, key, key_count)) {
            *value_column = c;
            count++;
        }
    if (format == RECORD_RAW && key_count == 0 && schema->column_count == 2) {
        int from = schema_find(schema, "key"), to = schema_find(schema, "value");
        if (from >= 0 && to >= 0) {
            *key_column = from;
            *value_column = (uint32_t)to;
            count = 1;
        }
    }
    if (count != 1) {
        error_set(err, STATUS_INVALID_PARAMETER, "format = '%s' needs one column beside the key, not %u", name, count);
        if (format == RECORD_RAW)
            error_hint(err, "Or two columns: key bytea, value bytea.");
        return STATUS_INVALID_PARAMETER;
    }
    if (format != RECORD_RAW)
        return STATUS_OK;
    struct type type = schema->columns[*value_column].type;
    bool fits = type_is_text(type) || type.id == TYPE_BYTEA;
    if (*key_column >= 0) {
        type = schema->columns[*key_column].type;
        fits &= type_is_text(type) || type.id == TYPE_BYTEA;
    }
    return fits ? STATUS_OK : error_set(err, STATUS_INVALID_PARAMETER, "format = 'raw' needs columns of type bytea or text");
}

static enum status init_json(struct record_value *v, const struct relation *r, struct error *err)
{
    uint32_t count = r->schema.column_count;
    struct arena *arena = arena_create();
    const char **paths = ARENA_ARRAY(arena, const char *, count + 1);
    for (uint32_t c = 0; c < count; c++)
        paths[c] = r->columns == NULL ? NULL : r->columns[c].path;
    const char *unknown = relation_option(r, "on_unknown"), *unit = relation_option(r, "time_unit");
    struct json_decoder_options options = {.paths = paths, .context = &v->text};
    options.reject_unknown = unknown != NULL && strcasecmp(unknown, "reject") == 0;
    if (unit != NULL)
        options.time_unit = strcasecmp(unit, "s") == 0 ? JSON_TIME_S : strcasecmp(unit, "us") == 0 ? JSON_TIME_US : JSON_TIME_MS;
    enum status st = json_decoder_create(&r->schema, &options, &v->json, err);
    arena_destroy(arena);
    return st;
}

enum status record_value_init(struct record_value *v, const struct relation *r, struct error *err)
{
    *v = (struct record_value){.schema = &r->schema, .key_column = -1, .text = {time_zone_utc(), 0}};
    TRY(record_format_option(r, "format", RECORD_JSON, &v->format, err));
    if (v->format == RECORD_JSON)
        return init_json(v, r, err);
    if (v->format == RECORD_CSV)
        return STATUS_OK;
    if (v->format == RECORD_INT64)
        return error_set(err, STATUS_INVALID_PARAMETER, "invalid value for option \"format\": \"int64\"");
    return record_value_column(v->schema, r->primary_key, r->primary_key_count, v->format, &v->value_column, &v->key_column, err);
}

void record_value_clear(struct record_value *v)
{
    json_decoder_destroy(v->json);
    *v = (struct record_value){0};
}

static enum status put_field(const struct record_value *v, uint32_t c, const char *text, size_t size, bool is_utf8, struct batch *out,
                             uint32_t row, struct arena *arena, struct error *err)
{
    struct vector *column = &out->columns[c];
    field_set_valid(column, row);
    enum status st = field_parse(column->type, text, size, is_utf8, &v->text, arena,
                                 (char *)column->values + row * type_size(column->type), err);
    if (st != STATUS_OK)
        error_prefix(err, "column \"%s\": ", v->schema->columns[c].name);
    return st;
}

static enum status csv_refuse(enum field_end how, struct error *err)
{
    if (how == FIELD_END_OPEN_QUOTE)
        return error_set(err, STATUS_BAD_COPY_FORMAT, "unterminated CSV quoted field");
    return error_set(err, STATUS_BAD_COPY_FORMAT, "unquoted carriage return found in data");
}

static enum status decode_csv(const struct record_value *v, struct bytes value, struct batch *out, uint32_t row, struct arena *arena,
                              struct error *err)
{
    const struct csv_options options = csv_options_with_defaults(NULL);
    const char *p = value.size == 0 ? "" : (const char *)value.data, *end = p + value.size;
    enum field_end how = FIELD_END_FIELD;
    for (uint32_t c = 0; how == FIELD_END_FIELD; c++) {
        struct csv_field field;
        if (c == v->schema->column_count)
            return error_set(err, STATUS_BAD_COPY_FORMAT, "extra data after last expected column");
        p = csv_next_field(&options, p, end, true, arena, &field, &how);
        if (how == FIELD_END_OPEN_QUOTE || how == FIELD_END_RETURN)
            return csv_refuse(how, err);
        if (field.size == 0 && !field.is_quoted)
            vector_set_null(&out->columns[c], row, BATCH_ROWS_MAX, arena);
        else
            TRY(put_field(v, c, field.data, field.size, !field.is_odd, out, row, arena, err));
        if (how != FIELD_END_FIELD && c + 1 < v->schema->column_count)
            return error_set(err, STATUS_BAD_COPY_FORMAT, "missing data for column \"%s\"", v->schema->columns[c + 1].name);
    }
    return p == end ? STATUS_OK : error_set(err, STATUS_BAD_COPY_FORMAT, "a second line in one record");
}

/* Bytes as they are; text must be UTF-8. */
static enum status put_raw(const struct record_value *v, uint32_t c, struct bytes bytes, struct batch *out, uint32_t row,
                           struct arena *arena, struct error *err)
{
    struct vector *column = &out->columns[c];
    if (bytes.data == NULL) {
        vector_set_null(column, row, BATCH_ROWS_MAX, arena);
        return STATUS_OK;
    }
    if (column->type.id != TYPE_BYTEA)
        return put_field(v, c, (const char *)bytes.data, bytes.size, false, out, row, arena, err);
    field_set_valid(column, row);
    VECTOR_STRING(column)[row] = string_make((const char *)bytes.data, bytes.size);
    return STATUS_OK;
}

static void set_others_null(const struct record_value *v, struct batch *out, uint32_t row, struct arena *arena)
{
    for (uint32_t c = 0; c < v->schema->column_count; c++)
        if (record_value_is_missing(v, c))
            vector_set_null(&out->columns[c], row, BATCH_ROWS_MAX, arena);
}

enum status record_value_decode(struct record_value *v, struct bytes key, struct bytes value, struct batch *out, uint32_t row,
                                struct arena *arena, struct error *err)
{
    if (v->format == RECORD_JSON)
        return json_decoder_decode(v->json, value, out, row, arena, err);
    if (v->format == RECORD_CSV)
        return decode_csv(v, value, out, row, arena, err);
    set_others_null(v, out, row, arena);
    if (v->key_column >= 0)
        TRY(put_raw(v, (uint32_t)v->key_column, key, out, row, arena, err));
    if (v->format == RECORD_RAW)
        return put_raw(v, v->value_column, value, out, row, arena, err);
    return put_field(v, v->value_column, (const char *)value.data, value.size, false, out, row, arena, err);
}
