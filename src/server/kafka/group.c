/* group.c - OffsetFetch: no group has ever committed an offset.
 *
 * Groups are not kept, but a consumer that is given its partitions without offsets asks where its group has come to before it
 * falls back to its own auto.offset.reset. librdkafka 2.16 crashes when a server does not have the request.
 */
#include "server/kafka/kafka_error.h"
#include "server/kafka/wire.h"

static void put_no_offset(struct request *q, int32_t index)
{
    buffer_put_i32(q->out, index);
    buffer_put_i64(q->out, -1);
    if (q->version >= 5)
        buffer_put_i32(q->out, -1); /* leader epoch */
    wire_put_text(q, bytes_from_text("")); /* metadata */
    buffer_put_i16(q->out, KAFKA_NONE);
    wire_put_tags(q);
}

static void answer_topics(struct request *q)
{
    int64_t asked = wire_get_nullable_count(q, 6); /* null: all that the group has, which is none */
    size_t topic_count = asked < 0 ? 0 : (size_t)asked;
    wire_put_count(q, topic_count);
    for (size_t i = 0; i < topic_count && !q->in.failed; i++) {
        wire_put_text(q, wire_get_text(q));
        size_t partition_count = wire_get_count(q, 4);
        wire_put_count(q, partition_count);
        for (size_t k = 0; k < partition_count && !q->in.failed; k++)
            put_no_offset(q, reader_i32(&q->in));
        wire_get_tags(q);
        wire_put_tags(q);
    }
}

static void answer_group(struct request *q)
{
    wire_put_text(q, wire_get_text(q));
    if (q->version >= 9) {
        wire_get_nullable_text(q); /* member id */
        reader_i32(&q->in);        /* and epoch */
    }
    answer_topics(q);
    buffer_put_i16(q->out, KAFKA_NONE);
    wire_get_tags(q);
    wire_put_tags(q);
}

enum status handle_offset_fetch(struct request *q, struct error *err)
{
    if (q->version >= 3)
        buffer_put_i32(q->out, 0); /* throttle time */
    if (q->version >= 8) {
        size_t group_count = wire_get_count(q, 3);
        wire_put_count(q, group_count);
        for (size_t i = 0; i < group_count && !q->in.failed; i++)
            answer_group(q);
    } else {
        wire_get_text(q); /* group */
        answer_topics(q);
        if (q->version >= 2)
            buffer_put_i16(q->out, KAFKA_NONE);
    }
    if (q->version >= 7)
        wire_get_bool(q); /* whether to wait for transactions */
    wire_get_tags(q);
    wire_put_tags(q);
    return reader_finish(&q->in, err, "request");
}
