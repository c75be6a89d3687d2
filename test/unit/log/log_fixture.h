/* log_fixture.h - what the tests of the log share: batches of numbered records, and reading them back. */
#ifndef LEAT_TEST_LOG_FIXTURE_H
#define LEAT_TEST_LOG_FIXTURE_H

#include "log/log.h"

/* Appends to out a batch of count records whose values are the numbers first, first + 1, ... padded to value_size bytes. */
void fixture_batch(struct buffer *out, int64_t first, int count, size_t value_size);
/* Sets the producer's fields and makes the CRC anew. */
void fixture_set_producer(struct buffer *batch, int64_t id, int16_t epoch, int32_t sequence);
/* Opens DIR "data" with a small journal and segments of segment_size; findings are kept for fixture_findings. */
enum status fixture_open(struct os *os, int64_t segment_size, struct log **out, struct error *err);
const char *fixture_findings(void); /* of the last open, joined by newlines */
enum status fixture_topic(struct log *log, const char *name, int partitions, enum log_fsync fsync, struct topic **out,
                          struct error *err);
/* Builds a batch and appends it. */
enum status fixture_append(struct partition *p, int64_t first, int count, size_t value_size, struct append_result *out,
                           struct error *err);
/* The numbers of all records from the start up to end_offset, which is checked to be reached without a hole; *count of them;
 * the caller frees. Fails the process on damage. */
int64_t *fixture_numbers(struct partition *p, int64_t end_offset, size_t *count);

#endif
