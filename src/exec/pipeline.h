/* pipeline.h - the driver: the one loop that calls operators. */
#ifndef LEAT_EXEC_PIPELINE_H
#define LEAT_EXEC_PIPELINE_H

#include "exec/graph.h"

struct pipeline {
    struct graph *graph;
    const struct output *output;
    const _Atomic bool *cancel; /* may be NULL */
    bool measure;               /* fill the nodes' times */
};

/* Takes a batch that came out of n, or entered there, to where its edges lead, and what comes of it further on. STATUS_END_OF_INPUT
 * when nobody there wants more. */
CHECKED enum status pipeline_follow(const struct pipeline *p, struct node *n, unsigned worker, const struct batch *b,
                                    struct error *err);
/* Gives a batch to n itself. */
CHECKED enum status pipeline_process(const struct pipeline *p, struct node *n, unsigned worker, unsigned input,
                                     const struct batch *b, struct error *err);
/* Finishes n's instance; what comes out takes the edges of target. */
CHECKED enum status pipeline_finish(const struct pipeline *p, struct node *n, struct node *target, unsigned worker,
                                    const struct epoch_mark *mark, struct error *err);

#endif
