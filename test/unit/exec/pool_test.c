/* pool_test.c - every task runs once, runs from several threads at a time do not wait for one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "exec/pool.h"
#include "os/clock.h"
#include "os/thread.h"

enum { TASKS = 100 };
struct work {
    struct pool *pool;
    _Atomic int counts[TASKS];
    _Atomic int inside, most_inside;
    int sleep_us;
};

static void body(void *context, unsigned task)
{
    struct work *w = context;
    int inside = atomic_fetch_add(&w->inside, 1) + 1, most = atomic_load(&w->most_inside);
    while (inside > most && !atomic_compare_exchange_weak(&w->most_inside, &most, inside))
        ;
    if (w->sleep_us != 0)
        clock_sleep_us(w->sleep_us);
    atomic_fetch_add(&w->counts[task], 1);
    atomic_fetch_sub(&w->inside, 1);
}

static void every_task_runs_once(void **state)
{
    (void)state;
    struct error err = {0};
    for (unsigned workers = 1; workers <= 5; workers++) {
        struct pool *p;
        assert_int_equal(pool_create("test", workers, workers % 2 == 0, &p, &err), STATUS_OK);
        assert_int_equal(pool_worker_count(p), workers);
        for (unsigned tasks = 0; tasks <= TASKS; tasks += 9) {
            struct work w = {.pool = p, .sleep_us = tasks == 9 ? 500 : 0};
            pool_run(p, 3, tasks, body, &w);
            for (unsigned i = 0; i < TASKS; i++)
                assert_int_equal(w.counts[i], i < tasks);
            assert_true(w.most_inside <= 3 && w.most_inside <= (int)workers);
        }
        pool_destroy(p);
    }
}

static void nested(void *context, unsigned task)
{
    struct work *outer = context;
    struct work inner = {.pool = outer->pool};
    pool_run(outer->pool, 4, 10, body, &inner);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(inner.counts[i], 1);
    body(outer, task);
}

static void caller_main(void *argument)
{
    struct work *shared = argument;
    for (int i = 0; i < 200; i++) {
        struct work w = {.pool = shared->pool};
        pool_run(shared->pool, 4, 20, body, &w);
        for (unsigned t = 0; t < 20; t++)
            if (w.counts[t] != 1)
                atomic_fetch_add(&shared->counts[0], 1);
    }
}

static void runs_in_parallel_and_nested(void **state)
{
    (void)state;
    struct error err = {0};
    struct work w = {0};
    struct thread callers[3];
    assert_int_equal(pool_create("a pool of a long name", 4, false, &w.pool, &err), STATUS_OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(thread_start(&callers[i], "caller", 0, caller_main, &w, &err), STATUS_OK);
    for (unsigned i = 0; i < 3; i++)
        thread_join(&callers[i]);
    assert_int_equal(w.counts[0], 0);
    pool_run(w.pool, 4, 20, nested, &w);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(w.counts[i], 1);
    pool_destroy(w.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_task_runs_once), cmocka_unit_test(runs_in_parallel_and_nested)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
