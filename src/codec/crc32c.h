/* crc32c.h - CRC-32C (Castagnoli), as Kafka's record batches and leat's journal use it (RFC 3720, B.4). */
#ifndef LEAT_CODEC_CRC32C_H
#define LEAT_CODEC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of data; chained: crc32c(crc32c(0, a), b) is that of a then b. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);
/* The same by tables alone, as CPUs without the instruction have it; for the test that compares them. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);

#endif
