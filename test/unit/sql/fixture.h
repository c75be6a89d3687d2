/* fixture.h - an environment for binding: a catalog, and files whose columns are always the same. */
#ifndef LEAT_TEST_SQL_FIXTURE_H
#define LEAT_TEST_SQL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "sql/sql.h"

struct fixture {
    struct arena *arena;
    struct sql_environment environment;
};

static UNUSED enum status fixture_describe_files(void *context, struct plan *n, struct arena *arena, struct error *err)
{
    (void)context;
    if (strcmp(n->files.path, "missing/*.csv") == 0)
        return error_set(err, STATUS_UNDEFINED_FILE, "no file matches \"%s\"", n->files.path);
    const struct column columns[] = {{"store_id", type_of(TYPE_INT4), false},
                                     {"amount", type_numeric(12, 2), false},
                                     {"transactions", type_of(TYPE_INT8), false},
                                     {"date", type_of(TYPE_DATE), false}};
    n->files.file_schema.column_count = 4;
    n->files.file_schema.columns = ARENA_ARRAY(arena, struct column, 4);
    memcpy(n->files.file_schema.columns, columns, sizeof columns);
    n->schema = n->files.file_schema;
    if (n->files.format == NULL)
        n->files.format = "parquet";
    return STATUS_OK;
}

static UNUSED const char *fixture_setting(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "server_version") == 0 ? "15.0" : NULL;
}

static inline struct relation **fixture_created(struct statement *s)
{
    switch (s->kind) {
    case STATEMENT_CREATE_TABLE:
    case STATEMENT_CREATE_SOURCE:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_MATERIALIZED_VIEW:
    case STATEMENT_CREATE_SINK:
        return &s->created;
    default:
        return NULL;
    }
}

/* Binds a CREATE and puts the relation into the catalog. */
static UNUSED void fixture_create(struct fixture *f, const char *sql)
{
    struct statement s;
    struct error err = {0};
    if (sql_bind(&f->environment, sql, f->arena, &s, &err) != STATUS_OK)
        fail_msg("%s: %s", sql, err.message);
    struct relation **created = fixture_created(&s);
    assert_non_null(created);
    assert_int_equal(catalog_add(f->environment.catalog, *created, &err), STATUS_OK);
    *created = NULL;
    statement_release(&s);
}

static UNUSED int fixture_set_up(void **state)
{
    static struct fixture f;
    f = (struct fixture){.arena = arena_create()};
    f.environment = (struct sql_environment){.catalog = catalog_create(),
                                             .text = {time_zone_utc(), 0},
                                             .describe_files = fixture_describe_files,
                                             .setting = fixture_setting};
    fixture_create(
        &f,
        "CREATE TABLE t (a integer, b text, c numeric(10,2), d timestamptz, e double precision, f boolean, j json)");
    fixture_create(&f, "CREATE TABLE u (a integer PRIMARY KEY, x text NOT NULL, y bigint DEFAULT 5)");
    fixture_create(&f, "CREATE TABLE \"Mixed\" (\"Col\" integer, select_ integer)");
    fixture_create(&f, "CREATE VIEW v AS SELECT a, b FROM t");
    fixture_create(&f, "CREATE VIEW v2 AS SELECT a FROM v");
    *state = &f;
    return 0;
}

static UNUSED int fixture_tear_down(void **state)
{
    struct fixture *f = *state;
    catalog_destroy(f->environment.catalog);
    arena_destroy(f->arena);
    return 0;
}

/* Binds what must bind. */
static UNUSED struct statement fixture_bind(struct fixture *f, const char *sql)
{
    struct statement s;
    struct error err = {0};
    if (sql_bind(&f->environment, sql, f->arena, &s, &err) != STATUS_OK)
        fail_msg("%s: %s at %d", sql, err.message, err.position);
    return s;
}

static UNUSED void fixture_expect_error(struct fixture *f, const char *sql, const char *sqlstate, int position,
                                        const char *message)
{
    struct statement s;
    struct error err = {0};
    enum status st = sql_bind(&f->environment, sql, f->arena, &s, &err);
    if (strcmp(status_sqlstate(st), sqlstate) != 0 || err.position != position || strcmp(err.message, message) != 0)
        fail_msg("%s\n  expected %s at %d: %s\n  got      %s at %d: %s", sql, sqlstate, position, message,
                 status_sqlstate(st), err.position, err.message);
}

static UNUSED const char *fixture_plan(struct fixture *f, const char *sql, bool live)
{
    struct statement s = fixture_bind(f, sql);
    struct buffer text = {0};
    assert_non_null(s.plan);
    plan_print(s.plan, live, &text);
    const char *copy = arena_copy_text(f->arena, buffer_text(&text));
    buffer_clear(&text);
    statement_release(&s);
    return copy;
}

static UNUSED const char *fixture_canonical(struct fixture *f, const char *sql)
{
    struct statement s = fixture_bind(f, sql);
    struct buffer text = {0};
    assert_non_null(s.plan);
    plan_put_canonical(s.plan, &text);
    const char *copy = arena_copy_text(f->arena, buffer_text(&text));
    buffer_clear(&text);
    statement_release(&s);
    return copy;
}

#endif
