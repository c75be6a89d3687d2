/* function.h - the one const table of scalar functions and operators; it drives binding, SHOW FUNCTIONS and docs/sql.md. */
#ifndef LEAT_EXPR_FUNCTION_H
#define LEAT_EXPR_FUNCTION_H

#include "expr/expr.h"

enum volatility { VOLATILITY_IMMUTABLE, VOLATILITY_STABLE, VOLATILITY_VOLATILE };

/* Computes out (FLAT or CONSTANT, initialised by the kernel) for all rows of arguments; strict functions are called with NULL
 * and error rows already known: the caller merges validity and errors of the arguments into out afterwards. */
typedef void function_kernel(const struct expr *call, const struct vector *arguments, const struct batch *in,
                             struct evaluation *evaluation, struct vector *out);

enum { FUNCTION_ARGUMENTS_MAX = 7 };
struct function {
    const char *name;        /* "lower"; operators by their sign: "+", "~~" (LIKE), "||"; casts: "cast" */
    const char *signature;   /* "text, integer = text": for SHOW FUNCTIONS and the docs, PostgreSQL's names */
    uint8_t argument_count;
    bool variadic;           /* the last argument may be repeated (concat, greatest) */
    bool strict;             /* NULL in, NULL out */
    uint8_t volatility;
    uint8_t arguments[FUNCTION_ARGUMENTS_MAX]; /* enum type_id; 255 = any */
    uint8_t result;          /* enum type_id; 255 = as the first argument */
    /* Result modifiers from the arguments' types (numeric precision and scale); NULL: none. */
    struct type (*result_type)(const struct type *arguments, uint32_t count);
    function_kernel *kernel;
    const char *summary;     /* one line for the docs */
};
extern const struct function FUNCTIONS[];
extern const uint32_t FUNCTION_COUNT;
/* PostgreSQL's overloads that leat lacks: name and arguments alone, no kernel. Only function_bind() looks at them. */
extern const struct function ABSENT_FUNCTIONS[];
extern const uint32_t ABSENT_FUNCTION_COUNT;

/* Finds the function or operator for these argument types by PostgreSQL's rules (exact, then implicit casts, preferred types,
 * unknown literals) and builds the call with the casts it needs. Aggregates are not here. STATUS_UNDEFINED_FUNCTION worded as
 * PostgreSQL does ("function foo(integer) does not exist", "operator does not exist: text + integer") with its hint,
 * STATUS_AMBIGUOUS_FUNCTION; STATUS_FEATURE_NOT_SUPPORTED where PostgreSQL's choice is one that leat does not have. */
CHECKED enum status function_bind(const char *name, bool is_operator, struct expr **arguments, uint32_t count, int position,
                                  const struct text_context *text, struct arena *arena, struct expr **out, struct error *err);

#endif
