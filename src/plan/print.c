/* print.c - EXPLAIN's text: one node a line, "->" before inputs, its properties indented below, as PostgreSQL prints. */
#include "plan/internal.h"

struct printer {
    struct buffer *out;
    bool live;
    struct node_set ctes; /* printed in full already; the number of one is its place here */
};

const char *aggregate_name(enum aggregate_id id)
{
    if (id == AGGREGATE_COUNT_STAR)
        return "count";
    for (uint32_t i = 0; i < AGGREGATE_COUNT_ALL; i++)
        if (AGGREGATES[i].id == id)
            return AGGREGATES[i].name;
    return "aggregate";
}

const char *plan_title(const struct plan *p)
{
    switch (p->kind) {
    case PLAN_SCAN:
        return "Scan";
    case PLAN_FILES:
        return "Files Scan";
    case PLAN_VALUES:
        return "Values";
    case PLAN_SERIES:
        return "Series";
    case PLAN_FILTER:
        return "Filter";
    case PLAN_PROJECT:
        return "Project";
    case PLAN_AGGREGATE:
        return p->aggregate.call_count == 0 ? "Distinct" : "Aggregate";
    case PLAN_JOIN:
        switch (p->join.kind) {
        case JOIN_INNER:
            return p->join.key_count == 0 ? "Nested Loop" : "Hash Join";
        case JOIN_LEFT:
            return "Hash Left Join";
        case JOIN_SEMI:
            return "Hash Semi Join";
        case JOIN_ANTI:
            return "Hash Anti Join";
        }
        return "Join";
    case PLAN_UNION_ALL:
        return "Union All";
    case PLAN_SORT:
        return "Sort";
    case PLAN_LIMIT:
        return p->inputs[0]->kind == PLAN_SORT ? "Top-N" : "Limit";
    case PLAN_CTE:
        return "CTE";
    }
    return "Node";
}

static void line(struct printer *w, int depth, const char *label)
{
    buffer_printf(w->out, "%*s%s: ", depth * 6 + 2, "", label);
}

static void end_line(struct printer *w)
{
    buffer_put_u8(w->out, '\n');
}

static const char *column_name(const struct schema *schema, uint32_t column)
{
    return schema->columns[column].name == NULL ? "?column?" : schema->columns[column].name;
}

static void put_column(struct printer *w, const struct schema *schema, uint32_t column)
{
    buffer_put_text(w->out, column_name(schema, column));
}

/* The columns of both inputs, as a join's condition sees them. The array is the caller's. */
static struct schema joined_schema(const struct plan *p, struct arena *arena)
{
    const struct schema *left = &p->inputs[0]->schema;
    const struct schema *right = &p->inputs[1]->schema;
    struct schema all = {left->column_count + right->column_count, NULL};
    all.columns = ARENA_ARRAY(arena, struct column, all.column_count + 1);
    for (uint32_t i = 0; i < all.column_count; i++)
        all.columns[i] = i < left->column_count ? left->columns[i] : right->columns[i - left->column_count];
    return all;
}

static void print_call(struct printer *w, const struct plan *p, const struct aggregate_call *call)
{
    const struct schema *input = &p->inputs[0]->schema;
    buffer_printf(w->out, "%s(%s", aggregate_name(call->id), call->distinct ? "DISTINCT " : "");
    if (call->argument < 0)
        buffer_put_u8(w->out, '*');
    else
        put_column(w, input, (uint32_t)call->argument);
    buffer_put_u8(w->out, ')');
    if (call->filter >= 0)
        buffer_printf(w->out, " FILTER (WHERE %s)", column_name(input, (uint32_t)call->filter));
}

static void print_aggregate(struct printer *w, const struct plan *p, int depth)
{
    if (p->aggregate.group_count != 0) {
        line(w, depth, "Group Key");
        for (uint32_t i = 0; i < p->aggregate.group_count; i++) {
            buffer_put_text(w->out, i == 0 ? "" : ", ");
            put_column(w, &p->inputs[0]->schema, p->aggregate.groups[i]);
        }
        end_line(w);
    }
    if (p->aggregate.call_count == 0)
        return;
    line(w, depth, "Aggregates");
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        buffer_put_text(w->out, i == 0 ? "" : ", ");
        print_call(w, p, &p->aggregate.calls[i]);
    }
    end_line(w);
}

static void print_join(struct printer *w, const struct plan *p, int depth)
{
    if (p->join.key_count != 0) {
        line(w, depth, "Hash Cond");
        for (uint32_t i = 0; i < p->join.key_count; i++) {
            buffer_put_text(w->out, i == 0 ? "" : " AND ");
            put_column(w, &p->inputs[0]->schema, p->join.left_keys[i]);
            buffer_put_text(w->out, p->join.null_equal ? " IS NOT DISTINCT FROM " : " = ");
            put_column(w, &p->inputs[1]->schema, p->join.right_keys[i]);
        }
        end_line(w);
    }
    if (p->join.condition == NULL)
        return;
    struct arena *arena = arena_create();
    struct schema both = joined_schema(p, arena);
    line(w, depth, "Join Filter");
    expr_print(p->join.condition, &both, w->out);
    end_line(w);
    arena_destroy(arena);
}

static void print_expressions(struct printer *w, const struct plan *p, int depth)
{
    line(w, depth, "Output");
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        const struct expr *e = p->project.expressions[i];
        struct buffer text = {0};
        expr_print(e, &p->inputs[0]->schema, &text);
        buffer_printf(w->out, "%s%s", i == 0 ? "" : ", ", buffer_text(&text));
        if (strcmp(buffer_text(&text), column_name(&p->schema, i)) != 0)
            buffer_printf(w->out, " AS %s", column_name(&p->schema, i));
        buffer_clear(&text);
    }
    end_line(w);
}

static void print_columns(struct printer *w, const struct plan *p, int depth)
{
    line(w, depth, "Columns");
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        buffer_put_text(w->out, i == 0 ? "" : ", ");
        put_column(w, &p->schema, i);
    }
    if (p->schema.column_count == 0)
        buffer_put_text(w->out, "none");
    end_line(w);
}

static void print_prunes(struct printer *w, const struct plan *p, int depth)
{
    static const char *const OPERATORS[] = {"=", "<", "<=", ">", ">="};
    if (p->files.prune_count == 0)
        return;
    line(w, depth, "Prune");
    for (uint32_t i = 0; i < p->files.prune_count; i++) {
        const struct prune *prune = &p->files.prunes[i];
        struct text_context text = {time_zone_utc(), 0};
        buffer_printf(w->out, "%s%s %s ", i == 0 ? "" : " AND ", column_name(&p->schema, prune->column),
                      OPERATORS[prune->operator_]);
        bool quoted = !type_is_number(prune->constant.type);
        buffer_put_text(w->out, quoted ? "'" : "");
        vector_format(&prune->constant, 0, &text, w->out);
        buffer_put_text(w->out, quoted ? "'" : "");
    }
    end_line(w);
}

static void print_sort(struct printer *w, const struct plan *p, int depth)
{
    line(w, depth, "Sort Key");
    for (uint32_t i = 0; i < p->sort.key_count; i++) {
        const struct sort_key *key = &p->sort.keys[i];
        buffer_put_text(w->out, i == 0 ? "" : ", ");
        put_column(w, &p->inputs[0]->schema, key->column);
        buffer_put_text(w->out, key->descending ? " DESC" : "");
        if (key->nulls_first != key->descending)
            buffer_put_text(w->out, key->nulls_first ? " NULLS FIRST" : " NULLS LAST");
    }
    end_line(w);
}

static void print_properties(struct printer *w, const struct plan *p, int depth)
{
    switch (p->kind) {
    case PLAN_SCAN:
        print_columns(w, p, depth);
        return;
    case PLAN_FILES:
        print_columns(w, p, depth);
        print_prunes(w, p, depth);
        return;
    case PLAN_FILTER:
        line(w, depth, "Condition");
        expr_print(p->filter.predicate, &p->inputs[0]->schema, w->out);
        end_line(w);
        return;
    case PLAN_PROJECT:
        print_expressions(w, p, depth);
        return;
    case PLAN_AGGREGATE:
        print_aggregate(w, p, depth);
        return;
    case PLAN_JOIN:
        print_join(w, p, depth);
        return;
    case PLAN_SORT:
        print_sort(w, p, depth);
        return;
    case PLAN_VALUES:
    case PLAN_SERIES:
    case PLAN_UNION_ALL:
    case PLAN_LIMIT:
    case PLAN_CTE:
        return;
    }
}

/* What stands behind the title on the same line. */
static void print_subject(struct printer *w, const struct plan *p)
{
    switch (p->kind) {
    case PLAN_SCAN:
        if (strcmp(p->scan.relation->schema_name, "public") != 0)
            buffer_printf(w->out, " on %s.%s", p->scan.relation->schema_name, p->scan.relation->name);
        else
            buffer_printf(w->out, " on %s", p->scan.relation->name);
        return;
    case PLAN_FILES:
        buffer_printf(w->out, " on '%s'", p->files.path);
        if (p->files.format != NULL)
            buffer_printf(w->out, " (%s)", p->files.format);
        return;
    case PLAN_VALUES:
        buffer_printf(w->out, " (%u row%s)", p->values.row_count, p->values.row_count == 1 ? "" : "s");
        return;
    case PLAN_SERIES:
        buffer_put_text(w->out, " from ");
        expr_print(p->series.start, NULL, w->out);
        buffer_put_text(w->out, " to ");
        expr_print(p->series.stop, NULL, w->out);
        if (p->series.step != NULL) {
            buffer_put_text(w->out, " step ");
            expr_print(p->series.step, NULL, w->out);
        }
        return;
    case PLAN_LIMIT:
        if (p->limit.limit >= 0)
            buffer_printf(w->out, " (%lld)", (long long)p->limit.limit);
        if (p->limit.offset > 0)
            buffer_printf(w->out, " (offset %lld)", (long long)p->limit.offset);
        return;
    default:
        return;
    }
}

static void print_node(struct printer *w, const struct plan *p, int depth)
{
    if (depth > 0)
        buffer_printf(w->out, "%*s->  ", depth * 6 - 4, "");
    buffer_put_text(w->out, plan_title(p));
    bool is_first = p->kind != PLAN_CTE || node_set_add(&w->ctes, p);
    if (p->kind == PLAN_CTE) {
        uint32_t number = 0;
        while (w->ctes.nodes[number] != p)
            number++;
        buffer_printf(w->out, " %u%s", number + 1, is_first ? "" : " (as above)");
    }
    print_subject(w, p);
    end_line(w);
    if (!is_first)
        return;
    print_properties(w, p, depth);
    if (w->live) {
        line(w, depth, "state");
        plan_print_state(p, w->out);
        end_line(w);
    }
    for (uint32_t i = 0; i < p->input_count; i++)
        print_node(w, p->inputs[i], depth + 1);
}

void plan_print(const struct plan *p, bool live, struct buffer *out)
{
    struct printer w = {.out = out, .live = live};
    print_node(&w, p, 0);
    node_set_clear(&w.ctes);
}
