/* pool.h - a fixed set of workers that sleep when idle.
 *
 * Two pools exist in an engine: live (views) and bounded (SELECT, COPY, filling;
 * lower priority). Both are this.
 */
#ifndef LEAT_EXEC_POOL_H
#define LEAT_EXEC_POOL_H

#include "base/status.h"

struct pool;
/* worker_count - 1 threads are started at the first use that needs them; the caller of pool_run is the missing one. */
CHECKED enum status pool_create(const char *name, unsigned worker_count, bool low_priority, struct pool **out, struct error *err);
void pool_destroy(struct pool *p); /* accepts NULL; no run may be in progress */
unsigned pool_worker_count(const struct pool *p);
/* Runs body(context, i) once for each i in [0, task_count), on the caller and up to max_workers - 1 free workers, and returns when
 * all are done. Several runs may be in progress from several threads. Tasks are handed out in order. With one task, or
 * max_workers 1, nobody is woken. */
void pool_run(struct pool *p, unsigned max_workers, unsigned task_count, void (*body)(void *context, unsigned task), void *context);

#endif
