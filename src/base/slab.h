/* slab.h - a counted block of bytes that batches point into.
 *
 * Strings of a batch lie in slabs; the batch holds a reference to each. Counts
 * are atomic: a batch may be handed to another thread. A slab's bytes do not
 * move; it is filled by one owner and then only read.
 */
#ifndef LEAT_BASE_SLAB_H
#define LEAT_BASE_SLAB_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct slab {
    _Atomic int32_t reference_count;
    uint8_t *data;
    size_t size;
    size_t capacity;
    void (*release)(struct slab *slab); /* NULL: data is on the heap with the header */
    void *owner;                        /* for release: a mapped file, a record batch's buffer */
};

/* One reference, the caller's. Room for capacity bytes, size 0. */
struct slab *slab_create(size_t capacity);
/* Wraps foreign memory; release is called with the slab when the last reference goes, and frees the slab too. */
struct slab *slab_wrap(void *data, size_t size, void (*release)(struct slab *), void *owner);
static inline struct slab *slab_ref(struct slab *slab)
{
    atomic_fetch_add_explicit(&slab->reference_count, 1, memory_order_relaxed);
    return slab;
}
void slab_unref(struct slab *slab); /* accepts NULL */

#endif
