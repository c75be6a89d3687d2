/* journal.h - the one journal: what is queued becomes durable by one sync.
 *
 * Two files, written alternately from their beginnings. A file is begun anew only
 * once every segment that its frames cover has been synced (recycling, done by the
 * journal's thread behind the writers, or by the writer that needs it).
 *
 * Whoever needs durability and finds nobody at it commits inline; the others wait
 * for him. The journal's thread commits only what nobody waits for.
 *
 * Locks: partition's append lock, then journal.lock. The committer holds no lock
 * while it writes and syncs; committing says that there is one.
 *
 * Once an operation has failed the journal stays failed: after a failed fdatasync nobody
 * knows what the disk holds, and a second one may lie (the kernel drops the dirty mark).
 */
#ifndef LEAT_LOG_JOURNAL_H
#define LEAT_LOG_JOURNAL_H

#include "log/journal_frame.h"
#include "log/segment.h"
#include "os/thread.h"

struct partition;

struct journal_end {
    struct partition *partition;
    int64_t end_offset;
};
struct journal_segment {
    struct segment *segment; /* one reference */
    bool must_sync;          /* before the frame: it holds a large batch */
};
/* Entries that enter the journal together. */
struct journal_load {
    struct buffer frame;
    struct journal_end *ends;
    size_t end_count, end_capacity;
    struct journal_segment *segments;
    size_t segment_count, segment_capacity;
    size_t batch_count;
};
void journal_load_clear(struct journal_load *load); /* gives back references and memory */
void journal_load_reset(struct journal_load *load); /* gives back references, keeps memory */

enum journal_urgency {
    JOURNAL_NOW,      /* somebody waits for an answer */
    JOURNAL_INTERVAL, /* within flush_interval */
    JOURNAL_LAZY      /* with the next commit */
};

/* What the journal needs from the log above it. */
struct journal_hooks {
    void *context;
    /* Moves committed and visible ends in one step. Called by the committer, no lock held. */
    void (*publish)(void *context, const struct journal_end *ends, size_t count);
    /* Called after ends or the committed ticket have moved, or the journal has failed, no lock held. */
    void (*wake)(void *context);
    /* Writes an ENDS entry per topic: the committed ends. Called by the committer. */
    void (*put_ends)(void *context, struct buffer *frame);
};

struct journal_file {
    int fd;
    int64_t size;
};

struct journal {
    struct os *os;
    struct journal_hooks hooks;
    int64_t flush_interval_ns;
    int64_t commit_delay_ns;

    /* Guarded by lock. */
    struct mutex lock;
    struct condition done; /* a commit or a recycling has ended */
    struct condition work; /* for the committing thread */
    struct condition recycle_work; /* for the recycling thread */
    struct journal_load pending;
    int64_t queued_ticket;
    int64_t due_ns;            /* when pending must be committed by the thread; INT64_MAX: need not */
    int64_t expected_until_ns; /* a group was announced; 0: none */
    int waiter_count;
    bool committing;
    bool recycling;
    bool is_recyclable; /* the file not in use may be begun anew */
    int64_t thread_until_ns; /* the committing thread sleeps to then; 0: it is awake */
    bool stopping;
    struct segment **dirty; /* one reference each */
    size_t dirty_count, dirty_capacity;
    struct error failure;

    _Atomic int64_t committed_ticket;
    _Atomic bool has_failed;
    _Atomic int64_t sync_count, sync_ns;

    /* The committer's alone. */
    struct journal_load flying;
    struct buffer table;
    struct journal_file files[2];
    int current;
    int64_t position;
    uint64_t generation;
    uint64_t sequence; /* of the next frame */

    struct thread commit_thread, recycle_thread;
    int thread_count;
};

/* Opens or makes directory/0 and directory/1 of at least file_size bytes. No thread yet; generation and sequence are set by
 * recovery, which also syncs the directory if needed. journal_close accepts what a failed open left. */
CHECKED enum status journal_open(struct journal *j, struct os *os, const char *directory, int64_t file_size,
                                 const struct journal_hooks *hooks, struct error *err);
/* Writes a checkpoint behind the last frame, or into a file begun anew: all segments have been synced by the caller. No commit
 * may run. Each file keeps an eighth free for checkpoints, so that there is room for one before the other file, which recovery
 * may still need, is overwritten. */
CHECKED enum status journal_checkpoint(struct journal *j, bool begin_anew, struct error *err);
CHECKED enum status journal_start(struct journal *j, struct error *err);
/* Ends the threads and frees. If is_orderly, first commits what is queued, syncs the segments and writes a checkpoint (unless
 * it has failed): the next start has nothing to replay. */
void journal_close(struct journal *j, bool is_orderly);

/* One batch, from under its partition's append lock. segment holds it already. Waits while too much is queued. */
CHECKED enum status journal_queue(struct journal *j, const struct journal_place *place, const uint8_t *batch,
                                  const struct record_batch_header *header, struct segment *segment,
                                  struct partition *partition, enum journal_urgency urgency, int64_t *ticket,
                                  struct error *err);
/* Adds an entry to a load that is queued later (a group's). inline_limit: beyond it batches enter as references. */
void journal_load_add(struct journal_load *load, const struct journal_place *place, const uint8_t *batch,
                      const struct record_batch_header *header, struct segment *segment, struct partition *partition,
                      bool by_reference);
/* Queues the load, which is left empty. As journal_queue, from under the append locks of its partitions. */
CHECKED enum status journal_queue_load(struct journal *j, struct journal_load *load, enum journal_urgency urgency, int64_t *ticket,
                                       struct error *err);
/* Queues the load, which is left empty, and commits it. */
CHECKED enum status journal_commit_load(struct journal *j, struct journal_load *load, struct error *err);
/* The most bytes of entries that one load may hold. */
int64_t journal_load_limit(const struct journal *j);

/* Wakes the thread if what is queued needs it and nobody else will commit. */
void journal_wake(struct journal *j);
void journal_expect(struct journal *j);
CHECKED enum status journal_wait(struct journal *j, int64_t ticket, struct error *err);
/* Lets go of segments whose files were removed: they need no sync any more. */
void journal_forget_removed(struct journal *j);
/* The error that the journal failed with, or OK. */
CHECKED enum status journal_check(struct journal *j, struct error *err);

/* ---- within the journal ---- */

/* Writes and syncs what is pending. The lock is held on entry and exit, not between; nobody is committing. */
void journal_lead(struct journal *j);
/* Syncs the dirty segments so that the file not in use may be begun anew. Lock as above; nobody is recycling. */
void journal_recycle(struct journal *j);
/* When the committing thread must act; INT64_MAX: not at all. Lock held. */
int64_t journal_due(const struct journal *j);

#endif
