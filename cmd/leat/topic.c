/* topic.c - `leat topic list|create|produce|consume`, on a data folder or on any Kafka. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connect/kafka_client.h"
#include "os/clock.h"
#include "run.h"

struct topic_work {
    struct options *options;
    struct engine *engine;       /* of --data */
    struct log *log;
    struct kafka_client *client; /* of --brokers */
    int64_t limit;               /* of records to consume; -1: none */
    int64_t count;
};

static volatile bool stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = true;
}

/* ---- list ---- */

static void print_topic(void *context, const char *topic, int32_t partition_count)
{
    (void)context;
    printf("%s\t%d\n", topic, partition_count);
}

static enum status list(struct topic_work *w, const char *topic, struct error *err)
{
    (void)topic;
    if (w->client != NULL)
        return kafka_client_list(w->client, print_topic, NULL, err);
    struct arena *arena = arena_create();
    size_t count;
    struct topic **topics = log_topics(w->log, arena, &count);
    for (size_t i = 0; i < count; i++)
        if (!topic_get_options(topics[i])->internal && !topic_is_deleted(topics[i]))
            print_topic(NULL, topic_name(topics[i]), topic_get_options(topics[i])->partition_count);
    arena_destroy(arena);
    return STATUS_OK;
}

/* ---- create ---- */

static enum status create(struct topic_work *w, const char *topic, struct error *err)
{
    long partitions = w->options->partitions != NULL ? strtol(w->options->partitions, NULL, 10) : 1;
    if (partitions < 1 || partitions > 10000)
        return error_set(err, STATUS_INVALID_PARAMETER, "--partitions must be between 1 and 10000");
    if (w->client != NULL)
        return kafka_client_create(w->client, topic, (int32_t)partitions, err);
    struct topic_options options = {.partition_count = (int32_t)partitions, .retention_ms = INT64_C(604800000), .retention_size = -1};
    struct topic *made;
    return log_create_topic(w->log, topic, &options, &made, err);
}

/* ---- produce: one record a line ---- */

static enum status produce_here(struct topic_work *w, struct topic *topic, struct bytes key, struct bytes value, log_ticket *ticket,
                                struct record_batch_builder *builder, struct error *err)
{
    struct buffer bytes = {0};
    struct append_result result = {0};
    int32_t partition = (int32_t)(w->count % topic_get_options(topic)->partition_count);
    record_batch_builder_add(builder, clock_realtime_us() / 1000, key, value);
    enum status st = record_batch_builder_finish(builder, COMPRESSION_NONE, &bytes, err);
    if (st == STATUS_OK)
        st = partition_append(topic_partition(topic, partition), bytes.data, bytes.size, 0, &result, NULL, err);
    *ticket = result.ticket > *ticket ? result.ticket : *ticket;
    buffer_clear(&bytes);
    return st;
}

static enum status produce(struct topic_work *w, const char *name, struct error *err)
{
    struct record_batch_builder builder = {0};
    struct topic *topic = w->client != NULL ? NULL : log_find_topic(w->log, name);
    struct bytes key = w->options->key != NULL ? bytes_from_text(w->options->key) : (struct bytes){0};
    log_ticket ticket = 0;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    enum status st = STATUS_OK;
    if (w->client == NULL && topic == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" does not exist", name);
    while (st == STATUS_OK && !stopped && (size = getline(&line, &capacity, stdin)) > 0) {
        struct bytes value = {(const uint8_t *)line, (size_t)size - (line[size - 1] == '\n')};
        st = w->client != NULL ? kafka_client_produce(w->client, name, key, value, err)
                               : produce_here(w, topic, key, value, &ticket, &builder, err);
        w->count++;
    }
    free(line);
    record_batch_builder_clear(&builder);
    if (st == STATUS_OK)
        st = w->client != NULL ? kafka_client_flush(w->client, err) : ticket == 0 ? STATUS_OK : log_wait(w->log, ticket, err);
    if (st == STATUS_OK)
        fprintf(stderr, "%lld records\n", (long long)w->count);
    return st;
}

/* ---- consume ---- */

static bool print_record(void *context, const struct kafka_record *record)
{
    struct topic_work *w = context;
    fwrite(record->value.data, 1, record->value.size, stdout);
    fputc('\n', stdout);
    fflush(stdout);
    return ++w->count != w->limit;
}

static enum status consume_batch(struct topic_work *w, struct bytes batch, int32_t partition, int64_t from, struct buffer *scratch, bool *more,
                                 struct error *err)
{
    struct record_iterator it;
    TRY(record_iterator_open(&it, batch, scratch, err));
    for (bool done = false; *more;) {
        struct record r;
        TRY(record_iterator_next(&it, &r, &done, err));
        if (done)
            break;
        struct kafka_record record = {partition, r.offset, r.key, r.value};
        if (r.offset >= from)
            *more = print_record(w, &record);
    }
    return STATUS_OK;
}

/* What is there now, of every partition: nobody else writes while this process holds the folder. */
static enum status consume_here(struct topic_work *w, struct topic *topic, struct error *err)
{
    struct buffer bytes = {0}, scratch = {0};
    enum status st = STATUS_OK;
    bool more = true, from_end = w->options->from != NULL && strcmp(w->options->from, "end") == 0;
    for (int32_t p = 0; p < topic_get_options(topic)->partition_count && more && st == STATUS_OK; p++) {
        struct partition *partition = topic_partition(topic, p);
        int64_t end = partition_visible_end(partition), offset = from_end ? end : partition_start(partition);
        while (offset < end && more && st == STATUS_OK) {
            buffer_reset(&bytes);
            st = partition_read(partition, offset, end, 1 << 20, &bytes, err);
            for (struct bytes left = buffer_bytes(&bytes); left.size > 0 && more && st == STATUS_OK;) {
                struct record_batch_header header;
                st = record_batch_parse(left, false, &header, err);
                if (st != STATUS_OK)
                    break;
                size_t size = (size_t)header.size;
                st = consume_batch(w, (struct bytes){left.data, size}, p, offset, &scratch, &more, err);
                offset = header.base_offset + header.last_offset_delta + 1;
                left = (struct bytes){left.data + size, left.size - size};
            }
        }
    }
    buffer_clear(&bytes);
    buffer_clear(&scratch);
    return st;
}

static enum status consume(struct topic_work *w, const char *name, struct error *err)
{
    bool from_beginning = w->options->from == NULL || strcmp(w->options->from, "beginning") == 0;
    w->limit = w->options->count != NULL ? strtoll(w->options->count, NULL, 10) : -1;
    if (w->client != NULL)
        return kafka_client_consume(w->client, name, from_beginning, print_record, w, &stopped, err);
    struct topic *topic = log_find_topic(w->log, name);
    return topic != NULL ? consume_here(w, topic, err) : error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" does not exist", name);
}

static const struct {
    const char *name;
    bool needs_topic;
    enum status (*run)(struct topic_work *w, const char *topic, struct error *err);
} VERBS[] = {{"list", false, list}, {"create", true, create}, {"produce", true, produce}, {"consume", true, consume}};

static enum status open_target(struct topic_work *w, struct event_log *log, struct error *err)
{
    if (w->options->brokers != NULL)
        return kafka_client_open(w->options->brokers, &w->client, err);
    w->engine = open_engine(w->options, false, log);
    if (w->engine == NULL)
        exit(EXIT_WORK_FAILED); /* told already */
    return engine_log(w->engine, &w->log, err);
}

int run_topic(struct options *o)
{
    struct event_log log;
    struct topic_work w = {.options = o};
    struct error err = {0};
    const char *verb = o->argument_count > 0 ? o->arguments[0] : "", *topic = o->argument_count > 1 ? o->arguments[1] : NULL;
    event_log_init(&log, o, LEVEL_WARNING);
    for (size_t i = 0; i < sizeof VERBS / sizeof *VERBS; i++) {
        if (strcmp(VERBS[i].name, verb) != 0)
            continue;
        if ((VERBS[i].needs_topic && topic == NULL) || (o->brokers == NULL && o->data == NULL))
            break;
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        enum status st = open_target(&w, &log, &err);
        if (st == STATUS_OK)
            st = VERBS[i].run(&w, topic, &err);
        kafka_client_close(w.client);
        engine_close(w.engine);
        if (st != STATUS_OK)
            print_error("leat: ", NULL, &err);
        return st == STATUS_OK ? 0 : EXIT_WORK_FAILED;
    }
    fprintf(stderr, "leat: topic wants list, create, produce or consume, a topic, and --brokers or --data\nTry \"leat help topic\".\n");
    return EXIT_MISUSE;
}
