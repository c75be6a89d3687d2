/* sample_csv.c - delimiter, header and types of a CSV text.
 *
 * The delimiter is the one that splits most of the first lines into the same
 * number of fields, more than one. The first line is a header if none of its
 * fields looks like anything but text and the others' types, or the fields being
 * distinct names, say so.
 */
#include "data/text.h"
#include "format/column_name.h"
#include "format/csv_split.h"
#include "format/sample.h"
#include "format/sample_type.h"
#include "format/scan.h"

enum { DELIMITER_LINES = 200 };

struct sampler {
    struct csv_options options;
    const char *begin, *end;
    bool is_whole;
    struct arena *arena;      /* until the end of the sample; the schema is the caller's */
    struct csv_field *fields; /* of the present line */
    uint32_t field_count, field_capacity;
};

static void push_field(struct sampler *s, const struct csv_field *field)
{
    if (s->field_count == s->field_capacity) {
        uint32_t capacity = s->field_capacity == 0 ? 64 : s->field_capacity * 2;
        struct csv_field *fields = ARENA_ARRAY(s->arena, struct csv_field, capacity);
        if (s->field_count != 0)
            memcpy(fields, s->fields, s->field_count * sizeof *fields);
        s->fields = fields;
        s->field_capacity = capacity;
    }
    s->fields[s->field_count++] = *field;
}

/* Splits the line at *p (blank ones are skipped) into s->fields. False at the end of the sample or at a line that is cut. */
static bool next_line(struct sampler *s, const char **p, enum field_end *how)
{
    struct csv_field field;
    while (*p < s->end && (**p == '\n' || (**p == '\r' && s->end - *p > 1 && (*p)[1] == '\n')))
        *p += **p == '\n' ? 1 : 2;
    *how = FIELD_END_TEXT;
    if (*p == s->end)
        return false;
    s->field_count = 0;
    do {
        *p = csv_next_field(&s->options, *p, s->end, s->is_whole, s->arena, &field, how);
        if (*how > FIELD_END_TEXT)
            return false;
        push_field(s, &field);
    } while (*how == FIELD_END_FIELD);
    return true;
}

/* How well a delimiter splits: lines that agree with the first, if that has several fields. */
static uint32_t score_delimiter(struct sampler *s, char delimiter, uint32_t *field_count)
{
    const char *p = s->begin;
    enum field_end how;
    uint32_t agreeing = 0, lines = 0;
    s->options.delimiter = delimiter;
    *field_count = 0;
    for (; lines < DELIMITER_LINES && next_line(s, &p, &how); lines++) {
        if (lines == 0)
            *field_count = s->field_count;
        agreeing += s->field_count == *field_count;
    }
    if (how == FIELD_END_OPEN_QUOTE || how == FIELD_END_RETURN)
        agreeing /= 2;
    return *field_count > 1 ? agreeing : 0;
}

static char find_delimiter(struct sampler *s)
{
    static const char CANDIDATES[] = {',', ';', '\t', '|'};
    char best = ',';
    uint32_t best_score = 0, best_fields = 0;
    for (size_t i = 0; i < sizeof CANDIDATES; i++) {
        uint32_t fields, score = CANDIDATES[i] == s->options.quote ? 0 : score_delimiter(s, CANDIDATES[i], &fields);
        if (score > best_score || (score == best_score && score != 0 && fields > best_fields)) {
            best = CANDIDATES[i];
            best_score = score;
            best_fields = fields;
        }
    }
    return best;
}

static enum type_id field_type(const struct sampler *s, const struct csv_field *f)
{
    if (!f->is_quoted && f->size == strlen(s->options.null_text) && memcmp(f->data, s->options.null_text, f->size) == 0)
        return TYPE_NULL;
    return sample_type_of_text(f->data, f->size);
}

struct column_sample {
    struct csv_field first;       /* what the first line has */
    enum type_id first_type, type; /* of the first line, of all others */
};

/* Names distinct and not empty, nothing that looks like a value. */
static bool looks_like_names(const struct column_sample *columns, uint32_t count)
{
    struct map seen = {0};
    bool is_good = true;
    for (uint32_t i = 0; i < count && is_good; i++) {
        struct bytes name = {(const uint8_t *)columns[i].first.data, columns[i].first.size};
        is_good = name.size != 0 && columns[i].first_type == TYPE_TEXT && map_put(&seen, name, &seen) == NULL;
    }
    map_clear(&seen);
    return is_good;
}

static bool find_header(const struct column_sample *columns, uint32_t count, enum sample_header wanted)
{
    if (wanted != SAMPLE_HEADER_DETECT)
        return wanted == SAMPLE_HEADER_PRESENT;
    if (looks_like_names(columns, count))
        return true;
    for (uint32_t i = 0; i < count; i++)
        if (columns[i].first_type != TYPE_TEXT && columns[i].first_type != TYPE_NULL)
            return false;
    for (uint32_t i = 0; i < count; i++)
        if (columns[i].first_type == TYPE_TEXT && columns[i].type != TYPE_TEXT && columns[i].type != TYPE_NULL)
            return true;
    return false;
}

static enum status check_name(struct bytes name, struct error *err)
{
    if (utf8_validate((const char *)name.data, name.size) != name.size)
        return error_set(err, STATUS_INVALID_ENCODING, "line 1: a column name is not valid UTF-8");
    return STATUS_OK;
}

static enum status make_schema(const struct sampler *s, const struct column_sample *columns, uint32_t count, struct arena *arena,
                               struct schema *schema, struct error *err)
{
    struct map taken = {0};
    enum status st = STATUS_OK;
    schema->column_count = count;
    schema->columns = ARENA_ARRAY(arena, struct column, count);
    for (uint32_t i = 0; i < count && st == STATUS_OK; i++) {
        struct bytes name = {0};
        if (s->options.has_header)
            name = (struct bytes){(const uint8_t *)columns[i].first.data, columns[i].first.size};
        enum type_id type = columns[i].type;
        if (!s->options.has_header)
            type = sample_type_join(type, columns[i].first_type);
        st = check_name(name, err);
        schema->columns[i] = (struct column){.name = column_name_distinct(&taken, name, i, arena), .type = sample_type_final(type)};
    }
    map_clear(&taken);
    return st;
}

static enum status refuse_line(const struct sampler *s, const char *at, enum field_end how, struct error *err)
{
    size_t line = scan_count(s->begin, at, '\n') + 1;
    if (how == FIELD_END_OPEN_QUOTE)
        return error_set(err, STATUS_BAD_COPY_FORMAT, "line %zu: unterminated CSV quoted field", line);
    if (how == FIELD_END_RETURN)
        return error_set(err, STATUS_BAD_COPY_FORMAT, "line %zu: unquoted carriage return found in data", line);
    return error_set(err, STATUS_BAD_COPY_FORMAT, "no whole line in the first %zu bytes", (size_t)(s->end - s->begin));
}

/* Joins the types of all lines but the first into columns. */
static enum status sample_lines(struct sampler *s, const char *p, struct column_sample *columns, uint32_t count, struct error *err)
{
    enum field_end how = FIELD_END_TEXT;
    uint32_t lines = 1;
    const char *line = p;
    for (; lines < SAMPLE_ROWS && next_line(s, &p, &how); lines++, line = p)
        for (uint32_t i = 0; i < count && i < s->field_count; i++)
            columns[i].type = sample_type_join(columns[i].type, field_type(s, &s->fields[i]));
    if (how == FIELD_END_OPEN_QUOTE || how == FIELD_END_RETURN)
        return refuse_line(s, line, how, err);
    return STATUS_OK;
}

static enum status sample_columns(struct sampler *s, enum sample_header header, struct arena *arena, struct schema *schema,
                                  struct error *err)
{
    const char *p = s->begin;
    enum field_end how;
    if (!next_line(s, &p, &how)) {
        *schema = (struct schema){0};
        return s->is_whole && how == FIELD_END_TEXT ? STATUS_OK : refuse_line(s, p, how, err);
    }
    uint32_t count = s->field_count;
    struct column_sample *columns = ARENA_ARRAY(s->arena, struct column_sample, count);
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (struct column_sample){s->fields[i], field_type(s, &s->fields[i]), TYPE_NULL};
    TRY(sample_lines(s, p, columns, count, err));
    s->options.has_header = find_header(columns, count, header);
    return make_schema(s, columns, count, arena, schema, err);
}

enum status sample_csv(struct bytes text, bool is_whole, const struct sample_csv_options *options, struct arena *arena,
                       struct schema *schema, struct csv_options *found, struct error *err)
{
    static const struct sample_csv_options DEFAULTS;
    if (options == NULL)
        options = &DEFAULTS;
    struct sampler s = {.options = csv_options_with_defaults(&options->csv), .is_whole = is_whole, .arena = arena_create()};
    s.begin = text.size == 0 ? "" : (const char *)text.data;
    s.end = s.begin + text.size;
    s.begin += utf8_mark_size(text);
    if (options->csv.delimiter == 0)
        s.options.delimiter = find_delimiter(&s);
    s.options.skip_blank_lines = true;
    enum status st = sample_columns(&s, options->header, arena, schema, err);
    if (st == STATUS_OK)
        *found = s.options;
    arena_destroy(s.arena);
    return st;
}
