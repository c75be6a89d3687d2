/* map.c - open addressing over an array of entries in insertion order. */
#include "base/map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

void map_clear(struct map *map)
{
    for (size_t i = 0; i < map->entry_count; i++)
        free((void *)(uintptr_t)map->entries[i].key.data);
    free(map->entries);
    free(map->slots);
    *map = (struct map){0};
}

/* The slot of key, or the free slot where it would go; slots hold entry index + 1. */
static size_t find_slot(const struct map *map, struct bytes key, uint64_t hash)
{
    size_t slot = hash & (map->slot_count - 1);
    for (;; slot = (slot + 1) & (map->slot_count - 1)) {
        if (map->slots[slot] == 0)
            return slot;
        const struct map_entry *e = &map->entries[map->slots[slot] - 1];
        if (e->hash == hash && bytes_equal(e->key, key))
            return slot;
    }
}

static struct map_entry *find(const struct map *map, struct bytes key)
{
    if (map->slot_count == 0)
        return NULL;
    size_t slot = find_slot(map, key, hash_bytes(key.data, key.size));
    return map->slots[slot] == 0 ? NULL : &map->entries[map->slots[slot] - 1];
}

void *map_get(const struct map *map, struct bytes key)
{
    struct map_entry *e = find(map, key);
    return e == NULL ? NULL : e->value;
}

/* Drops removed entries and makes room for one more. */
static void rebuild(struct map *map)
{
    size_t kept = 0;
    for (size_t i = 0; i < map->entry_count; i++) {
        if (map->entries[i].value != NULL)
            map->entries[kept++] = map->entries[i];
        else
            free((void *)(uintptr_t)map->entries[i].key.data);
    }
    map->entry_count = kept;
    map->entry_capacity = kept < 8 ? 16 : kept * 2;
    map->entries = memory_realloc(map->entries, map->entry_capacity * sizeof *map->entries);
    free(map->slots);
    for (map->slot_count = 16; map->slot_count < map->entry_capacity * 2;)
        map->slot_count *= 2;
    map->slots = memory_alloc_zero(map->slot_count, sizeof *map->slots);
    for (size_t i = 0; i < kept; i++)
        map->slots[find_slot(map, map->entries[i].key, map->entries[i].hash)] = (uint32_t)(i + 1);
}

void *map_put(struct map *map, struct bytes key, void *value)
{
    assert(value != NULL);
    struct map_entry *e = find(map, key);
    if (e != NULL) {
        void *old = e->value;
        map->live_count += old == NULL;
        e->value = value;
        return old;
    }
    if (map->entry_count == map->entry_capacity)
        rebuild(map);
    uint8_t *copy = memory_alloc(key.size + 1);
    if (key.size != 0)
        memcpy(copy, key.data, key.size);
    copy[key.size] = '\0';
    uint64_t hash = hash_bytes(key.data, key.size);
    size_t slot = find_slot(map, key, hash);
    map->entries[map->entry_count++] = (struct map_entry){{copy, key.size}, hash, value};
    map->slots[slot] = (uint32_t)map->entry_count;
    map->live_count++;
    return NULL;
}

void *map_remove(struct map *map, struct bytes key)
{
    struct map_entry *e = find(map, key);
    if (e == NULL || e->value == NULL)
        return NULL;
    void *old = e->value;
    e->value = NULL;
    map->live_count--;
    return old;
}
