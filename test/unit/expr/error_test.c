/* error_test.c - the words of errors that rows keep as one byte. */
#include "expr_support.h"

static struct expr *cast_to(struct expr *e, enum type_id type, struct arena *arena)
{
    struct text_context context = test_context();
    struct expr *call;
    struct error err = {0};
    assert_int_equal(expr_cast(e, type_of(type), CAST_EXPLICIT, &context, arena, &call, &err), STATUS_OK);
    return call;
}

enum { ROWS = 300 };

/* A column of texts that are no numbers: "x0", "x1", ... */
static void fill(struct vector *column, struct arena *arena)
{
    vector_init_flat(column, type_of(TYPE_TEXT), ROWS, arena);
    for (uint32_t i = 0; i < ROWS; i++) {
        const char *text = arena_printf(arena, "x%u", (unsigned)i);
        VECTOR_STRING(column)[i] = string_make(text, strlen(text));
    }
}

/* The first errors of a run name the value, all name the call, whichever rows they are read for later. */
static void rows_say_what_failed_in_them(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct vector column, integers, dates;
    fill(&column, arena);
    struct batch in = {.row_count = ROWS, .column_count = 1, .columns = &column};
    struct error_words words;
    error_words_init(&words);
    struct evaluation evaluation = {.arena = arena, .text = test_context(), .words = &words};
    struct expr *integer = cast_to(expr_column(0, type_of(TYPE_TEXT), arena), TYPE_INT4, arena);
    struct expr *date = cast_to(expr_column(0, type_of(TYPE_TEXT), arena), TYPE_DATE, arena);
    date->position = 17;
    assert_int_equal(expr_evaluate(integer, &in, &evaluation, &integers, NULL), STATUS_OK);
    assert_int_equal(expr_evaluate(date, &in, &evaluation, &dates, NULL), STATUS_OK);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct error err = {0};
        const char *value = i < ERROR_TOLD_MAX ? arena_printf(arena, ": \"x%u\"", (unsigned)i) : "";
        assert_int_equal(row_error_status(&words, vector_error(&integers, i), &err), STATUS_INVALID_TEXT);
        assert_string_equal(err.message, arena_printf(arena, "invalid input syntax for type integer%s", value));
        assert_int_equal(row_error_status(&words, vector_error(&dates, i), &err), STATUS_INVALID_DATETIME_FORMAT);
        assert_string_equal(err.message, "invalid input syntax for type date");
        assert_int_equal(err.position, 17);
    }
    error_words_clear(&words);
    arena_destroy(arena);
}

/* Where nobody keeps words a row keeps its status, which has the usual ones. */
static void a_status_has_words_of_its_own(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct vector column, out;
    fill(&column, arena);
    struct batch in = {.row_count = ROWS, .column_count = 1, .columns = &column};
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    struct expr *integer = cast_to(expr_column(0, type_of(TYPE_TEXT), arena), TYPE_INT4, arena);
    assert_int_equal(expr_evaluate(integer, &in, &evaluation, &out, NULL), STATUS_OK);
    assert_int_equal(vector_error(&out, ROWS - 1), STATUS_INVALID_TEXT);
    struct error err = {0};
    assert_int_equal(row_error_status(NULL, STATUS_DIVISION_BY_ZERO, &err), STATUS_DIVISION_BY_ZERO);
    assert_string_equal(err.message, "division by zero");
    assert_int_equal(row_error_status(NULL, STATUS_OK, &err), STATUS_OK);
    arena_destroy(arena);
}

/* More failing calls than there are entries: the last ones fall back to their status. */
static void entries_run_out(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct error_words words;
    error_words_init(&words);
    struct error *told;
    for (int i = 0; i < ERROR_TOLD_MAX; i++) {
        assert_int_equal(error_words_add(&words, NULL, STATUS_INVALID_TEXT, &told), ERROR_CODE_MIN + i);
        assert_non_null(told);
    }
    struct expr *calls[ERROR_CALLS_MAX + 1];
    for (int i = 0; i <= ERROR_CALLS_MAX; i++) {
        calls[i] = expr_column((uint32_t)i, type_of(TYPE_INT4), arena);
        int code = error_words_add(&words, calls[i], STATUS_NUMERIC_OUT_OF_RANGE, &told);
        assert_int_equal(code, i < ERROR_CALLS_MAX ? ERROR_CODE_MIN + ERROR_TOLD_MAX + i : (int)STATUS_NUMERIC_OUT_OF_RANGE);
        assert_null(told);
        assert_int_equal(error_words_add(&words, calls[i], STATUS_NUMERIC_OUT_OF_RANGE, &told), code);
    }
    error_words_clear(&words);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_say_what_failed_in_them),
        cmocka_unit_test(a_status_has_words_of_its_own),
        cmocka_unit_test(entries_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
