/* internal.h - the log and its topics, for the files of this folder. */
#ifndef LEAT_LOG_INTERNAL_H
#define LEAT_LOG_INTERNAL_H

#include "base/map.h"
#include "log/journal.h"
#include "log/log.h"
#include "log/partition.h"

enum { LISTENER_LIMIT = 16, PARTITION_LIMIT = 100000, LOG_PATH_SIZE = 4096 };

struct topic {
    struct log *log;
    char name[TOPIC_NAME_SIZE];
    uint8_t id[TOPIC_ID_SIZE];
    struct topic_options options;
    const char *directory;
    _Atomic bool is_deleted;
    _Atomic int32_t reference_count; /* topic_ref: who still reads, or would */
    struct partition *partitions; /* options.partition_count of them */
};

struct listener {
    log_listener *listener;
    void *context;
};

struct log {
    struct os *os;
    char *directory;
    struct log_options options;
    struct journal journal;

    struct mutex create_lock; /* one creation or deletion at a time */
    struct mutex lock;        /* the maps and the array; held for moments */
    struct map by_name;
    struct map by_id;
    struct arena *topic_arena; /* struct topic and its partitions: under create_lock. Apart from the heap, which what stays of deleted ones would litter */
    struct topic **topics;    /* deleted ones too, without their segments, until the log closes: pointers to them stay good */
    size_t topic_count, topic_capacity;

    struct mutex together;    /* a transaction's append ends move, or are read by a cut, together; before append locks */
    struct mutex publication; /* visible ends of several partitions move, or are read, together */
    struct mutex listener_lock;
    struct condition notified; /* notifying_count has become 0 */
    int notifying_count;
    struct listener listeners[LISTENER_LIMIT];
    size_t listener_count;

    struct mutex producer_id_lock;
    int64_t next_producer_id;
    int64_t producer_id_limit; /* reserved durably up to here */

    _Atomic int64_t append_count, append_size;
};

/* ---- topics ---- */

/* A topic in memory, of the log's arena; the caller's until log_add_topic. create_lock held, but at start. */
struct topic *topic_create(struct log *log, const char *name, const uint8_t id[TOPIC_ID_SIZE],
                           const struct topic_options *options);
void topic_clear(struct topic *t); /* accepts NULL */
/* Writes DIR/topics/<name>/topic, replacing it atomically. */
CHECKED enum status topic_save(const struct topic *t, struct error *err);
/* Reads it. STATUS_CORRUPT if it is not understood. */
CHECKED enum status topic_load(struct log *log, const char *name, struct topic **out, struct error *err);
bool topic_name_is_legal(const char *name);
void log_add_topic(struct log *log, struct topic *t);

/* ---- recovery ---- */

struct recovery {
    struct log *log;
    log_report *report;
    void *report_context;
};
void recovery_report(const struct recovery *r, const char *format, ...) PRINTF_LIKE(2, 3);
/* Finds the topics and their segments. */
CHECKED enum status recovery_load_topics(struct recovery *r, struct error *err);
/* Puts what the journal holds into the segments. *is_clean: the log was closed in order, nothing was to be done. */
CHECKED enum status recovery_replay(struct recovery *r, bool *is_clean, struct error *err);
/* Finds each partition's end, cuts what was never acknowledged, rebuilds indexes and producers, syncs. */
CHECKED enum status recovery_settle(struct recovery *r, bool is_clean, struct error *err);

/* ---- the rest ---- */

void log_notify(struct log *log, bool appended);
CHECKED enum status log_load_producer_ids(struct log *log, struct error *err);

#endif
