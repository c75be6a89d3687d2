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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_come_back),
        cmocka_unit_test(a_short_input_fails_for_good),
        cmocka_unit_test(counts_beyond_the_input_are_lies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
