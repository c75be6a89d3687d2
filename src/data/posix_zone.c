/* posix_zone.c - POSIX TZ rules. */
#include "data/posix_zone.h"

#include <ctype.h>
#include <string.h>

#include "data/calendar.h"

struct cursor {
    const char *at, *end;
    bool failed;
};

static bool next_is(struct cursor *c, char expected)
{
    if (c->at == c->end || *c->at != expected)
        return false;
    c->at++;
    return true;
}

static int read_number(struct cursor *c, int limit)
{
    int v = 0;
    const char *first = c->at;
    while (c->at < c->end && isdigit((unsigned char)*c->at) && v <= limit)
        v = v * 10 + (*c->at++ - '0');
    if (c->at == first || v > limit)
        c->failed = true;
    return c->failed ? 0 : v;
}

static void read_abbreviation(struct cursor *c, char out[12])
{
    bool quoted = next_is(c, '<');
    size_t size = 0;
    while (c->at < c->end && (quoted ? *c->at != '>' : isalpha((unsigned char)*c->at) != 0)) {
        if (size < 11)
            out[size++] = *c->at;
        c->at++;
    }
    out[size] = '\0';
    if (size < 3 || (quoted && !next_is(c, '>')))
        c->failed = true;
}

/* [+-]hh[:mm[:ss]] in seconds */
static int32_t read_time(struct cursor *c)
{
    bool negative = next_is(c, '-');
    if (!negative)
        next_is(c, '+');
    int32_t v = read_number(c, 167) * 3600;
    if (next_is(c, ':'))
        v += read_number(c, 59) * 60;
    if (next_is(c, ':'))
        v += read_number(c, 59);
    return negative ? -v : v;
}

static void read_change(struct cursor *c, struct posix_change *out)
{
    out->time_s = 7200;
    if (next_is(c, 'M')) {
        out->kind = POSIX_MONTH;
        out->month = read_number(c, 12);
        c->failed = c->failed || out->month == 0 || !next_is(c, '.');
        out->week = read_number(c, 5);
        c->failed = c->failed || out->week == 0 || !next_is(c, '.');
        out->day = read_number(c, 6);
    } else {
        out->kind = next_is(c, 'J') ? POSIX_JULIAN : POSIX_DAY;
        out->day = read_number(c, 365);
    }
    if (next_is(c, '/'))
        out->time_s = read_time(c);
}

bool posix_zone_parse(const char *text, size_t size, struct posix_zone *out)
{
    struct cursor c = {text, text + size, false};
    memset(out, 0, sizeof *out);
    read_abbreviation(&c, out->standard.abbreviation);
    out->standard.offset_s = -read_time(&c);
    if (c.failed || c.at == c.end)
        return !c.failed;
    out->has_daylight = true;
    read_abbreviation(&c, out->daylight.abbreviation);
    out->daylight.offset_s = out->standard.offset_s + 3600;
    if (c.at < c.end && *c.at != ',')
        out->daylight.offset_s = -read_time(&c);
    if (c.at == c.end) { /* the rule of the United States, as PostgreSQL takes it */
        out->to_daylight = (struct posix_change){POSIX_MONTH, 3, 2, 0, 7200};
        out->to_standard = (struct posix_change){POSIX_MONTH, 11, 1, 0, 7200};
        return !c.failed;
    }
    c.failed = c.failed || !next_is(&c, ',');
    read_change(&c, &out->to_daylight);
    c.failed = c.failed || !next_is(&c, ',');
    read_change(&c, &out->to_standard);
    return !c.failed && c.at == c.end;
}

/* The day of a change in a year, since 1970. */
static int64_t change_day(const struct posix_change *change, int32_t year)
{
    int32_t january = civil_to_days(year, 1, 1);
    if (change->kind == POSIX_DAY)
        return january + change->day;
    if (change->kind == POSIX_JULIAN) /* 29 February is never counted */
        return january + change->day - 1 + (year_is_leap(year) && change->day >= 60);
    int32_t first = civil_to_days(year, change->month, 1);
    int day = (change->day - date_weekday(first) + 7) % 7 + (change->week - 1) * 7;
    while (day >= month_days(year, change->month))
        day -= 7;
    return first + day;
}

const struct posix_time *posix_zone_at(const struct posix_zone *zone, int64_t utc_s)
{
    if (!zone->has_daylight)
        return &zone->standard;
    int32_t year;
    int8_t month, day;
    civil_from_days((int32_t)floor_div(utc_s + zone->standard.offset_s, 86400), &year, &month, &day);
    int64_t begin = change_day(&zone->to_daylight, year) * 86400 + zone->to_daylight.time_s - zone->standard.offset_s;
    int64_t end = change_day(&zone->to_standard, year) * 86400 + zone->to_standard.time_s - zone->daylight.offset_s;
    bool is_daylight = begin < end ? utc_s >= begin && utc_s < end : utc_s >= begin || utc_s < end;
    return is_daylight ? &zone->daylight : &zone->standard;
}
