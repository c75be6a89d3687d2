/* batch.h - up to 2,048 changes: columns, a selection, weights.
 *
 * A row takes part if the selection names it (or if there is no selection).
 * Weights: row i is inserted (+) or retracted (-) weights[i] times; no weights
 * means +1 each, and then no operator pays for them. Columns that nobody reads
 * have values == NULL and must not be looked at.
 *
 * A batch handed to an operator is borrowed until the call returns. To keep it,
 * batch_copy it. slabs are what its strings point into beside the arena.
 */
#ifndef LEAT_DATA_BATCH_H
#define LEAT_DATA_BATCH_H

#include "base/slab.h"
#include "data/vector.h"

enum { BATCH_SLABS_MAX = 8 };

struct batch {
    uint32_t row_count;         /* length of the arrays */
    uint32_t selected_count;    /* length of selection, if there is one */
    const uint16_t *selection;  /* ascending row numbers; NULL = all rows */
    const int64_t *weights;     /* by row; NULL = all +1; never 0 for a selected row */
    const uint8_t *row_errors;  /* by row: enum status of a row that as a whole is in error (its filter or join condition was);
                                   0 = none; NULL = no row. Such a row is carried along until it surfaces; see docs of exec/ */
    uint32_t column_count;
    struct vector *columns;
    uint32_t slab_count;
    struct slab *slabs[BATCH_SLABS_MAX];
};

/* How many rows take part. */
static inline uint32_t batch_rows(const struct batch *b)
{
    return b->selection != NULL ? b->selected_count : b->row_count;
}
static inline bool batch_is_empty(const struct batch *b)
{
    return batch_rows(b) == 0;
}
/* The row number of the i-th row that takes part. */
static inline uint32_t batch_row(const struct batch *b, uint32_t i)
{
    return b->selection != NULL ? b->selection[i] : i;
}
static inline int64_t batch_weight(const struct batch *b, uint32_t row)
{
    return b->weights == NULL ? 1 : b->weights[row];
}
static inline bool batch_is_append_only(const struct batch *b)
{
    return b->weights == NULL;
}

/* A column's name and type; a schema is an array of them. */
struct column {
    const char *name;
    struct type type;
    bool not_null;
};
struct schema {
    uint32_t column_count;
    struct column *columns;
};
/* The index of the column named so exactly, or -1. */
int schema_find(const struct schema *schema, const char *name);
/* A deep copy into arena. */
void schema_copy(const struct schema *in, struct arena *arena, struct schema *out);

/* An empty batch of these columns (FLAT, room for BATCH_ROWS_MAX rows), arrays in arena. */
void batch_init(struct batch *b, const struct schema *schema, struct arena *arena);
/* A dense deep copy of the rows that take part: flat columns, strings copied, everything in arena; no slabs. */
void batch_copy(const struct batch *in, struct arena *arena, struct batch *out);
/* Drops the batch's references on its slabs. */
void batch_unref(struct batch *b); /* slab_count becomes 0 */
/* Adds slab (referenced once more) unless already there. At most BATCH_SLABS_MAX. */
void batch_add_slab(struct batch *b, struct slab *slab);

#endif
