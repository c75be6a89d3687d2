/* json_string.c - the one writer of JSON strings. */
#include "data/text.h"

static const char HEX_DIGITS[] = "0123456789abcdef";

/* Eight bytes of which none needs escaping: no control character, quote or backslash. */
static inline bool is_plain_word(uint64_t v)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t quote = v ^ ones * '"', backslash = v ^ ones * '\\';
    uint64_t below = (v - ones * 0x20) & ~v, is_quote = (quote - ones) & ~quote, is_backslash = (backslash - ones) & ~backslash;
    return ((below | is_quote | is_backslash) & high) == 0;
}

static inline bool is_plain(uint8_t c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* How many bytes from at on can be copied as they are. */
static size_t plain_run(const uint8_t *at, size_t left)
{
    size_t run = 0;
    for (; left - run >= 8; run += 8) {
        uint64_t word;
        memcpy(&word, at + run, 8);
        if (!is_plain_word(word))
            break;
    }
    while (run < left && is_plain(at[run]))
        run++;
    return run;
}

static void put_escape(struct buffer *out, uint8_t c)
{
    static const char SHORT[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof SHORT; i += 2)
        if ((uint8_t)SHORT[i] == c) {
            char escape[2] = {'\\', SHORT[i + 1]};
            buffer_put(out, escape, 2);
            return;
        }
    char escape[6] = {'\\', 'u', '0', '0', HEX_DIGITS[c >> 4], HEX_DIGITS[c & 15]};
    buffer_put(out, escape, 6);
}

void json_put_string(struct buffer *out, struct bytes text)
{
    buffer_reserve(out, text.size + 2);
    buffer_put_u8(out, '"');
    for (size_t at = 0; at < text.size;) {
        size_t run = plain_run(text.data + at, text.size - at);
        buffer_put(out, text.data + at, run);
        at += run;
        if (at < text.size)
            put_escape(out, text.data[at++]);
    }
    buffer_put_u8(out, '"');
}
