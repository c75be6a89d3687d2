/* parquet_column.h - one column of one row group, as vectors.
 *
 * Slabs that a batch's vectors point into are collected in a pin set while the
 * batch is made; the set itself is one slab that the batch references, whatever
 * the number of columns. As long as the slabs stay the same, so does the set.
 */
#ifndef LEAT_FORMAT_PARQUET_COLUMN_H
#define LEAT_FORMAT_PARQUET_COLUMN_H

#include "format/parquet_page.h"
#include "format/parquet_values.h"

struct parquet_pins {
    struct slab *set;     /* of the last batch; NULL = none */
    struct slab **wanted; /* those of the batch being made, each referenced */
    uint32_t wanted_count;
    uint32_t wanted_capacity;
};
void parquet_pins_want(struct parquet_pins *pins, struct slab *slab);
/* The slab that holds all that were wanted since the last call; NULL if none. Borrowed from pins. */
struct slab *parquet_pins_take(struct parquet_pins *pins);
/* Lets go of the last batch's slabs, so that memory nobody holds can be reused. */
void parquet_pins_forget(struct parquet_pins *pins);
void parquet_pins_clear(struct parquet_pins *pins);

/* The decoded dictionary page: values in the column's physical form, one arena with all they point to. */
struct parquet_dictionary {
    struct slab *slab;   /* owns the arena; NULL = none yet */
    void *values;
    uint32_t size;
    uint8_t *statuses;   /* enum status per value that has no form in the column's type; NULL = all have */
    const char *problem; /* of the first such */
};

struct parquet_column {
    const struct parquet_leaf *leaf;
    uint32_t row_group;
    struct parquet_pages pages;
    struct parquet_pins *pins;
    void *stored;              /* scratch of the cursor: BATCH_ROWS_MAX stored values */
    int64_t rows_left;         /* in pages not yet opened */
    uint32_t page_left;        /* rows left in the current page */
    bool page_is_indexes;      /* its values are indexes into the dictionary */
    bool page_is_pointed_into; /* its values are strings in its slab */
    bool has_levels;
    struct parquet_rle levels;
    struct parquet_rle indexes;
    struct buffer level_bytes; /* levels turned around (BIT_PACKED) */
    struct parquet_values values;
    struct parquet_dictionary dictionary;
};

/* Errors carry the file, row group, column and byte. */
CHECKED enum status parquet_column_init(struct parquet_column *column, const struct parquet_reader *reader, uint32_t row_group,
                                        const struct parquet_leaf *leaf, struct parquet_pins *pins, void *stored,
                                        struct error *err);
/* The next count (1 .. BATCH_ROWS_MAX) rows; first_row is the number of the first in the row group, for messages. */
CHECKED enum status parquet_column_read(struct parquet_column *column, uint32_t count, int64_t first_row,
                                        struct arena *arena, struct vector *out, struct error *err);
void parquet_column_clear(struct parquet_column *column);

#endif
