/* operator.c - what all operators do alike. */
#include <stdlib.h>

#include "exec/operators.h"

void operator_init(struct operator *op, const struct operator_type *type, const struct operator_setup *setup)
{
    op->type = type;
    op->worker = setup->worker;
    op->worker_count = setup->worker_count;
    op->peers = setup->peers;
    op->budget = setup->budget;
    op->batch_arena = arena_create();
    op->evaluation = (struct evaluation){.arena = op->batch_arena, .text = setup->text, .words = setup->words};
}

void operator_free(struct operator *op)
{
    arena_destroy(op->batch_arena);
    free(op);
}

enum progress operator_finish_nothing(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    (void)op;
    (void)input;
    (void)mark;
    *out = (struct batch){0};
    return PROGRESS_DONE;
}
