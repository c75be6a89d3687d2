/* crc32c_test.c - the published values, and the fast way against the plain one at every size and alignment. */
#include "codec/crc32c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void published_values(void **state)
{
    (void)state;
    uint8_t data[32]; /* RFC 3720, B.4 */
    assert_int_equal(crc32c(0, NULL, 0), 0);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    memset(data, 0, sizeof data);
    assert_int_equal(crc32c(0, data, sizeof data), 0x8a9136aa);
    memset(data, 0xff, sizeof data);
    assert_int_equal(crc32c(0, data, sizeof data), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        data[i] = i;
    assert_int_equal(crc32c(0, data, sizeof data), 0x46dd794e);
    assert_int_equal(crc32c_portable(0, data, sizeof data), 0x46dd794e);
}

static uint8_t *random_bytes(size_t size)
{
    uint8_t *data = malloc(size);
    uint32_t random = 1;
    for (size_t i = 0; i < size; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (uint8_t)(random >> 24);
    }
    return data;
}

static void every_size_agrees_with_the_tables(void **state)
{
    (void)state;
    const size_t size = 100000;
    uint8_t *data = random_bytes(size);
    for (size_t n = 0; n < 2000; n++)
        assert_int_equal(crc32c((uint32_t)n, data + n % 8, n), crc32c_portable((uint32_t)n, data + n % 8, n));
    for (size_t n = 3 * 8192 - 20; n < size; n += 3001) /* around and beyond the long parts */
        assert_int_equal(crc32c(0, data + n % 16, n - 16), crc32c_portable(0, data + n % 16, n - 16));
    free(data);
}

static void sums_are_chained(void **state)
{
    (void)state;
    const size_t size = 60000;
    uint8_t *data = random_bytes(size);
    uint32_t whole = crc32c(0, data, size);
    for (size_t cut = 0; cut <= size; cut += 997)
        assert_int_equal(crc32c(crc32c(0, data, cut), data + cut, size - cut), whole);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(every_size_agrees_with_the_tables),
        cmocka_unit_test(sums_are_chained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
