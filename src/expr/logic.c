/* logic.c - AND, OR, CASE and COALESCE: each argument is evaluated for the rows that it can still decide. */
#include "expr/logic.h"

#include <assert.h>
#include <string.h>

#include "expr/kernel.h"

/* The rows that are not settled yet, as a batch of the same columns. */
struct pending {
    struct batch batch;
    uint16_t *selection; /* own copy, shrinks in place */
};

static void pending_init(struct pending *p, const struct batch *in, struct arena *arena)
{
    p->batch = *in;
    p->selection = arena_alloc(arena, in->row_count * sizeof *p->selection);
}

static void pending_set(struct pending *p, uint32_t count)
{
    p->batch.selection = p->selection;
    p->batch.selected_count = count;
}

/* ---- AND, OR ---- */

/* All true or all false so far, no NULLs, no errors: the usual case, by bytes. */
static bool combine_plain(bool is_and, const struct vector *v, const struct batch *in, uint8_t *values)
{
    if (v->form != VECTOR_FLAT || v->validity != NULL || v->errors != NULL || !rows_are_dense(in))
        return false;
    const uint8_t *more = v->values;
    if (is_and)
        for (uint32_t i = 0; i < in->row_count; i++)
            values[i] &= more[i];
    else
        for (uint32_t i = 0; i < in->row_count; i++)
            values[i] |= more[i] & 1; /* rows that do not take part hold any bits */
    return true;
}

static void combine_rows(bool is_and, const struct vector *v, const struct batch *in, struct vector *out,
                         struct arena *arena)
{
    uint8_t *values = out->values;
    FOR_EACH_ROW (in, row) {
        enum status st = vector_error(v, row);
        if (st != STATUS_OK) {
            if (vector_error(out, row) == STATUS_OK)
                vector_set_error(out, row, st, in->row_count, arena);
        } else if (!vector_is_valid(v, row)) {
            vector_set_null(out, row, in->row_count, arena);
        } else if (VECTOR_BOOL(v)[vector_slot(v, row)] == !is_and) {
            values[row] = !is_and; /* decided: takes back what NULLs and errors said before */
            if (out->validity != NULL)
                bit_set(out->validity, row);
            if (out->errors != NULL)
                out->errors[row] = 0;
        }
    }
}

/* Keeps the rows that the arguments so far have not decided. */
static uint32_t keep_undecided(bool is_and, const struct vector *out, const struct batch *in, uint16_t *selection)
{
    const uint8_t *values = out->values;
    uint32_t count = 0;
    FOR_EACH_ROW (in, row) {
        selection[count] = (uint16_t)row;
        count += values[row] == is_and;
    }
    return count;
}

enum status logic_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                           struct vector *out, struct error *err)
{
    bool is_and = e->kind == EXPR_AND;
    vector_init_flat(out, e->type, in->row_count, evaluation->arena);
    memset(out->values, is_and, in->row_count);
    struct pending pending;
    pending_init(&pending, in, evaluation->arena);
    for (uint32_t i = 0; i < e->argument_count; i++) {
        struct vector v;
        TRY(expr_evaluate(e->arguments[i], &pending.batch, evaluation, &v, err));
        bool plain = out->validity == NULL && out->errors == NULL;
        if (!plain || !combine_plain(is_and, &v, &pending.batch, out->values))
            combine_rows(is_and, &v, &pending.batch, out, evaluation->arena);
        if (i + 1 < e->argument_count)
            pending_set(&pending, keep_undecided(is_and, out, &pending.batch, pending.selection));
        if (batch_is_empty(&pending.batch))
            break;
    }
    return STATUS_OK;
}

/* ---- CASE, COALESCE ---- */

/* Copies row of v, NULL and error included, into the flat vector out. */
static void take_row(const struct vector *v, uint32_t row, struct vector *out, size_t size, size_t row_count,
                     struct arena *arena)
{
    enum status st = vector_error(v, row);
    if (st != STATUS_OK)
        vector_set_error(out, row, st, row_count, arena);
    else if (!vector_is_valid(v, row))
        vector_set_null(out, row, row_count, arena);
    else
        memcpy((char *)out->values + row * size, (const char *)v->values + vector_slot(v, row) * size, size);
}

static enum status take_branch(const struct expr *branch, const struct batch *rows, struct evaluation *evaluation,
                               struct vector *out, struct error *err)
{
    if (batch_is_empty(rows))
        return STATUS_OK;
    struct vector v;
    TRY(expr_evaluate(branch, rows, evaluation, &v, err));
    size_t size = type_size(out->type);
    assert(type_physical(v.type) == type_physical(out->type) || !vector_is_valid(&v, 0));
    FOR_EACH_ROW (rows, row)
        take_row(&v, row, out, size, rows->row_count, evaluation->arena);
    return STATUS_OK;
}

/* Splits the pending rows by condition: true ones go to chosen, errors are settled, the rest stays. */
static void split(const struct vector *condition, struct pending *rest, struct pending *chosen, struct vector *out,
                  struct arena *arena)
{
    uint32_t rest_count = 0, chosen_count = 0;
    const uint8_t *values = condition->values;
    FOR_EACH_ROW (&rest->batch, row) {
        enum status st = vector_error(condition, row);
        if (st != STATUS_OK)
            vector_set_error(out, row, st, rest->batch.row_count, arena);
        else if (vector_is_valid(condition, row) && values[vector_slot(condition, row)] != 0)
            chosen->selection[chosen_count++] = (uint16_t)row;
        else
            rest->selection[rest_count++] = (uint16_t)row;
    }
    pending_set(rest, rest_count);
    pending_set(chosen, chosen_count);
}

static void init_result(struct vector *out, struct type type, size_t row_count, struct arena *arena)
{
    vector_init_flat(out, type, row_count, arena);
    memset(out->values, 0, row_count * type_size(type)); /* rows that nobody takes must still be readable */
}

enum status case_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                          struct vector *out, struct error *err)
{
    struct arena *arena = evaluation->arena;
    init_result(out, e->type, in->row_count, arena);
    struct pending rest, chosen;
    pending_init(&rest, in, arena);
    pending_init(&chosen, in, arena);
    for (uint32_t i = 0; i + 1 < e->argument_count && !batch_is_empty(&rest.batch); i += 2) {
        struct vector condition;
        TRY(expr_evaluate(e->arguments[i], &rest.batch, evaluation, &condition, err));
        split(&condition, &rest, &chosen, out, arena);
        TRY(take_branch(e->arguments[i + 1], &chosen.batch, evaluation, out, err));
    }
    return take_branch(e->arguments[e->argument_count - 1], &rest.batch, evaluation, out, err);
}

enum status coalesce_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                              struct vector *out, struct error *err)
{
    struct arena *arena = evaluation->arena;
    TRY(expr_evaluate(e->arguments[0], in, evaluation, out, err));
    if (out->form != VECTOR_CONSTANT && out->validity == NULL)
        return STATUS_OK;
    struct vector first = *out;
    init_result(out, e->type, in->row_count, arena);
    size_t size = type_size(e->type);
    struct pending rest;
    pending_init(&rest, in, arena);
    struct vector v = first;
    for (uint32_t i = 0;; i++) {
        uint32_t count = 0;
        bool is_last = i + 1 == e->argument_count;
        FOR_EACH_ROW (&rest.batch, row) {
            if (is_last || vector_error(&v, row) != STATUS_OK || vector_is_valid(&v, row))
                take_row(&v, row, out, size, in->row_count, arena);
            else
                rest.selection[count++] = (uint16_t)row;
        }
        pending_set(&rest, count);
        if (is_last || count == 0)
            return STATUS_OK;
        TRY(expr_evaluate(e->arguments[i + 1], &rest.batch, evaluation, &v, err));
    }
}
