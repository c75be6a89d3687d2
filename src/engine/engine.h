/* engine.h - what the program and the protocol folders call: open, session, statement, settings.
 *
 * An engine is a data folder (or a temporary, private one that is made when
 * something is first stored) with its log, catalog, timeline and pools.
 */
#ifndef LEAT_ENGINE_ENGINE_H
#define LEAT_ENGINE_ENGINE_H

#include "base/buffer.h"
#include "data/batch.h"
#include "data/text.h"
#include "engine/settings.h"
#include "log/log.h"
#include "os/os.h"

struct engine;
struct session;

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };
/* One event for the operator's log: what happened, in words. May be called from any thread. */
typedef void engine_report(void *context, enum log_level level, const char *event);

struct engine_options {
    struct os *os;
    const char *directory;    /* NULL: temporary */
    const char *files_root;   /* what sessions of a server may reach: NULL = everything, "" = nothing */
    bool serves;              /* views must stay quick beside statements: bounded work runs at low priority */
    struct settings *settings;/* command line and environment are in it; the engine adds leat.conf and ALTER SYSTEM. Taken over */
    engine_report *report;    /* may be NULL */
    void *report_context;
};
/* Opens (makes) the folder with mode 0700, checks FORMAT (newer than the program: refused by name), takes the lock (55006 naming the
 * pid that holds it and how to reach it), recovers. options->settings is taken over even on failure. */
CHECKED enum status engine_open(const struct engine_options *options, struct engine **out, struct error *err);
/* All sessions must be closed. Accepts NULL. */
void engine_close(struct engine *e);
struct settings *engine_settings(struct engine *e);
/* The log, for the Kafka server. Opens the temporary folder if there is none yet. */
CHECKED enum status engine_log(struct engine *e, struct log **out, struct error *err);
/* Tells others of this process's addresses in DIR/lock, for the message of a second process. */
void engine_set_addresses(struct engine *e, const char *text);
/* One event for the operator's log. From any thread. */
void engine_note(struct engine *e, enum log_level level, const char *format, ...) PRINTF_LIKE(3, 4);
/* SCRAM-SHA-256 verifiers ("SCRAM-SHA-256$4096:salt$stored:server") of roles; false: no such role. Copied to out. */
bool engine_role_verifier(struct engine *e, const char *role, char *out, size_t size);
bool engine_has_roles(struct engine *e);
/* A topic made by a Kafka client becomes a table (key bytea, value bytea) unless one is declared; called after log_create_topic. */
void engine_topic_created(struct engine *e, const char *topic);
/* Whether a relation, table or sink, uses the topic (then DeleteTopics is refused). */
bool engine_topic_in_use(struct engine *e, const char *topic);

/* ---- results ---- */

/* How COPY data is shaped: decided by the statement. */
enum copy_kind { COPY_KIND_TEXT, COPY_KIND_CSV, COPY_KIND_JSON };

/* Where a statement's results go. Called on the thread that executes, in order: for each statement of the text: begin, rows...,
 * complete. A callback that fails ends the statement with that error (a client that went away). */
struct receiver {
    void *context;
    /* Rows with these columns follow. */
    enum status (*begin)(void *context, const struct schema *schema, struct error *err);
    /* text: how to print timestamps. The batch has no weights. */
    enum status (*rows)(void *context, const struct batch *rows, const struct text_context *text, struct error *err);
    /* tag as PostgreSQL's CommandComplete has it: "SELECT 5", "INSERT 0 1", "CREATE TABLE". */
    enum status (*complete)(void *context, const char *tag, struct error *err);
    /* severity: "NOTICE", "WARNING". May be NULL. */
    void (*notice)(void *context, const char *severity, const char *sqlstate, const char *message, const char *hint);
    /* What was written must be seen now (a live subscription). May be NULL. */
    enum status (*flush)(void *context, struct error *err);
    /* COPY ... TO STDOUT: begin, then lines of data; NULL: not possible here. */
    enum status (*copy_out_begin)(void *context, uint32_t column_count, enum copy_kind kind, struct error *err);
    enum status (*copy_out)(void *context, struct bytes data, struct error *err);
    enum status (*copy_out_end)(void *context, struct error *err);
    /* COPY ... FROM STDIN: asks for data (any cut of the stream, none after a signal); *end when the client is done. A client that fails the copy: STATUS_CANCELED. */
    enum status (*copy_in_begin)(void *context, uint32_t column_count, enum copy_kind kind, struct error *err);
    enum status (*copy_in)(void *context, struct buffer *out, bool *end, struct error *err);
    /* True once the client is gone (polled while waiting in a subscription). May be NULL. */
    bool (*is_gone)(void *context);
    /* Bounded work reports here now and then for a progress bar; total_bytes 0: unknown. May be NULL. */
    void (*progress)(void *context, int64_t rows, int64_t bytes, int64_t total_bytes);
    /* A file was written by COPY TO: for the closing line. May be NULL. */
    void (*copied)(void *context, int64_t rows, int64_t bytes, double seconds, const char *path);
};

/* ---- sessions ---- */

struct session_options {
    const char *user;       /* "leat" */
    const char *database;   /* "leat" */
    bool is_server;         /* reached over a connection: files only below files_root; bare SUBSCRIBE gives the psql NOTICE */
};
CHECKED enum status session_open(struct engine *e, const struct session_options *options, struct session **out, struct error *err);
/* For the files of `leat serve FILE.sql`: CREATE by the text that is there already is no change, instead of 42P07. */
void session_apply_files(struct session *s);
void session_close(struct session *s); /* rolls back; accepts NULL */
/* Runs every statement of text (the simple protocol: several in one text are one implicit transaction for writes only if BEGIN says so).
 * Stops at the first error; err->position is a character in text. */
CHECKED enum status session_execute(struct session *s, const char *text, const struct receiver *receiver, struct error *err);
/* May be called from any thread: the running statement fails with 57014. */
void session_cancel(struct session *s);
bool session_is_canceled(const struct session *s); /* for a receiver that waits for its client */
/* The same from a signal handler: only the flag is set, and a wait notices it within half a second. */
void session_interrupt(struct session *s);
int32_t session_id(const struct session *s); /* the backend "pid" of BackendKeyData */
char session_transaction_state(const struct session *s); /* 'I', 'T', 'E' as ReadyForQuery */
const struct settings *session_settings(const struct session *s);
/* What comes with the connection, and what RESET goes back to. Errors as settings_set. */
CHECKED enum status session_set_default(struct session *s, const char *name, const char *value, struct error *err);

/* The extended protocol. A prepared statement is kept by name ("" = unnamed) until replaced or closed. */
struct prepared;
CHECKED enum status session_prepare(struct session *s, const char *name, const char *text, const struct type *types, uint32_t type_count,
                                    struct prepared **out, struct error *err);
struct prepared *session_find_prepared(struct session *s, const char *name); /* NULL if absent */
void session_close_prepared(struct session *s, const char *name);
const struct type *prepared_types(const struct prepared *p, uint32_t *count); /* of the parameters */
/* The result's columns, NULL if it gives no rows. */
const struct schema *prepared_schema(const struct prepared *p);
/* The columns of a cursor that DECLARE made; NULL: no such cursor. */
const struct schema *session_cursor_schema(struct session *s, const char *name);
/* Runs it with parameter values as text (NULL: SQL NULL), to its end: a portal with a row limit is the protocol folder's business. */
struct parameter {
    struct bytes text; /* data NULL: SQL NULL */
};
CHECKED enum status session_execute_prepared(struct session *s, struct prepared *p, const struct parameter *parameters, uint32_t count,
                                             const struct receiver *receiver, struct error *err);

/* Shell conveniences. */
/* Completes the word at the end of text: candidates (keywords, relations, columns, functions, settings), array in arena. */
uint32_t session_complete(struct session *s, const char *text, struct arena *arena, const char ***out);

#endif
