/* numeric_sum.c - running sums of numerics.
 *
 * The total is exact at the largest scale ever seen. Small values gather in 128
 * bits and are carried over when those are full. How many values of each scale
 * are in the sum is counted, so that the scale goes back with retraction too.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/reader.h"
#include "data/number.h"

struct numeric_sum {
    mpz_t total;   /* times 10^scale; the pending part is not in it */
    int128 pending; /* times 10^scale */
    int scale;
    int64_t nan_count, infinity_count, minus_infinity_count;
    int64_t *scale_counts; /* [scale_capacity]: finite values of each scale */
    int scale_capacity;
};

struct numeric_sum *numeric_sum_create(void)
{
    struct numeric_sum *sum = memory_alloc_zero(1, sizeof *sum);
    mpz_init(sum->total);
    return sum;
}

void numeric_sum_destroy(struct numeric_sum *sum)
{
    if (sum == NULL)
        return;
    mpz_clear(sum->total);
    free(sum->scale_counts);
    free(sum);
}

static void set_int128(mpz_ptr out, int128 v)
{
    uint128 magnitude = v < 0 ? 0 - (uint128)v : (uint128)v;
    mpz_import(out, sizeof magnitude, -1, 1, 0, 0, &magnitude);
    if (v < 0)
        mpz_neg(out, out);
}

static void add_to_total(struct numeric_sum *sum, int128 v)
{
    mpz_t t;
    mpz_init(t);
    set_int128(t, v);
    mpz_add(sum->total, sum->total, t);
    mpz_clear(t);
}

static void carry(struct numeric_sum *sum)
{
    add_to_total(sum, sum->pending);
    sum->pending = 0;
}

static void widen_scale(struct numeric_sum *sum, int scale)
{
    if (scale <= sum->scale)
        return;
    carry(sum);
    mpz_t factor;
    mpz_init(factor);
    power_of_ten_big(factor, (unsigned long)(scale - sum->scale));
    mpz_mul(sum->total, sum->total, factor);
    mpz_clear(factor);
    sum->scale = scale;
}

static void count_scale(struct numeric_sum *sum, int scale, int64_t weight)
{
    if (scale >= sum->scale_capacity) {
        int capacity = scale + 8;
        sum->scale_counts = memory_realloc(sum->scale_counts, (size_t)capacity * sizeof *sum->scale_counts);
        for (int i = sum->scale_capacity; i < capacity; i++)
            sum->scale_counts[i] = 0;
        sum->scale_capacity = capacity;
    }
    sum->scale_counts[scale] += weight;
}

static bool add_small(struct numeric_sum *sum, int128 v, int scale, int64_t weight)
{
    if (!int128_rescale(v, scale, sum->scale, &v) || __builtin_mul_overflow(v, (int128)weight, &v))
        return false;
    if (__builtin_add_overflow(sum->pending, v, &v)) {
        carry(sum);
        return false;
    }
    sum->pending = v;
    return true;
}

void numeric_sum_add(struct numeric_sum *sum, const struct string *v, int64_t weight)
{
    switch (numeric_kind(v)) {
    case NUMBER_NAN: sum->nan_count += weight; return;
    case NUMBER_INFINITY: sum->infinity_count += weight; return;
    case NUMBER_MINUS_INFINITY: sum->minus_infinity_count += weight; return;
    case NUMBER_FINITE: break;
    }
    count_scale(sum, numeric_scale(v), weight);
    widen_scale(sum, numeric_scale(v));
    int128 small;
    int scale;
    if (numeric_small(v, &small, &scale) && add_small(sum, small, scale, weight))
        return;
    struct number n;
    number_init(&n);
    number_load(&n, v);
    number_round(&n, sum->scale, false);
    mpz_t factor;
    mpz_init_set_si(factor, weight);
    mpz_addmul(sum->total, n.value, factor);
    mpz_clear(factor);
    number_clear(&n);
}

void numeric_sum_merge(struct numeric_sum *sum, const struct numeric_sum *other)
{
    sum->nan_count += other->nan_count;
    sum->infinity_count += other->infinity_count;
    sum->minus_infinity_count += other->minus_infinity_count;
    for (int i = 0; i < other->scale_capacity; i++)
        if (other->scale_counts[i] != 0)
            count_scale(sum, i, other->scale_counts[i]);
    widen_scale(sum, other->scale);
    mpz_t t, factor;
    mpz_inits(t, factor, NULL);
    set_int128(t, other->pending);
    mpz_add(t, t, other->total);
    power_of_ten_big(factor, (unsigned long)(sum->scale - other->scale));
    mpz_addmul(sum->total, t, factor);
    mpz_clears(t, factor, NULL);
}

void numeric_sum_read(const struct numeric_sum *sum, struct arena *arena, struct string *out)
{
    if (sum->nan_count != 0 || (sum->infinity_count != 0 && sum->minus_infinity_count != 0)) {
        number_store_kind(NUMBER_NAN, arena, out);
        return;
    }
    if (sum->infinity_count != 0 || sum->minus_infinity_count != 0) {
        number_store_kind(sum->infinity_count != 0 ? NUMBER_INFINITY : NUMBER_MINUS_INFINITY, arena, out);
        return;
    }
    int scale = sum->scale_capacity - 1;
    while (scale > 0 && sum->scale_counts[scale] == 0)
        scale--;
    struct number n;
    number_init(&n);
    set_int128(n.value, sum->pending);
    mpz_add(n.value, n.value, sum->total);
    n.scale = sum->scale;
    number_round(&n, scale < 0 ? 0 : scale, false);
    if (number_store(&n, arena, out) != STATUS_OK)
        number_store_kind(mpz_sgn(n.value) < 0 ? NUMBER_MINUS_INFINITY : NUMBER_INFINITY, arena, out);
    number_clear(&n);
}

size_t numeric_sum_size(const struct numeric_sum *sum)
{
    return sizeof *sum + (size_t)sum->scale_capacity * sizeof *sum->scale_counts + mpz_size(sum->total) * sizeof(mp_limb_t);
}

/* The largest scale that a value of the sum has. */
static int scale_in_use(const struct numeric_sum *sum)
{
    int scale = sum->scale_capacity - 1;
    while (scale > 0 && sum->scale_counts[scale] == 0)
        scale--;
    return scale < 0 ? 0 : scale;
}

void numeric_sum_put(const struct numeric_sum *sum, struct buffer *out)
{
    int scale = scale_in_use(sum);
    buffer_put_varint(out, sum->nan_count);
    buffer_put_varint(out, sum->infinity_count);
    buffer_put_varint(out, sum->minus_infinity_count);
    buffer_put_uvarint(out, (uint64_t)scale);
    for (int i = 0; i <= scale; i++)
        buffer_put_varint(out, i < sum->scale_capacity ? sum->scale_counts[i] : 0);
    mpz_t total, factor;
    mpz_inits(total, factor, NULL);
    set_int128(total, sum->pending);
    mpz_add(total, total, sum->total);
    power_of_ten_big(factor, (unsigned long)(sum->scale > scale ? sum->scale - scale : 0));
    mpz_divexact(total, total, factor); /* digits beyond the scale in use have been retracted: they are zeros */
    size_t size = (mpz_sizeinbase(total, 2) + 7) / 8;
    buffer_put_u8(out, mpz_sgn(total) < 0);
    buffer_put_uvarint(out, size);
    size_t written = 0;
    uint8_t *to = buffer_reserve(out, size);
    memset(to, 0, size);
    mpz_export(to, &written, -1, 1, 0, 0, total);
    buffer_advance(out, size);
    mpz_clears(total, factor, NULL);
}

enum status numeric_sum_get(struct bytes *in, struct numeric_sum **out, struct error *err)
{
    struct reader r;
    reader_init(&r, *in);
    struct numeric_sum *sum = numeric_sum_create();
    sum->nan_count = reader_varint(&r);
    sum->infinity_count = reader_varint(&r);
    sum->minus_infinity_count = reader_varint(&r);
    uint64_t scale = reader_uvarint(&r);
    if (scale > SCALE_MAX)
        reader_fail(&r);
    for (int i = 0; !r.failed && i <= (int)scale; i++)
        count_scale(sum, i, reader_varint(&r));
    bool negative = reader_u8(&r) != 0;
    struct bytes magnitude = reader_bytes(&r, (size_t)reader_uvarint(&r));
    if (reader_finish(&r, err, "running sum of numerics") != STATUS_OK) {
        numeric_sum_destroy(sum);
        return STATUS_PROTOCOL_VIOLATION;
    }
    sum->scale = (int)scale;
    mpz_import(sum->total, magnitude.size, -1, 1, 0, 0, magnitude.data);
    if (negative)
        mpz_neg(sum->total, sum->total);
    *in = (struct bytes){r.data + r.position, r.size - r.position};
    *out = sum;
    return STATUS_OK;
}
