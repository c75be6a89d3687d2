/* arena.h - memory of one lifetime, given back all at once.
 *
 * An arena belongs to one thread at a time. Everything that is not keyed state
 * comes from one, passed as a parameter.
 */
#ifndef LEAT_BASE_ARENA_H
#define LEAT_BASE_ARENA_H

#include "base/bytes.h"
#include "base/status.h"

struct arena;

/* An empty arena; the caller destroys it. */
struct arena *arena_create(void);
void arena_destroy(struct arena *arena); /* accepts NULL */
/* Forgets all allocations; keeps one block for reuse. */
void arena_reset(struct arena *arena);
/* size bytes aligned to 16, not cleared; never NULL. Lives until reset or destroy. */
void *arena_alloc(struct arena *arena, size_t size);
/* count * size bytes, cleared. */
void *arena_alloc_zero(struct arena *arena, size_t count, size_t size);
char *arena_copy_text(struct arena *arena, const char *text);
/* A copy of bytes with a NUL behind it (not counted). */
char *arena_copy_bytes(struct arena *arena, struct bytes bytes);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
/* Bytes held from the system, for budgets. */
size_t arena_size(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc_zero((arena), 1, sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_zero((arena), (count), sizeof(type)))

#endif
