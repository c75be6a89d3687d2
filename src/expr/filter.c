/* filter.c - narrowing a batch to the rows for which a condition holds.
 *
 * The arguments of a top-level AND are filters one after the other. A row that
 * one of them drops is gone, whatever the others say of it; so WHERE a AND b
 * equals two filters in either order. A row in error stays until one drops it.
 */
#include <string.h>

#include "expr/kernel.h"

struct filter {
    const struct batch *in;
    struct evaluation *evaluation;
    uint16_t *selection;
    uint32_t count;
    bool narrowed;       /* selection holds; else all rows of in */
    uint8_t *row_errors; /* made at the first error */
};

static struct batch filter_batch(const struct filter *f)
{
    struct batch b = *f->in;
    if (f->narrowed) {
        b.selection = f->selection;
        b.selected_count = f->count;
    }
    return b;
}

static void filter_error(struct filter *f, uint32_t row, enum status st)
{
    if (f->row_errors == NULL) {
        f->row_errors = arena_alloc_zero(f->evaluation->arena, f->in->row_count, 1);
        if (f->in->row_errors != NULL)
            memcpy(f->row_errors, f->in->row_errors, f->in->row_count);
    }
    if (f->row_errors[row] == 0)
        f->row_errors[row] = (uint8_t)st;
}

static uint32_t keep_plain(const uint8_t *values, const struct batch *b, uint16_t *selection)
{
    uint32_t count = 0;
    if (b->selection == NULL) {
        for (uint32_t row = 0; row < b->row_count; row++) {
            selection[count] = (uint16_t)row;
            count += values[row] & 1;
        }
        return count;
    }
    for (uint32_t i = 0; i < b->selected_count; i++) {
        uint16_t row = b->selection[i];
        selection[count] = row;
        count += values[row] & 1;
    }
    return count;
}

static uint32_t keep_any(struct filter *f, const struct vector *v, const struct batch *b)
{
    uint32_t count = 0;
    FOR_EACH_ROW (b, row) {
        enum status st = vector_error(v, row);
        if (st != STATUS_OK)
            filter_error(f, row, st);
        else if (!vector_is_valid(v, row) || VECTOR_BOOL(v)[vector_slot(v, row)] == 0)
            continue;
        f->selection[count++] = (uint16_t)row;
    }
    return count;
}

static enum status apply(struct filter *f, const struct expr *e, struct error *err)
{
    if (e->kind == EXPR_AND) {
        for (uint32_t i = 0; i < e->argument_count; i++)
            TRY(apply(f, e->arguments[i], err));
        return STATUS_OK;
    }
    struct batch b = filter_batch(f);
    if (batch_is_empty(&b)) {
        f->narrowed = true;
        return STATUS_OK;
    }
    struct vector v;
    TRY(expr_evaluate(e, &b, f->evaluation, &v, err));
    if (v.form == VECTOR_FLAT && v.validity == NULL && v.errors == NULL)
        f->count = keep_plain(v.values, &b, f->selection);
    else
        f->count = keep_any(f, &v, &b);
    f->narrowed = true;
    return STATUS_OK;
}

enum status expr_filter(const struct expr *e, const struct batch *in, struct evaluation *evaluation, uint16_t *selection,
                        uint32_t *selected_count, const uint8_t **row_errors, struct error *err)
{
    struct filter f = {.in = in, .evaluation = evaluation, .selection = selection};
    TRY(apply(&f, e, err));
    *selected_count = f.count;
    *row_errors = f.row_errors != NULL ? f.row_errors : in->row_errors;
    return STATUS_OK;
}
