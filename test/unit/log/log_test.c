/* log_test.c - topics, appending, reading, restarting, on a disk in memory. */
#include "unit/log/log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "unit/os/fake_os.h"

#define OK(call)                                                                                                      \
    do {                                                                                                              \
        err = (struct error){0};                                                                                      \
        enum status ok_status = (call);                                                                               \
        if (ok_status != STATUS_OK)                                                                                   \
            fail_msg("%s: %s", #call, err.message);                                                                   \
    } while (0)

static struct error err;

static void expect_numbers(struct partition *p, int64_t end, int64_t count)
{
    size_t found;
    int64_t *numbers = fixture_numbers(p, end, &found);
    assert_int_equal(found, count);
    for (size_t i = 0; i < found; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

/* Appends count records in batches of batch_count. */
static void append_numbers(struct log *log, struct partition *p, int64_t first, int64_t count, int batch_count,
                           size_t value_size)
{
    struct append_result result = {0};
    for (int64_t i = 0; i < count; i += batch_count) {
        OK(fixture_append(p, first + i, batch_count, value_size, &result, &err));
        assert_int_equal(result.base_offset, first + i);
    }
    if (result.ticket != 0)
        OK(log_wait(log, result.ticket, &err));
}

static void records_survive_restarts(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    for (int round = 0; round < 5; round++) {
        OK(fixture_open(fake_os_base(f), 20000, &log, &err));
        assert_string_equal(fixture_findings(), "");
        if (round == 0)
            OK(fixture_topic(log, "a", 3, LOG_FSYNC_ALWAYS, &t, &err));
        t = log_find_topic(log, "a");
        assert_non_null(t);
        for (int i = 0; i < 3; i++) {
            struct partition *p = topic_partition(t, i);
            assert_int_equal(partition_visible_end(p), round * 1000);
            expect_numbers(p, round * 1000, round * 1000);
            append_numbers(log, p, round * 1000, 1000, 10, 20);
            assert_int_equal(partition_visible_end(p), (round + 1) * 1000);
            expect_numbers(p, (round + 1) * 1000, (round + 1) * 1000);
        }
        log_close(log);
        assert_int_equal(fake_os_open_files(f), 0);
    }
    fake_os_destroy(f);
}

static void large_batches_go_by_reference(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 1 << 20, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    append_numbers(log, topic_partition(t, 0), 0, 40, 2, 100000);
    fake_os_crash(f); /* pulls the files from under it */
    log_close(log);
    OK(fixture_open(fake_os_base(f), 1 << 20, &log, &err));
    t = log_find_topic(log, "a");
    expect_numbers(topic_partition(t, 0), 40, 40);
    log_close(log);
    fake_os_destroy(f);
}

static void reads_respect_their_limits(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 50000, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    struct partition *p = topic_partition(t, 0);
    append_numbers(log, p, 0, 3000, 3, 30);
    struct buffer one = {0}, out = {0};
    OK(partition_read(p, 0, 1, 1, &one, &err)); /* one batch, although it is larger than asked */
    struct record_batch_header header;
    OK(record_batch_parse(buffer_bytes(&one), true, &header, &err));
    assert_int_equal(header.size, one.size);
    for (int64_t offset = 0; offset < 3000; offset += 7) {
        for (int64_t end = offset + 1; end < offset + 20; end += 5) {
            buffer_reset(&out);
            OK(partition_read(p, offset, end, 100000, &out, &err));
            OK(record_batch_parse(buffer_bytes(&out), true, &header, &err));
            assert_int_equal(header.base_offset, offset / 3 * 3);
            struct record_batch_header last;
            size_t at = 0;
            do {
                OK(record_batch_parse((struct bytes){out.data + at, out.size - at}, true, &last, &err));
                at += (size_t)last.size;
            } while (at < out.size);
            int64_t bound = end < 3000 ? end : 3000;
            assert_true(last.base_offset < bound && record_batch_end_offset(&last) >= bound);
        }
        buffer_reset(&out);
        OK(partition_read(p, offset, INT64_MAX, 5 * one.size, &out, &err));
        assert_true(out.size <= 5 * one.size + 50 && out.size > 0);
        struct file_range range;
        OK(partition_find_range(p, offset, INT64_MAX, 5 * one.size, &range, &err));
        assert_true(range.size > 0 && range.size <= (int64_t)(5 * one.size));
        uint8_t *bytes = malloc((size_t)range.size);
        size_t done;
        OK(fake_os_base(f)->read(fake_os_base(f), range.fd, bytes, (size_t)range.size, range.position, &done, &err));
        assert_memory_equal(bytes, out.data, done);
        free(bytes);
        partition_release_range(p, &range);
    }
    assert_int_equal(partition_read(p, 3001, INT64_MAX, 10, &out, &err), STATUS_INVALID_PARAMETER);
    buffer_reset(&out);
    OK(partition_read(p, 3000, INT64_MAX, 10, &out, &err));
    assert_int_equal(out.size, 0);
    buffer_clear(&one);
    buffer_clear(&out);
    log_close(log);
    fake_os_destroy(f);
}

static void times_are_found(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    for (int round = 0; round < 2; round++) {
        OK(fixture_open(fake_os_base(f), 50000, &log, &err));
        if (round == 0)
            OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
        t = log_find_topic(log, "a");
        struct partition *p = topic_partition(t, 0);
        int64_t offset, timestamp;
        if (round == 0) {
            OK(partition_find_max_time(p, &offset, &timestamp, &err));
            assert_int_equal(offset, -1);
            append_numbers(log, p, 0, 3000, 5, 30); /* record n has time 1000 + n */
        }
        for (int64_t n = 0; n < 3000; n += 13) {
            OK(partition_find_time(p, 1000 + n, &offset, &timestamp, &err));
            assert_int_equal(offset, n);
            assert_int_equal(timestamp, 1000 + n);
        }
        OK(partition_find_time(p, 0, &offset, &timestamp, &err));
        assert_int_equal(offset, 0);
        OK(partition_find_time(p, 4000, &offset, &timestamp, &err));
        assert_int_equal(offset, -1);
        OK(partition_find_max_time(p, &offset, &timestamp, &err));
        assert_int_equal(offset, 2999);
        log_close(log);
    }
    fake_os_destroy(f);
}

static void topics_are_created_found_and_deleted(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t, *again;
    OK(fixture_open(fake_os_base(f), 0, &log, &err));
    OK(fixture_topic(log, "b", 2, LOG_FSYNC_ALWAYS, &t, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_NEVER, &again, &err));
    assert_int_equal(fixture_topic(log, "b", 2, LOG_FSYNC_ALWAYS, &again, &err), STATUS_DUPLICATE_TABLE);
    assert_int_equal(fixture_topic(log, "", 2, LOG_FSYNC_ALWAYS, &again, &err), STATUS_INVALID_NAME);
    assert_int_equal(fixture_topic(log, "..", 2, LOG_FSYNC_ALWAYS, &again, &err), STATUS_INVALID_NAME);
    assert_int_equal(fixture_topic(log, "a/b", 2, LOG_FSYNC_ALWAYS, &again, &err), STATUS_INVALID_NAME);
    assert_int_equal(fixture_topic(log, "c", 0, LOG_FSYNC_ALWAYS, &again, &err), STATUS_INVALID_PARAMETER);
    struct arena *arena = arena_create();
    size_t count;
    struct topic **topics = log_topics(log, arena, &count);
    assert_int_equal(count, 2);
    assert_string_equal(topic_name(topics[0]), "a");
    assert_ptr_equal(log_find_topic_id(log, topic_id(t)), t);
    assert_null(topic_partition(t, 2));
    assert_null(topic_partition(t, -1));
    append_numbers(log, topic_partition(t, 0), 0, 100, 10, 10);
    uint8_t old_id[16];
    memcpy(old_id, topic_id(t), 16);
    OK(log_delete_topic(log, "b", &err));
    assert_int_equal(log_delete_topic(log, "b", &err), STATUS_UNDEFINED_TABLE);
    assert_true(topic_is_deleted(t));
    struct append_result result;
    assert_int_equal(fixture_append(topic_partition(t, 0), 0, 1, 10, &result, &err), STATUS_UNDEFINED_TABLE);
    OK(fixture_topic(log, "b", 1, LOG_FSYNC_ALWAYS, &t, &err));
    assert_true(memcmp(old_id, topic_id(t), 16) != 0);
    append_numbers(log, topic_partition(t, 0), 0, 10, 10, 10);
    log_close(log);
    OK(fixture_open(fake_os_base(f), 0, &log, &err));
    t = log_find_topic(log, "b");
    expect_numbers(topic_partition(t, 0), 10, 10);
    arena_destroy(arena);
    log_close(log);
    fake_os_destroy(f);
}

/* As many files are open as before the topic was there: what is dropped gives its space and descriptors back while leat runs. */
static void a_deleted_topic_goes_with_its_last_reader(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    struct buffer bytes = {0};
    OK(fixture_open(fake_os_base(f), 4096, &log, &err));
    int open_files = fake_os_open_files(f);
    for (int readers = 0; readers < 3; readers++) {
        OK(fixture_topic(log, "b", 2, LOG_FSYNC_ALWAYS, &t, &err));
        append_numbers(log, topic_partition(t, 0), 0, 1000, 10, 10);
        append_numbers(log, topic_partition(t, 1), 0, 10, 10, 10);
        for (int i = 0; i < readers; i++)
            assert_ptr_equal(topic_ref(t), t);
        OK(log_delete_topic(log, "b", &err));
        for (int i = 0; i < readers; i++) {
            expect_numbers(topic_partition(t, 0), 1000, 1000);
            assert_true(fake_os_open_files(f) > open_files);
            topic_unref(t);
        }
        assert_int_equal(fake_os_open_files(f), open_files);
        assert_int_equal(partition_size(topic_partition(t, 0)), 0);
        assert_int_equal(partition_read(topic_partition(t, 0), 0, 10, 100, &bytes, &err), STATUS_UNDEFINED_TABLE);
    }
    buffer_clear(&bytes);
    log_close(log);
    fake_os_destroy(f);
}

static void groups_become_visible_together(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 3000, &log, &err));
    OK(fixture_topic(log, "a", 2, LOG_FSYNC_ALWAYS, &t, &err));
    struct partition *p = topic_partition(t, 0), *q = topic_partition(t, 1);
    struct buffer batch = {0};
    int64_t offset;
    for (int round = 0; round < 20; round++) {
        bool cancel = round % 2 == 1;
        int64_t first = (round + 1) / 2 * 100;
        struct log_group *g = log_group_begin(log);
        for (int i = 0; i < 100; i += 10) { /* over several segments */
            for (int at = 0; at < 2; at++) {
                buffer_reset(&batch);
                fixture_batch(&batch, cancel ? -1 : first + i, 10, 50);
                OK(log_group_append(g, at == 0 ? p : q, batch.data, batch.size, &offset, &err));
                assert_int_equal(offset, first + i);
            }
            assert_int_equal(partition_visible_end(p), first);
            assert_int_equal(partition_append_end(p), first + i + 10);
        }
        struct append_result result;
        assert_int_equal(fixture_append(p, 0, 1, 10, &result, &err), STATUS_OBJECT_IN_USE);
        if (cancel)
            log_group_cancel(g);
        else
            OK(log_group_commit(g, &err));
        int64_t ends[2];
        log_visible_ends(log, (struct partition *[]){p, q}, 2, ends);
        assert_int_equal(ends[0], cancel ? first : first + 100);
        assert_int_equal(ends[1], ends[0]);
        expect_numbers(p, ends[0], ends[0]);
    }
    log_close(log);
    OK(fixture_open(fake_os_base(f), 3000, &log, &err));
    assert_string_equal(fixture_findings(), "");
    t = log_find_topic(log, "a");
    expect_numbers(topic_partition(t, 0), 1000, 1000);
    expect_numbers(topic_partition(t, 1), 1000, 1000);
    buffer_clear(&batch);
    log_close(log);
    fake_os_destroy(f);
}

static void a_group_larger_than_the_journal_holds_references(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 1 << 20, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    struct log_group *g = log_group_begin(log);
    struct buffer batch = {0};
    int64_t offset;
    for (int i = 0; i < 500; i++) { /* 5 MB of small batches into a journal of 256 KiB */
        buffer_reset(&batch);
        fixture_batch(&batch, i, 1, 10000);
        OK(log_group_append(g, topic_partition(t, 0), batch.data, batch.size, &offset, &err));
    }
    OK(log_group_commit(g, &err));
    fake_os_crash(f);
    log_close(log);
    OK(fixture_open(fake_os_base(f), 1 << 20, &log, &err));
    expect_numbers(topic_partition(log_find_topic(log, "a"), 0), 500, 500);
    buffer_clear(&batch);
    log_close(log);
    fake_os_destroy(f);
}

static void a_full_disk_refuses_and_recovers(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 10000, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    struct partition *p = topic_partition(t, 0);
    append_numbers(log, p, 0, 100, 10, 10);
    fake_os_set_capacity(f, (2 << 18) + 8000);
    struct append_result result;
    int64_t count = 100;
    enum status st;
    while ((st = fixture_append(p, count, 10, 100, &result, &err)) == STATUS_OK)
        count += 10;
    assert_int_equal(st, STATUS_DISK_FULL);
    assert_true(count < 1000);
    assert_int_equal(partition_append_end(p), count);
    fake_os_set_capacity(f, 0);
    append_numbers(log, p, count, 1000 - count, 10, 10);
    expect_numbers(p, 1000, 1000);
    log_close(log);
    OK(fixture_open(fake_os_base(f), 10000, &log, &err));
    expect_numbers(topic_partition(log_find_topic(log, "a"), 0), 1000, 1000);
    log_close(log);
    fake_os_destroy(f);
}

static void a_failed_sync_fails_the_journal_for_good(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 0, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    struct partition *p = topic_partition(t, 0);
    append_numbers(log, p, 0, 10, 10, 10);
    struct append_result result;
    struct buffer batch = {0};
    fixture_batch(&batch, 10, 1, 10);
    OK(partition_append(p, batch.data, batch.size, APPEND_CALLER_WAITS, &result, NULL, &err));
    fake_os_fail_at(f, 1, STATUS_IO_ERROR); /* the journal's write, then its sync */
    assert_int_equal(log_wait(log, result.ticket, &err), STATUS_IO_ERROR);
    assert_int_equal(partition_append(p, batch.data, batch.size, 0, &result, NULL, &err), STATUS_IO_ERROR);
    assert_non_null(strstr(err.message, "journal has failed"));
    struct log_group *g = log_group_begin(log);
    int64_t offset;
    assert_int_equal(log_group_append(g, p, batch.data, batch.size, &offset, &err), STATUS_IO_ERROR);
    log_group_cancel(g);
    expect_numbers(p, 10, 10);
    assert_int_equal(partition_visible_end(p), 10);
    buffer_clear(&batch);
    log_close(log);
    OK(fixture_open(fake_os_base(f), 0, &log, &err));
    size_t count;
    p = topic_partition(log_find_topic(log, "a"), 0);
    free(fixture_numbers(p, partition_visible_end(p), &count));
    assert_true(count >= 10);
    log_close(log);
    fake_os_destroy(f);
}

static void retention_stops_at_holds(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    OK(fixture_open(fake_os_base(f), 2000, &log, &err));
    struct topic_options options = {.partition_count = 1, .retention_ms = 500, .retention_size = -1};
    OK(log_create_topic(log, "a", &options, &t, &err));
    struct partition *p = topic_partition(t, 0);
    append_numbers(log, p, 0, 1000, 10, 20); /* record n has time 1000 + n */
    partition_hold(p, "view", 105);
    partition_hold(p, "sink", 300);
    OK(log_apply_retention(log, 1000000, &err));
    assert_in_range(partition_start(p), 1, 105);
    partition_hold(p, "view", -1);
    OK(log_apply_retention(log, 1000000, &err));
    assert_in_range(partition_start(p), 200, 300);
    partition_hold(p, "sink", -1);
    OK(log_apply_retention(log, 1000 + 600 + 500, &err));
    assert_in_range(partition_start(p), 500, 600);
    OK(log_apply_retention(log, 1000000, &err));
    int64_t start = partition_start(p);
    assert_in_range(start, 900, 999); /* the active segment stays */
    assert_true(partition_size(p) <= 2000);
    struct buffer out = {0};
    assert_int_equal(partition_read(p, start - 1, INT64_MAX, 1, &out, &err), STATUS_INVALID_PARAMETER);
    fake_os_crash(f);
    log_close(log);
    OK(fixture_open(fake_os_base(f), 2000, &log, &err));
    p = topic_partition(log_find_topic(log, "a"), 0);
    assert_true(partition_start(p) <= start);
    OK(partition_read(p, start, INT64_MAX, 1, &out, &err));
    assert_int_equal(partition_visible_end(p), 1000);
    buffer_clear(&out);
    log_close(log);
    fake_os_destroy(f);
}

static void log_append_time_never_decreases(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct log *log;
    struct topic *t;
    int64_t last = 0;
    for (int round = 0; round < 3; round++) {
        OK(fixture_open(fake_os_base(f), 0, &log, &err));
        struct topic_options options = {.partition_count = 1, .retention_ms = -1, .retention_size = -1, .log_append_time = true};
        if (round == 0)
            OK(log_create_topic(log, "a", &options, &t, &err));
        struct partition *p = topic_partition(log_find_topic(log, "a"), 0);
        struct append_result result;
        OK(fixture_append(p, round, 1, 10, &result, &err));
        assert_true(result.log_append_time >= last && result.log_append_time > 1600000000000);
        last = result.log_append_time;
        OK(log_wait(log, result.ticket, &err));
        int64_t offset, timestamp;
        OK(partition_find_max_time(p, &offset, &timestamp, &err));
        assert_int_equal(timestamp, last);
        expect_numbers(p, round + 1, round + 1); /* checks the CRC */
        log_close(log);
    }
    fake_os_destroy(f);
}

static void producer_ids_never_repeat(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    int64_t last = -1, id;
    for (int round = 0; round < 3; round++) {
        struct log *log;
        OK(fixture_open(fake_os_base(f), 0, &log, &err));
        for (int i = 0; i < 1500; i++) {
            OK(log_next_producer_id(log, &id, &err));
            assert_true(id > last);
            last = id;
        }
        fake_os_crash(f);
        log_close(log);
    }
    fake_os_destroy(f);
}

static void what_is_not_understood_is_left(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct os *os = fake_os_base(f);
    struct log *log;
    struct topic *t;
    OK(fixture_open(os, 0, &log, &err));
    OK(fixture_topic(log, "a", 1, LOG_FSYNC_ALWAYS, &t, &err));
    log_close(log);
    OK(os->make_directory(os, "data/topics/half/0", &err));
    OK(os->make_directory(os, "data/topics/odd", &err));
    OK(os_write_file(os, "data/topics/odd/notes", bytes_from_text("mine"), &err));
    OK(os_write_file(os, "data/topics/a/0/notes", bytes_from_text("mine"), &err));
    OK(fixture_open(os, 0, &log, &err));
    assert_non_null(strstr(fixture_findings(), "topics/odd"));
    assert_non_null(strstr(fixture_findings(), "0/notes"));
    assert_non_null(strstr(fixture_findings(), "half"));
    assert_true(os_exists(os, "data/topics/odd/notes"));
    assert_false(os_exists(os, "data/topics/half"));
    log_close(log);
    OK(os_write_file(os, "data/topics/a/topic", bytes_from_text("leat-topic 7\n"), &err));
    assert_int_equal(fixture_open(os, 0, &log, &err), STATUS_CORRUPT);
    assert_non_null(strstr(err.message, "topics/a/topic"));
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_survive_restarts),
        cmocka_unit_test(large_batches_go_by_reference),
        cmocka_unit_test(reads_respect_their_limits),
        cmocka_unit_test(times_are_found),
        cmocka_unit_test(topics_are_created_found_and_deleted),
        cmocka_unit_test(a_deleted_topic_goes_with_its_last_reader),
        cmocka_unit_test(groups_become_visible_together),
        cmocka_unit_test(a_group_larger_than_the_journal_holds_references),
        cmocka_unit_test(a_full_disk_refuses_and_recovers),
        cmocka_unit_test(a_failed_sync_fails_the_journal_for_good),
        cmocka_unit_test(retention_stops_at_holds),
        cmocka_unit_test(log_append_time_never_decreases),
        cmocka_unit_test(producer_ids_never_repeat),
        cmocka_unit_test(what_is_not_understood_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
