/* partitioner.c - Kafka's two ways of choosing a partition by key. */
#include "log/partitioner.h"

#include <assert.h>

/* MurmurHash2, 32 bits, with the seed of Kafka's Java client. */
static uint32_t murmur2(struct bytes key)
{
    const uint32_t m = 0x5bd1e995;
    uint32_t h = UINT32_C(0x9747b28c) ^ (uint32_t)key.size;
    size_t i = 0;
    for (; key.size - i >= 4; i += 4) {
        uint32_t k;
        memcpy(&k, key.data + i, 4); /* little-endian, as the Java code reads it */
        k *= m;
        k ^= k >> 24;
        k *= m;
        h = h * m ^ k;
    }
    switch (key.size - i) {
    case 3: h ^= (uint32_t)key.data[i + 2] << 16; /* fall through */
    case 2: h ^= (uint32_t)key.data[i + 1] << 8;  /* fall through */
    case 1: h = (h ^ key.data[i]) * m; break;
    default: break;
    }
    h ^= h >> 13;
    h *= m;
    return h ^ h >> 15;
}

int32_t partition_by_murmur2(struct bytes key, int32_t partition_count)
{
    assert(partition_count > 0);
    return (int32_t)(murmur2(key) & INT32_MAX) % partition_count;
}

/* CRC-32 (IEEE 802.3, reflected) by nibbles: keys are short. */
static uint32_t crc32_ieee(struct bytes key)
{
    static const uint32_t TABLE[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < key.size; i++) {
        crc ^= key.data[i];
        crc = TABLE[crc & 15] ^ crc >> 4;
        crc = TABLE[crc & 15] ^ crc >> 4;
    }
    return ~crc;
}

int32_t partition_by_crc32(struct bytes key, int32_t partition_count)
{
    assert(partition_count > 0);
    return (int32_t)(crc32_ieee(key) % (uint32_t)partition_count);
}
