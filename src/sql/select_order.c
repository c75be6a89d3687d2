/* select_order.c - GROUP BY and ORDER BY items.
 *
 * SQL-92: an integer is an ordinal, a bare name an output column (for GROUP BY
 * an input column first). SQL-99: anything else is an expression over the input.
 */
#include "sql/select.h"

static bool is_bare_name(const PgQuery__Node *node, const char **name)
{
    if (node->node_case != PG_QUERY__NODE__NODE_COLUMN_REF || node->column_ref->n_fields != 1 ||
        node->column_ref->fields[0]->node_case != PG_QUERY__NODE__NODE_STRING)
        return false;
    *name = bind_string(node->column_ref->fields[0]);
    return true;
}

/* The output column of this name; several are one if they compute the same. -1: none. */
static enum status find_output(struct select *s, const char *name, const char *clause, int position, int *out)
{
    *out = -1;
    for (uint32_t i = 0; i < s->visible_count; i++) {
        if (s->targets[i].name == NULL || strcmp(s->targets[i].name, name) != 0)
            continue;
        if (*out >= 0 && !expr_equal(s->targets[i].e, s->targets[*out].e))
            return error_set_at(s->b->err, STATUS_AMBIGUOUS_COLUMN, position, "%s \"%s\" is ambiguous", clause, name);
        *out = *out < 0 ? (int)i : *out;
    }
    return STATUS_OK;
}

/* An integer constant: the output column of that number. */
static enum status find_ordinal(struct select *s, const PgQuery__AConst *constant, const char *clause, int *out)
{
    int position = bind_position(s->b, constant->location);
    if (constant->val_case != PG_QUERY__A__CONST__VAL_IVAL || constant->isnull)
        return error_set_at(s->b->err, STATUS_SYNTAX_ERROR, position, "non-integer constant in %s", clause);
    int32_t ordinal = constant->ival->ival;
    if (ordinal < 1 || (uint32_t)ordinal > s->visible_count)
        return error_set_at(s->b->err, STATUS_INVALID_COLUMN_REFERENCE, position,
                            "%s position %d is not in select list", clause, ordinal);
    *out = ordinal - 1;
    return STATUS_OK;
}

static bool has_aggregate(const struct expr *e, int *position)
{
    if (e->kind == EXPR_COLUMN && e->column >= AGGREGATE_BASE) {
        *position = e->position;
        return true;
    }
    for (uint32_t i = 0; i < e->argument_count; i++)
        if (has_aggregate(e->arguments[i], position))
            return true;
    return false;
}

static enum status bind_group(struct select *s, const PgQuery__Node *node, struct expr **out)
{
    const char *name;
    int output = -1;
    if (node->node_case == PG_QUERY__NODE__NODE_GROUPING_SET)
        return bind_unsupported(s->b, node->grouping_set->location, "GROUPING SETS, ROLLUP or CUBE");
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST)
        TRY(find_ordinal(s, node->a_const, "GROUP BY", &output));
    else if (is_bare_name(node, &name) && !scope_has_column(&s->from.scope, name))
        TRY(find_output(s, name, "GROUP BY", bind_position(s->b, node->column_ref->location), &output));
    if (output < 0) {
        struct expr_context c = select_context(s, "GROUP BY");
        TRY(bind_expr(&c, node, out));
        return bind_resolve_unknown(s->b, *out, out);
    }
    int position;
    *out = s->targets[output].e;
    if (has_aggregate(*out, &position))
        return error_set_at(s->b->err, STATUS_GROUPING_ERROR, position,
                            "aggregate functions are not allowed in GROUP BY");
    return STATUS_OK;
}

enum status select_bind_groups(struct select *s)
{
    s->groups = ARENA_ARRAY(s->b->arena, struct expr *, s->tree->n_group_clause + 1);
    for (size_t i = 0; i < s->tree->n_group_clause; i++) {
        struct expr *e;
        TRY(bind_group(s, s->tree->group_clause[i], &e));
        bool known = false;
        for (uint32_t g = 0; g < s->group_count; g++)
            known |= expr_equal(s->groups[g], e);
        if (!known)
            s->groups[s->group_count++] = e;
    }
    return STATUS_OK;
}

/* The target that an ORDER BY expression is, or a hidden one. */
static enum status target_of_expr(struct select *s, struct expr *e, int *out)
{
    for (uint32_t i = 0; i < s->target_count; i++)
        if (expr_equal(s->targets[i].e, e)) {
            *out = (int)i;
            return STATUS_OK;
        }
    if (s->tree->n_distinct_clause != 0)
        return error_set_at(s->b->err, STATUS_INVALID_COLUMN_REFERENCE, bind_start(e),
                            "for SELECT DISTINCT, ORDER BY expressions must appear in select list");
    if (s->target_count == s->target_capacity) {
        struct target *grown = ARENA_ARRAY(s->b->arena, struct target, s->target_capacity * 2 + 8);
        if (s->target_count != 0)
            memcpy(grown, s->targets, s->target_count * sizeof *grown);
        s->targets = grown;
        s->target_capacity = s->target_capacity * 2 + 8;
    }
    *out = (int)s->target_count;
    bool is_plain = e->kind == EXPR_COLUMN && e->column < s->from.plan->schema.column_count;
    const char *name = is_plain ? s->from.plan->schema.columns[e->column].name : "?sort?";
    s->targets[s->target_count++] = (struct target){.name = name, .e = e, .is_hidden = true, .position = e->position};
    return STATUS_OK;
}

void bind_sort_direction(const PgQuery__SortBy *by, struct sort_key *key)
{
    key->descending = by->sortby_dir == PG_QUERY__SORT_BY_DIR__SORTBY_DESC;
    key->nulls_first = by->sortby_nulls == PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_FIRST ||
                       (by->sortby_nulls != PG_QUERY__SORT_BY_NULLS__SORTBY_NULLS_LAST && key->descending);
}

static enum status bind_order_item(struct select *s, const PgQuery__SortBy *by, int *out)
{
    const char *name;
    *out = -1;
    if (by->n_use_op != 0)
        return bind_unsupported(s->b, by->location, "ORDER BY USING");
    if (by->node->node_case == PG_QUERY__NODE__NODE_A_CONST)
        return find_ordinal(s, by->node->a_const, "ORDER BY", out);
    if (is_bare_name(by->node, &name))
        TRY(find_output(s, name, "ORDER BY", bind_position(s->b, by->node->column_ref->location), out));
    if (*out >= 0)
        return STATUS_OK;
    struct expr_context c = select_context(s, NULL);
    struct expr *e;
    TRY(bind_expr(&c, by->node, &e));
    TRY(bind_resolve_unknown(s->b, e, &e));
    return target_of_expr(s, e, out);
}

static enum status check_sortable(struct select *s, const struct target *t, int position)
{
    if (t->e->type.id != TYPE_JSON)
        return STATUS_OK;
    error_set_at(s->b->err, STATUS_UNDEFINED_FUNCTION, position,
                 "could not identify an ordering operator for type json");
    error_hint(s->b->err, "Use an explicit ordering operator or modify the query.");
    return STATUS_UNDEFINED_FUNCTION;
}

enum status select_bind_order(struct select *s)
{
    s->sort_keys = ARENA_ARRAY(s->b->arena, struct sort_key, s->tree->n_sort_clause + 1);
    for (size_t i = 0; i < s->tree->n_sort_clause; i++) {
        const PgQuery__SortBy *by = s->tree->sort_clause[i]->sort_by;
        int target;
        TRY(bind_order_item(s, by, &target));
        TRY(check_sortable(s, &s->targets[target], bind_position(s->b, bind_location(by->node))));
        bool known = false;
        for (uint32_t k = 0; k < s->sort_key_count; k++)
            known |= s->sort_keys[k].column == (uint32_t)target;
        if (known)
            continue;
        struct sort_key *key = &s->sort_keys[s->sort_key_count++];
        key->column = (uint32_t)target;
        bind_sort_direction(by, key);
    }
    return STATUS_OK;
}
