/* simplify.c - CTEs used once, constants, nested unions, filters that say nothing. */
#include <stdlib.h>

#include "base/memory.h"
#include "plan/optimizer.h"

/* How many parents each CTE node has. */
struct use_count {
    const struct plan **nodes;
    uint32_t *uses;
    uint32_t count;
    uint32_t capacity;
};

/* True at the first parent. */
static bool count_use(struct use_count *u, const struct plan *cte)
{
    for (uint32_t i = 0; i < u->count; i++)
        if (u->nodes[i] == cte) {
            u->uses[i]++;
            return false;
        }
    if (u->count == u->capacity) {
        u->capacity = u->capacity == 0 ? 8 : u->capacity * 2;
        u->nodes = memory_realloc(u->nodes, u->capacity * sizeof(struct plan *));
        u->uses = memory_realloc(u->uses, u->capacity * sizeof(uint32_t));
    }
    u->nodes[u->count] = cte;
    u->uses[u->count++] = 1;
    return true;
}

static void count_uses(struct use_count *u, const struct plan *p)
{
    if (p->kind == PLAN_CTE && !count_use(u, p))
        return;
    for (uint32_t i = 0; i < p->input_count; i++)
        count_uses(u, p->inputs[i]);
}

static bool is_used_once(const struct use_count *u, const struct plan *cte)
{
    for (uint32_t i = 0; i < u->count; i++)
        if (u->nodes[i] == cte)
            return u->uses[i] == 1;
    return false;
}

static struct expr *fold(struct optimizer *o, struct expr *e)
{
    /* a copy: folding changes the tree, which the plan before may share */
    return e == NULL ? NULL : expr_fold(expr_remap(e, NULL, NULL, o->arena), o->text, o->arena);
}

static struct plan *make_empty(const struct plan *p, struct arena *arena)
{
    struct plan *empty = plan_create(PLAN_VALUES, 0, arena);
    empty->schema = p->schema;
    return empty;
}

static bool is_constant_boolean(const struct expr *e)
{
    return e->kind == EXPR_CONSTANT && e->type.id == TYPE_BOOL;
}

static bool is_true(const struct expr *e)
{
    return vector_is_valid(&e->constant, 0) && VECTOR_BOOL(&e->constant)[0] != 0;
}

/* A predicate whose parts are TRUE loses them; one that can never be true empties its input. */
static struct plan *simplify_filter(struct optimizer *o, struct plan *p)
{
    struct predicates all = {0};
    struct predicates kept = {0};
    predicates_add(&all, p->filter.predicate, o->arena);
    for (uint32_t i = 0; i < all.count; i++) {
        if (!is_constant_boolean(all.list[i]))
            predicates_add(&kept, all.list[i], o->arena);
        else if (!is_true(all.list[i]))
            return make_empty(p, o->arena);
    }
    if (kept.count == 0)
        return p->inputs[0];
    p->filter.predicate = predicates_join(&kept, o->arena);
    return p;
}

/* ON true says nothing. */
static void simplify_join(struct optimizer *o, struct plan *p)
{
    struct predicates all = {0};
    struct predicates kept = {0};
    predicates_add(&all, fold(o, p->join.condition), o->arena);
    for (uint32_t i = 0; i < all.count; i++)
        if (!is_constant_boolean(all.list[i]) || !is_true(all.list[i]))
            predicates_add(&kept, all.list[i], o->arena);
    p->join.condition = predicates_join(&kept, o->arena);
}

static struct plan *flatten_union(struct optimizer *o, struct plan *p)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->input_count; i++)
        count += p->inputs[i]->kind == PLAN_UNION_ALL ? p->inputs[i]->input_count : 1;
    if (count == p->input_count)
        return p;
    struct plan *flat = plan_create(PLAN_UNION_ALL, count, o->arena);
    flat->schema = p->schema;
    flat->position = p->position;
    uint32_t at = 0;
    for (uint32_t i = 0; i < p->input_count; i++) {
        struct plan *input = p->inputs[i];
        bool nested = input->kind == PLAN_UNION_ALL;
        for (uint32_t j = 0; j < (nested ? input->input_count : 1); j++)
            flat->inputs[at++] = nested ? input->inputs[j] : input;
    }
    return flat;
}

static void fold_values(struct optimizer *o, struct plan *p)
{
    struct expr ***rows = ARENA_ARRAY(o->arena, struct expr **, p->values.row_count + 1);
    for (uint32_t r = 0; r < p->values.row_count; r++) {
        rows[r] = ARENA_ARRAY(o->arena, struct expr *, p->schema.column_count + 1);
        for (uint32_t i = 0; i < p->schema.column_count; i++) {
            struct expr *e = p->values.rows[r][i];
            rows[r][i] = e->kind == EXPR_CONSTANT ? e : fold(o, e);
        }
    }
    p->values.rows = rows;
}

static void fold_project(struct optimizer *o, struct plan *p)
{
    struct expr **expressions = ARENA_ARRAY(o->arena, struct expr *, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        expressions[i] = fold(o, p->project.expressions[i]);
    p->project.expressions = expressions;
}

static struct plan *simplify(struct optimizer *o, const struct use_count *u, struct plan *p)
{
    if (p->kind == PLAN_CTE && is_used_once(u, p))
        return simplify(o, u, p->inputs[0]);
    struct plan *known = p->kind == PLAN_CTE ? memo_find(o, p) : NULL;
    if (known != NULL)
        return known;
    struct plan *copy = plan_copy(p, o->arena);
    for (uint32_t i = 0; i < copy->input_count; i++)
        copy->inputs[i] = simplify(o, u, p->inputs[i]);
    switch (copy->kind) {
    case PLAN_CTE:
        memo_add(o, p, copy);
        return copy;
    case PLAN_FILTER:
        copy->filter.predicate = fold(o, copy->filter.predicate);
        return simplify_filter(o, copy);
    case PLAN_PROJECT:
        fold_project(o, copy);
        return copy;
    case PLAN_VALUES:
        fold_values(o, copy);
        return copy;
    case PLAN_JOIN:
        simplify_join(o, copy);
        return copy;
    case PLAN_UNION_ALL:
        return flatten_union(o, copy);
    default:
        return copy;
    }
}

struct plan *optimize_simplify(struct optimizer *o, struct plan *p)
{
    struct use_count uses = {0};
    count_uses(&uses, p);
    struct plan *out = simplify(o, &uses, p);
    free(uses.nodes);
    free(uses.uses);
    return out;
}
