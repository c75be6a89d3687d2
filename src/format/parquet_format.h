/* parquet_format.h - the numbers of the Parquet format (parquet.thrift), and a column as leat reads it. */
#ifndef LEAT_FORMAT_PARQUET_FORMAT_H
#define LEAT_FORMAT_PARQUET_FORMAT_H

#include "base/bytes.h"
#include "data/type.h"

enum parquet_physical {
    PARQUET_BOOLEAN,
    PARQUET_INT32,
    PARQUET_INT64,
    PARQUET_INT96,
    PARQUET_FLOAT,
    PARQUET_DOUBLE,
    PARQUET_BYTE_ARRAY,
    PARQUET_FIXED /* FIXED_LEN_BYTE_ARRAY */
};

enum parquet_encoding {
    PARQUET_PLAIN = 0,
    PARQUET_PLAIN_DICTIONARY = 2,
    PARQUET_RLE = 3,
    PARQUET_BIT_PACKED = 4,
    PARQUET_DELTA_BINARY_PACKED = 5,
    PARQUET_DELTA_LENGTH_BYTE_ARRAY = 6,
    PARQUET_DELTA_BYTE_ARRAY = 7,
    PARQUET_RLE_DICTIONARY = 8,
    PARQUET_BYTE_STREAM_SPLIT = 9
};

enum parquet_codec {
    PARQUET_UNCOMPRESSED,
    PARQUET_SNAPPY,
    PARQUET_GZIP,
    PARQUET_LZO,
    PARQUET_BROTLI,
    PARQUET_LZ4,
    PARQUET_ZSTD,
    PARQUET_LZ4_RAW
};

enum parquet_page_type { PARQUET_DATA_PAGE, PARQUET_INDEX_PAGE, PARQUET_DICTIONARY_PAGE, PARQUET_DATA_PAGE_V2 };

enum parquet_repetition { PARQUET_REQUIRED, PARQUET_OPTIONAL, PARQUET_REPEATED };

enum parquet_converted {
    PARQUET_CONVERTED_NONE = -1,
    PARQUET_CONVERTED_UTF8 = 0,
    PARQUET_CONVERTED_MAP = 1,
    PARQUET_CONVERTED_LIST = 3,
    PARQUET_CONVERTED_ENUM = 4,
    PARQUET_CONVERTED_DECIMAL = 5,
    PARQUET_CONVERTED_DATE = 6,
    PARQUET_CONVERTED_TIME_MS = 7,
    PARQUET_CONVERTED_TIME_US = 8,
    PARQUET_CONVERTED_TIMESTAMP_MS = 9,
    PARQUET_CONVERTED_TIMESTAMP_US = 10,
    PARQUET_CONVERTED_UINT8 = 11,
    PARQUET_CONVERTED_UINT16 = 12,
    PARQUET_CONVERTED_UINT32 = 13,
    PARQUET_CONVERTED_UINT64 = 14,
    PARQUET_CONVERTED_INT8 = 15,
    PARQUET_CONVERTED_INT16 = 16,
    PARQUET_CONVERTED_INT32 = 17,
    PARQUET_CONVERTED_INT64 = 18,
    PARQUET_CONVERTED_JSON = 19,
    PARQUET_CONVERTED_BSON = 20,
    PARQUET_CONVERTED_INTERVAL = 21
};

/* Field numbers of the union LogicalType. */
enum parquet_logical {
    PARQUET_LOGICAL_NONE = 0,
    PARQUET_LOGICAL_STRING = 1,
    PARQUET_LOGICAL_MAP = 2,
    PARQUET_LOGICAL_LIST = 3,
    PARQUET_LOGICAL_ENUM = 4,
    PARQUET_LOGICAL_DECIMAL = 5,
    PARQUET_LOGICAL_DATE = 6,
    PARQUET_LOGICAL_TIME = 7,
    PARQUET_LOGICAL_TIMESTAMP = 8,
    PARQUET_LOGICAL_INTEGER = 10,
    PARQUET_LOGICAL_UNKNOWN = 11,
    PARQUET_LOGICAL_JSON = 12,
    PARQUET_LOGICAL_BSON = 13,
    PARQUET_LOGICAL_UUID = 14,
    PARQUET_LOGICAL_FLOAT16 = 15,
    PARQUET_LOGICAL_LAST = 18
};

enum parquet_unit { PARQUET_MILLIS = 1, PARQUET_MICROS = 2, PARQUET_NANOS = 3 };

/* One element of the file's schema, as stored. */
struct parquet_element {
    struct bytes name;
    int32_t physical;   /* -1 for a group */
    int32_t width;      /* of FIXED, bytes */
    int32_t repetition;
    int32_t child_count;
    int32_t converted;
    int32_t logical;
    int32_t precision;  /* of a decimal; bits of an integer */
    int32_t scale;
    int32_t unit;       /* enum parquet_unit */
    bool is_signed;
    bool is_utc;
};

/* Readable bytes behind each stored byte string, so that short ones are loaded as words. */
enum { PARQUET_STORED_PADDING = 16 };

/* How a stored value becomes one of leat's. */
enum parquet_conversion {
    PARQUET_AS_IS,           /* the stored form is the physical form */
    PARQUET_TO_INT16,        /* INT32 of at most 16 bits */
    PARQUET_UINT16_TO_INT32,
    PARQUET_UINT32_TO_INT64,
    PARQUET_UINT64_TO_NUMERIC,
    PARQUET_INT32_TO_NUMERIC,
    PARQUET_INT64_TO_NUMERIC,
    PARQUET_BYTES_TO_NUMERIC,      /* big-endian two's complement, at most 38 digits */
    PARQUET_BYTES_TO_WIDE_NUMERIC, /* more: the out-of-line form */
    PARQUET_TIME_MS,         /* INT32 */
    PARQUET_TIME_US,         /* INT64 */
    PARQUET_NANOSECONDS,     /* INT64, time or timestamp */
    PARQUET_MILLISECONDS,    /* INT64, timestamp */
    PARQUET_INT96_TO_TIMESTAMP,
    PARQUET_BYTES,
    PARQUET_UTF8,
    PARQUET_JSON,
    PARQUET_TO_UUID,
    PARQUET_TO_INTERVAL,
    PARQUET_TO_FLOAT         /* FIXED(2) half precision */
};

/* A top-level field that is a column. */
struct parquet_leaf {
    const char *name;
    const char *refusal;     /* why it cannot be read, or NULL; then only the name counts */
    uint32_t chunk;          /* index among a row group's column chunks */
    enum parquet_physical physical;
    uint32_t width;          /* bytes of a stored value; 0 for BYTE_ARRAY and BOOLEAN */
    bool optional;
    bool is_unsigned;        /* an unsigned integer: orders its statistics */
    uint32_t bits;           /* of an annotated integer */
    uint32_t scale;          /* of a decimal */
    struct type type;
    enum parquet_conversion conversion;
};

/* Decides a leaf's type and conversion, or its refusal, from an element that is no group. */
void parquet_leaf_resolve(struct parquet_leaf *leaf, const struct parquet_element *element, bool binary_as_text);

#endif
