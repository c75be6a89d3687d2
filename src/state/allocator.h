/* allocator.h - memory of keyed state: size classes with free lists, one owner.
 *
 * For what lives as long as an entry of a table and has no fixed size: long
 * keys, rows, undo records. Blocks of 64 KiB are cut up; what is given back
 * goes on its class' free list. Sizes above 32 KiB come from the heap.
 */
#ifndef LEAT_STATE_ALLOCATOR_H
#define LEAT_STATE_ALLOCATOR_H

#include <stddef.h>
#include <stdint.h>

enum { ALLOCATOR_CLASS_COUNT = 48 };

struct allocator_block;
struct allocator_large;
/* Zero-initialise to begin. */
struct allocator {
    void *free_lists[ALLOCATOR_CLASS_COUNT];
    struct allocator_block *blocks; /* the newest first; only it has room */
    size_t block_used;
    struct allocator_large *large;
    size_t held_size; /* from the system */
};

/* size bytes aligned to 16, not cleared; never NULL. */
void *allocator_get(struct allocator *a, size_t size);
/* Gives back what allocator_get gave for exactly this size. Accepts NULL. */
void allocator_put(struct allocator *a, void *memory, size_t size);
/* A copy of size bytes. */
void *allocator_copy(struct allocator *a, const void *data, size_t size);
/* Gives everything back to the system; the allocator is empty and usable. */
void allocator_clear(struct allocator *a);

#endif
