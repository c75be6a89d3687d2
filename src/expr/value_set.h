/* value_set.h - a multiset of values in order, which takes additions and retractions. For the files of expr/ only.
 *
 * Sorted chunks of up to 256 entries, in a sorted array. Weights may be negative for a while, inside an epoch; an
 * entry goes when its weight is zero. Equal values that print differently (1.0 and 1.00) are entries of their own, ordered by
 * their bytes, so that the smallest and largest are the same whatever the order of additions.
 */
#ifndef LEAT_EXPR_VALUE_SET_H
#define LEAT_EXPR_VALUE_SET_H

#include "base/buffer.h"
#include "data/vector.h"

struct value_set;

struct value_set *value_set_create(struct type type); /* heap; the caller destroys it */
void value_set_destroy(struct value_set *set);        /* accepts NULL */
void value_set_add(struct value_set *set, const void *value, int64_t weight);
void value_set_merge(struct value_set *set, const struct value_set *other);
/* The smallest and the largest value of positive weight; NULL if there is none. Borrowed. */
const void *value_set_smallest(const struct value_set *set);
const void *value_set_largest(const struct value_set *set);
bool value_set_is_empty(const struct value_set *set); /* no entry, of whatever weight */
struct type value_set_type(const struct value_set *set);
size_t value_set_size(const struct value_set *set); /* bytes held */
/* A serial form, equal bytes for equal contents; get advances in. */
void value_set_put(const struct value_set *set, struct buffer *out);
CHECKED enum status value_set_get(struct bytes *in, struct value_set **out, struct error *err);

/* The order described above, of two values that value_normalize has seen: -1, 0, 1. */
int value_order(struct type type, const void *a, const void *b);
/* Copies a value of at most 16 bytes; floats lose the sign of zero and what a NaN carries. */
void value_normalize(struct type type, const void *value, void *out);

#endif
