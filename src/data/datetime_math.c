/* datetime_math.c - timestamps and intervals: sums, differences, age, date_trunc. */
#include "data/calendar.h"
#include "data/time_unit.h"

/* Months first (the day held within the month), then days. */
static bool add_calendar(int64_t local_us, const struct interval *i, int64_t *out)
{
    struct civil c;
    civil_from_us(local_us, &c);
    if (i->months != 0) {
        int64_t month = (int64_t)c.year * 12 + c.month - 1 + i->months;
        c.year = (int32_t)floor_div(month, 12);
        c.month = (int8_t)(floor_mod(month, 12) + 1);
        if (c.day > month_days(c.year, c.month))
            c.day = (int8_t)month_days(c.year, c.month);
    }
    int64_t us, day_us;
    return civil_to_us_checked(&c, &us) && !__builtin_mul_overflow((int64_t)i->days, US_PER_DAY, &day_us) &&
           !__builtin_add_overflow(us, day_us, out) && timestamp_is_in_range(*out);
}

static enum status add_time(int64_t v, int64_t microseconds, int64_t *out)
{
    int64_t sum;
    if (__builtin_add_overflow(v, microseconds, &sum) || !timestamp_is_in_range(sum))
        return STATUS_DATETIME_OVERFLOW;
    *out = sum;
    return STATUS_OK;
}

enum status timestamp_add_interval(int64_t v, const struct interval *i, int64_t *out)
{
    *out = v;
    if (timestamp_is_infinite(v))
        return STATUS_OK;
    if ((i->months != 0 || i->days != 0) && !add_calendar(v, i, &v))
        return STATUS_DATETIME_OVERFLOW;
    return add_time(v, i->microseconds, out);
}

enum status timestamptz_add_interval(int64_t v, const struct interval *i, const struct time_zone *zone, int64_t *out)
{
    *out = v;
    if (timestamp_is_infinite(v))
        return STATUS_OK;
    struct interval months = {.months = i->months}, days = {.days = i->days};
    const struct interval *steps[] = {&months, &days};
    for (int k = 0; k < 2; k++) { /* each step ends at a local time that exists */
        if (steps[k]->months == 0 && steps[k]->days == 0)
            continue;
        if (!add_calendar(utc_to_local(v, zone), steps[k], &v))
            return STATUS_DATETIME_OVERFLOW;
        v = local_to_utc(v, zone);
    }
    return add_time(v, i->microseconds, out);
}

struct interval timestamp_difference(int64_t a, int64_t b)
{
    int128 difference = (int128)a - b;
    return (struct interval){.days = (int32_t)(difference / US_PER_DAY), .microseconds = (int64_t)(difference % US_PER_DAY)};
}

struct interval timestamp_age(int64_t a, int64_t b)
{
    bool negative = a < b;
    struct civil later, earlier;
    civil_from_us(negative ? b : a, &later);
    civil_from_us(negative ? a : b, &earlier);
    int64_t us = floor_mod(negative ? b : a, US_PER_DAY) - floor_mod(negative ? a : b, US_PER_DAY);
    int32_t days = later.day - earlier.day;
    int32_t months = (later.year - earlier.year) * 12 + later.month - earlier.month;
    if (us < 0) {
        us += US_PER_DAY;
        days--;
    }
    while (days < 0) { /* borrowed from the earlier one's month */
        days += month_days(earlier.year, earlier.month);
        months--;
    }
    int sign = negative ? -1 : 1;
    return (struct interval){.months = sign * months, .days = sign * days, .microseconds = sign * us};
}

/* The first year of the period of that many years; centuries and millennia begin with 1, decades with 0. */
static int32_t period_begin(int32_t year, enum time_unit unit)
{
    if (unit == UNIT_DECADE)
        return (int32_t)floor_div(year, 10) * 10;
    int length = unit == UNIT_CENTURY ? 100 : 1000;
    return (int32_t)floor_div(year - 1, length) * length + 1;
}

static bool truncate_local(enum time_unit unit, int64_t v, int64_t *out)
{
    int64_t us = unit == UNIT_DAY ? US_PER_DAY : time_unit_us(unit);
    if (us != 0) {
        *out = floor_div(v, us) * us;
        return true;
    }
    if (unit == UNIT_WEEK) {
        int32_t days = timestamp_day(v);
        *out = (days - (date_weekday(days) + 6) % 7) * US_PER_DAY;
        return timestamp_is_in_range(*out);
    }
    struct civil c;
    civil_from_us(v, &c);
    struct civil begin = {.year = c.year, .month = 1, .day = 1};
    if (unit == UNIT_MONTH)
        begin.month = c.month;
    else if (unit == UNIT_QUARTER)
        begin.month = (int8_t)((c.month - 1) / 3 * 3 + 1);
    else if (unit != UNIT_YEAR)
        begin.year = period_begin(c.year, unit);
    return civil_to_us_checked(&begin, out) && timestamp_is_in_range(*out);
}

static enum status check_unit(const char *name, enum time_unit *unit)
{
    *unit = time_unit_find(name);
    if (*unit == UNIT_NONE)
        return STATUS_INVALID_PARAMETER;
    return *unit > UNIT_MILLENNIUM ? STATUS_FEATURE_NOT_SUPPORTED : STATUS_OK;
}

enum status timestamp_truncate(const char *unit_name, int64_t v, int64_t *out)
{
    enum time_unit unit;
    *out = v;
    if (timestamp_is_infinite(v))
        return STATUS_OK;
    TRY(check_unit(unit_name, &unit));
    return truncate_local(unit, v, out) ? STATUS_OK : STATUS_DATETIME_OVERFLOW;
}

enum status timestamptz_truncate(const char *unit_name, int64_t v, const struct time_zone *zone, int64_t *out)
{
    enum time_unit unit;
    *out = v;
    if (timestamp_is_infinite(v))
        return STATUS_OK;
    TRY(check_unit(unit_name, &unit));
    int64_t offset_us = time_zone_offset_at(zone, v) * US_PER_SECOND, local;
    if (!truncate_local(unit, v + offset_us, &local))
        return STATUS_DATETIME_OVERFLOW;
    /* within a day the offset stays what it was, so that an ambiguous hour is not left */
    *out = unit >= UNIT_DAY ? local_to_utc(local, zone) : local - offset_us;
    return STATUS_OK;
}

/* Towards zero, field by field. A month has no whole number of weeks. */
enum status interval_truncate(const char *unit_name, const struct interval *v, struct interval *out)
{
    enum time_unit unit = time_unit_find(unit_name);
    bool is_zone = unit == UNIT_TIMEZONE || unit == UNIT_TIMEZONE_HOUR || unit == UNIT_TIMEZONE_MINUTE;
    if (unit == UNIT_WEEK || is_zone)
        return STATUS_FEATURE_NOT_SUPPORTED;
    if (unit == UNIT_NONE || unit > UNIT_MILLENNIUM)
        return STATUS_INVALID_PARAMETER;
    *out = *v;
    int64_t us = time_unit_us(unit);
    int months = time_unit_months(unit);
    out->microseconds = us == 0 ? 0 : v->microseconds / us * us;
    if (months != 0) {
        out->days = 0;
        out->months = v->months / months * months;
    }
    return STATUS_OK;
}
