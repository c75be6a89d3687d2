/* text_test.c - scripts, shells and hostile texts: what is done before anything is bound. */
#include "fixture.h"

#include <stdlib.h>

#include "sql/lexer.h"

static void scripts_are_cut_at_semicolons(void **state)
{
    struct fixture *f = *state;
    const char *script = "SELECT 1;\n\n-- a; b\nSELECT ';' AS \"x;y\", $$;$$ /* ; /* ; */ ; */;\n;;INSERT INTO t "
                         "VALUES (1);\nSELECT 'ä';SELECT 2";
    const struct {
        const char *text;
        int position, line;
    } expected[] = {{"SELECT 1", 1, 1},
                    {"SELECT ';' AS \"x;y\", $$;$$", 20, 4},
                    {"INSERT INTO t VALUES (1)", 68, 5},
                    {"SELECT 'ä'", 94, 6},
                    {"SELECT 2", 105, 6}};
    struct sql_piece *pieces;
    uint32_t count;
    struct error err = {0};
    assert_int_equal(sql_split(script, f->arena, &pieces, &count, &err), STATUS_OK);
    assert_int_equal(count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < count; i++) {
        assert_string_equal(pieces[i].text, expected[i].text);
        assert_int_equal(pieces[i].position, expected[i].position);
        assert_int_equal(pieces[i].line, expected[i].line);
    }
}

static void a_syntax_error_anywhere_fails_the_script(void **state)
{
    struct fixture *f = *state;
    struct sql_piece *pieces;
    uint32_t count;
    struct error err = {0};
    assert_int_equal(sql_split("CREATE SOURCE s (a int) WITH (connector = 'log');\nSHOW TABLES;\nSELEC 1", f->arena,
                               &pieces, &count, &err),
                     STATUS_SYNTAX_ERROR);
    assert_int_equal(err.position, 64);
    assert_string_equal(err.message, "syntax error at or near \"SELEC\"");
    assert_int_equal(sql_split("SELECT 'abc", f->arena, &pieces, &count, &err), STATUS_SYNTAX_ERROR);
    assert_string_equal(err.message, "unterminated quoted string at or near \"'abc\"");
    assert_int_equal(sql_split("", f->arena, &pieces, &count, &err), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(sql_split("SELECT '\xff'", f->arena, &pieces, &count, &err), STATUS_INVALID_ENCODING);
    assert_int_equal(sql_split("SUBSCRIBE v; DESCRIBE t; DROP SINK k; EXPLAIN SUBSCRIBE (SELECT 1); ALTER SINK k PAUSE",
                               f->arena, &pieces, &count, &err),
                     STATUS_OK);
    assert_int_equal(count, 5);
}

static void shells_know_when_to_ask_for_more(void **state)
{
    (void)state;
    const char *const complete[] =
        {"", "  ", "SELECT 1;", "SELECT 1; -- x", "SELECT '; ';", "-- only a comment", "SELECT 1;;"};
    const char *const incomplete[] = {"SELECT 1", "SELECT 'a;",       "SELECT \"a;",   "SELECT (1;",    "SELECT $$;",
                                      "/* x",     "SELECT 1; SELECT", "SELECT E'\\';", "SELECT 1 /* ; "};
    for (size_t i = 0; i < sizeof complete / sizeof complete[0]; i++)
        if (sql_is_incomplete(complete[i]))
            fail_msg("complete: %s", complete[i]);
    for (size_t i = 0; i < sizeof incomplete / sizeof incomplete[0]; i++)
        if (!sql_is_incomplete(incomplete[i]))
            fail_msg("incomplete: %s", incomplete[i]);
}

static const char *variable(void *context, const char *name)
{
    (void)context;
    return strcmp(name, "date") == 0 ? "2024-01-15" : strcmp(name, "odd") == 0 ? "it's \"\\" : NULL;
}

static void variables_are_put_in(void **state)
{
    struct fixture *f = *state;
    const struct {
        const char *in, *out;
    } cases[] = {{"SELECT :'date', :date, :\"date\"", "SELECT '2024-01-15', 2024-01-15, \"2024-01-15\""},
                 {"SELECT ':date', \":date\", $$:date$$ -- :date", "SELECT ':date', \":date\", $$:date$$ -- :date"},
                 {"SELECT 1::date, a:date", "SELECT 1::date, a2024-01-15"},
                 {"SELECT :'odd'", "SELECT  E'it''s \"\\\\'"},
                 {"SELECT :\"odd\"", "SELECT \"it's \"\"\\\""},
                 {"/* :date */ SELECT x /* :'date' */", "/* :date */ SELECT x /* :'date' */"},
                 {"SELECT a[1:2] : 5", "SELECT a[1:2] : 5"},
                 {"SELECT 'open :date", "SELECT 'open :date"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *out;
        struct error err = {0};
        assert_int_equal(sql_interpolate(cases[i].in, variable, NULL, f->arena, &out, &err), STATUS_OK);
        assert_string_equal(out, cases[i].out);
    }
    const char *out;
    struct error err = {0};
    assert_int_equal(sql_interpolate("SELECT 'ä', :nope", variable, NULL, f->arena, &out, &err),
                     STATUS_UNDEFINED_PARAMETER);
    assert_int_equal(err.position, 13);
    assert_string_equal(err.message, "variable \"nope\" is not set");
}

/* A text of count times begin, then middle, then count times end. */
static char *nested(struct arena *arena, const char *head, const char *begin, const char *middle, const char *end,
                    int count)
{
    struct buffer text = {0};
    buffer_put_text(&text, head);
    for (int i = 0; i < count; i++)
        buffer_put_text(&text, begin);
    buffer_put_text(&text, middle);
    for (int i = 0; i < count; i++)
        buffer_put_text(&text, end);
    char *copy = arena_copy_text(arena, buffer_text(&text));
    buffer_clear(&text);
    return copy;
}

static void depth_ends_in_an_error_not_in_the_stack(void **state)
{
    struct fixture *f = *state;
    const char *const shapes[][4] = {
        {"SELECT ", "(", "1", ")"},
        {"SELECT ", "abs(", "1", ")"},
        {"SELECT 1", "+1", "", ""},
        {"SELECT ", "NOT ", "true", ""},
        {"SELECT ", "- ", "1", ""},
        {"SELECT 1", "::int", "", ""},
        {"SELECT ", "CASE WHEN true THEN ", "1", " END"},
        {"SELECT ", "(SELECT ", "1", ")"},
        {"SELECT 1", " UNION ALL SELECT 1", "", ""},
        {"SELECT * FROM ", "(SELECT * FROM ", "t", ") x"},
        {"SELECT * FROM t", " JOIN t ON true", "", ""},
        {"SELECT * FROM t WHERE ", "a IN (SELECT a FROM t WHERE ", "true", ")"},
        {"WITH x AS ", "(WITH x AS ", "(SELECT 1) SELECT 1", ")"},
        {"SELECT 'a'", " LIKE 'a'", "", ""},
        {"SELECT x", "[(1)", "", "]"},
        {"EXPLAIN ", "EXPLAIN ", "SELECT 1", ""},
        {"COPY ", "(", "SELECT 1", ") TO STDOUT"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        struct statement s;
        struct error err = {0};
        const int counts[] = {100, 240, 480, 900, 10000};
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            struct arena *arena = arena_create();
            const char *sql = nested(arena, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3], counts[c]);
            enum status st = sql_bind(&f->environment, sql, arena, &s, &err);
            if (counts[c] == 10000 && st != STATUS_TOO_COMPLEX && st != STATUS_SYNTAX_ERROR)
                fail_msg("%s x 10000: %s", shapes[i][1], st == STATUS_OK ? "bound" : err.message);
            if (st == STATUS_OK)
                statement_release(&s);
            arena_destroy(arena);
        }
    }
    fixture_expect_error(f, nested(f->arena, "SELECT ", "(", "1", ")", 10000), "54001", 1008,
                         "statement is nested too deeply");
}

/* Each view doubles the last: the plan must not. */
static void views_over_views_do_not_explode(void **state)
{
    struct fixture *f = *state;
    fixture_create(f, "CREATE VIEW w0 AS SELECT a AS x FROM t");
    for (int i = 1; i < 30; i++)
        fixture_create(f, arena_printf(f->arena, "CREATE VIEW w%d AS SELECT x + x AS x FROM w%d", i, i - 1));
    struct statement s = fixture_bind(f, "SELECT x FROM w29");
    assert_true(strlen(fixture_plan(f, "SELECT x FROM w29", false)) < 100000);
    assert_true(strlen(fixture_plan(f, "SELECT x FROM w29 WHERE x > 5", false)) < 100000);
    statement_release(&s);
    fixture_create(f, "CREATE VIEW y0 AS SELECT 1 AS x");
    struct error err = {0};
    enum status st = STATUS_OK;
    for (int i = 1; i < 200 && st == STATUS_OK; i++) {
        const char *sql = arena_printf(f->arena, "CREATE VIEW y%d AS SELECT x FROM y%d", i, i - 1);
        st = sql_bind(&f->environment, sql, f->arena, &s, &err);
        if (st != STATUS_OK)
            break;
        statement_release(&s);
        fixture_create(f, sql);
    }
    assert_int_equal(st, STATUS_TOO_COMPLEX);
}

/* An operand that stands twice, in one that stands twice, ...: a short text, but no plan could be made of it. */
static void operands_that_double_are_refused(void **state)
{
    static const char *const SHAPES[][2] = {
        {"((", ") BETWEEN 0 AND 1)::integer"}, {"((", ") BETWEEN SYMMETRIC 0 AND 1)::integer"}, {"((", ") IN (a, 2))::integer"},
        {"(CASE ", " WHEN 1 THEN 2 WHEN 2 THEN 1 END)"}, {"nullif(", ", 1.5)"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof SHAPES / sizeof SHAPES[0]; i++) {
        const char *sql = nested(f->arena, "SELECT a FROM t WHERE 1 = ", SHAPES[i][0], "a", SHAPES[i][1], 40);
        struct statement s;
        struct error err = {0};
        assert_int_equal(sql_bind(&f->environment, sql, f->arena, &s, &err), STATUS_TOO_COMPLEX);
        assert_string_equal(err.message, "expression is too complex");
        assert_int_not_equal(err.position, 0);
    }
}

static void ctes_that_double_stay_small(void **state)
{
    struct fixture *f = *state;
    struct buffer sql = {0};
    buffer_put_text(&sql, "WITH c0 AS (SELECT 1 AS x)");
    for (int i = 1; i <= 40; i++)
        buffer_printf(&sql, ", c%d AS (SELECT a.x FROM c%d a, c%d b)", i, i - 1, i - 1);
    buffer_put_text(&sql, " SELECT * FROM c40");
    assert_true(strlen(fixture_plan(f, buffer_text(&sql), true)) < 1000000);
    buffer_clear(&sql);
}

static void every_prefix_of_a_statement_is_harmless(void **state)
{
    struct fixture *f = *state;
    const char *const statements[] = {
        "CREATE TABLE n (id bigint PRIMARY KEY, v text NOT NULL DEFAULT 'x', w int PATH '$.a') WITH (partitions = 4, "
        "'retention.ms' = 5, key = (a, b))",
        "CREATE SINK k AS SELECT a, count(*) AS n FROM t GROUP BY a EMIT CHANGES WITH (envelope = 'upsert', topic = "
        "'x')",
        "CREATE SINK IF NOT EXISTS public.k FROM t WITH (topic = 'x')",
        "COPY (SUBSCRIBE (SELECT a FROM t) WITH (snapshot = false)) TO STDOUT WITH (FORMAT csv, HEADER, DELIMITER ';')",
        "WITH x (q) AS (SELECT a FROM 'a/*.parquet' AS p) SELECT CASE q WHEN 1 THEN INTERVAL '5' DAY END FROM x, `t` "
        "WHERE q IN (1, 2) ORDER BY 1 DESC NULLS LAST LIMIT 5",
        "EXPLAIN (ANALYZE, FORMAT json) SELECT E'\\'' || $$x$$, U&'d\\0061t' FROM read_csv('a', header => true) LEFT "
        "JOIN u USING (a)",
        "DECLARE c CURSOR FOR SUBSCRIBE TO v WITH (progress)",
        "FETCH 10 FROM c WITH (timeout = '1 s')",
        "PREPARE p (int, numeric(5,2)) AS INSERT INTO t (a, b) VALUES ($1, DEFAULT), (-2, 'x')",
        "DROP MATERIALIZED VIEW IF EXISTS a.b, c CASCADE",
        "SHOW CREATE MATERIALIZED VIEW public.v",
    };
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++)
        for (size_t size = 0; size <= strlen(statements[i]); size++) {
            struct arena *arena = arena_create();
            struct statement s;
            const char *sql = arena_copy_bytes(arena, (struct bytes){(const uint8_t *)statements[i], size});
            if (sql_bind(&f->environment, sql, arena, &s, NULL) == STATUS_OK)
                statement_release(&s);
            (void)sql_is_incomplete(sql);
            arena_destroy(arena);
        }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_set_up, fixture_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(scripts_are_cut_at_semicolons),
        TEST(a_syntax_error_anywhere_fails_the_script),
        TEST(shells_know_when_to_ask_for_more),
        TEST(variables_are_put_in),
        TEST(depth_ends_in_an_error_not_in_the_stack),
        TEST(views_over_views_do_not_explode),
        TEST(operands_that_double_are_refused),
        TEST(ctes_that_double_stay_small),
        TEST(every_prefix_of_a_statement_is_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
