/* folder_column.h - columns that key=value folder names make. For this folder only. */
#ifndef LEAT_CONNECT_FOLDER_COLUMN_H
#define LEAT_CONNECT_FOLDER_COLUMN_H

#include "connect/file_list.h"

struct folder_columns {
    uint32_t count;
    struct column *columns;
    struct vector *values; /* constants: [file * count + column] */
};

/* Types: bigint if all values are whole numbers, date if all are dates, else text; __HIVE_DEFAULT_PARTITION__ is NULL. Files whose
 * folders have other names are an error naming both. */
CHECKED enum status folder_columns_find(const struct file_list *files, struct arena *arena, struct folder_columns *out,
                                        struct error *err);

#endif
