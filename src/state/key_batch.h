/* key_batch.h - the keys of a batch in the form that a hash table takes: packed, or bytes with their hash. */
#ifndef LEAT_STATE_KEY_BATCH_H
#define LEAT_STATE_KEY_BATCH_H

#include "base/buffer.h"
#include "data/batch.h"
#include "data/row_key.h"

/* One per operator instance, reused for each batch. Rows are counted as they take part, 0..batch_rows. */
struct key_batch {
    uint32_t column_count;
    const uint32_t *columns; /* borrowed */
    size_t key_size;         /* 8, 16, or 0: bytes */
    uint64_t hashes[BATCH_ROWS_MAX];
    _Alignas(16) union {
        uint64_t packed8[BATCH_ROWS_MAX];
        uint128 packed16[BATCH_ROWS_MAX];
        struct bytes bytes[BATCH_ROWS_MAX];
    } keys;
    struct buffer buffer;    /* what bytes point into */
};

/* Zero or more columns of schema as the key. */
struct key_batch *key_batch_create(const struct schema *schema, const uint32_t *columns, uint32_t column_count);
void key_batch_destroy(struct key_batch *k); /* accepts NULL */
/* Computes hashes and keys of the rows that take part in b. Valid until the next call. */
void key_batch_fill(struct key_batch *k, const struct batch *b);
/* The same with the columns standing elsewhere in b (a batch of the keys alone). */
void key_batch_fill_columns(struct key_batch *k, const struct batch *b, const uint32_t *columns);

#endif
