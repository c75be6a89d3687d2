/* values.c - VALUES and SELECT without FROM: rows of expressions over nothing, as a source of one reader. */
#include <stdlib.h>

#include "base/memory.h"
#include "exec/operators.h"

struct values_source {
    struct source source;
    const struct plan *plan;
    struct text_context text;
    struct error_words *words;
};
struct source_reader {
    const struct values_source *values;
    struct arena *arena;
    uint32_t next_row;
};

static enum status values_open_reader(struct source *s, struct source_reader **out, struct error *err)
{
    (void)err;
    struct source_reader *r = memory_alloc_zero(1, sizeof *r);
    r->values = (const struct values_source *)s;
    r->arena = arena_create();
    *out = r;
    return STATUS_OK;
}

/* One row's value of a column into row `row` of the flat vector to. */
static enum status put_value(struct source_reader *r, const struct expr *e, struct vector *to, uint32_t row, uint32_t room,
                             struct error *err)
{
    struct batch nothing = {.row_count = 1};
    struct evaluation evaluation = {.arena = r->arena, .text = r->values->text, .words = r->values->words};
    struct vector v;
    TRY(expr_evaluate(e, &nothing, &evaluation, &v, err));
    if (vector_error(&v, 0) != STATUS_OK)
        vector_set_error(to, row, vector_error(&v, 0), room, r->arena);
    else if (!vector_is_valid(&v, 0))
        vector_set_null(to, row, room, r->arena);
    else
        memcpy((char *)to->values + row * type_size(to->type), vector_value(&v, 0), type_size(to->type));
    return STATUS_OK;
}

static enum status values_read(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    const struct plan *p = r->values->plan;
    uint32_t left = p->values.row_count - r->next_row;
    uint32_t count = left < BATCH_ROWS_MAX ? left : BATCH_ROWS_MAX;
    arena_reset(r->arena);
    *out = (struct batch){.row_count = count, .column_count = p->schema.column_count};
    *end = count == 0;
    out->columns = ARENA_ARRAY(r->arena, struct vector, p->schema.column_count);
    for (uint32_t c = 0; c < p->schema.column_count; c++) {
        vector_init_flat(&out->columns[c], p->schema.columns[c].type, count, r->arena);
        for (uint32_t i = 0; i < count; i++)
            TRY(put_value(r, p->values.rows[r->next_row + i][c], &out->columns[c], i, count, err));
    }
    r->next_row += count;
    return STATUS_OK;
}

static void values_close_reader(struct source_reader *r)
{
    arena_destroy(r->arena);
    free(r);
}

static void values_destroy(struct source *s)
{
    free(s);
}

static const struct source_type VALUES = {
    .name = "values", .open_reader = values_open_reader, .read = values_read, .close_reader = values_close_reader, .destroy = values_destroy};

struct source *values_source_create(const struct plan *plan, const struct text_context *text, struct error_words *words)
{
    struct values_source *v = memory_alloc_zero(1, sizeof *v);
    v->source = (struct source){.type = &VALUES, .single = true, .estimated_rows = plan->values.row_count};
    v->plan = plan;
    v->text = *text;
    v->words = words;
    return &v->source;
}
