/* internal.h - the engine's parts, for this folder only. */
#ifndef LEAT_ENGINE_INTERNAL_H
#define LEAT_ENGINE_INTERNAL_H

#include "base/map.h"
#include "connect/file_sink.h"
#include "connect/file_source.h"
#include "connect/record_encoder.h"
#include "engine/engine.h"
#include "exec/dataflow.h"
#include "job/timeline.h"
#include "os/thread.h"
#include "sql/sql.h"

struct role {
    char *name;
    char *verifier; /* "" = no password */
};

/* The commits in progress that write keyed tables, by their keys. */
struct commit_turns {
    struct mutex mutex;
    struct condition ended; /* one of them */
    struct pending_keys **keys;
    uint32_t count, capacity;
};

/* The statements that run under statement_timeout. */
struct deadlines {
    struct mutex mutex;
    struct condition changed;
    struct thread thread;
    bool running, stopping;
    struct session **sessions;
    uint32_t count, capacity;
};

struct engine {
    struct engine_options options;
    char *directory;         /* NULL: temporary and not made yet */
    bool is_temporary;
    int lock_fd;             /* -1: none */
    struct log *log;         /* NULL until storage is opened */
    struct timeline *timeline;
    struct catalog *catalog;
    struct pool *live;
    struct pool *bounded;
    struct budget budget;
    struct settings *settings;
    struct mutex mutex;      /* roles, sessions, opening storage, implicit topics */
    struct map roles;        /* name -> struct role */
    struct session **sessions;
    uint32_t session_count, session_capacity;
    int32_t next_session_id;
    _Atomic bool topics_changed; /* topics that nobody declared may be missing from the catalog */
    char *addresses;
    struct commit_turns commit_turns;
    struct deadlines deadlines;
};

/* A position of own writes that reads must see. */
struct own_write {
    struct partition *partition;
    int64_t end;
};

struct cursor {
    char *name;
    struct schema schema;
    struct arena *arena;             /* owns schema, and rows of a bounded query */
    struct batch *batches;           /* a bounded query's answer */
    uint32_t batch_count, batch_capacity;
    uint32_t batch_index, row_index; /* next to give */
    struct live_query *live;         /* SUBSCRIBE: batches are refilled from it */
};

struct prepared {
    char *name;
    char *text;
    struct arena *arena;
    struct type *types;
    uint32_t type_count;
    bool has_rows;
    struct schema schema;
};

enum transaction_state { TRANSACTION_NONE, TRANSACTION_OPEN, TRANSACTION_FAILED };

/* A record batch that is written but not yet appended: a statement that fails leaves nothing, a block until COMMIT neither. */
struct pending_write {
    struct relation *relation; /* a reference */
    struct partition *partition;
    struct buffer bytes;
    int32_t record_count;
};

struct session {
    struct engine *engine;
    struct session_options options;
    char *user, *database;
    struct settings *defaults;     /* what came with the connection: RESET goes back to it */
    struct settings *settings;     /* over the defaults */
    struct settings *at_commit, *at_rollback; /* what settings will be then; NULL: the block has set nothing */
    int32_t id;
    _Atomic bool cancel;
    int64_t deadline_ns;           /* of the running statement; 0: none */
    bool is_late;                  /* it has passed, and was the cause of cancel */
    int statement_position;        /* where in its text the running statement begins, 1-based */
    bool applies_files;            /* CREATE with the text that is there already is no change */
    enum transaction_state transaction;
    bool has_defined;              /* the block has created or dropped something, which stays */
    struct snapshot *transaction_snapshot;
    int64_t transaction_time_us;
    struct pending_write *pending;
    uint32_t pending_count, pending_capacity;
    struct pending_keys *pending_keys; /* NULL: no keyed table was written */
    struct own_write *own_writes;
    uint32_t own_write_count, own_write_capacity;
    struct map cursors;
    struct map prepared;
    char *cut;                     /* of the last answer, for leat_cut() */
    const struct receiver *receiver; /* of the statement that runs */
};

/* Everything one statement needs while it runs. */
struct work {
    struct session *session;
    struct engine *engine;
    const struct receiver *receiver;
    struct arena *arena;
    bool arena_taken;              /* a live view keeps it */
    struct text_context text;
    struct statement statement;
    uint32_t parameter_count;      /* of a prepared statement; a cursor's query reads them too */
    struct expr **parameters;
    struct error complete_error;   /* why the receiver could not be told of the end */
};

/* ---- engine.c ---- */
CHECKED enum status engine_storage(struct engine *e, struct error *err); /* opens a temporary folder if there is none */
/* Topics that nobody declared become tables. */
CHECKED enum status engine_add_topics(struct engine *e, struct error *err);
/* Adds and removes roles in memory. */
void engine_put_role(struct engine *e, const char *name, const char *verifier);

/* The table that stands for a topic which nobody declared: (key bytea, value bytea). */
struct relation *engine_raw_relation(const char *topic);

/* ---- folder.c ---- */
CHECKED enum status folder_open(struct engine *e, struct error *err);
void folder_close(struct engine *e);
/* Makes a private temporary folder; the path is the caller's. */
CHECKED enum status folder_make_temporary(struct os *os, char **out, struct error *err);

/* ---- recover.c ---- */
CHECKED enum status recover_catalog(struct engine *e, struct error *err);

/* ---- environment.c ---- */
/* How the binder sees the session. */
void session_environment(struct session *s, const struct text_context *text, struct sql_environment *out);
CHECKED enum status session_text_context(struct session *s, struct text_context *out, struct error *err);
struct file_access session_file_access(struct session *s);

/* ---- run.c: bounded plans ---- */
struct run_result {
    int64_t rows;
};
/* Runs plan at the newest published cut (or the block's) into output. */
CHECKED enum status run_plan(struct work *w, const struct plan *plan, const struct output *output, struct error *err);
/* As run_plan with a snapshot that is given. */
CHECKED enum status run_plan_at(struct work *w, const struct plan *plan, struct snapshot *snapshot, const struct output *output,
                                struct error *err);
/* Rows with weights as rows without. */
CHECKED enum status expand_weights(const struct batch *in, struct arena *arena, struct batch *out, struct error *err);
CHECKED enum status run_select(struct work *w, struct error *err);
CHECKED enum status run_explain(struct work *w, struct error *err);

/* ---- write.c: INSERT, COPY FROM ---- */
CHECKED enum status run_insert(struct work *w, struct error *err);
/* A query's rows into a table: INSERT ... SELECT, CREATE TABLE AS. *rows: how many. */
CHECKED enum status insert_rows(struct work *w, struct relation *relation, const struct plan *plan, int64_t *rows, struct error *err);
CHECKED enum status run_copy_from(struct work *w, struct error *err);

/* ---- pending.c: what is written and not yet appended ---- */
void commit_turns_init(struct commit_turns *t);
void commit_turns_clear(struct commit_turns *t);
/* Ends the builder's batch and keeps it; without records nothing happens. */
CHECKED enum status pending_add(struct session *s, struct relation *r, struct partition *p, struct record_batch_builder *b, struct error *err);
/* Keeps the keys of rows of a keyed table, not NULL. 23505 if the session has written one of them and not yet committed it. */
CHECKED enum status pending_add_keys(struct session *s, struct relation *r, const struct batch *rows, const struct text_context *text,
                                     struct error *err);
uint32_t pending_key_batches(const struct session *s); /* how many calls of pending_add_keys have kept something */
/* 23505 if a table holds a key, from key batch `from` on, as of the log's end. */
CHECKED enum status pending_check_keys(struct session *s, uint32_t from, struct error *err);
/* Appends all or nothing, and waits until it is durable. 23505 if a key has come into its table. Nothing is pending afterwards. */
CHECKED enum status pending_commit(struct session *s, struct error *err);
void pending_discard(struct session *s);
/* Until the published cut holds what the session has appended, unless read_own_writes is off. */
CHECKED enum status wait_for_own_writes(struct session *s, struct error *err);

/* ---- pending_source.c ---- */
/* Puts what the session's block has written to the leaf's table behind *source, which the new one takes over. */
void pending_source_add(struct session *session, const struct plan *leaf, struct source **source);

/* ---- copy.c ---- */
CHECKED enum status run_copy_to(struct work *w, struct error *err);

/* ---- define.c: CREATE, DROP ---- */
CHECKED enum status run_create(struct work *w, struct error *err);
CHECKED enum status run_drop_statement(struct work *w, struct error *err);
CHECKED enum status run_create_role(struct work *w, struct error *err);

/* ---- live.c: SUBSCRIBE ---- */
struct live_query;
CHECKED enum status live_open(struct work *w, struct plan *plan, bool snapshot, bool progress, struct live_query **out, struct error *err);
void live_close(struct live_query *q);
const struct schema *live_schema(const struct live_query *q);
/* The next rows, led by leat_epoch and leat_diff, copied into arena; *got false: the deadline passed (see subscription_next). */
CHECKED enum status live_next(struct live_query *q, struct work *w, int64_t deadline_ns, struct arena *arena, struct batch *out, bool *got,
                              struct error *err);
CHECKED enum status run_subscribe_statement(struct work *w, struct error *err);

/* ---- cursor.c ---- */
CHECKED enum status run_declare(struct work *w, struct error *err);
CHECKED enum status run_fetch(struct work *w, struct error *err);
CHECKED enum status run_close(struct work *w, struct error *err);
void cursor_destroy(struct cursor *c);

/* ---- show.c ---- */
CHECKED enum status run_show(struct work *w, struct error *err);
/* The columns of SHOW name (a setting, or "all"). False: there is no such setting. */
bool show_columns(const char *name, struct arena *arena, struct schema *out);
CHECKED enum status run_set(struct work *w, struct error *err);
/* At the beginning of a block: read_only is BEGIN's "on" or "off", or NULL. */
CHECKED enum status block_settings_set(struct session *s, const char *read_only, struct error *err);
/* At the end of a block: SET LOCAL goes, SET stays if it was committed. */
void block_settings_end(struct session *s, bool committed);

/* ---- system_relation.c ---- */
void system_relations_add(struct catalog *c);
CHECKED enum status system_source_create(struct session *s, const struct plan *leaf, struct source **out, struct error *err);
/* Rows made of texts: for SHOW and system relations. A NULL text is SQL NULL. */
struct row_set;
struct row_set *row_set_create(const struct schema *schema, struct arena *arena);
CHECKED enum status row_set_add(struct row_set *r, const char *const *texts, struct error *err);
uint32_t row_set_batch_count(const struct row_set *r);
const struct batch *row_set_batch(const struct row_set *r, uint32_t index);

/* ---- psql_catalog.c ---- */
/* Answers psql's own catalogue queries (\d and kin), which are fixed texts; *handled tells whether it was one. */
CHECKED enum status answer_psql_query(struct work *w, const char *text, bool *handled, struct error *err);

/* ---- session.c ---- */
int session_statement_position(const struct session *s);

/* ---- statement.c ---- */
/* Binds and runs one statement. */
CHECKED enum status run_statement(struct session *s, const char *text, const struct receiver *receiver, uint32_t parameter_count,
                                  struct expr **parameters, struct error *err);
CHECKED enum status complete(struct work *w, const char *format, ...) PRINTF_LIKE(2, 3);
void give_notice(struct work *w, const char *severity, const char *sqlstate, const char *message, const char *hint);

/* ---- deadline.c: statement_timeout ---- */
void deadlines_init(struct deadlines *d);
void deadlines_clear(struct deadlines *d);
/* A statement of the session begins, and has so long. */
CHECKED enum status deadline_begin(struct session *s, struct error *err);
/* It has ended with st; of one that was cancelled because of its time the error becomes that. */
CHECKED enum status deadline_end(struct session *s, enum status st, struct error *err);

/* ---- describe.c ---- */
/* The columns that a statement will give, into arena; false if it gives none. */
bool describe_rows(struct session *s, const struct statement *statement, struct arena *arena, struct schema *out);

/* ---- transaction.c ---- */
CHECKED enum status run_transaction(struct work *w, struct error *err);
/* Ends the block, if there is one: its cut, cursors and pending rows go, and what it has SET, unless it was committed. */
void transaction_end(struct session *s, bool committed);

#endif
