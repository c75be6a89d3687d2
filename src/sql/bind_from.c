/* bind_from.c - FROM: relations, views, CTEs, subqueries, files, and the joining of their scopes. */
#include "sql/bind.h"

enum { VIEW_DEPTH_COST = 20 }; /* a view's binder uses far more stack than a bracket */

static void schema_of_scan(struct plan *p, struct arena *arena)
{
    const struct relation *r = p->scan.relation;
    p->schema.column_count = p->scan.column_count;
    p->schema.columns = ARENA_ARRAY(arena, struct column, p->scan.column_count + 1);
    for (uint32_t i = 0; i < p->scan.column_count; i++) {
        uint32_t column = p->scan.columns[i];
        p->schema.columns[i] = column >= HIDDEN_BASE ? HIDDEN_COLUMNS[column - HIDDEN_BASE] : r->schema.columns[column];
    }
}

static struct plan *scan(struct relation *r, struct arena *arena)
{
    uint32_t hidden = r->kind == RELATION_TABLE || r->kind == RELATION_SOURCE ? HIDDEN_COUNT : 0;
    struct plan *p = plan_create(PLAN_SCAN, 0, arena);
    p->scan.relation = r; /* sql_bind takes the plan's reference at the end */
    p->scan.column_count = r->schema.column_count + hidden;
    p->scan.columns = ARENA_ARRAY(arena, uint32_t, p->scan.column_count + 1);
    for (uint32_t i = 0; i < p->scan.column_count; i++)
        p->scan.columns[i] = i < r->schema.column_count ? i : HIDDEN_BASE + (i - r->schema.column_count);
    schema_of_scan(p, arena);
    return p;
}

/* The view's columns keep the names and the number that they had when it was made. */
static struct plan *as_view_columns(const struct relation *view, struct plan *query, struct arena *arena)
{
    uint32_t count =
        view->schema.column_count < query->schema.column_count ? view->schema.column_count : query->schema.column_count;
    struct expr **columns = ARENA_ARRAY(arena, struct expr *, count + 1);
    const char **names = ARENA_ARRAY(arena, const char *, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        columns[i] = expr_column(i, query->schema.columns[i].type, arena);
        names[i] = view->schema.columns[i].name;
    }
    return bind_project(query, columns, names, count, arena);
}

static enum status expand_view(struct binder *b, const struct relation *view, struct plan **out)
{
    struct dialect *dialect = ARENA_NEW(b->arena, struct dialect);
    struct binder inner = *b;
    const PgQuery__Node *node;
    inner.dialect = dialect;
    inner.ctes = NULL;
    inner.parameters = NULL;
    inner.depth += VIEW_DEPTH_COST;
    status_ignore(time_zone_find(view->time_zone, &inner.text.zone, NULL), "a zone that is gone leaves the session's");
    TRY(dialect_prepare_hidden(view->query, b->arena, dialect, b->err));
    TRY(parse_statement(dialect, b->arena, &node, b->err));
    TRY(bind_enter(&inner));
    TRY(bind_query_node(&inner, node, out));
    *out = as_view_columns(view, *out, b->arena);
    return STATUS_OK;
}

enum status bind_scan(struct binder *b, struct relation *r, int32_t location, struct plan **out)
{
    switch (r->kind) {
    case RELATION_VIEW: {
        enum status st = expand_view(b, r, out);
        if (st != STATUS_OK && b->err != NULL && b->err->position == 0)
            b->err->position = bind_position(b, location);
        return st;
    }
    case RELATION_SINK:
        return error_set_at(b->err, STATUS_WRONG_OBJECT_TYPE, bind_position(b, location),
                            "cannot read from sink \"%s\"", r->name);
    case RELATION_TABLE:
    case RELATION_SOURCE:
    case RELATION_MATERIALIZED_VIEW:
    case RELATION_SYSTEM:
        *out = scan(r, b->arena);
        (*out)->position = bind_position(b, location);
        return STATUS_OK;
    }
    return STATUS_OK;
}

enum status bind_alias(struct binder *b, const PgQuery__Alias *alias, struct from_item *item)
{
    if (alias == NULL)
        return STATUS_OK;
    struct scope_table *table = &item->scope.tables[0];
    table->name = alias->aliasname;
    table->schema_name = NULL;
    if (alias->n_colnames > table->column_count)
        return error_set(b->err, STATUS_INVALID_COLUMN_REFERENCE,
                         "table \"%s\" has %u columns available but %zu columns specified", alias->aliasname,
                         table->column_count, alias->n_colnames);
    if (alias->n_colnames == 0)
        return STATUS_OK;
    uint32_t count = table->column_count + table->hidden_count;
    struct column *renamed = ARENA_ARRAY(b->arena, struct column, count);
    memcpy(renamed, table->columns, count * sizeof *renamed);
    for (uint32_t i = 0; i < alias->n_colnames; i++) {
        renamed[i].name = bind_string(alias->colnames[i]);
        item->scope.columns[i].name = renamed[i].name;
    }
    table->columns = renamed;
    return STATUS_OK;
}

static void scope_of_relation(struct relation *r, struct from_item *item, struct arena *arena)
{
    scope_of_plan(item->plan, r->schema_name, r->name, arena, &item->scope);
    item->scope.tables[0].relation = r;
    if (item->plan->kind != PLAN_SCAN)
        return;
    item->scope.tables[0].column_count = r->schema.column_count;
    item->scope.tables[0].hidden_count = item->plan->scan.column_count - r->schema.column_count;
    item->scope.column_count = r->schema.column_count;
}

static const struct dialect_file *file_at(const struct binder *b, int32_t location)
{
    for (uint32_t i = 0; i < b->dialect->file_count; i++)
        if ((int64_t)b->dialect->files[i].location == location)
            return &b->dialect->files[i];
    return NULL;
}

/* 'dir/sales-2024.csv' is known as sales-2024, as DuckDB names it. */
static const char *name_of_path(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    size_t size = strcspn(name, ".*");
    return size == 0 ? path : arena_copy_bytes(arena, (struct bytes){(const uint8_t *)name, size});
}

static enum status bind_range_var(struct binder *b, const PgQuery__RangeVar *var, struct from_item *out)
{
    const struct dialect_file *file = file_at(b, var->location);
    if (file != NULL) {
        TRY(bind_files(b, file->path, NULL, NULL, 0, var->location, &out->plan));
        scope_of_plan(out->plan, NULL, name_of_path(file->path, b->arena), b->arena, &out->scope);
        return bind_alias(b, var->alias, out);
    }
    bool is_bare = var->schemaname == NULL || var->schemaname[0] == '\0';
    for (const struct cte *cte = b->ctes; is_bare && cte != NULL; cte = cte->next)
        if (strcmp(cte->name, var->relname) == 0) {
            out->plan = cte->plan;
            scope_of_plan(out->plan, NULL, cte->name, b->arena, &out->scope);
            return bind_alias(b, var->alias, out);
        }
    if (var->catalogname != NULL && var->catalogname[0] != '\0')
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, var->location),
                            "cross-database references are not implemented: \"%s.%s.%s\"", var->catalogname, var->schemaname,
                            var->relname);
    struct relation *r;
    TRY(bind_relation(b, var->schemaname, var->relname, var->location, false, &r));
    TRY(bind_scan(b, r, var->location, &out->plan));
    scope_of_relation(r, out, b->arena);
    return bind_alias(b, var->alias, out);
}

static enum status bind_subselect(struct binder *b, const PgQuery__RangeSubselect *sub, struct from_item *out)
{
    if (sub->lateral)
        return bind_unsupported_words(b, "lateral", "LATERAL");
    TRY(bind_query_node(b, sub->subquery, &out->plan));
    scope_of_plan(out->plan, NULL, sub->alias == NULL ? "unnamed_subquery" : sub->alias->aliasname, b->arena,
                  &out->scope);
    return bind_alias(b, sub->alias, out);
}

enum status bind_from_item(struct binder *b, const PgQuery__Node *node, const struct scope *parent,
                           struct from_item *out)
{
    *out = (struct from_item){0};
    enum status st;
    TRY(bind_enter(b));
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_RANGE_VAR:
        st = bind_range_var(b, node->range_var, out);
        break;
    case PG_QUERY__NODE__NODE_RANGE_SUBSELECT:
        st = bind_subselect(b, node->range_subselect, out);
        break;
    case PG_QUERY__NODE__NODE_RANGE_FUNCTION:
        st = bind_range_function(b, node->range_function, out);
        break;
    case PG_QUERY__NODE__NODE_JOIN_EXPR:
        st = bind_join(b, node->join_expr, parent, out);
        break;
    case PG_QUERY__NODE__NODE_RANGE_TABLE_SAMPLE:
        st = bind_unsupported(b, node->range_table_sample->location, "TABLESAMPLE");
        break;
    default:
        st = bind_unsupported(b, -1, "this kind of FROM item");
        break;
    }
    out->scope.parent = parent;
    b->depth--;
    return st;
}

struct plan *bind_cross_join(struct plan *left, struct plan *right, struct arena *arena)
{
    struct plan *p = plan_create(PLAN_JOIN, 2, arena);
    p->inputs[0] = left;
    p->inputs[1] = right;
    p->join.kind = JOIN_INNER;
    uint32_t left_count = left->schema.column_count;
    p->schema.column_count = left_count + right->schema.column_count;
    p->schema.columns = ARENA_ARRAY(arena, struct column, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        p->schema.columns[i] = i < left_count ? left->schema.columns[i] : right->schema.columns[i - left_count];
    return p;
}

/* FROM a, b: the scopes side by side. */
static void append_scope(struct scope *to, const struct scope *from, uint32_t shift, struct arena *arena)
{
    struct scope_table *tables = ARENA_ARRAY(arena, struct scope_table, to->table_count + from->table_count + 1);
    struct scope_column *columns = ARENA_ARRAY(arena, struct scope_column, to->column_count + from->column_count + 1);
    for (uint32_t i = 0; i < to->table_count + from->table_count; i++) {
        tables[i] = i < to->table_count ? to->tables[i] : from->tables[i - to->table_count];
        tables[i].first += i < to->table_count ? 0 : shift;
    }
    for (uint32_t i = 0; i < to->column_count + from->column_count; i++) {
        bool is_own = i < to->column_count;
        columns[i] = is_own ? to->columns[i] : from->columns[i - to->column_count];
        columns[i].column += is_own ? 0 : shift;
        columns[i].table += is_own ? 0 : to->table_count;
    }
    to->table_count += from->table_count;
    to->column_count += from->column_count;
    to->tables = tables;
    to->columns = columns;
}

static enum status check_aliases(struct binder *b, const struct scope *scope)
{
    for (uint32_t i = 0; i < scope->table_count; i++)
        for (uint32_t j = 0; j < i; j++) {
            const struct scope_table *x = &scope->tables[i];
            const struct scope_table *y = &scope->tables[j];
            bool same_schema =
                x->schema_name == NULL || y->schema_name == NULL || strcmp(x->schema_name, y->schema_name) == 0;
            bool both_plain = x->schema_name != NULL && y->schema_name != NULL;
            if (strcmp(x->name, y->name) == 0 && (same_schema || !both_plain))
                return error_set(b->err, STATUS_DUPLICATE_ALIAS, "table name \"%s\" specified more than once", x->name);
        }
    return STATUS_OK;
}

enum status bind_from(struct binder *b, PgQuery__Node **items, size_t count, const struct scope *parent,
                      struct from_item *out)
{
    *out = (struct from_item){0};
    out->scope.parent = parent;
    if (count == 0) { /* one row without columns */
        out->plan = plan_create(PLAN_VALUES, 0, b->arena);
        out->plan->values.row_count = 1;
        out->plan->values.rows = ARENA_ARRAY(b->arena, struct expr **, 1);
        out->plan->values.rows[0] = ARENA_ARRAY(b->arena, struct expr *, 1);
        return STATUS_OK;
    }
    TRY(bind_from_item(b, items[0], parent, out));
    for (size_t i = 1; i < count; i++) {
        struct from_item next;
        TRY(bind_from_item(b, items[i], parent, &next));
        append_scope(&out->scope, &next.scope, out->plan->schema.column_count, b->arena);
        out->plan = bind_cross_join(out->plan, next.plan, b->arena);
    }
    return check_aliases(b, &out->scope);
}
