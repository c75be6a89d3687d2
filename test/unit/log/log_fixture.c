/* log_fixture.c - batches of numbered records. */
#include "unit/log/log_fixture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/crc32c.h"

#define REQUIRE(condition)                                                                                            \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                           \
            abort();                                                                                                  \
        }                                                                                                             \
    } while (0)

void fixture_batch(struct buffer *out, int64_t first, int count, size_t value_size)
{
    struct record_batch_builder b = {0};
    struct buffer value = {0};
    for (int i = 0; i < count; i++) {
        buffer_reset(&value);
        buffer_printf(&value, "%" PRId64, first + i);
        while (value.size < value_size)
            buffer_put_u8(&value, ' ');
        record_batch_builder_add(&b, 1000 + first + i, bytes_from_text("key"), buffer_bytes(&value));
    }
    struct error err = {0};
    REQUIRE(record_batch_builder_finish(&b, COMPRESSION_NONE, out, &err) == STATUS_OK);
    buffer_clear(&value);
    record_batch_builder_clear(&b);
}

void fixture_set_producer(struct buffer *batch, int64_t id, int16_t epoch, int32_t sequence)
{
    struct buffer fields = {0};
    buffer_put_i64(&fields, id);
    buffer_put_i16(&fields, epoch);
    buffer_put_i32(&fields, sequence);
    memcpy(batch->data + 43, fields.data, fields.size);
    buffer_reset(&fields);
    buffer_put_u32(&fields, crc32c(0, batch->data + 21, batch->size - 21));
    memcpy(batch->data + 17, fields.data, 4);
    buffer_clear(&fields);
}

static char findings[8192];

static void keep_finding(void *context, const char *line)
{
    (void)context;
    size_t size = strlen(findings);
    snprintf(findings + size, sizeof findings - size, "%s\n", line);
}

const char *fixture_findings(void)
{
    return findings;
}

enum status fixture_open(struct os *os, int64_t segment_size, struct log **out, struct error *err)
{
    struct log_options options = {.segment_size = segment_size, .journal_size = 1 << 18, .flush_interval_ms = 5};
    findings[0] = '\0';
    return log_open(os, "data", &options, keep_finding, NULL, out, err);
}

enum status fixture_topic(struct log *log, const char *name, int partitions, enum log_fsync fsync, struct topic **out,
                          struct error *err)
{
    struct topic_options options = {.partition_count = partitions, .fsync = fsync, .retention_ms = -1, .retention_size = -1};
    return log_create_topic(log, name, &options, out, err);
}

enum status fixture_append(struct partition *p, int64_t first, int count, size_t value_size, struct append_result *out,
                           struct error *err)
{
    struct buffer batch = {0};
    fixture_batch(&batch, first, count, value_size);
    enum status st = partition_append(p, batch.data, batch.size, 0, out, NULL, err);
    buffer_clear(&batch);
    return st;
}

struct numbers {
    int64_t *values;
    size_t count, capacity;
};

static void push(struct numbers *n, int64_t value)
{
    if (n->count == n->capacity) {
        n->capacity = n->capacity == 0 ? 64 : n->capacity * 2;
        n->values = realloc(n->values, n->capacity * sizeof *n->values);
        REQUIRE(n->values != NULL);
    }
    n->values[n->count++] = value;
}

/* Takes the records of one batch; offset must be the next. */
static int64_t take_batch(struct numbers *n, struct bytes batch, int64_t offset, struct buffer *scratch)
{
    struct record_iterator it;
    struct record record;
    struct error err = {0};
    bool done = false;
    REQUIRE(record_iterator_open(&it, batch, scratch, &err) == STATUS_OK);
    while (true) {
        REQUIRE(record_iterator_next(&it, &record, &done, &err) == STATUS_OK);
        if (done)
            return offset;
        REQUIRE(record.offset == offset);
        offset++;
        char text[32] = {0};
        memcpy(text, record.value.data, record.value.size < 31 ? record.value.size : 31);
        push(n, strtoll(text, NULL, 10));
    }
}

int64_t *fixture_numbers(struct partition *p, int64_t end_offset, size_t *count)
{
    struct numbers n = {0};
    struct buffer bytes = {0}, scratch = {0};
    int64_t offset = partition_start(p);
    while (offset < end_offset) {
        struct error err = {0};
        buffer_reset(&bytes);
        if (partition_read(p, offset, end_offset, 10000, &bytes, &err) != STATUS_OK)
            fprintf(stderr, "offset %lld: %s; %s\n", (long long)offset, err.message, findings);
        REQUIRE(err.message[0] == '\0');
        REQUIRE(bytes.size > 0);
        for (size_t at = 0; at < bytes.size;) {
            struct record_batch_header header;
            struct bytes rest = {bytes.data + at, bytes.size - at};
            REQUIRE(record_batch_parse(rest, true, &header, &err) == STATUS_OK);
            offset = take_batch(&n, (struct bytes){rest.data, (size_t)header.size}, offset, &scratch);
            at += (size_t)header.size;
        }
    }
    REQUIRE(offset == end_offset);
    buffer_clear(&bytes);
    buffer_clear(&scratch);
    *count = n.count;
    if (n.values == NULL)
        n.values = calloc(1, sizeof *n.values);
    return n.values;
}
