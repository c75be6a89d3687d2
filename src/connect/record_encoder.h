/* record_encoder.h - rows to records: for INSERT into a table, and for sinks into topics. */
#ifndef LEAT_CONNECT_RECORD_ENCODER_H
#define LEAT_CONNECT_RECORD_ENCODER_H

#include "catalog/catalog.h"
#include "log/record_batch.h"

enum envelope {
    ENVELOPE_APPEND,  /* insertions only; a retraction is an error of the caller (assert) */
    ENVELOPE_UPSERT,  /* per key and epoch one record: key with value, or a tombstone */
    ENVELOPE_CHANGES  /* every change, with leat_epoch and leat_diff in front */
};
enum record_format { RECORD_JSON, RECORD_CSV, RECORD_TEXT, RECORD_RAW, RECORD_INT64 /* keys only */ };

struct record_encoder_options {
    enum record_format format;
    enum envelope envelope;
    uint32_t key_count;           /* columns that make the record key; 0: no key */
    const uint32_t *key;
    enum record_format key_format; /* RECORD_TEXT: canonical text (several columns: a JSON array); RECORD_JSON: an object; RECORD_RAW;
                                      RECORD_INT64: 8 bytes, big-endian */
    int32_t partition_count;
    bool crc32;                   /* partitioner = 'crc32' instead of murmur2 */
};

struct record_encoder;
CHECKED enum status record_encoder_create(const struct schema *schema, const struct record_encoder_options *options,
                                          struct record_encoder **out, struct error *err);
void record_encoder_destroy(struct record_encoder *e);
/* Encodes the rows into builders[partition] (keyed: by the partitioner; else to partition `unkeyed`). timestamp in ms. For UPSERT the
 * changes of one call are one epoch's, and of a key the insertion wins over the retraction whatever their order; a key with
 * retractions alone becomes a tombstone. NULL key columns: an error naming the column (22004), but CHANGES have no key then. Rows in error must not be passed. */
CHECKED enum status record_encoder_put(struct record_encoder *e, const struct batch *rows, int64_t timestamp, int64_t epoch,
                                       int32_t unkeyed, struct record_batch_builder *builders, struct error *err);
/* Ends an epoch of UPSERT changes that came in several calls: what was held back is written. */
CHECKED enum status record_encoder_finish(struct record_encoder *e, int64_t timestamp, struct record_batch_builder *builders,
                                          struct error *err);

#endif
