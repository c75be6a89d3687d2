/* select.h - one SELECT being bound: shared by the files that do its parts. */
#ifndef LEAT_SQL_SELECT_H
#define LEAT_SQL_SELECT_H

#include "sql/bind.h"

struct target {
    const char *name;
    struct expr *e;
    bool is_hidden; /* an ORDER BY expression that is not in the list */
    int position;
};
struct select {
    struct binder *b;
    const PgQuery__SelectStmt *tree;
    struct from_item from;
    struct aggregates aggregates;
    struct target *targets;
    uint32_t target_count;
    uint32_t target_capacity;
    uint32_t visible_count; /* the first ones */
    struct expr **groups;
    uint32_t group_count;
    struct expr *having;
    struct sort_key *sort_keys; /* columns are targets */
    uint32_t sort_key_count;
    /* INSERT's columns, or NULL: the types that 'literals' at the top take. */
    const struct type *types;
    uint32_t type_count;
    bool keeps_unknown; /* a branch of UNION: 'literals' wait for the common type */
};

struct expr_context select_context(struct select *s, const char *construct);
/* select_target.c */
CHECKED enum status select_bind_targets(struct select *s);
/* select_order.c: GROUP BY and ORDER BY, whose items may be ordinals, output names or expressions. */
CHECKED enum status select_bind_groups(struct select *s);
CHECKED enum status select_bind_order(struct select *s);
/* select_aggregate.c: puts the aggregation over *plan and rewrites targets and HAVING to its columns. */
CHECKED enum status select_aggregate(struct select *s, struct plan **plan);

#endif
