/* output.c - the bounded output of the decoders. */
#include <assert.h>

#include "codec/internal.h"

uint8_t *output_room(struct output *o, size_t wanted, size_t *room)
{
    size_t left = o->limit_size - o->size;
    if (left == 0) {
        *room = 1;
        return &o->spill;
    }
    if (o->buffer == NULL) {
        *room = left;
        return o->block + o->size;
    }
    size_t spare = o->buffer->capacity - o->buffer->size;
    if (spare < wanted)
        spare = wanted;
    *room = spare < left ? spare : left;
    return buffer_reserve(o->buffer, *room);
}

void output_advance(struct output *o, size_t size)
{
    if (size != 0 && o->size == o->limit_size) {
        o->is_over = true;
        return;
    }
    assert(size <= o->limit_size - o->size);
    o->size += size;
    if (o->buffer != NULL)
        buffer_advance(o->buffer, size);
}

enum status output_overflow(const struct output *o, const char *format_name, struct error *err)
{
    if (o->buffer == NULL)
        return error_set(err, STATUS_CORRUPT, "corrupt %s data: more than the expected %zu bytes", format_name,
                         o->limit_size);
    return error_set(err, STATUS_LIMIT_EXCEEDED, "%s data decompresses to more than the allowed %zu bytes", format_name,
                     o->limit_size);
}

enum status output_take(struct output *o, size_t size, const char *format_name, uint8_t **out, struct error *err)
{
    if (size > o->limit_size - o->size)
        return output_overflow(o, format_name, err);
    if (size == 0) /* an empty block may have no address */
        *out = &o->spill;
    else
        *out = o->buffer == NULL ? o->block + o->size : buffer_reserve(o->buffer, size);
    return STATUS_OK;
}

void output_rewind(struct output *o, size_t size)
{
    assert(size <= o->size);
    o->size = size;
    o->is_over = false;
    if (o->buffer != NULL)
        o->buffer->size = o->buffer_start + size;
}

enum status corrupt(const char *format_name, const char *why, struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "corrupt %s data: %s", format_name, why);
}
