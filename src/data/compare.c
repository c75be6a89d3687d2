/* compare.c - order of two values. */
#include "data/compare.h"

#include <assert.h>

#include "data/datetime.h"
#include "data/key_normal.h"
#include "data/numeric.h"

#define COMPARE_AS(ctype)                                      \
    do {                                                       \
        ctype x = *(const ctype *)a, y = *(const ctype *)b;    \
        return (x > y) - (x < y);                              \
    } while (0)

static int compare_doubles(double x, double y)
{
    if (x != x || y != y)
        return (x != x) - (y != y);
    return (x > y) - (x < y);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

static int compare_strings(struct type type, const struct string *a, const struct string *b)
{
    if (type_is_wide_numeric(type))
        return numeric_compare(a, b);
    return sign(bytes_compare(text_normal_bytes(type, a), text_normal_bytes(type, b)));
}

int value_compare(struct type type, const void *a, const void *b)
{
    switch (type_physical(type)) {
    case PHYSICAL_U8: COMPARE_AS(uint8_t);
    case PHYSICAL_I16: COMPARE_AS(int16_t);
    case PHYSICAL_I32: COMPARE_AS(int32_t);
    case PHYSICAL_I64: COMPARE_AS(int64_t);
    case PHYSICAL_I128: COMPARE_AS(int128);
    case PHYSICAL_F32: return compare_doubles((double)*(const float *)a, (double)*(const float *)b);
    case PHYSICAL_F64: return compare_doubles(*(const double *)a, *(const double *)b);
    case PHYSICAL_INTERVAL: return interval_compare(a, b);
    case PHYSICAL_UUID: return sign(memcmp(a, b, 16));
    case PHYSICAL_STRING: return compare_strings(type, a, b);
    }
    assert(false && "a type has a physical form");
    return 0;
}
