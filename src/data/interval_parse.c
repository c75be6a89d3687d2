/* interval_parse.c - interval input: PostgreSQL's words, ISO 8601 durations ("P1Y2M3DT4H5M6S"), SQL's "1-2" and "1 12:00:00". */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/calendar.h"
#include "data/date_parse.h"
#include "data/time_unit.h"

struct parse {
    const char *at, *end;
    int64_t months, days, microseconds;
    uint32_t seen; /* units that are set, one bit each */
    bool overflow;
};

static void add_scaled(struct parse *p, int64_t *field, int64_t v, int64_t scale)
{
    int64_t product;
    p->overflow = p->overflow || __builtin_mul_overflow(v, scale, &product) || __builtin_add_overflow(*field, product, field);
}

/* A fraction of a unit of scale microseconds. */
static void add_fraction_us(struct parse *p, double fraction, int64_t scale)
{
    if (fraction == 0)
        return;
    fraction *= (double)scale;
    int64_t whole = (int64_t)fraction;
    fraction -= (double)whole;
    whole += fraction > 0.5 ? 1 : fraction < -0.5 ? -1 : 0;
    add_scaled(p, &p->microseconds, whole, 1);
}

static void add_fraction_days(struct parse *p, double fraction, int scale)
{
    fraction *= scale;
    int64_t whole = (int64_t)fraction;
    add_scaled(p, &p->days, whole, 1);
    add_fraction_us(p, fraction - (double)whole, US_PER_DAY);
}

/* value.fraction units */
static void add_unit(struct parse *p, enum time_unit unit, int64_t value, double fraction)
{
    int64_t us = time_unit_us(unit);
    int months = time_unit_months(unit);
    if (us != 0) {
        add_scaled(p, &p->microseconds, value, us);
        add_fraction_us(p, fraction, us);
    } else if (unit == UNIT_DAY || unit == UNIT_WEEK) {
        int days = unit == UNIT_WEEK ? 7 : 1;
        add_scaled(p, &p->days, value, days);
        if (unit == UNIT_WEEK)
            add_fraction_days(p, fraction, 7);
        else
            add_fraction_us(p, fraction, US_PER_DAY);
    } else if (unit == UNIT_MONTH) {
        add_scaled(p, &p->months, value, 1);
        add_fraction_days(p, fraction, 30);
    } else {
        add_scaled(p, &p->months, value, months);
        add_scaled(p, &p->months, (int64_t)rint(fraction * months), 1);
    }
}

/* Claims a unit; false if it was there already. */
static bool claim(struct parse *p, uint32_t units)
{
    bool first = (p->seen & units) == 0;
    p->seen |= units;
    return first;
}

/* [+-]digits[.digits]; the fraction has the sign too. False if there is no number. */
static bool read_number(struct parse *p, int64_t *value, double *fraction, bool *negative)
{
    const char *begin = p->at;
    *negative = p->at < p->end && *p->at == '-';
    if (p->at < p->end && (*p->at == '-' || *p->at == '+'))
        p->at++;
    const char *digits = p->at;
    *value = 0;
    *fraction = 0;
    for (; p->at < p->end && isdigit((unsigned char)*p->at); p->at++)
        p->overflow = p->overflow || __builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, *p->at - '0', value);
    size_t count = (size_t)(p->at - digits);
    if (p->at < p->end && *p->at == '.') {
        char text[64] = "0.";
        size_t used = 2;
        for (p->at++; p->at < p->end && isdigit((unsigned char)*p->at); p->at++, count++)
            if (used + 1 < sizeof text)
                text[used++] = *p->at;
        text[used] = '\0';
        *fraction = strtod(text, NULL);
    }
    if (count == 0) {
        p->at = begin;
        return false;
    }
    if (*negative) {
        *value = -*value;
        *fraction = -*fraction;
    }
    return true;
}

static void skip_blanks(struct parse *p)
{
    while (p->at < p->end && isspace((unsigned char)*p->at))
        p->at++;
}

static size_t read_word(struct parse *p, char word[24])
{
    size_t size = 0;
    while (p->at < p->end && isalpha((unsigned char)*p->at) && size + 1 < 24)
        word[size++] = (char)tolower((unsigned char)*p->at++);
    word[size] = '\0';
    return size;
}

enum { TIME_UNITS = 1u << UNIT_HOUR | 1u << UNIT_MINUTE | 1u << UNIT_SECOND };

/* ":mm[:ss[.f]]" behind the hours. */
static enum date_problem read_time(struct parse *p, int64_t hours, bool negative)
{
    int64_t parts[2] = {0, 0};
    int32_t microsecond = 0;
    int count = 0;
    bool fraction_on_minutes = false;
    while (p->at < p->end && *p->at == ':' && count < 2) {
        const char *begin = ++p->at;
        while (p->at < p->end && (isdigit((unsigned char)*p->at) || *p->at == '.'))
            p->at++;
        if (!seconds_parse(begin, (size_t)(p->at - begin), &parts[count], &microsecond))
            return DATE_BAD_FORMAT;
        fraction_on_minutes = memchr(begin, '.', (size_t)(p->at - begin)) != NULL && count == 0;
        count++;
    }
    if (fraction_on_minutes && count == 1) { /* mm:ss.f */
        parts[1] = parts[0];
        parts[0] = hours < 0 ? -hours : hours;
        hours = 0;
    }
    if (!claim(p, TIME_UNITS))
        return DATE_BAD_FORMAT;
    if (parts[0] > 59 || parts[1] > 60)
        return DATE_OVERFLOW;
    int sign = negative ? -1 : 1;
    add_scaled(p, &p->microseconds, hours, US_PER_HOUR);
    add_scaled(p, &p->microseconds, sign * (parts[0] * US_PER_MINUTE + parts[1] * US_PER_SECOND + microsecond), 1);
    return DATE_OK;
}

/* "-mm" behind years: SQL's year-month. */
static enum date_problem read_year_month(struct parse *p, int64_t years, bool negative)
{
    const char *begin = ++p->at;
    int64_t months = 0;
    for (; p->at < p->end && isdigit((unsigned char)*p->at) && p->at - begin < 4; p->at++)
        months = months * 10 + (*p->at - '0');
    bool goes_on = p->at < p->end && !isspace((unsigned char)*p->at); /* a date, perhaps */
    if (p->at == begin || goes_on || !claim(p, 1u << UNIT_YEAR | 1u << UNIT_MONTH))
        return DATE_BAD_FORMAT;
    if (months > 11)
        return DATE_OVERFLOW;
    add_scaled(p, &p->months, years, 12);
    add_scaled(p, &p->months, negative ? -months : months, 1);
    return DATE_OK;
}

static enum date_problem read_quantity(struct parse *p)
{
    int64_t value;
    double fraction;
    bool negative;
    if (!read_number(p, &value, &fraction, &negative))
        return DATE_BAD_FORMAT;
    if (p->at < p->end && *p->at == ':' && fraction == 0)
        return read_time(p, value, negative);
    if (p->at < p->end && *p->at == '-' && fraction == 0 && p->end - p->at > 1 && isdigit((unsigned char)p->at[1]))
        return read_year_month(p, value, negative);
    skip_blanks(p);
    enum time_unit unit = UNIT_SECOND;
    char word[24];
    if (p->at < p->end && isalpha((unsigned char)*p->at)) {
        read_word(p, word);
        unit = time_unit_find(word);
        if (unit == UNIT_NONE || unit > UNIT_MILLENNIUM || unit == UNIT_QUARTER)
            return DATE_BAD_FORMAT;
    } else if (p->at < p->end) {
        unit = UNIT_DAY; /* "1 12:00:00" */
        const char *colon = memchr(p->at, ':', (size_t)(p->end - p->at));
        if (colon == NULL)
            return DATE_BAD_FORMAT;
    }
    if (!claim(p, 1u << unit))
        return DATE_BAD_FORMAT;
    add_unit(p, unit, value, fraction);
    return DATE_OK;
}

static enum date_problem parse_words(struct parse *p)
{
    bool ago = false, any = false;
    for (skip_blanks(p); p->at < p->end; skip_blanks(p)) {
        char word[24];
        if (*p->at == '@') {
            p->at++;
            continue;
        }
        if (isalpha((unsigned char)*p->at)) {
            read_word(p, word);
            if (strcmp(word, "ago") != 0 || !any || ago)
                return DATE_BAD_FORMAT;
            ago = true;
            continue;
        }
        enum date_problem problem = ago ? DATE_BAD_FORMAT : read_quantity(p);
        if (problem != DATE_OK)
            return problem;
        any = true;
    }
    if (ago) {
        p->months = -p->months;
        p->days = -p->days;
        p->microseconds = -p->microseconds;
    }
    return any ? DATE_OK : DATE_BAD_FORMAT;
}

static enum time_unit iso_unit(char designator, bool is_time)
{
    switch (designator) {
    case 'Y': return is_time ? UNIT_NONE : UNIT_YEAR;
    case 'M': return is_time ? UNIT_MINUTE : UNIT_MONTH;
    case 'W': return is_time ? UNIT_NONE : UNIT_WEEK;
    case 'D': return is_time ? UNIT_NONE : UNIT_DAY;
    case 'H': return is_time ? UNIT_HOUR : UNIT_NONE;
    case 'S': return is_time ? UNIT_SECOND : UNIT_NONE;
    default: return UNIT_NONE;
    }
}

/* Behind the P. */
static enum date_problem parse_iso(struct parse *p)
{
    bool is_time = false, any = false;
    while (p->at < p->end) {
        if (*p->at == 'T' && !is_time) {
            is_time = true;
            p->at++;
            continue;
        }
        int64_t value;
        double fraction;
        bool negative;
        if (!read_number(p, &value, &fraction, &negative))
            return DATE_BAD_FORMAT;
        if (is_time && p->at < p->end && *p->at == ':') {
            enum date_problem problem = read_time(p, value, negative);
            if (problem != DATE_OK)
                return problem;
            any = true;
            continue;
        }
        enum time_unit unit = p->at < p->end ? iso_unit(*p->at, is_time) : UNIT_NONE;
        if (unit == UNIT_NONE)
            return DATE_BAD_FORMAT;
        p->at++;
        add_unit(p, unit, value, fraction);
        any = true;
    }
    return any || is_time ? DATE_OK : DATE_BAD_FORMAT;
}

enum status interval_parse(const char *text, size_t size, struct interval *out, struct error *err)
{
    struct parse p = {.at = text, .end = text + size};
    skip_blanks(&p);
    bool is_iso = p.end - p.at > 1 && *p.at == 'P';
    if (is_iso)
        p.at++;
    enum date_problem problem = is_iso ? parse_iso(&p) : parse_words(&p);
    int shown = (int)(size < 900 ? size : 900);
    if (problem == DATE_BAD_FORMAT)
        return error_set(err, STATUS_INVALID_DATETIME_FORMAT, "invalid input syntax for type interval: \"%.*s\"", shown, text);
    if (problem != DATE_OK || p.overflow || p.months != (int32_t)p.months || p.days != (int32_t)p.days)
        return error_set(err, STATUS_INTERVAL_OVERFLOW, "interval field value out of range: \"%.*s\"", shown, text);
    *out = (struct interval){.months = (int32_t)p.months, .days = (int32_t)p.days, .microseconds = p.microseconds};
    return STATUS_OK;
}
