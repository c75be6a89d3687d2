/* file_binding.h - what was found when a PLAN_FILES node was looked at: files, options, columns. For this folder only.
 *
 * Plain memory in the plan's arena, read-only once made. The node's file_schema
 * is the data columns that no folder replaces, then the folders' columns.
 */
#ifndef LEAT_CONNECT_FILE_BINDING_H
#define LEAT_CONNECT_FILE_BINDING_H

#include "connect/folder_column.h"
#include "format/csv.h"
#include "format/parquet_reader.h"
#include "format/sample.h"

enum file_format { FILE_PARQUET, FILE_CSV, FILE_JSON };

struct file_options {
    struct sample_csv_options csv;
    struct parquet_reader_options parquet;
    bool union_by_name;
    bool no_folders;   /* hive_partitioning => false */
    const char *types; /* "name type, name type" in place of those found; NULL: none */
};

struct file_binding {
    enum file_format format;
    struct file_options options;
    struct file_list files;
    struct folder_columns folders;
    struct schema data;         /* columns in the files; of all files, for union_by_name */
    int32_t *data_columns;      /* by column of file_schema: the column of data, or -1 - n for folder column n */
    struct csv_options csv;     /* as found */
    struct schema *file_fields; /* CSV with union_by_name: each file's own fields; else NULL */
    int64_t rows;               /* Parquet: of all files; else -1 */
};

/* Reads the node's named options; 22023 for a bad value or an unknown name. */
CHECKED enum status file_options_read(const struct plan *node, struct file_options *out, struct error *err);
/* The format of node->files.format, or that the name of the first file says. */
CHECKED enum status file_format_find(const struct plan *node, const struct file_list *files, enum file_format *out,
                                     struct file_options *options, struct error *err);
/* Fills in data (and csv, file_fields, rows) from the files. */
CHECKED enum status parquet_files_describe(struct os *os, struct file_binding *b, struct arena *arena, struct error *err);
CHECKED enum status text_files_describe(struct os *os, struct file_binding *b, struct arena *arena, struct error *err);
/* Adds a file's columns to those of the files before: the same, or by name. Text columns widen their types. */
CHECKED enum status file_columns_merge(struct file_binding *b, uint32_t file, const struct schema *columns, struct arena *arena,
                                       struct error *err);

/* Sources of a described node, for files that prunes leave over. */
CHECKED enum status parquet_source_create(struct os *os, const struct plan *node, struct source **out, struct error *err);
CHECKED enum status text_source_create(struct os *os, const struct plan *node, struct source **out, struct error *err);

/* The value of folder column n in a file, a constant. */
static inline const struct vector *file_folder_value(const struct file_binding *b, uint32_t file, uint32_t n)
{
    return &b->folders.values[(size_t)file * b->folders.count + n];
}

#endif
