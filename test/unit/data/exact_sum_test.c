/* exact_sum_test.c - exact sums against GMP's rationals, bit for bit, in every order and split. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <gmp.h>
#include <math.h>

#include "data/exact_sum.h"

enum { KINDS = 12, VALUES_MAX = 5000, GROUPS = 3 };

static uint64_t random_state = 42;

static uint64_t next_random(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}
static double unit(void)
{
    return (double)(next_random() >> 11) * 0x1p-53;
}
static unsigned below(unsigned limit)
{
    return (unsigned)(next_random() % limit);
}
static double signed_random(void)
{
    return unit() - 0.5;
}
static double any_finite(void)
{
    for (;;) {
        uint64_t bits = next_random();
        double v;
        memcpy(&v, &bits, 8);
        if (isfinite(v))
            return v;
    }
}

static double value_of_kind(unsigned kind, size_t i, double base)
{
    static const double SPECIALS[] = {1.0, 0.0, -0.0, INFINITY, -INFINITY, NAN, -1.5};
    switch (kind) {
    case 0: return (double)below(1000000) / 100;
    case 1: return unit();
    case 2: return signed_random() * 10;
    case 3: return pow(10, signed_random() * 600) * (below(2) ? 1 : -1);
    case 4: return any_finite();
    case 5: return ldexp((double)below(1 << 20), -1074) * (below(2) ? 1 : -1);
    case 6: return (i % 2 == 0 ? 1 : -1) * 1.7e308;
    case 7: return i % 3 == 0 ? base : i % 3 == 1 ? base * 0x1p-53 : (double)(below(3)) * base * 0x1p-105;
    case 8: return below(4) == 0 ? SPECIALS[below(7)] : signed_random();
    case 9: return ldexp(signed_random(), (int)below(160) - 80);
    case 10: return (double)((int)below(2000001) - 1000000);
    default: return ldexp((double)(next_random() >> 11), 900 + (int)below(72)) * (below(2) ? 1 : -1);
    }
}

/* The rational q to the nearest double, ties to even, by GMP alone. */
static double nearest(mpq_srcptr q)
{
    if (mpq_sgn(q) == 0)
        return 0;
    mpz_t scaled, rest, denominator;
    mpz_inits(scaled, rest, denominator, NULL);
    long exponent = (long)mpz_sizeinbase(mpq_numref(q), 2) - (long)mpz_sizeinbase(mpq_denref(q), 2) - 54;
    if (exponent < -1075)
        exponent = -1075;
    for (int attempt = 0; attempt < 3; attempt++) { /* until at most 53 bits are left */
        mpz_abs(scaled, mpq_numref(q));
        mpz_set(denominator, mpq_denref(q));
        if (exponent < 0)
            mpz_mul_2exp(scaled, scaled, (unsigned long)-exponent);
        else
            mpz_mul_2exp(denominator, denominator, (unsigned long)exponent);
        mpz_tdiv_qr(scaled, rest, scaled, denominator);
        if (mpz_sizeinbase(scaled, 2) <= 53 && exponent >= -1074)
            break;
        exponent++;
    }
    mpz_mul_2exp(rest, rest, 1);
    int order = mpz_cmp(rest, denominator);
    if (order > 0 || (order == 0 && mpz_odd_p(scaled)))
        mpz_add_ui(scaled, scaled, 1);
    double v = exponent > 971 ? INFINITY : ldexp(mpz_get_d(scaled), (int)exponent);
    mpz_clears(scaled, rest, denominator, NULL);
    return mpq_sgn(q) < 0 ? -v : v;
}

struct exact {
    mpq_t sum;
    int64_t count;
    int nan, infinity, minus_infinity;
};

static void exact_add(struct exact *e, double v, long weight)
{
    e->count += weight;
    if (isnan(v)) {
        e->nan += (int)weight;
    } else if (isinf(v)) {
        *(v > 0 ? &e->infinity : &e->minus_infinity) += (int)weight;
    } else {
        mpq_t q, w;
        mpq_inits(q, w, NULL);
        mpq_set_d(q, v);
        mpq_set_si(w, weight, 1);
        mpq_mul(q, q, w);
        mpq_add(e->sum, e->sum, q);
        mpq_clears(q, w, NULL);
    }
}

static double exact_read(const struct exact *e, bool average)
{
    if (e->nan != 0 || (e->infinity != 0 && e->minus_infinity != 0))
        return NAN;
    if (e->infinity != 0 || e->minus_infinity != 0)
        return e->infinity != 0 ? INFINITY : -INFINITY;
    if (!average)
        return nearest(e->sum);
    mpq_t q, n;
    mpq_inits(q, n, NULL);
    mpq_set_si(n, e->count, 1);
    mpq_div(q, e->sum, n);
    double v = nearest(q);
    mpq_clears(q, n, NULL);
    return v;
}

static bool same_bits(double a, double b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, 8) == 0;
}

static void check(const struct exact_sum *s, const struct exact *e, const char *what, unsigned kind)
{
    if (exact_sum_count(s) != e->count)
        fail_msg("%s, kind %u: count %lld, expected %lld", what, kind, (long long)exact_sum_count(s), (long long)e->count);
    double sum = exact_sum_read(s), expected = exact_read(e, false);
    if (!same_bits(sum, expected))
        fail_msg("%s, kind %u: sum %a, expected %a", what, kind, sum, expected);
    bool is_finite = e->nan == 0 && e->infinity == 0 && e->minus_infinity == 0;
    assert_int_equal(exact_sum_overflowed(s), is_finite && isinf(expected));
    if (e->count > 0 && !same_bits(exact_sum_average(s), exact_read(e, true)))
        fail_msg("%s, kind %u: average %a, expected %a", what, kind, exact_sum_average(s), exact_read(e, true));
}

static void check_serial_form(const struct exact_sum *a, const struct exact_sum *b, const struct exact *e, unsigned kind)
{
    struct buffer x = {0}, y = {0};
    exact_sum_put(a, &x);
    exact_sum_put(b, &y);
    assert_true(bytes_equal(buffer_bytes(&x), buffer_bytes(&y)));
    struct bytes in = buffer_bytes(&x);
    struct exact_sum back;
    struct error err = {0};
    assert_int_equal(exact_sum_get(&in, &back, &err), STATUS_OK);
    assert_int_equal(in.size, 0);
    check(&back, e, "serial", kind);
    exact_sum_clear(&back);
    for (size_t size = 0; size < x.size; size++) { /* no prefix is taken for a whole one */
        in = (struct bytes){x.data, size};
        if (exact_sum_get(&in, &back, &err) == STATUS_OK)
            fail_msg("a prefix of %zu of %zu bytes was read", size, x.size);
    }
    buffer_clear(&x);
    buffer_clear(&y);
}

static void exact_init(struct exact *e)
{
    *e = (struct exact){.count = 0};
    mpq_init(e->sum);
}

static void assert_empty(const struct exact_sum *s)
{
    static const struct exact_sum EMPTY;
    assert_memory_equal(s, &EMPTY, sizeof EMPTY);
}

static void check_groups(const double *values, size_t count, unsigned kind, const struct exact *whole)
{
    struct exact_sum groups[GROUPS] = {0}, merged = {0}, **targets = calloc(count + 1, sizeof *targets);
    struct exact parts[GROUPS];
    for (int g = 0; g < GROUPS; g++)
        exact_init(&parts[g]);
    for (size_t i = 0; i < count; i++) {
        unsigned g = below(GROUPS);
        targets[i] = &groups[g];
        exact_add(&parts[g], values[i], 1);
    }
    unsigned hint = EXACT_SUM_NO_HINT;
    exact_sum_add_each(targets, values, count, &hint);
    for (unsigned i = 0, first = below(GROUPS); i < GROUPS; i++) {
        unsigned g = (first + i) % GROUPS;
        check(&groups[g], &parts[g], "each", kind);
        exact_sum_merge(&merged, &groups[g]);
    }
    check(&merged, whole, "merge", kind);
    for (int g = 0; g < GROUPS; g++) {
        exact_sum_clear(&groups[g]);
        mpq_clear(parts[g].sum);
    }
    exact_sum_clear(&merged);
    free(targets);
}

static void check_values(double *values, size_t count, unsigned kind)
{
    struct exact whole;
    struct exact_sum one = {0}, all = {0};
    exact_init(&whole);
    for (size_t i = 0; i < count; i++) {
        exact_add(&whole, values[i], 1);
        exact_sum_add(&one, values[i], 1);
    }
    exact_sum_add_all(&all, values, count);
    check(&one, &whole, "add", kind);
    check(&all, &whole, "all", kind);
    check_serial_form(&one, &all, &whole, kind);
    check_groups(values, count, kind, &whole);
    for (size_t i = count; i > 1; i--) {
        size_t j = below((unsigned)i);
        double t = values[i - 1];
        values[i - 1] = values[j];
        values[j] = t;
    }
    for (size_t i = 0; i < count / 2; i++) {
        exact_add(&whole, values[i], -1);
        exact_sum_add(&one, values[i], -1);
    }
    check(&one, &whole, "retract", kind);
    for (size_t i = 0; i < count; i++) {
        if (i >= count / 2)
            exact_sum_add(&one, values[i], -1);
        exact_sum_add(&all, values[i], -1);
    }
    assert_empty(&one);
    assert_empty(&all);
    mpq_clear(whole.sum);
}

static void sums_are_exact(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {0, 1, 2, 3, 5, 30, 200};
    static double values[VALUES_MAX];
    for (unsigned round = 0; round < 720; round++) {
        unsigned kind = round % KINDS;
        size_t count = round % 60 < KINDS ? 2048 + below(VALUES_MAX - 2048) : COUNTS[below(7)];
        if (kind == 4 && count > 3000)
            count = 3000;
        double base = ldexp(1, (int)below(2000) - 1020);
        for (size_t i = 0; i < count; i++)
            values[i] = value_of_kind(kind, i, base);
        check_values(values, count, kind);
    }
}

static void weights_multiply(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 3000; round++) {
        unsigned kind = round % KINDS;
        struct exact e;
        struct exact_sum s = {0};
        exact_init(&e);
        double values[8];
        long weights[8];
        for (size_t i = 0; i < 8; i++) {
            values[i] = value_of_kind(kind, i, 1.5);
            weights[i] = 1 + (long)(next_random() >> (20 + below(43)) & 0xffffffffff);
            if (kind == 8)
                weights[i] = 1 + (long)below(100);
            exact_add(&e, values[i], weights[i]);
            exact_sum_add(&s, values[i], weights[i]);
        }
        check(&s, &e, "weight", kind);
        for (size_t i = 0; i < 8; i++)
            exact_sum_add(&s, values[i], -weights[i]);
        assert_empty(&s);
        mpq_clear(e.sum);
    }
}

static void damaged_forms_are_refused_or_harmless(void **state)
{
    (void)state;
    struct exact_sum s = {0};
    struct buffer b = {0};
    exact_sum_add(&s, 1.5, 3);
    exact_sum_add(&s, -1e300, 1);
    exact_sum_put(&s, &b);
    exact_sum_clear(&s);
    for (int i = 0; i < 20000; i++) {
        uint8_t copy[512];
        size_t size = b.size < sizeof copy ? b.size : sizeof copy;
        memcpy(copy, b.data, size);
        for (unsigned k = 0; k < 1 + below(3); k++)
            copy[below((unsigned)size)] = (uint8_t)next_random();
        struct bytes in = {copy, size};
        struct exact_sum out;
        struct error err = {0};
        if (exact_sum_get(&in, &out, &err) == STATUS_OK) {
            volatile double v = exact_sum_read(&out);
            (void)v;
            exact_sum_clear(&out);
        }
    }
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact),
        cmocka_unit_test(weights_multiply),
        cmocka_unit_test(damaged_forms_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
