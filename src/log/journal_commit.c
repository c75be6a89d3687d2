/* journal_commit.c - queueing, committing, waiting. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "log/journal.h"
#include "log/log.h"
#include "os/clock.h"

/* Lazy bytes are committed when this many are queued, so that memory stays bounded. */
enum { LAZY_LIMIT = 1024 * 1024, ENTRY_OVERHEAD = 128 };

int64_t journal_load_limit(const struct journal *j)
{
    int64_t smaller = j->files[0].size < j->files[1].size ? j->files[0].size : j->files[1].size;
    return smaller / 4;
}

/* ---- the frame's way to the disk ---- */

static enum status sync_journal(struct journal *j, struct error *err)
{
    int64_t begin = clock_monotonic_ns();
    enum status st = j->os->sync(j->os, j->files[j->current].fd, err);
    atomic_fetch_add_explicit(&j->sync_ns, clock_monotonic_ns() - begin, memory_order_relaxed);
    atomic_fetch_add_explicit(&j->sync_count, 1, memory_order_relaxed);
    return st;
}

static enum status write_frame(struct journal *j, struct buffer *frame, struct error *err)
{
    journal_frame_finish(frame, j->generation, j->sequence);
    struct journal_file *f = &j->files[j->current];
    if (j->position + (int64_t)frame->size > f->size)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a commit of %zu bytes does not fit the journal of %lld bytes",
                         frame->size, (long long)f->size);
    TRY(j->os->write(j->os, f->fd, frame->data, frame->size, j->position, err));
    j->position += (int64_t)frame->size;
    j->sequence++;
    return STATUS_OK;
}

static void begin_file(struct journal *j)
{
    j->current ^= 1;
    j->generation++;
    j->position = 0;
}

/* Waits until the other file may be begun anew, syncing the segments here if nobody does it. */
static enum status await_recycling(struct journal *j, struct error *err)
{
    mutex_lock(&j->lock);
    while (!j->is_recyclable && !atomic_load(&j->has_failed)) {
        if (j->recycling) {
            j->waiter_count++;
            condition_wait(&j->done, &j->lock);
            j->waiter_count--;
        } else {
            journal_recycle(j);
        }
    }
    j->is_recyclable = false;
    condition_signal(&j->recycle_work);
    mutex_unlock(&j->lock);
    return journal_check(j, err);
}

/* The first frame of a file says where every partition ended, so that recovery knows which bytes of a segment were never
 * acknowledged, also where the journal holds no entry of that partition. */
static enum status switch_file(struct journal *j, struct error *err)
{
    TRY(await_recycling(j, err));
    begin_file(j);
    journal_frame_begin(&j->table);
    j->hooks.put_ends(j->hooks.context, &j->table);
    return write_frame(j, &j->table, err);
}

static enum status sync_large(struct journal_load *load, struct error *err)
{
    for (size_t i = 0; i < load->segment_count; i++) {
        bool again = false; /* synced above already: many large batches of one segment are the usual case */
        for (size_t before = 0; before < i && load->segments[i].must_sync && before < 64; before++)
            again |= load->segments[before].must_sync && load->segments[before].segment == load->segments[i].segment;
        if (load->segments[i].must_sync && !again)
            TRY(segment_sync(load->segments[i].segment, err));
    }
    return STATUS_OK;
}

static enum status write_load(struct journal *j, struct journal_load *load, struct error *err)
{
    TRY(sync_large(load, err));
    int64_t size = journal_frame_disk_size(load->frame.size - JOURNAL_HEADER_SIZE);
    int64_t file_size = j->files[j->current].size;
    if (j->position + size > file_size - file_size / 8) /* the rest is for checkpoints */
        TRY(switch_file(j, err));
    TRY(write_frame(j, &load->frame, err));
    return sync_journal(j, err);
}

enum status journal_checkpoint(struct journal *j, bool begin_anew, struct error *err)
{
    journal_frame_begin(&j->table);
    journal_put_checkpoint(&j->table);
    j->hooks.put_ends(j->hooks.context, &j->table);
    int64_t size = journal_frame_disk_size(j->table.size - JOURNAL_HEADER_SIZE);
    if (begin_anew || j->generation == 0 || j->position + size > j->files[j->current].size)
        begin_file(j);
    TRY(write_frame(j, &j->table, err));
    TRY(sync_journal(j, err));
    j->is_recyclable = true; /* nothing before the checkpoint is needed */
    return STATUS_OK;
}

/* ---- committing ---- */

/* Remembers the error, once, and wakes everybody. Lock held. */
static void journal_fail(struct journal *j, const struct error *err)
{
    if (!atomic_load(&j->has_failed)) {
        j->failure = *err;
        error_prefix(&j->failure, "the journal has failed and takes no more work: ");
        atomic_store(&j->has_failed, true);
    }
    condition_broadcast(&j->done);
    condition_signal(&j->work);
}

enum status journal_check(struct journal *j, struct error *err)
{
    if (!atomic_load(&j->has_failed))
        return STATUS_OK;
    mutex_lock(&j->lock);
    enum status st = j->failure.status;
    if (err != NULL)
        *err = j->failure;
    mutex_unlock(&j->lock);
    return st;
}

static bool is_pending(const struct journal *j)
{
    return !journal_frame_is_empty(&j->pending.frame);
}

int64_t journal_due(const struct journal *j)
{
    if (!is_pending(j) || j->due_ns == INT64_MAX || atomic_load(&j->has_failed))
        return INT64_MAX;
    return j->expected_until_ns > j->due_ns ? j->expected_until_ns : j->due_ns;
}

/* Wakes the committing thread if it would otherwise sleep beyond the time at which it must act. Whoever waits may commit
 * himself; he may also find his own ticket committed and go, so he nudges when he leaves. */
static void nudge(struct journal *j)
{
    if (!j->committing && j->waiter_count == 0 && journal_due(j) < j->thread_until_ns)
        condition_signal(&j->work);
}

void journal_lead(struct journal *j)
{
    assert(!j->committing);
    j->committing = true;
    struct journal_load load = j->flying;
    j->flying = j->pending;
    j->pending = load;
    int64_t ticket = j->queued_ticket;
    j->due_ns = INT64_MAX;
    mutex_unlock(&j->lock);

    struct error err = {0};
    enum status st = journal_check(j, &err);
    if (st == STATUS_OK)
        st = write_load(j, &j->flying, &err);
    if (st == STATUS_OK)
        j->hooks.publish(j->hooks.context, j->flying.ends, j->flying.end_count);
    journal_load_reset(&j->flying);

    mutex_lock(&j->lock);
    if (st == STATUS_OK)
        atomic_store(&j->committed_ticket, ticket);
    else
        journal_fail(j, &err);
    j->committing = false;
    if (j->waiter_count > 0)
        condition_broadcast(&j->done);
    nudge(j);
    mutex_unlock(&j->lock);
    j->hooks.wake(j->hooks.context);
    mutex_lock(&j->lock);
}

void journal_recycle(struct journal *j)
{
    assert(!j->recycling);
    j->recycling = true;
    struct segment **dirty = j->dirty;
    size_t count = j->dirty_count;
    j->dirty = NULL;
    j->dirty_count = j->dirty_capacity = 0;
    for (size_t i = 0; i < count; i++)
        dirty[i]->is_dirty = false;
    mutex_unlock(&j->lock);

    struct error err = {0};
    enum status st = STATUS_OK;
    for (size_t i = 0; i < count; i++) {
        if (st == STATUS_OK)
            st = segment_sync(dirty[i], &err);
        segment_unref(dirty[i]);
    }
    free(dirty);

    mutex_lock(&j->lock);
    j->recycling = false;
    if (st == STATUS_OK)
        j->is_recyclable = true;
    else
        journal_fail(j, &err);
    condition_broadcast(&j->done);
    if (st == STATUS_OK)
        return;
    mutex_unlock(&j->lock);
    j->hooks.wake(j->hooks.context);
    mutex_lock(&j->lock);
}

static void wait_done(struct journal *j)
{
    j->waiter_count++;
    condition_wait(&j->done, &j->lock);
    j->waiter_count--;
}

/* One step towards an empty queue: commits, or waits for him who does. Lock held. */
static void take_part(struct journal *j)
{
    if (j->committing)
        wait_done(j);
    else
        journal_lead(j);
}

/* As take_part, but leaves the commit to a group that was announced while its time runs. */
static void take_part_unless_expected(struct journal *j)
{
    if (!j->committing && j->expected_until_ns != 0) {
        if (clock_monotonic_ns() < j->expected_until_ns) {
            j->waiter_count++;
            condition_wait_until(&j->done, &j->lock, j->expected_until_ns);
            j->waiter_count--;
            return;
        }
        j->expected_until_ns = 0;
    }
    take_part(j);
}

/* ---- queueing ---- */

static void mark_dirty(struct journal *j, struct segment *segment)
{
    if (segment->is_dirty)
        return;
    if (j->dirty_count == j->dirty_capacity) {
        j->dirty_capacity = j->dirty_capacity == 0 ? 16 : j->dirty_capacity * 2;
        j->dirty = memory_realloc(j->dirty, j->dirty_capacity * sizeof *j->dirty);
    }
    segment->is_dirty = true;
    j->dirty[j->dirty_count++] = segment_ref(segment);
}

void journal_forget_removed(struct journal *j)
{
    mutex_lock(&j->lock);
    size_t kept = 0;
    for (size_t i = 0; i < j->dirty_count; i++) {
        if (atomic_load(&j->dirty[i]->is_removed))
            segment_unref(j->dirty[i]);
        else
            j->dirty[kept++] = j->dirty[i];
    }
    j->dirty_count = kept;
    mutex_unlock(&j->lock);
}

static void hurry(struct journal *j, enum journal_urgency urgency)
{
    if (urgency == JOURNAL_NOW || j->pending.frame.size > LAZY_LIMIT)
        j->due_ns = 0;
    else if (urgency == JOURNAL_INTERVAL && j->due_ns == INT64_MAX)
        j->due_ns = clock_monotonic_ns() + j->flush_interval_ns;
}

/* Waits until size more bytes may be queued. Lock held. */
static enum status await_room(struct journal *j, size_t size, struct error *err)
{
    size_t limit = (size_t)journal_load_limit(j);
    while (!atomic_load(&j->has_failed) && is_pending(j) && j->pending.frame.size + size > limit)
        take_part(j);
    if (!atomic_load(&j->has_failed))
        return STATUS_OK;
    if (err != NULL)
        *err = j->failure;
    return j->failure.status;
}

enum status journal_queue(struct journal *j, const struct journal_place *place, const uint8_t *batch,
                          const struct record_batch_header *header, struct segment *segment,
                          struct partition *partition, enum journal_urgency urgency, int64_t *ticket,
                          struct error *err)
{
    bool by_reference = header->size > LOG_LARGE_BATCH_SIZE;
    mutex_lock(&j->lock);
    enum status st = await_room(j, ENTRY_OVERHEAD + (by_reference ? 0 : place->size), err);
    if (st == STATUS_OK) {
        journal_load_add(&j->pending, place, batch, header, segment, partition, by_reference);
        mark_dirty(j, segment);
        hurry(j, urgency);
        *ticket = ++j->queued_ticket;
    }
    mutex_unlock(&j->lock);
    return st;
}

/* Puts the load's entries behind what is pending. */
static void merge(struct journal *j, struct journal_load *load)
{
    struct journal_load *to = &j->pending;
    buffer_put(&to->frame, load->frame.data + JOURNAL_HEADER_SIZE, load->frame.size - JOURNAL_HEADER_SIZE);
    size_t ends = to->end_count + load->end_count, segments = to->segment_count + load->segment_count;
    if (ends > to->end_capacity) {
        to->ends = memory_realloc(to->ends, ends * sizeof *to->ends);
        to->end_capacity = ends;
    }
    for (size_t i = 0; i < load->end_count; i++)
        to->ends[to->end_count++] = load->ends[i];
    if (segments > to->segment_capacity) {
        to->segments = memory_realloc(to->segments, segments * sizeof *to->segments);
        to->segment_capacity = segments;
    }
    for (size_t i = 0; i < load->segment_count; i++) {
        mark_dirty(j, load->segments[i].segment);
        to->segments[to->segment_count++] = load->segments[i]; /* with its reference */
    }
    to->batch_count += load->batch_count;
    load->segment_count = 0;
    journal_load_reset(load);
}

enum status journal_queue_load(struct journal *j, struct journal_load *load, enum journal_urgency urgency, int64_t *ticket,
                               struct error *err)
{
    mutex_lock(&j->lock);
    enum status st = await_room(j, load->frame.size, err);
    if (st == STATUS_OK) {
        merge(j, load);
        hurry(j, urgency);
        *ticket = ++j->queued_ticket;
    }
    mutex_unlock(&j->lock);
    return st;
}

enum status journal_commit_load(struct journal *j, struct journal_load *load, struct error *err)
{
    mutex_lock(&j->lock);
    j->expected_until_ns = 0;
    bool is_empty = journal_frame_is_empty(&load->frame);
    enum status st = await_room(j, is_empty ? 0 : load->frame.size, err);
    int64_t ticket = j->queued_ticket;
    if (st == STATUS_OK && !is_empty) {
        merge(j, load);
        ticket = ++j->queued_ticket;
    }
    while (st == STATUS_OK && atomic_load(&j->committed_ticket) < ticket && !atomic_load(&j->has_failed))
        take_part(j);
    if (st == STATUS_OK && atomic_load(&j->committed_ticket) < ticket) {
        st = j->failure.status;
        if (err != NULL)
            *err = j->failure;
    }
    nudge(j);
    mutex_unlock(&j->lock);
    return st;
}

/* ---- waiting ---- */

enum status journal_wait(struct journal *j, int64_t ticket, struct error *err)
{
    if (atomic_load(&j->committed_ticket) >= ticket)
        return STATUS_OK;
    mutex_lock(&j->lock);
    assert(ticket <= j->queued_ticket);
    while (atomic_load(&j->committed_ticket) < ticket && !atomic_load(&j->has_failed))
        take_part_unless_expected(j);
    enum status st = STATUS_OK;
    if (atomic_load(&j->committed_ticket) < ticket) {
        st = j->failure.status;
        if (err != NULL)
            *err = j->failure;
    }
    nudge(j);
    mutex_unlock(&j->lock);
    return st;
}

void journal_wake(struct journal *j)
{
    mutex_lock(&j->lock);
    nudge(j);
    mutex_unlock(&j->lock);
}

void journal_expect(struct journal *j)
{
    int64_t until = clock_monotonic_ns() + j->commit_delay_ns;
    mutex_lock(&j->lock);
    if (j->expected_until_ns == 0)
        j->expected_until_ns = until;
    mutex_unlock(&j->lock);
}
