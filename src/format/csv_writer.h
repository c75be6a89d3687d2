/* csv_writer.h - rows to CSV text. */
#ifndef LEAT_FORMAT_CSV_WRITER_H
#define LEAT_FORMAT_CSV_WRITER_H

#include "data/batch.h"
#include "data/text.h"
#include "format/csv.h"

enum csv_style {
    CSV_STYLE_COPY, /* as COPY ... (FORMAT csv): a value that reads like NULL is quoted, so it comes back */
    CSV_STYLE_PSQL  /* as psql --csv: NULL and the empty string are both empty */
};

/* Appends one value, quoted where needed. is_only: it is the line's only field ("\." then needs quotes under COPY). */
void csv_put_field(const struct csv_options *options, enum csv_style style, struct bytes text, bool is_only, struct buffer *out);
/* Appends the line of column names. options may be NULL here and below. */
void csv_put_header(const struct csv_options *options, enum csv_style style, const struct schema *schema, struct buffer *out);
/* Appends a row as a line ending in LF. */
void csv_put_row(const struct csv_options *options, enum csv_style style, const struct batch *b, uint32_t row,
                 const struct text_context *context, struct buffer *out);

#endif
