/* parquet_footer.h - FileMetaData and ColumnMetaData, for writing. */
#ifndef LEAT_FORMAT_PARQUET_FOOTER_H
#define LEAT_FORMAT_PARQUET_FOOTER_H

#include "format/parquet_encode.h"
#include "format/parquet_metadata.h"

/* Appends one column chunk that begins at position of the file. */
void parquet_footer_put_chunk(struct buffer *out, struct parquet_encoder *encoder, const struct parquet_encoded *encoded,
                              int64_t value_count, int64_t position);
struct parquet_footer {
    const struct parquet_encoder *encoders;
    uint32_t column_count;
    int64_t row_count;
    struct bytes row_groups; /* encoded, one after the other */
    uint32_t row_group_count;
    const struct parquet_pair *pairs;
    uint32_t pair_count;
};
void parquet_footer_put(struct buffer *out, const struct parquet_footer *footer);

#endif
