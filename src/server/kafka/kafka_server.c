/* kafka_server.c - opening, closing, waking. */
#include "server/kafka/kafka_server.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "server/address.h"
#include "server/kafka/fetch.h"

enum {
    FRAME_LIMIT = 100 * 1024 * 1024,
    OUTPUT_LIMIT = 64 * 1024 * 1024,
    IDLE_TIMEOUT_MS = 10 * 60 * 1000
};

/* ---- what the loop calls ---- */

static void on_opened(void *context, struct loop_connection *c, void **data)
{
    *data = kafka_connection_create(context, c);
}

static enum status on_frame(void *context, struct loop_connection *c, void *data, uint8_t *frame, size_t size, struct error *err)
{
    (void)context;
    (void)c;
    return kafka_connection_take(data, frame, size, err);
}

static void on_closed(void *context, void *data)
{
    (void)context;
    kafka_connection_destroy(data);
}

static void on_turn(void *context)
{
    struct kafka_server *s = context;
    kafka_server_release(s);
    watch_table_turn(s);
}

static void on_report(void *context, const char *peer, const struct error *err)
{
    struct kafka_server *s = context;
    engine_note(s->engine, LEVEL_WARNING, "kafka: connection of %s closed: %s", peer, err->message);
}

/* What the loop's own thread appends is seen at the end of its turn. */
static void on_log(void *context, bool appended)
{
    struct kafka_server *s = context;
    if (!appended || !loop_is_current(s->loop))
        loop_wake(s->loop);
}

/* ---- addresses and names ---- */

static void read_endpoint(const struct sockaddr *address, socklen_t size, struct kafka_endpoint *out)
{
    char port[16] = "0";
    if (getnameinfo(address, size, out->host, sizeof out->host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        snprintf(out->host, sizeof out->host, "localhost");
    out->port = atoi(port);
}

/* The id of a topic that every data folder has and keeps, in base64url without padding. */
static void make_cluster_id(struct kafka_server *s)
{
    static const char LETTERS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static const uint8_t NONE[16] = "leat";
    struct topic *t = log_find_topic(s->log, "__leat_epochs");
    const uint8_t *id = t == NULL ? NONE : topic_id(t);
    for (size_t i = 0; i < 22; i++) {
        size_t bit = i * 6, byte = bit / 8;
        unsigned pair = (unsigned)id[byte] << 8 | (byte + 1 < 16 ? id[byte + 1] : 0u);
        s->cluster_id[i] = LETTERS[pair >> (10 - bit % 8) & 63];
    }
}

struct topic *request_find_topic(const struct request *q, struct bytes name)
{
    char text[TOPIC_NAME_SIZE];
    if (name.size == 0 || name.size >= sizeof text || memchr(name.data, '\0', name.size) != NULL)
        return NULL;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    return log_find_topic(q->server->log, text);
}

struct topic *request_find_topic_id(const struct request *q, const uint8_t id[16])
{
    return log_find_topic_id(q->server->log, id);
}

/* ---- life ---- */

static void read_settings(struct kafka_server *s)
{
    struct settings *settings = engine_settings(s->engine);
    const char *fsync = settings_get(settings, "default_fsync");
    s->auto_create_topics = settings_get_integer(settings, "auto_create_topics") != 0;
    s->segment_size = settings_get_integer(settings, "segment_size");
    s->default_fsync = strcmp(fsync, "never") == 0 ? LOG_FSYNC_NEVER : strcmp(fsync, "interval") == 0 ? LOG_FSYNC_INTERVAL : LOG_FSYNC_ALWAYS;
}

static enum status listen_and_start(struct kafka_server *s, const char *text, char bound[80], struct error *err)
{
    struct address address;
    int fd;
    TRY(address_parse(text, &address, err));
    if (!address_is_loopback(&address))
        return error_set(err, STATUS_INSUFFICIENT_PRIVILEGE,
                         "refusing to listen for Kafka clients on %s: they are not asked for a password, and anybody there could come in",
                         address.text);
    TRY(address_listen(&address, false, false, &fd, err));
    read_endpoint((struct sockaddr *)&address.socket, address.size, &s->endpoint);
    snprintf(bound, 80, "%s", address.text);
    struct loop_handler handler = {.context = s, .thread_name = "kafka", .frame_limit = FRAME_LIMIT, .output_limit = OUTPUT_LIMIT,
                                   .idle_timeout_ms = IDLE_TIMEOUT_MS,
                                   .connection_limit = settings_get_integer(engine_settings(s->engine), "max_connections"),
                                   .opened = on_opened, .frame = on_frame, .closed = on_closed, .turn = on_turn, .report = on_report};
    return loop_start(&handler, fd, &s->loop, err);
}

enum status kafka_server_open(struct engine *e, const char *address, char bound[80], struct kafka_server **out, struct error *err)
{
    struct kafka_server *s = memory_alloc_zero(1, sizeof *s);
    s->engine = e;
    s->waiting_last = &s->waiting_first;
    s->arena = arena_create();
    s->watches = watch_table_create();
    enum status st = engine_log(e, &s->log, err);
    if (st == STATUS_OK) {
        read_settings(s);
        make_cluster_id(s);
        st = listen_and_start(s, address, bound, err);
    }
    if (st != STATUS_OK) {
        kafka_server_close(s);
        return st;
    }
    log_add_listener(s->log, on_log, s);
    *out = s;
    return STATUS_OK;
}

void kafka_server_close(struct kafka_server *s)
{
    if (s == NULL)
        return;
    if (s->loop != NULL)
        log_remove_listener(s->log, on_log, s);
    loop_stop(s->loop);
    kafka_server_clear_answers(s);
    watch_table_destroy(s->watches);
    arena_destroy(s->arena);
    free(s);
}
