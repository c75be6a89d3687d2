/* text_split.c - see the header. */
#include "connect/text_split.h"

typedef uint8_t lanes __attribute__((vector_size(16))); /* a machine word of bytes; no struct */

size_t byte_count(struct bytes text, char byte)
{
    const uint8_t *p = text.data, *end = text.data + text.size;
    size_t total = 0;
    const lanes wanted = (lanes){0} + (uint8_t)byte;
    while (end - p >= 16) {
        lanes sums = {0};
        for (int i = 0; i < 255 && end - p >= 16; i++, p += 16) {
            lanes v;
            memcpy(&v, p, sizeof v);
            sums -= (lanes)(v == wanted);
        }
        for (int i = 0; i < 16; i++)
            total += sums[i];
    }
    for (; p < end; p++)
        total += *p == (uint8_t)byte;
    return total;
}

size_t csv_split_find(struct bytes text, char quote)
{
    bool is_inside = byte_count(text, quote) % 2 != 0; /* at the end; then backwards */
    for (size_t i = text.size; i > 0; i--) {
        uint8_t c = text.data[i - 1];
        if (c == '\n' && !is_inside)
            return i;
        is_inside ^= c == (uint8_t)quote;
    }
    return 0;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

size_t json_split_find(struct bytes text)
{
    bool opens = false; /* the nearest byte behind that is no blank is { */
    for (size_t i = text.size; i > 0; i--) {
        uint8_t c = text.data[i - 1];
        if (!is_blank(c)) {
            opens = c == '{';
            continue;
        }
        if (c != '\n' || !opens)
            continue;
        size_t before = i - 1;
        while (before > 0 && is_blank(text.data[before - 1]))
            before--;
        if (before > 0 && text.data[before - 1] == '}')
            return i;
        i = before + 1; /* the blanks between are done with */
    }
    return 0;
}
