/* group_distinct.c - one table for all groups of a call. */
#include "exec/group_distinct.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "data/row_key.h"

void group_distinct_init(struct group_distinct *d)
{
    *d = (struct group_distinct){0};
    hash_table_init(&d->table, HASH_TABLE_VARIABLE, sizeof(struct distinct_value));
}

void group_distinct_clear(struct group_distinct *d)
{
    hash_table_clear(&d->table);
    allocator_clear(&d->memory);
    free(d->touched);
    group_distinct_init(d);
}

void group_distinct_reset(struct group_distinct *d)
{
    hash_table_reset(&d->table);
    allocator_clear(&d->memory);
    d->touched_count = 0;
}

size_t group_distinct_size(const struct group_distinct *d)
{
    return hash_table_size(&d->table) + d->memory.held_size + d->touched_capacity * sizeof *d->touched;
}

static void touch(struct group_distinct *d, struct distinct_value *v)
{
    if (v->touched)
        return;
    v->touched = true;
    v->old_weight = v->weight;
    if (d->touched_count == d->touched_capacity) {
        d->touched_capacity = d->touched_capacity == 0 ? 16 : d->touched_capacity * 2;
        d->touched = memory_realloc(d->touched, d->touched_capacity * sizeof *d->touched);
    }
    d->touched[d->touched_count++] = v;
}

enum status group_distinct_add(struct group_distinct *d, const void *group, struct bytes value, int64_t weight, struct error *err)
{
    uint8_t small[256];
    size_t size = sizeof group + value.size;
    uint8_t *key = size <= sizeof small ? small : memory_alloc(size);
    memcpy(key, &group, sizeof group);
    memcpy(key + sizeof group, value.data, value.size);
    struct bytes bytes = {key, size};
    uint64_t hash = hash_bytes(key, size);
    void *payload;
    uint8_t added;
    enum status st = hash_table_find_or_add(&d->table, &hash, &bytes, 1, &payload, &added, err);
    if (st == STATUS_OK) {
        if (added)
            hash_table_set_key(&d->table, payload, (struct bytes){allocator_copy(&d->memory, key, size), size});
        struct distinct_value *v = payload;
        touch(d, v);
        v->weight += weight;
    }
    if (key != small)
        free(key);
    return st;
}

bool group_distinct_next(const struct group_distinct *d, uint32_t *cursor, void **group, struct bytes *value, int64_t *weight)
{
    const struct distinct_value *v = hash_table_next(&d->table, cursor);
    if (v == NULL)
        return false;
    struct bytes key = hash_table_key(&d->table, v);
    memcpy(group, key.data, sizeof *group);
    *value = (struct bytes){key.data + sizeof *group, key.size - sizeof *group};
    *weight = v->weight;
    return true;
}

static void remove_value(struct group_distinct *d, struct distinct_value *v)
{
    struct bytes key = hash_table_key(&d->table, v);
    hash_table_remove(&d->table, v);
    allocator_put(&d->memory, (void *)(uintptr_t)key.data, key.size);
}

enum status group_distinct_settle(struct group_distinct *d, const struct aggregate *aggregate, struct type argument, size_t offset,
                                  struct arena *scratch, struct error *err)
{
    void *states[256];
    uint16_t rows[256];
    int64_t weights[256];
    unsigned hint = EXACT_SUM_NO_HINT;
    for (size_t done = 0; done < d->touched_count;) {
        struct vector values;
        vector_init_flat(&values, argument, 256, scratch);
        uint32_t count = 0;
        for (; done < d->touched_count && count < 256; done++) {
            struct distinct_value *v = d->touched[done];
            assert(v->weight >= 0);
            v->touched = false;
            if ((v->weight > 0) != (v->old_weight > 0)) {
                struct bytes key = hash_table_key(&d->table, v);
                char *state;
                memcpy(&state, key.data, sizeof state);
                key = (struct bytes){key.data + sizeof state, key.size - sizeof state};
                TRY(hash_key_get(key, &values, 1, count, 256, scratch, err));
                states[count] = state + offset;
                rows[count] = (uint16_t)count;
                weights[count++] = v->weight > 0 ? 1 : -1;
            }
            if (v->weight == 0)
                remove_value(d, v);
        }
        aggregate->add(states, &values, rows, weights, count, &hint);
    }
    d->touched_count = 0;
    return STATUS_OK;
}
