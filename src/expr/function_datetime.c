/* function_datetime.c - arithmetic of dates, times and intervals. Infinite dates and timestamps stay infinite. */
#include <math.h>

#include "data/datetime.h"
#include "expr/function_kernels.h"

#define DAY_US INT64_C(86400000000)

static bool date_is_infinite(int32_t v)
{
    return v == DATE_INFINITY || v == DATE_MINUS_INFINITY;
}
static bool timestamp_is_infinite(int64_t v)
{
    return v == TIMESTAMP_INFINITY || v == TIMESTAMP_MINUS_INFINITY;
}

/* What PostgreSQL's dates reach: 4713-11-24 BC to 5874897-12-31. */
static enum status date_check(int64_t days, int32_t *out)
{
    if (days < civil_to_days(-4712, 1, 1) || days > civil_to_days(5874897, 12, 31))
        return STATUS_DATETIME_OVERFLOW;
    *out = (int32_t)days;
    return STATUS_OK;
}

/* ---- dates ---- */

static enum status date_add_days_row(int32_t a, int32_t b, int32_t *r, UNUSED struct evaluation *e)
{
    *r = a;
    return date_is_infinite(a) ? STATUS_OK : date_check((int64_t)a + b, r);
}
HEAVY_BINARY(date_add_days, int32_t, int32_t, int32_t)

static enum status days_add_date_row(int32_t a, int32_t b, int32_t *r, struct evaluation *e)
{
    return date_add_days_row(b, a, r, e);
}
HEAVY_BINARY(days_add_date, int32_t, int32_t, int32_t)

static enum status date_subtract_days_row(int32_t a, int32_t b, int32_t *r, UNUSED struct evaluation *e)
{
    *r = a;
    return date_is_infinite(a) ? STATUS_OK : date_check((int64_t)a - b, r);
}
HEAVY_BINARY(date_subtract_days, int32_t, int32_t, int32_t)

static enum status date_subtract_date_row(int32_t a, int32_t b, int32_t *r, struct evaluation *e)
{
    if (date_is_infinite(a) || date_is_infinite(b))
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "cannot subtract infinite dates");
    *r = a - b;
    return STATUS_OK;
}
HEAVY_BINARY(date_subtract_date, int32_t, int32_t, int32_t)

static int64_t date_to_timestamp(int32_t v)
{
    if (date_is_infinite(v))
        return v == DATE_INFINITY ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
    return v * DAY_US;
}

/* Dates reach further than timestamps. */
static bool date_is_timestamp(int32_t v)
{
    return date_is_infinite(v) || (v < INT64_MAX / DAY_US && v > INT64_MIN / DAY_US);
}

static enum status date_beyond(struct evaluation *e)
{
    return error_set(e->error, STATUS_DATETIME_OVERFLOW, "date out of range for timestamp");
}

static enum status date_add_interval_row(int32_t a, struct interval b, int64_t *r, struct evaluation *e)
{
    return date_is_timestamp(a) ? timestamp_add_interval(date_to_timestamp(a), &b, r) : date_beyond(e);
}
HEAVY_BINARY(date_add_interval, int32_t, struct interval, int64_t)

static enum status interval_add_date_row(struct interval a, int32_t b, int64_t *r, struct evaluation *e)
{
    return date_add_interval_row(b, a, r, e);
}
HEAVY_BINARY(interval_add_date, struct interval, int32_t, int64_t)

static enum status date_subtract_interval_row(int32_t a, struct interval b, int64_t *r, struct evaluation *e)
{
    struct interval negated;
    interval_negate(&b, &negated);
    return date_add_interval_row(a, negated, r, e);
}
HEAVY_BINARY(date_subtract_interval, int32_t, struct interval, int64_t)

static enum status date_add_time_row(int32_t a, int64_t b, int64_t *r, struct evaluation *e)
{
    if (!date_is_timestamp(a))
        return date_beyond(e);
    *r = date_to_timestamp(a);
    return date_is_infinite(a) || !__builtin_add_overflow(*r, b, r) ? STATUS_OK : STATUS_DATETIME_OVERFLOW;
}
HEAVY_BINARY(date_add_time, int32_t, int64_t, int64_t)

static enum status time_add_date_row(int64_t a, int32_t b, int64_t *r, struct evaluation *e)
{
    return date_add_time_row(b, a, r, e);
}
HEAVY_BINARY(time_add_date, int64_t, int32_t, int64_t)

/* ---- timestamps ---- */

static enum status timestamp_plus_interval_row(int64_t a, struct interval b, int64_t *r, UNUSED struct evaluation *e)
{
    return timestamp_add_interval(a, &b, r);
}
HEAVY_BINARY(timestamp_plus_interval, int64_t, struct interval, int64_t)

static enum status interval_plus_timestamp_row(struct interval a, int64_t b, int64_t *r, UNUSED struct evaluation *e)
{
    return timestamp_add_interval(b, &a, r);
}
HEAVY_BINARY(interval_plus_timestamp, struct interval, int64_t, int64_t)

static enum status timestamp_minus_interval_row(int64_t a, struct interval b, int64_t *r, UNUSED struct evaluation *e)
{
    struct interval negated;
    interval_negate(&b, &negated);
    return timestamp_add_interval(a, &negated, r);
}
HEAVY_BINARY(timestamp_minus_interval, int64_t, struct interval, int64_t)

static enum status timestamp_minus_timestamp_row(int64_t a, int64_t b, struct interval *r, struct evaluation *e)
{
    int64_t difference;
    if (timestamp_is_infinite(a) || timestamp_is_infinite(b))
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "cannot subtract infinite timestamps");
    if (__builtin_sub_overflow(a, b, &difference))
        return STATUS_DATETIME_OVERFLOW;
    *r = timestamp_difference(a, b);
    return STATUS_OK;
}
HEAVY_BINARY(timestamp_minus_timestamp, int64_t, int64_t, struct interval)

static enum status timestamptz_plus_interval_row(int64_t a, struct interval b, int64_t *r, struct evaluation *e)
{
    return timestamptz_add_interval(a, &b, e->text.zone, r);
}
HEAVY_BINARY(timestamptz_plus_interval, int64_t, struct interval, int64_t)

static enum status interval_plus_timestamptz_row(struct interval a, int64_t b, int64_t *r, struct evaluation *e)
{
    return timestamptz_add_interval(b, &a, e->text.zone, r);
}
HEAVY_BINARY(interval_plus_timestamptz, struct interval, int64_t, int64_t)

static enum status timestamptz_minus_interval_row(int64_t a, struct interval b, int64_t *r, struct evaluation *e)
{
    struct interval negated;
    interval_negate(&b, &negated);
    return timestamptz_add_interval(a, &negated, e->text.zone, r);
}
HEAVY_BINARY(timestamptz_minus_interval, int64_t, struct interval, int64_t)

/* ---- times of day ---- */

static int64_t round_the_clock(int128 us)
{
    int64_t v = (int64_t)(us % DAY_US);
    return v < 0 ? v + DAY_US : v;
}

static enum status time_plus_interval_row(int64_t a, struct interval b, int64_t *r, UNUSED struct evaluation *e)
{
    *r = round_the_clock((int128)a + b.microseconds);
    return STATUS_OK;
}
HEAVY_BINARY(time_plus_interval, int64_t, struct interval, int64_t)

static enum status interval_plus_time_row(struct interval a, int64_t b, int64_t *r, struct evaluation *e)
{
    return time_plus_interval_row(b, a, r, e);
}
HEAVY_BINARY(interval_plus_time, struct interval, int64_t, int64_t)

static enum status time_minus_interval_row(int64_t a, struct interval b, int64_t *r, UNUSED struct evaluation *e)
{
    *r = round_the_clock((int128)a - b.microseconds);
    return STATUS_OK;
}
HEAVY_BINARY(time_minus_interval, int64_t, struct interval, int64_t)

static enum status time_minus_time_row(int64_t a, int64_t b, struct interval *r, UNUSED struct evaluation *e)
{
    *r = (struct interval){.microseconds = a - b};
    return STATUS_OK;
}
HEAVY_BINARY(time_minus_time, int64_t, int64_t, struct interval)

/* ---- intervals ---- */

static enum status interval_plus_interval_row(struct interval a, struct interval b, struct interval *r,
                                              UNUSED struct evaluation *e)
{
    return interval_add(&a, &b, r);
}
HEAVY_BINARY(interval_plus_interval, struct interval, struct interval, struct interval)

/* The field-wise difference; negating first would overflow where the difference does not. */
static enum status interval_minus_interval_row(struct interval a, struct interval b, struct interval *r,
                                               UNUSED struct evaluation *e)
{
    bool overflow = __builtin_sub_overflow(a.microseconds, b.microseconds, &r->microseconds);
    overflow |= __builtin_sub_overflow(a.days, b.days, &r->days);
    overflow |= __builtin_sub_overflow(a.months, b.months, &r->months);
    return overflow ? STATUS_DATETIME_OVERFLOW : STATUS_OK;
}
HEAVY_BINARY(interval_minus_interval, struct interval, struct interval, struct interval)

static enum status interval_negated_row(struct interval a, struct interval *r, struct evaluation *e)
{
    return interval_minus_interval_row((struct interval){0}, a, r, e);
}
HEAVY_UNARY(interval_negated, struct interval, struct interval)

static enum status interval_times_row(struct interval a, double b, struct interval *r, UNUSED struct evaluation *e)
{
    return interval_multiply(&a, b, r);
}
HEAVY_BINARY(interval_times, struct interval, double, struct interval)

static enum status times_interval_row(double a, struct interval b, struct interval *r, UNUSED struct evaluation *e)
{
    return interval_multiply(&b, a, r);
}
HEAVY_BINARY(times_interval, double, struct interval, struct interval)

static enum status interval_divided_row(struct interval a, double b, struct interval *r, UNUSED struct evaluation *e)
{
    return b == 0 ? STATUS_DIVISION_BY_ZERO : interval_divide(&a, b, r);
}
HEAVY_BINARY(interval_divided, struct interval, double, struct interval)

static enum status justify(int64_t *small, int64_t unit, int32_t *large)
{
    int64_t carried = *small / unit;
    *small -= carried * unit;
    if (carried != (int32_t)carried || __builtin_add_overflow(*large, (int32_t)carried, large))
        return STATUS_DATETIME_OVERFLOW;
    if (*large > 0 && *small < 0) {
        *small += unit;
        --*large;
    } else if (*large < 0 && *small > 0) {
        *small -= unit;
        ++*large;
    }
    return STATUS_OK;
}

static enum status justify_hours_row(struct interval a, struct interval *r, UNUSED struct evaluation *e)
{
    *r = a;
    return justify(&r->microseconds, DAY_US, &r->days);
}
HEAVY_UNARY(justify_hours, struct interval, struct interval)

static enum status justify_days_row(struct interval a, struct interval *r, UNUSED struct evaluation *e)
{
    int64_t days = a.days;
    *r = a;
    TRY(justify(&days, 30, &r->months));
    r->days = (int32_t)days;
    return STATUS_OK;
}
HEAVY_UNARY(justify_days, struct interval, struct interval)

/* ---- finite? ---- */

static inline uint8_t isfinite_date_compute(int32_t a)
{
    return a != DATE_INFINITY && a != DATE_MINUS_INFINITY;
}
LIGHT_UNARY_SAFE(isfinite_date, int32_t, uint8_t)

static inline uint8_t isfinite_timestamp_compute(int64_t a)
{
    return a != TIMESTAMP_INFINITY && a != TIMESTAMP_MINUS_INFINITY;
}
LIGHT_UNARY_SAFE(isfinite_timestamp, int64_t, uint8_t)

static inline uint8_t isfinite_interval_compute(UNUSED struct interval a)
{
    return 1;
}
LIGHT_UNARY_SAFE(isfinite_interval, struct interval, uint8_t)
