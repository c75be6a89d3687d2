/* memory.c - checked allocation. */
#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void exhausted(size_t size)
{
    fprintf(stderr, "leat: out of memory allocating %zu bytes\n", size);
    abort();
}

void *memory_alloc(size_t size)
{
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL)
        exhausted(size);
    return memory;
}

void *memory_alloc_zero(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        exhausted(SIZE_MAX);
    void *memory = calloc(1, total == 0 ? 1 : total);
    if (memory == NULL)
        exhausted(total);
    return memory;
}

void *memory_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size == 0 ? 1 : size);
    if (memory == NULL)
        exhausted(size);
    return memory;
}

char *memory_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_alloc(size), text, size);
}
