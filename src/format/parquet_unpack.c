/* parquet_unpack.c - bit-unpacking; where AVX2 is there, eight values at a time.
 *
 * Eight values of w bits are w bytes. Values 0..3 lie in the 16 bytes from byte 0, values 4..7 in those from byte w/2: one
 * byte shuffle brings the four bytes around each value into its lane, one variable shift drops the bits below it, one mask
 * those above. It works while a value and its shift fit 32 bits: up to 25 bits. One kernel for all widths, driven by a
 * table of shuffles, is as fast as one per width: the loads bound it.
 */
#include "format/parquet_unpack.h"

#include <immintrin.h>
#include <stdbool.h>
#include <string.h>

enum { WIDE_WIDTH = 25 };

static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

static uint32_t unpack_each(const uint8_t *in, size_t first, size_t count, unsigned width, uint32_t *out)
{
    uint64_t mask = (UINT64_C(1) << width) - 1;
    uint32_t largest = 0;
    size_t bit = first * width;
    for (size_t i = 0; i < count; i++, bit += width) {
        uint32_t v = (uint32_t)(load_u64(in + (bit >> 3)) >> (bit & 7) & mask);
        largest = v > largest ? v : largest;
        out[i] = v;
    }
    return largest;
}

struct pattern {
    _Alignas(32) uint8_t shuffle[32];
    _Alignas(32) uint32_t shift[8];
};

static void pattern_make(unsigned width, struct pattern *out)
{
    for (unsigned i = 0; i < 8; i++) {
        unsigned bit = i < 4 ? i * width : 4 * width % 8 + (i - 4) * width;
        out->shift[i] = bit % 8;
        for (unsigned k = 0; k < 4; k++)
            out->shuffle[i * 4 + k] = (uint8_t)(bit / 8 + k);
    }
}

__attribute__((target("avx2"))) static uint32_t unpack_groups(const uint8_t *in, size_t groups, unsigned width,
                                                              uint32_t *out)
{
    struct pattern pattern;
    pattern_make(width, &pattern);
    __m256i shuffle = _mm256_load_si256((const __m256i *)pattern.shuffle);
    __m256i shift = _mm256_load_si256((const __m256i *)pattern.shift);
    __m256i mask = _mm256_set1_epi32((int)((1u << width) - 1));
    __m256i largest = _mm256_setzero_si256();
    const uint8_t *high = in + width / 2;
    for (size_t g = 0; g < groups; g++, in += width, high += width, out += 8) {
        __m256i v = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)in));
        v = _mm256_inserti128_si256(v, _mm_loadu_si128((const __m128i *)high), 1);
        v = _mm256_and_si256(_mm256_srlv_epi32(_mm256_shuffle_epi8(v, shuffle), shift), mask);
        largest = _mm256_max_epu32(largest, v);
        _mm256_storeu_si256((__m256i *)out, v);
    }
    uint32_t lanes[8], result = 0;
    _mm256_storeu_si256((__m256i *)lanes, largest);
    for (int i = 0; i < 8; i++)
        result = lanes[i] > result ? lanes[i] : result;
    return result;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") != 0;
}

uint32_t parquet_unpack_u32(const uint8_t *in, size_t first, size_t count, unsigned width, uint32_t *out)
{
    if (width == 0) {
        memset(out, 0, count * sizeof *out);
        return 0;
    }
    if (width > WIDE_WIDTH || count < 16 || !has_avx2())
        return unpack_each(in, first, count, width, out);
    size_t head = (8 - first % 8) % 8;
    size_t groups = (count - head) / 8;
    size_t tail = head + groups * 8;
    uint32_t a = unpack_each(in, first, head, width, out);
    uint32_t b = unpack_groups(in + (first + head) / 8 * width, groups, width, out + head);
    uint32_t c = unpack_each(in, first + tail, count - tail, width, out + tail);
    a = a > b ? a : b;
    return a > c ? a : c;
}

void parquet_unpack_u64(const uint8_t *in, size_t first, size_t count, unsigned width, uint64_t *out)
{
    if (width == 0) {
        memset(out, 0, count * sizeof *out);
        return;
    }
    uint64_t mask = width == 64 ? UINT64_MAX : (UINT64_C(1) << width) - 1;
    size_t bit = first * width;
    for (size_t i = 0; i < count; i++, bit += width) {
        const uint8_t *p = in + (bit >> 3);
        unsigned shift = bit & 7;
        uint64_t v = load_u64(p) >> shift;
        if (shift + width > 64)
            v |= (uint64_t)p[8] << (64 - shift);
        out[i] = v & mask;
    }
}

void parquet_unpack_bits(const uint8_t *in, size_t from_bit, size_t count, uint64_t *out, size_t to_bit)
{
    while (count != 0) {
        size_t room = 64 - to_bit % 64;
        size_t take = 57 < room ? 57 : room; /* a load of 8 bytes holds at least 57 bits whatever the shift */
        take = take < count ? take : count;
        uint64_t bits = load_u64(in + (from_bit >> 3)) >> (from_bit & 7) & ((UINT64_C(1) << take) - 1);
        out[to_bit / 64] |= bits << to_bit % 64;
        from_bit += take;
        to_bit += take;
        count -= take;
    }
}
