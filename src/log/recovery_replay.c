/* recovery_replay.c - puts what the journal holds into the segments.
 *
 * The file with the higher generation is the newer one. If it holds a checkpoint,
 * replay begins at the last one; else at the older file's, or its beginning.
 * A frame that is not whole ends the replay: a frame is written only after the
 * one before it was synced, so it was never acknowledged. If a whole frame follows it
 * nevertheless, the journal is damaged, and that is said instead of losing records.
 */
#include <assert.h>

#include "log/internal.h"

enum { LOOK_AHEAD_SIZE = 256 * 1024 };

/* What one file holds. */
struct scan {
    int index;
    bool is_valid;
    uint64_t generation;
    uint64_t first_sequence, next_sequence;
    int64_t end;        /* position behind the last whole frame */
    int64_t checkpoint; /* position of the last checkpoint frame, or -1 */
    int64_t checkpoint_frames; /* frames from there on */
};

struct replay {
    struct recovery *recovery;
    struct log *log;
    struct buffer frame;
    struct scan scans[2];
};

/* Reads the frame at position into r->frame. *whole is false if there is none. */
static enum status read_frame(struct replay *r, int index, int64_t position, struct journal_frame *frame, bool *whole,
                              struct error *err)
{
    struct os *os = r->log->os;
    const struct journal_file *f = &r->log->journal.files[index];
    *whole = false;
    buffer_reset(&r->frame);
    size_t done = 0;
    if (position + JOURNAL_SECTOR_SIZE > f->size)
        return STATUS_OK;
    TRY(os->read(os, f->fd, buffer_reserve(&r->frame, JOURNAL_SECTOR_SIZE), JOURNAL_SECTOR_SIZE, position, &done, err));
    buffer_advance(&r->frame, done);
    if (!journal_frame_parse(buffer_bytes(&r->frame), frame))
        return STATUS_OK;
    int64_t size = journal_frame_disk_size(frame->size);
    if (size > f->size - position)
        return STATUS_OK;
    if (size > JOURNAL_SECTOR_SIZE) {
        size_t rest = (size_t)size - JOURNAL_SECTOR_SIZE;
        TRY(os->read(os, f->fd, buffer_reserve(&r->frame, rest), rest, position + JOURNAL_SECTOR_SIZE, &done, err));
        buffer_advance(&r->frame, done);
    }
    *whole = journal_frame_is_whole(buffer_bytes(&r->frame), frame);
    return STATUS_OK;
}

static struct reader frame_entries(const struct replay *r, const struct journal_frame *frame)
{
    struct reader entries;
    reader_init(&entries, (struct bytes){r->frame.data + JOURNAL_HEADER_SIZE, frame->size});
    return entries;
}

/* ---- finding out what is there ---- */

static enum status scan_file(struct replay *r, int index, struct error *err)
{
    struct scan *s = &r->scans[index];
    *s = (struct scan){.index = index, .checkpoint = -1};
    for (;;) {
        struct journal_frame frame;
        bool whole;
        TRY(read_frame(r, index, s->end, &frame, &whole, err));
        if (!whole || (s->is_valid && (frame.generation != s->generation || frame.sequence != s->next_sequence)))
            return STATUS_OK;
        if (!s->is_valid) {
            s->is_valid = true;
            s->generation = frame.generation;
            s->first_sequence = frame.sequence;
        }
        if (frame.size > 0 && r->frame.data[JOURNAL_HEADER_SIZE] == JOURNAL_CHECKPOINT) {
            s->checkpoint = s->end;
            s->checkpoint_frames = 0;
        }
        s->checkpoint_frames++;
        s->next_sequence = frame.sequence + 1;
        s->end += journal_frame_disk_size(frame.size);
    }
}

/* A whole frame of this generation or a later one, and at least this sequence, behind a torn one means damage. */
static enum status check_no_later_frame(struct replay *r, int index, int64_t from, uint64_t generation,
                                        uint64_t sequence, struct error *err)
{
    int64_t end = from + LOOK_AHEAD_SIZE;
    for (int64_t position = from; position < end; position += JOURNAL_SECTOR_SIZE) {
        struct journal_frame frame;
        bool whole;
        TRY(read_frame(r, index, position, &frame, &whole, err));
        if (whole && frame.generation >= generation && frame.sequence >= sequence)
            return error_set(err, STATUS_CORRUPT,
                             "journal file %s/journal/%d is damaged at byte %lld: whole frames follow, acknowledged records may be lost",
                             r->log->directory, index, (long long)from);
    }
    return STATUS_OK;
}

/* ---- entries into segments ---- */

static struct segment *find_segment(const struct partition *p, int64_t base_offset)
{
    for (size_t i = p->segment_count; i > 0; i--)
        if (p->segments[i - 1]->base_offset == base_offset)
            return p->segments[i - 1];
    return NULL;
}

/* Puts a segment where it belongs among the others. */
static void insert_segment(struct partition *p, struct segment *s)
{
    size_t at = p->segment_count;
    while (at > 0 && p->segments[at - 1]->base_offset > s->base_offset)
        at--;
    if (at == p->segment_count) {
        partition_push_segment(p, s);
        return;
    }
    struct segment *last = p->segments[p->segment_count - 1];
    p->segment_count--;
    memmove(p->segments + at + 1, p->segments + at, (p->segment_count - at) * sizeof *p->segments);
    p->segments[at] = s;
    p->segment_count++;
    partition_push_segment(p, last);
}

/* The segment of an entry, opened. NULL: it was deleted by retention, which leaves no other trace, or its file is lost, which
 * the partition's end will show. A file whose first bytes are in the journal may simply not have reached its directory. */
static enum status open_segment(struct partition *p, const struct journal_place *place, struct segment **out,
                                struct error *err)
{
    *out = find_segment(p, place->segment);
    if (*out != NULL)
        return segment_open(*out, true, err);
    if (place->position != 0)
        return STATUS_OK;
    struct segment *s = segment_create(p->os, p->directory, place->segment);
    s->is_indexed = false;
    enum status st = segment_open(s, true, err);
    if (st != STATUS_OK) {
        segment_unref(s);
        return st;
    }
    atomic_store(&s->entry_is_dirty, true);
    insert_segment(p, s);
    *out = s;
    return STATUS_OK;
}

static enum status damaged(const struct segment *s, const struct journal_place *place, const char *reason,
                           struct error *err)
{
    return error_set(err, STATUS_CORRUPT, "segment %s.log, byte %lld: acknowledged records are lost: %s", s->path,
                     (long long)place->position, reason);
}

/* Written again even if the bytes are there: after a failed fsync the page cache shows what the disk may not hold. */
static enum status apply_batch(struct partition *p, const struct journal_entry *e, struct error *err)
{
    struct record_batch_header header;
    TRY(record_batch_parse(e->batch, false, &header, err));
    struct segment *s;
    TRY(open_segment(p, &e->place, &s, err));
    if (s != NULL) {
        if (e->place.position > s->size)
            return damaged(s, &e->place, "the bytes before are missing", err);
        TRY(p->os->write(p->os, s->fd, e->batch.data, e->batch.size, e->place.position, err));
        s->is_dirty = true;
        atomic_store(&s->entry_is_dirty, true); /* seen in the directory, but after a kill perhaps not on the disk */
        if (s->size < e->place.position + (int64_t)e->batch.size)
            s->size = e->place.position + (int64_t)e->batch.size;
    }
    p->journaled_end = record_batch_end_offset(&header);
    return STATUS_OK;
}

static enum status apply_reference(struct partition *p, const struct journal_entry *e, struct error *err)
{
    p->journaled_end = e->end_offset;
    struct segment *s = find_segment(p, e->place.segment);
    if (s == NULL)
        return STATUS_OK;
    TRY(segment_open(s, true, err));
    struct buffer bytes = {0};
    size_t done = 0;
    struct record_batch_header header = {0};
    enum status st = p->os->read(p->os, s->fd, buffer_reserve(&bytes, e->place.size), e->place.size, e->place.position,
                                 &done, err);
    if (st == STATUS_OK) {
        enum record_batch_defect defect = record_batch_inspect((struct bytes){bytes.data, done}, true, &header);
        if (defect != RECORD_BATCH_SOUND)
            st = damaged(s, &e->place, record_batch_defect_text(defect), err);
        else if (header.base_offset != e->base_offset || record_batch_crc(bytes.data) != e->crc)
            st = damaged(s, &e->place, "it holds another record batch than the journal says", err);
    }
    buffer_clear(&bytes);
    return st;
}

static void apply_ends(struct topic *t, const struct journal_entry *e)
{
    struct reader ends;
    reader_init(&ends, e->ends);
    for (uint32_t i = 0; i < e->end_count && i < (uint32_t)t->options.partition_count; i++)
        t->partitions[i].journaled_end = reader_i64(&ends);
}

static enum status apply_entry(struct replay *r, const struct journal_entry *e, struct error *err)
{
    if (e->type == JOURNAL_CHECKPOINT)
        return STATUS_OK;
    struct topic *t = log_find_topic_id(r->log, e->place.topic_id);
    if (t == NULL)
        return STATUS_OK; /* deleted since */
    if (e->type == JOURNAL_ENDS) {
        apply_ends(t, e);
        return STATUS_OK;
    }
    struct partition *p = e->place.partition <= INT32_MAX ? topic_partition(t, (int32_t)e->place.partition) : NULL;
    if (p == NULL || e->place.segment < 0 || e->place.position < 0)
        return error_set(err, STATUS_CORRUPT, "the journal names partition %u of topic %s, which has %d",
                         (unsigned)e->place.partition, t->name, (int)t->options.partition_count);
    return e->type == JOURNAL_BATCH ? apply_batch(p, e, err) : apply_reference(p, e, err);
}

static enum status apply_file(struct replay *r, const struct scan *s, struct error *err)
{
    int64_t position = s->checkpoint < 0 ? 0 : s->checkpoint;
    while (position < s->end) {
        struct journal_frame frame;
        bool whole;
        TRY(read_frame(r, s->index, position, &frame, &whole, err));
        if (!whole)
            return error_set(err, STATUS_IO_ERROR, "journal file %s/journal/%d changes while it is read", r->log->directory,
                             s->index);
        struct reader entries = frame_entries(r, &frame);
        struct journal_entry entry;
        while (journal_entry_read(&entries, &entry))
            TRY(apply_entry(r, &entry, err));
        if (entries.failed)
            return error_set(err, STATUS_CORRUPT, "journal file %s/journal/%d, byte %lld: malformed entry", r->log->directory,
                             s->index, (long long)position);
        position += journal_frame_disk_size(frame.size);
    }
    return STATUS_OK;
}

/* ---- both files ---- */

/* Neither file begins with a whole frame: a new folder, or one whose journal was removed. */
static enum status begin_empty(struct replay *r, struct error *err)
{
    for (int i = 0; i < 2; i++)
        TRY(check_no_later_frame(r, i, 0, 0, 0, err));
    for (size_t i = 0; i < r->log->topic_count; i++)
        for (int32_t at = 0; at < r->log->topics[i]->options.partition_count; at++)
            if (r->log->topics[i]->partitions[at].segment_count > 0) {
                recovery_report(r->recovery, "the journal is empty: segments are taken as they are");
                return STATUS_OK;
            }
    return STATUS_OK;
}

static enum status apply_older(struct replay *r, const struct scan *newer, const struct scan *older, struct error *err)
{
    if (!older->is_valid || older->generation + 1 != newer->generation || older->next_sequence != newer->first_sequence)
        return error_set(err, STATUS_CORRUPT,
                         "journal file %s/journal/%d is damaged at byte %lld: frames that the other file follows are missing",
                         r->log->directory, older->index, (long long)older->end);
    return apply_file(r, older, err);
}

static enum status replay_files(struct replay *r, bool *is_clean, struct error *err)
{
    for (int i = 0; i < 2; i++)
        TRY(scan_file(r, i, err));
    struct scan *a = &r->scans[0], *b = &r->scans[1];
    if (!a->is_valid && !b->is_valid)
        return begin_empty(r, err);
    struct scan *newer = !b->is_valid || (a->is_valid && a->generation > b->generation) ? a : b;
    struct scan *older = newer == a ? b : a;
    TRY(check_no_later_frame(r, newer->index, newer->end, newer->generation, newer->next_sequence, err));
    TRY(check_no_later_frame(r, older->index, 0, newer->generation + 1, 0, err));
    if (newer->checkpoint < 0)
        TRY(apply_older(r, newer, older, err));
    TRY(apply_file(r, newer, err));
    struct journal *j = &r->log->journal;
    j->current = newer->index;
    j->generation = newer->generation;
    j->sequence = newer->next_sequence;
    j->position = newer->end;
    *is_clean = newer->checkpoint >= 0 && newer->checkpoint_frames == 1;
    return STATUS_OK;
}

enum status recovery_replay(struct recovery *recovery, bool *is_clean, struct error *err)
{
    struct replay r = {.recovery = recovery, .log = recovery->log};
    *is_clean = false;
    enum status st = replay_files(&r, is_clean, err);
    buffer_clear(&r.frame);
    return st;
}
