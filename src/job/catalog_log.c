/* catalog_log.c - __leat_catalog: one record per change of the catalog, in order.
 *
 *     version u8 1, change u8, id varint, epoch uvarint, made_topic u8, then name, text, time zone: each uvarint size + bytes
 *
 * The definition is the CREATE statement itself: it is bound again at start,
 * so the catalog has one source of truth and no second schema of its own.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/reader.h"
#include "job/internal.h"

enum { CATALOG_RECORD_VERSION = 1, READ_SIZE = 1 << 20 };

static void put_text(struct buffer *out, const char *text)
{
    size_t size = text == NULL ? 0 : strlen(text);
    buffer_put_uvarint(out, size);
    buffer_put(out, text, size);
}

enum status catalog_log_append(struct timeline *t, struct log_group *group, const struct catalog_record *record, struct error *err)
{
    struct buffer value = {0};
    buffer_put_u8(&value, CATALOG_RECORD_VERSION);
    buffer_put_u8(&value, (uint8_t)record->change);
    buffer_put_varint(&value, record->id);
    buffer_put_uvarint(&value, (uint64_t)t->open_epoch);
    buffer_put_u8(&value, record->made_topic);
    put_text(&value, record->name);
    put_text(&value, record->text);
    put_text(&value, record->time_zone);
    struct record_batch_builder builder = {0};
    record_batch_builder_add(&builder, t->open_time_us / 1000, (struct bytes){0}, buffer_bytes(&value));
    enum status st = builder_append(t, &builder, group, topic_partition(t->catalog_topic, 0), err);
    record_batch_builder_clear(&builder);
    buffer_clear(&value);
    return st;
}

static const char *get_text(struct reader *r, struct arena *arena)
{
    size_t size = reader_count(r, (int64_t)reader_uvarint(r), 1);
    return arena_copy_bytes(arena, reader_bytes(r, size));
}

static enum status visit_record(struct bytes value, catalog_visitor *visit, void *context, struct error *err)
{
    struct arena *arena = arena_create();
    struct reader r;
    reader_init(&r, value);
    struct catalog_record record = {0};
    uint8_t version = reader_u8(&r);
    record.change = (enum catalog_change)reader_u8(&r);
    record.id = reader_varint(&r);
    record.epoch = (int64_t)reader_uvarint(&r);
    record.made_topic = reader_u8(&r) != 0;
    record.name = get_text(&r, arena);
    record.text = get_text(&r, arena);
    record.time_zone = get_text(&r, arena);
    enum status st = reader_finish(&r, err, "catalog record");
    if (st == STATUS_OK && version != CATALOG_RECORD_VERSION)
        st = error_set(err, STATUS_CORRUPT, "catalog record of unknown version %u", version);
    if (st == STATUS_OK)
        st = visit(context, &record, err);
    arena_destroy(arena);
    return st;
}

static enum status visit_batch(struct bytes batch, struct buffer *scratch, catalog_visitor *visit, void *context, struct error *err)
{
    struct record_iterator it;
    TRY(record_iterator_open(&it, batch, scratch, err));
    for (;;) {
        struct record record;
        bool done = false;
        TRY(record_iterator_next(&it, &record, &done, err));
        if (done)
            return STATUS_OK;
        enum status st = visit_record(record.value, visit, context, err);
        if (st != STATUS_OK) {
            error_prefix(err, "topic __leat_catalog, offset %lld: ", (long long)record.offset);
            return st;
        }
    }
}

enum status timeline_read_catalog(struct timeline *t, catalog_visitor *visit, void *context, struct error *err)
{
    struct partition *p = topic_partition(t->catalog_topic, 0);
    int64_t offset = partition_start(p), end = partition_append_end(p);
    struct buffer bytes = {0}, scratch = {0};
    enum status st = STATUS_OK;
    while (st == STATUS_OK && offset < end) {
        buffer_reset(&bytes);
        st = partition_read(p, offset, end, READ_SIZE, &bytes, err);
        for (struct bytes left = buffer_bytes(&bytes); st == STATUS_OK && left.size > 0;) {
            struct bytes batch;
            st = record_batch_take(&left, &batch, &offset, err);
            if (st == STATUS_OK)
                st = visit_batch(batch, &scratch, visit, context, err);
        }
    }
    buffer_clear(&bytes);
    buffer_clear(&scratch);
    return st;
}
