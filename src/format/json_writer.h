/* json_writer.h - rows to JSON objects: {"name":value,...}, columns as declared, no blanks.
 *
 * Values are those of vector_format_json (data/text.h): numeric bare, timestamptz
 * ISO UTC with microseconds, bytea base64, NULL as null.
 */
#ifndef LEAT_FORMAT_JSON_WRITER_H
#define LEAT_FORMAT_JSON_WRITER_H

#include "data/batch.h"
#include "data/text.h"

struct json_encoder;

/* Prepares `"name":` for each column. columns: which of the schema's to write, in order, column_count many; NULL: all.
 * Never fails; *out keeps nothing of schema. The caller destroys it. Read-only in use: many threads may share one. */
struct json_encoder *json_encoder_create(const struct schema *schema, const uint32_t *columns, uint32_t column_count);
void json_encoder_destroy(struct json_encoder *e); /* accepts NULL */

/* Appends a row of a batch of that schema as an object. No newline. */
void json_encoder_put(const struct json_encoder *e, const struct batch *b, uint32_t row, struct buffer *out);
/* Appends `"name":value,...` without braces, for callers that put fields of their own beside. */
void json_encoder_put_fields(const struct json_encoder *e, const struct batch *b, uint32_t row, struct buffer *out);
/* Appends all rows that take part, each with LF behind it. */
void json_encoder_put_lines(const struct json_encoder *e, const struct batch *b, struct buffer *out);

#endif
