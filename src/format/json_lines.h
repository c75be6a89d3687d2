/* json_lines.h - JSON text, chunk by chunk, to rows of a batch.
 *
 * The text is objects one after the other, as in newline-delimited JSON (an
 * object may also span lines), or one array of objects. A byte order mark at
 * the beginning is skipped.
 *
 * The chunks are those of csv_reader.h: what was not consumed is offered again
 * with more behind it, until is_last.
 */
#ifndef LEAT_FORMAT_JSON_LINES_H
#define LEAT_FORMAT_JSON_LINES_H

#include "format/json_record.h"

struct json_lines;

/* Zero means the default. Texts must outlive the reader. */
struct json_lines_options {
    struct json_decoder_options decoder;
    size_t record_size_limit; /* bytes; 0: 64 MiB */
    uint64_t first_line;      /* number of the first line, for errors; 0: 1 */
    const char *source;       /* a file's name, for errors; NULL: none */
    const char *value_hint;   /* added to the error of a value that does not fit its column; NULL: none */
};

/* options may be NULL. *out is the caller's. */
CHECKED enum status json_lines_create(const struct schema *schema, const struct json_lines_options *options, struct json_lines **out,
                                      struct error *err);
void json_lines_destroy(struct json_lines *r); /* accepts NULL */

/* Appends rows to out (flat columns of the schema, row_count counted up) until it has BATCH_ROWS_MAX or text has no further
 * whole record. Strings may point into text. *consumed: bytes that are done with. On an error the rows before it are in out,
 * and *consumed includes the bad record's line, so that a caller who goes on may call again behind it. Errors begin with
 * `"file": line 3, `, then the column or byte of the record. */
CHECKED enum status json_lines_read(struct json_lines *r, struct bytes text, bool is_last, struct batch *out, struct arena *arena,
                                    size_t *consumed, struct error *err);

#endif
