/* group_errors.c - a side table, so that the groups themselves have no field for what is rare. */
#include "exec/group_errors.h"

#include "base/hash.h"

static uint64_t group_key(const void *group)
{
    return (uint64_t)(uintptr_t)group;
}

/* The payload is the head of the list. */
static struct error_count **find_list(const struct group_errors *e, const void *group)
{
    if (!e->is_made)
        return NULL;
    uint64_t key = group_key(group), hash = hash_u64(key);
    void *payload;
    hash_table_find(&e->table, &hash, &key, 1, &payload);
    return payload;
}

enum status group_errors_add(struct group_errors *e, const void *group, int32_t call, uint8_t code, int64_t weight, struct error *err)
{
    if (!e->is_made) {
        hash_table_init(&e->table, 8, sizeof(struct error_count *));
        e->is_made = true;
    }
    uint64_t key = group_key(group), hash = hash_u64(key);
    void *payload;
    TRY(hash_table_find_or_add(&e->table, &hash, &key, 1, &payload, NULL, err));
    struct error_count **list = payload;
    for (struct error_count *c = *list; c != NULL; c = c->next) {
        if (c->call == call && c->code == code) {
            c->count += weight;
            return STATUS_OK;
        }
    }
    struct error_count *c = allocator_get(&e->memory, sizeof *c);
    *c = (struct error_count){.next = *list, .count = weight, .call = call, .code = code};
    *list = c;
    return STATUS_OK;
}

const struct error_count *group_errors_of(const struct group_errors *e, const void *group)
{
    struct error_count **list = find_list(e, group);
    return list == NULL ? NULL : *list;
}

enum status group_error(const struct group_errors *e, const void *group, int32_t call)
{
    enum status smallest = STATUS_OK;
    for (const struct error_count *c = group_errors_of(e, group); c != NULL; c = c->next)
        if (c->call == call && c->count > 0 && (smallest == STATUS_OK || c->code < smallest))
            smallest = (enum status)c->code;
    return smallest;
}

void group_errors_remove(struct group_errors *e, const void *group)
{
    struct error_count **list = find_list(e, group);
    if (list == NULL)
        return;
    for (struct error_count *c = *list, *next; c != NULL; c = next) {
        next = c->next;
        allocator_put(&e->memory, c, sizeof *c);
    }
    hash_table_remove(&e->table, list);
}

bool group_errors_next(const struct group_errors *e, uint32_t *cursor, void **group, const struct error_count **list)
{
    if (!e->is_made)
        return false;
    struct error_count **payload = hash_table_next(&e->table, cursor);
    if (payload == NULL)
        return false;
    uint64_t key;
    memcpy(&key, hash_table_key(&e->table, payload).data, 8);
    *group = (void *)(uintptr_t)key;
    *list = *payload;
    return true;
}

void group_errors_clear(struct group_errors *e)
{
    if (e->is_made)
        hash_table_clear(&e->table);
    allocator_clear(&e->memory);
    *e = (struct group_errors){0};
}
