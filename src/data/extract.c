/* extract.c - fields of timestamps and intervals, as exact decimals with PostgreSQL's scales. */
#include "data/calendar.h"
#include "data/numeric.h"
#include "data/time_unit.h"

static enum status whole(int64_t v, int128 *out, int *scale)
{
    *out = v;
    *scale = 0;
    return STATUS_OK;
}

/* Seconds, milliseconds and microseconds of a minute, from its microseconds. */
static enum status part_of_minute(enum time_unit unit, int64_t us, int128 *out, int *scale)
{
    *out = us;
    *scale = unit == UNIT_SECOND ? 6 : unit == UNIT_MILLISECOND ? 3 : 0;
    return STATUS_OK;
}

/* The period of that many years that a year is in: there is no century 0. */
static int64_t period_number(int32_t year, int length)
{
    return year > 0 ? (year + length - 1) / length : -((length - 1 - (year - 1)) / length);
}

/* Days with the time of day as a fraction; its digits are those of PostgreSQL's numeric division. */
static void julian(int64_t v, int128 *out, int *scale)
{
    int64_t days = floor_div(v, US_PER_DAY), us = v - days * US_PER_DAY;
    int weight = 0;
    int64_t group = us;
    while (group >= 10000) {
        group /= 10000;
        weight++;
    }
    int quotient_weight = weight - 2 - (group <= 864); /* a day is 864 0000 0000 us */
    *scale = 16 - quotient_weight * 4;
    int128 power = int128_power_of_ten((unsigned)*scale);
    int128 numerator = (int128)us * power, day = US_PER_DAY;
    int128 fraction = numerator / day + (numerator % day * 2 >= day);
    *out = (int128)(days + 2440588) * power + fraction;
}

static enum status calendar_field(enum time_unit unit, int64_t local, const struct civil *c, int128 *out, int *scale)
{
    int32_t days = timestamp_day(local), iso_year;
    switch (unit) {
    case UNIT_DAY: return whole(c->day, out, scale);
    case UNIT_WEEK: return whole(date_iso_week(days, &iso_year), out, scale);
    case UNIT_MONTH: return whole(c->month, out, scale);
    case UNIT_QUARTER: return whole((c->month - 1) / 3 + 1, out, scale);
    case UNIT_YEAR: return whole(c->year > 0 ? c->year : c->year - 1, out, scale);
    case UNIT_DECADE: return whole(floor_div(c->year, 10), out, scale);
    case UNIT_CENTURY: return whole(period_number(c->year, 100), out, scale);
    case UNIT_MILLENNIUM: return whole(period_number(c->year, 1000), out, scale);
    case UNIT_DOW: return whole(date_weekday(days), out, scale);
    case UNIT_ISODOW: return whole((date_weekday(days) + 6) % 7 + 1, out, scale);
    case UNIT_DOY: return whole(days - civil_to_days(c->year, 1, 1) + 1, out, scale);
    case UNIT_ISOYEAR:
        date_iso_week(days, &iso_year);
        return whole(iso_year > 0 ? iso_year : iso_year - 1, out, scale);
    case UNIT_JULIAN: julian(local, out, scale); return STATUS_OK;
    default: return STATUS_FEATURE_NOT_SUPPORTED;
    }
}

static enum status zone_field(enum time_unit unit, int32_t offset_s, int128 *out, int *scale)
{
    if (unit == UNIT_TIMEZONE)
        return whole(offset_s, out, scale);
    return whole(unit == UNIT_TIMEZONE_HOUR ? offset_s / 3600 : offset_s / 60 % 60, out, scale);
}

enum status timestamp_extract(const char *field, int64_t v, const struct time_zone *zone, int128 *out, int *scale)
{
    enum time_unit unit = time_unit_find(field);
    if (unit == UNIT_NONE)
        return STATUS_INVALID_PARAMETER;
    if (timestamp_is_infinite(v))
        return STATUS_NUMERIC_OUT_OF_RANGE;
    int32_t offset_s = zone == NULL ? 0 : time_zone_offset_at(zone, v);
    int64_t local = v + offset_s * US_PER_SECOND;
    struct civil c;
    civil_from_us(local, &c);
    switch (unit) {
    case UNIT_MICROSECOND:
    case UNIT_MILLISECOND:
    case UNIT_SECOND: return part_of_minute(unit, c.second * US_PER_SECOND + c.microsecond, out, scale);
    case UNIT_MINUTE: return whole(c.minute, out, scale);
    case UNIT_HOUR: return whole(c.hour, out, scale);
    case UNIT_EPOCH:
        *out = v;
        *scale = 6;
        return STATUS_OK;
    case UNIT_TIMEZONE:
    case UNIT_TIMEZONE_HOUR:
    case UNIT_TIMEZONE_MINUTE: return zone == NULL ? STATUS_FEATURE_NOT_SUPPORTED : zone_field(unit, offset_s, out, scale);
    default: return calendar_field(unit, local, &c, out, scale);
    }
}

enum status interval_extract(const char *field, const struct interval *v, int128 *out, int *scale)
{
    int32_t years = v->months / 12, months = v->months % 12;
    enum time_unit unit = time_unit_find(field);
    switch (unit) {
    case UNIT_NONE: return STATUS_INVALID_PARAMETER;
    case UNIT_MICROSECOND:
    case UNIT_MILLISECOND:
    case UNIT_SECOND: return part_of_minute(unit, v->microseconds % US_PER_MINUTE, out, scale);
    case UNIT_MINUTE: return whole(v->microseconds / US_PER_MINUTE % 60, out, scale);
    case UNIT_HOUR: return whole(v->microseconds / US_PER_HOUR, out, scale);
    case UNIT_DAY: return whole(v->days, out, scale);
    case UNIT_MONTH: return whole(months, out, scale);
    case UNIT_QUARTER: return whole(months / 3 + 1, out, scale);
    case UNIT_YEAR: return whole(years, out, scale);
    case UNIT_DECADE: return whole(years / 10, out, scale);
    case UNIT_CENTURY: return whole(years / 100, out, scale);
    case UNIT_MILLENNIUM: return whole(years / 1000, out, scale);
    case UNIT_EPOCH: {
        /* a year is 365.25 days here */
        int128 quarters = (int128)1461 * years + (int128)120 * months + (int128)4 * v->days;
        *out = quarters * (US_PER_DAY / 4) + v->microseconds;
        *scale = 6;
        return STATUS_OK;
    }
    default: return STATUS_FEATURE_NOT_SUPPORTED;
    }
}
