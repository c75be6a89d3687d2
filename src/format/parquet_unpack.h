/* parquet_unpack.h - bit-packed integers, least significant bit first, to machine words. */
#ifndef LEAT_FORMAT_PARQUET_UNPACK_H
#define LEAT_FORMAT_PARQUET_UNPACK_H

#include <stddef.h>
#include <stdint.h>

/* Readers load whole words: so many bytes behind the packed ones must be readable (what they hold does not matter). */
enum { PARQUET_PADDING = 64 };

/* Writes values [first, first + count) of the run at in, of width 0..32 bits each, and returns the largest of them (0 if
 * count is 0). */
uint32_t parquet_unpack_u32(const uint8_t *in, size_t first, size_t count, unsigned width, uint32_t *out);
/* The same for width 0..64. */
void parquet_unpack_u64(const uint8_t *in, size_t first, size_t count, unsigned width, uint64_t *out);
/* Copies count bits from bit from_bit of in to bit to_bit of out, whose bits from there on are zero. */
void parquet_unpack_bits(const uint8_t *in, size_t from_bit, size_t count, uint64_t *out, size_t to_bit);

#endif
