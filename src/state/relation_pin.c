/* relation_pin.c - what a pin still sees while later epochs go on.
 *
 * An entry's history is its present, from entry.epoch on, and undo records, each
 * from its epoch on. A pin at epoch p sees the newest that begins at p or
 * before. Records that no pin can see any more are dropped when a pin goes: all
 * at once with the last pin, else when the oldest goes or they have doubled, so
 * that short pins beside a long one do not walk the whole list each time.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "state/internal.h"

static bool history_begins(const struct entry *e, int64_t epoch)
{
    for (const struct undo *u = e->undo; u != NULL; u = u->next)
        if (u->epoch == epoch)
            return true;
    return false;
}

void entry_keep_old(struct relation_store *s, struct entry *e)
{
    assert(e->touched);
    if (s->pins == NULL || s->pins->epoch < e->old_epoch || history_begins(e, e->old_epoch))
        return;
    const struct version *old = NULL;
    for (const struct version *v = e->versions; v != NULL; v = v->next)
        if (v->old_weight > 0)
            old = v;
    if (old == NULL && e->undo == NULL)
        return; /* never there for any pin */
    uint32_t size = old != NULL && store_is_keyed(s) ? old->size : 0;
    struct undo *u = allocator_get(&s->memory, sizeof *u + size);
    *u = (struct undo){.next = e->undo, .epoch = e->old_epoch, .weight = old == NULL ? 0 : old->old_weight, .size = size};
    if (size != 0)
        memcpy(u->bytes, old->bytes, size);
    e->undo = u;
    s->undo_count++;
    if (!e->listed) {
        e->listed = true;
        entry_list_add(&s->undone, e);
    }
}

struct store_pin *relation_store_pin(struct relation_store *s)
{
    struct store_pin *pin = memory_alloc_zero(1, sizeof *pin);
    pin->store = s;
    pin->epoch = s->closed_epoch;
    pin->end_row = s->table.row_end;
    assert(s->pins == NULL || s->pins->epoch <= pin->epoch);
    pin->next = s->pins;
    s->pins = pin;
    for (size_t i = 0; i < s->touched.count; i++) /* an open epoch has begun to write */
        entry_keep_old(s, s->touched.entries[i]);
    return pin;
}

struct store_pin *store_pin_again(const struct store_pin *pin)
{
    struct store_pin *again = memory_alloc_zero(1, sizeof *again);
    again->store = pin->store;
    again->epoch = pin->epoch;
    again->end_row = pin->end_row;
    struct store_pin *at = pin->store->pins; /* beside its twin: the list is by epoch */
    while (at != pin)
        at = at->next;
    again->next = at->next;
    at->next = again;
    return again;
}

/* Whether some pin's epoch is in [begin, end). */
static bool is_pinned(const struct relation_store *s, int64_t begin, int64_t end)
{
    for (const struct store_pin *pin = s->pins; pin != NULL && pin->epoch >= begin; pin = pin->next)
        if (pin->epoch < end)
            return true;
    return false;
}

static void drop_unseen(struct relation_store *s, struct entry *e)
{
    int64_t end = e->epoch;
    for (struct undo **at = &e->undo; *at != NULL;) {
        struct undo *u = *at;
        if (is_pinned(s, u->epoch, end)) {
            end = u->epoch;
            at = &u->next;
            continue;
        }
        end = u->epoch;
        *at = u->next;
        allocator_put(&s->memory, u, sizeof *u + u->size);
        s->undo_count--;
    }
}

static void purge(struct relation_store *s)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->undone.count; i++) {
        struct entry *e = s->undone.entries[i];
        drop_unseen(s, e);
        if (e->undo != NULL) {
            s->undone.entries[kept++] = e;
            continue;
        }
        e->listed = false;
        bool holds = false;
        for (const struct version *v = e->versions; v != NULL; v = v->next)
            holds |= v->weight != 0;
        if (!holds && !e->touched)
            entry_remove(s, e);
    }
    s->undone.count = kept;
    s->undo_count_at_purge = s->undo_count;
}

void store_pin_release(struct store_pin *pin)
{
    if (pin == NULL)
        return;
    struct relation_store *s = pin->store;
    struct store_pin **at = &s->pins;
    while (*at != pin)
        at = &(*at)->next;
    *at = pin->next;
    bool was_oldest = pin->next == NULL;
    free(pin);
    if (s->doomed) {
        if (s->pins == NULL)
            relation_store_destroy(s);
        return;
    }
    if (s->undo_count != 0 && (was_oldest || s->undo_count > 2 * s->undo_count_at_purge + 64))
        purge(s);
}

/* What the pin sees of e: its bytes and weight, 0 for nothing. */
static int64_t pinned_row(const struct store_pin *pin, const struct entry *e, struct bytes *row)
{
    if (e->epoch <= pin->epoch) {
        for (const struct version *v = e->versions; v != NULL; v = v->next) {
            if (v->weight == 0)
                continue;
            *row = (struct bytes){v->bytes, v->size};
            return v->weight;
        }
        return 0;
    }
    for (const struct undo *u = e->undo; u != NULL; u = u->next) {
        if (u->epoch > pin->epoch)
            continue;
        if (u->weight == 0)
            return 0;
        *row = u->size != 0 ? (struct bytes){u->bytes, u->size} : (struct bytes){e->versions->bytes, e->versions->size};
        return u->weight;
    }
    return 0;
}

enum status store_pin_scan(struct store_pin *pin, struct arena *arena, struct batch *out, bool *done, struct error *err)
{
    const struct relation_store *s = pin->store;
    uint32_t left = pin->end_row - pin->next_row;
    uint32_t room = left < BATCH_ROWS_MAX ? left : BATCH_ROWS_MAX;
    store_batch_init(s, room, arena, out);
    while (out->row_count < room) {
        uint32_t cursor = pin->next_row;
        const struct entry *e = hash_table_next(&s->table, &cursor);
        if (e == NULL || cursor > pin->end_row) {
            pin->next_row = pin->end_row;
            break;
        }
        pin->next_row = cursor;
        struct bytes row = {0};
        int64_t weight = pinned_row(pin, e, &row);
        if (weight != 0)
            TRY(store_batch_add(s, row, weight, room, arena, out, err));
    }
    *done = pin->next_row >= pin->end_row;
    return STATUS_OK;
}
