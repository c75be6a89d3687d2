/* hash_table_test.c - the table against a plain array of what it must hold, through growth by steps, removal and reuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "state/allocator.h"
#include "state/hash_table.h"

static uint64_t random_state = 42;
static uint64_t random_next(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state >> 33;
}

enum { KEY_RANGE = 60000 };

/* Key number k in each of the three forms; the bytes outlive the test. */
static char key_texts[KEY_RANGE][24];
static void make_key(size_t key_size, uint64_t k, void *keys, uint32_t i)
{
    if (key_size == 8) {
        ((uint64_t *)keys)[i] = k;
    } else if (key_size == 16) {
        ((uint64_t *)keys)[2 * i] = k;
        ((uint64_t *)keys)[2 * i + 1] = k % 3;
    } else {
        snprintf(key_texts[k], sizeof key_texts[k], "%*llu", (int)(k % 20), (unsigned long long)k);
        ((struct bytes *)keys)[i] = bytes_from_text(key_texts[k]);
    }
}
static uint64_t make_hash(uint64_t k, bool collide)
{
    return collide ? (k % 7) << 56 | k % 5 : hash_u64(k); /* seven tags would do, five slots hurt */
}

static void check_contents(const struct hash_table *t, const int64_t *twin, const uint8_t *present, size_t range, bool collide)
{
    uint32_t cursor = 0, seen = 0;
    void *payload;
    while ((payload = hash_table_next(t, &cursor)) != NULL)
        seen++;
    uint32_t expected = 0;
    for (size_t k = 0; k < range; k++) {
        _Alignas(16) uint8_t key[16];
        uint64_t hash = make_hash(k, collide);
        make_key(t->key_size, k, key, 0);
        hash_table_find(t, &hash, key, 1, &payload);
        assert_int_equal(payload != NULL, present[k]);
        if (payload != NULL)
            assert_int_equal(*(int64_t *)payload, twin[k]);
        expected += present[k];
    }
    assert_int_equal(seen, expected);
    assert_int_equal(hash_table_count(t), expected);
}

static void run_random(size_t key_size, size_t range, unsigned rounds, bool collide)
{
    enum { BATCH = 700 };
    struct hash_table t;
    hash_table_init(&t, key_size, 24);
    int64_t *twin = memory_alloc_zero(range, sizeof *twin);
    uint8_t *present = memory_alloc_zero(range, 1);
    static uint64_t hashes[BATCH], numbers[BATCH];
    static _Alignas(16) uint8_t keys[BATCH * 16];
    static void *payloads[BATCH];
    static uint8_t added[BATCH];
    struct error err = {0};
    for (unsigned round = 0; round < rounds; round++) {
        size_t window = range * (round + 1) / rounds + 1;
        for (uint32_t i = 0; i < BATCH; i++) {
            numbers[i] = random_next() % (window < range ? window : range);
            hashes[i] = make_hash(numbers[i], collide);
            make_key(key_size, numbers[i], keys, i);
        }
        assert_int_equal(hash_table_find_or_add(&t, hashes, keys, BATCH, payloads, added, &err), STATUS_OK);
        for (uint32_t i = 0; i < BATCH; i++) {
            assert_int_equal(added[i], !present[numbers[i]]);
            present[numbers[i]] = 1;
            *(int64_t *)payloads[i] += (int64_t)i;
            twin[numbers[i]] += (int64_t)i;
        }
        for (uint32_t i = 0; i < BATCH / 3; i++) {
            if (!present[numbers[i]])
                continue;
            hash_table_remove(&t, payloads[i]);
            present[numbers[i]] = 0;
            twin[numbers[i]] = 0;
        }
    }
    check_contents(&t, twin, present, range, collide);
    hash_table_reset(&t);
    memset(present, 0, range);
    check_contents(&t, twin, present, range < 100 ? range : 100, collide);
    hash_table_clear(&t);
    free(twin);
    free(present);
}

static void packed_keys_match_a_twin(void **state)
{
    (void)state;
    run_random(8, 100, 20, false);
    run_random(8, KEY_RANGE, 300, false);
    run_random(16, KEY_RANGE, 300, false);
}
static void byte_keys_match_a_twin(void **state)
{
    (void)state;
    run_random(HASH_TABLE_VARIABLE, KEY_RANGE, 300, false);
}
static void colliding_hashes_stay_apart(void **state)
{
    (void)state;
    run_random(8, 500, 30, true);
    run_random(HASH_TABLE_VARIABLE, 500, 30, true);
}

static void allocator_pieces_do_not_overlap(void **state)
{
    (void)state;
    enum { PIECES = 3000 };
    struct allocator a = {0};
    static struct {
        uint8_t *data;
        size_t size;
        uint8_t fill;
    } pieces[PIECES];
    for (unsigned step = 0; step < 40000; step++) {
        size_t i = random_next() % PIECES;
        if (pieces[i].data != NULL) {
            for (size_t j = 0; j < pieces[i].size; j++)
                assert_int_equal(pieces[i].data[j], pieces[i].fill);
            allocator_put(&a, pieces[i].data, pieces[i].size);
        }
        unsigned kind = (unsigned)(random_next() % 100);
        pieces[i].size = kind < 70 ? random_next() % 200 : kind < 98 ? random_next() % 5000 : random_next() % 100000;
        pieces[i].fill = (uint8_t)step;
        pieces[i].data = allocator_get(&a, pieces[i].size);
        assert_int_equal((uintptr_t)pieces[i].data % 16, 0);
        memset(pieces[i].data, pieces[i].fill, pieces[i].size);
    }
    allocator_clear(&a);
    assert_int_equal(a.held_size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_keys_match_a_twin),
        cmocka_unit_test(byte_keys_match_a_twin),
        cmocka_unit_test(colliding_hashes_stay_apart),
        cmocka_unit_test(allocator_pieces_do_not_overlap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
