/* parquet_reader.h - Apache Parquet files to batches.
 *
 * A reader holds the decoded footer of one file: immutable once open, usable
 * from many threads. Rows come from cursors: one per (row group, list of
 * columns), each used by one thread at a time; any number may be open.
 *
 * Files are read, not mapped: a file that somebody shortens meanwhile gives an
 * error and not a signal, and resident memory is one page per column.
 *
 * Columns are the file's top-level fields, in order. A nested or repeated one,
 * or one of a type that leat does not have, is listed with TYPE_NULL and a
 * reason (parquet_reader_refusal); only selecting it fails.
 *
 * Types: integers by width (uint8 -> int2, uint16 -> int4, uint32 -> int8, uint64 -> numeric(20)); decimals numeric(p,s), beyond
 * 38 digits numeric without modifiers; string and enum text, json json, bson and plain byte arrays bytea; float16 real; uuid,
 * date, time, interval; timestamps by their UTC flag timestamptz or timestamp, INT96 timestamp (Spark and Hive mean UTC).
 *
 * Errors read `"x.parquet": row group 2, column amount, byte 12345: ...`;
 * damage is STATUS_CORRUPT, encryption and unknown features are
 * STATUS_FEATURE_NOT_SUPPORTED, text that is not UTF-8 is STATUS_INVALID_ENCODING.
 */
#ifndef LEAT_FORMAT_PARQUET_READER_H
#define LEAT_FORMAT_PARQUET_READER_H

#include "data/batch.h"
#include "os/os.h"

struct parquet_reader;
struct parquet_cursor;

struct parquet_reader_options {
    bool truncate_nanoseconds; /* drop digits below a microsecond (towards the past) instead of failing */
    bool binary_as_text;       /* byte arrays without a logical type are text, as old writers mean them */
    size_t page_size_limit;    /* largest decompressed page in bytes; 0 = 512 MiB */
    size_t footer_size_limit;  /* largest footer in bytes; 0 = 256 MiB */
};

/* Opens path and reads its footer. options may be NULL (all defaults). os must outlive the reader; *out is the caller's to
 * close, after its cursors. STATUS_UNDEFINED_FILE, STATUS_IO_ERROR, STATUS_CORRUPT, STATUS_FEATURE_NOT_SUPPORTED (encrypted). */
CHECKED enum status parquet_reader_open(struct os *os, const char *path, const struct parquet_reader_options *options,
                                        struct parquet_reader **out, struct error *err);
void parquet_reader_close(struct parquet_reader *reader); /* accepts NULL */

/* What follows is borrowed from the reader and never fails. */
const struct schema *parquet_reader_schema(const struct parquet_reader *reader);
/* Why a column cannot be read ("is a list"), or NULL if it can. */
const char *parquet_reader_refusal(const struct parquet_reader *reader, uint32_t column);
int64_t parquet_reader_rows(const struct parquet_reader *reader);
const char *parquet_reader_created_by(const struct parquet_reader *reader); /* "" if the file does not say */
/* The file's own key-value metadata; NULL if absent. */
const char *parquet_reader_metadata(const struct parquet_reader *reader, const char *key);
uint32_t parquet_reader_metadata_count(const struct parquet_reader *reader);
void parquet_reader_metadata_at(const struct parquet_reader *reader, uint32_t index, const char **key, const char **value);

uint32_t parquet_reader_row_group_count(const struct parquet_reader *reader);
int64_t parquet_row_group_rows(const struct parquet_reader *reader, uint32_t row_group);
/* Bytes in the file of one column of a row group: what reading it costs. 0 for a refused column. */
int64_t parquet_row_group_size(const struct parquet_reader *reader, uint32_t row_group, uint32_t column);

/* What is known of a column's values in a row group without reading them. Bounds hold but need not be attained: no value
 * that is neither NULL nor NaN lies outside [minimum, maximum]. They are in the column type's physical form. */
struct parquet_statistics {
    int64_t null_count; /* -1 = unknown */
    bool has_minimum;
    bool has_maximum;
    _Alignas(16) uint8_t minimum[16];
    _Alignas(16) uint8_t maximum[16];
};
/* Long strings are borrowed from the reader. Nothing is known of a refused column. */
void parquet_row_group_statistics(const struct parquet_reader *reader, uint32_t row_group, uint32_t column,
                                  struct parquet_statistics *out);

/* A cursor over the rows of one row group; columns (any order, repeats allowed, may be none) are copied. *out is the caller's
 * to destroy. STATUS_FEATURE_NOT_SUPPORTED names a refused column or codec. */
CHECKED enum status parquet_cursor_create(const struct parquet_reader *reader, uint32_t row_group, const uint32_t *columns,
                                          uint32_t column_count, struct parquet_cursor **out, struct error *err);
void parquet_cursor_destroy(struct parquet_cursor *cursor); /* accepts NULL */

/* Fills out with the next 1..2,048 rows, one vector per requested column in request order; row_count 0 is the end. Vectors
 * are DICTIONARY where the page is, else FLAT (a batch that crosses from one to the other is FLAT); validity is NULL when
 * no row is NULL. The dictionary of a column is the same array for as long as its pages share it.
 *
 * Memory: arrays are in arena; dictionaries and long strings are in slabs that out references, so the batch may outlive the
 * cursor and the reader. The references are the caller's: batch_unref(out) when done with it. After an error the cursor
 * stays failed. */
CHECKED enum status parquet_cursor_read(struct parquet_cursor *cursor, struct arena *arena, struct batch *out,
                                        struct error *err);
/* Passes over up to row_count rows without making a batch; *skipped is less only at the end. */
CHECKED enum status parquet_cursor_skip(struct parquet_cursor *cursor, int64_t row_count, int64_t *skipped,
                                        struct error *err);

#endif
