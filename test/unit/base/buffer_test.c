/* buffer_test.c - writers and readers undo each other; readers fail once and stay failed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "base/reader.h"

static void varints_come_back(void **state)
{
    (void)state;
    const int64_t values[] = {0, -1, 1, 63, -64, 64, INT64_MAX, INT64_MIN, 300, -300};
    struct buffer b = {0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        buffer_put_varint(&b, values[i]);
    struct reader r;
    reader_init(&r, buffer_bytes(&b));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(reader_varint(&r), values[i]);
    assert_int_equal(reader_left(&r), 0);
    assert_false(r.failed);
    buffer_clear(&b);
}

static void a_short_input_fails_for_good(void **state)
{
    (void)state;
    struct reader r;
    reader_init(&r, (struct bytes){(const uint8_t *)"\0\0\1", 3});
    assert_int_equal(reader_u16(&r), 0);
    assert_int_equal(reader_u32(&r), 0);
    assert_true(r.failed);
    assert_int_equal(reader_u8(&r), 0);
    struct error err = {0};
    assert_int_equal(reader_finish(&r, &err, "thing"), STATUS_PROTOCOL_VIOLATION);
    assert_non_null(strstr(err.message, "thing"));
}

static void counts_beyond_the_input_are_lies(void **state)
{
    (void)state;
    struct reader r;
    reader_init(&r, (struct bytes){(const uint8_t *)"12345678", 8});
    assert_int_equal(reader_count(&r, 2, 4), 2);
    assert_int_equal(reader_count(&r, 3, 4), 0);
    assert_true(r.failed);
}

static void overlong_varints_fail(void **state)
{
    (void)state;
    struct reader r;
    reader_init(&r, (struct bytes){(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10});
    assert_true(reader_uvarint(&r) == UINT64_MAX);
    reader_init(&r, (struct bytes){(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10});
    assert_int_equal(reader_uvarint(&r), 0);
    assert_true(r.failed);
    reader_init(&r, (struct bytes){(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11});
    assert_int_equal(reader_uvarint(&r), 0);
    assert_true(r.failed);
}

static void numbers_are_big_endian(void **state)
{
    (void)state;
    struct buffer b = {0};
    struct reader r;
    buffer_put_u16(&b, 0x0102);
    buffer_put_u32(&b, 0x03040506);
    buffer_put_i64(&b, -2);
    assert_memory_equal(b.data, "\1\2\3\4\5\6\xff\xff\xff\xff\xff\xff\xff\xfe", 14);
    reader_init(&r, buffer_bytes(&b));
    assert_int_equal(reader_u16(&r), 0x0102);
    assert_int_equal(reader_u32(&r), 0x03040506);
    assert_int_equal(reader_i64(&r), -2);
    reader_init(&r, (struct bytes){(const uint8_t *)"\1\0\0\0\2\0\0\0\0\0\0\0", 12});
    assert_int_equal(reader_u32_le(&r), 1);
    assert_int_equal(reader_u64_le(&r), 2);
    buffer_printf(&b, "%d%s", 5, "x");
    assert_string_equal(buffer_text(&b) + 14, "5x");
    assert_int_equal(b.size, 16);
    buffer_clear(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_come_back),
        cmocka_unit_test(a_short_input_fails_for_good),
        cmocka_unit_test(overlong_varints_fail),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(counts_beyond_the_input_are_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
