/* calendar.c - the proleptic Gregorian calendar, and dates and times as text. */
#include "data/calendar.h"

#include <assert.h>

const char *const MONTH_NAMES[12] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
const char *const DAY_NAMES[7] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

/* Years begin in March here, so that a leap day is a year's last, and are counted from a year before all others, so that
 * they divide without a sign. */
int32_t civil_to_days(int32_t year, int month, int day)
{
    enum { ERAS = 5368710, DAYS_PER_ERA = 146097 }; /* of 400 years */
    static const int16_t DAYS_BEFORE[] = {306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275};
    assert(month >= 1 && month <= 12);
    uint64_t y = (uint64_t)((int64_t)year - (month <= 2) + INT64_C(400) * ERAS);
    int64_t days = (int64_t)(y * 365 + y / 4 - y / 100 + y / 400) + DAYS_BEFORE[month - 1] + day;
    return (int32_t)(days - INT64_C(1) * ERAS * DAYS_PER_ERA - 719469);
}

/* By eras of 400 years (Hinnant, "chrono-compatible low-level date algorithms"). */
void civil_from_days(int32_t days, int32_t *year, int8_t *month, int8_t *day)
{
    int64_t z = (int64_t)days + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t day_of_era = z - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t march_month = (5 * day_of_year + 2) / 153;
    *day = (int8_t)(day_of_year - (153 * march_month + 2) / 5 + 1);
    *month = (int8_t)(march_month < 10 ? march_month + 3 : march_month - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

void civil_from_us(int64_t local_us, struct civil *out)
{
    int32_t days = timestamp_day(local_us);
    int64_t rest = local_us - days * US_PER_DAY;
    civil_from_days(days, &out->year, &out->month, &out->day);
    out->hour = (int8_t)(rest / US_PER_HOUR);
    out->minute = (int8_t)(rest / US_PER_MINUTE % 60);
    out->second = (int8_t)(rest / US_PER_SECOND % 60);
    out->microsecond = (int32_t)(rest % US_PER_SECOND);
}

bool civil_to_us_checked(const struct civil *c, int64_t *out)
{
    if (c->year < -4800 || c->year > 294300)
        return false;
    int64_t time_us = (c->hour * INT64_C(3600) + c->minute * INT64_C(60) + c->second) * US_PER_SECOND + c->microsecond;
    int64_t day_us;
    return !__builtin_mul_overflow((int64_t)civil_to_days(c->year, c->month, c->day), US_PER_DAY, &day_us) &&
           !__builtin_add_overflow(day_us, time_us, out) && *out > TIMESTAMP_MIN - US_PER_DAY && *out != TIMESTAMP_INFINITY;
}

int date_weekday(int32_t days)
{
    return (int)floor_mod((int64_t)days + 4, 7); /* 1970-01-01 was a Thursday */
}

int32_t iso_week_monday(int32_t iso_year, int week)
{
    int32_t january_4 = civil_to_days(iso_year, 1, 4);
    int monday_based = (date_weekday(january_4) + 6) % 7;
    return january_4 - monday_based + (week - 1) * 7;
}

int date_iso_week(int32_t days, int32_t *iso_year)
{
    int32_t year;
    int8_t month, day;
    int32_t thursday = days - (date_weekday(days) + 6) % 7 + 3;
    civil_from_days(thursday, &year, &month, &day);
    *iso_year = year;
    return (thursday - civil_to_days(year, 1, 1)) / 7 + 1;
}

static void put_two(unsigned v, struct buffer *out)
{
    char digits[2] = {(char)('0' + v / 10), (char)('0' + v % 10)};
    buffer_put(out, digits, 2);
}

void fraction_format(int32_t us, struct buffer *out)
{
    if (us == 0)
        return;
    char digits[7] = ".000000";
    for (int i = 6; i > 0; i--, us /= 10)
        digits[i] = (char)('0' + us % 10);
    size_t size = 7;
    while (digits[size - 1] == '0')
        size--;
    buffer_put(out, digits, size);
}

/* At least four digits; the era follows the whole text. */
static void civil_put_date(const struct civil *c, struct buffer *out)
{
    int32_t year = c->year > 0 ? c->year : 1 - c->year;
    if (year < 10000) {
        put_two((unsigned)year / 100, out);
        put_two((unsigned)year % 100, out);
    } else {
        buffer_printf(out, "%d", (int)year);
    }
    buffer_put_u8(out, '-');
    put_two((unsigned)c->month, out);
    buffer_put_u8(out, '-');
    put_two((unsigned)c->day, out);
}

static void civil_put_time(const struct civil *c, struct buffer *out)
{
    put_two((unsigned)c->hour, out);
    buffer_put_u8(out, ':');
    put_two((unsigned)c->minute, out);
    buffer_put_u8(out, ':');
    put_two((unsigned)c->second, out);
    fraction_format(c->microsecond, out);
}

static void put_era(const struct civil *c, struct buffer *out)
{
    if (c->year <= 0)
        buffer_put_text(out, " BC");
}

void date_format(int32_t v, struct buffer *out)
{
    if (v == DATE_INFINITY || v == DATE_MINUS_INFINITY) {
        buffer_put_text(out, v == DATE_INFINITY ? "infinity" : "-infinity");
        return;
    }
    struct civil c = {0};
    civil_from_days(v, &c.year, &c.month, &c.day);
    civil_put_date(&c, out);
    put_era(&c, out);
}

void time_format(int64_t v, struct buffer *out)
{
    struct civil c = {.hour = (int8_t)(v / US_PER_HOUR),
                      .minute = (int8_t)(v / US_PER_MINUTE % 60),
                      .second = (int8_t)(v / US_PER_SECOND % 60),
                      .microsecond = (int32_t)(v % US_PER_SECOND)};
    civil_put_time(&c, out);
}

/* A zone's offset as PostgreSQL appends it: "+02", "-08:30", "+01:23:45". */
static void offset_format(int32_t offset_s, struct buffer *out)
{
    uint32_t magnitude = (uint32_t)(offset_s < 0 ? -offset_s : offset_s);
    buffer_put_u8(out, offset_s < 0 ? '-' : '+');
    put_two(magnitude / 3600, out);
    if (magnitude % 3600 == 0)
        return;
    buffer_put_u8(out, ':');
    put_two(magnitude / 60 % 60, out);
    if (magnitude % 60 == 0)
        return;
    buffer_put_u8(out, ':');
    put_two(magnitude % 60, out);
}

static bool put_infinity(int64_t v, struct buffer *out)
{
    if (timestamp_is_infinite(v))
        buffer_put_text(out, v == TIMESTAMP_INFINITY ? "infinity" : "-infinity");
    return timestamp_is_infinite(v);
}

static void put_timestamp(int64_t local_us, const int32_t *offset_s, struct buffer *out)
{
    struct civil c;
    civil_from_us(local_us, &c);
    civil_put_date(&c, out);
    buffer_put_u8(out, ' ');
    civil_put_time(&c, out);
    if (offset_s != NULL)
        offset_format(*offset_s, out);
    put_era(&c, out);
}

void timestamp_format(int64_t v, struct buffer *out)
{
    if (!put_infinity(v, out))
        put_timestamp(v, NULL, out);
}

void timestamptz_format(int64_t v, const struct time_zone *zone, struct buffer *out)
{
    if (put_infinity(v, out))
        return;
    int32_t offset_s = time_zone_offset_at(zone, v);
    put_timestamp(v + offset_s * US_PER_SECOND, &offset_s, out);
}

static int64_t round_to_unit(int64_t v, unsigned digits)
{
    static const int64_t UNITS[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t unit = UNITS[digits > 6 ? 6 : digits], half = unit / 2;
    return v >= 0 ? (v + half) / unit * unit : -((-v + half) / unit * unit);
}

int64_t timestamp_round(int64_t v, unsigned digits)
{
    const int64_t year_2000 = INT64_C(946684800000000); /* PostgreSQL counts from there, and rounds away from it */
    if (digits >= 6 || timestamp_is_infinite(v))
        return v;
    return round_to_unit(v - year_2000, digits) + year_2000;
}

int64_t time_round(int64_t v, unsigned digits)
{
    return round_to_unit(v, digits);
}
