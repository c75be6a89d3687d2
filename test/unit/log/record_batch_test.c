/* record_batch_test.c - batches come back as they went in, and hostile ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "codec/crc32c.h"
#include "log/partitioner.h"
#include "log/record_batch.h"

static const enum compression CODECS[] = {COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_SNAPPY_XERIAL,
                                          COMPRESSION_LZ4_FRAME, COMPRESSION_ZSTD};
enum { CODEC_COUNT = sizeof CODECS / sizeof *CODECS };

static struct bytes text_or_null(const char *text)
{
    return text == NULL ? (struct bytes){NULL, 0} : bytes_from_text(text);
}

struct sample {
    int64_t timestamp;
    const char *key, *value;
};
static const struct sample SAMPLES[] = {
    {1700000000000, "k", "v"}, {1700000000005, NULL, "no key"}, {1699999999999, "gone", NULL},
    {1700000000001, "", ""},   {-1, NULL, NULL},
};
enum { SAMPLE_COUNT = sizeof SAMPLES / sizeof *SAMPLES };

static void build_samples(enum compression codec, struct buffer *out)
{
    struct record_batch_builder b = {0};
    struct error err = {0};
    for (size_t i = 0; i < SAMPLE_COUNT; i++)
        record_batch_builder_add(&b, SAMPLES[i].timestamp, text_or_null(SAMPLES[i].key), text_or_null(SAMPLES[i].value));
    assert_int_equal(record_batch_builder_finish(&b, codec, out, &err), STATUS_OK);
    record_batch_builder_clear(&b);
}

static void assert_same(struct bytes found, const char *expected)
{
    assert_int_equal(found.data == NULL, expected == NULL);
    assert_true(bytes_equal(found, text_or_null(expected)));
}

static void every_codec_comes_back(void **state)
{
    (void)state;
    struct buffer batch = {0}, scratch = {0};
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        struct error err = {0};
        struct record_batch_header header;
        buffer_reset(&batch);
        buffer_put_text(&batch, "before"); /* finish appends */
        build_samples(CODECS[codec], &batch);
        struct bytes bytes = {batch.data + 6, batch.size - 6};
        assert_int_equal(record_batch_parse(bytes, true, &header, &err), STATUS_OK);
        assert_int_equal(header.record_count, SAMPLE_COUNT);
        assert_int_equal(header.last_offset_delta, SAMPLE_COUNT - 1);
        assert_int_equal(header.max_timestamp, 1700000000005);
        assert_int_equal(header.attributes, codec);
        assert_int_equal(header.producer_id, -1);
        assert_int_equal(header.size, bytes.size);
        record_batch_assign(batch.data + 6, INT64_C(1) << 40, 3);
        assert_int_equal(record_batch_parse(bytes, true, &header, &err), STATUS_OK); /* the CRC still holds */
        assert_int_equal(header.leader_epoch, 3);
        struct record_iterator it;
        struct record record;
        bool done = false;
        assert_int_equal(record_iterator_open(&it, bytes, &scratch, &err), STATUS_OK);
        for (int i = 0; i < SAMPLE_COUNT; i++) {
            assert_int_equal(record_iterator_next(&it, &record, &done, &err), STATUS_OK);
            assert_false(done);
            assert_int_equal(record.offset, (INT64_C(1) << 40) + i);
            assert_int_equal(record.timestamp, SAMPLES[i].timestamp);
            assert_same(record.key, SAMPLES[i].key);
            assert_same(record.value, SAMPLES[i].value);
        }
        assert_int_equal(record_iterator_next(&it, &record, &done, &err), STATUS_OK);
        assert_true(done);
    }
    buffer_clear(&batch);
    buffer_clear(&scratch);
}

static void extreme_times_come_back(void **state)
{
    (void)state;
    const int64_t times[] = {INT64_MIN, INT64_MAX, 0, -1, INT64_MAX - 1, INT64_MIN + 1};
    struct record_batch_builder b = {0};
    struct buffer batch = {0}, scratch = {0};
    struct error err = {0};
    for (int i = 0; i < 6; i++)
        record_batch_builder_add(&b, times[i], (struct bytes){NULL, 0}, bytes_from_text("x"));
    assert_int_equal(record_batch_builder_finish(&b, COMPRESSION_NONE, &batch, &err), STATUS_OK);
    struct record_iterator it;
    struct record record;
    bool done;
    assert_int_equal(record_iterator_open(&it, buffer_bytes(&batch), &scratch, &err), STATUS_OK);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(record_iterator_next(&it, &record, &done, &err), STATUS_OK);
        assert_int_equal(record.timestamp, times[i]);
    }
    record_batch_builder_clear(&b);
    buffer_clear(&batch);
}

/* Reads a batch to its end or to the first refusal; what matters is that nothing outside is touched. */
static enum status drain(struct bytes batch, struct buffer *scratch)
{
    struct record_iterator it;
    struct record record;
    struct error err = {0};
    bool done = false;
    enum status st = record_iterator_open(&it, batch, scratch, &err);
    while (st == STATUS_OK && !done)
        st = record_iterator_next(&it, &record, &done, &err);
    assert_int_equal(st == STATUS_OK, err.message[0] == '\0');
    return st;
}

/* A copy of exactly this size, so that the sanitizer sees a step beyond. */
static enum status drain_copy(const uint8_t *data, size_t size, struct buffer *scratch)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (size > 0)
        memcpy(copy, data, size);
    enum status st = drain((struct bytes){copy, size}, scratch);
    free(copy);
    return st;
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    struct buffer batch = {0}, scratch = {0};
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        buffer_reset(&batch);
        build_samples(CODECS[codec], &batch);
        for (size_t size = 0; size < batch.size; size++) {
            assert_int_not_equal(drain_copy(batch.data, size, &scratch), STATUS_OK);
            if (size < RECORD_BATCH_HEADER_SIZE)
                continue;
            /* The same with a size field that fits: now the records lie. */
            uint32_t field = __builtin_bswap32((uint32_t)size - 12), kept;
            memcpy(&kept, batch.data + 8, 4);
            memcpy(batch.data + 8, &field, 4);
            assert_int_not_equal(drain_copy(batch.data, size, &scratch), STATUS_OK);
            memcpy(batch.data + 8, &kept, 4);
        }
        assert_int_equal(drain_copy(batch.data, batch.size, &scratch), STATUS_OK);
    }
    buffer_clear(&batch);
    buffer_clear(&scratch);
}

static void every_changed_byte_is_survived(void **state)
{
    (void)state;
    struct buffer batch = {0}, scratch = {0};
    for (int codec = 0; codec < CODEC_COUNT; codec++) {
        buffer_reset(&batch);
        build_samples(CODECS[codec], &batch);
        for (size_t at = 0; at < batch.size; at++) {
            uint8_t kept = batch.data[at];
            for (int change = 1; change < 256; change = change * 3 + 1) {
                batch.data[at] = (uint8_t)(kept ^ change);
                (void)!drain_copy(batch.data, batch.size, &scratch);
                struct record_batch_header header;
                struct error err = {0};
                enum status st = record_batch_parse(buffer_bytes(&batch), true, &header, &err);
                if (at >= 17)
                    assert_int_equal(st, STATUS_CORRUPT); /* the CRC sees it */
            }
            batch.data[at] = kept;
        }
    }
    buffer_clear(&batch);
    buffer_clear(&scratch);
}

static void put_u32(struct buffer *b, size_t at, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(b->data + at, &v, 4);
}

static void lying_counts_are_refused(void **state)
{
    (void)state;
    struct buffer batch = {0}, scratch = {0};
    static const struct {
        size_t at;
        uint32_t value;
    } LIES[] = {
        {57, 4}, {57, 6}, {57, 0x7fffffff}, {57, 0x80000000}, {57, 0xffffffff}, {57, 0}, /* record count */
        {23, 0xffffffff}, {23, 0x80000000}, {23, 3},                                     /* last offset delta */
        {8, 0}, {8, 48}, {8, 0x7fffffff}, {8, 0x80000000}, {8, 0xffffffff},              /* size */
    };
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        buffer_reset(&batch);
        build_samples(COMPRESSION_NONE, &batch);
        put_u32(&batch, LIES[i].at, LIES[i].value);
        if (LIES[i].at > 21)
            put_u32(&batch, 17, crc32c(0, batch.data + 21, batch.size - 21));
        assert_int_not_equal(drain_copy(batch.data, batch.size, &scratch), STATUS_OK);
    }
    buffer_clear(&batch);
    buffer_clear(&scratch);
}

/* A batch of one record with this body behind the header. */
static enum status drain_body(const char *body, size_t size)
{
    struct buffer batch = {0}, scratch = {0};
    build_samples(COMPRESSION_NONE, &batch);
    batch.size = RECORD_BATCH_HEADER_SIZE;
    buffer_put(&batch, body, size);
    put_u32(&batch, 8, (uint32_t)batch.size - 12);
    put_u32(&batch, 57, 1);
    put_u32(&batch, 23, 0);
    enum status st = drain_copy(batch.data, batch.size, &scratch);
    buffer_clear(&batch);
    buffer_clear(&scratch);
    return st;
}

static void malformed_records_are_refused(void **state)
{
    (void)state;
#define BODY(text) text, sizeof(text) - 1
    assert_int_equal(drain_body(BODY("\x0e\0\0\0\x01\x02v\0")), STATUS_OK); /* 7 bytes: null key, value "v", no headers */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x01\x01\0")), STATUS_OK);  /* 6 bytes: null key, null value */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x01\x01\0x")), STATUS_CORRUPT); /* a byte too many */
    assert_int_equal(drain_body(BODY("\x0e\0\0\0\x01\x01\0x")), STATUS_CORRUPT); /* the same within the record */
    assert_int_equal(drain_body(BODY("\x0c\0\0\x02\x01\x01\0")), STATUS_CORRUPT); /* offset delta 1 of a batch of one */
    assert_int_equal(drain_body(BODY("\x0c\0\0\x01\x01\x01\0")), STATUS_CORRUPT); /* offset delta -1 */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x03\x01\0")), STATUS_CORRUPT);   /* key of -2 bytes */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x01\x7e\0")), STATUS_CORRUPT);   /* value of 63 bytes */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x01\x01\x01")), STATUS_CORRUPT); /* -1 headers */
    assert_int_equal(drain_body(BODY("\x0c\0\0\0\x01\x01\x02")), STATUS_CORRUPT); /* a header that is not there */
    assert_int_equal(drain_body(BODY("\x10\0\0\0\x01\x01\x02\x01\x01")), STATUS_CORRUPT); /* a header without a key */
    assert_int_equal(drain_body(BODY("\x12\0\0\0\x01\x01\x02\x02h\x01")), STATUS_OK);     /* a header "h" of null */
    assert_int_equal(drain_body(BODY("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")), STATUS_CORRUPT); /* overflow */
    assert_int_equal(drain_body(BODY("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01")), STATUS_CORRUPT); /* 2^63 - 1 bytes */
    assert_int_equal(drain_body(BODY("\x01")), STATUS_CORRUPT); /* a record of -1 bytes */
#undef BODY
}

/* Expected values: org.apache.kafka.common.utils.UtilsTest for murmur2, zlib's crc32 for the other. */
static void partitioners_agree_with_kafka(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        int32_t murmur2;
    } CASES[] = {
        {"21", -973932308}, {"foobar", -790332482}, {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829}, {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        assert_int_equal(partition_by_murmur2(bytes_from_text(CASES[i].key), INT32_MAX),
                         (CASES[i].murmur2 & INT32_MAX) % INT32_MAX);
    assert_int_equal(partition_by_crc32(bytes_from_text("123456789"), 1000), (int32_t)(UINT32_C(0xcbf43926) % 1000));
    assert_int_equal(partition_by_crc32((struct bytes){NULL, 0}, 7), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_comes_back),        cmocka_unit_test(extreme_times_come_back),
        cmocka_unit_test(every_truncation_is_refused),   cmocka_unit_test(every_changed_byte_is_survived),
        cmocka_unit_test(lying_counts_are_refused),      cmocka_unit_test(malformed_records_are_refused),
        cmocka_unit_test(partitioners_agree_with_kafka),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
