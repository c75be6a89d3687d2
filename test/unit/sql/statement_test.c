/* statement_test.c - what bound statements hold: relations made, options, cursors, COPY, settings, references. */
#include "fixture.h"

static void create_table_fills_the_relation(void **state)
{
    struct fixture *f = *state;
    const char *sql =
        "CREATE TABLE n (id bigint, v text NOT NULL DEFAULT 'x' || 'y', w numeric(8,2) PATH '$.a.b', PRIMARY KEY (id)) "
        "WITH (partitions = 4, topic = 'other', 'retention.ms' = '-1', cleanup_policy = 'compact')";
    struct statement s = fixture_bind(f, sql);
    const struct relation *r = s.created;
    assert_int_equal(s.kind, STATEMENT_CREATE_TABLE);
    assert_string_equal(s.tag, "CREATE TABLE");
    assert_string_equal(r->sql, sql);
    assert_string_equal(r->topic, "other");
    assert_int_equal(r->schema.column_count, 3);
    assert_string_equal(r->columns[2].path, "$.a.b");
    assert_null(r->columns[1].path);
    assert_true(r->columns[1].not_null && r->columns[0].not_null && !r->columns[2].not_null);
    assert_non_null(r->columns[1].default_value);
    assert_int_equal(r->primary_key_count, 1);
    assert_int_equal(r->primary_key[0], 0);
    assert_false(r->append_only);
    assert_string_equal(relation_option(r, "partitions"), "4");
    assert_string_equal(relation_option(r, "retention.ms"), "-1");
    assert_null(relation_option(r, "fsync"));
    statement_release(&s);
}

static void if_not_exists_gives_a_notice(void **state)
{
    struct fixture *f = *state;
    const char *const statements[] = {"CREATE TABLE IF NOT EXISTS t (z integer)",
                                      "CREATE VIEW IF NOT EXISTS t AS SELECT 1",
                                      "CREATE MATERIALIZED VIEW IF NOT EXISTS t AS SELECT 1 AS a",
                                      "CREATE SINK IF NOT EXISTS t FROM u",
                                      "CREATE TABLE IF NOT EXISTS t AS SELECT 1 AS a"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct statement s = fixture_bind(f, statements[i]);
        assert_string_equal(s.notice, "relation \"t\" already exists, skipping");
        assert_null(s.created);
        statement_release(&s);
    }
}

static void views_keep_their_query_and_what_it_reads(void **state)
{
    struct fixture *f = *state;
    struct statement s = fixture_bind(f, "CREATE MATERIALIZED VIEW m (k, n) AS SELECT v2.a, count(*) FROM v2 JOIN u "
                                         "USING (a) GROUP BY v2.a EMIT CHANGES");
    const struct relation *r = s.created;
    assert_string_equal(r->query, "SELECT v2.a, count(*) FROM v2 JOIN u USING (a) GROUP BY v2.a");
    assert_int_equal(r->dependency_count, 4); /* v2, v, t, u */
    assert_string_equal(r->schema.columns[0].name, "k");
    assert_int_equal(r->primary_key_count, 1);
    assert_false(r->append_only);
    statement_release(&s);
}

static void sinks_choose_their_envelope(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *sql, *envelope, *topic, *query;
    } cases[] = {
        {"CREATE SINK k FROM t", "append", "k", "TABLE t"},
        {"CREATE SINK k AS SELECT a FROM t WHERE a > 1 WITH (topic = 'out')", "append", "out",
         "SELECT a FROM t WHERE a > 1"},
        {"CREATE SINK k AS SELECT a, count(*) AS n FROM t GROUP BY a", "upsert", "k",
         "SELECT a, count(*) AS n FROM t GROUP BY a"},
        {"CREATE SINK k AS SELECT a, x FROM u EMIT CHANGES WITH (topic = 'o')", "upsert", "o", "SELECT a, x FROM u"},
        {"CREATE SINK k WITH (envelope = 'changes') AS SELECT count(*) AS n FROM t", "changes", "k",
         "SELECT count(*) AS n FROM t"},
        {"CREATE SINK k AS SELECT count(*) AS n, max(a) AS m FROM t WITH (key = 'n, m')", "upsert", "k",
         "SELECT count(*) AS n, max(a) AS m FROM t"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct statement s = fixture_bind(f, cases[i].sql);
        assert_string_equal(relation_option(s.created, "envelope"), cases[i].envelope);
        assert_string_equal(s.created->topic, cases[i].topic);
        assert_string_equal(s.created->query, cases[i].query);
        statement_release(&s);
    }
}

/* What is kept of a view binds again, to the same columns. */
static void kept_queries_bind_again(void **state)
{
    struct fixture *f = *state;
    fixture_create(f, "CREATE SINK k1 FROM v2");
    fixture_create(f, "CREATE VIEW w AS WITH x AS (SELECT a AS \"A b\" FROM t) SELECT * FROM x -- comment");
    fixture_create(f, "CREATE MATERIALIZED VIEW m AS SELECT \"A b\", sum(1) AS s FROM w GROUP BY 1");
    uint32_t count;
    struct relation **all = catalog_list(f->environment.catalog, f->arena, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (all[i]->query != NULL) {
            struct statement s = fixture_bind(f, all[i]->query);
            assert_int_equal(s.plan->schema.column_count, all[i]->schema.column_count);
            for (uint32_t c = 0; c < s.plan->schema.column_count; c++)
                assert_true(type_equal(s.plan->schema.columns[c].type, all[i]->schema.columns[c].type));
            statement_release(&s);
        }
        relation_unref(all[i]);
    }
}

static void replacing_a_view_keeps_its_id(void **state)
{
    struct fixture *f = *state;
    struct relation *old = catalog_find(f->environment.catalog, NULL, "v");
    struct statement s = fixture_bind(f, "CREATE OR REPLACE VIEW v AS SELECT a, b, c FROM t WHERE a > 1");
    assert_true(s.or_replace);
    assert_int_equal(s.created->id, old->id);
    statement_release(&s);
    fixture_expect_error(f, "CREATE OR REPLACE VIEW v AS SELECT a, 'x' AS b FROM v2", "42P17", 0,
                         "infinite recursion detected in view \"v\"");
    relation_unref(old);
}

static void drop_takes_dependents_along(void **state)
{
    struct fixture *f = *state;
    struct statement s;
    struct error err = {0};
    assert_int_equal(sql_bind(&f->environment, "DROP TABLE t", f->arena, &s, &err), STATUS_DEPENDENT_OBJECTS);
    assert_string_equal(err.detail, "view v depends on table t\nview v2 depends on view v");
    assert_string_equal(err.hint, "Use DROP ... CASCADE to drop the dependent objects too.");
    s = fixture_bind(f, "DROP TABLE u, t CASCADE");
    assert_int_equal(s.drop.count, 4);
    assert_string_equal(s.drop.relations[0]->name, "u");
    assert_string_equal(s.drop.relations[1]->name, "v2");
    assert_string_equal(s.drop.relations[2]->name, "v");
    assert_string_equal(s.drop.relations[3]->name, "t");
    assert_string_equal(s.notice, "drop cascades to 2 other objects");
    statement_release(&s);
    s = fixture_bind(f, "DROP VIEW v2, v"); /* all that depends is named */
    assert_int_equal(s.drop.count, 2);
    statement_release(&s);
    s = fixture_bind(f, "DROP VIEW IF EXISTS nope");
    assert_string_equal(s.notice, "view \"nope\" does not exist, skipping");
    assert_int_equal(s.drop.count, 0);
    statement_release(&s);
}

static void subscriptions_and_cursors(void **state)
{
    struct fixture *f = *state;
    struct statement s =
        fixture_bind(f, "SUBSCRIBE (SELECT a FROM t) WITH (snapshot = false, progress, as_of = 't:0=5')");
    assert_int_equal(s.kind, STATEMENT_SUBSCRIBE);
    assert_true(!s.subscribe.snapshot && s.subscribe.progress);
    assert_string_equal(s.subscribe.as_of, "t:0=5");
    statement_release(&s);
    s = fixture_bind(f, "SELECT a FROM t EMIT CHANGES");
    assert_int_equal(s.kind, STATEMENT_SUBSCRIBE);
    assert_true(s.subscribe.snapshot);
    statement_release(&s);
    s = fixture_bind(f, "DECLARE c CURSOR FOR SUBSCRIBE TO v WITH (snapshot = false)");
    assert_string_equal(s.cursor.name, "c");
    assert_string_equal(s.cursor.query, "SUBSCRIBE TO v WITH (snapshot = false)");
    assert_int_equal(s.cursor.query_position, 22);
    statement_release(&s);
    s = fixture_bind(f, "FETCH 10 c WITH (timeout = '1.5 s')");
    assert_int_equal(s.cursor.count, 10);
    assert_int_equal(s.cursor.timeout_us, 1500000);
    s = fixture_bind(f, "FETCH ALL FROM c");
    assert_int_equal(s.cursor.count, -1);
    assert_int_equal(s.cursor.timeout_us, -1);
    s = fixture_bind(f, "CLOSE ALL");
    assert_null(s.cursor.name);
}

static void copy_has_its_options(void **state)
{
    struct fixture *f = *state;
    struct statement s =
        fixture_bind(f, "COPY t (b, a) FROM 'x.csv' WITH (HEADER, DELIMITER ';', NULL 'nil', QUOTE '''')");
    assert_int_equal(s.kind, STATEMENT_COPY_FROM);
    assert_int_equal(s.copy.format, COPY_CSV); /* by the name */
    assert_int_equal(s.copy.column_count, 2);
    assert_int_equal(s.copy.columns[0], 1);
    assert_true(s.copy.header && s.copy.delimiter == ';' && s.copy.quote == '\'' && s.copy.escape == '\'');
    assert_string_equal(s.copy.null_text, "nil");
    statement_release(&s);
    s = fixture_bind(
        f, "COPY (SELECT 1) TO 'out/' WITH (FORMAT parquet, COMPRESSION zstd, OVERWRITE, ROW_GROUP_SIZE 5000)");
    assert_true(s.copy.is_directory && s.copy.format == COPY_PARQUET && s.copy.overwrite == FILE_OVERWRITE &&
                s.copy.row_group_rows == 5000);
    assert_string_equal(s.copy.compression, "zstd");
    statement_release(&s);
    s = fixture_bind(f, "COPY (SUBSCRIBE v WITH (snapshot = off)) TO STDOUT");
    assert_true(s.copy.subscribe && !s.copy.subscribe_snapshot && s.copy.path == NULL && s.copy.delimiter == '\t');
    assert_string_equal(s.copy.null_text, "\\N");
    statement_release(&s);
}

static void settings_and_transactions(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *sql;
        enum statement_kind kind;
        const char *name, *value;
    } cases[] = {
        {"SET TimeZone = 'Europe/Berlin'", STATEMENT_SET, "timezone", "Europe/Berlin"},
        {"SET TIME ZONE 'UTC'", STATEMENT_SET, "timezone", "UTC"},
        {"SET search_path TO a, \"B\"", STATEMENT_SET, "search_path", "a, B"},
        {"SET LOCAL x.y = 5", STATEMENT_SET, "x.y", "5"},
        {"SET a = off", STATEMENT_SET, "a", "off"},
        {"SET a = DEFAULT", STATEMENT_SET, "a", NULL},
        {"RESET ALL", STATEMENT_RESET, "all", NULL},
        {"RESET DateStyle", STATEMENT_RESET, "datestyle", NULL},
        {"SHOW ALL", STATEMENT_SHOW, "all", NULL},
        {"SHOW server_version", STATEMENT_SHOW, "server_version", NULL},
        {"SHOW TRANSACTION ISOLATION LEVEL", STATEMENT_SHOW, "transaction_isolation", NULL},
        {"ALTER SYSTEM SET checkpoint_interval = '5 s'", STATEMENT_ALTER_SYSTEM, "checkpoint_interval", "5 s"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct statement s = fixture_bind(f, cases[i].sql);
        assert_int_equal(s.kind, cases[i].kind);
        assert_string_equal(s.setting.name, cases[i].name);
        if (cases[i].value == NULL)
            assert_null(s.setting.value);
        else
            assert_string_equal(s.setting.value, cases[i].value);
    }
    const struct {
        const char *sql, *tag;
    } tags[] = {{"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN"},
                {"START TRANSACTION READ ONLY", "START TRANSACTION"},
                {"END", "COMMIT"},
                {"ABORT", "ROLLBACK"},
                {"DISCARD ALL", "DISCARD ALL"},
                {"DEALLOCATE ALL", "DEALLOCATE ALL"},
                {"", ""},
                {"-- nothing", ""},
                {"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY", "SET"},
                {"CREATE USER joe WITH LOGIN PASSWORD 'x'", "CREATE ROLE"}};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        assert_string_equal(fixture_bind(f, tags[i].sql).tag, tags[i].tag);
}

static void prepared_statements_and_parameters(void **state)
{
    struct fixture *f = *state;
    struct statement s = fixture_bind(f, "PREPARE p (int, text) AS SELECT $1, $2");
    assert_string_equal(s.prepared.query, "SELECT $1, $2");
    assert_int_equal(s.prepared.type_count, 2);
    assert_int_equal(s.prepared.types[1].id, TYPE_TEXT);
    s = fixture_bind(f, "EXECUTE p (1 + 1, 'x')");
    assert_int_equal(s.prepared.argument_count, 2);
    assert_int_equal(s.prepared.arguments[0]->kind, EXPR_CONSTANT);
    const struct {
        const char *sql;
        enum type_id types[3];
    } cases[] = {
        {"SELECT a FROM t WHERE a = $1 AND b LIKE $2", {TYPE_INT4, TYPE_TEXT}},
        {"INSERT INTO t (a, c, d) VALUES ($1, $2, $3)", {TYPE_INT4, TYPE_NUMERIC, TYPE_TIMESTAMPTZ}},
        {"INSERT INTO t (d) SELECT $1", {TYPE_TIMESTAMPTZ}},
        {"SELECT $1::date, $2", {TYPE_DATE, TYPE_TEXT}},
        {"SELECT a FROM t LIMIT $1 OFFSET $2", {TYPE_INT8, TYPE_INT8}},
        {"SELECT a FROM t WHERE a IN ($1, $2) AND f = $3", {TYPE_INT4, TYPE_INT4, TYPE_BOOL}},
        {"SELECT a FROM t WHERE d BETWEEN $1 AND $2", {TYPE_TIMESTAMPTZ, TYPE_TIMESTAMPTZ}},
        {"SELECT a + $1, e * $2 FROM t", {TYPE_INT4, TYPE_FLOAT8}},
        {"SELECT CASE WHEN $1 THEN $2 ELSE 5 END", {TYPE_BOOL, TYPE_INT4}},
        {"SELECT coalesce($1, a) FROM t GROUP BY 1", {TYPE_INT4}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct type *types;
        uint32_t count;
        struct error err = {0};
        if (sql_parameter_types(&f->environment, cases[i].sql, NULL, 0, f->arena, &types, &count, &err) != STATUS_OK)
            fail_msg("%s: %s", cases[i].sql, err.message);
        for (uint32_t p = 0; p < 3; p++)
            if (p < count ? types[p].id != cases[i].types[p] : cases[i].types[p] != TYPE_NULL)
                fail_msg("%s: type of $%u is %d", cases[i].sql, p + 1, p < count ? types[p].id : -1);
    }
    struct type declared[2] = {type_of(TYPE_INT8), type_of(TYPE_NULL)};
    struct type *types;
    uint32_t count;
    struct error err = {0};
    assert_int_equal(sql_parameter_types(&f->environment, "SELECT $1 + $2", declared, 2, f->arena, &types, &count,
                                         &err),
                     STATUS_OK);
    assert_true(count == 2 && types[0].id == TYPE_INT8 && types[1].id == TYPE_INT8);
}

static void parameters_are_constants(void **state)
{
    struct fixture *f = *state;
    int32_t five = 5;
    struct expr *parameters[1] = {expr_constant(type_of(TYPE_INT4), &five, f->arena)};
    f->environment.parameters = parameters;
    f->environment.parameter_count = 1;
    const char *bound = fixture_canonical(f, "SELECT a FROM t WHERE a > $1 LIMIT $1");
    assert_string_equal(bound, fixture_canonical(f, "SELECT a FROM t WHERE a > 5 LIMIT 5"));
    fixture_expect_error(f, "SELECT $2", "42P02", 8, "there is no parameter $2");
    fixture_expect_error(f, "CREATE VIEW n AS SELECT $1", "42P02", 25, "there is no parameter $1");
}

/* A statement's references are its own: relations outlive the catalog in it, and nothing is held after release. */
static void references_balance(void **state)
{
    struct fixture *f = *state;
    struct relation *t = catalog_find(f->environment.catalog, NULL, "t");
    int32_t before = t->reference_count;
    const char *const statements[] = {"SELECT * FROM t x, t y WHERE x.a = y.a",
                                      "WITH c AS (SELECT a FROM t) SELECT * FROM c x, c y",
                                      "SELECT a FROM t WHERE false",
                                      "INSERT INTO t SELECT * FROM t",
                                      "COPY t FROM STDIN",
                                      "EXPLAIN SELECT * FROM v2",
                                      "DROP TABLE t CASCADE",
                                      "DROP VIEW v2",
                                      "CREATE MATERIALIZED VIEW m AS SELECT a FROM t",
                                      "CREATE SINK k FROM t",
                                      "SUBSCRIBE v",
                                      "CREATE TABLE n AS SELECT * FROM v"};
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        struct statement s = fixture_bind(f, statements[i]);
        statement_release(&s);
        if (t->reference_count != before)
            fail_msg("%s: %d references instead of %d", statements[i], t->reference_count, before);
    }
    const char *const failing[] = {"SELECT * FROM t, nope",
                                   "INSERT INTO t SELECT zz FROM v",
                                   "CREATE SINK k AS SELECT count(*) FROM t",
                                   "DROP TABLE t",
                                   "COPY t (zz) FROM STDIN",
                                   "EXPLAIN CREATE VIEW m AS SELECT a FROM t",
                                   "CREATE TABLE n AS SELECT a, a FROM t"};
    for (size_t i = 0; i < sizeof failing / sizeof failing[0]; i++) {
        struct statement s;
        assert_int_not_equal(sql_bind(&f->environment, failing[i], f->arena, &s, NULL), STATUS_OK);
        if (t->reference_count != before)
            fail_msg("%s: %d references instead of %d", failing[i], t->reference_count, before);
    }
    relation_unref(t);
}

static void explain_is_recursive_in_nothing(void **state)
{
    struct fixture *f = *state;
    struct statement s =
        fixture_bind(f, "EXPLAIN (ANALYZE, VERBOSE off, FORMAT json) CREATE MATERIALIZED VIEW m AS SELECT a FROM t");
    assert_true(s.explain.analyze && !s.explain.verbose && s.explain.json);
    assert_int_equal(s.explain.statement->kind, STATEMENT_CREATE_MATERIALIZED_VIEW);
    assert_ptr_equal(s.plan, s.explain.statement->plan);
    statement_release(&s);
    s = fixture_bind(f, "EXPLAIN ANALYZE SUBSCRIBE v");
    assert_int_equal(s.explain.statement->kind, STATEMENT_SUBSCRIBE);
    statement_release(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(create_table_fills_the_relation),
        TEST(if_not_exists_gives_a_notice),
        TEST(views_keep_their_query_and_what_it_reads),
        TEST(sinks_choose_their_envelope),
        TEST(kept_queries_bind_again),
        TEST(replacing_a_view_keeps_its_id),
        TEST(drop_takes_dependents_along),
        TEST(subscriptions_and_cursors),
        TEST(copy_has_its_options),
        TEST(settings_and_transactions),
        TEST(prepared_statements_and_parameters),
        TEST(parameters_are_constants),
        TEST(references_balance),
        TEST(explain_is_recursive_in_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
