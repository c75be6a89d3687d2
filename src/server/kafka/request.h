/* request.h - one request on its way through the server, and the server's parts that handlers use.
 *
 * A handler reads q->in and appends its answer's body to q->out. It may also say
 *   q->ticket         the answer leaves once the log has committed up to it
 *   q->outcome        no answer at all, one that comes later, or: run me again where blocking is allowed
 * Anything but STATUS_OK closes the connection: what is wrong with one topic is an error code in the answer.
 */
#ifndef LEAT_SERVER_KAFKA_REQUEST_H
#define LEAT_SERVER_KAFKA_REQUEST_H

#include "base/arena.h"
#include "base/reader.h"
#include "engine/engine.h"
#include "log/log.h"
#include "server/loop.h"

enum { KAFKA_NODE_ID = 1, KAFKA_LEADER_EPOCH = 0, KAFKA_HOST_SIZE = 64 };

struct answer;
struct fetch;
struct kafka_connection;
struct watch_table;

enum request_outcome {
    OUTCOME_ANSWER,
    OUTCOME_SILENCE, /* Produce with acks = 0 */
    OUTCOME_PARKED,  /* a Fetch that waits: parked in the watch table, answered by it */
    OUTCOME_BLOCKS   /* nothing was written: run it again on a thread that may block */
};

/* Where a client reaches this node. */
struct kafka_endpoint {
    char host[KAFKA_HOST_SIZE];
    int32_t port;
};

struct request {
    struct kafka_server *server;
    struct kafka_connection *connection;
    const struct api *api;
    int16_t version;
    int32_t correlation_id;
    bool is_flexible;
    bool may_block;
    struct reader in;
    struct buffer *out;
    struct arena *arena;       /* this request's */
    struct kafka_endpoint endpoint; /* where this client reaches this node */
    struct answer *answer;     /* NULL: goes straight to the connection's output, and cannot wait */
    log_ticket ticket;         /* 0: at once */
    int64_t timeout_ms;        /* of waiting for the ticket */
    enum request_outcome outcome;
};

struct kafka_server {
    struct engine *engine;
    struct log *log;
    struct loop *loop;
    struct kafka_endpoint endpoint;
    bool auto_create_topics;
    enum log_fsync default_fsync;
    int64_t segment_size;
    char cluster_id[23];       /* 16 bytes in base64url, as Kafka's are */
    struct arena *arena;       /* of the request that the loop's thread is at */
    struct watch_table *watches;
    struct answer *waiting_first, **waiting_last; /* answers with tickets, in the order of these */
    struct answer *free_answers;
    size_t free_answer_count;
};

/* The handlers of api.c's table. */
typedef enum status api_handler(struct request *q, struct error *err);
api_handler handle_metadata, handle_produce, handle_fetch, handle_list_offsets, handle_find_coordinator, handle_offset_fetch,
    handle_create_topics, handle_delete_topics, handle_init_producer_id, handle_describe_cluster, handle_describe_configs,
    handle_offset_for_leader_epoch;

/* Reads the header from q->in: the API, its version, its form. STATUS_PROTOCOL_VIOLATION for what is not served, but for
 * ApiVersions, which answers every version. */
CHECKED enum status request_read_header(struct request *q, struct error *err);
/* For answers that can be many times the request: STATUS_LIMIT_EXCEEDED once it is larger than any client takes. */
CHECKED enum status request_check_answer(const struct request *q, struct error *err);
/* A topic by name or by id; NULL if there is none. */
struct topic *request_find_topic(const struct request *q, struct bytes name);
struct topic *request_find_topic_id(const struct request *q, const uint8_t id[16]);

/* ---- an answer that is not sent yet (connection.c) ---- */

struct answer {
    struct answer *next;         /* of the same connection */
    struct answer *next_waiting; /* for the log */
    struct kafka_connection *connection; /* NULL once that is gone */
    struct buffer bytes;
    log_ticket ticket;
    int64_t deadline_ns;         /* for the ticket */
    struct fetch *parked;        /* the Fetch that it will answer, while that waits */
    bool is_ready;
    bool is_fetch;
};
/* The answer is complete: it leaves when those before it have left. */
void answer_ready(struct kafka_server *s, struct answer *a);
/* Writes length and header of an answer to out; finish puts the length in. */
size_t answer_begin(struct buffer *out, const struct api *api, int16_t version, int32_t correlation_id);
void answer_finish(struct buffer *out, size_t begin);

struct kafka_connection *kafka_connection_create(struct kafka_server *s, struct loop_connection *wire);
void kafka_connection_destroy(struct kafka_connection *c);
/* Does one message. */
CHECKED enum status kafka_connection_take(struct kafka_connection *c, uint8_t *frame, size_t size, struct error *err);
/* Sends what the log has committed by now. */
void kafka_server_release(struct kafka_server *s);
/* Frees the answers kept for reuse and those that still wait. No connection is left. */
void kafka_server_clear_answers(struct kafka_server *s);

#endif
