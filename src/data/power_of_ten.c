/* power_of_ten.c - the table is computed at first use (a fraction of a millisecond) instead of being 10 KB of source. */
#include "data/power_of_ten.h"

#include <assert.h>
#include <gmp.h>

#include "os/thread.h"

static struct power_of_ten table[POWER_OF_TEN_MAX - POWER_OF_TEN_MIN + 1];
static pthread_once_t table_is_made = PTHREAD_ONCE_INIT;

/* The top 128 bits of v. */
static void store(int k, mpz_srcptr v)
{
    size_t bits = mpz_sizeinbase(v, 2);
    mpz_t top;
    mpz_init(top);
    if (bits >= 128)
        mpz_fdiv_q_2exp(top, v, bits - 128);
    else
        mpz_mul_2exp(top, v, 128 - bits);
    struct power_of_ten *p = &table[k - POWER_OF_TEN_MIN];
    p->low = mpz_getlimbn(top, 0);
    p->high = mpz_getlimbn(top, 1);
    mpz_clear(top);
}

static void make_table(void)
{
    static_assert(sizeof(mp_limb_t) == 8, "64-bit limbs");
    mpz_t power, numerator, quotient;
    mpz_inits(power, numerator, quotient, NULL);
    mpz_set_ui(power, 1);
    for (int k = 0; k <= -POWER_OF_TEN_MIN; k++) {
        if (k <= POWER_OF_TEN_MAX)
            store(k, power);
        mpz_set_ui(numerator, 1);
        mpz_mul_2exp(numerator, numerator, mpz_sizeinbase(power, 2) + 128);
        mpz_fdiv_q(quotient, numerator, power);
        if (k > 0)
            store(-k, quotient);
        mpz_mul_ui(power, power, 10);
    }
    mpz_clears(power, numerator, quotient, NULL);
}

const struct power_of_ten *power_of_ten(int k)
{
    assert(k >= POWER_OF_TEN_MIN && k <= POWER_OF_TEN_MAX);
    pthread_once(&table_is_made, make_table);
    return &table[k - POWER_OF_TEN_MIN];
}
