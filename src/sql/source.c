/* source.c - bytes to characters. A statement of 100,000 rows asks for a position per value, so counts are kept every 256 bytes. */
#include "sql/source.h"

#include "data/text.h"

enum { STRIDE = 256, SIZE_MAX_BYTES = 1 << 28 };

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

enum status source_init(struct source *s, const char *text, struct arena *arena, struct error *err)
{
    *s = (struct source){.text = text, .size = strlen(text)};
    if (s->size > SIZE_MAX_BYTES)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "the statement has %zu bytes, more than %d", s->size,
                         (int)SIZE_MAX_BYTES);
    size_t bad = utf8_validate(text, s->size);
    if (bad != s->size)
        return error_set(err, STATUS_INVALID_ENCODING, "invalid byte sequence for encoding \"UTF8\": 0x%02x",
                         (unsigned char)text[bad]);
    bool ascii = true;
    for (size_t i = 0; i < s->size && ascii; i++)
        ascii = (unsigned char)text[i] < 0x80;
    if (ascii)
        return STATUS_OK;
    uint32_t *counts = ARENA_ARRAY(arena, uint32_t, s->size / STRIDE + 1);
    uint32_t characters = 0;
    for (size_t i = 0; i < s->size; i++) {
        if (i % STRIDE == 0)
            counts[i / STRIDE] = characters;
        characters += !is_continuation(text[i]);
    }
    s->counts = counts;
    return STATUS_OK;
}

int source_position(const struct source *s, int64_t byte)
{
    if (byte < 0 || s->is_hidden)
        return 0;
    if ((size_t)byte > s->size)
        byte = (int64_t)s->size;
    if (s->counts == NULL || byte == 0)
        return (int)byte + 1;
    size_t last = (size_t)byte - 1;
    uint32_t characters = s->counts[last / STRIDE];
    for (size_t i = last / STRIDE * STRIDE; i <= last; i++)
        characters += !is_continuation(s->text[i]);
    return (int)characters + 1;
}
