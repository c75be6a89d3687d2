/* select_aggregate.c - GROUP BY and aggregates: a projection that computes keys and arguments, the aggregation over it, and the
 * select list in terms of its columns. */
#include "sql/select.h"

struct aggregation {
    struct select *s;
    struct expr **inputs; /* columns of the projection below: keys first */
    const char **input_names;
    uint32_t input_count;
    const struct schema *from;
};

static const char *name_of(struct aggregation *a, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN && e->column < a->from->column_count)
        return a->from->columns[e->column].name;
    struct buffer text = {0};
    expr_print(e, a->from, &text);
    const char *name = arena_copy_text(a->s->b->arena, buffer_text(&text));
    buffer_clear(&text);
    return name;
}

/* The number of e among the projection's columns from first on. */
static uint32_t intern_input(struct aggregation *a, struct expr *e, uint32_t first)
{
    for (uint32_t i = first; i < a->input_count; i++)
        if (expr_equal(a->inputs[i], e))
            return i;
    a->inputs[a->input_count] = e;
    a->input_names[a->input_count] = name_of(a, e);
    return a->input_count++;
}

static enum status fail_ungrouped(struct select *s, const struct expr *column)
{
    const char *name = scope_column_name(&s->from.scope, column->column, s->b->arena);
    return error_set_at(s->b->err, STATUS_GROUPING_ERROR, column->position,
                        "column \"%s\" must appear in the GROUP BY clause or be used in an aggregate function", name);
}

/* Whether a column's table is grouped by its whole primary key: then it has one value in a group. */
static bool is_determined(struct select *s, uint32_t column)
{
    for (uint32_t t = 0; t < s->from.scope.table_count; t++) {
        const struct scope_table *table = &s->from.scope.tables[t];
        if (column < table->first || column >= table->first + table->column_count || table->relation == NULL ||
            table->relation->kind != RELATION_TABLE || table->relation->primary_key_count == 0)
            continue;
        for (uint32_t k = 0; k < table->relation->primary_key_count; k++) {
            bool grouped = false;
            for (uint32_t g = 0; g < s->group_count; g++)
                grouped |= s->groups[g]->kind == EXPR_COLUMN &&
                           s->groups[g]->column == table->first + table->relation->primary_key[k];
            if (!grouped)
                return false;
        }
        return true;
    }
    return false;
}

/* Columns that a key determines, and scalar subqueries, become keys themselves. */
static void add_determined_groups(struct select *s, const struct expr *e)
{
    for (uint32_t g = 0; g < s->group_count; g++)
        if (expr_equal(s->groups[g], e))
            return;
    for (uint32_t i = 0; i < e->argument_count; i++)
        add_determined_groups(s, e->arguments[i]);
    bool is_subquery = e->kind == EXPR_COLUMN && e->column < AGGREGATE_BASE &&
                       strcmp(scope_column_name(&s->from.scope, e->column, s->b->arena), "?column?") == 0 &&
                       s->group_count != 0;
    if (e->kind != EXPR_COLUMN || e->column >= AGGREGATE_BASE || !(is_subquery || is_determined(s, e->column)))
        return;
    struct expr **grown = ARENA_ARRAY(s->b->arena, struct expr *, s->group_count + 1);
    memcpy(grown, s->groups, s->group_count * sizeof *grown);
    grown[s->group_count++] = expr_column(e->column, e->type, s->b->arena);
    s->groups = grown;
}

/* e over the aggregation's output: keys, then calls. */
static enum status rewrite(struct select *s, const struct expr *e, struct expr **out)
{
    struct arena *arena = s->b->arena;
    for (uint32_t g = 0; g < s->group_count; g++)
        if (expr_equal(s->groups[g], e)) {
            *out = expr_column(g, e->type, arena);
            (*out)->position = e->position;
            return STATUS_OK;
        }
    if (e->kind == EXPR_COLUMN && e->column < AGGREGATE_BASE)
        return fail_ungrouped(s, e);
    struct expr *copy = ARENA_NEW(arena, struct expr);
    *copy = *e;
    *out = copy;
    if (e->kind == EXPR_COLUMN) {
        copy->column = s->group_count + (e->column - AGGREGATE_BASE);
        return STATUS_OK;
    }
    copy->arguments = ARENA_ARRAY(arena, struct expr *, e->argument_count + 1);
    for (uint32_t i = 0; i < e->argument_count; i++)
        TRY(rewrite(s, e->arguments[i], &copy->arguments[i]));
    return STATUS_OK;
}

static enum status check_group_types(struct select *s)
{
    for (uint32_t g = 0; g < s->group_count; g++)
        if (s->groups[g]->type.id == TYPE_JSON)
            return error_set_at(s->b->err, STATUS_UNDEFINED_FUNCTION, s->groups[g]->position,
                                "could not identify an equality operator for type json");
    return STATUS_OK;
}

static struct plan *make_aggregate(struct aggregation *a, struct plan *input)
{
    struct select *s = a->s;
    struct arena *arena = s->b->arena;
    struct plan *p = plan_create(PLAN_AGGREGATE, 1, arena);
    p->aggregate.group_count = s->group_count;
    p->aggregate.groups = ARENA_ARRAY(arena, uint32_t, s->group_count + 1);
    p->aggregate.call_count = s->aggregates.count;
    p->aggregate.calls = ARENA_ARRAY(arena, struct aggregate_call, s->aggregates.count + 1);
    p->schema.column_count = s->group_count + s->aggregates.count;
    p->schema.columns = ARENA_ARRAY(arena, struct column, p->schema.column_count + 1);
    for (uint32_t g = 0; g < s->group_count; g++) {
        p->aggregate.groups[g] = g;
        p->schema.columns[g] = (struct column){a->input_names[g], s->groups[g]->type, false};
    }
    for (uint32_t i = 0; i < s->aggregates.count; i++) {
        const struct bound_aggregate *bound = &s->aggregates.calls[i];
        struct aggregate_call *call = &p->aggregate.calls[i];
        *call = (struct aggregate_call){.id = bound->id,
                                        .type = bound->type,
                                        .argument = -1,
                                        .filter = -1,
                                        .distinct = bound->distinct,
                                        .position = bound->position};
        if (bound->argument != NULL) {
            call->argument = (int32_t)intern_input(a, bound->argument, 0);
            call->argument_type = bound->argument->type;
        }
        if (bound->filter != NULL)
            call->filter = (int32_t)intern_input(a, bound->filter, 0);
        const char *name = NULL;
        for (uint32_t n = 0; n < AGGREGATE_COUNT_ALL && name == NULL; n++)
            name = AGGREGATES[n].id == bound->id ? AGGREGATES[n].name : NULL;
        const char *of = call->argument < 0 ? "*" : a->input_names[call->argument];
        name = arena_printf(arena, "%s(%s%s)", name == NULL ? "count" : name, bound->distinct ? "DISTINCT " : "", of);
        p->schema.columns[s->group_count + i] = (struct column){name, bound->type, false};
    }
    p->inputs[0] = bind_project(input, a->inputs, a->input_names, a->input_count, arena);
    return p;
}

enum status select_aggregate(struct select *s, struct plan **plan)
{
    struct arena *arena = s->b->arena;
    uint32_t room;
    for (uint32_t i = 0; i < s->target_count; i++)
        add_determined_groups(s, s->targets[i].e);
    if (s->having != NULL)
        add_determined_groups(s, s->having);
    TRY(check_group_types(s));
    room = s->group_count + 2 * s->aggregates.count + 1;
    struct aggregation a = {s, ARENA_ARRAY(arena, struct expr *, room), ARENA_ARRAY(arena, const char *, room), 0,
                            &(*plan)->schema};
    for (uint32_t g = 0; g < s->group_count; g++) {
        a.inputs[g] = s->groups[g];
        a.input_names[g] = name_of(&a, s->groups[g]);
    }
    a.input_count = s->group_count;
    *plan = make_aggregate(&a, *plan);
    for (uint32_t i = 0; i < s->target_count; i++)
        TRY(rewrite(s, s->targets[i].e, &s->targets[i].e));
    return s->having == NULL ? STATUS_OK : rewrite(s, s->having, &s->having);
}
