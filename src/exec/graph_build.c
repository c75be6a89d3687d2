/* graph_build.c - from plan to nodes and stages. Joins are in graph_join.c. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/graph.h"
#include "exec/group_table.h"

/* A subplan that is used more than once, and the node that has its rows. */
struct shared_plan {
    const struct plan *plan;
    uint32_t reader_count;
    struct node *node; /* NULL: not built yet */
};
struct build {
    struct graph *graph;
    const struct graph_leaves *leaves; /* NULL: live */
    struct shared_plan *shared;
    uint32_t shared_count, shared_capacity;
    const struct plan *top_sort;       /* the SORT that becomes a top-N, */
    struct top_n_bounds *top_bounds;   /* with these bounds */
};

struct graph *build_graph(struct build *b)
{
    return b->graph;
}

/* ---- parts ---- */

static struct node *graph_node(struct graph *g, enum node_kind kind, const struct plan *plan)
{
    struct node *n = ARENA_NEW(g->arena, struct node);
    n->kind = kind;
    n->plan = plan;
    struct node_counts *counts = ARENA_ARRAY(g->arena, struct node_counts, g->worker_count + 1);
    n->counts = (struct node_counts *)(((uintptr_t)counts + 63) & ~(uintptr_t)63);
    if (g->node_count == g->node_capacity) {
        g->node_capacity = g->node_capacity == 0 ? 16 : g->node_capacity * 2;
        g->nodes = memory_realloc(g->nodes, g->node_capacity * sizeof *g->nodes);
    }
    g->nodes[g->node_count++] = n;
    return n;
}

void graph_connect(struct graph *g, struct node *from, struct node *to, unsigned input)
{
    if (from->edge_count == from->edge_capacity) {
        uint32_t capacity = from->edge_capacity == 0 ? 2 : from->edge_capacity * 2;
        struct edge *edges = ARENA_ARRAY(g->arena, struct edge, capacity);
        if (from->edge_count != 0)
            memcpy(edges, from->edges, from->edge_count * sizeof *edges);
        from->edges = edges;
        from->edge_capacity = capacity;
    }
    from->edges[from->edge_count++] = (struct edge){to, input};
}

void graph_stage(struct graph *g, struct stage stage)
{
    if (g->stage_count == g->stage_capacity) {
        g->stage_capacity = g->stage_capacity == 0 ? 16 : g->stage_capacity * 2;
        g->stages = memory_realloc(g->stages, g->stage_capacity * sizeof *g->stages);
    }
    g->stages[g->stage_count++] = stage;
}

/* Live rows keep their errors' status alone. */
static struct error_words *graph_words(struct graph *g)
{
    return g->live ? NULL : &g->words;
}

struct node *graph_operator(struct graph *g, const struct plan *plan, bool retractable, void *shared,
                            struct operator *(*create)(const struct operator_setup *))
{
    struct node *n = graph_node(g, NODE_OPERATOR, plan);
    n->operators = ARENA_ARRAY(g->arena, struct operator *, g->worker_count);
    struct operator_setup setup = {.plan = plan, .worker_count = g->worker_count, .peers = n->operators, .budget = g->budget,
                                   .text = g->text, .words = graph_words(g), .live = g->live, .retractable = retractable, .arena = g->arena, .shared = shared};
    for (; setup.worker < g->worker_count; setup.worker++)
        n->operators[setup.worker] = create(&setup);
    return n;
}

static void finish_stage(struct graph *g, struct node *n, bool single)
{
    graph_stage(g, (struct stage){.kind = STAGE_FINISH, .node = n, .target = n, .single = single});
}

/* ---- leaves ---- */

/* The rows of a source whose changes may cancel, as those that remain. */
static struct node *consolidated(struct build *b, const struct plan *p, struct node *leaf)
{
    struct node *n = graph_operator(b->graph, p, true, NULL, consolidate_create);
    graph_connect(b->graph, leaf, n, 0);
    finish_stage(b->graph, n, false);
    return n;
}

static void source_stage(struct build *b, struct node *leaf, struct source *source)
{
    graph_stage(b->graph, (struct stage){.kind = STAGE_SOURCE, .node = leaf, .target = leaf, .single = source->single,
                                         .source = source, .input = -1});
}

static enum status build_leaf(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = b->graph;
    struct node *leaf = *out = graph_node(g, NODE_PASS, p);
    struct source *source = NULL;
    if (p->kind == PLAN_VALUES) {
        source = values_source_create(p, &g->text, graph_words(g));
    } else if (p->kind == PLAN_SERIES) {
        TRY(series_source_create(p, &g->text, &source, err));
    } else if (g->live) {
        graph_stage(g, (struct stage){.kind = STAGE_SOURCE, .node = leaf, .target = leaf, .input = (int32_t)g->input_count++});
        return STATUS_OK;
    } else {
        TRY(b->leaves->open_source(b->leaves->context, p, &source, err));
    }
    source_stage(b, leaf, source);
    if (source->changing)
        *out = consolidated(b, p, leaf);
    return STATUS_OK;
}

/* ---- one input ---- */

static enum status build_chain(struct build *b, const struct plan *p, struct operator *(*create)(const struct operator_setup *),
                               struct node **out, struct error *err)
{
    struct node *input;
    TRY(build_plan(b, p->inputs[0], &input, err));
    *out = graph_operator(b->graph, p, false, NULL, create);
    graph_connect(b->graph, input, *out, 0);
    return STATUS_OK;
}

static enum status build_aggregate(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = b->graph;
    struct node *input;
    TRY(build_plan(b, p->inputs[0], &input, err));
    bool retractable = g->live && !p->inputs[0]->append_only;
    *out = graph_operator(g, p, retractable, group_layout_create(p, retractable, g->arena), hash_aggregate_create);
    graph_connect(g, input, *out, 0);
    finish_stage(g, *out, p->aggregate.group_count == 0);
    return STATUS_OK;
}

static struct node *build_top_n(struct build *b, const struct plan *p, struct node *input, struct top_n_bounds *bounds)
{
    struct graph *g = b->graph;
    struct node *n = graph_operator(g, p, g->live, bounds, g->live ? top_n_live_create : top_n_create);
    graph_connect(g, input, n, 0);
    finish_stage(g, n, true);
    return n;
}

static enum status build_sort(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = b->graph;
    struct top_n_bounds *bounds = p == b->top_sort ? b->top_bounds : NULL;
    struct node *input;
    b->top_sort = NULL;
    TRY(build_plan(b, p->inputs[0], &input, err));
    if (bounds != NULL) {
        bounds->keys = p->sort.keys;
        bounds->key_count = p->sort.key_count;
        *out = build_top_n(b, p, input, bounds);
        return STATUS_OK;
    }
    if (g->live) {
        *out = input; /* a relation has no order */
        return STATUS_OK;
    }
    *out = graph_operator(g, p, false, NULL, sort_create);
    graph_connect(g, input, *out, 0);
    finish_stage(g, *out, false);
    finish_stage(g, *out, true);
    return STATUS_OK;
}

/* The SORT below p with nothing but projections between, or NULL. */
static const struct plan *sort_below(const struct plan *p)
{
    while (p->kind == PLAN_PROJECT)
        p = p->inputs[0];
    return p->kind == PLAN_SORT ? p : NULL;
}

static enum status build_limit(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = b->graph;
    if (p->limit.limit < 0 && p->limit.offset == 0)
        return build_plan(b, p->inputs[0], out, err);
    struct top_n_bounds *bounds = ARENA_NEW(g->arena, struct top_n_bounds);
    *bounds = (struct top_n_bounds){.limit = p->limit.limit, .offset = p->limit.offset};
    const struct plan *sort = sort_below(p->inputs[0]);
    if (sort != NULL && (g->live || p->limit.limit >= 0)) {
        b->top_sort = sort;
        b->top_bounds = bounds;
        return build_plan(b, p->inputs[0], out, err);
    }
    struct node *input;
    TRY(build_plan(b, p->inputs[0], &input, err));
    if (g->live) {
        *out = build_top_n(b, p, input, bounds);
        return STATUS_OK;
    }
    *out = graph_operator(g, p, false, limit_left_create(p->limit.limit, p->limit.offset, g->arena), limit_create);
    graph_connect(g, input, *out, 0);
    return STATUS_OK;
}

static enum status build_union(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    *out = graph_node(b->graph, NODE_PASS, p);
    for (uint32_t i = 0; i < p->input_count; i++) {
        struct node *input;
        TRY(build_plan(b, p->inputs[i], &input, err));
        graph_connect(b->graph, input, *out, 0);
    }
    return STATUS_OK;
}

/* ---- shared subplans ---- */

static struct shared_plan *find_shared(struct build *b, const struct plan *p)
{
    for (uint32_t i = 0; i < b->shared_count; i++)
        if (b->shared[i].plan == p)
            return &b->shared[i];
    return NULL;
}

static void count_readers(struct build *b, const struct plan *p)
{
    if (p->kind == PLAN_CTE) {
        struct shared_plan *known = find_shared(b, p);
        if (known != NULL) {
            known->reader_count++;
            return;
        }
        if (b->shared_count == b->shared_capacity) {
            b->shared_capacity = b->shared_capacity == 0 ? 8 : b->shared_capacity * 2;
            b->shared = memory_realloc(b->shared, b->shared_capacity * sizeof *b->shared);
        }
        b->shared[b->shared_count++] = (struct shared_plan){.plan = p, .reader_count = 1};
    }
    for (uint32_t i = 0; i < p->input_count; i++)
        count_readers(b, p->inputs[i]);
}

/* Live, all readers are fed as the rows come. In a bounded run one reader may have to end before another begins (the sides of a
 * join), so the rows are kept and each reader is a stage of its own. */
static enum status build_shared(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    struct graph *g = b->graph;
    struct shared_plan *shared = find_shared(b, p);
    if (shared->node == NULL) {
        struct node *input;
        TRY(build_plan(b, p->inputs[0], &input, err));
        shared = find_shared(b, p);
        shared->node = input;
        if (!g->live && shared->reader_count > 1) {
            shared->node = graph_operator(g, p, false, NULL, collect_create);
            graph_connect(g, input, shared->node, 0);
        }
    }
    *out = shared->node;
    if (g->live || shared->reader_count == 1)
        return STATUS_OK;
    *out = graph_node(g, NODE_PASS, p);
    graph_stage(g, (struct stage){.kind = STAGE_FINISH, .node = shared->node, .target = *out});
    return STATUS_OK;
}

enum status build_plan(struct build *b, const struct plan *p, struct node **out, struct error *err)
{
    switch (p->kind) {
    case PLAN_SCAN:
    case PLAN_FILES:
    case PLAN_VALUES:
    case PLAN_SERIES: return build_leaf(b, p, out, err);
    case PLAN_FILTER: return build_chain(b, p, filter_create, out, err);
    case PLAN_PROJECT: return build_chain(b, p, project_create, out, err);
    case PLAN_AGGREGATE: return build_aggregate(b, p, out, err);
    case PLAN_JOIN: return build_join(b, p, out, err);
    case PLAN_UNION_ALL: return build_union(b, p, out, err);
    case PLAN_SORT: return build_sort(b, p, out, err);
    case PLAN_LIMIT: return build_limit(b, p, out, err);
    case PLAN_CTE: return build_shared(b, p, out, err);
    }
    assert(false); /* a plan of no kind */
    return STATUS_INTERNAL;
}

/* ---- the whole ---- */

enum status graph_create(const struct plan *p, unsigned worker_count, struct budget *budget, const struct text_context *text,
                         const struct graph_leaves *leaves, struct graph **out, struct error *err)
{
    struct graph *g = memory_alloc_zero(1, sizeof *g);
    g->arena = arena_create();
    g->worker_count = worker_count;
    g->live = leaves == NULL;
    g->budget = budget;
    g->text = *text;
    error_words_init(&g->words);
    struct build b = {.graph = g, .leaves = leaves};
    count_readers(&b, p);
    struct node *root;
    enum status st = build_plan(&b, p, &root, err);
    free(b.shared);
    if (st != STATUS_OK) {
        graph_destroy(g);
        return st;
    }
    g->output = graph_node(g, NODE_OUTPUT, NULL);
    graph_connect(g, root, g->output, 0);
    *out = g;
    return STATUS_OK;
}

void graph_destroy(struct graph *g)
{
    if (g == NULL)
        return;
    for (uint32_t i = 0; i < g->node_count; i++)
        for (unsigned w = 0; g->nodes[i]->operators != NULL && w < g->worker_count; w++)
            if (g->nodes[i]->operators[w] != NULL)
                g->nodes[i]->operators[w]->type->destroy(g->nodes[i]->operators[w]);
    for (uint32_t i = 0; i < g->stage_count; i++)
        if (g->stages[i].source != NULL)
            g->stages[i].source->type->destroy(g->stages[i].source);
    free(g->nodes);
    free(g->stages);
    arena_destroy(g->arena);
    error_words_clear(&g->words);
    free(g);
}

int64_t graph_size(const struct graph *g)
{
    size_t size = 0;
    for (uint32_t i = 0; i < g->node_count; i++) {
        struct operator **operators = g->nodes[i]->operators;
        for (unsigned w = 0; operators != NULL && w < g->worker_count; w++)
            if (operators[w]->type->size != NULL)
                size += operators[w]->type->size(operators[w]);
    }
    return (int64_t)size;
}
