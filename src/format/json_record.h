/* json_record.h - JSON objects to rows of a batch.
 *
 * A record is one JSON object. Its field whose name is a column's exactly, else
 * the only one that matches case-insensitively, becomes the column's value; of
 * duplicates the last counts; a missing one is NULL. The text is checked
 * completely (RFC 8259, UTF-8, at most 1,000 levels), wanted or not.
 *
 * Numbers go to numeric from their text. Strings hold any type's text form.
 * Timestamps are ISO 8601, UTC unless they name a zone, or numbers if a time
 * unit is set. Objects and arrays are kept verbatim by json and text columns.
 * bytea is base64.
 *
 * The order of fields is predicted to be that of the last record, so a decoder
 * learns; it belongs to one thread at a time.
 */
#ifndef LEAT_FORMAT_JSON_RECORD_H
#define LEAT_FORMAT_JSON_RECORD_H

#include "data/batch.h"
#include "data/text.h"

struct json_decoder;

enum json_time_unit { JSON_TIME_NONE, JSON_TIME_S, JSON_TIME_MS, JSON_TIME_US };

struct json_decoder_options {
    bool reject_unknown;               /* a field that is no column's is an error */
    enum json_time_unit time_unit;     /* what a number in a timestamp column counts; NONE: it is an error */
    const bool *wanted;                /* by column; the others' fields are known but skipped. NULL: all */
    const char *const *paths;          /* by column: "$.a.b" or "$.\"odd name\".b", NULL: "$.<name>". NULL: none has one */
    const struct text_context *context; /* for text forms of values; NULL: UTC. Must outlive the decoder */
};

/* A decoder into batches of this schema (copied). options may be NULL. 22023 for a bad path. *out is the caller's. */
CHECKED enum status json_decoder_create(const struct schema *schema, const struct json_decoder_options *options,
                                        struct json_decoder **out, struct error *err);
void json_decoder_destroy(struct json_decoder *d); /* accepts NULL */

/* Decodes one record into row `row` of out, whose wanted columns are FLAT with room for BATCH_ROWS_MAX rows; row_count is
 * the caller's. Long strings without escapes point into text, others into arena, which also gets validity bitmaps.
 * A failed row's values are undefined; decode another record into it. Errors name the column or the byte (from 1):
 * 22P02, 22003, 22007, 22021, 54000 (too deep, too long) ... */
CHECKED enum status json_decoder_decode(struct json_decoder *d, struct bytes text, struct batch *out, uint32_t row,
                                        struct arena *arena, struct error *err);
/* The same for a record that more text may follow: *consumed is its size with the blanks before it. *is_cut: it failed
 * because text ends inside it. */
CHECKED enum status json_decoder_decode_first(struct json_decoder *d, struct bytes text, struct batch *out, uint32_t row,
                                              struct arena *arena, size_t *consumed, bool *is_cut, struct error *err);
/* Was the column absent from the last record (and so set to NULL)? For defaults. */
bool json_decoder_is_missing(const struct json_decoder *d, uint32_t column);
/* After a failure: the column whose value was refused, or -1 if the record itself is wrong; and where (from 0). */
int json_decoder_failed_column(const struct json_decoder *d);
size_t json_decoder_failed_position(const struct json_decoder *d);

#endif
