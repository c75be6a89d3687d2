/* group_table.c - making, merging and reading groups. Adding rows is in group_add.c. */
#include "exec/group_table.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "exec/group_slots.h"

/* ---- the layout ---- */

/* DISTINCT changes nothing for these: they look at the set of values anyway. */
static bool ignores_duplicates(enum aggregate_id id)
{
    return id == AGGREGATE_MIN || id == AGGREGATE_MAX || id == AGGREGATE_BOOL_AND || id == AGGREGATE_BOOL_OR ||
           id == AGGREGATE_ANY_VALUE;
}

struct group_layout *group_layout_create(const struct plan *plan, bool retractable, struct arena *arena)
{
    assert(plan->kind == PLAN_AGGREGATE);
    struct group_layout *l = ARENA_NEW(arena, struct group_layout);
    l->plan = plan;
    l->call_count = plan->aggregate.call_count;
    l->calls = ARENA_ARRAY(arena, struct group_call, l->call_count);
    size_t offset = sizeof(struct group);
    for (uint32_t i = 0; i < l->call_count; i++) {
        const struct aggregate_call *call = &plan->aggregate.calls[i];
        struct group_call *c = &l->calls[i];
        *c = (struct group_call){.call = call, .distinct = -1};
        bool distinct = call->distinct && !ignores_duplicates(call->id);
        c->is_weight = (call->id == AGGREGATE_COUNT_STAR || call->id == AGGREGATE_COUNT) && !distinct;
        c->has_missing = c->is_weight && (call->filter >= 0 || call->id == AGGREGATE_COUNT);
        if (c->is_weight) {
            c->offset = (uint32_t)offset;
            offset += c->has_missing ? sizeof(int64_t) : 0;
            continue;
        }
        c->aggregate = aggregate_select(call->id, call->argument_type, retractable);
        assert(c->aggregate != NULL);
        if (distinct)
            c->distinct = (int32_t)l->distinct_count++;
        if (c->aggregate->state_size >= 16)
            offset = (offset + 15) & ~(size_t)15;
        c->offset = (uint32_t)offset;
        offset += c->aggregate->state_size;
        l->owns_memory |= c->aggregate->clear != NULL;
    }
    l->group_size = offset;
    for (uint32_t i = 0; i < plan->schema.column_count; i++)
        l->has_strings |= type_is_string(plan->schema.columns[i].type);
    return l;
}

/* ---- the table ---- */

static bool has_keys(const struct group_table *t)
{
    return t->layout->plan->aggregate.group_count != 0;
}

struct group_table *group_table_create(const struct group_layout *layout)
{
    struct group_table *t = memory_alloc_zero(1, sizeof *t);
    const struct plan *plan = layout->plan;
    t->layout = layout;
    t->hints = memory_alloc_zero(layout->call_count, sizeof *t->hints);
    for (uint32_t i = 0; i < layout->call_count; i++)
        t->hints[i] = EXACT_SUM_NO_HINT;
    if (has_keys(t)) {
        t->keys = key_batch_create(&plan->inputs[0]->schema, plan->aggregate.groups, plan->aggregate.group_count);
        hash_table_init(&t->table, t->keys->key_size, layout->group_size);
        if (plan->aggregate.group_count == 1)
            t->slots = group_slots_create();
    } else {
        t->single = memory_alloc_zero(1, layout->group_size);
    }
    for (uint32_t i = 0; i < BATCH_ROWS_MAX; i++)
        t->all_rows[i] = (uint16_t)i;
    t->distinct = memory_alloc_zero(layout->distinct_count, sizeof *t->distinct);
    for (uint32_t i = 0; i < layout->distinct_count; i++)
        group_distinct_init(&t->distinct[i]);
    return t;
}

static void clear_states(const struct group_table *t, struct group *g)
{
    for (uint32_t i = 0; i < t->layout->call_count; i++) {
        const struct group_call *c = &t->layout->calls[i];
        if (!c->is_weight && c->aggregate->clear != NULL)
            c->aggregate->clear((char *)g + c->offset);
    }
}

static void clear_all_states(struct group_table *t)
{
    uint32_t cursor = 0;
    struct group *g;
    while (t->layout->owns_memory && (g = group_table_next(t, &cursor)) != NULL)
        clear_states(t, g);
}

void group_table_destroy(struct group_table *t)
{
    if (t == NULL)
        return;
    clear_all_states(t);
    if (has_keys(t))
        hash_table_clear(&t->table);
    for (uint32_t i = 0; i < t->layout->distinct_count; i++)
        group_distinct_clear(&t->distinct[i]);
    group_errors_clear(&t->errors);
    group_slots_destroy(t->slots);
    allocator_clear(&t->memory);
    key_batch_destroy(t->keys);
    buffer_clear(&t->buffer);
    free(t->distinct);
    free(t->hints);
    free(t->single);
    free(t);
}

void group_table_reset(struct group_table *t)
{
    if (t->row_count == 0)
        return;
    clear_all_states(t);
    if (has_keys(t)) {
        hash_table_reset(&t->table);
        allocator_clear(&t->memory);
    } else {
        memset(t->single, 0, t->layout->group_size);
    }
    for (uint32_t i = 0; i < t->layout->distinct_count; i++)
        group_distinct_reset(&t->distinct[i]);
    group_errors_clear(&t->errors);
    if (t->slots != NULL)
        group_slots_forget(t->slots);
    t->row_count = 0;
}

size_t group_table_size(const struct group_table *t)
{
    size_t size = t->memory.held_size + (has_keys(t) ? hash_table_size(&t->table) : 0);
    for (uint32_t i = 0; i < t->layout->distinct_count; i++)
        size += group_distinct_size(&t->distinct[i]);
    return size;
}

struct group *group_table_next(const struct group_table *t, uint32_t *cursor)
{
    if (has_keys(t))
        return hash_table_next(&t->table, cursor);
    return (*cursor)++ == 0 ? t->single : NULL;
}

void group_table_remove(struct group_table *t, struct group *g)
{
    assert(has_keys(t) && g->weight == 0);
    clear_states(t, g);
    group_errors_remove(&t->errors, g);
    struct bytes key = hash_table_key(&t->table, g);
    hash_table_remove(&t->table, g);
    if (t->keys->key_size == HASH_TABLE_VARIABLE)
        allocator_put(&t->memory, (void *)(uintptr_t)key.data, key.size);
}

/* ---- merging ---- */

static bool in_shards(const struct group_table *t, const struct group *g, unsigned first, unsigned end)
{
    unsigned shard = g == NULL || !has_keys(t) ? 0 : hash_shard(hash_table_hash(&t->table, g));
    return shard >= first && shard < end;
}

/* The next groups of from in these shards with their hashes and keys. */
static uint32_t collect_groups(struct group_table *t, struct group_table *from, unsigned first_shard, unsigned end_shard,
                               uint32_t *cursor, struct group_pair *pairs)
{
    uint32_t count = 0;
    struct group *g;
    while (count < BATCH_ROWS_MAX && (g = group_table_next(from, cursor)) != NULL) {
        if (!in_shards(from, g, first_shard, end_shard))
            continue;
        pairs[count].from = g;
        if (has_keys(t)) {
            struct bytes key = hash_table_key(&from->table, g);
            t->keys->hashes[count] = hash_table_hash(&from->table, g);
            if (t->keys->key_size == HASH_TABLE_VARIABLE)
                t->keys->keys.bytes[count] = key;
            else
                memcpy((char *)&t->keys->keys + count * key.size, key.data, key.size);
        }
        count++;
    }
    return count;
}

enum status group_table_match(struct group_table *t, struct group_table *from, unsigned first_shard, unsigned end_shard,
                              uint32_t *cursor, struct group_pair *pairs, uint32_t *count, struct error *err)
{
    *count = from->row_count == 0 ? 0 : collect_groups(t, from, first_shard, end_shard, cursor, pairs);
    if (*count == 0)
        return STATUS_OK;
    t->row_count += *count;
    if (!has_keys(t)) {
        pairs[0].to = pairs[0].from->target = t->single;
        return STATUS_OK;
    }
    uint8_t added[BATCH_ROWS_MAX];
    TRY(hash_table_find_or_add(&t->table, t->keys->hashes, &t->keys->keys, *count, (void **)t->groups, added, err));
    for (uint32_t i = 0; i < *count; i++) {
        pairs[i].to = pairs[i].from->target = t->groups[i];
        if (added[i] && t->keys->key_size == HASH_TABLE_VARIABLE) {
            struct bytes key = t->keys->keys.bytes[i];
            hash_table_set_key(&t->table, t->groups[i], (struct bytes){allocator_copy(&t->memory, key.data, key.size), key.size});
        }
    }
    return STATUS_OK;
}

void group_table_merge(struct group_table *t, const struct group_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pairs[i].to->weight += pairs[i].from->weight;
    for (uint32_t c = 0; c < t->layout->call_count; c++) {
        const struct group_call *call = &t->layout->calls[c];
        if (call->distinct >= 0)
            continue;
        for (size_t i = 0; call->has_missing && i < count; i++)
            *group_missing(pairs[i].to, call) += *group_missing(pairs[i].from, call);
        for (size_t i = 0; !call->is_weight && i < count; i++)
            call->aggregate->merge((char *)pairs[i].to + call->offset, (const char *)pairs[i].from + call->offset);
    }
}

static enum status merge_errors(struct group_table *t, const struct group_table *from, unsigned first_shard, unsigned end_shard,
                                struct error *err)
{
    uint32_t cursor = 0;
    void *group;
    const struct error_count *list;
    while (group_errors_next(&from->errors, &cursor, &group, &list)) {
        const struct group *g = group;
        if (!in_shards(from, g, first_shard, end_shard))
            continue;
        for (const struct error_count *c = list; c != NULL; c = c->next)
            TRY(group_errors_add(&t->errors, g == NULL ? NULL : g->target, c->call, c->code, c->count, err));
    }
    return STATUS_OK;
}

enum status group_table_merge_rest(struct group_table *t, const struct group_table *from, unsigned first_shard, unsigned end_shard,
                                   struct error *err)
{
    if (from->row_count == 0)
        return STATUS_OK;
    TRY(merge_errors(t, from, first_shard, end_shard, err));
    for (uint32_t i = 0; i < t->layout->distinct_count; i++) {
        uint32_t cursor = 0;
        void *group;
        struct bytes value;
        int64_t weight;
        while (group_distinct_next(&from->distinct[i], &cursor, &group, &value, &weight)) {
            const struct group *g = group;
            if (weight != 0 && in_shards(from, g, first_shard, end_shard))
                TRY(group_distinct_add(&t->distinct[i], g->target, value, weight, err));
        }
    }
    return STATUS_OK;
}

enum status group_table_settle(struct group_table *t, struct arena *scratch, struct error *err)
{
    for (uint32_t i = 0; i < t->layout->call_count; i++) {
        const struct group_call *c = &t->layout->calls[i];
        if (c->distinct >= 0)
            TRY(group_distinct_settle(&t->distinct[c->distinct], c->aggregate, c->call->argument_type, c->offset, scratch, err));
    }
    return STATUS_OK;
}

/* ---- reading ---- */

static void init_columns(const struct group_table *t, uint32_t room, struct arena *arena, struct batch *out)
{
    const struct schema *schema = &t->layout->plan->schema;
    *out = (struct batch){.row_count = room, .column_count = schema->column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++)
        vector_init_flat(&out->columns[i], schema->columns[i].type, room, arena);
}

static void read_errors(const struct group_table *t, const struct group *g, uint32_t row, uint32_t room, struct arena *arena,
                        struct batch *out)
{
    if (group_errors_of(&t->errors, g) == NULL)
        return;
    enum status st = group_error(&t->errors, g, ERROR_OF_ROW);
    if (st != STATUS_OK) {
        if (out->row_errors == NULL)
            out->row_errors = arena_alloc_zero(arena, room, 1);
        ((uint8_t *)(uintptr_t)out->row_errors)[row] = (uint8_t)st;
    }
    uint32_t key_count = t->layout->plan->aggregate.group_count;
    for (uint32_t c = 0; c < t->layout->call_count; c++) {
        st = group_error(&t->errors, g, (int32_t)c);
        if (st != STATUS_OK)
            vector_set_error(&out->columns[key_count + c], row, st, room, arena);
    }
}

enum status group_table_read(const struct group_table *t, struct group *const *groups, const uint16_t *positions, uint32_t count,
                             uint32_t room, struct arena *arena, struct batch *out, struct error *err)
{
    uint32_t key_count = t->layout->plan->aggregate.group_count;
    init_columns(t, room, arena, out);
    for (uint32_t i = 0; i < count && key_count != 0; i++)
        TRY(hash_key_get(hash_table_key(&t->table, groups[i]), out->columns, key_count, positions == NULL ? i : positions[i], room,
                         arena, err));
    for (uint32_t c = 0; c < t->layout->call_count; c++) {
        const struct group_call *call = &t->layout->calls[c];
        struct vector *v = &out->columns[key_count + c];
        for (uint32_t i = 0; i < count; i++) {
            uint32_t row = positions == NULL ? i : positions[i];
            if (call->is_weight)
                VECTOR_I64(v)[row] = groups[i]->weight - (call->has_missing ? *group_missing(groups[i], call) : 0);
            else
                call->aggregate->read((const char *)groups[i] + call->offset, call->call->argument_type, v, row, room, arena);
        }
    }
    for (uint32_t i = 0; i < count && t->errors.is_made; i++)
        read_errors(t, groups[i], positions == NULL ? i : positions[i], room, arena, out);
    return STATUS_OK;
}

void group_table_read_key_error(const struct group_table *t, enum status st, struct arena *arena, struct batch *out)
{
    init_columns(t, 1, arena, out);
    for (uint32_t i = 0; i < out->column_count; i++)
        vector_set_error(&out->columns[i], 0, st, 1, arena);
    uint8_t *row_errors = arena_alloc_zero(arena, 1, 1);
    row_errors[0] = (uint8_t)st;
    out->row_errors = row_errors;
}
