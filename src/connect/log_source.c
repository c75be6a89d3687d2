/* log_source.c - see the header.
 *
 * The readers share a walk over the partitions: under its mutex a reader takes
 * the next run of record batches into its own buffer, then decodes it alone.
 */
#include "connect/log_source.h"

#include <stdlib.h>

#include "base/memory.h"
#include "connect/table_decoder.h"
#include "os/thread.h"

enum { MORSEL_SIZE = 1 << 20 };

struct log_source {
    struct source base;
    struct relation *relation;
    struct topic *topic;
    uint32_t *columns, column_count;
    struct offset_range *ranges;
    int32_t partition_count;
    struct mutex mutex; /* over what follows */
    int32_t partition;
    int64_t offset;     /* the next one to read in it */
};

struct log_reader {
    struct log_source *source;
    struct table_decoder *decoder;
    struct arena *arena;
    struct buffer morsel;
    struct bytes rest;     /* of the morsel: batches not opened yet */
    bool is_open;          /* a batch is */
    int32_t partition;
    struct offset_range range;
};

static void begin_partition(struct log_source *s, int32_t partition)
{
    s->partition = partition;
    if (partition >= s->partition_count)
        return;
    int64_t start = partition_start(topic_partition(s->topic, partition)); /* retention may have passed the range's begin */
    s->offset = s->ranges[partition].from > start ? s->ranges[partition].from : start;
}

static enum status take_morsel(struct log_source *s, struct log_reader *r, struct error *err)
{
    while (s->partition < s->partition_count) {
        int64_t to = s->ranges[s->partition].to;
        buffer_reset(&r->morsel);
        if (s->offset < to)
            TRY(partition_read(topic_partition(s->topic, s->partition), s->offset, to, MORSEL_SIZE, &r->morsel, err));
        if (r->morsel.size == 0) {
            begin_partition(s, s->partition + 1);
            continue;
        }
        r->partition = s->partition;
        r->range = (struct offset_range){s->offset, to};
        return record_batches_end(buffer_bytes(&r->morsel), &s->offset, err);
    }
    return STATUS_OK;
}

/* Takes the next run of batches; an empty one at the end. */
static enum status next_morsel(struct log_reader *r, struct error *err)
{
    struct log_source *s = r->source;
    mutex_lock(&s->mutex);
    buffer_reset(&r->morsel);
    enum status st = take_morsel(s, r, err);
    if (st != STATUS_OK)
        error_prefix(err, "topic \"%s\", partition %d: ", topic_name(s->topic), s->partition);
    mutex_unlock(&s->mutex);
    r->rest = buffer_bytes(&r->morsel);
    return st;
}

static enum status open_batch(struct log_reader *r, struct error *err)
{
    struct bytes batch;
    int64_t end_offset;
    TRY(record_batch_take(&r->rest, &batch, &end_offset, err));
    TRY(table_decoder_open(r->decoder, batch, r->partition, r->range.from, r->range.to, err));
    atomic_fetch_add_explicit(&r->source->base.progress.bytes, (int64_t)batch.size, memory_order_relaxed);
    r->is_open = true;
    return STATUS_OK;
}

static enum status read_batch(struct log_reader *r, struct batch *out, bool *end, struct error *err)
{
    out->row_count = 0;
    *end = false;
    while (out->row_count == 0) {
        if (!r->is_open && r->rest.size == 0) {
            TRY(next_morsel(r, err));
            *end = r->rest.size == 0;
            if (*end)
                return STATUS_OK;
        }
        if (!r->is_open)
            TRY(open_batch(r, err));
        bool done;
        arena_reset(r->arena);
        TRY(table_decoder_next(r->decoder, r->arena, out, NULL, &done, err));
        r->is_open = !done;
    }
    atomic_fetch_add_explicit(&r->source->base.progress.rows, out->row_count, memory_order_relaxed);
    return STATUS_OK;
}

static enum status log_reader_read(struct source_reader *reader, struct batch *out, bool *end, struct error *err)
{
    *out = (struct batch){0};
    return read_batch((struct log_reader *)reader, out, end, err);
}

static void log_reader_close(struct source_reader *reader)
{
    struct log_reader *r = (struct log_reader *)reader;
    if (r == NULL)
        return;
    table_decoder_destroy(r->decoder);
    arena_destroy(r->arena);
    buffer_clear(&r->morsel);
    free(r);
}

static enum status log_source_open_reader(struct source *source, struct source_reader **out, struct error *err)
{
    struct log_source *s = (struct log_source *)source;
    struct log_reader *r = memory_alloc_zero(1, sizeof *r);
    r->source = s;
    r->arena = arena_create();
    enum status st = table_decoder_create(s->relation, s->columns, s->column_count, &r->decoder, err);
    if (st != STATUS_OK) {
        log_reader_close((struct source_reader *)r);
        return st;
    }
    table_decoder_set_partition_count(r->decoder, s->partition_count);
    *out = (struct source_reader *)r;
    return STATUS_OK;
}

static void log_source_destroy(struct source *source)
{
    struct log_source *s = (struct log_source *)source;
    if (s == NULL)
        return;
    relation_unref(s->relation);
    mutex_clear(&s->mutex);
    free(s->columns);
    free(s->ranges);
    free(s);
}

static const struct source_type LOG_SOURCE = {"log", log_source_open_reader, log_reader_read, log_reader_close, log_source_destroy};

enum status log_source_create(struct relation *relation, const uint32_t *columns, uint32_t column_count, struct topic *topic,
                              const struct offset_range *ranges, struct source **out, struct error *err)
{
    if (topic_is_deleted(topic))
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" is gone", topic_name(topic));
    struct log_source *s = memory_alloc_zero(1, sizeof *s);
    s->base = (struct source){.type = &LOG_SOURCE};
    s->relation = relation_ref(relation);
    s->topic = topic;
    s->partition_count = topic_get_options(topic)->partition_count;
    s->columns = memory_alloc_zero(column_count + 1, sizeof *s->columns);
    s->column_count = column_count;
    if (column_count != 0)
        memcpy(s->columns, columns, column_count * sizeof *columns);
    s->ranges = memory_alloc_zero((size_t)s->partition_count + 1, sizeof *s->ranges);
    memcpy(s->ranges, ranges, (size_t)s->partition_count * sizeof *ranges);
    for (int32_t p = 0; p < s->partition_count; p++) {
        s->base.estimated_rows += ranges[p].to > ranges[p].from ? ranges[p].to - ranges[p].from : 0;
        s->base.progress.total_bytes += partition_size(topic_partition(topic, p)); /* at most: the range may be shorter */
    }
    mutex_init(&s->mutex);
    begin_partition(s, 0);
    *out = &s->base;
    return STATUS_OK;
}
