/* thread_test.c - several threads append, commit groups and wait while one reads: under ThreadSanitizer too. */
#include "unit/log/log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "os/clock.h"
#include "os/thread.h"
#include "unit/os/fake_os.h"

enum { ROUNDS = 400 };

#define REQUIRE(condition)                                                                                            \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                           \
            abort();                                                                                                  \
        }                                                                                                             \
    } while (0)

struct shared {
    struct log *log;
    struct partition *input, *out_a, *out_b;
    _Atomic bool stop;
    _Atomic int64_t wakes;
};

static void count_wake(void *context, bool appended)
{
    struct shared *s = context;
    (void)appended;
    atomic_fetch_add(&s->wakes, 1);
}

/* Appends; waits for every tenth, and leaves the rest to the journal's thread. */
static void append(void *argument)
{
    struct shared *s = argument;
    for (int i = 0; i < ROUNDS; i++) {
        struct append_result result;
        struct error err = {0};
        struct buffer batch = {0};
        fixture_batch(&batch, i, 3, i % 50 == 0 ? 30000 : 100);
        unsigned flags = i % 10 == 0 ? APPEND_CALLER_WAITS : 0;
        REQUIRE(partition_append(s->input, batch.data, batch.size, flags, &result, NULL, &err) == STATUS_OK);
        if (flags != 0) {
            REQUIRE(log_wait(s->log, result.ticket, &err) == STATUS_OK);
            REQUIRE(partition_visible_end(s->input) >= result.base_offset + 3);
        }
        buffer_clear(&batch);
    }
}

static void commit_groups(void *argument)
{
    struct shared *s = argument;
    struct buffer batch = {0};
    for (int i = 0; i < ROUNDS; i++) {
        struct error err = {0};
        log_expect_group(s->log);
        struct log_group *g = log_group_begin(s->log);
        for (int at = 0; at < 2; at++) {
            int64_t offset;
            buffer_reset(&batch);
            fixture_batch(&batch, i * 2, 2, 50);
            REQUIRE(log_group_append(g, at == 0 ? s->out_a : s->out_b, batch.data, batch.size, &offset, &err) == STATUS_OK);
            REQUIRE(offset == i * 2);
        }
        REQUIRE(log_group_commit(g, &err) == STATUS_OK);
        REQUIRE(partition_visible_end(s->out_b) == (i + 1) * 2);
    }
    buffer_clear(&batch);
}

/* Everything below a visible end can be read, and both outputs end together. */
static void read_all(void *argument)
{
    struct shared *s = argument;
    struct partition *outputs[] = {s->out_a, s->out_b};
    struct buffer out = {0};
    int64_t offset = 0;
    while (!atomic_load(&s->stop)) {
        int64_t ends[2];
        log_visible_ends(s->log, outputs, 2, ends);
        REQUIRE(ends[0] == ends[1]);
        int64_t end = partition_visible_end(s->input);
        while (offset < end) {
            struct error err = {0};
            buffer_reset(&out);
            REQUIRE(partition_read(s->input, offset, end, 20000, &out, &err) == STATUS_OK);
            for (size_t at = 0; at < out.size;) {
                struct record_batch_header header;
                struct bytes rest = {out.data + at, out.size - at};
                REQUIRE(record_batch_parse(rest, true, &header, &err) == STATUS_OK);
                REQUIRE(header.base_offset == offset);
                offset = record_batch_end_offset(&header);
                at += (size_t)header.size;
            }
        }
    }
    buffer_clear(&out);
}

static void run(struct os *os, struct log **log)
{
    struct error err = {0};
    struct shared s = {0};
    struct topic *input, *output;
    assert_int_equal(fixture_open(os, 100000, log, &err), STATUS_OK);
    assert_int_equal(fixture_topic(*log, "input", 1, LOG_FSYNC_ALWAYS, &input, &err), STATUS_OK);
    assert_int_equal(fixture_topic(*log, "output", 2, LOG_FSYNC_ALWAYS, &output, &err), STATUS_OK);
    s.log = *log;
    s.input = topic_partition(input, 0);
    s.out_a = topic_partition(output, 0);
    s.out_b = topic_partition(output, 1);
    log_add_listener(*log, count_wake, &s);
    struct thread threads[4], reader;
    for (int i = 0; i < 4; i++)
        assert_int_equal(thread_start(&threads[i], "test", 0, i < 3 ? append : commit_groups, &s, &err), STATUS_OK);
    assert_int_equal(thread_start(&reader, "reader", 0, read_all, &s, &err), STATUS_OK);
    for (int i = 0; i < 4; i++)
        thread_join(&threads[i]);
    assert_int_equal(log_wait(*log, log_queued_ticket(*log), &err), STATUS_OK);
    atomic_store(&s.stop, true);
    thread_join(&reader);
    assert_int_equal(partition_visible_end(s.input), 3 * 3 * ROUNDS);
    assert_int_equal(partition_visible_end(s.out_a), 2 * ROUNDS);
    assert_true(atomic_load(&s.wakes) >= 3 * ROUNDS);
    log_remove_listener(*log, count_wake, &s);
}

static void appenders_groups_and_readers_share_the_log(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(3);
    struct log *log;
    run(fake_os_base(f), &log);
    log_close(log);
    fake_os_destroy(f);
}

/* What nobody waits for is committed by the journal's thread, also when an announced group never comes. */
static void the_thread_commits_what_nobody_waits_for(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(3);
    struct log *log;
    struct topic *t;
    struct error err = {0};
    assert_int_equal(fixture_open(fake_os_base(f), 0, &log, &err), STATUS_OK);
    assert_int_equal(fixture_topic(log, "t", 1, LOG_FSYNC_ALWAYS, &t, &err), STATUS_OK);
    for (int i = 0; i < 200; i++) {
        struct append_result result;
        if (i % 2 == 1)
            log_expect_group(log);
        assert_int_equal(fixture_append(topic_partition(t, 0), i, 1, 10, &result, &err), STATUS_OK);
        int64_t deadline = clock_monotonic_ns() + INT64_C(10000000000);
        while (log_committed_ticket(log) < result.ticket && clock_monotonic_ns() < deadline)
            clock_sleep_us(20);
        assert_true(log_committed_ticket(log) >= result.ticket);
    }
    log_close(log);
    fake_os_destroy(f);
}

static void expect_group(void *context, bool appended)
{
    if (appended)
        log_expect_group(context);
}

/* A record and the epoch that follows it cost one sync. */
static void an_announced_group_shares_the_sync(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(3);
    struct log_options options = {.commit_delay_us = 10000000};
    struct log *log;
    struct topic *t;
    struct error err = {0};
    assert_int_equal(log_open(fake_os_base(f), "data", &options, NULL, NULL, &log, &err), STATUS_OK);
    assert_int_equal(fixture_topic(log, "t", 2, LOG_FSYNC_ALWAYS, &t, &err), STATUS_OK);
    log_add_listener(log, expect_group, log);
    struct log_statistics before, after;
    log_get_statistics(log, &before);
    for (int i = 0; i < 20; i++) {
        struct append_result result;
        assert_int_equal(fixture_append(topic_partition(t, 0), i, 1, 10, &result, &err), STATUS_OK);
        clock_sleep_us(1000); /* the thread would have had time */
        assert_int_equal(partition_visible_end(topic_partition(t, 0)), i);
        struct log_group *g = log_group_begin(log);
        struct buffer batch = {0};
        int64_t offset;
        fixture_batch(&batch, i, 1, 10);
        assert_int_equal(log_group_append(g, topic_partition(t, 1), batch.data, batch.size, &offset, &err), STATUS_OK);
        assert_int_equal(log_group_commit(g, &err), STATUS_OK);
        assert_true(log_committed_ticket(log) >= result.ticket);
        assert_int_equal(partition_visible_end(topic_partition(t, 0)), i + 1);
        buffer_clear(&batch);
    }
    log_get_statistics(log, &after);
    assert_int_equal(after.sync_count - before.sync_count, 20);
    log_remove_listener(log, expect_group, log);
    log_close(log);
    fake_os_destroy(f);
}

/* ---- transactions ---- */

static enum status append_pair(struct log *log, struct partition *a, struct partition *b, int64_t first, int count)
{
    struct buffer batches[3] = {{0}, {0}, {0}};
    struct append appends[3];
    struct error err = {0};
    log_ticket ticket;
    for (int i = 0; i < 3; i++) {
        fixture_batch(&batches[i], first, count, 100);
        appends[i] = (struct append){.partition = i == 1 ? b : a, .batch = batches[i].data, .size = batches[i].size};
    }
    enum status st = log_append_together(log, appends, 3, &ticket, &err);
    if (st == STATUS_OK) {
        REQUIRE(appends[2].base_offset == appends[0].base_offset + count);
        REQUIRE(log_wait(log, ticket, &err) == STATUS_OK);
        REQUIRE(partition_visible_end(b) >= appends[1].base_offset + count);
    }
    for (int i = 0; i < 3; i++)
        buffer_clear(&batches[i]);
    return st;
}

static void append_pairs(void *argument)
{
    struct shared *s = argument;
    for (int i = 0; i < ROUNDS; i++)
        REQUIRE(append_pair(s->log, s->out_a, s->out_b, i, 1 + i % 3) == STATUS_OK);
}

static void cut(void *argument)
{
    struct shared *s = argument;
    while (!atomic_load(&s->stop)) {
        log_begin_cut(s->log);
        int64_t a = partition_append_end(s->out_a), b = partition_append_end(s->out_b);
        log_end_cut(s->log);
        REQUIRE(a == 2 * b);
        struct partition *both[] = {s->out_a, s->out_b};
        int64_t ends[2];
        log_visible_ends(s->log, both, 2, ends);
        REQUIRE(ends[0] == 2 * ends[1]);
    }
}

static void a_transaction_is_never_cut_in_two(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(3);
    struct shared s = {0};
    struct topic *a, *b;
    struct error err = {0};
    assert_int_equal(fixture_open(fake_os_base(f), 1 << 16, &s.log, &err), STATUS_OK);
    assert_int_equal(fixture_topic(s.log, "a", 1, LOG_FSYNC_ALWAYS, &a, &err), STATUS_OK);
    assert_int_equal(fixture_topic(s.log, "b", 1, LOG_FSYNC_ALWAYS, &b, &err), STATUS_OK);
    s.out_a = topic_partition(a, 0);
    s.out_b = topic_partition(b, 0);
    struct thread writers[2], cutter;
    for (int i = 0; i < 2; i++)
        assert_int_equal(thread_start(&writers[i], "append", 0, append_pairs, &s, &err), STATUS_OK);
    assert_int_equal(thread_start(&cutter, "cut", 0, cut, &s, &err), STATUS_OK);
    for (int i = 0; i < 2; i++)
        thread_join(&writers[i]);
    atomic_store(&s.stop, true);
    thread_join(&cutter);
    int64_t end = partition_append_end(s.out_a);
    assert_int_equal(partition_visible_end(s.out_b), end / 2);
    assert_int_equal(log_delete_topic(s.log, "b", &err), STATUS_OK); /* the second batch is refused: the first is taken back */
    assert_int_equal(append_pair(s.log, s.out_a, s.out_b, 0, 5), STATUS_UNDEFINED_TABLE);
    assert_int_equal(partition_append_end(s.out_a), end);
    log_close(s.log);
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appenders_groups_and_readers_share_the_log),
        cmocka_unit_test(the_thread_commits_what_nobody_waits_for),
        cmocka_unit_test(an_announced_group_shares_the_sync),
        cmocka_unit_test(a_transaction_is_never_cut_in_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
