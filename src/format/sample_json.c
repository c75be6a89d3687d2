/* sample_json.c - the union of the fields of the first records, in order of appearance. */
#include "base/map.h"
#include "format/json_scan.h"
#include "format/json_value.h"
#include "format/sample.h"
#include "format/sample_type.h"

enum { COLUMN_COUNT_MAX = 1600 };

struct field_sample {
    const char *name;
    enum type_id type;
};

struct sampler {
    struct json_scan scan;
    struct map names;    /* -> field_sample */
    struct arena *arena; /* until the end of the sample; the schema is the caller's */
    bool is_array;
    uint32_t row_count; /* whole records */
};

static enum type_id value_type(const struct json_value *v)
{
    switch (v->kind) {
    case JSON_NULL:
        return TYPE_NULL;
    case JSON_TRUE:
    case JSON_FALSE:
        return TYPE_BOOL;
    case JSON_NUMBER:
        return sample_type_of_number(v->number.data, v->number.size);
    case JSON_STRING: {
        /* a string of digits is text: the writer could have written a number */
        enum type_id id = v->text.has_escape ? TYPE_TEXT : sample_type_of_text(v->text.data, v->text.size);
        return id == TYPE_DATE || id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ ? id : TYPE_TEXT;
    }
    default:
        return TYPE_JSON;
    }
}

static const char *sample_field(struct sampler *s, const char *p)
{
    struct json_text text;
    struct json_value v;
    p = json_scan_string(&s->scan, p, &text);
    if (p == NULL)
        return NULL;
    p = json_skip_space(p, s->scan.end);
    if (p == s->scan.end || *p != ':')
        return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected \":\"");
    p = json_skip_space(p + 1, s->scan.end);
    if (p == s->scan.end)
        return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected a value");
    const char *after = json_value_scan(&s->scan, p, 1, &v);
    if (after == NULL)
        return NULL;
    char *plain = arena_alloc(s->arena, text.size + 1);
    bool has_nul;
    size_t size = json_unescape(&text, plain, &has_nul);
    if (has_nul || size == 0)
        return after; /* no column can be named so */
    struct bytes name = {(const uint8_t *)plain, size};
    struct field_sample *field = map_get(&s->names, name);
    if (field == NULL) {
        if (s->names.live_count == COLUMN_COUNT_MAX)
            return json_fail(&s->scan, p, STATUS_LIMIT_EXCEEDED, "more than 1600 different fields");
        field = ARENA_NEW(s->arena, struct field_sample);
        field->name = arena_copy_bytes(s->arena, name);
        (void)map_put(&s->names, name, field);
    }
    field->type = sample_type_join(field->type, value_type(&v));
    return after;
}

/* p is at the opening brace. */
static const char *sample_object(struct sampler *s, const char *p)
{
    const char *end = s->scan.end;
    p = json_skip_space(p + 1, end);
    if (p < end && *p == '}')
        return p + 1;
    for (;;) {
        if (p == end || *p != '"')
            return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected a field name");
        if ((p = sample_field(s, p + 1)) == NULL)
            return NULL;
        p = json_skip_space(p, end);
        if (p == end || (*p != ',' && *p != '}'))
            return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected \",\" or \"}\"");
        if (*p == '}')
            return p + 1;
        p = json_skip_space(p + 1, end);
    }
}

/* From behind a record to the next one, or to the end of the text or array. */
static const char *skip_to_record(struct sampler *s, const char *p)
{
    p = json_skip_space(p, s->scan.end);
    if (!s->is_array || p == s->scan.end)
        return p;
    if (*p == ']')
        return s->scan.end; /* what is behind it is the reader's to refuse */
    if (*p != ',')
        return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected \",\" or \"]\"");
    return json_skip_space(p + 1, s->scan.end);
}

static const char *sample_records(struct sampler *s)
{
    const char *end = s->scan.end, *p = json_skip_space(s->scan.begin, end);
    s->is_array = p < end && *p == '[';
    if (s->is_array) {
        p = json_skip_space(p + 1, end);
        if (p < end && *p == ']')
            return end;
    }
    for (; s->row_count < SAMPLE_ROWS && p < end; s->row_count++) {
        if (*p != '{')
            return json_fail(&s->scan, p, STATUS_INVALID_TEXT, "expected an object");
        if ((p = sample_object(s, p)) == NULL || (p = skip_to_record(s, p)) == NULL)
            return NULL;
    }
    return p;
}

static void make_schema(const struct sampler *s, struct arena *arena, struct schema *schema)
{
    schema->column_count = 0;
    schema->columns = ARENA_ARRAY(arena, struct column, s->names.entry_count);
    for (size_t i = 0; i < s->names.entry_count; i++) {
        const struct field_sample *field = s->names.entries[i].value;
        schema->columns[schema->column_count++] = (struct column){.name = arena_copy_text(arena, field->name),
                                                                    .type = sample_type_final(field->type)};
    }
}

enum status sample_json(struct bytes text, bool is_whole, struct arena *arena, struct schema *schema, struct error *err)
{
    struct sampler s = {.arena = arena_create()};
    s.scan.begin = text.size == 0 ? "" : (const char *)text.data;
    s.scan.end = s.scan.begin + text.size;
    s.scan.begin += utf8_mark_size(text);
    enum status st = STATUS_OK;
    bool is_cut = sample_records(&s) == NULL && s.scan.failed_at == s.scan.end && !is_whole;
    if (s.scan.failed_at != NULL && !is_cut) {
        size_t line = scan_count(s.scan.begin, s.scan.failed_at, '\n') + 1;
        st = json_scan_error(&s.scan, err);
        error_prefix(err, "line %zu, ", line);
    } else if (s.row_count == 0 && !is_whole) {
        st = error_set(err, STATUS_INVALID_TEXT, "no whole record in the first %zu bytes", text.size);
    } else {
        make_schema(&s, arena, schema);
    }
    map_clear(&s.names);
    arena_destroy(s.arena);
    return st;
}
