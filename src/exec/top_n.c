/* top_n.c - ORDER BY with LIMIT in a bounded run.
 *
 * Each instance keeps the best limit + offset rows: it collects up to twice as
 * many and then throws the worse half away, whose best key from then on refuses
 * rows before they are copied. Instance 0 takes the best of all.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/operators.h"
#include "exec/rank_key.h"
#include "exec/row_collection.h"
#include "state/charge.h"

enum { SLACK_ROWS = 2 * BATCH_ROWS_MAX };

struct candidate {
    struct bytes key; /* in keys_arena */
    struct row_reference at;
    uint8_t instance;
};
struct top_n {
    struct operator op;
    const struct top_n_bounds *bounds;
    int64_t wanted; /* limit + offset */
    struct row_collection rows;
    struct arena *keys_arena;
    struct candidate *candidates;
    uint64_t count, capacity;
    bool has_threshold;
    struct buffer threshold; /* the key of the wanted-th row at the last pruning */
    struct buffer key;
    uint16_t good[BATCH_ROWS_MAX], bad[BATCH_ROWS_MAX];
    struct charge charge;
    bool is_merged;
    uint64_t next;
    int64_t skip, keep; /* weights still to be skipped and given out */
};

static int compare_candidates(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return bytes_compare(x->key, y->key);
}

/* Keeps the best wanted candidates, in order. */
static void prune(struct top_n *t)
{
    qsort(t->candidates, t->count, sizeof *t->candidates, compare_candidates);
    if (t->count <= (uint64_t)t->wanted)
        return;
    t->count = (uint64_t)t->wanted;
    struct row_collection kept;
    row_collection_init(&kept, t->rows.schema);
    struct arena *keys = arena_create();
    for (uint64_t i = 0; i < t->count; i++) {
        struct candidate *c = &t->candidates[i];
        uint16_t row = (uint16_t)c->at.row;
        row_collection_append_rows(&kept, &t->rows.batches[c->at.batch], &row, 1);
        c->at = (struct row_reference){kept.batch_count - 1, kept.batches[kept.batch_count - 1].row_count - 1};
        c->key.data = (const uint8_t *)arena_copy_bytes(keys, c->key);
    }
    row_collection_clear(&t->rows);
    arena_destroy(t->keys_arena);
    t->rows = kept;
    t->keys_arena = keys;
    buffer_reset(&t->threshold);
    if (t->count != 0)
        buffer_put_bytes(&t->threshold, t->candidates[t->count - 1].key);
    t->has_threshold = t->count != 0;
}

static void add_candidate(struct top_n *t, const struct batch *in, uint16_t row)
{
    buffer_reset(&t->key);
    ordered_key_put(in, row, t->bounds->keys, t->bounds->key_count, &t->key);
    if (t->has_threshold && t->key.size <= t->threshold.size && memcmp(t->key.data, t->threshold.data, t->key.size) > 0)
        return; /* most rows, once the worse half has been thrown away: the tie-breaker is not needed */
    buffer_reset(&t->key);
    rank_key_put(in, row, t->bounds->keys, t->bounds->key_count, &t->key);
    if (t->has_threshold && bytes_compare(buffer_bytes(&t->key), buffer_bytes(&t->threshold)) >= 0)
        return;
    if (t->count == t->capacity) {
        t->capacity = t->capacity == 0 ? 64 : t->capacity * 2;
        t->candidates = memory_realloc(t->candidates, t->capacity * sizeof *t->candidates);
    }
    row_collection_append_rows(&t->rows, in, &row, 1);
    struct candidate *c = &t->candidates[t->count++];
    c->at = (struct row_reference){t->rows.batch_count - 1, t->rows.batches[t->rows.batch_count - 1].row_count - 1};
    c->key = (struct bytes){(const uint8_t *)arena_copy_bytes(t->keys_arena, buffer_bytes(&t->key)), t->key.size};
    c->instance = (uint8_t)t->op.worker;
}

static enum progress top_n_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct top_n *t = (struct top_n *)op;
    (void)input;
    uint32_t count = rank_split(in, t->bounds->keys, t->bounds->key_count, op->batch_arena, t->good, t->bad, out);
    if (t->wanted == 0)
        return PROGRESS_NEED_INPUT; /* not STOP: rows in error still pass, and must be all of them */
    for (uint32_t i = 0; i < count; i++)
        add_candidate(t, in, t->good[i]);
    if (t->count / 2 > (uint64_t)t->wanted + SLACK_ROWS)
        prune(t);
    size_t size = row_collection_size(&t->rows) + arena_size(t->keys_arena) + t->capacity * sizeof *t->candidates;
    return operator_progress(charge_cover(&t->charge, size, &op->error), PROGRESS_NEED_INPUT);
}

/* All instances' candidates into this one's array, in order. */
static void merge(struct top_n *t)
{
    for (unsigned w = 1; w < t->op.worker_count; w++) {
        const struct top_n *p = (const struct top_n *)t->op.peers[w];
        if (p->count == 0)
            continue;
        t->capacity = t->count + p->count;
        t->candidates = memory_realloc(t->candidates, t->capacity * sizeof *t->candidates);
        memcpy(t->candidates + t->count, p->candidates, p->count * sizeof *p->candidates);
        t->count += p->count;
    }
    if (t->count != 0)
        qsort(t->candidates, t->count, sizeof *t->candidates, compare_candidates);
    t->skip = t->bounds->offset;
    t->keep = t->bounds->limit < 0 ? INT64_MAX : t->bounds->limit;
}

/* How often the candidate is given out. */
static int64_t take(struct top_n *t, const struct candidate *c)
{
    const struct top_n *p = (const struct top_n *)t->op.peers[c->instance];
    int64_t weight = batch_weight(&p->rows.batches[c->at.batch], c->at.row);
    assert(weight > 0);
    int64_t skipped = weight < t->skip ? weight : t->skip;
    t->skip -= skipped;
    weight -= skipped;
    if (weight > t->keep)
        weight = t->keep;
    t->keep -= weight;
    return weight;
}

static enum progress top_n_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct top_n *t = (struct top_n *)op;
    const struct row_collection *collections[256];
    struct row_reference references[BATCH_ROWS_MAX];
    uint8_t which[BATCH_ROWS_MAX];
    (void)input;
    assert(mark->last && op->worker == 0 && op->worker_count <= 256);
    if (!t->is_merged)
        merge(t);
    t->is_merged = true;
    for (unsigned w = 0; w < op->worker_count; w++)
        collections[w] = &((const struct top_n *)op->peers[w])->rows;
    int64_t *weights = arena_alloc(op->batch_arena, BATCH_ROWS_MAX * sizeof *weights);
    uint32_t count = 0;
    for (; t->next < t->count && t->keep > 0 && count < BATCH_ROWS_MAX; t->next++) {
        const struct candidate *c = &t->candidates[t->next];
        weights[count] = take(t, c);
        if (weights[count] == 0)
            continue;
        references[count] = c->at;
        which[count++] = c->instance;
    }
    row_collection_gather(collections, which, references, count, op->batch_arena, out);
    if (out->weights != NULL)
        out->weights = weights;
    return t->next < t->count && t->keep > 0 ? PROGRESS_MORE : PROGRESS_DONE;
}

static void top_n_destroy(struct operator *op)
{
    struct top_n *t = (struct top_n *)op;
    row_collection_clear(&t->rows);
    arena_destroy(t->keys_arena);
    buffer_clear(&t->threshold);
    buffer_clear(&t->key);
    free(t->candidates);
    charge_clear(&t->charge);
    operator_free(op);
}

static size_t top_n_size(const struct operator *op)
{
    const struct top_n *t = (const struct top_n *)op;
    return row_collection_size(&t->rows) + arena_size(t->keys_arena);
}

static const struct operator_type TOP_N = {
    .name = "top-N", .process = top_n_process, .finish = top_n_finish, .destroy = top_n_destroy, .size = top_n_size};

struct operator *top_n_create(const struct operator_setup *setup)
{
    struct top_n *t = memory_alloc_zero(1, sizeof *t);
    operator_init(&t->op, &TOP_N, setup);
    t->bounds = setup->shared;
    if (__builtin_add_overflow(t->bounds->limit, t->bounds->offset, &t->wanted))
        t->wanted = INT64_MAX;
    if (t->wanted > UINT32_MAX)
        t->wanted = UINT32_MAX;
    row_collection_init(&t->rows, &setup->plan->schema);
    t->keys_arena = arena_create();
    t->charge = (struct charge){.budget = setup->budget, .holder = "top-N"};
    return &t->op;
}
