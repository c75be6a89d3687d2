/* timeline.h - what runs on and on: one sequence of recorded epochs over all tables of a data folder.
 *
 * One thread, the timeline's, cuts epochs, drives ingest, views and sinks
 * through them, publishes each by one commit of the journal, and changes the
 * catalog between them. It owns all keyed state. Others ask it through commands
 * and wait; nothing that they do makes it wait.
 *
 * Life of an epoch: cut (per partition a to-offset, one time) -> ingest decodes
 * each new record once -> views finish in order of creation, their consolidated
 * changes feeding dependents -> sinks encode -> one group of the journal holds
 * outputs and the epoch's record -> visible.
 *
 * Recovery reads the newest epoch record: the state at its cut is computed as
 * one epoch from the beginning with all outputs muted, which gives the same bits
 * (one answer). See docs/decisions/recovery-by-replay.md.
 */
#ifndef LEAT_JOB_TIMELINE_H
#define LEAT_JOB_TIMELINE_H

#include "connect/log_source.h"
#include "exec/dataflow.h"
#include "log/log.h"
#include "os/thread.h"

struct timeline;

struct timeline_options {
    struct log *log;
    struct catalog *catalog;
    struct pool *live;            /* workers for views */
    struct budget *budget;
    int64_t epoch_records_max;    /* records of one partition per epoch; 0 = 262,144 */
    int64_t subscription_size_max;/* bytes queued per subscriber; 0 = 64 MiB */
    void (*report)(void *context, bool is_error, const char *line); /* one line for the operator's log; may be NULL */
    void *report_context;
};
/* Not running yet: relations are added with timeline_restore, then timeline_start. */
CHECKED enum status timeline_create(const struct timeline_options *options, struct timeline **out, struct error *err);
/* Ends after the epoch in progress; joins the thread. Accepts NULL. All subscriptions and snapshots must be closed. */
void timeline_destroy(struct timeline *t);

/* ---- catalog changes, between epochs ---- */

/* What the catalog topic keeps of a change; engine/ binds it again at start. */
enum catalog_change { CATALOG_CREATE = 1, CATALOG_DROP = 2, CATALOG_ROLE = 3, CATALOG_SETTING = 4, CATALOG_FAILED = 5 };
struct catalog_record {
    enum catalog_change change;
    int64_t id;
    int64_t epoch;
    bool made_topic;           /* CREATE made the topic, so DROP deletes it */
    const char *name;          /* relation, role or setting */
    const char *text;          /* the CREATE statement, the role's verifier, the setting's value, the failure's SQLSTATE and message, the topics of a DROP */
    const char *time_zone;
};
/* Calls visit for each record in order. Stops at the first failure. */
typedef enum status catalog_visitor(void *context, const struct catalog_record *record, struct error *err);
CHECKED enum status timeline_read_catalog(struct timeline *t, catalog_visitor *visit, void *context, struct error *err);

/* Before start: takes part with what the catalog says (the relation is in the catalog already). plan NULL for tables; plan_arena
 * owns the plan and is taken over. In order of creation. */
CHECKED enum status timeline_restore(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena,
                                     bool made_topic, struct error *err);
/* Before start: a sink that failed stays failed, since epochs have gone on without its output. text: a CATALOG_FAILED record's. */
void timeline_restore_failure(struct timeline *t, int64_t relation_id, const char *text);
/* Recovers state up to the newest recorded cut and starts the thread. */
CHECKED enum status timeline_start(struct timeline *t, struct error *err);

/* Adds a relation to the catalog and to the running epochs, durably, as one epoch: a view or sink is filled first and its whole
 * content is its first output. Takes over plan_arena and one reference of relation on success only. */
CHECKED enum status timeline_add(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena,
                                 bool made_topic, struct error *err);
/* Removes relations (the furthest dependents first), durably; topics that CREATE made are deleted. */
CHECKED enum status timeline_drop(struct timeline *t, struct relation *const *relations, uint32_t count, struct error *err);
/* Appends a record of another kind (role, setting), durably. */
CHECKED enum status timeline_record(struct timeline *t, const struct catalog_record *record, struct error *err);

/* ---- reading at a cut ---- */

/* The relations of a SELECT or a block, pinned at the newest published epoch. One that has failed says so when it is opened. */
struct snapshot;
CHECKED enum status timeline_snapshot(struct timeline *t, struct relation *const *relations, uint32_t count, struct snapshot **out,
                                      struct error *err);
void snapshot_release(struct snapshot *s); /* accepts NULL */
int64_t snapshot_epoch(const struct snapshot *s);
/* "transactions:0=1234,1=99;..." */
const char *snapshot_cut(const struct snapshot *s);
/* Opens a PLAN_SCAN leaf of one of the relations. */
CHECKED enum status snapshot_open_source(struct snapshot *s, const struct plan *leaf, struct source **out, struct error *err);

/* Waits until the published cut holds offset end - 1 of the partition of a table (own writes). False when cancelled or stopping. */
bool timeline_wait_offset(struct timeline *t, struct partition *p, int64_t end, const _Atomic bool *cancel);

/* The first of keys (columns: the primary key's, in its order) that a keyed table holds at the log's end, as a row number, or -1. */
CHECKED enum status timeline_find_key(struct timeline *t, const struct relation *relation, const struct batch *keys, int64_t *row,
                                      struct error *err);

/* ---- subscribing ---- */

/* A live query: its answer at the snapshot is read by a bounded run of the same plan; then come the changes of each epoch. */
struct subscription;
struct subscription_event {
    int64_t epoch;
    int64_t time_us;
    struct batch *batches; /* changes, consolidated; NULL with batch_count 0: nothing changed up to this epoch */
    uint32_t batch_count;
};
/* Takes over plan_arena on success. snapshot is the subscription's own. */
CHECKED enum status timeline_subscribe(struct timeline *t, struct plan *plan, struct arena *plan_arena, struct subscription **out,
                                       struct error *err);
struct snapshot *subscription_snapshot(struct subscription *s);
/* The next event, valid until the next call or close. *got is false when deadline_ns (0: at once, -1: never) has passed or *cancel
 * turned true. Fails when the subscription has ended: its queue overflowed (54000), the view failed or was dropped. */
CHECKED enum status subscription_next(struct subscription *s, int64_t deadline_ns, const _Atomic bool *cancel, struct subscription_event *out,
                                      bool *got, struct error *err);
void subscription_close(struct subscription *s);
/* Wakes whoever waits in timeline_wait_offset or subscription_next, to look at its cancel flag. */
void timeline_wake(struct timeline *t);

/* ---- looking ---- */

struct relation_report {
    int64_t relation_id;
    const char *state;        /* "running", "failed" */
    char error[1100];         /* with its SQLSTATE in front, or empty */
    int64_t epoch;
    int64_t rows_in, rows_used, rows_rejected; /* tables; views: rows in the result in rows_used */
    int64_t state_size;
    int64_t lag_records;
};
/* Reports of all tables, views and sinks; array in arena. */
uint32_t timeline_reports(struct timeline *t, struct arena *arena, struct relation_report **out);
int64_t timeline_epoch(struct timeline *t);

#endif
