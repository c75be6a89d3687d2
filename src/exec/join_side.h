/* join_side.h - one side of a live join: its rows with weights, by identity and by key.
 *
 * A row is known by its exact bytes; rows of one key are linked, so that a
 * change finds its row at once however many share the key.
 */
#ifndef LEAT_EXEC_JOIN_SIDE_H
#define LEAT_EXEC_JOIN_SIDE_H

#include "exec/join_rows.h"
#include "state/allocator.h"
#include "state/hash_table.h"

/* What a left row shows by its matches (LEFT, semi, anti). Sums of the right rows' weights. */
struct join_matches {
    int64_t weight;  /* of the row itself */
    int64_t good;    /* pairs that meet the condition */
    int64_t errors;  /* semi, anti: pairs whose condition is in error */
    uint8_t code;    /* of such a pair */
};
struct join_row {
    struct join_matches now;
    struct join_matches old; /* before the epoch that touched it */
    struct join_row *next, *previous; /* of the same key */
    struct join_key *key;
    bool touched;
};
struct join_key {
    struct join_row *first;
};
struct join_side {
    const struct schema *schema;
    struct key_batch *keys;
    struct hash_table key_table; /* key -> join_key */
    struct hash_table row_table; /* row bytes, then the row's error code -> join_row */
    struct allocator memory;
    struct join_row **touched;
    uint64_t touched_count, touched_capacity;
    struct buffer buffer;
};

void join_side_init(struct join_side *s, const struct plan *plan, unsigned side);
void join_side_clear(struct join_side *s);
size_t join_side_size(const struct join_side *s);
/* Enters the rows that take part in b (their keys are not in error), with their weights; rows[i] is the i-th one's, added[i] tells
 * whether it is new. */
CHECKED enum status join_side_enter(struct join_side *s, const struct batch *b, struct join_row **rows, bool *added,
                                    struct error *err);
void join_side_touch(struct join_side *s, struct join_row *row);
/* Reads a row into row `at` of columns; *code is its error as a whole. */
CHECKED enum status join_side_read(const struct join_side *s, const struct join_row *row, struct vector *columns, uint32_t at,
                                   uint32_t room, struct arena *arena, uint8_t *code, struct error *err);
/* The end of an epoch: drops the touched rows whose weight is 0. */
void join_side_settle(struct join_side *s);

#endif
