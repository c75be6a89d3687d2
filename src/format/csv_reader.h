/* csv_reader.h - CSV text, chunk by chunk, to rows of a batch.
 *
 * RFC 4180 with the options of PostgreSQL's COPY ... (FORMAT csv). Lines end in
 * LF or CRLF; a byte order mark at the beginning is skipped.
 *
 * The caller offers text; the reader says how much of it made whole rows. The
 * rest is offered again, with more behind it (at least twice as much, lest a
 * long line be scanned over and over), until is_last.
 */
#ifndef LEAT_FORMAT_CSV_READER_H
#define LEAT_FORMAT_CSV_READER_H

#include "format/csv.h"
#include "format/field_lines.h"

struct csv_reader;

/* A reader into batches of schema, which must outlive it. csv and line may be NULL. 22023 for options that contradict each
 * other. *out is the caller's. */
CHECKED enum status csv_reader_create(const struct schema *schema, const struct csv_options *csv, const struct line_options *line,
                                      struct csv_reader **out, struct error *err);
void csv_reader_destroy(struct csv_reader *r); /* accepts NULL */

/* Appends rows to out (flat columns of the schema, row_count counted up) until it has BATCH_ROWS_MAX or text has no further
 * whole line. Long strings point into text; those that were put together, into arena. *consumed: bytes that are done with.
 * On an error (22P02..., 22P04, 54000 for a line over the limit) the rows before it are in out, and *consumed includes the
 * bad line, so that a caller who goes on may call again behind it. */
CHECKED enum status csv_reader_read(struct csv_reader *r, struct bytes text, bool is_last, struct batch *out, struct arena *arena,
                                    size_t *consumed, struct error *err);
/* Has the end marker been read? Then nothing more is. */
bool csv_reader_is_done(const struct csv_reader *r);

#endif
