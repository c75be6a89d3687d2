/* parquet_encode.h - one column of the row group being written: values to pages.
 *
 * Values go into a dictionary until it holds more than 1 MB, or until the first
 * page shows that it does not pay; then pages are PLAIN. Finished pages wait,
 * compressed, for the row group's end, since a column's pages lie together.
 */
#ifndef LEAT_FORMAT_PARQUET_ENCODE_H
#define LEAT_FORMAT_PARQUET_ENCODE_H

#include "format/parquet_plain.h"
#include "format/parquet_writer.h"

/* Distinct values: PLAIN bytes in order of first appearance, and a table from value to index. */
struct parquet_distinct {
    struct buffer plain;
    uint32_t count;
    uint32_t capacity;
    uint64_t *hashes;    /* by index */
    size_t *positions;   /* by index: where its bytes begin in plain (behind the length) */
    uint32_t *slots;     /* index + 1; 0 = free */
    uint32_t slot_count; /* a power of two */
};

struct parquet_encoder {
    const char *name;
    bool optional;
    struct parquet_stored stored;
    const struct parquet_writer_options *options;

    bool distinct_on;
    struct parquet_distinct distinct;
    struct parquet_range range;
    int64_t null_count;

    uint32_t page_rows;
    uint32_t page_values;      /* not NULL */
    uint32_t *levels;          /* options->page_rows of each */
    uint32_t *indexes;
    struct buffer plain;

    struct buffer pages;       /* finished ones, with their headers */
    struct buffer scratch;     /* a page before and after compression */
    struct buffer compressed;
    int64_t decompressed_size; /* of pages, headers included */
    uint32_t indexed_pages;
    uint32_t plain_pages;
};

CHECKED enum status parquet_encoder_init(struct parquet_encoder *encoder, const struct column *column,
                                         const struct parquet_writer_options *options, struct error *err);
/* Appends rows[0..count) of v (selection NULL: rows first .. first + count). row_base is the first one's number in the file,
 * for messages. */
CHECKED enum status parquet_encoder_add(struct parquet_encoder *encoder, const struct vector *v, const uint16_t *selection,
                                        uint32_t first, uint32_t count, int64_t row_base, struct error *err);
/* What parquet_encoder_finish leaves for the footer. */
struct parquet_encoded {
    int64_t size;
    int64_t decompressed_size;
    int64_t first_data_page; /* bytes from the chunk's start; 0 = there is no dictionary page */
    uint32_t indexed_pages;
    uint32_t plain_pages;
};
/* Ends the chunk: its bytes are dictionary_page, then encoder->pages. The range is not reset. */
CHECKED enum status parquet_encoder_finish(struct parquet_encoder *encoder, struct buffer *dictionary_page,
                                           struct parquet_encoded *out, struct error *err);
void parquet_encoder_reset(struct parquet_encoder *encoder); /* for the next row group */
void parquet_encoder_clear(struct parquet_encoder *encoder);
/* Bytes held for this row group. */
size_t parquet_encoder_size(const struct parquet_encoder *encoder);

#endif
