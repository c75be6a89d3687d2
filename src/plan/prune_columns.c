/* prune_columns.c - columns that nobody reads go.
 *
 * prune(p, needed) gives a plan with at least the needed columns, and a map
 * from p's columns to its own (NOWHERE for those that went). Below LIMIT all
 * columns stay: ties are broken by the whole row, so taking columns away would
 * change which rows are left.
 */
#include "plan/optimizer.h"

#define NOWHERE UINT32_MAX

struct pruned {
    struct plan *plan;
    uint32_t *map; /* by column of the plan before */
};

static struct pruned prune(struct optimizer *o, struct plan *p, const bool *needed);

static bool *needs_none(struct optimizer *o, const struct plan *p)
{
    return ARENA_ARRAY(o->arena, bool, p->schema.column_count + 1);
}

static bool *needs_all(struct optimizer *o, const struct plan *p)
{
    bool *needed = needs_none(o, p);
    memset(needed, 1, p->schema.column_count);
    return needed;
}

static void need_expr(bool *needed, const struct expr *e)
{
    if (e == NULL)
        return;
    if (e->kind == EXPR_COLUMN)
        needed[e->column] = true;
    for (uint32_t i = 0; i < e->argument_count; i++)
        need_expr(needed, e->arguments[i]);
}

static uint32_t *map_alloc(struct optimizer *o, uint32_t count)
{
    uint32_t *map = ARENA_ARRAY(o->arena, uint32_t, count + 1);
    memset(map, 0xff, (count + 1) * sizeof *map);
    return map;
}

/* Keeps the columns of a schema that are needed. */
static struct schema keep_columns(struct optimizer *o, const struct schema *schema, const bool *needed, uint32_t *map)
{
    struct schema kept = {0, ARENA_ARRAY(o->arena, struct column, schema->column_count + 1)};
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (!needed[i])
            continue;
        map[i] = kept.column_count;
        kept.columns[kept.column_count++] = schema->columns[i];
    }
    return kept;
}

static struct pruned unchanged(struct optimizer *o, struct plan *p)
{
    struct pruned out = {p, map_alloc(o, p->schema.column_count)};
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        out.map[i] = i;
    return out;
}

static uint32_t *keep_numbers(struct optimizer *o, const uint32_t *columns, uint32_t count, const bool *needed,
                              uint32_t *kept)
{
    uint32_t *out = ARENA_ARRAY(o->arena, uint32_t, count + 1);
    *kept = 0;
    for (uint32_t i = 0; i < count; i++)
        if (needed[i])
            out[(*kept)++] = columns[i];
    return out;
}

static struct pruned prune_scan(struct optimizer *o, struct plan *p, const bool *needed)
{
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->schema = keep_columns(o, &p->schema, needed, out.map);
    out.plan->scan.columns =
        keep_numbers(o, p->scan.columns, p->scan.column_count, needed, &out.plan->scan.column_count);
    return out;
}

static struct pruned prune_files(struct optimizer *o, struct plan *p, const bool *needed)
{
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->schema = keep_columns(o, &p->schema, needed, out.map);
    out.plan->files.columns =
        keep_numbers(o, p->files.columns, p->files.column_count, needed, &out.plan->files.column_count);
    out.plan->files.prunes = ARENA_ARRAY(o->arena, struct prune, p->files.prune_count + 1);
    out.plan->files.prune_count = 0;
    for (uint32_t i = 0; i < p->files.prune_count; i++) {
        struct prune prune = p->files.prunes[i];
        if (out.map[prune.column] == NOWHERE)
            continue;
        prune.column = out.map[prune.column];
        out.plan->files.prunes[out.plan->files.prune_count++] = prune;
    }
    return out;
}

static struct pruned prune_values(struct optimizer *o, struct plan *p, const bool *needed)
{
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->schema = keep_columns(o, &p->schema, needed, out.map);
    out.plan->values.rows = ARENA_ARRAY(o->arena, struct expr **, p->values.row_count + 1);
    for (uint32_t r = 0; r < p->values.row_count; r++) {
        out.plan->values.rows[r] = ARENA_ARRAY(o->arena, struct expr *, out.plan->schema.column_count + 1);
        for (uint32_t i = 0; i < p->schema.column_count; i++)
            if (needed[i])
                out.plan->values.rows[r][out.map[i]] = p->values.rows[r][i];
    }
    return out;
}

/* A node whose output is its input's: FILTER, SORT. */
static struct pruned over_input(struct optimizer *o, struct plan *p, const bool *needed)
{
    struct pruned input = prune(o, p->inputs[0], needed);
    struct pruned out = {plan_copy(p, o->arena), input.map};
    out.plan->inputs[0] = input.plan;
    out.plan->schema = input.plan->schema;
    return out;
}

static struct pruned prune_filter(struct optimizer *o, struct plan *p, const bool *needed)
{
    bool *below = needs_none(o, p);
    memcpy(below, needed, p->schema.column_count);
    need_expr(below, p->filter.predicate);
    struct pruned out = over_input(o, p, below);
    out.plan->filter.predicate = expr_remap(p->filter.predicate, out.map, NULL, o->arena);
    return out;
}

static struct pruned prune_sort(struct optimizer *o, struct plan *p, const bool *needed)
{
    bool *below = needs_none(o, p);
    memcpy(below, needed, p->schema.column_count);
    for (uint32_t k = 0; k < p->sort.key_count; k++)
        below[p->sort.keys[k].column] = true;
    struct pruned out = over_input(o, p, below);
    out.plan->sort.keys = ARENA_ARRAY(o->arena, struct sort_key, p->sort.key_count + 1);
    for (uint32_t k = 0; k < p->sort.key_count; k++) {
        out.plan->sort.keys[k] = p->sort.keys[k];
        out.plan->sort.keys[k].column = out.map[p->sort.keys[k].column];
    }
    return out;
}

static struct pruned prune_project(struct optimizer *o, struct plan *p, const bool *needed)
{
    bool *below = needs_none(o, p->inputs[0]);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        if (needed[i])
            need_expr(below, p->project.expressions[i]);
    struct pruned input = prune(o, p->inputs[0], below);
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->inputs[0] = input.plan;
    out.plan->schema = keep_columns(o, &p->schema, needed, out.map);
    out.plan->project.expressions = ARENA_ARRAY(o->arena, struct expr *, out.plan->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        if (needed[i])
            out.plan->project.expressions[out.map[i]] =
                expr_remap(p->project.expressions[i], input.map, NULL, o->arena);
    return out;
}

/* Keys stay, they make the groups; calls that nobody reads go, but one stays where there are no keys: it makes the one row. */
static struct pruned prune_aggregate(struct optimizer *o, struct plan *p, const bool *needed)
{
    uint32_t groups = p->aggregate.group_count;
    bool *keep = needs_none(o, p);
    uint32_t calls = 0;
    memset(keep, 1, groups);
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        keep[groups + i] = needed[groups + i];
        calls += needed[groups + i];
    }
    if (groups == 0 && calls == 0 && p->aggregate.call_count != 0)
        keep[0] = true;
    bool *below = needs_none(o, p->inputs[0]);
    for (uint32_t i = 0; i < groups; i++)
        below[p->aggregate.groups[i]] = true;
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        const struct aggregate_call *call = &p->aggregate.calls[i];
        if (keep[groups + i] && call->argument >= 0)
            below[call->argument] = true;
        if (keep[groups + i] && call->filter >= 0)
            below[call->filter] = true;
    }
    struct pruned input = prune(o, p->inputs[0], below);
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->inputs[0] = input.plan;
    out.plan->schema = keep_columns(o, &p->schema, keep, out.map);
    out.plan->aggregate.groups = ARENA_ARRAY(o->arena, uint32_t, groups + 1);
    out.plan->aggregate.calls = ARENA_ARRAY(o->arena, struct aggregate_call, p->aggregate.call_count + 1);
    out.plan->aggregate.call_count = 0;
    for (uint32_t i = 0; i < groups; i++)
        out.plan->aggregate.groups[i] = input.map[p->aggregate.groups[i]];
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        if (!keep[groups + i])
            continue;
        struct aggregate_call *call = &out.plan->aggregate.calls[out.plan->aggregate.call_count++];
        *call = p->aggregate.calls[i];
        call->argument = call->argument < 0 ? -1 : (int32_t)input.map[call->argument];
        call->filter = call->filter < 0 ? -1 : (int32_t)input.map[call->filter];
    }
    return out;
}

static void need_join(struct plan *p, const bool *needed, bool *left, bool *right, bool left_only)
{
    uint32_t left_count = p->inputs[0]->schema.column_count;
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        if (!needed[i])
            continue;
        if (i < left_count)
            left[i] = true;
        else if (!left_only)
            right[i - left_count] = true;
    }
    for (uint32_t k = 0; k < p->join.key_count; k++) {
        left[p->join.left_keys[k]] = true;
        right[p->join.right_keys[k]] = true;
    }
}

static void need_condition(const struct expr *e, uint32_t left_count, bool *left, bool *right)
{
    if (e == NULL)
        return;
    if (e->kind == EXPR_COLUMN && e->column < left_count)
        left[e->column] = true;
    else if (e->kind == EXPR_COLUMN)
        right[e->column - left_count] = true;
    for (uint32_t i = 0; i < e->argument_count; i++)
        need_condition(e->arguments[i], left_count, left, right);
}

static void join_schema(struct optimizer *o, struct plan *p, bool left_only)
{
    const struct schema *left = &p->inputs[0]->schema;
    const struct schema *right = &p->inputs[1]->schema;
    p->schema.column_count = left->column_count + (left_only ? 0 : right->column_count);
    p->schema.columns = ARENA_ARRAY(o->arena, struct column, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        bool is_left = i < left->column_count;
        p->schema.columns[i] = is_left ? left->columns[i] : right->columns[i - left->column_count];
        p->schema.columns[i].not_null &= is_left || p->join.kind != JOIN_LEFT;
    }
}

/* The needed columns exactly, in order: what the branches of a union must agree on, and all that the sides of a join keep. */
static struct plan *exactly(struct optimizer *o, struct pruned input, const struct schema *schema, const bool *needed,
                            uint32_t needed_count)
{
    bool same = input.plan->schema.column_count == needed_count;
    struct expr **columns = ARENA_ARRAY(o->arena, struct expr *, needed_count + 1);
    struct schema kept = {0, ARENA_ARRAY(o->arena, struct column, needed_count + 1)};
    for (uint32_t i = 0; i < schema->column_count; i++) {
        if (!needed[i])
            continue;
        same &= input.map[i] == kept.column_count;
        columns[kept.column_count] = expr_column(input.map[i], schema->columns[i].type, o->arena);
        kept.columns[kept.column_count++] = schema->columns[i];
    }
    return same ? input.plan : make_project(input.plan, columns, &kept, o->arena);
}

static uint32_t count_needed(const bool *needed, uint32_t count)
{
    uint32_t all = 0;
    for (uint32_t i = 0; i < count; i++)
        all += needed[i];
    return all;
}

/* An input of a join, with the needed columns and no others. */
static struct pruned prune_side(struct optimizer *o, struct plan *p, const bool *needed)
{
    uint32_t count = p->schema.column_count;
    struct pruned out = {exactly(o, prune(o, p, needed), &p->schema, needed, count_needed(needed, count)),
                         map_alloc(o, count)};
    for (uint32_t i = 0, at = 0; i < count; i++)
        if (needed[i])
            out.map[i] = at++;
    return out;
}

static struct pruned prune_join(struct optimizer *o, struct plan *p, const bool *needed)
{
    bool left_only = p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI;
    uint32_t left_count = p->inputs[0]->schema.column_count;
    uint32_t right_count = p->inputs[1]->schema.column_count;
    bool *left_needed = needs_none(o, p->inputs[0]);
    bool *right_needed = needs_none(o, p->inputs[1]);
    need_join(p, needed, left_needed, right_needed, left_only);
    need_condition(p->join.condition, left_count, left_needed, right_needed);
    struct pruned left = prune_side(o, p->inputs[0], left_needed);
    struct pruned right = prune_side(o, p->inputs[1], right_needed);
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, left_count + right_count)};
    for (uint32_t i = 0; i < left_count; i++)
        out.map[i] = left.map[i];
    for (uint32_t i = 0; i < right_count; i++)
        out.map[left_count + i] = right.map[i] == NOWHERE ? NOWHERE : left.plan->schema.column_count + right.map[i];
    out.plan->inputs[0] = left.plan;
    out.plan->inputs[1] = right.plan;
    out.plan->join.left_keys = ARENA_ARRAY(o->arena, uint32_t, p->join.key_count + 1);
    out.plan->join.right_keys = ARENA_ARRAY(o->arena, uint32_t, p->join.key_count + 1);
    for (uint32_t k = 0; k < p->join.key_count; k++) {
        out.plan->join.left_keys[k] = left.map[p->join.left_keys[k]];
        out.plan->join.right_keys[k] = right.map[p->join.right_keys[k]];
    }
    if (p->join.condition != NULL)
        out.plan->join.condition = expr_remap(p->join.condition, out.map, NULL, o->arena);
    join_schema(o, out.plan, left_only);
    return out;
}

static struct pruned prune_union(struct optimizer *o, struct plan *p, const bool *needed)
{
    struct pruned out = {plan_copy(p, o->arena), map_alloc(o, p->schema.column_count)};
    out.plan->schema = keep_columns(o, &p->schema, needed, out.map);
    for (uint32_t i = 0; i < p->input_count; i++)
        out.plan->inputs[i] =
            exactly(o, prune(o, p->inputs[i], needed), &p->inputs[i]->schema, needed, out.plan->schema.column_count);
    return out;
}

/* All of the input, in place. */
static struct plan *whole(struct optimizer *o, struct plan *p)
{
    bool *all = needs_all(o, p);
    return exactly(o, prune(o, p, all), &p->schema, all, p->schema.column_count);
}

static struct pruned prune_limit(struct optimizer *o, struct plan *p)
{
    struct plan *copy = plan_copy(p, o->arena);
    copy->inputs[0] = whole(o, p->inputs[0]);
    copy->schema = copy->inputs[0]->schema;
    return unchanged(o, copy);
}

static struct pruned prune_cte(struct optimizer *o, struct plan *p)
{
    struct plan *known = memo_find(o, p);
    if (known == NULL) {
        known = plan_copy(p, o->arena);
        known->inputs[0] = whole(o, p->inputs[0]);
        memo_add(o, p, known);
    }
    return unchanged(o, known);
}

static struct pruned prune(struct optimizer *o, struct plan *p, const bool *needed)
{
    switch (p->kind) {
    case PLAN_SCAN:
        return prune_scan(o, p, needed);
    case PLAN_FILES:
        return prune_files(o, p, needed);
    case PLAN_VALUES:
        return prune_values(o, p, needed);
    case PLAN_FILTER:
        return prune_filter(o, p, needed);
    case PLAN_PROJECT:
        return prune_project(o, p, needed);
    case PLAN_AGGREGATE:
        return prune_aggregate(o, p, needed);
    case PLAN_JOIN:
        return prune_join(o, p, needed);
    case PLAN_UNION_ALL:
        return prune_union(o, p, needed);
    case PLAN_SORT:
        return prune_sort(o, p, needed);
    case PLAN_LIMIT:
        return prune_limit(o, p);
    case PLAN_CTE:
        return prune_cte(o, p);
    case PLAN_SERIES:
        break;
    }
    return unchanged(o, p);
}

struct plan *optimize_columns(struct optimizer *o, struct plan *p)
{
    return whole(o, p);
}
