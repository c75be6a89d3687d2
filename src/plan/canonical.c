/* canonical.c - a plan as text that is equal exactly for plans that compute the same, names aside.
 *
 * It is hashed into the fingerprint of operator state, so its form never
 * changes: additions only. A relation is its id, a CTE the number of its first
 * appearance.
 */
#include "plan/internal.h"

struct canonical {
    struct buffer *out;
    struct node_set ctes;
};

static void put_type(struct buffer *out, struct type t)
{
    buffer_printf(out, "%u.%u.%d.%d", t.id, t.precision, t.scale, t.length);
}

static void put_columns(struct buffer *out, const uint32_t *columns, uint32_t count)
{
    buffer_put_u8(out, '[');
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%u", i == 0 ? "" : ",", columns[i]);
    buffer_put_u8(out, ']');
}

static void put_expr_or_none(struct buffer *out, const struct expr *e)
{
    if (e == NULL)
        buffer_put_text(out, "none");
    else
        expr_put_canonical(e, out);
    buffer_put_u8(out, ';');
}

/* Texts are quoted by their size, so no content can pretend to be structure. */
static void put_text(struct buffer *out, const char *text)
{
    buffer_printf(out, "%zu:%s;", text == NULL ? 0 : strlen(text), text == NULL ? "" : text);
}

static void put_files(struct buffer *out, const struct plan *p)
{
    put_text(out, p->files.path);
    put_text(out, p->files.format);
    for (uint32_t i = 0; i < p->files.option_count; i++) {
        put_text(out, p->files.options[i].name);
        put_text(out, p->files.options[i].value);
    }
    put_columns(out, p->files.columns, p->files.column_count);
    for (uint32_t i = 0; i < p->files.prune_count; i++) {
        struct text_context text = {time_zone_utc(), 0};
        struct buffer constant = {0};
        vector_format(&p->files.prunes[i].constant, 0, &text, &constant);
        buffer_printf(out, "prune%u,%d,", p->files.prunes[i].column, (int)p->files.prunes[i].operator_);
        put_text(out, buffer_text(&constant));
        buffer_clear(&constant);
    }
}

static void put_calls(struct buffer *out, const struct plan *p)
{
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        const struct aggregate_call *call = &p->aggregate.calls[i];
        buffer_printf(out, "{%d,%d,%d,%d,", (int)call->id, call->argument, call->filter, call->distinct);
        put_type(out, call->argument_type);
        buffer_put_u8(out, ',');
        put_type(out, call->type);
        buffer_put_u8(out, '}');
    }
}

static void put_body(struct buffer *out, const struct plan *p)
{
    switch (p->kind) {
    case PLAN_SCAN:
        buffer_printf(out, "%lld", (long long)p->scan.relation->id);
        put_columns(out, p->scan.columns, p->scan.column_count);
        return;
    case PLAN_FILES:
        put_files(out, p);
        return;
    case PLAN_VALUES:
        for (uint32_t row = 0; row < p->values.row_count; row++)
            for (uint32_t column = 0; column < p->schema.column_count; column++)
                put_expr_or_none(out, p->values.rows[row][column]);
        return;
    case PLAN_SERIES:
        put_expr_or_none(out, p->series.start);
        put_expr_or_none(out, p->series.stop);
        put_expr_or_none(out, p->series.step);
        return;
    case PLAN_FILTER:
        put_expr_or_none(out, p->filter.predicate);
        return;
    case PLAN_PROJECT:
        for (uint32_t i = 0; i < p->schema.column_count; i++)
            put_expr_or_none(out, p->project.expressions[i]);
        return;
    case PLAN_AGGREGATE:
        put_columns(out, p->aggregate.groups, p->aggregate.group_count);
        put_calls(out, p);
        return;
    case PLAN_JOIN:
        buffer_printf(out, "%d,%d,", (int)p->join.kind, p->join.null_equal);
        put_columns(out, p->join.left_keys, p->join.key_count);
        put_columns(out, p->join.right_keys, p->join.key_count);
        put_expr_or_none(out, p->join.condition);
        return;
    case PLAN_SORT:
        for (uint32_t i = 0; i < p->sort.key_count; i++)
            buffer_printf(out, "%u,%d,%d;", p->sort.keys[i].column, p->sort.keys[i].descending,
                          p->sort.keys[i].nulls_first);
        return;
    case PLAN_LIMIT:
        buffer_printf(out, "%lld,%lld", (long long)p->limit.limit, (long long)p->limit.offset);
        return;
    case PLAN_UNION_ALL:
    case PLAN_CTE:
        return;
    }
}

/* A projection that only renames. */
static bool is_renaming(const struct plan *p)
{
    bool same = p->kind == PLAN_PROJECT && p->schema.column_count == p->inputs[0]->schema.column_count;
    for (uint32_t i = 0; same && i < p->schema.column_count; i++)
        same = p->project.expressions[i]->kind == EXPR_COLUMN && p->project.expressions[i]->column == i;
    return same;
}

static void put_node(struct canonical *c, const struct plan *p)
{
    while (is_renaming(p))
        p = p->inputs[0];
    static const char *const NAMES[] = {"scan",      "files", "values", "series", "filter", "project",
                                        "aggregate", "join",  "union",  "sort",   "limit",  "cte"};
    buffer_put_text(c->out, NAMES[p->kind]);
    if (p->kind == PLAN_CTE) {
        bool is_first = node_set_add(&c->ctes, p);
        uint32_t number = 0;
        while (c->ctes.nodes[number] != p)
            number++;
        buffer_printf(c->out, "%u", number);
        if (!is_first)
            return;
    }
    buffer_put_u8(c->out, '(');
    for (uint32_t i = 0; i < p->schema.column_count; i++) {
        put_type(c->out, p->schema.columns[i].type);
        buffer_put_u8(c->out, ' ');
    }
    buffer_put_u8(c->out, '|');
    put_body(c->out, p);
    for (uint32_t i = 0; i < p->input_count; i++)
        put_node(c, p->inputs[i]);
    buffer_put_u8(c->out, ')');
}

void plan_put_canonical(const struct plan *p, struct buffer *out)
{
    struct canonical c = {.out = out};
    put_node(&c, p);
    node_set_clear(&c.ctes);
}
