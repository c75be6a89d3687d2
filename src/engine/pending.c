/* pending.c - what a session has written and not yet appended: record batches, and the keys that tables with a primary key must not hold.
 *
 * A statement outside a block appends at its end, a block at COMMIT, all or nothing. Before that its keys are looked up at the
 * log's end, and from there to the append nobody else may append one of them: of two commits that share a key the second
 * waits, and then finds what the first has appended. Records of Kafka producers are upserts and wait for nothing.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "data/row_key.h"
#include "engine/internal.h"
#include "os/clock.h"

enum { LOOK_INTERVAL_NS = 50 * 1000 * 1000 };

/* Key columns of rows that were written; a reference of the relation. */
struct key_batch {
    struct relation *relation;
    struct batch rows;
};

struct pending_keys {
    struct map keys;     /* relation id and hash key; the values mean nothing */
    struct arena *arena; /* of the batches */
    struct key_batch *batches;
    uint32_t batch_count, batch_capacity;
};

/* ---- own writes ---- */

static void note_own_write(struct session *s, struct partition *p, int64_t end)
{
    for (uint32_t i = 0; i < s->own_write_count; i++)
        if (s->own_writes[i].partition == p) {
            s->own_writes[i].end = end;
            return;
        }
    if (s->own_write_count == s->own_write_capacity) {
        s->own_write_capacity = s->own_write_capacity == 0 ? 8 : s->own_write_capacity * 2;
        s->own_writes = memory_realloc(s->own_writes, s->own_write_capacity * sizeof *s->own_writes);
    }
    s->own_writes[s->own_write_count++] = (struct own_write){p, end};
}

enum status wait_for_own_writes(struct session *s, struct error *err)
{
    if (s->own_write_count == 0 || settings_get_integer(s->settings, "read_own_writes") == 0)
        return STATUS_OK;
    for (uint32_t i = 0; i < s->own_write_count; i++)
        if (!timeline_wait_offset(s->engine->timeline, s->own_writes[i].partition, s->own_writes[i].end, &s->cancel))
            return s->cancel ? error_set(err, STATUS_CANCELED, "canceling statement due to user request")
                             : error_set(err, STATUS_SHUTDOWN, "epochs have stopped before the session's last write was in one");
    s->own_write_count = 0;
    return STATUS_OK;
}

/* ---- record batches ---- */

enum status pending_add(struct session *s, struct relation *r, struct partition *p, struct record_batch_builder *b, struct error *err)
{
    if (b->record_count == 0)
        return STATUS_OK;
    struct pending_write write = {.partition = p, .record_count = b->record_count};
    enum status st = record_batch_builder_finish(b, COMPRESSION_NONE, &write.bytes, err);
    if (st != STATUS_OK) {
        buffer_clear(&write.bytes);
        return st;
    }
    if (s->pending_count == s->pending_capacity) {
        s->pending_capacity = s->pending_capacity == 0 ? 4 : s->pending_capacity * 2;
        s->pending = memory_realloc(s->pending, s->pending_capacity * sizeof *s->pending);
    }
    write.relation = relation_ref(r);
    s->pending[s->pending_count++] = write;
    return STATUS_OK;
}

static void keys_destroy(struct pending_keys *k)
{
    if (k == NULL)
        return;
    for (uint32_t i = 0; i < k->batch_count; i++)
        relation_unref(k->batches[i].relation);
    map_clear(&k->keys);
    arena_destroy(k->arena);
    free(k->batches);
    free(k);
}

void pending_discard(struct session *s)
{
    for (uint32_t i = 0; i < s->pending_count; i++) {
        buffer_clear(&s->pending[i].bytes);
        relation_unref(s->pending[i].relation);
    }
    free(s->pending);
    s->pending = NULL;
    s->pending_count = s->pending_capacity = 0;
    keys_destroy(s->pending_keys);
    s->pending_keys = NULL;
}

/* ---- keys ---- */

static enum status duplicate_key(const struct relation *r, const struct batch *keys, uint32_t row, const struct text_context *text,
                                 struct error *err)
{
    struct buffer names = {0}, values = {0};
    for (uint32_t k = 0; k < r->primary_key_count; k++) {
        buffer_printf(&names, "%s%s", k > 0 ? ", " : "", r->schema.columns[r->primary_key[k]].name);
        buffer_put_text(&values, k > 0 ? ", " : "");
        vector_format(&keys->columns[k], row, text, &values);
    }
    error_set(err, STATUS_UNIQUE_VIOLATION, "duplicate key value violates unique constraint \"%s_pkey\"", r->name);
    error_detail(err, "Key (%s)=(%s) already exists.", buffer_text(&names), buffer_text(&values));
    buffer_clear(&names);
    buffer_clear(&values);
    return STATUS_UNIQUE_VIOLATION;
}

static void keep_batch(struct pending_keys *k, struct relation *r, const struct batch *rows)
{
    if (k->batch_count == k->batch_capacity) {
        k->batch_capacity = k->batch_capacity == 0 ? 4 : k->batch_capacity * 2;
        k->batches = memory_realloc(k->batches, k->batch_capacity * sizeof *k->batches);
    }
    struct key_batch *batch = &k->batches[k->batch_count++];
    batch->relation = relation_ref(r);
    batch_copy(rows, k->arena, &batch->rows);
}

enum status pending_add_keys(struct session *s, struct relation *r, const struct batch *rows, const struct text_context *text,
                             struct error *err)
{
    if (s->pending_keys == NULL) {
        s->pending_keys = memory_alloc_zero(1, sizeof *s->pending_keys);
        s->pending_keys->arena = arena_create();
    }
    struct batch keys = *rows;
    uint32_t *order = ARENA_ARRAY(s->pending_keys->arena, uint32_t, r->primary_key_count);
    keys.columns = ARENA_ARRAY(s->pending_keys->arena, struct vector, r->primary_key_count);
    keys.column_count = r->primary_key_count;
    for (uint32_t k = 0; k < r->primary_key_count; k++) {
        keys.columns[k] = rows->columns[r->primary_key[k]];
        order[k] = k;
    }
    struct buffer key = {0};
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < batch_rows(rows) && st == STATUS_OK; i++) {
        buffer_reset(&key);
        buffer_put(&key, &r->id, sizeof r->id);
        hash_key_put(&keys, batch_row(rows, i), order, r->primary_key_count, &key);
        if (map_put(&s->pending_keys->keys, buffer_bytes(&key), s) != NULL)
            st = duplicate_key(r, &keys, batch_row(rows, i), text, err);
    }
    buffer_clear(&key);
    if (st == STATUS_OK)
        keep_batch(s->pending_keys, r, &keys);
    return st;
}

uint32_t pending_key_batches(const struct session *s)
{
    return s->pending_keys == NULL ? 0 : s->pending_keys->batch_count;
}

enum status pending_check_keys(struct session *s, uint32_t from, struct error *err)
{
    struct text_context text;
    TRY(session_text_context(s, &text, err));
    for (uint32_t i = from; i < pending_key_batches(s); i++) {
        const struct key_batch *b = &s->pending_keys->batches[i];
        int64_t row;
        TRY(timeline_find_key(s->engine->timeline, b->relation, &b->rows, &row, err));
        if (row >= 0)
            return duplicate_key(b->relation, &b->rows, (uint32_t)row, &text, err);
        if (s->cancel)
            return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
    }
    return STATUS_OK;
}

/* ---- commits that share a key, one after the other ---- */

void commit_turns_init(struct commit_turns *t)
{
    mutex_init(&t->mutex);
    condition_init(&t->ended);
}

void commit_turns_clear(struct commit_turns *t)
{
    mutex_clear(&t->mutex);
    condition_clear(&t->ended);
    free(t->keys);
}

static bool share_a_key(const struct pending_keys *a, const struct pending_keys *b)
{
    const struct map *few = &a->keys, *many = &b->keys;
    if (few->entry_count > many->entry_count) {
        few = &b->keys;
        many = &a->keys;
    }
    for (size_t i = 0; i < few->entry_count; i++)
        if (map_get(many, few->entries[i].key) != NULL)
            return true;
    return false;
}

static bool must_wait(const struct commit_turns *t, const struct pending_keys *keys)
{
    for (uint32_t i = 0; i < t->count; i++)
        if (share_a_key(t->keys[i], keys))
            return true;
    return false;
}

/* Waits while a commit in progress has one of the session's keys, then takes all of them at once: nobody waits who holds some. */
static enum status turn_begin(struct session *s, struct error *err)
{
    struct commit_turns *t = &s->engine->commit_turns;
    enum status st = STATUS_OK;
    mutex_lock(&t->mutex);
    while (st == STATUS_OK && must_wait(t, s->pending_keys)) {
        condition_wait_until(&t->ended, &t->mutex, clock_monotonic_ns() + LOOK_INTERVAL_NS);
        if (s->cancel)
            st = error_set(err, STATUS_CANCELED, "canceling statement due to user request");
    }
    if (st == STATUS_OK && t->count == t->capacity) {
        t->capacity = t->capacity == 0 ? 8 : t->capacity * 2;
        t->keys = memory_realloc(t->keys, t->capacity * sizeof *t->keys);
    }
    if (st == STATUS_OK)
        t->keys[t->count++] = s->pending_keys;
    mutex_unlock(&t->mutex);
    return st;
}

static void turn_end(struct session *s)
{
    struct commit_turns *t = &s->engine->commit_turns;
    mutex_lock(&t->mutex);
    for (uint32_t i = 0; i < t->count; i++)
        if (t->keys[i] == s->pending_keys)
            t->keys[i] = t->keys[--t->count];
    condition_broadcast(&t->ended);
    mutex_unlock(&t->mutex);
}

/* ---- COMMIT ---- */

/* One append for all of them: a transaction is never half there, whatever the number of its partitions. */
static enum status append_all(struct session *s, log_ticket *ticket, struct error *err)
{
    struct append *appends = memory_alloc_zero(s->pending_count, sizeof *appends);
    for (uint32_t i = 0; i < s->pending_count; i++)
        appends[i] = (struct append){.partition = s->pending[i].partition, .batch = s->pending[i].bytes.data, .size = s->pending[i].bytes.size};
    enum status st = log_append_together(s->engine->log, appends, s->pending_count, ticket, err);
    for (uint32_t i = 0; i < s->pending_count && st == STATUS_OK; i++)
        note_own_write(s, s->pending[i].partition, appends[i].base_offset + s->pending[i].record_count);
    free(appends);
    return st;
}

static enum status append_new_keys(struct session *s, log_ticket *ticket, struct error *err)
{
    TRY(turn_begin(s, err));
    enum status st = pending_check_keys(s, 0, err);
    if (st == STATUS_OK)
        st = append_all(s, ticket, err);
    turn_end(s);
    return st;
}

enum status pending_commit(struct session *s, struct error *err)
{
    log_ticket ticket = 0;
    enum status st = STATUS_OK;
    if (s->pending_keys != NULL)
        st = append_new_keys(s, &ticket, err);
    else if (s->pending_count > 0)
        st = append_all(s, &ticket, err);
    pending_discard(s);
    if (st == STATUS_OK && ticket != 0)
        st = log_wait(s->engine->log, ticket, err);
    return st;
}
