/* relation_store.c - entries and epochs. Pins are in relation_pin.c.
 *
 * Identity: a multiset knows a row by its exact bytes (row_put), so that 1.0
 * and 1.00 stay two rows and the contents do not depend on order; a keyed store
 * knows it by the hash key of its key columns, and an entry then has a short
 * list of versions while an epoch is open, at most one after it.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "state/internal.h"

void entry_list_add(struct entry_list *list, struct entry *e)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->entries = memory_realloc(list->entries, list->capacity * sizeof(struct entry *));
    }
    list->entries[list->count++] = e;
}

enum status relation_store_create(const struct schema *schema, const uint32_t *key, uint32_t key_count, struct budget *budget,
                                  struct relation_store **out, struct error *err)
{
    (void)err;
    struct relation_store *s = memory_alloc_zero(1, sizeof *s);
    s->arena = arena_create();
    schema_copy(schema, s->arena, &s->schema);
    for (uint32_t i = 0; i < schema->column_count; i++)
        s->has_strings |= type_is_string(schema->columns[i].type);
    s->key_count = key_count;
    s->key = ARENA_ARRAY(s->arena, uint32_t, key_count);
    if (key_count != 0) {
        memcpy(s->key, key, key_count * sizeof *key);
        s->keys = key_batch_create(&s->schema, s->key, key_count);
    }
    s->hashes = ARENA_ARRAY(s->arena, uint64_t, BATCH_ROWS_MAX);
    s->row_bytes = ARENA_ARRAY(s->arena, struct bytes, BATCH_ROWS_MAX);
    s->payloads = ARENA_ARRAY(s->arena, void *, BATCH_ROWS_MAX);
    s->added = ARENA_ARRAY(s->arena, uint8_t, BATCH_ROWS_MAX);
    hash_table_init(&s->table, s->keys != NULL ? s->keys->key_size : HASH_TABLE_VARIABLE, sizeof(struct entry));
    s->charge = (struct charge){.budget = budget, .holder = "contents of a relation"};
    s->epoch = s->closed_epoch = INT64_MIN;
    *out = s;
    return STATUS_OK;
}

void relation_store_destroy(struct relation_store *s)
{
    if (s == NULL)
        return;
    if (s->pins != NULL) {
        s->doomed = true; /* readers of a dropped relation go on; the last pin takes the store along */
        return;
    }
    key_batch_destroy(s->keys);
    buffer_clear(&s->buffer);
    hash_table_clear(&s->table);
    allocator_clear(&s->memory);
    charge_clear(&s->charge);
    free(s->touched.entries);
    free(s->undone.entries);
    arena_destroy(s->arena);
    free(s);
}

int64_t relation_store_rows(const struct relation_store *s)
{
    return s->rows;
}

int64_t relation_store_size(const struct relation_store *s)
{
    return (int64_t)(hash_table_size(&s->table) + s->memory.held_size + s->buffer.capacity);
}

void relation_store_begin(struct relation_store *s, int64_t epoch)
{
    assert(!s->open && epoch > s->closed_epoch);
    s->epoch = epoch;
    s->open = true;
    s->changes_position = 0;
}

/* ---- writing ---- */

static struct version *version_add(struct relation_store *s, struct entry *e, struct bytes row)
{
    struct version *v = allocator_get(&s->memory, sizeof *v + row.size);
    *v = (struct version){.next = e->versions, .size = (uint32_t)row.size};
    memcpy(v->bytes, row.data, row.size);
    e->versions = v;
    return v;
}

static void version_free(struct relation_store *s, struct version *v)
{
    allocator_put(&s->memory, v, sizeof *v + v->size);
}

/* The version of e with these bytes, added with weight 0 if absent. */
static struct version *version_get(struct relation_store *s, struct entry *e, struct bytes row)
{
    for (struct version *v = e->versions; v != NULL; v = v->next)
        if (!store_is_keyed(s) || bytes_equal((struct bytes){v->bytes, v->size}, row))
            return v;
    return version_add(s, e, row);
}

static void entry_touch(struct relation_store *s, struct entry *e)
{
    if (e->touched)
        return;
    for (struct version *v = e->versions; v != NULL; v = v->next)
        v->old_weight = v->weight;
    e->old_epoch = e->epoch;
    e->touched = true;
    e->epoch = s->epoch;
    entry_keep_old(s, e);
    entry_list_add(&s->touched, e);
}

void entry_remove(struct relation_store *s, struct entry *e)
{
    assert(e->undo == NULL && !e->listed && !e->touched);
    struct bytes key = hash_table_key(&s->table, e);
    hash_table_remove(&s->table, e);
    if (store_is_keyed(s) && s->table.key_size == HASH_TABLE_VARIABLE)
        allocator_put(&s->memory, (void *)(uintptr_t)key.data, key.size);
    for (struct version *v = e->versions, *next; v != NULL; v = next) {
        next = v->next;
        version_free(s, v);
    }
}

/* The rows of b as bytes, into row_bytes. */
static void put_rows(struct relation_store *s, const struct batch *b)
{
    uint32_t count = batch_rows(b);
    buffer_reset(&s->buffer);
    for (uint32_t i = 0; i < count; i++) {
        size_t begin = s->buffer.size;
        row_put(b, batch_row(b, i), &s->buffer);
        s->row_bytes[i].size = s->buffer.size - begin;
    }
    const uint8_t *data = s->buffer.data;
    for (uint32_t i = 0; i < count; i++) {
        s->row_bytes[i].data = data;
        data += s->row_bytes[i].size;
    }
}

/* The entries of b's rows, into payloads, touched. Key columns as in the store, or 0..n of b if only_keys. */
static enum status find_entries(struct relation_store *s, const struct batch *b, bool only_keys, struct error *err)
{
    uint32_t count = batch_rows(b);
    if (!store_is_keyed(s)) {
        for (uint32_t i = 0; i < count; i++)
            s->hashes[i] = hash_bytes(s->row_bytes[i].data, s->row_bytes[i].size);
        TRY(hash_table_find_or_add(&s->table, s->hashes, s->row_bytes, count, s->payloads, s->added, err));
    } else {
        uint32_t columns[256];
        for (uint32_t i = 0; i < s->key_count; i++)
            columns[i] = only_keys ? i : s->key[i];
        key_batch_fill_columns(s->keys, b, columns);
        TRY(hash_table_find_or_add(&s->table, s->keys->hashes, &s->keys->keys, count, s->payloads, s->added, err));
    }
    for (uint32_t i = 0; i < count; i++) {
        struct entry *e = s->payloads[i];
        if (s->added[i]) {
            e->epoch = INT64_MAX; /* no pin sees it before this epoch */
            if (!store_is_keyed(s)) {
                struct version *v = version_add(s, e, s->row_bytes[i]);
                hash_table_set_key(&s->table, e, (struct bytes){v->bytes, v->size});
            } else if (s->table.key_size == HASH_TABLE_VARIABLE) {
                struct bytes key = s->keys->keys.bytes[i];
                const uint8_t *kept = allocator_copy(&s->memory, key.data, key.size);
                hash_table_set_key(&s->table, e, (struct bytes){kept, key.size});
            }
        }
        entry_touch(s, e);
    }
    return STATUS_OK;
}

static enum status charge_all(struct relation_store *s, struct error *err)
{
    return charge_cover(&s->charge, (size_t)relation_store_size(s), err);
}

enum status relation_store_apply(struct relation_store *s, const struct batch *changes, struct error *err)
{
    assert(s->open && changes->column_count == s->schema.column_count);
    put_rows(s, changes);
    TRY(find_entries(s, changes, false, err));
    uint32_t count = batch_rows(changes);
    for (uint32_t i = 0; i < count; i++) {
        struct version *v = version_get(s, s->payloads[i], s->row_bytes[i]);
        if (__builtin_add_overflow(v->weight, batch_weight(changes, batch_row(changes, i)), &v->weight))
            return error_set(err, STATUS_LIMIT_EXCEEDED, "a row is there more than 2^63 times");
    }
    return charge_all(s, err);
}

/* Makes row the only one of a keyed entry; NULL: none. A version that came and went within the epoch is dropped at once, so that
 * a key written a million times in an epoch has no more than the row before it and the present one. */
static void entry_set(struct relation_store *s, struct entry *e, const struct bytes *row)
{
    bool found = false;
    for (struct version **at = &e->versions; *at != NULL;) {
        struct version *v = *at;
        bool is_row = row != NULL && bytes_equal((struct bytes){v->bytes, v->size}, *row);
        found |= is_row;
        v->weight = is_row;
        if (v->weight != 0 || v->old_weight != 0) {
            at = &v->next;
            continue;
        }
        *at = v->next;
        version_free(s, v);
    }
    if (row != NULL && !found)
        version_add(s, e, *row)->weight = 1;
}

enum status relation_store_upsert(struct relation_store *s, const struct batch *rows, struct error *err)
{
    assert(s->open && store_is_keyed(s) && rows->column_count == s->schema.column_count);
    put_rows(s, rows);
    TRY(find_entries(s, rows, false, err));
    uint32_t count = batch_rows(rows);
    for (uint32_t i = 0; i < count; i++)
        entry_set(s, s->payloads[i], &s->row_bytes[i]);
    return charge_all(s, err);
}

enum status relation_store_delete(struct relation_store *s, const struct batch *keys, struct error *err)
{
    assert(s->open && store_is_keyed(s) && keys->column_count == s->key_count);
    TRY(find_entries(s, keys, true, err));
    uint32_t count = batch_rows(keys);
    for (uint32_t i = 0; i < count; i++)
        entry_set(s, s->payloads[i], NULL);
    return charge_all(s, err);
}

/* ---- the end of an epoch ---- */

/* Adds the versions of e that went (sign < 0) or came (sign > 0). */
static enum status add_changes(struct relation_store *s, const struct entry *e, int sign, uint32_t room, struct arena *arena,
                               struct batch *out, struct error *err)
{
    for (const struct version *v = e->versions; v != NULL; v = v->next) {
        assert(v->weight >= 0 && (!store_is_keyed(s) || v->weight <= 1));
        int64_t change = v->weight - v->old_weight;
        if ((sign < 0 && change < 0) || (sign > 0 && change > 0))
            TRY(store_batch_add(s, (struct bytes){v->bytes, v->size}, change, room, arena, out, err));
    }
    return STATUS_OK;
}

enum status relation_store_changes(struct relation_store *s, struct arena *arena, struct batch *out, bool *done, struct error *err)
{
    assert(s->open);
    size_t left = s->touched.count - s->changes_position;
    uint32_t room = left > BATCH_ROWS_MAX / 2 ? BATCH_ROWS_MAX : (uint32_t)left * 2; /* an entry gives two rows at most */
    store_batch_init(s, room, arena, out);
    while (s->changes_position < s->touched.count && out->row_count + 2 <= room) {
        const struct entry *e = s->touched.entries[s->changes_position++];
        TRY(add_changes(s, e, -1, room, arena, out, err));
        TRY(add_changes(s, e, +1, room, arena, out, err));
    }
    *done = s->changes_position == s->touched.count;
    return STATUS_OK;
}

/* Drops what the epoch left at weight 0. A multiset's version stays as long as undo records speak of it. */
static void entry_close(struct relation_store *s, struct entry *e)
{
    e->touched = false;
    bool holds = false;
    for (struct version **at = &e->versions; *at != NULL;) {
        struct version *v = *at;
        s->rows += v->weight - v->old_weight;
        assert(v->weight >= 0);
        if (v->weight != 0 || !store_is_keyed(s)) {
            assert(!holds); /* one row per key */
            holds = v->weight != 0;
            at = &v->next;
            continue;
        }
        *at = v->next;
        version_free(s, v);
    }
    if (!holds && e->undo == NULL)
        entry_remove(s, e);
}

void relation_store_end(struct relation_store *s)
{
    assert(s->open);
    for (size_t i = 0; i < s->touched.count; i++)
        entry_close(s, s->touched.entries[i]);
    s->touched.count = 0;
    if (s->touched.capacity > 1 << 16) {
        free(s->touched.entries);
        s->touched = (struct entry_list){0};
    }
    s->open = false;
    s->closed_epoch = s->epoch;
}

/* ---- reading ---- */

void store_batch_init(const struct relation_store *s, uint32_t count, struct arena *arena, struct batch *out)
{
    *out = (struct batch){.column_count = s->schema.column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, s->schema.column_count);
    for (uint32_t i = 0; i < s->schema.column_count; i++)
        vector_init_flat(&out->columns[i], s->schema.columns[i].type, count, arena);
}

enum status store_batch_add(const struct relation_store *s, struct bytes row, int64_t weight, uint32_t count, struct arena *arena,
                            struct batch *out, struct error *err)
{
    if (s->has_strings)
        row.data = (const uint8_t *)arena_copy_bytes(arena, row); /* strings will point into it */
    TRY(row_get(row, out->columns, out->column_count, out->row_count, count, arena, err));
    if (weight != 1 && out->weights == NULL) {
        int64_t *weights = arena_alloc(arena, count * sizeof *weights);
        for (uint32_t i = 0; i < out->row_count; i++)
            weights[i] = 1;
        out->weights = weights;
    }
    if (out->weights != NULL)
        ((int64_t *)(uintptr_t)out->weights)[out->row_count] = weight;
    out->row_count++;
    return STATUS_OK;
}

enum status relation_store_find(struct relation_store *s, const struct batch *key, struct arena *arena, struct batch *out,
                                struct error *err)
{
    assert(store_is_keyed(s) && key->column_count == s->key_count && batch_rows(key) == 1);
    uint32_t columns[256];
    for (uint32_t i = 0; i < s->key_count; i++)
        columns[i] = i;
    key_batch_fill_columns(s->keys, key, columns);
    void *payload;
    hash_table_find(&s->table, s->keys->hashes, &s->keys->keys, 1, &payload);
    store_batch_init(s, 1, arena, out);
    if (payload == NULL)
        return STATUS_OK;
    const struct entry *e = payload;
    for (const struct version *v = e->versions; v != NULL; v = v->next)
        if (version_closed_weight(e, v) > 0)
            return store_batch_add(s, (struct bytes){v->bytes, v->size}, 1, 1, arena, out, err);
    return STATUS_OK;
}
