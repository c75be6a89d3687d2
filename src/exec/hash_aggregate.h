/* hash_aggregate.h - one aggregate instance, shared by hash_aggregate.c (bounded) and aggregate_epoch.c (live). */
#ifndef LEAT_EXEC_HASH_AGGREGATE_H
#define LEAT_EXEC_HASH_AGGREGATE_H

#include "exec/group_table.h"
#include "exec/operator.h"
#include "state/charge.h"

enum aggregate_phase { AGGREGATE_IDLE, AGGREGATE_EMIT };

struct touched_part; /* old rows of up to BATCH_ROWS_MAX touched groups */
struct hash_aggregate {
    struct operator op;
    const struct group_layout *layout;
    struct group_table *partial; /* this worker's rows of the epoch */
    struct group_table *state;   /* the groups of this instance's shards */
    struct charge partial_charge, state_charge;
    bool keeps_state;            /* further epochs follow */
    enum aggregate_phase phase;
    struct group_pair pairs[BATCH_ROWS_MAX];
    /* bounded */
    struct group_table *result;
    uint32_t cursor;
    bool gives_key_error;
    struct group *groups[BATCH_ROWS_MAX];
    /* live: the epoch being finished */
    struct arena *epoch_arena;
    struct touched_part *parts, *last_part, *emitting;
    uint64_t touched_count;
    bool emits_new;              /* the old rows of the part have been given out */
    bool has_begun;              /* without keys: the first row was given out */
    enum status old_key_error;
    unsigned key_error_step;
};

/* aggregate_epoch.c: finish with state. */
enum progress aggregate_finish_epoch(struct hash_aggregate *a, struct batch *out);

#endif
