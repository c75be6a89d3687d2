/* relation_store_test.c - the store against a naive copy of every epoch, with pins that scan in slices while epochs go on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "base/memory.h"
#include "state/relation_store.h"

enum { KEYS = 40, VALUES = 5, ROWS = KEYS * VALUES, EPOCHS = 120, PINS = 6 };

static uint64_t seed = 7;
static uint32_t random_below(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)((seed >> 16) % limit);
}

/* Row n is (key n / VALUES, value n % VALUES); text keys are too long to lie inline. */
static struct column columns[] = {{"k", {.id = TYPE_INT8}, false}, {"v", {.id = TYPE_TEXT}, false}};
static const struct schema SCHEMA = {2, columns};

static void set_types(bool text_key)
{
    columns[0].type = type_of(text_key ? TYPE_TEXT : TYPE_INT8);
    columns[1].type = type_of(TYPE_TEXT);
}

static void put_key(struct vector *v, uint32_t at, uint32_t key, struct arena *arena)
{
    if (v->type.id == TYPE_INT8) {
        VECTOR_I64(v)[at] = (int64_t)key * 77;
        return;
    }
    const char *text = arena_printf(arena, "key number %u of this table", key);
    VECTOR_STRING(v)[at] = string_make(text, strlen(text));
}

static void make_batch(const uint32_t *rows, const int64_t *weights, uint32_t count, bool only_keys, struct arena *arena, struct batch *out)
{
    *out = (struct batch){.row_count = count, .column_count = only_keys ? 1 : 2, .weights = weights};
    out->columns = ARENA_ARRAY(arena, struct vector, 2);
    vector_init_flat(&out->columns[0], columns[0].type, count + 1, arena);
    vector_init_flat(&out->columns[1], columns[1].type, count + 1, arena);
    for (uint32_t i = 0; i < count; i++) {
        put_key(&out->columns[0], i, rows[i] / VALUES, arena);
        const char *text = arena_printf(arena, "the value %u", rows[i] % VALUES);
        VECTOR_STRING(&out->columns[1])[i] = string_make(text, strlen(text));
        if (rows[i] % VALUES == 0)
            vector_set_null(&out->columns[1], i, count + 1, arena);
    }
}

static uint32_t row_number(const struct batch *b, uint32_t row)
{
    uint32_t key, value = 0;
    if (b->columns[0].type.id == TYPE_INT8)
        key = (uint32_t)(VECTOR_I64(&b->columns[0])[row] / 77);
    else
        key = (uint32_t)strtoul(string_data(&VECTOR_STRING(&b->columns[0])[row]) + 11, NULL, 10);
    if (vector_is_valid(&b->columns[1], row))
        value = (uint32_t)strtoul(string_data(&VECTOR_STRING(&b->columns[1])[row]) + 10, NULL, 10);
    return key * VALUES + value;
}

struct twin {
    int64_t weights[ROWS];
};
struct open_pin {
    struct store_pin *pin;
    struct twin expected, seen;
};

static void scan_some(struct open_pin *p, struct arena *arena, bool *done)
{
    struct batch b;
    struct error err = {0};
    assert_int_equal(store_pin_scan(p->pin, arena, &b, done, &err), STATUS_OK);
    for (uint32_t i = 0; i < b.row_count; i++)
        p->seen.weights[row_number(&b, i)] += batch_weight(&b, i);
}

static void finish_pin(struct open_pin *p, struct arena *arena)
{
    for (bool done = false; !done;)
        scan_some(p, arena, &done);
    assert_memory_equal(p->seen.weights, p->expected.weights, sizeof p->seen.weights);
    store_pin_release(p->pin);
    *p = (struct open_pin){0};
}

static void step_pins(struct relation_store *s, struct open_pin *pins, const struct twin *closed, struct arena *arena)
{
    for (uint32_t i = 0; i < PINS; i++) {
        uint32_t dice = random_below(100);
        if (pins[i].pin == NULL && dice < 30)
            pins[i] = (struct open_pin){.pin = relation_store_pin(s), .expected = *closed};
        else if (pins[i].pin != NULL && dice < (i == 0 ? 3 : 20))
            finish_pin(&pins[i], arena);
        else if (pins[i].pin != NULL && dice > 95) { /* given up in the middle */
            store_pin_release(pins[i].pin);
            pins[i] = (struct open_pin){0};
        }
    }
}

/* The changes of the open epoch are the difference of the twins, each row once. */
static void check_changes(struct relation_store *s, const struct twin *old, const struct twin *new, struct arena *arena)
{
    struct twin seen = {{0}};
    struct error err = {0};
    for (bool done = false; !done;) {
        struct batch b;
        assert_int_equal(relation_store_changes(s, arena, &b, &done, &err), STATUS_OK);
        for (uint32_t i = 0; i < b.row_count; i++) {
            assert_int_equal(seen.weights[row_number(&b, i)], 0);
            seen.weights[row_number(&b, i)] = batch_weight(&b, i);
        }
    }
    for (uint32_t r = 0; r < ROWS; r++)
        assert_int_equal(seen.weights[r], new->weights[r] - old->weights[r]);
}

static void check_find(struct relation_store *s, const struct twin *closed, struct arena *arena)
{
    struct error err = {0};
    uint32_t key = random_below(KEYS), row = key * VALUES, expected = ROWS;
    struct batch b, found;
    make_batch(&row, NULL, 1, true, arena, &b);
    assert_int_equal(relation_store_find(s, &b, arena, &found, &err), STATUS_OK);
    for (uint32_t v = 0; v < VALUES; v++)
        if (closed->weights[row + v] != 0)
            expected = row + v;
    assert_int_equal(found.row_count, expected != ROWS);
    if (expected != ROWS)
        assert_int_equal(row_number(&found, 0), expected);
}

static void multiset_write(struct relation_store *s, struct twin *t, struct arena *arena)
{
    uint32_t rows[64], count = random_below(64);
    int64_t weights[64];
    struct error err = {0};
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = random_below(ROWS);
        weights[i] = t->weights[rows[i]] > 0 && random_below(3) != 0 ? -1 - (int64_t)random_below((uint32_t)t->weights[rows[i]])
                                                                     : 1 + (int64_t)random_below(3);
        t->weights[rows[i]] += weights[i];
    }
    for (uint32_t i = 0; i + 1 < count; i++) { /* any order: weights may be negative in between */
        uint32_t j = i + random_below(count - i), row = rows[i];
        int64_t weight = weights[i];
        rows[i] = rows[j];
        weights[i] = weights[j];
        rows[j] = row;
        weights[j] = weight;
    }
    struct batch b;
    make_batch(rows, weights, count, false, arena, &b);
    assert_int_equal(relation_store_apply(s, &b, &err), STATUS_OK);
}

static void keyed_write(struct relation_store *s, struct twin *t, struct arena *arena)
{
    uint32_t rows[16], count = 1 + random_below(15);
    bool deletes = random_below(4) == 0;
    struct error err = {0};
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = random_below(ROWS);
        memset(&t->weights[rows[i] / VALUES * VALUES], 0, VALUES * sizeof *t->weights);
        t->weights[rows[i]] = !deletes;
    }
    struct batch b;
    make_batch(rows, NULL, count, deletes, arena, &b);
    assert_int_equal(deletes ? relation_store_delete(s, &b, &err) : relation_store_upsert(s, &b, &err), STATUS_OK);
}

static void run(bool keyed, bool text_key)
{
    static const uint32_t KEY[] = {0};
    set_types(text_key);
    struct budget budget = {.name = "test"};
    struct relation_store *s;
    struct error err = {0};
    struct twin t = {{0}};
    struct open_pin pins[PINS] = {{0}};
    struct arena *arena = arena_create();
    assert_int_equal(relation_store_create(&SCHEMA, KEY, keyed, &budget, &s, &err), STATUS_OK);
    for (int64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        struct twin closed = t;
        relation_store_begin(s, epoch * 3);
        for (uint32_t i = random_below(4); i > 0; i--) {
            (keyed ? keyed_write : multiset_write)(s, &t, arena);
            step_pins(s, pins, &closed, arena);
            if (keyed)
                check_find(s, &closed, arena);
        }
        check_changes(s, &closed, &t, arena);
        relation_store_end(s);
        step_pins(s, pins, &t, arena);
        int64_t rows = 0;
        for (uint32_t r = 0; r < ROWS; r++)
            rows += t.weights[r];
        assert_int_equal(relation_store_rows(s), rows);
        arena_reset(arena);
    }
    for (uint32_t i = 0; i < PINS; i++)
        if (pins[i].pin != NULL)
            finish_pin(&pins[i], arena);
    relation_store_destroy(s);
    assert_int_equal(budget.used_size, 0);
    arena_destroy(arena);
}

static void multisets_match_their_twin(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        run(false, i % 2 == 0);
}
static void keyed_stores_match_their_twin(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        run(true, i % 2 == 0);
}

/* A view applies -old and +new in any order; both keep the key. */
static void a_keyed_store_takes_changes(void **state)
{
    (void)state;
    static const uint32_t KEY[] = {0};
    set_types(false);
    struct relation_store *s;
    struct error err = {0};
    struct arena *arena = arena_create();
    assert_int_equal(relation_store_create(&SCHEMA, KEY, 1, NULL, &s, &err), STATUS_OK);
    struct twin t = {{0}};
    for (int64_t epoch = 1; epoch < 50; epoch++) {
        struct twin closed = t;
        uint32_t row = 5 * (uint32_t)random_below(KEYS), old = ROWS, rows[2];
        int64_t weights[] = {1, -1};
        for (uint32_t v = 0; v < VALUES; v++)
            if (t.weights[row + v] != 0)
                old = row + v;
        rows[0] = row + random_below(VALUES);
        rows[1] = old;
        t.weights[rows[0]]++;
        if (old != ROWS)
            t.weights[old]--;
        struct batch b;
        make_batch(rows, weights, old == ROWS ? 1 : 2, false, arena, &b);
        relation_store_begin(s, epoch);
        assert_int_equal(relation_store_apply(s, &b, &err), STATUS_OK);
        check_changes(s, &closed, &t, arena);
        relation_store_end(s);
        check_find(s, &t, arena);
    }
    relation_store_destroy(s);
    arena_destroy(arena);
}

/* Replay is one epoch: what a key held meanwhile is neither kept nor searched. */
static void an_epoch_keeps_two_rows_of_a_key(void **state)
{
    (void)state;
    static const uint32_t KEY[] = {0};
    set_types(false);
    struct budget budget = {.name = "test"};
    struct relation_store *s;
    struct error err = {0};
    struct arena *arena = arena_create();
    assert_int_equal(relation_store_create(&SCHEMA, KEY, 1, &budget, &s, &err), STATUS_OK);
    int64_t size = 0;
    for (uint32_t n = 0; n < 20000; n++) {
        if (n < 2)
            relation_store_begin(s, n + 1);
        struct vector vectors[2];
        arena_reset(arena);
        uint32_t row = VALUES + 1;
        struct batch b;
        make_batch(&row, NULL, 1, false, arena, &b);
        memcpy(vectors, b.columns, sizeof vectors);
        const char *text = arena_printf(arena, "the value at its writing number %u", n);
        VECTOR_STRING(&vectors[1])[0] = string_make(text, strlen(text));
        b.columns = vectors;
        assert_int_equal(relation_store_upsert(s, &b, &err), STATUS_OK);
        if (n == 0)
            relation_store_end(s);
        if (n == 2)
            size = relation_store_size(s);
    }
    assert_int_equal(relation_store_size(s), size);
    struct batch changes;
    bool done;
    assert_int_equal(relation_store_changes(s, arena, &changes, &done, &err), STATUS_OK);
    assert_int_equal(changes.row_count, 2);
    assert_int_equal(changes.weights[0], -1);
    assert_int_equal(changes.weights[1], 1);
    relation_store_end(s);
    assert_int_equal(relation_store_rows(s), 1);
    relation_store_destroy(s);
    arena_destroy(arena);
}

static void a_full_budget_is_an_error(void **state)
{
    (void)state;
    set_types(false);
    struct budget budget = {.name = "view spend", .limit_size = 1 << 20};
    struct relation_store *s;
    struct error err = {0};
    struct arena *arena = arena_create();
    assert_int_equal(relation_store_create(&SCHEMA, NULL, 0, &budget, &s, &err), STATUS_OK);
    relation_store_begin(s, 1);
    enum status st = STATUS_OK;
    for (uint32_t n = 0; st == STATUS_OK && n < 1000; n++) {
        uint32_t rows[100];
        for (uint32_t i = 0; i < 100; i++)
            rows[i] = (n * 100 + i) * VALUES;
        struct batch b;
        make_batch(rows, NULL, 100, false, arena, &b);
        st = relation_store_apply(s, &b, &err);
    }
    assert_int_equal(st, STATUS_OUT_OF_MEMORY);
    assert_non_null(strstr(err.message, "view spend"));
    relation_store_destroy(s);
    assert_int_equal(budget.used_size, 0);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multisets_match_their_twin),
        cmocka_unit_test(keyed_stores_match_their_twin),
        cmocka_unit_test(a_keyed_store_takes_changes),
        cmocka_unit_test(an_epoch_keeps_two_rows_of_a_key),
        cmocka_unit_test(a_full_budget_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
