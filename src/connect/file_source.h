/* file_source.h - Parquet, CSV and JSON files as sources: paths, globs, folders with key=value names, gzip and zstd seen through. */
#ifndef LEAT_CONNECT_FILE_SOURCE_H
#define LEAT_CONNECT_FILE_SOURCE_H

#include "exec/source.h"
#include "os/os.h"
#include "plan/plan.h"

/* What may be read: root NULL = everything (a shell); "" = nothing (42501 naming the option --files); else only below root. */
struct file_access {
    struct os *os;
    const char *root;
};
/* Resolves the path of a PLAN_FILES node (path, format, options set) and fills in format, file_schema, schema, columns (all) and
 * binding. 58P01 naming a glob that matches nothing; files that disagree: an error naming both; XX001 for a damaged footer. */
CHECKED enum status file_source_describe(const struct file_access *access, struct plan *node, struct arena *arena, struct error *err);
/* A source for a described node; node->files.columns and prunes choose. Row groups, and byte ranges of CSV and newline JSON, are morsels. */
CHECKED enum status file_source_create(const struct file_access *access, const struct plan *node, struct source **out, struct error *err);
/* Whether path is inside what access allows, symbolic links resolved; 42501 naming --files if not. */
CHECKED enum status file_access_check(const struct file_access *access, const char *path, struct error *err);

#endif
