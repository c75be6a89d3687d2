/* optimizer.h - the steps of plan_optimize, in the order in which they run. Each takes a plan and gives one that computes the same;
 * nodes are made anew where they change, so a plan that is shared is never altered under another reader. */
#ifndef LEAT_PLAN_OPTIMIZER_H
#define LEAT_PLAN_OPTIMIZER_H

#include "plan/internal.h"

/* A CTE node is rewritten once, at its first parent. */
struct cte_memo {
    const struct plan **before;
    struct plan **after;
    uint32_t count;
    uint32_t capacity;
};
struct optimizer {
    const struct text_context *text;
    struct arena *arena;
    struct error *err;
    struct cte_memo memo; /* of the step that runs; on the heap */
};

struct plan *memo_find(const struct optimizer *o, const struct plan *cte);
void memo_add(struct optimizer *o, const struct plan *cte, struct plan *rewritten);

/* simplify.c: CTEs used once take their place, constants are folded, nested unions become one, filters of TRUE go. */
struct plan *optimize_simplify(struct optimizer *o, struct plan *p);
/* join_order.c: no cross products where equalities tie the inputs in another order. */
struct plan *optimize_join_order(struct optimizer *o, struct plan *p);
/* pushdown.c: predicates go as far down as they can; joins get keys. */
CHECKED enum status optimize_pushdown(struct optimizer *o, struct plan *p, struct plan **out);
/* prune_columns.c: columns that nobody reads go, down to scans and files. */
struct plan *optimize_columns(struct optimizer *o, struct plan *p);
/* merge_project.c: projections over projections become one; those that do nothing go. */
struct plan *optimize_projects(struct optimizer *o, struct plan *p);

/* ---- predicates as lists of what AND joins ---- */
struct predicates {
    struct expr **list;
    uint32_t count;
    uint32_t capacity;
};
void predicates_add(struct predicates *all, struct expr *e, struct arena *arena); /* an AND is taken apart */
struct expr *predicates_join(const struct predicates *all, struct arena *arena);  /* NULL for none */
/* Which columns e reads: some below split, some from it on. */
enum side { SIDE_NONE = 0, SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_BOTH = 3 };
enum side expr_side(const struct expr *e, uint32_t split);
/* A copy that reads column c - shift. */
struct expr *expr_shift(const struct expr *e, uint32_t shift, struct arena *arena);

/* join_key.c: a join of inputs whose condition is all of conditions, over left then right columns. Equalities between sides become keys,
 * computed below if they are more than columns; then a projection on top restores the join's columns. */
CHECKED enum status join_with_keys(struct optimizer *o, const struct plan *join, struct plan *left, struct plan *right,
                                   const struct predicates *conditions, struct plan **out);
/* prune_files.c: what the predicates say of single columns, for skipping row groups and files. */
void files_add_prunes(struct optimizer *o, struct plan *files, const struct predicates *predicates);

/* A projection; columns take the names and types given by schema. */
struct plan *make_project(struct plan *input, struct expr **expressions, const struct schema *schema,
                          struct arena *arena);
struct plan *make_filter(struct plan *input, struct expr *predicate, struct arena *arena);

#endif
