/* append_together.c - the batches of one transaction: durable together, and all of them before a cut or all behind it.
 *
 * They enter the journal as one load, hence in one frame, which recovery replays whole or not at all. The lock `together` keeps
 * a cut (log_begin_cut) out while some of the append ends have moved and others have not; single appends need not take it.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "log/internal.h"

struct member {
    struct partition *partition; /* its append lock is held */
    struct partition_mark mark;
};

struct work {
    struct log *log;
    struct member *members;
    size_t member_count;
    struct journal_load load;
    enum journal_urgency urgency;
};

void log_begin_cut(struct log *log)
{
    mutex_lock(&log->together);
}

void log_end_cut(struct log *log)
{
    mutex_unlock(&log->together);
}

/* Several append locks are held only by whoever holds `together`, so their order does not matter. */
static enum status join(struct work *w, struct partition *p, struct error *err)
{
    for (size_t i = w->member_count; i-- > 0;)
        if (w->members[i].partition == p)
            return STATUS_OK;
    mutex_lock(&p->append_lock);
    enum status st = STATUS_OK;
    if (topic_is_deleted(p->topic))
        st = error_set(err, STATUS_UNDEFINED_TABLE, "topic %s was deleted", p->topic->name);
    else if (p->group != NULL)
        st = error_set(err, STATUS_OBJECT_IN_USE, "an open group writes partition %d of topic %s", (int)p->index, p->topic->name);
    else
        st = partition_prepare(p, err);
    if (st != STATUS_OK) {
        mutex_unlock(&p->append_lock);
        return st;
    }
    w->members[w->member_count++] = (struct member){p, partition_get_mark(p)};
    return STATUS_OK;
}

static enum status put(struct work *w, struct append *a, struct error *err)
{
    struct record_batch_header header;
    struct segment *segment = NULL;
    int64_t position = 0;
    size_t limit = (size_t)journal_load_limit(&w->log->journal);
    TRY(record_batch_parse((struct bytes){a->batch, a->size}, false, &header, err));
    if ((size_t)header.size != a->size)
        return error_set(err, STATUS_INVALID_PARAMETER, "more than one record batch");
    if (w->load.frame.size + 256 > limit)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a transaction of %zu batches is too large for the journal", w->load.batch_count);
    TRY(join(w, a->partition, err));
    partition_assign(a->partition, a->batch, &header);
    TRY(partition_write(a->partition, a->batch, &header, &segment, &position, err));
    /* Half of the room is for batches, the other half for references to those that come after. */
    bool by_reference = header.size > LOG_LARGE_BATCH_SIZE || w->load.frame.size + a->size > limit / 2;
    struct journal_place place = {a->partition->topic->id, (uint32_t)a->partition->index, segment->base_offset, position,
                                  (uint32_t)header.size};
    journal_load_add(&w->load, &place, a->batch, &header, segment, a->partition, by_reference);
    a->base_offset = header.base_offset;
    return STATUS_OK;
}

static enum journal_urgency urgency_of(const struct append *appends, size_t count)
{
    enum journal_urgency urgency = JOURNAL_LAZY;
    for (size_t i = 0; i < count; i++) {
        enum log_fsync fsync = appends[i].partition->topic->options.fsync;
        if (fsync == LOG_FSYNC_ALWAYS)
            return JOURNAL_NOW;
        if (fsync == LOG_FSYNC_INTERVAL)
            urgency = JOURNAL_INTERVAL;
    }
    return urgency;
}

static void leave(struct work *w, bool take_back)
{
    for (size_t i = 0; i < w->member_count; i++) {
        struct partition *p = w->members[i].partition;
        if (take_back) {
            partition_rewind(p, &w->members[i].mark);
            status_ignore(partition_prepare(p, NULL), "removing its segments is tried again before the next append");
        } else if (p->topic->options.fsync != LOG_FSYNC_ALWAYS) {
            partition_raise_visible_end(p, partition_append_end(p));
        }
        mutex_unlock(&p->append_lock);
    }
    journal_load_clear(&w->load);
    free(w->members);
}

enum status log_append_together(struct log *log, struct append *appends, size_t count, log_ticket *ticket, struct error *err)
{
    struct work w = {.log = log, .urgency = urgency_of(appends, count)};
    *ticket = 0;
    if (count == 0)
        return STATUS_OK;
    TRY(journal_check(&log->journal, err));
    w.members = memory_alloc(count * sizeof *w.members);
    mutex_lock(&log->together);
    enum status st = STATUS_OK;
    int64_t size = 0;
    for (size_t i = 0; i < count && st == STATUS_OK; i++) {
        st = put(&w, &appends[i], err);
        size += (int64_t)appends[i].size;
    }
    if (st == STATUS_OK)
        st = journal_queue_load(&log->journal, &w.load, w.urgency, ticket, err);
    leave(&w, st != STATUS_OK);
    mutex_unlock(&log->together);
    if (st != STATUS_OK)
        return st;
    atomic_fetch_add_explicit(&log->append_count, (int64_t)count, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->append_size, size, memory_order_relaxed);
    log_notify(log, true);
    if (w.urgency != JOURNAL_NOW) { /* nobody waits for it */
        *ticket = 0;
        journal_wake(&log->journal);
    }
    return STATUS_OK;
}
