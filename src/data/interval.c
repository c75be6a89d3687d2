/* interval.c - output, order and arithmetic of intervals. */
#include <inttypes.h>
#include <math.h>

#include "data/calendar.h"

struct writer {
    struct buffer *out;
    bool is_first, was_negative;
};

/* " 2 mons"; a positive part behind a negative one shows its sign. */
static void put_part(struct writer *w, int64_t v, const char *unit)
{
    if (v == 0)
        return;
    buffer_printf(w->out, "%s%s%" PRId64 " %s%s", w->is_first ? "" : " ", w->was_negative && v > 0 ? "+" : "", v, unit, v == 1 ? "" : "s");
    w->is_first = false;
    w->was_negative = v < 0;
}

void interval_format(const struct interval *v, struct buffer *out)
{
    struct writer w = {out, true, false};
    put_part(&w, v->months / 12, "year");
    put_part(&w, v->months % 12, "mon");
    put_part(&w, v->days, "day");
    if (v->microseconds == 0 && !w.is_first)
        return;
    uint64_t us = v->microseconds < 0 ? 0 - (uint64_t)v->microseconds : (uint64_t)v->microseconds;
    buffer_printf(out, "%s%s%02" PRIu64 ":%02u:%02u", w.is_first ? "" : " ", v->microseconds < 0 ? "-" : w.was_negative ? "+" : "",
                  us / (uint64_t)US_PER_HOUR, (unsigned)(us / (uint64_t)US_PER_MINUTE % 60), (unsigned)(us / (uint64_t)US_PER_SECOND % 60));
    fraction_format((int32_t)(us % (uint64_t)US_PER_SECOND), out);
}

int128 interval_comparable(const struct interval *a)
{
    return (int128)a->microseconds + ((int128)a->months * 30 + a->days) * US_PER_DAY;
}

int interval_compare(const struct interval *a, const struct interval *b)
{
    int128 x = interval_comparable(a), y = interval_comparable(b);
    return (x > y) - (x < y);
}

enum status interval_add(const struct interval *a, const struct interval *b, struct interval *out)
{
    struct interval sum;
    if (__builtin_add_overflow(a->months, b->months, &sum.months) || __builtin_add_overflow(a->days, b->days, &sum.days) ||
        __builtin_add_overflow(a->microseconds, b->microseconds, &sum.microseconds))
        return STATUS_DATETIME_OVERFLOW;
    *out = sum;
    return STATUS_OK;
}

/* The least values stay, as there is nothing to negate them to; PostgreSQL refuses those, and so do additions of the result. */
void interval_negate(const struct interval *a, struct interval *out)
{
    out->months = a->months == INT32_MIN ? INT32_MAX : -a->months;
    out->days = a->days == INT32_MIN ? INT32_MAX : -a->days;
    out->microseconds = a->microseconds == INT64_MIN ? INT64_MAX : -a->microseconds;
}

static double round_us(double seconds)
{
    return rint(seconds * 1e6) / 1e6;
}

static bool fits_int32(double v)
{
    return v >= (double)INT32_MIN && v <= (double)INT32_MAX;
}

/* months, days and microseconds are exact products or quotients; what is left of a month becomes days and what is left of a day
 * becomes time, by the same steps in floating point as PostgreSQL, so that the same digits come out. */
static enum status scale_parts(double months, double days, double microseconds, struct interval *out)
{
    if (!fits_int32(months) || !fits_int32(days))
        return STATUS_DATETIME_OVERFLOW;
    struct interval v = {.months = (int32_t)months, .days = (int32_t)days};
    double month_days = round_us((months - v.months) * 30);
    double seconds = round_us((days - v.days + month_days - (int)month_days) * 86400);
    if (fabs(seconds) >= 86400) {
        v.days += (int)(seconds / 86400);
        seconds -= (int)(seconds / 86400) * 86400;
    }
    v.days += (int32_t)month_days;
    double us = rint(microseconds + seconds * 1e6);
    if (!(us >= -9223372036854775808.0 && us < 9223372036854775808.0))
        return STATUS_DATETIME_OVERFLOW;
    v.microseconds = (int64_t)us;
    *out = v;
    return STATUS_OK;
}

enum status interval_multiply(const struct interval *a, double factor, struct interval *out)
{
    return scale_parts(a->months * factor, a->days * factor, (double)a->microseconds * factor, out);
}

enum status interval_divide(const struct interval *a, double divisor, struct interval *out)
{
    if (divisor == 0)
        return STATUS_DIVISION_BY_ZERO;
    return scale_parts(a->months / divisor, a->days / divisor, (double)a->microseconds / divisor, out);
}
