/* bind.h - what the files of the binder share: one statement being bound, scopes, and who binds what.
 *
 * A query's FROM makes a plan and a scope over that plan's columns; expressions
 * are bound against a scope; select.c puts the operators on top.
 */
#ifndef LEAT_SQL_BIND_H
#define LEAT_SQL_BIND_H

#include "expr/function.h"
#include "sql/parse.h"
#include "sql/sql.h"

/* ---- scope: what names mean ---- */
struct scope_table {
    const char *schema_name;      /* for a.b.c references; NULL: none */
    const char *name;             /* alias, or the relation's name */
    uint32_t first;               /* its first column in the row */
    uint32_t column_count;        /* visible ones */
    const struct column *columns; /* visible, then hidden */
    uint32_t hidden_count;
    struct relation *relation; /* of a plain scan, else NULL; held by the binder */
};
/* A column as an unqualified name and as * see it, in the order of *. */
struct scope_column {
    const char *name;
    uint32_t table;     /* index; for a column merged by USING, of the side that it is taken from */
    uint32_t column;    /* in the row */
    struct type type;   /* of the row's column */
    struct type merged; /* what USING makes of it; the same as type elsewhere */
};
struct scope {
    const struct scope *parent; /* of the query around, to bind correlation or to name it in an error; NULL: none */
    uint32_t table_count;
    struct scope_table *tables;
    uint32_t column_count;
    struct scope_column *columns;
};
/* A FROM item: its rows and their names. */
struct from_item {
    struct plan *plan;
    struct scope scope;
};

struct cte {
    const char *name;
    struct plan *plan;      /* a PLAN_CTE node; plan_optimize inlines the ones used once */
    const struct cte *next; /* outer ones; names found first win */
};

struct relation_references {
    struct relation **relations;
    uint32_t count;
    uint32_t capacity;
};

/* One text being bound. A view's query has a binder of its own that shares references and depth. */
struct binder {
    const struct sql_environment *environment;
    const struct dialect *dialect;
    struct text_context text;
    struct arena *arena;
    struct error *err;
    const struct cte *ctes;
    struct relation_references *references; /* one reference each, dropped by sql_bind */
    uint32_t depth;                         /* of recursion: expressions, queries, views */
    /* sql_parameter_types: how $n are typed by what is around them. NULL elsewhere. */
    struct parameters *parameters;
};
struct parameters {
    uint32_t count;
    struct type *types;    /* TYPE_NULL: not known yet */
    struct expr **markers; /* the constants that stand for them; several may stand for one */
    uint32_t *marker_numbers;
    uint32_t marker_count;
    uint32_t marker_capacity;
};

int bind_position(const struct binder *b, int32_t location);
/* Where the text of an expression begins, as PostgreSQL's errors point at it; -1: not known. */
int32_t bind_location(const PgQuery__Node *node);
/* 0A000 at a location. */
enum status bind_unsupported(struct binder *b, int32_t location, const char *format, ...) PRINTF_LIKE(3, 4);
/* The same where the tree keeps no place: the first of these words (blank-separated, as tokens) in the text. */
enum status bind_unsupported_words(struct binder *b, const char *words, const char *format, ...) PRINTF_LIKE(3, 4);
/* Deeper by one; 54001 beyond the limit. Each call that succeeds is undone by b->depth--. */
CHECKED enum status bind_enter(struct binder *b);
/* A relation by name; held until the statement is bound. 42P01 with a HINT, 3F000. Search path: the session's. */
CHECKED enum status bind_relation(struct binder *b, const char *schema_name, const char *name, int32_t location,
                                  bool missing_ok, struct relation **out);
/* Keeps the caller's reference until the statement is bound. */
void bind_hold(struct binder *b, struct relation *r);
/* The value of a String node. */
const char *bind_string(const PgQuery__Node *node);

/* ---- scope.c ---- */
enum { OUTER_BASE = 1 << 20 }; /* columns of the query around: OUTER_BASE + column, until the subquery becomes a join */
CHECKED enum status scope_resolve(struct binder *b, const struct scope *scope, const PgQuery__ColumnRef *ref,
                                  bool allow_outer, struct expr **out);
/* Whether a bare name is a column of this scope alone. Ambiguous counts. */
bool scope_has_column(const struct scope *scope, const char *name);
/* "t.x" of a column of the row. */
const char *scope_column_name(const struct scope *scope, uint32_t column, struct arena *arena);
/* The names of a plan's columns under one table name. */
void scope_of_plan(const struct plan *p, const char *schema_name, const char *name, struct arena *arena,
                   struct scope *out);

/* ---- expr.c and its parts ---- */
enum { AGGREGATE_BASE = 1 << 24 }; /* aggregate calls as columns until select.c knows where they are computed */
struct bound_aggregate {
    enum aggregate_id id;
    struct expr *argument; /* NULL: count(*) */
    struct expr *filter;   /* NULL: none */
    bool distinct;
    struct type type;
    int position;
};
struct aggregates {
    struct bound_aggregate *calls;
    uint32_t count;
    uint32_t capacity;
};
struct expr_context {
    struct binder *b;
    const struct scope *scope;
    const char *construct; /* "WHERE", "JOIN conditions", ...: where aggregates are not allowed; NULL: they are */
    struct aggregates *aggregates; /* NULL as construct is not */
    bool in_aggregate;
    bool allow_outer;
    bool allow_default;     /* the binder of INSERT's VALUES looks at DEFAULT itself */
    struct from_item *from; /* scalar subqueries are joined to it; NULL: they are not possible here */
};
CHECKED enum status bind_expr(struct expr_context *c, const PgQuery__Node *node, struct expr **out);
/* Boolean, or 42804 "argument of WHERE must be type boolean, not type integer". */
CHECKED enum status bind_condition(struct expr_context *c, const PgQuery__Node *node, const char *construct,
                                   struct expr **out);
/* 'literals' of unknown type become text. */
CHECKED enum status bind_resolve_unknown(struct binder *b, struct expr *e, struct expr **out);
CHECKED enum status bind_cast(struct binder *b, struct expr *e, struct type type, enum cast_context context,
                              struct expr **out);
CHECKED enum status bind_call(struct binder *b, const char *name, bool is_operator, struct expr **arguments,
                              uint32_t count, int position, struct expr **out);
/* Whether name is one of count names, letter by letter. */
bool bind_is_listed(const char *name, const char *const *names, size_t count);
/* Whether some function of expr/ has this name. */
bool bind_is_function(const char *name);
CHECKED enum status bind_function(struct expr_context *c, const PgQuery__FuncCall *call, struct expr **out);
CHECKED enum status bind_arguments(struct expr_context *c, const PgQuery__FuncCall *call, struct expr ***out);
/* 42883 "function f(integer) does not exist". */
enum status bind_fail_function(struct binder *b, const char *name, struct expr *const *arguments, uint32_t count,
                               int position);
CHECKED enum status bind_operator(struct expr_context *c, const PgQuery__AExpr *e, struct expr **out);
/* Casts all to their common type. */
CHECKED enum status bind_common(struct binder *b, struct expr **expressions, uint32_t count, const char *construct,
                                int position, struct type *type);
/* Whether a type is an interval with fields or a precision behind it: INTERVAL DAY TO SECOND, interval(3). */
bool bind_has_interval_fields(const PgQuery__TypeName *name);
/* Such a type, without the fields. */
struct type bind_interval_type(const PgQuery__TypeName *name);
CHECKED enum status bind_type(struct binder *b, const PgQuery__TypeName *name, struct type *out);
CHECKED enum status bind_sublink(struct expr_context *c, const PgQuery__SubLink *link, struct expr **out);
/* Where a bound expression's text begins: what PostgreSQL points at when the whole of it does not fit. */
int bind_start(const struct expr *e);
struct expr *bind_text_constant(struct binder *b, const char *text, int position);

/* ---- from.c, join.c, table_function.c ---- */
CHECKED enum status bind_from(struct binder *b, PgQuery__Node **items, size_t count, const struct scope *parent,
                              struct from_item *out);
CHECKED enum status bind_from_item(struct binder *b, const PgQuery__Node *node, const struct scope *parent,
                                   struct from_item *out);
CHECKED enum status bind_join(struct binder *b, const PgQuery__JoinExpr *join, const struct scope *parent,
                              struct from_item *out);
CHECKED enum status bind_range_function(struct binder *b, const PgQuery__RangeFunction *f, struct from_item *out);
CHECKED enum status bind_files(struct binder *b, const char *path, const char *format, struct option *options,
                               uint32_t option_count, int32_t location, struct plan **out);
/* Renames the item's columns: FROM x AS name (a, b). */
CHECKED enum status bind_alias(struct binder *b, const PgQuery__Alias *alias, struct from_item *item);
/* A scan of all columns, the hidden ones last; views by their query. */
CHECKED enum status bind_scan(struct binder *b, struct relation *r, int32_t location, struct plan **out);
struct plan *bind_cross_join(struct plan *left, struct plan *right, struct arena *arena);
/* WHERE's subqueries: [NOT] EXISTS (...) and x IN (SELECT ...) as semi and anti joins over item. *done: it was one. */
CHECKED enum status bind_where_subquery(struct binder *b, const PgQuery__Node *conjunct, struct from_item *item,
                                        bool *done);

/* ---- select.c and its parts ---- */
CHECKED enum status bind_query(struct binder *b, const PgQuery__SelectStmt *select, const struct scope *parent,
                               struct plan **out);
/* The same at the top of INSERT: 'literals' take the types of the columns they go to. */
CHECKED enum status bind_query_for(struct binder *b, const PgQuery__SelectStmt *select, const struct type *types,
                                   uint32_t type_count, struct plan **out);
/* A branch of UNION: columns that are 'literals' keep TYPE_NULL (in a projection on top) until the common type is known. */
CHECKED enum status bind_branch(struct binder *b, const PgQuery__SelectStmt *select, struct plan **out);
CHECKED enum status bind_with(struct binder *b, const PgQuery__WithClause *with);
CHECKED enum status bind_values(struct binder *b, PgQuery__Node **rows, size_t row_count, struct plan **out);
CHECKED enum status bind_set_operation(struct binder *b, const PgQuery__SelectStmt *select, struct plan **out);
/* ORDER BY (when only names and ordinals can be meant), LIMIT and OFFSET over a finished query. */
CHECKED enum status bind_limit(struct binder *b, const PgQuery__SelectStmt *select, struct plan *input,
                               struct plan **out);
CHECKED enum status bind_sort_by_name(struct binder *b, const PgQuery__SelectStmt *select, struct plan *input,
                                      const char *construct, struct plan **out);
void bind_sort_direction(const PgQuery__SortBy *by, struct sort_key *key);
/* A query that stands in a statement's tree. */
CHECKED enum status bind_query_node(struct binder *b, const PgQuery__Node *node, struct plan **out);

struct plan *bind_filter(struct plan *input, struct expr *predicate, struct arena *arena);
/* name[i] may be NULL: "?column?". */
struct plan *bind_project(struct plan *input, struct expr **expressions, const char *const *names, uint32_t count,
                          struct arena *arena);

/* ---- statements ---- */
CHECKED enum status bind_statement(struct binder *b, const PgQuery__Node *node, struct statement *out);
CHECKED enum status bind_create_table(struct binder *b, const PgQuery__CreateStmt *create, struct statement *out);
CHECKED enum status bind_create_as(struct binder *b, const PgQuery__CreateTableAsStmt *create, struct statement *out);
CHECKED enum status bind_create_view(struct binder *b, const PgQuery__ViewStmt *create, struct statement *out);
CHECKED enum status bind_create_sink(struct binder *b, const PgQuery__Node *query, struct statement *out);
CHECKED enum status bind_drop(struct binder *b, const PgQuery__DropStmt *drop, struct statement *out);
CHECKED enum status bind_create_role(struct binder *b, const PgQuery__CreateRoleStmt *create, struct statement *out);
CHECKED enum status bind_insert(struct binder *b, const PgQuery__InsertStmt *insert, struct statement *out);
CHECKED enum status bind_copy(struct binder *b, const PgQuery__CopyStmt *copy, struct statement *out);
CHECKED enum status bind_show(struct binder *b, struct statement *out);
/* DESCRIBE of a query: a row for each column that it gives. */
CHECKED enum status bind_describe_query(struct binder *b, const PgQuery__Node *query, struct statement *out);
CHECKED enum status bind_session(struct binder *b, const PgQuery__Node *node, bool *done, struct statement *out);
CHECKED enum status bind_subscribe(struct binder *b, const PgQuery__Node *query, struct statement *out);
CHECKED enum status bind_subscribe_options(struct binder *b, bool *snapshot, bool *progress, const char **as_of);

#endif
