/* state.c - what each operator of a live plan keeps between epochs, and what bounds it, in words. */
#include "plan/internal.h"

static void put_columns(const struct schema *schema, const uint32_t *columns, uint32_t count, struct buffer *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *name = schema->columns[columns[i]].name;
        buffer_printf(out, "%s%s", i == 0 ? "" : ", ", name == NULL ? "?column?" : name);
    }
}

static void state_of_aggregate(const struct plan *p, struct buffer *out)
{
    if (p->aggregate.group_count == 0) {
        buffer_put_text(out, "one group");
    } else {
        buffer_put_text(out, "one group per (");
        put_columns(&p->inputs[0]->schema, p->aggregate.groups, p->aggregate.group_count, out);
        buffer_put_u8(out, ')');
    }
    bool keeps_values = false;
    for (uint32_t i = 0; i < p->aggregate.call_count; i++) {
        enum aggregate_id id = p->aggregate.calls[i].id;
        bool is_extreme = id == AGGREGATE_MIN || id == AGGREGATE_MAX || id == AGGREGATE_ANY_VALUE;
        keeps_values |= p->aggregate.calls[i].distinct || (is_extreme && !p->inputs[0]->append_only);
    }
    if (keeps_values)
        buffer_put_text(out, " with its distinct values");
    if (p->aggregate.group_count != 0)
        buffer_put_text(out, "; nothing bounds it");
}

static void state_of_join(const struct plan *p, struct buffer *out)
{
    buffer_put_text(out, "the rows of both sides");
    if (p->join.key_count != 0) {
        buffer_put_text(out, " by (");
        put_columns(&p->inputs[0]->schema, p->join.left_keys, p->join.key_count, out);
        buffer_put_u8(out, ')');
    }
    buffer_put_text(out, "; nothing bounds it");
}

void plan_print_state(const struct plan *p, struct buffer *out)
{
    switch (p->kind) {
    case PLAN_AGGREGATE:
        state_of_aggregate(p, out);
        return;
    case PLAN_JOIN:
        state_of_join(p, out);
        return;
    case PLAN_LIMIT:
        buffer_put_text(out, "all rows of its input; nothing bounds it");
        return;
    case PLAN_SORT:
        buffer_put_text(out, "none: a view has no order");
        return;
    case PLAN_SCAN:
        if (p->scan.relation->kind == RELATION_TABLE && p->scan.relation->primary_key_count != 0) {
            buffer_put_text(out, "one row per key, shared by all readers of the table");
            return;
        }
        break;
    default:
        break;
    }
    buffer_put_text(out, "none");
}
