/* pool.c - runs in a list, helpers that take tasks from the oldest with room.
 *
 * A run lives on its caller's stack: it is in the list while it has tasks to
 * hand out, and its caller leaves only when no helper is inside. So a pool of
 * any size makes progress with the caller alone, and runs never wait for one
 * another.
 */
#include "exec/pool.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "os/thread.h"

struct pool_task_run {
    void (*body)(void *context, unsigned task);
    void *context;
    unsigned task_count;
    unsigned next_task;    /* under the lock */
    unsigned helper_limit; /* how many helpers may take part */
    unsigned helper_count; /* inside now */
    unsigned joined_count; /* ever */
    struct condition left; /* helper_count became 0 */
    struct pool_task_run *next;
};

struct pool {
    char name[16];
    unsigned worker_count;
    bool low_priority;
    struct mutex lock;
    struct condition work;
    struct pool_task_run *runs; /* oldest first; those with tasks left */
    struct thread *threads;
    unsigned thread_count;      /* started */
    unsigned idle_count;
    bool closing;
};

enum status pool_create(const char *name, unsigned worker_count, bool low_priority, struct pool **out, struct error *err)
{
    if (worker_count == 0)
        return error_set(err, STATUS_INVALID_PARAMETER, "a pool needs at least one worker");
    struct pool *p = memory_alloc_zero(1, sizeof *p);
    for (size_t i = 0; i < sizeof p->name - 1 && name[i] != '\0'; i++)
        p->name[i] = name[i];
    p->worker_count = worker_count;
    p->low_priority = low_priority;
    p->threads = memory_alloc_zero(worker_count, sizeof *p->threads);
    mutex_init(&p->lock);
    condition_init(&p->work);
    *out = p;
    return STATUS_OK;
}

void pool_destroy(struct pool *p)
{
    if (p == NULL)
        return;
    assert(p->runs == NULL);
    mutex_lock(&p->lock);
    p->closing = true;
    condition_broadcast(&p->work);
    mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->thread_count; i++)
        thread_join(&p->threads[i]);
    condition_clear(&p->work);
    mutex_clear(&p->lock);
    free(p->threads);
    free(p);
}

unsigned pool_worker_count(const struct pool *p)
{
    return p->worker_count;
}

static void remove_run(struct pool *p, struct pool_task_run *run)
{
    for (struct pool_task_run **at = &p->runs; *at != NULL; at = &(*at)->next) {
        if (*at == run) {
            *at = run->next;
            return;
        }
    }
}

/* Takes tasks until none is left. The lock is held on entry and on return. */
static void run_tasks(struct pool *p, struct pool_task_run *run)
{
    while (run->next_task < run->task_count) {
        unsigned task = run->next_task++;
        if (run->next_task == run->task_count)
            remove_run(p, run);
        mutex_unlock(&p->lock);
        run->body(run->context, task);
        mutex_lock(&p->lock);
    }
}

static struct pool_task_run *run_with_room(struct pool *p)
{
    for (struct pool_task_run *run = p->runs; run != NULL; run = run->next)
        if (run->joined_count < run->helper_limit)
            return run;
    return NULL;
}

static void worker_main(void *argument)
{
    struct pool *p = argument;
    if (p->low_priority)
        thread_lower_priority();
    mutex_lock(&p->lock);
    while (!p->closing) {
        struct pool_task_run *run = run_with_room(p);
        if (run == NULL) {
            p->idle_count++;
            condition_wait(&p->work, &p->lock);
            p->idle_count--;
            continue;
        }
        run->joined_count++;
        run->helper_count++;
        run_tasks(p, run);
        if (--run->helper_count == 0)
            condition_signal(&run->left);
    }
    mutex_unlock(&p->lock);
}

/* Starts threads for helpers that no idle one can be. A thread that cannot be started is done without. */
static void start_threads(struct pool *p, unsigned helpers)
{
    while (p->idle_count < helpers && p->thread_count < p->worker_count - 1) {
        struct error err = {0};
        if (thread_start(&p->threads[p->thread_count], p->name, 1 << 20, worker_main, p, &err) != STATUS_OK)
            return;
        p->thread_count++;
        helpers--;
    }
}

void pool_run(struct pool *p, unsigned max_workers, unsigned task_count, void (*body)(void *context, unsigned task), void *context)
{
    unsigned limit = max_workers < p->worker_count ? max_workers : p->worker_count;
    unsigned helpers = limit < task_count ? limit : task_count;
    if (helpers <= 1) {
        for (unsigned task = 0; task < task_count; task++)
            body(context, task);
        return;
    }
    helpers--;
    struct pool_task_run run = {.body = body, .context = context, .task_count = task_count, .helper_limit = helpers};
    condition_init(&run.left);
    mutex_lock(&p->lock);
    struct pool_task_run **at = &p->runs;
    while (*at != NULL)
        at = &(*at)->next;
    *at = &run;
    start_threads(p, helpers);
    for (unsigned i = 0; i < helpers; i++)
        condition_signal(&p->work);
    run_tasks(p, &run);
    while (run.helper_count != 0)
        condition_wait(&run.left, &p->lock);
    mutex_unlock(&p->lock);
    condition_clear(&run.left);
}
