/* logic_test.c - AND, OR, CASE, COALESCE, IN and filters over every mix of true, false, NULL and error. */
#include "expr_support.h"

enum truth { FALSE_, TRUE_, NULL_, ERROR_, TRUTHS };
static const char *const TEXTS[] = {"f", "t", "NULL", "!22012"};

enum { ROWS = TRUTHS * TRUTHS * TRUTHS };

/* Column c of row r holds digit c of r in base 4: all mixes of three. */
static enum truth truth_at(uint32_t row, uint32_t column)
{
    for (uint32_t i = 0; i < column; i++)
        row /= TRUTHS;
    return (enum truth)(row % TRUTHS);
}

static void set_truth(struct vector *v, uint32_t row, enum truth t, struct arena *arena)
{
    VECTOR_BOOL(v)[row] = t == TRUE_;
    if (t == NULL_)
        vector_set_null(v, row, ROWS, arena);
    if (t == ERROR_)
        vector_set_error(v, row, STATUS_DIVISION_BY_ZERO, ROWS, arena);
}

static void fill(struct vector columns[3], struct arena *arena)
{
    for (uint32_t c = 0; c < 3; c++) {
        vector_init_flat(&columns[c], type_of(TYPE_BOOL), ROWS, arena);
        for (uint32_t r = 0; r < ROWS; r++)
            set_truth(&columns[c], r, truth_at(r, c), arena);
    }
}

static enum truth combine(bool is_and, uint32_t row)
{
    enum truth decides = is_and ? FALSE_ : TRUE_;
    bool has_null = false, has_error = false;
    for (uint32_t c = 0; c < 3; c++) {
        if (truth_at(row, c) == decides)
            return decides;
        has_null |= truth_at(row, c) == NULL_;
        has_error |= truth_at(row, c) == ERROR_;
    }
    return has_error ? ERROR_ : has_null ? NULL_ : is_and ? TRUE_ : FALSE_;
}

static struct expr *list_of_columns(enum expr_kind kind, struct arena *arena)
{
    struct expr *arguments[3];
    for (uint32_t c = 0; c < 3; c++)
        arguments[c] = expr_column(c, type_of(TYPE_BOOL), arena);
    return expr_list(kind, type_of(TYPE_BOOL), arguments, 3, arena);
}

static void each_row(const struct expr *e, const struct batch *in, enum truth (*expected)(uint32_t row), struct arena *arena)
{
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    struct vector out;
    assert_int_equal(expr_evaluate(e, in, &evaluation, &out, NULL), STATUS_OK);
    for (uint32_t i = 0; i < batch_rows(in); i++)
        assert_string_equal(row_text(&out, batch_row(in, i), arena), TEXTS[expected(batch_row(in, i))]);
}

static enum truth expected_and(uint32_t row)
{
    return combine(true, row);
}
static enum truth expected_or(uint32_t row)
{
    return combine(false, row);
}
static enum truth expected_case(uint32_t row)
{
    enum truth when = truth_at(row, 0);
    return when == ERROR_ ? ERROR_ : when == TRUE_ ? truth_at(row, 1) : truth_at(row, 2);
}
static enum truth expected_coalesce(uint32_t row)
{
    for (uint32_t c = 0; c < 2; c++)
        if (truth_at(row, c) != NULL_)
            return truth_at(row, c);
    return truth_at(row, 2);
}

static void every_mix_gives_what_its_rows_say(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct vector columns[3];
    uint16_t odd[ROWS / 2];
    fill(columns, arena);
    for (uint16_t i = 0; i < ROWS / 2; i++)
        odd[i] = (uint16_t)(2 * i + 1);
    struct batch in = {.row_count = ROWS, .column_count = 3, .columns = columns};
    for (int selected = 0; selected < 2; selected++) {
        each_row(list_of_columns(EXPR_AND, arena), &in, expected_and, arena);
        each_row(list_of_columns(EXPR_OR, arena), &in, expected_or, arena);
        each_row(list_of_columns(EXPR_CASE, arena), &in, expected_case, arena);
        each_row(list_of_columns(EXPR_COALESCE, arena), &in, expected_coalesce, arena);
        in.selection = odd;
        in.selected_count = ROWS / 2;
    }
    arena_destroy(arena);
}

/* A row is dropped if any part is false or NULL; else it is in error if any part is. */
static void filters_drop_in_any_order(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct vector columns[3];
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    uint16_t selection[BATCH_ROWS_MAX];
    uint32_t count;
    const uint8_t *errors;
    fill(columns, arena);
    struct batch in = {.row_count = ROWS, .column_count = 3, .columns = columns};
    assert_int_equal(expr_filter(list_of_columns(EXPR_AND, arena), &in, &evaluation, selection, &count, &errors, NULL), STATUS_OK);
    uint32_t at = 0;
    for (uint32_t r = 0; r < ROWS; r++) {
        bool dropped = false, in_error = false;
        for (uint32_t c = 0; c < 3; c++) {
            dropped |= truth_at(r, c) == FALSE_ || truth_at(r, c) == NULL_;
            in_error |= truth_at(r, c) == ERROR_;
        }
        if (dropped)
            continue;
        assert_true(at < count);
        assert_int_equal(selection[at++], r);
        assert_int_equal(errors[r], in_error ? STATUS_DIVISION_BY_ZERO : 0);
    }
    assert_int_equal(at, count);
    arena_destroy(arena);
}

static void in_lists_follow_the_rules_of_null(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    const int32_t values[] = {5, 3, 9, 3};
    struct expr *arguments[6] = {expr_column(0, type_of(TYPE_INT4), arena)};
    for (int i = 0; i < 4; i++)
        arguments[i + 1] = expr_constant(type_of(TYPE_INT4), &values[i], arena);
    arguments[5] = expr_constant(type_of(TYPE_INT4), NULL, arena);
    struct vector column, out;
    vector_init_flat(&column, type_of(TYPE_INT4), 4, arena);
    memcpy(column.values, (int32_t[]){9, 4, 0, 3}, 16);
    vector_set_null(&column, 2, 4, arena);
    vector_set_error(&column, 3, STATUS_NUMERIC_OUT_OF_RANGE, 4, arena);
    struct batch in = {.row_count = 4, .column_count = 1, .columns = &column};
    const char *const without[] = {"t", "f", "NULL", "!22003"}, *const with[] = {"t", "NULL", "NULL", "!22003"};
    for (uint32_t null = 0; null < 2; null++) {
        struct expr *e = expr_list(EXPR_IN, type_of(TYPE_BOOL), arguments, 5 + null, arena);
        assert_int_equal(expr_evaluate(e, &in, &evaluation, &out, NULL), STATUS_OK);
        for (uint32_t r = 0; r < 4; r++)
            assert_string_equal(row_text(&out, r, arena), null ? with[r] : without[r]);
    }
    arena_destroy(arena);
}

static struct expr *bind_two(const char *name, struct expr *a, struct expr *b, struct arena *arena)
{
    struct text_context context = test_context();
    struct expr *out, *arguments[] = {a, b};
    struct error err = {0};
    assert_int_equal(function_bind(name, true, arguments, 2, 0, &context, arena, &out, &err), STATUS_OK);
    return out;
}

/* a / b > 1 over random rows equals the same row by row; errors and NULLs of garbage rows never show. */
static void nested_calls_equal_row_by_row(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    enum { MANY = 2048 };
    struct vector columns[2];
    uint64_t seed = 42;
    for (int c = 0; c < 2; c++) {
        vector_init_flat(&columns[c], type_of(TYPE_INT4), MANY, arena);
        for (uint32_t r = 0; r < MANY; r++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            VECTOR_I32(&columns[c])[r] = (int32_t)(seed >> 60) - 4;
            if (seed >> 40 & 1 && (seed >> 41 & 7) == 0)
                vector_set_null(&columns[c], r, MANY, arena);
        }
    }
    struct batch in = {.row_count = MANY, .column_count = 2, .columns = columns};
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    int32_t one = 1;
    struct expr *quotient = bind_two("/", expr_column(0, type_of(TYPE_INT4), arena), expr_column(1, type_of(TYPE_INT4), arena), arena);
    struct expr *e = bind_two(">", quotient, expr_constant(type_of(TYPE_INT4), &one, arena), arena);
    struct vector out;
    assert_int_equal(expr_evaluate(e, &in, &evaluation, &out, NULL), STATUS_OK);
    for (uint32_t r = 0; r < MANY; r++) {
        bool valid = vector_is_valid(&columns[0], r) && vector_is_valid(&columns[1], r);
        int32_t a = VECTOR_I32(&columns[0])[r], b = VECTOR_I32(&columns[1])[r];
        const char *expected = !valid ? "NULL" : b == 0 ? "!22012" : a / b > 1 ? "t" : "f";
        assert_string_equal(row_text(&out, r, arena), expected);
    }
    struct error err = {0};
    error_describe(e, STATUS_DIVISION_BY_ZERO, &err);
    assert_string_equal(err.message, "division by zero");
    arena_destroy(arena);
}

static void trees_print_compare_and_move(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct column column = {.name = "amount", .type = type_numeric(12, 2)};
    struct schema schema = {1, &column};
    int32_t limit = 10000;
    struct expr *e = bind_two(">", expr_column(0, column.type, arena), expr_constant(type_of(TYPE_INT4), &limit, arena), arena);
    struct expr *same = bind_two(">", expr_column(0, column.type, arena), expr_constant(type_of(TYPE_INT4), &limit, arena), arena);
    struct buffer text = {0};
    expr_print(e, &schema, &text);
    assert_string_equal(buffer_text(&text), "(amount > 10000)");
    assert_true(expr_equal(e, same));
    uint32_t map[] = {3};
    struct expr *moved = expr_remap(e, map, NULL, arena);
    uint64_t bits = 0;
    expr_columns_used(moved, &bits);
    assert_int_equal(bits, 8);
    assert_false(expr_equal(e, moved));
    struct buffer a = {0}, b = {0};
    expr_put_canonical(e, &a);
    expr_put_canonical(same, &b);
    assert_true(bytes_equal(buffer_bytes(&a), buffer_bytes(&b)));
    buffer_reset(&b);
    expr_put_canonical(moved, &b);
    assert_false(bytes_equal(buffer_bytes(&a), buffer_bytes(&b)));
    buffer_clear(&text);
    buffer_clear(&a);
    buffer_clear(&b);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_mix_gives_what_its_rows_say), cmocka_unit_test(filters_drop_in_any_order),
        cmocka_unit_test(in_lists_follow_the_rules_of_null), cmocka_unit_test(nested_calls_equal_row_by_row),
        cmocka_unit_test(trees_print_compare_and_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
