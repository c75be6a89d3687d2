/* number_series.c - exp and ln by fixed-point series.
 *
 * All in integers: a real r stands as floor(r * 2^bits). 96 bits more than the
 * result's digits need are carried, so that the last digit is the correctly
 * rounded one, which PostgreSQL's eight guard digits give as well.
 */
#include <math.h>
#include <stdlib.h>

#include "data/number.h"

enum { GUARD_BITS = 96 };

static unsigned long bits_for(long digits)
{
    return (unsigned long)(digits > 0 ? digits * 3322 / 1000 : 0) + GUARD_BITS;
}

/* out = atanh(1 / n) */
static void atanh_reciprocal(unsigned long n, unsigned long bits, mpz_ptr out)
{
    mpz_t power, term;
    mpz_inits(power, term, NULL);
    mpz_set_ui(power, 1);
    mpz_mul_2exp(power, power, bits);
    mpz_tdiv_q_ui(power, power, n);
    mpz_set(out, power);
    for (unsigned long k = 3; mpz_sgn(power) != 0; k += 2) {
        mpz_tdiv_q_ui(power, power, n * n);
        mpz_tdiv_q_ui(term, power, k);
        mpz_add(out, out, term);
    }
    mpz_clears(power, term, NULL);
}

/* ln 2 = 18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749) */
static void ln_two(unsigned long bits, mpz_ptr out)
{
    mpz_t t;
    mpz_init(t);
    atanh_reciprocal(26, bits + 16, out);
    mpz_mul_ui(out, out, 18);
    atanh_reciprocal(4801, bits + 16, t);
    mpz_submul_ui(out, t, 2);
    atanh_reciprocal(8749, bits + 16, t);
    mpz_addmul_ui(out, t, 8);
    mpz_tdiv_q_2exp(out, out, 16);
    mpz_clear(t);
}

/* out = ln m for m in [2/3, 4/3], by 2 atanh((m - 1) / (m + 1)) */
static void ln_near_one(mpz_srcptr m, unsigned long bits, mpz_ptr out)
{
    mpz_t one, z, square, power, term;
    mpz_inits(one, z, square, power, term, NULL);
    mpz_set_ui(one, 1);
    mpz_mul_2exp(one, one, bits);
    mpz_sub(z, m, one);
    mpz_mul_2exp(z, z, bits);
    mpz_add(term, m, one);
    mpz_tdiv_q(z, z, term);
    mpz_mul(square, z, z);
    mpz_tdiv_q_2exp(square, square, bits);
    mpz_set(power, z);
    mpz_set(out, z);
    for (unsigned long k = 3; mpz_sgn(power) != 0; k += 2) {
        mpz_mul(power, power, square);
        mpz_tdiv_q_2exp(power, power, bits);
        mpz_tdiv_q_ui(term, power, k);
        mpz_add(out, out, term);
    }
    mpz_mul_2exp(out, out, 1);
    mpz_clears(one, z, square, power, term, NULL);
}

/* out = v / 10^-scale rounded, where v is fixed-point with bits; all of out is set. */
static void from_fixed(mpz_srcptr v, unsigned long bits, int scale, struct number *out)
{
    mpz_t factor, half;
    mpz_inits(factor, half, NULL);
    int sign = mpz_sgn(v);
    power_of_ten_big(factor, (unsigned long)scale);
    mpz_mul(out->value, v, factor);
    mpz_abs(out->value, out->value);
    mpz_set_ui(half, 1);
    mpz_mul_2exp(half, half, bits - 1);
    mpz_add(out->value, out->value, half);
    mpz_tdiv_q_2exp(out->value, out->value, bits);
    if (sign < 0)
        mpz_neg(out->value, out->value);
    out->kind = NUMBER_FINITE;
    out->scale = scale;
    mpz_clears(factor, half, NULL);
}

void number_ln(const struct number *x, int scale, struct number *out)
{
    /* x = m * 2^k with m in [2/3, 4/3): then nothing cancels near 1 */
    unsigned long bits = bits_for(scale) + 32;
    mpz_t m, denominator, ln2;
    mpz_inits(m, denominator, ln2, NULL);
    power_of_ten_big(denominator, (unsigned long)x->scale);
    long k = (long)mpz_sizeinbase(x->value, 2) - (long)mpz_sizeinbase(denominator, 2);
    mpz_set(m, x->value);
    mpz_mul_2exp(m, m, bits + (unsigned long)(k < 0 ? -k : 0));
    if (k > 0)
        mpz_mul_2exp(denominator, denominator, (unsigned long)k);
    mpz_tdiv_q(m, m, denominator); /* in (1/2, 2) */
    mpz_set_ui(denominator, 4);
    mpz_mul_2exp(denominator, denominator, bits);
    mpz_tdiv_q_ui(denominator, denominator, 3);
    if (mpz_cmp(m, denominator) >= 0) {
        mpz_tdiv_q_2exp(m, m, 1);
        k++;
    }
    mpz_tdiv_q_2exp(denominator, denominator, 1);
    if (mpz_cmp(m, denominator) < 0) {
        mpz_mul_2exp(m, m, 1);
        k--;
    }
    ln_near_one(m, bits, denominator);
    if (k != 0) {
        ln_two(bits, ln2);
        mpz_mul_si(ln2, ln2, k);
        mpz_add(denominator, denominator, ln2);
    }
    from_fixed(denominator, bits, scale, out);
    mpz_clears(m, denominator, ln2, NULL);
}

/* v = e^v for |v| < 1: halved until tiny, Taylor, squared back. */
static void exp_fixed(mpz_ptr v, unsigned long bits)
{
    enum { HALVINGS = 16 };
    mpz_t term, sum;
    mpz_inits(term, sum, NULL);
    mpz_tdiv_q_2exp(v, v, HALVINGS);
    mpz_set_ui(sum, 1);
    mpz_mul_2exp(sum, sum, bits);
    mpz_set(term, sum);
    for (unsigned long k = 1; mpz_sgn(term) != 0; k++) {
        mpz_mul(term, term, v);
        mpz_tdiv_q_2exp(term, term, bits);
        mpz_tdiv_q_ui(term, term, k);
        mpz_add(sum, sum, term);
    }
    for (int i = 0; i < HALVINGS; i++) {
        mpz_mul(sum, sum, sum);
        mpz_tdiv_q_2exp(sum, sum, bits);
    }
    mpz_set(v, sum);
    mpz_clears(term, sum, NULL);
}

void number_exp(const struct number *x, int scale, struct number *out)
{
    double estimate = number_to_double(x) * 0.4342944819032518; /* decimal weight of the result */
    unsigned long bits = bits_for(scale + (estimate > 0 ? (long)estimate + 1 : 0)) + 64;
    mpz_t v, t, ln2;
    mpz_inits(v, t, ln2, NULL);
    power_of_ten_big(t, (unsigned long)x->scale);
    mpz_mul_2exp(v, x->value, bits);
    mpz_tdiv_q(v, v, t);
    ln_two(bits, ln2);
    mpz_fdiv_qr(t, v, v, ln2);
    long k = mpz_get_si(t); /* e^x = e^v * 2^k */
    exp_fixed(v, bits);
    if (k >= 0)
        mpz_mul_2exp(v, v, (unsigned long)k);
    else
        mpz_tdiv_q_2exp(v, v, (unsigned long)-k);
    from_fixed(v, bits, scale, out);
    mpz_clears(v, t, ln2, NULL);
}

/* The first two groups of four digits as PostgreSQL holds them, times 10^*weight. */
static double leading_digits(const struct number *x, long *weight)
{
    long group;
    number_leading_group(x, weight, &group);
    long shift = x->scale + *weight * 4 - 4;
    mpz_t t;
    mpz_init(t);
    power_of_ten_big(t, (unsigned long)labs(shift));
    if (shift >= 0)
        mpz_tdiv_q(t, x->value, t);
    else
        mpz_mul(t, x->value, t);
    double digits = fabs(mpz_get_d(t));
    mpz_clear(t);
    *weight = *weight * 4 - 4;
    return digits;
}

long number_ln_weight(const struct number *x)
{
    if (mpz_sgn(x->value) <= 0)
        return 0;
    double rough = number_to_double(x);
    if (rough > 0.85 && rough < 1.15) {
        struct number less_one;
        number_init(&less_one);
        power_of_ten_big(less_one.value, (unsigned long)x->scale);
        mpz_sub(less_one.value, x->value, less_one.value);
        mpz_t tenfold, tenth; /* 0.9 <= x <= 1.1 as 10 |x - 1| <= 1, exactly */
        mpz_inits(tenfold, tenth, NULL);
        mpz_mul_ui(tenfold, less_one.value, 10);
        power_of_ten_big(tenth, (unsigned long)x->scale);
        bool near = mpz_cmpabs(tenfold, tenth) <= 0;
        long weight = mpz_sgn(less_one.value) == 0 ? 0 : digit_count(less_one.value) - 1 - x->scale;
        mpz_clears(tenfold, tenth, NULL);
        number_clear(&less_one);
        if (near)
            return weight;
    }
    long weight;
    double digits = leading_digits(x, &weight);
    double estimate = log(digits) + (double)weight * 2.302585092994046;
    return (long)log10(fabs(estimate));
}
