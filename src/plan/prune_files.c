/* prune_files.c - comparisons of a file's column with a constant, so that row groups and files can be skipped by their statistics.
 * The predicates stay above the scan: a prune only says what surely does not match. */
#include "expr/function.h"
#include "plan/optimizer.h"

static bool find_operator(const char *name, bool mirrored, enum prune_operator *out)
{
    static const struct {
        const char *name;
        enum prune_operator straight, mirrored;
    } OPERATORS[] = {{"=", PRUNE_EQUAL, PRUNE_EQUAL},
                     {"<", PRUNE_LESS, PRUNE_GREATER},
                     {"<=", PRUNE_LESS_EQUAL, PRUNE_GREATER_EQUAL},
                     {">", PRUNE_GREATER, PRUNE_LESS},
                     {">=", PRUNE_GREATER_EQUAL, PRUNE_LESS_EQUAL}};
    for (size_t i = 0; i < sizeof OPERATORS / sizeof OPERATORS[0]; i++)
        if (strcmp(name, OPERATORS[i].name) == 0) {
            *out = mirrored ? OPERATORS[i].mirrored : OPERATORS[i].straight;
            return true;
        }
    return false;
}

/* The column below casts between whole numbers, which keep values and order. */
static const struct expr *bare_column(const struct expr *e)
{
    while (e->kind == EXPR_CALL && e->argument_count == 1 && strcmp(e->function->name, "cast") == 0 &&
           type_is_integer(e->type) && type_is_integer(e->arguments[0]->type))
        e = e->arguments[0];
    return e->kind == EXPR_COLUMN ? e : NULL;
}

/* Whether two numerics of different forms are the same number. */
static bool same_number(const struct vector *a, const struct vector *b)
{
    const struct text_context text = {time_zone_utc(), 0};
    const struct vector *values[2] = {a, b};
    struct buffer texts[2] = {{0}, {0}};
    for (int i = 0; i < 2; i++) {
        vector_format(values[i], 0, &text, &texts[i]);
        bool has_point = memchr(texts[i].data, '.', texts[i].size) != NULL;
        while (has_point && texts[i].size != 0 && strchr("0.", texts[i].data[texts[i].size - 1]) != NULL) {
            has_point = texts[i].data[texts[i].size - 1] != '.';
            texts[i].size--;
        }
    }
    bool same = bytes_equal(buffer_bytes(&texts[0]), buffer_bytes(&texts[1]));
    buffer_clear(&texts[0]);
    buffer_clear(&texts[1]);
    return same;
}

/* The constant in the column's type, if that changes nothing of its meaning. */
static bool constant_as(struct optimizer *o, struct expr *constant, struct type type, struct vector *out)
{
    struct expr *e = constant;
    if (!vector_is_valid(&constant->constant, 0))
        return false;
    bool both_numeric = type.id == TYPE_NUMERIC && constant->type.id == TYPE_NUMERIC;
    bool both_whole = type_is_integer(type) && type_is_integer(constant->type);
    if (!type_equal(constant->type, type)) {
        if (!both_numeric && !both_whole &&
            !(type_is_text(type) && type.id != TYPE_CHAR && type_is_text(constant->type) && type.length == 0))
            return false;
        if (expr_cast(constant, type, CAST_EXPLICIT, o->text, o->arena, &e, NULL) != STATUS_OK)
            return false;
        e = expr_fold(e, o->text, o->arena);
    }
    if (e->kind != EXPR_CONSTANT || !vector_is_valid(&e->constant, 0))
        return false;
    if (both_numeric && !same_number(&constant->constant, &e->constant))
        return false;
    *out = e->constant;
    return true;
}

static void add_prune(struct plan *files, const struct prune *prune, struct arena *arena)
{
    struct prune *grown = ARENA_ARRAY(arena, struct prune, files->files.prune_count + 1);
    if (files->files.prune_count != 0)
        memcpy(grown, files->files.prunes, files->files.prune_count * sizeof *grown);
    grown[files->files.prune_count++] = *prune;
    files->files.prunes = grown;
}

static void add_comparison(struct optimizer *o, struct plan *files, const struct expr *e)
{
    struct prune prune;
    if (e->kind != EXPR_CALL || e->argument_count != 2)
        return;
    bool mirrored = e->arguments[0]->kind == EXPR_CONSTANT;
    const struct expr *column = bare_column(e->arguments[mirrored ? 1 : 0]);
    struct expr *constant = e->arguments[mirrored ? 0 : 1];
    if (column == NULL || constant->kind != EXPR_CONSTANT ||
        !find_operator(e->function->name, mirrored, &prune.operator_))
        return;
    prune.column = column->column;
    if (constant_as(o, constant, files->schema.columns[prune.column].type, &prune.constant))
        add_prune(files, &prune, o->arena);
}

void files_add_prunes(struct optimizer *o, struct plan *files, const struct predicates *predicates)
{
    files->files.prune_count = 0; /* those of an earlier run stand in the filter still */
    files->files.prunes = NULL;
    for (uint32_t i = 0; i < predicates->count; i++)
        add_comparison(o, files, predicates->list[i]);
}
