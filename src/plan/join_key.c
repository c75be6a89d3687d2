/* join_key.c - equalities between the sides of a join become its keys. */
#include "expr/function.h"
#include "plan/optimizer.h"

/* Columns added to one side to compute its keys. */
struct key_side {
    struct plan *input;
    struct expr **added;
    uint32_t added_count;
    uint32_t *keys;
};

static bool is_equality(const struct expr *e, const char *name)
{
    return e->kind == EXPR_CALL && e->argument_count == 2 && strcmp(e->function->name, name) == 0;
}

static uint32_t key_column(struct key_side *side, struct expr *e)
{
    if (e->kind == EXPR_COLUMN)
        return e->column;
    for (uint32_t i = 0; i < side->added_count; i++)
        if (expr_equal(side->added[i], e))
            return side->input->schema.column_count + i;
    side->added[side->added_count++] = e;
    return side->input->schema.column_count + side->added_count - 1;
}

/* Both sides in one type: a key is compared by its bytes. False: there is none. */
static bool unify(struct optimizer *o, struct expr **left, struct expr **right)
{
    struct type types[2] = {(*left)->type, (*right)->type};
    struct type common;
    if (type_equal(types[0], types[1]))
        return true;
    return type_common(types, 2, "JOIN", &common, NULL) == STATUS_OK &&
           expr_cast(*left, common, CAST_IMPLICIT, o->text, o->arena, left, NULL) == STATUS_OK &&
           expr_cast(*right, common, CAST_IMPLICIT, o->text, o->arena, right, NULL) == STATUS_OK;
}

static bool take_key(struct optimizer *o, struct key_side sides[2], uint32_t count, const struct expr *e,
                     uint32_t left_count)
{
    enum side first = expr_side(e->arguments[0], left_count);
    enum side second = expr_side(e->arguments[1], left_count);
    bool straight = first == SIDE_LEFT && second == SIDE_RIGHT;
    if (!straight && !(first == SIDE_RIGHT && second == SIDE_LEFT))
        return false;
    struct expr *left = e->arguments[straight ? 0 : 1];
    struct expr *right = expr_shift(e->arguments[straight ? 1 : 0], left_count, o->arena);
    if (expr_is_volatile(e) || !unify(o, &left, &right))
        return false;
    sides[0].keys[count] = key_column(&sides[0], left);
    sides[1].keys[count] = key_column(&sides[1], right);
    return true;
}

static struct plan *with_added(struct optimizer *o, const struct key_side *side)
{
    if (side->added_count == 0)
        return side->input;
    const struct schema *own = &side->input->schema;
    struct schema schema = {own->column_count + side->added_count, NULL};
    struct expr **expressions = ARENA_ARRAY(o->arena, struct expr *, schema.column_count);
    schema.columns = ARENA_ARRAY(o->arena, struct column, schema.column_count);
    for (uint32_t i = 0; i < schema.column_count; i++) {
        bool is_own = i < own->column_count;
        expressions[i] = is_own ? expr_column(i, own->columns[i].type, o->arena) : side->added[i - own->column_count];
        if (is_own) {
            schema.columns[i] = own->columns[i];
            continue;
        }
        struct buffer text = {0};
        expr_print(expressions[i], own, &text);
        schema.columns[i] = (struct column){arena_copy_text(o->arena, buffer_text(&text)), expressions[i]->type, false};
        buffer_clear(&text);
    }
    return make_project(side->input, expressions, &schema, o->arena);
}

/* The join's columns without those added for keys. */
static struct plan *restore(struct optimizer *o, const struct plan *join, struct plan *wide, uint32_t left_count,
                            uint32_t left_added)
{
    struct expr **expressions = ARENA_ARRAY(o->arena, struct expr *, join->schema.column_count + 1);
    for (uint32_t i = 0; i < join->schema.column_count; i++)
        expressions[i] = expr_column(i < left_count ? i : i + left_added, join->schema.columns[i].type, o->arena);
    return make_project(wide, expressions, &join->schema, o->arena);
}

static void set_schema(struct optimizer *o, struct plan *join)
{
    const struct schema *left = &join->inputs[0]->schema;
    const struct schema *right = &join->inputs[1]->schema;
    if (join->join.kind == JOIN_SEMI || join->join.kind == JOIN_ANTI) {
        join->schema = *left;
        return;
    }
    join->schema.column_count = left->column_count + right->column_count;
    join->schema.columns = ARENA_ARRAY(o->arena, struct column, join->schema.column_count + 1);
    for (uint32_t i = 0; i < join->schema.column_count; i++) {
        join->schema.columns[i] = i < left->column_count ? left->columns[i] : right->columns[i - left->column_count];
        if (join->join.kind == JOIN_LEFT && i >= left->column_count)
            join->schema.columns[i].not_null = false;
    }
}

/* Keys of = if there is one; else of IS NOT DISTINCT FROM: NULL is equal in all keys of a join or in none. */
static void take_keys(struct optimizer *o, struct key_side sides[2], const struct predicates *conditions,
                      uint32_t left_count, struct plan *join, struct predicates *rest)
{
    static const char *const NAMES[] = {"=", "is_not_distinct_from"};
    for (int n = 0; n < 2 && join->join.key_count == 0; n++) {
        *rest = (struct predicates){0};
        for (uint32_t i = 0; i < conditions->count; i++) {
            struct expr *e = conditions->list[i];
            if (is_equality(e, NAMES[n]) && take_key(o, sides, join->join.key_count, e, left_count))
                join->join.key_count++;
            else
                predicates_add(rest, e, o->arena);
        }
        join->join.null_equal = n == 1 && join->join.key_count != 0;
    }
}

enum status join_with_keys(struct optimizer *o, const struct plan *join, struct plan *left, struct plan *right,
                           const struct predicates *conditions, struct plan **out)
{
    uint32_t left_count = left->schema.column_count;
    uint32_t room = conditions->count + join->join.key_count + 1;
    struct key_side sides[2] = {{.input = left}, {.input = right}};
    struct plan *p = plan_create(PLAN_JOIN, 2, o->arena);
    struct predicates rest = {0};
    for (int i = 0; i < 2; i++) {
        sides[i].added = ARENA_ARRAY(o->arena, struct expr *, room);
        sides[i].keys = ARENA_ARRAY(o->arena, uint32_t, room);
    }
    p->join.kind = join->join.kind;
    p->position = join->position;
    if (join->join.key_count != 0) { /* optimized before: keys stay, more may come in beside them only if they are = */
        p->join.null_equal = join->join.null_equal;
        p->join.key_count = join->join.key_count;
        memcpy(sides[0].keys, join->join.left_keys, join->join.key_count * sizeof(uint32_t));
        memcpy(sides[1].keys, join->join.right_keys, join->join.key_count * sizeof(uint32_t));
        rest = *conditions;
    } else {
        take_keys(o, sides, conditions, left_count, p, &rest);
    }
    for (int i = 0; i < 2; i++)
        p->inputs[i] = with_added(o, &sides[i]);
    p->join.left_keys = sides[0].keys;
    p->join.right_keys = sides[1].keys;
    set_schema(o, p);
    struct expr *condition = predicates_join(&rest, o->arena);
    if (condition != NULL && sides[0].added_count != 0) { /* the right's columns have moved */
        uint32_t *map = ARENA_ARRAY(o->arena, uint32_t, left_count + right->schema.column_count + 1);
        for (uint32_t i = 0; i < left_count + right->schema.column_count; i++)
            map[i] = i < left_count ? i : i + sides[0].added_count;
        condition = expr_remap(condition, map, NULL, o->arena);
    }
    p->join.condition = condition;
    bool moved = sides[0].added_count + sides[1].added_count != 0;
    *out = moved ? restore(o, join, p, left_count, sides[0].added_count) : p;
    return STATUS_OK;
}
