/* join_rows.h - what both kinds of join do to a batch: telling rows by their keys, and making pairs of rows.
 *
 * A row whose key is NULL meets nobody (unless NULLs are equal); one whose key
 * is in error goes to the output flagged, and the other side's columns are then
 * in error too. A row in error as a whole takes part and flags its pairs.
 */
#ifndef LEAT_EXEC_JOIN_ROWS_H
#define LEAT_EXEC_JOIN_ROWS_H

#include "plan/plan.h"
#include "state/key_batch.h"

/* The rows of a batch by what their key is; row numbers. */
struct join_split {
    uint32_t good_count, null_count, bad_count;
    uint16_t good[BATCH_ROWS_MAX], nulls[BATCH_ROWS_MAX], bad[BATCH_ROWS_MAX];
    uint8_t codes[BATCH_ROWS_MAX]; /* by row: of the bad ones */
};
void join_split(const struct batch *b, const uint32_t *columns, uint32_t column_count, bool null_equal, struct join_split *out);

/* Keys of one side (0 left, 1 right); both sides' have the same form. */
struct key_batch *join_keys_create(const struct plan *plan, unsigned side);

/* Rows rows[0..count) of v, as a vector of count rows; may share v's memory. */
void join_take(const struct vector *v, const uint16_t *rows, uint32_t count, struct arena *arena, struct vector *out);
/* count rows of NULL, or in error with this code. */
void join_absent(struct type type, enum status code, struct arena *arena, struct vector *out);
/* rows[0..count) of in as rows of the join's output, in being side's rows; the other side absent with code. codes: by row of in, or
 * NULL; then in's own. */
void join_extend(const struct plan *plan, unsigned side, const struct batch *in, const uint16_t *rows, uint32_t count,
                 enum status code, const uint8_t *codes, struct arena *arena, struct batch *out);
static inline uint8_t batch_row_error(const struct batch *b, uint32_t row)
{
    return b->row_errors == NULL ? 0 : b->row_errors[row];
}

#endif
