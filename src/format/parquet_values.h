/* parquet_values.h - the values of one page, by encoding, in their stored form.
 *
 * Stored forms in memory: BOOLEAN one byte each, 0 or 1; INT32, INT64, FLOAT, DOUBLE machine words; INT96 12 bytes each;
 * BYTE_ARRAY and FIXED a struct bytes each, into the page or the arena, with PARQUET_STORED_PADDING readable bytes behind
 * them.
 */
#ifndef LEAT_FORMAT_PARQUET_VALUES_H
#define LEAT_FORMAT_PARQUET_VALUES_H

#include "base/arena.h"
#include "base/status.h"
#include "format/parquet_delta.h"
#include "format/parquet_format.h"
#include "format/parquet_rle.h"

struct parquet_values {
    enum parquet_encoding encoding;
    enum parquet_physical physical;
    size_t width;       /* bytes of a fixed value */
    const uint8_t *next;
    const uint8_t *end;
    size_t position;    /* values read, where next does not move */
    size_t split_count; /* BYTE_STREAM_SPLIT: values of the page */
    struct parquet_rle rle;
    struct parquet_delta delta;    /* numbers; lengths of (the rest of) byte arrays */
    struct parquet_delta prefixes; /* DELTA_BYTE_ARRAY */
    struct buffer previous;        /* DELTA_BYTE_ARRAY: the value before */
};

/* Begins a page's values; data has PARQUET_PADDING readable bytes behind it and outlives the use. Not for dictionary
 * encodings. previous keeps its memory; all else is overwritten. STATUS_CORRUPT, STATUS_FEATURE_NOT_SUPPORTED. */
CHECKED enum status parquet_values_begin(struct parquet_values *values, const struct parquet_leaf *leaf,
                                         int32_t encoding, struct bytes data, struct error *err);
/* Writes the next count values in stored form. STATUS_CORRUPT when there are fewer. */
CHECKED enum status parquet_values_read(struct parquet_values *values, size_t count, void *out, struct arena *arena,
                                        struct error *err);
void parquet_values_clear(struct parquet_values *values);
/* Bytes of one value in stored form. */
size_t parquet_stored_size(const struct parquet_leaf *leaf);

#endif
