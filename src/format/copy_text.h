/* copy_text.h - the text format of PostgreSQL's COPY: tab, \N, backslash escapes. */
#ifndef LEAT_FORMAT_COPY_TEXT_H
#define LEAT_FORMAT_COPY_TEXT_H

#include "format/field_row.h"

/* Zero means the default. Texts must outlive who uses the options. */
struct copy_text_options {
    char delimiter;        /* tab */
    const char *null_text; /* "\\N" */
    bool has_header;       /* the first line is skipped */
};

struct copy_text_reader;

/* As csv_reader_create and csv_reader_read (format/csv_reader.h), which see. A line "\." ends the data. */
CHECKED enum status copy_text_reader_create(const struct schema *schema, const struct copy_text_options *options,
                                            const struct line_options *line, struct copy_text_reader **out, struct error *err);
void copy_text_reader_destroy(struct copy_text_reader *r); /* accepts NULL */
CHECKED enum status copy_text_reader_read(struct copy_text_reader *r, struct bytes text, bool is_last, struct batch *out,
                                          struct arena *arena, size_t *consumed, struct error *err);
bool copy_text_reader_is_done(const struct copy_text_reader *r);

/* Appends one value, escaped; a row as a line ending in LF; the line of column names. options may be NULL. */
void copy_text_put_row(const struct copy_text_options *options, const struct batch *b, uint32_t row,
                       const struct text_context *context, struct buffer *out);
void copy_text_put_header(const struct copy_text_options *options, const struct schema *schema, struct buffer *out);

#endif
