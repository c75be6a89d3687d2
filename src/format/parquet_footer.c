/* parquet_footer.c - field numbers as in parquet.thrift. */
#include "format/parquet_footer.h"

#include "format/thrift.h"

static void put_unit(struct buffer *out, int16_t *last, int16_t id, int32_t unit)
{
    int16_t inner = 0;
    thrift_put_field(out, last, id, THRIFT_STRUCT);
    thrift_put_field(out, &inner, (int16_t)unit, THRIFT_STRUCT);
    thrift_put_stop(out);
    thrift_put_stop(out);
}

/* The union LogicalType: one field, whose number is the type. */
static void put_logical(struct buffer *out, const struct parquet_element *e)
{
    int16_t last = 0, inner = 0;
    thrift_put_field(out, &last, (int16_t)e->logical, THRIFT_STRUCT);
    switch ((enum parquet_logical)e->logical) {
    case PARQUET_LOGICAL_DECIMAL:
        thrift_put_i32(out, &inner, 1, e->scale);
        thrift_put_i32(out, &inner, 2, e->precision);
        break;
    case PARQUET_LOGICAL_TIME:
    case PARQUET_LOGICAL_TIMESTAMP:
        thrift_put_bool(out, &inner, 1, e->is_utc);
        put_unit(out, &inner, 2, e->unit);
        break;
    case PARQUET_LOGICAL_INTEGER:
        thrift_put_i8(out, &inner, 1, (int8_t)e->precision);
        thrift_put_bool(out, &inner, 2, e->is_signed);
        break;
    default:
        break;
    }
    thrift_put_stop(out);
    thrift_put_stop(out);
}

static void put_element(struct buffer *out, const struct parquet_encoder *encoder)
{
    const struct parquet_element *e = &encoder->stored.element;
    int16_t last = 0;
    thrift_put_i32(out, &last, 1, (int32_t)encoder->stored.physical);
    if (encoder->stored.physical == PARQUET_FIXED)
        thrift_put_i32(out, &last, 2, (int32_t)encoder->stored.width);
    thrift_put_i32(out, &last, 3, encoder->optional ? PARQUET_OPTIONAL : PARQUET_REQUIRED);
    thrift_put_binary(out, &last, 4, bytes_from_text(encoder->name));
    if (e->converted != PARQUET_CONVERTED_NONE)
        thrift_put_i32(out, &last, 6, e->converted);
    if (e->logical == PARQUET_LOGICAL_DECIMAL) {
        thrift_put_i32(out, &last, 7, e->scale);
        thrift_put_i32(out, &last, 8, e->precision);
    }
    if (e->logical != PARQUET_LOGICAL_NONE) {
        thrift_put_field(out, &last, 10, THRIFT_STRUCT);
        put_logical(out, e);
    }
    thrift_put_stop(out);
}

static void put_root(struct buffer *out, uint32_t column_count)
{
    int16_t last = 0;
    thrift_put_binary(out, &last, 4, bytes_from_text("schema"));
    thrift_put_i32(out, &last, 5, (int32_t)column_count);
    thrift_put_stop(out);
}

static void put_statistics(struct buffer *out, struct parquet_encoder *e)
{
    int16_t last = 0;
    thrift_put_i64(out, &last, 3, e->null_count);
    if (e->range.has_values) {
        bool has_maximum, minimum_exact, maximum_exact;
        parquet_range_finish(&e->range, &e->stored, &has_maximum, &minimum_exact, &maximum_exact);
        if (has_maximum)
            thrift_put_binary(out, &last, 5, buffer_bytes(&e->range.maximum));
        thrift_put_binary(out, &last, 6, buffer_bytes(&e->range.minimum));
        if (has_maximum)
            thrift_put_bool(out, &last, 7, maximum_exact);
        thrift_put_bool(out, &last, 8, minimum_exact);
    }
    thrift_put_stop(out);
}

static void put_encoding_count(struct buffer *out, enum parquet_page_type type, enum parquet_encoding encoding, uint32_t count)
{
    int16_t last = 0;
    thrift_put_i32(out, &last, 1, (int32_t)type);
    thrift_put_i32(out, &last, 2, (int32_t)encoding);
    thrift_put_i32(out, &last, 3, (int32_t)count);
    thrift_put_stop(out);
}

static void put_encoding_counts(struct buffer *out, int16_t *last, const struct parquet_encoded *encoded)
{
    size_t count = (encoded->indexed_pages != 0 ? 2u : 0u) + (encoded->plain_pages != 0 ? 1u : 0u);
    thrift_put_list(out, last, 13, THRIFT_STRUCT, count);
    if (encoded->indexed_pages != 0) {
        put_encoding_count(out, PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1);
        put_encoding_count(out, PARQUET_DATA_PAGE, PARQUET_RLE_DICTIONARY, encoded->indexed_pages);
    }
    if (encoded->plain_pages != 0)
        put_encoding_count(out, PARQUET_DATA_PAGE, PARQUET_PLAIN, encoded->plain_pages);
}

static int32_t codec_of(enum compression kind)
{
    switch (kind) {
    case COMPRESSION_GZIP:
        return PARQUET_GZIP;
    case COMPRESSION_SNAPPY:
        return PARQUET_SNAPPY;
    case COMPRESSION_LZ4_RAW:
        return PARQUET_LZ4_RAW;
    case COMPRESSION_ZSTD:
        return PARQUET_ZSTD;
    default:
        return PARQUET_UNCOMPRESSED;
    }
}

static void put_chunk_metadata(struct buffer *out, struct parquet_encoder *e, const struct parquet_encoded *encoded,
                               int64_t value_count, int64_t position)
{
    int16_t last = 0;
    bool has_dictionary = encoded->first_data_page != 0;
    thrift_put_i32(out, &last, 1, (int32_t)e->stored.physical);
    thrift_put_list(out, &last, 2, THRIFT_I32, has_dictionary ? 3 : 2);
    buffer_put_varint(out, PARQUET_PLAIN);
    buffer_put_varint(out, PARQUET_RLE);
    if (has_dictionary)
        buffer_put_varint(out, PARQUET_RLE_DICTIONARY);
    thrift_put_list(out, &last, 3, THRIFT_BINARY, 1);
    thrift_put_element_binary(out, bytes_from_text(e->name));
    thrift_put_i32(out, &last, 4, codec_of(e->options->compression));
    thrift_put_i64(out, &last, 5, value_count);
    thrift_put_i64(out, &last, 6, encoded->decompressed_size);
    thrift_put_i64(out, &last, 7, encoded->size);
    thrift_put_i64(out, &last, 9, position + encoded->first_data_page);
    if (has_dictionary)
        thrift_put_i64(out, &last, 11, position);
    thrift_put_field(out, &last, 12, THRIFT_STRUCT);
    put_statistics(out, e);
    put_encoding_counts(out, &last, encoded);
    thrift_put_stop(out);
}

void parquet_footer_put_chunk(struct buffer *out, struct parquet_encoder *e, const struct parquet_encoded *encoded,
                              int64_t value_count, int64_t position)
{
    int16_t last = 0;
    thrift_put_i64(out, &last, 2, 0); /* file_offset: deprecated, and 0 by the rules now */
    thrift_put_field(out, &last, 3, THRIFT_STRUCT);
    put_chunk_metadata(out, e, encoded, value_count, position);
    thrift_put_stop(out);
}

static void put_pairs(struct buffer *out, int16_t *last, const struct parquet_footer *f)
{
    if (f->pair_count == 0)
        return;
    thrift_put_list(out, last, 5, THRIFT_STRUCT, f->pair_count);
    for (uint32_t i = 0; i < f->pair_count; i++) {
        int16_t inner = 0;
        thrift_put_binary(out, &inner, 1, bytes_from_text(f->pairs[i].key));
        thrift_put_binary(out, &inner, 2, bytes_from_text(f->pairs[i].value));
        thrift_put_stop(out);
    }
}

/* Every column's order is the one its type defines: what makes minimum and maximum count for readers. */
static void put_orders(struct buffer *out, int16_t *last, uint32_t column_count)
{
    thrift_put_list(out, last, 7, THRIFT_STRUCT, column_count);
    for (uint32_t i = 0; i < column_count; i++) {
        int16_t inner = 0;
        thrift_put_field(out, &inner, 1, THRIFT_STRUCT);
        thrift_put_stop(out);
        thrift_put_stop(out);
    }
}

void parquet_footer_put(struct buffer *out, const struct parquet_footer *f)
{
    int16_t last = 0;
    thrift_put_i32(out, &last, 1, 2);
    thrift_put_list(out, &last, 2, THRIFT_STRUCT, (size_t)f->column_count + 1);
    put_root(out, f->column_count);
    for (uint32_t i = 0; i < f->column_count; i++)
        put_element(out, &f->encoders[i]);
    thrift_put_i64(out, &last, 3, f->row_count);
    thrift_put_list(out, &last, 4, THRIFT_STRUCT, f->row_group_count);
    buffer_put_bytes(out, f->row_groups);
    put_pairs(out, &last, f);
    thrift_put_binary(out, &last, 6, bytes_from_text("leat version " LEAT_VERSION));
    put_orders(out, &last, f->column_count);
    thrift_put_stop(out);
}
