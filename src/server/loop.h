/* loop.h - one thread that serves many connections of framed messages: i32 length (big-endian), then that many bytes.
 *
 * Nothing here blocks. What one turn of the loop has read, answered and been woken for leaves in one write per
 * connection. An idle loop sleeps in the kernel, and an idle connection holds no buffer.
 *
 * A connection that does not read its answers is not read from either; what is still on its way to it is limited.
 */
#ifndef LEAT_SERVER_LOOP_H
#define LEAT_SERVER_LOOP_H

#include "base/buffer.h"
#include "base/status.h"

struct loop;
struct loop_connection;

/* What a protocol does. Everything is called on the loop's thread. */
struct loop_handler {
    void *context;
    const char *thread_name;
    size_t frame_limit;       /* bytes of one message; more closes the connection */
    size_t output_limit;      /* bytes that may wait for a client that does not read, beyond one answer; more closes it */
    int64_t idle_timeout_ms;  /* without a byte in either direction */
    int64_t connection_limit; /* more are turned away */
    /* *data is the protocol's own, per connection. */
    void (*opened)(void *context, struct loop_connection *c, void **data);
    /* One message, which the handler may change; it is gone when this returns. Anything but STATUS_OK closes the connection. */
    enum status (*frame)(void *context, struct loop_connection *c, void *data, uint8_t *frame, size_t size, struct error *err);
    void (*closed)(void *context, void *data);
    /* After each turn in which something may have happened: messages came, loop_wake was called, the deadline passed. Answers
     * that are due now are given now. */
    void (*turn)(void *context);
    /* A connection was closed or turned away for a reason that an operator wants to know. */
    void (*report)(void *context, const char *peer, const struct error *err);
};

/* Serves on listening socket fd (taken over, whatever the status) on a thread of its own. */
CHECKED enum status loop_start(const struct loop_handler *handler, int fd, struct loop **out, struct error *err);
/* Closes all connections, waits for work in flight, ends the thread. Accepts NULL. */
void loop_stop(struct loop *loop);
/* From any thread: a turn comes soon. */
void loop_wake(struct loop *loop);
/* True on the loop's own thread, whose turn comes anyway. */
bool loop_is_current(const struct loop *loop);

/* ---- on the loop's thread ---- */

/* A turn comes at this time (clock_monotonic_ns) at the latest; the earliest such call counts until then. */
void loop_set_deadline(struct loop *loop, int64_t deadline_ns);
/* Where bytes for the client go; they leave at the end of the turn. Not to be kept. */
struct buffer *loop_output(struct loop_connection *c);
/* Closes at once what is not sent yet included. The reason may be NULL: nothing to report. */
void loop_close(struct loop_connection *c, const struct error *reason);
/* Reads no further message until unpaused; calls nest. */
void loop_pause(struct loop_connection *c);
void loop_resume(struct loop_connection *c);
/* Runs work(argument) on another thread, then done(argument) on this one, even if the connection is gone by then: c is valid
 * until done has returned. Messages wait meanwhile. */
void loop_work(struct loop_connection *c, void (*work)(void *argument), void (*done)(void *argument), void *argument);

#endif
