/* bind_select.c - a query: WITH, FROM, WHERE, the select list, GROUP BY, HAVING, ORDER BY, DISTINCT, LIMIT, in PostgreSQL's order of looking. */
#include "sql/select.h"

struct expr_context select_context(struct select *s, const char *construct)
{
    return (struct expr_context){.b = s->b,
                                 .scope = &s->from.scope,
                                 .construct = construct,
                                 .aggregates = construct == NULL ? &s->aggregates : NULL,
                                 .from = &s->from};
}

struct plan *bind_filter(struct plan *input, struct expr *predicate, struct arena *arena)
{
    struct plan *p = plan_create(PLAN_FILTER, 1, arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    p->filter.predicate = predicate;
    return p;
}

struct plan *bind_project(struct plan *input, struct expr **expressions, const char *const *names, uint32_t count,
                          struct arena *arena)
{
    struct plan *p = plan_create(PLAN_PROJECT, 1, arena);
    p->inputs[0] = input;
    p->project.expressions = expressions;
    p->schema.column_count = count;
    p->schema.columns = ARENA_ARRAY(arena, struct column, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        const struct expr *e = expressions[i];
        bool not_null = e->kind == EXPR_COLUMN && e->column < input->schema.column_count &&
                        input->schema.columns[e->column].not_null;
        p->schema.columns[i] = (struct column){names[i] == NULL ? "?column?" : names[i], e->type, not_null};
    }
    return p;
}

/* An AND's operands one by one, else the condition itself. *all stays as it is where a join does the work. */
static enum status bind_where_part(struct select *s, const PgQuery__Node *node, struct expr **all)
{
    if (node->node_case == PG_QUERY__NODE__NODE_BOOL_EXPR &&
        node->bool_expr->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR) {
        TRY(bind_enter(s->b));
        struct expr **parts = ARENA_ARRAY(s->b->arena, struct expr *, node->bool_expr->n_args);
        uint32_t count = 0;
        for (size_t i = 0; i < node->bool_expr->n_args; i++) {
            parts[count] = NULL;
            TRY(bind_where_part(s, node->bool_expr->args[i], &parts[count]));
            count += parts[count] != NULL;
        }
        s->b->depth--;
        if (count > 0) /* one list: a chain of thousands would need as much stack in all that walk it */
            *all = count == 1 ? parts[0] : expr_list(EXPR_AND, type_of(TYPE_BOOL), parts, count, s->b->arena);
        return STATUS_OK;
    }
    bool done;
    TRY(bind_where_subquery(s->b, node, &s->from, &done));
    if (done)
        return STATUS_OK;
    struct expr_context c = select_context(s, "WHERE");
    struct expr *e;
    TRY(bind_condition(&c, node, node == s->tree->where_clause ? "WHERE" : "AND", &e));
    *all = e;
    return STATUS_OK;
}

static enum status check_clauses(struct select *s)
{
    const PgQuery__SelectStmt *tree = s->tree;
    if (tree->into_clause != NULL) {
        bind_unsupported(s->b, tree->into_clause->rel == NULL ? -1 : tree->into_clause->rel->location, "SELECT INTO");
        error_hint(s->b->err, "CREATE TABLE ... AS SELECT does the same.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    if (tree->n_locking_clause != 0)
        return bind_unsupported_words(s->b, "for", "FOR UPDATE / FOR SHARE");
    if (tree->n_window_clause != 0)
        return bind_unsupported(s->b, tree->window_clause[0]->window_def->location, "WINDOW");
    if (tree->group_distinct)
        return bind_unsupported_words(s->b, "by distinct", "GROUP BY DISTINCT");
    if (tree->n_distinct_clause != 0 && tree->distinct_clause[0]->node_case != PG_QUERY__NODE__NODE__NOT_SET)
        return bind_unsupported_words(s->b, "distinct on", "DISTINCT ON");
    return STATUS_OK;
}

static struct plan *project_targets(struct select *s, struct plan *input)
{
    struct expr **expressions = ARENA_ARRAY(s->b->arena, struct expr *, s->target_count + 1);
    const char **names = ARENA_ARRAY(s->b->arena, const char *, s->target_count + 1);
    for (uint32_t i = 0; i < s->target_count; i++) {
        expressions[i] = s->targets[i].e;
        names[i] = s->targets[i].name;
    }
    return bind_project(input, expressions, names, s->target_count, s->b->arena);
}

static enum status make_distinct(struct select *s, struct plan **plan)
{
    struct plan *p = plan_create(PLAN_AGGREGATE, 1, s->b->arena);
    p->inputs[0] = *plan;
    p->schema = (*plan)->schema;
    p->aggregate.group_count = p->schema.column_count;
    p->aggregate.groups = ARENA_ARRAY(s->b->arena, uint32_t, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        p->aggregate.groups[i] = i;
        if (p->schema.columns[i].type.id == TYPE_JSON)
            return error_set_at(s->b->err, STATUS_UNDEFINED_FUNCTION, s->targets[i].position,
                                "could not identify an equality operator for type json");
    }
    *plan = p;
    return STATUS_OK;
}

static struct plan *make_sort(struct plan *input, struct sort_key *keys, uint32_t count, struct arena *arena)
{
    struct plan *p = plan_create(PLAN_SORT, 1, arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    p->sort.keys = keys;
    p->sort.key_count = count;
    return p;
}

/* Takes the hidden ORDER BY columns away again. */
static struct plan *project_visible(struct select *s, struct plan *input)
{
    struct expr **expressions = ARENA_ARRAY(s->b->arena, struct expr *, s->visible_count + 1);
    const char **names = ARENA_ARRAY(s->b->arena, const char *, s->visible_count + 1);
    for (uint32_t i = 0; i < s->visible_count; i++) {
        expressions[i] = expr_column(i, input->schema.columns[i].type, s->b->arena);
        names[i] = input->schema.columns[i].name;
    }
    return bind_project(input, expressions, names, s->visible_count, s->b->arena);
}

static enum status bind_clauses(struct select *s, struct expr **where)
{
    TRY(select_bind_targets(s));
    *where = NULL;
    if (s->tree->where_clause != NULL)
        TRY(bind_where_part(s, s->tree->where_clause, where));
    if (s->tree->having_clause != NULL) {
        struct expr_context c = select_context(s, NULL);
        TRY(bind_condition(&c, s->tree->having_clause, "HAVING", &s->having));
    }
    TRY(select_bind_order(s));
    return select_bind_groups(s);
}

static enum status bind_simple(struct select *s, const struct scope *parent, struct plan **out)
{
    struct binder *b = s->b;
    struct expr *where;
    TRY(check_clauses(s));
    TRY(bind_from(b, s->tree->from_clause, s->tree->n_from_clause, parent, &s->from));
    s->keeps_unknown &= s->tree->n_distinct_clause == 0 && s->tree->n_sort_clause == 0 && s->tree->n_group_clause == 0;
    TRY(bind_clauses(s, &where));
    struct plan *p = s->from.plan;
    if (where != NULL)
        p = bind_filter(p, where, b->arena);
    if (s->aggregates.count != 0 || s->group_count != 0 || s->having != NULL) {
        TRY(select_aggregate(s, &p));
        if (s->having != NULL)
            p = bind_filter(p, s->having, b->arena);
    }
    p = project_targets(s, p);
    if (s->tree->n_distinct_clause != 0)
        TRY(make_distinct(s, &p));
    if (s->sort_key_count != 0)
        p = make_sort(p, s->sort_keys, s->sort_key_count, b->arena);
    TRY(bind_limit(b, s->tree, p, &p));
    *out = s->visible_count == s->target_count ? p : project_visible(s, p);
    return STATUS_OK;
}

/* ---- LIMIT and OFFSET ---- */

static enum status bind_count(struct binder *b, const PgQuery__Node *node, const char *construct, enum status negative,
                              int64_t *out)
{
    struct expr_context c = {.b = b, .construct = construct};
    struct expr *e;
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
        return error_set_at(b->err, STATUS_INVALID_COLUMN_REFERENCE, bind_position(b, node->column_ref->location),
                            "argument of %s must not contain variables", construct);
    TRY(bind_expr(&c, node, &e));
    int position = bind_start(e);
    char name[TYPE_NAME_SIZE];
    if (e->type.id != TYPE_NULL && !cast_exists(e->type, type_of(TYPE_INT8), CAST_ASSIGNMENT))
        return error_set_at(b->err, STATUS_DATATYPE_MISMATCH, position,
                            "argument of %s must be type bigint, not type %s", construct,
                            type_name(e->type, name, sizeof name));
    TRY(bind_cast(b, e, type_of(TYPE_INT8), CAST_ASSIGNMENT, &e));
    e = expr_fold(e, &b->text, b->arena);
    if (e->kind != EXPR_CONSTANT)
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position,
                            "a %s that is not constant is not supported", construct);
    if (!vector_is_valid(&e->constant, 0))
        return STATUS_OK; /* NULL: none */
    *out = VECTOR_I64(&e->constant)[0];
    if (*out < 0)
        return error_set(b->err, negative, "%s must not be negative", construct);
    return STATUS_OK;
}

enum status bind_limit(struct binder *b, const PgQuery__SelectStmt *select, struct plan *input, struct plan **out)
{
    int64_t limit = -1;
    int64_t offset = 0;
    *out = input;
    if (select->limit_option == PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_WITH_TIES)
        return bind_unsupported_words(b, "with ties", "WITH TIES");
    if (select->limit_offset != NULL)
        TRY(bind_count(b, select->limit_offset, "OFFSET", STATUS_INVALID_OFFSET, &offset));
    if (select->limit_count != NULL)
        TRY(bind_count(b, select->limit_count, "LIMIT", STATUS_INVALID_LIMIT, &limit));
    if (limit < 0 && offset == 0)
        return STATUS_OK;
    struct plan *p = plan_create(PLAN_LIMIT, 1, b->arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    p->limit.limit = limit;
    p->limit.offset = offset;
    *out = p;
    return STATUS_OK;
}

/* ---- ORDER BY over UNION and VALUES ---- */

static enum status find_sort_column(struct binder *b, const PgQuery__Node *node, const struct plan *input,
                                    const char *construct, uint32_t *out)
{
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL) {
        int32_t ordinal = node->a_const->ival->ival;
        if (ordinal < 1 || (uint32_t)ordinal > input->schema.column_count)
            return error_set_at(b->err, STATUS_INVALID_COLUMN_REFERENCE, bind_position(b, node->a_const->location),
                                "ORDER BY position %d is not in select list", ordinal);
        *out = (uint32_t)ordinal - 1;
        return STATUS_OK;
    }
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF && node->column_ref->n_fields == 1) {
        const char *name = bind_string(node->column_ref->fields[0]);
        int found = schema_find(&input->schema, name);
        if (found >= 0) {
            *out = (uint32_t)found;
            return STATUS_OK;
        }
        return error_set_at(b->err, STATUS_UNDEFINED_COLUMN, bind_position(b, node->column_ref->location),
                            "column \"%s\" does not exist", name);
    }
    error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, bind_location(node)),
                 "invalid %s ORDER BY clause", construct);
    error_detail(b->err, "Only result column names can be used, not expressions or functions.");
    error_hint(b->err, "Add the expression/function to every SELECT, or move the UNION into a FROM clause.");
    return STATUS_FEATURE_NOT_SUPPORTED;
}

enum status bind_sort_by_name(struct binder *b, const PgQuery__SelectStmt *select, struct plan *input,
                              const char *construct, struct plan **out)
{
    *out = input;
    if (select->n_sort_clause == 0)
        return STATUS_OK;
    struct sort_key *keys = ARENA_ARRAY(b->arena, struct sort_key, select->n_sort_clause);
    for (size_t i = 0; i < select->n_sort_clause; i++) {
        const PgQuery__SortBy *by = select->sort_clause[i]->sort_by;
        TRY(find_sort_column(b, by->node, input, construct, &keys[i].column));
        bind_sort_direction(by, &keys[i]);
    }
    *out = make_sort(input, keys, (uint32_t)select->n_sort_clause, b->arena);
    return STATUS_OK;
}

/* ---- the whole ---- */

static enum status bind_body(struct binder *b, struct select *s, const struct scope *parent, struct plan **out)
{
    const PgQuery__SelectStmt *tree = s->tree;
    if (tree->with_clause != NULL)
        TRY(bind_with(b, tree->with_clause));
    if (tree->n_values_lists != 0) {
        TRY(bind_values(b, tree->values_lists, tree->n_values_lists, out));
        TRY(bind_sort_by_name(b, tree, *out, "VALUES", out));
        return bind_limit(b, tree, *out, out);
    }
    if (tree->op != PG_QUERY__SET_OPERATION__SETOP_NONE && tree->op != PG_QUERY__SET_OPERATION__SET_OPERATION_UNDEFINED)
        return bind_set_operation(b, tree, out);
    return bind_simple(s, parent, out);
}

static enum status bind_with_scope(struct binder *b, struct select *s, const struct scope *parent, struct plan **out)
{
    const struct cte *outer = b->ctes;
    TRY(bind_enter(b));
    enum status st = bind_body(b, s, parent, out);
    b->ctes = outer;
    b->depth--;
    return st;
}

enum status bind_query(struct binder *b, const PgQuery__SelectStmt *select, const struct scope *parent,
                       struct plan **out)
{
    struct select s = {.b = b, .tree = select};
    return bind_with_scope(b, &s, parent, out);
}

enum status bind_query_for(struct binder *b, const PgQuery__SelectStmt *select, const struct type *types,
                           uint32_t type_count, struct plan **out)
{
    struct select s = {.b = b, .tree = select, .types = types, .type_count = type_count};
    return bind_with_scope(b, &s, NULL, out);
}

enum status bind_branch(struct binder *b, const PgQuery__SelectStmt *select, struct plan **out)
{
    struct select s = {.b = b, .tree = select, .keeps_unknown = true};
    return bind_with_scope(b, &s, NULL, out);
}

enum status bind_query_node(struct binder *b, const PgQuery__Node *node, struct plan **out)
{
    if (node != NULL && node->node_case == PG_QUERY__NODE__NODE_SELECT_STMT)
        return bind_query(b, node->select_stmt, NULL, out);
    return error_set(b->err, STATUS_FEATURE_NOT_SUPPORTED, "a query here must be a SELECT or VALUES");
}
