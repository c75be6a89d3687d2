/* parquet_plain.h - leat's values in Parquet's PLAIN form, for writing: how each type is stored, and the order of its bounds. */
#ifndef LEAT_FORMAT_PARQUET_PLAIN_H
#define LEAT_FORMAT_PARQUET_PLAIN_H

#include "base/buffer.h"
#include "data/vector.h"
#include "format/parquet_format.h"

/* How bounds of a column compare. */
enum parquet_order {
    PARQUET_ORDER_NONE, /* no bounds are written */
    PARQUET_ORDER_INT32,
    PARQUET_ORDER_INT64,
    PARQUET_ORDER_FLOAT,
    PARQUET_ORDER_DOUBLE,
    PARQUET_ORDER_SIGNED_BYTES, /* big-endian two's complement of one width */
    PARQUET_ORDER_BYTES
};

/* A column as it is stored. */
struct parquet_stored {
    struct type type;            /* of the batches */
    struct type written;         /* numeric without modifiers: the decimal that is written; else type */
    enum parquet_physical physical;
    uint32_t width;              /* of FIXED; else 0 */
    enum parquet_order order;
    struct parquet_element element; /* for the footer: converted and logical type; no name */
};

/* STATUS_FEATURE_NOT_SUPPORTED for a type without a form. */
CHECKED enum status parquet_stored_resolve(struct type type, int numeric_scale, struct parquet_stored *out,
                                           struct error *err);
/* *out is the value's bytes without a length: into scratch (16 bytes) or, strings, the value's own. The message of a value
 * that has no form lacks column and row. */
CHECKED enum status parquet_plain_value(const struct parquet_stored *stored, const void *value, uint8_t *scratch,
                                        struct bytes *out, struct error *err);

/* Smallest and largest value of a column chunk. */
struct parquet_range {
    bool has_values; /* besides NaN */
    bool has_nan;
    struct buffer minimum;
    struct buffer maximum;
};
/* Takes a value (in the form above) into account. NaN is in no bound, by the format's rule. */
void parquet_range_add(struct parquet_range *range, enum parquet_order order, struct bytes value);
/* Prepares the bounds for the footer: signs of zeros, long byte strings cut. *has_maximum is false where no bound of limited
 * length exists, and where a NaN is: some readers hold it for greater than all numbers, and would pass over it. */
void parquet_range_finish(struct parquet_range *range, const struct parquet_stored *stored, bool *has_maximum,
                          bool *minimum_exact, bool *maximum_exact);
void parquet_range_reset(struct parquet_range *range);
void parquet_range_clear(struct parquet_range *range);

#endif
