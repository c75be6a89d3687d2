/* buffer.c - bytes that grow. */
#include "base/buffer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

void buffer_clear(struct buffer *b)
{
    free(b->data);
    *b = (struct buffer){0};
}

void buffer_grow(struct buffer *b, size_t capacity)
{
    if (capacity < b->size)
        abort(); /* the sum overflowed */
    size_t grown = b->capacity + b->capacity / 2;
    if (grown < capacity)
        grown = capacity;
    if (grown < 64)
        grown = 64;
    b->data = memory_realloc(b->data, grown);
    b->capacity = grown;
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        abort();
    vsnprintf((char *)buffer_reserve(b, (size_t)size + 1), (size_t)size + 1, format, again);
    va_end(again);
    b->size += (size_t)size;
}

const char *buffer_text(struct buffer *b)
{
    *buffer_reserve(b, 1) = '\0';
    return (const char *)b->data;
}

void buffer_put_uvarint(struct buffer *b, uint64_t v)
{
    uint8_t *to = buffer_reserve(b, 10);
    size_t size = 0;
    while (v >= 0x80) {
        to[size++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    to[size++] = (uint8_t)v;
    b->size += size;
}

void buffer_put_varint(struct buffer *b, int64_t v)
{
    buffer_put_uvarint(b, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
