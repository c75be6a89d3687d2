/* group_distinct.h - the values of one DISTINCT call, per group, with their weights.
 *
 * A call over distinct values sees +1 when a value's weight leaves 0 and -1 when
 * it returns there. Within an epoch weights may be anything; settling compares
 * the epoch's two ends, value by value touched.
 */
#ifndef LEAT_EXEC_GROUP_DISTINCT_H
#define LEAT_EXEC_GROUP_DISTINCT_H

#include "data/batch.h"
#include "expr/aggregate.h"
#include "state/allocator.h"
#include "state/hash_table.h"

struct distinct_value {
    int64_t weight;
    int64_t old_weight; /* before the epoch that touched it */
    bool touched;
};
struct group_distinct {
    struct hash_table table; /* {group pointer, hash key of the value} -> distinct_value */
    struct allocator memory; /* keys */
    struct distinct_value **touched;
    size_t touched_count, touched_capacity;
};

void group_distinct_init(struct group_distinct *d);
void group_distinct_clear(struct group_distinct *d); /* frees */
void group_distinct_reset(struct group_distinct *d); /* forgets everything */
/* Adds weight to a value (its hash key) of a group. */
CHECKED enum status group_distinct_add(struct group_distinct *d, const void *group, struct bytes value, int64_t weight,
                                       struct error *err);
/* Applies what came and went to the groups' states at offset, and drops values that are gone. */
CHECKED enum status group_distinct_settle(struct group_distinct *d, const struct aggregate *aggregate, struct type argument,
                                          size_t offset, struct arena *scratch, struct error *err);
/* The next value from *cursor (begin with 0): false at the end. */
bool group_distinct_next(const struct group_distinct *d, uint32_t *cursor, void **group, struct bytes *value, int64_t *weight);
size_t group_distinct_size(const struct group_distinct *d);

#endif
