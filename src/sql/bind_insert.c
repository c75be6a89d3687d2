/* bind_insert.c - INSERT: rows in the shape of the relation, defaults filled in, values cast as assignments. */
#include "sql/bind.h"

struct insert {
    struct binder *b;
    const PgQuery__InsertStmt *tree;
    struct relation *relation;
    uint32_t column_count;
    uint32_t *columns; /* the relation's columns that the rows fill, in order */
    struct type *types;
};

static enum status check_target(struct insert *i, int32_t location)
{
    struct relation *r = i->relation;
    int position = bind_position(i->b, location);
    switch (r->kind) {
    case RELATION_TABLE:
        return STATUS_OK;
    case RELATION_VIEW:
        error_set_at(i->b->err, STATUS_NOT_IN_PREREQUISITE_STATE, 0, "cannot insert into view \"%s\"", r->name);
        error_detail(i->b->err, "Views are not updatable.");
        return STATUS_NOT_IN_PREREQUISITE_STATE;
    case RELATION_MATERIALIZED_VIEW:
        return error_set(i->b->err, STATUS_WRONG_OBJECT_TYPE, "cannot change materialized view \"%s\"", r->name);
    case RELATION_SINK:
        return error_set_at(i->b->err, STATUS_FEATURE_NOT_SUPPORTED, position, "INSERT INTO a sink is not supported");
    default:
        return error_set_at(i->b->err, STATUS_WRONG_OBJECT_TYPE, position, "cannot insert into %s \"%s\"",
                            relation_kind_name(r->kind), r->name);
    }
}

static enum status check_clauses(struct binder *b, const PgQuery__InsertStmt *tree)
{
    if (tree->on_conflict_clause != NULL)
        return bind_unsupported(b, tree->on_conflict_clause->location, "ON CONFLICT");
    if (tree->n_returning_list != 0)
        return bind_unsupported(b, tree->returning_list[0]->res_target->location, "RETURNING");
    if (tree->override != PG_QUERY__OVERRIDING_KIND__OVERRIDING_NOT_SET &&
        tree->override != PG_QUERY__OVERRIDING_KIND__OVERRIDING_KIND_UNDEFINED)
        return bind_unsupported_words(b, "overriding", "OVERRIDING");
    return STATUS_OK;
}

/* INSERT INTO t (a, b): which columns; without a list all of them. */
static enum status bind_columns(struct insert *i)
{
    const struct schema *schema = &i->relation->schema;
    size_t named = i->tree->n_cols;
    i->column_count = named == 0 ? schema->column_count : (uint32_t)named;
    i->columns = ARENA_ARRAY(i->b->arena, uint32_t, i->column_count + 1);
    i->types = ARENA_ARRAY(i->b->arena, struct type, i->column_count + 1);
    for (uint32_t n = 0; n < i->column_count; n++) {
        i->columns[n] = n;
        if (named != 0) {
            const PgQuery__ResTarget *target = i->tree->cols[n]->res_target;
            int position = bind_position(i->b, target->location);
            int found = schema_find(schema, target->name);
            if (found < 0)
                return error_set_at(i->b->err, STATUS_UNDEFINED_COLUMN, position,
                                    "column \"%s\" of relation \"%s\" does not exist", target->name, i->relation->name);
            for (uint32_t m = 0; m < n; m++)
                if (i->columns[m] == (uint32_t)found)
                    return error_set_at(i->b->err, STATUS_DUPLICATE_COLUMN, position,
                                        "column \"%s\" specified more than once", target->name);
            i->columns[n] = (uint32_t)found;
        }
        i->types[n] = schema->columns[i->columns[n]].type;
    }
    return STATUS_OK;
}

static enum status check_width(struct insert *i, size_t width, int position)
{
    if (width > i->column_count)
        return error_set_at(i->b->err, STATUS_SYNTAX_ERROR, position,
                            "INSERT has more expressions than target columns");
    if (width < i->column_count && i->tree->n_cols != 0)
        return error_set_at(i->b->err, STATUS_SYNTAX_ERROR,
                            bind_position(i->b, i->tree->cols[width]->res_target->location),
                            "INSERT has more target columns than expressions");
    return STATUS_OK;
}

static struct expr *default_of(struct insert *i, uint32_t column)
{
    const struct relation *r = i->relation;
    if (r->columns != NULL && r->columns[column].default_value != NULL)
        return expr_remap(r->columns[column].default_value, NULL, NULL,
                          i->b->arena); /* plans change their expressions */
    return expr_constant(r->schema.columns[column].type, NULL, i->b->arena);
}

static enum status assign(struct insert *i, struct expr *e, uint32_t column, struct expr **out)
{
    struct binder *b = i->b;
    const struct column *target = &i->relation->schema.columns[column];
    if (e->type.id != TYPE_NULL && !cast_exists(e->type, target->type, CAST_ASSIGNMENT) &&
        e->type.id != target->type.id) {
        char to[TYPE_NAME_SIZE];
        char from[TYPE_NAME_SIZE];
        error_set_at(b->err, STATUS_DATATYPE_MISMATCH, bind_start(e),
                     "column \"%s\" is of type %s but expression is of type %s", target->name,
                     type_base_name(target->type, to),
                     type_base_name(e->type, from));
        error_hint(b->err, "You will need to rewrite or cast the expression.");
        return STATUS_DATATYPE_MISMATCH;
    }
    return bind_cast(b, e, target->type, CAST_ASSIGNMENT, out);
}

/* ---- VALUES: each value goes straight to its column's type ---- */

static enum status bind_row(struct insert *i, const PgQuery__List *row, struct expr **out)
{
    struct expr_context c = {.b = i->b, .construct = "VALUES"};
    for (uint32_t column = 0; column < i->relation->schema.column_count; column++)
        out[column] = NULL;
    for (uint32_t n = 0; n < row->n_items; n++) {
        uint32_t column = i->columns[n];
        if (row->items[n]->node_case == PG_QUERY__NODE__NODE_SET_TO_DEFAULT)
            continue;
        struct expr *e;
        TRY(bind_expr(&c, row->items[n], &e));
        TRY(assign(i, e, column, &out[column]));
    }
    for (uint32_t column = 0; column < i->relation->schema.column_count; column++)
        if (out[column] == NULL)
            out[column] = default_of(i, column);
    return STATUS_OK;
}

static int item_position(struct binder *b, const PgQuery__List *row, size_t item)
{
    return item < row->n_items ? bind_position(b, bind_location(row->items[item])) : 0;
}

static enum status bind_rows(struct insert *i, const PgQuery__SelectStmt *values, struct plan **out)
{
    struct plan *p = plan_create(PLAN_VALUES, 0, i->b->arena);
    p->schema = i->relation->schema;
    p->values.row_count = (uint32_t)values->n_values_lists;
    p->values.rows = ARENA_ARRAY(i->b->arena, struct expr **, values->n_values_lists);
    for (uint32_t r = 0; r < p->values.row_count; r++) {
        const PgQuery__List *row = values->values_lists[r]->list;
        if (row->n_items != values->values_lists[0]->list->n_items)
            return error_set_at(i->b->err, STATUS_SYNTAX_ERROR, item_position(i->b, row, 0),
                                "VALUES lists must all be the same length");
        TRY(check_width(i, row->n_items, item_position(i->b, row, i->column_count)));
        p->values.rows[r] = ARENA_ARRAY(i->b->arena, struct expr *, p->schema.column_count + 1);
        TRY(bind_row(i, row, p->values.rows[r]));
    }
    *out = p;
    return STATUS_OK;
}

/* ---- any query ---- */

static enum status bind_from_query(struct insert *i, const PgQuery__SelectStmt *select, struct plan **out)
{
    struct plan *query;
    const struct schema *schema = &i->relation->schema;
    TRY(bind_query_for(i->b, select, i->types, i->column_count, &query));
    bool is_listed = select->n_target_list == query->schema.column_count && i->column_count < select->n_target_list;
    TRY(check_width(i, query->schema.column_count,
                    is_listed ? bind_position(i->b, bind_location(select->target_list[i->column_count])) : 0));
    struct expr **row = ARENA_ARRAY(i->b->arena, struct expr *, schema->column_count + 1);
    const char **names = ARENA_ARRAY(i->b->arena, const char *, schema->column_count + 1);
    for (uint32_t n = 0; n < query->schema.column_count; n++) {
        struct expr *e = expr_column(n, query->schema.columns[n].type, i->b->arena);
        if (n < select->n_target_list)
            e->position = bind_position(i->b, select->target_list[n]->res_target->location);
        TRY(assign(i, e, i->columns[n], &row[i->columns[n]]));
    }
    for (uint32_t column = 0; column < schema->column_count; column++) {
        names[column] = schema->columns[column].name;
        if (row[column] == NULL)
            row[column] = default_of(i, column);
    }
    *out = bind_project(query, row, names, schema->column_count, i->b->arena);
    return STATUS_OK;
}

static enum status bind_default_row(struct insert *i, struct plan **out)
{
    PgQuery__List empty = PG_QUERY__LIST__INIT;
    struct plan *p = plan_create(PLAN_VALUES, 0, i->b->arena);
    p->schema = i->relation->schema;
    p->values.row_count = 1;
    p->values.rows = ARENA_ARRAY(i->b->arena, struct expr **, 1);
    p->values.rows[0] = ARENA_ARRAY(i->b->arena, struct expr *, p->schema.column_count + 1);
    *out = p;
    return bind_row(i, &empty, p->values.rows[0]);
}

/* VALUES alone; with ORDER BY, LIMIT or WITH it is a query like others. */
static bool is_plain_values(const PgQuery__SelectStmt *s)
{
    return s->n_values_lists != 0 && s->with_clause == NULL && s->n_sort_clause == 0 && s->limit_count == NULL &&
           s->limit_offset == NULL;
}

enum status bind_insert(struct binder *b, const PgQuery__InsertStmt *tree, struct statement *out)
{
    struct insert i = {.b = b, .tree = tree};
    const struct cte *outer = b->ctes;
    TRY(check_clauses(b, tree));
    TRY(bind_relation(b, tree->relation->schemaname, tree->relation->relname, tree->relation->location, false,
                      &i.relation));
    TRY(check_target(&i, tree->relation->location));
    TRY(bind_columns(&i));
    if (tree->with_clause != NULL)
        TRY(bind_with(b, tree->with_clause));
    out->kind = STATEMENT_INSERT;
    out->tag = "INSERT";
    enum status st;
    if (tree->select_stmt == NULL)
        st = bind_default_row(&i, &out->plan);
    else if (is_plain_values(tree->select_stmt->select_stmt))
        st = bind_rows(&i, tree->select_stmt->select_stmt, &out->plan);
    else
        st = bind_from_query(&i, tree->select_stmt->select_stmt, &out->plan);
    b->ctes = outer;
    if (st == STATUS_OK)
        out->insert.relation = i.relation;
    return st;
}
