/* aggregate_epoch.c - the end of an epoch for an aggregate that keeps state.
 *
 * In order: find the state's groups for all partial groups and list those
 * touched; read their present results; merge; read again and compare. What
 * differs is given out, part by part, the old rows before the new ones.
 */
#include <assert.h>

#include "base/hash.h"
#include "exec/hash_aggregate.h"

struct touched_part {
    struct touched_part *next;
    uint32_t count;
    struct group *groups[BATCH_ROWS_MAX];
    uint16_t positions[BATCH_ROWS_MAX]; /* scratch */
    bool was_there[BATCH_ROWS_MAX];
    struct batch old_rows, new_rows;
    uint16_t old_selection[BATCH_ROWS_MAX], new_selection[BATCH_ROWS_MAX];
};
/* The pairs of one peer's partial, kept from matching to merging. */
struct pair_list {
    struct pair_list *next;
    uint32_t count;
    struct group_pair pairs[];
};

static bool has_keys(const struct hash_aggregate *a)
{
    return a->layout->plan->aggregate.group_count != 0;
}

static void touch(struct hash_aggregate *a, struct group *g)
{
    if (g->mark != 0)
        return;
    if (a->last_part == NULL || a->last_part->count == BATCH_ROWS_MAX) {
        struct touched_part *part = arena_alloc(a->epoch_arena, sizeof *part);
        part->next = NULL;
        part->count = 0;
        if (a->last_part != NULL)
            a->last_part->next = part;
        else
            a->parts = part;
        a->last_part = part;
    }
    struct touched_part *part = a->last_part;
    part->was_there[part->count] = has_keys(a) ? g->weight != 0 : a->has_begun;
    part->groups[part->count++] = g;
    g->mark = ++a->touched_count;
}

/* Finds and touches the groups of one partial; the pairs go to the end of *list. */
static enum status match_peer(struct hash_aggregate *a, struct group_table *from, struct pair_list ***end)
{
    unsigned first = SHARD_COUNT * a->op.worker / a->op.worker_count, last = SHARD_COUNT * (a->op.worker + 1) / a->op.worker_count;
    uint32_t cursor = 0, count;
    for (;;) {
        TRY(group_table_match(a->state, from, first, last, &cursor, a->pairs, &count, &a->op.error));
        if (count == 0)
            return STATUS_OK;
        struct pair_list *list = arena_alloc(a->epoch_arena, sizeof *list + count * sizeof *list->pairs);
        list->next = NULL;
        list->count = count;
        memcpy(list->pairs, a->pairs, count * sizeof *list->pairs);
        **end = list;
        *end = &list->next;
        for (uint32_t i = 0; i < count; i++)
            touch(a, a->pairs[i].to);
    }
}

/* The rows of the part's groups that are there, into out; selection names them. */
static enum status read_part(struct hash_aggregate *a, struct touched_part *part, bool new_rows, struct arena *arena, struct batch *out)
{
    struct group *groups[BATCH_ROWS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        bool there = !new_rows ? part->was_there[i] : !has_keys(a) || part->groups[i]->weight != 0;
        if (!there)
            continue;
        part->positions[count] = (uint16_t)i;
        groups[count++] = part->groups[i];
    }
    TRY(group_table_read(a->state, groups, part->positions, count, part->count, arena, out, &a->op.error));
    uint16_t *selection = new_rows ? part->new_selection : part->old_selection;
    memcpy(selection, part->positions, count * sizeof *selection);
    out->selection = selection;
    out->selected_count = count;
    return STATUS_OK;
}

static enum status read_old(struct hash_aggregate *a)
{
    for (struct touched_part *part = a->parts; part != NULL; part = part->next) {
        TRY(read_part(a, part, false, a->epoch_arena, &part->old_rows));
        if (!a->layout->has_strings)
            continue;
        /* their bytes may lie in states that are about to change: copy, then put the rows back where they were */
        for (uint32_t c = 0; c < part->old_rows.column_count; c++) {
            struct vector *v = &part->old_rows.columns[c];
            for (uint32_t i = 0; type_is_string(v->type) && i < part->old_rows.selected_count; i++) {
                struct string *s = &VECTOR_STRING(v)[part->old_selection[i]];
                if (vector_is_valid(v, part->old_selection[i]) && vector_error(v, part->old_selection[i]) == STATUS_OK &&
                    s->size > STRING_INLINE_SIZE)
                    s->data = memcpy(arena_alloc(a->epoch_arena, s->size), s->data, s->size);
            }
        }
    }
    return STATUS_OK;
}

static enum status begin_epoch(struct hash_aggregate *a)
{
    arena_reset(a->epoch_arena);
    a->parts = a->last_part = NULL;
    a->touched_count = 0;
    a->old_key_error = group_error(&a->state->errors, NULL, ERROR_OF_ROW);
    a->key_error_step = 0;
    struct pair_list *pairs = NULL, **end = &pairs;
    for (unsigned w = 0; w < a->op.worker_count; w++)
        TRY(match_peer(a, ((struct hash_aggregate *)a->op.peers[w])->partial, &end));
    if (!has_keys(a) && a->op.worker == 0 && !a->has_begun)
        touch(a, a->state->single); /* no rows is a result too */
    TRY(read_old(a));
    for (struct pair_list *list = pairs; list != NULL; list = list->next)
        group_table_merge(a->state, list->pairs, list->count);
    unsigned first = SHARD_COUNT * a->op.worker / a->op.worker_count, last = SHARD_COUNT * (a->op.worker + 1) / a->op.worker_count;
    for (unsigned w = 0; w < a->op.worker_count; w++)
        TRY(group_table_merge_rest(a->state, ((struct hash_aggregate *)a->op.peers[w])->partial, first, last, &a->op.error));
    TRY(group_table_settle(a->state, a->op.batch_arena, &a->op.error));
    if (!has_keys(a) && a->op.worker == 0)
        a->has_begun = true;
    a->emitting = a->parts;
    a->emits_new = false;
    return charge_cover(&a->state_charge, group_table_size(a->state) + arena_size(a->epoch_arena), &a->op.error);
}

/* ---- comparing ---- */

static bool same_value(const struct vector *a, const struct vector *b, uint32_t row)
{
    if (vector_error(a, row) != vector_error(b, row))
        return false;
    if (vector_error(a, row) != STATUS_OK)
        return true;
    if (vector_is_valid(a, row) != vector_is_valid(b, row))
        return false;
    if (!vector_is_valid(a, row))
        return true;
    if (type_is_string(a->type))
        return string_equal(&VECTOR_STRING(a)[row], &VECTOR_STRING(b)[row]);
    return memcmp(vector_value(a, row), vector_value(b, row), type_size(a->type)) == 0;
}

static bool same_row(const struct batch *a, const struct batch *b, uint32_t row)
{
    if ((a->row_errors == NULL ? 0 : a->row_errors[row]) != (b->row_errors == NULL ? 0 : b->row_errors[row]))
        return false;
    for (uint32_t c = 0; c < a->column_count; c++)
        if (!same_value(&a->columns[c], &b->columns[c], row))
            return false;
    return true;
}

/* Takes the rows that are the same before and after out of both selections. */
static void drop_same(const struct hash_aggregate *a, struct touched_part *part)
{
    uint32_t old_count = 0, new_count = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        bool was = part->was_there[i], is = !has_keys(a) || part->groups[i]->weight != 0;
        if (was && is && same_row(&part->old_rows, &part->new_rows, i))
            continue;
        if (was)
            part->old_selection[old_count++] = (uint16_t)i;
        if (is)
            part->new_selection[new_count++] = (uint16_t)i;
    }
    part->old_rows.selected_count = old_count;
    part->new_rows.selected_count = new_count;
}

/* ---- giving out ---- */

static void give_old(struct hash_aggregate *a, struct touched_part *part, struct batch *out)
{
    *out = part->old_rows;
    int64_t *weights = arena_alloc(a->op.batch_arena, part->count * sizeof *weights);
    for (uint32_t i = 0; i < part->count; i++)
        weights[i] = -1;
    out->weights = weights;
}

/* The special group of rows whose key is in error. */
static bool give_key_error(struct hash_aggregate *a, struct batch *out)
{
    enum status now = group_error(&a->state->errors, NULL, ERROR_OF_ROW);
    if (a->op.worker != 0 || now == a->old_key_error)
        return false;
    while (a->key_error_step < 2) {
        bool new_row = a->key_error_step++ == 1;
        enum status st = new_row ? now : a->old_key_error;
        if (st == STATUS_OK)
            continue;
        group_table_read_key_error(a->state, st, a->op.batch_arena, out);
        int64_t *weights = arena_alloc(a->op.batch_arena, sizeof *weights);
        weights[0] = new_row ? 1 : -1;
        out->weights = weights;
        return true;
    }
    return false;
}

static void close_epoch(struct hash_aggregate *a)
{
    for (struct touched_part *part = a->parts; part != NULL; part = part->next) {
        for (uint32_t i = 0; i < part->count; i++) {
            struct group *g = part->groups[i];
            assert(g->weight >= 0);
            g->mark = 0;
            if (g->weight == 0 && has_keys(a))
                group_table_remove(a->state, g);
        }
    }
    a->parts = a->last_part = NULL;
    a->phase = AGGREGATE_IDLE;
}

enum progress aggregate_finish_epoch(struct hash_aggregate *a, struct batch *out)
{
    if (a->phase == AGGREGATE_IDLE) {
        if (begin_epoch(a) != STATUS_OK)
            return PROGRESS_FAILED;
        a->phase = AGGREGATE_EMIT;
    }
    *out = (struct batch){0};
    if (give_key_error(a, out))
        return PROGRESS_MORE;
    struct touched_part *part = a->emitting;
    if (part == NULL) {
        close_epoch(a);
        return PROGRESS_DONE;
    }
    if (!a->emits_new) {
        if (read_part(a, part, true, a->epoch_arena, &part->new_rows) != STATUS_OK)
            return PROGRESS_FAILED;
        drop_same(a, part);
        give_old(a, part, out);
        a->emits_new = true;
    } else {
        *out = part->new_rows;
        a->emitting = part->next;
        a->emits_new = false;
    }
    return PROGRESS_MORE;
}
