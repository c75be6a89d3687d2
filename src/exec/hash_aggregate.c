/* hash_aggregate.c - GROUP BY and DISTINCT.
 *
 * process adds the worker's rows to its partial table. At the end of the epoch
 * instance i takes the groups of its shards out of all partials. In a bounded
 * run it merges them and gives them out; live it merges them into its state and
 * gives out, for each group touched whose result differs, the old one with
 * weight -1 and the new one with +1. Which groups were touched is an array.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "exec/group_table.h"
#include "exec/hash_aggregate.h"
#include "exec/operators.h"

enum { PART_ROWS = BATCH_ROWS_MAX };

static bool has_keys(const struct hash_aggregate *a)
{
    return a->layout->plan->aggregate.group_count != 0;
}

static unsigned first_shard(const struct operator *op, unsigned worker)
{
    return SHARD_COUNT * worker / op->worker_count;
}

static enum progress aggregate_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct hash_aggregate *a = (struct hash_aggregate *)op;
    (void)input;
    *out = (struct batch){0};
    enum status st = group_table_add(a->partial, in, &op->error);
    if (st == STATUS_OK)
        st = charge_cover(&a->partial_charge, group_table_size(a->partial), &op->error);
    return operator_progress(st, PROGRESS_NEED_INPUT);
}

static struct group_table *peer_partial(const struct hash_aggregate *a, unsigned worker)
{
    return ((struct hash_aggregate *)a->op.peers[worker])->partial;
}

/* ---- bounded: everything at once ---- */

static enum status merge_peer(struct hash_aggregate *a, struct group_table *from)
{
    unsigned first = first_shard(&a->op, a->op.worker), end = first_shard(&a->op, a->op.worker + 1);
    uint32_t cursor = 0, count;
    for (;;) {
        TRY(group_table_match(a->state, from, first, end, &cursor, a->pairs, &count, &a->op.error));
        if (count == 0)
            break;
        group_table_merge(a->state, a->pairs, count);
        TRY(charge_cover(&a->state_charge, group_table_size(a->state), &a->op.error));
    }
    return group_table_merge_rest(a->state, from, first, end, &a->op.error);
}

static enum status begin_once(struct hash_aggregate *a)
{
    a->result = a->partial;
    if (a->op.worker_count > 1) {
        a->result = a->state;
        for (unsigned w = 0; w < a->op.worker_count; w++)
            TRY(merge_peer(a, peer_partial(a, w)));
    }
    a->cursor = 0;
    a->gives_key_error = a->op.worker == 0;
    TRY(group_table_settle(a->result, a->op.batch_arena, &a->op.error));
    return charge_cover(&a->state_charge, a->result == a->state ? group_table_size(a->state) : 0, &a->op.error);
}

/* The next groups that are there: without keys the one group always is. */
static enum status next_groups(struct hash_aggregate *a, struct batch *out, bool *more)
{
    uint32_t count = 0;
    struct group *g;
    while (count < PART_ROWS && (g = group_table_next(a->result, &a->cursor)) != NULL) {
        assert(g->weight >= 0);
        if (g->weight > 0 || (!has_keys(a) && a->op.worker == 0))
            a->groups[count++] = g;
    }
    *more = count == PART_ROWS;
    return group_table_read(a->result, a->groups, NULL, count, count, a->op.batch_arena, out, &a->op.error);
}

static enum progress finish_once(struct hash_aggregate *a, struct batch *out)
{
    if (a->phase == AGGREGATE_IDLE) {
        if (begin_once(a) != STATUS_OK)
            return PROGRESS_FAILED;
        a->phase = AGGREGATE_EMIT;
    }
    enum status key_error = a->gives_key_error ? group_error(&a->result->errors, NULL, ERROR_OF_ROW) : STATUS_OK;
    a->gives_key_error = false;
    if (key_error != STATUS_OK) {
        group_table_read_key_error(a->result, key_error, a->op.batch_arena, out);
        return PROGRESS_MORE;
    }
    bool more;
    if (next_groups(a, out, &more) != STATUS_OK)
        return PROGRESS_FAILED;
    a->phase = more ? AGGREGATE_EMIT : AGGREGATE_IDLE;
    return more ? PROGRESS_MORE : PROGRESS_DONE;
}

static enum progress aggregate_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct hash_aggregate *a = (struct hash_aggregate *)op;
    (void)input;
    if (mark->last && !a->keeps_state)
        return finish_once(a, out);
    return aggregate_finish_epoch(a, out);
}

static void aggregate_release(struct operator *op)
{
    struct hash_aggregate *a = (struct hash_aggregate *)op;
    group_table_reset(a->partial);
}

static size_t aggregate_size(const struct operator *op)
{
    const struct hash_aggregate *a = (const struct hash_aggregate *)op;
    return group_table_size(a->state) + group_table_size(a->partial);
}

static void aggregate_destroy(struct operator *op)
{
    struct hash_aggregate *a = (struct hash_aggregate *)op;
    group_table_destroy(a->partial);
    group_table_destroy(a->state);
    charge_clear(&a->partial_charge);
    charge_clear(&a->state_charge);
    arena_destroy(a->epoch_arena);
    operator_free(op);
}

static const struct operator_type HASH_AGGREGATE = {.name = "hash aggregate",
                                                    .process = aggregate_process,
                                                    .finish = aggregate_finish,
                                                    .destroy = aggregate_destroy,
                                                    .release = aggregate_release,
                                                    .size = aggregate_size};

struct operator *hash_aggregate_create(const struct operator_setup *setup)
{
    struct hash_aggregate *a = memory_alloc_zero(1, sizeof *a);
    operator_init(&a->op, &HASH_AGGREGATE, setup);
    a->layout = setup->shared;
    a->partial = group_table_create(a->layout);
    a->state = group_table_create(a->layout);
    a->partial_charge = a->state_charge = (struct charge){.budget = setup->budget, .holder = "hash aggregate"};
    a->epoch_arena = arena_create();
    a->keeps_state = setup->live;
    return &a->op;
}
