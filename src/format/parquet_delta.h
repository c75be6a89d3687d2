/* parquet_delta.h - DELTA_BINARY_PACKED: integers as bit-packed differences.
 *
 *     header := varint block size, varint miniblocks of a block, varint value count, zigzag first value
 *     block  := zigzag smallest difference, a byte of bit width per miniblock, the miniblocks
 *
 * A last block has all the widths, but data only for miniblocks that hold values. Arithmetic wraps.
 * PARQUET_PADDING bytes behind the data must be readable.
 */
#ifndef LEAT_FORMAT_PARQUET_DELTA_H
#define LEAT_FORMAT_PARQUET_DELTA_H

#include <stdbool.h>

#include "base/bytes.h"

struct parquet_delta {
    const uint8_t *next;
    const uint8_t *end;
    size_t miniblock_size;  /* values */
    size_t miniblock_count; /* of a block */
    size_t left;            /* values not yet read */
    uint64_t last;          /* the value before; at first the one to be read */
    bool started;
    uint64_t smallest;      /* of the current block */
    const uint8_t *widths;
    size_t miniblock;       /* the next of the current block */
    size_t miniblock_left;  /* values left in the current one */
    const uint8_t *packed;
    unsigned width;
};

/* False if the header is malformed. */
bool parquet_delta_init(struct parquet_delta *delta, struct bytes data);
/* Writes the next count values. False when there are fewer or the data is malformed. */
bool parquet_delta_read(struct parquet_delta *delta, uint64_t *out, size_t count);
/* Where the data behind the whole sequence begins; NULL if it is malformed. Reads nothing away. */
const uint8_t *parquet_delta_end(const struct parquet_delta *delta);

#endif
