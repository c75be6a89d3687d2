/* connection.h - one client: its socket, its session, and the messages in both directions. For this folder only. */
#ifndef LEAT_SERVER_POSTGRES_CONNECTION_H
#define LEAT_SERVER_POSTGRES_CONNECTION_H

#include "base/buffer.h"
#include "base/map.h"
#include "base/reader.h"
#include "engine/engine.h"

struct postgres_server;

struct connection {
    struct postgres_server *server;
    struct engine *engine;
    struct session *session;
    int socket;
    int32_t secret;
    bool is_trusted;         /* loopback: no password */
    _Atomic bool closing;    /* the server stops */
    bool is_broken;          /* framing is lost, or the client is gone: nothing more can be understood */
    bool in_copy;            /* waits for CopyData: a cancel must end that */
    int64_t startup_deadline_ns; /* 0 once it has come in */
    int64_t idle_deadline_ns;    /* of a client that idles in a block; 0: none */
    struct buffer in;        /* received, not yet taken */
    size_t in_position;
    struct buffer out;       /* to be sent */
    struct receiver receiver;
    struct map portals;
    struct portal *portal;   /* the one that is being executed, NULL in the simple protocol */
    bool skip_to_sync;       /* after an error in the extended protocol */
    bool complete_sent;
    uint32_t column_count;
    char *reported[16];      /* values of the parameters that the client was told */
};

/* A bound statement. Rows of a portal with a row limit wait here. */
struct portal {
    char *name;
    struct prepared *statement;
    char *statement_name;
    struct arena *arena;
    struct parameter *parameters;
    uint32_t parameter_count;
    int16_t *formats;        /* of the result's columns: 0 text, 1 binary */
    uint32_t format_count;   /* 0: all are text; 1: the one is for all */
    bool has_run;
    bool is_direct;          /* executed without a row limit: rows go out as they come */
    struct buffer rows;      /* DataRow messages not yet sent */
    size_t rows_position;
    char tag[128];
};

/* ---- connection.c ---- */
/* Serves until the client leaves; owns the socket. */
void connection_serve(struct connection *c);
void connection_destroy(struct connection *c);

/* ---- message.c: the wire ---- */
/* The next message: its type and body (valid until the next call). STATUS_CONNECTION_FAILURE when the client is gone; after any
 * failure but a cancelled COPY the connection is_broken. */
CHECKED enum status message_read(struct connection *c, char *type, struct bytes *body, struct error *err);
/* The start-up packet, without type. */
CHECKED enum status message_read_startup(struct connection *c, struct bytes *body, struct error *err);
/* Begins a message in out and ends it (the length is put in). */
size_t message_begin(struct buffer *out, char type);
void message_end(struct buffer *out, size_t begin);
CHECKED enum status message_flush(struct connection *c, struct error *err);
void put_text_z(struct buffer *out, const char *text);
/* A text up to its NUL; an empty one after a failure. */
const char *get_text_z(struct reader *r);
void send_error(struct connection *c, const struct error *err, const char *severity);
void send_ready(struct connection *c);
/* portal: whose formats it tells; NULL: text. */
void send_row_description(struct connection *c, const struct schema *schema, const struct portal *portal);
void send_parameters(struct connection *c, bool all);

/* ---- results.c: the receiver ---- */
void results_init(struct connection *c);

/* ---- binary.c ---- */
/* Appends the text of a parameter that came in binary format. 0A000, 08P01. */
CHECKED enum status binary_to_text(struct type type, struct bytes value, struct buffer *out, struct error *err);
/* Appends a value, in its physical form, in binary format. */
void put_binary(struct buffer *out, struct type type, const void *value);

/* ---- extended.c ---- */
/* The format of a column in a portal's result; portal NULL: the simple protocol's. */
int16_t portal_format(const struct portal *p, uint32_t column);
CHECKED enum status handle_parse(struct connection *c, struct bytes body, struct error *err);
CHECKED enum status handle_bind(struct connection *c, struct bytes body, struct error *err);
CHECKED enum status handle_describe(struct connection *c, struct bytes body, struct error *err);
CHECKED enum status handle_execute(struct connection *c, struct bytes body, struct error *err);
CHECKED enum status handle_close(struct connection *c, struct bytes body, struct error *err);
void portals_clear(struct connection *c);

/* ---- startup.c ---- */
/* Start-up, authentication, first ReadyForQuery. *done: the connection is over (a cancel request). */
CHECKED enum status startup(struct connection *c, bool *done, struct error *err);

/* ---- postgres_server.c ---- */
/* Makes the session of a connection known to cancel requests and to the server's end. */
void server_admit(struct connection *c, struct session *session);
/* Cancels the session of that id and secret, if there is one. */
void server_cancel(struct postgres_server *s, int32_t id, int32_t secret);

#endif
