/* group.c - the output of an epoch: written as it comes, journaled and published as one.
 *
 * Batches go to the segments at once (through the page cache); their journal
 * entries collect here and enter the journal together at the commit. What a crash leaves
 * of them in the segments lies beyond the end that the journal knows and is cut.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/internal.h"

struct member {
    struct partition *partition;
    struct partition_mark mark; /* before the group's first batch */
};

struct log_group {
    struct log *log;
    struct journal_load load;
    struct member *members;
    size_t member_count, member_capacity;
};

struct log_group *log_group_begin(struct log *log)
{
    struct log_group *g = memory_alloc_zero(1, sizeof *g);
    g->log = log;
    return g;
}

/* The partition becomes the group's until its end. Append lock held. */
static enum status join(struct log_group *g, struct partition *p, struct error *err)
{
    if (p->group == g)
        return STATUS_OK;
    if (p->group != NULL)
        return error_set(err, STATUS_OBJECT_IN_USE, "partition %d of topic %s is written by another group", (int)p->index,
                         p->topic->name);
    if (topic_is_deleted(p->topic))
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic %s was deleted", p->topic->name);
    TRY(partition_prepare(p, err));
    if (g->member_count == g->member_capacity) {
        g->member_capacity = g->member_capacity == 0 ? 8 : g->member_capacity * 2;
        g->members = memory_realloc(g->members, g->member_capacity * sizeof *g->members);
    }
    g->members[g->member_count++] = (struct member){p, partition_get_mark(p)};
    p->group = g;
    return STATUS_OK;
}

static enum status append_locked(struct log_group *g, struct partition *p, uint8_t *batch,
                                 struct record_batch_header *header, struct error *err)
{
    size_t limit = (size_t)journal_load_limit(&g->log->journal);
    TRY(journal_check(&g->log->journal, err));
    if (g->load.frame.size + 256 > limit)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a group of %zu batches is too large for the journal",
                         g->load.batch_count);
    TRY(join(g, p, err));
    struct segment *segment = NULL;
    int64_t position = 0;
    partition_assign(p, batch, header);
    TRY(partition_write(p, batch, header, &segment, &position, err));
    /* Half of the room is for batches, the other half for references to those that come after. */
    bool by_reference = header->size > LOG_LARGE_BATCH_SIZE || g->load.frame.size + (size_t)header->size > limit / 2;
    struct journal_place place = {p->topic->id, (uint32_t)p->index, segment->base_offset, position, (uint32_t)header->size};
    journal_load_add(&g->load, &place, batch, header, segment, p, by_reference);
    return STATUS_OK;
}

enum status log_group_append(struct log_group *g, struct partition *p, uint8_t *batch, size_t size,
                             int64_t *base_offset, struct error *err)
{
    struct record_batch_header header;
    TRY(record_batch_parse((struct bytes){batch, size}, false, &header, err));
    if ((size_t)header.size != size)
        return error_set(err, STATUS_INVALID_PARAMETER, "more than one record batch");
    mutex_lock(&p->append_lock);
    enum status st = append_locked(g, p, batch, &header, err);
    mutex_unlock(&p->append_lock);
    if (st != STATUS_OK)
        return st;
    *base_offset = header.base_offset;
    atomic_fetch_add_explicit(&g->log->append_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&g->log->append_size, (int64_t)size, memory_order_relaxed);
    return STATUS_OK;
}

static void leave(struct log_group *g, bool take_back)
{
    for (size_t i = 0; i < g->member_count; i++) {
        struct partition *p = g->members[i].partition;
        mutex_lock(&p->append_lock);
        assert(p->group == g);
        if (take_back) {
            partition_rewind(p, &g->members[i].mark);
            status_ignore(partition_prepare(p, NULL), "removing its segments is tried again before the next append");
        }
        p->group = NULL;
        mutex_unlock(&p->append_lock);
    }
    journal_load_clear(&g->load);
    free(g->members);
    free(g);
}

enum status log_group_commit(struct log_group *g, struct error *err)
{
    enum status st = journal_commit_load(&g->log->journal, &g->load, err);
    leave(g, false); /* after a failure nobody knows what the disk holds: the offsets stay taken, and the log is done */
    return st;
}

void log_group_cancel(struct log_group *g)
{
    leave(g, true);
}
