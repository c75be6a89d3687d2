/* ranked_rows.c - levels come from the key's hash, so that the same rows make the same list. */
#include "exec/ranked_rows.h"

#include <assert.h>

#include "base/hash.h"

/* before[l]: the link at level l that leads to the first row not below key. */
static struct ranked_row *find_place(struct ranked_rows *r, struct bytes key, struct ranked_row ***before)
{
    struct ranked_row **links = r->heads;
    for (int level = RANK_LEVELS - 1; level >= 0; level--) {
        while (links[level] != NULL && bytes_compare(ranked_row_key(links[level]), key) < 0)
            links = links[level]->next;
        before[level] = &links[level];
    }
    struct ranked_row *found = *before[0];
    return found != NULL && bytes_equal(ranked_row_key(found), key) ? found : NULL;
}

static size_t row_size(const struct ranked_row *row)
{
    return sizeof *row + row->level_count * sizeof row->next[0] + row->key_size;
}

struct ranked_row *ranked_rows_get(struct ranked_rows *r, struct bytes key, uint32_t row_position)
{
    struct ranked_row **before[RANK_LEVELS];
    struct ranked_row *found = find_place(r, key, before);
    if (found != NULL)
        return found;
    uint64_t hash = hash_bytes(key.data, key.size);
    unsigned level_count = 1 + (unsigned)__builtin_ctzll(hash | UINT64_C(1) << 30) / 2; /* a quarter goes up each level */
    struct ranked_row shape = {.key_size = (uint32_t)key.size, .row_position = row_position, .level_count = (uint8_t)level_count};
    struct ranked_row *row = allocator_get(&r->memory, row_size(&shape));
    *row = shape;
    for (unsigned level = 0; level < level_count; level++) {
        row->next[level] = *before[level];
        *before[level] = row;
    }
    memcpy(row->next + level_count, key.data, key.size);
    r->count++;
    return row;
}

void ranked_rows_remove(struct ranked_rows *r, struct ranked_row *row)
{
    struct ranked_row **before[RANK_LEVELS];
    struct ranked_row *found = find_place(r, ranked_row_key(row), before);
    assert(found == row);
    for (unsigned level = 0; level < row->level_count; level++)
        *before[level] = row->next[level];
    allocator_put(&r->memory, row, row_size(row));
    r->count--;
}

void ranked_rows_clear(struct ranked_rows *r)
{
    allocator_clear(&r->memory);
    *r = (struct ranked_rows){0};
}
