/* fetch.c - Fetch: reading the request, judging what is there, writing the answer. */
#include "server/kafka/fetch.h"

#include "server/kafka/api.h"
#include "server/kafka/kafka_error.h"
#include "server/kafka/wire.h"

enum { FETCH_SIZE_LIMIT = 55 * 1024 * 1024, GUESSED_LENGTH_SIZE = 3 };

/* ---- the request ---- */

static void get_partition(struct request *q, struct topic *topic, struct fetch_partition *out)
{
    out->index = reader_i32(&q->in);
    out->leader_epoch = q->version >= 9 ? reader_i32(&q->in) : -1;
    out->offset = reader_i64(&q->in);
    if (q->version >= 12)
        reader_i32(&q->in); /* last fetched epoch */
    if (q->version >= 5)
        reader_i64(&q->in); /* a follower's log start */
    int32_t max_size = reader_i32(&q->in);
    out->max_size = max_size < 0 ? 0 : max_size;
    wire_get_tags(q);
    out->partition = topic == NULL ? NULL : topic_partition(topic, out->index);
}

/* One array for all topics, which doubles: a message has many topics of one partition each. */
static void reserve_partitions(struct request *q, struct fetch *f, size_t count)
{
    if (count <= f->partition_capacity)
        return;
    size_t capacity = f->partition_capacity * 2 > count ? f->partition_capacity * 2 : count;
    struct fetch_partition *all = ARENA_ARRAY(q->arena, struct fetch_partition, capacity);
    if (f->partition_count > 0)
        memcpy(all, f->partitions, f->partition_count * sizeof *all);
    f->partitions = all;
    f->partition_capacity = capacity;
}

static void get_topic(struct request *q, struct fetch *f, struct fetch_topic *out)
{
    if (q->version >= 13) {
        out->id = wire_get_uuid(q);
        out->topic = out->id == NULL ? NULL : request_find_topic_id(q, out->id);
    } else {
        out->name = wire_get_text(q);
        out->topic = request_find_topic(q, out->name);
    }
    out->partition_count = wire_get_count(q, 16);
    size_t total = f->partition_count + out->partition_count;
    reserve_partitions(q, f, total);
    for (size_t i = f->partition_count; i < total && !q->in.failed; i++)
        get_partition(q, out->topic, &f->partitions[i]);
    f->partition_count = total;
    wire_get_tags(q);
}

static void skip_forgotten(struct request *q)
{
    size_t count = wire_get_count(q, 6);
    for (size_t i = 0; i < count && !q->in.failed; i++) {
        if (q->version >= 13)
            wire_get_uuid(q);
        else
            wire_get_text(q);
        size_t partition_count = wire_get_count(q, 4);
        reader_bytes(&q->in, partition_count * 4);
        wire_get_tags(q);
    }
}

/* Sessions are not kept: the answer's session id is 0, so a client asks in full each time. */
static void get_session(struct request *q, struct fetch *f)
{
    int32_t id = reader_i32(&q->in);
    reader_i32(&q->in);
    if (id != 0)
        f->error = KAFKA_FETCH_SESSION_ID_NOT_FOUND;
}

static enum status get_fetch(struct request *q, struct fetch *f, struct error *err)
{
    if (q->version <= 14)
        reader_i32(&q->in); /* replica id */
    f->max_wait_ms = reader_i32(&q->in);
    f->min_size = reader_i32(&q->in);
    int32_t max_size = reader_i32(&q->in);
    f->max_size = max_size < 0 ? 0 : max_size > FETCH_SIZE_LIMIT ? FETCH_SIZE_LIMIT : max_size;
    if (f->min_size > f->max_size)
        f->min_size = f->max_size; /* more would never come */
    f->is_committed_only = reader_i8(&q->in) == 1;
    if (q->version >= 7)
        get_session(q, f);
    f->topic_count = wire_get_count(q, 6);
    f->topics = ARENA_ARRAY(q->arena, struct fetch_topic, f->topic_count);
    for (size_t i = 0; i < f->topic_count && !q->in.failed; i++)
        get_topic(q, f, &f->topics[i]);
    if (q->version >= 7)
        skip_forgotten(q);
    if (q->version >= 11)
        wire_get_text(q); /* rack */
    wire_get_tags(q);
    return reader_finish(&q->in, err, "request");
}

/* ---- judging ---- */

static int16_t partition_error(const struct fetch_topic *t, const struct fetch_partition *p)
{
    if (t->topic == NULL || topic_is_deleted(t->topic))
        return t->id != NULL ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (p->partition == NULL)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (p->leader_epoch > KAFKA_LEADER_EPOCH)
        return KAFKA_UNKNOWN_LEADER_EPOCH;
    if (p->offset < partition_start(p->partition) || p->offset > partition_visible_end(p->partition))
        return KAFKA_OFFSET_OUT_OF_RANGE;
    return KAFKA_NONE;
}

/* Bytes towards the minimum, cut in the middle of a batch where the partition's limit does: what is there without an answer
 * having room for it counts too. One batch more than enough is asked for, since only whole ones are found. */
static int64_t available_size(const struct fetch *f, const struct fetch_partition *p)
{
    struct file_range range;
    struct error err;
    int64_t offset = p->offset, end = partition_visible_end(p->partition), size = 0;
    int64_t enough = f->min_size + topic_get_options(partition_topic(p->partition))->max_message_size;
    while (offset < end && size < f->min_size) { /* a range ends with its segment */
        if (partition_find_range(p->partition, offset, end, (size_t)enough, &range, &err) != STATUS_OK)
            return INT64_MAX / 2; /* the answer says why */
        if (range.segment == NULL)
            break;
        size += range.size;
        offset = range.next_offset;
        partition_release_range(p->partition, &range);
    }
    return size < p->max_size ? size : p->max_size;
}

bool fetch_is_ready(const struct fetch *f)
{
    if (f->error != KAFKA_NONE || f->max_wait_ms <= 0 || f->min_size <= 0 || f->partition_count == 0)
        return true;
    const struct fetch_partition *p = f->partitions;
    int64_t size = 0;
    for (size_t i = 0; i < f->topic_count; i++)
        for (size_t k = 0; k < f->topics[i].partition_count; k++, p++) {
            if (partition_error(&f->topics[i], p) != KAFKA_NONE)
                return true;
            if (f->min_size > 1)
                size += available_size(f, p);
            else if (p->offset < partition_visible_end(p->partition))
                return true;
            if (size >= f->min_size)
                return true;
        }
    return false;
}

/* ---- the answer ---- */

/* The records' length comes before them and takes 1 to 5 bytes: room is left for the usual 3, and the records are moved
 * if that was wrong, which is when they are few, or several megabytes. */
static enum status put_records(struct request *q, const struct fetch_partition *p, int64_t end, int64_t limit, bool must_give,
                               size_t *given, struct error *err)
{
    struct buffer *out = q->out;
    size_t at = out->size, guessed = q->is_flexible ? GUESSED_LENGTH_SIZE : 4;
    buffer_reserve(out, guessed);
    buffer_advance(out, guessed);
    enum status st = STATUS_OK;
    if (p != NULL && p->offset < end && (limit > 0 || must_give))
        st = partition_read(p->partition, p->offset, end, (size_t)(limit < 0 ? 0 : limit), out, err);
    size_t size = out->size - at - guessed;
    if (st != STATUS_OK || (!must_give && (int64_t)size > limit))
        size = 0;
    size_t needed = wire_bytes_length_size(q->is_flexible, size);
    if (needed > guessed)
        buffer_reserve(out, needed - guessed);
    if (needed != guessed && size > 0)
        memmove(out->data + at + needed, out->data + at + guessed, size);
    out->size = at + needed + size;
    wire_set_bytes_length(out->data + at, q->is_flexible, size);
    *given = size;
    return st;
}

static void put_partition_fields(struct request *q, const struct fetch *f, const struct fetch_partition *p, int16_t code, int64_t end)
{
    buffer_put_i32(q->out, p->index);
    buffer_put_i16(q->out, code);
    buffer_put_i64(q->out, code == KAFKA_NONE ? end : -1);
    buffer_put_i64(q->out, code == KAFKA_NONE ? end : -1); /* last stable offset */
    if (q->version >= 5)
        buffer_put_i64(q->out, code == KAFKA_NONE ? partition_start(p->partition) : -1);
    if (f->is_committed_only)
        wire_put_count(q, 0); /* aborted transactions */
    else
        wire_put_null_array(q);
    if (q->version >= 11)
        buffer_put_i32(q->out, -1); /* preferred read replica */
}

/* Returns the bytes of records given. */
static size_t put_partition(struct request *q, const struct fetch *f, const struct fetch_topic *t, const struct fetch_partition *p,
                            size_t given)
{
    struct error err = {0};
    size_t size, begin = q->out->size;
    int64_t left = f->max_size - (int64_t)given, limit = left < p->max_size ? left : p->max_size;
    int16_t code = partition_error(t, p);
    int64_t end = code == KAFKA_NONE ? partition_visible_end(p->partition) : -1;
    put_partition_fields(q, f, p, code, end);
    enum status st = put_records(q, code == KAFKA_NONE ? p : NULL, end, limit, given == 0, &size, &err);
    if (st != STATUS_OK) {
        q->out->size = begin;
        code = st == STATUS_INVALID_PARAMETER ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_STORAGE_ERROR;
        put_partition_fields(q, f, p, code, -1);
        status_ignore(put_records(q, NULL, -1, 0, false, &size, NULL), "nothing is read");
        if (code == KAFKA_STORAGE_ERROR)
            engine_note(q->server->engine, LEVEL_ERROR, "kafka: Fetch: %s", err.message);
    }
    wire_put_tags(q);
    return size;
}

void fetch_put(const struct fetch *f, struct request *q)
{
    buffer_put_i32(q->out, 0); /* throttle time */
    if (q->version >= 7) {
        buffer_put_i16(q->out, f->error);
        buffer_put_i32(q->out, 0); /* no session */
    }
    size_t given = 0;
    const struct fetch_partition *p = f->partitions;
    size_t topic_count = f->error == KAFKA_NONE ? f->topic_count : 0;
    wire_put_count(q, topic_count);
    for (size_t i = 0; i < topic_count; i++) {
        const struct fetch_topic *t = &f->topics[i];
        if (q->version >= 13)
            wire_put_uuid(q, t->id);
        else
            wire_put_text(q, t->name);
        wire_put_count(q, t->partition_count);
        for (size_t k = 0; k < t->partition_count; k++, p++)
            given += put_partition(q, f, t, p, given);
        wire_put_tags(q);
    }
    wire_put_tags(q);
}

enum status handle_fetch(struct request *q, struct error *err)
{
    struct fetch f = {.version = q->version, .correlation_id = q->correlation_id, .api = q->api};
    TRY(get_fetch(q, &f, err));
    if (q->answer == NULL || fetch_is_ready(&f))
        fetch_put(&f, q);
    else
        fetch_park(q->server, &f, q);
    return STATUS_OK;
}
