/* scan.h - finding the few bytes that matter in text, 16 at a time.
 *
 * The one file of format/ that knows the CPU (SSE2, which every x86-64 has).
 * Nothing is read outside [p, end): what is left over at the end goes byte by byte.
 */
#ifndef LEAT_FORMAT_SCAN_H
#define LEAT_FORMAT_SCAN_H

#include <emmintrin.h>

#include "data/string.h"

enum { SCAN_WIDTH = 16 };

static inline unsigned scan_trailing_zeros(unsigned mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/* The first quote, backslash or control character, or end. *has_high becomes true if a byte >= 0x80 comes before it. */
static inline const char *scan_json_string(const char *p, const char *end, bool *has_high)
{
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), control = _mm_set1_epi8(0x1f);
    for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
        __m128i x = _mm_loadu_si128((const __m128i *)p);
        __m128i stop = _mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, backslash));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(_mm_min_epu8(x, control), x));
        unsigned stops = (unsigned)_mm_movemask_epi8(stop), highs = (unsigned)_mm_movemask_epi8(x);
        if (stops != 0) {
            *has_high |= (highs & (stops - 1) & ~stops) != 0;
            return p + scan_trailing_zeros(stops);
        }
        *has_high |= highs != 0;
    }
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\' || c < 0x20)
            return p;
        *has_high |= c >= 0x80;
    }
    return end;
}

/* The first of four bytes, or end. *is_odd becomes true if a NUL or a byte >= 0x80 comes before it: then the text must be
 * checked to be UTF-8. */
static inline const char *scan_separators(const char *p, const char *end, const char stops[4], bool *is_odd)
{
    const __m128i a = _mm_set1_epi8(stops[0]), b = _mm_set1_epi8(stops[1]);
    const __m128i c = _mm_set1_epi8(stops[2]), d = _mm_set1_epi8(stops[3]), zero = _mm_setzero_si128();
    for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
        __m128i x = _mm_loadu_si128((const __m128i *)p);
        __m128i stop = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, a), _mm_cmpeq_epi8(x, b)),
                                    _mm_or_si128(_mm_cmpeq_epi8(x, c), _mm_cmpeq_epi8(x, d)));
        unsigned found = (unsigned)_mm_movemask_epi8(stop);
        unsigned odd = (unsigned)_mm_movemask_epi8(_mm_or_si128(x, _mm_cmpeq_epi8(x, zero)));
        if (found != 0) {
            *is_odd |= (odd & (found - 1) & ~found) != 0;
            return p + scan_trailing_zeros(found);
        }
        *is_odd |= odd != 0;
    }
    for (; p < end; p++) {
        if (*p == stops[0] || *p == stops[1] || *p == stops[2] || *p == stops[3])
            return p;
        *is_odd |= *p <= 0;
    }
    return end;
}

/* How many of [p, end) are byte. */
static inline size_t scan_count(const char *p, const char *end, char byte)
{
    size_t count = 0;
    const __m128i wanted = _mm_set1_epi8(byte);
    for (; end - p >= SCAN_WIDTH; p += SCAN_WIDTH) {
        __m128i x = _mm_loadu_si128((const __m128i *)p);
        count += (size_t)__builtin_popcount((unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(x, wanted)));
    }
    for (; p < end; p++)
        count += *p == byte;
    return count;
}

/* Are the size <= 16 bytes at p those at name, which has 16 readable ones? */
static inline bool scan_equals_short(const char *p, const char *end, const char *name, size_t size)
{
    if (end - p < SCAN_WIDTH)
        return (size_t)(end - p) >= size && memcmp(p, name, size) == 0;
    __m128i equal = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), _mm_loadu_si128((const __m128i *)name));
    unsigned different = ~(unsigned)_mm_movemask_epi8(equal);
    return (different & ((1u << size) - 1)) == 0;
}

/* string_make for bytes inside [.., end): short ones are copied by one masked load where 12 bytes may be read. */
static inline struct string scan_make_string(const char *p, size_t size, const char *end)
{
    struct string s;
    if (size > STRING_INLINE_SIZE) {
        s.size = (uint32_t)size;
        memcpy(s.prefix, p, 4);
        s.data = p;
        return s;
    }
    if (end - p < STRING_INLINE_SIZE)
        return string_make(p, size);
    uint64_t head;
    uint32_t tail;
    memcpy(&head, p, 8);
    memcpy(&tail, p + 8, 4);
    head = size >= 8 ? head : head & ((UINT64_C(1) << size * 8) - 1);
    tail = size <= 8 ? 0 : size >= 12 ? tail : tail & ((1u << (size - 8) * 8) - 1);
    s.size = (uint32_t)size;
    memcpy(s.prefix, &head, 4);
    head = head >> 32 | (uint64_t)tail << 32;
    memcpy(s.rest, &head, 8);
    return s;
}

#endif
