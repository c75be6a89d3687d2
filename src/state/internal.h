/* internal.h - the relation store's entries, shared by relation_store.c (epochs) and relation_pin.c (what pins still see). */
#ifndef LEAT_STATE_INTERNAL_H
#define LEAT_STATE_INTERNAL_H

#include "state/allocator.h"
#include "state/charge.h"
#include "state/hash_table.h"
#include "state/key_batch.h"
#include "state/relation_store.h"

/* One row as bytes (row_put). A multiset's entry has exactly one, whose bytes are the entry's key. */
struct version {
    struct version *next;
    int64_t weight;
    int64_t old_weight; /* at the beginning of the epoch that touched the entry */
    uint32_t size;
    uint8_t bytes[];
};
/* What an entry held from epoch on, up to its next record or its present. */
struct undo {
    struct undo *next; /* older */
    int64_t epoch;
    int64_t weight;    /* 0: no row */
    uint32_t size;     /* of bytes; 0 in a multiset: the version has them */
    uint8_t bytes[];
};
/* The payload of a row of the table. */
struct entry {
    int64_t epoch;     /* of the last change; the open one if touched */
    int64_t old_epoch; /* before that */
    struct version *versions;
    struct undo *undo; /* newest first */
    bool touched;      /* in the open epoch */
    bool listed;       /* in undone */
};
struct store_pin {
    struct relation_store *store;
    struct store_pin *next;
    int64_t epoch;
    uint32_t next_row, end_row;
};
struct entry_list {
    struct entry **entries;
    size_t count, capacity;
};

struct relation_store {
    struct arena *arena; /* schema and key columns */
    struct schema schema;
    uint32_t key_count;
    uint32_t *key;
    bool has_strings;
    struct key_batch *keys;    /* NULL in a multiset */
    uint64_t *hashes;          /* multiset: of a batch's rows */
    struct bytes *row_bytes;   /* of a batch's rows */
    void **payloads;
    uint8_t *added;
    struct buffer buffer;      /* what row_bytes point into */
    struct hash_table table;
    struct allocator memory;
    struct charge charge;
    int64_t epoch;             /* open, or newest closed */
    int64_t closed_epoch;
    bool open;
    struct entry_list touched;
    size_t changes_position;
    int64_t rows;
    struct store_pin *pins;    /* newest first */
    bool doomed;                /* destroyed while pinned: goes with its last pin */
    struct entry_list undone;  /* entries that have undo records */
    size_t undo_count, undo_count_at_purge;
};

static inline bool store_is_keyed(const struct relation_store *s)
{
    return s->keys != NULL;
}
void entry_list_add(struct entry_list *list, struct entry *e);
/* The weight of v in the newest closed epoch. */
static inline int64_t version_closed_weight(const struct entry *e, const struct version *v)
{
    return e->touched ? v->old_weight : v->weight;
}
/* Keeps what the newest closed epoch shows of e, which a write touches, if a pin may still ask for it. */
void entry_keep_old(struct relation_store *s, struct entry *e);
/* Frees an entry that holds nothing any more. */
void entry_remove(struct relation_store *s, struct entry *e);

/* A batch of the store's columns with room for count rows, in arena. */
void store_batch_init(const struct relation_store *s, uint32_t count, struct arena *arena, struct batch *out);
/* Appends a row to out (room for count) with its weight. */
CHECKED enum status store_batch_add(const struct relation_store *s, struct bytes row, int64_t weight, uint32_t count, struct arena *arena,
                                    struct batch *out, struct error *err);

#endif
