/* hash_table.h - keys to fixed-stride rows; the one table of aggregates, joins and relations.
 *
 *     row: hash u64 | key: 8 or 16 bytes, or {pointer, size} | payload, 16-byte aligned
 *
 * Rows lie in chunks and never move, so that callers keep pointers to payloads.
 * The index is groups of 16 tag bytes, compared at once, beside 16 row numbers.
 * It grows by steps: while a larger index is being filled, a few rows per
 * insertion, both are asked. Batches are probed in passes (prefetch tags,
 * prefetch rows, compare) once the table is larger than a cache.
 *
 * Bytes of variable keys belong to the caller: after an insertion the key
 * points to what was passed; hash_table_set_key replaces it by the kept copy.
 */
#ifndef LEAT_STATE_HASH_TABLE_H
#define LEAT_STATE_HASH_TABLE_H

#include "base/bytes.h"
#include "base/status.h"

enum { HASH_TABLE_VARIABLE = 0 }; /* as key_size */

struct hash_index {
    uint8_t *tags;
    uint32_t *rows;
    uint32_t group_mask;
    uint32_t used; /* slots that are not empty, removed ones included */
};
struct hash_table {
    struct hash_index index;
    struct hash_index old; /* being emptied; tags NULL: none */
    uint32_t moved;        /* rows below are in index alone */
    uint32_t move_end;     /* rows from here on were added to index */
    uint8_t **chunks;
    uint64_t *live;        /* by row: in use */
    uint32_t chunk_count, chunk_capacity;
    uint32_t row_end;      /* rows ever used */
    uint32_t live_count;
    uint32_t free_row;     /* list through the hash field; UINT32_MAX: none */
    uint32_t key_size, payload_offset, payload_size, stride;
};

/* key_size 8, 16 or HASH_TABLE_VARIABLE. Allocates nothing yet. */
void hash_table_init(struct hash_table *t, size_t key_size, size_t payload_size);
void hash_table_clear(struct hash_table *t); /* frees; usable again as initialised */
/* Forgets all rows; keeps memory in proportion to what was used. */
void hash_table_reset(struct hash_table *t);

/* payloads[i] = the payload of keys[i] (uint64_t, 16 bytes each or struct bytes, as key_size says), added zeroed if absent; then
 * added[i] (may be NULL) is 1. Equal keys must have equal hashes. STATUS_LIMIT_EXCEEDED beyond 2^32 - 2 rows. */
CHECKED enum status hash_table_find_or_add(struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count,
                                           void **payloads, uint8_t *added, struct error *err);
/* The same without adding: NULL where the key is absent. */
void hash_table_find(const struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count, void **payloads);
/* Removes the row of this payload. The row's memory is used again by a later insertion. */
void hash_table_remove(struct hash_table *t, void *payload);

/* The next payload in row order from *cursor (begin with 0) below row_end; NULL at the end. */
void *hash_table_next(const struct hash_table *t, uint32_t *cursor);

static inline uint64_t hash_table_hash(const struct hash_table *t, const void *payload)
{
    uint64_t hash;
    memcpy(&hash, (const uint8_t *)payload - t->payload_offset, 8);
    return hash;
}
/* The key's bytes: in the row (packed), or where the pointer says. */
static inline struct bytes hash_table_key(const struct hash_table *t, const void *payload)
{
    const uint8_t *key = (const uint8_t *)payload - t->payload_offset + 8;
    if (t->key_size != HASH_TABLE_VARIABLE)
        return (struct bytes){key, t->key_size};
    struct bytes bytes;
    memcpy(&bytes, key, sizeof bytes);
    return bytes;
}
static inline void hash_table_set_key(const struct hash_table *t, void *payload, struct bytes key)
{
    memcpy((uint8_t *)payload - t->payload_offset + 8, &key, sizeof key);
}
static inline uint32_t hash_table_count(const struct hash_table *t)
{
    return t->live_count;
}
/* Bytes held, keys of variable size not included. */
size_t hash_table_size(const struct hash_table *t);

#endif
