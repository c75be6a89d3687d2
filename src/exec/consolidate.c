/* consolidate.c - the net rows of a source that also retracts, for a bounded run, whose other operators see insertions only. */
#include <assert.h>

#include "base/hash.h"
#include "base/memory.h"
#include "exec/operators.h"
#include "state/allocator.h"
#include "state/charge.h"
#include "state/hash_table.h"

struct consolidate {
    struct operator op;
    const struct schema *schema;
    struct hash_table rows;     /* row bytes -> weight; this worker's */
    struct hash_table net;      /* of this instance's shards; keys lie in the peers' memory */
    struct allocator memory;
    struct charge charge;
    struct buffer buffer;
    bool is_merged;
    uint32_t cursor;
};

static enum status add_row(struct hash_table *t, struct bytes row, uint64_t hash, int64_t weight, struct allocator *memory,
                           struct error *err)
{
    void *payload;
    uint8_t added;
    TRY(hash_table_find_or_add(t, &hash, &row, 1, &payload, &added, err));
    if (added && memory != NULL)
        hash_table_set_key(t, payload, (struct bytes){allocator_copy(memory, row.data, row.size), row.size});
    int64_t *sum = payload;
    *sum += weight;
    return STATUS_OK;
}

static enum progress consolidate_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct consolidate *c = (struct consolidate *)op;
    (void)input;
    *out = (struct batch){0};
    for (uint32_t i = 0; i < batch_rows(in); i++) {
        uint32_t row = batch_row(in, i);
        buffer_reset(&c->buffer);
        row_put(in, row, &c->buffer);
        struct bytes bytes = buffer_bytes(&c->buffer);
        if (add_row(&c->rows, bytes, hash_bytes(bytes.data, bytes.size), batch_weight(in, row), &c->memory, &op->error) != STATUS_OK)
            return PROGRESS_FAILED;
    }
    return operator_progress(charge_cover(&c->charge, hash_table_size(&c->rows) + c->memory.held_size, &op->error),
                             PROGRESS_NEED_INPUT);
}

static enum status merge(struct consolidate *c)
{
    unsigned first = SHARD_COUNT * c->op.worker / c->op.worker_count, end = SHARD_COUNT * (c->op.worker + 1) / c->op.worker_count;
    for (unsigned w = 0; w < c->op.worker_count; w++) {
        const struct hash_table *rows = &((struct consolidate *)c->op.peers[w])->rows;
        uint32_t cursor = 0;
        int64_t *weight;
        while ((weight = hash_table_next(rows, &cursor)) != NULL) {
            uint64_t hash = hash_table_hash(rows, weight);
            if (hash_shard(hash) >= first && hash_shard(hash) < end)
                TRY(add_row(&c->net, hash_table_key(rows, weight), hash, *weight, NULL, &c->op.error));
        }
    }
    return STATUS_OK;
}

static enum progress consolidate_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct consolidate *c = (struct consolidate *)op;
    (void)input;
    assert(mark->last);
    if (!c->is_merged && merge(c) != STATUS_OK)
        return PROGRESS_FAILED;
    c->is_merged = true;
    *out = (struct batch){.column_count = c->schema->column_count};
    out->columns = ARENA_ARRAY(op->batch_arena, struct vector, out->column_count);
    for (uint32_t i = 0; i < out->column_count; i++)
        vector_init_flat(&out->columns[i], c->schema->columns[i].type, BATCH_ROWS_MAX, op->batch_arena);
    int64_t *weights = arena_alloc(op->batch_arena, BATCH_ROWS_MAX * sizeof *weights), *weight;
    out->weights = weights;
    while (out->row_count < BATCH_ROWS_MAX && (weight = hash_table_next(&c->net, &c->cursor)) != NULL) {
        assert(*weight >= 0);
        if (*weight == 0)
            continue;
        if (row_get(hash_table_key(&c->net, weight), out->columns, out->column_count, out->row_count, BATCH_ROWS_MAX, op->batch_arena,
                    &op->error) != STATUS_OK)
            return PROGRESS_FAILED;
        weights[out->row_count++] = *weight;
    }
    return out->row_count == BATCH_ROWS_MAX ? PROGRESS_MORE : PROGRESS_DONE;
}

static void consolidate_destroy(struct operator *op)
{
    struct consolidate *c = (struct consolidate *)op;
    hash_table_clear(&c->rows);
    hash_table_clear(&c->net);
    allocator_clear(&c->memory);
    charge_clear(&c->charge);
    buffer_clear(&c->buffer);
    operator_free(op);
}

static const struct operator_type CONSOLIDATE = {
    .name = "consolidate", .process = consolidate_process, .finish = consolidate_finish, .destroy = consolidate_destroy};

struct operator *consolidate_create(const struct operator_setup *setup)
{
    struct consolidate *c = memory_alloc_zero(1, sizeof *c);
    operator_init(&c->op, &CONSOLIDATE, setup);
    c->schema = &setup->plan->schema;
    hash_table_init(&c->rows, HASH_TABLE_VARIABLE, sizeof(int64_t));
    hash_table_init(&c->net, HASH_TABLE_VARIABLE, sizeof(int64_t));
    c->charge = (struct charge){.budget = setup->budget, .holder = "consolidation of a changing source"};
    return &c->op;
}
