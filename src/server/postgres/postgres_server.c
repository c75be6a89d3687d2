/* postgres_server.c - accepts clients; each is served by a thread of its own.
 *
 * A statement may run for long, wait for an epoch, or stop because its client
 * does not read; on a thread of its own that delays nobody (docs/decisions/
 * postgres-threads.md).
 */
#include "server/postgres/postgres_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/memory.h"
#include "os/clock.h"
#include "os/thread.h"
#include "server/postgres/connection.h"
#include "server/address.h"

/* A client that does not read is given up after SEND_TIMEOUT; when the server stops, after STOP_GRACE. */
enum { STACK_SIZE = 1 << 20, SEND_TIMEOUT_S = 300, STARTUP_TIMEOUT_S = 60, STOP_GRACE_MS = 300, STOP_LOOK_MS = 5, ACCEPT_RETRY_MS = 50 };

struct client {
    struct connection *connection;
    struct thread thread;
    struct client *next;
    bool done;
};

struct postgres_server {
    struct engine *engine;
    int listener;
    int stop_event;
    struct thread thread;
    struct mutex mutex; /* clients */
    struct client *clients;
    uint32_t client_count;
    _Atomic bool stopping;
};

void server_admit(struct connection *c, struct session *session)
{
    mutex_lock(&c->server->mutex);
    c->session = session;
    mutex_unlock(&c->server->mutex);
}

void server_cancel(struct postgres_server *s, int32_t id, int32_t secret)
{
    mutex_lock(&s->mutex);
    for (struct client *k = s->clients; k != NULL; k = k->next) {
        struct connection *c = k->connection;
        if (!k->done && c->session != NULL && session_id(c->session) == id && c->secret == secret)
            session_cancel(c->session);
    }
    mutex_unlock(&s->mutex);
}

static void serve_client(void *argument)
{
    struct client *k = argument;
    struct postgres_server *s = k->connection->server;
    connection_serve(k->connection);
    shutdown(k->connection->socket, SHUT_RDWR);
    struct session *session = k->connection->session;
    server_admit(k->connection, NULL);
    session_close(session); /* at once, not when the accepting thread comes round to it */
    mutex_lock(&s->mutex);
    k->done = true;
    mutex_unlock(&s->mutex);
    uint64_t one = 1;
    if (write(s->stop_event, &one, sizeof one) < 0)
        return; /* the accepting thread finds it at its next turn */
}

/* Joins and frees clients that have left. */
static void reap(struct postgres_server *s, bool all)
{
    mutex_lock(&s->mutex);
    for (struct client **link = &s->clients; *link != NULL;) {
        struct client *k = *link;
        if (!k->done && !all) {
            link = &k->next;
            continue;
        }
        *link = k->next;
        s->client_count--;
        mutex_unlock(&s->mutex);
        thread_join(&k->thread);
        connection_destroy(k->connection);
        free(k);
        mutex_lock(&s->mutex);
        link = &s->clients; /* it may have changed */
    }
    mutex_unlock(&s->mutex);
}

static void refuse_client(int fd)
{
    static const char MESSAGE[] = "SFATAL\0VFATAL\0C53300\0Msorry, too many clients already\0";
    struct buffer out = {0};
    size_t at = message_begin(&out, 'E');
    buffer_put(&out, MESSAGE, sizeof MESSAGE);
    message_end(&out, at);
    ssize_t sent = send(fd, out.data, out.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent;
    buffer_clear(&out);
    close(fd);
}

static void start_client(struct postgres_server *s, int fd, const struct address *peer)
{
    int on = 1;
    struct timeval timeout = {.tv_sec = SEND_TIMEOUT_S};
    struct error err = {0};
    if (s->client_count >= (uint32_t)settings_get_integer(engine_settings(s->engine), "max_connections")) {
        refuse_client(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    struct client *k = memory_alloc_zero(1, sizeof *k);
    struct connection *c = memory_alloc_zero(1, sizeof *c);
    k->connection = c;
    c->server = s;
    c->engine = s->engine;
    c->socket = fd;
    c->is_trusted = address_is_loopback(peer);
    c->startup_deadline_ns = clock_monotonic_ns() + INT64_C(1000000000) * STARTUP_TIMEOUT_S;
    if (getrandom(&c->secret, sizeof c->secret, 0) != sizeof c->secret)
        c->secret = (int32_t)(uintptr_t)c;
    mutex_lock(&s->mutex);
    k->next = s->clients;
    s->clients = k;
    s->client_count++;
    if (thread_start(&k->thread, "postgres", STACK_SIZE, serve_client, k, &err) != STATUS_OK) {
        s->clients = k->next;
        s->client_count--;
        connection_destroy(c);
        free(k);
    }
    mutex_unlock(&s->mutex);
}

static void accept_body(void *argument)
{
    struct postgres_server *s = argument;
    while (!s->stopping) {
        struct pollfd events[] = {{.fd = s->listener, .events = POLLIN}, {.fd = s->stop_event, .events = POLLIN}};
        if (poll(events, 2, -1) < 0 && errno != EINTR)
            break;
        uint64_t count;
        if (events[1].revents != 0 && read(s->stop_event, &count, sizeof count) > 0)
            reap(s, false);
        if (events[0].revents == 0 || s->stopping)
            continue;
        struct address peer = {.size = sizeof peer.socket};
        int fd = accept4(s->listener, (struct sockaddr *)&peer.socket, &peer.size, SOCK_CLOEXEC);
        if (fd >= 0)
            start_client(s, fd, &peer);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            clock_sleep_us(ACCEPT_RETRY_MS * 1000); /* the client waits in the backlog meanwhile */
    }
}

enum status postgres_server_open(struct engine *e, const char *address, char bound[80], struct postgres_server **out, struct error *err)
{
    struct address a;
    TRY(address_parse(address, &a, err));
    struct postgres_server *s = memory_alloc_zero(1, sizeof *s);
    s->engine = e;
    s->stop_event = -1;
    mutex_init(&s->mutex);
    enum status st = address_listen(&a, engine_has_roles(e), true, &s->listener, err);
    if (st == STATUS_OK) {
        s->stop_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        st = thread_start(&s->thread, "postgres accept", 0, accept_body, s, err);
        if (st != STATUS_OK) {
            close(s->listener);
            close(s->stop_event);
        }
    }
    if (st != STATUS_OK) {
        mutex_clear(&s->mutex);
        free(s);
        return st;
    }
    memcpy(bound, a.text, sizeof a.text);
    *out = s;
    return STATUS_OK;
}

/* Tells all clients to end; true if all have. A statement may just have begun, so it is told again. */
static bool stop_clients(struct postgres_server *s, int how)
{
    bool all = true;
    mutex_lock(&s->mutex);
    for (struct client *k = s->clients; k != NULL; k = k->next) {
        if (k->done)
            continue;
        all = false;
        k->connection->closing = true;
        if (k->connection->session != NULL)
            session_cancel(k->connection->session);
        shutdown(k->connection->socket, how);
    }
    mutex_unlock(&s->mutex);
    return all;
}

void postgres_server_close(struct postgres_server *s)
{
    if (s == NULL)
        return;
    uint64_t one = 1;
    s->stopping = true;
    if (write(s->stop_event, &one, sizeof one) == sizeof one)
        thread_join(&s->thread);
    bool done = false; /* first their reads end, and what is to be sent still goes out; then those that do not read */
    for (int ms = 0; !done; ms += STOP_LOOK_MS) {
        done = stop_clients(s, ms < STOP_GRACE_MS ? SHUT_RD : SHUT_RDWR);
        if (!done)
            clock_sleep_us(STOP_LOOK_MS * 1000);
    }
    reap(s, true);
    close(s->listener);
    close(s->stop_event);
    mutex_clear(&s->mutex);
    free(s);
}
