/* graph.h - a plan as nodes and stages.
 *
 * A node is an operator with one instance per worker, or a place where rows pass
 * through; its edges say who gets what comes out. A stage is what runs between
 * two barriers: it starts rows flowing, from a source or from the finish of a
 * node that has collected, along the edges until they are collected again or
 * reach the output. Stages are in an order in which they can run one by one.
 */
#ifndef LEAT_EXEC_GRAPH_H
#define LEAT_EXEC_GRAPH_H

#include "exec/dataflow.h"
#include "exec/operators.h"
#include "expr/error.h"

enum node_kind {
    NODE_PASS,     /* hands on what it gets: a leaf, a union, one reader of a shared subplan */
    NODE_OPERATOR,
    NODE_OUTPUT
};
struct edge {
    struct node *to;
    unsigned input;
};
/* What went through, per worker, apart so that workers do not share lines. */
struct node_counts {
    _Alignas(64) int64_t rows; /* that came out */
    int64_t ns;
    int64_t epoch_rows;        /* live: that came in in this epoch */
    bool stopped;              /* bounded: the instance, or all behind it, wants no more input */
};
struct node {
    enum node_kind kind;
    const struct plan *plan; /* may be NULL */
    struct operator **operators;
    uint32_t edge_count, edge_capacity;
    struct edge *edges;
    struct node_counts *counts;
    struct node *exchanges[2]; /* where the rows of the inputs wait, if they are exchanged; else NULL */
    int64_t peak_size;
};

enum stage_kind { STAGE_SOURCE, STAGE_FINISH };
struct stage {
    enum stage_kind kind;
    struct node *node;     /* FINISH: whose; SOURCE: where rows enter */
    struct node *target;   /* whose edges the rows take */
    bool single;           /* instance 0 alone */
    struct source *source; /* SOURCE: bounded, and constants live; owned */
    int32_t input;         /* SOURCE, live: input number, -1: constants */
};

struct graph {
    struct arena *arena;
    unsigned worker_count;
    bool live;
    struct budget *budget;
    struct text_context text;
    struct error_words words; /* of a bounded run's rows */
    uint32_t node_count, node_capacity;
    struct node **nodes;
    uint32_t stage_count, stage_capacity;
    struct stage *stages;
    struct node *output;
    uint32_t input_count;
};

/* Opens what a leaf of a bounded run reads. */
struct graph_leaves {
    enum status (*open_source)(void *context, const struct plan *leaf, struct source **out, struct error *err);
    void *context;
};
/* Builds the graph of p. Bounded with leaves, live without. The plan must outlive it. */
CHECKED enum status graph_create(const struct plan *p, unsigned worker_count, struct budget *budget, const struct text_context *text,
                                 const struct graph_leaves *leaves, struct graph **out, struct error *err);
void graph_destroy(struct graph *g); /* accepts NULL */
/* Bytes of state of all nodes. */
int64_t graph_size(const struct graph *g);

/* ---- building, shared by graph_build.c and graph_join.c ---- */
struct build;
void graph_connect(struct graph *g, struct node *from, struct node *to, unsigned input);
void graph_stage(struct graph *g, struct stage stage);
/* A node whose instances create makes. */
struct node *graph_operator(struct graph *g, const struct plan *plan, bool retractable, void *shared,
                            struct operator *(*create)(const struct operator_setup *));
/* The node that gives out p's rows. */
CHECKED enum status build_plan(struct build *b, const struct plan *p, struct node **out, struct error *err);
/* PLAN_JOIN (graph_join.c). */
CHECKED enum status build_join(struct build *b, const struct plan *p, struct node **out, struct error *err);
struct graph *build_graph(struct build *b);

#endif
