/* date_text.c - PostgreSQL's date and time input with DateStyle "ISO, MDY".
 *
 * The text is a sequence of fields in nearly any order: numbers, dates
 * ("2024-01-15", "15-Jan-2024", "1/15/2024"), times, signed offsets, words.
 * Each field is told by its first bytes and fills a part of struct date_text;
 * filling a part twice is a bad format.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/calendar.h"
#include "data/date_parse.h"
#include "data/number_parse.h"

enum { NOT_SET = INT32_MIN };
enum { FIELD_SIZE_MAX = 64 };

struct parse {
    const char *at, *end;
    int64_t now_us;
    const struct time_zone *session_zone;
    struct date_text *out;
    int32_t year, month, day;
    int year_digits;
    int meridiem; /* 0, 1 = AM, 2 = PM */
    bool is_bc, has_era, has_julian, month_is_text, expects_time, has_relative;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(const struct parse *p)
{
    return p->at < p->end ? *p->at : '\0';
}

/* The value of up to nine digits; the text goes on behind them, or ends. */
static int32_t digits_value(const char *text, size_t count)
{
    int32_t v = 0;
    for (size_t i = 0; i < count; i++)
        v = v * 10 + (text[i] - '0');
    return v;
}

bool seconds_parse(const char *text, size_t size, int64_t *seconds, int32_t *microsecond)
{
    size_t i = 0;
    *seconds = 0;
    *microsecond = 0;
    while (i < size && is_digit(text[i]) && i < 18)
        *seconds = *seconds * 10 + (text[i++] - '0');
    if (i == size)
        return size != 0;
    if (text[i] != '.')
        return false;
    size_t first = ++i;
    int64_t fraction = 0, unit = 1;
    bool up = false, exact_half = true;
    for (; i < size && is_digit(text[i]); i++) {
        if (i - first < 6) {
            fraction = fraction * 10 + (text[i] - '0');
            unit *= 10;
        } else if (i - first == 6) {
            up = text[i] >= '5';
            exact_half = text[i] == '5';
        } else if (text[i] != '0') {
            exact_half = false;
        }
    }
    fraction *= 1000000 / unit;
    if (i - first > 6 && up && (!exact_half || (fraction & 1)))
        fraction++; /* rint */
    *microsecond = (int32_t)(fraction % 1000000);
    *seconds += fraction / 1000000;
    return i == size;
}

static const char *const MONTHS[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};

/* "jan", "january", "sept": 1..12, or 0. */
static int month_of_word(const char *word)
{
    if (strcmp(word, "sept") == 0)
        return 9;
    for (int i = 0; i < 12; i++) {
        char full[16] = "";
        for (size_t k = 0; MONTH_NAMES[i][k] != '\0'; k++)
            full[k] = (char)tolower((unsigned char)MONTH_NAMES[i][k]);
        if (strcmp(word, MONTHS[i]) == 0 || strcmp(word, full) == 0)
            return i + 1;
    }
    return 0;
}

static bool is_weekday(const char *word)
{
    static const char *const WORDS[] = {"mon", "monday", "tue", "tues", "tuesday", "wed", "weds", "wednesday", "thu", "thur", "thurs",
                                        "thursday", "fri", "friday", "sat", "saturday", "sun", "sunday"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (strcmp(WORDS[i], word) == 0)
            return true;
    return false;
}

static enum date_problem set_part(int32_t *part, int32_t v)
{
    if (*part != NOT_SET)
        return DATE_BAD_FORMAT;
    *part = v;
    return DATE_OK;
}

static enum date_problem set_year(struct parse *p, int32_t v, int digits)
{
    p->year_digits = digits;
    return set_part(&p->year, v);
}

static enum date_problem set_day_of_year(struct parse *p, int32_t year, int day_of_year)
{
    if (p->year != NOT_SET || p->month != NOT_SET || p->day != NOT_SET)
        return DATE_BAD_FORMAT;
    if (day_of_year < 1 || day_of_year > 366)
        return DATE_OVERFLOW;
    int8_t month, day;
    civil_from_days(civil_to_days(year, 1, 1) + day_of_year - 1, &year, &month, &day);
    p->year = year;
    p->month = month;
    p->day = day;
    p->year_digits = 4;
    return DATE_OK;
}

struct part {
    const char *text;
    int size;
    bool is_number;
    int32_t value;
};

/* A number with the date's order taken from what is known: a year shows by its digits, else month, day, year. */
static enum date_problem set_number(struct parse *p, const struct part *part)
{
    if (part->size >= 3 && p->year == NOT_SET)
        return set_year(p, part->value, part->size);
    if (p->month == NOT_SET)
        return set_part(&p->month, part->value);
    if (p->day == NOT_SET)
        return set_part(&p->day, part->value);
    return set_year(p, part->value, part->size);
}

static enum date_problem set_parts(struct parse *p, struct part *parts, int count)
{
    for (int i = 0; i < count; i++) {
        if (parts[i].is_number)
            continue;
        char word[FIELD_SIZE_MAX];
        snprintf(word, sizeof word, "%.*s", parts[i].size, parts[i].text);
        int month = month_of_word(word);
        if (month == 0)
            return DATE_BAD_FORMAT;
        enum date_problem problem = set_part(&p->month, month);
        if (problem != DATE_OK)
            return problem;
        p->month_is_text = true;
    }
    if (count == 2 && parts[0].is_number && parts[1].is_number && parts[0].size >= 4 && parts[1].size == 3)
        return set_day_of_year(p, parts[0].value, parts[1].value);
    for (int i = 0; i < count; i++) {
        enum date_problem problem = parts[i].is_number ? set_number(p, &parts[i]) : DATE_OK;
        if (problem != DATE_OK)
            return problem;
    }
    return DATE_OK;
}

/* "2024-01-15", "1/15/2024", "15-Jan-2024", "Jan-15-2024": up to three parts with one delimiter between. */
static enum date_problem read_date(struct parse *p)
{
    char field[FIELD_SIZE_MAX];
    size_t size = 0;
    char delimiter = '\0';
    struct part parts[3];
    int count = 0;
    while (p->at < p->end && size + 1 < sizeof field) {
        size_t begin = size;
        bool number = is_digit(*p->at);
        while (p->at < p->end && size + 1 < sizeof field && (number ? is_digit(*p->at) : isalpha((unsigned char)*p->at) != 0))
            field[size++] = (char)tolower((unsigned char)*p->at++);
        if (size == begin || count == 3)
            return DATE_BAD_FORMAT;
        if (number && size - begin > 9)
            return DATE_OVERFLOW;
        parts[count++] = (struct part){field + begin, (int)(size - begin), number, 0};
        if (count == 3 || p->at == p->end || strchr("-/.", *p->at) == NULL)
            break;
        if (delimiter != '\0' && *p->at != delimiter)
            return DATE_BAD_FORMAT;
        delimiter = *p->at++;
    }
    field[size] = '\0';
    for (int i = 0; i < count; i++)
        if (parts[i].is_number)
            parts[i].value = digits_value(parts[i].text, (size_t)parts[i].size);
    if (count < 2)
        return DATE_BAD_FORMAT;
    return set_parts(p, parts, count);
}

/* hh:mm[:ss[.ffffff]] */
static enum date_problem read_time(struct parse *p)
{
    const char *begin = p->at;
    while (p->at < p->end && (is_digit(*p->at) || *p->at == ':' || *p->at == '.'))
        p->at++;
    int64_t parts[3] = {0};
    int32_t microsecond = 0;
    const char *at = begin;
    if (p->out->has_time)
        return DATE_BAD_FORMAT;
    for (int i = 0;; i++) {
        const char *colon = memchr(at, ':', (size_t)(p->at - at)), *stop = colon != NULL ? colon : p->at;
        if (i == 3 || !seconds_parse(at, (size_t)(stop - at), &parts[i], &microsecond))
            return DATE_BAD_FORMAT;
        if (colon != NULL && memchr(at, '.', (size_t)(stop - at)) != NULL)
            return DATE_BAD_FORMAT; /* only the last part may have a fraction */
        if (colon == NULL) {
            if (i == 1 && memchr(at, '.', (size_t)(stop - at)) != NULL) { /* mm:ss.fff */
                parts[2] = parts[1];
                parts[1] = parts[0];
                parts[0] = 0;
            }
            break;
        }
        at = colon + 1;
    }
    if (parts[0] > 24 || parts[1] > 59 || parts[2] > 60 ||
        (parts[0] == 24 && (parts[1] != 0 || parts[2] != 0 || microsecond != 0)) || (parts[2] == 60 && microsecond != 0))
        return DATE_OVERFLOW;
    p->out->has_time = true;
    p->out->civil.hour = (int8_t)parts[0];
    p->out->civil.minute = (int8_t)parts[1];
    p->out->civil.second = (int8_t)parts[2];
    p->out->civil.microsecond = microsecond;
    return DATE_OK;
}

/* hhmm or hhmmss, perhaps with a fraction. */
static enum date_problem set_packed_time(struct parse *p, const char *text, size_t digits, const char *end)
{
    char spelled[FIELD_SIZE_MAX];
    if (digits == 4)
        snprintf(spelled, sizeof spelled, "%.2s:%.2s", text, text + 2);
    else
        snprintf(spelled, sizeof spelled, "%.2s:%.2s:%.*s", text, text + 2, (int)(end - text - 4), text + 4);
    struct parse sub = *p;
    sub.at = spelled;
    sub.end = spelled + strlen(spelled);
    return read_time(&sub);
}

/* A number by itself: 20240115, 101500, 2024, 15... */
static enum date_problem read_number(struct parse *p)
{
    const char *begin = p->at;
    while (p->at < p->end && is_digit(*p->at))
        p->at++;
    size_t digits = (size_t)(p->at - begin);
    const char *end = p->at;
    if (peek(p) == '.') {
        p->at++;
        while (p->at < p->end && is_digit(*p->at))
            p->at++;
        end = p->at;
    }
    bool has_fraction = end != begin + digits, has_date = p->year != NOT_SET && p->month != NOT_SET && p->day != NOT_SET;
    if ((p->expects_time || has_date) && (digits == 6 || (digits == 4 && !has_fraction)))
        return set_packed_time(p, begin, digits, end);
    if (digits == 8 && !has_fraction && p->year == NOT_SET && p->month == NOT_SET && p->day == NOT_SET) {
        p->year = digits_value(begin, 4);
        p->year_digits = 4;
        p->month = digits_value(begin + 4, 2);
        p->day = digits_value(begin + 6, 2);
        return DATE_OK;
    }
    if (digits == 6 && !has_fraction && p->year == NOT_SET && p->month == NOT_SET && p->day == NOT_SET) {
        p->year = digits_value(begin, 2);
        p->year_digits = 2;
        p->month = digits_value(begin + 2, 2);
        p->day = digits_value(begin + 4, 2);
        return DATE_OK;
    }
    if (has_fraction && digits == 4 && end - begin == 8) { /* 1999.008: a year and its day */
        p->year_digits = 4;
        return set_day_of_year(p, digits_value(begin, 4), digits_value(begin + 5, 3));
    }
    if (has_fraction)
        return DATE_BAD_FORMAT;
    if (digits > 7)
        return DATE_OVERFLOW;
    struct part part = {begin, (int)digits, true, digits_value(begin, digits)};
    if (p->month_is_text && digits <= 2)
        return p->day == NOT_SET ? set_part(&p->day, part.value) : set_year(p, part.value, part.size);
    return set_number(p, &part);
}

/* [+-]hh[:mm[:ss]] or [+-]hhmm[ss] */
static enum date_problem read_offset(struct parse *p)
{
    int sign = *p->at++ == '-' ? -1 : 1;
    const char *begin = p->at;
    while (p->at < p->end && is_digit(*p->at))
        p->at++;
    size_t digits = (size_t)(p->at - begin);
    int32_t hours = 0, minutes = 0, seconds = 0;
    if (digits == 0 || digits > 6)
        return DATE_BAD_FORMAT;
    if (digits <= 2) {
        hours = digits_value(begin, digits);
        for (int i = 0; i < 2 && peek(p) == ':'; i++) {
            if (p->end - p->at < 3 || !is_digit(p->at[1]) || !is_digit(p->at[2]))
                return DATE_BAD_FORMAT;
            *(i == 0 ? &minutes : &seconds) = digits_value(p->at + 1, 2);
            p->at += 3;
        }
    } else {
        size_t odd = digits % 2;
        hours = odd ? begin[0] - '0' : digits_value(begin, 2);
        minutes = digits_value(begin + 2 - odd, 2);
        seconds = digits >= 5 ? digits_value(begin + 4 - odd, 2) : 0;
    }
    if (hours > 15 || minutes > 59 || seconds > 59)
        return DATE_ZONE_OVERFLOW;
    if (p->out->has_zone && p->out->offset_s != 0)
        return DATE_BAD_FORMAT;
    p->out->has_zone = true;
    p->out->offset_s = sign * (hours * 3600 + minutes * 60 + seconds);
    return DATE_OK;
}

static enum date_problem set_relative_day(struct parse *p, int days)
{
    struct civil c;
    civil_from_us(utc_to_local(p->now_us, p->session_zone) + days * US_PER_DAY, &c);
    if (p->year != NOT_SET || p->month != NOT_SET || p->day != NOT_SET)
        return DATE_BAD_FORMAT;
    p->year = c.year;
    p->month = c.month;
    p->day = c.day;
    p->year_digits = 4;
    p->has_relative = true;
    return DATE_OK;
}

static enum date_problem set_word(struct parse *p, enum date_word word)
{
    if (p->out->word != DATE_WORD_NONE)
        return DATE_BAD_FORMAT;
    p->out->word = word;
    return DATE_OK;
}

static enum date_problem read_julian(struct parse *p)
{
    char *end;
    char digits[16] = "";
    for (size_t i = 0; i + 1 < sizeof digits && p->at < p->end && is_digit(*p->at); i++)
        digits[i] = *p->at++;
    long day = strtol(digits, &end, 10);
    if (end == digits || p->year != NOT_SET || day > INT32_MAX - 1)
        return DATE_BAD_FORMAT;
    int8_t month, day_of_month;
    civil_from_days((int32_t)(day - 2440588), &p->year, &month, &day_of_month);
    p->month = month;
    p->day = day_of_month;
    p->year_digits = 4;
    p->has_julian = true;
    return DATE_OK;
}

static enum date_problem set_zone_word(struct parse *p, const char *word, const char *original)
{
    int32_t offset_s;
    if (p->out->has_zone)
        return DATE_BAD_FORMAT;
    if (zone_abbreviation_find(word, &offset_s)) {
        p->out->has_zone = true;
        p->out->offset_s = offset_s;
        return DATE_OK;
    }
    if (strlen(original) < 3)
        return DATE_BAD_FORMAT;
    if (time_zone_find(original, &p->out->zone, NULL) == STATUS_OK) {
        p->out->has_zone = true;
        return DATE_OK;
    }
    p->out->zone = NULL;
    if (strchr(original, '/') == NULL)
        return DATE_BAD_FORMAT;
    for (size_t i = 0; i + 1 < sizeof p->out->zone_name && original[i] != '\0'; i++)
        p->out->zone_name[i] = (char)tolower((unsigned char)original[i]);
    return DATE_ZONE_UNKNOWN;
}

static enum date_problem set_special_word(struct parse *p, const char *word, const char *original)
{
    if (strcmp(word, "now") == 0)
        return set_word(p, DATE_WORD_NOW);
    if (strcmp(word, "epoch") == 0)
        return set_word(p, DATE_WORD_EPOCH);
    if (strcmp(word, "infinity") == 0 || strcmp(word, "+infinity") == 0)
        return set_word(p, DATE_WORD_INFINITY);
    if (strcmp(word, "-infinity") == 0)
        return set_word(p, DATE_WORD_MINUS_INFINITY);
    if (strcmp(word, "today") == 0)
        return set_relative_day(p, 0);
    if (strcmp(word, "tomorrow") == 0)
        return set_relative_day(p, 1);
    if (strcmp(word, "yesterday") == 0)
        return set_relative_day(p, -1);
    if (strcmp(word, "allballs") == 0) {
        p->out->has_time = p->out->has_zone = true;
        return DATE_OK;
    }
    return set_zone_word(p, word, original);
}

static enum date_problem read_word(struct parse *p)
{
    char word[FIELD_SIZE_MAX], original[FIELD_SIZE_MAX];
    const char *begin = p->at;
    size_t size = 0;
    if (*p->at == '+' || *p->at == '-')
        original[size++] = *p->at++;
    while (p->at < p->end && isalpha((unsigned char)*p->at) && size + 1 < sizeof word)
        original[size++] = *p->at++;
    for (size_t i = 0; i < size; i++)
        word[i] = (char)tolower((unsigned char)original[i]);
    word[size] = original[size] = '\0';
    int month = month_of_word(word);
    if (month != 0 && p->at < p->end && strchr("-/.", *p->at) != NULL && p->end - p->at > 1 && is_digit(p->at[1])) {
        p->at = begin;
        return read_date(p);
    }
    if (month != 0) {
        if (p->month != NOT_SET && !p->month_is_text && p->day == NOT_SET) { /* "15 Jan 2024": the number was the day */
            p->day = p->month;
            p->month = NOT_SET;
        }
        p->month_is_text = true;
        return set_part(&p->month, month);
    }
    if (is_weekday(word))
        return DATE_OK;
    if (strcmp(word, "t") == 0) {
        p->expects_time = true;
        return p->year != NOT_SET || p->month == NOT_SET ? DATE_OK : DATE_BAD_FORMAT;
    }
    if ((strcmp(word, "j") == 0 || strcmp(word, "julian") == 0) && (is_digit(peek(p)) || peek(p) == ' ')) {
        while (peek(p) == ' ')
            p->at++;
        return read_julian(p);
    }
    if (strcmp(word, "am") == 0 || strcmp(word, "pm") == 0) {
        p->meridiem = word[0] == 'a' ? 1 : 2;
        return DATE_OK;
    }
    if (strcmp(word, "bc") == 0 || strcmp(word, "ad") == 0) {
        if (p->has_era)
            return DATE_BAD_FORMAT;
        p->has_era = true;
        p->is_bc = word[0] == 'b';
        return DATE_OK;
    }
    if (strcmp(word, "at") == 0 || strcmp(word, "on") == 0)
        return DATE_OK;
    /* a zone's name may go on: "America/New_York", "Etc/GMT+3", "EST5EDT", "UTC+3" */
    bool has_sign = p->end - p->at > 1 && (p->at[0] == '+' || p->at[0] == '-') && is_digit(p->at[1]);
    bool is_posix = has_sign || (p->end - p->at > 1 && is_digit(p->at[0]) && isalpha((unsigned char)p->at[1]));
    while (p->at < p->end && size + 1 < sizeof original && (isalnum((unsigned char)*p->at) || strchr("/_+-:", *p->at) != NULL) &&
           (is_posix || (*p->at != ':' && (memchr(original, '/', size) != NULL || *p->at == '/' || *p->at == '_'))))
        original[size++] = *p->at++;
    original[size] = '\0';
    for (size_t i = 0; i <= size; i++)
        word[i] = (char)tolower((unsigned char)original[i]);
    return set_special_word(p, word, original);
}

static enum date_problem read_field(struct parse *p)
{
    char c = *p->at;
    if (is_digit(c)) {
        const char *q = p->at;
        while (q < p->end && is_digit(*q))
            q++;
        if (q < p->end && *q == ':')
            return read_time(p);
        const char *after = q < p->end && *q == '.' ? q + 1 : q;
        while (after > q && after < p->end && is_digit(*after))
            after++;
        bool second_point = after > q + 1 && after < p->end && *after == '.';
        if (q < p->end && ((*q == '/' || second_point) || (*q == '-' && !p->expects_time && p->year == NOT_SET)))
            return read_date(p);
        return read_number(p);
    }
    if (c == '+' || c == '-')
        return p->end - p->at > 1 && isalpha((unsigned char)p->at[1]) ? read_word(p) : read_offset(p);
    return isalpha((unsigned char)c) ? read_word(p) : DATE_BAD_FORMAT;
}

static enum date_problem finish_time(struct parse *p)
{
    struct civil *c = &p->out->civil;
    if (p->meridiem == 0)
        return DATE_OK;
    if (!p->out->has_time || c->hour > 12)
        return p->out->has_time ? DATE_OVERFLOW : DATE_BAD_FORMAT;
    if (p->meridiem == 1 && c->hour == 12)
        c->hour = 0;
    else if (p->meridiem == 2 && c->hour != 12)
        c->hour = (int8_t)(c->hour + 12);
    return DATE_OK;
}

static enum date_problem finish_date(struct parse *p)
{
    if (p->year == NOT_SET && p->month == NOT_SET && p->day == NOT_SET)
        return p->has_era ? DATE_BAD_FORMAT : DATE_OK;
    if (p->year == NOT_SET || p->month == NOT_SET || p->day == NOT_SET)
        return DATE_BAD_FORMAT;
    if (p->is_bc) {
        if (p->year <= 0)
            return DATE_OVERFLOW;
        p->year = 1 - p->year;
    } else if (!p->has_julian && !p->has_relative) {
        if (p->year_digits <= 2)
            p->year += p->year < 70 ? 2000 : 1900;
        else if (p->year <= 0)
            return DATE_OVERFLOW;
    }
    if (p->month < 1 || p->month > 12 || p->day < 1 || p->day > 31)
        return DATE_MONTH_OVERFLOW;
    if (p->day > month_days(p->year, p->month))
        return DATE_OVERFLOW;
    p->out->has_date = true;
    p->out->civil.year = p->year;
    p->out->civil.month = (int8_t)p->month;
    p->out->civil.day = (int8_t)p->day;
    return DATE_OK;
}

enum date_problem date_text_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, struct date_text *out)
{
    memset(out, 0, sizeof *out);
    struct parse p = {.at = text, .end = text + size, .now_us = now_us, .session_zone = zone, .out = out,
                      .year = NOT_SET, .month = NOT_SET, .day = NOT_SET};
    bool empty = true;
    while (p.at < p.end) {
        if (isspace((unsigned char)*p.at) || *p.at == ',') {
            p.at++;
            continue;
        }
        empty = false;
        enum date_problem problem = read_field(&p);
        if (problem != DATE_OK)
            return problem;
    }
    enum date_problem problem = finish_time(&p);
    if (problem == DATE_OK)
        problem = finish_date(&p);
    if (problem == DATE_OK && (empty || (p.expects_time && !out->has_time)))
        problem = DATE_BAD_FORMAT;
    if (problem == DATE_OK && out->word != DATE_WORD_NONE && (out->has_date || out->has_time))
        problem = DATE_BAD_FORMAT;
    return problem;
}

enum status date_problem_error(enum date_problem problem, const char *type, const char *text, size_t size, const struct date_text *d,
                               struct error *err)
{
    int shown = (int)(size < 900 ? size : 900);
    switch (problem) {
    case DATE_OK: return STATUS_OK;
    case DATE_BAD_FORMAT:
        return error_set(err, STATUS_INVALID_DATETIME_FORMAT, "invalid input syntax for type %s: \"%.*s\"", type, shown, text);
    case DATE_ZONE_OVERFLOW:
        return error_set(err, STATUS_INVALID_TIME_ZONE, "time zone displacement out of range: \"%.*s\"", shown, text);
    case DATE_ZONE_UNKNOWN: return error_set(err, STATUS_INVALID_PARAMETER, "time zone \"%s\" not recognized", d->zone_name);
    case DATE_OVERFLOW:
    case DATE_MONTH_OVERFLOW: break;
    }
    enum status st = error_set(err, STATUS_DATETIME_OVERFLOW, "date/time field value out of range: \"%.*s\"", shown, text);
    if (problem == DATE_MONTH_OVERFLOW && err != NULL)
        error_hint(err, "Perhaps you need a different \"datestyle\" setting.");
    return st;
}
