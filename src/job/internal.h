/* internal.h - the timeline's parts, for this folder only.
 *
 * All of it belongs to the timeline's thread, except: `published` and `queues`,
 * guarded by timeline.mutex, and what workers of one epoch touch (their own
 * decoder and encoder, a view's store under view.mutex).
 */
#ifndef LEAT_JOB_INTERNAL_H
#define LEAT_JOB_INTERNAL_H

#include "base/map.h"
#include "connect/record_encoder.h"
#include "connect/table_decoder.h"
#include "job/timeline.h"
#include "state/relation_store.h"

enum { WORKERS_MAX = 64, SCAN_QUEUE_BATCHES = 16 };

/* A place where a view reads a relation: batches go to input `input` of view. */
struct consumer {
    struct view *view;
    uint32_t input;
    uint32_t column_count;
    uint32_t *columns; /* into the producer's columns */
};
struct consumers {
    struct consumer *items;
    uint32_t count;
    uint32_t capacity;
};

/* One table's ingest: the only place where its records become rows. */
struct ingest {
    struct timeline *timeline;
    struct relation *relation; /* a reference */
    struct topic *topic;
    int32_t partition_count;
    int64_t *position;         /* by partition: the published cut */
    int64_t *target;           /* the cut of the epoch in progress */
    bool made_topic;
    bool failed;               /* takes part no more; its position stays, so that a restart goes on from there */
    struct error error;
    uint32_t column_count;     /* decoded columns: all visible, then all hidden ones */
    uint32_t *columns;
    struct table_decoder *decoders[WORKERS_MAX]; /* made when first used */
    struct relation_store *store; /* keyed tables: the present rows */
    bool store_open;
    bool raw;                  /* every record fits */
    struct consumers consumers;
    /* <table>__rejected: its topic; rows of the epoch in progress. NULL for rejected tables themselves and raw ones. */
    struct topic *rejected;
    struct relation *rejected_relation;
    struct mutex rejected_mutex;
    struct record_batch_builder rejections;
    _Atomic int64_t rows_in;
    _Atomic int64_t rows_rejected;
};

/* A sink's way into its topic. */
struct sink_writer {
    struct topic *topic;
    int32_t partition_count;
    struct record_encoder_options options;
    uint32_t *key;
    struct record_encoder *encoders[WORKERS_MAX];
    struct schema schema; /* borrowed from the relation */
};

/* What one chunk of input made a stateless sink write: appended in the order of chunks, which is offset order. */
struct chunk_output {
    struct record_batch_builder *builders; /* by partition; NULL: nothing */
};

/* A materialized view, a sink, or a subscription's query. */
struct view {
    struct timeline *timeline;
    struct relation *relation; /* NULL for a subscription's */
    struct plan *plan;
    struct arena *plan_arena;
    struct dataflow *dataflow;
    struct mutex mutex;               /* store, errors and direct while workers run */
    struct relation_store *store;     /* NULL: append-only, nobody asks for its contents */
    struct relation_store *errors;    /* rows in error; made when the first appears */
    struct relation *errors_relation; /* <view>__errors */
    struct sink_writer *sink;         /* sinks */
    struct subscription *subscription;/* subscriptions */
    struct consumers consumers;
    bool made_topic;
    bool touched;                     /* takes part in the epoch in progress */
    bool muted;                       /* outputs are dropped: recovery */
    bool failed;
    bool recorded;                    /* a sink's failure is in the catalog */
    bool given_up;                    /* failed, and that is told, recorded and passed on */
    bool is_abandoned;                /* its subscription was closed while an epoch waited: it goes behind that epoch */
    struct error error;
    struct arena *arena;              /* of one epoch's changes */
    struct chunk_output *chunks;      /* sinks without a store: by chunk of the epoch's input */
    uint32_t chunk_count, chunk_capacity;
    struct chunk_output direct;       /* what comes from no chunk */
    int64_t epoch;                    /* last in which it changed */
};

/* A store's contents at a pin, handed out in slices by the timeline to a source. */
struct store_scan {
    struct timeline *timeline;
    struct store_pin *pin;
    struct scan_batch *queue[SCAN_QUEUE_BATCHES];
    uint32_t head, count;
    bool done;       /* the pin is exhausted and released */
    bool abandoned;  /* the reader left */
    bool started;
    struct error error;
    struct store_scan *next;
};

struct snapshot_relation {
    struct relation *relation;
    struct topic *topic;           /* a reference; NULL: a view's */
    struct offset_range *ranges;
    int32_t partition_count;
    struct store_scan *scan;       /* stores; one per opening is made from pin */
    struct relation_store *store;
    struct store_pin *pin;
    struct error *failure;         /* why it cannot be read, told to who opens it; NULL: it can be */
};
struct snapshot {
    struct timeline *timeline;
    int64_t epoch;
    uint32_t count;
    struct snapshot_relation *relations;
    char *cut;
};

/* What a command is while an epoch waits for room on disk. */
enum command_kind {
    COMMAND_READ,  /* goes on: it touches nothing that the epoch does */
    COMMAND_CHANGE /* is refused */
};
struct command {
    enum command_kind kind;
    enum status (*run)(struct timeline *t, void *argument, struct error *err);
    void *argument;
    struct error *err;
    enum status status;
    bool done;
    struct command *next;
};

struct timeline {
    struct timeline_options options;
    struct arena *arena;          /* lives as long as the timeline */
    struct arena *epoch_arena;
    unsigned worker_count;
    struct topic *epochs;         /* __leat_epochs */
    struct topic *catalog_topic;  /* __leat_catalog */
    struct ingest **ingests;
    uint32_t ingest_count, ingest_capacity;
    struct view **views;          /* in order of creation: a view comes after all it reads */
    uint32_t view_count, view_capacity;
    struct map restored_positions;/* topic id + partition -> int64_t*, from the newest epoch record */
    int64_t epoch;                /* newest published */
    int64_t time_us;
    int64_t open_epoch;           /* the one in progress, else 0 */
    int64_t open_time_us;
    bool in_epoch;                /* epoch_run is at it: its outputs must be written */
    bool epoch_waits;             /* for room on disk; said once */
    struct store_scan *scans;     /* active */
    struct arena *worker_arenas[WORKERS_MAX];
    struct buffer worker_buffers[WORKERS_MAX];
    int64_t worker_chunk[WORKERS_MAX]; /* the chunk each is at, -1: none */

    struct mutex mutex;
    struct condition wake;        /* the timeline sleeps here */
    struct condition published;   /* others wait here for epochs and commands */
    struct condition scanned;     /* readers of scans wait here */
    struct command *commands, *commands_last;
    _Atomic bool signalled;
    _Atomic bool appended;        /* since the last epoch was cut: a sync is held back for us */
    _Atomic bool sleeping;
    _Atomic bool wanted;          /* some table is not idle */
    int64_t next_retention_ns;
    bool stopping;
    bool running;
    struct thread thread;
    struct error failure;         /* the journal or an epoch failed: nothing more is published (timeline_fail) */
    bool has_failed;
};

/* ---- timeline.c ---- */
/* Runs body on the timeline's thread between epochs, or at once when it does not run yet. */
CHECKED enum status timeline_call(struct timeline *t, enum command_kind kind, enum status (*body)(struct timeline *t, void *argument, struct error *err),
                                  void *argument, struct error *err);
/* The disk is full (why): waits a moment if that holds up an epoch, and serves readers meanwhile. False: it is an error. */
bool timeline_wait_for_room(struct timeline *t, const struct error *why);
struct ingest *timeline_find_ingest(struct timeline *t, int64_t relation_id);
struct view *timeline_find_view(struct timeline *t, int64_t relation_id);
void timeline_add_ingest(struct timeline *t, struct ingest *g);
void timeline_remove_ingest(struct timeline *t, const struct ingest *g);
void timeline_add_view(struct timeline *t, struct view *v);
void timeline_remove_view(struct timeline *t, const struct view *v);
/* Nothing is published any more: those who wait for epochs get the error, what was published can still be read. */
void timeline_fail(struct timeline *t, const struct error *error);
void timeline_say(struct timeline *t, const char *format, ...) PRINTF_LIKE(2, 3);
void timeline_complain(struct timeline *t, const char *format, ...) PRINTF_LIKE(2, 3); /* an error */

/* ---- epoch.c ---- */
/* Cuts and runs one epoch if there is anything to do; *worked tells. */
CHECKED enum status epoch_run(struct timeline *t, bool *worked, struct error *err);
/* Opens the next epoch in memory (number and time). */
void epoch_open(struct timeline *t);
/* Appends the epoch's record to group, commits it, and makes the open epoch the published one. On failure nothing is published, and group is gone. */
CHECKED enum status epoch_publish(struct timeline *t, struct log_group *group, struct error *err);
void view_touch(struct view *v);
/* Ends the epoch in the stores of a view that took part. */
void view_close_epoch(struct view *v);
/* Feeds one batch of a producer's rows to its consumers. */
CHECKED enum status consumers_push(struct consumers *consumers, unsigned worker, const struct batch *rows, struct error *err);

/* ---- failure.c ---- */
/* A table that cannot go on fails by name, and with it what reads it; the epoch goes on without its records. */
void ingest_fail(struct ingest *g, const struct error *error);
/* Ends the subscriptions that read a relation which is being dropped. */
void consumers_end(struct consumers *consumers, const char *name);
/* Tells of a failed view, takes it out with those that read it, and lets its state go. group NULL: a sink's failure is not recorded. */
CHECKED enum status view_give_up(struct view *v, struct log_group *group, struct error *err);
/* Records the failures of sinks that were found before the timeline ran. */
CHECKED enum status record_failures(struct timeline *t, struct error *err);

/* ---- ingest.c ---- */
CHECKED enum status ingest_create(struct timeline *t, struct relation *relation, bool made_topic, struct ingest **out, struct error *err);
void ingest_destroy(struct ingest *g);
/* Sets the target of each partition; true if there is something new. */
bool ingest_cut(struct ingest *g);
/* Takes no part in epochs: nothing reads it and nothing can be rejected. */
bool ingest_is_idle(const struct ingest *g);
/* Decodes the hidden columns from now on, too. */
void ingest_want_hidden(struct ingest *g);
/* Decodes [position, target) and feeds the consumers. */
CHECKED enum status ingest_process(struct ingest *g, struct error *err);
/* Feeds the rows of [0 or first retained, position) to one reader: filling. */
CHECKED enum status ingest_replay(struct ingest *g, struct consumer *consumer, struct error *err);
/* Rebuilds the store of a keyed table up to position. */
CHECKED enum status ingest_restore(struct ingest *g, struct error *err);
/* Retention keeps what lies behind the cut, from now on / what views are rebuilt from. */
void ingest_hold_position(struct ingest *g);
void ingest_hold_history(struct ingest *g);
void ingest_release_history(struct ingest *g); /* nothing is rebuilt from it any more */
CHECKED enum status ingest_write_rejections(struct ingest *g, struct log_group *group, struct error *err);

/* ---- view.c ---- */
CHECKED enum status view_create(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena,
                                struct subscription *subscription, struct view **out, struct error *err);
void view_destroy(struct view *v);
/* Ends the epoch for this view: finish, consolidated changes to consumers, sink and subscription. */
CHECKED enum status view_finish(struct view *v, struct log_group *group, struct error *err);
/* It keeps nothing from one epoch to the next: there is nothing to rebuild. (Constants are pushed once: that is state.) */
bool view_is_stateless(const struct view *v);
const struct schema *errors_schema(void);

/* ---- view_input.c ---- */
/* Computes the view over the present contents of what it reads, as the epoch in progress, whose group takes a sink's output, and
 * connects it: from the next epoch on it is fed. */
CHECKED enum status view_join(struct view *v, struct log_group *group, struct error *err);
/* The same as of the newest published epoch, with its outputs dropped: they were made before, or are read elsewhere. */
CHECKED enum status view_join_silently(struct view *v, struct error *err);
void view_detach(struct view *v);

/* ---- sink_writer.c ---- */
CHECKED enum status sink_writer_create(const struct relation *relation, const struct plan *plan, struct topic *topic,
                                       struct sink_writer **out, struct error *err);
void sink_writer_destroy(struct sink_writer *w);
CHECKED enum status sink_writer_encode(struct sink_writer *w, unsigned worker, const struct batch *rows, int64_t time_us, int64_t epoch,
                                       struct record_batch_builder *builders, struct error *err);
CHECKED enum status sink_writer_append(struct sink_writer *w, struct timeline *t, struct log_group *group,
                                       struct record_batch_builder *builders, struct error *err);
/* Appends what b holds as one batch. In an epoch of the running timeline a full disk is waited out. */
CHECKED enum status builder_append(struct timeline *t, struct record_batch_builder *b, struct log_group *group, struct partition *p,
                                   struct error *err);

/* ---- snapshot.c ---- */
/* Serves active scans for a slice each; true if any made progress and wants more. */
bool scans_serve(struct timeline *t);
/* The relations at the newest published epoch. One that cannot be read says so when it is opened. */
struct snapshot *snapshot_take(struct timeline *t, struct relation *const *relations, uint32_t count);

/* ---- subscription.c ---- */
/* Queues changes of the epoch in progress; they are handed out once it is published. */
void subscription_add(struct subscription *s, const struct batch *changes);
/* Hands out what was queued: called with timeline.mutex held. */
void subscription_publish(struct subscription *s, int64_t epoch, int64_t time_us);
void subscription_fail(struct subscription *s, const struct error *error);
/* Removes the views of subscriptions that were closed. Between epochs. */
void subscriptions_sweep(struct timeline *t);

/* ---- epoch_log.c ---- */
CHECKED enum status epoch_log_append(struct timeline *t, struct log_group *group, struct error *err);
/* Reads the newest record into epoch, time_us and restored_positions. */
CHECKED enum status epoch_log_restore(struct timeline *t, struct error *err);
/* The position restored for a partition, or `otherwise`. */
int64_t epoch_log_position(struct timeline *t, struct partition *p, int64_t otherwise);

/* ---- catalog_log.c ---- */
CHECKED enum status catalog_log_append(struct timeline *t, struct log_group *group, const struct catalog_record *record, struct error *err);

#endif
