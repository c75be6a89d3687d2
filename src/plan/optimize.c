/* optimize.c - plan_optimize: the steps in order, and what they share. */
#include <stdlib.h>

#include "base/memory.h"
#include "plan/optimizer.h"

struct plan *memo_find(const struct optimizer *o, const struct plan *cte)
{
    for (uint32_t i = 0; i < o->memo.count; i++)
        if (o->memo.before[i] == cte)
            return o->memo.after[i];
    return NULL;
}

void memo_add(struct optimizer *o, const struct plan *cte, struct plan *rewritten)
{
    struct cte_memo *m = &o->memo;
    if (m->count == m->capacity) {
        m->capacity = m->capacity == 0 ? 8 : m->capacity * 2;
        m->before = memory_realloc(m->before, m->capacity * sizeof(struct plan *));
        m->after = memory_realloc(m->after, m->capacity * sizeof(struct plan *));
    }
    m->before[m->count] = cte;
    m->after[m->count++] = rewritten;
}

static void memo_clear(struct optimizer *o)
{
    free(o->memo.before);
    free(o->memo.after);
    o->memo = (struct cte_memo){0};
}

void predicates_add(struct predicates *all, struct expr *e, struct arena *arena)
{
    if (e == NULL)
        return;
    if (e->kind == EXPR_AND) {
        for (uint32_t i = 0; i < e->argument_count; i++)
            predicates_add(all, e->arguments[i], arena);
        return;
    }
    if (all->count == all->capacity) {
        all->capacity = all->capacity * 2 + 4;
        struct expr **grown = ARENA_ARRAY(arena, struct expr *, all->capacity);
        if (all->count != 0)
            memcpy(grown, all->list, all->count * sizeof *grown);
        all->list = grown;
    }
    all->list[all->count++] = e;
}

struct expr *predicates_join(const struct predicates *all, struct arena *arena)
{
    if (all->count <= 1)
        return all->count == 0 ? NULL : all->list[0];
    struct expr **list = ARENA_ARRAY(arena, struct expr *, all->count);
    memcpy(list, all->list, all->count * sizeof *list);
    return expr_list(EXPR_AND, type_of(TYPE_BOOL), list, all->count, arena);
}

enum side expr_side(const struct expr *e, uint32_t split)
{
    if (e->kind == EXPR_COLUMN)
        return e->column < split ? SIDE_LEFT : SIDE_RIGHT;
    unsigned sides = SIDE_NONE;
    for (uint32_t i = 0; i < e->argument_count; i++)
        sides |= expr_side(e->arguments[i], split);
    return (enum side)sides;
}

struct expr *expr_shift(const struct expr *e, uint32_t shift, struct arena *arena)
{
    struct expr *copy = ARENA_NEW(arena, struct expr);
    *copy = *e;
    if (e->kind == EXPR_COLUMN)
        copy->column = e->column - shift;
    copy->arguments = ARENA_ARRAY(arena, struct expr *, e->argument_count);
    for (uint32_t i = 0; i < e->argument_count; i++)
        copy->arguments[i] = expr_shift(e->arguments[i], shift, arena);
    return copy;
}

struct plan *make_project(struct plan *input, struct expr **expressions, const struct schema *schema,
                          struct arena *arena)
{
    struct plan *p = plan_create(PLAN_PROJECT, 1, arena);
    p->inputs[0] = input;
    p->project.expressions = expressions;
    p->schema = *schema;
    return p;
}

struct plan *make_filter(struct plan *input, struct expr *predicate, struct arena *arena)
{
    if (predicate == NULL)
        return input;
    struct plan *p = plan_create(PLAN_FILTER, 1, arena);
    p->inputs[0] = input;
    p->schema = input->schema;
    p->filter.predicate = predicate;
    return p;
}

static enum status run_steps(struct optimizer *o, struct plan *p, struct plan **out)
{
    p = optimize_simplify(o, p);
    memo_clear(o);
    p = optimize_projects(o, p);
    memo_clear(o);
    p = optimize_join_order(o, p);
    memo_clear(o);
    TRY(optimize_pushdown(o, p, &p));
    memo_clear(o);
    p = optimize_columns(o, p);
    memo_clear(o);
    p = optimize_projects(o, p);
    memo_clear(o);
    *out = p;
    return STATUS_OK;
}

enum status plan_optimize(struct plan *p, const struct text_context *text, struct arena *arena, struct plan **out,
                          struct error *err)
{
    struct optimizer o = {.text = text, .arena = arena, .err = err};
    enum status st = run_steps(&o, p, out);
    memo_clear(&o);
    return st;
}
