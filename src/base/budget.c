/* budget.c - charges along the chain of parents. */
#include "base/budget.h"

#include <assert.h>

static void note_peak(struct budget *budget, int64_t used)
{
    int64_t peak = atomic_load_explicit(&budget->peak_size, memory_order_relaxed);
    while (used > peak && !atomic_compare_exchange_weak(&budget->peak_size, &peak, used))
        ;
}

enum status budget_charge(struct budget *budget, int64_t size, struct error *err)
{
    assert(size >= 0);
    for (struct budget *b = budget; b != NULL; b = b->parent) {
        int64_t used = atomic_fetch_add(&b->used_size, size) + size;
        if (b->limit_size != 0 && used > b->limit_size) {
            for (struct budget *undo = budget;; undo = undo->parent) {
                atomic_fetch_sub(&undo->used_size, size);
                if (undo == b)
                    break;
            }
            return error_set(err, STATUS_OUT_OF_MEMORY,
                             "out of memory: %s is limited to %lld bytes and needs %lld more", b->name,
                             (long long)b->limit_size, (long long)size);
        }
        note_peak(b, used);
    }
    return STATUS_OK;
}

void budget_release(struct budget *budget, int64_t size)
{
    for (struct budget *b = budget; b != NULL; b = b->parent) {
        int64_t before = atomic_fetch_sub(&b->used_size, size);
        assert(before >= size);
    }
}
