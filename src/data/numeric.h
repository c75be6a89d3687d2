/* numeric.h - exact decimals.
 *
 * Two forms, chosen by the type: numeric(p <= 38, s) is an int128 times 10^-s.
 * Every other numeric is out of line, a struct string whose bytes are
 *
 *     0  kind    u8   0 finite, 1 NaN, 2 +Infinity, 3 -Infinity
 *     1  negative u8  0 or 1 (never 1 for zero)
 *     2  scale   u16  display scale (dscale): digits behind the point, 0..16383, little-endian
 *     4  magnitude of value * 10^scale, little-endian bytes without leading zero bytes (none for 0)
 *
 * Arithmetic out of line is GMP's; scales of results follow PostgreSQL 15
 * (numeric.c: select_div_scale and kin), so the same digits are printed.
 * Comparison and hashing ignore the scale; NaN equals NaN and is greatest.
 */
#ifndef LEAT_DATA_NUMERIC_H
#define LEAT_DATA_NUMERIC_H

#include "base/arena.h"
#include "base/buffer.h"
#include "data/string.h"
#include "data/type.h"

enum { NUMERIC_PRECISION_MAX = 38 };

/* 10^n for n in 0..38. */
int128 int128_power_of_ten(unsigned n);
/* Decimal text of v with scale digits behind the point ("-0.05"), at most 48 bytes with NUL; returns its length. */
size_t int128_format(int128 v, int scale, char *out);
/* v at from_scale expressed at to_scale, half away from zero. False on overflow of 128 bits. */
bool int128_rescale(int128 v, int from_scale, int to_scale, int128 *out);
/* |v| < 10^precision */
bool int128_fits(int128 v, unsigned precision);

/* Parses PostgreSQL's numeric input ("-12.50", "1e-3", " NaN ", "Infinity"). type numeric with any modifiers; out is
 * an int128* or a struct string* (bytes in arena) as the type says. Rounds to the scale; 22P02, 22003. */
CHECKED enum status numeric_parse(const char *text, size_t size, struct type type, struct arena *arena, void *out,
                                  struct error *err);
/* Appends the text of a value of numeric type. */
void numeric_format(struct type type, const void *value, struct buffer *out);
/* Converts between numeric types, forms included: rounds to the scale, 22003 on overflow. */
CHECKED enum status numeric_convert(struct type from, const void *value, struct type to, struct arena *arena, void *out,
                                    struct error *err);
/* To and from machine numbers. Doubles become the shortest decimal that PostgreSQL gives (15 digits; 6 for real). */
void numeric_from_int128(int128 v, int scale, struct arena *arena, struct string *out);
CHECKED enum status numeric_from_double(double v, int digits, struct arena *arena, struct string *out, struct error *err);
double numeric_to_double(const struct string *v);
CHECKED enum status numeric_to_int64(const struct string *v, int64_t *out, struct error *err); /* rounds; 22003 */
bool numeric_is_special(const struct string *v); /* NaN or an infinity */

/* Out-of-line arithmetic with PostgreSQL's results and scales. STATUS_DIVISION_BY_ZERO, STATUS_NUMERIC_OUT_OF_RANGE... as
 * a status alone: kernels keep it as an error value. */
CHECKED enum status numeric_add(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_subtract(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_multiply(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_divide(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_modulo(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_power(const struct string *a, const struct string *b, struct arena *arena, struct string *out);
CHECKED enum status numeric_sqrt(const struct string *a, struct arena *arena, struct string *out);
CHECKED enum status numeric_exp(const struct string *a, struct arena *arena, struct string *out);
CHECKED enum status numeric_ln(const struct string *a, struct arena *arena, struct string *out);
/* log(base, a); log(10, a) is PostgreSQL's log(a). */
CHECKED enum status numeric_log(const struct string *base, const struct string *a, struct arena *arena, struct string *out);
/* round and trunc to scale digits behind the point (negative: before it); ceil, floor; abs, negation. */
CHECKED enum status numeric_round(const struct string *a, int scale, struct arena *arena, struct string *out);
CHECKED enum status numeric_truncate(const struct string *a, int scale, struct arena *arena, struct string *out);
CHECKED enum status numeric_ceil(const struct string *a, struct arena *arena, struct string *out);
CHECKED enum status numeric_floor(const struct string *a, struct arena *arena, struct string *out);
void numeric_negate(const struct string *a, struct arena *arena, struct string *out);
int numeric_compare(const struct string *a, const struct string *b); /* -1, 0, 1 */
int numeric_sign(const struct string *a); /* -1, 0, 1; NaN: 1 */
/* An encoding that is equal exactly for equal values (1.0 = 1.00), for hashing and keys. Appended to out. */
void numeric_put_normal(const struct string *a, struct buffer *out);

/* A running exact sum of numerics, with retraction; NaN and infinities are counted beside. */
struct numeric_sum;
struct numeric_sum *numeric_sum_create(void);
void numeric_sum_destroy(struct numeric_sum *sum);
void numeric_sum_add(struct numeric_sum *sum, const struct string *v, int64_t weight);
void numeric_sum_merge(struct numeric_sum *sum, const struct numeric_sum *other);
/* The sum; its scale is the largest scale among the values that are in it now (retraction takes scales back too). */
void numeric_sum_read(const struct numeric_sum *sum, struct arena *arena, struct string *out);
size_t numeric_sum_size(const struct numeric_sum *sum); /* bytes held */
/* A serial form, equal bytes for equal sums; get advances in. */
void numeric_sum_put(const struct numeric_sum *sum, struct buffer *out);
CHECKED enum status numeric_sum_get(struct bytes *in, struct numeric_sum **out, struct error *err);

#endif
