/* map.h - the one map from bytes to a pointer, in insertion order.
 *
 * Keys are copied. For names and small tables; keyed operator state has its own
 * tables (state/).
 */
#ifndef LEAT_BASE_MAP_H
#define LEAT_BASE_MAP_H

#include "base/bytes.h"

struct map_entry {
    struct bytes key; /* owned by the map, NUL-terminated behind its size */
    uint64_t hash;
    void *value;      /* NULL once removed */
};
struct map {
    struct map_entry *entries; /* in insertion order; skip those whose value is NULL */
    size_t entry_count;        /* with removed ones */
    size_t entry_capacity;
    uint32_t *slots;
    size_t slot_count;
    size_t live_count;
};

/* Zero-initialise to begin. */
void map_clear(struct map *map); /* frees keys and tables, not the values */
void *map_get(const struct map *map, struct bytes key); /* NULL if absent */
/* Sets key to value (not NULL) and returns the old value, or NULL. */
void *map_put(struct map *map, struct bytes key, void *value);
void *map_remove(struct map *map, struct bytes key); /* the old value, or NULL */

#endif
