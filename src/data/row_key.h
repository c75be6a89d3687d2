/* row_key.h - rows as keys: two encodings, one codec each, and the row hash.
 *
 * Hash keys serve equality (aggregates, joins, distinct, row identity in views):
 * values in normal form (-0 as 0, one NaN, numerics without trailing zeros,
 * char(n) without trailing blanks, intervals by length), so that equal rows have
 * equal bytes. Ordered keys compare by memcmp as ORDER BY does, DESC and NULLS
 * FIRST/LAST being in the bytes. A NULL equals a NULL in both.
 */
#ifndef LEAT_DATA_ROW_KEY_H
#define LEAT_DATA_ROW_KEY_H

#include "base/buffer.h"
#include "data/batch.h"

/* hashes[i] for the i-th row that takes part in b: of the given columns in order. Equal keys have equal hashes, in every
 * process and for every form of vector. Room for batch_rows(b). */
void row_hash(const struct batch *b, const uint32_t *columns, uint32_t column_count, uint64_t *hashes);

/* Appends the hash key of one row (a row number, not an index into the selection). */
void hash_key_put(const struct batch *b, uint32_t row, const uint32_t *columns, uint32_t column_count, struct buffer *out);
/* Whether a key of these types has a fixed size of at most 16 bytes, NULL flags included; then *size is 8 or 16. */
bool hash_key_is_fixed(const struct schema *schema, const uint32_t *columns, uint32_t column_count, size_t *size);
/* For fixed keys: keys as integers, one per row that takes part (size 8: uint64_t, 16: uint128). */
void hash_key_pack(const struct batch *b, const uint32_t *columns, uint32_t column_count, size_t size, void *keys);
/* Reads a key back: value number i goes to row `row` of columns[i], flat vectors of the key's types; strings in arena.
 * Normal forms come back (-0 as 0); that is what GROUP BY shows. For packed keys too (pass its bytes). */
CHECKED enum status hash_key_get(struct bytes key, struct vector *columns, uint32_t column_count, size_t row, size_t row_count,
                                 struct arena *arena, struct error *err);

struct sort_key {
    uint32_t column;
    bool descending;
    bool nulls_first;
};
/* Appends the ordered key of one row. */
void ordered_key_put(const struct batch *b, uint32_t row, const struct sort_key *keys, uint32_t key_count, struct buffer *out);
/* Appends the whole row's ordered key, every column ascending: the canonical tie-breaker. */
void ordered_key_put_row(const struct batch *b, uint32_t row, struct buffer *out);

/* Whole rows as bytes, exact (no normal form): what state and exchange keep. Columns in order, NULLs included; a row in error
 * keeps its code. */
void row_put(const struct batch *b, uint32_t row, struct buffer *out);
/* Reads a row written by row_put into row `row` of flat columns. Long strings point into bytes. */
CHECKED enum status row_get(struct bytes bytes, struct vector *columns, uint32_t column_count, size_t row, size_t row_count,
                            struct arena *arena, struct error *err);

#endif
