/* bounded_output.h - between the last operator of a bounded run and its receiver: one at a time, no weights, no rows in error. */
#ifndef LEAT_EXEC_BOUNDED_OUTPUT_H
#define LEAT_EXEC_BOUNDED_OUTPUT_H

#include "exec/dataflow.h"
#include "os/thread.h"

struct bounded_output {
    const struct error_words *words;
    const struct output *receiver;
    _Atomic int64_t *error_rows; /* NULL: a row in error fails the run */
    struct mutex lock;
    struct arena *arena;
    bool ended;                  /* the receiver wants no more */
};

/* words: what the rows' errors say. */
void bounded_output_init(struct bounded_output *o, const struct error_words *words, const struct output *receiver,
                         _Atomic int64_t *error_rows);
void bounded_output_clear(struct bounded_output *o);
/* As struct output's write; context is the bounded_output. */
enum status bounded_output_write(void *context, unsigned worker, const struct batch *rows, struct error *err);

#endif
