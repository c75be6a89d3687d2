/* compare.h - order and equality of two values of one type, as ORDER BY and = see them.
 *
 * Text by bytes; char(n) without trailing blanks; -0 equals 0; NaN equals NaN
 * and is above all numbers; numerics by value whatever their scale.
 */
#ifndef LEAT_DATA_COMPARE_H
#define LEAT_DATA_COMPARE_H

#include "data/vector.h"

/* -1, 0, 1. Both in the type's physical form. */
int value_compare(struct type type, const void *a, const void *b);

#endif
