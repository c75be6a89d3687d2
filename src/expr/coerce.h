/* coerce.h - which type may become which, and by what function. For the files of expr/ only. */
#ifndef LEAT_EXPR_COERCE_H
#define LEAT_EXPR_COERCE_H

#include "expr/function.h"

/* PostgreSQL's type category letter, and whether the type is its category's preferred one. */
char type_category(enum type_id id);
bool type_is_preferred(enum type_id id);
/* The type that a value of type from takes where a function wants id: a whole number becomes a numeric of just its digits. */
struct type argument_type(struct type from, enum type_id wanted);
/* A constant of numeric type without limits as one of just its digits, in 128 bits where that holds it; else e itself. */
struct expr *numeric_constant_compact(struct expr *e, struct arena *arena);

#endif
