/* append.c - partition_append: what a broker checks, and the way into segment and journal. */
#include <assert.h>

#include "log/internal.h"

/* Kafka's codes for what is refused here; the protocol folder maps everything else. */
enum {
    KAFKA_NONE = 0,
    KAFKA_CORRUPT_MESSAGE = 2,
    KAFKA_UNKNOWN_TOPIC = 3,
    KAFKA_MESSAGE_TOO_LARGE = 10,
    KAFKA_INVALID_TOPIC = 17,
    KAFKA_RECORD_LIST_TOO_LARGE = 18,
    KAFKA_INVALID_TIMESTAMP = 32,
    KAFKA_POLICY_VIOLATION = 44,
    KAFKA_OUT_OF_ORDER = 45,
    KAFKA_INVALID_PRODUCER_EPOCH = 47,
    KAFKA_INVALID_TXN_STATE = 48,
    KAFKA_STORAGE_ERROR = 56,
    KAFKA_UNSUPPORTED_COMPRESSION = 76,
    KAFKA_INVALID_RECORD = 87
};

struct refusal {
    int16_t *kafka_error;
    struct error *err;
};

static enum status refuse(struct refusal r, int16_t kafka_error, enum status st, const char *reason)
{
    *r.kafka_error = kafka_error;
    return error_set(r.err, st, "%s", reason);
}

static enum status check_shape(struct bytes bytes, bool from_client,
                               struct record_batch_header *header, struct refusal r)
{
    enum record_batch_defect defect = record_batch_inspect(bytes, from_client, header);
    if (defect == RECORD_BATCH_BAD_CRC)
        return refuse(r, KAFKA_CORRUPT_MESSAGE, STATUS_CORRUPT, "the record batch's CRC-32C does not match");
    if (defect == RECORD_BATCH_SHORT || (defect == RECORD_BATCH_SOUND && (size_t)header->size > bytes.size))
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_CORRUPT, "the record batch ends early");
    if (defect != RECORD_BATCH_SOUND)
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, record_batch_defect_text(defect));
    if ((size_t)header->size != bytes.size)
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, "more than one record batch");
    if (header->record_count < 1 || header->record_count != header->last_offset_delta + 1)
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, "record count and last offset delta disagree");
    return STATUS_OK;
}

/* Rights and sizes that hold for foreign producers alone. */
static enum status check_client(const struct partition *p, const struct record_batch_header *h, struct refusal r)
{
    const struct topic_options *options = &p->topic->options;
    if (options->internal)
        return refuse(r, KAFKA_INVALID_TOPIC, STATUS_INSUFFICIENT_PRIVILEGE, "the topic is internal: only leat writes it");
    if (options->single_writer)
        return refuse(r, KAFKA_POLICY_VIOLATION, STATUS_INSUFFICIENT_PRIVILEGE, "the topic is written by a sink alone");
    if (h->size > options->max_message_size)
        return refuse(r, KAFKA_MESSAGE_TOO_LARGE, STATUS_LIMIT_EXCEEDED, "the record batch exceeds max.message.bytes");
    if (h->size > p->topic->log->options.segment_size)
        return refuse(r, KAFKA_RECORD_LIST_TOO_LARGE, STATUS_LIMIT_EXCEEDED, "the record batch is larger than a segment");
    if ((h->attributes & RECORD_BATCH_CODEC) > 4)
        return refuse(r, KAFKA_UNSUPPORTED_COMPRESSION, STATUS_INVALID_PARAMETER, "unknown compression codec");
    if ((h->attributes & (RECORD_BATCH_CONTROL | RECORD_BATCH_DELETE_HORIZON)) != 0)
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, "a client may not write control batches");
    if ((h->attributes & RECORD_BATCH_TRANSACTIONAL) != 0)
        return refuse(r, KAFKA_INVALID_TXN_STATE, STATUS_INVALID_PARAMETER, "no transaction is open for this producer");
    if ((h->attributes & RECORD_BATCH_LOG_APPEND_TIME) != 0 && !options->log_append_time)
        return refuse(r, KAFKA_INVALID_TIMESTAMP, STATUS_INVALID_PARAMETER, "a client may not claim the log's own time");
    if (h->max_timestamp < -1 || h->base_timestamp < -1)
        return refuse(r, KAFKA_INVALID_TIMESTAMP, STATUS_INVALID_PARAMETER, "negative timestamp");
    if (h->producer_id >= 0 && (h->producer_epoch < 0 || h->base_sequence < 0))
        return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, "a producer id needs an epoch and a sequence");
    return STATUS_OK;
}

/* Every record is read once before it is kept: one that cannot be read would stop each consumer at its offset. A compacted
 * topic keeps the last record per key, so there each needs one. */
static enum status check_records(struct bytes batch, bool is_compacted, struct refusal r)
{
    struct buffer scratch = {0};
    struct record_iterator it;
    struct record record;
    bool done = false;
    enum status st = record_iterator_open(&it, batch, &scratch, r.err);
    while (st == STATUS_OK) {
        st = record_iterator_next(&it, &record, &done, r.err);
        if (st != STATUS_OK || done)
            break;
        if (is_compacted && record.key.data == NULL) {
            buffer_clear(&scratch);
            return refuse(r, KAFKA_INVALID_RECORD, STATUS_INVALID_PARAMETER, "a compacted topic takes no record without a key");
        }
    }
    buffer_clear(&scratch);
    if (st != STATUS_OK)
        *r.kafka_error = KAFKA_INVALID_RECORD; /* to send it again is of no use: the CRC says that it came as it was made */
    return st;
}

static enum status check_producer(struct partition *p, const struct record_batch_header *h, struct append_result *out,
                                  struct refusal r)
{
    struct producer_batch original;
    switch (producer_table_check(&p->producers, h, &original)) {
    case PRODUCER_ACCEPTED: break;
    case PRODUCER_DUPLICATE:
        out->duplicate = true;
        out->base_offset = original.base_offset;
        out->log_append_time = original.log_append_time;
        break;
    case PRODUCER_OUT_OF_ORDER:
        return refuse(r, KAFKA_OUT_OF_ORDER, STATUS_SERIALIZATION_FAILURE, "out of order sequence number");
    case PRODUCER_FENCED:
        return refuse(r, KAFKA_INVALID_PRODUCER_EPOCH, STATUS_SERIALIZATION_FAILURE, "a newer epoch of this producer has written");
    }
    return STATUS_OK;
}

static enum journal_urgency urgency_of(const struct topic *t)
{
    switch (t->options.fsync) {
    case LOG_FSYNC_ALWAYS: return JOURNAL_NOW;
    case LOG_FSYNC_INTERVAL: return JOURNAL_INTERVAL;
    case LOG_FSYNC_NEVER: return JOURNAL_LAZY;
    }
    return JOURNAL_NOW;
}

/* Segment, then journal; both or neither. Append lock held. */
static enum status store(struct partition *p, uint8_t *batch, struct record_batch_header *header, log_ticket *ticket,
                         struct error *err)
{
    TRY(partition_prepare(p, err));
    struct partition_mark mark = partition_get_mark(p);
    struct segment *segment = NULL;
    int64_t position = 0;
    partition_assign(p, batch, header);
    TRY(partition_write(p, batch, header, &segment, &position, err));
    struct journal_place place = {p->topic->id, (uint32_t)p->index, segment->base_offset, position, (uint32_t)header->size};
    enum status st = journal_queue(&p->topic->log->journal, &place, batch, header, segment, p, urgency_of(p->topic), ticket,
                                   err);
    if (st != STATUS_OK)
        partition_rewind(p, &mark);
    return st;
}

static enum status append_locked(struct partition *p, uint8_t *batch, struct record_batch_header *header, unsigned flags,
                                 struct append_result *out, struct refusal r)
{
    struct log *log = p->topic->log;
    if (topic_is_deleted(p->topic))
        return refuse(r, KAFKA_UNKNOWN_TOPIC, STATUS_UNDEFINED_TABLE, "the topic was deleted");
    if (p->group != NULL)
        return refuse(r, KAFKA_POLICY_VIOLATION, STATUS_OBJECT_IN_USE, "an open group writes this partition");
    TRY(journal_check(&log->journal, r.err));
    if ((flags & APPEND_FROM_CLIENT) != 0)
        TRY(check_producer(p, header, out, r));
    bool at_once = p->topic->options.fsync != LOG_FSYNC_ALWAYS;
    if (out->duplicate) {
        bool is_visible = out->base_offset < atomic_load(&p->visible_end);
        out->ticket = is_visible ? 0 : log_queued_ticket(log); /* the original is somewhere below it */
        return STATUS_OK;
    }
    TRY(store(p, batch, header, &out->ticket, r.err));
    producer_table_record(&p->producers, header);
    out->base_offset = header->base_offset;
    if (p->topic->options.log_append_time)
        out->log_append_time = header->max_timestamp;
    if (at_once) {
        partition_raise_visible_end(p, record_batch_end_offset(header));
        out->ticket = 0;
    }
    return STATUS_OK;
}

enum status partition_append(struct partition *p, uint8_t *batch, size_t size, unsigned flags,
                             struct append_result *out, int16_t *kafka_error, struct error *err)
{
    int16_t ignored;
    struct refusal r = {kafka_error == NULL ? &ignored : kafka_error, err};
    struct log *log = p->topic->log;
    struct record_batch_header header;
    bool from_client = (flags & APPEND_FROM_CLIENT) != 0;
    *out = (struct append_result){.base_offset = -1, .log_append_time = -1};
    *r.kafka_error = KAFKA_NONE;
    TRY(check_shape((struct bytes){batch, size}, from_client, &header, r));
    if (from_client)
        TRY(check_client(p, &header, r));
    if (from_client)
        TRY(check_records((struct bytes){batch, size}, p->topic->options.compacted, r));

    mutex_lock(&p->append_lock);
    enum status st = append_locked(p, batch, &header, flags, out, r);
    mutex_unlock(&p->append_lock);
    if (st != STATUS_OK) {
        if (*r.kafka_error == KAFKA_NONE)
            *r.kafka_error = KAFKA_STORAGE_ERROR;
        return st;
    }
    if (out->duplicate)
        return STATUS_OK;
    atomic_fetch_add_explicit(&log->append_count, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->append_size, (int64_t)size, memory_order_relaxed);
    log_notify(log, true); /* first: a listener may announce a group, which spares the thread's wake-up */
    if ((flags & APPEND_CALLER_WAITS) == 0)
        journal_wake(&log->journal);
    return STATUS_OK;
}
