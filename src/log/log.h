/* log.h - all topics of a data folder: append, publish, read, recover.
 *
 * The log stores record batches, not rows; it knows nothing of SQL.
 *
 * DIR/topics/<name>/topic            name, id, options (written once, replaced atomically)
 * DIR/topics/<name>/<partition>/<base offset, 20 digits>.log, .index, .timeindex
 * DIR/journal/<0|1>                  two preallocated, recycled files
 *
 * One journal. Every small append goes into one journal, in the order of calls,
 * and one fdatasync commits all that was queued, whatever the number of
 * partitions. The same bytes go to the segment through the page cache at append
 * time and are synced behind; a journal file is recycled once the segments it
 * covers are synced. A batch over 64 KB goes to its segment, is synced there, and
 * the journal holds its reference. A *group* is the unit of recovery: it is
 * replayed whole or not at all. (docs/decisions/ has the byte layout's reasons.)
 *
 * Offsets of a partition:
 *   start <= visible_end <= append_end
 * append_end moves when bytes are appended; visible_end when they are published:
 * for fsync = always after the sync that covers them, for interval and never
 * at once. The output of an epoch becomes visible for all its partitions in one
 * step (log_group_commit). Bytes below append_end can be read by leat itself
 * (an epoch may compute on input that is not yet durable); Kafka clients see
 * visible_end only. After a crash nothing at or above the last committed group
 * remains of fsync = always topics, and nothing acknowledged is lost.
 *
 * Threads: every function may be called from any thread unless it says otherwise.
 */
#ifndef LEAT_LOG_LOG_H
#define LEAT_LOG_LOG_H

#include "log/record_batch.h"
#include "os/os.h"

struct log;
struct topic;
struct partition;

enum log_fsync { LOG_FSYNC_ALWAYS, LOG_FSYNC_INTERVAL, LOG_FSYNC_NEVER };
enum { TOPIC_NAME_SIZE = 250, LOG_LARGE_BATCH_SIZE = 64 * 1024 };

struct log_options {
    int64_t segment_size;       /* bytes; a new segment is begun beyond it. 0 = 1 GiB */
    int64_t journal_size;       /* bytes of each of the two journal files. 0 = 64 MiB */
    int64_t flush_interval_ms;  /* for LOG_FSYNC_INTERVAL. 0 = 100 */
    int64_t commit_delay_us;    /* how long a sync waits for an epoch that is announced (log_expect_group). 0 = 500 */
};

struct topic_options {
    int32_t partition_count;
    enum log_fsync fsync;
    bool compacted;              /* cleanup.policy = compact (kept; cleaning comes later) */
    int64_t retention_ms;        /* -1 = for ever */
    int64_t retention_size;      /* bytes per partition, -1 = no limit */
    int64_t max_message_size;    /* 0 = 1048588, Kafka's max.message.bytes */
    bool internal;               /* not shown to Kafka clients unless asked by name; only leat writes */
    bool single_writer;          /* written by a sink alone: foreign Produce is refused */
    bool log_append_time;        /* message.timestamp.type = LogAppendTime */
    bool owned;                  /* made for somebody who records elsewhere that it is his: without that record, its making was cut short */
};

/* What recovery found, in words for the operator: one line per finding, through this function. */
typedef void log_report(void *context, const char *line);

/* Opens DIR (creating topics/ and journal/), recovers, starts the journal's thread. Damage that loses acknowledged data is
 * STATUS_CORRUPT naming the file and position; a torn tail is cut and reported. The caller closes. */
CHECKED enum status log_open(struct os *os, const char *directory, const struct log_options *options, log_report *report,
                             void *report_context, struct log **out, struct error *err);
/* Commits what is queued, syncs, stops the thread. Accepts NULL. No call may be in progress. */
void log_close(struct log *log);

/* ---- topics ---- */

/* Durable when it returns. STATUS_DUPLICATE_TABLE if it exists, STATUS_INVALID_NAME for a name Kafka forbids. */
CHECKED enum status log_create_topic(struct log *log, const char *name, const struct topic_options *options,
                                     struct topic **out, struct error *err);
/* The files are closed, and their space is free, once the last reader has let go (topic_unref). STATUS_UNDEFINED_TABLE. */
CHECKED enum status log_delete_topic(struct log *log, const char *name, struct error *err);
/* Between the two the topic's records can be read even if it is deleted meanwhile. Never of a topic that may be deleted already. */
struct topic *topic_ref(struct topic *t);
void topic_unref(struct topic *t); /* accepts NULL */
/* NULL if absent. The pointer is valid until log_close (a deleted topic answers topic_is_deleted). */
struct topic *log_find_topic(struct log *log, const char *name);
struct topic *log_find_topic_id(struct log *log, const uint8_t id[16]);
/* All topics sorted by name, the array in arena. */
struct topic **log_topics(struct log *log, struct arena *arena, size_t *count);
const char *topic_name(const struct topic *t);
const uint8_t *topic_id(const struct topic *t); /* 16 bytes, random, new at each creation */
const struct topic_options *topic_get_options(const struct topic *t);
bool topic_is_deleted(const struct topic *t);
bool topic_is_empty(struct topic *t); /* nothing was ever appended */
struct partition *topic_partition(struct topic *t, int32_t partition); /* NULL if out of range */

/* ---- appending ---- */

/* A point in the journal: everything queued up to it. Tickets rise. */
typedef int64_t log_ticket;

struct append_result {
    int64_t base_offset;
    log_ticket ticket;   /* committed (durable and visible) once log_committed_ticket() reaches it; for INTERVAL and NEVER
                            topics the batch is visible at once and ticket is 0: an answer need not wait */
    bool duplicate;      /* an idempotent producer's repeat: base_offset is the original one */
    int64_t log_append_time; /* ms, or -1 under CreateTime */
};
enum append_flags {
    APPEND_FROM_CLIENT = 1, /* check as a broker must: CRC, counts, producer sequence; single_writer and internal refuse */
    APPEND_CALLER_WAITS = 2 /* the caller will log_wait at once: the journal's thread need not be woken */
};
/* Appends one batch, which is patched in place (offset, epoch). Errors of validation are STATUS_CORRUPT (CRC),
 * STATUS_INVALID_PARAMETER (malformed), STATUS_LIMIT_EXCEEDED (too large), STATUS_SERIALIZATION_FAILURE (producer sequence;
 * *kafka_error says which: 45, 47, ...), STATUS_DISK_FULL, STATUS_IO_ERROR. *kafka_error (may be NULL) is Kafka's code for it. */
CHECKED enum status partition_append(struct partition *p, uint8_t *batch, size_t size, unsigned flags,
                                     struct append_result *out, int16_t *kafka_error, struct error *err);

/* ---- transactions ---- */

struct append {
    struct partition *partition;
    uint8_t *batch; /* one record batch, patched in place */
    size_t size;
    int64_t base_offset; /* set */
};
/* Appends batches to partitions of any topics, all or nothing: after a crash all of them are there or none, and a cut has all or
 * none. Without client checks. Errors and *ticket as of partition_append; the caller waits with log_wait. */
CHECKED enum status log_append_together(struct log *log, struct append *appends, size_t count, log_ticket *ticket,
                                        struct error *err);
/* Between the two no transaction is half appended: append ends read there are those of one moment. To be held for moments. */
void log_begin_cut(struct log *log);
void log_end_cut(struct log *log);

/* ---- groups: an epoch's publication ---- */

/* Collects appends that become durable and visible together, after everything queued before. One group at a time per caller;
 * groups commit in the order of log_group_commit calls. */
struct log_group;
struct log_group *log_group_begin(struct log *log);
/* As partition_append without client checks; not queued and not visible before the commit. The partition must have no other
 * writer. base_offset is assigned at once. */
CHECKED enum status log_group_append(struct log_group *g, struct partition *p, uint8_t *batch, size_t size,
                                     int64_t *base_offset, struct error *err);
/* Queues the group and waits until it is durable and visible (the caller does the journal's sync itself when nobody else is at
 * it: no wake-up lies between). Frees g, whatever the status. On an error nothing of the group is visible; the journal has
 * failed and refuses all later work with the same error. */
CHECKED enum status log_group_commit(struct log_group *g, struct error *err);
void log_group_cancel(struct log_group *g); /* takes back the offsets it assigned */

/* Tells the journal that a group will follow the appends made up to now, so that one sync serves both: the journal's thread
 * holds its sync back until that commit, at most commit_delay_us. Called by the timeline when it cuts. */
void log_expect_group(struct log *log);

/* ---- waiting and waking ---- */

log_ticket log_committed_ticket(struct log *log);
log_ticket log_queued_ticket(struct log *log); /* the highest given out */
/* Waits until ticket is committed. STATUS_IO_ERROR if the journal has failed. */
CHECKED enum status log_wait(struct log *log, log_ticket ticket, struct error *err);
/* The error that the journal failed with, or OK: once it has failed, nothing is accepted until a restart, and reads go on. */
CHECKED enum status log_check(struct log *log, struct error *err);
/* Called, from the thread that committed and with no lock held, after visible ends or the committed ticket have moved, or the journal
 * has failed (log_check); and after each append from the appending thread with appended = true. Must be quick: a wake-up. log_remove_listener
 * returns once no call of the listener is in progress. */
typedef void log_listener(void *context, bool appended);
void log_add_listener(struct log *log, log_listener *listener, void *context);
void log_remove_listener(struct log *log, log_listener *listener, void *context);

/* ---- reading ---- */

int64_t partition_start(const struct partition *p);
int64_t partition_visible_end(const struct partition *p);
int64_t partition_append_end(const struct partition *p);
/* The visible ends of several partitions at one moment: an epoch is in all of them or in none. */
void log_visible_ends(struct log *log, struct partition *const *partitions, size_t count, int64_t *out);
struct topic *partition_topic(const struct partition *p);
int32_t partition_index(const struct partition *p);
int64_t partition_size(const struct partition *p); /* bytes on disk */

/* Appends whole batches to out, from the one that contains offset, until max_size bytes or end_offset (exclusive: batches that
 * begin at or beyond it are left out); at least one batch if there is one. STATUS_INVALID_PARAMETER if offset is outside
 * [start, append_end]. CRCs are not checked again. */
CHECKED enum status partition_read(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size, struct buffer *out,
                                   struct error *err);
/* Where those batches lie, for sendfile: *fd is valid until release_range; runs do not cross segments. size 0: nothing there. */
struct file_range {
    int fd;
    int64_t position;
    int64_t size;
    int64_t next_offset; /* behind them */
    void *segment; /* for release */
};
CHECKED enum status partition_find_range(struct partition *p, int64_t offset, int64_t end_offset, size_t max_size,
                                         struct file_range *out, struct error *err);
void partition_release_range(struct partition *p, struct file_range *range);
/* ListOffsets: the first record at or above timestamp (ms) below the visible end; offset -1 if none. */
CHECKED enum status partition_find_time(struct partition *p, int64_t timestamp, int64_t *offset, int64_t *record_timestamp,
                                        struct error *err);
/* The offset and timestamp of the record with the largest timestamp; -1 if empty. */
CHECKED enum status partition_find_max_time(struct partition *p, int64_t *offset, int64_t *record_timestamp, struct error *err);

/* ---- producer ids ---- */

/* A fresh producer id, never repeated across restarts (blocks of 1,000 are reserved durably). */
CHECKED enum status log_next_producer_id(struct log *log, int64_t *out, struct error *err);

/* ---- holds ---- */

/* Retention and DeleteRecords never pass the smallest hold of a partition. A hold has a name and is replaced by placing it
 * again; offset -1 removes it. Not durable: owners place theirs again at start. */
void partition_hold(struct partition *p, const char *name, int64_t offset);
/* Deletes whole segments that are older than retention_ms or beyond retention_size, never past a hold, a record that is not
 * visible yet, or the active segment. Compacted topics are left alone. Called now and then by the owner of the log. */
CHECKED enum status log_apply_retention(struct log *log, int64_t now_ms, struct error *err);

/* ---- measuring ---- */

struct log_statistics {
    int64_t sync_count;      /* fdatasyncs of the journal */
    int64_t sync_ns;         /* time in them */
    int64_t append_count;    /* batches */
    int64_t append_size;     /* bytes */
};
void log_get_statistics(struct log *log, struct log_statistics *out);

#endif
