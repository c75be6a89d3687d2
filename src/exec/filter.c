/* filter.c - WHERE and HAVING: narrows the selection, copies nothing. Rows in error pass, flagged. */
#include "base/memory.h"
#include "exec/operators.h"

struct filter {
    struct operator op;
    const struct expr *predicate;
    uint16_t selection[BATCH_ROWS_MAX];
};

static enum progress filter_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct filter *f = (struct filter *)op;
    (void)input;
    *out = *in;
    out->selection = f->selection;
    return operator_progress(expr_filter(f->predicate, in, &op->evaluation, f->selection, &out->selected_count, &out->row_errors,
                                         &op->error),
                             PROGRESS_NEED_INPUT);
}

static const struct operator_type FILTER = {
    .name = "filter", .process = filter_process, .finish = operator_finish_nothing, .destroy = operator_free};

struct operator *filter_create(const struct operator_setup *setup)
{
    struct filter *f = memory_alloc_zero(1, sizeof *f);
    operator_init(&f->op, &FILTER, setup);
    f->predicate = setup->plan->filter.predicate;
    return &f->op;
}
