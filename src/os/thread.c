/* thread.c - pthreads with the choices made once: small stacks, no signals, a name to see in top. */
#include "os/thread.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/memory.h"
#include "os/errno.h"

enum { NAME_SIZE = 16, DEFAULT_STACK_SIZE = 256 * 1024, LOWERED_NICE = 10 };

struct start {
    char name[NAME_SIZE];
    void (*body)(void *);
    void *argument;
};

static void *thread_main(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.argument);
    return NULL;
}

static size_t stack_size_of(size_t wanted)
{
    size_t size = wanted == 0 ? DEFAULT_STACK_SIZE : wanted;
    size_t least = (size_t)sysconf(_SC_THREAD_STACK_MIN);
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size < least)
        size = least;
    return (size + page - 1) / page * page;
}

enum status thread_start(struct thread *thread, const char *name, size_t stack_size, void (*body)(void *), void *argument,
                         struct error *err)
{
    struct start *start = memory_alloc_zero(1, sizeof *start);
    start->body = body;
    start->argument = argument;
    memcpy(start->name, name, strnlen(name, NAME_SIZE - 1));

    /* The thread inherits the mask: signals go to the main thread alone, from the very first instruction. */
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_size_of(stack_size));
    int code = pthread_create(&thread->handle, &attributes, thread_main, start);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (code == 0)
        return STATUS_OK;
    free(start);
    return error_set(err, STATUS_OUT_OF_MEMORY, "cannot start thread \"%s\": %s", name, errno_text(code));
}

void thread_join(struct thread *thread)
{
    int code = pthread_join(thread->handle, NULL);
    assert(code == 0);
}

void thread_lower_priority(void)
{
    /* On Linux a thread id stands for the thread alone. Refusal (it is lower already) changes nothing. */
    setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), LOWERED_NICE);
}

void mutex_init(struct mutex *m)
{
    int code = pthread_mutex_init(&m->handle, NULL);
    assert(code == 0);
}

void mutex_clear(struct mutex *m)
{
    int code = pthread_mutex_destroy(&m->handle);
    assert(code == 0 && "a held mutex is destroyed");
}

void mutex_lock(struct mutex *m)
{
    int code = pthread_mutex_lock(&m->handle);
    assert(code == 0);
}

void mutex_unlock(struct mutex *m)
{
    int code = pthread_mutex_unlock(&m->handle);
    assert(code == 0);
}

void condition_init(struct condition *c)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    int code = pthread_cond_init(&c->handle, &attributes);
    pthread_condattr_destroy(&attributes);
    assert(code == 0);
}

void condition_clear(struct condition *c)
{
    int code = pthread_cond_destroy(&c->handle);
    assert(code == 0);
}

void condition_wait(struct condition *c, struct mutex *m)
{
    int code = pthread_cond_wait(&c->handle, &m->handle);
    assert(code == 0);
}

bool condition_wait_until(struct condition *c, struct mutex *m, int64_t deadline_ns)
{
    if (deadline_ns < 0)
        deadline_ns = 0;
    struct timespec deadline = {.tv_sec = deadline_ns / 1000000000, .tv_nsec = deadline_ns % 1000000000};
    int code = pthread_cond_timedwait(&c->handle, &m->handle, &deadline);
    assert(code == 0 || code == ETIMEDOUT);
    return code == 0;
}

void condition_signal(struct condition *c)
{
    pthread_cond_signal(&c->handle);
}

void condition_broadcast(struct condition *c)
{
    pthread_cond_broadcast(&c->handle);
}

int process_id(void)
{
    return (int)getpid();
}
