/* connection.c - a client: its requests one after the other, their answers in that order.
 *
 * An answer goes straight into the connection's output when nothing of the same connection is waiting. Otherwise, and
 * for Produce and Fetch, which may wait themselves, it has an answer struct in the connection's queue.
 *
 * The queue is limited by the number of its answers, by the bytes of those that wait for one before them, and by the number
 * of Fetches, each of which may grow while it waits. At a limit the connection is not read until answers have left.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "os/clock.h"
#include "server/kafka/api.h"
#include "server/kafka/fetch.h"
#include "server/kafka/wire.h"

enum {
    QUEUE_LIMIT = 64,
    QUEUE_SIZE_LIMIT = 1024 * 1024,       /* bytes of answers that wait for others before them */
    QUEUE_FETCH_LIMIT = 2,                /* each may become 55 MiB while it waits */
    REQUEST_SIZE_LIMIT = 8 * 1024 * 1024, /* of all but Produce: what is read of it takes many times as much */
    ANSWER_SIZE_LIMIT = 100 * 1024 * 1024,
    KEPT_ANSWER_COUNT = 64,
    KEPT_ANSWER_SIZE = 64 * 1024,
    SWAP_SIZE = 16 * 1024
};

struct kafka_connection {
    struct kafka_server *server;
    struct loop_connection *wire;
    struct answer *first, **last; /* in the order of the requests */
    size_t answer_count;
    size_t fetch_count;           /* of these */
    size_t ready_size;            /* bytes of those that are ready, behind one that is not */
    bool is_full;                 /* paused: too many answers wait */
};

/* ---- answers ---- */

static struct answer *answer_create(struct kafka_connection *c)
{
    struct kafka_server *s = c->server;
    struct answer *a = s->free_answers;
    if (a != NULL) {
        s->free_answers = a->next;
        s->free_answer_count--;
    } else {
        a = memory_alloc_zero(1, sizeof *a);
    }
    *a = (struct answer){.bytes = a->bytes, .connection = c};
    *c->last = a;
    c->last = &a->next;
    c->answer_count++;
    return a;
}

static void answer_destroy(struct kafka_server *s, struct answer *a)
{
    if (s->free_answer_count >= KEPT_ANSWER_COUNT) {
        buffer_clear(&a->bytes);
        free(a);
        return;
    }
    buffer_reset(&a->bytes);
    if (a->bytes.capacity > KEPT_ANSWER_SIZE)
        buffer_clear(&a->bytes);
    a->next = s->free_answers;
    s->free_answers = a;
    s->free_answer_count++;
}

void kafka_server_clear_answers(struct kafka_server *s)
{
    while (s->waiting_first != NULL) {
        struct answer *a = s->waiting_first;
        s->waiting_first = a->next_waiting;
        answer_destroy(s, a);
    }
    while (s->free_answers != NULL) {
        struct answer *a = s->free_answers;
        s->free_answers = a->next;
        buffer_clear(&a->bytes);
        free(a);
    }
}

size_t answer_begin(struct buffer *out, const struct api *api, int16_t version, int32_t correlation_id)
{
    size_t begin = out->size;
    buffer_put_u32(out, 0);
    buffer_put_i32(out, correlation_id);
    if (api_is_flexible(api, version) && api->key != API_API_VERSIONS)
        buffer_put_u8(out, 0); /* no tagged fields */
    return begin;
}

void answer_finish(struct buffer *out, size_t begin)
{
    uint32_t size = __builtin_bswap32((uint32_t)(out->size - begin - 4));
    memcpy(out->data + begin, &size, 4);
}

static void answer_send(struct kafka_connection *c, struct answer *a)
{
    if (a->bytes.size == 0)
        return;
    struct buffer *out = loop_output(c->wire);
    if (out->size == 0 && a->bytes.size > SWAP_SIZE) {
        struct buffer empty = *out;
        *out = a->bytes;
        a->bytes = empty;
        return;
    }
    buffer_put_bytes(out, buffer_bytes(&a->bytes));
}

static bool is_over_limit(const struct kafka_connection *c)
{
    return c->answer_count >= QUEUE_LIMIT || c->fetch_count >= QUEUE_FETCH_LIMIT || c->ready_size > QUEUE_SIZE_LIMIT;
}

/* Sends the answers at the front that are ready. */
static void pump(struct kafka_connection *c)
{
    while (c->first != NULL && c->first->is_ready) {
        struct answer *a = c->first;
        c->first = a->next;
        if (c->first == NULL)
            c->last = &c->first;
        c->answer_count--;
        c->fetch_count -= a->is_fetch;
        c->ready_size -= a->bytes.size;
        answer_send(c, a);
        answer_destroy(c->server, a);
    }
    if (c->is_full && !is_over_limit(c) && c->answer_count < QUEUE_LIMIT / 2) {
        c->is_full = false;
        loop_resume(c->wire);
    }
}

void answer_ready(struct kafka_server *s, struct answer *a)
{
    a->is_ready = true;
    if (a->connection == NULL) {
        answer_destroy(s, a);
        return;
    }
    a->connection->ready_size += a->bytes.size;
    if (a->connection->first == a)
        pump(a->connection);
}

/* ---- waiting for the log ---- */

static void wait_for_log(struct kafka_server *s, struct answer *a, const struct request *q)
{
    int64_t timeout_ms = q->timeout_ms < 1000 ? 1000 : q->timeout_ms;
    a->ticket = q->ticket;
    a->deadline_ns = clock_monotonic_ns() + timeout_ms * 1000000;
    a->next_waiting = NULL;
    *s->waiting_last = a;
    s->waiting_last = &a->next_waiting;
}

/* The log has failed, or not become durable in time: whether the records stay is not known, and no answer would be true. */
static void give_up(struct answer *a, const struct error *why)
{
    if (a->connection != NULL)
        loop_close(a->connection->wire, why);
}

void kafka_server_release(struct kafka_server *s)
{
    if (s->waiting_first == NULL)
        return;
    log_ticket committed = log_committed_ticket(s->log);
    struct error err = {0};
    bool has_failed = log_check(s->log, &err) != STATUS_OK;
    while (s->waiting_first != NULL) {
        struct answer *a = s->waiting_first;
        if (a->ticket > committed) {
            if (!has_failed && clock_monotonic_ns() < a->deadline_ns)
                break;
            if (!has_failed)
                error_set(&err, STATUS_IO_ERROR, "the log did not make a produced batch durable in time");
            give_up(a, &err);
        }
        s->waiting_first = a->next_waiting;
        if (s->waiting_first == NULL)
            s->waiting_last = &s->waiting_first;
        answer_ready(s, a);
    }
    if (s->waiting_first != NULL)
        loop_set_deadline(s->loop, s->waiting_first->deadline_ns);
}

/* ---- work that may block ---- */

struct blocking_request {
    struct request request;
    struct buffer frame;
    struct error err;
    enum status status;
};

static void run_blocking(void *argument)
{
    struct blocking_request *b = argument;
    b->status = b->request.api->handler(&b->request, &b->err);
}

static void finish_blocking(void *argument)
{
    struct blocking_request *b = argument;
    struct kafka_server *s = b->request.server;
    struct answer *a = b->request.answer;
    if (b->status == STATUS_OK)
        answer_finish(&a->bytes, 0);
    else if (a->connection != NULL)
        loop_close(a->connection->wire, &b->err);
    answer_ready(s, a);
    arena_destroy(b->request.arena);
    buffer_clear(&b->frame);
    free(b);
}

/* The frame is copied: the connection's memory is reused meanwhile. */
static void start_blocking(const struct request *q, struct bytes body)
{
    struct kafka_connection *c = q->connection;
    struct blocking_request *b = memory_alloc_zero(1, sizeof *b);
    struct answer *a = q->answer != NULL ? q->answer : answer_create(c);
    b->request = *q;
    buffer_put_bytes(&b->frame, body);
    reader_init(&b->request.in, buffer_bytes(&b->frame));
    buffer_reset(&a->bytes);
    answer_begin(&a->bytes, q->api, q->version, q->correlation_id);
    b->request.answer = a;
    b->request.out = &a->bytes;
    b->request.arena = arena_create();
    b->request.may_block = true;
    b->request.connection = NULL; /* it may go while this runs */
    b->request.outcome = OUTCOME_ANSWER;
    loop_work(c->wire, run_blocking, finish_blocking, b);
}

/* ---- requests ---- */

enum status request_read_header(struct request *q, struct error *err)
{
    int16_t key = reader_i16(&q->in);
    q->version = reader_i16(&q->in);
    q->correlation_id = reader_i32(&q->in);
    q->api = api_find(key);
    TRY(reader_finish(&q->in, err, "request header"));
    if (q->api == NULL)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "API key %d is not served", key);
    bool is_served = q->version >= q->api->min && q->version <= q->api->max;
    if (!is_served && key == API_API_VERSIONS)
        return STATUS_OK; /* the one request that is answered whatever its version */
    if (!is_served)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "%s version %d is not served, %d to %d are", q->api->name, q->version,
                         q->api->min, q->api->max);
    wire_get_nullable_text(q); /* client id: never compact, so read before the version's form applies */
    q->is_flexible = api_is_flexible(q->api, q->version);
    wire_get_tags(q);
    return reader_finish(&q->in, err, "request header");
}

enum status request_check_answer(const struct request *q, struct error *err)
{
    if (q->out->size <= ANSWER_SIZE_LIMIT)
        return STATUS_OK;
    return error_set(err, STATUS_LIMIT_EXCEEDED, "the answer takes more than %d bytes", ANSWER_SIZE_LIMIT);
}

static bool may_wait(const struct api *api)
{
    return api->handler == handle_produce || api->handler == handle_fetch;
}

static void settle(struct kafka_connection *c, struct request *q, size_t begin)
{
    struct kafka_server *s = c->server;
    struct answer *a = q->answer;
    switch (q->outcome) {
    case OUTCOME_PARKED:
        return;
    case OUTCOME_SILENCE:
        q->out->size = begin;
        break;
    default:
        answer_finish(q->out, begin);
        break;
    }
    if (a == NULL)
        return;
    if (q->ticket > log_committed_ticket(s->log) && q->outcome != OUTCOME_SILENCE)
        wait_for_log(s, a, q);
    else
        answer_ready(s, a);
}

static enum status run(struct kafka_connection *c, struct request *q, struct error *err)
{
    struct bytes body = {q->in.data + q->in.position, q->in.size - q->in.position};
    if (c->first != NULL || may_wait(q->api)) {
        q->answer = answer_create(c);
        q->answer->is_fetch = q->api->handler == handle_fetch;
        c->fetch_count += q->answer->is_fetch;
    }
    q->out = q->answer != NULL ? &q->answer->bytes : loop_output(c->wire);
    size_t begin = answer_begin(q->out, q->api, q->version, q->correlation_id);
    enum status st = q->api->handler(q, err);
    if (st != STATUS_OK) {
        q->out->size = begin;
        if (q->answer != NULL)
            q->answer->is_ready = true; /* and goes with the connection, which ends now */
        error_prefix(err, "%s version %d: ", q->api->name, q->version);
    } else if (q->outcome == OUTCOME_BLOCKS) {
        q->out->size = begin;
        start_blocking(q, body);
    } else {
        settle(c, q, begin);
    }
    return st;
}

enum status kafka_connection_take(struct kafka_connection *c, uint8_t *frame, size_t size, struct error *err)
{
    struct kafka_server *s = c->server;
    struct request q = {.server = s, .connection = c, .arena = s->arena, .endpoint = s->endpoint};
    reader_init(&q.in, (struct bytes){frame, size});
    TRY(request_read_header(&q, err));
    if (size > REQUEST_SIZE_LIMIT && q.api->handler != handle_produce)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "a request %s of %zu bytes, where %d are allowed", q.api->name, size,
                         REQUEST_SIZE_LIMIT);
    arena_reset(s->arena);
    TRY(run(c, &q, err));
    if (is_over_limit(c) && !c->is_full) {
        c->is_full = true;
        loop_pause(c->wire);
    }
    return STATUS_OK;
}

/* ---- life ---- */

struct kafka_connection *kafka_connection_create(struct kafka_server *s, struct loop_connection *wire)
{
    struct kafka_connection *c = memory_alloc_zero(1, sizeof *c);
    *c = (struct kafka_connection){.server = s, .wire = wire, .last = &c->first};
    return c;
}

/* Answers that somebody else still holds (the log's list, a thread at work) go when they become ready. */
void kafka_connection_destroy(struct kafka_connection *c)
{
    while (c->first != NULL) {
        struct answer *a = c->first;
        c->first = a->next;
        a->connection = NULL;
        if (a->parked != NULL) {
            fetch_cancel(a->parked);
            a->is_ready = true; /* nobody holds it any more */
        }
        if (a->is_ready)
            answer_destroy(c->server, a);
    }
    free(c);
}
