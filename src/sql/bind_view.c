/* bind_view.c - CREATE VIEW and CREATE SINK. */
#include "sql/relation_builder.h"

/* OR REPLACE keeps the columns that are there: others may read them. */
static enum status check_replaced(struct binder *b, const struct relation *old, const struct relation *r)
{
    char from[TYPE_NAME_SIZE];
    char to[TYPE_NAME_SIZE];
    if (old->kind != RELATION_VIEW)
        return error_set(b->err, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a view", old->name);
    if (r->schema.column_count < old->schema.column_count)
        return error_set(b->err, STATUS_INVALID_TABLE_DEFINITION, "cannot drop columns from view");
    for (uint32_t i = 0; i < old->schema.column_count; i++) {
        const struct column *was = &old->schema.columns[i];
        const struct column *is = &r->schema.columns[i];
        if (strcmp(was->name, is->name) != 0)
            return error_set(b->err, STATUS_INVALID_TABLE_DEFINITION,
                             "cannot change name of view column \"%s\" to \"%s\"", was->name, is->name);
        if (!type_equal(was->type, is->type))
            return error_set(b->err, STATUS_INVALID_TABLE_DEFINITION,
                             "cannot change data type of view column \"%s\" from %s to %s", was->name,
                             type_name(was->type, from, sizeof from), type_name(is->type, to, sizeof to));
    }
    return STATUS_OK;
}

/* A view that would read itself through others. */
static enum status check_cycle(struct binder *b, const struct relation *old, const struct relation *r)
{
    uint32_t count;
    struct relation **readers = catalog_dependents(b->environment->catalog, old->id, b->arena, &count);
    bool cycle = false;
    for (uint32_t d = 0; d < r->dependency_count; d++) {
        cycle |= r->dependencies[d] == old->id;
        for (uint32_t i = 0; i < count; i++)
            cycle |= r->dependencies[d] == readers[i]->id;
    }
    for (uint32_t i = 0; i < count; i++)
        relation_unref(readers[i]);
    if (cycle)
        return error_set(b->err, STATUS_INVALID_OBJECT_DEFINITION, "infinite recursion detected in view \"%s\"",
                         r->name);
    return STATUS_OK;
}

static enum status replace(struct binder *b, struct relation *r, struct statement *out)
{
    struct relation *old = catalog_find(b->environment->catalog, "public", r->name);
    if (old == NULL)
        return STATUS_OK;
    enum status st = check_replaced(b, old, r);
    if (st == STATUS_OK)
        st = check_cycle(b, old, r);
    if (st == STATUS_OK) {
        r->id = old->id;
        out->or_replace = true;
    }
    relation_unref(old);
    return st;
}

enum status bind_create_view(struct binder *b, const PgQuery__ViewStmt *tree, struct statement *out)
{
    bool exists = false;
    struct plan *query;
    struct relation *r;
    const PgQuery__RangeVar *name = tree->view;
    out->kind = STATEMENT_CREATE_VIEW;
    out->tag = "CREATE VIEW";
    if (name->relpersistence != NULL && name->relpersistence[0] == 't')
        return bind_unsupported(b, name->location, "a temporary view");
    if (tree->n_options != 0 || b->dialect->option_count != 0)
        return bind_unsupported_words(b, "with (", "an option of a view");
    if (tree->with_check_option > PG_QUERY__VIEW_CHECK_OPTION__NO_CHECK_OPTION)
        return bind_unsupported_words(b, "check option", "WITH CHECK OPTION");
    if (!tree->replace)
        TRY(create_check_name(b, name->schemaname, name->relname, name->location, b->dialect->if_not_exists, &exists,
                              out));
    if (exists)
        return STATUS_OK;
    TRY(bind_query_node(b, tree->query, &query));
    TRY(create_relation(b, RELATION_VIEW, name->relname, OPTION_VIEW, &r));
    enum status st = create_query_columns(b, r, query, tree->aliases, tree->n_aliases);
    create_keep_query(b, r);
    if (st == STATUS_OK && tree->replace)
        st = replace(b, r, out);
    if (st == STATUS_OK)
        out->created = r;
    else
        relation_unref(r);
    return st;
}

static enum status check_connector(struct binder *b, const struct relation *r)
{
    const char *connector = relation_option(r, "connector");
    if (connector != NULL && strcmp(connector, "file") == 0 && relation_option(r, "path") == NULL)
        return error_set(b->err, STATUS_INVALID_PARAMETER, "connector \"file\" needs the option \"path\"");
    if ((connector == NULL || strcmp(connector, "log") == 0) && relation_option(r, "delivery") != NULL)
        return error_set(b->err, STATUS_INVALID_PARAMETER, "option \"delivery\" does not apply to connector \"log\"");
    return STATUS_OK;
}

enum status bind_create_sink(struct binder *b, const PgQuery__Node *query, struct statement *out)
{
    const struct dialect *d = b->dialect;
    bool exists;
    struct relation *r;
    out->kind = STATEMENT_CREATE_SINK;
    out->tag = "CREATE SINK";
    TRY(create_check_name(b, d->schema_name, d->name, (int32_t)d->name_location, d->if_not_exists, &exists, out));
    if (exists)
        return STATUS_OK;
    TRY(bind_query_node(b, query, &out->plan));
    TRY(create_check_live(b, out->plan, "sink"));
    TRY(create_relation(b, RELATION_SINK, d->name, OPTION_SINK, &r));
    enum status st = create_query_columns(b, r, out->plan, NULL, 0);
    if (st == STATUS_OK)
        st = check_connector(b, r);
    if (st != STATUS_OK) {
        relation_unref(r);
        return st;
    }
    create_keep_query(b, r);
    const char *connector = relation_option(r, "connector");
    const char *topic = relation_option(r, "topic");
    r->topic = connector != NULL && strcmp(connector, "log") != 0 ? NULL : topic == NULL ? r->name : topic;
    out->created = r;
    return STATUS_OK;
}
