/* parquet_metadata.h - footers and page headers, decoded.
 *
 * Bytes point into the encoded footer, which lives as long as the metadata.
 */
#ifndef LEAT_FORMAT_PARQUET_METADATA_H
#define LEAT_FORMAT_PARQUET_METADATA_H

#include "base/arena.h"
#include "base/reader.h"
#include "format/parquet_format.h"

/* Minimum and maximum in PLAIN encoding without a length; data NULL = absent. */
struct parquet_bounds {
    struct bytes minimum;
    struct bytes maximum;
    struct bytes old_minimum; /* the deprecated pair: signed order, right for signed numbers alone */
    struct bytes old_maximum;
    int64_t null_count;       /* -1 = unknown */
};

/* One column of one row group. */
struct parquet_chunk {
    int32_t physical;
    int32_t codec;
    int64_t value_count; /* NULLs included */
    int64_t size;        /* bytes in the file */
    int64_t data_page_offset;
    int64_t dictionary_page_offset; /* 0 = none */
    bool encrypted;
    bool elsewhere;      /* in another file */
    bool present;        /* has metadata */
    struct parquet_bounds bounds;
};

struct parquet_row_group {
    int64_t row_count;
    struct parquet_chunk *chunks; /* one per leaf of the schema tree, in its order */
};

struct parquet_pair {
    const char *key;
    const char *value;
};

struct parquet_metadata {
    int64_t row_count;
    uint32_t element_count;
    struct parquet_element *elements; /* the tree in depth-first order, root first */
    uint32_t leaf_count;              /* elements that are no group */
    uint32_t row_group_count;
    struct parquet_row_group *row_groups;
    uint32_t pair_count;
    struct parquet_pair *pairs;
    const char *created_by;
};

/* STATUS_CORRUPT, without file name. Everything is in arena. */
CHECKED enum status parquet_metadata_parse(struct bytes footer, struct arena *arena, struct parquet_metadata *out,
                                           struct error *err);

struct parquet_page_header {
    int32_t type;               /* enum parquet_page_type */
    int32_t size;               /* of the page behind the header, as stored */
    int32_t decompressed_size;
    int32_t value_count;
    int32_t encoding;
    int32_t level_encoding;     /* of definition levels, v1 */
    int32_t definition_size;    /* v2: bytes of uncompressed levels in front */
    int32_t repetition_size;
    bool is_compressed;         /* v2 */
    size_t header_size;
};

/* False when the bytes end or lie; the caller tries again with more if there are more. */
bool parquet_page_header_parse(struct bytes in, struct parquet_page_header *out);

#endif
