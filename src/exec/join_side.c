/* join_side.c - rows that come and go. */
#include "exec/join_side.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

void join_side_init(struct join_side *s, const struct plan *plan, unsigned side)
{
    *s = (struct join_side){.schema = &plan->inputs[side]->schema, .keys = join_keys_create(plan, side)};
    hash_table_init(&s->key_table, s->keys->key_size, sizeof(struct join_key));
    hash_table_init(&s->row_table, HASH_TABLE_VARIABLE, sizeof(struct join_row));
}

void join_side_clear(struct join_side *s)
{
    key_batch_destroy(s->keys);
    hash_table_clear(&s->key_table);
    hash_table_clear(&s->row_table);
    allocator_clear(&s->memory);
    buffer_clear(&s->buffer);
    free(s->touched);
}

size_t join_side_size(const struct join_side *s)
{
    return hash_table_size(&s->key_table) + hash_table_size(&s->row_table) + s->memory.held_size;
}

void join_side_touch(struct join_side *s, struct join_row *row)
{
    if (row->touched)
        return;
    row->touched = true;
    row->old = row->now;
    if (s->touched_count == s->touched_capacity) {
        s->touched_capacity = s->touched_capacity == 0 ? 64 : s->touched_capacity * 2;
        s->touched = memory_realloc(s->touched, s->touched_capacity * sizeof(struct join_row *));
    }
    s->touched[s->touched_count++] = row;
}

/* The keys of b's rows, added where absent, into keys. */
static enum status enter_keys(struct join_side *s, const struct batch *b, struct join_key **keys, struct error *err)
{
    uint8_t added[BATCH_ROWS_MAX];
    uint32_t count = batch_rows(b);
    key_batch_fill(s->keys, b);
    TRY(hash_table_find_or_add(&s->key_table, s->keys->hashes, &s->keys->keys, count, (void **)keys, added, err));
    for (uint32_t i = 0; i < count; i++) {
        if (!added[i] || s->keys->key_size != HASH_TABLE_VARIABLE)
            continue;
        struct bytes key = s->keys->keys.bytes[i];
        hash_table_set_key(&s->key_table, keys[i], (struct bytes){allocator_copy(&s->memory, key.data, key.size), key.size});
    }
    return STATUS_OK;
}

static void link_row(struct join_key *key, struct join_row *row)
{
    row->key = key;
    row->next = key->first;
    if (key->first != NULL)
        key->first->previous = row;
    key->first = row;
}

enum status join_side_enter(struct join_side *s, const struct batch *b, struct join_row **rows, bool *added, struct error *err)
{
    struct join_key *keys[BATCH_ROWS_MAX];
    TRY(enter_keys(s, b, keys, err));
    for (uint32_t i = 0; i < batch_rows(b); i++) {
        uint32_t row = batch_row(b, i);
        buffer_reset(&s->buffer);
        row_put(b, row, &s->buffer);
        buffer_put_u8(&s->buffer, batch_row_error(b, row));
        struct bytes bytes = buffer_bytes(&s->buffer);
        uint64_t hash = hash_bytes(bytes.data, bytes.size);
        void *payload;
        uint8_t is_added;
        TRY(hash_table_find_or_add(&s->row_table, &hash, &bytes, 1, &payload, &is_added, err));
        rows[i] = payload;
        added[i] = is_added;
        if (is_added) {
            hash_table_set_key(&s->row_table, payload, (struct bytes){allocator_copy(&s->memory, bytes.data, bytes.size), bytes.size});
            link_row(keys[i], rows[i]);
        }
        join_side_touch(s, rows[i]);
        if (__builtin_add_overflow(rows[i]->now.weight, batch_weight(b, row), &rows[i]->now.weight))
            return error_set(err, STATUS_LIMIT_EXCEEDED, "a row of a join is there more than 2^63 times");
    }
    return STATUS_OK;
}

enum status join_side_read(const struct join_side *s, const struct join_row *row, struct vector *columns, uint32_t at, uint32_t room,
                           struct arena *arena, uint8_t *code, struct error *err)
{
    struct bytes bytes = hash_table_key(&s->row_table, row);
    *code = bytes.data[--bytes.size];
    return row_get(bytes, columns, s->schema->column_count, at, room, arena, err);
}

static void remove_row(struct join_side *s, struct join_row *row)
{
    struct join_key *key = row->key;
    if (row->previous != NULL)
        row->previous->next = row->next;
    else
        key->first = row->next;
    if (row->next != NULL)
        row->next->previous = row->previous;
    struct bytes bytes = hash_table_key(&s->row_table, row);
    hash_table_remove(&s->row_table, row);
    allocator_put(&s->memory, (void *)(uintptr_t)bytes.data, bytes.size);
    if (key->first != NULL)
        return;
    bytes = hash_table_key(&s->key_table, key);
    hash_table_remove(&s->key_table, key);
    if (s->keys->key_size == HASH_TABLE_VARIABLE)
        allocator_put(&s->memory, (void *)(uintptr_t)bytes.data, bytes.size);
}

void join_side_settle(struct join_side *s)
{
    for (uint64_t i = 0; i < s->touched_count; i++) {
        struct join_row *row = s->touched[i];
        assert(row->now.weight >= 0 && row->now.good >= 0 && row->now.errors >= 0);
        row->touched = false;
        if (row->now.weight == 0)
            remove_row(s, row);
    }
    s->touched_count = 0;
}
