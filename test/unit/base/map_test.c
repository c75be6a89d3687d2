/* map_test.c - the map against a plain array, through growth and removal. */
#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { KEY_COUNT = 500 };

static struct bytes key_of(int number)
{
    static char text[32];
    snprintf(text, sizeof text, "key-%d", number);
    return bytes_from_text(text);
}

static void it_agrees_with_an_array(void **state)
{
    (void)state;
    static int cells[4];
    void *expected[KEY_COUNT] = {0};
    struct map map = {0};
    uint32_t random = 1;
    for (int step = 0; step < 50000; step++) {
        random = random * 1664525 + 1013904223;
        int number = (int)(random >> 8) % KEY_COUNT;
        void *value = &cells[random >> 30];
        if ((random >> 20) % 3 == 0) {
            assert_ptr_equal(map_remove(&map, key_of(number)), expected[number]);
            expected[number] = NULL;
        } else {
            assert_ptr_equal(map_put(&map, key_of(number), value), expected[number]);
            expected[number] = value;
        }
        assert_ptr_equal(map_get(&map, key_of((number + 1) % KEY_COUNT)), expected[(number + 1) % KEY_COUNT]);
    }
    size_t live = 0, seen = 0;
    for (int i = 0; i < KEY_COUNT; i++)
        live += expected[i] != NULL;
    for (size_t i = 0; i < map.entry_count; i++)
        seen += map.entries[i].value != NULL;
    assert_int_equal(map.live_count, live);
    assert_int_equal(seen, live);
    map_clear(&map);
    assert_null(map_get(&map, key_of(1)));
}

static void keys_are_copied_and_kept_in_order(void **state)
{
    (void)state;
    struct map map = {0};
    int value;
    for (int i = 0; i < 100; i++)
        assert_null(map_put(&map, key_of(i), &value));
    for (int i = 0; i < 100; i++)
        assert_string_equal((const char *)map.entries[i].key.data, (const char *)key_of(i).data);
    assert_null(map_put(&map, (struct bytes){NULL, 0}, &value));
    assert_ptr_equal(map_get(&map, (struct bytes){NULL, 0}), &value);
    map_clear(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_agrees_with_an_array),
        cmocka_unit_test(keys_are_copied_and_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
