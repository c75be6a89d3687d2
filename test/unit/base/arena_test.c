/* arena_test.c - memory that does not overlap, is aligned, and is given back. */
#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void allocations_do_not_overlap(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    uint8_t *parts[2000];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 2000; i++) {
            parts[i] = arena_alloc(arena, i * 7 % 5000 + 1);
            assert_int_equal((uintptr_t)parts[i] % 16, 0);
            memset(parts[i], (int)i, i * 7 % 5000 + 1);
        }
        for (size_t i = 0; i < 2000; i++) {
            assert_int_equal(parts[i][0], (uint8_t)i);
            assert_int_equal(parts[i][i * 7 % 5000], (uint8_t)i);
        }
        assert_true(arena_size(arena) >= 4000000 && arena_size(arena) < 9000000);
        arena_reset(arena);
        assert_true(arena_size(arena) <= 1 << 20);
    }
    arena_destroy(arena);
    arena_destroy(NULL);
}

static void large_and_empty_are_fine(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    arena_reset(arena);
    assert_non_null(arena_alloc(arena, 0));
    uint8_t *large = arena_alloc_zero(arena, 3000, 1000);
    assert_int_equal(large[0] | large[2999999], 0);
    large[2999999] = 1;
    assert_non_null(arena_alloc(arena, 1));
    arena_destroy(arena);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char text[] = "river";
    char *copy = arena_copy_text(arena, text);
    text[0] = 'x';
    assert_string_equal(copy, "river");
    assert_string_equal(arena_copy_bytes(arena, (struct bytes){NULL, 0}), "");
    assert_string_equal(arena_copy_bytes(arena, (struct bytes){(const uint8_t *)"abc", 2}), "ab");
    assert_string_equal(arena_printf(arena, "%s %d", copy, 7), "river 7");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_do_not_overlap),
        cmocka_unit_test(large_and_empty_are_fine),
        cmocka_unit_test(texts_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
