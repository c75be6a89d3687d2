/* loop.c - accepting, framing, writing; over libuv. */
#include "server/loop.h"

#include <assert.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "base/memory.h"
#include "os/clock.h"
#include "os/thread.h"

enum {
    SHARED_READ_SIZE = 256 * 1024,
    OUTPUT_PAUSE_SIZE = 1024 * 1024, /* so much waits: no more messages are taken */
    KEPT_BUFFER_SIZE = 256 * 1024,
    SWEEP_INTERVAL_MS = 15000,
    LENGTH_SIZE = 4,
    STACK_SIZE = 512 * 1024
};

struct loop_connection {
    uv_tcp_t tcp; /* first: handles are cast */
    struct loop *loop;
    struct loop_connection *previous, *next; /* all of the loop's */
    struct loop_connection *next_dirty;
    void *data;
    struct buffer input;   /* the beginning of a message, or messages that wait */
    struct buffer output;  /* not handed to the kernel yet */
    struct buffer writing; /* in flight */
    uv_write_t write;
    int64_t active_ns;     /* a byte last moved */
    int pause_count;
    int work_count;
    bool is_open;      /* the protocol knows of it */
    bool is_reading;
    bool is_writing;
    bool is_dirty;
    bool is_closing;
    bool is_processing; /* in take_frames */
    bool handle_closed;
    char peer[80];
};

struct loop {
    struct loop_handler handler;
    uv_loop_t uv;
    uv_tcp_t listener;
    uv_async_t wake;
    uv_check_t check;
    uv_timer_t deadline;
    uv_timer_t sweep;
    struct thread thread;
    uv_thread_t self;
    struct loop_connection *connections;
    struct loop_connection *dirty;
    int64_t connection_count;
    int64_t deadline_ns; /* INT64_MAX: none */
    struct buffer spare; /* a written-out buffer, for the next answer */
    char *shared_read;
    atomic_bool stopping;
    atomic_bool started;
    bool has_work; /* a turn is due */
    bool told_of_limit;
};

/* ---- closing ---- */

static void free_connection(struct loop_connection *c)
{
    if (!c->handle_closed || c->work_count > 0)
        return;
    buffer_clear(&c->input);
    buffer_clear(&c->output);
    buffer_clear(&c->writing);
    free(c);
}

static void on_connection_closed(uv_handle_t *handle)
{
    struct loop_connection *c = (struct loop_connection *)handle;
    c->handle_closed = true;
    free_connection(c);
}

static void unlink_connection(struct loop_connection *c)
{
    struct loop *l = c->loop;
    if (c->previous != NULL)
        c->previous->next = c->next;
    else
        l->connections = c->next;
    if (c->next != NULL)
        c->next->previous = c->previous;
    l->connection_count--;
    l->told_of_limit = false;
    for (struct loop_connection **at = &l->dirty; *at != NULL; at = &(*at)->next_dirty)
        if (*at == c) {
            *at = c->next_dirty;
            break;
        }
}

void loop_close(struct loop_connection *c, const struct error *reason)
{
    if (c->is_closing)
        return;
    c->is_closing = true;
    struct loop *l = c->loop;
    unlink_connection(c);
    if (reason != NULL && l->handler.report != NULL)
        l->handler.report(l->handler.context, c->peer, reason);
    if (c->is_open)
        l->handler.closed(l->handler.context, c->data);
    c->is_open = false;
    uv_close((uv_handle_t *)&c->tcp, on_connection_closed);
}

static void close_for(struct loop_connection *c, enum status st, const char *text)
{
    struct error err = {0};
    error_set(&err, st, "%s", text);
    loop_close(c, &err);
}

/* ---- writing ---- */

static void recycle(struct loop *l, struct buffer *b)
{
    buffer_reset(b);
    if (b->capacity > KEPT_BUFFER_SIZE || l->spare.data != NULL) {
        buffer_clear(b);
        return;
    }
    l->spare = *b;
    buffer_init(b);
}

struct buffer *loop_output(struct loop_connection *c)
{
    struct loop *l = c->loop;
    if (!c->is_dirty && !c->is_closing) {
        c->is_dirty = true;
        c->next_dirty = l->dirty;
        l->dirty = c;
        l->has_work = true;
    }
    if (c->output.data == NULL && l->spare.data != NULL) {
        c->output = l->spare;
        buffer_init(&l->spare);
    }
    return &c->output;
}

static void update_reading(struct loop_connection *c);
static void take_frames(struct loop_connection *c);
static void flush(struct loop_connection *c);

static void on_written(uv_write_t *write, int status)
{
    struct loop_connection *c = write->data;
    c->is_writing = false;
    recycle(c->loop, &c->writing);
    if (c->is_closing)
        return;
    c->active_ns = clock_monotonic_ns();
    if (status < 0) {
        loop_close(c, NULL);
        return;
    }
    flush(c);
    if (!c->is_closing)
        take_frames(c);
}

static uv_buf_t whole(const struct buffer *b, size_t from)
{
    size_t size = b->size - from;
    return uv_buf_init((char *)b->data + from, size > UINT_MAX ? UINT_MAX : (unsigned)size);
}

static void write_later(struct loop_connection *c, size_t written)
{
    assert(c->writing.data == NULL);
    c->writing = c->output;
    buffer_init(&c->output);
    uv_buf_t rest = whole(&c->writing, written);
    c->write.data = c;
    c->is_writing = true;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &rest, 1, on_written) != 0) {
        c->is_writing = false;
        loop_close(c, NULL);
    }
}

/* Hands the output to the kernel. */
static void flush(struct loop_connection *c)
{
    if (c->output.size == 0)
        return;
    if (c->is_writing) {
        if (c->output.size > c->loop->handler.output_limit)
            close_for(c, STATUS_LIMIT_EXCEEDED, "the client does not read its answers");
        return;
    }
    uv_buf_t all = whole(&c->output, 0);
    int written = uv_try_write((uv_stream_t *)&c->tcp, &all, 1);
    if (written < 0 && written != UV_EAGAIN) {
        loop_close(c, NULL);
        return;
    }
    if (written > 0)
        c->active_ns = clock_monotonic_ns();
    if (written >= 0 && (size_t)written == c->output.size)
        recycle(c->loop, &c->output);
    else
        write_later(c, written < 0 ? 0 : (size_t)written);
}

/* The end of a turn: the protocol gives the answers that are due, then each connection writes once. */
static void finish_turn(struct loop *l)
{
    while (l->has_work) {
        l->has_work = false;
        l->handler.turn(l->handler.context);
        while (l->dirty != NULL) {
            struct loop_connection *c = l->dirty;
            l->dirty = c->next_dirty;
            c->is_dirty = false;
            flush(c);
            take_frames(c); /* those that waited for room */
        }
    }
}

/* ---- reading ---- */

static bool is_blocked(const struct loop_connection *c)
{
    return c->is_closing || c->pause_count > 0 || c->output.size + c->writing.size > OUTPUT_PAUSE_SIZE;
}

static uint32_t frame_size_at(const uint8_t *data)
{
    uint32_t size;
    memcpy(&size, data, LENGTH_SIZE);
    return __builtin_bswap32(size);
}

/* Gives the whole messages at the start of data to the protocol; returns how many bytes they took. */
static size_t take_from(struct loop_connection *c, uint8_t *data, size_t size)
{
    struct loop *l = c->loop;
    size_t position = 0;
    while (size - position >= LENGTH_SIZE && !is_blocked(c)) {
        uint32_t frame_size = frame_size_at(data + position);
        struct error err = {0};
        if (frame_size > l->handler.frame_limit) {
            error_set(&err, STATUS_PROTOCOL_VIOLATION, "a message of %u bytes, where %zu are allowed", frame_size, l->handler.frame_limit);
            loop_close(c, &err);
            break;
        }
        if (size - position - LENGTH_SIZE < frame_size)
            break;
        l->has_work = true;
        if (l->handler.frame(l->handler.context, c, c->data, data + position + LENGTH_SIZE, frame_size, &err) != STATUS_OK) {
            flush(c); /* what was answered before */
            loop_close(c, &err);
            break;
        }
        position += LENGTH_SIZE + (size_t)frame_size;
    }
    return position;
}

static void drop_input(struct loop_connection *c, size_t size)
{
    size_t left = c->input.size - size;
    if (left == 0) {
        buffer_clear(&c->input);
        return;
    }
    if (size > 0)
        memmove(c->input.data, c->input.data + size, left);
    c->input.size = left;
}

/* Messages that have waited. */
static void take_frames(struct loop_connection *c)
{
    if (c->is_processing || c->is_closing)
        return;
    c->is_processing = true;
    size_t taken = take_from(c, c->input.data, c->input.size);
    c->is_processing = false;
    if (c->is_closing)
        return;
    if (taken > 0 || c->input.size == 0)
        drop_input(c, taken);
    update_reading(c);
}

/* Where the next bytes go: to memory that all share, unless a message has begun. A message's announced length is not
 * believed: memory grows with what has come. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *out)
{
    struct loop_connection *c = (struct loop_connection *)handle;
    (void)suggested;
    if (c->input.size == 0) {
        *out = uv_buf_init(c->loop->shared_read, SHARED_READ_SIZE);
        return;
    }
    size_t want = c->input.size < 16384 ? 16384 : c->input.size;
    if (c->input.size >= LENGTH_SIZE) { /* no more than the message lacks, if that is less: the next one begins aligned */
        size_t missing = (size_t)frame_size_at(c->input.data) + LENGTH_SIZE;
        missing = missing > c->input.size ? missing - c->input.size : 16384;
        want = missing < want ? missing : want;
    }
    *out = uv_buf_init((char *)buffer_reserve(&c->input, want), (unsigned)want);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *into)
{
    struct loop_connection *c = (struct loop_connection *)stream;
    if (c->is_closing || got == 0)
        return;
    if (got < 0) {
        loop_close(c, NULL);
        return;
    }
    c->active_ns = clock_monotonic_ns();
    if (into->base != c->loop->shared_read) {
        buffer_advance(&c->input, (size_t)got);
        take_frames(c);
        return;
    }
    c->is_processing = true;
    size_t taken = take_from(c, (uint8_t *)into->base, (size_t)got);
    c->is_processing = false;
    if (c->is_closing)
        return;
    buffer_put(&c->input, into->base + taken, (size_t)got - taken);
    update_reading(c);
}

static void update_reading(struct loop_connection *c)
{
    bool wanted = !is_blocked(c);
    if (wanted == c->is_reading)
        return;
    c->is_reading = wanted;
    if (!wanted)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        loop_close(c, NULL);
}

void loop_pause(struct loop_connection *c)
{
    c->pause_count++;
    if (!c->is_closing)
        update_reading(c);
}

void loop_resume(struct loop_connection *c)
{
    assert(c->pause_count > 0);
    c->pause_count--;
    if (!c->is_closing)
        take_frames(c);
}

/* ---- work on other threads ---- */

struct loop_job {
    uv_work_t work; /* first */
    struct loop_connection *connection;
    void (*run)(void *argument);
    void (*done)(void *argument);
    void *argument;
};

static void on_work(uv_work_t *work)
{
    struct loop_job *job = (struct loop_job *)work;
    job->run(job->argument);
}

static void on_work_done(uv_work_t *work, int status)
{
    struct loop_job *job = (struct loop_job *)work;
    struct loop_connection *c = job->connection;
    (void)status; /* work is never cancelled */
    job->done(job->argument);
    free(job);
    c->loop->has_work = true;
    c->work_count--;
    if (c->handle_closed)
        free_connection(c);
    else
        loop_resume(c);
}

void loop_work(struct loop_connection *c, void (*work)(void *argument), void (*done)(void *argument), void *argument)
{
    struct loop_job *job = memory_alloc_zero(1, sizeof *job);
    *job = (struct loop_job){.connection = c, .run = work, .done = done, .argument = argument};
    c->work_count++;
    loop_pause(c);
    int failure = uv_queue_work(&c->loop->uv, &job->work, on_work, on_work_done);
    assert(failure == 0);
    (void)failure;
}

/* ---- accepting ---- */

static void print_peer(struct loop_connection *c)
{
    struct sockaddr_storage address;
    int size = sizeof address;
    char host[64] = "?", port[16] = "?";
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&address, &size) == 0)
        getnameinfo((struct sockaddr *)&address, (socklen_t)size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(c->peer, sizeof c->peer, address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);
}

static void link_connection(struct loop *l, struct loop_connection *c)
{
    c->next = l->connections;
    if (c->next != NULL)
        c->next->previous = c;
    l->connections = c;
    l->connection_count++;
}

/* Says so once, until there is room again: a flood of connections is no flood of lines. */
static void turn_away(struct loop_connection *c)
{
    struct loop *l = c->loop;
    struct error err = {0};
    error_set(&err, STATUS_TOO_MANY_CONNECTIONS, "there are %lld connections, as many as max_connections allows",
              (long long)(l->connection_count - 1));
    bool told = l->told_of_limit;
    loop_close(c, told ? NULL : &err);
    l->told_of_limit = true;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct loop *l = listener->data;
    if (status < 0)
        return;
    struct loop_connection *c = memory_alloc_zero(1, sizeof *c);
    c->loop = l;
    c->active_ns = clock_monotonic_ns();
    uv_tcp_init(&l->uv, &c->tcp);
    link_connection(l, c);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) != 0) {
        loop_close(c, NULL);
        return;
    }
    print_peer(c);
    if (l->connection_count > l->handler.connection_limit) {
        turn_away(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    c->is_open = true;
    l->handler.opened(l->handler.context, c, &c->data);
    if (!c->is_closing)
        update_reading(c);
}

/* ---- turns and time ---- */

static void on_check(uv_check_t *check)
{
    finish_turn(check->data);
}

static void on_deadline(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    l->deadline_ns = INT64_MAX;
    l->has_work = true;
    finish_turn(l); /* timers run before the loop sleeps, the check after it */
}

void loop_set_deadline(struct loop *loop, int64_t deadline_ns)
{
    if (deadline_ns >= loop->deadline_ns)
        return;
    loop->deadline_ns = deadline_ns;
    int64_t left_ns = deadline_ns - clock_monotonic_ns();
    uv_update_time(&loop->uv);
    uv_timer_start(&loop->deadline, on_deadline, left_ns <= 0 ? 0 : (uint64_t)((left_ns + 999999) / 1000000), 0);
}

static void on_sweep(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    int64_t before_ns = clock_monotonic_ns() - l->handler.idle_timeout_ms * 1000000;
    for (struct loop_connection *c = l->connections, *next; c != NULL; c = next) {
        next = c->next;
        if (c->active_ns < before_ns && c->work_count == 0)
            loop_close(c, NULL);
    }
}

static void close_handle(uv_handle_t *handle, void *listener_or_null)
{
    (void)listener_or_null;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void on_wake(uv_async_t *async)
{
    struct loop *l = async->data;
    l->has_work = true;
    if (!atomic_load(&l->stopping))
        return;
    while (l->connections != NULL)
        loop_close(l->connections, NULL);
    uv_walk(&l->uv, close_handle, NULL);
}

void loop_wake(struct loop *loop)
{
    uv_async_send(&loop->wake);
}

bool loop_is_current(const struct loop *loop)
{
    uv_thread_t self = uv_thread_self();
    return atomic_load(&loop->started) && uv_thread_equal(&self, &loop->self) != 0;
}

/* ---- life ---- */

static void run(void *argument)
{
    struct loop *l = argument;
    l->self = uv_thread_self();
    atomic_store(&l->started, true);
    uv_run(&l->uv, UV_RUN_DEFAULT);
}

static int init_handles(struct loop *l, int fd)
{
    uv_async_init(&l->uv, &l->wake, on_wake);
    uv_check_init(&l->uv, &l->check);
    uv_timer_init(&l->uv, &l->deadline);
    uv_timer_init(&l->uv, &l->sweep);
    uv_tcp_init(&l->uv, &l->listener);
    l->wake.data = l->check.data = l->deadline.data = l->sweep.data = l->listener.data = l;
    uv_check_start(&l->check, on_check);
    uv_timer_start(&l->sweep, on_sweep, SWEEP_INTERVAL_MS, SWEEP_INTERVAL_MS);
    int failure = uv_tcp_open(&l->listener, fd);
    if (failure != 0)
        close(fd);
    return failure != 0 ? failure : uv_listen((uv_stream_t *)&l->listener, 1024, on_connection);
}

static void destroy(struct loop *l)
{
    int failure = uv_loop_close(&l->uv);
    assert(failure == 0);
    (void)failure;
    buffer_clear(&l->spare);
    free(l->shared_read);
    free(l);
}

enum status loop_start(const struct loop_handler *handler, int fd, struct loop **out, struct error *err)
{
    struct loop *l = memory_alloc_zero(1, sizeof *l);
    l->handler = *handler;
    l->deadline_ns = INT64_MAX;
    l->shared_read = memory_alloc(SHARED_READ_SIZE);
    uv_loop_init(&l->uv);
    int failure = init_handles(l, fd);
    enum status st = failure == 0 ? STATUS_OK : error_set(err, STATUS_IO_ERROR, "cannot serve: %s", uv_strerror(failure));
    if (st == STATUS_OK)
        st = thread_start(&l->thread, handler->thread_name, STACK_SIZE, run, l, err);
    if (st != STATUS_OK) {
        uv_walk(&l->uv, close_handle, NULL);
        uv_run(&l->uv, UV_RUN_DEFAULT);
        destroy(l);
        return st;
    }
    *out = l;
    return STATUS_OK;
}

void loop_stop(struct loop *loop)
{
    if (loop == NULL)
        return;
    atomic_store(&loop->stopping, true);
    loop_wake(loop);
    thread_join(&loop->thread);
    destroy(loop);
}
