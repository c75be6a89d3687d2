/* join_build.c - collects the right side of a bounded join; at the end instance 0 makes the shared table of it. What comes out are
 * the rows that no left row can meet because their key is in error. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/join_table.h"
#include "exec/operators.h"

struct join_build {
    struct operator op;
    struct join_table *table;
    struct row_collection rows;
    struct charge charge;
    bool is_built;
    uint32_t next_bad;
};

static enum progress join_build_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct join_build *j = (struct join_build *)op;
    (void)input;
    *out = (struct batch){0};
    row_collection_append(&j->rows, in);
    return operator_progress(charge_cover(&j->charge, row_collection_size(&j->rows), &op->error), PROGRESS_NEED_INPUT);
}

static enum status build(struct join_build *j)
{
    struct row_collection *collections[256];
    assert(j->op.worker_count <= 256);
    for (unsigned w = 0; w < j->op.worker_count; w++)
        collections[w] = &((struct join_build *)j->op.peers[w])->rows;
    TRY(join_table_build(j->table, collections, j->op.worker_count, &j->op.error));
    for (unsigned w = 0; w < j->op.worker_count; w++)
        charge_clear(&((struct join_build *)j->op.peers[w])->charge);
    j->is_built = true;
    return STATUS_OK;
}

/* The next row that cannot be met, flagged. */
static void give_bad(struct join_build *j, struct batch *out)
{
    const struct join_table *t = j->table;
    const struct plan *p = t->plan;
    struct arena *arena = j->op.batch_arena;
    uint32_t row = t->bad[j->next_bad], left_count = p->inputs[0]->schema.column_count;
    enum status code = (enum status)t->bad_codes[j->next_bad++];
    *out = (struct batch){.row_count = 1, .column_count = p->schema.column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    for (uint32_t c = 0; c < out->column_count; c++) {
        join_absent(p->schema.columns[c].type, code, arena, &out->columns[c]);
        if (c < left_count)
            continue;
        const struct vector *v = &t->columns[c - left_count];
        if (vector_error(v, row) == STATUS_OK && vector_is_valid(v, row))
            vector_init_constant(&out->columns[c], v->type, vector_value(v, row), arena);
        else if (vector_error(v, row) == STATUS_OK)
            vector_init_null(&out->columns[c], v->type, arena);
    }
    uint8_t *errors = arena_alloc(arena, 1);
    errors[0] = (uint8_t)code;
    out->row_errors = errors;
    int64_t *weights = arena_alloc(arena, sizeof *weights);
    weights[0] = t->weights == NULL ? 1 : t->weights[row];
    out->weights = weights;
}

static enum progress join_build_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct join_build *j = (struct join_build *)op;
    (void)input;
    assert(mark->last && op->worker == 0);
    *out = (struct batch){0};
    if (!j->is_built && build(j) != STATUS_OK)
        return PROGRESS_FAILED;
    if (j->next_bad < j->table->bad_count)
        give_bad(j, out);
    return j->next_bad < j->table->bad_count ? PROGRESS_MORE : PROGRESS_DONE;
}

static void join_build_destroy(struct operator *op)
{
    struct join_build *j = (struct join_build *)op;
    row_collection_clear(&j->rows);
    charge_clear(&j->charge);
    if (op->worker == 0)
        join_table_clear(j->table);
    operator_free(op);
}

static size_t join_build_size(const struct operator *op)
{
    const struct join_build *j = (const struct join_build *)op;
    return row_collection_size(&j->rows) + (op->worker == 0 ? join_table_size(j->table) : 0);
}

static const struct operator_type JOIN_BUILD = {.name = "join build",
                                                .process = join_build_process,
                                                .finish = join_build_finish,
                                                .destroy = join_build_destroy,
                                                .size = join_build_size};

struct operator *join_build_create(const struct operator_setup *setup)
{
    struct join_build *j = memory_alloc_zero(1, sizeof *j);
    operator_init(&j->op, &JOIN_BUILD, setup);
    j->table = setup->shared;
    row_collection_init(&j->rows, &setup->plan->inputs[1]->schema);
    j->charge = (struct charge){.budget = setup->budget, .holder = "build side of a join"};
    return &j->op;
}
