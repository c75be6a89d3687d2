/* infer.c - what is known of a plan's output when it is live: whether rows are ever retracted, and a unique key.
 *
 * "No key known" is key_count 0; the empty key (never more than one row) is not
 * told. Keys of more than PLAN_KEY_MAX columns are not told either.
 */
#include "plan/internal.h"

static void key_add(struct plan *p, uint32_t column)
{
    for (uint32_t i = 0; i < p->key_count; i++)
        if (p->key[i] == column)
            return;
    if (p->key_count < PLAN_KEY_MAX)
        p->key[p->key_count++] = column;
}

static void key_copy(struct plan *p, const struct plan *input, uint32_t first)
{
    for (uint32_t i = 0; i < input->key_count; i++)
        key_add(p, first + input->key[i]);
}

static void infer_scan(struct plan *p)
{
    const struct relation *r = p->scan.relation;
    p->append_only = r->append_only;
    for (uint32_t k = 0; k < r->primary_key_count && r->primary_key_count <= PLAN_KEY_MAX; k++) {
        uint32_t at = 0;
        while (at < p->scan.column_count && p->scan.columns[at] != r->primary_key[k])
            at++;
        if (at == p->scan.column_count) {
            p->key_count = 0; /* a part of the key is not read */
            return;
        }
        key_add(p, at);
    }
}

static void infer_project(struct plan *p)
{
    const struct plan *input = p->inputs[0];
    p->append_only = input->append_only;
    for (uint32_t k = 0; k < input->key_count; k++) {
        uint32_t at = 0;
        while (at < p->schema.column_count &&
               (p->project.expressions[at]->kind != EXPR_COLUMN || p->project.expressions[at]->column != input->key[k]))
            at++;
        if (at == p->schema.column_count) {
            p->key_count = 0;
            return;
        }
        key_add(p, at);
    }
}

static void infer_aggregate(struct plan *p)
{
    /* The first row of a group enters DISTINCT's answer for good; an aggregate's value changes with each row. */
    p->append_only = p->aggregate.call_count == 0 && p->aggregate.group_count != 0 && p->inputs[0]->append_only;
    for (uint32_t i = 0; i < p->aggregate.group_count && p->aggregate.group_count <= PLAN_KEY_MAX; i++)
        key_add(p, i);
}

static bool keys_cover(const uint32_t *joined, uint32_t joined_count, const struct plan *side)
{
    for (uint32_t k = 0; k < side->key_count; k++) {
        bool found = false;
        for (uint32_t i = 0; i < joined_count; i++)
            found |= joined[i] == side->key[k];
        if (!found)
            return false;
    }
    return side->key_count != 0;
}

static void infer_join(struct plan *p)
{
    const struct plan *left = p->inputs[0];
    const struct plan *right = p->inputs[1];
    bool both = left->append_only && right->append_only;
    p->append_only = both && (p->join.kind == JOIN_INNER || p->join.kind == JOIN_SEMI);
    if (left->key_count == 0)
        return;
    key_copy(p, left, 0);
    if (p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI ||
        keys_cover(p->join.right_keys, p->join.key_count, right))
        return; /* at most one row of the right for each of the left */
    if (right->key_count == 0 || left->key_count + right->key_count > PLAN_KEY_MAX) {
        p->key_count = 0;
        return;
    }
    key_copy(p, right, left->schema.column_count);
}

static void infer_node(struct plan *p)
{
    p->key_count = 0;
    p->append_only = true;
    switch (p->kind) {
    case PLAN_SCAN:
        infer_scan(p);
        return;
    case PLAN_FILES:
    case PLAN_VALUES:
        return;
    case PLAN_SERIES:
        key_add(p, 0);
        return;
    case PLAN_PROJECT:
        infer_project(p);
        return;
    case PLAN_AGGREGATE:
        infer_aggregate(p);
        return;
    case PLAN_JOIN:
        infer_join(p);
        return;
    case PLAN_UNION_ALL:
        for (uint32_t i = 0; i < p->input_count; i++)
            p->append_only &= p->inputs[i]->append_only;
        return;
    case PLAN_LIMIT:
        p->append_only = false; /* a new row may push another one out */
        key_copy(p, p->inputs[0], 0);
        return;
    case PLAN_FILTER:
    case PLAN_SORT:
    case PLAN_CTE:
        p->append_only = p->inputs[0]->append_only;
        key_copy(p, p->inputs[0], 0);
        return;
    }
}

static void infer(struct plan *p, struct node_set *seen)
{
    if (p->kind == PLAN_CTE && !node_set_add(seen, p))
        return;
    for (uint32_t i = 0; i < p->input_count; i++)
        infer(p->inputs[i], seen);
    infer_node(p);
}

void plan_infer(struct plan *p)
{
    struct node_set seen = {0};
    infer(p, &seen);
    node_set_clear(&seen);
}
