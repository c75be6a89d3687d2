/* plan_text_test.c - EXPLAIN of statements, line by line. LEAT_PRINT_PLANS=1 prints the table anew, to be looked at and kept. */
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>

struct plan_case {
    const char *sql;
    bool live;
    const char *text;
};
#define PLAN(sql, text) {sql, false, text},
#define LIVE(sql, text) {sql, true, text},
static const struct plan_case CASES[] = {
#include "plans.def"
};

static void set_up(struct fixture *f)
{
    fixture_create(f, "CREATE TABLE transactions (id text, user_id bigint, amount numeric(12,2), ts timestamptz)");
    fixture_create(f, "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, country text)");
    fixture_create(f, "CREATE MATERIALIZED VIEW spend AS SELECT user_id, count(*) AS n, sum(amount) AS total FROM "
                      "transactions GROUP BY user_id");
    fixture_create(f,
                   "CREATE VIEW big AS SELECT id, user_id, amount * 2 AS twice FROM transactions WHERE amount > 100");
}

static void print_case(const struct plan_case *c, const char *text)
{
    printf("%s(\"", c->live ? "LIVE" : "PLAN");
    for (const char *s = c->sql; *s != '\0'; s++)
        printf(*s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    printf("\",\n     \"");
    for (const char *s = text; *s != '\0'; s++) {
        if (*s == '\n')
            printf(s[1] == '\0' ? "\\n" : "\\n\"\n     \"");
        else
            printf(*s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    }
    printf("\")\n");
}

static void plans_are_as_told(void **state)
{
    struct fixture *f = *state;
    bool print = getenv("LEAT_PRINT_PLANS") != NULL;
    set_up(f);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        const char *text = fixture_plan(f, CASES[i].sql, CASES[i].live);
        if (print)
            print_case(&CASES[i], text);
        else if (strcmp(text, CASES[i].text) != 0)
            fail_msg("%s\nexpected:\n%s\ngot:\n%s", CASES[i].sql, CASES[i].text, text);
    }
}

/* Braces and quotes balance, and every node is there. */
static void json_is_json(void **state)
{
    struct fixture *f = *state;
    set_up(f);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct statement s = fixture_bind(f, CASES[i].sql);
        struct buffer text = {0};
        struct error err = {0};
        plan_print_json(s.plan, true, &text);
        if (json_validate((const char *)text.data, text.size, &err) != STATUS_OK)
            fail_msg("%s: %s\n%s", CASES[i].sql, err.message, buffer_text(&text));
        buffer_clear(&text);
        statement_release(&s);
    }
}

/* A plan that was optimized is at its best: once more changes nothing, and keeps its references straight. */
static void twice_optimized_is_the_same(void **state)
{
    struct fixture *f = *state;
    set_up(f);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct statement s = fixture_bind(f, CASES[i].sql);
        struct plan *again;
        struct error err = {0};
        struct buffer text = {0};
        assert_int_equal(plan_optimize(s.plan, &f->environment.text, f->arena, &again, &err), STATUS_OK);
        plan_reference(again);
        plan_release(s.plan);
        s.plan = again;
        plan_infer(again);
        plan_print(again, CASES[i].live, &text);
        if (strcmp(buffer_text(&text), CASES[i].text) != 0)
            fail_msg("%s\nonce:\n%s\ntwice:\n%s", CASES[i].sql, CASES[i].text, buffer_text(&text));
        buffer_clear(&text);
        statement_release(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plans_are_as_told, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(json_is_json, fixture_set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(twice_optimized_is_the_same, fixture_set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
