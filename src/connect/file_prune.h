/* file_prune.h - comparisons that let whole files and row groups be skipped. For this folder only. */
#ifndef LEAT_CONNECT_FILE_PRUNE_H
#define LEAT_CONNECT_FILE_PRUNE_H

#include "connect/file_binding.h"

/* Whether what is known of a column's values rules all rows out. */
bool statistics_are_pruned(const struct prune *p, struct type type, const struct parquet_statistics *s, int64_t row_count);
/* The files that are left: indexes, in arena. *size: their bytes together. */
uint32_t *files_left(const struct plan *node, struct arena *arena, uint32_t *count, int64_t *size);

#endif
