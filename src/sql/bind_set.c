/* bind_set.c - queries out of queries: UNION, VALUES lists and WITH. */
#include "sql/bind.h"

/* Where a branch begins, for messages about one of its columns. */
static int branch_position(struct binder *b, const PgQuery__SelectStmt *select, uint32_t column)
{
    while (select->larg != NULL)
        select = select->larg;
    if (column < select->n_target_list)
        return bind_position(b, bind_location(select->target_list[column]->res_target->val));
    return select->n_target_list != 0 ? bind_position(b, bind_location(select->target_list[0]->res_target->val)) : 0;
}

/* Column i of a branch as type; a 'literal' is read as it. */
static enum status cast_column(struct binder *b, struct plan *branch, uint32_t i, struct type type, struct expr **out)
{
    struct expr *own = branch->kind == PLAN_PROJECT ? branch->project.expressions[i] : NULL;
    if (own != NULL && own->type.id == TYPE_NULL) {
        TRY(bind_cast(b, own, type, CAST_IMPLICIT, &branch->project.expressions[i]));
        branch->schema.columns[i].type = type;
    }
    struct expr *column = expr_column(i, branch->schema.columns[i].type, b->arena);
    return bind_cast(b, column, type, CAST_IMPLICIT, out);
}

static enum status cast_branch(struct binder *b, struct plan **branch, const struct schema *schema)
{
    bool differs = false;
    struct expr **columns = ARENA_ARRAY(b->arena, struct expr *, schema->column_count + 1);
    const char **names = ARENA_ARRAY(b->arena, const char *, schema->column_count + 1);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        TRY(cast_column(b, *branch, i, schema->columns[i].type, &columns[i]));
        names[i] = schema->columns[i].name;
        differs |= columns[i]->kind != EXPR_COLUMN;
    }
    if (differs)
        *branch = bind_project(*branch, columns, names, schema->column_count, b->arena);
    return STATUS_OK;
}

static enum status union_schema(struct binder *b, const PgQuery__SelectStmt *select, const struct plan *left,
                                const struct plan *right, struct schema *out)
{
    out->column_count = left->schema.column_count;
    out->columns = ARENA_ARRAY(b->arena, struct column, out->column_count + 1);
    for (uint32_t i = 0; i < out->column_count; i++) {
        const struct column *l = &left->schema.columns[i];
        const struct column *r = &right->schema.columns[i];
        struct type types[2] = {l->type, r->type};
        out->columns[i] = (struct column){l->name, l->type, l->not_null && r->not_null};
        enum status st = type_common(types, 2, "UNION", &out->columns[i].type, b->err);
        if (st != STATUS_OK) {
            if (b->err != NULL && b->err->position == 0)
                b->err->position = branch_position(b, select->rarg, i);
            return st;
        }
        if (out->columns[i].type.id == TYPE_NULL)
            out->columns[i].type = type_of(TYPE_TEXT);
        if (!select->all && out->columns[i].type.id == TYPE_JSON)
            return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, branch_position(b, select->larg, i),
                                "could not identify an equality operator for type json");
    }
    return STATUS_OK;
}

static struct plan *distinct(struct plan *input, struct arena *arena)
{
    struct plan *p = plan_create(PLAN_AGGREGATE, 1, arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    p->aggregate.group_count = input->schema.column_count;
    p->aggregate.groups = ARENA_ARRAY(arena, uint32_t, input->schema.column_count + 1);
    for (uint32_t i = 0; i < input->schema.column_count; i++)
        p->aggregate.groups[i] = i;
    return p;
}

static enum status bind_union(struct binder *b, const PgQuery__SelectStmt *select, struct plan **out)
{
    struct plan *branches[2];
    struct schema schema;
    TRY(bind_branch(b, select->larg, &branches[0]));
    TRY(bind_branch(b, select->rarg, &branches[1]));
    if (branches[0]->schema.column_count != branches[1]->schema.column_count)
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, branch_position(b, select->rarg, 0),
                            "each UNION query must have the same number of columns");
    TRY(union_schema(b, select, branches[0], branches[1], &schema));
    struct plan *p = plan_create(PLAN_UNION_ALL, 2, b->arena);
    for (int i = 0; i < 2; i++) {
        TRY(cast_branch(b, &branches[i], &schema));
        p->inputs[i] = branches[i];
    }
    p->schema = schema;
    *out = select->all ? p : distinct(p, b->arena);
    return STATUS_OK;
}

enum status bind_set_operation(struct binder *b, const PgQuery__SelectStmt *select, struct plan **out)
{
    if (select->op != PG_QUERY__SET_OPERATION__SETOP_UNION) {
        const char *name = select->op == PG_QUERY__SET_OPERATION__SETOP_EXCEPT ? "EXCEPT" : "INTERSECT";
        error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, branch_position(b, select->rarg, 0), "%s is not supported",
                     name);
        error_hint(b->err, "WHERE %sEXISTS (SELECT ...) chooses rows by another query.",
                   select->op == PG_QUERY__SET_OPERATION__SETOP_EXCEPT ? "NOT " : "");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    if (select->n_locking_clause != 0)
        return bind_unsupported_words(b, "for", "FOR UPDATE / FOR SHARE");
    TRY(bind_union(b, select, out));
    TRY(bind_sort_by_name(b, select, *out, "UNION/INTERSECT/EXCEPT", out));
    return bind_limit(b, select, *out, out);
}

/* ---- VALUES ---- */

static enum status bind_row(struct binder *b, const PgQuery__List *row, size_t width, struct expr **out)
{
    struct expr_context c = {.b = b, .construct = "VALUES"};
    for (size_t i = 0; i < width; i++)
        TRY(bind_expr(&c, row->items[i], &out[i]));
    return STATUS_OK;
}

static enum status unify_column(struct binder *b, struct expr ***rows, uint32_t row_count, uint32_t column,
                                struct type *type)
{
    struct expr **values = ARENA_ARRAY(b->arena, struct expr *, row_count);
    for (uint32_t r = 0; r < row_count; r++)
        values[r] = rows[r][column];
    TRY(bind_common(b, values, row_count, "VALUES", values[row_count - 1]->position, type));
    for (uint32_t r = 0; r < row_count; r++)
        rows[r][column] = values[r];
    return STATUS_OK;
}

enum status bind_values(struct binder *b, PgQuery__Node **lists, size_t row_count, struct plan **out)
{
    size_t width = lists[0]->list->n_items;
    struct plan *p = plan_create(PLAN_VALUES, 0, b->arena);
    p->values.row_count = (uint32_t)row_count;
    p->values.rows = ARENA_ARRAY(b->arena, struct expr **, row_count);
    for (size_t r = 0; r < row_count; r++) {
        if (lists[r]->list->n_items != width)
            return error_set_at(b->err, STATUS_SYNTAX_ERROR, bind_position(b, bind_location(lists[r]->list->items[0])),
                                "VALUES lists must all be the same length");
        p->values.rows[r] = ARENA_ARRAY(b->arena, struct expr *, width + 1);
        TRY(bind_row(b, lists[r]->list, width, p->values.rows[r]));
    }
    p->schema.column_count = (uint32_t)width;
    p->schema.columns = ARENA_ARRAY(b->arena, struct column, width + 1);
    for (uint32_t i = 0; i < width; i++) {
        p->schema.columns[i].name = arena_printf(b->arena, "column%u", i + 1);
        TRY(unify_column(b, p->values.rows, p->values.row_count, i, &p->schema.columns[i].type));
    }
    *out = p;
    return STATUS_OK;
}

/* ---- WITH ---- */

static enum status rename_columns(struct binder *b, const PgQuery__CommonTableExpr *tree, struct plan **plan)
{
    struct schema *schema = &(*plan)->schema;
    if (tree->n_aliascolnames > schema->column_count)
        return error_set_at(b->err, STATUS_INVALID_COLUMN_REFERENCE, bind_position(b, tree->location),
                            "WITH query \"%s\" has %u columns available but %zu columns specified", tree->ctename,
                            schema->column_count, tree->n_aliascolnames);
    struct expr **columns = ARENA_ARRAY(b->arena, struct expr *, schema->column_count + 1);
    const char **names = ARENA_ARRAY(b->arena, const char *, schema->column_count + 1);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        columns[i] = expr_column(i, schema->columns[i].type, b->arena);
        names[i] = i < tree->n_aliascolnames ? bind_string(tree->aliascolnames[i]) : schema->columns[i].name;
    }
    *plan = bind_project(*plan, columns, names, schema->column_count, b->arena);
    return STATUS_OK;
}

static enum status bind_cte(struct binder *b, const PgQuery__CommonTableExpr *tree)
{
    struct plan *query;
    if (tree->ctequery == NULL || tree->ctequery->node_case != PG_QUERY__NODE__NODE_SELECT_STMT)
        return bind_unsupported(b, tree->location, "a statement that changes data in WITH");
    TRY(bind_query(b, tree->ctequery->select_stmt, NULL, &query));
    if (tree->n_aliascolnames != 0)
        TRY(rename_columns(b, tree, &query));
    struct plan *p = plan_create(PLAN_CTE, 1, b->arena);
    p->inputs[0] = query;
    p->schema = query->schema;
    struct cte *cte = ARENA_NEW(b->arena, struct cte);
    *cte = (struct cte){tree->ctename, p, b->ctes};
    b->ctes = cte;
    return STATUS_OK;
}

enum status bind_with(struct binder *b, const PgQuery__WithClause *with)
{
    const struct cte *outer = b->ctes;
    if (with->recursive)
        return with->location >= 0 ? bind_unsupported(b, with->location, "WITH RECURSIVE")
                                   : bind_unsupported_words(b, "recursive", "RECURSIVE VIEW");
    for (size_t i = 0; i < with->n_ctes; i++) {
        const PgQuery__CommonTableExpr *tree = with->ctes[i]->common_table_expr;
        for (const struct cte *c = b->ctes; c != outer; c = c->next)
            if (strcmp(c->name, tree->ctename) == 0)
                return error_set_at(b->err, STATUS_DUPLICATE_ALIAS, bind_position(b, tree->location),
                                    "WITH query name \"%s\" specified more than once", tree->ctename);
        TRY(bind_cte(b, tree));
    }
    return STATUS_OK;
}
