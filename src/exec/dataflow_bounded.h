/* dataflow_bounded.h - running a bounded graph, shared with analyze.c. */
#ifndef LEAT_EXEC_DATAFLOW_BOUNDED_H
#define LEAT_EXEC_DATAFLOW_BOUNDED_H

#include "exec/graph.h"

/* Runs all stages; measure fills the nodes' counts. */
CHECKED enum status bounded_run(struct graph *g, const struct run_environment *environment,
                                const struct output *output, bool measure, struct error *err);

#endif
