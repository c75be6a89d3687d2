/* join_rows.c - helpers without state. */
#include "exec/join_rows.h"

#include <assert.h>

void join_split(const struct batch *b, const uint32_t *columns, uint32_t column_count, bool null_equal, struct join_split *out)
{
    uint32_t count = batch_rows(b);
    out->good_count = out->null_count = out->bad_count = 0;
    bool plain = true;
    for (uint32_t c = 0; c < column_count; c++)
        plain &= b->columns[columns[c]].errors == NULL && (null_equal || b->columns[columns[c]].validity == NULL);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = batch_row(b, i);
        enum status st = STATUS_OK;
        bool is_null = false;
        for (uint32_t c = 0; !plain && c < column_count && st == STATUS_OK; c++) {
            const struct vector *v = &b->columns[columns[c]];
            st = vector_error(v, row);
            is_null |= st == STATUS_OK && !vector_is_valid(v, row);
        }
        if (st != STATUS_OK) {
            out->codes[row] = (uint8_t)st;
            out->bad[out->bad_count++] = (uint16_t)row;
        } else if (is_null && !null_equal) {
            out->nulls[out->null_count++] = (uint16_t)row;
        } else {
            out->good[out->good_count++] = (uint16_t)row;
        }
    }
}

struct key_batch *join_keys_create(const struct plan *plan, unsigned side)
{
    const struct schema *schema = &plan->inputs[side]->schema;
    const uint32_t *columns = side == 0 ? plan->join.left_keys : plan->join.right_keys;
    struct arena *arena = arena_create();
    struct schema marked;
    schema_copy(schema, arena, &marked);
    for (uint32_t i = 0; i < marked.column_count; i++)
        marked.columns[i].not_null = !plan->join.null_equal; /* NULL keys do not come this far */
    struct key_batch *k = key_batch_create(&marked, columns, plan->join.key_count);
    arena_destroy(arena);
    return k;
}

static void take_marks(const struct vector *v, const uint16_t *rows, uint32_t count, struct arena *arena, struct vector *out)
{
    for (uint32_t i = 0; v->validity != NULL && i < count; i++)
        if (!vector_is_valid(v, rows[i]))
            vector_set_null(out, i, count, arena);
    for (uint32_t i = 0; v->errors != NULL && i < count; i++)
        if (vector_error(v, rows[i]) != STATUS_OK)
            vector_set_error(out, i, vector_error(v, rows[i]), count, arena);
}

void join_take(const struct vector *v, const uint16_t *rows, uint32_t count, struct arena *arena, struct vector *out)
{
    if (v->values == NULL || v->form == VECTOR_CONSTANT) {
        *out = *v;
        return;
    }
    if (v->form == VECTOR_FLAT) {
        vector_gather(v, rows, count, arena, out);
        return;
    }
    *out = *v;
    out->validity = NULL;
    out->errors = NULL;
    uint32_t *indexes = arena_alloc(arena, count * sizeof *indexes);
    for (uint32_t i = 0; i < count; i++)
        indexes[i] = v->indexes[rows[i]];
    out->indexes = indexes;
    take_marks(v, rows, count, arena, out);
}

void join_absent(struct type type, enum status code, struct arena *arena, struct vector *out)
{
    vector_init_null(out, type, arena);
    if (code == STATUS_OK)
        return;
    out->errors = arena_alloc_zero(arena, 1, 8);
    out->errors[0] = (uint8_t)code;
}

void join_extend(const struct plan *plan, unsigned side, const struct batch *in, const uint16_t *rows, uint32_t count,
                 enum status code, const uint8_t *codes, struct arena *arena, struct batch *out)
{
    uint32_t left_count = plan->inputs[0]->schema.column_count;
    *out = (struct batch){.row_count = count, .column_count = plan->schema.column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    for (uint32_t c = 0; c < out->column_count; c++) {
        bool is_left = c < left_count;
        if (is_left == (side == 0))
            join_take(&in->columns[is_left ? c : c - left_count], rows, count, arena, &out->columns[c]);
        else
            join_absent(plan->schema.columns[c].type, code, arena, &out->columns[c]);
    }
    uint8_t *errors = codes != NULL || in->row_errors != NULL ? arena_alloc(arena, count) : NULL;
    int64_t *weights = in->weights != NULL ? arena_alloc(arena, count * sizeof *weights) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (errors != NULL)
            errors[i] = codes != NULL ? codes[rows[i]] : in->row_errors[rows[i]];
        if (weights != NULL)
            weights[i] = in->weights[rows[i]];
    }
    out->row_errors = errors;
    out->weights = weights;
    out->slab_count = in->slab_count;
    memcpy(out->slabs, in->slabs, sizeof out->slabs);
}
