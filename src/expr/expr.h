/* expr.h - typed expression trees over the columns of one input row, and their evaluation over batches.
 *
 * A tree is built by the binder (sql/), is read-only afterwards and lives in its
 * plan's arena. Types are final: casts are explicit calls. Evaluation never
 * aborts: an error is a value of its row (data/vector.h). AND, OR, CASE and
 * COALESCE absorb errors as they absorb NULL (false AND error is false, in both
 * orders), so plans may reorder.
 */
#ifndef LEAT_EXPR_EXPR_H
#define LEAT_EXPR_EXPR_H

#include "data/batch.h"
#include "data/text.h"

struct function;
struct in_list;
struct error_words;

enum expr_kind {
    EXPR_COLUMN,   /* column of the input batch */
    EXPR_CONSTANT, /* constant: a CONSTANT vector */
    EXPR_CALL,     /* function(arguments); casts, operators, IS NULL, LIKE, ... are functions */
    EXPR_AND,      /* n-ary, three-valued */
    EXPR_OR,
    EXPR_CASE,     /* arguments: when1, then1, when2, then2, ..., else (always there; searched form) */
    EXPR_COALESCE,
    EXPR_IN        /* arguments[0] IN (arguments[1..]): all constants of the same type as the first; NULL rules of SQL */
};

struct expr {
    enum expr_kind kind;
    struct type type;
    int position;                    /* 1-based in the statement's text, 0 = none */
    uint32_t column;                 /* EXPR_COLUMN */
    struct vector constant;          /* EXPR_CONSTANT */
    const struct function *function; /* EXPR_CALL */
    uint32_t argument_count;
    struct expr **arguments;
    uint32_t size;                   /* nodes of the tree, shared ones as often as they are met, without IN's constants; UINT32_MAX: or more */
    const struct in_list *in_list;   /* EXPR_IN: its constants, sorted; made by expr_list */
};

/* Trees may share parts, so a short text can mean a huge tree: what is larger than this is refused (the binder) or not made (the planner). */
enum { EXPR_SIZE_MAX = 1 << 18 };

/* What evaluation may depend on beside its row. One per running operator instance; used by one thread at a time. */
struct evaluation {
    struct arena *arena;         /* results live here; the caller resets it between batches */
    struct text_context text;    /* zone; now_us = the statement's or the epoch's time */
    struct error_words *words;   /* where a row's error leaves its words (expr/error.h); NULL: it keeps its status alone */
    struct error *error;         /* for kernels: where the words of a row's error are wanted; else NULL */
};

/* Evaluates e over the rows of in that take part; *out is indexed by row number like in's columns and may share their memory.
 * Fails only when memory is out. */
CHECKED enum status expr_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                  struct vector *out, struct error *err);
/* Narrows to the rows for which the boolean e is true: writes their row numbers (ascending) to selection (room for BATCH_ROWS_MAX).
 * Rows for which e is in error pass too; *row_errors (arena, by row) then holds their code beside in's own, else in->row_errors. */
CHECKED enum status expr_filter(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                uint16_t *selection, uint32_t *selected_count, const uint8_t **row_errors, struct error *err);

/* ---- building ---- */
struct expr *expr_column(uint32_t column, struct type type, struct arena *arena);
/* value NULL: SQL NULL; the bytes of strings are copied. With TYPE_NULL it is a literal of unknown type, as '...' in SQL text:
 * value is then its text as a struct string; function_bind, type_common and expr_cast give it a type. */
struct expr *expr_constant(struct type type, const void *value, struct arena *arena);
struct expr *expr_call(const struct function *f, struct type type, struct expr **arguments, uint32_t count, struct arena *arena);
struct expr *expr_list(enum expr_kind kind, struct type type, struct expr **arguments, uint32_t count, struct arena *arena);
/* Wraps e in a cast to type unless it has it; implicit follows PostgreSQL's implicit casts, else assignment and explicit ones too.
 * STATUS_CANNOT_COERCE / STATUS_DATATYPE_MISMATCH naming both types. Constants are folded; a literal that does not fit fails here. */
enum cast_context { CAST_IMPLICIT, CAST_ASSIGNMENT, CAST_EXPLICIT };
CHECKED enum status expr_cast(struct expr *e, struct type type, enum cast_context context, const struct text_context *text,
                              struct arena *arena, struct expr **out, struct error *err);
bool cast_exists(struct type from, struct type to, enum cast_context context);
/* The common type of UNION, CASE, COALESCE, VALUES, IN by PostgreSQL's rules; types may contain TYPE_NULL (unknown).
 * STATUS_DATATYPE_MISMATCH. */
CHECKED enum status type_common(const struct type *types, uint32_t count, const char *construct, struct type *out, struct error *err);
/* Replaces calls of immutable functions over constants by their value. Errors stay calls (they may be absorbed). */
struct expr *expr_fold(struct expr *e, const struct text_context *text, struct arena *arena);

/* ---- looking ---- */
bool expr_equal(const struct expr *a, const struct expr *b);
bool expr_is_constant(const struct expr *e);
bool expr_is_volatile(const struct expr *e); /* random(), clock_timestamp(), ... */
/* Sets bits[c] for each input column c that e reads. */
void expr_columns_used(const struct expr *e, uint64_t *bits);
/* A copy with column c replaced by map[c] (or by the expression by_column[c] if that is not NULL). */
struct expr *expr_remap(const struct expr *e, const uint32_t *map, struct expr *const *by_column, struct arena *arena);
/* SQL-like text for EXPLAIN; column names from schema (NULL: #n). */
void expr_print(const struct expr *e, const struct schema *schema, struct buffer *out);
/* A text that is equal exactly for equal expressions, for plan fingerprints. */
void expr_put_canonical(const struct expr *e, struct buffer *out);

#endif
