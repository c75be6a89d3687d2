/* column_name.h - the names of a file's columns, each of them once. For this folder only. */
#ifndef LEAT_FORMAT_COLUMN_NAME_H
#define LEAT_FORMAT_COLUMN_NAME_H

#include "base/arena.h"
#include "base/map.h"

/* The name of column `index` of a file that calls it given: column0 if that is empty, and a_1 if the names taken so far have
 * an a already, as DuckDB names them. Lives in arena; is taken from now on. The caller clears the map. */
const char *column_name_distinct(struct map *taken, struct bytes given, uint32_t index, struct arena *arena);

#endif
