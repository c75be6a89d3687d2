/* numeric_type.h - precision and scale of results, for the tables of functions. For the files of expr/ only. */
#ifndef LEAT_EXPR_NUMERIC_TYPE_H
#define LEAT_EXPR_NUMERIC_TYPE_H

#include "data/type.h"

/* Exact in 128 bits while 38 digits hold every possible result, else without limits. The scale is PostgreSQL's display scale. */
struct type numeric_type_of_sum(const struct type *arguments, uint32_t count);
struct type numeric_type_of_product(const struct type *arguments, uint32_t count);
struct type numeric_type_of_same(const struct type *arguments, uint32_t count);

#endif
