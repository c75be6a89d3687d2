/* partitioner.h - which partition a keyed record goes to, as Kafka's clients choose it. */
#ifndef LEAT_LOG_PARTITIONER_H
#define LEAT_LOG_PARTITIONER_H

#include "base/bytes.h"

/* Java's default: murmur2 of the key, sign bit cleared, modulo. */
int32_t partition_by_murmur2(struct bytes key, int32_t partition_count);
/* librdkafka's consistent: CRC-32 (IEEE) of the key, modulo. */
int32_t partition_by_crc32(struct bytes key, int32_t partition_count);

#endif
