/* leat_test.c - the installed interface, from opening a folder to a view that is there again after a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "leat.h"
#include "os/os.h"

static int keep_first(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    assert_true(column_count >= 1);
    assert_non_null(names[0]);
    snprintf(context, 64, "%s", values[0] != NULL ? values[0] : "NULL");
    return 0;
}

static int stop_at_once(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    (void)column_count, (void)names, (void)values;
    ++*(int *)context;
    return 1;
}

static void run(struct leat_connection *c, const char *sql, char value[64])
{
    struct leat_error error = {0};
    value[0] = '\0';
    if (leat_query(c, sql, keep_first, value, &error) != 0)
        fail_msg("%s: %s %s", sql, error.sqlstate, error.message);
}

static void a_view_survives_a_restart(void **state)
{
    (void)state;
    char path[] = "/tmp/leat-test-XXXXXX", value[64];
    struct error err = {0};
    struct leat_error error = {0};
    struct leat *database;
    struct leat_connection *c;
    assert_int_equal(os_make_temporary(os_real(), path, &err), STATUS_OK);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(leat_open(path, &database, &error), 0);
        assert_int_equal(leat_connect(database, &c, &error), 0);
        if (round == 0)
            run(c, "CREATE TABLE t (k int, v int); CREATE MATERIALIZED VIEW s AS SELECT k, sum(v) AS v FROM t GROUP BY k", value);
        run(c, "INSERT INTO t VALUES (1, 10), (2, 5)", value);
        run(c, "SELECT v FROM s WHERE k = 1", value);
        char expected[16];
        snprintf(expected, sizeof expected, "%d", 10 * (round + 1));
        assert_string_equal(value, expected);
        leat_disconnect(c);
        leat_close(database);
    }
    assert_int_equal(os_remove_tree(os_real(), path, &err), STATUS_OK);
}

static void errors_name_state_and_place(void **state)
{
    (void)state;
    struct leat_error error = {0};
    struct leat *database;
    struct leat_connection *c;
    assert_int_equal(leat_open(NULL, &database, &error), 0);
    assert_int_equal(leat_connect(database, &c, &error), 0);
    assert_int_equal(leat_query(c, "SELECT 1; SELECT nope", NULL, NULL, &error), -1);
    assert_string_equal(error.sqlstate, "42703");
    assert_int_equal(error.position, 18);
    int rows = 0;
    assert_int_equal(leat_query(c, "SELECT * FROM generate_series(1, 100000)", stop_at_once, &rows, &error), -1);
    assert_string_equal(error.sqlstate, "57014");
    assert_int_equal(rows, 1);
    leat_disconnect(c);
    leat_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_view_survives_a_restart),
        cmocka_unit_test(errors_name_state_and_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
