/* operator_test.c - aggregate, join, sort, limit and errors against the plainest possible computation of the same thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/compare.h"
#include "os/thread.h"
#include "random_run.h"

/* ---- output as lines ---- */

struct lines {
    struct arena *arena;
    char **lines;
    uint32_t count;
};

static char *value_text(const struct vector *v, uint32_t row, struct arena *arena)
{
    if (!vector_is_valid(v, row))
        return "null";
    struct buffer b = {0};
    if (v->type.id == TYPE_FLOAT8 && *(const double *)vector_value(v, row) == 0)
        buffer_put_text(&b, "0"); /* -0 equals 0 */
    else
        vector_format(v, row, &random_text, &b);
    char *text = arena_copy_text(arena, buffer_text(&b));
    buffer_clear(&b);
    return text;
}

static void lines_add(struct lines *l, char *text)
{
    l->lines = memory_realloc(l->lines, (l->count + 1) * sizeof *l->lines);
    l->lines[l->count++] = text;
}

static enum status lines_write(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct lines *l = context;
    (void)worker;
    (void)err;
    assert_null(rows->weights);
    for (uint32_t i = 0; i < batch_rows(rows); i++) {
        struct buffer line = {0};
        for (uint32_t c = 0; c < rows->column_count; c++)
            buffer_printf(&line, "%s%s", c == 0 ? "" : "|", value_text(&rows->columns[c], batch_row(rows, i), l->arena));
        lines_add(l, arena_copy_text(l->arena, buffer_text(&line)));
        buffer_clear(&line);
    }
    return STATUS_OK;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_sort(struct lines *l)
{
    if (l->count != 0)
        qsort(l->lines, l->count, sizeof *l->lines, compare_texts);
}

static enum status run(const struct scenario *s, struct plan *plan, unsigned workers, struct lines *l, struct error *failure)
{
    struct pool *pool;
    REQUIRE_OK(pool_create("test", workers, false, &pool, err));
    struct bounded_input in = {s, s->change_count, false};
    struct run_environment environment = {
        .pool = pool, .worker_count = workers, .text = random_text, .open_source = open_array, .context = &in};
    struct output output = {lines_write, l};
    *l = (struct lines){.arena = s->arena};
    enum status st = dataflow_run(plan, &environment, &output, NULL, failure);
    pool_destroy(pool);
    return st;
}

static void require_same(struct lines *a, struct lines *b)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 0; i < a->count; i++)
        assert_string_equal(a->lines[i], b->lines[i]);
    free(a->lines);
    free(b->lines);
}

/* ---- tables: row i of table t is there weights[t][i] times ---- */

static int64_t weights[TABLES][80];

static void draw_tables(struct scenario *s, uint64_t seed)
{
    random_seed = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 10; i++)
        random_next();
    *s = (struct scenario){.arena = arena_create()};
    memset(weights, 0, sizeof weights);
    for (uint32_t t = 0; t < TABLES; t++)
        random_table(1 + random_below(79), s->arena, &s->tables[t]);
    s->change_count = random_below(CHANGES_MAX);
    s->changes = ARENA_ARRAY(s->arena, struct change, s->change_count);
    for (uint32_t i = 0; i < s->change_count; i++) {
        struct change *c = &s->changes[i];
        *c = (struct change){.table = random_below(TABLES), .weight = 1 + random_chance(10)};
        c->row = random_below(s->tables[c->table].row_count);
        weights[c->table][c->row] += c->weight;
    }
}

/* ---- aggregates ---- */

struct naive_group {
    char *key;
    int64_t count, value_count, sum, distinct_count;
    bool has_extreme;
    int32_t min, max;
    char *seen[80];
};

static void naive_add(struct naive_group *g, const struct vector *v, uint32_t row, int64_t weight, struct arena *arena)
{
    g->count += weight;
    if (!vector_is_valid(v, row))
        return;
    int32_t value = VECTOR_I32(v)[row];
    g->value_count += weight;
    g->sum += value * weight;
    g->min = g->has_extreme && g->min < value ? g->min : value;
    g->max = g->has_extreme && g->max > value ? g->max : value;
    g->has_extreme = true;
    char *text = value_text(v, row, arena);
    for (int64_t i = 0; i < g->distinct_count; i++)
        if (strcmp(g->seen[i], text) == 0)
            return;
    g->seen[g->distinct_count++] = text;
}

static void naive_aggregate(const struct scenario *s, const struct plan *p, struct lines *out)
{
    struct naive_group *groups = memory_alloc_zero(81, sizeof *groups);
    const struct table *t = &s->tables[0];
    uint32_t count = p->aggregate.group_count == 0;
    if (count == 1)
        groups[0].key = "";
    for (uint32_t row = 0; row < t->row_count; row++) {
        if (weights[0][row] == 0)
            continue;
        char *key = "";
        for (uint32_t k = 0; k < p->aggregate.group_count; k++)
            key = arena_printf(s->arena, "%s%s|", key, value_text(&t->columns[p->aggregate.groups[k]], row, s->arena));
        uint32_t g = 0;
        while (g < count && strcmp(groups[g].key, key) != 0)
            g++;
        if (g == count)
            groups[count++].key = key;
        naive_add(&groups[g], &t->columns[0], row, weights[0][row], s->arena);
    }
    *out = (struct lines){.arena = s->arena};
    for (uint32_t i = 0; i < count; i++) {
        const struct naive_group *g = &groups[i];
        char *sum = g->has_extreme ? arena_printf(s->arena, "%lld|%d|%d", (long long)g->sum, g->min, g->max) : "null|null|null";
        lines_add(out, arena_printf(s->arena, "%s%lld|%lld|%lld|%s", g->key, (long long)g->count, (long long)g->value_count,
                                    (long long)g->distinct_count, sum));
    }
    free(groups);
}

static struct plan *fixed_aggregate(const struct scenario *s)
{
    static const enum aggregate_id IDS[] = {AGGREGATE_COUNT_STAR, AGGREGATE_COUNT, AGGREGATE_COUNT, AGGREGATE_SUM, AGGREGATE_MIN,
                                            AGGREGATE_MAX};
    struct plan *scan = make_scan(&s->tables[0], s->arena);
    struct plan *p = make_plan(PLAN_AGGREGATE, 1, &scan, s->arena);
    uint32_t groups = random_below(4), calls = 6;
    struct column *columns = ARENA_ARRAY(s->arena, struct column, groups + calls);
    p->aggregate.group_count = groups;
    p->aggregate.groups = ARENA_ARRAY(s->arena, uint32_t, groups);
    for (uint32_t i = 0; i < groups; i++) {
        p->aggregate.groups[i] = random_below(scan->schema.column_count);
        columns[i] = (struct column){"g", scan->schema.columns[p->aggregate.groups[i]].type, false};
    }
    p->aggregate.call_count = calls;
    p->aggregate.calls = ARENA_ARRAY(s->arena, struct aggregate_call, calls);
    for (uint32_t i = 0; i < calls; i++) {
        struct aggregate_call *c = &p->aggregate.calls[i];
        *c = (struct aggregate_call){.id = IDS[i], .argument = i == 0 ? -1 : 0, .filter = -1, .distinct = i == 2};
        c->argument_type = i == 0 ? type_of(TYPE_NULL) : type_of(TYPE_INT4);
        REQUIRE_OK(aggregate_result_type(c->id, c->argument_type, &c->type, err));
        columns[groups + i] = (struct column){"a", c->type, false};
    }
    p->schema = (struct schema){groups + calls, columns};
    return p;
}

static void aggregates_match_a_plain_loop(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct scenario s;
        draw_tables(&s, seed);
        struct plan *p = fixed_aggregate(&s);
        struct lines got, expected;
        struct error err = {0};
        assert_int_equal(run(&s, p, 1 + random_below(4), &got, &err), STATUS_OK);
        naive_aggregate(&s, p, &expected);
        lines_sort(&got);
        lines_sort(&expected);
        require_same(&got, &expected);
        arena_destroy(s.arena);
    }
}

/* ---- joins ---- */

static bool keys_meet(const struct scenario *s, const struct plan *p, uint32_t l, uint32_t r)
{
    for (uint32_t k = 0; k < p->join.key_count; k++) {
        const struct vector *a = &s->tables[0].columns[p->join.left_keys[k]], *b = &s->tables[1].columns[p->join.right_keys[k]];
        bool a_valid = vector_is_valid(a, l), b_valid = vector_is_valid(b, r);
        if (a_valid != b_valid || (!a_valid && !p->join.null_equal))
            return false;
        if (a_valid && value_compare(a->type, vector_value(a, l), vector_value(b, r)) != 0)
            return false;
    }
    return true;
}

static char *table_line(const struct scenario *s, uint32_t table, int64_t row)
{
    char *line = "";
    for (uint32_t c = 0; c < s->tables[table].schema.column_count; c++)
        line = arena_printf(s->arena, "%s%s%s", line, c == 0 ? "" : "|",
                            row < 0 ? "null" : value_text(&s->tables[table].columns[c], (uint32_t)row, s->arena));
    return line;
}

static void naive_join(const struct scenario *s, const struct plan *p, struct lines *out)
{
    *out = (struct lines){.arena = s->arena};
    bool shows_right = p->join.kind == JOIN_INNER || p->join.kind == JOIN_LEFT;
    for (uint32_t l = 0; l < s->tables[0].row_count; l++) {
        int64_t met = 0;
        char *left = weights[0][l] == 0 ? NULL : table_line(s, 0, l);
        for (uint32_t r = 0; left != NULL && r < s->tables[1].row_count; r++) {
            if (weights[1][r] == 0 || !keys_meet(s, p, l, r))
                continue;
            met++;
            for (int64_t i = 0; shows_right && i < weights[0][l] * weights[1][r]; i++)
                lines_add(out, arena_printf(s->arena, "%s|%s", left, table_line(s, 1, r)));
        }
        for (int64_t i = 0; i < weights[0][l]; i++) {
            if (p->join.kind == JOIN_LEFT && met == 0)
                lines_add(out, arena_printf(s->arena, "%s|%s", left, table_line(s, 1, -1)));
            if ((p->join.kind == JOIN_SEMI && met != 0) || (p->join.kind == JOIN_ANTI && met == 0))
                lines_add(out, left);
        }
    }
}

static void joins_match_nested_loops(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct scenario s;
        draw_tables(&s, seed);
        struct plan *p = random_join(make_scan(&s.tables[0], s.arena), make_scan(&s.tables[1], s.arena), s.arena);
        struct lines got, expected;
        struct error err = {0};
        if (p->kind != PLAN_JOIN) { /* no columns of one type */
            arena_destroy(s.arena);
            continue;
        }
        p->join.condition = NULL;
        assert_int_equal(run(&s, p, 1 + random_below(4), &got, &err), STATUS_OK);
        naive_join(&s, p, &expected);
        lines_sort(&got);
        lines_sort(&expected);
        require_same(&got, &expected);
        arena_destroy(s.arena);
    }
}

/* ---- order ---- */

static const struct plan *sorting;
static const struct table *sorted_table;

static int compare_rows(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    for (uint32_t k = 0; k < sorting->sort.key_count; k++) {
        const struct sort_key *key = &sorting->sort.keys[k];
        const struct vector *v = &sorted_table->columns[key->column];
        bool x_valid = vector_is_valid(v, x), y_valid = vector_is_valid(v, y);
        if (x_valid != y_valid)
            return x_valid == key->nulls_first ? 1 : -1;
        int order = x_valid ? value_compare(v->type, vector_value(v, x), vector_value(v, y)) : 0;
        if (order != 0)
            return key->descending ? -order : order;
    }
    return 0;
}

/* The sort keys of the rows in order: the tie-breaker is not for the naive side to know. */
static char *key_line(const struct scenario *s, uint32_t row)
{
    char *line = "";
    for (uint32_t k = 0; k < sorting->sort.key_count; k++)
        line = arena_printf(s->arena, "%s%s%s", line, k == 0 ? "" : "|",
                            value_text(&s->tables[0].columns[sorting->sort.keys[k].column], row, s->arena));
    return line;
}

static struct plan *keys_of(struct plan *input, const struct plan *sort, struct arena *arena)
{
    struct plan *p = make_plan(PLAN_PROJECT, 1, &input, arena);
    struct column *columns = ARENA_ARRAY(arena, struct column, sort->sort.key_count);
    p->project.expressions = ARENA_ARRAY(arena, struct expr *, sort->sort.key_count);
    for (uint32_t k = 0; k < sort->sort.key_count; k++) {
        uint32_t c = sort->sort.keys[k].column;
        p->project.expressions[k] = expr_column(c, input->schema.columns[c].type, arena);
        columns[k] = input->schema.columns[c];
    }
    p->schema = (struct schema){sort->sort.key_count, columns};
    return p;
}

static void naive_sort(const struct scenario *s, int64_t limit, int64_t offset, struct lines *out)
{
    uint32_t rows[2 * CHANGES_MAX], count = 0;
    for (uint32_t r = 0; r < s->tables[0].row_count; r++)
        for (int64_t i = 0; i < weights[0][r]; i++)
            rows[count++] = r;
    qsort(rows, count, sizeof *rows, compare_rows);
    *out = (struct lines){.arena = s->arena};
    for (int64_t i = offset; i < count && (limit < 0 || i < offset + limit); i++)
        lines_add(out, key_line(s, rows[i]));
}

static void rows_come_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct scenario s;
        draw_tables(&s, seed);
        struct plan *limit = random_top_n(make_scan(&s.tables[0], s.arena), s.arena), *sort = limit->inputs[0];
        bool limited = random_chance(50);
        struct plan *p = keys_of(limited ? limit : sort, sort, s.arena);
        if (limited && random_chance(50)) { /* the projection between LIMIT and SORT */
            struct plan *keys = keys_of(sort, sort, s.arena);
            limit->inputs[0] = keys;
            limit->schema = keys->schema;
            p = limit;
        }
        sorting = sort;
        sorted_table = &s.tables[0];
        struct lines got, expected;
        struct error err = {0};
        assert_int_equal(run(&s, p, 1 + random_below(4), &got, &err), STATUS_OK);
        naive_sort(&s, limited ? limit->limit.limit : -1, limited ? limit->limit.offset : 0, &expected);
        require_same(&got, &expected);
        arena_destroy(s.arena);
    }
}

static void ties_fall_alike_for_any_workers(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct scenario s;
        draw_tables(&s, seed);
        struct plan *sort = random_top_n(make_scan(&s.tables[0], s.arena), s.arena)->inputs[0];
        struct lines one, many;
        struct error err = {0};
        assert_int_equal(run(&s, sort, 1, &one, &err), STATUS_OK);
        assert_int_equal(run(&s, sort, 4, &many, &err), STATUS_OK);
        require_same(&one, &many);
        arena_destroy(s.arena);
    }
}

static void a_limit_without_order_takes_so_many(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct scenario s;
        draw_tables(&s, seed);
        struct plan *scan = make_scan(&s.tables[0], s.arena);
        struct plan *p = make_plan(PLAN_LIMIT, 1, &scan, s.arena);
        p->limit.limit = random_chance(20) ? -1 : (int64_t)random_below(100);
        p->limit.offset = random_below(50);
        int64_t rows = -p->limit.offset;
        for (uint32_t r = 0; r < s.tables[0].row_count; r++)
            rows += weights[0][r];
        rows = rows < 0 ? 0 : p->limit.limit >= 0 && rows > p->limit.limit ? p->limit.limit : rows;
        struct lines got;
        struct error err = {0};
        assert_int_equal(run(&s, p, 1 + random_below(4), &got, &err), STATUS_OK);
        assert_int_equal(got.count, rows);
        free(got.lines);
        arena_destroy(s.arena);
    }
}

/* ---- errors, cancel, budget ---- */

static void an_error_surfaces_only_in_a_row_that_comes_out(void **state)
{
    (void)state;
    struct scenario s;
    draw_tables(&s, 5);
    struct plan *scan = make_scan(&s.tables[0], s.arena);
    struct plan *divide = make_plan(PLAN_PROJECT, 1, &scan, s.arena);
    struct expr *column = expr_column(0, type_of(TYPE_INT4), s.arena);
    struct expr *expressions[] = {column, call("/", int_constant(1, s.arena), column, s.arena)};
    struct column columns[] = {{"x", type_of(TYPE_INT4), false}, {"y", type_of(TYPE_INT4), false}};
    divide->project.expressions = expressions;
    divide->schema = (struct schema){2, columns};
    struct lines got;
    struct error err = {0};
    assert_int_equal(run(&s, divide, 2, &got, &err), STATUS_DIVISION_BY_ZERO);
    assert_string_equal(err.message, "division by zero");
    free(got.lines);
    struct plan *filter = make_plan(PLAN_FILTER, 1, &divide, s.arena);
    filter->filter.predicate = call("<>", column, int_constant(0, s.arena), s.arena);
    assert_int_equal(run(&s, filter, 2, &got, &err), STATUS_OK);
    assert_true(got.count > 0);
    free(got.lines);
    arena_destroy(s.arena);
}

static void a_cancelled_run_says_so(void **state)
{
    (void)state;
    struct scenario s;
    draw_tables(&s, 5);
    _Atomic bool cancel = true;
    struct bounded_input in = {&s, s.change_count, false};
    struct run_environment environment = {
        .worker_count = 1, .text = random_text, .open_source = open_array, .context = &in, .cancel = &cancel};
    struct lines got = {.arena = s.arena};
    struct output output = {lines_write, &got};
    struct error err = {0};
    assert_int_equal(dataflow_run(make_scan(&s.tables[0], s.arena), &environment, &output, NULL, &err), STATUS_CANCELED);
    arena_destroy(s.arena);
}

static void a_budget_names_the_operator(void **state)
{
    (void)state;
    struct scenario s;
    draw_tables(&s, 5);
    struct budget budget = {.name = "statement", .limit_size = 300000};
    int64_t stop = 1000000, start = 1;
    struct plan *series = make_plan(PLAN_SERIES, 0, NULL, s.arena);
    struct column column = {"n", type_of(TYPE_INT8), false};
    series->schema = (struct schema){1, &column};
    series->series.start = expr_constant(column.type, &start, s.arena);
    series->series.stop = expr_constant(column.type, &stop, s.arena);
    struct plan *distinct = make_plan(PLAN_AGGREGATE, 1, &series, s.arena);
    uint32_t group = 0;
    distinct->aggregate.group_count = 1;
    distinct->aggregate.groups = &group;
    struct run_environment environment = {.worker_count = 1, .text = random_text, .budget = &budget};
    struct lines got = {.arena = s.arena};
    struct output output = {lines_write, &got};
    struct error err = {0};
    assert_int_equal(dataflow_run(distinct, &environment, &output, NULL, &err), STATUS_OUT_OF_MEMORY);
    assert_non_null(strstr(err.message, "hash aggregate"));
    assert_int_equal(budget.used_size, 0);
    arena_destroy(s.arena);
}

/* ---- live: a group in error heals ---- */

struct counted_rows {
    int64_t good, bad;
};

static enum status count_written(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct counted_rows *c = context;
    (void)worker;
    (void)err;
    for (uint32_t i = 0; i < batch_rows(rows); i++) {
        uint32_t row = batch_row(rows, i);
        bool bad = rows->row_errors != NULL && rows->row_errors[row] != 0;
        for (uint32_t k = 0; k < rows->column_count; k++)
            bad |= vector_error(&rows->columns[k], row) == STATUS_DIVISION_BY_ZERO;
        *(bad ? &c->bad : &c->good) += batch_weight(rows, row);
    }
    return STATUS_OK;
}

/* The sum of 100 / x over all x, as one group: a zero puts it in error. */
static struct plan *sum_of_quotients(struct arena *arena)
{
    struct plan *scan = make_plan(PLAN_SCAN, 0, NULL, arena);
    scan->schema = (struct schema){1, ARENA_NEW(arena, struct column)};
    scan->schema.columns[0] = (struct column){"x", type_of(TYPE_INT4), false};
    struct plan *divide = make_plan(PLAN_PROJECT, 1, &scan, arena);
    struct expr *x = expr_column(0, type_of(TYPE_INT4), arena);
    divide->project.expressions = ARENA_ARRAY(arena, struct expr *, 2);
    divide->project.expressions[0] = int_constant(7, arena);
    divide->project.expressions[1] = call("/", int_constant(100, arena), x, arena);
    divide->schema = (struct schema){2, ARENA_ARRAY(arena, struct column, 2)};
    divide->schema.columns[0] = (struct column){"k", type_of(TYPE_INT4), false};
    divide->schema.columns[1] = (struct column){"y", type_of(TYPE_INT4), false};
    struct plan *p = make_plan(PLAN_AGGREGATE, 1, &divide, arena);
    p->aggregate.group_count = 1;
    p->aggregate.groups = ARENA_ARRAY(arena, uint32_t, 1);
    p->aggregate.call_count = 1;
    p->aggregate.calls = ARENA_ARRAY(arena, struct aggregate_call, 1);
    p->aggregate.calls[0] = (struct aggregate_call){.id = AGGREGATE_SUM, .argument = 1, .filter = -1, .argument_type = type_of(TYPE_INT4),
                                                    .type = type_of(TYPE_INT8)};
    p->schema = (struct schema){2, ARENA_ARRAY(arena, struct column, 2)};
    p->schema.columns[0] = divide->schema.columns[0];
    p->schema.columns[1] = (struct column){"sum", type_of(TYPE_INT8), false};
    return p;
}

static void a_group_in_error_heals(void **state)
{
    (void)state;
    static const struct {
        int32_t x;
        int64_t weight, good, bad;
    } STEPS[] = {{5, 1, 1, 0}, {0, 1, 0, 1}, {2, 1, 0, 1}, {0, 1, 0, 1}, {0, -1, 0, 1}, {0, -1, 1, 0}, {5, -1, 1, 0}, {2, -1, 0, 0}};
    struct arena *arena = arena_create();
    for (unsigned workers = 1; workers <= 3; workers++) {
        struct counted_rows counted = {0};
        struct dataflow *d;
        struct output output = {count_written, &counted};
        REQUIRE_OK(dataflow_create(sum_of_quotients(arena), workers, NULL, &random_text, &output, &d, err));
        for (int64_t i = 0; i < 8; i++) {
            struct vector v;
            struct batch b = {.row_count = 1, .column_count = 1, .columns = &v, .weights = &STEPS[i].weight};
            vector_init_constant(&v, type_of(TYPE_INT4), &STEPS[i].x, arena);
            dataflow_begin(d, &(struct epoch_mark){.epoch = i + 1});
            REQUIRE_OK(dataflow_push(d, (unsigned)i % workers, 0, &b, err));
            REQUIRE_OK(dataflow_finish(d, NULL, err));
            assert_int_equal(counted.good, STEPS[i].good);
            assert_int_equal(counted.bad, STEPS[i].bad);
        }
        dataflow_destroy(d);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aggregates_match_a_plain_loop),
        cmocka_unit_test(joins_match_nested_loops),
        cmocka_unit_test(rows_come_in_order),
        cmocka_unit_test(ties_fall_alike_for_any_workers),
        cmocka_unit_test(a_limit_without_order_takes_so_many),
        cmocka_unit_test(an_error_surfaces_only_in_a_row_that_comes_out),
        cmocka_unit_test(a_cancelled_run_says_so),
        cmocka_unit_test(a_budget_names_the_operator),
        cmocka_unit_test(a_group_in_error_heals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
