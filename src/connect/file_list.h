/* file_list.h - the files that a path, glob or folder stands for. For this folder only.
 *
 * Globs: * ? [a-z] within a name, ** for any number of folders. Names that begin
 * with '_' or '.' are passed over unless the pattern says so. A folder stands
 * for all files below it. Files come in order of their paths.
 */
#ifndef LEAT_CONNECT_FILE_LIST_H
#define LEAT_CONNECT_FILE_LIST_H

#include "connect/file_source.h"

enum { FILE_COUNT_MAX = 1000000, FOLDER_DEPTH_MAX = 64 };

struct file_item {
    const char *path;
    int64_t size;
};
struct file_list {
    struct file_item *items; /* in the arena */
    uint32_t count, capacity;
};

/* 58P01 naming a pattern that matches nothing, 42501 for a file outside of what access allows. */
CHECKED enum status file_list_find(const struct file_access *access, const char *pattern, struct arena *arena, struct file_list *out,
                                   struct error *err);

#endif
