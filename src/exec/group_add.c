/* group_add.c - a batch of rows into a group table.
 *
 * First each row's group is found (a dictionary's values once each, a constant
 * once), then every call takes the whole batch. Rows in error are set aside on
 * the way: of the key, of the row, of a call's filter or argument.
 */
#include <assert.h>

#include "base/hash.h"
#include "exec/group_slots.h"
#include "exec/group_table.h"

/* ---- finding groups ---- */

/* Groups of the rows that take part in b, into out. */
static enum status look_up(struct group_table *t, const struct batch *b, struct group **out, struct error *err)
{
    uint32_t count = batch_rows(b);
    uint8_t added[BATCH_ROWS_MAX];
    bool bytes = t->keys->key_size == HASH_TABLE_VARIABLE;
    key_batch_fill(t->keys, b);
    TRY(hash_table_find_or_add(&t->table, t->keys->hashes, &t->keys->keys, count, (void **)out, bytes ? added : NULL, err));
    for (uint32_t i = 0; bytes && i < count; i++) {
        struct bytes key = t->keys->keys.bytes[i];
        if (added[i])
            hash_table_set_key(&t->table, out[i], (struct bytes){allocator_copy(&t->memory, key.data, key.size), key.size});
    }
    return STATUS_OK;
}

/* Looks up one row for each value of the dictionary that has no group yet. */
static enum status fill_slots(struct group_table *t, const struct batch *b, const struct vector *v, struct error *err)
{
    static struct group PENDING; /* marks a slot that one of the rows will fill */
    uint16_t rows[BATCH_ROWS_MAX];
    struct group *groups[BATCH_ROWS_MAX];
    uint32_t missing = 0, count = batch_rows(b);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = batch_row(b, i);
        struct group **slot = &t->slots->groups[group_slot(v, row)];
        if (*slot != NULL)
            continue;
        *slot = &PENDING;
        rows[missing++] = (uint16_t)row;
    }
    if (missing == 0)
        return STATUS_OK;
    struct batch view = *b;
    view.selection = rows;
    view.selected_count = missing;
    enum status st = look_up(t, &view, groups, err);
    if (st != STATUS_OK)
        group_slots_forget(t->slots);
    for (uint32_t i = 0; st == STATUS_OK && i < missing; i++)
        t->slots->groups[group_slot(v, rows[i])] = groups[i];
    return st;
}

/* The slots of the rows, and whether each has its group. */
static bool map_slots(struct group_table *t, const struct batch *b, const struct vector *v)
{
    uint32_t count = batch_rows(b);
    struct group *const *slots = t->slots->groups;
    bool all = true;
    if (v->validity == NULL && b->selection == NULL) {
        for (uint32_t i = 0; i < count; i++) {
            t->groups[i] = slots[v->indexes[i]];
            all &= t->groups[i] != NULL;
        }
        return all;
    }
    for (uint32_t i = 0; i < count; i++) {
        t->groups[i] = slots[group_slot(v, batch_row(b, i))];
        all &= t->groups[i] != NULL;
    }
    return all;
}

static enum status find_by_slots(struct group_table *t, const struct batch *b, const struct vector *v, struct error *err)
{
    if (map_slots(t, b, v))
        return STATUS_OK;
    TRY(fill_slots(t, b, v, err));
    bool all = map_slots(t, b, v);
    assert(all);
    return STATUS_OK;
}

static bool all_keys_constant(const struct group_table *t, const struct batch *b)
{
    for (uint32_t i = 0; i < t->keys->column_count; i++)
        if (b->columns[t->keys->columns[i]].form != VECTOR_CONSTANT)
            return false;
    return true;
}

static enum status find_groups(struct group_table *t, const struct batch *b, struct error *err)
{
    uint32_t count = batch_rows(b);
    struct batch one = *b;
    if (t->single != NULL) {
        t->groups[0] = t->single;
    } else if (all_keys_constant(t, b)) {
        uint16_t first = (uint16_t)batch_row(b, 0);
        one.selection = &first;
        one.selected_count = 1;
        TRY(look_up(t, &one, t->groups, err));
    } else {
        const struct vector *v = &b->columns[t->keys->columns[0]];
        if (t->slots != NULL && group_slots_begin(t->slots, v))
            return find_by_slots(t, b, v, err);
        return look_up(t, b, t->groups, err);
    }
    for (uint32_t i = 1; i < count; i++)
        t->groups[i] = t->groups[0];
    return STATUS_OK;
}

/* ---- rows in error ---- */

static enum status key_error(const struct group_table *t, const struct batch *b, uint32_t row)
{
    const struct plan *plan = t->layout->plan;
    for (uint32_t i = 0; i < plan->aggregate.group_count; i++) {
        enum status st = vector_error(&b->columns[plan->aggregate.groups[i]], row);
        if (st != STATUS_OK)
            return st;
    }
    return STATUS_OK;
}

static bool has_key_errors(const struct group_table *t, const struct batch *b)
{
    const struct plan *plan = t->layout->plan;
    for (uint32_t i = 0; i < plan->aggregate.group_count; i++)
        if (b->columns[plan->aggregate.groups[i]].errors != NULL)
            return true;
    return false;
}

/* Counts the rows whose key is in error and leaves the others in rows, *count of them. */
static enum status drop_key_errors(struct group_table *t, const struct batch *b, uint16_t *rows, uint32_t *count, struct error *err)
{
    uint32_t kept = 0, all = batch_rows(b);
    for (uint32_t i = 0; i < all; i++) {
        uint32_t row = batch_row(b, i);
        enum status st = key_error(t, b, row);
        if (st == STATUS_OK)
            rows[kept++] = (uint16_t)row;
        else
            TRY(group_errors_add(&t->errors, NULL, ERROR_OF_ROW, (uint8_t)st, batch_weight(b, row), err));
    }
    *count = kept;
    return STATUS_OK;
}

/* Counts the rows that are in error as a whole and removes them from rows and groups. */
static enum status drop_row_errors(struct group_table *t, const struct batch *b, const uint16_t *rows, uint32_t *count,
                                   struct error *err)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < *count; i++) {
        uint16_t row = rows[i];
        struct group *g = t->groups[i];
        if (b->row_errors[row] != 0) {
            TRY(group_errors_add(&t->errors, g, ERROR_OF_ROW, b->row_errors[row], batch_weight(b, row), err));
            continue;
        }
        t->rows[kept] = row;
        t->groups[kept++] = g;
    }
    *count = kept;
    return STATUS_OK;
}

/* ---- the calls ---- */

/* A count of rows that all count is the group's weight and costs nothing; only what is missing is noted. */
static enum status add_missing(struct group_table *t, uint32_t call, const struct batch *b, const uint16_t *rows, uint32_t count,
                               struct error *err)
{
    const struct group_call *c = &t->layout->calls[call];
    const struct vector *v = c->call->argument < 0 ? NULL : &b->columns[c->call->argument];
    const struct vector *filter = c->call->filter < 0 ? NULL : &b->columns[c->call->filter];
    if (filter == NULL && (v == NULL || (v->validity == NULL && v->errors == NULL)))
        return STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = rows[i];
        enum status st = filter == NULL ? STATUS_OK : vector_error(filter, row);
        bool counts = st == STATUS_OK && (filter == NULL || (vector_is_valid(filter, row) && *(const uint8_t *)vector_value(filter, row)));
        if (counts && v != NULL) {
            st = vector_error(v, row);
            counts = st == STATUS_OK && vector_is_valid(v, row);
        }
        if (st != STATUS_OK)
            TRY(group_errors_add(&t->errors, t->groups[i], (int32_t)call, (uint8_t)st, batch_weight(b, row), err));
        if (!counts)
            *group_missing(t->groups[i], c) += batch_weight(b, row);
    }
    return STATUS_OK;
}

/* What a call takes of the batch: rows and their groups, either the table's own arrays or narrowed copies. */
struct call_input {
    const uint16_t *rows;
    struct group *const *groups;
    uint32_t count;
};

static enum status narrow(struct group_table *t, uint32_t call, const struct batch *b, const struct vector *v, bool by_value,
                          struct call_input *in, struct error *err)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < in->count; i++) {
        uint16_t row = in->rows[i];
        struct group *g = in->groups[i];
        enum status st = vector_error(v, row);
        if (st != STATUS_OK) {
            TRY(group_errors_add(&t->errors, g, (int32_t)call, (uint8_t)st, batch_weight(b, row), err));
        } else if (!by_value || (vector_is_valid(v, row) && *(const uint8_t *)vector_value(v, row))) {
            t->call_rows[kept] = row;
            t->call_groups[kept++] = g;
        }
    }
    *in = (struct call_input){t->call_rows, t->call_groups, kept};
    return STATUS_OK;
}

static enum status add_distinct(struct group_table *t, const struct group_call *c, const struct batch *b, const struct call_input *in,
                                struct error *err)
{
    uint32_t column = (uint32_t)c->call->argument;
    for (uint32_t i = 0; i < in->count; i++) {
        if (!vector_is_valid(&b->columns[column], in->rows[i]))
            continue;
        buffer_reset(&t->buffer);
        hash_key_put(b, in->rows[i], &column, 1, &t->buffer);
        TRY(group_distinct_add(&t->distinct[c->distinct], in->groups[i], buffer_bytes(&t->buffer), batch_weight(b, in->rows[i]), err));
    }
    return STATUS_OK;
}

static void add_states(struct group_table *t, uint32_t call, const struct batch *b, const struct call_input *in)
{
    const struct group_call *c = &t->layout->calls[call];
    const uint16_t *rows = in->rows == t->all_rows ? NULL : in->rows; /* all of them: no look-up per row */
    const struct vector *v = c->call->argument < 0 ? NULL : &b->columns[c->call->argument];
    int64_t *weights = b->weights == NULL ? NULL : t->weights;
    for (uint32_t i = 0; weights != NULL && i < in->count; i++)
        weights[i] = b->weights[in->rows[i]];
    if (t->single != NULL && c->aggregate->add_all != NULL) {
        c->aggregate->add_all((char *)t->single + c->offset, v, rows, weights, in->count);
        return;
    }
    for (uint32_t i = 0; i < in->count; i++)
        t->states[i] = (char *)in->groups[i] + c->offset;
    c->aggregate->add(t->states, v, rows, weights, in->count, &t->hints[call]);
}

static enum status add_call(struct group_table *t, uint32_t call, const struct batch *b, const uint16_t *rows, uint32_t count,
                            struct error *err)
{
    const struct group_call *c = &t->layout->calls[call];
    if (c->is_weight)
        return add_missing(t, call, b, rows, count, err);
    struct call_input in = {rows, t->groups, count};
    if (c->call->filter >= 0)
        TRY(narrow(t, call, b, &b->columns[c->call->filter], true, &in, err));
    if (c->call->argument >= 0 && b->columns[c->call->argument].errors != NULL)
        TRY(narrow(t, call, b, &b->columns[c->call->argument], false, &in, err));
    if (in.count == 0)
        return STATUS_OK;
    if (c->distinct >= 0)
        return add_distinct(t, c, b, &in, err);
    add_states(t, call, b, &in);
    return STATUS_OK;
}

static void add_weights(struct group_table *t, const struct batch *b, const uint16_t *rows, uint32_t count)
{
    if (b->weights != NULL) {
        for (uint32_t i = 0; i < count; i++)
            t->groups[i]->weight += b->weights[rows[i]];
    } else if (t->single != NULL) {
        t->single->weight += count;
    } else {
        for (uint32_t i = 0; i < count; i++)
            t->groups[i]->weight++;
    }
}

enum status group_table_add(struct group_table *t, const struct batch *b, struct error *err)
{
    uint32_t count = batch_rows(b);
    const uint16_t *rows = b->selection != NULL ? b->selection : t->all_rows;
    t->row_count += count;
    struct batch view = *b;
    if (has_key_errors(t, b)) {
        TRY(drop_key_errors(t, b, t->rows, &count, err));
        view.selection = rows = t->rows;
        view.selected_count = count;
    }
    if (count == 0)
        return STATUS_OK;
    TRY(find_groups(t, &view, err));
    add_weights(t, b, rows, count);
    if (b->row_errors != NULL) {
        TRY(drop_row_errors(t, b, rows, &count, err));
        rows = t->rows;
    }
    for (uint32_t i = 0; i < t->layout->call_count; i++)
        TRY(add_call(t, i, b, rows, count, err));
    return STATUS_OK;
}
