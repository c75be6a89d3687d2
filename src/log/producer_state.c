/* producer_state.c - sequence numbers of idempotent producers, and their snapshot. */
#include "log/producer_state.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"
#include "base/reader.h"
#include "codec/crc32c.h"

static const uint32_t SNAPSHOT_MAGIC = 0x4c505331; /* LPS1 */
enum { SNAPSHOT_LIMIT = 256 * 1024 * 1024, SMALLEST_SNAPSHOT_PRODUCER = 8 + 2 + 8 + 1 };

void producer_table_clear(struct producer_table *t)
{
    free(t->slots);
    *t = (struct producer_table){0};
}

/* The slot of id, or the free one where it belongs. */
static struct producer *find_slot(const struct producer_table *t, int64_t id)
{
    size_t slot = hash_u64((uint64_t)id) & (t->slot_count - 1);
    while (t->slots[slot].id != -1 && t->slots[slot].id != id)
        slot = (slot + 1) & (t->slot_count - 1);
    return &t->slots[slot];
}

static void resize(struct producer_table *t, size_t slot_count)
{
    struct producer_table grown = {memory_alloc_zero(slot_count, sizeof *grown.slots), slot_count, t->count};
    for (size_t i = 0; i < slot_count; i++)
        grown.slots[i].id = -1;
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].id != -1)
            *find_slot(&grown, t->slots[i].id) = t->slots[i];
    free(t->slots);
    *t = grown;
}

static struct producer *find(const struct producer_table *t, int64_t id)
{
    if (t->slot_count == 0)
        return NULL;
    struct producer *p = find_slot(t, id);
    return p->id == -1 ? NULL : p;
}

static struct producer *find_or_add(struct producer_table *t, int64_t id)
{
    struct producer *p = find(t, id);
    if (p != NULL)
        return p;
    if ((t->count + 1) * 2 > t->slot_count)
        resize(t, t->slot_count == 0 ? 8 : t->slot_count * 2);
    p = find_slot(t, id);
    *p = (struct producer){.id = id, .epoch = -1};
    t->count++;
    return p;
}

/* After 2^31 - 1 comes 0. */
static int32_t sequence_after(int32_t sequence, int32_t steps)
{
    return (int32_t)(((uint32_t)sequence + (uint32_t)steps) & INT32_MAX);
}

enum producer_verdict producer_table_check(const struct producer_table *t, const struct record_batch_header *batch,
                                           struct producer_batch *original)
{
    if (batch->producer_id < 0)
        return PRODUCER_ACCEPTED;
    const struct producer *p = find(t, batch->producer_id);
    if (p == NULL)
        return PRODUCER_ACCEPTED;
    if (batch->producer_epoch < p->epoch)
        return PRODUCER_FENCED;
    if (batch->producer_epoch > p->epoch)
        return batch->base_sequence == 0 ? PRODUCER_ACCEPTED : PRODUCER_OUT_OF_ORDER;
    int32_t last_sequence = sequence_after(batch->base_sequence, batch->last_offset_delta);
    for (int i = 0; i < p->batch_count; i++) {
        const struct producer_batch *b = &p->batches[i];
        if (b->first_sequence == batch->base_sequence && b->last_sequence == last_sequence) {
            *original = *b;
            return PRODUCER_DUPLICATE;
        }
    }
    if (p->batch_count == 0)
        return PRODUCER_ACCEPTED;
    int32_t expected = sequence_after(p->batches[p->batch_count - 1].last_sequence, 1);
    return batch->base_sequence == expected ? PRODUCER_ACCEPTED : PRODUCER_OUT_OF_ORDER;
}

void producer_table_record(struct producer_table *t, const struct record_batch_header *batch)
{
    if (batch->producer_id < 0 || (batch->attributes & RECORD_BATCH_CONTROL) != 0)
        return;
    struct producer *p = find_or_add(t, batch->producer_id);
    if (batch->producer_epoch != p->epoch) {
        p->epoch = batch->producer_epoch;
        p->batch_count = 0;
    }
    if (p->batch_count == PRODUCER_BATCH_COUNT) {
        memmove(p->batches, p->batches + 1, (PRODUCER_BATCH_COUNT - 1) * sizeof *p->batches);
        p->batch_count--;
    }
    bool is_stamped = (batch->attributes & RECORD_BATCH_LOG_APPEND_TIME) != 0;
    p->batches[p->batch_count++] = (struct producer_batch){
        batch->base_sequence, sequence_after(batch->base_sequence, batch->last_offset_delta), batch->base_offset,
        is_stamped ? batch->max_timestamp : -1};
    if (batch->max_timestamp > p->last_timestamp)
        p->last_timestamp = batch->max_timestamp;
}

void producer_table_expire(struct producer_table *t, int64_t before_ms)
{
    struct producer_table kept = {0};
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].id != -1 && t->slots[i].last_timestamp >= before_ms)
            *find_or_add(&kept, t->slots[i].id) = t->slots[i];
    producer_table_clear(t);
    *t = kept;
}

/* ---- the snapshot ---- */

static void put_producer(struct buffer *out, const struct producer *p)
{
    buffer_put_i64(out, p->id);
    buffer_put_i16(out, p->epoch);
    buffer_put_i64(out, p->last_timestamp);
    buffer_put_u8(out, p->batch_count);
    for (int i = 0; i < p->batch_count; i++) {
        buffer_put_i32(out, p->batches[i].first_sequence);
        buffer_put_i32(out, p->batches[i].last_sequence);
        buffer_put_i64(out, p->batches[i].base_offset);
        buffer_put_i64(out, p->batches[i].log_append_time);
    }
}

enum status producer_table_save(const struct producer_table *t, struct os *os, const char *path, int64_t end_offset,
                                struct error *err)
{
    struct buffer out = {0};
    buffer_put_u32(&out, SNAPSHOT_MAGIC);
    buffer_put_u32(&out, 0); /* crc, below */
    buffer_put_i64(&out, end_offset);
    buffer_put_u32(&out, (uint32_t)t->count);
    for (size_t i = 0; i < t->slot_count; i++)
        if (t->slots[i].id != -1)
            put_producer(&out, &t->slots[i]);
    uint32_t crc = __builtin_bswap32(crc32c(0, out.data + 8, out.size - 8));
    memcpy(out.data + 4, &crc, 4);
    enum status st = os_write_file(os, path, buffer_bytes(&out), err);
    buffer_clear(&out);
    return st;
}

static void read_producer(struct producer_table *t, struct reader *r)
{
    int64_t id = reader_i64(r);
    if (r->failed || id < 0) {
        reader_fail(r);
        return;
    }
    struct producer *p = find_or_add(t, id);
    p->epoch = reader_i16(r);
    p->last_timestamp = reader_i64(r);
    p->batch_count = reader_u8(r);
    if (p->batch_count > PRODUCER_BATCH_COUNT) {
        p->batch_count = 0;
        reader_fail(r);
    }
    for (int i = 0; i < p->batch_count; i++) {
        p->batches[i].first_sequence = reader_i32(r);
        p->batches[i].last_sequence = reader_i32(r);
        p->batches[i].base_offset = reader_i64(r);
        p->batches[i].log_append_time = reader_i64(r);
    }
}

static int64_t decode(struct producer_table *t, struct bytes bytes)
{
    struct reader r;
    reader_init(&r, bytes);
    uint32_t magic = reader_u32(&r), crc = reader_u32(&r);
    if (r.failed || magic != SNAPSHOT_MAGIC || crc32c(0, bytes.data + 8, bytes.size - 8) != crc)
        return -1;
    int64_t end_offset = reader_i64(&r);
    size_t count = reader_count(&r, reader_u32(&r), SMALLEST_SNAPSHOT_PRODUCER);
    for (size_t i = 0; i < count && !r.failed; i++)
        read_producer(t, &r);
    return r.failed ? -1 : end_offset;
}

enum status producer_table_load(struct producer_table *t, struct os *os, const char *path, int64_t *end_offset,
                                struct error *err)
{
    producer_table_clear(t);
    *end_offset = -1;
    struct error local = {0};
    struct file_info info;
    enum status st = os->info(os, path, &info, &local);
    if (st == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    struct arena *arena = arena_create();
    struct bytes bytes = {NULL, 0};
    if (st == STATUS_OK)
        st = os_read_file(os, path, SNAPSHOT_LIMIT, arena, &bytes, &local);
    if (st == STATUS_OK)
        *end_offset = decode(t, bytes);
    if (*end_offset < 0)
        producer_table_clear(t);
    arena_destroy(arena);
    if (st != STATUS_OK && err != NULL)
        *err = local;
    return st;
}
