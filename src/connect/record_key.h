/* record_key.h - the record key of a keyed table: key columns to bytes and back. For this folder only.
 *
 *     text   the canonical text of the column; of several columns a JSON array of their values
 *     json   an object of the key columns
 *     int64  eight bytes, big-endian, of one integer column (Java's LongSerializer)
 *     raw    the bytes of one text or bytea column
 *
 * A value has one spelling: Kafka's partitioner and compaction compare bytes.
 */
#ifndef LEAT_CONNECT_RECORD_KEY_H
#define LEAT_CONNECT_RECORD_KEY_H

#include "connect/record_encoder.h"
#include "format/json_record.h"

struct record_key {
    enum record_format format;
    const struct schema *schema; /* borrowed */
    uint32_t count;
    const uint32_t *columns;     /* borrowed */
    struct text_context text;     /* UTC */
    struct json_encoder *encoder; /* RECORD_JSON */
    struct json_decoder *decoder;
    struct arena *arena;
};

/* 22023 for a format that cannot hold these columns. */
CHECKED enum status record_key_init(struct record_key *k, const struct schema *schema, const uint32_t *columns, uint32_t count,
                                    enum record_format format, struct error *err);
void record_key_clear(struct record_key *k);
/* Appends the key of a row, of whose key columns none is NULL. */
void record_key_put(const struct record_key *k, const struct batch *rows, uint32_t row, struct buffer *out);
/* Reads a key into the key columns of row (flat); long strings point into key or arena. The spelling is not checked. */
CHECKED enum status record_key_parse(struct record_key *k, struct bytes key, struct batch *out, uint32_t row, struct arena *arena,
                                     struct error *err);

#endif
