/* sql.c - the entrance: text in, bound statement out.
 *
 * References: while binding, every relation looked up is held by one list. At
 * the end the statement takes its own (its plan's scans, drop, insert, copy)
 * and the list goes, so that no path through the binder can leak one.
 */
#include "sql/sql.h"

#include <stdlib.h>

#include "sql/bind.h"
#include "sql/relation_builder.h"

static enum status bind_text(const struct sql_environment *environment, const struct dialect *dialect,
                             struct relation_references *references, struct parameters *parameters, struct arena *arena,
                             struct statement *out, struct error *err);

static void references_clear(struct relation_references *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        relation_unref(list->relations[i]);
    free(list->relations);
    *list = (struct relation_references){0};
}

/* Takes what statement_release drops. */
static void reference_statement(struct statement *s)
{
    if (s->kind == STATEMENT_EXPLAIN)
        return; /* its inner statement has them */
    plan_reference(s->plan);
    if (s->kind == STATEMENT_INSERT)
        relation_ref(s->insert.relation);
    if (s->kind == STATEMENT_COPY_FROM)
        relation_ref(s->copy.relation);
    for (uint32_t i = 0; s->kind == STATEMENT_DROP && i < s->drop.count; i++)
        relation_ref(s->drop.relations[i]);
}

static bool is_create(enum statement_kind kind)
{
    return kind == STATEMENT_CREATE_TABLE || kind == STATEMENT_CREATE_SOURCE || kind == STATEMENT_CREATE_VIEW ||
           kind == STATEMENT_CREATE_MATERIALIZED_VIEW || kind == STATEMENT_CREATE_SINK;
}

void statement_release(struct statement *s)
{
    if (s->kind == STATEMENT_EXPLAIN) {
        if (s->explain.statement != NULL)
            statement_release(s->explain.statement);
        s->plan = NULL;
        return;
    }
    plan_release(s->plan);
    s->plan = NULL;
    if (is_create(s->kind)) {
        relation_unref(s->created);
        s->created = NULL;
    }
    if (s->kind == STATEMENT_INSERT)
        relation_unref(s->insert.relation);
    if (s->kind == STATEMENT_COPY_FROM)
        relation_unref(s->copy.relation);
    for (uint32_t i = 0; s->kind == STATEMENT_DROP && i < s->drop.count; i++)
        relation_unref(s->drop.relations[i]);
    s->kind = STATEMENT_EMPTY;
}

/* The rest of EXPLAIN's text, at the places it has there. */
static enum status bind_explain(const struct sql_environment *environment, const struct dialect *dialect,
                                struct relation_references *references, struct parameters *parameters,
                                struct arena *arena, struct statement *out, struct error *err)
{
    struct bytes bytes = {(const uint8_t *)dialect->source.text, dialect->source.size};
    char *inner_text = arena_copy_bytes(arena, bytes);
    memset(inner_text, ' ', dialect->inner_start);
    struct dialect *inner = ARENA_NEW(arena, struct dialect);
    struct statement *statement = ARENA_NEW(arena, struct statement);
    TRY(dialect_prepare(inner_text, arena, inner, err));
    /* places in characters: blanks instead of the prefix keep bytes, so count in the user's text */
    inner->source = dialect->source;
    TRY(bind_text(environment, inner, references, parameters, arena, statement, err));
    statement->text = inner_text + dialect->inner_start;
    if (statement->plan == NULL) {
        statement_release(statement);
        return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, source_position(&dialect->source, dialect->inner_start),
                            "EXPLAIN of a statement without a plan is not supported");
    }
    out->kind = STATEMENT_EXPLAIN;
    out->tag = "EXPLAIN";
    out->plan = statement->plan;
    out->explain.analyze = dialect->analyze;
    out->explain.verbose = dialect->verbose;
    out->explain.json = dialect->json;
    out->explain.statement = statement;
    return STATUS_OK;
}

/* After binding: the plan is made good, and what is known of it goes into the relation that is created. */
static enum status finish(struct binder *b, struct statement *out)
{
    if (out->plan != NULL)
        TRY(plan_optimize(out->plan, &b->text, b->arena, &out->plan, b->err));
    if (out->plan != NULL)
        plan_infer(out->plan);
    return is_create(out->kind) && out->created != NULL && out->plan != NULL ? create_finish(b, out->created, out->plan)
                                                                             : STATUS_OK;
}

static bool takes_no_parameters(enum dialect_kind kind, const PgQuery__Node *node)
{
    if (kind == DIALECT_CREATE_SINK || node == NULL)
        return true;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_VIEW_STMT:
    case PG_QUERY__NODE__NODE_CREATE_STMT:
        return true;
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
        return node->create_table_as_stmt->objtype == PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW;
    default:
        return false;
    }
}

static enum status bind_parsed(struct binder *b, struct statement *out)
{
    const PgQuery__Node *node = NULL;
    enum dialect_kind kind = b->dialect->kind;
    if (!dialect_is_parsed(kind))
        return bind_show(b, out);
    TRY(parse_statement(b->dialect, b->arena, &node, b->err));
    if (kind == DIALECT_DESCRIBE_QUERY)
        return bind_describe_query(b, node, out);
    struct sql_environment without = *b->environment;
    if (takes_no_parameters(kind, node)) {
        without.parameter_count = 0;
        b->environment = &without;
        b->parameters = NULL;
    }
    return bind_statement(b, node, out);
}

static enum status bind_text(const struct sql_environment *environment, const struct dialect *dialect,
                             struct relation_references *references, struct parameters *parameters, struct arena *arena,
                             struct statement *out, struct error *err)
{
    if (dialect->kind == DIALECT_EXPLAIN)
        return bind_explain(environment, dialect, references, parameters, arena, out, err);
    struct binder b = {.environment = environment,
                       .dialect = dialect,
                       .text = environment->text,
                       .arena = arena,
                       .err = err,
                       .references = references,
                       .parameters = parameters};
    enum status st = bind_parsed(&b, out);
    b.environment = environment;
    if (st == STATUS_OK)
        st = finish(&b, out);
    if (st == STATUS_OK) {
        reference_statement(out);
        return STATUS_OK;
    }
    if (is_create(out->kind) && out->created != NULL)
        relation_unref(out->created);
    *out = (struct statement){0};
    return st;
}

static enum status bind_any(const struct sql_environment *environment, const char *text, struct parameters *parameters,
                            struct arena *arena, struct statement *out, struct error *err)
{
    struct relation_references references = {0};
    struct dialect *dialect = ARENA_NEW(arena, struct dialect);
    struct error local = {0};
    struct error *any = err == NULL ? &local : err; /* the binder adds hints and positions to what it set */
    *out = (struct statement){.tag = ""};
    enum status st = dialect_prepare(text, arena, dialect, any);
    if (st == STATUS_OK)
        st = bind_text(environment, dialect, &references, parameters, arena, out, any);
    out->text = text;
    out->text_position = 1;
    references_clear(&references);
    return st;
}

enum status sql_bind(const struct sql_environment *environment, const char *text, struct arena *arena,
                     struct statement *out, struct error *err)
{
    return bind_any(environment, text, NULL, arena, out, err);
}

enum { INFERENCE_ROUNDS = 4 };

enum status sql_parameter_types(const struct sql_environment *environment, const char *text,
                                const struct type *declared, uint32_t declared_count, struct arena *arena,
                                struct type **types, uint32_t *count, struct error *err)
{
    struct parameters parameters = {.count = declared_count,
                                    .types = ARENA_ARRAY(arena, struct type, declared_count + 1)};
    if (declared_count != 0)
        memcpy(parameters.types, declared, declared_count * sizeof *declared);
    /* A type learnt late may tell another one: $1 = $2 AND $2 = 1. */
    for (int round = 0; round < INFERENCE_ROUNDS; round++) {
        struct statement statement;
        uint32_t unknown = 0;
        parameters.marker_count = 0;
        TRY(bind_any(environment, text, &parameters, arena, &statement, err));
        statement_release(&statement);
        for (uint32_t i = 0; i < parameters.count; i++)
            unknown += parameters.types[i].id == TYPE_NULL;
        if (unknown == 0)
            break;
    }
    for (uint32_t i = 0; i < parameters.count; i++)
        if (parameters.types[i].id == TYPE_NULL)
            parameters.types[i] = type_of(TYPE_TEXT);
    *types = parameters.types;
    *count = parameters.count;
    return STATUS_OK;
}
