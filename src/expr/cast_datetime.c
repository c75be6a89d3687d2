/* cast_datetime.c - casts among dates, times and timestamps. Infinities stay what they are. */
#include "data/datetime.h"

#include "expr/cast_kernels.h"

#define DAY_US INT64_C(86400000000)

static bool is_infinite(int64_t timestamp)
{
    return timestamp == TIMESTAMP_INFINITY || timestamp == TIMESTAMP_MINUS_INFINITY;
}

static int64_t floor_days(int64_t us)
{
    return us / DAY_US - (us % DAY_US < 0);
}

static int64_t shift(int64_t us, int64_t seconds)
{
    return us + seconds * 1000000;
}

static enum status cast_date_timestamp_row(int32_t v, int64_t *out, struct evaluation *evaluation)
{
    if (v == DATE_INFINITY || v == DATE_MINUS_INFINITY)
        *out = v == DATE_INFINITY ? TIMESTAMP_INFINITY : TIMESTAMP_MINUS_INFINITY;
    else if (__builtin_mul_overflow((int64_t)v, DAY_US, out))
        return error_set(evaluation->error, STATUS_DATETIME_OVERFLOW, "date out of range for timestamp");
    return STATUS_OK;
}
HEAVY_UNARY(cast_date_timestamp, int32_t, int64_t)

static enum status cast_timestamp_timestamptz_row(int64_t v, int64_t *out, struct evaluation *evaluation)
{
    *out = is_infinite(v) ? v : shift(v, -time_zone_offset_of_local(evaluation->text.zone, v));
    return STATUS_OK;
}
HEAVY_UNARY(cast_timestamp_timestamptz, int64_t, int64_t)

static enum status cast_timestamptz_timestamp_row(int64_t v, int64_t *out, struct evaluation *evaluation)
{
    *out = is_infinite(v) ? v : shift(v, time_zone_offset_at(evaluation->text.zone, v));
    return STATUS_OK;
}
HEAVY_UNARY(cast_timestamptz_timestamp, int64_t, int64_t)

static enum status cast_date_timestamptz_row(int32_t v, int64_t *out, struct evaluation *evaluation)
{
    TRY(cast_date_timestamp_row(v, out, evaluation));
    return cast_timestamp_timestamptz_row(*out, out, evaluation);
}
HEAVY_UNARY(cast_date_timestamptz, int32_t, int64_t)

static enum status cast_timestamp_date_row(int64_t v, int32_t *out, UNUSED struct evaluation *evaluation)
{
    if (is_infinite(v))
        *out = v == TIMESTAMP_INFINITY ? DATE_INFINITY : DATE_MINUS_INFINITY;
    else
        *out = (int32_t)floor_days(v);
    return STATUS_OK;
}
HEAVY_UNARY(cast_timestamp_date, int64_t, int32_t)

static enum status cast_timestamptz_date_row(int64_t v, int32_t *out, struct evaluation *evaluation)
{
    TRY(cast_timestamptz_timestamp_row(v, &v, evaluation));
    return cast_timestamp_date_row(v, out, evaluation);
}
HEAVY_UNARY(cast_timestamptz_date, int64_t, int32_t)

/* The time of day of local; an infinite instant has none. */
static void time_of_day(int64_t v, int64_t offset_s, const struct batch *in, uint32_t row, struct vector *out,
                        struct arena *arena)
{
    if (is_infinite(v)) {
        vector_set_null(out, row, in->row_count, arena);
        return;
    }
    int64_t local = shift(v, offset_s);
    VECTOR_I64(out)[row] = local - floor_days(local) * DAY_US;
}

void cast_timestamp_time(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row)
        time_of_day(ARGUMENT(0, int64_t, row), 0, in, row, out, evaluation->arena);
}

void cast_timestamptz_time(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int64_t v = ARGUMENT(0, int64_t, row);
        time_of_day(v, time_zone_offset_at(evaluation->text.zone, v), in, row, out, evaluation->arena);
    }
}

static enum status cast_time_interval_row(int64_t v, struct interval *out, UNUSED struct evaluation *evaluation)
{
    *out = (struct interval){.microseconds = v};
    return STATUS_OK;
}
HEAVY_UNARY(cast_time_interval, int64_t, struct interval)

static enum status cast_interval_time_row(struct interval v, int64_t *out, UNUSED struct evaluation *evaluation)
{
    *out = v.microseconds - floor_days(v.microseconds) * DAY_US;
    return STATUS_OK;
}
HEAVY_UNARY(cast_interval_time, struct interval, int64_t)

/* Rounds to the fractional digits of the target, half away from the past as PostgreSQL does for microseconds. */
void cast_time_precision(KERNEL_PARAMETERS)
{
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t unit = units[call->type.precision > 6 ? 6 : call->type.precision];
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int64_t v = ARGUMENT(0, int64_t, row);
        int64_t half = v >= 0 ? unit / 2 : -(unit / 2);
        int64_t rounded;
        if (unit == 1 || is_infinite(v))
            rounded = v;
        else if (__builtin_add_overflow(v, half, &rounded))
            row_error(out, row, STATUS_DATETIME_OVERFLOW, in, evaluation->arena);
        else
            rounded -= rounded % unit;
        VECTOR_I64(out)[row] = rounded;
    }
}

/* The same for the time of an interval, whose months and days stay. */
static enum status round_interval(struct interval v, unsigned digits, struct interval *out)
{
    static const int64_t units[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    int64_t unit = units[digits > 6 ? 6 : digits], half = v.microseconds >= 0 ? unit / 2 : -(unit / 2);
    *out = v;
    if (__builtin_add_overflow(v.microseconds, half, &out->microseconds))
        return STATUS_DATETIME_OVERFLOW;
    out->microseconds -= out->microseconds % unit;
    return STATUS_OK;
}

void cast_interval_precision(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        enum status st = round_interval(ARGUMENT(0, struct interval, row), call->type.precision, &VECTOR_INTERVAL(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}
