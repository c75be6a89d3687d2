/* rank_key.h - one run of bytes by which a row is ranked: ORDER BY, then the whole row, then its exact bytes.
 *
 * Two rows have the same key exactly if they are the same row; the row can be
 * read back from the end of its key.
 */
#ifndef LEAT_EXEC_RANK_KEY_H
#define LEAT_EXEC_RANK_KEY_H

#include "data/row_key.h"

/* Appends the key of a row; returns where in it the row's bytes begin. */
static inline uint32_t rank_key_put(const struct batch *b, uint32_t row, const struct sort_key *keys, uint32_t key_count,
                                    struct buffer *out)
{
    size_t begin = out->size;
    ordered_key_put(b, row, keys, key_count, out);
    ordered_key_put_row(b, row, out);
    uint32_t row_position = (uint32_t)(out->size - begin);
    row_put(b, row, out);
    return row_position;
}

/* A row that cannot be ranked: it is in error as a whole, or a key is. It goes to the output as it is. */
static inline bool rank_is_error(const struct batch *b, uint32_t row, const struct sort_key *keys, uint32_t key_count)
{
    if (b->row_errors != NULL && b->row_errors[row] != 0)
        return true;
    for (uint32_t i = 0; i < key_count; i++)
        if (vector_error(&b->columns[keys[i].column], row) != STATUS_OK)
            return true;
    return false;
}

/* The rows of in that cannot be ranked, as out, whose row_errors say why; the others' numbers go to rows. Returns how many those
 * are. bad has room for BATCH_ROWS_MAX. */
uint32_t rank_split(const struct batch *in, const struct sort_key *keys, uint32_t key_count, struct arena *arena, uint16_t *rows,
                    uint16_t *bad, struct batch *out);

#endif
