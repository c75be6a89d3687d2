/* log_source_test.c - a real log in a temporary folder, read as a table by several readers at once. */
#include "connect_fixture.h"

#include "connect/log_source.h"
#include "os/thread.h"

enum { PARTITIONS = 3, BATCHES = 200, RECORDS = 50, READERS = 4 };

struct fixture {
    struct os *os;
    char folder[64];
    struct log *log;
    struct topic *topic;
    struct relation *table;
};

static void ignore_report(void *context, const char *line)
{
    (void)context;
    (void)line;
}

static void fixture_open_log(struct fixture *f)
{
    struct error err = {0};
    f->os = os_real();
    strcpy(f->folder, "/tmp/leat-connect-XXXXXX");
    assert_ok(os_make_temporary(f->os, f->folder, &err));
    const struct log_options options_of_log = {.segment_size = 1 << 20};
    assert_ok(log_open(f->os, f->folder, &options_of_log, ignore_report, NULL, &f->log, &err));
    struct topic_options options = {.partition_count = PARTITIONS, .retention_ms = -1, .retention_size = -1, .fsync = LOG_FSYNC_NEVER};
    assert_ok(log_create_topic(f->log, "t", &options, &f->topic, &err));
    f->table = fixture_table("t", "id bigint, name text", 0, "");
}

static void fixture_close_log(struct fixture *f)
{
    struct error err = {0};
    relation_unref(f->table);
    log_close(f->log);
    assert_ok(os_remove_tree(f->os, f->folder, &err));
}

/* Every tenth record does not fit. Ids are partition * 1000000 + offset. */
static void fill(struct fixture *f)
{
    struct error err = {0};
    struct record_batch_builder builder = {0};
    for (int p = 0; p < PARTITIONS; p++)
        for (int b = 0; b < BATCHES; b++) {
            struct buffer bytes = {0}, value = {0};
            for (int i = 0; i < RECORDS; i++) {
                buffer_reset(&value);
                int offset = b * RECORDS + i;
                if (offset % 10 == 9)
                    buffer_put_text(&value, "{\"id\":");
                else
                    buffer_printf(&value, "{\"id\":%d,\"name\":\"%0*d\"}", p * 1000000 + offset, b == 7 ? 40000 : 20, offset);
                record_batch_builder_add(&builder, 0, (struct bytes){NULL, 0}, buffer_bytes(&value));
            }
            assert_ok(record_batch_builder_finish(&builder, b % 2 == 0 ? COMPRESSION_NONE : COMPRESSION_ZSTD, &bytes, &err));
            struct append_result result;
            struct topic *t = f->topic;
            enum status st = partition_append(topic_partition(t, p), bytes.data, bytes.size, 0, &result, NULL, &err);
            if (st == STATUS_LIMIT_EXCEEDED) /* the large one: as a group, which has no limit */
            {
                int64_t offset;
                struct log_group *g = log_group_begin(f->log);
                assert_ok(log_group_append(g, topic_partition(t, p), bytes.data, bytes.size, &offset, &err));
                st = log_group_commit(g, &err);
            }
            assert_ok(st);
            buffer_clear(&bytes);
            buffer_clear(&value);
        }
    record_batch_builder_clear(&builder);
}

struct worker {
    struct source *source;
    struct thread thread;
    int64_t rows, sum;
    bool failed;
};

static void worker_body(void *argument)
{
    struct worker *w = argument;
    struct source_reader *reader;
    struct error err = {0};
    w->failed = w->source->type->open_reader(w->source, &reader, &err) != STATUS_OK;
    for (bool end = false; !w->failed && !end;) {
        struct batch batch;
        w->failed = w->source->type->read(reader, &batch, &end, &err) != STATUS_OK;
        for (uint32_t i = 0; !w->failed && !end && i < batch.row_count; i++) {
            w->rows++;
            w->sum += VECTOR_I64(&batch.columns[1])[i];
        }
    }
    w->source->type->close_reader(reader);
}

static void test_readers(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    fixture_open_log(&f);
    fill(&f);
    const uint32_t columns[] = {HIDDEN_BASE + HIDDEN_PARTITION, 0};
    /* partition 0 in part, 1 not at all, 2 as a whole */
    const struct offset_range ranges[PARTITIONS] = {{33, 5017}, {10, 10}, {0, BATCHES * RECORDS}};
    struct source *source;
    assert_ok(log_source_create(f.table, columns, 2, f.topic, ranges, &source, &err));
    assert_int_equal(source->estimated_rows, 5017 - 33 + BATCHES * RECORDS);
    int64_t rows = 0, sum = 0;
    struct worker workers[READERS];
    for (int i = 0; i < READERS; i++) {
        workers[i] = (struct worker){.source = source};
        assert_ok(thread_start(&workers[i].thread, "reader", 0, worker_body, &workers[i], &err));
    }
    for (int i = 0; i < READERS; i++) {
        thread_join(&workers[i].thread);
        assert_false(workers[i].failed);
        rows += workers[i].rows;
        sum += workers[i].sum;
    }
    int64_t expected_rows = 0, expected_sum = 0;
    for (int p = 0; p < PARTITIONS; p++)
        for (int64_t offset = ranges[p].from; offset < ranges[p].to; offset++)
            if (offset % 10 != 9) {
                expected_rows++;
                expected_sum += p * 1000000 + offset;
            }
    assert_int_equal(rows, expected_rows);
    assert_int_equal(sum, expected_sum);
    assert_int_equal(source->progress.rows, expected_rows);
    assert_true(source->progress.bytes > 0 && source->progress.bytes <= source->progress.total_bytes);
    source->type->destroy(source);
    fixture_close_log(&f);
}

static void test_empty(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    fixture_open_log(&f);
    const struct offset_range ranges[PARTITIONS] = {{0, 0}};
    struct source *source;
    struct source_reader *reader;
    struct batch batch;
    bool end;
    assert_ok(log_source_create(f.table, NULL, 0, f.topic, ranges, &source, &err));
    assert_ok(source->type->open_reader(source, &reader, &err));
    assert_ok(source->type->read(reader, &batch, &end, &err));
    assert_true(end && batch.row_count == 0);
    source->type->close_reader(reader);
    source->type->destroy(source);
    fixture_close_log(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_readers), cmocka_unit_test(test_empty)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
