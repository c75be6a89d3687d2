/* epoch_log.c - __leat_epochs: one record per epoch, with the whole cut: where nothing is said of a partition, it stands at its start.
 *
 *     version   u8       1
 *     epoch     uvarint
 *     time      varint   µs since 1970
 *     count     uvarint  then for each partition:
 *       topic     16 bytes
 *       partition uvarint
 *       offset    uvarint  first offset not taken in
 *
 * Recovery needs the newest record alone, because the state at a cut does not
 * depend on how the epochs that led to it were cut.
 */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/reader.h"
#include "job/internal.h"

enum { EPOCH_RECORD_VERSION = 1 };

static uint64_t count_positions(const struct timeline *t)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < t->ingest_count; i++)
        for (int32_t p = 0; p < t->ingests[i]->partition_count; p++)
            count += t->ingests[i]->target[p] != 0;
    return count;
}

static void put_positions(const struct timeline *t, struct buffer *out)
{
    buffer_put_uvarint(out, count_positions(t));
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        const struct ingest *g = t->ingests[i];
        for (int32_t p = 0; p < g->partition_count; p++) {
            if (g->target[p] == 0)
                continue;
            buffer_put(out, topic_id(g->topic), 16);
            buffer_put_uvarint(out, (uint64_t)p);
            buffer_put_uvarint(out, (uint64_t)g->target[p]);
        }
    }
}

enum status epoch_log_append(struct timeline *t, struct log_group *group, struct error *err)
{
    struct buffer value = {0};
    buffer_put_u8(&value, EPOCH_RECORD_VERSION);
    buffer_put_uvarint(&value, (uint64_t)t->open_epoch);
    buffer_put_varint(&value, t->open_time_us);
    put_positions(t, &value);
    struct record_batch_builder builder = {0};
    record_batch_builder_add(&builder, t->open_time_us / 1000, (struct bytes){0}, buffer_bytes(&value));
    enum status st = builder_append(t, &builder, group, topic_partition(t->epochs, 0), err);
    record_batch_builder_clear(&builder);
    buffer_clear(&value);
    return st;
}

static void position_key(const uint8_t *id, uint64_t partition, uint8_t out[24])
{
    memcpy(out, id, 16);
    memcpy(out + 16, &partition, 8);
}

static enum status read_record(struct timeline *t, struct bytes value, struct error *err)
{
    struct reader r;
    reader_init(&r, value);
    if (reader_u8(&r) != EPOCH_RECORD_VERSION)
        return error_set(err, STATUS_CORRUPT, "topic __leat_epochs: the newest record has an unknown version");
    t->epoch = (int64_t)reader_uvarint(&r);
    t->time_us = reader_varint(&r);
    size_t count = reader_count(&r, (int64_t)reader_uvarint(&r), 18);
    for (size_t i = 0; i < count && !r.failed; i++) {
        struct bytes id = reader_bytes(&r, 16);
        uint64_t partition = reader_uvarint(&r);
        uint64_t offset = reader_uvarint(&r);
        if (r.failed)
            break;
        uint8_t key[24];
        position_key(id.data, partition, key);
        int64_t *position = ARENA_NEW(t->arena, int64_t);
        *position = (int64_t)offset;
        map_put(&t->restored_positions, (struct bytes){key, sizeof key}, position);
    }
    enum status st = reader_finish(&r, err, "epoch record");
    if (st != STATUS_OK)
        error_prefix(err, "topic __leat_epochs: ");
    return st;
}

enum status epoch_log_restore(struct timeline *t, struct error *err)
{
    struct partition *p = topic_partition(t->epochs, 0);
    int64_t end = partition_append_end(p);
    if (end == partition_start(p))
        return STATUS_OK;
    struct buffer bytes = {0}, scratch = {0};
    struct record_iterator it;
    struct record record = {0};
    bool done = false;
    struct bytes newest = {0};
    enum status st = partition_read(p, end - 1, end, 1, &bytes, err);
    if (st == STATUS_OK)
        st = record_iterator_open(&it, buffer_bytes(&bytes), &scratch, err);
    while (st == STATUS_OK && !done) {
        st = record_iterator_next(&it, &record, &done, err);
        if (st == STATUS_OK && !done)
            newest = record.value;
    }
    if (st == STATUS_OK)
        st = read_record(t, newest, err);
    buffer_clear(&bytes);
    buffer_clear(&scratch);
    return st;
}

int64_t epoch_log_position(struct timeline *t, struct partition *p, int64_t otherwise)
{
    uint8_t key[24];
    position_key(topic_id(partition_topic(p)), (uint64_t)partition_index(p), key);
    const int64_t *position = map_get(&t->restored_positions, (struct bytes){key, sizeof key});
    return position == NULL ? otherwise : *position;
}
