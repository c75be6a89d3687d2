/* hash_table.c - groups of 16 tags, probed triangularly.
 *
 * A tag is 0 when empty, 1 when removed, else 0x80 | 7 bits of the hash. A
 * group with an empty slot ends every probe that reaches it; so a removal may
 * leave an empty slot there and needs a mark only in full groups.
 *
 * While the index is being replaced, free rows are not used again: a row below
 * move_end is then in the old index exactly if it has not been moved.
 */
#include "state/hash_table.h"

#include <assert.h>
#include <emmintrin.h>
#include <stdlib.h>

#include "base/memory.h"

enum {
    TAG_EMPTY = 0,
    TAG_REMOVED = 1,
    GROUP_SIZE = 16,
    CHUNK_SHIFT = 8,
    CHUNK_ROWS = 1 << CHUNK_SHIFT,
    STEP_ROWS = 16,           /* rows moved per insertion */
    AT_ONCE_ROWS = 8192,      /* below, the index is replaced in one go */
    PREFETCH_SIZE = 256 << 10 /* a table of this many bytes does not fit the nearest caches */
};
static const uint32_t NO_ROW = UINT32_MAX;

static uint8_t hash_tag(uint64_t hash)
{
    return (uint8_t)(0x80 | (hash >> 49 & 0x7f));
}
static inline uint8_t *row_at(const struct hash_table *t, uint32_t row)
{
    return t->chunks[row >> CHUNK_SHIFT] + (size_t)(row & (CHUNK_ROWS - 1)) * t->stride;
}
static unsigned tags_equal(__m128i tags, uint8_t tag)
{
    /* not _mm_set1_epi8: gcc 12 takes the byte through memory, and the wider load waits for the narrower store */
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(tags, _mm_set1_epi32((int)(tag * UINT32_C(0x01010101)))));
}
static __m128i tags_load(const struct hash_index *index, uint32_t group)
{
    return _mm_load_si128((const __m128i *)(index->tags + (size_t)group * GROUP_SIZE));
}

void hash_table_init(struct hash_table *t, size_t key_size, size_t payload_size)
{
    assert(key_size == HASH_TABLE_VARIABLE || key_size == 8 || key_size == 16);
    *t = (struct hash_table){.key_size = (uint32_t)key_size, .free_row = NO_ROW};
    size_t kept = key_size == HASH_TABLE_VARIABLE ? sizeof(struct bytes) : key_size;
    t->payload_offset = (uint32_t)((8 + kept + 15) & ~(size_t)15);
    t->payload_size = (uint32_t)payload_size;
    t->stride = (uint32_t)((t->payload_offset + payload_size + 15) & ~(size_t)15);
}

static void index_free(struct hash_index *index)
{
    free(index->tags);
    free(index->rows);
    *index = (struct hash_index){0};
}

static void index_allocate(struct hash_index *index, uint32_t group_count)
{
    size_t slots = (size_t)group_count * GROUP_SIZE;
    index->tags = aligned_alloc(64, (slots + 63) & ~(size_t)63);
    if (index->tags == NULL)
        abort();
    memset(index->tags, TAG_EMPTY, slots);
    index->rows = memory_alloc(slots * sizeof *index->rows);
    index->group_mask = group_count - 1;
    index->used = 0;
}

void hash_table_clear(struct hash_table *t)
{
    index_free(&t->index);
    index_free(&t->old);
    for (uint32_t i = 0; i < t->chunk_count; i++)
        free(t->chunks[i]);
    free(t->chunks);
    free(t->live);
    uint32_t key_size = t->key_size, payload_size = t->payload_size;
    hash_table_init(t, key_size, payload_size);
}

void hash_table_reset(struct hash_table *t)
{
    uint64_t slots = t->index.tags == NULL ? 0 : ((uint64_t)t->index.group_mask + 1) * GROUP_SIZE;
    uint32_t chunks = t->row_end / CHUNK_ROWS + 1;
    if (slots > (uint64_t)t->row_end * 8 + 1024 || t->chunk_count > 4 * chunks) {
        hash_table_clear(t); /* it was much larger once */
        return;
    }
    index_free(&t->old);
    if (t->index.tags != NULL)
        memset(t->index.tags, TAG_EMPTY, slots);
    t->index.used = 0;
    if (t->live != NULL)
        memset(t->live, 0, (size_t)t->chunk_count * (CHUNK_ROWS / 8));
    t->row_end = t->live_count = 0;
    t->free_row = NO_ROW;
}

size_t hash_table_size(const struct hash_table *t)
{
    size_t slots = t->index.tags == NULL ? 0 : ((size_t)t->index.group_mask + 1) * GROUP_SIZE;
    if (t->old.tags != NULL)
        slots += ((size_t)t->old.group_mask + 1) * GROUP_SIZE;
    return slots * 5 + (size_t)t->chunk_count * (CHUNK_ROWS * (size_t)t->stride + CHUNK_ROWS / 8);
}

/* ---- rows ---- */

static void add_chunk(struct hash_table *t)
{
    if (t->chunk_count == t->chunk_capacity) {
        t->chunk_capacity = t->chunk_capacity == 0 ? 4 : t->chunk_capacity * 2;
        t->chunks = memory_realloc(t->chunks, t->chunk_capacity * sizeof *t->chunks);
        t->live = memory_realloc(t->live, (size_t)t->chunk_capacity * (CHUNK_ROWS / 8));
    }
    uint8_t *chunk = aligned_alloc(64, ((size_t)CHUNK_ROWS * t->stride + 63) & ~(size_t)63);
    if (chunk == NULL)
        abort();
    memset(t->live + (size_t)t->chunk_count * (CHUNK_ROWS / 64), 0, CHUNK_ROWS / 8);
    t->chunks[t->chunk_count++] = chunk;
}

static uint32_t take_row(struct hash_table *t)
{
    uint32_t row = t->free_row;
    if (row != NO_ROW && t->old.tags == NULL) {
        uint64_t next;
        memcpy(&next, row_at(t, row), 8);
        t->free_row = (uint32_t)next;
    } else {
        row = t->row_end++;
        if (row >> CHUNK_SHIFT == t->chunk_count)
            add_chunk(t);
    }
    t->live[row >> 6] |= UINT64_C(1) << (row & 63);
    t->live_count++;
    return row;
}

static bool row_is_live(const struct hash_table *t, uint32_t row)
{
    return t->live[row >> 6] >> (row & 63) & 1;
}

void *hash_table_next(const struct hash_table *t, uint32_t *cursor)
{
    while (*cursor < t->row_end) {
        uint64_t word = t->live[*cursor >> 6] >> (*cursor & 63);
        if (word == 0) {
            *cursor = (*cursor | 63) + 1;
            continue;
        }
        *cursor += (uint32_t)__builtin_ctzll(word);
        if (*cursor >= t->row_end)
            break;
        return row_at(t, (*cursor)++) + t->payload_offset;
    }
    return NULL;
}

/* ---- the index ---- */

/* Enters a row that is not there. There is an empty slot. */
static void index_add(struct hash_index *index, uint64_t hash, uint32_t row)
{
    uint32_t group = (uint32_t)hash & index->group_mask;
    for (uint32_t step = 1;; step++) {
        unsigned free_slots = ~(unsigned)_mm_movemask_epi8(tags_load(index, group)) & 0xffff;
        if (free_slots != 0) {
            size_t slot = (size_t)group * GROUP_SIZE + (unsigned)__builtin_ctz(free_slots);
            index->used += index->tags[slot] == TAG_EMPTY;
            index->tags[slot] = hash_tag(hash);
            index->rows[slot] = row;
            return;
        }
        group = (group + step) & index->group_mask;
    }
}

/* Removes the row; false if it is not there. *row is its number. */
static bool index_remove(const struct hash_table *t, struct hash_index *index, uint64_t hash, const uint8_t *address, uint32_t *row)
{
    uint32_t group = (uint32_t)hash & index->group_mask;
    uint8_t tag = hash_tag(hash);
    for (uint32_t step = 1;; step++) {
        __m128i tags = tags_load(index, group);
        bool has_empty = tags_equal(tags, TAG_EMPTY) != 0;
        for (unsigned match = tags_equal(tags, tag); match != 0; match &= match - 1) {
            size_t slot = (size_t)group * GROUP_SIZE + (unsigned)__builtin_ctz(match);
            if (row_at(t, index->rows[slot]) != address)
                continue;
            *row = index->rows[slot];
            index->tags[slot] = has_empty ? TAG_EMPTY : TAG_REMOVED;
            index->used -= has_empty;
            return true;
        }
        if (has_empty)
            return false;
        group = (group + step) & index->group_mask;
    }
}

/* Moves up to count rows from the old index. */
static void move_rows(struct hash_table *t, uint64_t count)
{
    if (t->old.tags == NULL)
        return;
    for (; t->moved < t->move_end && count > 0; t->moved++, count--) {
        if (!row_is_live(t, t->moved))
            continue;
        uint64_t hash;
        memcpy(&hash, row_at(t, t->moved), 8);
        index_add(&t->index, hash, t->moved);
    }
    if (t->moved == t->move_end)
        index_free(&t->old);
}

/* Room for count more rows at a load of at most 7/8. */
static enum status index_reserve(struct hash_table *t, uint32_t count, struct error *err)
{
    if ((uint64_t)t->row_end + count >= NO_ROW)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "more than 4 billion keys in one table");
    uint64_t slots = t->index.tags == NULL ? 0 : ((uint64_t)t->index.group_mask + 1) * GROUP_SIZE;
    uint64_t pending = t->old.tags == NULL ? 0 : t->move_end - t->moved;
    if ((uint64_t)t->index.used + pending + count <= slots - slots / 8)
        return STATUS_OK;
    move_rows(t, UINT64_MAX);
    uint64_t wanted = ((uint64_t)t->live_count + count) * 2;
    uint64_t groups = 1;
    while (groups * GROUP_SIZE < wanted)
        groups *= 2;
    if (groups > UINT64_C(1) << 28)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "more than 4 billion keys in one table");
    t->old = t->index;
    index_allocate(&t->index, (uint32_t)groups);
    t->moved = 0;
    t->move_end = t->row_end;
    if (t->old.tags == NULL)
        return STATUS_OK;
    if (t->row_end <= AT_ONCE_ROWS)
        move_rows(t, UINT64_MAX);
    return STATUS_OK;
}

/* ---- probing: written once, compiled for each key size ---- */

#define ALWAYS_INLINE static inline __attribute__((always_inline))

ALWAYS_INLINE bool key_equal(const uint8_t *row, uint64_t hash, const void *keys, uint32_t i, uint32_t key_size)
{
    if (key_size == 8) {
        uint64_t kept;
        memcpy(&kept, row + 8, 8);
        return kept == ((const uint64_t *)keys)[i];
    }
    uint64_t first, second;
    memcpy(&first, row + 8, 8);
    memcpy(&second, row + 16, 8);
    if (key_size == 16) {
        uint64_t wanted[2];
        memcpy(wanted, (const uint8_t *)keys + (size_t)i * 16, 16);
        return first == wanted[0] && second == wanted[1];
    }
    const struct bytes *wanted = (const struct bytes *)keys + i;
    uint64_t kept_hash;
    memcpy(&kept_hash, row, 8);
    const uint8_t *data;
    memcpy(&data, &first, sizeof data);
    return kept_hash == hash && second == wanted->size && (second == 0 || memcmp(data, wanted->data, second) == 0);
}

ALWAYS_INLINE uint8_t *index_find(const struct hash_table *t, const struct hash_index *index, uint32_t from_row, uint64_t hash,
                                  const void *keys, uint32_t i, uint32_t key_size)
{
    uint32_t group = (uint32_t)hash & index->group_mask;
    uint8_t tag = hash_tag(hash);
    for (uint32_t step = 1;; step++) {
        __m128i tags = tags_load(index, group);
        for (unsigned match = tags_equal(tags, tag); match != 0; match &= match - 1) {
            uint32_t row = index->rows[(size_t)group * GROUP_SIZE + (unsigned)__builtin_ctz(match)];
            uint8_t *address = row_at(t, row);
            if (row >= from_row && key_equal(address, hash, keys, i, key_size))
                return address;
        }
        if (tags_equal(tags, TAG_EMPTY) != 0)
            return NULL;
        group = (group + step) & index->group_mask;
    }
}

ALWAYS_INLINE uint8_t *table_find(const struct hash_table *t, uint64_t hash, const void *keys, uint32_t i, uint32_t key_size)
{
    uint8_t *row = index_find(t, &t->index, 0, hash, keys, i, key_size);
    if (row == NULL && t->old.tags != NULL)
        row = index_find(t, &t->old, t->moved, hash, keys, i, key_size);
    return row;
}

/* Brings the tags, then the likely rows of a batch into the cache. */
static void prefetch_batch(const struct hash_table *t, const uint64_t *hashes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t slot = ((size_t)hashes[i] & t->index.group_mask) * GROUP_SIZE;
        __builtin_prefetch(t->index.tags + slot);
        __builtin_prefetch(t->index.rows + slot);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group = (uint32_t)hashes[i] & t->index.group_mask;
        unsigned match = tags_equal(tags_load(&t->index, group), hash_tag(hashes[i]));
        if (match != 0)
            __builtin_prefetch(row_at(t, t->index.rows[(size_t)group * GROUP_SIZE + (unsigned)__builtin_ctz(match)]));
    }
}

enum { PASS_ROWS = 256 }; /* what one pass prefetches stays in the first-level cache */

ALWAYS_INLINE void *add_row(struct hash_table *t, uint64_t hash, const void *keys, uint32_t i, uint32_t key_size)
{
    uint32_t number = take_row(t);
    uint8_t *row = row_at(t, number);
    memset(row, 0, t->stride);
    memcpy(row, &hash, 8);
    uint32_t kept_size = key_size == HASH_TABLE_VARIABLE ? (uint32_t)sizeof(struct bytes) : key_size;
    memcpy(row + 8, (const uint8_t *)keys + (size_t)i * kept_size, kept_size);
    index_add(&t->index, hash, number);
    move_rows(t, STEP_ROWS);
    return row;
}

/* What a probe reads, in registers: the table's own fields would be loaded again for each key. */
struct probe {
    const uint8_t *tags;
    const uint32_t *rows;
    uint8_t *const *chunks;
    uint64_t group_mask;
    uint32_t stride;
};

static inline struct probe probe_begin(const struct hash_table *t)
{
    return (struct probe){t->index.tags, t->index.rows, t->chunks, t->index.group_mask, t->stride};
}

/* The first group alone, where nearly every key is found; NULL: look on in table_find. */
ALWAYS_INLINE uint8_t *probe_first(const struct probe *p, uint64_t hash, const void *keys, uint32_t i, uint32_t key_size)
{
    size_t slot = (size_t)(hash & p->group_mask) * GROUP_SIZE;
    unsigned match = tags_equal(_mm_load_si128((const __m128i *)(p->tags + slot)), hash_tag(hash));
    for (; match != 0; match &= match - 1) {
        uint32_t row = p->rows[slot + (unsigned)__builtin_ctz(match)];
        uint8_t *address = p->chunks[row >> CHUNK_SHIFT] + (size_t)(row & (CHUNK_ROWS - 1)) * p->stride;
        if (__builtin_expect(key_equal(address, hash, keys, i, key_size), 1))
            return address;
    }
    return NULL;
}

ALWAYS_INLINE void find_or_add(struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count, void **payloads,
                               uint8_t *added, uint32_t key_size)
{
    bool large = hash_table_size(t) > PREFETCH_SIZE;
    uint32_t payload_offset = t->payload_offset;
    if (added != NULL)
        memset(added, 0, count);
    for (uint32_t begin = 0; begin < count; begin += PASS_ROWS) {
        uint32_t end = count - begin < PASS_ROWS ? count : begin + PASS_ROWS;
        if (large)
            prefetch_batch(t, hashes + begin, end - begin);
        struct probe probe = probe_begin(t);
        for (uint32_t i = begin; i < end; i++) {
            uint8_t *row = probe_first(&probe, hashes[i], keys, i, key_size);
            if (__builtin_expect(row == NULL, 0)) {
                row = table_find(t, hashes[i], keys, i, key_size);
                if (row == NULL) {
                    row = add_row(t, hashes[i], keys, i, key_size);
                    probe = probe_begin(t);
                    if (added != NULL)
                        added[i] = 1;
                }
            }
            payloads[i] = row + payload_offset;
        }
    }
}

enum status hash_table_find_or_add(struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count, void **payloads,
                                   uint8_t *added, struct error *err)
{
    TRY(index_reserve(t, count, err));
    if (t->key_size == 8)
        find_or_add(t, hashes, keys, count, payloads, added, 8);
    else if (t->key_size == 16)
        find_or_add(t, hashes, keys, count, payloads, added, 16);
    else
        find_or_add(t, hashes, keys, count, payloads, added, HASH_TABLE_VARIABLE);
    return STATUS_OK;
}

ALWAYS_INLINE void find_all(const struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count, void **payloads,
                            uint32_t key_size)
{
    bool large = hash_table_size(t) > PREFETCH_SIZE;
    struct probe probe = probe_begin(t);
    for (uint32_t begin = 0; begin < count; begin += PASS_ROWS) {
        uint32_t end = count - begin < PASS_ROWS ? count : begin + PASS_ROWS;
        if (large)
            prefetch_batch(t, hashes + begin, end - begin);
        for (uint32_t i = begin; i < end; i++) {
            uint8_t *row = probe_first(&probe, hashes[i], keys, i, key_size);
            if (row == NULL)
                row = table_find(t, hashes[i], keys, i, key_size);
            payloads[i] = row == NULL ? NULL : row + t->payload_offset;
        }
    }
}

void hash_table_find(const struct hash_table *t, const uint64_t *hashes, const void *keys, uint32_t count, void **payloads)
{
    if (t->live_count == 0) {
        memset(payloads, 0, count * sizeof *payloads);
        return;
    }
    if (t->key_size == 8)
        find_all(t, hashes, keys, count, payloads, 8);
    else if (t->key_size == 16)
        find_all(t, hashes, keys, count, payloads, 16);
    else
        find_all(t, hashes, keys, count, payloads, HASH_TABLE_VARIABLE);
}

void hash_table_remove(struct hash_table *t, void *payload)
{
    uint8_t *address = (uint8_t *)payload - t->payload_offset;
    uint64_t hash = hash_table_hash(t, payload);
    uint32_t row = NO_ROW;
    bool found = index_remove(t, &t->index, hash, address, &row);
    if (!found && t->old.tags != NULL)
        found = index_remove(t, &t->old, hash, address, &row);
    assert(found && row_is_live(t, row));
    t->live[row >> 6] &= ~(UINT64_C(1) << (row & 63));
    t->live_count--;
    uint64_t next = t->free_row;
    memcpy(address, &next, 8);
    t->free_row = row;
}
