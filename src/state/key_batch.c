/* key_batch.c - a thin layer over data/row_key.h. */
#include "state/key_batch.h"

#include <stdlib.h>

#include "base/memory.h"

struct key_batch *key_batch_create(const struct schema *schema, const uint32_t *columns, uint32_t column_count)
{
    struct key_batch *k = aligned_alloc(64, (sizeof *k + 63) & ~(size_t)63);
    if (k == NULL)
        abort();
    k->column_count = column_count;
    k->columns = columns;
    k->buffer = (struct buffer){0};
    k->key_size = 0;
    size_t size;
    if (column_count != 0 && hash_key_is_fixed(schema, columns, column_count, &size))
        k->key_size = size;
    return k;
}

void key_batch_destroy(struct key_batch *k)
{
    if (k == NULL)
        return;
    buffer_clear(&k->buffer);
    free(k);
}

void key_batch_fill_columns(struct key_batch *k, const struct batch *b, const uint32_t *columns)
{
    if (k->column_count != 0)
        row_hash(b, columns, k->column_count, k->hashes);
    else
        memset(k->hashes, 0, batch_rows(b) * sizeof *k->hashes); /* a cross join: all rows have the empty key */
    if (k->key_size != 0) {
        hash_key_pack(b, columns, k->column_count, k->key_size, &k->keys);
        return;
    }
    uint32_t count = batch_rows(b);
    buffer_reset(&k->buffer);
    for (uint32_t i = 0; i < count; i++) {
        size_t begin = k->buffer.size;
        hash_key_put(b, batch_row(b, i), columns, k->column_count, &k->buffer);
        k->keys.bytes[i].size = k->buffer.size - begin;
    }
    const uint8_t *data = k->buffer.data; /* it has stopped moving */
    for (uint32_t i = 0; i < count; i++) {
        k->keys.bytes[i].data = data;
        data += k->keys.bytes[i].size;
    }
}

void key_batch_fill(struct key_batch *k, const struct batch *b)
{
    key_batch_fill_columns(k, b, k->columns);
}
