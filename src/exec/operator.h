/* operator.h - the shape of every operator, and who drives it.
 *
 * Operators never call each other. A pipeline driver owns the loop: it hands a
 * batch to process, takes what comes out to the next operator, and at the end of
 * an epoch calls finish until DONE. An operator fills at most one output batch
 * per call and keeps its resume point in its state. No call blocks or runs long;
 * between calls the driver checks cancel and budget.
 *
 * Operators do not know whether they run bounded (one epoch, mark.last set) or
 * live. The planner's marks tell per input whether it only appends and whether
 * further epochs follow.
 *
 * Rows in error are carried along (batch.row_errors; errors of a column are the
 * column's). An aggregate puts the group in error while such a row is in it.
 */
#ifndef LEAT_EXEC_OPERATOR_H
#define LEAT_EXEC_OPERATOR_H

#include "base/budget.h"
#include "data/batch.h"
#include "expr/expr.h"

enum progress {
    PROGRESS_NEED_INPUT, /* process: out may hold rows; give the next batch */
    PROGRESS_MORE,       /* out is full: call again with the same input */
    PROGRESS_STOP,       /* process: wants no more input (LIMIT); finish still follows */
    PROGRESS_DONE,       /* finish: nothing more comes out in this epoch; out may hold the last rows */
    PROGRESS_FAILED      /* op->error is set */
};

/* The end of an epoch, and how far its input's event time has come. */
struct epoch_mark {
    int64_t epoch;
    int64_t time_us;      /* recorded epoch time */
    int64_t watermark_us; /* INT64_MIN: none */
    bool last;            /* no further epoch follows */
};

struct operator;
struct operator_type {
    const char *name;
    enum progress (*process)(struct operator *op, unsigned input, const struct batch *in, struct batch *out);
    enum progress (*finish)(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out);
    /* Dirty state to and from bytes (keyed operators; NULL where there is none). */
    enum status (*save)(struct operator *op, struct buffer *out, struct error *err);
    enum status (*load)(struct operator *op, struct bytes in, struct error *err);
    void (*destroy)(struct operator *op); /* accepts half-built ones */
    /* After all instances have finished the epoch: forgets what they read of this one. NULL: nothing to forget. */
    void (*release)(struct operator *op);
    /* Bytes of state held now; NULL: none to speak of. */
    size_t (*size)(const struct operator *op);
};
/* One instance per worker. process runs on its own worker's rows; finish of instance i may read what all peers have collected. */
struct operator {
    const struct operator_type *type;
    unsigned worker, worker_count;  /* this instance's number, and how many there are */
    struct operator *const *peers;  /* all instances, this one included */
    struct arena *batch_arena; /* outputs live here until the driver resets it, after they were consumed */
    struct evaluation evaluation;
    struct budget *budget;
    struct error error;
};

#endif
