/* function_calendar.c - fields, truncation, zones, construction and the present. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "data/datetime.h"
#include "expr/text_kernel.h"

#define DAY_US INT64_C(86400000000)

static bool is_infinite(int64_t v)
{
    return v == TIMESTAMP_INFINITY || v == TIMESTAMP_MINUS_INFINITY;
}

/* A unit's name in lower case with a NUL; names are short, so one that does not fit is unknown by its first letters. */
enum { UNIT_SIZE = 32 };
static const char *unit_name(const struct string *s, char buffer[UNIT_SIZE])
{
    size_t size = s->size < UNIT_SIZE - 1 ? s->size : UNIT_SIZE - 1;
    const char *text = string_data(s);
    for (size_t i = 0; i < size; i++)
        buffer[i] = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] | 0x20) : text[i];
    buffer[size] = '\0';
    return buffer;
}

/* ---- the present ---- */

static int64_t local_now(const struct evaluation *e)
{
    return e->text.now_us + (int64_t)time_zone_offset_at(e->text.zone, e->text.now_us) * 1000000;
}

static int32_t floor_day(int64_t us)
{
    return (int32_t)(us / DAY_US - (us % DAY_US < 0));
}

#define PRESENT(NAME, T, EXPRESSION)                                          \
    void NAME(KERNEL_PARAMETERS)                                              \
    {                                                                         \
        (void)arguments;                                                      \
        (void)in;                                                             \
        T now = EXPRESSION;                                                   \
        vector_init_constant(out, call->type, &now, evaluation->arena);       \
    }
PRESENT(now_timestamptz, int64_t, evaluation->text.now_us)
PRESENT(now_timestamp, int64_t, local_now(evaluation))
PRESENT(now_date, int32_t, floor_day(local_now(evaluation)))
PRESENT(now_time, int64_t, local_now(evaluation) - floor_day(local_now(evaluation)) * DAY_US)

void clock_timestamptz(KERNEL_PARAMETERS)
{
    (void)arguments;
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct timespec now;
        timespec_get(&now, TIME_UTC);
        VECTOR_I64(out)[row] = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    }
}

/* ---- zones: the one that was found last is kept, since most batches name one ---- */

struct zone_cache {
    struct string name;
    const struct time_zone *zone;
};

static enum status zone_of(struct zone_cache *cache, const struct string *name, const struct time_zone **out, struct error *err)
{
    if (cache->zone != NULL && string_equal(&cache->name, name)) {
        *out = cache->zone;
        return STATUS_OK;
    }
    char text[256];
    if (name->size >= sizeof text)
        return error_set(err, STATUS_INVALID_PARAMETER, "time zone \"%.*s\" not recognized", (int)name->size, string_data(name));
    memcpy(text, string_data(name), name->size);
    text[name->size] = '\0';
    TRY(time_zone_find_written(text, out, err));
    *cache = (struct zone_cache){*name, *out};
    return STATUS_OK;
}

static void change_zone(KERNEL_PARAMETERS, bool to_local)
{
    struct zone_cache cache = {.zone = NULL};
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int64_t v = ARGUMENT(1, int64_t, row);
        const struct time_zone *zone;
        enum status st = zone_of(&cache, ARGUMENT_STRING(0, row), &zone, evaluation->error);
        if (st != STATUS_OK) {
            row_error(out, row, st, in, evaluation->arena);
            continue;
        }
        if (!is_infinite(v))
            v += (to_local ? (int64_t)time_zone_offset_at(zone, v) : -(int64_t)time_zone_offset_of_local(zone, v)) * 1000000;
        VECTOR_I64(out)[row] = v;
    }
}

void zone_timestamptz(KERNEL_PARAMETERS)
{
    change_zone(call, arguments, in, evaluation, out, true);
}

void zone_timestamp(KERNEL_PARAMETERS)
{
    change_zone(call, arguments, in, evaluation, out, false);
}

/* The offset is an interval without months and days. */
static enum status offset_error(const struct interval *offset, struct error *err)
{
    struct buffer text = {0};
    interval_format(offset, &text);
    enum status st = error_set(err, STATUS_INVALID_PARAMETER, "interval time zone \"%s\" must not include months or days", buffer_text(&text));
    buffer_clear(&text);
    return st;
}

static enum status offset_row(struct interval offset, int64_t v, int sign, int64_t *r, struct evaluation *e)
{
    if (offset.months != 0 || offset.days != 0)
        return offset_error(&offset, e->error);
    *r = v;
    int64_t whole_seconds = offset.microseconds / 1000000 * 1000000;
    if (!is_infinite(v) && __builtin_add_overflow(v, sign * whole_seconds, r))
        return STATUS_DATETIME_OVERFLOW;
    return STATUS_OK;
}

static enum status offset_timestamptz_row(struct interval a, int64_t b, int64_t *r, struct evaluation *e)
{
    return offset_row(a, b, 1, r, e);
}
HEAVY_BINARY(offset_timestamptz, struct interval, int64_t, int64_t)

static enum status offset_timestamp_row(struct interval a, int64_t b, int64_t *r, struct evaluation *e)
{
    return offset_row(a, b, -1, r, e);
}
HEAVY_BINARY(offset_timestamp, struct interval, int64_t, int64_t)

/* ---- truncation ---- */

/* The words for a unit that is unknown or means nothing for a type; st as it is. */
static enum status unit_error(const char *unit, enum status st, enum type_id type, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    if (st == STATUS_INVALID_PARAMETER || st == STATUS_FEATURE_NOT_SUPPORTED)
        st = error_set(err, st, "unit \"%s\" not %s for type %s", unit, st == STATUS_INVALID_PARAMETER ? "recognized" : "supported",
                       type_base_name(type_of(type), name));
    return st;
}

static enum status trunc_timestamp_row(struct string unit, int64_t v, int64_t *r, struct evaluation *e)
{
    char buffer[UNIT_SIZE];
    const char *name = unit_name(&unit, buffer);
    return unit_error(name, timestamp_truncate(name, v, r), TYPE_TIMESTAMP, e->error);
}
HEAVY_BINARY(trunc_timestamp, struct string, int64_t, int64_t)

static enum status trunc_interval_row(struct string unit, struct interval v, struct interval *r, struct evaluation *e)
{
    char buffer[UNIT_SIZE];
    const char *name = unit_name(&unit, buffer);
    return unit_error(name, interval_truncate(name, &v, r), TYPE_INTERVAL, e->error);
}
HEAVY_BINARY(trunc_interval, struct string, struct interval, struct interval)

void trunc_timestamptz(KERNEL_PARAMETERS)
{
    struct zone_cache cache = {.zone = NULL};
    char buffer[UNIT_SIZE];
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        const char *name = unit_name(ARGUMENT_STRING(0, row), buffer);
        const struct time_zone *zone = evaluation->text.zone;
        enum status st = call->argument_count > 2 ? zone_of(&cache, ARGUMENT_STRING(2, row), &zone, evaluation->error) : STATUS_OK;
        if (st == STATUS_OK)
            st = unit_error(name, timestamptz_truncate(name, ARGUMENT(1, int64_t, row), zone, &VECTOR_I64(out)[row]), TYPE_TIMESTAMPTZ,
                            evaluation->error);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

static enum status bin_timestamp_row(struct interval stride, int64_t v, int64_t origin, int64_t *r, struct evaluation *e)
{
    *r = v;
    if (is_infinite(v))
        return STATUS_OK;
    if (is_infinite(origin))
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "origin out of range");
    if (stride.months != 0)
        return error_set(e->error, STATUS_FEATURE_NOT_SUPPORTED, "timestamps cannot be binned into intervals containing months or years");
    int128 width = (int128)stride.days * DAY_US + stride.microseconds;
    int128 distance = (int128)v - origin;
    if (width <= 0)
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "stride must be greater than zero");
    if (width > INT64_MAX || distance != (int64_t)distance)
        return STATUS_DATETIME_OVERFLOW;
    int128 start = origin + distance - distance % width - (distance % width < 0 ? width : 0);
    *r = (int64_t)start;
    return start == *r ? STATUS_OK : STATUS_DATETIME_OVERFLOW;
}
HEAVY_TERNARY(bin_timestamp, struct interval, int64_t, int64_t, int64_t)

/* ---- fields ---- */

struct field {
    int128 value;
    int scale;
    int infinite; /* -1, 1: that infinity */
    bool is_null;
};

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Of an infinite time only what grows for ever has a value. */
static enum status infinite_field(const char *name, bool positive, struct field *f)
{
    static const char *const growing[] = {"year", "years", "y", "yr", "yrs", "decade", "decades", "century", "centuries", "c",
                                          "millennium", "millennia", "mil", "julian", "isoyear", "epoch", NULL};
    f->infinite = is_among(name, growing) ? (positive ? 1 : -1) : 0;
    f->is_null = f->infinite == 0;
    return timestamp_extract(name, 0, time_zone_utc(), &f->value, &f->scale); /* whether there is such a field */
}

static enum status timestamp_field(const char *name, int64_t v, const struct time_zone *zone, struct field *f)
{
    if (is_infinite(v))
        return infinite_field(name, v == TIMESTAMP_INFINITY, f);
    return timestamp_extract(name, v, zone, &f->value, &f->scale);
}

static enum status date_field(const char *name, int32_t v, bool extract, struct field *f)
{
    static const char *const finer[] = {"hour", "hours", "h", "minute", "minutes", "m", "second", "seconds", "s", "millisecond",
                                        "milliseconds", "ms", "microsecond", "microseconds", "us", "timezone", "timezone_hour",
                                        "timezone_minute", NULL};
    if (extract && is_among(name, finer))
        return STATUS_FEATURE_NOT_SUPPORTED;
    if (v == DATE_INFINITY || v == DATE_MINUS_INFINITY)
        return infinite_field(name, v == DATE_INFINITY, f);
    if (v > INT64_MAX / DAY_US || v < INT64_MIN / DAY_US)
        return STATUS_DATETIME_OVERFLOW;
    TRY(timestamp_extract(name, v * DAY_US, NULL, &f->value, &f->scale));
    if (strcmp(name, "epoch") == 0 || strcmp(name, "julian") == 0) { /* whole days: PostgreSQL shows no fraction */
        while (f->scale > 0 && f->value % 10 == 0) {
            f->value /= 10;
            f->scale--;
        }
    }
    return STATUS_OK;
}

static enum status time_field(const char *name, int64_t v, struct field *f)
{
    static const char *const own[] = {"hour", "hours", "h", "minute", "minutes", "m", "second", "seconds", "s", "millisecond",
                                      "milliseconds", "ms", "microsecond", "microseconds", "us", "epoch", NULL};
    int128 ignored;
    int ignored_scale;
    if (!is_among(name, own)) {
        enum status st = timestamp_extract(name, 0, NULL, &ignored, &ignored_scale);
        return st == STATUS_OK ? STATUS_FEATURE_NOT_SUPPORTED : st;
    }
    if (v == DAY_US && strncmp(name, "h", 1) == 0) { /* 24:00:00 */
        f->value = 24;
        return STATUS_OK;
    }
    return timestamp_extract(name, v, NULL, &f->value, &f->scale);
}

/* extract() refuses the hours of a date; date_part() knows dates only as timestamps. */
static enum status field_of(const struct vector *arguments, uint32_t row, bool extract, const struct evaluation *evaluation,
                            struct field *f)
{
    char buffer[UNIT_SIZE];
    const char *name = unit_name(ARGUMENT_STRING(0, row), buffer);
    *f = (struct field){0};
    enum type_id type = (enum type_id)arguments[1].type.id;
    enum status st;
    switch (type) {
    case TYPE_DATE:
        st = date_field(name, ARGUMENT(1, int32_t, row), extract, f);
        type = extract ? type : TYPE_TIMESTAMP;
        break;
    case TYPE_TIME:
        st = time_field(name, ARGUMENT(1, int64_t, row), f);
        break;
    case TYPE_TIMESTAMPTZ:
        st = timestamp_field(name, ARGUMENT(1, int64_t, row), evaluation->text.zone, f);
        break;
    case TYPE_INTERVAL:
        st = interval_extract(name, &ARGUMENT(1, struct interval, row), &f->value, &f->scale);
        break;
    default:
        st = timestamp_field(name, ARGUMENT(1, int64_t, row), NULL, f);
        break;
    }
    return unit_error(name, st, type, evaluation->error);
}

static void store_numeric_field(const struct field *f, struct string *out, struct arena *arena)
{
    if (f->infinite == 0) {
        numeric_from_int128(f->value, f->scale, arena, out);
        return;
    }
    const char *text = f->infinite > 0 ? "Infinity" : "-Infinity";
    status_ignore(numeric_parse(text, strlen(text), type_numeric(0, 0), arena, out, NULL), "an infinity always parses");
}

void extract_field(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct field f;
        enum status st = field_of(arguments, row, true, evaluation, &f);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
        else if (f.is_null)
            vector_set_null(out, row, in->row_count, evaluation->arena);
        else
            store_numeric_field(&f, &VECTOR_STRING(out)[row], evaluation->arena);
    }
}

void part_field(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct field f;
        enum status st = field_of(arguments, row, false, evaluation, &f);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
        else if (f.is_null)
            vector_set_null(out, row, in->row_count, evaluation->arena);
        else if (f.infinite != 0)
            VECTOR_F64(out)[row] = f.infinite > 0 ? (double)INFINITY : -(double)INFINITY;
        else
            VECTOR_F64(out)[row] = (double)f.value / (double)int128_power_of_ten((unsigned)f.scale);
    }
}

/* ---- age ---- */

static enum status age_row(int64_t a, int64_t b, struct interval *r)
{
    if (is_infinite(a) || is_infinite(b))
        return STATUS_DATETIME_OVERFLOW;
    *r = timestamp_age(a, b);
    return STATUS_OK;
}

static int64_t to_local(int64_t v, const struct evaluation *e)
{
    return is_infinite(v) ? v : v + (int64_t)time_zone_offset_at(e->text.zone, v) * 1000000;
}

static enum status age_between_row(int64_t a, int64_t b, struct interval *r, UNUSED struct evaluation *e)
{
    return age_row(a, b, r);
}
HEAVY_BINARY(age_between, int64_t, int64_t, struct interval)

static enum status age_between_zoned_row(int64_t a, int64_t b, struct interval *r, struct evaluation *e)
{
    return age_row(to_local(a, e), to_local(b, e), r);
}
HEAVY_BINARY(age_between_zoned, int64_t, int64_t, struct interval)

static enum status age_until_today_row(int64_t a, struct interval *r, struct evaluation *e)
{
    return age_row(floor_day(local_now(e)) * DAY_US, a, r);
}
HEAVY_UNARY(age_until_today, int64_t, struct interval)

static enum status age_until_today_zoned_row(int64_t a, struct interval *r, struct evaluation *e)
{
    return age_until_today_row(to_local(a, e), r, e);
}
HEAVY_UNARY(age_until_today_zoned, int64_t, struct interval)

/* ---- construction ---- */

static int days_in_month(int32_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

/* Negative years are BC: there is no year 0. */
static enum status date_of(int32_t year, int32_t month, int32_t day, int32_t *out, struct error *err)
{
    int32_t astronomical = year < 0 && year != INT32_MIN ? year + 1 : year;
    if (year == 0 || year == INT32_MIN || month < 1 || month > 12 || day < 1 || day > days_in_month(astronomical, month))
        return error_set(err, STATUS_DATETIME_OVERFLOW, "date field value out of range: %d-%02d-%02d", (int)astronomical, (int)month, (int)day);
    if (year < -4713 || year > 5874897)
        return error_set(err, STATUS_DATETIME_OVERFLOW, "date out of range: %d-%02d-%02d", (int)astronomical, (int)month, (int)day);
    *out = civil_to_days(astronomical, month, day);
    return STATUS_OK;
}

static enum status time_of(int32_t hour, int32_t minute, double second, int64_t *out, struct error *err)
{
    bool end_of_day = hour == 24 && minute == 0 && second == 0;
    bool fits = !isnan(second) && hour >= 0 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 && (hour <= 23 || end_of_day);
    if (fits)
        *out = ((int64_t)hour * 60 + minute) * 60000000 + (int64_t)rint(second * 1000000);
    if (!fits || *out > DAY_US)
        return error_set(err, STATUS_DATETIME_OVERFLOW, "time field value out of range: %d:%02d:%02g", (int)hour, (int)minute, second);
    return STATUS_OK;
}

static enum status make_date_row(int32_t year, int32_t month, int32_t day, int32_t *r, struct evaluation *e)
{
    return date_of(year, month, day, r, e->error);
}
HEAVY_TERNARY(make_date, int32_t, int32_t, int32_t, int32_t)

static enum status make_time_row(int32_t hour, int32_t minute, double second, int64_t *r, struct evaluation *e)
{
    return time_of(hour, minute, second, r, e->error);
}
HEAVY_TERNARY(make_time, int32_t, int32_t, double, int64_t)

void make_timestamp(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int32_t days = 0;
        int64_t time = 0;
        enum status st = date_of(ARGUMENT(0, int32_t, row), ARGUMENT(1, int32_t, row), ARGUMENT(2, int32_t, row), &days,
                                 evaluation->error);
        if (st == STATUS_OK)
            st = time_of(ARGUMENT(3, int32_t, row), ARGUMENT(4, int32_t, row), ARGUMENT(5, double, row), &time, evaluation->error);
        if (st == STATUS_OK && (days > INT64_MAX / DAY_US - 1 || days < INT64_MIN / DAY_US + 1))
            st = STATUS_DATETIME_OVERFLOW;
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
        else
            VECTOR_I64(out)[row] = days * DAY_US + time;
    }
}

static enum status interval_of(const int32_t fields[6], double seconds, struct interval *out)
{
    int64_t months = (int64_t)fields[0] * 12 + fields[1];
    int64_t days = (int64_t)fields[2] * 7 + fields[3];
    int64_t us = ((int64_t)fields[4] * 60 + fields[5]) * 60000000;
    double fraction = rint(seconds * 1000000);
    if (isnan(seconds) || isinf(seconds) || fabs(fraction) >= 0x1p63 || months != (int32_t)months || days != (int32_t)days
        || __builtin_add_overflow(us, (int64_t)fraction, &us))
        return STATUS_DATETIME_OVERFLOW;
    *out = (struct interval){us, (int32_t)days, (int32_t)months};
    return STATUS_OK;
}

void make_interval(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int32_t fields[6] = {0};
        for (uint32_t i = 0; i < 6 && i < call->argument_count; i++)
            fields[i] = ARGUMENT(i, int32_t, row);
        double seconds = call->argument_count > 6 ? ARGUMENT(6, double, row) : 0;
        enum status st = interval_of(fields, seconds, &VECTOR_INTERVAL(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

static enum status to_timestamp_float8_row(double seconds, int64_t *r, struct evaluation *e)
{
    *r = seconds > 0 ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
    if (isinf(seconds))
        return STATUS_OK;
    if (isnan(seconds))
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "timestamp cannot be NaN");
    double us = rint(seconds * 1000000);
    if (fabs(us) >= 0x1p63)
        return error_set(e->error, STATUS_DATETIME_OVERFLOW, "timestamp out of range: \"%g\"", seconds);
    *r = (int64_t)us;
    return STATUS_OK;
}
HEAVY_UNARY(to_timestamp_float8, double, int64_t)

/* ---- to_char ---- */

static void format_times(KERNEL_PARAMETERS, const struct time_zone *zone)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        int64_t v = ARGUMENT(0, int64_t, row);
        const struct string *pattern = ARGUMENT_STRING(1, row);
        if (is_infinite(v) || pattern->size == 0) {
            vector_set_null(out, row, in->row_count, evaluation->arena);
            continue;
        }
        int32_t offset = zone == NULL ? 0 : time_zone_offset_at(zone, v);
        const char *abbreviation = zone == NULL ? "" : time_zone_abbreviation_at(zone, v);
        buffer_reset(&text);
        enum status st = timestamp_to_char(v + (int64_t)offset * 1000000, abbreviation, offset, string_data(pattern),
                                           pattern->size, &text, NULL);
        VECTOR_STRING(out)[row] = string_copy(text.data, text.size, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
    buffer_clear(&text);
}

void to_char_timestamp(KERNEL_PARAMETERS)
{
    format_times(call, arguments, in, evaluation, out, NULL);
}

void to_char_timestamptz(KERNEL_PARAMETERS)
{
    format_times(call, arguments, in, evaluation, out, evaluation->text.zone);
}
