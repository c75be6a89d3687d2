/* ranked_rows.h - rows in rank order with weights: a skip list over rank keys. */
#ifndef LEAT_EXEC_RANKED_ROWS_H
#define LEAT_EXEC_RANKED_ROWS_H

#include <stdbool.h>

#include "base/bytes.h"
#include "state/allocator.h"

enum { RANK_LEVELS = 16 };

struct ranked_row {
    int64_t weight;
    int64_t shown;         /* how often it is in the window that was given out last */
    int64_t wanted;        /* in the window being computed */
    uint32_t key_size;
    uint32_t row_position; /* in the key */
    uint8_t level_count;
    bool touched;
    struct ranked_row *next[]; /* level_count of them, then the key */
};
struct ranked_rows {
    struct ranked_row *heads[RANK_LEVELS];
    struct allocator memory;
    uint64_t count;
};

/* The row of this key, added with weight 0 if absent. */
struct ranked_row *ranked_rows_get(struct ranked_rows *r, struct bytes key, uint32_t row_position);
void ranked_rows_remove(struct ranked_rows *r, struct ranked_row *row);
void ranked_rows_clear(struct ranked_rows *r); /* frees; empty and usable */
static inline struct bytes ranked_row_key(const struct ranked_row *row)
{
    return (struct bytes){(const uint8_t *)(row->next + row->level_count), row->key_size};
}

#endif
