/* string.h - a string inside the engine: 16 bytes, short ones inline.
 *
 *     0  size    u32
 *     4  prefix  4 bytes (the first ones, zero-padded)
 *     8  8 more inline bytes if size <= 12, else a pointer to all bytes
 *
 * The unused inline bytes are zero, so equal short strings are equal as 16
 * bytes. Who owns the bytes behind a pointer: see vector.h.
 */
#ifndef LEAT_DATA_STRING_H
#define LEAT_DATA_STRING_H

#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

enum { STRING_INLINE_SIZE = 12 };

struct string {
    union {
        struct {
            uint32_t size;
            char prefix[4];
            union {
                char rest[8];
                const char *data;
            };
        };
        struct {
            uint32_t inline_size; /* the same as size */
            char inline_data[STRING_INLINE_SIZE]; /* prefix and rest: all bytes of a short string */
        };
    };
};
_Static_assert(sizeof(struct string) == 16, "strings are 16 bytes");
_Static_assert(offsetof(struct string, inline_data) == offsetof(struct string, prefix), "a short string begins at its prefix");

static inline const char *string_data(const struct string *s)
{
    return s->size <= STRING_INLINE_SIZE ? s->inline_data : s->data;
}
static inline struct bytes string_bytes(const struct string *s)
{
    return (struct bytes){(const uint8_t *)string_data(s), s->size};
}
/* Borrows data when longer than 12 bytes. */
static inline struct string string_make(const char *data, size_t size)
{
    struct string s = {.size = (uint32_t)size};
    if (size <= STRING_INLINE_SIZE) {
        if (size != 0)
            memcpy(s.inline_data, data, size);
        return s;
    }
    memcpy(s.prefix, data, 4);
    s.data = data;
    return s;
}
static inline bool string_equal(const struct string *a, const struct string *b)
{
    uint64_t a_head, b_head;
    memcpy(&a_head, a, 8);
    memcpy(&b_head, b, 8);
    if (a_head != b_head)
        return false;
    if (a->size <= STRING_INLINE_SIZE)
        return memcmp(a->rest, b->rest, 8) == 0;
    return memcmp(a->data, b->data, a->size) == 0;
}
/* By bytes ("C" collation), the shorter first. */
static inline int string_compare(const struct string *a, const struct string *b)
{
    return bytes_compare(string_bytes(a), string_bytes(b));
}

#endif
