/* calendar.h - ranges and rounding of dates and times. For this folder only. */
#ifndef LEAT_DATA_CALENDAR_H
#define LEAT_DATA_CALENDAR_H

#include "data/datetime.h"

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MINUTE INT64_C(60000000)
#define US_PER_HOUR INT64_C(3600000000)
#define US_PER_DAY INT64_C(86400000000)

/* 4714-11-24 BC (Julian day 0) to 5874897-12-31 for dates, as PostgreSQL. Timestamps end with 64 bits, in January 294247, where
 * PostgreSQL, which counts from 2000, ends with 294276. */
#define TIMESTAMP_MIN (INT64_C(-210866803200000000))
#define DATE_MIN (-2440588)
#define DATE_END 2145042906

static inline bool timestamp_is_infinite(int64_t v)
{
    return v == TIMESTAMP_INFINITY || v == TIMESTAMP_MINUS_INFINITY;
}
static inline bool timestamp_is_in_range(int64_t v)
{
    return v >= TIMESTAMP_MIN && v != TIMESTAMP_INFINITY;
}
static inline bool date_is_in_range(int64_t days)
{
    return days >= DATE_MIN && days < DATE_END;
}
static inline int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q - (a % b < 0);
}
static inline int64_t floor_mod(int64_t a, int64_t b)
{
    int64_t r = a % b;
    return r < 0 ? r + b : r;
}
static inline bool year_is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}
static inline int month_days(int32_t year, int month)
{
    static const uint8_t DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && year_is_leap(year) ? 29 : DAYS[month - 1];
}
/* Since the epoch, false if out of range; local times may begin a day before TIMESTAMP_MIN. */
bool civil_to_us_checked(const struct civil *c, int64_t *out);
/* Days and time of day of a timestamp. */
static inline int32_t timestamp_day(int64_t v)
{
    return (int32_t)floor_div(v, US_PER_DAY);
}
void civil_from_days(int32_t days, int32_t *year, int8_t *month, int8_t *day);
int date_weekday(int32_t days);             /* 0 = Sunday */
int date_iso_week(int32_t days, int32_t *iso_year); /* 1..53 */
int32_t iso_week_monday(int32_t iso_year, int week); /* days */
/* The instant of a local time in a zone; the local time at an instant. */
static inline int64_t local_to_utc(int64_t local_us, const struct time_zone *zone)
{
    return local_us - time_zone_offset_of_local(zone, local_us) * US_PER_SECOND;
}
static inline int64_t utc_to_local(int64_t utc_us, const struct time_zone *zone)
{
    return utc_us + time_zone_offset_at(zone, utc_us) * US_PER_SECOND;
}
/* ".123456" without trailing zeros, or nothing. */
void fraction_format(int32_t us, struct buffer *out);

/* "Jan".."Dec" and the like, for output and to_char. */
extern const char *const MONTH_NAMES[12];
extern const char *const DAY_NAMES[7];

#endif
