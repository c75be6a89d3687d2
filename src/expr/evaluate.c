/* evaluate.c - the walk over a tree: calls with their NULLs, errors and dictionaries.
 *
 * What a kernel need not know is settled here. Before it runs, `in` is narrowed
 * to the live rows; a call over constants runs for one row; a call of one
 * dictionary and constants runs over the dictionary. Afterwards the NULLs and
 * the errors of the arguments are put into the result. An argument's error
 * beats another's NULL, and the first argument's error beats the second's: all
 * arguments are computed before a call, so this is what PostgreSQL reports.
 */
#include <assert.h>
#include <string.h>

#include "expr/error.h"
#include "expr/kernel.h"
#include "expr/logic.h"

struct operand operand_of(const struct vector *v, const struct batch *in, struct arena *arena)
{
    if (v->form != VECTOR_DICTIONARY)
        return (struct operand){v->values, v->form == VECTOR_CONSTANT};
    size_t size = type_size(v->type);
    char *flat = arena_alloc(arena, in->row_count * size);
    FOR_EACH_ROW (in, row)
        memcpy(flat + row * size, (const char *)v->values + v->indexes[row] * size, size);
    return (struct operand){flat, false};
}

static bool has_nulls_by_row(const struct vector *v)
{
    return v->form != VECTOR_CONSTANT && v->validity != NULL;
}
static bool has_errors_by_row(const struct vector *v)
{
    return v->form != VECTOR_CONSTANT && v->errors != NULL;
}
static bool is_constant_null(const struct vector *v)
{
    return v->form == VECTOR_CONSTANT && !vector_is_valid(v, 0);
}

/* Whether the row takes part in a call: no argument in error, and none NULL if that decides the call. */
static bool row_is_live(const struct vector *arguments, uint32_t count, bool strict, uint32_t row)
{
    for (uint32_t i = 0; i < count; i++) {
        if (vector_error(&arguments[i], row) != STATUS_OK)
            return false;
        if (strict && !vector_is_valid(&arguments[i], row))
            return false;
    }
    return true;
}

static void narrow_to_live(const struct vector *arguments, uint32_t count, bool strict, const struct batch *in,
                           struct arena *arena, struct batch *live)
{
    *live = *in;
    bool all_live = true;
    for (uint32_t i = 0; i < count && all_live; i++)
        all_live = !has_errors_by_row(&arguments[i]) && (!strict || !has_nulls_by_row(&arguments[i]));
    if (all_live)
        return;
    uint16_t *selection = arena_alloc(arena, in->row_count * sizeof *selection);
    uint32_t live_count = 0;
    FOR_EACH_ROW (in, row) {
        selection[live_count] = (uint16_t)row;
        live_count += row_is_live(arguments, count, strict, row);
    }
    live->selection = selection;
    live->selected_count = live_count;
}

static void merge_validity(const struct vector *from, size_t row_count, struct vector *out, struct arena *arena)
{
    if (!has_nulls_by_row(from))
        return;
    size_t words = (row_count + 63) / 64;
    uint64_t *merged = arena_alloc(arena, words * sizeof *merged);
    if (out->validity == NULL)
        memcpy(merged, from->validity, words * sizeof *merged);
    else
        for (size_t i = 0; i < words; i++)
            merged[i] = out->validity[i] & from->validity[i];
    out->validity = merged;
}

static void merge_errors(const struct vector *from, const struct batch *in, struct vector *out, struct arena *arena)
{
    if (!has_errors_by_row(from))
        return;
    FOR_EACH_ROW (in, row)
        if (from->errors[row] != 0 && vector_error(out, row) == STATUS_OK)
            vector_set_error(out, row, (enum status)from->errors[row], in->row_count, arena);
}

static void merge_arguments(const struct expr *e, const struct vector *arguments, const struct batch *in,
                            struct arena *arena, struct vector *out)
{
    for (uint32_t i = 0; i < e->argument_count; i++) {
        if (e->function->strict)
            merge_validity(&arguments[i], in->row_count, out, arena);
        merge_errors(&arguments[i], in, out, arena);
    }
}

/* Flat, with room for every row, all NULL. */
static void init_all_null(struct vector *v, struct type type, size_t row_count, struct arena *arena)
{
    vector_init_flat(v, type, row_count, arena);
    memset(v->values, 0, row_count * type_size(type));
    v->validity = arena_alloc_zero(arena, (row_count + 63) / 64, sizeof *v->validity);
}

static void constant_error(struct vector *out, struct type type, enum status st, struct arena *arena)
{
    vector_init_null(out, type, arena);
    out->errors = arena_alloc_zero(arena, 16, 1);
    out->errors[0] = (uint8_t)st;
}

/* Decides a call from its constant arguments alone. An error there is every row's, unless an earlier argument has its own. */
static bool settle_by_constants(const struct expr *e, const struct vector *arguments, const struct batch *in,
                                struct arena *arena, struct vector *out)
{
    bool is_null = false;
    bool errors_by_row = false;
    for (uint32_t i = 0; i < e->argument_count; i++) {
        if (arguments[i].form == VECTOR_CONSTANT && vector_error(&arguments[i], 0) != STATUS_OK && !errors_by_row) {
            constant_error(out, e->type, vector_error(&arguments[i], 0), arena);
            return true;
        }
        is_null |= e->function->strict && is_constant_null(&arguments[i]);
        errors_by_row |= arguments[i].errors != NULL;
    }
    if (!is_null)
        return false;
    if (!errors_by_row) {
        vector_init_null(out, e->type, arena);
        return true;
    }
    init_all_null(out, e->type, in->row_count, arena);
    FOR_EACH_ROW (in, row)
        for (uint32_t i = 0; i < e->argument_count; i++)
            if (vector_error(&arguments[i], row) != STATUS_OK && vector_error(out, row) == STATUS_OK)
                vector_set_error(out, row, vector_error(&arguments[i], row), in->row_count, arena);
    return true;
}

static bool is_float_zero(const struct vector *v, uint32_t row)
{
    return (v->type.id == TYPE_FLOAT8 && VECTOR_F64(v)[row] == 0) || (v->type.id == TYPE_FLOAT4 && VECTOR_F32(v)[row] == 0);
}

/* The words of the error that the kernel raised in a row: the row is computed once more, now to say why. */
static void tell(const struct expr *e, const struct vector *arguments, const struct batch *in, uint32_t row,
                 const struct evaluation *evaluation, enum status st, struct error *told)
{
    uint16_t selection = (uint16_t)row;
    struct batch one = *in;
    one.selection = &selection;
    one.selected_count = 1;
    struct evaluation again = *evaluation;
    again.words = NULL;
    again.error = told;
    struct vector result;
    e->function->kernel(e, arguments, &one, &again, &result);
    if (told->message[0] == '\0' && st == STATUS_NUMERIC_OUT_OF_RANGE && is_float_zero(&result, row))
        st = error_set(told, st, "value out of range: underflow");
    if (told->message[0] == '\0')
        error_describe(e, st, told);
    told->status = st;
    if (told->position == 0)
        told->position = e->position;
}

/* Runs the kernel over live rows, and gives the errors that it raises their words. */
static void run_kernel(const struct expr *e, const struct vector *arguments, const struct batch *in, struct evaluation *evaluation,
                       struct vector *out)
{
    e->function->kernel(e, arguments, in, evaluation, out);
    if (evaluation->words == NULL || out->errors == NULL)
        return;
    FOR_EACH_ROW (in, row) {
        enum status st = vector_error(out, row);
        if (st == STATUS_OK)
            continue;
        struct error *told;
        out->errors[vector_row(out, row)] = error_words_add(evaluation->words, e, st, &told);
        if (told != NULL)
            tell(e, arguments, in, row, evaluation, st, told);
    }
}

/* The flat result for one row as a constant. */
static void to_constant(struct vector *v)
{
    v->form = VECTOR_CONSTANT;
}

static void call_over_constants(const struct expr *e, const struct vector *arguments, struct evaluation *evaluation,
                                struct vector *out)
{
    const struct batch one_row = {.row_count = 1};
    run_kernel(e, arguments, &one_row, evaluation, out);
    to_constant(out);
}

/* The argument that is a dictionary when all others are constants and the dictionary is shorter than the rows; else -1. */
static int dictionary_argument(const struct expr *e, const struct vector *arguments, const struct batch *in)
{
    int found = -1;
    if (!e->function->strict || e->function->volatility == VOLATILITY_VOLATILE)
        return -1;
    for (uint32_t i = 0; i < e->argument_count; i++) {
        if (arguments[i].form == VECTOR_CONSTANT)
            continue;
        if (arguments[i].form == VECTOR_FLAT || found >= 0)
            return -1;
        found = (int)i;
    }
    return found >= 0 && arguments[found].dictionary_size <= batch_rows(in) ? found : -1;
}

/* The dictionary's values that live rows show; the others need not be values at all (of a column with NULLs, the slots of these). */
static void select_shown_values(const struct vector *rows, const struct batch *in, struct arena *arena, struct batch *values)
{
    uint8_t *is_shown = arena_alloc_zero(arena, rows->dictionary_size, 1);
    uint16_t *selection = arena_alloc(arena, rows->dictionary_size * sizeof *selection);
    *values = (struct batch){.row_count = rows->dictionary_size, .selection = selection};
    FOR_EACH_ROW (in, row)
        if (row_is_live(rows, 1, true, row))
            is_shown[rows->indexes[row]] = 1;
    for (uint32_t i = 0; i < rows->dictionary_size; i++) {
        selection[values->selected_count] = (uint16_t)i;
        values->selected_count += is_shown[i];
    }
}

/* What the kernel has not set becomes the empty string: whoever walks over a whole dictionary may follow its pointers. */
static void clear_unset_strings(struct vector *v, const struct batch *values)
{
    struct string *strings = VECTOR_STRING(v);
    for (uint32_t i = 0, next = 0; i < values->row_count; i++) {
        bool is_set = next < values->selected_count && values->selection[next] == i;
        next += is_set;
        if (!is_set || !vector_is_valid(v, i) || vector_error(v, i) != STATUS_OK)
            strings[i] = (struct string){0};
    }
}

/* Runs the kernel once per dictionary value; NULLs and errors of the results go to the rows that show them. */
static void call_over_dictionary(const struct expr *e, struct vector *arguments, uint32_t dictionary,
                                 const struct batch *in, struct evaluation *evaluation, struct vector *out)
{
    const struct vector rows = arguments[dictionary];
    struct batch values;
    select_shown_values(&rows, in, evaluation->arena, &values);
    arguments[dictionary] = (struct vector){.type = rows.type, .form = VECTOR_FLAT, .values = rows.values};
    struct vector by_value;
    run_kernel(e, arguments, &values, evaluation, &by_value);
    arguments[dictionary] = rows;
    bool is_own = by_value.values != rows.values; /* else the dictionary itself, which others read too */
    if (type_is_string(e->type) && by_value.form == VECTOR_FLAT && is_own)
        clear_unset_strings(&by_value, &values);
    *out = (struct vector){.type = e->type, .form = VECTOR_DICTIONARY, .dictionary_size = rows.dictionary_size,
                           .values = by_value.values, .indexes = rows.indexes};
    if (by_value.validity == NULL && by_value.errors == NULL)
        return;
    FOR_EACH_ROW (in, row) {
        if (!row_is_live(&rows, 1, true, row))
            continue;
        enum status st = vector_error(&by_value, rows.indexes[row]);
        if (st != STATUS_OK)
            vector_set_error(out, row, st, in->row_count, evaluation->arena);
        else if (!vector_is_valid(&by_value, rows.indexes[row]))
            vector_set_null(out, row, in->row_count, evaluation->arena);
    }
}

static bool all_constant(const struct vector *arguments, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].form != VECTOR_CONSTANT)
            return false;
    return true;
}

static void call_with(const struct expr *e, struct vector *arguments, const struct batch *in,
                      struct evaluation *evaluation, struct vector *out)
{
    const struct function *f = e->function;
    if (settle_by_constants(e, arguments, in, evaluation->arena, out))
        return;
    if (all_constant(arguments, e->argument_count) && f->volatility != VOLATILITY_VOLATILE) {
        call_over_constants(e, arguments, evaluation, out);
        return;
    }
    int dictionary = dictionary_argument(e, arguments, in);
    if (dictionary >= 0) {
        call_over_dictionary(e, arguments, (uint32_t)dictionary, in, evaluation, out);
    } else {
        struct batch live;
        narrow_to_live(arguments, e->argument_count, f->strict, in, evaluation->arena, &live);
        run_kernel(e, arguments, &live, evaluation, out);
    }
    merge_arguments(e, arguments, in, evaluation->arena, out);
}

static enum status evaluate_call(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                                 struct vector *out, struct error *err)
{
    struct vector few[FUNCTION_ARGUMENTS_MAX];
    struct vector *arguments = few;
    if (e->argument_count > FUNCTION_ARGUMENTS_MAX)
        arguments = ARENA_ARRAY(evaluation->arena, struct vector, e->argument_count);
    for (uint32_t i = 0; i < e->argument_count; i++)
        TRY(expr_evaluate(e->arguments[i], in, evaluation, &arguments[i], err));
    call_with(e, arguments, in, evaluation, out);
    return STATUS_OK;
}

static enum status evaluate_in(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                               struct vector *out, struct error *err)
{
    struct vector value;
    TRY(expr_evaluate(e->arguments[0], in, evaluation, &value, err));
    in_list_evaluate(e, &value, in, evaluation, out);
    return STATUS_OK;
}

enum status expr_evaluate(const struct expr *e, const struct batch *in, struct evaluation *evaluation,
                          struct vector *out, struct error *err)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        assert(e->column < in->column_count && in->columns[e->column].values != NULL);
        *out = in->columns[e->column];
        return STATUS_OK;
    case EXPR_CONSTANT:
        *out = e->constant;
        return STATUS_OK;
    case EXPR_CALL:
        return evaluate_call(e, in, evaluation, out, err);
    case EXPR_AND:
    case EXPR_OR:
        return logic_evaluate(e, in, evaluation, out, err);
    case EXPR_CASE:
        return case_evaluate(e, in, evaluation, out, err);
    case EXPR_COALESCE:
        return coalesce_evaluate(e, in, evaluation, out, err);
    case EXPR_IN:
        return evaluate_in(e, in, evaluation, out, err);
    }
    return error_set(err, STATUS_INTERNAL, "expression of unknown kind %d", (int)e->kind);
}
