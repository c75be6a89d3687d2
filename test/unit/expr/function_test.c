/* function_test.c - functions by name, over every form of vector, against answers of PostgreSQL 15.
 *
 * function_cases.inc holds {name, answer, arguments}; an answer that begins with '!' is a SQLSTATE. Arguments are "type:text";
 * of type unknown they are literals as '...' in a statement.
 */
#include "expr_support.h"

struct function_case {
    const char *name;
    const char *answer;
    const char *arguments[8];
};
static const struct function_case CASES[] = {
#include "function_cases.inc"
};
/* "cast": the value and the type that it is explicitly cast to. */
static const struct function_case CASTS[] = {
#include "cast_cases.inc"
};
enum { CASE_COUNT = sizeof CASES / sizeof *CASES, CAST_COUNT = sizeof CASTS / sizeof *CASTS };

struct setup {
    struct arena *arena;
    struct vector columns[8]; /* one row each */
    struct expr *arguments[8];
    uint32_t count;
};

static struct type argument_type(const char *spec, const char **text, struct arena *arena)
{
    const char *colon = strchr(spec, ':');
    struct type type;
    struct error err = {0};
    char *name = arena_printf(arena, "%.*s", (int)(colon - spec), spec);
    if (type_from_text(name, &type, &err) != STATUS_OK) {
        print_error("%s: %s\n", spec, err.message);
        fail();
    }
    *text = strcmp(colon + 1, "NULL") == 0 ? NULL : colon + 1;
    return type;
}

/* Typed arguments become columns, literals stay constants. */
static void set_up(struct setup *s, const struct function_case *c, struct arena *arena)
{
    bool is_cast = strcmp(c->name, "cast") == 0;
    *s = (struct setup){.arena = arena};
    for (; s->count < (is_cast ? 1 : 8) && c->arguments[s->count] != NULL; s->count++) {
        const char *spec = c->arguments[s->count];
        if (strcmp(spec, "NULL") == 0) {
            s->arguments[s->count] = expr_constant(type_of(TYPE_NULL), NULL, arena);
            continue;
        }
        const char *text;
        struct type type = argument_type(spec, &text, arena);
        if (type.id == TYPE_NULL) {
            struct string literal = string_make(text, strlen(text));
            s->arguments[s->count] = expr_constant(type, &literal, arena);
            continue;
        }
        s->columns[s->count] = value_from_text(type, text, arena);
        s->arguments[s->count] = expr_column(s->count, type, arena);
    }
}

static enum status bind_case(const struct function_case *c, const struct setup *s, struct expr **out, struct error *err)
{
    struct text_context context = test_context();
    struct expr *arguments[8];
    memcpy(arguments, s->arguments, sizeof arguments);
    if (strcmp(c->name, "cast") == 0) {
        struct type type;
        assert_int_equal(type_from_text(c->arguments[1], &type, err), STATUS_OK);
        return expr_cast(arguments[0], type, CAST_EXPLICIT, &context, s->arena, out, err);
    }
    bool is_word = (c->name[0] >= 'a' && c->name[0] <= 'z') || c->name[0] == '_';
    return function_bind(c->name, !is_word, arguments, s->count, 7, &context, s->arena, out, err);
}

static const char *evaluate_row(const struct expr *e, const struct batch *in, size_t row, struct arena *arena)
{
    struct evaluation evaluation = {.arena = arena, .text = test_context()};
    struct vector out;
    struct error err = {0};
    assert_int_equal(expr_evaluate(e, in, &evaluation, &out, &err), STATUS_OK);
    assert_int_equal(out.type.id, e->type.id);
    return row_text(&out, row, arena);
}

/* The value in the middle of three rows, whose others are NULL or the same bits unselected. */
static struct vector spread(const struct vector *v, bool dictionary, struct arena *arena)
{
    struct vector wide;
    size_t size = type_size(v->type);
    vector_init_flat(&wide, v->type, 3, arena);
    for (size_t i = 0; i < 3; i++)
        memcpy((char *)wide.values + i * size, v->values, size);
    if (dictionary) {
        uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, 3);
        wide.form = VECTOR_DICTIONARY;
        wide.dictionary_size = 2;
        indexes[1] = 1;
        wide.indexes = indexes;
    }
    vector_set_null(&wide, 0, 3, arena);
    if (!vector_is_valid(v, 0))
        vector_set_null(&wide, 1, 3, arena);
    return wide;
}

static const char *in_three_rows(const struct expr *e, const struct setup *s, bool dictionary, bool selected)
{
    static const uint16_t middle[] = {1};
    struct vector columns[8];
    for (uint32_t i = 0; i < s->count; i++)
        if (s->columns[i].values != NULL)
            columns[i] = spread(&s->columns[i], dictionary, s->arena);
    struct batch in = {.row_count = 3, .column_count = s->count, .columns = columns};
    if (selected) {
        in.selection = middle;
        in.selected_count = 1;
    }
    return evaluate_row(e, &in, 1, s->arena);
}

static const char *as_constants(const struct expr *e, struct setup *s)
{
    struct vector columns[8];
    memcpy(columns, s->columns, sizeof columns);
    for (uint32_t i = 0; i < s->count; i++)
        columns[i].form = VECTOR_CONSTANT;
    struct batch in = {.row_count = 2, .column_count = s->count, .columns = columns};
    return evaluate_row(e, &in, 1, s->arena);
}

static int report(const struct function_case *c, const char *form, const char *got)
{
    if (strcmp(got, c->answer) == 0)
        return 0;
    print_error("%s(%s, %s, %s) as %s: '%s', not '%s'\n", c->name, c->arguments[0], c->arguments[1], c->arguments[2], form, got,
                c->answer);
    return 1;
}

static int check_case(const struct function_case *c, struct arena *arena)
{
    struct setup s;
    struct expr *e;
    struct error err = {0};
    set_up(&s, c, arena);
    enum status st = bind_case(c, &s, &e, &err);
    if (st != STATUS_OK)
        return report(c, "binding", arena_printf(arena, "!%s", status_sqlstate(st)));
    struct batch in = {.row_count = 1, .column_count = s.count, .columns = s.columns};
    int wrong = report(c, "one row", evaluate_row(e, &in, 0, arena));
    if (wrong)
        return wrong;
    wrong += report(c, "constants", as_constants(e, &s));
    wrong += report(c, "three rows", in_three_rows(e, &s, false, false));
    wrong += report(c, "a selected row", in_three_rows(e, &s, false, true));
    wrong += report(c, "a dictionary", in_three_rows(e, &s, true, false));
    return wrong;
}

static void answers_are_those_of_postgresql(void **state)
{
    (void)state;
    int wrong = 0;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < CASE_COUNT + CAST_COUNT; i++) {
        wrong += check_case(i < CASE_COUNT ? &CASES[i] : &CASTS[i - CASE_COUNT], arena);
        arena_reset(arena);
    }
    arena_destroy(arena);
    assert_int_equal(wrong, 0);
}

static const struct {
    struct function_case call;
    const char *message, *hint;
} MESSAGES[] = {
    {{"foo", "!42883", {"int4:1"}}, "function foo(integer) does not exist",
     "No function matches the given name and argument types. You might need to add explicit type casts."},
    {{"substr", "!42883", {"varchar(9):abc"}}, "function substr(character varying) does not exist",
     "No function matches the given name and argument types. You might need to add explicit type casts."},
    {{"+", "!42883", {"text:a", "int4:1"}}, "operator does not exist: text + integer",
     "No operator matches the given name and argument types. You might need to add explicit type casts."},
    {{"-", "!42883", {"text:a"}}, "operator does not exist: - text",
     "No operator matches the given name and argument type. You might need to add an explicit type cast."},
    {{"+", "!42725", {"unknown:1", "unknown:2"}}, "operator is not unique: unknown + unknown",
     "Could not choose a best candidate operator. You might need to add explicit type casts."},
    {{"=", "!42883", {"timestamp:2024-01-01", "int4:1"}}, "operator does not exist: timestamp without time zone = integer",
     "No operator matches the given name and argument types. You might need to add explicit type casts."},
    {{"+", "!22P02", {"unknown:x", "int4:2"}}, "invalid input syntax for type integer: \"x\"", ""},
    {{"greatest", "!42804", {"int4:1", "text:a"}}, "GREATEST types integer and text cannot be matched", ""},
};

static void refusals_are_worded_as_postgresql_does(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    for (size_t i = 0; i < sizeof MESSAGES / sizeof *MESSAGES; i++) {
        struct setup s;
        struct expr *e;
        struct error err = {0};
        set_up(&s, &MESSAGES[i].call, arena);
        enum status st = bind_case(&MESSAGES[i].call, &s, &e, &err);
        assert_string_equal(status_sqlstate(st), MESSAGES[i].call.answer + 1);
        assert_string_equal(err.message, MESSAGES[i].message);
        assert_string_equal(err.hint, MESSAGES[i].hint);
    }
    arena_destroy(arena);
}

static void the_table_is_well_formed(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++) {
        const struct function *f = &FUNCTIONS[i];
        assert_non_null(f->kernel);
        assert_true(f->argument_count <= FUNCTION_ARGUMENTS_MAX);
        assert_true(f->summary[0] != '\0');
        for (uint32_t j = 0; j < i; j++) {
            bool same = strcmp(f->name, FUNCTIONS[j].name) == 0 && f->argument_count == FUNCTIONS[j].argument_count
                && memcmp(f->arguments, FUNCTIONS[j].arguments, sizeof f->arguments) == 0;
            assert_false(same);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_well_formed),
        cmocka_unit_test(answers_are_those_of_postgresql),
        cmocka_unit_test(refusals_are_worded_as_postgresql_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
