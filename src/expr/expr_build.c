/* expr_build.c - making trees, copying them with other columns, and looking through them. */
#include <assert.h>
#include <string.h>

#include "data/compare.h"
#include "expr/kernel.h"

static struct expr *node(enum expr_kind kind, struct type type, struct arena *arena)
{
    struct expr *e = ARENA_NEW(arena, struct expr);
    e->kind = kind;
    e->type = type;
    e->size = 1;
    return e;
}

struct expr *expr_column(uint32_t column, struct type type, struct arena *arena)
{
    struct expr *e = node(EXPR_COLUMN, type, arena);
    e->column = column;
    return e;
}

static struct string copy_string(const struct string *s, struct arena *arena)
{
    if (s->size <= STRING_INLINE_SIZE)
        return *s;
    return string_make(arena_copy_bytes(arena, string_bytes(s)), s->size);
}

/* A literal of unknown type: its vector has TYPE_NULL and a text, which no column ever has. */
static void init_unknown(struct vector *v, const struct string *text, struct arena *arena)
{
    struct string *value = ARENA_NEW(arena, struct string);
    *value = copy_string(text, arena);
    *v = (struct vector){.type = type_of(TYPE_NULL), .form = VECTOR_CONSTANT, .values = value};
}

struct expr *expr_constant(struct type type, const void *value, struct arena *arena)
{
    struct expr *e = node(EXPR_CONSTANT, type, arena);
    if (value == NULL) {
        vector_init_null(&e->constant, type, arena);
    } else if (type.id == TYPE_NULL) {
        init_unknown(&e->constant, value, arena);
    } else if (type_is_string(type)) {
        struct string copy = copy_string(value, arena);
        vector_init_constant(&e->constant, type, &copy, arena);
    } else {
        vector_init_constant(&e->constant, type, value, arena);
    }
    return e;
}

static void count_nodes(struct expr *e)
{
    uint64_t size = 1;
    for (uint32_t i = 0; i < (e->kind == EXPR_IN ? 1 : e->argument_count); i++)
        size += e->arguments[i]->size;
    e->size = size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static struct expr *with_arguments(struct expr *e, struct expr **arguments, uint32_t count, struct arena *arena)
{
    e->argument_count = count;
    e->arguments = arena_alloc(arena, count * sizeof *arguments);
    if (count != 0)
        memcpy(e->arguments, arguments, count * sizeof *arguments);
    count_nodes(e);
    return e;
}

struct expr *expr_call(const struct function *f, struct type type, struct expr **arguments, uint32_t count,
                       struct arena *arena)
{
    struct expr *e = with_arguments(node(EXPR_CALL, type, arena), arguments, count, arena);
    assert(f != NULL);
    e->function = f;
    return e;
}

struct expr *expr_list(enum expr_kind kind, struct type type, struct expr **arguments, uint32_t count, struct arena *arena)
{
    assert(kind == EXPR_AND || kind == EXPR_OR || kind == EXPR_CASE || kind == EXPR_COALESCE || kind == EXPR_IN);
    assert(count > 0 && (kind != EXPR_CASE || count % 2 == 1));
    struct expr *e = with_arguments(node(kind, type, arena), arguments, count, arena);
    if (kind == EXPR_IN)
        e->in_list = in_list_create(e->arguments, count, arena);
    return e;
}

/* ---- looking ---- */

static bool constant_equal(const struct vector *a, const struct vector *b)
{
    bool valid = vector_is_valid(a, 0);
    if (valid != vector_is_valid(b, 0))
        return false;
    if (!valid)
        return true;
    if (type_is_string(a->type) || a->type.id == TYPE_NULL)
        return string_equal(a->values, b->values);
    return memcmp(a->values, b->values, type_size(a->type)) == 0;
}

bool expr_equal(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind || !type_equal(a->type, b->type) || a->argument_count != b->argument_count)
        return false;
    if (a->kind == EXPR_COLUMN && a->column != b->column)
        return false;
    if (a->kind == EXPR_CONSTANT && !constant_equal(&a->constant, &b->constant))
        return false;
    if (a->kind == EXPR_CALL && a->function != b->function)
        return false;
    for (uint32_t i = 0; i < a->argument_count; i++)
        if (!expr_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

bool expr_is_constant(const struct expr *e)
{
    return e->kind == EXPR_CONSTANT;
}

bool expr_is_volatile(const struct expr *e)
{
    if (e->kind == EXPR_CALL && e->function->volatility == VOLATILITY_VOLATILE)
        return true;
    for (uint32_t i = 0; i < e->argument_count; i++)
        if (expr_is_volatile(e->arguments[i]))
            return true;
    return false;
}

void expr_columns_used(const struct expr *e, uint64_t *bits)
{
    if (e->kind == EXPR_COLUMN)
        bit_set(bits, e->column);
    for (uint32_t i = 0; i < e->argument_count; i++)
        expr_columns_used(e->arguments[i], bits);
}

struct expr *expr_remap(const struct expr *e, const uint32_t *map, struct expr *const *by_column, struct arena *arena)
{
    if (e->kind == EXPR_COLUMN && by_column != NULL && by_column[e->column] != NULL)
        return by_column[e->column];
    struct expr *copy = arena_alloc(arena, sizeof *copy);
    *copy = *e;
    if (e->kind == EXPR_COLUMN && map != NULL)
        copy->column = map[e->column];
    if (e->argument_count != 0) {
        copy->arguments = ARENA_ARRAY(arena, struct expr *, e->argument_count);
        for (uint32_t i = 0; i < e->argument_count; i++)
            copy->arguments[i] = expr_remap(e->arguments[i], map, by_column, arena);
        count_nodes(copy);
    }
    return copy;
}

/* ---- folding ---- */

static bool is_foldable(const struct expr *e)
{
    if (e->kind == EXPR_CALL && e->function->volatility != VOLATILITY_IMMUTABLE)
        return false;
    for (uint32_t i = 0; i < e->argument_count; i++)
        if (!expr_is_constant(e->arguments[i]))
            return false;
    return e->argument_count != 0;
}

struct expr *expr_fold(struct expr *e, const struct text_context *text, struct arena *arena)
{
    for (uint32_t i = 0; i < e->argument_count; i++)
        e->arguments[i] = expr_fold(e->arguments[i], text, arena);
    if (!is_foldable(e))
        return e;
    struct evaluation evaluation = {.arena = arena, .text = *text};
    const struct batch one_row = {.row_count = 1};
    struct vector v;
    if (expr_evaluate(e, &one_row, &evaluation, &v, NULL) != STATUS_OK || vector_error(&v, 0) != STATUS_OK)
        return e;
    struct expr *folded = expr_constant(e->type, vector_is_valid(&v, 0) ? vector_value(&v, 0) : NULL, arena);
    folded->position = e->position;
    return folded;
}
