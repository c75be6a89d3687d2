/* parquet_file.h - what a reader knows, shared by the files that read Parquet. Not for other folders. */
#ifndef LEAT_FORMAT_PARQUET_FILE_H
#define LEAT_FORMAT_PARQUET_FILE_H

#include "format/parquet_metadata.h"
#include "format/parquet_reader.h"

/* Immutable once open. */
struct parquet_reader {
    struct os *os;
    int fd;
    const char *path;
    int64_t data_end; /* where the footer begins: no page lies beyond */
    struct parquet_reader_options options;
    struct arena *arena;
    struct parquet_metadata metadata;
    struct schema schema;
    struct parquet_leaf *leaves; /* by column of schema */
};

#endif
