/* row_collection.h - rows kept: what a sort, a build side, an outbox or a shared subplan has collected.
 *
 * Dense flat batches in one arena, filled one after the other, so that many
 * small inputs do not make many small batches. Strings are copied in.
 */
#ifndef LEAT_EXEC_ROW_COLLECTION_H
#define LEAT_EXEC_ROW_COLLECTION_H

#include "data/batch.h"

struct row_collection {
    const struct schema *schema; /* borrowed */
    struct arena *arena;
    struct batch *batches;
    uint32_t batch_count, batch_capacity;
    uint32_t room;               /* rows that the last batch was made for */
    int64_t row_count;
};
/* Where a row lies. */
struct row_reference {
    uint32_t batch;
    uint32_t row;
};

void row_collection_init(struct row_collection *c, const struct schema *schema);
void row_collection_clear(struct row_collection *c); /* frees */
void row_collection_reset(struct row_collection *c); /* forgets the rows */
/* Appends the rows that take part in b. */
void row_collection_append(struct row_collection *c, const struct batch *b);
/* Appends rows[0..count) of b. */
void row_collection_append_rows(struct row_collection *c, const struct batch *b, const uint16_t *rows, uint32_t count);
size_t row_collection_size(const struct row_collection *c); /* bytes */
/* A flat batch of count referenced rows of several collections; strings are borrowed. collections[i] (or collections[0] if which
 * is NULL) holds reference i. Weights and row errors come along. */
void row_collection_gather(const struct row_collection *const *collections, const uint8_t *which,
                           const struct row_reference *references, uint32_t count, struct arena *arena, struct batch *out);

#endif
