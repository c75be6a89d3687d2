/* graph_join.c - a join as nodes and stages.
 *
 * Bounded: the right input is collected and becomes a table in a stage of its
 * own, before the stages of the left input run, which stream through. Live: both
 * inputs go to the instance that owns the key.
 */
#include <assert.h>

#include "exec/graph.h"
#include "exec/join_table.h"

static enum status build_bounded(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = build_graph(b);
    struct join_table *table = join_table_create(p, g->budget, g->arena);
    struct node *right, *left;
    TRY(build_plan(b, p->inputs[1], &right, err));
    struct node *build = graph_operator(g, p, false, table, join_build_create);
    graph_connect(g, right, build, 0);
    struct node *probe = graph_operator(g, p, false, table, join_probe_create);
    graph_stage(g, (struct stage){.kind = STAGE_FINISH, .node = build, .target = probe, .single = true});
    TRY(build_plan(b, p->inputs[0], &left, err));
    graph_connect(g, left, probe, 0);
    *out = probe;
    return STATUS_OK;
}

static enum status connect_live(struct build *b, const struct plan *p, unsigned side, struct node *join, struct error *err)
{
    struct graph *g = build_graph(b);
    struct node *input;
    TRY(build_plan(b, p->inputs[side], &input, err));
    if (g->worker_count == 1) {
        graph_connect(g, input, join, side);
        return STATUS_OK;
    }
    struct exchange_key *key = ARENA_NEW(g->arena, struct exchange_key);
    *key = (struct exchange_key){.schema = &p->inputs[side]->schema,
                                 .columns = side == 0 ? p->join.left_keys : p->join.right_keys,
                                 .column_count = p->join.key_count};
    join->exchanges[side] = graph_operator(g, p, true, key, exchange_create);
    graph_connect(g, input, join->exchanges[side], 0);
    return STATUS_OK;
}

static enum status build_live(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = build_graph(b);
    struct node *join = graph_operator(g, p, true, NULL, join_live_create);
    TRY(connect_live(b, p, 0, join, err));
    TRY(connect_live(b, p, 1, join, err));
    graph_stage(g, (struct stage){.kind = STAGE_FINISH, .node = join, .target = join});
    *out = join;
    return STATUS_OK;
}

enum status build_join(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    return build_graph(b)->live ? build_live(b, p, out, err) : build_bounded(b, p, out, err);
}
