/* date_parse.h - what a date or time text says, before it is checked against a type. For this folder only. */
#ifndef LEAT_DATA_DATE_PARSE_H
#define LEAT_DATA_DATE_PARSE_H

#include "data/datetime.h"

enum date_word { DATE_WORD_NONE, DATE_WORD_INFINITY, DATE_WORD_MINUS_INFINITY, DATE_WORD_EPOCH, DATE_WORD_NOW };

/* Why a text is refused; the caller words it. */
enum date_problem {
    DATE_OK,
    DATE_BAD_FORMAT,
    DATE_OVERFLOW,          /* field out of range */
    DATE_MONTH_OVERFLOW,    /* the same, perhaps another DateStyle was meant */
    DATE_ZONE_OVERFLOW,
    DATE_ZONE_UNKNOWN,
};

struct date_text {
    enum date_word word;
    bool has_date, has_time, has_zone;
    struct civil civil;          /* hour may be 24 and second 60: civil_to_us_checked carries them */
    int32_t offset_s;            /* has_zone and zone == NULL */
    const struct time_zone *zone; /* a named one */
    char zone_name[64];          /* the one that is unknown */
};

enum date_problem date_text_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, struct date_text *out);
/* Sets the error for a problem; type is "date", "timestamp"... */
enum status date_problem_error(enum date_problem problem, const char *type, const char *text, size_t size, const struct date_text *d,
                               struct error *err);
/* "15", "15.25" as whole seconds and microseconds; false if not digits. */
bool seconds_parse(const char *text, size_t size, int64_t *seconds, int32_t *microsecond);
/* The offset of a time zone abbreviation that PostgreSQL knows by default; lower case. */
bool zone_abbreviation_find(const char *word, int32_t *offset_s);

#endif
