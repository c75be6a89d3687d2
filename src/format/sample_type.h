/* sample_type.h - what type a text looks like, and the type that holds two of them. */
#ifndef LEAT_FORMAT_SAMPLE_TYPE_H
#define LEAT_FORMAT_SAMPLE_TYPE_H

#include "data/type.h"

/* TYPE_BOOL, INT8, NUMERIC, FLOAT8, DATE, TIMESTAMP, TIMESTAMPTZ or TEXT. */
enum type_id sample_type_of_text(const char *text, size_t size);
enum type_id sample_type_of_number(const char *text, size_t size);
/* The narrowest type for both; TYPE_NULL is of a value that tells nothing. */
enum type_id sample_type_join(enum type_id a, enum type_id b);
/* What to make of a column in the end. */
struct type sample_type_final(enum type_id id);

#endif
