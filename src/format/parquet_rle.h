/* parquet_rle.h - the RLE / bit-packed hybrid: definition levels, dictionary indexes, booleans.
 *
 *     run := varint head, then  head & 1: (head >> 1) * 8 values of `width` bits each, packed
 *                               else:     one value in (width + 7) / 8 bytes, repeated head >> 1 times
 *
 * PARQUET_PADDING bytes behind the data must be readable.
 */
#ifndef LEAT_FORMAT_PARQUET_RLE_H
#define LEAT_FORMAT_PARQUET_RLE_H

#include "base/buffer.h"
#include "base/bytes.h"

struct parquet_rle {
    const uint8_t *next; /* the next run's head */
    const uint8_t *end;
    unsigned width;      /* 0..32 */
    bool packed;
    size_t left;         /* values left in the current run */
    uint32_t value;      /* of a repeated run */
    const uint8_t *run;  /* of a packed run */
    size_t position;     /* in it, values */
};

void parquet_rle_init(struct parquet_rle *rle, struct bytes data, unsigned width);
/* The deprecated form of levels: bits from the highest of each byte. Made into one packed run in memory at scratch, which
 * needs data.size + PARQUET_PADDING bytes. Width 1 alone. */
void parquet_rle_init_reversed(struct parquet_rle *rle, struct bytes data, uint8_t *scratch);
/* Writes count values; *largest is raised to the largest. False when the data ends early or is malformed. */
bool parquet_rle_read(struct parquet_rle *rle, uint32_t *out, size_t count, uint32_t *largest);
/* Width 1: sets bits [0, count) of out, which are zero, and *ones to how many are set. */
bool parquet_rle_read_bits(struct parquet_rle *rle, uint64_t *out, size_t count, size_t *ones);
/* How many of the next values, up to count, are known to be 1 by the current run alone. Makes no-null columns free. */
size_t parquet_rle_ones_ahead(struct parquet_rle *rle, size_t count);
void parquet_rle_pass(struct parquet_rle *rle, size_t count); /* passes over values that ones_ahead has counted */

/* Appends values in this form. Values are below 2^width. */
void parquet_rle_put(struct buffer *out, const uint32_t *values, size_t count, unsigned width);

#endif
