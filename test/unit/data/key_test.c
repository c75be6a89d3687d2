/* key_test.c - hashes and keys do not depend on a vector's form; ordered keys order as value_compare does; rows come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/compare.h"
#include "data/row_key.h"
#include "data/text.h"

enum { ROWS = 64 };

static uint64_t random_state = 7;
static unsigned below(unsigned limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1;
    return (unsigned)(random_state >> 33) % limit;
}

static const struct {
    const char *type;
    const char *values[9];
} SAMPLES[] = {
    {"boolean", {"t", "f"}},
    {"smallint", {"0", "-1", "32767", "-32768", "7"}},
    {"integer", {"0", "-1", "2147483647", "-2147483648", "256"}},
    {"bigint", {"0", "-1", "9223372036854775807", "-9223372036854775808", "4294967296"}},
    {"real", {"0", "-0", "NaN", "Infinity", "-Infinity", "1.5", "-1.5", "1e-45"}},
    {"double precision", {"0", "-0", "NaN", "Infinity", "-Infinity", "1.5", "-1.5", "5e-324", "-5e-324"}},
    {"numeric(12,2)", {"0", "-0.01", "9999999999.99", "-9999999999.99", "1.5"}},
    {"numeric", {"0", "0.00", "1", "1.000", "-1.5", "100", "NaN", "-Infinity", "12345678901234567890123456789012345678901.5"}},
    {"text", {"", "a", "ab", "a ", "abcdefghijkl", "abcdefghijklm", "abcdefghijklmn", "\xc3\xa9"}},
    {"character(14)", {"", "a", "ab", "abcdefghijklm"}},
    {"bytea", {"\\x", "\\x00", "\\x0000", "\\x00ff", "\\xff", "\\x000102030405060708090a0b0c0d00", "\\x01"}},
    {"date", {"1970-01-01", "infinity", "-infinity", "0044-03-15 BC"}},
    {"time", {"00:00", "24:00", "10:00:00.5"}},
    {"timestamp", {"1970-01-01", "infinity", "-infinity", "2024-01-15 10:00"}},
    {"interval", {"1 mon", "30 days", "1 day", "24 hours", "-1 day", "0", "-1 mon 30 days"}},
    {"uuid", {"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
};
enum { TYPES = sizeof SAMPLES / sizeof *SAMPLES };

/* A column of sample values, NULLs and errors; the dictionary is the samples themselves. */
static void make_column(struct vector *flat, struct vector *dictionary, size_t sample, bool marks, struct arena *arena)
{
    struct type type;
    struct text_context context = {.zone = time_zone_utc()};
    struct error err = {0};
    assert_int_equal(type_from_text(SAMPLES[sample].type, &type, &err), STATUS_OK);
    uint32_t count = 0;
    vector_init_flat(dictionary, type, 9, arena);
    for (; count < 9 && SAMPLES[sample].values[count] != NULL; count++) {
        const char *text = SAMPLES[sample].values[count];
        assert_int_equal(value_parse(type, text, strlen(text), &context, arena, vector_value(dictionary, count), &err), STATUS_OK);
    }
    dictionary->form = VECTOR_DICTIONARY;
    dictionary->dictionary_size = count;
    uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        indexes[i] = below(count);
    dictionary->indexes = indexes;
    for (size_t i = 0; marks && i < ROWS; i++) {
        if (below(6) == 0)
            vector_set_null(dictionary, i, ROWS, arena);
        else if (below(8) == 0)
            vector_set_error(dictionary, i, STATUS_DIVISION_BY_ZERO, ROWS, arena);
    }
    vector_flatten(dictionary, ROWS, arena, flat);
}

static int compare_rows(const struct vector *v, uint32_t x, uint32_t y)
{
    enum status x_error = vector_error(v, x), y_error = vector_error(v, y);
    int x_kind = x_error != STATUS_OK ? 1 : vector_is_valid(v, x) ? 0 : 2;
    int y_kind = y_error != STATUS_OK ? 1 : vector_is_valid(v, y) ? 0 : 2;
    if (x_kind != y_kind || x_kind != 0)
        return (x_kind > y_kind) - (x_kind < y_kind);
    return value_compare(v->type, vector_value(v, x), vector_value(v, y));
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static void check_hashes(struct batch *flat, struct batch *coded, uint32_t column_count, struct arena *arena)
{
    uint32_t columns[2] = {0, 1};
    uint64_t a[ROWS], b[ROWS], c[ROWS];
    uint16_t rows[ROWS];
    uint32_t count = 0;
    row_hash(flat, columns, column_count, a);
    row_hash(coded, columns, column_count, b);
    assert_memory_equal(a, b, sizeof a);
    for (uint16_t i = 0; i < ROWS; i++)
        if (below(2))
            rows[count++] = i;
    struct batch some = *flat, dense;
    some.selection = rows;
    some.selected_count = count;
    row_hash(&some, columns, column_count, c);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(c[i], a[rows[i]]);
    batch_copy(&some, arena, &dense);
    row_hash(&dense, columns, column_count, b);
    assert_memory_equal(b, c, count * sizeof *b);
    for (uint32_t i = 0; i < ROWS; i++)
        for (uint32_t k = 0; k < ROWS; k++) {
            struct buffer x = {0}, y = {0};
            hash_key_put(flat, i, columns, column_count, &x);
            hash_key_put(coded, k, columns, column_count, &y);
            bool equal = true;
            for (uint32_t col = 0; col < column_count; col++)
                equal = equal && compare_rows(&flat->columns[col], i, k) == 0;
            assert_int_equal(bytes_equal(buffer_bytes(&x), buffer_bytes(&y)), equal);
            if (equal)
                assert_int_equal(a[i], a[k]);
            buffer_clear(&x);
            buffer_clear(&y);
        }
}

/* Keys read back are equal keys again, and packed keys have the same bytes. */
static void check_keys_come_back(struct batch *b, uint32_t column_count, struct arena *arena)
{
    uint32_t columns[2] = {0, 1};
    struct column described[2] = {{"a", b->columns[0].type, false}, {"b", b->columns[column_count - 1].type, false}};
    struct schema schema = {column_count, described};
    struct batch back;
    struct error err = {0};
    size_t packed_size;
    _Alignas(16) uint8_t packed[ROWS * 16];
    bool is_packed = hash_key_is_fixed(&schema, columns, column_count, &packed_size);
    if (is_packed)
        hash_key_pack(b, columns, column_count, packed_size, packed);
    batch_init(&back, &schema, arena);
    back.row_count = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct buffer key = {0}, again = {0};
        hash_key_put(b, i, columns, column_count, &key);
        if (is_packed) {
            assert_int_equal(key.size, packed_size);
            assert_memory_equal(key.data, packed + i * packed_size, packed_size);
        }
        assert_int_equal(hash_key_get(buffer_bytes(&key), back.columns, column_count, i, ROWS, arena, &err), STATUS_OK);
        hash_key_put(&back, i, columns, column_count, &again);
        assert_true(bytes_equal(buffer_bytes(&key), buffer_bytes(&again)));
        buffer_clear(&key);
        buffer_clear(&again);
    }
}

static void check_order(struct batch *b, uint32_t column_count)
{
    for (unsigned mode = 0; mode < 4; mode++) {
        struct sort_key keys[2] = {{0, mode & 1, mode & 2}, {1, !(mode & 1), mode & 2}};
        for (uint32_t i = 0; i < ROWS; i++)
            for (uint32_t k = 0; k < ROWS; k++) {
                struct buffer x = {0}, y = {0};
                ordered_key_put(b, i, keys, column_count, &x);
                ordered_key_put(b, k, keys, column_count, &y);
                int order = 0;
                for (uint32_t col = 0; order == 0 && col < column_count; col++) {
                    const struct vector *v = &b->columns[col];
                    bool special = compare_rows(v, i, i) != 0 || vector_error(v, i) || vector_error(v, k) || !vector_is_valid(v, i) ||
                                   !vector_is_valid(v, k);
                    order = compare_rows(v, i, k);
                    if (!special && keys[col].descending)
                        order = -order;
                    bool x_null = !vector_is_valid(v, i) && !vector_error(v, i), y_null = !vector_is_valid(v, k) && !vector_error(v, k);
                    if (x_null != y_null && keys[col].nulls_first)
                        order = x_null ? -1 : 1;
                }
                assert_int_equal(sign(bytes_compare(buffer_bytes(&x), buffer_bytes(&y))), order);
                buffer_clear(&x);
                buffer_clear(&y);
            }
    }
}

static void check_rows_come_back(struct batch *b, struct arena *arena)
{
    struct column described[2] = {{"a", b->columns[0].type, false}, {"b", b->columns[b->column_count - 1].type, false}};
    struct schema schema = {b->column_count, described};
    struct batch back;
    struct error err = {0};
    batch_init(&back, &schema, arena);
    back.row_count = ROWS;
    for (uint32_t i = 0; i < ROWS; i++) {
        struct buffer row = {0}, again = {0};
        row_put(b, i, &row);
        assert_int_equal(row_get(buffer_bytes(&row), back.columns, b->column_count, i, ROWS, arena, &err), STATUS_OK);
        row_put(&back, i, &again);
        assert_true(bytes_equal(buffer_bytes(&row), buffer_bytes(&again)));
        for (size_t size = 0; size < row.size; size++)
            assert_int_equal(row_get((struct bytes){row.data, size}, back.columns, b->column_count, i, ROWS, arena, &err), STATUS_CORRUPT);
        buffer_clear(&row);
        buffer_clear(&again);
    }
}

static void check_columns(size_t first, size_t second, uint32_t column_count, bool marks)
{
    struct arena *arena = arena_create();
    struct vector flat_columns[2], coded_columns[2];
    make_column(&flat_columns[0], &coded_columns[0], first, marks, arena);
    make_column(&flat_columns[1], &coded_columns[1], second, marks, arena);
    struct batch flat = {.row_count = ROWS, .column_count = column_count, .columns = flat_columns};
    struct batch coded = {.row_count = ROWS, .column_count = column_count, .columns = coded_columns};
    check_hashes(&flat, &coded, column_count, arena);
    check_keys_come_back(&coded, column_count, arena);
    check_order(&flat, column_count);
    check_rows_come_back(&coded, arena);
    arena_destroy(arena);
}

static void every_type_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++) {
        check_columns(i, i, 1, false);
        check_columns(i, i, 1, true);
    }
}

static void pairs_of_types(void **state)
{
    (void)state;
    for (size_t i = 0; i < TYPES; i++)
        check_columns(i, below(TYPES), 2, true);
}

static void constants_hash_as_their_rows(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct vector columns[3];
    int64_t seven = 7, values[ROWS];
    uint64_t constant[ROWS], flat[ROWS];
    for (int i = 0; i < ROWS; i++)
        values[i] = 7;
    vector_init_constant(&columns[0], type_of(TYPE_INT8), &seven, arena);
    columns[1] = (struct vector){.type = type_of(TYPE_INT8), .values = values};
    vector_init_null(&columns[2], type_of(TYPE_TEXT), arena);
    struct batch b = {.row_count = ROWS, .column_count = 3, .columns = columns};
    row_hash(&b, (uint32_t[]){0, 2}, 2, constant);
    row_hash(&b, (uint32_t[]){1, 2}, 2, flat);
    assert_memory_equal(constant, flat, sizeof flat);
    uint64_t keys[ROWS], flat_keys[ROWS];
    hash_key_pack(&b, (uint32_t[]){0}, 1, 8, keys);
    hash_key_pack(&b, (uint32_t[]){1}, 1, 8, flat_keys);
    assert_memory_equal(keys, flat_keys, sizeof keys);
    assert_int_equal(keys[5], 7);
    arena_destroy(arena);
}

static void not_null_columns_need_no_flags(void **state)
{
    (void)state;
    struct column columns[] = {{"a", type_of(TYPE_INT8), true}, {"b", type_of(TYPE_INT8), true}, {"c", type_of(TYPE_INT8), false},
                               {"d", type_of(TYPE_INT4), false}, {"e", type_of(TYPE_TEXT), true}};
    struct schema schema = {5, columns};
    size_t size;
    assert_true(hash_key_is_fixed(&schema, (uint32_t[]){0}, 1, &size) && size == 8);
    assert_true(hash_key_is_fixed(&schema, (uint32_t[]){2}, 1, &size) && size == 16);
    assert_true(hash_key_is_fixed(&schema, (uint32_t[]){0, 1}, 2, &size) && size == 16);
    assert_false(hash_key_is_fixed(&schema, (uint32_t[]){0, 2}, 2, &size));
    assert_true(hash_key_is_fixed(&schema, (uint32_t[]){3}, 1, &size) && size == 8);
    assert_false(hash_key_is_fixed(&schema, (uint32_t[]){4}, 1, &size));
}

static void batch_copies_own_their_strings(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    char text[] = "a text that is longer than twelve bytes";
    struct string strings[3] = {string_make(text, sizeof text - 1), string_make("short", 5), {.size = 99}};
    struct vector column = {.type = type_of(TYPE_TEXT), .values = strings};
    vector_set_null(&column, 2, 3, arena); /* its string is never followed */
    struct batch b = {.row_count = 3, .column_count = 1, .columns = &column}, copy;
    batch_copy(&b, arena, &copy);
    memset(text, 'x', sizeof text - 1);
    assert_memory_equal(string_data(&VECTOR_STRING(&copy.columns[0])[0]), "a text that is", 14);
    assert_false(vector_is_valid(&copy.columns[0], 2));
    vector_set_null(&copy.columns[0], 0, 3, arena);
    assert_true(vector_is_valid(&column, 0));
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_alone),
        cmocka_unit_test(pairs_of_types),
        cmocka_unit_test(constants_hash_as_their_rows),
        cmocka_unit_test(not_null_columns_need_no_flags),
        cmocka_unit_test(batch_copies_own_their_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
