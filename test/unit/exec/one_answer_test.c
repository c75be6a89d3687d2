/* one_answer_test.c - a random plan over random changes gives the same contents bounded and live, for any cut into epochs and
 * batches and any number of workers. A failure prints the seed: run with it as argument to repeat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "data/row_key.h"
#include "os/thread.h"
#include "random_run.h"
#include "state/relation_store.h"

static void draw_scenario(struct scenario *s, uint64_t seed, bool big)
{
    random_seed = seed * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < 10; i++)
        random_next();
    s->arena = arena_create();
    const struct table *tables[TABLES];
    for (uint32_t i = 0; i < TABLES; i++) {
        random_table(20 + random_below(60), s->arena, &s->tables[i]);
        tables[i] = &s->tables[i];
    }
    s->plan = random_plan(tables, TABLES, 1 + random_below(big ? 2 : 4), s->arena);
    s->retracts = random_chance(70) || big; /* else weights grow and a join repeats its rows millions of times */
    infer(s->plan, !s->retracts);
    s->change_count = big ? BIG_CHANGES : random_below(CHANGES_MAX);
    s->changes = ARENA_ARRAY(s->arena, struct change, s->change_count);
    int64_t present[TABLES][80] = {{0}};
    for (uint32_t i = 0; i < s->change_count; i++) {
        struct change *c = &s->changes[i];
        c->table = random_below(TABLES);
        c->row = random_below(s->tables[c->table].row_count);
        c->weight = 1 + (s->retracts && random_chance(5));
        if (s->retracts && present[c->table][c->row] > 0 && random_chance(70))
            c->weight = -present[c->table][c->row];
        present[c->table][c->row] += c->weight;
    }
}

/* ---- what a run leaves ---- */

struct result {
    struct mutex lock;
    struct relation_store *store;
    int64_t error_rows;
};

static void result_init(struct result *r, const struct schema *schema)
{
    mutex_init(&r->lock);
    r->error_rows = 0;
    REQUIRE_OK(relation_store_create(schema, NULL, 0, NULL, &r->store, err));
}
static void result_clear(struct result *r)
{
    relation_store_destroy(r->store);
    mutex_clear(&r->lock);
}

static bool row_is_bad(const struct batch *b, uint32_t row)
{
    bool bad = b->row_errors != NULL && b->row_errors[row] != 0;
    for (uint32_t c = 0; c < b->column_count; c++)
        bad |= vector_error(&b->columns[c], row) != STATUS_OK;
    return bad;
}

static enum status result_write(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct result *r = context;
    uint16_t good[BATCH_ROWS_MAX];
    struct batch b = *rows;
    (void)worker;
    mutex_lock(&r->lock);
    b.selection = good;
    b.selected_count = 0;
    for (uint32_t i = 0; i < batch_rows(rows); i++) {
        uint32_t row = batch_row(rows, i);
        assert_int_not_equal(batch_weight(rows, row), 0);
        if (row_is_bad(rows, row))
            r->error_rows += batch_weight(rows, row);
        else
            good[b.selected_count++] = (uint16_t)row;
    }
    enum status st = relation_store_apply(r->store, &b, err);
    mutex_unlock(&r->lock);
    return st;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The contents of the newest closed epoch as sorted lines. */
static char **result_lines(struct result *r, struct arena *arena, uint32_t *count)
{
    struct store_pin *pin = relation_store_pin(r->store);
    char **lines = NULL;
    *count = 0;
    for (bool done = false; !done;) {
        struct batch b;
        REQUIRE_OK(store_pin_scan(pin, arena, &b, &done, err));
        lines = memory_realloc(lines, (*count + b.row_count + 1) * sizeof *lines);
        for (uint32_t i = 0; i < b.row_count; i++) {
            struct buffer line = {0};
            for (uint32_t c = 0; c < b.column_count; c++) {
                buffer_put_text(&line, c == 0 ? "" : " | ");
                if (vector_is_valid(&b.columns[c], i))
                    vector_format(&b.columns[c], i, &random_text, &line);
                else
                    buffer_put_text(&line, "null");
            }
            buffer_printf(&line, " x%lld", (long long)batch_weight(&b, i));
            lines[(*count)++] = arena_copy_text(arena, buffer_text(&line));
            buffer_clear(&line);
        }
    }
    store_pin_release(pin);
    qsort(lines, *count, sizeof *lines, compare_texts);
    return lines;
}

/* ---- the bounded run ---- */

static void run_bounded(const struct scenario *s, uint32_t change_count, unsigned workers, struct result *r)
{
    struct pool *pool;
    REQUIRE_OK(pool_create("test", workers, false, &pool, err));
    struct bounded_input in = {s, change_count, s->retracts && random_chance(50)};
    _Atomic int64_t error_rows = 0;
    struct run_environment environment = {.pool = pool, .worker_count = workers, .text = random_text, .open_source = open_array,
                                          .context = &in, .error_rows = &error_rows};
    struct output output = {result_write, r};
    relation_store_begin(r->store, 1);
    REQUIRE_OK(dataflow_run(s->plan, &environment, &output, NULL, err));
    relation_store_end(r->store);
    r->error_rows = error_rows;
    pool_destroy(pool);
}

/* ---- the comparison ---- */

static void require_same(const struct scenario *s, uint32_t change_count, struct result *live, uint64_t seed, unsigned workers)
{
    struct result bounded;
    struct arena *arena = arena_create();
    result_init(&bounded, &s->plan->schema);
    unsigned bounded_workers = 1 + random_below(WORKERS_MAX);
    run_bounded(s, change_count, bounded_workers, &bounded);
    uint32_t live_count, bounded_count;
    char **live_lines = result_lines(live, arena, &live_count), **bounded_lines = result_lines(&bounded, arena, &bounded_count);
    bool same = live_count == bounded_count && live->error_rows == bounded.error_rows;
    for (uint32_t i = 0; same && i < live_count; i++)
        same = strcmp(live_lines[i], bounded_lines[i]) == 0;
    if (!same) {
        fprintf(stderr, "seed %llu: %u live workers, %u bounded, after %u changes: %u rows and %lld in error live, %u and %lld bounded\n",
                (unsigned long long)seed, workers, bounded_workers, change_count, live_count, (long long)live->error_rows, bounded_count,
                (long long)bounded.error_rows);
        for (uint32_t l = 0, b = 0, shown = 0; (l < live_count || b < bounded_count) && shown < 10;) {
            int order = l == live_count ? 1 : b == bounded_count ? -1 : strcmp(live_lines[l], bounded_lines[b]);
            if (order != 0) {
                fprintf(stderr, "  %s only: %s\n", order < 0 ? "live" : "bounded", order < 0 ? live_lines[l] : bounded_lines[b]);
                shown++;
            }
            l += order <= 0;
            b += order >= 0;
        }
        abort();
    }
    free(live_lines);
    free(bounded_lines);
    arena_destroy(arena);
    result_clear(&bounded);
}

/* ---- the live run ---- */

struct push {
    const struct scenario *scenario;
    struct dataflow *dataflow;
    uint32_t begin, end;
    unsigned task_count;
    uint64_t seed;
};

/* One input's rows among changes [begin, end), in batches of random size. */
static void push_input(const struct push *p, uint32_t input, uint32_t begin, uint32_t end, unsigned worker, struct arena *arena)
{
    const struct scenario *s = p->scenario;
    uint32_t table = 0, picks[500], count = 0, most = random_chance(50) ? 500 : 1 + random_below(10);
    int64_t weights[500];
    bool weighted = false;
    while (s->tables[table].schema.columns != dataflow_input(p->dataflow, input)->schema.columns)
        table++;
    for (uint32_t i = begin; i <= end; i++) {
        if (count != 0 && (i == end || count == most || random_chance(1))) {
            struct batch b;
            random_batch(&s->tables[table], picks, weighted ? weights : NULL, count, arena, &b);
            REQUIRE_OK(dataflow_push(p->dataflow, worker, input, &b, err));
            arena_reset(arena);
            count = 0;
            weighted = false;
        }
        if (i == end || s->changes[i].table != table)
            continue;
        picks[count] = s->changes[i].row;
        weights[count] = s->changes[i].weight;
        weighted |= weights[count++] != 1;
    }
}

/* A worker's share of the epoch's changes: workers push at the same time. */
static void push_share(void *context, unsigned worker)
{
    const struct push *p = context;
    uint32_t size = p->end - p->begin, begin = p->begin + size * worker / p->task_count, end = p->begin + size * (worker + 1) / p->task_count;
    struct arena *arena = arena_create();
    random_seed = p->seed + worker * 7919 + 1;
    for (uint32_t input = 0; input < dataflow_input_count(p->dataflow); input++)
        push_input(p, input, begin, end, worker, arena);
    arena_destroy(arena);
}

static void run_live(const struct scenario *s, uint64_t seed, bool big)
{
    unsigned workers = big ? 2 + random_below(WORKERS_MAX - 1) : 1 + random_below(WORKERS_MAX);
    struct result r;
    result_init(&r, &s->plan->schema);
    struct output output = {result_write, &r};
    struct dataflow *d;
    struct pool *pool;
    REQUIRE_OK(pool_create("test", workers, false, &pool, err));
    REQUIRE_OK(dataflow_create(s->plan, workers, NULL, &random_text, &output, &d, err));
    uint32_t at = 0;
    for (int64_t epoch = 1; at < s->change_count || epoch == 1; epoch++) {
        uint32_t size = random_below(big ? BIG_CHANGES : random_chance(50) ? 4 : 100);
        uint32_t end = s->change_count - at < size ? s->change_count : at + size;
        relation_store_begin(r.store, epoch);
        dataflow_begin(d, &(struct epoch_mark){.epoch = epoch, .time_us = epoch, .watermark_us = INT64_MIN});
        struct push push = {s, d, at, end, big || end - at > 20 ? workers : 1, random_next()};
        uint64_t kept_seed = random_seed;
        pool_run(pool, workers, push.task_count, push_share, &push);
        random_seed = kept_seed;
        REQUIRE_OK(dataflow_finish(d, pool, err));
        relation_store_end(r.store);
        at = end;
        if (at == s->change_count || random_chance(20))
            require_same(s, at, &r, seed, workers);
    }
    dataflow_destroy(d);
    pool_destroy(pool);
    result_clear(&r);
}

static void run_seed(uint64_t seed, bool big)
{
    struct scenario s = {0};
    draw_scenario(&s, seed, big);
    run_live(&s, seed, big);
    run_live(&s, seed, big);
    arena_destroy(s.arena);
}

static uint64_t first_seed = 1, seed_count = 300;

/* Epochs large enough to be finished by several threads. */
static void large_epochs_agree(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + (seed_count + 14) / 15; seed++)
        run_seed(seed, true);
}

static void bounded_and_live_agree(void **state)
{
    (void)state;
    for (uint64_t seed = first_seed; seed < first_seed + seed_count; seed++)
        run_seed(seed, false);
}

int main(int argument_count, char **arguments)
{
    if (argument_count > 1)
        first_seed = strtoull(arguments[1], NULL, 10);
    if (argument_count > 1)
        seed_count = argument_count > 2 ? strtoull(arguments[2], NULL, 10) : 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(bounded_and_live_agree), cmocka_unit_test(large_epochs_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
