/* field_row.c - see the header. Messages are those of PostgreSQL's COPY. */
#include "format/field_row.h"

#include "format/scan.h"

void field_row_init(struct field_row *r, const struct schema *schema, const struct line_options *options)
{
    *r = (struct field_row){.schema = schema};
    if (options != NULL)
        r->options = *options;
    r->utc.zone = time_zone_utc();
    if (r->options.context == NULL)
        r->options.context = &r->utc;
    if (r->options.line_size_limit == 0)
        r->options.line_size_limit = LINE_SIZE_LIMIT;
    r->field_count = r->options.field_columns == NULL ? schema->column_count : r->options.field_count;
    r->line = r->options.first_line == 0 ? 1 : r->options.first_line;
}

void field_row_put_null(struct field_row *r)
{
    int32_t c = field_row_column(r);
    r->field_index++;
    if (c >= 0)
        vector_set_null(&r->out->columns[c], r->row, BATCH_ROWS_MAX, r->arena);
}

void field_row_put(struct field_row *r, const char *text, size_t size, bool is_utf8)
{
    int32_t c = field_row_column(r);
    uint32_t field = r->field_index++;
    if (c < 0 || r->refused != NULL)
        return;
    struct vector *column = &r->out->columns[c];
    void *to = (char *)column->values + r->row * type_size(column->type);
    field_set_valid(column, r->row);
    if (field_parse(column->type, text, size, is_utf8, r->options.context, r->arena, to, NULL) == STATUS_OK)
        return;
    r->refused = text;
    r->refused_size = size;
    r->refused_field = field;
}

enum status field_row_error(const struct field_row *r, uint64_t line_offset, enum status st, struct error *err)
{
    unsigned long long line = r->line + line_offset;
    if (r->options.source != NULL)
        error_prefix(err, "\"%s\": line %llu, ", r->options.source, line);
    else
        error_prefix(err, "line %llu, ", line);
    return st;
}

static const char *field_name(const struct field_row *r, uint32_t field)
{
    int32_t c = r->options.field_columns == NULL ? (int32_t)field : r->options.field_columns[field];
    return c < 0 ? "(not read)" : r->schema->columns[c].name;
}

static enum status explain_refused(const struct field_row *r, struct error *err)
{
    char unused[16] __attribute__((aligned(16)));
    int32_t c = r->options.field_columns == NULL ? (int32_t)r->refused_field : r->options.field_columns[r->refused_field];
    enum status st = field_parse(r->schema->columns[c].type, r->refused, r->refused_size, false, r->options.context, r->arena, unused,
                                 err);
    error_prefix(err, "column \"%s\": ", r->schema->columns[c].name);
    if (r->options.value_hint != NULL)
        error_hint(err, "%s", r->options.value_hint);
    return st;
}

enum status field_row_finish(const struct field_row *r, uint64_t line_offset, struct error *err)
{
    enum status st = STATUS_OK;
    if (r->field_index > r->field_count)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "extra data after last expected column");
    else if (r->refused != NULL)
        st = explain_refused(r, err);
    else if (r->field_index < r->field_count)
        st = error_set(err, STATUS_BAD_COPY_FORMAT, "missing data for column \"%s\"", field_name(r, r->field_index));
    return st == STATUS_OK ? st : field_row_error(r, line_offset, st, err);
}
