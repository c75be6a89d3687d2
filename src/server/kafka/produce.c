/* produce.c - Produce and InitProducerId. */
#include "server/kafka/kafka_error.h"
#include "server/kafka/wire.h"

struct produced {
    int16_t code;
    const char *message;
    struct append_result result;
    int64_t start;
};

/* Kafka allows zstd from Produce 7 on. */
static bool is_codec_too_new(const struct request *q, struct bytes records)
{
    struct record_batch_header h;
    return q->version < 7 && record_batch_inspect(records, false, &h) == RECORD_BATCH_SOUND && (h.attributes & RECORD_BATCH_CODEC) == 4;
}

static int16_t append(struct request *q, struct topic *topic, struct partition *p, struct bytes records, struct produced *out,
                      struct error *err)
{
    if (topic == NULL || p == NULL)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (records.size == 0) {
        error_set(err, STATUS_INVALID_PARAMETER, "no record batch");
        return KAFKA_INVALID_RECORD;
    }
    if (is_codec_too_new(q, records))
        return KAFKA_UNSUPPORTED_COMPRESSION;
    int16_t code = KAFKA_NONE;
    /* The message is the connection's memory, to be patched in place and not read again. */
    enum status st = partition_append(p, (uint8_t *)(uintptr_t)records.data, records.size, APPEND_FROM_CLIENT, &out->result, &code, err);
    if (st != STATUS_OK)
        return code != KAFKA_NONE ? code : kafka_error_of(st);
    out->start = partition_start(p);
    if (out->result.ticket > q->ticket)
        q->ticket = out->result.ticket;
    return KAFKA_NONE;
}

static void put_produced(struct request *q, int32_t index, const struct produced *p)
{
    buffer_put_i32(q->out, index);
    buffer_put_i16(q->out, p->code);
    buffer_put_i64(q->out, p->result.base_offset);
    buffer_put_i64(q->out, p->result.log_append_time);
    if (q->version >= 5)
        buffer_put_i64(q->out, p->start);
    if (q->version >= 8) {
        wire_put_count(q, 0); /* errors of single records */
        wire_put_nullable_text(q, p->message);
    }
    wire_put_tags(q);
}

static bool produce_partition(struct request *q, struct topic *topic, int16_t acks)
{
    struct error err = {0};
    struct produced p = {.result = {.base_offset = -1, .log_append_time = -1}, .start = -1};
    int32_t index = reader_i32(&q->in);
    struct bytes records = wire_get_nullable_bytes(q);
    wire_get_tags(q);
    if (acks < -1 || acks > 1)
        p.code = KAFKA_INVALID_REQUIRED_ACKS;
    else
        p.code = append(q, topic, topic == NULL ? NULL : topic_partition(topic, index), records, &p, &err);
    if (p.code != KAFKA_NONE) {
        p.result = (struct append_result){.base_offset = -1, .log_append_time = -1};
        p.message = err.message[0] != '\0' ? err.message : NULL;
    }
    put_produced(q, index, &p);
    return p.code == KAFKA_NONE;
}

/* Walks the whole message before anything is appended: one that lies writes nothing. */
static enum status check(struct request q, struct error *err)
{
    size_t topic_count = wire_get_count(&q, 6);
    for (size_t i = 0; i < topic_count && !q.in.failed; i++) {
        wire_get_text(&q);
        size_t partition_count = wire_get_count(&q, 5);
        for (size_t k = 0; k < partition_count && !q.in.failed; k++) {
            reader_i32(&q.in);
            wire_get_nullable_bytes(&q);
            wire_get_tags(&q);
        }
        wire_get_tags(&q);
    }
    wire_get_tags(&q);
    return reader_finish(&q.in, err, "request");
}

enum status handle_produce(struct request *q, struct error *err)
{
    wire_get_nullable_text(q); /* transactional id: batches of a transaction are refused one by one */
    int16_t acks = reader_i16(&q->in);
    q->timeout_ms = reader_i32(&q->in);
    TRY(check(*q, err));
    size_t topic_count = wire_get_count(q, 6);
    bool all_good = true;
    wire_put_count(q, topic_count);
    for (size_t i = 0; i < topic_count; i++) {
        struct bytes name = wire_get_text(q);
        struct topic *topic = request_find_topic(q, name);
        size_t partition_count = wire_get_count(q, 5);
        wire_put_text(q, name);
        wire_put_count(q, partition_count);
        for (size_t k = 0; k < partition_count; k++)
            all_good &= produce_partition(q, topic, acks);
        wire_get_tags(q);
        wire_put_tags(q);
    }
    wire_get_tags(q);
    buffer_put_i32(q->out, 0); /* throttle time */
    wire_put_tags(q);
    if (acks != 0)
        return STATUS_OK;
    q->outcome = OUTCOME_SILENCE;
    return all_good ? STATUS_OK : error_set(err, STATUS_INVALID_PARAMETER, "a batch sent with acks = 0 was refused, and there is no other way to say so");
}

enum status handle_init_producer_id(struct request *q, struct error *err)
{
    int16_t code = KAFKA_NONE;
    int64_t id = -1;
    struct bytes transactional_id = wire_get_nullable_text(q);
    reader_i32(&q->in); /* transaction timeout */
    if (q->version >= 3) {
        reader_i64(&q->in); /* the id and epoch so far: without transactions each gets a new id */
        reader_i16(&q->in);
    }
    wire_get_tags(q);
    TRY(reader_finish(&q->in, err, "request"));
    if (transactional_id.data == NULL && !q->may_block) { /* every thousandth id is a durable write */
        q->outcome = OUTCOME_BLOCKS;
        return STATUS_OK;
    }
    if (transactional_id.data != NULL) {
        code = transactional_id.size == 0 ? KAFKA_INVALID_REQUEST : KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    } else {
        struct error failure = {0};
        enum status st = log_next_producer_id(q->server->log, &id, &failure);
        code = kafka_error_of(st);
        if (st != STATUS_OK)
            engine_note(q->server->engine, LEVEL_ERROR, "kafka: InitProducerId: %s", failure.message);
    }
    buffer_put_i32(q->out, 0); /* throttle time */
    buffer_put_i16(q->out, code);
    buffer_put_i64(q->out, code == KAFKA_NONE ? id : -1);
    buffer_put_i16(q->out, code == KAFKA_NONE ? 0 : -1);
    wire_put_tags(q);
    return STATUS_OK;
}
