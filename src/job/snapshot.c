/* snapshot.c - the relations of a SELECT at one published epoch.
 *
 * A table without a key is read from the log up to the cut. What lies in a store
 * is pinned, and handed out by the timeline, which alone touches stores, in slices
 * of 200 µs between epochs: a reader gets batches from a short queue. A full queue
 * parks the scan; nothing ever waits for a reader.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "job/internal.h"
#include "os/clock.h"

enum { SLICE_NS = 200 * 1000 };

struct scan_batch {
    struct arena *arena;
    struct batch rows;
};

static void scan_batch_destroy(struct scan_batch *b)
{
    if (b == NULL)
        return;
    arena_destroy(b->arena);
    free(b);
}

/* ---- the timeline's side ---- */

static struct scan_batch *produce(struct store_scan *s, bool *done, struct error *err)
{
    struct scan_batch *b = memory_alloc_zero(1, sizeof *b);
    b->arena = arena_create();
    if (store_pin_scan(s->pin, b->arena, &b->rows, done, err) == STATUS_OK)
        return b;
    scan_batch_destroy(b);
    *done = true;
    return NULL;
}

static void scan_finish(struct store_scan *s)
{
    store_pin_release(s->pin);
    s->pin = NULL;
    s->done = true;
}

/* With timeline.mutex held; it is let go while rows are copied. True if it stopped for time alone. */
static bool serve(struct timeline *t, struct store_scan *s)
{
    int64_t deadline = clock_monotonic_ns() + SLICE_NS;
    while (!s->done && !s->abandoned && s->count < SCAN_QUEUE_BATCHES) {
        mutex_unlock(&t->mutex);
        bool done = false;
        struct error err = {0};
        struct scan_batch *b = produce(s, &done, &err);
        mutex_lock(&t->mutex);
        if (b == NULL)
            s->error = err;
        else if (batch_is_empty(&b->rows))
            scan_batch_destroy(b);
        else
            s->queue[(s->head + s->count++) % SCAN_QUEUE_BATCHES] = b;
        if (done)
            scan_finish(s);
        condition_broadcast(&t->scanned);
        if (clock_monotonic_ns() > deadline)
            break;
    }
    return !s->done && !s->abandoned && s->count < SCAN_QUEUE_BATCHES;
}

bool scans_serve(struct timeline *t)
{
    bool more = false;
    mutex_lock(&t->mutex);
    for (struct store_scan **link = &t->scans; *link != NULL;) {
        struct store_scan *s = *link;
        more |= serve(t, s);
        if (s->abandoned || s->done) {
            *link = s->next; /* the reader still holds a done one; an abandoned one is ours */
            s->next = NULL;
            if (s->abandoned) {
                store_pin_release(s->pin);
                while (s->count-- > 0)
                    scan_batch_destroy(s->queue[s->head++ % SCAN_QUEUE_BATCHES]);
                free(s);
            }
        } else
            link = &s->next;
    }
    mutex_unlock(&t->mutex);
    return more;
}

/* ---- the reader's side: a source over one scan ---- */

struct store_source {
    struct source source;
    struct store_scan *scan;
    const struct plan *leaf;
};
struct source_reader {
    struct store_source *source;
    struct scan_batch *current;
    struct vector *columns;
    uint8_t empty; /* a relation with no store yet */
};

static enum status reader_open(struct source *s, struct source_reader **out, struct error *err)
{
    (void)err;
    struct store_source *source = (struct store_source *)s;
    struct source_reader *r = memory_alloc_zero(1, sizeof *r);
    r->source = source;
    r->columns = memory_alloc_zero(source->leaf->scan.column_count + 1, sizeof *r->columns);
    *out = r;
    return STATUS_OK;
}

static void reader_close(struct source_reader *r)
{
    scan_batch_destroy(r->current);
    free(r->columns);
    free(r);
}

/* The next queued batch, NULL at the end. */
static struct scan_batch *take(struct store_scan *s)
{
    struct timeline *t = s->timeline;
    mutex_lock(&t->mutex);
    while (s->count == 0 && !s->done && !t->stopping)
        condition_wait(&t->scanned, &t->mutex);
    struct scan_batch *b = NULL;
    if (s->count > 0) {
        b = s->queue[s->head % SCAN_QUEUE_BATCHES];
        s->head++;
        s->count--;
    }
    bool was_full = s->count == SCAN_QUEUE_BATCHES - 1 && !s->done;
    if (was_full) {
        atomic_store(&t->signalled, true);
        condition_signal(&t->wake);
    }
    mutex_unlock(&t->mutex);
    return b;
}

static enum status reader_read(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    struct store_scan *s = r->source->scan;
    *out = (struct batch){0};
    scan_batch_destroy(r->current);
    r->current = s == NULL ? NULL : take(s);
    *end = r->current == NULL;
    if (*end) {
        if (s != NULL && s->error.status != STATUS_OK) {
            *err = s->error;
            return s->error.status;
        }
        return STATUS_OK;
    }
    *out = r->current->rows;
    const struct plan *leaf = r->source->leaf;
    for (uint32_t i = 0; i < leaf->scan.column_count; i++)
        r->columns[i] = out->columns[leaf->scan.columns[i]];
    out->columns = r->columns;
    out->column_count = leaf->scan.column_count;
    atomic_fetch_add_explicit(&r->source->source.progress.rows, batch_rows(out), memory_order_relaxed);
    return STATUS_OK;
}

static void source_destroy(struct source *s)
{
    struct store_source *source = (struct store_source *)s;
    struct store_scan *scan = source->scan;
    if (scan != NULL) {
        struct timeline *t = scan->timeline;
        bool scan_is_abandoned = true; /* the timeline frees it at its next round */
        mutex_lock(&t->mutex);
        if (scan->done) {
            while (scan->count > 0) {
                scan_batch_destroy(scan->queue[scan->head++ % SCAN_QUEUE_BATCHES]);
                scan->count--;
            }
            /* It may still be on the list until the timeline's next round: let that free it. */
            struct store_scan **link = &t->scans;
            while (*link != NULL && *link != scan)
                link = &(*link)->next;
            scan_is_abandoned = *link != NULL;
        }
        scan->abandoned = scan_is_abandoned;
        if (!scan_is_abandoned)
            free(scan);
        else {
            atomic_store(&t->signalled, true);
            condition_signal(&t->wake);
        }
        mutex_unlock(&t->mutex);
    }
    free(source);
}

static const struct source_type STORE_SOURCE = {"store", reader_open, reader_read, reader_close, source_destroy};

/* ---- snapshots ---- */

static void describe_table(struct timeline *t, struct ingest *g, struct snapshot_relation *r, struct buffer *cut)
{
    bool idle = ingest_is_idle(g);
    r->topic = topic_ref(g->topic);
    r->partition_count = g->partition_count;
    r->ranges = memory_alloc_zero((size_t)g->partition_count, sizeof *r->ranges);
    buffer_printf(cut, "%s%s:", cut->size > 0 ? ";" : "", g->relation->name);
    for (int32_t p = 0; p < g->partition_count; p++) {
        struct partition *partition = topic_partition(g->topic, p);
        int64_t to = idle ? partition_visible_end(partition) : g->position[p];
        int64_t from = partition_start(partition);
        r->ranges[p] = (struct offset_range){from < to ? from : to, to};
        buffer_printf(cut, "%s%d=%lld", p > 0 ? "," : "", p, (long long)to);
    }
    (void)t;
}

static enum status find_store(struct timeline *t, struct relation *relation, struct snapshot_relation *out, struct error *err)
{
    for (uint32_t i = 0; i < t->view_count; i++) {
        struct view *v = t->views[i];
        if (v->errors_relation != NULL && v->errors_relation->id == relation->id) {
            out->store = v->errors;
            return STATUS_OK;
        }
        if (v->relation == NULL || v->relation->id != relation->id)
            continue;
        if (v->failed) {
            *err = v->error;
            error_prefix(err, "\"%s\" has failed: ", relation->name);
            return err->status;
        }
        if (v->store == NULL)
            break;
        out->store = v->store;
        return STATUS_OK;
    }
    if (relation->kind != RELATION_SINK) /* bound, and dropped since */
        return error_set(err, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", relation->name);
    return error_set(err, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is a %s and cannot be read", relation->name,
                     relation_kind_name(relation->kind));
}

static enum status find_contents(struct timeline *t, struct snapshot_relation *r, struct buffer *cut, struct error *err)
{
    struct ingest *g = timeline_find_ingest(t, r->relation->id);
    if (g == NULL)
        return find_store(t, r->relation, r, err);
    describe_table(t, g, r, cut);
    r->store = g->store;
    if (!g->failed)
        return STATUS_OK;
    *err = g->error;
    error_prefix(err, "\"%s\" has failed: ", r->relation->name);
    return err->status;
}

/* A block pins all relations there are, so one that cannot be read is nobody's trouble until it is. */
struct snapshot *snapshot_take(struct timeline *t, struct relation *const *relations, uint32_t count)
{
    struct snapshot *s = memory_alloc_zero(1, sizeof *s);
    struct buffer cut = {0};
    s->timeline = t;
    s->epoch = t->epoch;
    s->count = count;
    s->relations = memory_alloc_zero(count + 1, sizeof *s->relations);
    for (uint32_t i = 0; i < count; i++) {
        struct snapshot_relation *r = &s->relations[i];
        struct error failure = {0};
        r->relation = relation_ref(relations[i]);
        if (find_contents(t, r, &cut, &failure) != STATUS_OK) {
            r->failure = memory_alloc(sizeof failure);
            *r->failure = failure;
        } else if (r->store != NULL)
            r->pin = relation_store_pin(r->store);
    }
    s->cut = memory_copy_text(buffer_text(&cut));
    buffer_clear(&cut);
    return s;
}

struct snapshot_request {
    struct relation *const *relations;
    uint32_t count;
    struct snapshot *out;
};

static enum status run_snapshot(struct timeline *t, void *argument, struct error *err)
{
    (void)err;
    struct snapshot_request *r = argument;
    r->out = snapshot_take(t, r->relations, r->count);
    return STATUS_OK;
}

enum status timeline_snapshot(struct timeline *t, struct relation *const *relations, uint32_t count, struct snapshot **out, struct error *err)
{
    struct snapshot_request request = {relations, count, NULL};
    enum status st = timeline_call(t, COMMAND_READ, run_snapshot, &request, err);
    *out = request.out;
    return st;
}

static enum status run_release(struct timeline *t, void *argument, struct error *err)
{
    (void)t;
    (void)err;
    struct snapshot *s = argument;
    for (uint32_t i = 0; i < s->count; i++)
        store_pin_release(s->relations[i].pin);
    return STATUS_OK;
}

void snapshot_release(struct snapshot *s)
{
    if (s == NULL)
        return;
    bool pinned = false;
    for (uint32_t i = 0; i < s->count; i++)
        pinned |= s->relations[i].pin != NULL;
    if (pinned)
        status_ignore(timeline_call(s->timeline, COMMAND_READ, run_release, s, NULL), "releasing a pin cannot fail");
    for (uint32_t i = 0; i < s->count; i++) {
        topic_unref(s->relations[i].topic);
        relation_unref(s->relations[i].relation);
        free(s->relations[i].ranges);
        free(s->relations[i].failure);
    }
    free(s->relations);
    free(s->cut);
    free(s);
}

int64_t snapshot_epoch(const struct snapshot *s)
{
    return s->epoch;
}

const char *snapshot_cut(const struct snapshot *s)
{
    return s->cut;
}

/* A pin can be scanned once; a relation read twice is pinned again at the same epoch while the first pin holds it. */
struct open_request {
    struct snapshot_relation *relation;
    struct store_scan *scan;
};

static enum status run_open(struct timeline *t, void *argument, struct error *err)
{
    (void)err;
    struct open_request *r = argument;
    r->scan->pin = store_pin_again(r->relation->pin);
    mutex_lock(&t->mutex);
    r->scan->next = t->scans;
    t->scans = r->scan;
    mutex_unlock(&t->mutex);
    return STATUS_OK;
}

static enum status open_store(struct snapshot *s, struct snapshot_relation *r, const struct plan *leaf, struct source **out, struct error *err)
{
    struct store_source *source = memory_alloc_zero(1, sizeof *source);
    source->source.type = &STORE_SOURCE;
    source->source.single = true;
    source->source.estimated_rows = -1;
    source->leaf = leaf;
    if (r->pin != NULL) {
        source->scan = memory_alloc_zero(1, sizeof *source->scan);
        source->scan->timeline = s->timeline;
        struct open_request request = {r, source->scan};
        enum status st = timeline_call(s->timeline, COMMAND_READ, run_open, &request, err);
        if (st != STATUS_OK) {
            free(source->scan);
            free(source);
            return st;
        }
    }
    *out = &source->source;
    return STATUS_OK;
}

enum status snapshot_open_source(struct snapshot *s, const struct plan *leaf, struct source **out, struct error *err)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct snapshot_relation *r = &s->relations[i];
        if (r->relation->id != leaf->scan.relation->id)
            continue;
        if (r->failure != NULL) {
            *err = *r->failure;
            return err->status;
        }
        if (r->topic == NULL || r->store != NULL) {
            for (uint32_t c = 0; c < leaf->scan.column_count; c++)
                if (leaf->scan.columns[c] >= HIDDEN_BASE)
                    return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, leaf->position,
                                        "hidden columns of keyed table \"%s\" are not supported", r->relation->name);
            return open_store(s, r, leaf, out, err);
        }
        return log_source_create(leaf->scan.relation, leaf->scan.columns, leaf->scan.column_count, r->topic, r->ranges, out, err);
    }
    /* Dropped and created again while a block reads. */
    return error_set_at(err, STATUS_UNDEFINED_TABLE, leaf->position, "relation \"%s\" was not there at the block's cut", leaf->scan.relation->name);
}
