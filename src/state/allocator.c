/* allocator.c - classes of 16 bytes up to 128, then four to a doubling up to 32 KiB.
 *
 * Never a header per piece: the caller knows the size, so that a 24-byte key
 * costs 32 bytes and not 48.
 */
#include "state/allocator.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { SMALL_MAX = 128, LARGEST_PIECE = 32768, BLOCK_SIZE = 65536, FIRST_BLOCK_SIZE = 4096 };

struct allocator_block {
    struct allocator_block *next;
    size_t size;
    _Alignas(16) uint8_t data[];
};
struct allocator_large {
    struct allocator_large *next, *previous;
    _Alignas(16) uint8_t data[];
};

/* The class of a size, and how many bytes its pieces have. */
static unsigned size_class(size_t size, size_t *piece_size)
{
    if (size <= SMALL_MAX) {
        size_t sixteenths = size == 0 ? 1 : (size + 15) / 16;
        *piece_size = sixteenths * 16;
        return (unsigned)sixteenths - 1;
    }
    unsigned doubling = 63 - (unsigned)__builtin_clzl(size - 1); /* 2^doubling < size <= 2^(doubling+1), doubling >= 7 */
    size_t quarter = (size_t)1 << (doubling - 2);
    size_t quarters = (size - ((size_t)1 << doubling) + quarter - 1) / quarter; /* 1..4 */
    *piece_size = ((size_t)1 << doubling) + quarters * quarter;
    return 8 + (doubling - 7) * 4 + (unsigned)quarters - 1;
}

static void *get_large(struct allocator *a, size_t size)
{
    struct allocator_large *piece = memory_alloc(sizeof *piece + size);
    piece->previous = NULL;
    piece->next = a->large;
    if (a->large != NULL)
        a->large->previous = piece;
    a->large = piece;
    a->held_size += size;
    return piece->data;
}

static void put_large(struct allocator *a, void *memory, size_t size)
{
    struct allocator_large *piece = (struct allocator_large *)((uint8_t *)memory - offsetof(struct allocator_large, data));
    if (piece->previous != NULL)
        piece->previous->next = piece->next;
    else
        a->large = piece->next;
    if (piece->next != NULL)
        piece->next->previous = piece->previous;
    a->held_size -= size;
    free(piece);
}

static void add_block(struct allocator *a)
{
    size_t size = a->blocks == NULL ? FIRST_BLOCK_SIZE : BLOCK_SIZE;
    struct allocator_block *block = memory_alloc(sizeof *block + size);
    block->next = a->blocks;
    block->size = size;
    a->blocks = block;
    a->block_used = 0;
    a->held_size += size;
}

void *allocator_get(struct allocator *a, size_t size)
{
    if (size > LARGEST_PIECE)
        return get_large(a, size);
    size_t piece_size;
    unsigned class = size_class(size, &piece_size);
    assert(class < ALLOCATOR_CLASS_COUNT);
    void *memory = a->free_lists[class];
    if (memory != NULL) {
        memcpy(&a->free_lists[class], memory, sizeof(void *));
        return memory;
    }
    while (a->blocks == NULL || a->blocks->size - a->block_used < piece_size)
        add_block(a);
    memory = a->blocks->data + a->block_used;
    a->block_used += piece_size;
    return memory;
}

void allocator_put(struct allocator *a, void *memory, size_t size)
{
    if (memory == NULL)
        return;
    if (size > LARGEST_PIECE) {
        put_large(a, memory, size);
        return;
    }
    size_t piece_size;
    unsigned class = size_class(size, &piece_size);
    memcpy(memory, &a->free_lists[class], sizeof(void *));
    a->free_lists[class] = memory;
}

void *allocator_copy(struct allocator *a, const void *data, size_t size)
{
    void *memory = allocator_get(a, size);
    if (size != 0)
        memcpy(memory, data, size);
    return memory;
}

void allocator_clear(struct allocator *a)
{
    for (struct allocator_block *b = a->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    for (struct allocator_large *l = a->large, *next; l != NULL; l = next) {
        next = l->next;
        free(l);
    }
    *a = (struct allocator){0};
}
