/* memory.h - checked allocation. Running out of address space is the one failure that ends the process:
 * budgets (base/budget.h) refuse work long before. */
#ifndef LEAT_BASE_MEMORY_H
#define LEAT_BASE_MEMORY_H

#include <stddef.h>

/* size bytes, not cleared; never NULL (size 0 gives a unique pointer). Free with free(). */
void *memory_alloc(size_t size) __attribute__((malloc, returns_nonnull));
/* count * size bytes, cleared; overflow of the product ends the process as exhaustion does. */
void *memory_alloc_zero(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *memory_realloc(void *old, size_t size) __attribute__((returns_nonnull));
/* A heap copy of a text. */
char *memory_copy_text(const char *text) __attribute__((malloc, returns_nonnull));

#endif
