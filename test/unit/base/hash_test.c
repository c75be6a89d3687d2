/* hash_test.c - the values that state on disk relies on, and that they spread. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void values_never_change(void **state)
{
    (void)state;
    assert_true(hash_bytes("", 0) == UINT64_C(0x2d06800538d394c2)); /* XXH3's published value */
    assert_true(hash_bytes(NULL, 0) == hash_bytes("", 0));
    assert_true(hash_bytes("leat", 4) == UINT64_C(0xed715a3ae124e62d));
    assert_true(hash_u64(0) == UINT64_C(0x7e0e2ff6b13a291e));
    assert_true(hash_u64(1) == UINT64_C(0x561ff59d2f0b37c6));
    assert_true(hash_combine(hash_u64(1), hash_u64(2)) == UINT64_C(0x6ffe6eaa7fd174c9));
    assert_true(hash_combine(1, 2) != hash_combine(2, 1));
}

/* Neighbouring numbers fall evenly on shards and on slots. */
static void small_numbers_spread(void **state)
{
    (void)state;
    static int by_shard[SHARD_COUNT], by_slot[256];
    for (uint64_t v = 0; v < 256 * 1000; v++) {
        by_shard[hash_shard(hash_u64(v))]++;
        by_slot[hash_u64(v) & 255]++;
    }
    for (int i = 0; i < 256; i++) {
        assert_in_range(by_shard[i], 800, 1200);
        assert_in_range(by_slot[i], 800, 1200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_never_change),
        cmocka_unit_test(small_numbers_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
