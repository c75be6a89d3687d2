/* function_round.c - rounding, logarithms and buckets of numerics, out of line. */
#include <math.h>

#include "expr/function_kernels.h"

typedef enum status numeric_to_scale(const struct string *a, int scale, struct arena *arena, struct string *out);

/* PostgreSQL clamps the digits asked for to what a numeric can have. */
static int clamp_scale(int32_t scale)
{
    return scale < -2000 ? -2000 : scale > 2000 ? 2000 : scale;
}

static void to_scale(KERNEL_PARAMETERS, numeric_to_scale *compute)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string a = numeric_argument(&arguments[0], row, evaluation->arena);
        int scale = call->argument_count > 1 ? clamp_scale(ARGUMENT(1, int32_t, row)) : 0;
        enum status st = compute(&a, scale, evaluation->arena, &VECTOR_STRING(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void round_numeric(KERNEL_PARAMETERS)
{
    to_scale(call, arguments, in, evaluation, out, numeric_round);
}

void trunc_numeric(KERNEL_PARAMETERS)
{
    to_scale(call, arguments, in, evaluation, out, numeric_truncate);
}

/* The whole quotient, exactly: the remainder is taken away first. */
static enum status divide_whole(const struct string *a, const struct string *b, struct arena *arena, struct string *out)
{
    struct string rest, whole, quotient;
    if (numeric_is_special(a) || numeric_is_special(b))
        return numeric_divide(a, b, arena, out);
    TRY(numeric_modulo(a, b, arena, &rest));
    TRY(numeric_subtract(a, &rest, arena, &whole));
    TRY(numeric_divide(&whole, b, arena, &quotient));
    return numeric_truncate(&quotient, 0, arena, out);
}

void div_numeric(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string a = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string b = numeric_argument(&arguments[1], row, evaluation->arena);
        enum status st = divide_whole(&a, &b, evaluation->arena, &VECTOR_STRING(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

/* ---- logarithms: PostgreSQL's scale, 16 digits of the result that count ---- */

static int display_scale(const struct string *v)
{
    const uint8_t *bytes = string_bytes(v).data;
    return bytes[2] | bytes[3] << 8;
}

static int weight_of_logarithm(const struct string *v)
{
    double x = numeric_to_double(v);
    double logarithm = fabs(x - 1) < 0.1 ? fabs(x - 1) : fabs(log(x));
    return logarithm > 0 && isfinite(logarithm) ? (int)log10(logarithm) : 0;
}

static bool is_nan(const struct string *v)
{
    return numeric_is_special(v) && isnan(numeric_to_double(v));
}

static enum status logarithm_check(const struct string *v, struct error *err)
{
    if (numeric_sign(v) > 0)
        return STATUS_OK;
    return error_set(err, STATUS_INVALID_LOGARITHM, "cannot take logarithm of %s", numeric_sign(v) == 0 ? "zero" : "a negative number");
}

/* ln(x) / ln(base), both with many more digits than the result keeps. */
static enum status logarithm(const struct string *base, const struct string *x, struct evaluation *evaluation, struct string *out)
{
    struct arena *arena = evaluation->arena;
    if (is_nan(base) || is_nan(x)) {
        *out = is_nan(base) ? *base : *x;
        return STATUS_OK;
    }
    TRY(logarithm_check(base, evaluation->error));
    TRY(logarithm_check(x, evaluation->error));
    if (numeric_is_special(base) || numeric_is_special(x)) {
        struct string ln_base, ln_x;
        TRY(numeric_ln(base, arena, &ln_base));
        TRY(numeric_ln(x, arena, &ln_x));
        return numeric_divide(&ln_x, &ln_base, arena, out);
    }
    int scale = 16 - (weight_of_logarithm(x) - weight_of_logarithm(base));
    int asked = display_scale(base) > display_scale(x) ? display_scale(base) : display_scale(x);
    scale = scale < asked ? asked : scale > 1000 ? 1000 : scale;
    struct string fine_base, fine_x, ln_base, ln_x, quotient;
    TRY(numeric_round(base, scale + 40, arena, &fine_base));
    TRY(numeric_round(x, scale + 40, arena, &fine_x));
    TRY(numeric_ln(&fine_base, arena, &ln_base));
    TRY(numeric_ln(&fine_x, arena, &ln_x));
    TRY(numeric_divide(&ln_x, &ln_base, arena, &quotient));
    return numeric_round(&quotient, scale, arena, out);
}

void log_numeric(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string base = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string x = numeric_argument(&arguments[1], row, evaluation->arena);
        enum status st = logarithm(&base, &x, evaluation, &VECTOR_STRING(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

void log10_numeric(KERNEL_PARAMETERS)
{
    struct string ten;
    numeric_from_int128(10, 0, evaluation->arena, &ten);
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string x = numeric_argument(&arguments[0], row, evaluation->arena);
        enum status st = logarithm(&ten, &x, evaluation, &VECTOR_STRING(out)[row]);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

/* ---- width_bucket ---- */

static enum status bucket_within(const struct string *from, const struct string *to, const struct string *v, int32_t buckets,
                                 struct arena *arena, int32_t *out)
{
    struct string offset, width, count, product, quotient, whole;
    int64_t bucket;
    TRY(numeric_subtract(v, from, arena, &offset));
    TRY(numeric_subtract(to, from, arena, &width));
    numeric_from_int128(buckets, 0, arena, &count);
    TRY(numeric_multiply(&offset, &count, arena, &product));
    TRY(numeric_divide(&product, &width, arena, &quotient));
    TRY(numeric_floor(&quotient, arena, &whole));
    TRY(numeric_to_int64(&whole, &bucket, NULL));
    *out = (int32_t)(bucket >= buckets ? buckets : bucket + 1);
    return STATUS_OK;
}

static enum status bucket_of(const struct string *v, const struct string *low, const struct string *high, int32_t buckets,
                             struct arena *arena, int32_t *out, struct error *err)
{
    int direction = numeric_compare(high, low);
    if (buckets <= 0)
        return error_set(err, STATUS_INVALID_BUCKET, "count must be greater than zero");
    if (is_nan(v) || is_nan(low) || is_nan(high))
        return error_set(err, STATUS_INVALID_BUCKET, "operand, lower bound, and upper bound cannot be NaN");
    if (numeric_is_special(low) || numeric_is_special(high))
        return error_set(err, STATUS_INVALID_BUCKET, "lower and upper bounds must be finite");
    if (direction == 0)
        return error_set(err, STATUS_INVALID_BUCKET, "lower bound cannot equal upper bound");
    if (numeric_compare(v, low) * direction < 0) {
        *out = 0;
        return STATUS_OK;
    }
    if (numeric_compare(v, high) * direction >= 0)
        return __builtin_add_overflow(buckets, 1, out) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
    return bucket_within(low, high, v, buckets, arena, out);
}

void width_bucket_numeric(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string v = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string low = numeric_argument(&arguments[1], row, evaluation->arena);
        struct string high = numeric_argument(&arguments[2], row, evaluation->arena);
        enum status st =
            bucket_of(&v, &low, &high, ARGUMENT(3, int32_t, row), evaluation->arena, &VECTOR_I32(out)[row],
                      evaluation->error);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}
