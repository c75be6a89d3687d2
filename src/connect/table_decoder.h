/* table_decoder.h - records of a table's topic to rows: the one decoder behind ingest, bounded scans and filling.
 *
 * A decoder serves one thread. Which records it accepts depends on the record
 * and the table's definition alone, so every reader rejects the same ones.
 */
#ifndef LEAT_CONNECT_TABLE_DECODER_H
#define LEAT_CONNECT_TABLE_DECODER_H

#include "catalog/catalog.h"
#include "log/record_batch.h"

/* A record that does not fit its table: a row of <table>__rejected. Everything is borrowed until the callback returns. */
struct rejection {
    int32_t partition;
    int64_t offset;
    int64_t timestamp; /* ms */
    enum status status;
    const char *reason;
    struct bytes raw;  /* the value's bytes (the key's, if the key is at fault) */
};
typedef void rejection_listener(void *context, const struct rejection *rejection);

struct table_decoder;
/* columns: indexes into r->schema or HIDDEN_BASE + n, in the order of the output. All of the table's columns are decoded and checked
 * whatever is asked for; the others are dropped, so that rejection does not depend on the reader. The decoder keeps a reference to r. */
CHECKED enum status table_decoder_create(struct relation *r, const uint32_t *columns, uint32_t column_count,
                                         struct table_decoder **out, struct error *err);
void table_decoder_destroy(struct table_decoder *d); /* accepts NULL */
/* How many partitions the topic has, where the definition does not say (an adopted topic); keyed tables check by it. */
void table_decoder_set_partition_count(struct table_decoder *d, int32_t partition_count);
/* Called for each rejected record; NULL: they are skipped in silence (a reader below the ingest's position). */
void table_decoder_on_reject(struct table_decoder *d, rejection_listener *listener, void *context);
/* Begins with one record batch (offsets below from_offset and at or above end_offset are left out). The bytes must live until it
 * is used up. STATUS_CORRUPT for a batch that is torn; one whose records are malformed but whose CRC is
 * right came so from its producer and is rejected from there on. */
CHECKED enum status table_decoder_open(struct table_decoder *d, struct bytes record_batch, int32_t partition, int64_t from_offset,
                                       int64_t end_offset, struct error *err);
/* The next up to BATCH_ROWS_MAX rows (flat columns, arrays in arena; strings may point into the record batch or the decoder's
 * scratch until the next open). For a keyed table, keys of deletions (null values) come as rows with deletions[row] = 1 whose key
 * columns alone are set; deletions has room for BATCH_ROWS_MAX. *done when the record batch is used up (out may still hold rows). */
CHECKED enum status table_decoder_next(struct table_decoder *d, struct arena *arena, struct batch *out, uint8_t *deletions, bool *done,
                                       struct error *err);

#endif
