/* crash_test.c - power failures and failing calls, at every place.
 *
 * A workload appends numbered batches to three topics and commits groups over two partitions,
 * remembering what was acknowledged. After a crash, whatever the disk kept: every acknowledged
 * record is there once and in order, groups are whole, and nothing is there that was never written.
 */
#include "unit/log/log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/os/fake_os.h"

enum { PARTITION_COUNT = 4 }; /* 0: always; 1: interval; 2 and 3: written by groups */

struct workload {
    uint64_t random;
    int64_t acknowledged[PARTITION_COUNT]; /* records that were promised */
    int64_t written[PARTITION_COUNT];      /* the next number */
    int64_t group_ends[4096];              /* ends of the groups tried, in order */
    size_t group_count;
};

static uint64_t next_random(struct workload *w, uint64_t limit)
{
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (w->random >> 33) % limit;
}

static const char *const NAMES[PARTITION_COUNT] = {"always", "interval", "out-a", "out-b"};

/* Topics that are missing are created: their creation may have failed. */
static enum status find_partitions(struct log *log, struct partition *out[PARTITION_COUNT], struct error *err)
{
    for (int i = 0; i < PARTITION_COUNT; i++) {
        struct topic *t = log_find_topic(log, NAMES[i]);
        if (t == NULL)
            TRY(fixture_topic(log, NAMES[i], 1, i == 1 ? LOG_FSYNC_INTERVAL : LOG_FSYNC_ALWAYS, &t, err));
        out[i] = topic_partition(t, 0);
    }
    return STATUS_OK;
}

static enum status append_some(struct workload *w, struct log *log, struct partition *p, int at, struct error *err)
{
    struct append_result result;
    int count = 1 + (int)next_random(w, 5);
    size_t value_size = next_random(w, 20) == 0 ? 70000 : next_random(w, 300);
    struct buffer batch = {0};
    fixture_batch(&batch, w->written[at], count, value_size);
    unsigned flags = next_random(w, 2) == 0 ? APPEND_CALLER_WAITS : 0;
    enum status st = partition_append(p, batch.data, batch.size, flags, &result, NULL, err);
    buffer_clear(&batch);
    if (st != STATUS_OK)
        return st;
    assert_int_equal(result.base_offset, w->written[at]);
    w->written[at] += count;
    if (at == 0 && (flags != 0 || next_random(w, 3) == 0)) {
        TRY(log_wait(log, result.ticket, err));
        assert_true(partition_visible_end(p) >= w->written[at]);
        w->acknowledged[at] = w->written[at];
    }
    return STATUS_OK;
}

static enum status fill_group(struct workload *w, struct log_group *g, struct partition *const p[], struct error *err)
{
    int batches = 1 + (int)next_random(w, 4);
    int64_t offset, next = w->written[2];
    for (int i = 0; i < batches; i++) {
        for (int at = 2; at < 4; at++) {
            struct buffer batch = {0};
            fixture_batch(&batch, next, 2, next_random(w, 15) == 0 ? 70000 : 100);
            enum status st = log_group_append(g, p[at], batch.data, batch.size, &offset, err);
            buffer_clear(&batch);
            TRY(st);
            assert_int_equal(offset, next);
        }
        next += 2;
    }
    w->written[2] = w->written[3] = next;
    return STATUS_OK;
}

static enum status run_group(struct workload *w, struct log *log, struct partition *const p[], struct error *err)
{
    if (next_random(w, 2) == 0)
        log_expect_group(log);
    int64_t before = w->written[2];
    struct log_group *g = log_group_begin(log);
    enum status st = fill_group(w, g, p, err);
    if (st != STATUS_OK || next_random(w, 6) == 0) {
        log_group_cancel(g);
        w->written[2] = w->written[3] = before;
        return st;
    }
    w->group_ends[w->group_count++] = w->written[2];
    TRY(log_group_commit(g, err));
    w->acknowledged[2] = w->acknowledged[3] = w->written[2];
    int64_t ends[2];
    log_visible_ends(log, p + 2, 2, ends);
    assert_int_equal(ends[0], w->written[2]);
    assert_int_equal(ends[1], w->written[2]);
    return STATUS_OK;
}

static enum status run_steps(struct workload *w, struct log *log, int steps, struct error *err)
{
    struct partition *p[PARTITION_COUNT];
    TRY(find_partitions(log, p, err));
    for (int i = 0; i < steps; i++) {
        uint64_t choice = next_random(w, 10);
        if (choice < 5)
            TRY(append_some(w, log, p[0], 0, err));
        else if (choice < 7)
            TRY(append_some(w, log, p[1], 1, err));
        else
            TRY(run_group(w, log, p, err));
    }
    return STATUS_OK;
}

/* Checks the promises and goes on from what is there. */
static void check(struct workload *w, struct log *log)
{
    int64_t found[PARTITION_COUNT] = {0};
    for (int i = 0; i < PARTITION_COUNT; i++) {
        struct topic *t = log_find_topic(log, NAMES[i]);
        if (t == NULL) {
            assert_int_equal(w->acknowledged[i], 0);
            continue;
        }
        struct partition *p = topic_partition(t, 0);
        found[i] = partition_visible_end(p);
        assert_int_equal(partition_append_end(p), found[i]);
        if (found[i] < w->acknowledged[i] || found[i] > w->written[i])
            fail_msg("%s ends at %d, not in [%d, %d]; %s", NAMES[i], (int)found[i], (int)w->acknowledged[i], (int)w->written[i],
                     fixture_findings());
        size_t count;
        int64_t *numbers = fixture_numbers(p, found[i], &count);
        assert_int_equal(count, found[i]);
        for (size_t n = 0; n < count; n++)
            assert_int_equal(numbers[n], n);
        free(numbers);
    }
    assert_int_equal(found[2], found[3]);
    bool whole = found[2] == 0;
    for (size_t i = 0; i < w->group_count; i++)
        whole |= w->group_ends[i] == found[2];
    assert_true(whole);
    for (int i = 0; i < PARTITION_COUNT; i++)
        w->written[i] = w->acknowledged[i] = found[i];
    w->acknowledged[1] = 0; /* an interval topic promises nothing yet */
}

/* Opens, undisturbed, and checks. */
static void reopen_and_check(struct workload *w, struct fake_os *f, bool close)
{
    struct log *log = NULL;
    struct error err = {0};
    if (fixture_open(fake_os_base(f), 20000, &log, &err) != STATUS_OK)
        fail_msg("%s", err.message);
    check(w, log);
    if (close)
        log_close(log);
    else {
        fake_os_crash(f); /* recovery itself is cut off: what it has repaired may be lost again */
        log_close(log);
        reopen_and_check(w, f, true);
    }
}

/* A sanitizer makes all of this ten times slower: it sees a sample, the plain build the whole. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { SEED_COUNT = 20, CALL_STEP = 10 };
#else
enum { SEED_COUNT = 200, CALL_STEP = 1 };
#endif

static void power_fails_anywhere(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < SEED_COUNT; seed++) {
        struct fake_os *f = fake_os_create(seed);
        struct workload w = {.random = seed * 7919 + 1};
        for (int round = 0; round < 3; round++) {
            struct error err = {0};
            struct log *log = NULL;
            bool is_armed = next_random(&w, 4) > 0;
            if (is_armed)
                fake_os_power_off_at(f, (int64_t)next_random(&w, 300));
            enum status st = fixture_open(fake_os_base(f), 20000, &log, &err);
            if (st == STATUS_OK && round > 0 && !is_armed)
                check(&w, log);
            if (st == STATUS_OK)
                st = run_steps(&w, log, 40, &err);
            assert_int_equal(st == STATUS_OK, err.message[0] == '\0');
            if (next_random(&w, 2) == 0) { /* in order, if the power allows; else under the open log */
                log_close(log);
                log = NULL;
            }
            if (fake_os_has_failed(f) || next_random(&w, 3) > 0) {
                fake_os_crash(f);
                log_close(log);
            } else { /* as kill -9: what was written stays, what was only in memory is gone */
                fake_os_power_off_at(f, -1);
                fake_os_fail_at(f, 0, STATUS_IO_ERROR);
                log_close(log);
                fake_os_fail_at(f, -1, STATUS_OK);
            }
            assert_int_equal(fake_os_open_files(f), 0);
            reopen_and_check(&w, f, next_random(&w, 3) > 0);
        }
        fake_os_destroy(f);
    }
}

/* One call fails; the log refuses, or goes on, and keeps its promises after a restart with and without a crash. */
static void run_with_failure(int64_t call, enum status failure, bool crash, bool *has_failed)
{
    struct fake_os *f = fake_os_create((uint64_t)call);
    struct workload w = {.random = 42};
    struct error err = {0};
    struct log *log = NULL;
    fake_os_fail_at(f, call, failure);
    enum status st = fixture_open(fake_os_base(f), 20000, &log, &err);
    if (st != STATUS_OK) {
        assert_int_equal(fake_os_open_files(f), 0);
    } else {
        st = run_steps(&w, log, 40, &err);
        struct error again = {0};
        if (st == STATUS_DISK_FULL)
            st = run_steps(&w, log, 10, &again); /* a full disk may be over; a failed journal stays failed */
    }
    assert_true(st == STATUS_OK || err.message[0] != '\0');
    *has_failed = fake_os_has_failed(f);
    if (crash)
        fake_os_crash(f);
    log_close(log);
    assert_int_equal(fake_os_open_files(f), 0);
    fake_os_fail_at(f, -1, STATUS_OK);
    reopen_and_check(&w, f, true);
    fake_os_destroy(f);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    for (int mode = 0; mode < 3; mode++) {
        bool has_failed = true;
        for (int64_t call = 0; has_failed; call += CALL_STEP)
            run_with_failure(call, mode < 2 ? STATUS_IO_ERROR : STATUS_DISK_FULL, mode % 2 == 1, &has_failed);
    }
}

/* Recovery of a torn log: each of its calls fails in turn; the next attempt succeeds. */
static void recovery_may_fail_and_be_repeated(void **state)
{
    (void)state;
    bool has_failed = true;
    for (int64_t call = 0; has_failed; call += CALL_STEP) {
        struct fake_os *f = fake_os_create(5);
        struct workload w = {.random = 99};
        struct error err = {0};
        struct log *log = NULL;
        assert_int_equal(fixture_open(fake_os_base(f), 20000, &log, &err), STATUS_OK);
        if (run_steps(&w, log, 40, &err) != STATUS_OK)
            fail_msg("%s", err.message);
        fake_os_crash(f);
        log_close(log);
        fake_os_fail_at(f, call, STATUS_IO_ERROR);
        log = NULL;
        enum status st = fixture_open(fake_os_base(f), 20000, &log, &err);
        has_failed = fake_os_has_failed(f);
        assert_int_equal(st != STATUS_OK, err.message[0] != '\0');
        if (st == STATUS_OK)
            log_close(log);
        assert_int_equal(fake_os_open_files(f), 0);
        fake_os_fail_at(f, -1, STATUS_OK);
        reopen_and_check(&w, f, true);
        fake_os_destroy(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_fails_anywhere),
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(recovery_may_fail_and_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
