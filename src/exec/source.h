/* source.h - where the rows of a bounded run come from. Implemented by connect/, job/ and engine/.
 *
 * A source hands out morsels from a queue that its readers share: any number of
 * readers, one per worker, together deliver every row once.
 */
#ifndef LEAT_EXEC_SOURCE_H
#define LEAT_EXEC_SOURCE_H

#include <stdatomic.h>

#include "data/batch.h"

struct source;
struct source_reader;

/* Counted by readers as they go; read by whoever draws a progress bar. */
struct source_progress {
    _Atomic int64_t rows;
    _Atomic int64_t bytes;      /* of the input as it lies on disk */
    int64_t total_bytes;        /* 0: unknown */
};

struct source_type {
    const char *name;
    /* A reader for one worker. The caller closes it. */
    enum status (*open_reader)(struct source *s, struct source_reader **out, struct error *err);
    /* The next batch (columns as the plan node's schema). Valid until the next call on this reader (strings for as long as the
     * batch's slabs are referenced). *end: no rows are left for this reader, out is empty. A short or empty batch is fine. */
    enum status (*read)(struct source_reader *r, struct batch *out, bool *end, struct error *err);
    void (*close_reader)(struct source_reader *r);
    void (*destroy)(struct source *s);
};
struct source {
    const struct source_type *type;
    bool single;                 /* one reader only (order matters, or it cannot be split) */
    bool changing;               /* batches may carry negative weights */
    int64_t estimated_rows;      /* -1: unknown */
    struct source_progress progress;
};

#endif
