/* relation_builder.c - see relation_builder.h. */
#include "sql/relation_builder.h"

#include <stdio.h>

enum status create_check_name(struct binder *b, const char *schema_name, const char *name, int32_t location,
                              bool if_not_exists, bool *exists, struct statement *out)
{
    *exists = false;
    bool is_given = schema_name != NULL && schema_name[0] != '\0';
    if (is_given && strncmp(schema_name, "pg_", 3) == 0)
        return error_set(b->err, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied to create \"%s.%s\"", schema_name,
                         name);
    if (is_given && strcmp(schema_name, "public") != 0)
        return error_set_at(b->err, STATUS_INVALID_SCHEMA_NAME, bind_position(b, location),
                            "schema \"%s\" does not exist", schema_name);
    struct relation *old = catalog_find(b->environment->catalog, "public", name);
    if (old == NULL)
        return STATUS_OK;
    /* The text that made it, or a topic that nobody declared: whoever runs the statement decides. */
    bool is_left = old->sql != NULL && (old->sql[0] == '\0' || strcmp(old->sql, b->dialect->source.text) == 0);
    relation_unref(old);
    if (is_left && !if_not_exists)
        return STATUS_OK;
    if (!if_not_exists)
        return error_set(b->err, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists", name);
    *exists = true;
    out->notice = arena_printf(b->arena, "relation \"%s\" already exists, skipping", name);
    return STATUS_OK;
}

enum status create_relation(struct binder *b, enum relation_kind kind, const char *name, enum option_target target,
                            struct relation **out)
{
    const struct dialect *d = b->dialect;
    TRY(option_check(d->options, d->option_count, target, b->err));
    struct relation *r = relation_create();
    r->kind = kind;
    r->name = arena_copy_text(r->arena, name);
    r->sql = arena_copy_text(r->arena, d->source.text);
    r->time_zone = b->text.zone == NULL ? "UTC" : arena_copy_text(r->arena, time_zone_name(b->text.zone));
    r->option_count = d->option_count;
    r->options = ARENA_ARRAY(r->arena, struct option, d->option_count + 2); /* room for what create_finish adds */
    for (uint32_t i = 0; i < d->option_count; i++)
        r->options[i] = (struct option){arena_copy_text(r->arena, d->options[i].name),
                                        arena_copy_text(r->arena, d->options[i].value), d->options[i].position};
    *out = r;
    return STATUS_OK;
}

static bool is_hidden_name(const char *name)
{
    for (int i = 0; i < HIDDEN_COUNT; i++)
        if (strcmp(HIDDEN_COLUMNS[i].name, name) == 0)
            return true;
    return false;
}

enum status create_query_columns(struct binder *b, struct relation *r, const struct plan *p, PgQuery__Node **names,
                                 size_t name_count)
{
    const struct schema *schema = &p->schema;
    if (name_count > schema->column_count)
        return error_set(b->err, STATUS_SYNTAX_ERROR,
                         r->kind == RELATION_VIEW ? "CREATE VIEW specifies more column names than columns"
                                                  : "too many column names were specified");
    schema_copy(schema, r->arena, &r->schema);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, schema->column_count + 1);
    for (uint32_t i = 0; i < schema->column_count; i++) {
        struct column *column = &r->schema.columns[i];
        if (i < name_count)
            column->name = arena_copy_text(r->arena, bind_string(names[i]));
        column->not_null = false;
        for (uint32_t j = 0; j < i; j++)
            if (strcmp(r->schema.columns[j].name, column->name) == 0)
                return error_set(b->err, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once",
                                 column->name);
        if (is_hidden_name(column->name) && r->kind == RELATION_TABLE)
            return error_set(b->err, STATUS_DUPLICATE_COLUMN, "column name \"%s\" conflicts with a system column name",
                             column->name);
        r->columns[i] = (struct column_definition){.name = column->name, .type = column->type};
    }
    return STATUS_OK;
}

void create_keep_query(struct binder *b, struct relation *r)
{
    const struct dialect *d = b->dialect;
    struct bytes text = {(const uint8_t *)d->source.text + d->query_start, d->query_end - d->query_start};
    const char *query = arena_copy_bytes(r->arena, text);
    r->query = d->query_is_name ? arena_printf(r->arena, "TABLE %s", query) : query;
    r->dependencies = ARENA_ARRAY(r->arena, int64_t, b->references->count + 1);
    for (uint32_t i = 0; i < b->references->count; i++) {
        int64_t id = b->references->relations[i]->id;
        bool known = b->references->relations[i]->kind == RELATION_SYSTEM;
        for (uint32_t d2 = 0; d2 < r->dependency_count; d2++)
            known |= r->dependencies[d2] == id;
        if (!known)
            r->dependencies[r->dependency_count++] = id;
    }
}

/* ---- what cannot be kept up to date ---- */

struct live_check {
    struct binder *b;
    const char *construct;
    enum status st;
};

static void fail_live(struct live_check *check, int position, const char *what)
{
    if (check->st == STATUS_OK)
        check->st = error_set_at(check->b->err, STATUS_FEATURE_NOT_SUPPORTED, position, "%s in a %s is not supported",
                                 what, check->construct);
}

static void check_expr(struct live_check *check, const struct expr *e)
{
    static const char *const MOVING[] = {"now", "transaction_timestamp", "statement_timestamp", "clock_timestamp",
                                         "timeofday"};
    if (e == NULL)
        return;
    if (e->kind == EXPR_CALL) {
        bool moves = e->function->volatility == VOLATILITY_VOLATILE;
        for (size_t i = 0; i < sizeof MOVING / sizeof MOVING[0]; i++)
            moves |= strcmp(e->function->name, MOVING[i]) == 0;
        if (moves)
            fail_live(check, e->position, arena_printf(check->b->arena, "%s()", e->function->name));
    }
    for (uint32_t i = 0; i < e->argument_count; i++)
        check_expr(check, e->arguments[i]);
}

static void check_node(const struct plan *p, void *context)
{
    struct live_check *check = context;
    if (p->kind == PLAN_FILES)
        fail_live(check, p->position, "reading files");
    if (p->kind == PLAN_SCAN && p->scan.relation->kind == RELATION_SYSTEM)
        fail_live(check, p->position, arena_printf(check->b->arena, "system view \"%s\"", p->scan.relation->name));
    if (p->kind == PLAN_FILTER)
        check_expr(check, p->filter.predicate);
    if (p->kind == PLAN_JOIN)
        check_expr(check, p->join.condition);
    for (uint32_t i = 0; p->kind == PLAN_PROJECT && i < p->schema.column_count; i++)
        check_expr(check, p->project.expressions[i]);
    for (uint32_t row = 0; p->kind == PLAN_VALUES && row < p->values.row_count; row++)
        for (uint32_t i = 0; i < p->schema.column_count; i++)
            check_expr(check, p->values.rows[row][i]);
}

enum status create_check_live(struct binder *b, const struct plan *p, const char *construct)
{
    struct live_check check = {b, construct, STATUS_OK};
    plan_walk(p, check_node, &check);
    return check.st;
}

/* ---- keys and envelopes ---- */

static const struct option *find_option(const struct relation *r, const char *name)
{
    for (uint32_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[i].name, name) == 0)
            return &r->options[i];
    return NULL;
}

/* key = 'a, b': columns of the sink. */
static enum status key_from_option(struct binder *b, struct relation *r, const struct option *o)
{
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, strlen(o->value) + 1);
    for (const char *at = o->value; *at != '\0';) {
        size_t size = strcspn(at, ",");
        const char *next = at + size + (at[size] == ',');
        while (size > 0 && at[0] == ' ')
            at++, size--;
        while (size > 0 && at[size - 1] == ' ')
            size--;
        const char *name = arena_copy_bytes(b->arena, (struct bytes){(const uint8_t *)at, size});
        int found = schema_find(&r->schema, name);
        if (found < 0)
            return error_set_at(b->err, STATUS_UNDEFINED_COLUMN, o->position,
                                "column \"%s\" named in key does not exist", name);
        r->primary_key[r->primary_key_count++] = (uint32_t)found;
        at = next;
    }
    return STATUS_OK;
}

static void key_from_plan(struct relation *r, const struct plan *p)
{
    r->primary_key_count = p->key_count;
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, p->key_count + 1);
    for (uint32_t i = 0; i < p->key_count; i++)
        r->primary_key[i] = p->key[i];
}

static enum status fail_envelope(struct binder *b, const struct option *o, const char *message, const char *hint)
{
    error_set_at(b->err, STATUS_INVALID_PARAMETER, o == NULL ? 0 : o->position, "%s", message);
    error_hint(b->err, "%s", hint);
    return STATUS_INVALID_PARAMETER;
}

/* The envelope that fits, written into the options. */
static enum status choose_envelope(struct binder *b, struct relation *r)
{
    const struct option *o = find_option(r, "envelope");
    if (o == NULL && !r->append_only && r->primary_key_count == 0)
        return fail_envelope(b, NULL,
                             "the query's rows can be retracted and have no known key, so no envelope fits by itself",
                             "Give the key's columns with key = '...', or take envelope = 'changes'.");
    if (o == NULL) {
        r->options[r->option_count++] = (struct option){"envelope", r->append_only ? "append" : "upsert", 0};
        return STATUS_OK;
    }
    if (strcmp(o->value, "append") == 0 && !r->append_only)
        return fail_envelope(b, o, "envelope \"append\" does not fit: the query's rows can be retracted",
                             "Envelope 'upsert' writes the newest row per key, 'changes' each change with its sign.");
    if (strcmp(o->value, "upsert") == 0 && r->primary_key_count == 0)
        return fail_envelope(b, o, "envelope \"upsert\" needs a key, and none is known of the query",
                             "Give the key's columns with key = '...'.");
    return STATUS_OK;
}

enum status create_finish(struct binder *b, struct relation *r, const struct plan *p)
{
    if (r->kind != RELATION_MATERIALIZED_VIEW && r->kind != RELATION_SINK)
        return STATUS_OK;
    r->append_only = p->append_only;
    const struct option *key = r->kind == RELATION_SINK ? find_option(r, "key") : NULL;
    if (key != NULL)
        TRY(key_from_option(b, r, key));
    else
        key_from_plan(r, p);
    return r->kind == RELATION_SINK ? choose_envelope(b, r) : STATUS_OK;
}
