/* parquet_writer.h - batches to an Apache Parquet file.
 *
 * Types map so that Spark, DuckDB, pyarrow and Polars read back the same ones:
 * logical types with the older converted types beside them, data pages v1,
 * dictionary first with PLAIN once a dictionary passes 1 MB. The same rows and
 * options give the same bytes, however they are cut into batches.
 *
 *     boolean BOOLEAN        int2, int4 INT32        int8 INT64     real FLOAT     double DOUBLE
 *     numeric(p,s) DECIMAL over INT32 (p <= 9), INT64 (p <= 18), FIXED_LEN_BYTE_ARRAY
 *     text, varchar, char STRING      bytea no annotation      json, jsonb JSON
 *     date DATE       time TIME(us)   timestamp, timestamptz TIMESTAMP(us, local | UTC)
 *     uuid UUID       interval INTERVAL (months, days, ms: finer or negative parts fail, 22015)
 *     numeric without modifiers DECIMAL(38, options.numeric_scale): a value that does not fit exactly
 *     (more digits behind the point, too large, NaN, infinity) fails with 22003, naming column and row
 *
 * The infinities of date and timestamp have no form in Parquet and fail with 22008. So does a row in error: it fails with
 * that error's status. A NULL in a column that is not_null is 23502.
 */
#ifndef LEAT_FORMAT_PARQUET_WRITER_H
#define LEAT_FORMAT_PARQUET_WRITER_H

#include "codec/compression.h"
#include "data/batch.h"
#include "os/os.h"

struct parquet_writer;

struct parquet_writer_options {
    enum compression compression; /* NONE, GZIP, SNAPPY, LZ4_RAW or ZSTD */
    int compression_level;        /* 0 = the library's default */
    uint32_t row_group_rows;      /* 1 .. 16,777,216 */
    uint32_t page_rows;           /* rows of a data page, at most; pages also end at about 1 MB of values */
    int numeric_scale;            /* digits behind the point for numeric without modifiers, 0..38 */
    bool use_dictionary;
};
/* zstd, row groups of 122,880 rows, pages of 20,480 rows, numeric_scale 18, dictionary. */
struct parquet_writer_options parquet_writer_default_options(void);

/* Creates the file (STATUS_DUPLICATE_FILE if path exists). os must outlive the writer; schema is copied; options may be NULL.
 * *out is the caller's to destroy. STATUS_INVALID_PARAMETER for an option out of range, 0A000 for a codec or type without
 * a form, 42P16 for a schema without columns. */
CHECKED enum status parquet_writer_create(struct os *os, const char *path, const struct schema *schema,
                                          const struct parquet_writer_options *options, struct parquet_writer **out,
                                          struct error *err);
/* Key-value metadata for the footer; copied. Before parquet_writer_finish. */
void parquet_writer_set_metadata(struct parquet_writer *writer, const char *key, const char *value);
/* Appends the rows that take part (weights are not looked at: one row each); nothing of the batch is kept. After an error the
 * writer stays failed. */
CHECKED enum status parquet_writer_write(struct parquet_writer *writer, const struct batch *batch, struct error *err);
/* Writes what is left and the footer, and syncs the file. Nothing may be written afterwards. */
CHECKED enum status parquet_writer_finish(struct parquet_writer *writer, struct error *err);
int64_t parquet_writer_size(const struct parquet_writer *writer); /* bytes written so far */
/* Closes the file; one that was not finished stays behind unreadable, for the caller to remove. Accepts NULL. */
void parquet_writer_destroy(struct parquet_writer *writer);

#endif
