/* charge.c - charging in steps, so that a batch seldom touches the budget's atomics. */
#include "state/charge.h"

enum { STEP_SIZE = 65536 };

enum status charge_cover(struct charge *c, size_t size, struct error *err)
{
    int64_t steps = (int64_t)(size / STEP_SIZE) * STEP_SIZE; /* the first 64 KiB are free: most operators stay below */
    if (c->budget == NULL || steps == c->charged_size)
        return STATUS_OK;
    if (steps < c->charged_size) {
        budget_release(c->budget, c->charged_size - steps);
        c->charged_size = steps;
        return STATUS_OK;
    }
    enum status st = budget_charge(c->budget, steps - c->charged_size, err);
    if (st != STATUS_OK) {
        error_prefix(err, "%s: ", c->holder);
        return st;
    }
    c->charged_size = steps;
    return STATUS_OK;
}

void charge_clear(struct charge *c)
{
    if (c->budget != NULL && c->charged_size != 0)
        budget_release(c->budget, c->charged_size);
    c->charged_size = 0;
}
