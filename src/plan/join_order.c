/* join_order.c - inner joins in an order without cross products, where FROM names tables in one that has them.
 *
 * FROM a, b, c WHERE a.x = c.x AND c.y = b.y would pair every a with every b.
 * The inputs are taken one by one, each time the first that an equality ties
 * to those taken already. Where the order as written does that, it stays.
 */
#include "expr/function.h"
#include "plan/optimizer.h"

enum { LEAVES_MAX = 64 };

struct join_order {
    struct optimizer *o;
    struct plan *leaves[LEAVES_MAX];
    uint32_t first[LEAVES_MAX + 1]; /* where a leaf's columns begin in the row as written */
    uint32_t count;
    struct predicates conditions; /* over that row */
};

static bool is_plain_inner(const struct plan *p)
{
    return p->kind == PLAN_JOIN && p->join.kind == JOIN_INNER && p->join.key_count == 0;
}

/* False: too many. */
static bool gather(struct join_order *j, struct plan *p, uint32_t first)
{
    if (!is_plain_inner(p)) {
        if (j->count == LEAVES_MAX)
            return false;
        j->leaves[j->count] = p;
        j->first[j->count++] = first;
        j->first[j->count] = first + p->schema.column_count;
        return true;
    }
    struct predicates own = {0};
    predicates_add(&own, p->join.condition, j->o->arena);
    for (uint32_t i = 0; i < own.count; i++)
        predicates_add(&j->conditions, first == 0 ? own.list[i] : expr_shift(own.list[i], 0U - first, j->o->arena),
                       j->o->arena);
    return gather(j, p->inputs[0], first) && gather(j, p->inputs[1], first + p->inputs[0]->schema.column_count);
}

static uint64_t leaves_read(const struct join_order *j, const struct expr *e)
{
    uint64_t leaves = 0;
    if (e->kind == EXPR_COLUMN)
        for (uint32_t i = 0; i < j->count; i++)
            if (e->column >= j->first[i] && e->column < j->first[i + 1])
                leaves |= UINT64_C(1) << i;
    for (uint32_t i = 0; i < e->argument_count; i++)
        leaves |= leaves_read(j, e->arguments[i]);
    return leaves;
}

/* Whether an equality has this leaf alone on one side and only taken ones on the other. */
static bool is_tied(const struct join_order *j, uint32_t leaf, uint64_t taken)
{
    for (uint32_t i = 0; i < j->conditions.count; i++) {
        const struct expr *e = j->conditions.list[i];
        if (e->kind != EXPR_CALL || e->argument_count != 2 || strcmp(e->function->name, "=") != 0)
            continue;
        for (int side = 0; side < 2; side++) {
            uint64_t other = leaves_read(j, e->arguments[1 - side]);
            if (leaves_read(j, e->arguments[side]) == UINT64_C(1) << leaf && other != 0 && (other & ~taken) == 0)
                return true;
        }
    }
    return false;
}

/* The leaves in the order in which they join. False: it is the one as written. */
static bool choose(const struct join_order *j, uint32_t *order)
{
    uint64_t taken = 1;
    bool moved = false;
    order[0] = 0;
    for (uint32_t n = 1; n < j->count; n++) {
        uint32_t next = LEAVES_MAX;
        for (uint32_t leaf = 1; leaf < j->count && next == LEAVES_MAX; leaf++)
            if ((taken >> leaf & 1) == 0 && is_tied(j, leaf, taken))
                next = leaf;
        for (uint32_t leaf = 1; leaf < j->count && next == LEAVES_MAX; leaf++)
            if ((taken >> leaf & 1) == 0)
                next = leaf;
        order[n] = next;
        moved |= next != n;
        taken |= UINT64_C(1) << next;
    }
    return moved;
}

static struct plan *cross(struct optimizer *o, struct plan *left, struct plan *right)
{
    struct plan *p = plan_create(PLAN_JOIN, 2, o->arena);
    p->inputs[0] = left;
    p->inputs[1] = right;
    p->join.kind = JOIN_INNER;
    p->schema.column_count = left->schema.column_count + right->schema.column_count;
    p->schema.columns = ARENA_ARRAY(o->arena, struct column, p->schema.column_count + 1);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        p->schema.columns[i] = i < left->schema.column_count ? left->schema.columns[i]
                                                             : right->schema.columns[i - left->schema.column_count];
    return p;
}

/* Joins in the new order, all conditions above (pushdown takes them to their places), then the columns as written. */
static struct plan *rebuild(struct join_order *j, const uint32_t *order, const struct schema *schema)
{
    struct arena *arena = j->o->arena;
    uint32_t *map = ARENA_ARRAY(arena, uint32_t, schema->column_count + 1);
    struct expr **columns = ARENA_ARRAY(arena, struct expr *, schema->column_count + 1);
    struct plan *p = NULL;
    uint32_t at = 0;
    for (uint32_t n = 0; n < j->count; n++) {
        uint32_t leaf = order[n];
        for (uint32_t column = j->first[leaf]; column < j->first[leaf + 1]; column++)
            map[column] = at++;
        p = p == NULL ? j->leaves[leaf] : cross(j->o, p, j->leaves[leaf]);
    }
    struct expr *condition = predicates_join(&j->conditions, arena);
    if (condition != NULL)
        p = make_filter(p, expr_remap(condition, map, NULL, arena), arena);
    for (uint32_t i = 0; i < schema->column_count; i++)
        columns[i] = expr_column(map[i], schema->columns[i].type, arena);
    return make_project(p, columns, schema, arena);
}

/* top: a plain inner join, or a filter over one. */
static struct plan *reorder(struct optimizer *o, struct plan *top)
{
    struct join_order j = {.o = o};
    uint32_t order[LEAVES_MAX];
    struct plan *join = top->kind == PLAN_FILTER ? top->inputs[0] : top;
    if (!gather(&j, join, 0) || j.count < 3)
        return top;
    if (top->kind == PLAN_FILTER)
        predicates_add(&j.conditions, top->filter.predicate, o->arena);
    return choose(&j, order) ? rebuild(&j, order, &join->schema) : top;
}

static struct plan *order_joins(struct optimizer *o, struct plan *p, bool is_inside)
{
    struct plan *known = p->kind == PLAN_CTE ? memo_find(o, p) : NULL;
    if (known != NULL)
        return known;
    struct plan *copy = plan_copy(p, o->arena);
    bool is_top = is_plain_inner(p) || (p->kind == PLAN_FILTER && is_plain_inner(p->inputs[0]));
    for (uint32_t i = 0; i < p->input_count; i++)
        copy->inputs[i] = order_joins(o, p->inputs[i], is_top && is_plain_inner(p->inputs[i]));
    if (p->kind == PLAN_CTE)
        memo_add(o, p, copy);
    return is_top && !is_inside ? reorder(o, copy) : copy;
}

struct plan *optimize_join_order(struct optimizer *o, struct plan *p)
{
    return order_joins(o, p, false);
}
