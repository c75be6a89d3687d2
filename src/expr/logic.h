/* logic.h - the kinds of expressions that evaluate their arguments for some rows only. For the files of expr/ only. */
#ifndef LEAT_EXPR_LOGIC_H
#define LEAT_EXPR_LOGIC_H

#include "expr/expr.h"

/* AND and OR: a deciding argument (false, true) wins over an error, an error over NULL. */
CHECKED enum status logic_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                   struct vector *out, struct error *err);
/* A row takes the first branch whose condition is true; a condition in error is the row's error. */
CHECKED enum status case_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                  struct vector *out, struct error *err);
/* A row takes the first argument that is not NULL, be it an error. */
CHECKED enum status coalesce_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                      struct vector *out, struct error *err);

#endif
