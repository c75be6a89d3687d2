/* function_float.c - arithmetic and functions of real and double precision, with PostgreSQL's range errors.
 *
 * exp, log, pow and the trigonometric functions are the C library's.
 */
#include <float.h>
#include <math.h>

#include "expr/function_kernels.h"

/* An infinite result from finite operands overflowed; for products and quotients a zero from nonzero ones underflowed. */
#define FLOAT_ADDITIVE(NAME, TA, TB, TR, SIGN)                                                                       \
    static inline TR NAME##_compute(TA a, TB b) { return (TR)a SIGN (TR)b; }                                         \
    static inline unsigned NAME##_suspect(UNUSED TA a, UNUSED TB b, TR r) { return isinf(r) != 0; }                  \
    static inline enum status NAME##_status(TA a, TB b, TR r)                                                        \
    {                                                                                                                \
        return isinf(r) && !isinf(a) && !isinf(b) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;                         \
    }                                                                                                                \
    LIGHT_BINARY(NAME, TA, TB, TR)

#define FLOAT_PRODUCT(NAME, TA, TB, TR)                                                                              \
    static inline TR NAME##_compute(TA a, TB b) { return (TR)a * (TR)b; }                                            \
    static inline unsigned NAME##_suspect(UNUSED TA a, UNUSED TB b, TR r) { return (isinf(r) != 0) | (r == 0); }     \
    static inline enum status NAME##_status(TA a, TB b, TR r)                                                        \
    {                                                                                                                \
        bool overflow = isinf(r) && !isinf(a) && !isinf(b);                                                          \
        return overflow || (r == 0 && a != 0 && b != 0) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;                   \
    }                                                                                                                \
    LIGHT_BINARY(NAME, TA, TB, TR)

#define FLOAT_QUOTIENT(NAME, TA, TB, TR)                                                                             \
    static inline TR NAME##_compute(TA a, TB b) { return (TR)a / (TR)b; }                                            \
    static inline unsigned NAME##_suspect(UNUSED TA a, TB b, TR r) { return (isinf(r) != 0) | (r == 0) | (b == 0); } \
    static inline enum status NAME##_status(TA a, TB b, TR r)                                                        \
    {                                                                                                                \
        if (b == 0 && !isnan(a))                                                                                     \
            return STATUS_DIVISION_BY_ZERO;                                                                          \
        bool overflow = isinf(r) && !isinf(a);                                                                       \
        return overflow || (r == 0 && a != 0 && b != 0 && !isinf(b)) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;      \
    }                                                                                                                \
    LIGHT_BINARY(NAME, TA, TB, TR)

#define FLOAT_ALL(SUFFIX, TA, TB, TR)            \
    FLOAT_ADDITIVE(add_##SUFFIX, TA, TB, TR, +)  \
    FLOAT_ADDITIVE(subtract_##SUFFIX, TA, TB, TR, -) \
    FLOAT_PRODUCT(multiply_##SUFFIX, TA, TB, TR) \
    FLOAT_QUOTIENT(divide_##SUFFIX, TA, TB, TR)

FLOAT_ALL(float4, float, float, float)
FLOAT_ALL(float8, double, double, double)
FLOAT_ALL(float48, float, double, double)
FLOAT_ALL(float84, double, float, double)

#define FLOAT_SIMPLE(NAME, T, EXPRESSION)                       \
    static inline T NAME##_compute(T a) { return EXPRESSION; }  \
    LIGHT_UNARY_SAFE(NAME, T, T)

FLOAT_SIMPLE(negate_float4, float, -a)
FLOAT_SIMPLE(negate_float8, double, -a)
FLOAT_SIMPLE(absolute_float4, float, fabsf(a))
FLOAT_SIMPLE(absolute_float8, double, fabs(a))
FLOAT_SIMPLE(sign_float8, double, a > 0 ? 1 : a < 0 ? -1 : 0)
FLOAT_SIMPLE(round_float8, double, rint(a))
FLOAT_SIMPLE(trunc_float8, double, trunc(a))
FLOAT_SIMPLE(ceil_float8, double, ceil(a))
FLOAT_SIMPLE(floor_float8, double, floor(a))
FLOAT_SIMPLE(degrees_float8, double, a / (3.14159265358979323846 / 180.0))
FLOAT_SIMPLE(radians_float8, double, a * (3.14159265358979323846 / 180.0))
FLOAT_SIMPLE(cbrt_float8, double, cbrt(a))
FLOAT_SIMPLE(atan_float8, double, atan(a))
FLOAT_SIMPLE(sinh_float8, double, sinh(a))
FLOAT_SIMPLE(tanh_float8, double, tanh(a))

/* Errors by domain; the results of overflow and underflow too. */
#define FLOAT_FUNCTION(NAME, DOMAIN_STATUS, DOMAIN, MESSAGE, EXPRESSION)                                             \
    static enum status NAME##_row(double a, double *r, struct evaluation *e)                                         \
    {                                                                                                                \
        if (!isnan(a) && !(DOMAIN))                                                                                  \
            return error_set(e->error, DOMAIN_STATUS, "%s", MESSAGE);                                                \
        *r = EXPRESSION;                                                                                             \
        return isinf(*r) && !isinf(a) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;                                     \
    }                                                                                                                \
    HEAVY_UNARY(NAME, double, double)

#define LOGARITHM_MESSAGE (a == 0 ? "cannot take logarithm of zero" : "cannot take logarithm of a negative number")
#define RANGE_MESSAGE "input is out of range"

FLOAT_FUNCTION(sqrt_float8, STATUS_INVALID_POWER, a >= 0, "cannot take square root of a negative number", sqrt(a))
FLOAT_FUNCTION(ln_float8, STATUS_INVALID_LOGARITHM, a > 0, LOGARITHM_MESSAGE, log(a))
FLOAT_FUNCTION(log10_float8, STATUS_INVALID_LOGARITHM, a > 0, LOGARITHM_MESSAGE, log10(a))
FLOAT_FUNCTION(sin_float8, STATUS_NUMERIC_OUT_OF_RANGE, !isinf(a), RANGE_MESSAGE, sin(a))
FLOAT_FUNCTION(cos_float8, STATUS_NUMERIC_OUT_OF_RANGE, !isinf(a), RANGE_MESSAGE, cos(a))
FLOAT_FUNCTION(tan_float8, STATUS_NUMERIC_OUT_OF_RANGE, !isinf(a), RANGE_MESSAGE, tan(a))
FLOAT_FUNCTION(asin_float8, STATUS_NUMERIC_OUT_OF_RANGE, a >= -1 && a <= 1, RANGE_MESSAGE, asin(a))
FLOAT_FUNCTION(acos_float8, STATUS_NUMERIC_OUT_OF_RANGE, a >= -1 && a <= 1, RANGE_MESSAGE, acos(a))

static enum status exp_float8_row(double a, double *r, UNUSED struct evaluation *e)
{
    *r = exp(a);
    bool overflow = isinf(*r) && !isinf(a);
    return overflow || (*r == 0 && !isinf(a)) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
}
HEAVY_UNARY(exp_float8, double, double)

static enum status power_float8_row(double a, double b, double *r, struct evaluation *e)
{
    if (a == 0 && b < 0)
        return error_set(e->error, STATUS_INVALID_POWER, "zero raised to a negative power is undefined");
    if (a < 0 && floor(b) != b && !isnan(b))
        return STATUS_INVALID_POWER;
    *r = pow(a, b);
    bool finite = !isinf(a) && !isinf(b);
    bool overflow = isinf(*r) && finite;
    return overflow || (*r == 0 && finite && a != 0) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
}
HEAVY_BINARY(power_float8, double, double, double)

static enum status atan2_float8_row(double a, double b, double *r, UNUSED struct evaluation *e)
{
    *r = atan2(a, b);
    return STATUS_OK;
}
HEAVY_BINARY(atan2_float8, double, double, double)

void pi_float8(KERNEL_PARAMETERS)
{
    (void)arguments;
    (void)in;
    double pi = 3.14159265358979323846;
    vector_init_constant(out, call->type, &pi, evaluation->arena);
}

void width_bucket_float8(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        double v = ARGUMENT(0, double, row), low = ARGUMENT(1, double, row), high = ARGUMENT(2, double, row);
        int32_t buckets = ARGUMENT(3, int32_t, row);
        int32_t *r = &VECTOR_I32(out)[row];
        const char *refusal = buckets <= 0 ? "count must be greater than zero"
            : isnan(v) || isnan(low) || isnan(high) ? "operand, lower bound, and upper bound cannot be NaN"
            : isinf(low) || isinf(high) ? "lower and upper bounds must be finite"
            : low == high ? "lower bound cannot equal upper bound"
                          : NULL;
        if (refusal != NULL) {
            row_error(out, row, error_set(evaluation->error, STATUS_INVALID_BUCKET, "%s", refusal), in, evaluation->arena);
            continue;
        }
        bool rising = low < high;
        if (rising ? v < low : v > low)
            *r = 0;
        else if ((rising ? v >= high : v <= high) && buckets == INT32_MAX)
            row_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, in, evaluation->arena);
        else if (rising ? v >= high : v <= high)
            *r = buckets + 1;
        else
            *r = (int32_t)((v - low) / (high - low) * buckets) + 1;
    }
}
