/* thread_test.c - threads have names and no signals, waiting ends at its deadline, clocks run forward. */
#include "os/thread.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "os/clock.h"

struct seen {
    char name[32];
    bool blocks_signals;
};

static void look_around(void *argument)
{
    struct seen *seen = argument;
    sigset_t mask;
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->blocks_signals = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGINT) == 1;
    thread_lower_priority();
}

static void a_thread_has_a_name_and_no_signals(void **state)
{
    (void)state;
    struct thread thread;
    struct seen seen = {0};
    struct error err = {0};
    assert_int_equal(thread_start(&thread, "a-name-that-is-too-long", 1, look_around, &seen, &err), STATUS_OK);
    thread_join(&thread);
    assert_string_equal(seen.name, "a-name-that-is-");
    assert_true(seen.blocks_signals);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_int_equal(sigismember(&mask, SIGTERM), 0);
}

struct counter {
    struct mutex mutex;
    struct condition changed;
    int value;
};

static void count_up(void *argument)
{
    struct counter *counter = argument;
    for (int i = 0; i < 1000; i++) {
        mutex_lock(&counter->mutex);
        counter->value++;
        condition_signal(&counter->changed);
        mutex_unlock(&counter->mutex);
    }
}

static void a_condition_wakes_its_waiter(void **state)
{
    (void)state;
    struct counter counter = {0};
    struct thread threads[2];
    struct error err = {0};
    mutex_init(&counter.mutex);
    condition_init(&counter.changed);
    for (int i = 0; i < 2; i++)
        assert_int_equal(thread_start(&threads[i], "counter", 0, count_up, &counter, &err), STATUS_OK);
    mutex_lock(&counter.mutex);
    while (counter.value < 2000)
        condition_wait(&counter.changed, &counter.mutex);
    mutex_unlock(&counter.mutex);
    for (int i = 0; i < 2; i++)
        thread_join(&threads[i]);
    condition_clear(&counter.changed);
    mutex_clear(&counter.mutex);
}

static void waiting_ends_at_the_deadline(void **state)
{
    (void)state;
    struct counter counter = {0};
    mutex_init(&counter.mutex);
    condition_init(&counter.changed);
    mutex_lock(&counter.mutex);
    int64_t deadline = clock_monotonic_ns() + 2000000;
    while (condition_wait_until(&counter.changed, &counter.mutex, deadline))
        continue; /* a wake-up without a cause is allowed */
    assert_true(clock_monotonic_ns() >= deadline);
    assert_false(condition_wait_until(&counter.changed, &counter.mutex, -1));
    mutex_unlock(&counter.mutex);
    condition_clear(&counter.changed);
    mutex_clear(&counter.mutex);
}

static void the_machine_has_cores_and_memory(void **state)
{
    (void)state;
    assert_in_range(cpu_count(), 1, 65536);
    assert_true(memory_resident_size() > 100 * 1024);
    assert_true(memory_peak_size() > 100 * 1024);
}

static void clocks_run_forward(void **state)
{
    (void)state;
    int64_t before = clock_monotonic_ns();
    clock_sleep_us(1000);
    clock_sleep_us(-5);
    assert_true(clock_monotonic_ns() - before >= 1000000);
    assert_true(clock_realtime_us() > INT64_C(1700000000000000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_thread_has_a_name_and_no_signals),
        cmocka_unit_test(a_condition_wakes_its_waiter),
        cmocka_unit_test(waiting_ends_at_the_deadline),
        cmocka_unit_test(the_machine_has_cores_and_memory),
        cmocka_unit_test(clocks_run_forward),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
