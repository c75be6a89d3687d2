/* budget.h - a limit on bytes that many share.
 *
 * Charges go up to the parent, so that a statement's budget is within the
 * engine's. Charging is atomic; charge in steps of tens of kilobytes.
 */
#ifndef LEAT_BASE_BUDGET_H
#define LEAT_BASE_BUDGET_H

#include <stdatomic.h>

#include "base/status.h"

struct budget {
    struct budget *parent; /* may be NULL */
    const char *name;      /* for the message: "statement", "view spend" */
    int64_t limit_size;    /* bytes; 0 = no limit of its own */
    _Atomic int64_t used_size;
    _Atomic int64_t peak_size;
};

/* STATUS_OUT_OF_MEMORY (53200) naming the budget that is exhausted; then nothing is charged. size may not be negative. */
CHECKED enum status budget_charge(struct budget *budget, int64_t size, struct error *err);
void budget_release(struct budget *budget, int64_t size);

#endif
