/* select_target.c - the select list: *, names of columns that have none. */
#include "sql/select.h"

static struct target *add_target(struct select *s)
{
    if (s->target_count == s->target_capacity) {
        s->target_capacity = s->target_capacity * 2 + 8;
        struct target *grown = ARENA_ARRAY(s->b->arena, struct target, s->target_capacity);
        if (s->target_count != 0)
            memcpy(grown, s->targets, s->target_count * sizeof *grown);
        s->targets = grown;
    }
    return &s->targets[s->target_count++];
}

/* A name and how sure PostgreSQL is of it: 0 none, 1 a type's or CASE's, 2 a column's or function's. */
static int name_of(const PgQuery__Node *node, const char **name)
{
    static const char *const VALUE_NAMES[] =
        {"",          "current_date", "current_time",    "current_time",   "current_timestamp", "current_timestamp",
         "localtime", "localtime",    "localtimestamp",  "localtimestamp", "current_role",      "current_user",
         "user",      "session_user", "current_catalog", "current_schema"};
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_COLUMN_REF: {
        const PgQuery__ColumnRef *ref = node->column_ref;
        if (ref->fields[ref->n_fields - 1]->node_case != PG_QUERY__NODE__NODE_STRING)
            return 0;
        *name = bind_string(ref->fields[ref->n_fields - 1]);
        return 2;
    }
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        *name = bind_string(node->func_call->funcname[node->func_call->n_funcname - 1]);
        return 2;
    case PG_QUERY__NODE__NODE_A_EXPR:
        if (node->a_expr->kind != PG_QUERY__A__EXPR__KIND__AEXPR_NULLIF)
            return 0;
        *name = "nullif";
        return 2;
    case PG_QUERY__NODE__NODE_TYPE_CAST: {
        const PgQuery__TypeName *type = node->type_cast->type_name;
        int strength = name_of(node->type_cast->arg, name);
        if (strength > 1 || type == NULL || type->n_names == 0)
            return strength;
        *name = bind_string(type->names[type->n_names - 1]);
        return 1;
    }
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        return name_of(node->collate_clause->arg, name);
    case PG_QUERY__NODE__NODE_CASE_EXPR: {
        int strength = node->case_expr->defresult == NULL ? 0 : name_of(node->case_expr->defresult, name);
        if (strength <= 1)
            *name = "case";
        return strength <= 1 ? 1 : strength;
    }
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        *name = "coalesce";
        return 2;
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
        *name = node->min_max_expr->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST ? "greatest" : "least";
        return 2;
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        *name = VALUE_NAMES[node->sqlvalue_function->op];
        return 2;
    case PG_QUERY__NODE__NODE_SUB_LINK: {
        if (node->sub_link->sub_link_type == PG_QUERY__SUB_LINK_TYPE__EXISTS_SUBLINK) {
            *name = "exists";
            return 2;
        }
        const PgQuery__Node *sub = node->sub_link->subselect;
        if (node->sub_link->sub_link_type != PG_QUERY__SUB_LINK_TYPE__EXPR_SUBLINK ||
            sub->node_case != PG_QUERY__NODE__NODE_SELECT_STMT || sub->select_stmt->n_target_list != 1)
            return 0;
        const PgQuery__ResTarget *target = sub->select_stmt->target_list[0]->res_target;
        if (target->name != NULL && target->name[0] != '\0') {
            *name = target->name;
            return 2;
        }
        return name_of(target->val, name);
    }
    default:
        return 0;
    }
}

static void add_scope_columns(struct select *s, uint32_t count, const struct scope_column *columns, int position)
{
    for (uint32_t i = 0; i < count; i++) {
        struct target *t = add_target(s);
        t->name = columns[i].name;
        t->e = expr_column(columns[i].column, columns[i].type, s->b->arena);
        t->e->position = t->position = position;
    }
}

static enum status expand_star(struct select *s, int position)
{
    const struct scope *scope = &s->from.scope;
    if (s->tree->n_from_clause == 0)
        return error_set_at(s->b->err, STATUS_SYNTAX_ERROR, position, "SELECT * with no tables specified is not valid");
    uint32_t first = s->target_count;
    add_scope_columns(s, scope->column_count, scope->columns, position);
    for (uint32_t i = 0; i < scope->column_count; i++)
        if (!type_equal(scope->columns[i].type, scope->columns[i].merged))
            TRY(bind_cast(s->b, s->targets[first + i].e, scope->columns[i].merged, CAST_IMPLICIT,
                          &s->targets[first + i].e));
    return STATUS_OK;
}

static enum status expand_table_star(struct select *s, const PgQuery__ColumnRef *ref, int position)
{
    const struct scope *scope = &s->from.scope;
    const char *name = bind_string(ref->fields[ref->n_fields - 2]);
    for (uint32_t t = 0; t < scope->table_count; t++) {
        const struct scope_table *table = &scope->tables[t];
        if (strcmp(table->name, name) != 0)
            continue;
        for (uint32_t i = 0; i < table->column_count; i++) {
            struct scope_column column = {table->columns[i].name, t, table->first + i, table->columns[i].type,
                                          table->columns[i].type};
            add_scope_columns(s, 1, &column, position);
        }
        return STATUS_OK;
    }
    return error_set_at(s->b->err, STATUS_UNDEFINED_TABLE, position, "missing FROM-clause entry for table \"%s\"",
                        name);
}

/* The type of column i of INSERT, for a 'literal'. */
static enum status resolve_literal(struct select *s, uint32_t i, struct expr **e)
{
    if ((*e)->type.id != TYPE_NULL || s->keeps_unknown)
        return STATUS_OK;
    if (s->types != NULL && i < s->type_count)
        return bind_cast(s->b, *e, s->types[i], CAST_ASSIGNMENT, e);
    return bind_resolve_unknown(s->b, *e, e);
}

static enum status bind_target(struct select *s, const PgQuery__ResTarget *tree)
{
    int position = bind_position(s->b, tree->location);
    if (tree->val->node_case == PG_QUERY__NODE__NODE_COLUMN_REF) {
        const PgQuery__ColumnRef *ref = tree->val->column_ref;
        if (ref->fields[ref->n_fields - 1]->node_case == PG_QUERY__NODE__NODE_A_STAR) {
            position = bind_position(s->b, ref->location);
            return ref->n_fields == 1 ? expand_star(s, position) : expand_table_star(s, ref, position);
        }
    }
    struct expr_context c = select_context(s, NULL);
    struct expr *e;
    TRY(bind_expr(&c, tree->val, &e));
    struct target *t = add_target(s);
    *t = (struct target){.name = "?column?", .e = e, .position = position};
    if (tree->name != NULL && tree->name[0] != '\0')
        t->name = tree->name;
    else
        name_of(tree->val, &t->name);
    return resolve_literal(s, s->target_count - 1, &t->e);
}

enum status select_bind_targets(struct select *s)
{
    for (size_t i = 0; i < s->tree->n_target_list; i++)
        TRY(bind_target(s, s->tree->target_list[i]->res_target));
    s->visible_count = s->target_count;
    if (s->visible_count > 1664)
        return error_set(s->b->err, STATUS_LIMIT_EXCEEDED, "target lists can have at most 1664 entries");
    return STATUS_OK;
}
