/* field.h - one text field into a column's value: what CSV, COPY text and JSON share.
 *
 * Fast paths for the fields that make up nearly all data (plain decimal
 * numbers, ISO dates and timestamps, text); everything else goes to value_parse
 * (data/text.h), so both give the same values and its errors are the only ones.
 */
#ifndef LEAT_FORMAT_FIELD_H
#define LEAT_FORMAT_FIELD_H

#include "data/batch.h"
#include "data/text.h"

/* A plain decimal number, [-]digits[.digits], of at most 18 digits that count: digits * 10^-fraction_count. */
struct decimal {
    uint64_t digits;
    uint32_t digit_count;    /* without leading zeros */
    uint32_t fraction_count; /* digits behind the point */
    bool negative;
};

/* Stores it as a value of a number type if that is exact and fits; false: let value_parse decide. */
bool decimal_store(const struct decimal *d, struct type type, void *out);

/* Reads "2024-01-15", a day that exists; false if text is anything else. */
bool field_read_date(const char *text, size_t size, int32_t *out);

/* Parses a field into *out (the type's physical form). Text longer than 12 bytes is borrowed: text must live as long as the
 * value. is_utf8: it is known to be UTF-8 without NUL, else it is checked for text. Errors are value_parse's; one that would
 * quote more than a line is shortened. */
CHECKED enum status field_parse(struct type type, const char *text, size_t size, bool is_utf8, const struct text_context *context,
                                struct arena *arena, void *out, struct error *err);
/* Sets the error for a value that does not fit, quoting at most its first 60 bytes. */
enum status field_refuse(struct error *err, enum status st, struct type type, const char *text, size_t size);

/* Marks row of a flat column as holding a value (a failed attempt at the same row may have left a NULL). */
static inline void field_set_valid(struct vector *column, uint32_t row)
{
    if (column->validity != NULL)
        bit_set(column->validity, row);
}

#endif
