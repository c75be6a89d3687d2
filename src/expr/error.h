/* error.h - what an error that was kept as a value says once it surfaces. */
#ifndef LEAT_EXPR_ERROR_H
#define LEAT_EXPR_ERROR_H

#include "expr/expr.h"

/* Fills err with st in PostgreSQL's words and the position of the call in e (may be NULL) that most likely raised it: a batch keeps
 * only the code of an error, so "integer out of range" is told from "bigint out of range" by the types of e's calls. */
void expr_row_error(const struct expr *e, enum status st, struct error *err);

#endif
