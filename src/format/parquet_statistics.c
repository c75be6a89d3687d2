/* parquet_statistics.c - bounds of a row group's columns, as far as they can be trusted.
 *
 * The old pair (min, max) was written in signed byte order for everything, so it
 * holds for signed numbers and booleans alone. Bounds of types whose order in
 * the format is not defined (INT96, intervals) or not ours are left out.
 */
#include <assert.h>
#include <math.h>

#include "format/parquet_convert.h"
#include "format/parquet_file.h"
#include "format/parquet_values.h"

static bool old_pair_holds(const struct parquet_leaf *leaf)
{
    return leaf->physical != PARQUET_BYTE_ARRAY && leaf->physical != PARQUET_FIXED && !leaf->is_unsigned;
}

static bool has_order(const struct parquet_leaf *leaf)
{
    switch (leaf->conversion) {
    case PARQUET_INT96_TO_TIMESTAMP:
    case PARQUET_TO_INTERVAL:
    case PARQUET_TO_FLOAT:
    case PARQUET_JSON:
    case PARQUET_BYTES_TO_WIDE_NUMERIC: /* would need memory */
        return false;
    default:
        return leaf->refusal == NULL;
    }
}

/* A bound in stored form. */
static bool load_bound(const struct parquet_leaf *leaf, struct bytes bound, void *stored)
{
    if (bound.data == NULL)
        return false;
    if (leaf->physical == PARQUET_BYTE_ARRAY || leaf->physical == PARQUET_FIXED) {
        if (leaf->physical == PARQUET_FIXED && bound.size != leaf->width)
            return false;
        memcpy(stored, &bound, sizeof bound);
        return true;
    }
    size_t size = parquet_stored_size(leaf);
    if (bound.size != size)
        return false;
    memcpy(stored, bound.data, size);
    return leaf->physical != PARQUET_BOOLEAN || bound.data[0] <= 1;
}

/* Zeros of either sign may hide behind a zero bound; NaN bounds nothing. */
static bool fix_double(double *v, bool is_minimum)
{
    if (*v == 0)
        *v = is_minimum ? -0.0 : 0.0;
    return !isnan(*v);
}

static bool fix_float(float *v, bool is_minimum)
{
    if (*v == 0)
        *v = is_minimum ? -0.0F : 0.0F;
    return !isnan(*v);
}

static bool read_bound(const struct parquet_reader *reader, const struct parquet_leaf *leaf, struct bytes bound,
                       bool is_minimum, uint8_t *out)
{
    _Alignas(16) uint8_t stored[16];
    size_t bad;
    enum status st;
    const char *problem;
    if (!load_bound(leaf, bound, stored))
        return false;
    if (leaf->conversion == PARQUET_UTF8) { /* a bound may be cut within a character: bytes, not text */
        struct string s = string_make((const char *)bound.data, bound.size);
        memcpy(out, &s, sizeof s);
        return true;
    }
    if (!parquet_convert(leaf, true, stored, 1, out, reader->arena, &bad, &st, &problem))
        return false;
    if (leaf->physical == PARQUET_DOUBLE)
        return fix_double((double *)out, is_minimum);
    if (leaf->physical == PARQUET_FLOAT)
        return fix_float((float *)out, is_minimum);
    return true;
}

void parquet_row_group_statistics(const struct parquet_reader *r, uint32_t row_group, uint32_t column,
                                  struct parquet_statistics *out)
{
    assert(row_group < r->metadata.row_group_count && column < r->schema.column_count);
    const struct parquet_leaf *leaf = &r->leaves[column];
    *out = (struct parquet_statistics){.null_count = -1};
    if (!has_order(leaf))
        return;
    const struct parquet_chunk *chunk = &r->metadata.row_groups[row_group].chunks[leaf->chunk];
    struct parquet_bounds b = chunk->bounds;
    if (b.null_count >= 0 && b.null_count <= chunk->value_count)
        out->null_count = b.null_count;
    if (b.minimum.data == NULL && b.maximum.data == NULL && old_pair_holds(leaf)) {
        b.minimum = b.old_minimum;
        b.maximum = b.old_maximum;
    }
    out->has_minimum = read_bound(r, leaf, b.minimum, true, out->minimum);
    out->has_maximum = read_bound(r, leaf, b.maximum, false, out->maximum);
}
