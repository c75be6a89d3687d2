/* pushdown.c - predicates go down: through projections, groups, unions and joins, into file scans.
 *
 * An error is a value of its row and surfaces only where a row reaches an
 * output, and a filter's error travels with its row, so order does not matter
 * to the answer. Volatile expressions stay where they are.
 */
#include "plan/optimizer.h"

static enum status push(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out);

static enum status push_into(struct optimizer *o, struct plan *p, struct plan *input, const struct predicates *given,
                             struct plan **out)
{
    *out = plan_copy(p, o->arena);
    return push(o, input, given, &(*out)->inputs[0]);
}

/* Nothing goes further: a filter here. */
static struct plan *filter_here(struct optimizer *o, struct plan *p, const struct predicates *given)
{
    return make_filter(p, predicates_join(given, o->arena), o->arena);
}

static enum status push_filter(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    struct predicates all = {0};
    struct predicates stay = {0};
    struct predicates own = {0};
    predicates_add(&own, p->filter.predicate, o->arena);
    for (uint32_t i = 0; i < given->count; i++)
        predicates_add(&own, given->list[i], o->arena);
    for (uint32_t i = 0; i < own.count; i++)
        predicates_add(expr_is_volatile(own.list[i]) ? &stay : &all, own.list[i], o->arena);
    TRY(push(o, p->inputs[0], &all, out));
    *out = filter_here(o, *out, &stay);
    return STATUS_OK;
}

static bool reads_volatile(const struct plan *project, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN)
        return expr_is_volatile(project->project.expressions[e->column]);
    for (uint32_t i = 0; i < e->argument_count; i++)
        if (reads_volatile(project, e->arguments[i]))
            return true;
    return false;
}

/* A predicate grows with every projection that reads a column twice: beyond this it stays where it is. */
enum { PUSHED_SIZE_MAX = 1000 };

static enum status push_project(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    struct predicates below = {0};
    struct predicates stay = {0};
    for (uint32_t i = 0; i < given->count; i++) {
        struct expr *inside = reads_volatile(p, given->list[i]) ? NULL : expr_remap(given->list[i], NULL, p->project.expressions, o->arena);
        bool grows = inside != NULL && inside->size > given->list[i]->size && inside->size > PUSHED_SIZE_MAX;
        if (inside == NULL || grows)
            predicates_add(&stay, given->list[i], o->arena);
        else
            predicates_add(&below, inside, o->arena);
    }
    TRY(push_into(o, p, p->inputs[0], &below, out));
    *out = filter_here(o, *out, &stay);
    return STATUS_OK;
}

/* A predicate over keys alone holds for whole groups. */
static enum status push_aggregate(struct optimizer *o, struct plan *p, const struct predicates *given,
                                  struct plan **out)
{
    struct predicates below = {0};
    struct predicates stay = {0};
    for (uint32_t i = 0; i < given->count; i++) {
        bool over_keys = expr_side(given->list[i], p->aggregate.group_count) == SIDE_LEFT;
        if (over_keys)
            predicates_add(&below, expr_remap(given->list[i], p->aggregate.groups, NULL, o->arena), o->arena);
        else
            predicates_add(&stay, given->list[i], o->arena);
    }
    TRY(push_into(o, p, p->inputs[0], &below, out));
    *out = filter_here(o, *out, &stay);
    return STATUS_OK;
}

static enum status push_union(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    *out = plan_copy(p, o->arena);
    for (uint32_t i = 0; i < p->input_count; i++)
        TRY(push(o, p->inputs[i], given, &(*out)->inputs[i]));
    return STATUS_OK;
}

/* ---- joins ---- */

struct split {
    struct predicates left;
    struct predicates right; /* over the right's own columns */
    struct predicates join;  /* over both */
    struct predicates above;
};

/* Predicates that come from above a join: over its output. */
static void split_given(struct optimizer *o, const struct plan *p, const struct predicates *given, struct split *s)
{
    uint32_t left_count = p->inputs[0]->schema.column_count;
    for (uint32_t i = 0; i < given->count; i++) {
        struct expr *e = given->list[i];
        enum side side = expr_side(e, left_count);
        if (side == SIDE_LEFT || p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI)
            predicates_add(side == SIDE_NONE ? &s->above : &s->left, e, o->arena);
        else if (p->join.kind == JOIN_LEFT || side == SIDE_NONE)
            predicates_add(&s->above, e, o->arena);
        else if (side == SIDE_RIGHT)
            predicates_add(&s->right, expr_shift(e, left_count, o->arena), o->arena);
        else
            predicates_add(&s->join, e, o->arena);
    }
}

/* The join's own condition. Where the left's rows are kept, or looked for by absence, what reads only them stays in it. */
static void split_condition(struct optimizer *o, const struct plan *p, struct split *s)
{
    uint32_t left_count = p->inputs[0]->schema.column_count;
    bool left_is_kept = p->join.kind == JOIN_LEFT || p->join.kind == JOIN_ANTI;
    struct predicates own = {0};
    predicates_add(&own, p->join.condition, o->arena);
    for (uint32_t i = 0; i < own.count; i++) {
        struct expr *e = own.list[i];
        enum side side = expr_is_volatile(e) ? SIDE_BOTH : expr_side(e, left_count);
        if (side == SIDE_RIGHT)
            predicates_add(&s->right, expr_shift(e, left_count, o->arena), o->arena);
        else if (side == SIDE_LEFT && !left_is_kept)
            predicates_add(&s->left, e, o->arena);
        else
            predicates_add(&s->join, e, o->arena);
    }
}

static enum status push_join(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    struct split s = {0};
    struct plan *left;
    struct plan *right;
    split_given(o, p, given, &s);
    split_condition(o, p, &s);
    TRY(push(o, p->inputs[0], &s.left, &left));
    TRY(push(o, p->inputs[1], &s.right, &right));
    TRY(join_with_keys(o, p, left, right, &s.join, out));
    *out = filter_here(o, *out, &s.above);
    return STATUS_OK;
}

static enum status push_cte(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    struct predicates none = {0};
    *out = memo_find(o, p);
    if (*out == NULL) {
        TRY(push_into(o, p, p->inputs[0], &none, out));
        memo_add(o, p, *out);
    }
    *out = filter_here(o, *out, given);
    return STATUS_OK;
}

static enum status push(struct optimizer *o, struct plan *p, const struct predicates *given, struct plan **out)
{
    struct predicates none = {0};
    switch (p->kind) {
    case PLAN_FILTER:
        return push_filter(o, p, given, out);
    case PLAN_PROJECT:
        return push_project(o, p, given, out);
    case PLAN_AGGREGATE:
        return push_aggregate(o, p, given, out);
    case PLAN_JOIN:
        return push_join(o, p, given, out);
    case PLAN_UNION_ALL:
        return push_union(o, p, given, out);
    case PLAN_SORT:
        return push_into(o, p, p->inputs[0], given, out);
    case PLAN_LIMIT: /* which rows are left depends on all of them */
        TRY(push_into(o, p, p->inputs[0], &none, out));
        *out = filter_here(o, *out, given);
        return STATUS_OK;
    case PLAN_CTE:
        return push_cte(o, p, given, out);
    case PLAN_FILES:
        *out = plan_copy(p, o->arena);
        files_add_prunes(o, *out, given);
        *out = filter_here(o, *out, given);
        return STATUS_OK;
    case PLAN_SCAN:
    case PLAN_VALUES:
    case PLAN_SERIES:
        *out = filter_here(o, p, given);
        return STATUS_OK;
    }
    return STATUS_OK;
}

enum status optimize_pushdown(struct optimizer *o, struct plan *p, struct plan **out)
{
    struct predicates none = {0};
    return push(o, p, &none, out);
}
