/* ingest.c - a table's records become rows, once, for all who read it.
 *
 * Input is cut into chunks of about a megabyte of record batches; any worker may
 * decode any chunk. Keyed tables are decoded by one worker in offset order into
 * their store, and their consolidated changes are what consumers get. What does
 * not fit becomes a row of <table>__rejected in the same epoch.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "data/text.h"
#include "job/internal.h"

enum { CHUNK_SIZE = 1 << 20, SMALL_RECORD_COUNT = 2048 };
#define REJECTED_SUFFIX "__rejected" /* of a table's table of rejected records */

static void append_columns(struct ingest *g)
{
    uint32_t visible = g->relation->schema.column_count;
    g->columns = memory_alloc((visible + HIDDEN_COUNT) * sizeof *g->columns);
    for (uint32_t i = 0; i < visible; i++)
        g->columns[i] = i;
    for (uint32_t i = 0; i < HIDDEN_COUNT; i++)
        g->columns[visible + i] = HIDDEN_BASE + i;
    g->column_count = visible; /* hidden ones join when a consumer asks (ingest_want_hidden) */
}

static enum status open_rejected(struct ingest *g, struct error *err)
{
    struct log *log = g->timeline->options.log;
    char name[TOPIC_NAME_SIZE + sizeof REJECTED_SUFFIX];
    snprintf(name, sizeof name, "%s" REJECTED_SUFFIX, topic_name(g->topic));
    g->rejected = log_find_topic(log, name);
    if (g->rejected != NULL)
        return STATUS_OK;
    struct topic_options options = {.partition_count = 1, .retention_ms = -1, .retention_size = -1, .single_writer = true, .owned = true};
    return log_create_topic(log, name, &options, &g->rejected, err);
}

enum status ingest_create(struct timeline *t, struct relation *relation, bool made_topic, struct ingest **out, struct error *err)
{
    struct topic *topic = log_find_topic(t->options.log, relation->topic);
    if (topic == NULL)
        return error_set(err, STATUS_CORRUPT, "topic \"%s\" of table \"%s\" is missing", relation->topic, relation->name);
    struct ingest *g = memory_alloc_zero(1, sizeof *g);
    g->timeline = t;
    g->relation = relation_ref(relation);
    g->topic = topic;
    g->made_topic = made_topic;
    g->partition_count = topic_get_options(topic)->partition_count;
    g->position = memory_alloc_zero((size_t)g->partition_count, sizeof *g->position);
    g->target = memory_alloc_zero((size_t)g->partition_count, sizeof *g->target);
    mutex_init(&g->rejected_mutex);
    append_columns(g);
    for (int32_t p = 0; p < g->partition_count; p++) {
        struct partition *partition = topic_partition(topic, p);
        int64_t start = partition_start(partition); /* restored positions are those of what was there at start */
        g->position[p] = g->target[p] = t->running ? start : epoch_log_position(t, partition, start);
    }
    const char *format = relation_option(relation, "format");
    g->raw = format != NULL && strcasecmp(format, "raw") == 0 && relation->primary_key_count == 0;
    enum status st = STATUS_OK;
    size_t suffix = strlen(REJECTED_SUFFIX), size = strlen(relation->name);
    bool is_rejected = size > suffix && strcmp(relation->name + size - suffix, REJECTED_SUFFIX) == 0;
    if (relation->primary_key_count > 0)
        st = relation_store_create(&relation->schema, relation->primary_key, relation->primary_key_count, t->options.budget, &g->store, err);
    if (g->store != NULL)
        ingest_hold_history(g);
    if (st == STATUS_OK && !g->raw && !is_rejected)
        st = open_rejected(g, err);
    if (st != STATUS_OK) {
        ingest_destroy(g);
        return st;
    }
    *out = g;
    return STATUS_OK;
}

void ingest_destroy(struct ingest *g)
{
    if (g == NULL)
        return;
    for (unsigned i = 0; i < WORKERS_MAX; i++)
        table_decoder_destroy(g->decoders[i]);
    if (g->store != NULL)
        relation_store_destroy(g->store);
    for (uint32_t i = 0; i < g->consumers.count; i++)
        free(g->consumers.items[i].columns);
    free(g->consumers.items);
    record_batch_builder_clear(&g->rejections);
    mutex_clear(&g->rejected_mutex);
    free(g->position);
    free(g->target);
    free(g->columns);
    relation_unref(g->relation);
    free(g);
}

bool ingest_is_idle(const struct ingest *g)
{
    return g->raw && g->consumers.count == 0;
}

void ingest_want_hidden(struct ingest *g)
{
    uint32_t all = g->relation->schema.column_count + HIDDEN_COUNT;
    if (g->column_count == all)
        return;
    g->column_count = all;
    for (unsigned i = 0; i < WORKERS_MAX; i++) { /* made anew with the larger list */
        table_decoder_destroy(g->decoders[i]);
        g->decoders[i] = NULL;
    }
}

void ingest_hold_position(struct ingest *g)
{
    for (int32_t p = 0; p < g->partition_count && !ingest_is_idle(g); p++)
        partition_hold(topic_partition(g->topic, p), "timeline", g->position[p]);
}

void ingest_hold_history(struct ingest *g)
{
    for (int32_t p = 0; p < g->partition_count; p++) {
        struct partition *partition = topic_partition(g->topic, p);
        partition_hold(partition, "views", partition_start(partition));
    }
}

void ingest_release_history(struct ingest *g)
{
    for (int32_t p = 0; p < g->partition_count; p++)
        partition_hold(topic_partition(g->topic, p), "views", -1);
}

bool ingest_cut(struct ingest *g)
{
    if (ingest_is_idle(g) || g->failed)
        return false;
    int64_t limit = g->timeline->options.epoch_records_max;
    bool any = false;
    for (int32_t p = 0; p < g->partition_count; p++) {
        int64_t end = partition_append_end(topic_partition(g->topic, p));
        if (end - g->position[p] > limit)
            end = g->position[p] + limit;
        g->target[p] = end > g->position[p] ? end : g->position[p];
        any |= g->target[p] > g->position[p];
    }
    return any;
}

/* ---- rejections ---- */

static void put_rejection(struct ingest *g, const struct rejection *r)
{
    struct buffer value = {0}, time = {0};
    struct string bytes = string_make((const char *)r->raw.data, r->raw.data == NULL ? 0 : r->raw.size);
    const struct vector raw = {.type = type_of(TYPE_BYTEA), .form = VECTOR_CONSTANT, .values = &bytes};
    timestamptz_format(r->timestamp * 1000, time_zone_utc(), &time);
    buffer_printf(&value, "{\"partition\":%d,\"offset\":%lld,\"time\":", r->partition, (long long)r->offset);
    json_put_string(&value, buffer_bytes(&time));
    buffer_put_text(&value, ",\"reason\":");
    json_put_string(&value, bytes_from_text(r->reason));
    buffer_printf(&value, ",\"sqlstate\":\"%s\",\"raw\":", status_sqlstate(r->status));
    vector_format_json(&raw, 0, &value);
    buffer_put_u8(&value, '}');
    record_batch_builder_add(&g->rejections, g->timeline->open_time_us / 1000, (struct bytes){0}, buffer_bytes(&value));
    buffer_clear(&value);
    buffer_clear(&time);
}

static void on_reject(void *context, const struct rejection *r)
{
    struct ingest *g = context;
    mutex_lock(&g->rejected_mutex);
    if (g->rejected != NULL)
        put_rejection(g, r);
    mutex_unlock(&g->rejected_mutex);
    atomic_fetch_add(&g->rows_rejected, 1);
}

enum status ingest_write_rejections(struct ingest *g, struct log_group *group, struct error *err)
{
    if (g->rejected == NULL)
        return STATUS_OK;
    return builder_append(g->timeline, &g->rejections, group, topic_partition(g->rejected, 0), err);
}

/* ---- chunks ---- */

/* A walk over [from, to) of all partitions, shared by workers. */
struct chunk_walk {
    struct ingest *ingest;
    struct consumer *only;      /* filling one view; NULL: all consumers, and the store */
    const int64_t *to;
    struct mutex mutex;
    int32_t partition;
    int64_t offset;
    const int64_t *from;        /* NULL: the first retained offset of each partition */
    uint32_t chunk;
    bool live;                  /* rejections are recorded */
    enum status status;
    struct error *err;
};

static int64_t walk_start(const struct chunk_walk *w, int32_t partition)
{
    return w->from != NULL ? w->from[partition] : partition_start(topic_partition(w->ingest->topic, partition));
}

struct chunk {
    int32_t partition;
    int64_t from, to;
    uint32_t number;
};

/* Reads the next chunk into buffer; false at the end or after a failure. */
static bool walk_next(struct chunk_walk *w, struct buffer *buffer, struct chunk *out)
{
    mutex_lock(&w->mutex);
    bool got = false;
    while (w->status == STATUS_OK && !got && w->partition < w->ingest->partition_count) {
        if (w->offset >= w->to[w->partition]) {
            w->partition++;
            if (w->partition < w->ingest->partition_count)
                w->offset = walk_start(w, w->partition);
            continue;
        }
        buffer_reset(buffer);
        struct partition *p = topic_partition(w->ingest->topic, w->partition);
        *out = (struct chunk){w->partition, w->offset, w->to[w->partition], w->chunk++};
        w->status = partition_read(p, w->offset, w->to[w->partition], CHUNK_SIZE, buffer, w->err);
        if (w->status == STATUS_OK && buffer->size == 0)
            w->offset = w->to[w->partition];
        else if (w->status == STATUS_OK)
            w->status = record_batches_end(buffer_bytes(buffer), &w->offset, w->err);
        got = w->status == STATUS_OK && buffer->size > 0;
    }
    mutex_unlock(&w->mutex);
    return got;
}

static void walk_fail(struct chunk_walk *w, enum status st, const struct error *err)
{
    mutex_lock(&w->mutex);
    if (w->status == STATUS_OK) {
        w->status = st;
        if (w->err != NULL)
            *w->err = *err;
    }
    mutex_unlock(&w->mutex);
}

static enum status feed(struct ingest *g, struct consumer *only, unsigned worker, const struct batch *rows, const uint8_t *deletions,
                        struct error *err)
{
    if (g->store != NULL) {
        uint16_t kept[BATCH_ROWS_MAX], deleted[BATCH_ROWS_MAX];
        /* Runs of equal kind in offset order: the last of a key wins. */
        for (uint32_t i = 0; i < rows->row_count;) {
            uint32_t begin = i;
            while (i < rows->row_count && deletions[i] == deletions[begin])
                i++;
            struct batch run = *rows;
            uint16_t *selection = deletions[begin] ? deleted : kept;
            for (uint32_t j = begin; j < i; j++)
                selection[j - begin] = (uint16_t)j;
            run.selection = selection;
            run.selected_count = i - begin;
            if (deletions[begin]) {
                struct vector keys[64];
                run.column_count = g->relation->primary_key_count;
                for (uint32_t k = 0; k < run.column_count; k++)
                    keys[k] = rows->columns[g->relation->primary_key[k]];
                run.columns = keys;
                TRY(relation_store_delete(g->store, &run, err));
            } else {
                run.column_count = g->relation->schema.column_count;
                TRY(relation_store_upsert(g->store, &run, err));
            }
        }
        return STATUS_OK;
    }
    if (only != NULL) {
        struct consumers one = {.items = only, .count = 1};
        return consumers_push(&one, worker, rows, err);
    }
    return consumers_push(&g->consumers, worker, rows, err);
}

static enum status decode_batch(struct chunk_walk *w, unsigned worker, struct table_decoder *decoder, struct bytes batch,
                                const struct chunk *chunk, struct error *err)
{
    struct timeline *t = w->ingest->timeline;
    TRY(table_decoder_open(decoder, batch, chunk->partition, chunk->from, chunk->to, err));
    for (bool done = false; !done;) {
        struct batch rows = {0};
        uint8_t deletions[BATCH_ROWS_MAX] = {0};
        arena_reset(t->worker_arenas[worker]);
        TRY(table_decoder_next(decoder, t->worker_arenas[worker], &rows, deletions, &done, err));
        if (rows.row_count == 0)
            continue;
        if (w->live)
            atomic_fetch_add_explicit(&w->ingest->rows_in, rows.row_count, memory_order_relaxed);
        TRY(feed(w->ingest, w->only, worker, &rows, deletions, err));
    }
    return STATUS_OK;
}

static enum status decode_chunk(struct chunk_walk *w, unsigned worker, struct bytes bytes, const struct chunk *chunk, struct error *err)
{
    struct ingest *g = w->ingest;
    if (g->decoders[worker] == NULL) {
        TRY(table_decoder_create(g->relation, g->columns, g->column_count, &g->decoders[worker], err));
        table_decoder_set_partition_count(g->decoders[worker], g->partition_count);
    }
    table_decoder_on_reject(g->decoders[worker], w->live ? on_reject : NULL, g);
    while (bytes.size > 0) {
        struct bytes batch;
        int64_t end_offset;
        TRY(record_batch_take(&bytes, &batch, &end_offset, err));
        TRY(decode_batch(w, worker, g->decoders[worker], batch, chunk, err));
    }
    return STATUS_OK;
}

static void walk_worker(void *context, unsigned worker)
{
    struct chunk_walk *w = context;
    struct timeline *t = w->ingest->timeline;
    struct chunk chunk;
    while (walk_next(w, &t->worker_buffers[worker], &chunk)) {
        struct error err = {0};
        t->worker_chunk[worker] = chunk.number;
        enum status st = decode_chunk(w, worker, buffer_bytes(&t->worker_buffers[worker]), &chunk, &err);
        if (st != STATUS_OK)
            walk_fail(w, st, &err);
    }
    t->worker_chunk[worker] = -1;
}

/* An upsert sink without a store must see rows in offset order: of a key the last one wins. */
static bool needs_order(const struct chunk_walk *w)
{
    const struct consumer *items = w->only != NULL ? w->only : w->ingest->consumers.items;
    uint32_t count = w->only != NULL ? 1 : w->ingest->consumers.count;
    bool ordered = w->ingest->store != NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct view *v = items[i].view;
        ordered |= v->sink != NULL && v->store == NULL && v->sink->options.envelope == ENVELOPE_UPSERT;
    }
    return ordered;
}

static enum status walk_run(struct chunk_walk *w, struct error *err)
{
    struct timeline *t = w->ingest->timeline;
    int64_t record_count = 0;
    for (int32_t p = 0; p < w->ingest->partition_count; p++)
        record_count += w->to[p] - walk_start(w, p);
    if (record_count == 0)
        return STATUS_OK;
    unsigned workers = record_count < SMALL_RECORD_COUNT || needs_order(w) ? 1 : t->worker_count;
    mutex_init(&w->mutex);
    w->err = err;
    w->offset = walk_start(w, 0);
    pool_run(t->options.live, workers, workers, walk_worker, w);
    mutex_clear(&w->mutex);
    if (w->status != STATUS_OK)
        error_prefix(err, "table \"%s\": ", w->ingest->relation->name);
    return w->status;
}

/* The consolidated changes of a keyed table's open epoch, to those who read it. */
static enum status feed_changes(struct ingest *g, struct error *err)
{
    for (bool done = false; !done;) {
        struct batch changes = {0};
        TRY(relation_store_changes(g->store, g->timeline->epoch_arena, &changes, &done, err));
        if (!batch_is_empty(&changes))
            TRY(consumers_push(&g->consumers, 0, &changes, err));
    }
    return STATUS_OK;
}

enum status ingest_process(struct ingest *g, struct error *err)
{
    struct timeline *t = g->timeline;
    if (g->store != NULL) {
        relation_store_begin(g->store, t->open_epoch);
        g->store_open = true;
    }
    struct chunk_walk walk = {.ingest = g, .from = g->position, .to = g->target, .live = true};
    TRY(walk_run(&walk, err));
    return g->store != NULL ? feed_changes(g, err) : STATUS_OK;
}

enum status ingest_replay(struct ingest *g, struct consumer *consumer, struct error *err)
{
    struct chunk_walk walk = {.ingest = g, .to = g->position, .only = consumer};
    return walk_run(&walk, err);
}

enum status ingest_restore(struct ingest *g, struct error *err)
{
    if (g->store == NULL)
        return STATUS_OK;
    relation_store_begin(g->store, g->timeline->epoch);
    struct chunk_walk walk = {.ingest = g, .to = g->position};
    TRY(walk_run(&walk, err));
    relation_store_end(g->store);
    return STATUS_OK;
}
