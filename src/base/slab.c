/* slab.c - counted blocks. */
#include "base/slab.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

struct slab *slab_create(size_t capacity)
{
    struct slab *slab = memory_alloc(sizeof *slab + capacity);
    *slab = (struct slab){.reference_count = 1, .data = (uint8_t *)(slab + 1), .capacity = capacity};
    return slab;
}

struct slab *slab_wrap(void *data, size_t size, void (*release)(struct slab *), void *owner)
{
    struct slab *slab = memory_alloc(sizeof *slab);
    *slab = (struct slab){.reference_count = 1, .data = data, .size = size, .capacity = size,
                          .release = release, .owner = owner};
    return slab;
}

void slab_unref(struct slab *slab)
{
    if (slab == NULL)
        return;
    int32_t before = atomic_fetch_sub_explicit(&slab->reference_count, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before > 1)
        return;
    if (slab->release != NULL)
        slab->release(slab);
    else
        free(slab);
}
