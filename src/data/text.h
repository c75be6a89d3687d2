/* text.h - values from and to PostgreSQL's text form, for every type; the one place that does it. */
#ifndef LEAT_DATA_TEXT_H
#define LEAT_DATA_TEXT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "data/datetime.h"
#include "data/vector.h"

/* What text I/O depends on; a view keeps the one of its creation. */
struct text_context {
    const struct time_zone *zone;
    int64_t now_us; /* 'now', 'today' */
};

/* Parses text into *out (the type's physical form; long strings in arena). 22P02 "invalid input syntax for type integer:
 * \"x\"", 22003, 22007, 22021... as PostgreSQL words them. varchar(n)/char(n): 22001 when too long. */
CHECKED enum status value_parse(struct type type, const char *text, size_t size, const struct text_context *context,
                                struct arena *arena, void *out, struct error *err);
/* Appends the text of a value ("t"/"f", "\x00ff", shortest-exact floats as PostgreSQL's extra_float_digits = 1). */
void value_format(struct type type, const void *value, const struct text_context *context, struct buffer *out);
/* Row of a vector, which must be neither NULL nor in error. */
void vector_format(const struct vector *v, size_t row, const struct text_context *context, struct buffer *out);
/* A JSON literal: numbers bare (NaN and infinities as strings), booleans, quoted and escaped text, timestamptz ISO UTC with
 * microseconds ("2024-01-15T10:00:00.000000Z"), bytea base64, json verbatim; null for NULL. */
void vector_format_json(const struct vector *v, size_t row, struct buffer *out);
/* Appends a quoted, escaped JSON string: the one JSON string writer. */
void json_put_string(struct buffer *out, struct bytes text);
/* Shortest decimal that reads back as the same double / float, PostgreSQL's spelling ("1e+20", "Infinity"). */
void double_format(double v, struct buffer *out);
void float_format(float v, struct buffer *out);
/* Whole text is a number of that kind; blanks around are allowed. 22P02, 22003. */
CHECKED enum status double_parse(const char *text, size_t size, double *out, struct error *err);
CHECKED enum status int64_parse(const char *text, size_t size, int64_t *out, struct error *err);
/* The position of the first byte that is not valid UTF-8 (or is NUL), or size. */
size_t utf8_validate(const char *text, size_t size);
/* How many bytes a byte order mark takes at the beginning of the text: UTF8_MARK_SIZE or 0. */
enum { UTF8_MARK_SIZE = 3 };
size_t utf8_mark_size(struct bytes text);
size_t utf8_length(const char *text, size_t size); /* characters */
/* Checks JSON text (RFC 8259) to the end; 22P02 with detail. */
CHECKED enum status json_validate(const char *text, size_t size, struct error *err);
/* jsonb's canonical text. */
CHECKED enum status jsonb_normalize(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err);

#endif
