/* project.c - the expressions of a SELECT list. Columns that are only passed on are not copied; row numbers stay. */
#include "base/memory.h"
#include "exec/operators.h"

struct project {
    struct operator op;
    const struct plan *plan;
};

static enum progress project_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct project *p = (struct project *)op;
    (void)input;
    uint32_t count = p->plan->schema.column_count;
    struct vector *columns = ARENA_ARRAY(op->batch_arena, struct vector, count);
    for (uint32_t i = 0; i < count; i++)
        if (expr_evaluate(p->plan->project.expressions[i], in, &op->evaluation, &columns[i], &op->error) != STATUS_OK)
            return PROGRESS_FAILED;
    *out = *in;
    out->columns = columns;
    out->column_count = count;
    return PROGRESS_NEED_INPUT;
}

static const struct operator_type PROJECT = {
    .name = "project", .process = project_process, .finish = operator_finish_nothing, .destroy = operator_free};

struct operator *project_create(const struct operator_setup *setup)
{
    struct project *p = memory_alloc_zero(1, sizeof *p);
    operator_init(&p->op, &PROJECT, setup);
    p->plan = setup->plan;
    return &p->op;
}
