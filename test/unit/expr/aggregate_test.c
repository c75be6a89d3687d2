/* aggregate_test.c - aggregates against a naive twin: the list of the values that are in, added up from scratch. */
#include <stdlib.h>

#include "data/compare.h"
#include "expr/aggregate.h"
#include "expr_support.h"

enum { ROWS = 600, GROUPS = 3 };

static uint64_t seed = 7;
static uint32_t draw(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

/* Values whose text is exact in the type. */
static const char *draw_text(struct type type, struct arena *arena)
{
    static const char *const specials[] = {"NaN", "Infinity", "-Infinity", "-0", "1e300", "1e-300"};
    int v = (int)draw(2001) - 1000;
    switch (type.id) {
    case TYPE_FLOAT8:
        return draw(40) == 0 ? specials[draw(6)] : arena_printf(arena, "%d.%u", v, draw(1000));
    case TYPE_NUMERIC:
        return type.precision != 0 ? arena_printf(arena, "%d.%02u", v, draw(100)) : arena_printf(arena, "%d.%.*s", v, (int)draw(4) + 1, "5000");
    case TYPE_TEXT:
        return arena_printf(arena, "text %d and a long tail behind it", v / 10);
    case TYPE_INTERVAL:
        return arena_printf(arena, "%d months %u days %d seconds", v % 10, draw(60), v);
    case TYPE_BOOL:
        return draw(2) ? "t" : "f";
    case TYPE_DATE:
        return arena_printf(arena, "2024-01-%02u", draw(31) + 1);
    case TYPE_INT8:
        return draw(10) == 0 ? "9223372036854775807" : arena_printf(arena, "%d", v);
    default:
        return arena_printf(arena, "%d", v);
    }
}

static struct vector draw_column(struct type type, struct arena *arena)
{
    struct vector v;
    struct text_context context = test_context();
    vector_init_flat(&v, type, ROWS, arena);
    memset(v.values, 0, ROWS * type_size(type));
    for (uint32_t r = 0; r < ROWS; r++) {
        const char *text = draw_text(type, arena);
        assert_int_equal(value_parse(type, text, strlen(text), &context, arena, (char *)v.values + r * type_size(type), NULL), STATUS_OK);
        if (draw(20) == 0)
            vector_set_null(&v, r, ROWS, arena);
    }
    return v;
}

static const char *read_state(const struct aggregate *a, const void *state, struct type argument, struct arena *arena)
{
    struct type type;
    struct vector out;
    assert_int_equal(aggregate_result_type(a->id, argument, &type, NULL), STATUS_OK);
    vector_init_flat(&out, type, 1, arena);
    a->read(state, argument, &out, 0, 1, arena);
    return row_text(&out, 0, arena);
}

static void *new_state(const struct aggregate *a, struct arena *arena)
{
    return arena_alloc_zero(arena, 1, a->state_size);
}

static void clear_state(const struct aggregate *a, void *state)
{
    if (a->clear != NULL)
        a->clear(state);
}

static struct bytes serial(const struct aggregate *a, const void *state, struct arena *arena)
{
    struct buffer b = {0};
    a->put(state, &b);
    struct bytes copy = {(const uint8_t *)arena_copy_bytes(arena, buffer_bytes(&b)), b.size};
    buffer_clear(&b);
    return copy;
}

/* The state of group g over rows in the given order, one at a time. */
static void *from_scratch(const struct aggregate *a, const struct vector *v, const uint8_t *groups, uint8_t g, bool backwards, struct arena *arena)
{
    void *state = new_state(a, arena);
    unsigned hint = EXACT_SUM_NO_HINT;
    for (uint32_t i = 0; i < ROWS; i++) {
        uint16_t row = (uint16_t)(backwards ? ROWS - 1 - i : i);
        if (groups[row] == g)
            a->add(&state, v, &row, NULL, 1, &hint);
    }
    return state;
}

static void check_same(const struct aggregate *a, const void *x, const void *y, struct type type, struct arena *arena)
{
    assert_string_equal(read_state(a, x, type, arena), read_state(a, y, type, arena));
    assert_true(bytes_equal(serial(a, x, arena), serial(a, y, arena)));
}

static void check_put_get(const struct aggregate *a, const void *state, struct type type, struct arena *arena)
{
    struct bytes in = serial(a, state, arena);
    struct bytes rest = in;
    struct error err = {0};
    void *back = new_state(a, arena);
    assert_int_equal(a->get(&rest, back, &err), STATUS_OK);
    assert_int_equal(rest.size, 0);
    check_same(a, state, back, type, arena);
    clear_state(a, back);
    for (size_t size = 0; size < in.size; size++) { /* cut short anywhere: an error, no crash */
        void *torn = new_state(a, arena);
        struct bytes cut = {in.data, size};
        status_ignore(a->get(&cut, torn, &err), "only that it returns");
        clear_state(a, torn);
        if (size > 64)
            size += 16;
    }
}

/* Batches, single rows in both orders, merging halves, and the ungrouped path agree to the byte. */
static void check_aggregate(enum aggregate_id id, struct type type, bool retractable)
{
    struct arena *arena = arena_create();
    const struct aggregate *a = aggregate_select(id, type, retractable);
    assert_non_null(a);
    struct vector v = draw_column(type, arena);
    uint8_t groups[ROWS];
    uint16_t rows[ROWS];
    void *group_states[GROUPS], *states[ROWS];
    unsigned hint = EXACT_SUM_NO_HINT;
    for (int g = 0; g < GROUPS; g++)
        group_states[g] = new_state(a, arena);
    for (uint16_t r = 0; r < ROWS; r++) {
        groups[r] = (uint8_t)draw(GROUPS);
        rows[r] = r;
        states[r] = group_states[groups[r]];
    }
    a->add(states, &v, rows, NULL, ROWS, &hint);
    void *all = new_state(a, arena), *merged = new_state(a, arena);
    for (uint8_t g = 0; g < GROUPS; g++) {
        for (int backwards = 0; backwards < 2; backwards++) {
            void *again = from_scratch(a, &v, groups, g, backwards != 0, arena);
            check_same(a, group_states[g], again, type, arena);
            clear_state(a, again);
        }
        check_put_get(a, group_states[g], type, arena);
        a->merge(merged, group_states[g]);
    }
    a->add_all(all, &v, draw(2) ? rows : NULL, NULL, ROWS);
    check_same(a, all, merged, type, arena);
    clear_state(a, all);
    clear_state(a, merged);
    for (int g = 0; g < GROUPS; g++)
        clear_state(a, group_states[g]);
    arena_destroy(arena);
}

/* Adding rows with weights and taking back a random part leaves the state of the rest, wherever it went below zero between. */
static void check_retraction(enum aggregate_id id, struct type type)
{
    struct arena *arena = arena_create();
    const struct aggregate *a = aggregate_select(id, type, true);
    struct vector v = draw_column(type, arena);
    void *state = new_state(a, arena), *expected = new_state(a, arena);
    unsigned hint = EXACT_SUM_NO_HINT;
    for (int pass = 0; pass < 2; pass++) {
        uint64_t at = seed;
        for (uint16_t r = 0; r < ROWS; r++) {
            int64_t kept = draw(3), gone = draw(4);
            int64_t first = draw(2) ? -gone : kept, second = kept - gone + gone - first; /* first + second = kept */
            int64_t weight = pass == 0 ? first : second;
            if (weight != 0)
                a->add(&state, &v, &r, &weight, 1, &hint);
            if (pass == 1 && kept != 0)
                a->add(&expected, &v, &r, &kept, 1, &hint);
        }
        if (pass == 0)
            seed = at;
    }
    check_same(a, state, expected, type, arena);
    clear_state(a, state);
    clear_state(a, expected);
    arena_destroy(arena);
}

static void order_grouping_and_merging_do_not_matter(void **state)
{
    (void)state;
    const struct type types[] = {type_of(TYPE_INT2), type_of(TYPE_INT4), type_of(TYPE_INT8), type_of(TYPE_FLOAT8), type_numeric(12, 2),
                                 type_numeric(0, 0), type_of(TYPE_TEXT), type_of(TYPE_INTERVAL), type_of(TYPE_BOOL), type_of(TYPE_DATE)};
    int checked = 0;
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        for (int id = AGGREGATE_COUNT; id <= AGGREGATE_ANY_VALUE; id++) {
            struct type result;
            if (aggregate_result_type((enum aggregate_id)id, types[t], &result, NULL) != STATUS_OK)
                continue;
            check_aggregate((enum aggregate_id)id, types[t], false);
            check_aggregate((enum aggregate_id)id, types[t], true);
            check_retraction((enum aggregate_id)id, types[t]);
            checked++;
        }
    }
    assert_true(checked > 40);
}

static const struct {
    enum aggregate_id id;
    const char *type, *values[4], *answer, *answer_type;
} ANSWERS[] = {
    {AGGREGATE_SUM, "int4", {"2147483647", "1"}, "2147483648", "bigint"},
    {AGGREGATE_SUM, "int8", {"9223372036854775807", "1"}, "9223372036854775808", "numeric(38,0)"},
    {AGGREGATE_SUM, "numeric(12,2)", {"1.50", "2.25"}, "3.75", "numeric(38,2)"},
    {AGGREGATE_SUM, "numeric", {"1.5", "2.255"}, "3.755", "numeric"},
    {AGGREGATE_SUM, "numeric", {"1.5", "NaN"}, "NaN", "numeric"},
    {AGGREGATE_SUM, "float8", {"1e16", "1", "-1e16"}, "1", "double precision"},
    {AGGREGATE_SUM, "float4", {"1.5", "2.25"}, "3.75", "real"},
    {AGGREGATE_SUM, "int4", {NULL}, "NULL", "bigint"},
    {AGGREGATE_SUM, "interval", {"1 mon", "2 days"}, "1 mon 2 days", "interval"},
    {AGGREGATE_AVG, "int4", {"1", "2"}, "1.5000000000000000", "numeric"},
    {AGGREGATE_AVG, "int8", {"1", "2", "2"}, "1.6666666666666667", "numeric"},
    {AGGREGATE_AVG, "numeric(12,2)", {"10.00", "0.01", "0.01"}, "3.3400000000000000", "numeric"},
    {AGGREGATE_AVG, "numeric", {"123456789.5", "1"}, "61728395.250000000000", "numeric"},
    {AGGREGATE_AVG, "float8", {"1", "2"}, "1.5", "double precision"},
    {AGGREGATE_AVG, "interval", {"1 mon", "2 days"}, "16 days", "interval"},
    {AGGREGATE_MIN, "text", {"b", "a"}, "a", "text"},
    {AGGREGATE_MAX, "varchar(9)", {"b", "a"}, "b", "text"},
    {AGGREGATE_MAX, "float8", {"1", "NaN", "Infinity"}, "NaN", "double precision"},
    {AGGREGATE_MIN, "numeric(12,2)", {"-1.5", "2"}, "-1.50", "numeric(12,2)"},
    {AGGREGATE_BOOL_AND, "bool", {"t", "f"}, "f", "boolean"},
    {AGGREGATE_BOOL_OR, "bool", {"t", "f"}, "t", "boolean"},
    {AGGREGATE_COUNT, "text", {"a", "b", "c"}, "3", "bigint"},
};

static void answers_are_those_of_postgresql(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof ANSWERS / sizeof *ANSWERS; i++) {
        struct type type, result;
        char name[TYPE_NAME_SIZE];
        assert_int_equal(type_from_text(ANSWERS[i].type, &type, NULL), STATUS_OK);
        assert_int_equal(aggregate_result_type(ANSWERS[i].id, type, &result, NULL), STATUS_OK);
        assert_string_equal(type_name(result, name, sizeof name), ANSWERS[i].answer_type);
        for (int retractable = 0; retractable < 2; retractable++) {
            const struct aggregate *a = aggregate_select(ANSWERS[i].id, type, retractable != 0);
            void *s = new_state(a, arena);
            for (int j = 0; j < 4 && ANSWERS[i].values[j] != NULL; j++) {
                struct vector v = value_from_text(type, ANSWERS[i].values[j], arena);
                a->add_all(s, &v, NULL, NULL, 1);
            }
            assert_string_equal(read_state(a, s, type, arena), ANSWERS[i].answer);
            clear_state(a, s);
        }
    }
    arena_destroy(arena);
}

static void what_is_not_taken_is_refused_by_name(void **state)
{
    (void)state;
    struct error err = {0};
    struct type out;
    enum aggregate_id id;
    assert_int_equal(aggregate_result_type(AGGREGATE_SUM, type_of(TYPE_TEXT), &out, &err), STATUS_UNDEFINED_FUNCTION);
    assert_string_equal(err.message, "function sum(text) does not exist");
    assert_int_equal(aggregate_result_type(AGGREGATE_MIN, type_of(TYPE_BOOL), &out, &err), STATUS_UNDEFINED_FUNCTION);
    assert_true(aggregate_find("EVERY", &id) && id == AGGREGATE_BOOL_AND);
    assert_true(aggregate_find("count", &id) && id == AGGREGATE_COUNT);
    assert_false(aggregate_find("median", &id));
}

/* Thousands of distinct values: chunks split, shrink and go. */
static void many_values_come_and_go(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    struct arena *arena = arena_create();
    const struct aggregate *a = aggregate_select(AGGREGATE_MIN, type_of(TYPE_INT4), true);
    void *s = new_state(a, arena);
    int64_t one = 1, minus_one = -1;
    struct vector v;
    vector_init_flat(&v, type_of(TYPE_INT4), 1, arena);
    for (int i = 0; i < MANY; i++) {
        VECTOR_I32(&v)[0] = (int32_t)((uint32_t)i * 7919u % MANY);
        a->add_all(s, &v, NULL, &one, 1);
    }
    for (int i = 0; i < MANY; i++) {
        if (i % 1000 == 0)
            assert_string_equal(read_state(a, s, v.type, arena), arena_printf(arena, "%d", i));
        VECTOR_I32(&v)[0] = i;
        a->add_all(s, &v, NULL, &minus_one, 1);
    }
    assert_string_equal(read_state(a, s, v.type, arena), "NULL");
    assert_int_equal(serial(a, s, arena).size, 1);
    a->clear(s);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_those_of_postgresql), cmocka_unit_test(order_grouping_and_merging_do_not_matter),
        cmocka_unit_test(what_is_not_taken_is_refused_by_name), cmocka_unit_test(many_values_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
