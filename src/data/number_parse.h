/* number_parse.h - what the text forms of this folder share. For this folder only. */
#ifndef LEAT_DATA_NUMBER_PARSE_H
#define LEAT_DATA_NUMBER_PARSE_H

#include "base/bytes.h"
#include "base/status.h"

/* Without the blanks around. */
struct bytes text_trim(const char *text, size_t size);
/* invalid input syntax for type <type>: "<text>" */
enum status text_syntax_error(const char *type, const char *text, size_t size, struct error *err);
/* invalid byte sequence for encoding "UTF8": the bytes at position. */
enum status text_encoding_error(const char *text, size_t size, size_t position, struct error *err);
/* An integer in [min, max]; type is for the message. */
CHECKED enum status integer_parse(const char *text, size_t size, int64_t min, int64_t max, const char *type, int64_t *out,
                                  struct error *err);
CHECKED enum status float_parse(const char *text, size_t size, float *out, struct error *err);

#endif
