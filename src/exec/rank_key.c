/* rank_key.c - setting aside what cannot be ranked. */
#include "exec/rank_key.h"

static bool may_fail(const struct batch *b, const struct sort_key *keys, uint32_t key_count)
{
    bool may = b->row_errors != NULL;
    for (uint32_t i = 0; i < key_count; i++)
        may |= b->columns[keys[i].column].errors != NULL;
    return may;
}

static uint8_t row_code(const struct batch *b, uint32_t row, const struct sort_key *keys, uint32_t key_count)
{
    if (b->row_errors != NULL && b->row_errors[row] != 0)
        return b->row_errors[row];
    for (uint32_t i = 0; i < key_count; i++)
        if (vector_error(&b->columns[keys[i].column], row) != STATUS_OK)
            return (uint8_t)vector_error(&b->columns[keys[i].column], row);
    return 0;
}

uint32_t rank_split(const struct batch *in, const struct sort_key *keys, uint32_t key_count, struct arena *arena, uint16_t *rows,
                    uint16_t *bad, struct batch *out)
{
    uint32_t good_count = 0, bad_count = 0, count = batch_rows(in);
    bool may = may_fail(in, keys, key_count);
    uint8_t *codes = may ? arena_alloc_zero(arena, in->row_count, 1) : NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t row = batch_row(in, i);
        if (may && rank_is_error(in, row, keys, key_count)) {
            codes[row] = row_code(in, row, keys, key_count);
            bad[bad_count++] = (uint16_t)row;
        } else {
            rows[good_count++] = (uint16_t)row;
        }
    }
    *out = (struct batch){0};
    if (bad_count != 0) {
        *out = *in;
        out->selection = bad;
        out->selected_count = bad_count;
        out->row_errors = codes;
    }
    return good_count;
}
