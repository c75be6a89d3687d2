/* print_json.c - EXPLAIN (FORMAT json): the same facts as print.c under PostgreSQL's names. */
#include "plan/internal.h"

struct json_printer {
    struct buffer *out;
    bool live;
    struct node_set ctes;
};

static void put_string(struct json_printer *w, const char *text)
{
    json_put_string(w->out, bytes_from_text(text));
}

static void put_member(struct json_printer *w, const char *name)
{
    buffer_put_text(w->out, ", ");
    put_string(w, name);
    buffer_put_text(w->out, ": ");
}

static void put_text_member(struct json_printer *w, const char *name, const char *text)
{
    put_member(w, name);
    put_string(w, text);
}

static const char *name_of(const struct schema *schema, uint32_t column)
{
    return schema->columns[column].name == NULL ? "?column?" : schema->columns[column].name;
}

static void put_names(struct json_printer *w, const char *name, const struct schema *schema, const uint32_t *columns,
                      uint32_t count)
{
    put_member(w, name);
    buffer_put_u8(w->out, '[');
    for (uint32_t i = 0; i < count; i++) {
        buffer_put_text(w->out, i == 0 ? "" : ", ");
        put_string(w, name_of(schema, columns == NULL ? i : columns[i]));
    }
    buffer_put_u8(w->out, ']');
}

static void put_expr(struct json_printer *w, const char *name, const struct expr *e, const struct schema *schema)
{
    struct buffer text = {0};
    expr_print(e, schema, &text);
    put_text_member(w, name, buffer_text(&text));
    buffer_clear(&text);
}

static void put_calls(struct json_printer *w, const struct plan *p)
{
    put_member(w, "Aggregates");
    buffer_put_u8(w->out, '[');
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        const struct aggregate_call *call = &p->aggregate.calls[i];
        buffer_printf(w->out, "%s{\"Function\": \"%s\"", i == 0 ? "" : ", ", aggregate_name(call->id));
        if (call->argument >= 0)
            put_text_member(w, "Argument", name_of(&p->inputs[0]->schema, (uint32_t)call->argument));
        if (call->filter >= 0)
            put_text_member(w, "Filter", name_of(&p->inputs[0]->schema, (uint32_t)call->filter));
        buffer_printf(w->out, "%s}", call->distinct ? ", \"Distinct\": true" : "");
    }
    buffer_put_u8(w->out, ']');
}

static void put_sort_keys(struct json_printer *w, const struct plan *p)
{
    put_member(w, "Sort Key");
    buffer_put_u8(w->out, '[');
    for (uint32_t i = 0; i < p->sort.key_count; i++) {
        const struct sort_key *key = &p->sort.keys[i];
        struct buffer text = {0};
        buffer_printf(&text, "%s%s", name_of(&p->schema, key->column), key->descending ? " DESC" : "");
        if (key->nulls_first != key->descending)
            buffer_put_text(&text, key->nulls_first ? " NULLS FIRST" : " NULLS LAST");
        buffer_put_text(w->out, i == 0 ? "" : ", ");
        put_string(w, buffer_text(&text));
        buffer_clear(&text);
    }
    buffer_put_u8(w->out, ']');
}

static void put_join(struct json_printer *w, const struct plan *p)
{
    static const char *const KINDS[] = {"Inner", "Left", "Semi", "Anti"};
    put_text_member(w, "Join Type", KINDS[p->join.kind]);
    put_names(w, "Left Keys", &p->inputs[0]->schema, p->join.left_keys, p->join.key_count);
    put_names(w, "Right Keys", &p->inputs[1]->schema, p->join.right_keys, p->join.key_count);
    if (p->join.condition != NULL)
        put_expr(w, "Join Filter", p->join.condition, NULL);
}

static void put_properties(struct json_printer *w, const struct plan *p)
{
    switch (p->kind) {
    case PLAN_SCAN:
        put_text_member(w, "Relation Name", p->scan.relation->name);
        put_text_member(w, "Schema", p->scan.relation->schema_name);
        return;
    case PLAN_FILES:
        put_text_member(w, "Path", p->files.path);
        if (p->files.format != NULL)
            put_text_member(w, "Format", p->files.format);
        return;
    case PLAN_VALUES:
        put_member(w, "Rows");
        buffer_printf(w->out, "%u", p->values.row_count);
        return;
    case PLAN_FILTER:
        put_expr(w, "Condition", p->filter.predicate, &p->inputs[0]->schema);
        return;
    case PLAN_AGGREGATE:
        put_names(w, "Group Key", &p->inputs[0]->schema, p->aggregate.groups, p->aggregate.group_count);
        put_calls(w, p);
        return;
    case PLAN_JOIN:
        put_join(w, p);
        return;
    case PLAN_SORT:
        put_sort_keys(w, p);
        return;
    case PLAN_LIMIT:
        put_member(w, "Limit");
        buffer_printf(w->out, "%lld", (long long)p->limit.limit);
        put_member(w, "Offset");
        buffer_printf(w->out, "%lld", (long long)p->limit.offset);
        return;
    case PLAN_SERIES:
    case PLAN_PROJECT:
    case PLAN_UNION_ALL:
    case PLAN_CTE:
        return;
    }
}

static void put_node(struct json_printer *w, const struct plan *p)
{
    buffer_put_text(w->out, "{\"Node Type\": ");
    put_string(w, plan_title(p));
    bool is_first = p->kind != PLAN_CTE || node_set_add(&w->ctes, p);
    put_names(w, "Output", &p->schema, NULL, p->schema.column_count);
    put_properties(w, p);
    if (w->live) {
        struct buffer state = {0};
        plan_print_state(p, &state);
        put_text_member(w, "State", buffer_text(&state));
        buffer_clear(&state);
    }
    if (p->input_count != 0 && is_first) {
        put_member(w, "Plans");
        buffer_put_u8(w->out, '[');
        for (uint32_t i = 0; i < p->input_count; i++) {
            buffer_put_text(w->out, i == 0 ? "" : ", ");
            put_node(w, p->inputs[i]);
        }
        buffer_put_u8(w->out, ']');
    }
    buffer_put_u8(w->out, '}');
}

void plan_print_json(const struct plan *p, bool live, struct buffer *out)
{
    struct json_printer w = {.out = out, .live = live};
    buffer_put_text(out, "[{\"Plan\": ");
    put_node(&w, p);
    buffer_put_text(out, "}]");
    node_set_clear(&w.ctes);
}
