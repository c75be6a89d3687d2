/* key_normal.h - the normal forms that make equal values equal bytes. For this folder only. */
#ifndef LEAT_DATA_KEY_NORMAL_H
#define LEAT_DATA_KEY_NORMAL_H

#include "data/string.h"
#include "data/type.h"

/* -0 as 0, every NaN as one. */
static inline uint64_t double_normal_bits(double v)
{
    if (v == 0)
        return 0;
    if (v != v)
        return UINT64_C(0x7ff8000000000000);
    uint64_t bits;
    memcpy(&bits, &v, 8);
    return bits;
}
static inline uint32_t float_normal_bits(float v)
{
    if (v == 0)
        return 0;
    if (v != v)
        return UINT32_C(0x7fc00000);
    uint32_t bits;
    memcpy(&bits, &v, 4);
    return bits;
}
/* The bytes of a text that count: all, or those before a char(n)'s trailing blanks. */
static inline struct bytes text_normal_bytes(struct type type, const struct string *s)
{
    struct bytes b = string_bytes(s);
    if (type.id == TYPE_CHAR)
        while (b.size > 0 && b.data[b.size - 1] == ' ')
            b.size--;
    return b;
}
/* Numerics without a 128-bit form: kept as struct string, but not compared as bytes. */
static inline bool type_is_wide_numeric(struct type t)
{
    return t.id == TYPE_NUMERIC && t.precision == 0;
}

#endif
