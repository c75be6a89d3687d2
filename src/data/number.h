/* number.h - an out-of-line numeric unpacked for GMP. For this folder only.
 *
 * Begin with number_init, end with number_clear. value is the magnitude with
 * its sign, times 10^scale; 0 when the kind is not finite.
 */
#ifndef LEAT_DATA_NUMBER_H
#define LEAT_DATA_NUMBER_H

#include <gmp.h>

#include "data/numeric.h"

enum number_kind { NUMBER_FINITE, NUMBER_NAN, NUMBER_INFINITY, NUMBER_MINUS_INFINITY };

/* PostgreSQL's limits and targets. */
enum {
    SCALE_MAX = 16383,        /* digits behind the point that are stored */
    WHOLE_DIGITS_MAX = 131072, /* digits before the point */
    DISPLAY_SCALE_MAX = 1000, /* that a division or function gives */
    SIGNIFICANT_MIN = 16,     /* significant digits that those aim at */
    RESULT_SCALE_MAX = 2000,  /* that round() and exp() work with */
};

struct number {
    enum number_kind kind;
    int scale;
    mpz_t value;
};

void number_init(struct number *n);
void number_clear(struct number *n);
void number_load(struct number *n, const struct string *s); /* n is initialised */
/* Packs n into arena. STATUS_NUMERIC_OUT_OF_RANGE beyond PostgreSQL's format. */
CHECKED enum status number_store(const struct number *n, struct arena *arena, struct string *out);
/* Packs one that cannot be out of range. */
void number_store_kind(enum number_kind kind, struct arena *arena, struct string *out);
/* Without unpacking: the kind; and, if finite and below 2^127, *value and *scale. */
enum number_kind numeric_kind(const struct string *s);
bool numeric_small(const struct string *s, int128 *value, int *scale);
void numeric_store_small(int128 value, int scale, struct arena *arena, struct string *out);
int numeric_scale(const struct string *s);

/* 10^n; out is initialised. */
void power_of_ten_big(mpz_ptr out, unsigned long n);
/* Rounds or extends to scale, half away from zero; cuts instead if truncate. scale may be negative: then the value's scale
 * becomes 0 and the digits zeros. */
void number_round(struct number *n, int scale, bool truncate);
/* Decimal digits of |v|; 0 for 0. */
long digit_count(mpz_srcptr v);
/* How PostgreSQL, which keeps groups of four digits, sees it: the group number of the first one that is not zero (0 = the one
 * before the point) and its value; both 0 for 0. */
void number_leading_group(const struct number *n, long *weight, long *group);
bool number_is_integral(const struct number *n);

/* As PostgreSQL's ln_var, exp_var and estimate_ln_dweight: correctly rounded to scale. x > 0 for ln. */
void number_ln(const struct number *x, int scale, struct number *out);
void number_exp(const struct number *x, int scale, struct number *out); /* |x| < 6100 */
long number_ln_weight(const struct number *x);
double number_to_double(const struct number *n); /* roughly, for estimates; never infinite */
/* out = a / b to scale, half away from zero. b is not 0. */
void number_divide(const struct number *a, const struct number *b, int scale, struct number *out);
static inline int clamp_scale(long scale, int least)
{
    if (scale < least)
        scale = least;
    return scale < 0 ? 0 : scale > DISPLAY_SCALE_MAX ? DISPLAY_SCALE_MAX : (int)scale;
}

#endif
