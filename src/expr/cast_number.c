/* cast_number.c - casts among numbers. Rounding is half to even from floats, half away from zero from numerics. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "data/text.h"
#include "expr/cast_kernels.h"

/* Integers to narrower ones: what does not come back is out of range. */
#define NARROWING(NAME, TA, TR)                                                     \
    static inline TR NAME##_compute(TA a) { return (TR)a; }                         \
    static inline unsigned NAME##_suspect(TA a, TR r) { return (TA)r != a; }        \
    static inline enum status NAME##_status(TA a, TR r)                             \
    {                                                                               \
        return (TA)r != a ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;                \
    }                                                                               \
    LIGHT_UNARY(NAME, TA, TR)

#define WIDENING(NAME, TA, TR)                                                      \
    static inline TR NAME##_compute(TA a) { return (TR)a; }                         \
    LIGHT_UNARY_SAFE(NAME, TA, TR)

WIDENING(cast_int2_int4, int16_t, int32_t)
WIDENING(cast_int2_int8, int16_t, int64_t)
WIDENING(cast_int4_int8, int32_t, int64_t)
WIDENING(cast_int2_float4, int16_t, float)
WIDENING(cast_int2_float8, int16_t, double)
WIDENING(cast_int4_float4, int32_t, float)
WIDENING(cast_int4_float8, int32_t, double)
WIDENING(cast_int8_float4, int64_t, float)
WIDENING(cast_int8_float8, int64_t, double)
WIDENING(cast_float4_float8, float, double)
NARROWING(cast_int4_int2, int32_t, int16_t)
NARROWING(cast_int8_int2, int64_t, int16_t)
NARROWING(cast_int8_int4, int64_t, int32_t)

static inline uint8_t cast_int4_bool_compute(int32_t a) { return a != 0; }
LIGHT_UNARY_SAFE(cast_int4_bool, int32_t, uint8_t)

static inline int32_t cast_bool_int4_compute(uint8_t a) { return a; }
LIGHT_UNARY_SAFE(cast_bool_int4, uint8_t, int32_t)

/* Floats to integers: LOW is a power of two, exact in both; -LOW is the first value too large. NaN is in neither range. */
#define FLOAT_TO_INTEGER(NAME, TA, TR, LOW, ROUND)                                                       \
    static inline bool NAME##_fits(TA a) { return ROUND(a) >= (TA)(LOW) && ROUND(a) < -(TA)(LOW); }      \
    static inline TR NAME##_compute(TA a) { return NAME##_fits(a) ? (TR)ROUND(a) : 0; }                  \
    static inline unsigned NAME##_suspect(TA a, UNUSED TR r) { return !NAME##_fits(a); }                 \
    static inline enum status NAME##_status(TA a, UNUSED TR r)                                           \
    {                                                                                                    \
        return NAME##_fits(a) ? STATUS_OK : STATUS_NUMERIC_OUT_OF_RANGE;                                 \
    }                                                                                                    \
    LIGHT_UNARY(NAME, TA, TR)

FLOAT_TO_INTEGER(cast_float4_int2, float, int16_t, -32768, rintf)
FLOAT_TO_INTEGER(cast_float4_int4, float, int32_t, INT32_MIN, rintf)
FLOAT_TO_INTEGER(cast_float4_int8, float, int64_t, INT64_MIN, rintf)
FLOAT_TO_INTEGER(cast_float8_int2, double, int16_t, -32768, rint)
FLOAT_TO_INTEGER(cast_float8_int4, double, int32_t, INT32_MIN, rint)
FLOAT_TO_INTEGER(cast_float8_int8, double, int64_t, INT64_MIN, rint)

static inline float cast_float8_float4_compute(double a) { return (float)a; }
static inline unsigned cast_float8_float4_suspect(double a, float r)
{
    return (isinf(r) != 0) | (r == 0 && a != 0);
}
static inline enum status cast_float8_float4_status(double a, float r)
{
    bool overflow = isinf(r) && !isinf(a);
    return overflow || (r == 0 && a != 0) ? STATUS_NUMERIC_OUT_OF_RANGE : STATUS_OK;
}
LIGHT_UNARY(cast_float8_float4, double, float)

/* ---- numeric ---- */

struct string numeric_argument(const struct vector *v, uint32_t row, struct arena *arena)
{
    if (v->type.precision == 0)
        return VECTOR_STRING(v)[vector_slot(v, row)];
    struct string s;
    numeric_from_int128(VECTOR_I128(v)[vector_slot(v, row)], v->type.scale, arena, &s);
    return s;
}

enum status numeric_result(const struct string *value, struct vector *out, uint32_t row, struct arena *arena)
{
    if (out->type.precision == 0) {
        VECTOR_STRING(out)[row] = *value;
        return STATUS_OK;
    }
    return numeric_convert(type_numeric(0, 0), value, out->type, arena, &VECTOR_I128(out)[row], NULL);
}

void cast_integer_numeric(KERNEL_PARAMETERS)
{
    struct type type = call->type;
    vector_init_flat(out, type, in->row_count, evaluation->arena);
    if (type.precision == 0) {
        FOR_EACH_ROW (in, row)
            numeric_from_int128(vector_integer(&arguments[0], row), 0, evaluation->arena, &VECTOR_STRING(out)[row]);
        return;
    }
    int128 factor = int128_power_of_ten((unsigned)type.scale);
    int128 *result = out->values;
    FOR_EACH_ROW (in, row) {
        int128 v;
        if (__builtin_mul_overflow((int128)vector_integer(&arguments[0], row), factor, &v) || !int128_fits(v, type.precision))
            row_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, in, evaluation->arena);
        else
            result[row] = v;
    }
}

void cast_float_numeric(KERNEL_PARAMETERS)
{
    bool is_single = arguments[0].type.id == TYPE_FLOAT4;
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        double v = is_single ? (double)ARGUMENT(0, float, row) : ARGUMENT(0, double, row);
        struct string s;
        enum status st = numeric_from_double(v, is_single ? FLT_DIG : DBL_DIG, evaluation->arena, &s, evaluation->error);
        if (st == STATUS_OK)
            st = numeric_result(&s, out, row, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

/* 128 bits to 128 bits with a scale that does not shrink: a multiplication. */
static void rescale_up(const struct expr *call, const struct vector *from, const struct batch *in, struct vector *out,
                       struct arena *arena)
{
    int128 factor = int128_power_of_ten((unsigned)(call->type.scale - from->type.scale));
    bool may_overflow = from->type.precision - from->type.scale > call->type.precision - call->type.scale;
    int128 *result = out->values;
    FOR_EACH_ROW (in, row) {
        int128 v = VECTOR_I128(from)[vector_slot(from, row)];
        if (!may_overflow)
            result[row] = v * factor;
        else if (__builtin_mul_overflow(v, factor, &result[row]) || !int128_fits(result[row], call->type.precision))
            row_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, in, arena);
    }
}

void cast_numeric_numeric(KERNEL_PARAMETERS)
{
    const struct vector *from = &arguments[0];
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    if (from->type.precision != 0 && call->type.precision != 0 && call->type.scale >= from->type.scale) {
        rescale_up(call, from, in, out, evaluation->arena);
        return;
    }
    size_t size = type_size(call->type);
    FOR_EACH_ROW (in, row) {
        enum status st = numeric_convert(from->type, vector_value(from, row), call->type, evaluation->arena,
                                         (char *)out->values + row * size, evaluation->error);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

static enum status numeric_as_int64(const struct vector *v, uint32_t row, int64_t *out)
{
    if (v->type.precision == 0)
        return numeric_to_int64(&VECTOR_STRING(v)[vector_slot(v, row)], out, NULL);
    int128 whole;
    if (!int128_rescale(VECTOR_I128(v)[vector_slot(v, row)], v->type.scale, 0, &whole) || whole != (int64_t)whole)
        return STATUS_NUMERIC_OUT_OF_RANGE;
    *out = (int64_t)whole;
    return STATUS_OK;
}

static enum status store_integer(int64_t v, struct vector *out, uint32_t row)
{
    switch (out->type.id) {
    case TYPE_INT2:
        VECTOR_I16(out)[row] = (int16_t)v;
        return v == (int16_t)v ? STATUS_OK : STATUS_NUMERIC_OUT_OF_RANGE;
    case TYPE_INT4:
        VECTOR_I32(out)[row] = (int32_t)v;
        return v == (int32_t)v ? STATUS_OK : STATUS_NUMERIC_OUT_OF_RANGE;
    default:
        VECTOR_I64(out)[row] = v;
        return STATUS_OK;
    }
}

static enum status special_error(double v, struct type type, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "cannot convert %s to %s", isnan(v) ? "NaN" : "infinity",
                     type_base_name(type, name));
}

void cast_numeric_integer(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        int64_t v;
        enum status st = numeric_as_int64(&arguments[0], row, &v);
        if (st == STATUS_FEATURE_NOT_SUPPORTED)
            st = special_error(numeric_to_double(ARGUMENT_STRING(0, row)), call->type, evaluation->error);
        if (st == STATUS_OK)
            st = store_integer(v, out, row);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
}

/* The nearest double. Both parts exact as doubles: one division rounds once. Else through the text, as PostgreSQL does. */
static double numeric_as_double(const struct vector *v, uint32_t row)
{
    if (v->type.precision == 0)
        return numeric_to_double(&VECTOR_STRING(v)[vector_slot(v, row)]);
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    int128 value = VECTOR_I128(v)[vector_slot(v, row)];
    int scale = v->type.scale;
    if (scale <= 22 && value <= (int128)1 << 53 && value >= -((int128)1 << 53))
        return (double)value / powers[scale];
    char text[64];
    text[int128_format(value, scale, text)] = '\0';
    return strtod(text, NULL);
}

static float numeric_as_float(const struct vector *v, uint32_t row, struct buffer *text)
{
    buffer_reset(text);
    numeric_format(v->type, vector_value(v, row), text);
    return strtof(buffer_text(text), NULL); /* not by way of a double: that would round twice */
}

void cast_numeric_float(KERNEL_PARAMETERS)
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer text = {0};
    FOR_EACH_ROW (in, row) {
        double v;
        if (call->type.id == TYPE_FLOAT8)
            v = VECTOR_F64(out)[row] = numeric_as_double(&arguments[0], row);
        else
            v = (double)(VECTOR_F32(out)[row] = numeric_as_float(&arguments[0], row, &text));
        bool special = arguments[0].type.precision == 0 && numeric_is_special(ARGUMENT_STRING(0, row));
        if (isinf(v) && !special)
            row_error(out, row, STATUS_NUMERIC_OUT_OF_RANGE, in, evaluation->arena);
    }
    buffer_clear(&text);
}
