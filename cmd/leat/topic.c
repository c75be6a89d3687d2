/* topic.c - `leat topic list|create|produce|consume`, on a data folder or on any Kafka. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "connect/kafka_client.h"
#include "log/partitioner.h"
#include "os/clock.h"
#include "run.h"

struct topic_work {
    struct options *options;
    struct engine *engine;       /* of --data */
    struct log *log;
    struct kafka_client *client; /* of --brokers */
    int64_t count;
};

static volatile bool stopped; /* by a signal, which also ends a read that waits */

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
    int32_t partitions = (int32_t)w->options->partitions;
    if (w->client != NULL)
        return kafka_client_create(w->client, topic, partitions, err);
    struct topic_options options = {.partition_count = partitions, .retention_ms = INT64_C(604800000), .retention_size = -1};
    struct topic *made;
    return log_create_topic(w->log, topic, &options, &made, err);
}

/* ---- produce: one record a line; lines that can be read at once are one record batch ---- */

enum { READ_SIZE = 64 * 1024, BATCH_SIZE = 256 * 1024 };

struct line_reader {
    struct buffer bytes;
    size_t position; /* of the first line not taken */
    size_t searched; /* no line ends between position and here */
    bool at_end;
};

/* The next of the lines that are here, without its line feed, valid until line_reader_fill. */
static bool line_reader_next(struct line_reader *r, struct bytes *line)
{
    if (r->position == r->bytes.size)
        return false;
    const uint8_t *begin = r->bytes.data + r->position;
    const uint8_t *end = memchr(r->bytes.data + r->searched, '\n', r->bytes.size - r->searched);
    r->searched = r->bytes.size;
    if (end == NULL && !r->at_end)
        return false;
    *line = (struct bytes){begin, end != NULL ? (size_t)(end - begin) : r->bytes.size - r->position};
    r->position += line->size + (end != NULL);
    r->searched = r->position;
    return true;
}

/* Waits for more. A signal is the end. */
static enum status line_reader_fill(struct line_reader *r, struct error *err)
{
    if (r->position > 0)
        memmove(r->bytes.data, r->bytes.data + r->position, r->bytes.size - r->position);
    r->bytes.size -= r->position;
    r->searched -= r->position;
    r->position = 0;
    ssize_t got = read(STDIN_FILENO, buffer_reserve(&r->bytes, READ_SIZE), READ_SIZE);
    if (got < 0 && errno != EINTR)
        return error_set(err, STATUS_IO_ERROR, "cannot read standard input: %s", strerror(errno));
    buffer_advance(&r->bytes, got > 0 ? (size_t)got : 0);
    r->at_end = got == 0;
    return STATUS_OK;
}

struct producer {
    struct topic_work *work;
    const char *name;
    struct bytes key;
    struct topic *topic;                 /* of --data */
    struct record_batch_builder builder; /* of the partition whose turn it is, or the key's */
    int32_t partition;
    log_ticket ticket;
};

/* Appends the batch that has come together. Without a key the next one goes to the next partition. */
static enum status producer_send(struct producer *p, struct error *err)
{
    if (p->builder.record_count == 0)
        return STATUS_OK;
    struct buffer bytes = {0};
    struct append_result result = {0};
    enum status st = record_batch_builder_finish(&p->builder, COMPRESSION_NONE, &bytes, err);
    if (st == STATUS_OK)
        st = partition_append(topic_partition(p->topic, p->partition), bytes.data, bytes.size, APPEND_FROM_CLIENT, &result, NULL, err);
    p->ticket = result.ticket > p->ticket ? result.ticket : p->ticket;
    if (p->key.data == NULL)
        p->partition = (p->partition + 1) % topic_get_options(p->topic)->partition_count;
    buffer_clear(&bytes);
    return st;
}

static enum status producer_put(struct producer *p, struct bytes value, struct error *err)
{
    if (p->work->client != NULL)
        return kafka_client_produce(p->work->client, p->name, p->key, value, err);
    record_batch_builder_add(&p->builder, clock_realtime_us() / 1000, p->key, value);
    return p->builder.records.size >= BATCH_SIZE ? producer_send(p, err) : STATUS_OK;
}

static enum status produce_lines(struct producer *p, struct line_reader *lines, struct error *err)
{
    struct bytes line;
    while (!stopped) {
        while (line_reader_next(lines, &line)) {
            TRY(producer_put(p, line, err));
            p->work->count++;
        }
        TRY(producer_send(p, err));
        if (lines->at_end)
            break;
        TRY(line_reader_fill(lines, err));
    }
    if (p->work->client != NULL)
        return kafka_client_flush(p->work->client, err);
    return p->ticket == 0 ? STATUS_OK : log_wait(p->work->log, p->ticket, err);
}

static enum status produce(struct topic_work *w, const char *name, struct error *err)
{
    struct producer p = {.work = w, .name = name};
    struct line_reader lines = {0};
    if (w->options->key != NULL)
        p.key = bytes_from_text(w->options->key);
    if (w->client == NULL) {
        p.topic = log_find_topic(w->log, name);
        if (p.topic == NULL)
            return error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" does not exist", name);
        if (p.key.data != NULL)
            p.partition = partition_by_murmur2(p.key, topic_get_options(p.topic)->partition_count);
    }
    enum status st = produce_lines(&p, &lines, err);
    record_batch_builder_clear(&p.builder);
    buffer_clear(&lines.bytes);
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
    return ++w->count != w->options->count;
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
                struct bytes batch;
                int64_t from = offset;
                st = record_batch_take(&left, &batch, &offset, err);
                if (st == STATUS_OK)
                    st = consume_batch(w, batch, p, from, &scratch, &more, err);
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
        if (o->argument_count != (VERBS[i].needs_topic ? 2 : 1) || (o->brokers == NULL && o->data == NULL))
            break;
        struct sigaction action = {.sa_handler = on_signal};
        sigaction(SIGINT, &action, NULL);
        sigaction(SIGTERM, &action, NULL);
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
