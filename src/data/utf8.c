/* utf8.c - which bytes are text. */
#include "data/text.h"

static inline bool is_continuation(uint8_t c)
{
    return (c & 0xc0) == 0x80;
}

/* The size of the well-formed character at p (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF), or 0. */
static size_t character_size(const uint8_t *p, size_t left)
{
    uint8_t c = p[0];
    if (c < 0x80)
        return c != 0;
    if (c >= 0xc2 && c <= 0xdf)
        return left >= 2 && is_continuation(p[1]) ? 2 : 0;
    if (c >= 0xe0 && c <= 0xef) {
        if (left < 3 || !is_continuation(p[1]) || !is_continuation(p[2]))
            return 0;
        return (c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f) ? 0 : 3;
    }
    if (c >= 0xf0 && c <= 0xf4) {
        if (left < 4 || !is_continuation(p[1]) || !is_continuation(p[2]) || !is_continuation(p[3]))
            return 0;
        return (c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f) ? 0 : 4;
    }
    return 0;
}

/* Eight bytes that are all ASCII and none of them NUL. */
static inline bool is_plain_word(uint64_t v)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    return ((v | (v - UINT64_C(0x0101010101010101))) & high) == 0;
}

size_t utf8_validate(const char *text, size_t size)
{
    const uint8_t *p = (const uint8_t *)text;
    size_t at = 0;
    while (at < size) {
        if (size - at >= 8) {
            uint64_t word;
            memcpy(&word, p + at, 8);
            if (is_plain_word(word)) {
                at += 8;
                continue;
            }
        }
        size_t step = character_size(p + at, size - at);
        if (step == 0)
            return at;
        at += step;
    }
    return size;
}

size_t utf8_mark_size(struct bytes text)
{
    return text.size >= UTF8_MARK_SIZE && memcmp(text.data, "\xef\xbb\xbf", UTF8_MARK_SIZE) == 0 ? UTF8_MARK_SIZE : 0;
}

size_t utf8_length(const char *text, size_t size)
{
    size_t count = 0, at = 0;
    for (; size - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, text + at, 8);
        uint64_t continuations = word & ~(word << 1) & UINT64_C(0x8080808080808080);
        count += 8 - (size_t)__builtin_popcountll(continuations);
    }
    for (; at < size; at++)
        count += !is_continuation((uint8_t)text[at]);
    return count;
}
