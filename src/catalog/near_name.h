/* near_name.h - the name that was probably meant, for a HINT. */
#ifndef LEAT_CATALOG_NEAR_NAME_H
#define LEAT_CATALOG_NEAR_NAME_H

#include <stdbool.h>

/* Edit distance (insert, delete, change), case-insensitive, cut off at limit + 1. Names beyond 63 bytes are far from all. */
unsigned name_distance(const char *a, const char *b, unsigned limit);
/* Keeps in *best the candidate nearest to name, within distance 2 and less than half of it changed. *best_distance starts at 3. */
void name_consider(const char *name, const char *candidate, const char **best, unsigned *best_distance);

#endif
