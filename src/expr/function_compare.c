/* function_compare.c - comparisons as light kernels where values have a fixed width, and what is made of value_compare. */
#include "data/compare.h"
#include "data/datetime.h"

#include "expr/function_kernels.h"

#define COMPARISON(NAME, TA, TB, EXPRESSION)                                                \
    static inline uint8_t NAME##_compute(TA a, TB b) { return (uint8_t)(EXPRESSION); }      \
    LIGHT_BINARY_SAFE(NAME, TA, TB, uint8_t)

#define ORDERED(SUFFIX, T)                                   \
    COMPARISON(compare_##SUFFIX##_eq, T, T, a == b)          \
    COMPARISON(compare_##SUFFIX##_ne, T, T, a != b)          \
    COMPARISON(compare_##SUFFIX##_lt, T, T, a < b)           \
    COMPARISON(compare_##SUFFIX##_le, T, T, a <= b)          \
    COMPARISON(compare_##SUFFIX##_gt, T, T, a > b)           \
    COMPARISON(compare_##SUFFIX##_ge, T, T, a >= b)

/* NaN equals NaN and is above every number. */
#define ORDERED_FLOAT(SUFFIX, TA, TB)                                                        \
    COMPARISON(compare_##SUFFIX##_eq, TA, TB, (a == b) | ((a != a) & (b != b)))              \
    COMPARISON(compare_##SUFFIX##_ne, TA, TB, !((a == b) | ((a != a) & (b != b))))           \
    COMPARISON(compare_##SUFFIX##_lt, TA, TB, (a < b) | ((a == a) & (b != b)))               \
    COMPARISON(compare_##SUFFIX##_le, TA, TB, (a <= b) | (b != b))                           \
    COMPARISON(compare_##SUFFIX##_gt, TA, TB, (a > b) | ((a != a) & (b == b)))               \
    COMPARISON(compare_##SUFFIX##_ge, TA, TB, (a >= b) | (a != a))

ORDERED(bool, uint8_t)
ORDERED(int2, int16_t)
ORDERED(int4, int32_t)
ORDERED(int8, int64_t)
ORDERED_FLOAT(float4, float, float)
ORDERED_FLOAT(float8, double, double)
ORDERED_FLOAT(float48, float, double)
ORDERED_FLOAT(float84, double, float)

/* ---- by a three-way comparison ---- */

#define BY_ORDER(SUFFIX, T, EQUAL, COMPARE)                                                                          \
    static enum status compare_##SUFFIX##_eq_row(T a, T b, uint8_t *r, UNUSED struct evaluation *e)                  \
    {                                                                                                                \
        *r = EQUAL(&a, &b);                                                                                          \
        return STATUS_OK;                                                                                            \
    }                                                                                                                \
    static enum status compare_##SUFFIX##_ne_row(T a, T b, uint8_t *r, UNUSED struct evaluation *e)                  \
    {                                                                                                                \
        *r = !EQUAL(&a, &b);                                                                                         \
        return STATUS_OK;                                                                                            \
    }                                                                                                                \
    BY_ORDER_SIGN(SUFFIX, lt, T, COMPARE, <)                                                                         \
    BY_ORDER_SIGN(SUFFIX, le, T, COMPARE, <=)                                                                        \
    BY_ORDER_SIGN(SUFFIX, gt, T, COMPARE, >)                                                                         \
    BY_ORDER_SIGN(SUFFIX, ge, T, COMPARE, >=)                                                                        \
    HEAVY_BINARY(compare_##SUFFIX##_eq, T, T, uint8_t)                                                               \
    HEAVY_BINARY(compare_##SUFFIX##_ne, T, T, uint8_t)                                                               \
    HEAVY_BINARY(compare_##SUFFIX##_lt, T, T, uint8_t)                                                               \
    HEAVY_BINARY(compare_##SUFFIX##_le, T, T, uint8_t)                                                               \
    HEAVY_BINARY(compare_##SUFFIX##_gt, T, T, uint8_t)                                                               \
    HEAVY_BINARY(compare_##SUFFIX##_ge, T, T, uint8_t)
#define BY_ORDER_SIGN(SUFFIX, SIGN_NAME, T, COMPARE, SIGN)                                                           \
    static enum status compare_##SUFFIX##_##SIGN_NAME##_row(T a, T b, uint8_t *r, UNUSED struct evaluation *e)       \
    {                                                                                                                \
        *r = COMPARE(&a, &b) SIGN 0;                                                                                 \
        return STATUS_OK;                                                                                            \
    }

/* The first four bytes decide most comparisons without a look behind the pointer. */
static inline int text_order(const struct string *a, const struct string *b)
{
    uint32_t x, y;
    memcpy(&x, a->prefix, 4);
    memcpy(&y, b->prefix, 4);
    if (x != y)
        return __builtin_bswap32(x) < __builtin_bswap32(y) ? -1 : 1;
    return string_compare(a, b);
}

static int char_order(const struct string *a, const struct string *b)
{
    return value_compare(type_of(TYPE_CHAR), a, b);
}
static bool char_equal(const struct string *a, const struct string *b)
{
    return char_order(a, b) == 0;
}
static bool interval_equal(const struct interval *a, const struct interval *b)
{
    return interval_compare(a, b) == 0;
}

struct uuid {
    uint8_t bytes[16];
};
static inline int uuid_order(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a, b, sizeof *a);
}
static inline bool uuid_equal(const struct uuid *a, const struct uuid *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

BY_ORDER(text, struct string, string_equal, text_order)
BY_ORDER(char, struct string, char_equal, char_order)
BY_ORDER(interval, struct interval, interval_equal, interval_compare)
BY_ORDER(uuid, struct uuid, uuid_equal, uuid_order)

/* ---- over any type ---- */

static bool values_equal(const struct vector *arguments, uint32_t row)
{
    return value_compare(arguments[0].type, vector_value(&arguments[0], row), vector_value(&arguments[1], row)) == 0;
}

static void compare_distinct(KERNEL_PARAMETERS, bool distinct)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        bool a_valid = vector_is_valid(&arguments[0], row);
        bool b_valid = vector_is_valid(&arguments[1], row);
        bool same = a_valid && b_valid ? values_equal(arguments, row) : a_valid == b_valid;
        VECTOR_BOOL(out)[row] = same != distinct;
    }
}

void compare_is_distinct(KERNEL_PARAMETERS)
{
    compare_distinct(call, arguments, in, evaluation, out, true);
}

void compare_is_not_distinct(KERNEL_PARAMETERS)
{
    compare_distinct(call, arguments, in, evaluation, out, false);
}

void choose_nullif(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    size_t size = type_size(call->type);
    FOR_EACH_ROW (in, row) {
        bool a_valid = vector_is_valid(&arguments[0], row);
        if (!a_valid || (vector_is_valid(&arguments[1], row) && values_equal(arguments, row)))
            vector_set_null(out, row, in->row_count, evaluation->arena);
        else
            memcpy((char *)out->values + row * size, vector_value(&arguments[0], row), size);
    }
}

static void choose_extreme(KERNEL_PARAMETERS, int sign)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    size_t size = type_size(call->type);
    FOR_EACH_ROW (in, row) {
        const void *best = NULL;
        for (uint32_t i = 0; i < call->argument_count; i++) {
            if (!vector_is_valid(&arguments[i], row))
                continue;
            const void *value = vector_value(&arguments[i], row);
            if (best == NULL || value_compare(call->type, value, best) * sign > 0)
                best = value;
        }
        if (best == NULL)
            vector_set_null(out, row, in->row_count, evaluation->arena);
        else
            memcpy((char *)out->values + row * size, best, size);
    }
}

void choose_greatest(KERNEL_PARAMETERS)
{
    choose_extreme(call, arguments, in, evaluation, out, 1);
}

void choose_least(KERNEL_PARAMETERS)
{
    choose_extreme(call, arguments, in, evaluation, out, -1);
}

/* ---- NULL and truth ---- */

static uint8_t truth_is_null(const struct vector *v, uint32_t row)
{
    return !vector_is_valid(v, row);
}
static uint8_t truth_is_true(const struct vector *v, uint32_t row)
{
    return vector_is_valid(v, row) && VECTOR_BOOL(v)[vector_slot(v, row)] != 0;
}
static uint8_t truth_is_false(const struct vector *v, uint32_t row)
{
    return vector_is_valid(v, row) && VECTOR_BOOL(v)[vector_slot(v, row)] == 0;
}

#define TEST(NAME, EXPRESSION)                                                       \
    void NAME(KERNEL_PARAMETERS)                                                     \
    {                                                                                \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);         \
        FOR_EACH_ROW (in, row)                                                       \
            VECTOR_BOOL(out)[row] = EXPRESSION(&arguments[0], row);                  \
    }
TEST(test_is_null, truth_is_null)
TEST(test_is_not_null, !truth_is_null)
TEST(test_is_true, truth_is_true)
TEST(test_is_not_true, !truth_is_true)
TEST(test_is_false, truth_is_false)
TEST(test_is_not_false, !truth_is_false)

static inline uint8_t test_not_compute(uint8_t a)
{
    return !(a & 1);
}
LIGHT_UNARY_SAFE(test_not, uint8_t, uint8_t)
