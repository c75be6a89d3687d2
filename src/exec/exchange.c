/* exchange.c - rows sorted by the instance that owns their key, kept until that instance's stage runs.
 *
 * A row whose key is NULL or in error has no owner to meet others at; it goes
 * where its hash says, like any other. Rows are copied into one compact
 * collection per target.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "data/row_key.h"
#include "exec/operators.h"
#include "exec/row_collection.h"
#include "state/charge.h"

struct exchange {
    struct operator op;
    const struct exchange_key *key;
    struct row_collection *outboxes; /* by target */
    struct charge charge;
    uint64_t hashes[BATCH_ROWS_MAX];
    uint16_t targets[BATCH_ROWS_MAX];
    uint16_t rows[BATCH_ROWS_MAX];
};

static enum progress exchange_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct exchange *x = (struct exchange *)op;
    (void)input;
    *out = (struct batch){0};
    uint32_t count = batch_rows(in);
    if (x->key->column_count != 0)
        row_hash(in, x->key->columns, x->key->column_count, x->hashes);
    else
        memset(x->hashes, 0, count * sizeof *x->hashes);
    for (uint32_t i = 0; i < count; i++)
        x->targets[i] = (uint16_t)(hash_shard(x->hashes[i]) * op->worker_count / SHARD_COUNT);
    size_t size = 0;
    for (unsigned target = 0; target < op->worker_count; target++) {
        uint32_t mine = 0;
        for (uint32_t i = 0; i < count; i++)
            if (x->targets[i] == target)
                x->rows[mine++] = (uint16_t)batch_row(in, i);
        if (mine != 0)
            row_collection_append_rows(&x->outboxes[target], in, x->rows, mine);
        size += row_collection_size(&x->outboxes[target]);
    }
    return operator_progress(charge_cover(&x->charge, size, &op->error), PROGRESS_NEED_INPUT);
}

const struct batch *exchange_batch(const struct operator *op, unsigned target, uint32_t i)
{
    const struct row_collection *outbox = &((const struct exchange *)op)->outboxes[target];
    return i < outbox->batch_count ? &outbox->batches[i] : NULL;
}

static void exchange_release(struct operator *op)
{
    struct exchange *x = (struct exchange *)op;
    for (unsigned target = 0; target < op->worker_count; target++)
        row_collection_reset(&x->outboxes[target]);
}

static void exchange_destroy(struct operator *op)
{
    struct exchange *x = (struct exchange *)op;
    for (unsigned target = 0; target < op->worker_count; target++)
        row_collection_clear(&x->outboxes[target]);
    free(x->outboxes);
    charge_clear(&x->charge);
    operator_free(op);
}

static const struct operator_type EXCHANGE = {.name = "exchange",
                                              .process = exchange_process,
                                              .finish = operator_finish_nothing,
                                              .destroy = exchange_destroy,
                                              .release = exchange_release};

struct operator *exchange_create(const struct operator_setup *setup)
{
    struct exchange *x = memory_alloc_zero(1, sizeof *x);
    operator_init(&x->op, &EXCHANGE, setup);
    x->key = setup->shared;
    x->outboxes = memory_alloc_zero(setup->worker_count, sizeof *x->outboxes);
    for (unsigned target = 0; target < setup->worker_count; target++)
        row_collection_init(&x->outboxes[target], x->key->schema);
    x->charge = (struct charge){.budget = setup->budget, .holder = "exchange"};
    return &x->op;
}
