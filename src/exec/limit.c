/* limit.c - LIMIT keep OFFSET skip without an order, bounded runs only: any rows will do, so the instances share what is left
 * and stop their inputs once nothing is. Over an order, or over changing rows, the planner's tree becomes a top-N. */
#include <assert.h>
#include <stdatomic.h>

#include "base/memory.h"
#include "exec/operators.h"

struct limit_left {
    _Atomic int64_t skip;
    _Atomic int64_t keep;
};
struct limit {
    struct operator op;
    struct limit_left *left;
    uint16_t selection[BATCH_ROWS_MAX];
};

struct limit_left *limit_left_create(int64_t limit, int64_t offset, struct arena *arena)
{
    struct limit_left *left = ARENA_NEW(arena, struct limit_left);
    atomic_init(&left->skip, offset);
    atomic_init(&left->keep, limit < 0 ? INT64_MAX : limit);
    return left;
}

/* Takes up to wanted from what is left; returns how many. */
static int64_t take_up_to(_Atomic int64_t *left, int64_t wanted)
{
    int64_t have = atomic_load(left), taken;
    do {
        taken = wanted < have ? wanted : have;
        if (taken == 0)
            return 0;
    } while (!atomic_compare_exchange_weak(left, &have, have - taken));
    return taken;
}

static enum progress limit_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct limit *l = (struct limit *)op;
    (void)input;
    *out = *in;
    out->selection = l->selection;
    out->selected_count = 0;
    int64_t *weights = in->weights == NULL ? NULL : arena_alloc(op->batch_arena, in->row_count * sizeof *weights);
    out->weights = weights;
    for (uint32_t i = 0; i < batch_rows(in) && atomic_load_explicit(&l->left->keep, memory_order_relaxed) > 0; i++) {
        uint32_t row = batch_row(in, i);
        int64_t weight = batch_weight(in, row);
        assert(weight > 0);
        weight -= take_up_to(&l->left->skip, weight);
        weight = take_up_to(&l->left->keep, weight);
        if (weight == 0)
            continue;
        if (weights != NULL)
            weights[row] = weight;
        l->selection[out->selected_count++] = (uint16_t)row;
    }
    return atomic_load(&l->left->keep) == 0 ? PROGRESS_STOP : PROGRESS_NEED_INPUT;
}

static const struct operator_type LIMIT = {
    .name = "limit", .process = limit_process, .finish = operator_finish_nothing, .destroy = operator_free};

struct operator *limit_create(const struct operator_setup *setup)
{
    struct limit *l = memory_alloc_zero(1, sizeof *l);
    operator_init(&l->op, &LIMIT, setup);
    l->left = setup->shared;
    return &l->op;
}
