/* parquet_convert.h - stored values (format/parquet_values.h) to leat's physical form. */
#ifndef LEAT_FORMAT_PARQUET_CONVERT_H
#define LEAT_FORMAT_PARQUET_CONVERT_H

#include "base/arena.h"
#include "format/parquet_format.h"

/* Converts count values; false at the first that has no form in the leaf's type: *bad_index is its number, *st and
 * *problem (static) say why. truncate_nanoseconds as in the reader's options. out may not overlap stored. Strings longer
 * than 12 bytes point to the stored bytes; numbers beyond 38 digits are in arena. */
bool parquet_convert(const struct parquet_leaf *leaf, bool truncate_nanoseconds, const void *stored, size_t count, void *out,
                     struct arena *arena, size_t *bad_index, enum status *st, const char **problem);

#endif
