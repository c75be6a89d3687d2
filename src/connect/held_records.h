/* held_records.h - the last record of each key within an epoch, in order of the keys' first appearance. For this folder only. */
#ifndef LEAT_CONNECT_HELD_RECORDS_H
#define LEAT_CONNECT_HELD_RECORDS_H

#include "base/buffer.h"

struct held_record {
    uint64_t hash;
    size_t position; /* of the key in bytes, and of the value behind it or elsewhere */
    size_t value_position;
    uint32_t key_size, value_size;
    bool is_tombstone;
};

/* Zero-initialise. An open-addressed table of indexes over an array of records; keys and values lie in one buffer. */
struct held_records {
    struct held_record *records;
    uint32_t count, capacity;
    uint32_t *slots; /* index + 1; 0: free */
    uint32_t slot_count;
    struct buffer bytes;
};

void held_records_clear(struct held_records *h);
void held_records_reset(struct held_records *h); /* empty, memory kept unless it is much */
/* The record of key, made as a tombstone if absent. Valid until the next call. */
struct held_record *held_records_find(struct held_records *h, struct bytes key);
void held_record_set(struct held_records *h, struct held_record *r, struct bytes value);
static inline struct bytes held_record_key(const struct held_records *h, const struct held_record *r)
{
    return (struct bytes){h->bytes.data + r->position, r->key_size};
}
static inline struct bytes held_record_value(const struct held_records *h, const struct held_record *r)
{
    return r->is_tombstone ? (struct bytes){NULL, 0} : (struct bytes){h->bytes.data + r->value_position, r->value_size};
}

#endif
