/* top_n_live.c - ORDER BY with LIMIT over rows that come and go, and LIMIT alone in the canonical order.
 *
 * All rows are kept in rank order by instance 0. At the end of an epoch that
 * touched the window its new contents are walked and compared with what was
 * shown. Rows that cannot be ranked go straight to the output.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/operators.h"
#include "exec/rank_key.h"
#include "exec/ranked_rows.h"
#include "exec/row_collection.h"
#include "state/charge.h"

struct row_list {
    struct ranked_row **rows;
    uint64_t count, capacity;
};
struct top_n_live {
    struct operator op;
    const struct top_n_bounds *bounds;
    const struct schema *schema;
    struct row_collection arrived; /* this worker's rows of the epoch */
    /* of instance 0 */
    struct ranked_rows ranked;
    struct row_list shown, next, touched, changed;
    bool is_full;          /* shown holds limit rows */
    bool window_touched;
    bool is_emitting;
    uint64_t next_change;
    struct buffer key;
    struct charge charge;
    uint16_t good[BATCH_ROWS_MAX], bad[BATCH_ROWS_MAX];
};

static void list_add(struct row_list *list, struct ranked_row *row)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        list->rows = memory_realloc(list->rows, list->capacity * sizeof(struct ranked_row *));
    }
    list->rows[list->count++] = row;
}

static enum progress top_n_live_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct top_n_live *t = (struct top_n_live *)op;
    (void)input;
    uint32_t count = rank_split(in, t->bounds->keys, t->bounds->key_count, op->batch_arena, t->good, t->bad, out);
    if (count != 0)
        row_collection_append_rows(&t->arrived, in, t->good, count);
    return PROGRESS_NEED_INPUT;
}

static void add_row(struct top_n_live *t, const struct batch *b, uint32_t row)
{
    buffer_reset(&t->key);
    uint32_t row_position = rank_key_put(b, row, t->bounds->keys, t->bounds->key_count, &t->key);
    struct bytes key = buffer_bytes(&t->key);
    if (!t->is_full || bytes_compare(key, ranked_row_key(t->shown.rows[t->shown.count - 1])) <= 0)
        t->window_touched = true;
    struct ranked_row *r = ranked_rows_get(&t->ranked, key, row_position);
    r->weight += batch_weight(b, row);
    if (!r->touched)
        list_add(&t->touched, r);
    r->touched = true;
}

/* The rows of the window, into next, each with its wanted. */
static void walk_window(struct top_n_live *t)
{
    int64_t skip = t->bounds->offset, keep = t->bounds->limit < 0 ? INT64_MAX : t->bounds->limit;
    t->next.count = 0;
    for (struct ranked_row *r = t->ranked.heads[0]; r != NULL && keep > 0; r = r->next[0]) {
        assert(r->weight >= 0);
        int64_t skipped = r->weight < skip ? r->weight : skip;
        int64_t left = r->weight - skipped;
        skip -= skipped;
        if (left == 0)
            continue;
        r->wanted = left < keep ? left : keep;
        keep -= r->wanted;
        list_add(&t->next, r);
    }
    t->is_full = keep == 0 && t->next.count != 0;
}

static void compute_changes(struct top_n_live *t)
{
    for (uint64_t i = 0; i < t->shown.count; i++)
        t->shown.rows[i]->wanted = 0;
    walk_window(t);
    for (uint64_t i = 0; i < t->shown.count; i++)
        if (t->shown.rows[i]->wanted < t->shown.rows[i]->shown)
            list_add(&t->changed, t->shown.rows[i]);
    for (uint64_t i = 0; i < t->next.count; i++)
        if (t->next.rows[i]->wanted > t->next.rows[i]->shown)
            list_add(&t->changed, t->next.rows[i]);
    struct row_list swap = t->shown;
    t->shown = t->next;
    t->next = swap;
}

static enum status begin_epoch(struct top_n_live *t)
{
    for (unsigned w = 0; w < t->op.worker_count; w++) {
        const struct row_collection *arrived = &((struct top_n_live *)t->op.peers[w])->arrived;
        for (uint32_t b = 0; b < arrived->batch_count; b++)
            for (uint32_t i = 0; i < arrived->batches[b].row_count; i++)
                add_row(t, &arrived->batches[b], i);
    }
    t->changed.count = 0;
    t->next_change = 0;
    if (t->window_touched)
        compute_changes(t);
    t->window_touched = false;
    return charge_cover(&t->charge, t->ranked.memory.held_size, &t->op.error);
}

/* What is shown now; rows that are gone are freed. */
static void end_epoch(struct top_n_live *t)
{
    for (uint64_t i = 0; i < t->touched.count; i++) {
        struct ranked_row *r = t->touched.rows[i];
        assert(r->weight >= 0);
        r->touched = false;
        if (r->weight == 0)
            ranked_rows_remove(&t->ranked, r);
    }
    t->touched.count = 0;
    t->is_emitting = false;
}

static enum status give_changes(struct top_n_live *t, struct batch *out)
{
    uint64_t left = t->changed.count - t->next_change;
    uint32_t room = left < BATCH_ROWS_MAX ? (uint32_t)left : BATCH_ROWS_MAX;
    *out = (struct batch){.column_count = t->schema->column_count};
    out->columns = ARENA_ARRAY(t->op.batch_arena, struct vector, out->column_count);
    for (uint32_t c = 0; c < out->column_count; c++)
        vector_init_flat(&out->columns[c], t->schema->columns[c].type, room, t->op.batch_arena);
    int64_t *weights = arena_alloc(t->op.batch_arena, room * sizeof *weights);
    out->weights = weights;
    for (; out->row_count < room; out->row_count++) {
        struct ranked_row *r = t->changed.rows[t->next_change++];
        struct bytes key = ranked_row_key(r);
        struct bytes row = {key.data + r->row_position, key.size - r->row_position};
        TRY(row_get(row, out->columns, out->column_count, out->row_count, room, t->op.batch_arena, &t->op.error));
        weights[out->row_count] = r->wanted - r->shown;
        r->shown = r->wanted;
    }
    return STATUS_OK;
}

static enum progress top_n_live_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct top_n_live *t = (struct top_n_live *)op;
    (void)input;
    (void)mark;
    assert(op->worker == 0);
    *out = (struct batch){0};
    if (!t->is_emitting && begin_epoch(t) != STATUS_OK)
        return PROGRESS_FAILED;
    t->is_emitting = true;
    if (t->next_change == t->changed.count) {
        end_epoch(t);
        return PROGRESS_DONE;
    }
    return operator_progress(give_changes(t, out), PROGRESS_MORE);
}

static void top_n_live_release(struct operator *op)
{
    row_collection_reset(&((struct top_n_live *)op)->arrived);
}

static void top_n_live_destroy(struct operator *op)
{
    struct top_n_live *t = (struct top_n_live *)op;
    row_collection_clear(&t->arrived);
    ranked_rows_clear(&t->ranked);
    free(t->shown.rows);
    free(t->next.rows);
    free(t->touched.rows);
    free(t->changed.rows);
    buffer_clear(&t->key);
    charge_clear(&t->charge);
    operator_free(op);
}

static size_t top_n_live_size(const struct operator *op)
{
    const struct top_n_live *t = (const struct top_n_live *)op;
    return t->ranked.memory.held_size + row_collection_size(&t->arrived);
}

static const struct operator_type TOP_N_LIVE = {.name = "top-N",
                                                .process = top_n_live_process,
                                                .finish = top_n_live_finish,
                                                .destroy = top_n_live_destroy,
                                                .release = top_n_live_release,
                                                .size = top_n_live_size};

struct operator *top_n_live_create(const struct operator_setup *setup)
{
    struct top_n_live *t = memory_alloc_zero(1, sizeof *t);
    operator_init(&t->op, &TOP_N_LIVE, setup);
    t->bounds = setup->shared;
    t->schema = &setup->plan->schema;
    row_collection_init(&t->arrived, t->schema);
    t->charge = (struct charge){.budget = setup->budget, .holder = "top-N"};
    return &t->op;
}
