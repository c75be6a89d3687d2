/* field_row.h - the fields of one line into one row of a batch: what CSV and COPY text share.
 *
 * A reader offers the fields of a line in order, then finishes it. Errors are
 * kept until then, since a line that is not complete yet is offered again.
 */
#ifndef LEAT_FORMAT_FIELD_ROW_H
#define LEAT_FORMAT_FIELD_ROW_H

#include "format/field.h"

enum { LINE_SIZE_LIMIT = 64 << 20 }; /* default limit of one line */

/* Options of every reader of lines. Zero means the default. Texts must outlive the reader. */
struct line_options {
    const int32_t *field_columns;       /* by field of the file: the schema's column, -1: skipped. NULL: field i is column i */
    uint32_t field_count;               /* with field_columns */
    size_t line_size_limit;             /* bytes; 0: 64 MiB */
    uint64_t first_line;                /* number of the first line, for errors; 0: 1 */
    const char *source;                 /* a file's name, for errors; NULL: none */
    const char *value_hint;             /* added to the error of a value that does not fit its column; NULL: none */
    const struct text_context *context; /* NULL: UTC */
};

struct field_row {
    struct line_options options;
    struct text_context utc;
    const struct schema *schema;
    uint32_t field_count;
    struct batch *out;
    struct arena *arena;
    uint32_t row, field_index; /* the field that is offered next */
    const char *refused;       /* the first value that did not fit, and of which field */
    size_t refused_size;
    uint32_t refused_field;
    uint64_t line; /* number of the line at the beginning of the present text */
};

void field_row_init(struct field_row *r, const struct schema *schema, const struct line_options *options);
static inline void field_row_begin(struct field_row *r, struct batch *out, struct arena *arena)
{
    r->out = out;
    r->arena = arena;
    r->row = out->row_count;
    r->field_index = 0;
    r->refused = NULL;
}
/* The column that the next field is for, or -1 if it is not wanted. */
static inline int32_t field_row_column(const struct field_row *r)
{
    if (r->options.field_columns == NULL || r->field_index >= r->field_count)
        return r->field_index < r->field_count ? (int32_t)r->field_index : -1;
    return r->options.field_columns[r->field_index];
}
void field_row_put_null(struct field_row *r);
/* Long text is borrowed. is_utf8: see field_parse. */
void field_row_put(struct field_row *r, const char *text, size_t size, bool is_utf8);
/* After the last field: checks their number and reports a refused value. line_offset: lines before this one in the text. */
CHECKED enum status field_row_finish(const struct field_row *r, uint64_t line_offset, struct error *err);
/* Puts `"file": line 3, ` in front of err and returns st. */
enum status field_row_error(const struct field_row *r, uint64_t line_offset, enum status st, struct error *err);

#endif
