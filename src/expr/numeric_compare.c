/* numeric_compare.c - comparisons of numerics: in 128 bits where both are, in 64 where both fit, else by value. */
#include "expr/function_kernels.h"

/* Both as 128-bit integers of one scale, or not at all. */
struct scaled_operand {
    const int128 *values;
    bool constant;
};

/* Values of v times factor; false if some live value would overflow. */
static bool scale_operand(const struct vector *v, int scale, const struct batch *in, struct arena *arena,
                          struct scaled_operand *out)
{
    struct operand o = operand_of(v, in, arena);
    *out = (struct scaled_operand){o.values, o.constant};
    if (v->type.scale == scale)
        return true;
    int128 factor = int128_power_of_ten((unsigned)(scale - v->type.scale));
    int128 *scaled = arena_alloc(arena, (o.constant ? 1 : in->row_count) * sizeof *scaled);
    bool overflow = false;
    if (o.constant)
        overflow = __builtin_mul_overflow(out->values[0], factor, &scaled[0]);
    else
        FOR_EACH_ROW (in, row)
            overflow |= __builtin_mul_overflow(out->values[row], factor, &scaled[row]);
    out->values = scaled;
    return !overflow;
}

static void compare_any(const struct vector *arguments, const struct batch *in, struct evaluation *evaluation, int8_t *order)
{
    FOR_EACH_ROW (in, row) {
        struct string a = numeric_argument(&arguments[0], row, evaluation->arena);
        struct string b = numeric_argument(&arguments[1], row, evaluation->arena);
        order[row] = (int8_t)numeric_compare(&a, &b);
    }
}

/* Values of at most 18 digits are told by their low halves alone. */
static bool fits_64(struct type type, int scale)
{
    return type.precision + (scale - type.scale) <= 18;
}

#define LOW(p, i) (*(const int64_t *)&(p)[i])

#define LOOPS(SIGN)                                                                  \
    if (narrow && dense && b.constant) {                                             \
        const int64_t y = LOW(b.values, 0);                                          \
        for (uint32_t row = 0; row < in->row_count; row++)                           \
            r[row] = LOW(a.values, row) SIGN y;                                      \
    } else if (dense && b.constant) {                                                \
        const int128 y = b.values[0];                                                \
        for (uint32_t row = 0; row < in->row_count; row++)                           \
            r[row] = a.values[row] SIGN y;                                           \
    } else {                                                                         \
        FOR_EACH_ROW (in, row)                                                       \
            r[row] = a.values[a.constant ? 0 : row] SIGN b.values[b.constant ? 0 : row]; \
    }

#define NUMERIC_COMPARISON(NAME, SIGN)                                                                               \
    void NAME(KERNEL_PARAMETERS)                                                                                     \
    {                                                                                                                \
        struct arena *arena = evaluation->arena;                                                                     \
        const struct type x = arguments[0].type, y_type = arguments[1].type;                                         \
        int scale = x.scale > y_type.scale ? x.scale : y_type.scale;                                                 \
        struct scaled_operand a, b;                                                                                  \
        vector_init_flat(out, call->type, in->row_count, arena);                                                     \
        uint8_t *r = out->values;                                                                                    \
        if (x.precision != 0 && y_type.precision != 0 && scale_operand(&arguments[0], scale, in, arena, &a)          \
            && scale_operand(&arguments[1], scale, in, arena, &b)) {                                                 \
            const bool dense = rows_are_dense(in) && !a.constant;                                                    \
            const bool narrow = fits_64(x, scale) && fits_64(y_type, scale);                                         \
            LOOPS(SIGN)                                                                                              \
            return;                                                                                                  \
        }                                                                                                            \
        int8_t *order = arena_alloc(arena, in->row_count);                                                           \
        compare_any(arguments, in, evaluation, order);                                                               \
        FOR_EACH_ROW (in, row)                                                                                       \
            r[row] = order[row] SIGN 0;                                                                              \
    }

NUMERIC_COMPARISON(compare_numeric_eq, ==)
NUMERIC_COMPARISON(compare_numeric_ne, !=)
NUMERIC_COMPARISON(compare_numeric_lt, <)
NUMERIC_COMPARISON(compare_numeric_le, <=)
NUMERIC_COMPARISON(compare_numeric_gt, >)
NUMERIC_COMPARISON(compare_numeric_ge, >=)
