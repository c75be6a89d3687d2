/* arena.c - a list of blocks, each twice the last up to 1 MiB. */
#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_BLOCK_SIZE = 4096, LARGEST_BLOCK_SIZE = 1 << 20 };

struct block {
    struct block *next;
    size_t size;
    _Alignas(16) uint8_t data[];
};

struct arena {
    struct block *blocks; /* the newest first; only it has room */
    size_t used;
    size_t held_size;
};

struct arena *arena_create(void)
{
    return memory_alloc_zero(1, sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct block *b = arena->blocks, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    free(arena);
}

void arena_reset(struct arena *arena)
{
    struct block *keep = arena->blocks;
    if (keep == NULL)
        return;
    for (struct block *b = keep->next, *next; b != NULL; b = next) {
        next = b->next;
        free(b);
    }
    keep->next = NULL;
    arena->used = 0;
    arena->held_size = keep->size;
}

static void add_block(struct arena *arena, size_t size)
{
    size_t next_size = arena->blocks == NULL ? FIRST_BLOCK_SIZE : arena->blocks->size * 2;
    if (next_size > LARGEST_BLOCK_SIZE)
        next_size = LARGEST_BLOCK_SIZE;
    if (next_size < size)
        next_size = size;
    struct block *b = memory_alloc(sizeof *b + next_size);
    b->next = arena->blocks;
    b->size = next_size;
    arena->blocks = b;
    arena->used = 0;
    arena->held_size += next_size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (rounded < size)
        abort();
    if (arena->blocks == NULL || arena->blocks->size - arena->used < rounded)
        add_block(arena, rounded);
    void *memory = arena->blocks->data + arena->used;
    arena->used += rounded;
    return memory;
}

void *arena_alloc_zero(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        abort();
    return memset(arena_alloc(arena, total), 0, total);
}

char *arena_copy_bytes(struct arena *arena, struct bytes bytes)
{
    char *copy = arena_alloc(arena, bytes.size + 1);
    if (bytes.size != 0)
        memcpy(copy, bytes.data, bytes.size);
    copy[bytes.size] = '\0';
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return arena_copy_bytes(arena, bytes_from_text(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        abort();
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

size_t arena_size(const struct arena *arena)
{
    return arena->held_size;
}
