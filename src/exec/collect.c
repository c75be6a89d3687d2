/* collect.c - rows of a subplan that several readers share: computed once, kept, given out to each. */
#include "base/memory.h"
#include "exec/operators.h"
#include "exec/row_collection.h"
#include "state/charge.h"

struct collect {
    struct operator op;
    struct row_collection rows;
    struct charge charge;
    uint32_t next_batch;
};

static enum progress collect_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct collect *c = (struct collect *)op;
    (void)input;
    *out = (struct batch){0};
    row_collection_append(&c->rows, in);
    return operator_progress(charge_cover(&c->charge, row_collection_size(&c->rows), &op->error), PROGRESS_NEED_INPUT);
}

static enum progress collect_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct collect *c = (struct collect *)op;
    (void)input;
    (void)mark;
    if (c->next_batch == c->rows.batch_count) {
        c->next_batch = 0; /* for the next reader */
        *out = (struct batch){0};
        return PROGRESS_DONE;
    }
    *out = c->rows.batches[c->next_batch++];
    return PROGRESS_MORE;
}

static void collect_destroy(struct operator *op)
{
    struct collect *c = (struct collect *)op;
    row_collection_clear(&c->rows);
    charge_clear(&c->charge);
    operator_free(op);
}

static size_t collect_size(const struct operator *op)
{
    return row_collection_size(&((const struct collect *)op)->rows);
}

static const struct operator_type COLLECT = {.name = "collect",
                                             .process = collect_process,
                                             .finish = collect_finish,
                                             .destroy = collect_destroy,
                                             .size = collect_size};

struct operator *collect_create(const struct operator_setup *setup)
{
    struct collect *c = memory_alloc_zero(1, sizeof *c);
    operator_init(&c->op, &COLLECT, setup);
    row_collection_init(&c->rows, &setup->plan->schema);
    c->charge = (struct charge){.budget = setup->budget, .holder = "shared subquery"};
    return &c->op;
}
