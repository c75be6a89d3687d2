/* bind_error_test.c - SQLSTATE, position, message and hint of statements that fail. */
#include "fixture.h"

struct error_case {
    const char *sql;
    const char *sqlstate;
    int position;
    const char *message;
    const char *hint;
};
#define CASE(...) {__VA_ARGS__},
static const struct error_case CASES[] = {
#include "bind_errors_postgres.def"
#include "bind_errors_leat.def"
};
#undef CASE

static void statements_fail_as_told(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const struct error_case *c = &CASES[i];
        struct statement s;
        struct error err = {0};
        enum status st = sql_bind(&f->environment, c->sql, f->arena, &s, &err);
        bool same = strcmp(status_sqlstate(st), c->sqlstate) == 0 && err.position == c->position &&
                    strcmp(err.message, c->message) == 0 && strcmp(err.hint, c->hint) == 0;
        if (!same)
            print_error("%s\n  expected %s at %d: %s (%s)\n  got      %s at %d: %s (%s)\n", c->sql, c->sqlstate,
                        c->position, c->message, c->hint, status_sqlstate(st), err.position, err.message, err.hint);
        assert_true(same);
    }
}

/* Errors of a view's text point at the view's name, where the user can see something. */
static void errors_in_views_point_at_the_view(void **state)
{
    struct fixture *f = *state;
    fixture_create(f, "CREATE TABLE gone (a integer)");
    fixture_create(f, "CREATE VIEW over_gone AS SELECT a FROM gone");
    struct relation *gone = catalog_find(f->environment.catalog, NULL, "gone");
    struct error err = {0};
    assert_int_equal(catalog_remove(f->environment.catalog, gone->id, &err), STATUS_OK);
    relation_unref(gone);
    fixture_expect_error(f, "SELECT 1, * FROM over_gone", "42P01", 18, "relation \"gone\" does not exist");
}

static void a_missing_file_is_named_where_it_stands(void **state)
{
    fixture_expect_error(*state, "SELECT * FROM t, 'missing/*.csv' AS m", "58P01", 18,
                         "no file matches \"missing/*.csv\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(statements_fail_as_told, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(errors_in_views_point_at_the_view, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_missing_file_is_named_where_it_stands, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
