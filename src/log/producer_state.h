/* producer_state.h - what an idempotent producer has written to one partition.
 *
 * Per producer id: its epoch and its last five batches, so that a repeat is
 * answered with the offset of the original. Guarded by the partition's append
 * lock. Rebuilt at recovery from batch headers; a snapshot file (PARTITION/producers)
 * saves the walk over segments that were sealed before it was written.
 */
#ifndef LEAT_LOG_PRODUCER_STATE_H
#define LEAT_LOG_PRODUCER_STATE_H

#include "log/record_batch.h"
#include "os/os.h"

enum { PRODUCER_BATCH_COUNT = 5 };

struct producer_batch {
    int32_t first_sequence;
    int32_t last_sequence;
    int64_t base_offset;
    int64_t log_append_time; /* ms, or -1 */
};
struct producer {
    int64_t id; /* -1: a free slot */
    int16_t epoch;
    uint8_t batch_count;
    int64_t last_timestamp;
    struct producer_batch batches[PRODUCER_BATCH_COUNT]; /* oldest first */
};
/* Open addressing by id. */
struct producer_table {
    struct producer *slots;
    size_t slot_count;
    size_t count;
};

enum producer_verdict { PRODUCER_ACCEPTED, PRODUCER_DUPLICATE, PRODUCER_OUT_OF_ORDER, PRODUCER_FENCED };

void producer_table_clear(struct producer_table *t);
/* Judges a batch; *original is set for a duplicate. Nothing changes. Batches without a producer are accepted. */
enum producer_verdict producer_table_check(const struct producer_table *t, const struct record_batch_header *batch,
                                           struct producer_batch *original);
/* Records an accepted batch, whose base_offset is assigned. */
void producer_table_record(struct producer_table *t, const struct record_batch_header *batch);
/* Forgets producers whose last batch is older than this (producer.id.expiration.ms). */
void producer_table_expire(struct producer_table *t, int64_t before_ms);

/* The snapshot covers all batches below end_offset. */
CHECKED enum status producer_table_save(const struct producer_table *t, struct os *os, const char *path, int64_t end_offset,
                                        struct error *err);
/* An absent or damaged snapshot leaves the table empty and *end_offset -1. */
CHECKED enum status producer_table_load(struct producer_table *t, struct os *os, const char *path, int64_t *end_offset,
                                        struct error *err);

#endif
