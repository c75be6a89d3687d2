/* column_name.c - see the header. */
#include "format/column_name.h"

const char *column_name_distinct(struct map *taken, struct bytes given, uint32_t index, struct arena *arena)
{
    const char *base = given.size == 0 ? arena_printf(arena, "column%u", index) : arena_copy_bytes(arena, given);
    const char *name = base;
    for (unsigned n = 1; map_get(taken, bytes_from_text(name)) != NULL; n++)
        name = arena_printf(arena, "%s_%u", base, n);
    (void)map_put(taken, bytes_from_text(name), taken);
    return name;
}
