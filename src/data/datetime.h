/* datetime.h - dates, times, zones and intervals, as PostgreSQL reads, prints and computes them.
 *
 * Calendar: proleptic Gregorian. Zones come from the system's tz database
 * through one loader (POSIX TZif, RFC 8536), kept for the process.
 */
#ifndef LEAT_DATA_DATETIME_H
#define LEAT_DATA_DATETIME_H

#include "base/buffer.h"
#include "data/type.h"

struct time_zone;
/* A zone as SET TIME ZONE names it: "UTC", "Europe/Berlin", hours east ("+02", "5.5"), a POSIX specification ("CET-1CEST", "+08:30": west).
 * Cached, never freed. STATUS_INVALID_PARAMETER if unknown. */
CHECKED enum status time_zone_find(const char *name, const struct time_zone **out, struct error *err);
/* The same as AT TIME ZONE and date_trunc() name it: abbreviations ("PST") come first, bare hours count west. */
CHECKED enum status time_zone_find_written(const char *name, const struct time_zone **out, struct error *err);
const struct time_zone *time_zone_utc(void);
const char *time_zone_name(const struct time_zone *zone);
/* Offset east of UTC in seconds at a UTC instant; and of a local time (the earlier offset where it is ambiguous, the one
 * before the gap where it does not exist, as PostgreSQL). */
int32_t time_zone_offset_at(const struct time_zone *zone, int64_t utc_us);
int32_t time_zone_offset_of_local(const struct time_zone *zone, int64_t local_us);
/* Its abbreviation at a UTC instant ("CET"); static. */
const char *time_zone_abbreviation_at(const struct time_zone *zone, int64_t utc_us);

struct civil {
    int32_t year; /* astronomical: 0 is 1 BC */
    int8_t month, day, hour, minute, second;
    int32_t microsecond;
};
int32_t civil_to_days(int32_t year, int month, int day); /* since 1970-01-01 */
void civil_from_us(int64_t local_us, struct civil *out);

/* Parsing of PostgreSQL's input, ISO and the traditional styles with DateStyle "ISO, MDY", 'now', 'today', 'infinity', 'epoch'.
 * now_us is what 'now' means. zone: the session's. 22007, 22008, 22009. */
CHECKED enum status date_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int32_t *out, struct error *err);
CHECKED enum status time_parse(const char *text, size_t size, int64_t *out, struct error *err);
CHECKED enum status timestamp_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int64_t *out, struct error *err);
CHECKED enum status timestamptz_parse(const char *text, size_t size, int64_t now_us, const struct time_zone *zone, int64_t *out, struct error *err);
CHECKED enum status interval_parse(const char *text, size_t size, struct interval *out, struct error *err);
/* The fast path for "2024-01-15T10:00:00[.123456][Z|+hh[:mm]]" or with a blank; false: use the full parser.
 * *has_zone tells whether a zone was given; *out is UTC then, else local. */
bool timestamp_parse_iso(const char *text, size_t size, int64_t *out, bool *has_zone);

/* A timestamp or time of day with this many fractional digits kept (0..6), rounded as a cast to timestamp(n) does. */
int64_t timestamp_round(int64_t v, unsigned digits);
int64_t time_round(int64_t v, unsigned digits);

/* Output in DateStyle ISO, IntervalStyle postgres. */
void date_format(int32_t v, struct buffer *out);
void time_format(int64_t v, struct buffer *out);
void timestamp_format(int64_t v, struct buffer *out);
void timestamptz_format(int64_t v, const struct time_zone *zone, struct buffer *out);
void interval_format(const struct interval *v, struct buffer *out);

/* Arithmetic; statuses are kept as error values by kernels. */
CHECKED enum status timestamp_add_interval(int64_t v, const struct interval *i, int64_t *out);
CHECKED enum status timestamptz_add_interval(int64_t v, const struct interval *i, const struct time_zone *zone, int64_t *out);
struct interval timestamp_difference(int64_t a, int64_t b); /* a - b: days and microseconds, as PostgreSQL */
struct interval timestamp_age(int64_t a, int64_t b);
CHECKED enum status interval_add(const struct interval *a, const struct interval *b, struct interval *out);
CHECKED enum status interval_multiply(const struct interval *a, double factor, struct interval *out);
CHECKED enum status interval_divide(const struct interval *a, double divisor, struct interval *out);
void interval_negate(const struct interval *a, struct interval *out);
int interval_compare(const struct interval *a, const struct interval *b); /* months = 30 days, days = 24 h */
int128 interval_comparable(const struct interval *a); /* equal intervals have equal ones: for keys */
/* date_trunc; unit lower case ("hour"). STATUS_INVALID_PARAMETER: unknown unit, STATUS_FEATURE_NOT_SUPPORTED. */
CHECKED enum status timestamp_truncate(const char *unit, int64_t v, int64_t *out);
CHECKED enum status interval_truncate(const char *unit, const struct interval *v, struct interval *out);
CHECKED enum status timestamptz_truncate(const char *unit, int64_t v, const struct time_zone *zone, int64_t *out);
/* extract(field from v): an exact number as int128 with 6 digits behind the point where seconds, epoch or julian need them;
 * *scale tells (julian: up to 28). An infinite v has no number: STATUS_NUMERIC_OUT_OF_RANGE; PostgreSQL gives an infinity for
 * epoch, julian, year and longer, else NULL. Zone-dependent fields of timestamptz are taken in zone. */
CHECKED enum status timestamp_extract(const char *field, int64_t v, const struct time_zone *zone_or_null, int128 *out, int *scale);
CHECKED enum status interval_extract(const char *field, const struct interval *v, int128 *out, int *scale);
/* to_char patterns for timestamps. */
CHECKED enum status timestamp_to_char(int64_t local_us, const char *abbreviation, int32_t offset_s, const char *pattern, size_t pattern_size, struct buffer *out, struct error *err);

#endif
