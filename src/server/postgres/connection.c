/* connection.c - the loop of one client: a message, its handler, an answer. */
#include "server/postgres/connection.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "os/clock.h"

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n;")] == '\0';
}

static void handle_query(struct connection *c, struct bytes body)
{
    struct reader r;
    struct error err = {0};
    reader_init(&r, body);
    char *text = memory_copy_text(get_text_z(&r)); /* COPY FROM STDIN reads further messages while it runs */
    enum status st = reader_finish(&r, &err, "Query message");
    c->complete_sent = false;
    if (st == STATUS_OK)
        st = session_execute(c->session, text, &c->receiver, &err);
    if (st != STATUS_OK && !c->closing) /* else its end is the server's, which is told last */
        send_error(c, &err, "ERROR");
    else if (st == STATUS_OK && !c->complete_sent && is_blank(text))
        message_end(&c->out, message_begin(&c->out, 'I'));
    free(text);
    if (!c->is_broken && !c->closing)
        send_ready(c);
}

static enum status handle_extended(struct connection *c, char type, struct bytes body, struct error *err)
{
    switch (type) {
    case 'P':
        return handle_parse(c, body, err);
    case 'B':
        return handle_bind(c, body, err);
    case 'D':
        return handle_describe(c, body, err);
    case 'E':
        return handle_execute(c, body, err);
    case 'C':
        return handle_close(c, body, err);
    default:
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "invalid frontend message type %d", type);
    }
}

/* False ends the connection. */
static bool handle(struct connection *c, char type, struct bytes body)
{
    struct error err = {0};
    switch (type) {
    case 'X':
        return false;
    case 'Q':
        handle_query(c, body);
        c->skip_to_sync = false;
        return message_flush(c, &err) == STATUS_OK;
    case 'S':
        c->skip_to_sync = false;
        if (session_transaction_state(c->session) == 'I')
            portals_clear(c);
        send_ready(c);
        return message_flush(c, &err) == STATUS_OK;
    case 'H':
        return message_flush(c, &err) == STATUS_OK;
    case 'd': /* what is left of a COPY that failed */
    case 'c':
    case 'f':
        return true;
    default:
        break;
    }
    if (c->skip_to_sync)
        return true;
    enum status st = handle_extended(c, type, body, &err);
    if (st == STATUS_OK)
        return true;
    if (c->closing)
        return false;
    send_error(c, &err, "ERROR");
    c->skip_to_sync = true;
    return true;
}

/* By when the next message must come, if the client is in a block. */
static int64_t idle_deadline(const struct connection *c)
{
    int64_t limit_ms = settings_get_integer(session_settings(c->session), "idle_in_transaction_session_timeout");
    bool idles = session_transaction_state(c->session) != 'I' && limit_ms > 0;
    return idles ? clock_monotonic_ns() + limit_ms * 1000000 : 0;
}

void connection_serve(struct connection *c)
{
    struct error err = {0};
    bool done = false;
    results_init(c);
    enum status st = startup(c, &done, &err);
    while (st == STATUS_OK && !done && !c->closing && !c->is_broken) {
        char type;
        struct bytes body;
        c->idle_deadline_ns = idle_deadline(c);
        st = message_read(c, &type, &body, &err);
        c->idle_deadline_ns = 0;
        if (st == STATUS_OK)
            done = !handle(c, type, body);
    }
    if (c->closing)
        st = error_set(&err, STATUS_SHUTDOWN, "terminating connection due to administrator command");
    if (st != STATUS_OK && st != STATUS_CONNECTION_FAILURE)
        send_error(c, &err, "FATAL");
    struct error ignored = {0};
    status_ignore(message_flush(c, &ignored), "the connection ends either way");
}

void connection_destroy(struct connection *c)
{
    portals_clear(c);
    session_close(c->session);
    buffer_clear(&c->in);
    buffer_clear(&c->out);
    for (unsigned i = 0; i < sizeof c->reported / sizeof *c->reported; i++)
        free(c->reported[i]);
    close(c->socket);
    free(c);
}
