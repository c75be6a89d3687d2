/* append_test.c - what a client's batch is refused for, and what an idempotent producer is answered. */
#include "unit/log/log_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/crc32c.h"
#include "unit/os/fake_os.h"

static struct error err;
static struct fake_os *disk;
static struct log *log_;
static struct topic *topic;
static struct partition *partition;

static void open_topic(int64_t segment_size, struct topic_options options)
{
    disk = fake_os_create(1);
    assert_int_equal(fixture_open(fake_os_base(disk), segment_size, &log_, &err), STATUS_OK);
    options.partition_count = 1;
    options.retention_ms = options.retention_size = -1;
    assert_int_equal(log_create_topic(log_, "t", &options, &topic, &err), STATUS_OK);
    partition = topic_partition(topic, 0);
}

static void close_topic(void)
{
    log_close(log_);
    fake_os_destroy(disk);
}

static void reopen(bool crash)
{
    assert_int_equal(log_wait(log_, log_queued_ticket(log_), &err), STATUS_OK);
    if (crash)
        fake_os_crash(disk);
    log_close(log_);
    assert_int_equal(fixture_open(fake_os_base(disk), 2000, &log_, &err), STATUS_OK);
    topic = log_find_topic(log_, "t");
    partition = topic_partition(topic, 0);
}

/* Appends as a client and returns Kafka's code; *result is what was answered. */
static int append_client(struct buffer *batch, struct append_result *result)
{
    int16_t code = -99;
    err = (struct error){0};
    enum status st = partition_append(partition, batch->data, batch->size, APPEND_FROM_CLIENT, result, &code, &err);
    assert_int_equal(st == STATUS_OK, code == 0);
    assert_int_equal(st == STATUS_OK, err.message[0] == '\0');
    assert_int_equal(st != STATUS_OK, result->base_offset == -1);
    return code;
}

static int append_with(size_t at, const void *bytes, size_t size, bool fix_crc)
{
    struct buffer batch = {0};
    struct append_result result;
    fixture_batch(&batch, 0, 3, 10);
    memcpy(batch.data + at, bytes, size);
    if (fix_crc) {
        uint32_t crc = __builtin_bswap32(crc32c(0, batch.data + 21, batch.size - 21));
        memcpy(batch.data + 17, &crc, 4);
    }
    int code = append_client(&batch, &result);
    buffer_clear(&batch);
    return code;
}

static void bad_batches_get_kafkas_codes(void **state)
{
    (void)state;
    open_topic(0, (struct topic_options){.max_message_size = 1000});
    assert_int_equal(append_with(60, "\x03", 1, true), 0);
    assert_int_equal(append_with(16, "\x01", 1, true), 87);                 /* magic */
    assert_int_equal(append_with(17, "\0\0\0\0", 4, false), 2);             /* CRC */
    assert_int_equal(append_with(57, "\0\0\0\x02", 4, true), 87);           /* count */
    assert_int_equal(append_with(22, "\x20", 1, true), 87);                 /* control */
    assert_int_equal(append_with(22, "\x10", 1, true), 48);                 /* transactional, none open */
    assert_int_equal(append_with(22, "\x05", 1, true), 76);                 /* codec */
    assert_int_equal(append_with(22, "\x08", 1, true), 32);                 /* the log's own time */
    assert_int_equal(append_with(35, "\xff\xff\xff\xff\xff\xff\xff\xfe", 8, true), 32); /* timestamp -2 */
    assert_int_equal(append_with(43, "\0\0\0\0\0\0\0\1", 8, true), 87);     /* a producer without epoch and sequence */
    assert_int_equal(append_with(8, "\0\0\0\x31", 4, true), 87);            /* ends early: 61 bytes cannot hold three records */
    assert_int_equal(append_with(8, "\0\1\0\0", 4, true), 87);              /* longer than what was sent */
    assert_int_equal(append_with(61, "\x7f", 1, true), 87);                 /* a record longer than the batch */
    assert_int_equal(append_with(64, "\x04", 1, true), 87);                 /* a record out of its place */
    assert_int_equal(append_with(22, "\x01", 1, true), 87);                 /* not gzip */
    struct buffer batch = {0};
    struct append_result result;
    assert_int_equal(append_client(&batch, &result), 87); /* none */
    fixture_batch(&batch, 0, 1, 10);
    fixture_batch(&batch, 0, 1, 10);
    assert_int_equal(append_client(&batch, &result), 87); /* two */
    buffer_reset(&batch);
    fixture_batch(&batch, 0, 1, 2000);
    assert_int_equal(append_client(&batch, &result), 10);
    buffer_clear(&batch);
    assert_int_equal(partition_append_end(partition), 3);
    close_topic();

    open_topic(500, (struct topic_options){.max_message_size = 1000});
    fixture_batch(&batch, 0, 1, 600);
    assert_int_equal(append_client(&batch, &result), 18); /* larger than a segment */
    close_topic();

    open_topic(0, (struct topic_options){.internal = true});
    assert_int_equal(append_client(&batch, &result), 17);
    close_topic();
    open_topic(0, (struct topic_options){.single_writer = true});
    assert_int_equal(append_client(&batch, &result), 44);
    close_topic();
    buffer_clear(&batch);
}

static void compacted_topics_need_keys(void **state)
{
    (void)state;
    open_topic(0, (struct topic_options){.compacted = true});
    struct record_batch_builder b = {0};
    struct buffer batch = {0};
    struct append_result result;
    record_batch_builder_add(&b, 1, bytes_from_text("k"), bytes_from_text("v"));
    assert_int_equal(record_batch_builder_finish(&b, COMPRESSION_ZSTD, &batch, &err), STATUS_OK);
    assert_int_equal(append_client(&batch, &result), 0);
    buffer_reset(&batch);
    record_batch_builder_add(&b, 1, bytes_from_text("k"), bytes_from_text("v"));
    record_batch_builder_add(&b, 1, (struct bytes){NULL, 0}, bytes_from_text("v"));
    assert_int_equal(record_batch_builder_finish(&b, COMPRESSION_ZSTD, &batch, &err), STATUS_OK);
    assert_int_equal(append_client(&batch, &result), 87);
    batch.data[70] ^= 1;
    uint32_t crc = __builtin_bswap32(crc32c(0, batch.data + 21, batch.size - 21));
    memcpy(batch.data + 17, &crc, 4);
    assert_int_equal(append_client(&batch, &result), 87); /* cannot be decompressed */
    record_batch_builder_clear(&b);
    buffer_clear(&batch);
    close_topic();
}

/* As producer id, one batch of count records; returns Kafka's code. */
static int produce(int64_t id, int16_t epoch, int32_t sequence, int count, struct append_result *result)
{
    struct buffer batch = {0};
    fixture_batch(&batch, 0, count, 10);
    fixture_set_producer(&batch, id, epoch, sequence);
    int code = append_client(&batch, result);
    buffer_clear(&batch);
    return code;
}

static void repeats_get_the_original_offset(void **state)
{
    (void)state;
    open_topic(2000, (struct topic_options){0});
    struct append_result r;
    for (int i = 0; i < 20; i++) {
        assert_int_equal(produce(7, 0, i * 3, 3, &r), 0);
        assert_int_equal(r.base_offset, i * 3);
        assert_false(r.duplicate);
        for (int back = 0; back < 5 && back <= i; back++) { /* the last five are known */
            assert_int_equal(produce(7, 0, (i - back) * 3, 3, &r), 0);
            assert_true(r.duplicate);
            assert_int_equal(r.base_offset, (i - back) * 3);
        }
        if (i % 5 == 4)
            reopen(i % 10 == 4);
    }
    assert_int_equal(produce(7, 0, 14 * 3, 3, &r), 45);      /* the sixth is not */
    assert_int_equal(produce(7, 0, 21 * 3, 3, &r), 45);      /* a gap */
    assert_int_equal(produce(7, 0, 19 * 3, 2, &r), 45);      /* the same start, other records */
    assert_int_equal(produce(7, 1, 5, 1, &r), 45);           /* a new epoch begins at 0 */
    assert_int_equal(produce(7, 1, 0, 1, &r), 0);
    assert_int_equal(produce(7, 0, 20 * 3, 3, &r), 47);      /* the old epoch is fenced */
    assert_int_equal(produce(8, 3, 12345, 1, &r), 0);        /* an unknown producer begins anywhere */
    assert_int_equal(partition_append_end(partition), 62);
    close_topic();
}

static void sequences_wrap(void **state)
{
    (void)state;
    open_topic(2000, (struct topic_options){0});
    struct append_result r;
    assert_int_equal(produce(7, 0, INT32_MAX - 4, 3, &r), 0); /* up to MAX - 2 */
    assert_int_equal(produce(7, 0, INT32_MAX - 1, 4, &r), 0); /* MAX - 1, MAX, 0, 1 */
    reopen(true);
    assert_int_equal(produce(7, 0, INT32_MAX - 1, 4, &r), 0);
    assert_true(r.duplicate);
    assert_int_equal(r.base_offset, 3);
    assert_int_equal(produce(7, 0, 3, 1, &r), 45);
    assert_int_equal(produce(7, 0, 2, 1, &r), 0);
    assert_int_equal(r.base_offset, 7);
    close_topic();
}

static void many_producers_are_remembered(void **state)
{
    (void)state;
    open_topic(2000, (struct topic_options){0});
    struct append_result r;
    for (int round = 0; round < 4; round++) {
        for (int id = 0; id < 100; id++) {
            assert_int_equal(produce(id, 0, round * 2, 2, &r), 0);
            assert_int_equal(r.base_offset, (round * 100 + id) * 2);
            if (round > 0) {
                assert_int_equal(produce(id, 0, (round - 1) * 2, 2, &r), 0);
                assert_true(r.duplicate);
            }
        }
        reopen(round % 2 == 0);
    }
    close_topic();
}

static void less_durable_topics_answer_at_once(void **state)
{
    (void)state;
    for (int fsync = LOG_FSYNC_INTERVAL; fsync <= LOG_FSYNC_NEVER; fsync++) {
        open_topic(2000, (struct topic_options){.fsync = (enum log_fsync)fsync});
        struct append_result r;
        for (int i = 0; i < 50; i++) {
            assert_int_equal(produce(1, 0, i, 1, &r), 0);
            assert_int_equal(r.ticket, 0);
            assert_int_equal(partition_visible_end(partition), i + 1);
        }
        reopen(false);
        assert_int_equal(partition_visible_end(partition), 50);
        close_topic();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_batches_get_kafkas_codes),    cmocka_unit_test(compacted_topics_need_keys),
        cmocka_unit_test(repeats_get_the_original_offset), cmocka_unit_test(sequences_wrap),
        cmocka_unit_test(many_producers_are_remembered),   cmocka_unit_test(less_durable_topics_answer_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
