/* bind_subquery.c - subqueries in expressions.
 *
 * In WHERE, joined by AND: [NOT] EXISTS (...) and x IN (SELECT ...) become semi
 * and anti joins; references to the outer row become join conditions.
 * Elsewhere: a scalar subquery that is an aggregate without GROUP BY, so surely
 * one row, is joined to FROM as more columns.
 */
#include "sql/bind.h"

/* ---- scalar ---- */

static bool is_plain_aggregate(const struct plan *p)
{
    while (p->kind == PLAN_PROJECT)
        p = p->inputs[0];
    return (p->kind == PLAN_AGGREGATE && p->aggregate.group_count == 0) ||
           (p->kind == PLAN_VALUES && p->values.row_count == 1);
}

static enum status bind_scalar(struct expr_context *c, const PgQuery__SubLink *link, struct expr **out)
{
    struct binder *b = c->b;
    struct plan *sub;
    TRY(bind_query(b, link->subselect->select_stmt, c->scope, &sub));
    if (sub->schema.column_count != 1)
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, bind_position(b, link->location),
                            "subquery must return only one column");
    if (c->from == NULL || c->in_aggregate || !is_plain_aggregate(sub)) {
        error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, link->location),
                     "a scalar subquery %s is not supported",
                     c->from == NULL || c->in_aggregate ? "here" : "that may give more than one row");
        error_hint(b->err, "A join, or an aggregate such as max(...) without GROUP BY, does the job.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    uint32_t column = c->from->plan->schema.column_count;
    c->from->plan = bind_cross_join(c->from->plan, sub, b->arena);
    *out = expr_column(column, sub->schema.columns[0].type, b->arena);
    (*out)->position = bind_position(b, link->location);
    return STATUS_OK;
}

enum status bind_sublink(struct expr_context *c, const PgQuery__SubLink *link, struct expr **out)
{
    switch (link->sub_link_type) {
    case PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK:
        if (link->subselect->node_case == PG_QUERY__NODE__NODE_SELECT_STMT)
            return bind_scalar(c, link, out);
        break;
    case PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK:
        bind_unsupported(c->b, link->location, "EXISTS other than as a condition of WHERE joined by AND");
        return STATUS_FEATURE_NOT_SUPPORTED;
    case PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK:
        return bind_unsupported(c->b, link->location,
                                link->n_oper_name == 0
                                    ? "IN (SELECT ...) other than as a condition of WHERE joined by AND"
                                    : "ANY (SELECT ...)");
    case PG_QUERY__SUB_LINK_TYPE__ALL_SUBLINK:
        return bind_unsupported(c->b, link->location, "ALL (SELECT ...)");
    case PG_QUERY__SUB_LINK_TYPE__ARRAY_SUBLINK:
        return bind_unsupported(c->b, link->location, "ARRAY (SELECT ...)");
    default:
        break;
    }
    return bind_unsupported(c->b, link->location, "this kind of subquery");
}

/* ---- semi and anti joins ---- */

static bool reads_outer(const struct expr *e)
{
    if (e->kind == EXPR_COLUMN)
        return e->column >= OUTER_BASE;
    for (uint32_t i = 0; i < e->argument_count; i++)
        if (reads_outer(e->arguments[i]))
            return true;
    return false;
}

/* Outer columns keep their place in the joined row, inner ones come behind them. */
static struct expr *as_joined(const struct expr *e, uint32_t left_count, struct arena *arena)
{
    struct expr *copy = ARENA_NEW(arena, struct expr);
    *copy = *e;
    if (e->kind == EXPR_COLUMN)
        copy->column = e->column >= OUTER_BASE ? e->column - OUTER_BASE : left_count + e->column;
    copy->arguments = ARENA_ARRAY(arena, struct expr *, e->argument_count + 1);
    for (uint32_t i = 0; i < e->argument_count; i++)
        copy->arguments[i] = as_joined(e->arguments[i], left_count, arena);
    return copy;
}

static struct expr *conjunction(struct expr *a, struct expr *b, struct arena *arena)
{
    if (a == NULL || b == NULL)
        return a == NULL ? b : a;
    struct expr **both = ARENA_ARRAY(arena, struct expr *, 2);
    both[0] = a;
    both[1] = b;
    return expr_list(EXPR_AND, type_of(TYPE_BOOL), both, 2, arena);
}

struct subquery {
    struct binder *b;
    const struct from_item *outer;
    struct from_item inner;
    struct expr *condition; /* over the outer row, then the inner one */
};

/* Splits the inner WHERE: what reads the outer row joins, the rest filters. */
static enum status add_inner_condition(struct subquery *q, const PgQuery__Node *node)
{
    if (node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        node->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        uint32_t depth = q->b->depth;
        for (size_t i = 0; i < node->bool_expr->n_args; i++) {
            TRY(bind_enter(q->b)); /* each is a filter of its own, above the one before */
            TRY(add_inner_condition(q, node->bool_expr->args[i]));
        }
        q->b->depth = depth;
        return STATUS_OK;
    }
    bool done;
    TRY(bind_where_subquery(q->b, node, &q->inner, &done));
    if (done)
        return STATUS_OK;
    struct expr_context c = {.b = q->b, .scope = &q->inner.scope, .construct = "WHERE", .allow_outer = true};
    struct expr *e;
    TRY(bind_condition(&c, node, "WHERE", &e));
    if (reads_outer(e))
        q->condition =
            conjunction(q->condition, as_joined(e, q->outer->plan->schema.column_count, q->b->arena), q->b->arena);
    else
        q->inner.plan = bind_filter(q->inner.plan, e, q->b->arena);
    return STATUS_OK;
}

/* A subquery of FROM and WHERE alone may look at the outer row. */
static bool is_simple(const PgQuery__SelectStmt *s)
{
    bool is_plain =
        s->op == PG_QUERY__SET_OPERATION__SETOP_NONE || s->op == PG_QUERY__SET_OPERATION__SET_OPERATION_UNDEFINED;
    return is_plain && s->n_values_lists == 0 && s->with_clause == NULL && s->n_group_clause == 0 &&
           s->having_clause == NULL && s->limit_count == NULL && s->limit_offset == NULL && s->n_from_clause != 0 &&
           s->n_locking_clause == 0;
}

/* An aggregate makes one row out of any, so it is not simple either. */
static bool is_aggregate_call(const PgQuery__Node *node)
{
    enum aggregate_id id;
    return node != NULL && node->node_case == PG_QUERY__NODE__NODE_FUNC_CALL &&
           aggregate_find(bind_string(node->func_call->funcname[node->func_call->n_funcname - 1]), &id);
}

static bool has_aggregate_target(const PgQuery__SelectStmt *s)
{
    for (size_t i = 0; i < s->n_target_list; i++)
        if (is_aggregate_call(s->target_list[i]->res_target->val))
            return true;
    return false;
}

static enum status bind_inner(struct subquery *q, const PgQuery__SelectStmt *select, bool simple)
{
    struct binder *b = q->b;
    if (!simple) {
        TRY(bind_query(b, select, &q->outer->scope, &q->inner.plan));
        scope_of_plan(q->inner.plan, NULL, "subquery", b->arena, &q->inner.scope);
        return STATUS_OK;
    }
    TRY(bind_from(b, select->from_clause, select->n_from_clause, &q->outer->scope, &q->inner));
    return select->where_clause == NULL ? STATUS_OK : add_inner_condition(q, select->where_clause);
}

/* x IN (SELECT y ...): x = y. */
static enum status add_membership(struct subquery *q, const PgQuery__SubLink *link, const PgQuery__SelectStmt *select,
                                  bool simple)
{
    struct binder *b = q->b;
    struct expr_context outer = {.b = b, .scope = &q->outer->scope, .construct = "WHERE"};
    struct expr_context inner = {.b = b, .scope = &q->inner.scope, .construct = "WHERE", .allow_outer = true};
    struct expr *sides[2];
    int position = bind_position(b, link->location);
    if (link->testexpr->node_case == PG_QUERY__NODE__NODE_ROW_EXPR)
        return bind_unsupported(b, link->location, "ROW");
    TRY(bind_expr(&outer, link->testexpr, &sides[0]));
    size_t width = simple ? select->n_target_list : q->inner.plan->schema.column_count;
    bool is_star =
        simple && width == 1 && select->target_list[0]->res_target->val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
        select->target_list[0]->res_target->val->column_ref->fields[0]->node_case == PG_QUERY__NODE__NODE_A_STAR;
    if (is_star)
        width = q->inner.scope.column_count;
    if (width != 1)
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, position,
                            width == 0 ? "subquery has too few columns" : "subquery has too many columns");
    uint32_t left_count = q->outer->plan->schema.column_count;
    if (simple && !is_star)
        TRY(bind_expr(&inner, select->target_list[0]->res_target->val, &sides[1]));
    else
        sides[1] = expr_column(q->inner.scope.columns[0].column, q->inner.scope.columns[0].type, b->arena);
    sides[1] = as_joined(sides[1], left_count, b->arena);
    struct expr *equal;
    TRY(bind_call(b, "=", true, sides, 2, position, &equal));
    q->condition = conjunction(equal, q->condition, b->arena);
    return STATUS_OK;
}

/* What EXISTS selects does not matter, but it must mean something. */
static enum status check_targets(struct subquery *q, const PgQuery__SelectStmt *select)
{
    struct expr_context c = {.b = q->b, .scope = &q->inner.scope, .construct = "EXISTS", .allow_outer = true};
    for (size_t i = 0; i < select->n_target_list; i++) {
        const PgQuery__Node *value = select->target_list[i]->res_target->val;
        bool is_star =
            value->node_case == PG_QUERY__NODE__NODE_COLUMN_REF &&
            value->column_ref->fields[value->column_ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR;
        struct expr *e;
        if (!is_star)
            TRY(bind_expr(&c, value, &e));
    }
    return STATUS_OK;
}

static enum status join_subquery(struct binder *b, const PgQuery__SubLink *link, bool negated, struct from_item *item)
{
    const PgQuery__SelectStmt *select = link->subselect->select_stmt;
    bool is_exists = link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK;
    bool simple = is_simple(select) && !has_aggregate_target(select);
    struct subquery q = {.b = b, .outer = item};
    if (!is_exists && negated) {
        bind_unsupported(b, link->location, "NOT IN (SELECT ...)");
        error_hint(b->err,
                   "NOT EXISTS (SELECT ... WHERE ...) does the job, and is not empty for a NULL in the subquery.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    TRY(bind_inner(&q, select, simple));
    if (is_exists && simple)
        TRY(check_targets(&q, select));
    if (!is_exists)
        TRY(add_membership(&q, link, select, simple));
    struct plan *p = plan_create(PLAN_JOIN, 2, b->arena);
    p->inputs[0] = item->plan;
    p->inputs[1] = q.inner.plan;
    p->schema = item->plan->schema;
    p->join.kind = negated ? JOIN_ANTI : JOIN_SEMI;
    p->join.condition = q.condition;
    item->plan = p;
    return STATUS_OK;
}

enum status bind_where_subquery(struct binder *b, const PgQuery__Node *conjunct, struct from_item *item, bool *done)
{
    bool negated = false;
    *done = false;
    while (conjunct->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
           conjunct->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR &&
           conjunct->bool_expr->args[0]->node_case == PG_QUERY__NODE__NODE_SUB_LINK) {
        conjunct = conjunct->bool_expr->args[0];
        negated = true;
    }
    if (conjunct->node_case != PG_QUERY__NODE__NODE_SUB_LINK ||
        conjunct->sub_link->subselect->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        return STATUS_OK;
    const PgQuery__SubLink *link = conjunct->sub_link;
    bool is_in = link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__ANY_SUBLINK && link->n_oper_name == 0;
    if (link->sub_link_type != PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK && !is_in)
        return STATUS_OK;
    *done = true;
    return join_subquery(b, link, negated, item);
}
