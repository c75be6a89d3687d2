/* charge.h - what one holder of memory has charged to its budget, kept up to date in steps of 64 KiB. */
#ifndef LEAT_STATE_CHARGE_H
#define LEAT_STATE_CHARGE_H

#include "base/budget.h"

struct charge {
    struct budget *budget; /* NULL: nothing is charged */
    const char *holder;    /* for the message: the operator's name */
    int64_t charged_size;
};

/* Makes the charge cover size bytes. 53200 naming the holder if the budget refuses. */
CHECKED enum status charge_cover(struct charge *c, size_t size, struct error *err);
void charge_clear(struct charge *c);

#endif
