/* relation_store.h - the present contents of a relation: rows with weights, pinned scans, changes per epoch.
 *
 * Serves materialized views, keyed tables and <view>__errors. With key columns
 * it is an index by key as well (one row per key: keyed tables, views whose key
 * is known and that are read by key). One thread owns it (the timeline); only
 * that thread calls these functions.
 *
 * Pins: entries carry the epoch of their last change. A write to an entry not
 * newer than the newest pin first puts the old one on the undo list, so that a
 * scan at a pin sees epoch e while later epochs go on.
 */
#ifndef LEAT_STATE_RELATION_STORE_H
#define LEAT_STATE_RELATION_STORE_H

#include "base/budget.h"
#include "data/batch.h"

struct relation_store;
/* key_count 0: a multiset of whole rows. */
CHECKED enum status relation_store_create(const struct schema *schema, const uint32_t *key, uint32_t key_count, struct budget *budget,
                                          struct relation_store **out, struct error *err);
/* Goes at once, or with the last pin. Accepts NULL. */
void relation_store_destroy(struct relation_store *s);

/* Opens epoch (greater than all before). */
void relation_store_begin(struct relation_store *s, int64_t epoch);
/* Adds the changes to the open epoch. Weights of a row may be negative in between. */
CHECKED enum status relation_store_apply(struct relation_store *s, const struct batch *changes, struct error *err);
/* Keyed tables: sets the row of its key (the last one wins) / deletes by key (columns: the key columns only). */
CHECKED enum status relation_store_upsert(struct relation_store *s, const struct batch *rows, struct error *err);
CHECKED enum status relation_store_delete(struct relation_store *s, const struct batch *keys, struct error *err);
/* The consolidated changes of the open epoch, in batches: at most one -old and one +new per row (per key, if it has one: the
 * retraction directly before the insertion). Call until *done. A row whose weight would be negative here is a bug of an operator (assert). */
CHECKED enum status relation_store_changes(struct relation_store *s, struct arena *arena, struct batch *out, bool *done, struct error *err);
/* Closes the epoch. Its contents can be pinned from now on. */
void relation_store_end(struct relation_store *s);

/* A pin of the newest closed epoch. */
struct store_pin;
struct store_pin *relation_store_pin(struct relation_store *s);
/* Another pin of the same epoch, with a scan of its own from the beginning. */
struct store_pin *store_pin_again(const struct store_pin *pin);
void store_pin_release(struct store_pin *pin); /* accepts NULL */
/* The next up to BATCH_ROWS_MAX rows at the pin, copied into arena; weights above 1 are given as such. *done at the end. May be
 * called between epochs and while one is open. */
CHECKED enum status store_pin_scan(struct store_pin *pin, struct arena *arena, struct batch *out, bool *done, struct error *err);
/* The row of a key (columns: the key columns, one row) in the newest closed epoch, into out (one row or none). */
CHECKED enum status relation_store_find(struct relation_store *s, const struct batch *key, struct arena *arena, struct batch *out, struct error *err);
int64_t relation_store_rows(const struct relation_store *s); /* sum of weights */
int64_t relation_store_size(const struct relation_store *s); /* bytes */

#endif
