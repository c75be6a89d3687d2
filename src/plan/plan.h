/* plan.h - the plan tree: what sql/ produces and exec/ consumes.
 *
 * A plan is logical: it says what is computed, over which inputs, and which
 * columns. It is read-only once built and lives in one arena. The same plan runs
 * bounded (one epoch) and live (many).
 */
#ifndef LEAT_PLAN_PLAN_H
#define LEAT_PLAN_PLAN_H

#include "catalog/catalog.h"
#include "data/row_key.h"
#include "expr/aggregate.h"
#include "expr/expr.h"

enum plan_kind {
    PLAN_SCAN,      /* a relation of the catalog */
    PLAN_FILES,     /* files by path or glob */
    PLAN_VALUES,    /* rows of expressions over no input */
    PLAN_SERIES,    /* generate_series(start, stop [, step]) */
    PLAN_FILTER,
    PLAN_PROJECT,
    PLAN_AGGREGATE, /* GROUP BY; DISTINCT too (all columns as keys, no calls) */
    PLAN_JOIN,
    PLAN_UNION_ALL,
    PLAN_SORT,
    PLAN_LIMIT,     /* over a SORT it is a top-N; without ORDER BY a view takes the canonical order */
    PLAN_CTE        /* a subplan used more than once: shared by pointer, computed once */
};

struct aggregate_call {
    enum aggregate_id id;
    struct type argument_type;
    struct type type;        /* of the result */
    int32_t argument;        /* input column, -1 for count(*) */
    int32_t filter;          /* input column of type boolean, or -1 */
    bool distinct;
    int position;
};

enum join_kind { JOIN_INNER, JOIN_LEFT, JOIN_SEMI, JOIN_ANTI };

/* One end of a range that a files scan may use to skip row groups and files: column OP constant. */
enum prune_operator { PRUNE_EQUAL, PRUNE_LESS, PRUNE_LESS_EQUAL, PRUNE_GREATER, PRUNE_GREATER_EQUAL };
struct prune {
    uint32_t column; /* index into the node's columns */
    enum prune_operator operator_;
    struct vector constant; /* of the column's type */
};

struct plan {
    enum plan_kind kind;
    struct schema schema; /* of the output */
    uint32_t input_count;
    struct plan **inputs;
    int position;

    /* What the planner knows of the output when the plan is live. */
    bool append_only;          /* never retracts */
    uint32_t key_count;        /* a unique key of the output, if known */
    uint32_t *key;

    union {
        struct {
            struct relation *relation; /* the plan holds a reference; plan_release */
            uint32_t column_count;
            uint32_t *columns;         /* indexes into the relation's schema, or HIDDEN_BASE + n; in output order */
        } scan;
        struct {
            const char *path;          /* as written: path, glob or folder */
            const char *format;        /* "parquet", "csv", "json", or NULL: by name */
            uint32_t option_count;
            struct option *options;    /* named options of read_csv(...), ... */
            struct schema file_schema; /* all columns, key=value folders' at the end */
            uint32_t column_count;
            uint32_t *columns;         /* into file_schema, in output order */
            uint32_t prune_count;
            struct prune *prunes;
            void *binding;             /* what connect/ found when it looked (file list, footers); owned by the plan's arena */
        } files;
        struct {
            uint32_t row_count;
            struct expr ***rows; /* [row][column] */
        } values;
        struct {
            struct expr *start, *stop, *step; /* constants; step NULL: 1 */
        } series;
        struct {
            struct expr *predicate;
        } filter;
        struct {
            struct expr **expressions; /* one per output column */
        } project;
        struct {
            uint32_t group_count;
            uint32_t *groups;          /* input columns; output columns are the groups, then the calls */
            uint32_t call_count;
            struct aggregate_call *calls;
        } aggregate;
        struct {
            enum join_kind kind;
            uint32_t key_count;
            uint32_t *left_keys;       /* columns of inputs[0] */
            uint32_t *right_keys;      /* columns of inputs[1]; of the same types */
            bool null_equal;           /* IS NOT DISTINCT FROM semantics for all keys */
            struct expr *condition;    /* over left columns then right columns, or NULL. LEFT: part of ON */
        } join;
        struct {
            uint32_t key_count;
            struct sort_key *keys;
        } sort;
        struct {
            int64_t limit;             /* -1: none */
            int64_t offset;
        } limit;
    };
};

struct plan *plan_create(enum plan_kind kind, uint32_t input_count, struct arena *arena);
/* Visits each node once, inputs before their parent. p may be NULL. */
typedef void plan_visit(const struct plan *p, void *context);
void plan_walk(const struct plan *p, plan_visit *visit, void *context);
/* Takes a reference on the relation of every scan, and drops those. The nodes go with their arena. p may be NULL. */
void plan_reference(const struct plan *p);
void plan_release(struct plan *p);
/* Rewrites: constant folding, predicate pushdown (through projections, unions, joins, into file scans as prunes), column pruning,
 * equi-join keys out of conditions, projection merging. The result may share nodes. It takes no references and drops none: who holds
 * those of p calls plan_reference(*out), then plan_release(p). */
CHECKED enum status plan_optimize(struct plan *p, const struct text_context *text, struct arena *arena, struct plan **out,
                                  struct error *err);
/* Fills append_only and key from the leaves up, for a live run. */
void plan_infer(struct plan *p);
/* EXPLAIN's text: one node a line, indented, with columns, keys, predicates; for a live plan what state each operator keeps. */
void plan_print(const struct plan *p, bool live, struct buffer *out);
void plan_print_json(const struct plan *p, bool live, struct buffer *out);
/* A text equal exactly for plans that compute the same, names aside: the fingerprint of operator state. */
void plan_put_canonical(const struct plan *p, struct buffer *out);
/* Relations read, each once, in order of first use; array in arena. */
struct relation **plan_relations(const struct plan *p, struct arena *arena, uint32_t *count);
bool plan_is_files_only(const struct plan *p);

#endif
