/* thread.h - threads, locks, sleeping and waking. */
#ifndef LEAT_OS_THREAD_H
#define LEAT_OS_THREAD_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/status.h"

struct thread {
    pthread_t handle;
};
/* Starts a named thread (15 bytes of name); body(argument) runs on it. stack_size 0 = 256 KiB. Signals are blocked on it. */
CHECKED enum status thread_start(struct thread *thread, const char *name, size_t stack_size, void (*body)(void *),
                                 void *argument, struct error *err);
void thread_join(struct thread *thread);
/* Lowers the calling thread's scheduling priority (nice +10), for bounded work. */
void thread_lower_priority(void);

struct mutex {
    pthread_mutex_t handle;
};
void mutex_init(struct mutex *m);
void mutex_clear(struct mutex *m);
void mutex_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);

struct condition {
    pthread_cond_t handle; /* CLOCK_MONOTONIC */
};
void condition_init(struct condition *c);
void condition_clear(struct condition *c);
void condition_wait(struct condition *c, struct mutex *m);
/* False when deadline_ns (clock_monotonic_ns) has passed first. */
bool condition_wait_until(struct condition *c, struct mutex *m, int64_t deadline_ns);
void condition_signal(struct condition *c);
void condition_broadcast(struct condition *c);

/* Cores this process may use (affinity and cgroup), at least 1. */
int cpu_count(void);
/* This process's resident and peak resident memory, bytes. */
int64_t memory_resident_size(void);
int64_t memory_peak_size(void);
int process_id(void);

#endif
