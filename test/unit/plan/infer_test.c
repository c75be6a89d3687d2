/* infer_test.c - keys and append-only, on plans put together by hand; references of plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "plan/plan.h"

static struct arena *arena;

static struct relation *table(uint32_t column_count, uint32_t key_count)
{
    struct relation *r = relation_create();
    r->name = "t";
    r->schema.column_count = column_count;
    r->schema.columns = ARENA_ARRAY(r->arena, struct column, column_count);
    for (uint32_t i = 0; i < column_count; i++)
        r->schema.columns[i] = (struct column){arena_printf(r->arena, "c%u", i), type_of(TYPE_INT4), false};
    r->primary_key_count = key_count;
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, key_count);
    for (uint32_t i = 0; i < key_count; i++)
        r->primary_key[i] = i;
    r->append_only = key_count == 0;
    return r;
}

static struct plan *scan(struct relation *r)
{
    struct plan *p = plan_create(PLAN_SCAN, 0, arena);
    p->schema = r->schema;
    p->scan.relation = r;
    p->scan.column_count = r->schema.column_count;
    p->scan.columns = ARENA_ARRAY(arena, uint32_t, r->schema.column_count);
    for (uint32_t i = 0; i < r->schema.column_count; i++)
        p->scan.columns[i] = i;
    return p;
}

static struct plan *over(enum plan_kind kind, struct plan *input)
{
    struct plan *p = plan_create(kind, 1, arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    return p;
}

static struct plan *join(enum join_kind kind, struct plan *left, struct plan *right, uint32_t left_key,
                         uint32_t right_key)
{
    struct plan *p = plan_create(PLAN_JOIN, 2, arena);
    bool left_only = kind == JOIN_SEMI || kind == JOIN_ANTI;
    p->inputs[0] = left;
    p->inputs[1] = right;
    p->join.kind = kind;
    p->join.key_count = 1;
    p->join.left_keys = ARENA_ARRAY(arena, uint32_t, 1);
    p->join.right_keys = ARENA_ARRAY(arena, uint32_t, 1);
    p->join.left_keys[0] = left_key;
    p->join.right_keys[0] = right_key;
    p->schema.column_count = left->schema.column_count + (left_only ? 0 : right->schema.column_count);
    p->schema.columns = ARENA_ARRAY(arena, struct column, p->schema.column_count);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        p->schema.columns[i] = i < left->schema.column_count ? left->schema.columns[i]
                                                             : right->schema.columns[i - left->schema.column_count];
    return p;
}

static void expect_key(struct plan *p, bool append_only, uint32_t count, uint32_t first, uint32_t second)
{
    plan_infer(p);
    assert_int_equal(p->append_only, append_only);
    assert_int_equal(p->key_count, count);
    if (count > 0)
        assert_int_equal(p->key[0], first);
    if (count > 1)
        assert_int_equal(p->key[1], second);
}

static void keys_follow_the_rows(void **state)
{
    (void)state;
    arena = arena_create();
    struct relation *stream = table(3, 0);
    struct relation *keyed = table(3, 1);
    struct relation *pair = table(3, 2);
    expect_key(scan(stream), true, 0, 0, 0);
    expect_key(scan(keyed), false, 1, 0, 0);
    expect_key(scan(pair), false, 2, 0, 1);
    struct plan *part = scan(pair);
    part->scan.column_count = part->schema.column_count = 1; /* half of the key is not read */
    expect_key(part, false, 0, 0, 0);
    struct plan *project = over(PLAN_PROJECT, scan(keyed));
    project->project.expressions = ARENA_ARRAY(arena, struct expr *, 3);
    for (uint32_t i = 0; i < 3; i++)
        project->project.expressions[i] = expr_column(2 - i, type_of(TYPE_INT4), arena);
    expect_key(project, false, 1, 2, 0);
    expect_key(join(JOIN_INNER, scan(stream), scan(keyed), 1, 0), false, 0, 0, 0);
    expect_key(join(JOIN_INNER, scan(keyed), scan(keyed), 1, 0), false, 1, 0, 0); /* at most one partner */
    expect_key(join(JOIN_INNER, scan(keyed), scan(keyed), 1, 1), false, 2, 0, 3); /* many: both keys */
    expect_key(join(JOIN_SEMI, scan(keyed), scan(stream), 1, 1), false, 1, 0, 0);
    expect_key(join(JOIN_INNER, scan(stream), scan(stream), 0, 0), true, 0, 0, 0);
    expect_key(join(JOIN_LEFT, scan(stream), scan(stream), 0, 0), false, 0, 0,
               0); /* a partner retracts the row without one */
    expect_key(join(JOIN_SEMI, scan(stream), scan(stream), 0, 0), true, 0, 0, 0);
    expect_key(join(JOIN_ANTI, scan(stream), scan(stream), 0, 0), false, 0, 0, 0);
    expect_key(over(PLAN_LIMIT, scan(stream)), false, 0, 0, 0);
    relation_unref(stream);
    relation_unref(keyed);
    relation_unref(pair);
    arena_destroy(arena);
}

static void groups_are_keys(void **state)
{
    (void)state;
    arena = arena_create();
    struct relation *stream = table(3, 0);
    struct plan *p = over(PLAN_AGGREGATE, scan(stream));
    uint32_t groups[] = {2, 1};
    p->aggregate.groups = groups;
    p->aggregate.group_count = 2;
    expect_key(p, true, 2, 0, 1); /* DISTINCT of what only grows only grows */
    struct aggregate_call call = {.id = AGGREGATE_COUNT_STAR, .argument = -1, .filter = -1};
    p->aggregate.calls = &call;
    p->aggregate.call_count = 1;
    expect_key(p, false, 2, 0, 1);
    relation_unref(stream);
    arena_destroy(arena);
}

/* A shared subplan counts once, and optimizing hands the references over. */
static void references_are_counted_once_per_scan(void **state)
{
    (void)state;
    arena = arena_create();
    struct relation *r = table(2, 0);
    struct plan *cte = over(PLAN_CTE, scan(r));
    struct plan *p = join(JOIN_INNER, cte, cte, 0, 0);
    plan_reference(p);
    assert_int_equal(r->reference_count, 2);
    uint32_t count;
    assert_ptr_equal(plan_relations(p, arena, &count)[0], r);
    assert_int_equal(count, 1);
    assert_false(plan_is_files_only(p));
    plan_release(p);
    assert_int_equal(r->reference_count, 1);
    plan_release(NULL);
    relation_unref(r);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(keys_follow_the_rows), cmocka_unit_test(groups_are_keys),
                                       cmocka_unit_test(references_are_counted_once_per_scan)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
