/* kafka_fuzz.c - any bytes as one Kafka request, on an engine of its own: read within bounds, answered or refused. */
#include <assert.h>
#include <stdlib.h>

#include "server/kafka/api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct kafka_server server;

static void close_server(void)
{
    arena_destroy(server.arena);
    engine_close(server.engine);
}

/* One topic is there, and none is made: the input decides what is asked, not how full the disk gets. */
static void open_server(void)
{
    struct error err = {0};
    struct topic *topic;
    struct settings *settings = settings_create(NULL);
    struct engine_options options = {.os = os_real(), .settings = settings};
    struct topic_options t = {.partition_count = 2, .fsync = LOG_FSYNC_NEVER, .retention_ms = -1, .retention_size = -1, .max_message_size = 1};
    bool is_good = engine_open(&options, &server.engine, &err) == STATUS_OK && engine_log(server.engine, &server.log, &err) == STATUS_OK &&
                   log_create_topic(server.log, "t", &t, &topic, &err) == STATUS_OK;
    assert(is_good);
    (void)is_good;
    server.arena = arena_create();
    atexit(close_server);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct buffer frame, out;
    struct error err = {0};
    if (server.engine == NULL)
        open_server();
    buffer_reset(&frame);
    buffer_reset(&out);
    buffer_put(&frame, data, size);
    arena_reset(server.arena);
    struct request q = {.server = &server, .arena = server.arena, .out = &out, .endpoint = {.host = "127.0.0.1", .port = 9092}};
    reader_init(&q.in, buffer_bytes(&frame));
    enum status st = request_read_header(&q, &err);
    q.may_block = st == STATUS_OK && q.api->key != 19; /* CreateTopics would fill the disk: test/wire sends it bad bytes */
    if (st == STATUS_OK)
        st = q.api->handler(&q, &err);
    assert(st == STATUS_OK || err.message[0] != '\0');
    return 0;
}
