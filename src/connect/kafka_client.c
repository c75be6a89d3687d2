/* kafka_client.c - librdkafka behind one file; linking it would cost every start. */
#include "connect/kafka_client.h"

#include <dlfcn.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/memory.h"

enum { TIMEOUT_MS = 10000, FLUSH_TIMEOUT_MS = 60000 };

/* X(name): the functions that are used, each kept as a pointer of its own type. */
#define FUNCTIONS(X)                                                                                                              \
    X(rd_kafka_conf_new) X(rd_kafka_conf_set) X(rd_kafka_conf_destroy) X(rd_kafka_conf_set_dr_msg_cb) X(rd_kafka_new) X(rd_kafka_destroy)   \
    X(rd_kafka_metadata) X(rd_kafka_metadata_destroy) X(rd_kafka_err2str) X(rd_kafka_last_error) X(rd_kafka_NewTopic_new)          \
    X(rd_kafka_NewTopic_destroy) X(rd_kafka_CreateTopics) X(rd_kafka_queue_new) X(rd_kafka_queue_destroy) X(rd_kafka_queue_poll)   \
    X(rd_kafka_event_CreateTopics_result) X(rd_kafka_CreateTopics_result_topics) X(rd_kafka_topic_result_error)                    \
    X(rd_kafka_topic_result_error_string) X(rd_kafka_event_destroy) X(rd_kafka_event_error) X(rd_kafka_event_error_string)         \
    X(rd_kafka_topic_new) X(rd_kafka_topic_destroy) X(rd_kafka_produce) X(rd_kafka_poll) X(rd_kafka_flush)                         \
    X(rd_kafka_consume_start_queue) X(rd_kafka_consume_stop) X(rd_kafka_consume_queue) X(rd_kafka_message_destroy)                 \
    X(rd_kafka_conf_set_opaque) X(rd_kafka_outq_len) X(rd_kafka_topic_conf_new) X(rd_kafka_conf_set_log_cb)

static struct {
#define X(name) __typeof__(&name) name;
    FUNCTIONS(X)
#undef X
    bool loaded;
} rk;

static void load(void)
{
    void *library = dlopen("librdkafka.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    rk.loaded = true;
#define X(name)                                       \
    *(void **)&rk.name = dlsym(library, #name);       \
    rk.loaded = rk.loaded && rk.name != NULL;
    FUNCTIONS(X)
#undef X
}

struct kafka_client {
    char *brokers;
    rd_kafka_t *producer;
    rd_kafka_t *consumer;
    char *topic_name;          /* of the open topic handle */
    rd_kafka_topic_t *topic;
    rd_kafka_resp_err_t delivery_error; /* the first */
};

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_client *c = opaque;
    (void)handle;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && c->delivery_error == RD_KAFKA_RESP_ERR_NO_ERROR)
        c->delivery_error = message->err;
}

static void drop_log(const rd_kafka_t *handle, int level, const char *facility, const char *text)
{
    (void)handle, (void)level, (void)facility, (void)text; /* errors come back as statuses */
}

static enum status failed(struct kafka_client *c, const char *what, const char *reason, struct error *err)
{
    return error_set(err, STATUS_CONNECTION_FAILURE, "%s at %s: %s", what, c->brokers, reason);
}

static enum status open_handle(struct kafka_client *c, rd_kafka_type_t type, rd_kafka_t **out, struct error *err)
{
    char reason[512];
    if (*out != NULL)
        return STATUS_OK;
    rd_kafka_conf_t *conf = rk.rd_kafka_conf_new();
    rk.rd_kafka_conf_set_opaque(conf, c);
    rk.rd_kafka_conf_set_log_cb(conf, drop_log);
    bool ok = rk.rd_kafka_conf_set(conf, "bootstrap.servers", c->brokers, reason, sizeof reason) == RD_KAFKA_CONF_OK;
    if (type == RD_KAFKA_PRODUCER) {
        rk.rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
        ok = ok && rk.rd_kafka_conf_set(conf, "enable.idempotence", "true", reason, sizeof reason) == RD_KAFKA_CONF_OK;
    }
    if (ok)
        *out = rk.rd_kafka_new(type, conf, reason, sizeof reason); /* owns conf from here */
    if (*out != NULL)
        return STATUS_OK;
    rk.rd_kafka_conf_destroy(conf);
    return failed(c, "cannot make a client", reason, err);
}

enum status kafka_client_open(const char *brokers, struct kafka_client **out, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    if (!rk.loaded) {
        error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "Kafka clusters need librdkafka, and librdkafka.so.1 cannot be loaded");
        error_hint(err, "Install the package librdkafka1.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    struct kafka_client *c = memory_alloc_zero(1, sizeof *c);
    c->brokers = memory_copy_text(brokers);
    *out = c;
    return STATUS_OK;
}

void kafka_client_close(struct kafka_client *c)
{
    if (c == NULL)
        return;
    if (c->topic != NULL)
        rk.rd_kafka_topic_destroy(c->topic);
    if (c->producer != NULL)
        rk.rd_kafka_destroy(c->producer);
    if (c->consumer != NULL)
        rk.rd_kafka_destroy(c->consumer);
    free(c->topic_name);
    free(c->brokers);
    free(c);
}

static enum status get_metadata(struct kafka_client *c, rd_kafka_t *handle, rd_kafka_topic_t *topic, const struct rd_kafka_metadata **out,
                                struct error *err)
{
    rd_kafka_resp_err_t code = rk.rd_kafka_metadata(handle, topic == NULL, topic, out, TIMEOUT_MS);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? STATUS_OK : failed(c, "cannot list topics", rk.rd_kafka_err2str(code), err);
}

enum status kafka_client_list(struct kafka_client *c, void (*visit)(void *context, const char *topic, int32_t partition_count), void *context,
                              struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    TRY(open_handle(c, RD_KAFKA_PRODUCER, &c->producer, err));
    TRY(get_metadata(c, c->producer, NULL, &metadata, err));
    for (int i = 0; i < metadata->topic_cnt; i++)
        visit(context, metadata->topics[i].topic, metadata->topics[i].partition_cnt);
    rk.rd_kafka_metadata_destroy(metadata);
    return STATUS_OK;
}

static enum status read_created(struct kafka_client *c, rd_kafka_event_t *event, const char *topic, struct error *err)
{
    if (event == NULL)
        return failed(c, "cannot create a topic", "timed out", err);
    if (rk.rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR)
        return failed(c, "cannot create a topic", rk.rd_kafka_event_error_string(event), err);
    size_t count = 0;
    const rd_kafka_CreateTopics_result_t *result = rk.rd_kafka_event_CreateTopics_result(event);
    const rd_kafka_topic_result_t **topics = rk.rd_kafka_CreateTopics_result_topics(result, &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rk.rd_kafka_topic_result_error(topics[i]);
        const char *text = rk.rd_kafka_topic_result_error_string(topics[i]);
        if (code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
            return error_set(err, STATUS_DUPLICATE_TABLE, "topic \"%s\" already exists", topic);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
            return failed(c, "cannot create a topic", text != NULL ? text : rk.rd_kafka_err2str(code), err);
    }
    return STATUS_OK;
}

enum status kafka_client_create(struct kafka_client *c, const char *topic, int32_t partition_count, struct error *err)
{
    char reason[512];
    TRY(open_handle(c, RD_KAFKA_PRODUCER, &c->producer, err));
    rd_kafka_NewTopic_t *topics[1] = {rk.rd_kafka_NewTopic_new(topic, partition_count, -1, reason, sizeof reason)};
    if (topics[0] == NULL)
        return error_set(err, STATUS_INVALID_NAME, "topic \"%s\": %s", topic, reason);
    rd_kafka_queue_t *queue = rk.rd_kafka_queue_new(c->producer);
    rk.rd_kafka_CreateTopics(c->producer, topics, 1, NULL, queue);
    rd_kafka_event_t *event = rk.rd_kafka_queue_poll(queue, TIMEOUT_MS);
    enum status st = read_created(c, event, topic, err);
    if (event != NULL)
        rk.rd_kafka_event_destroy(event);
    rk.rd_kafka_queue_destroy(queue);
    rk.rd_kafka_NewTopic_destroy(topics[0]);
    return st;
}

static void open_topic(struct kafka_client *c, rd_kafka_t *handle, const char *topic)
{
    if (c->topic != NULL && strcmp(c->topic_name, topic) == 0)
        return;
    if (c->topic != NULL)
        rk.rd_kafka_topic_destroy(c->topic);
    free(c->topic_name);
    c->topic_name = memory_copy_text(topic);
    c->topic = rk.rd_kafka_topic_new(handle, topic, NULL);
}

enum status kafka_client_produce(struct kafka_client *c, const char *topic, struct bytes key, struct bytes value, struct error *err)
{
    TRY(open_handle(c, RD_KAFKA_PRODUCER, &c->producer, err));
    open_topic(c, c->producer, topic);
    while (rk.rd_kafka_produce(c->topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.data, value.size, key.data,
                               key.size, NULL) != 0) {
        rd_kafka_resp_err_t code = rk.rd_kafka_last_error();
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return failed(c, "cannot produce", rk.rd_kafka_err2str(code), err);
        rk.rd_kafka_poll(c->producer, 100);
    }
    rk.rd_kafka_poll(c->producer, 0);
    return STATUS_OK;
}

enum status kafka_client_flush(struct kafka_client *c, struct error *err)
{
    if (c->producer == NULL)
        return STATUS_OK;
    rd_kafka_resp_err_t code = rk.rd_kafka_flush(c->producer, FLUSH_TIMEOUT_MS);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
        code = c->delivery_error;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? STATUS_OK : failed(c, "records were not acknowledged", rk.rd_kafka_err2str(code), err);
}

/* The number of partitions, or an error naming the topic. */
static enum status count_partitions(struct kafka_client *c, const char *topic, int32_t *out, struct error *err)
{
    const struct rd_kafka_metadata *metadata;
    TRY(get_metadata(c, c->consumer, c->topic, &metadata, err));
    *out = metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    rk.rd_kafka_metadata_destroy(metadata);
    return *out > 0 ? STATUS_OK : error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" does not exist at %s", topic, c->brokers);
}

enum status kafka_client_consume(struct kafka_client *c, const char *topic, bool from_beginning,
                                 bool (*visit)(void *context, const struct kafka_record *record), void *context, const volatile bool *stop,
                                 struct error *err)
{
    int32_t count = 0;
    TRY(open_handle(c, RD_KAFKA_CONSUMER, &c->consumer, err));
    open_topic(c, c->consumer, topic);
    TRY(count_partitions(c, topic, &count, err));
    rd_kafka_queue_t *queue = rk.rd_kafka_queue_new(c->consumer);
    int64_t from = from_beginning ? RD_KAFKA_OFFSET_BEGINNING : RD_KAFKA_OFFSET_END;
    for (int32_t p = 0; p < count; p++)
        rk.rd_kafka_consume_start_queue(c->topic, p, from, queue);
    enum status st = STATUS_OK;
    for (bool more = true; more && !*stop && st == STATUS_OK;) {
        rd_kafka_message_t *m = rk.rd_kafka_consume_queue(queue, 100);
        if (m == NULL)
            continue;
        if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            struct kafka_record record = {m->partition, m->offset, {m->key, m->key_len}, {m->payload, m->len}};
            more = visit(context, &record);
        } else if (m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF)
            st = failed(c, "cannot consume", rk.rd_kafka_err2str(m->err), err);
        rk.rd_kafka_message_destroy(m);
    }
    for (int32_t p = 0; p < count; p++)
        rk.rd_kafka_consume_stop(c->topic, p);
    rk.rd_kafka_queue_destroy(queue);
    return st;
}
