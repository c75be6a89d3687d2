/* function_numeric.c - arithmetic of numerics: in 128 bits where the type of the result says so, else out of line. */
#include "expr/function_kernels.h"
#include "expr/numeric_type.h"

static int larger(int a, int b)
{
    return a > b ? a : b;
}

static struct type fixed_or_unlimited(int precision, int scale)
{
    return precision <= NUMERIC_PRECISION_MAX ? type_numeric((unsigned)precision, scale) : type_numeric(0, 0);
}

struct type numeric_type_of_sum(const struct type *arguments, uint32_t count)
{
    (void)count;
    struct type a = arguments[0], b = arguments[1];
    if (a.precision == 0 || b.precision == 0)
        return type_numeric(0, 0);
    int scale = larger(a.scale, b.scale);
    return fixed_or_unlimited(larger(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale);
}

struct type numeric_type_of_product(const struct type *arguments, uint32_t count)
{
    (void)count;
    struct type a = arguments[0], b = arguments[1];
    if (a.precision == 0 || b.precision == 0)
        return type_numeric(0, 0);
    return fixed_or_unlimited(a.precision + b.precision, a.scale + b.scale);
}

struct type numeric_type_of_same(const struct type *arguments, uint32_t count)
{
    (void)count;
    return arguments[0];
}

/* ---- out of line ---- */

typedef enum status numeric_binary(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
typedef enum status numeric_unary(const struct string *a, struct arena *arena, struct string *out);

static void binary_out_of_line(KERNEL_PARAMETERS, numeric_binary *compute)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string a = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string b = numeric_argument(&arguments[1], row, evaluation->arena);
        struct string r;
        enum status st = compute(&a, &b, evaluation->arena, &r);
        if (st == STATUS_INVALID_POWER && numeric_sign(&a) == 0)
            st = error_set(evaluation->error, st, "zero raised to a negative power is undefined");
        if (st == STATUS_OK)
            st = numeric_result(&r, out, row, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

static void unary_out_of_line(KERNEL_PARAMETERS, numeric_unary *compute)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct string a = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string r;
        enum status st = compute(&a, evaluation->arena, &r);
        if (st == STATUS_INVALID_POWER)
            st = error_set(evaluation->error, st, "cannot take square root of a negative number");
        else if (st == STATUS_INVALID_LOGARITHM && numeric_sign(&a) == 0)
            st = error_set(evaluation->error, st, "cannot take logarithm of zero");
        if (st == STATUS_OK)
            st = numeric_result(&r, out, row, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

/* ---- in 128 bits: the result's precision rules overflow out for every value that the types allow ---- */

struct factors {
    uint128 a, b;
};

static struct factors factors_of(const struct expr *call, const struct vector *arguments)
{
    return (struct factors){
        (uint128)int128_power_of_ten((unsigned)(call->type.scale - arguments[0].type.scale)),
        (uint128)int128_power_of_ten((unsigned)(call->type.scale - arguments[1].type.scale)),
    };
}

/* Unsigned, so that the bits of rows without a value may be computed too. */
#define FIXED_LOOP(EXPRESSION)                                                  \
    do {                                                                        \
        if (rows_are_dense(in) && !(x.constant && y.constant)) {                \
            for (uint32_t row = 0; row < in->row_count; row++) {                \
                const uint128 va = a[x.constant ? 0 : row];                     \
                const uint128 vb = b[y.constant ? 0 : row];                     \
                r[row] = EXPRESSION;                                            \
            }                                                                   \
        } else {                                                                \
            FOR_EACH_ROW (in, row) {                                            \
                const uint128 va = a[x.constant ? 0 : row];                     \
                const uint128 vb = b[y.constant ? 0 : row];                     \
                r[row] = EXPRESSION;                                            \
            }                                                                   \
        }                                                                       \
    } while (0)

static void add_fixed(KERNEL_PARAMETERS, bool negate)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    const struct operand x = operand_of(&arguments[0], in, evaluation->arena);
    const struct operand y = operand_of(&arguments[1], in, evaluation->arena);
    struct factors f = factors_of(call, arguments);
    if (negate)
        f.b = 0 - f.b;
    const uint128 *a = x.values, *b = y.values;
    uint128 *r = out->values;
    if (f.a == 1 && f.b == 1)
        FIXED_LOOP(va + vb);
    else if (f.a == 1 && negate && f.b == 0 - (uint128)1)
        FIXED_LOOP(va - vb);
    else
        FIXED_LOOP(va * f.a + vb * f.b);
}

static void multiply_fixed(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    const struct operand x = operand_of(&arguments[0], in, evaluation->arena);
    const struct operand y = operand_of(&arguments[1], in, evaluation->arena);
    const uint128 *a = x.values, *b = y.values;
    uint128 *r = out->values;
    if (arguments[0].type.precision <= 18 && arguments[1].type.precision <= 18)
        FIXED_LOOP((uint128)((int128)(int64_t)va * (int64_t)vb));
    else
        FIXED_LOOP(va * vb);
}

void add_numeric(KERNEL_PARAMETERS)
{
    if (call->type.precision != 0)
        add_fixed(call, arguments, in, evaluation, out, false);
    else
        binary_out_of_line(call, arguments, in, evaluation, out, numeric_add);
}

void subtract_numeric(KERNEL_PARAMETERS)
{
    if (call->type.precision != 0)
        add_fixed(call, arguments, in, evaluation, out, true);
    else
        binary_out_of_line(call, arguments, in, evaluation, out, numeric_subtract);
}

void multiply_numeric(KERNEL_PARAMETERS)
{
    if (call->type.precision != 0)
        multiply_fixed(call, arguments, in, evaluation, out);
    else
        binary_out_of_line(call, arguments, in, evaluation, out, numeric_multiply);
}

#define OUT_OF_LINE_BINARY(NAME, COMPUTE)                                           \
    void NAME(KERNEL_PARAMETERS)                                                    \
    {                                                                               \
        binary_out_of_line(call, arguments, in, evaluation, out, COMPUTE);          \
    }
#define OUT_OF_LINE_UNARY(NAME, COMPUTE)                                            \
    void NAME(KERNEL_PARAMETERS)                                                    \
    {                                                                               \
        unary_out_of_line(call, arguments, in, evaluation, out, COMPUTE);           \
    }

OUT_OF_LINE_BINARY(divide_numeric, numeric_divide)
OUT_OF_LINE_BINARY(modulo_numeric, numeric_modulo)
OUT_OF_LINE_BINARY(power_numeric, numeric_power)
OUT_OF_LINE_UNARY(sqrt_numeric, numeric_sqrt)
OUT_OF_LINE_UNARY(exp_numeric, numeric_exp)
OUT_OF_LINE_UNARY(ln_numeric, numeric_ln)
OUT_OF_LINE_UNARY(ceil_numeric, numeric_ceil)
OUT_OF_LINE_UNARY(floor_numeric, numeric_floor)

static enum status negate_string(const struct string *a, struct arena *arena, struct string *out)
{
    numeric_negate(a, arena, out);
    return STATUS_OK;
}

static enum status absolute_string(const struct string *a, struct arena *arena, struct string *out)
{
    *out = *a;
    if (numeric_sign(a) < 0)
        numeric_negate(a, arena, out);
    return STATUS_OK;
}

static inline uint128 negate_fixed_compute(uint128 a)
{
    return 0 - a;
}
static function_kernel negate_fixed, absolute_fixed;
LIGHT_UNARY_SAFE(negate_fixed, uint128, uint128)
static inline uint128 absolute_fixed_compute(uint128 a)
{
    return (int128)a < 0 ? 0 - a : a;
}
LIGHT_UNARY_SAFE(absolute_fixed, uint128, uint128)

void negate_numeric(KERNEL_PARAMETERS)
{
    if (call->type.precision != 0)
        negate_fixed(call, arguments, in, evaluation, out);
    else
        unary_out_of_line(call, arguments, in, evaluation, out, negate_string);
}

void absolute_numeric(KERNEL_PARAMETERS)
{
    if (call->type.precision != 0)
        absolute_fixed(call, arguments, in, evaluation, out);
    else
        unary_out_of_line(call, arguments, in, evaluation, out, absolute_string);
}

static enum status sign_string(const struct string *a, struct arena *arena, struct string *out)
{
    if (numeric_is_special(a) && numeric_compare(a, a) == 0 && string_bytes(a).data[0] == 1)
        *out = *a; /* NaN */
    else
        numeric_from_int128(numeric_sign(a), 0, arena, out);
    return STATUS_OK;
}
OUT_OF_LINE_UNARY(sign_numeric, sign_string)
