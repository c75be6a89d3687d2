/* merge_project.c - a projection over a projection becomes one, unless that would compute an expression more often; one that gives
 * its input as it is goes. */
#include "plan/optimizer.h"

static void count_reads(const struct expr *e, uint32_t *reads)
{
    if (e->kind == EXPR_COLUMN)
        reads[e->column]++;
    for (uint32_t i = 0; i < e->argument_count; i++)
        count_reads(e->arguments[i], reads);
}

static bool is_cheap(const struct expr *e)
{
    return e->kind == EXPR_COLUMN || e->kind == EXPR_CONSTANT;
}

static bool may_merge(struct optimizer *o, const struct plan *outer, const struct plan *inner)
{
    uint32_t *reads = ARENA_ARRAY(o->arena, uint32_t, inner->schema.column_count + 1);
    for (uint32_t i = 0; i < outer->schema.column_count; i++)
        count_reads(outer->project.expressions[i], reads);
    for (uint32_t i = 0; i < inner->schema.column_count; i++) {
        const struct expr *e = inner->project.expressions[i];
        if (!is_cheap(e) && (reads[i] > 1 || expr_is_volatile(e)))
            return false;
    }
    return true;
}

static struct plan *merge(struct optimizer *o, const struct plan *outer, struct plan *inner)
{
    struct expr **expressions = ARENA_ARRAY(o->arena, struct expr *, outer->schema.column_count + 1);
    for (uint32_t i = 0; i < outer->schema.column_count; i++)
        expressions[i] =
            expr_fold(expr_remap(outer->project.expressions[i], NULL, inner->project.expressions, o->arena), o->text,
                      o->arena);
    return make_project(inner->inputs[0], expressions, &outer->schema, o->arena);
}

static bool is_identity(const struct plan *p)
{
    const struct plan *input = p->inputs[0];
    bool same = p->schema.column_count == input->schema.column_count;
    for (uint32_t i = 0; same && i < p->schema.column_count; i++) {
        const struct expr *e = p->project.expressions[i];
        same = e->kind == EXPR_COLUMN && e->column == i && type_equal(e->type, input->schema.columns[i].type);
    }
    return same;
}

static bool same_names(const struct schema *a, const struct schema *b)
{
    for (uint32_t i = 0; i < a->column_count; i++)
        if (a->columns[i].name != b->columns[i].name && strcmp(a->columns[i].name, b->columns[i].name) != 0)
            return false;
    return true;
}

/* Without p; its names go to the input, unless that is shared or takes its names from elsewhere. */
static struct plan *drop_identity(struct optimizer *o, struct plan *p)
{
    struct plan *input = p->inputs[0];
    if (same_names(&p->schema, &input->schema))
        return input;
    if (input->kind != PLAN_PROJECT && input->kind != PLAN_AGGREGATE && input->kind != PLAN_VALUES)
        return p;
    struct plan *renamed = plan_copy(input, o->arena);
    renamed->schema.columns = ARENA_ARRAY(o->arena, struct column, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        renamed->schema.columns[i] = input->schema.columns[i];
        renamed->schema.columns[i].name = p->schema.columns[i].name;
    }
    return renamed;
}

/* A parent shows its inputs' columns as its own. */
static void refresh_schema(struct optimizer *o, struct plan *p)
{
    bool passes_on = p->kind == PLAN_FILTER || p->kind == PLAN_SORT || p->kind == PLAN_LIMIT ||
                     (p->kind == PLAN_JOIN && (p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI));
    if (!passes_on || p->inputs[0]->schema.columns == p->schema.columns)
        return;
    struct schema schema = {p->schema.column_count, ARENA_ARRAY(o->arena, struct column, p->schema.column_count + 1)};
    for (uint32_t i = 0; i < schema.column_count; i++) {
        schema.columns[i] = p->inputs[0]->schema.columns[i];
        schema.columns[i].name = p->schema.columns[i].name;
    }
    p->schema = schema;
}

struct plan *optimize_projects(struct optimizer *o, struct plan *p)
{
    struct plan *known = p->kind == PLAN_CTE ? memo_find(o, p) : NULL;
    if (known != NULL)
        return known;
    struct plan *copy = plan_copy(p, o->arena);
    for (uint32_t i = 0; i < p->input_count; i++)
        copy->inputs[i] = optimize_projects(o, p->inputs[i]);
    if (p->kind == PLAN_CTE)
        memo_add(o, p, copy);
    refresh_schema(o, copy);
    if (copy->kind != PLAN_PROJECT)
        return copy;
    if (copy->inputs[0]->kind == PLAN_PROJECT && may_merge(o, copy, copy->inputs[0]))
        copy = merge(o, copy, copy->inputs[0]);
    return is_identity(copy) ? drop_identity(o, copy) : copy;
}
