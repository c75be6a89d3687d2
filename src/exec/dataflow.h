/* dataflow.h - a plan made runnable: bounded (once) or live (epoch by epoch), with the same operators.
 *
 * A dataflow is a list of stages in topological order. A stage is a chain of
 * operators that begins at a leaf or at the receiving end of an exchange and
 * ends at the sending end of one, or at the output. Within an epoch stages are
 * finished in order; inside a stage the instances (one per worker, each owning a
 * range of the 256 shards) run in parallel. A tiny epoch runs on the calling
 * thread alone and visits only operators that got rows: nobody is woken.
 */
#ifndef LEAT_EXEC_DATAFLOW_H
#define LEAT_EXEC_DATAFLOW_H

#include "exec/operator.h"
#include "exec/pool.h"
#include "exec/source.h"
#include "os/thread.h"
#include "plan/plan.h"

/* Receives output rows. Bounded: calls are serialised, rows in the order of ORDER BY. Live: called from whichever worker runs the
 * stage, with that worker's number; for one worker calls are serialised. The batch is borrowed. Returns a status other than
 * STATUS_OK to fail the run, STATUS_END_OF_INPUT to stop it early without an error. */
struct output {
    enum status (*write)(void *context, unsigned worker, const struct batch *rows, struct error *err);
    void *context;
};

struct run_environment {
    struct pool *pool;
    unsigned worker_count;       /* at most the pool's; 1 = the calling thread alone */
    struct budget *budget;       /* may be NULL */
    struct text_context text;
    const _Atomic bool *cancel;  /* may be NULL; when it turns true the run fails with STATUS_CANCELED */
    /* Opens what a PLAN_SCAN or PLAN_FILES leaf reads; the dataflow destroys it. Bounded runs only. */
    enum status (*open_source)(void *context, const struct plan *leaf, struct source **out, struct error *err);
    void *context;
    /* Rows that reach the output in error: NULL fails the run with the first one's SQLSTATE; else they are left out and counted. */
    _Atomic int64_t *error_rows;
};

/* ---- bounded ---- */

/* Lets another thread look at a run's sources while there are any, for a progress bar. */
struct run_progress {
    struct mutex mutex; /* the sources are there while it is held, or not */
    uint32_t source_count;
    struct source *sources[64];
};
void run_progress_init(struct run_progress *p);
void run_progress_clear(struct run_progress *p);
/* Sums over the sources; all zero before and after the run. total_bytes 0: unknown. */
void run_progress_read(struct run_progress *p, int64_t *rows, int64_t *bytes, int64_t *total_bytes);
/* Runs p to its end as one epoch. progress may be NULL. */
CHECKED enum status dataflow_run(const struct plan *p, const struct run_environment *environment, const struct output *output,
                                 struct run_progress *progress, struct error *err);

/* Statistics per plan node for EXPLAIN ANALYZE: filled by dataflow_run when given (may be NULL members). */
struct node_statistics {
    const struct plan *node;
    int64_t rows;
    int64_t ns;
    int64_t size; /* bytes of state at its peak */
};

/* As dataflow_run, and prints the plan with what happened to out (EXPLAIN ANALYZE). The rows go nowhere. */
CHECKED enum status dataflow_analyze(const struct plan *p, const struct run_environment *environment, bool json, struct buffer *out,
                                     struct error *err);

/* ---- live ---- */

struct dataflow;
/* Builds the operators of p for worker_count instances (plan_infer has been called). The plan must outlive it. */
CHECKED enum status dataflow_create(const struct plan *p, unsigned worker_count, struct budget *budget, const struct text_context *text,
                                    const struct output *output, struct dataflow **out, struct error *err);
void dataflow_destroy(struct dataflow *d); /* accepts NULL */
/* The PLAN_SCAN leaves, by input number; rows pushed must have exactly the leaf's columns. */
uint32_t dataflow_input_count(const struct dataflow *d);
const struct plan *dataflow_input(const struct dataflow *d, uint32_t input);
/* Begins an epoch; its time is what now() means. */
void dataflow_begin(struct dataflow *d, const struct epoch_mark *mark);
/* Feeds rows of one input to worker's instance: different workers may call at the same time. Stateless chains reach the output
 * before it returns. */
CHECKED enum status dataflow_push(struct dataflow *d, unsigned worker, uint32_t input, const struct batch *rows, struct error *err);
/* Finishes the epoch: exchanges, keyed stages, output. Uses the pool for large epochs. After an error the dataflow is unusable. */
CHECKED enum status dataflow_finish(struct dataflow *d, struct pool *pool, struct error *err);
/* Bytes of state held. */
int64_t dataflow_size(const struct dataflow *d);
/* Rows of constants (VALUES, generate_series, no FROM) are pushed by dataflow_finish of the first epoch. */

#endif
