/* function_integer.c - arithmetic and bits of smallint, integer and bigint; overflow is an error, never a wrap.
 *
 * Sums are computed without signs, so that any bits may be computed and the loops vectorise; overflow shows in the signs.
 */
#include <stdlib.h>

#include "expr/function_kernels.h"

#define ERROR_IF(CONDITION) ((CONDITION) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK)

#define ADDITION(SUFFIX, T, UT)                                                                                      \
    static inline T add_##SUFFIX##_compute(T a, T b) { return (T)((UT)a + (UT)b); }                                  \
    static inline unsigned add_##SUFFIX##_suspect(T a, T b, T r) { return ((a ^ r) & (b ^ r)) < 0; }                 \
    static inline enum status add_##SUFFIX##_status(T a, T b, UNUSED T r)                                            \
    {                                                                                                                \
        T exact;                                                                                                     \
        return ERROR_IF(__builtin_add_overflow(a, b, &exact));                                                       \
    }                                                                                                                \
    LIGHT_BINARY(add_##SUFFIX, T, T, T)                                                                              \
    static inline T subtract_##SUFFIX##_compute(T a, T b) { return (T)((UT)a - (UT)b); }                             \
    static inline unsigned subtract_##SUFFIX##_suspect(T a, T b, T r) { return ((a ^ b) & (a ^ r)) < 0; }            \
    static inline enum status subtract_##SUFFIX##_status(T a, T b, UNUSED T r)                                       \
    {                                                                                                                \
        T exact;                                                                                                     \
        return ERROR_IF(__builtin_sub_overflow(a, b, &exact));                                                       \
    }                                                                                                                \
    LIGHT_BINARY(subtract_##SUFFIX, T, T, T)

#define MULTIPLICATION(SUFFIX, T, UT)                                                                                \
    static inline T multiply_##SUFFIX##_compute(T a, T b) { return (T)((UT)a * (UT)b); }                             \
    static inline unsigned multiply_##SUFFIX##_suspect(T a, T b, UNUSED T r)                                         \
    {                                                                                                                \
        T exact;                                                                                                     \
        return __builtin_mul_overflow(a, b, &exact);                                                                 \
    }                                                                                                                \
    static inline enum status multiply_##SUFFIX##_status(T a, T b, T r)                                              \
    {                                                                                                                \
        return ERROR_IF(multiply_##SUFFIX##_suspect(a, b, r));                                                       \
    }                                                                                                                \
    LIGHT_BINARY(multiply_##SUFFIX, T, T, T)

#define DIVISION(SUFFIX, T, LEAST)                                                                                   \
    static inline T divide_##SUFFIX##_compute(T a, T b)                                                              \
    {                                                                                                                \
        return (T)(b == 0 || (b == -1 && a == LEAST) ? 0 : a / b);                                                   \
    }                                                                                                                \
    static inline unsigned divide_##SUFFIX##_suspect(T a, T b, UNUSED T r)                                           \
    {                                                                                                                \
        return (b == 0) | ((b == -1) & (a == LEAST));                                                                \
    }                                                                                                                \
    static inline enum status divide_##SUFFIX##_status(T a, T b, UNUSED T r)                                         \
    {                                                                                                                \
        return b == 0 ? STATUS_DIVISION_BY_ZERO : ERROR_IF(b == -1 && a == LEAST);                                   \
    }                                                                                                                \
    LIGHT_BINARY(divide_##SUFFIX, T, T, T)                                                                           \
    static inline T modulo_##SUFFIX##_compute(T a, T b) { return (T)(b == 0 || b == -1 ? 0 : a % b); }               \
    static inline unsigned modulo_##SUFFIX##_suspect(UNUSED T a, T b, UNUSED T r) { return b == 0; }                 \
    static inline enum status modulo_##SUFFIX##_status(UNUSED T a, T b, UNUSED T r)                                  \
    {                                                                                                                \
        return b == 0 ? STATUS_DIVISION_BY_ZERO : STATUS_OK;                                                         \
    }                                                                                                                \
    LIGHT_BINARY(modulo_##SUFFIX, T, T, T)

#define SIGNS(SUFFIX, T, UT, LEAST)                                                                                  \
    static inline T negate_##SUFFIX##_compute(T a) { return (T)(0 - (UT)a); }                                        \
    static inline unsigned negate_##SUFFIX##_suspect(T a, UNUSED T r) { return a == LEAST; }                         \
    static inline enum status negate_##SUFFIX##_status(T a, UNUSED T r) { return ERROR_IF(a == LEAST); }             \
    LIGHT_UNARY(negate_##SUFFIX, T, T)                                                                               \
    static inline T absolute_##SUFFIX##_compute(T a) { return (T)(a < 0 ? (T)(0 - (UT)a) : a); }                        \
    static inline unsigned absolute_##SUFFIX##_suspect(T a, UNUSED T r) { return a == LEAST; }                       \
    static inline enum status absolute_##SUFFIX##_status(T a, UNUSED T r) { return ERROR_IF(a == LEAST); }           \
    LIGHT_UNARY(absolute_##SUFFIX, T, T)

/* PostgreSQL leaves shifts to the machine, which takes the count modulo the width; so do we, but by name. */
#define BITS(SUFFIX, T, UT, WIDTH)                                                                                   \
    static inline T bit_and_##SUFFIX##_compute(T a, T b) { return (T)(a & b); }                                      \
    LIGHT_BINARY_SAFE(bit_and_##SUFFIX, T, T, T)                                                                     \
    static inline T bit_or_##SUFFIX##_compute(T a, T b) { return (T)(a | b); }                                       \
    LIGHT_BINARY_SAFE(bit_or_##SUFFIX, T, T, T)                                                                      \
    static inline T bit_xor_##SUFFIX##_compute(T a, T b) { return (T)(a ^ b); }                                      \
    LIGHT_BINARY_SAFE(bit_xor_##SUFFIX, T, T, T)                                                                     \
    static inline T bit_not_##SUFFIX##_compute(T a) { return (T)~a; }                                                \
    LIGHT_UNARY_SAFE(bit_not_##SUFFIX, T, T)                                                                         \
    static inline T shift_left_##SUFFIX##_compute(T a, int32_t b)                                                    \
    {                                                                                                                \
        return (T)((uint64_t)a << ((uint32_t)b & (WIDTH - 1)));                                                      \
    }                                                                                                                \
    LIGHT_BINARY_SAFE(shift_left_##SUFFIX, T, int32_t, T)                                                            \
    static inline T shift_right_##SUFFIX##_compute(T a, int32_t b) { return (T)(a >> ((uint32_t)b & (WIDTH - 1))); } \
    LIGHT_BINARY_SAFE(shift_right_##SUFFIX, T, int32_t, T)

#define ALL(SUFFIX, T, UT, LEAST, SHIFT_WIDTH) \
    ADDITION(SUFFIX, T, UT)                    \
    MULTIPLICATION(SUFFIX, T, UT)              \
    DIVISION(SUFFIX, T, LEAST)                 \
    SIGNS(SUFFIX, T, UT, LEAST)                \
    BITS(SUFFIX, T, UT, SHIFT_WIDTH)

ALL(int2, int16_t, uint32_t, INT16_MIN, 32)
ALL(int4, int32_t, uint32_t, INT32_MIN, 32)
ALL(int8, int64_t, uint64_t, INT64_MIN, 64)

void identity(KERNEL_PARAMETERS)
{
    (void)in;
    (void)evaluation;
    *out = arguments[0];
    out->type = call->type;
}

/* ---- gcd, lcm ---- */

static uint64_t magnitude(int64_t v)
{
    return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static enum status gcd_int8_row(int64_t a, int64_t b, int64_t *r, UNUSED struct evaluation *e)
{
    uint64_t divisor = common_divisor(magnitude(a), magnitude(b));
    *r = (int64_t)divisor;
    return ERROR_IF(divisor > INT64_MAX);
}
HEAVY_BINARY(gcd_int8, int64_t, int64_t, int64_t)

static enum status gcd_int4_row(int32_t a, int32_t b, int32_t *r, UNUSED struct evaluation *e)
{
    uint64_t divisor = common_divisor(magnitude(a), magnitude(b));
    *r = (int32_t)divisor;
    return ERROR_IF(divisor > INT32_MAX);
}
HEAVY_BINARY(gcd_int4, int32_t, int32_t, int32_t)

static enum status lcm_int8_row(int64_t a, int64_t b, int64_t *r, UNUSED struct evaluation *e)
{
    *r = 0;
    if (a == 0 || b == 0)
        return STATUS_OK;
    uint64_t x = magnitude(a), y = magnitude(b);
    uint64_t multiple;
    if (__builtin_mul_overflow(x / common_divisor(x, y), y, &multiple) || multiple > INT64_MAX)
        return STATUS_NUMERIC_OUT_OF_RANGE;
    *r = (int64_t)multiple;
    return STATUS_OK;
}
HEAVY_BINARY(lcm_int8, int64_t, int64_t, int64_t)

static enum status lcm_int4_row(int32_t a, int32_t b, int32_t *r, struct evaluation *e)
{
    int64_t wide;
    TRY(lcm_int8_row(a, b, &wide, e));
    *r = (int32_t)wide;
    return ERROR_IF(wide > INT32_MAX);
}
HEAVY_BINARY(lcm_int4, int32_t, int32_t, int32_t)
