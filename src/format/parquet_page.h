/* parquet_page.h - the pages of one column chunk, read and decompressed one after the other. */
#ifndef LEAT_FORMAT_PARQUET_PAGE_H
#define LEAT_FORMAT_PARQUET_PAGE_H

#include "base/slab.h"
#include "codec/compression.h"
#include "format/parquet_file.h"

/* A page's parts: each has PARQUET_PADDING readable bytes behind it and is valid until the next page is read. */
struct parquet_page {
    int32_t type;
    int32_t encoding;
    int32_t level_encoding;
    int32_t value_count;
    bool is_v2;
    struct bytes levels; /* v2: definition levels, without a length */
    struct bytes body;   /* v1: levels and values; v2: values; dictionary: values */
};

struct parquet_pages {
    const struct parquet_reader *reader;
    enum compression codec;
    int64_t position;      /* of the next page's header in the file */
    int64_t end;
    int64_t page_position; /* of the current page's header, for messages */
    struct buffer window;  /* what has been read of the file: from window_position, with padding behind */
    int64_t window_position;
    struct slab *slab;     /* the current page's bytes if decompressed or kept; else NULL: they lie in the window */
};

/* STATUS_FEATURE_NOT_SUPPORTED for a codec, encrypted columns and the like; STATUS_CORRUPT. Nothing is read. */
CHECKED enum status parquet_pages_init(struct parquet_pages *pages, const struct parquet_reader *reader,
                                       const struct parquet_chunk *chunk, struct error *err);
/* The next page; type -1 at the end of the chunk. keep: the bytes go to pages->slab even if stored uncompressed, so that
 * values may point into them. The slab of the page before is given up, and reused if nobody else holds it. */
CHECKED enum status parquet_pages_next(struct parquet_pages *pages, bool keep, struct parquet_page *out,
                                       struct error *err);
void parquet_pages_clear(struct parquet_pages *pages);

#endif
