/* csv_split.h - CSV text into fields; shared by reader and sampler.
 *
 * PostgreSQL's rules: a quote may begin and end anywhere in a field, inside it
 * delimiters and newlines are text, and a field with any quote is never NULL.
 */
#ifndef LEAT_FORMAT_CSV_SPLIT_H
#define LEAT_FORMAT_CSV_SPLIT_H

#include "base/arena.h"
#include "format/csv.h"
#include "format/field_lines.h"

struct csv_field {
    const char *data;
    size_t size;
    bool is_quoted;
    bool is_odd; /* may hold bytes that are not ASCII */
};

/* Reads the field at p. Returns where the next begins (behind the delimiter or newline); *how tells why it ended. Fields
 * with inner quotes are put together in arena, others point into the text. */
const char *csv_next_field(const struct csv_options *options, const char *p, const char *end, bool is_last, struct arena *arena,
                           struct csv_field *out, enum field_end *how);

#endif
