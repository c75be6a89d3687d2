/* bind_create.c - CREATE TABLE, CREATE SOURCE, CREATE TABLE AS. */
#include "sql/relation_builder.h"

struct table_builder {
    struct binder *b;
    const PgQuery__CreateStmt *tree;
    struct relation *r;
    bool has_key;
};

static enum status check_create(struct binder *b, const PgQuery__CreateStmt *tree)
{
    const PgQuery__RangeVar *name = tree->relation;
    if (name->relpersistence != NULL && name->relpersistence[0] != 'p' && name->relpersistence[0] != '\0')
        return bind_unsupported(b, name->location,
                                name->relpersistence[0] == 't' ? "a temporary table" : "an unlogged table");
    if (tree->n_inh_relations != 0)
        return bind_unsupported(b, tree->inh_relations[0]->range_var->location,
                                tree->partbound == NULL ? "INHERITS" : "PARTITION OF");
    if (tree->partspec != NULL)
        return bind_unsupported(b, tree->partspec->location, "PARTITION BY");
    if (tree->of_typename != NULL)
        return bind_unsupported(b, tree->of_typename->location, "a table of a type");
    if (tree->oncommit > PG_QUERY__ON_COMMIT_ACTION__ONCOMMIT_NOOP)
        return bind_unsupported_words(b, "on commit", "ON COMMIT");
    if (tree->tablespacename != NULL && tree->tablespacename[0] != '\0')
        return bind_unsupported_words(b, "tablespace", "TABLESPACE");
    if (tree->access_method != NULL && tree->access_method[0] != '\0')
        return bind_unsupported_words(b, "using", "a table access method");
    return STATUS_OK;
}

static bool is_hidden_name(const char *name)
{
    for (int i = 0; i < HIDDEN_COUNT; i++)
        if (strcmp(HIDDEN_COLUMNS[i].name, name) == 0)
            return true;
    return false;
}

/* ---- columns ---- */

static const char *path_of(const struct table_builder *t, const PgQuery__ColumnDef *tree, int64_t next_location)
{
    const struct dialect *d = t->b->dialect;
    for (uint32_t i = 0; i < d->path_count; i++)
        if ((int64_t)d->paths[i].location > tree->location && (int64_t)d->paths[i].location < next_location)
            return arena_copy_text(t->r->arena, d->paths[i].path);
    return NULL;
}

static enum status bind_default(struct table_builder *t, const PgQuery__Node *node, struct column_definition *column)
{
    struct binder *b = t->b;
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_REF)
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, node->column_ref->location),
                            "cannot use column reference in DEFAULT expression");
    if (node->node_case == PG_QUERY__NODE__NODE_SUB_LINK)
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, node->sub_link->location),
                            "cannot use subquery in DEFAULT expression");
    struct arena *arena = b->arena;
    b->arena = t->r->arena; /* the default lives as long as its relation */
    struct expr_context c = {.b = b, .construct = "DEFAULT expressions"};
    struct expr *e = NULL;
    enum status st = bind_expr(&c, node, &e);
    if (st == STATUS_OK && e->type.id != TYPE_NULL && e->type.id != column->type.id &&
        !cast_exists(e->type, column->type, CAST_ASSIGNMENT)) {
        char to[TYPE_NAME_SIZE];
        char from[TYPE_NAME_SIZE];
        st = error_set(b->err, STATUS_DATATYPE_MISMATCH,
                       "column \"%s\" is of type %s but default expression is of type %s", column->name,
                       type_name(column->type, to, sizeof to), type_name(e->type, from, sizeof from));
        error_hint(b->err, "You will need to rewrite or cast the expression.");
    }
    if (st == STATUS_OK)
        st = bind_cast(b, e, column->type, CAST_ASSIGNMENT, &column->default_value);
    b->arena = arena;
    return st;
}

static enum status add_key(struct table_builder *t, const PgQuery__Constraint *constraint, const char *own_column)
{
    struct binder *b = t->b;
    struct relation *r = t->r;
    int position = bind_position(b, constraint->location);
    size_t count = own_column != NULL ? 1 : constraint->n_keys;
    if (t->has_key)
        return error_set_at(b->err, STATUS_INVALID_TABLE_DEFINITION, position,
                            "multiple primary keys for table \"%s\" are not allowed", r->name);
    t->has_key = true;
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        const char *name = own_column != NULL ? own_column : bind_string(constraint->keys[i]);
        int found = schema_find(&r->schema, name);
        if (found < 0)
            return error_set_at(b->err, STATUS_UNDEFINED_COLUMN, position, "column \"%s\" named in key does not exist",
                                name);
        for (uint32_t k = 0; k < r->primary_key_count; k++)
            if (r->primary_key[k] == (uint32_t)found)
                return error_set_at(b->err, STATUS_DUPLICATE_COLUMN, position,
                                    "column \"%s\" appears twice in primary key constraint", name);
        if (r->schema.columns[found].type.id == TYPE_JSON)
            return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position,
                                "a key column of type json is not supported");
        r->primary_key[r->primary_key_count++] = (uint32_t)found;
        r->schema.columns[found].not_null = r->columns[found].not_null = true;
    }
    return STATUS_OK;
}

static enum status fail_constraint(struct binder *b, const PgQuery__Constraint *constraint)
{
    const char *name = "this constraint";
    switch (constraint->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_CHECK:
        name = "CHECK";
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_UNIQUE:
        name = "UNIQUE";
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_FOREIGN:
        name = "REFERENCES";
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_IDENTITY:
        name = "GENERATED AS IDENTITY";
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_GENERATED:
        name = "GENERATED AS";
        break;
    case PG_QUERY__CONSTR_TYPE__CONSTR_EXCLUSION:
        name = "EXCLUDE";
        break;
    default:
        break;
    }
    return bind_unsupported(b, constraint->location, "%s", name);
}

static enum status bind_column_constraint(struct table_builder *t, const PgQuery__Constraint *constraint, uint32_t i)
{
    struct column_definition *column = &t->r->columns[i];
    switch (constraint->contype) {
    case PG_QUERY__CONSTR_TYPE__CONSTR_NULL:
        return STATUS_OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_NOTNULL:
        column->not_null = t->r->schema.columns[i].not_null = true;
        return STATUS_OK;
    case PG_QUERY__CONSTR_TYPE__CONSTR_DEFAULT:
        if (column->default_value != NULL)
            return error_set_at(t->b->err, STATUS_SYNTAX_ERROR, bind_position(t->b, constraint->location),
                                "multiple default values specified for column \"%s\" of table \"%s\"", column->name,
                                t->r->name);
        return bind_default(t, constraint->raw_expr, column);
    case PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY:
        return add_key(t, constraint, column->name);
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_NOT_DEFERRABLE:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_DEFERRED:
    case PG_QUERY__CONSTR_TYPE__CONSTR_ATTR_IMMEDIATE:
        return bind_unsupported(t->b, constraint->location, "DEFERRABLE");
    default:
        return fail_constraint(t->b, constraint);
    }
}

static enum status add_column(struct table_builder *t, const PgQuery__ColumnDef *tree, int64_t next_location)
{
    struct binder *b = t->b;
    struct relation *r = t->r;
    uint32_t i = r->schema.column_count;
    if (schema_find(&r->schema, tree->colname) >= 0)
        return error_set(b->err, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once", tree->colname);
    if (is_hidden_name(tree->colname))
        return error_set(b->err, STATUS_DUPLICATE_COLUMN, "column name \"%s\" conflicts with a system column name",
                         tree->colname);
    if (tree->type_name == NULL)
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, bind_position(b, tree->location), "column \"%s\" has no type",
                            tree->colname);
    struct type type;
    TRY(bind_type(b, tree->type_name, &type));
    const char *name = arena_copy_text(r->arena, tree->colname);
    r->schema.columns[i] = (struct column){name, type, false};
    r->columns[i] = (struct column_definition){.name = name, .type = type, .path = path_of(t, tree, next_location)};
    r->schema.column_count++;
    if (tree->coll_clause != NULL)
        return bind_unsupported(b, tree->coll_clause->location, "COLLATE of a column");
    for (size_t c = 0; c < tree->n_constraints; c++)
        TRY(bind_column_constraint(t, tree->constraints[c]->constraint, i));
    return STATUS_OK;
}

static int64_t location_of_item(const PgQuery__Node *node)
{
    if (node->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
        return node->column_def->location;
    return node->node_case == PG_QUERY__NODE__NODE_CONSTRAINT ? node->constraint->location : INT64_MAX;
}

static enum status add_items(struct table_builder *t)
{
    const PgQuery__CreateStmt *tree = t->tree;
    struct relation *r = t->r;
    r->schema.columns = ARENA_ARRAY(r->arena, struct column, tree->n_table_elts + 1);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, tree->n_table_elts + 1);
    for (size_t i = 0; i < tree->n_table_elts; i++) {
        const PgQuery__Node *item = tree->table_elts[i];
        if (item->node_case == PG_QUERY__NODE__NODE_TABLE_LIKE_CLAUSE)
            return bind_unsupported(t->b, item->table_like_clause->relation->location, "LIKE in CREATE TABLE");
        if (item->node_case == PG_QUERY__NODE__NODE_COLUMN_DEF)
            TRY(add_column(t, item->column_def,
                           i + 1 < tree->n_table_elts ? location_of_item(tree->table_elts[i + 1]) : INT64_MAX));
    }
    for (size_t i = 0; i < tree->n_table_elts; i++) {
        const PgQuery__Node *item = tree->table_elts[i];
        if (item->node_case != PG_QUERY__NODE__NODE_CONSTRAINT)
            continue;
        if (item->constraint->contype != PG_QUERY__CONSTR_TYPE__CONSTR_PRIMARY)
            return fail_constraint(t->b, item->constraint);
        TRY(add_key(t, item->constraint, NULL));
    }
    return STATUS_OK;
}

/* ---- what format and connector ask of the columns ---- */

static enum status check_format(struct binder *b, const struct relation *r)
{
    const char *format = relation_option(r, "format");
    if (format == NULL || (strcmp(format, "text") != 0 && strcmp(format, "raw") != 0))
        return STATUS_OK;
    uint32_t values = 0;
    bool fits = true;
    for (uint32_t i = 0; i < r->schema.column_count; i++) {
        bool is_key = false;
        for (uint32_t k = 0; k < r->primary_key_count; k++)
            is_key |= r->primary_key[k] == i;
        values += !is_key;
        fits &= is_key || type_is_text(r->schema.columns[i].type) ||
                (strcmp(format, "raw") == 0 && r->schema.columns[i].type.id == TYPE_BYTEA);
    }
    if (values != 1 || !fits)
        return error_set(b->err, STATUS_INVALID_PARAMETER,
                         "format \"%s\" takes exactly one column beside the key, of type %s", format,
                         strcmp(format, "raw") == 0 ? "bytea or text" : "text");
    return STATUS_OK;
}

static enum status check_source(struct binder *b, const struct relation *r)
{
    const char *connector = relation_option(r, "connector");
    if (connector == NULL) {
        error_set(b->err, STATUS_INVALID_PARAMETER, "source \"%s\" needs the option \"connector\"", r->name);
        error_hint(b->err, "Known connectors are: log, file.");
        return STATUS_INVALID_PARAMETER;
    }
    if (strcmp(connector, "file") == 0 && relation_option(r, "path") == NULL)
        return error_set(b->err, STATUS_INVALID_PARAMETER, "connector \"file\" needs the option \"path\"");
    return STATUS_OK;
}

static enum status build(struct table_builder *t)
{
    struct relation *r = t->r;
    TRY(add_items(t));
    if (r->schema.column_count == 0)
        return bind_unsupported(t->b, t->tree->relation->location, "a table without columns");
    TRY(check_format(t->b, r));
    r->append_only = r->primary_key_count == 0;
    if (r->kind == RELATION_SOURCE)
        TRY(check_source(t->b, r));
    const char *topic = relation_option(r, "topic");
    const char *connector = relation_option(r, "connector");
    r->topic = connector != NULL && strcmp(connector, "log") != 0 ? NULL : topic == NULL ? r->name : topic;
    return STATUS_OK;
}

enum status bind_create_table(struct binder *b, const PgQuery__CreateStmt *tree, struct statement *out)
{
    bool exists;
    bool is_source = b->dialect->kind == DIALECT_CREATE_SOURCE;
    struct table_builder t = {.b = b, .tree = tree};
    out->kind = is_source ? STATEMENT_CREATE_SOURCE : STATEMENT_CREATE_TABLE;
    out->tag = is_source ? "CREATE SOURCE" : "CREATE TABLE";
    TRY(check_create(b, tree));
    if (tree->n_options != 0)
        return bind_unsupported(b, tree->options[0]->def_elem->location, "storage parameter \"%s\"",
                                tree->options[0]->def_elem->defname);
    TRY(create_check_name(b, tree->relation->schemaname, tree->relation->relname, tree->relation->location,
                          tree->if_not_exists, &exists, out));
    if (exists)
        return STATUS_OK;
    TRY(create_relation(b, is_source ? RELATION_SOURCE : RELATION_TABLE, tree->relation->relname,
                        is_source ? OPTION_SOURCE : OPTION_TABLE, &t.r));
    enum status st = build(&t);
    if (st == STATUS_OK)
        out->created = t.r;
    else
        relation_unref(t.r);
    return st;
}

static enum status bind_table_as(struct binder *b, const PgQuery__CreateTableAsStmt *tree, struct statement *out)
{
    const PgQuery__RangeVar *name = tree->into->rel;
    struct relation *r;
    out->kind = STATEMENT_CREATE_TABLE;
    out->tag = "CREATE TABLE AS";
    if (name->relpersistence != NULL && name->relpersistence[0] != 'p' && name->relpersistence[0] != '\0')
        return bind_unsupported(b, name->location, "a temporary or unlogged table");
    TRY(bind_query_node(b, tree->query, &out->plan));
    TRY(create_relation(b, RELATION_TABLE, name->relname, OPTION_TABLE, &r));
    enum status st = create_query_columns(b, r, out->plan, tree->into->col_names, tree->into->n_col_names);
    if (st == STATUS_OK)
        st = check_format(b, r);
    if (st != STATUS_OK) {
        relation_unref(r);
        return st;
    }
    const char *topic = relation_option(r, "topic");
    r->topic = topic == NULL ? r->name : topic;
    r->append_only = true;
    out->created = r;
    if (tree->into->skip_data)
        out->plan = NULL;
    return STATUS_OK;
}

static enum status bind_materialized_view(struct binder *b, const PgQuery__CreateTableAsStmt *tree,
                                          struct statement *out)
{
    struct relation *r;
    out->kind = STATEMENT_CREATE_MATERIALIZED_VIEW;
    out->tag = "CREATE MATERIALIZED VIEW";
    if (tree->into->skip_data)
        return bind_unsupported_words(b, "with no data", "WITH NO DATA");
    TRY(bind_query_node(b, tree->query, &out->plan));
    TRY(create_check_live(b, out->plan, "materialized view"));
    TRY(create_relation(b, RELATION_MATERIALIZED_VIEW, tree->into->rel->relname, OPTION_VIEW, &r));
    enum status st = create_query_columns(b, r, out->plan, tree->into->col_names, tree->into->n_col_names);
    if (st != STATUS_OK) {
        relation_unref(r);
        return st;
    }
    create_keep_query(b, r);
    out->created = r;
    return STATUS_OK;
}

enum status bind_create_as(struct binder *b, const PgQuery__CreateTableAsStmt *tree, struct statement *out)
{
    bool exists;
    bool is_view = tree->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
    TRY(create_check_name(b, tree->into->rel->schemaname, tree->into->rel->relname, tree->into->rel->location,
                          tree->if_not_exists, &exists, out));
    if (exists) {
        out->kind = is_view ? STATEMENT_CREATE_MATERIALIZED_VIEW : STATEMENT_CREATE_TABLE;
        out->tag = is_view ? "CREATE MATERIALIZED VIEW" : "CREATE TABLE AS";
        return STATUS_OK;
    }
    return is_view ? bind_materialized_view(b, tree, out) : bind_table_as(b, tree, out);
}
