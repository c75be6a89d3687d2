/* hash.h - the one 64-bit hash, computed once per row and carried.
 *
 * High 8 bits: the shard. Next: radix and tag. Low: the slot. It is part of the
 * state format, so it never changes; Kafka's partitioners (log/) are others.
 * Integers: the 128-bit product folded (wyhash's mix). Bytes: XXH3 (xxHash
 * specification 0.8), which gives the same value on every CPU.
 */
#ifndef LEAT_BASE_HASH_H
#define LEAT_BASE_HASH_H

#include "base/bytes.h"

#define HASH_NULL UINT64_C(0x9ae16a3b2f90404f)

static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
static inline uint64_t hash_u64(uint64_t v)
{
    return hash_mix(v ^ UINT64_C(0xa0761d6478bd642f), UINT64_C(0xe7037ed1a0b428db) ^ (v << 1 | 1));
}
/* Of several values in order: start with the first's hash, fold in the next ones. */
static inline uint64_t hash_combine(uint64_t seed, uint64_t next)
{
    return hash_mix(seed ^ UINT64_C(0x8ebc6af09c88c6e3), next ^ UINT64_C(0x589965cc75374cc3));
}
uint64_t hash_bytes(const void *data, size_t size);

enum { SHARD_COUNT = 256 };
static inline unsigned hash_shard(uint64_t hash)
{
    return (unsigned)(hash >> 56);
}

#endif
