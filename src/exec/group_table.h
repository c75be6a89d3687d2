/* group_table.h - groups and the states of their calls: what an aggregate collects and what it keeps.
 *
 *     key -> group: weight i64 | target or mark | states of the calls, each at its offset
 *
 * A worker's rows of an epoch go into its partial table; the keyed state of an
 * instance takes in the partials' groups of its shards. Both are this. Weights
 * and states of a partial may be negative.
 */
#ifndef LEAT_EXEC_GROUP_TABLE_H
#define LEAT_EXEC_GROUP_TABLE_H

#include "exec/group_distinct.h"
#include "exec/group_errors.h"
#include "plan/plan.h"
#include "state/key_batch.h"

struct group {
    int64_t weight; /* rows in it, with their weights */
    union {
        struct group *target; /* in a partial: its group in the state, while merging */
        uint64_t mark;        /* in the state: 1 + place among the epoch's touched groups */
    };
};
struct group_call {
    const struct aggregate *aggregate;
    const struct aggregate_call *call;
    uint32_t offset;      /* of the state in the group */
    bool is_weight;       /* count: the group's weight, less what the state (an int64_t, if any) says is missing */
    bool has_missing;     /* count(x), FILTER: NULLs and rows filtered out are counted in the state */
    int32_t distinct;     /* number of its value set, or -1 */
};
/* The weight of the group's rows that a count leaves out. */
static inline int64_t *group_missing(struct group *g, const struct group_call *c)
{
    return (int64_t *)((char *)g + c->offset);
}
/* Of one plan node; shared by its tables. */
struct group_layout {
    const struct plan *plan;
    uint32_t call_count, distinct_count;
    struct group_call *calls;
    size_t group_size;
    bool owns_memory; /* some state has a clear */
    bool has_strings; /* among the output columns */
};
/* retractable: the input may retract. In arena. */
struct group_layout *group_layout_create(const struct plan *plan, bool retractable, struct arena *arena);

struct group_table {
    const struct group_layout *layout;
    struct hash_table table; /* unless there are no keys */
    struct group *single;    /* the one group if there are no keys */
    struct allocator memory; /* long keys */
    struct key_batch *keys;
    struct group_errors errors;
    struct group_distinct *distinct; /* by number */
    unsigned *hints;         /* by call */
    struct group_slots *slots; /* groups of a dictionary's values */
    uint64_t row_count;      /* added so far */
    struct buffer buffer;
    struct group *groups[BATCH_ROWS_MAX];
    uint16_t rows[BATCH_ROWS_MAX];
    uint16_t all_rows[BATCH_ROWS_MAX]; /* 0, 1, 2, ... */
    void *states[BATCH_ROWS_MAX];
    int64_t weights[BATCH_ROWS_MAX];
    uint16_t call_rows[BATCH_ROWS_MAX];
    struct group *call_groups[BATCH_ROWS_MAX];
};

struct group_table *group_table_create(const struct group_layout *layout);
void group_table_destroy(struct group_table *t); /* accepts NULL */
void group_table_reset(struct group_table *t);   /* forgets all groups */
size_t group_table_size(const struct group_table *t);

/* Adds the rows that take part. */
CHECKED enum status group_table_add(struct group_table *t, const struct batch *b, struct error *err);

/* The group of a partial and its group in the state. */
struct group_pair {
    struct group *from, *to;
};
/* Up to BATCH_ROWS_MAX pairs of from's groups in the shards [first, end), from *cursor (begin with 0), added to t where absent;
 * from's groups remember their targets. count 0 at the end. */
CHECKED enum status group_table_match(struct group_table *t, struct group_table *from, unsigned first_shard, unsigned end_shard,
                                      uint32_t *cursor, struct group_pair *pairs, uint32_t *count, struct error *err);
/* Adds from's weights and states to their targets. */
void group_table_merge(struct group_table *t, const struct group_pair *pairs, size_t count);
/* Adds from's errors and DISTINCT values of groups in these shards, all of which have been matched. */
CHECKED enum status group_table_merge_rest(struct group_table *t, const struct group_table *from, unsigned first_shard,
                                           unsigned end_shard, struct error *err);
/* Brings the epoch's DISTINCT values into the states. */
CHECKED enum status group_table_settle(struct group_table *t, struct arena *scratch, struct error *err);

/* The next group from *cursor, NULL at the end. */
struct group *group_table_next(const struct group_table *t, uint32_t *cursor);
/* The output rows of groups[0..count) into a batch of flat columns (in arena) at rows positions[i] (NULL: i), out of room rows. */
CHECKED enum status group_table_read(const struct group_table *t, struct group *const *groups, const uint16_t *positions,
                                     uint32_t count, uint32_t room, struct arena *arena, struct batch *out, struct error *err);
/* Frees a group of weight 0. */
void group_table_remove(struct group_table *t, struct group *g);
/* A row of nothing but the error of key columns. */
void group_table_read_key_error(const struct group_table *t, enum status st, struct arena *arena, struct batch *out);

#endif
