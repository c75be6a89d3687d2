/* join_table.h - the build side of a bounded join: its rows in long columns, an index by key, shared read-only by all probes. */
#ifndef LEAT_EXEC_JOIN_TABLE_H
#define LEAT_EXEC_JOIN_TABLE_H

#include "exec/join_rows.h"
#include "exec/row_collection.h"
#include "state/allocator.h"
#include "state/charge.h"
#include "state/hash_table.h"

struct join_table {
    const struct plan *plan;
    struct arena *arena;
    uint32_t row_count;
    struct vector *columns;   /* FLAT over all rows */
    const int64_t *weights;   /* NULL: all 1 */
    uint8_t *row_errors;      /* NULL: none */
    struct hash_table index;  /* key -> uint32_t: 1 + the first row */
    struct allocator memory;  /* long keys */
    uint32_t *next;           /* 1 + the next row of the same key, 0 at the end */
    uint32_t bad_count;       /* rows that cannot be met: they surface as they are */
    uint32_t *bad;
    uint8_t *bad_codes;
    struct charge charge;
};

struct join_table *join_table_create(const struct plan *plan, struct budget *budget, struct arena *arena);
void join_table_clear(struct join_table *t);
/* Takes in all rows of the collections, which are emptied, and indexes them. */
CHECKED enum status join_table_build(struct join_table *t, struct row_collection *const *collections, unsigned count,
                                     struct error *err);
size_t join_table_size(const struct join_table *t);

#endif
