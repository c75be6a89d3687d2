/* bind_show.c - SHOW TABLES and kin, DESCRIBE, SHOW CREATE, and SUBSCRIBE's options: statements that the dialect has read already. */
#include "sql/bind.h"

/* A query of our own over the system views. Its places mean nothing to the user. */
static enum status bind_own_query(struct binder *b, const char *text, struct plan **out)
{
    struct dialect *dialect = ARENA_NEW(b->arena, struct dialect);
    struct binder inner = *b;
    const PgQuery__Node *node;
    inner.dialect = dialect;
    TRY(dialect_prepare_hidden(text, b->arena, dialect, b->err));
    TRY(parse_statement(dialect, b->arena, &node, b->err));
    return bind_query_node(&inner, node, out);
}

static const char *quoted(struct binder *b, const char *text)
{
    struct buffer out = {0};
    buffer_put_u8(&out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buffer_put_u8(&out, '\'');
        buffer_put_u8(&out, (uint8_t)*text);
    }
    buffer_put_u8(&out, '\'');
    const char *copy = arena_copy_text(b->arena, buffer_text(&out));
    buffer_clear(&out);
    return copy;
}

static enum status bind_show_relations(struct binder *b, struct statement *out)
{
    static const struct {
        const char *what;
        const char *query;
    } QUERIES[] = {
        {"tables", "SELECT name, kind FROM leat_tables ORDER BY name"},
        {"sources", "SELECT name, kind FROM leat_tables WHERE kind = 'source' ORDER BY name"},
        {"topics", "SELECT * FROM leat_topics ORDER BY 1"},
        {"views", "SELECT * FROM leat_views ORDER BY 1"},
        {"sinks", "SELECT * FROM leat_sinks ORDER BY 1"},
        {"jobs", "SELECT * FROM leat_jobs ORDER BY 1"},
        {"groups", "SELECT * FROM leat_groups ORDER BY 1"},
        {"functions", "SELECT * FROM leat_functions ORDER BY 1, 2"},
        {"options", "SELECT * FROM leat_options ORDER BY 1"},
    };
    for (size_t i = 0; i < sizeof QUERIES / sizeof QUERIES[0]; i++)
        if (strcmp(QUERIES[i].what, b->dialect->show_what) == 0) {
            enum status st = bind_own_query(b, QUERIES[i].query, &out->plan);
            if (st == STATUS_UNDEFINED_TABLE)
                return bind_unsupported(b, 0, "SHOW %s", b->dialect->show_what);
            return st;
        }
    return bind_unsupported(b, 0, "SHOW %s", b->dialect->show_what);
}

static enum status bind_describe(struct binder *b, const struct relation *r, struct statement *out)
{
    const char *query = arena_printf(
        b->arena,
        "SELECT name, type, nullable, \"default\", key FROM leat_columns WHERE relation = %s ORDER BY position",
        quoted(b, r->name));
    return bind_own_query(b, query, &out->plan);
}

/* One row for each column that a query gives, as DESCRIBE of a relation gives them. */
static void bind_describe_columns(struct binder *b, const struct schema *schema, struct statement *out)
{
    static const struct column COLUMNS[] = {{"name", {.id = TYPE_TEXT}, true}, {"type", {.id = TYPE_TEXT}, true},
                                            {"nullable", {.id = TYPE_BOOL}, true}, {"default", {.id = TYPE_TEXT}, false},
                                            {"key", {.id = TYPE_TEXT}, false}};
    enum { COUNT = sizeof COLUMNS / sizeof COLUMNS[0] };
    struct plan *p = plan_create(PLAN_VALUES, 0, b->arena);
    p->values.row_count = schema->column_count;
    p->values.rows = ARENA_ARRAY(b->arena, struct expr **, schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        const struct column *c = &schema->columns[i];
        char type[64];
        struct expr **row = ARENA_ARRAY(b->arena, struct expr *, COUNT);
        row[0] = bind_text_constant(b, c->name, 0);
        row[1] = bind_text_constant(b, type_name(c->type, type, sizeof type), 0);
        row[2] = expr_constant(type_of(TYPE_BOOL), &(bool){!c->not_null}, b->arena);
        row[3] = expr_constant(type_of(TYPE_TEXT), NULL, b->arena);
        row[4] = expr_constant(type_of(TYPE_TEXT), NULL, b->arena);
        p->values.rows[i] = row;
    }
    p->schema.column_count = COUNT;
    p->schema.columns = ARENA_ARRAY(b->arena, struct column, COUNT);
    memcpy(p->schema.columns, COLUMNS, sizeof COLUMNS);
    out->plan = p;
}

enum status bind_describe_query(struct binder *b, const PgQuery__Node *query, struct statement *out)
{
    struct plan *plan;
    out->kind = STATEMENT_SELECT;
    out->tag = "SHOW";
    TRY(bind_query_node(b, query, &plan));
    plan_infer(plan);
    bind_describe_columns(b, &plan->schema, out);
    return STATUS_OK;
}

static enum status bind_describe_file(struct binder *b, struct statement *out)
{
    struct plan *plan;
    TRY(bind_files(b, b->dialect->name, NULL, NULL, 0, (int32_t)b->dialect->name_location, &plan));
    bind_describe_columns(b, &plan->schema, out);
    return STATUS_OK;
}

static void bind_show_create(struct binder *b, const struct relation *r, struct statement *out)
{
    struct plan *p = plan_create(PLAN_VALUES, 0, b->arena);
    p->values.row_count = 1;
    p->values.rows = ARENA_ARRAY(b->arena, struct expr **, 1);
    p->values.rows[0] = ARENA_ARRAY(b->arena, struct expr *, 1);
    p->values.rows[0][0] = bind_text_constant(b, r->sql == NULL ? "" : r->sql, 0);
    p->schema.column_count = 1;
    p->schema.columns = ARENA_NEW(b->arena, struct column);
    p->schema.columns[0] = (struct column){"create", type_of(TYPE_TEXT), true};
    out->plan = p;
}

enum status bind_show(struct binder *b, struct statement *out)
{
    const struct dialect *d = b->dialect;
    struct relation *r;
    out->kind = STATEMENT_SELECT;
    out->tag = "SHOW";
    if (d->kind == DIALECT_SHOW_RELATIONS)
        return bind_show_relations(b, out);
    if (d->kind == DIALECT_DESCRIBE_FILE)
        return bind_describe_file(b, out);
    TRY(bind_relation(b, d->schema_name, d->name, (int32_t)d->name_location, false, &r));
    if (d->kind == DIALECT_DESCRIBE)
        return bind_describe(b, r, out);
    bind_show_create(b, r, out);
    return STATUS_OK;
}

/* ---- SUBSCRIBE ---- */

enum status bind_subscribe_options(struct binder *b, bool *snapshot, bool *progress, const char **as_of)
{
    const struct dialect *d = b->dialect;
    *snapshot = true;
    *progress = false;
    *as_of = NULL;
    TRY(option_check(d->options, d->option_count, OPTION_SUBSCRIBE, b->err));
    for (uint32_t i = 0; i < d->option_count; i++) {
        const struct option *o = &d->options[i];
        if (strcmp(o->name, "snapshot") == 0)
            TRY(option_boolean(o, snapshot, b->err));
        else if (strcmp(o->name, "progress") == 0)
            TRY(option_boolean(o, progress, b->err));
        else
            *as_of = o->value;
    }
    return STATUS_OK;
}

enum status bind_subscribe(struct binder *b, const PgQuery__Node *query, struct statement *out)
{
    out->kind = STATEMENT_SUBSCRIBE;
    out->tag = "SUBSCRIBE";
    TRY(bind_query_node(b, query, &out->plan));
    return bind_subscribe_options(b, &out->subscribe.snapshot, &out->subscribe.progress, &out->subscribe.as_of);
}
