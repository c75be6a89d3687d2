/* bounded_output.c - surfacing errors, repeating rows of a weight above one. */
#include "exec/bounded_output.h"

#include <assert.h>

#include "expr/error.h"

void bounded_output_init(struct bounded_output *o, const struct error_words *words, const struct output *receiver,
                         _Atomic int64_t *error_rows)
{
    *o = (struct bounded_output){.words = words, .receiver = receiver, .error_rows = error_rows, .arena = arena_create()};
    mutex_init(&o->lock);
}

void bounded_output_clear(struct bounded_output *o)
{
    mutex_clear(&o->lock);
    arena_destroy(o->arena);
}

/* ---- errors ---- */

static enum status row_code(const struct batch *b, uint32_t row)
{
    if (b->row_errors != NULL && b->row_errors[row] != 0)
        return (enum status)b->row_errors[row];
    for (uint32_t c = 0; c < b->column_count; c++)
        if (vector_error(&b->columns[c], row) != STATUS_OK)
            return vector_error(&b->columns[c], row);
    return STATUS_OK;
}

static bool may_have_errors(const struct batch *b)
{
    bool may = b->row_errors != NULL;
    for (uint32_t c = 0; c < b->column_count; c++)
        may |= b->columns[c].errors != NULL;
    return may;
}

/* Narrows b to the rows that are not in error, or fails with the first that is. */
static enum status drop_errors(struct bounded_output *o, struct batch *b, uint16_t *selection, struct error *err)
{
    uint32_t kept = 0, count = batch_rows(b);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = batch_row(b, i);
        enum status code = row_code(b, row);
        if (code == STATUS_OK)
            selection[kept++] = (uint16_t)row;
        else if (o->error_rows == NULL)
            return row_error_status(o->words, code, err);
        else
            atomic_fetch_add(o->error_rows, batch_weight(b, row));
    }
    b->selection = selection;
    b->selected_count = kept;
    return STATUS_OK;
}

/* ---- weights ---- */

static enum status write_repeated(struct bounded_output *o, const struct batch *b, const uint16_t *rows, uint32_t count,
                                  struct error *err)
{
    struct batch out = {.row_count = count, .column_count = b->column_count};
    arena_reset(o->arena);
    out.columns = ARENA_ARRAY(o->arena, struct vector, b->column_count);
    for (uint32_t c = 0; c < b->column_count; c++)
        vector_gather(&b->columns[c], rows, count, o->arena, &out.columns[c]);
    out.slab_count = b->slab_count;
    memcpy(out.slabs, b->slabs, sizeof out.slabs);
    return o->receiver->write(o->receiver->context, 0, &out, err);
}

static enum status write_weighted(struct bounded_output *o, const struct batch *b, struct error *err)
{
    uint16_t rows[BATCH_ROWS_MAX];
    uint32_t filled = 0;
    for (uint32_t i = 0; i < batch_rows(b); i++) {
        uint32_t row = batch_row(b, i);
        assert(b->weights[row] > 0); /* a bounded run consolidates what changes */
        for (int64_t left = b->weights[row]; left > 0; left--) {
            rows[filled++] = (uint16_t)row;
            if (filled < BATCH_ROWS_MAX)
                continue;
            TRY(write_repeated(o, b, rows, filled, err));
            filled = 0;
        }
    }
    return filled == 0 ? STATUS_OK : write_repeated(o, b, rows, filled, err);
}

static enum status write_locked(struct bounded_output *o, const struct batch *rows, struct error *err)
{
    uint16_t selection[BATCH_ROWS_MAX];
    struct batch b = *rows;
    if (may_have_errors(&b))
        TRY(drop_errors(o, &b, selection, err));
    if (batch_is_empty(&b))
        return STATUS_OK;
    if (b.weights != NULL)
        return write_weighted(o, &b, err);
    return o->receiver->write(o->receiver->context, 0, &b, err);
}

enum status bounded_output_write(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct bounded_output *o = context;
    (void)worker;
    mutex_lock(&o->lock);
    enum status st = o->ended ? STATUS_END_OF_INPUT : write_locked(o, rows, err);
    o->ended |= st == STATUS_END_OF_INPUT;
    mutex_unlock(&o->lock);
    return st;
}
