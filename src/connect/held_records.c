/* held_records.c - see the header. */
#include "connect/held_records.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

enum { FIRST_SLOTS = 256, KEPT_SIZE = 4 << 20 };

void held_records_clear(struct held_records *h)
{
    free(h->records);
    free(h->slots);
    buffer_clear(&h->bytes);
    *h = (struct held_records){0};
}

void held_records_reset(struct held_records *h)
{
    if (h->bytes.capacity > KEPT_SIZE || h->capacity * sizeof *h->records > KEPT_SIZE) {
        held_records_clear(h);
        return;
    }
    if (h->count != 0)
        memset(h->slots, 0, h->slot_count * sizeof *h->slots);
    h->count = 0;
    buffer_reset(&h->bytes);
}

static void grow(struct held_records *h)
{
    uint32_t slot_count = h->slot_count == 0 ? FIRST_SLOTS : h->slot_count * 2;
    assert(slot_count != 0);
    free(h->slots);
    h->slots = memory_alloc_zero(slot_count, sizeof *h->slots);
    h->slot_count = slot_count;
    h->capacity = slot_count / 2;
    h->records = memory_realloc(h->records, h->capacity * sizeof *h->records);
    for (uint32_t i = 0; i < h->count; i++) {
        uint32_t at = (uint32_t)h->records[i].hash & (slot_count - 1);
        while (h->slots[at] != 0)
            at = (at + 1) & (slot_count - 1);
        h->slots[at] = i + 1;
    }
}

struct held_record *held_records_find(struct held_records *h, struct bytes key)
{
    if (h->count == h->capacity)
        grow(h);
    uint64_t hash = hash_bytes(key.data, key.size);
    uint32_t at = (uint32_t)hash & (h->slot_count - 1);
    for (; h->slots[at] != 0; at = (at + 1) & (h->slot_count - 1)) {
        struct held_record *r = &h->records[h->slots[at] - 1];
        if (r->hash == hash && bytes_equal(held_record_key(h, r), key))
            return r;
    }
    struct held_record *r = &h->records[h->count++];
    *r = (struct held_record){.hash = hash, .position = h->bytes.size, .key_size = (uint32_t)key.size, .is_tombstone = true};
    buffer_reserve(&h->bytes, key.size + 1); /* an empty key has an address too */
    buffer_put_bytes(&h->bytes, key);
    h->slots[at] = h->count;
    return r;
}

void held_record_set(struct held_records *h, struct held_record *r, struct bytes value)
{
    if (r->is_tombstone || value.size > r->value_size) { /* else in the place of the one before */
        r->value_position = h->bytes.size;
        buffer_put_bytes(&h->bytes, value);
    } else if (value.size != 0) {
        memcpy(h->bytes.data + r->value_position, value.data, value.size);
    }
    r->value_size = (uint32_t)value.size;
    r->is_tombstone = false;
}
