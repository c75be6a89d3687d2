/* text_bytes.h - text, bytea and uuid from and to their text form. For this folder only. */
#ifndef LEAT_DATA_TEXT_BYTES_H
#define LEAT_DATA_TEXT_BYTES_H

#include "base/arena.h"
#include "base/buffer.h"
#include "data/string.h"
#include "data/type.h"

/* text, varchar(n), char(n): valid UTF-8, not longer than n (blanks beyond n are cut), char padded to n. 22021, 22001. */
CHECKED enum status characters_parse(struct type type, const char *text, size_t size, struct arena *arena, struct string *out,
                                     struct error *err);
CHECKED enum status bytea_parse(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err);
void bytea_format(struct bytes v, struct buffer *out);
CHECKED enum status uuid_parse(const char *text, size_t size, uint8_t out[16], struct error *err);
void uuid_format(const uint8_t v[16], struct buffer *out);

#endif
