/* record_encoder_test.c - rows to records: formats, envelopes, keys; and that the decoder reads them back. */
#include <stdio.h>

#include "connect_fixture.h"

#include "connect/record_encoder.h"
#include "connect/table_decoder.h"
#include "log/partitioner.h"

struct fixture {
    struct relation *table;
    struct record_encoder *encoder;
    struct record_batch_builder builders[4];
    struct arena *arena;
};

static enum status make(struct fixture *f, struct relation *table, struct record_encoder_options options, struct error *err)
{
    *f = (struct fixture){.table = table, .arena = arena_create()};
    options.key_count = options.key_count == 0 ? table->primary_key_count : options.key_count;
    options.key = options.key == NULL ? table->primary_key : options.key;
    if (options.partition_count == 0)
        options.partition_count = 1;
    return record_encoder_create(&table->schema, &options, &f->encoder, err);
}

static void destroy(struct fixture *f)
{
    record_encoder_destroy(f->encoder);
    for (int i = 0; i < 4; i++)
        record_batch_builder_clear(&f->builders[i]);
    arena_destroy(f->arena);
    relation_unref(f->table);
}

/* Puts rows of text; weights NULL: all +1. */
static enum status put(struct fixture *f, const char *rows, const int64_t *weights, struct error *err)
{
    struct batch batch;
    batch_from_text(&f->table->schema, rows, f->arena, &batch);
    batch.weights = weights;
    return record_encoder_put(f->encoder, &batch, 5000, 7, 2, f->builders, err);
}

/* The records of a partition: key=value, ~ for null. */
static char *records_of(struct fixture *f, int partition)
{
    struct buffer bytes = {0}, scratch = {0}, text = {0};
    struct error err = {0};
    struct record_iterator it;
    if (f->builders[partition].record_count == 0)
        return strdup("");
    assert_ok(record_batch_builder_finish(&f->builders[partition], COMPRESSION_NONE, &bytes, &err));
    assert_ok(record_iterator_open(&it, buffer_bytes(&bytes), &scratch, &err));
    for (;;) {
        struct record r;
        bool done;
        assert_ok(record_iterator_next(&it, &r, &done, &err));
        if (done)
            break;
        assert_int_equal(r.timestamp, 5000);
        buffer_printf(&text, "%.*s=%.*s\n", r.key.data == NULL ? 1 : (int)r.key.size, r.key.data == NULL ? "~" : (const char *)r.key.data,
                      r.value.data == NULL ? 1 : (int)r.value.size, r.value.data == NULL ? "~" : (const char *)r.value.data);
    }
    char *copy = strdup(buffer_text(&text));
    buffer_clear(&bytes);
    buffer_clear(&scratch);
    buffer_clear(&text);
    return copy;
}

static void expect(struct fixture *f, int partition, const char *expected)
{
    char *text = records_of(f, partition);
    assert_string_equal(text, expected);
    free(text);
}

static void test_append(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    assert_ok(make(&f, fixture_table("t", "id bigint, name text, n numeric(12,2)", 0, ""), (struct record_encoder_options){.partition_count = 4}, &err));
    const int64_t weights[] = {1, 3, 1};
    assert_ok(put(&f, "1|a|1.50\n2|~|~\n3|a \"quoted\" text|0\n", weights, &err));
    expect(&f, 2,
           "~={\"id\":1,\"name\":\"a\",\"n\":1.50}\n~={\"id\":2,\"name\":null,\"n\":null}\n~={\"id\":2,\"name\":null,\"n\":null}\n"
           "~={\"id\":2,\"name\":null,\"n\":null}\n~={\"id\":3,\"name\":\"a \\\"quoted\\\" text\",\"n\":0.00}\n");
    expect(&f, 0, "");
    destroy(&f);
}

static void test_formats(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    assert_ok(make(&f, fixture_table("t", "id bigint, name text", 0, ""), (struct record_encoder_options){.format = RECORD_CSV, .partition_count = 4}, &err));
    assert_ok(put(&f, "1|a,b\n2|~\n3|\n", NULL, &err));
    expect(&f, 2, "~=1,\"a,b\"\n~=2,\n~=3,\"\"\n");
    destroy(&f);
    assert_ok(make(&f, fixture_table("t", "d date", 0, ""), (struct record_encoder_options){.format = RECORD_TEXT, .partition_count = 4}, &err));
    assert_ok(put(&f, "2024-01-15\n", NULL, &err));
    assert_status(put(&f, "~\n", NULL, &err), STATUS_NULL_NOT_ALLOWED);
    expect(&f, 2, "~=2024-01-15\n");
    destroy(&f);
    assert_ok(make(&f, fixture_table("t", "key bytea, value bytea", 0, ""), (struct record_encoder_options){.format = RECORD_RAW, .partition_count = 4}, &err));
    assert_ok(put(&f, "~|x\n~|\n", NULL, &err));
    expect(&f, 2, "~=x\n~=\n");
    assert_ok(put(&f, "k|~\n", NULL, &err));
    expect(&f, partition_by_murmur2(bytes_from_text("k"), 4), "k=~\n");
    destroy(&f);
}

static void test_changes(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    const int64_t weights[] = {1, -2};
    const uint32_t key[] = {0};
    struct record_encoder_options options = {.envelope = ENVELOPE_CHANGES, .key = key, .key_count = 1, .key_format = RECORD_TEXT};
    assert_ok(make(&f, fixture_table("t", "id bigint, name text", 0, ""), options, &err));
    assert_ok(put(&f, "1|a\n2|b\n", weights, &err));
    expect(&f, 0,
           "1={\"leat_epoch\":7,\"leat_diff\":1,\"id\":1,\"name\":\"a\"}\n2={\"leat_epoch\":7,\"leat_diff\":-1,\"id\":2,\"name\":\"b\"}\n"
           "2={\"leat_epoch\":7,\"leat_diff\":-1,\"id\":2,\"name\":\"b\"}\n");
    destroy(&f);
    options.partition_count = 4;
    assert_ok(make(&f, fixture_table("t", "id bigint, name text", 0, ""), options, &err));
    assert_ok(put(&f, "~|a\n~|b\n", NULL, &err)); /* of no key, but in order with their retractions */
    expect(&f, 0, "~={\"leat_epoch\":7,\"leat_diff\":1,\"id\":null,\"name\":\"a\"}\n~={\"leat_epoch\":7,\"leat_diff\":1,\"id\":null,\"name\":\"b\"}\n");
    destroy(&f);
    options.partition_count = 1;
    options.format = RECORD_CSV;
    assert_ok(make(&f, fixture_table("t", "id bigint, name text", 0, ""), options, &err));
    assert_ok(put(&f, "1|a\n", weights, &err));
    expect(&f, 0, "1=7,1,1,a\n");
    destroy(&f);
    options.format = RECORD_RAW;
    assert_status(make(&f, fixture_table("t", "id bigint, name text", 0, ""), options, &err), STATUS_INVALID_PARAMETER);
    destroy(&f);
}

static void test_upsert(void **state)
{
    (void)state;
    struct fixture f;
    struct error err = {0};
    struct record_encoder_options options = {.envelope = ENVELOPE_UPSERT, .key_format = RECORD_TEXT};
    assert_ok(make(&f, fixture_table("t", "id bigint!, name text", 1, ""), options, &err));
    const int64_t first[] = {1, -1, -1, 1}, second[] = {1, -1, 1, 1};
    assert_ok(put(&f, "1|new\n1|old\n2|gone\n3|x\n", first, &err));
    assert_ok(put(&f, "4|late and longer\n4|old\n3|y\n5|z\n", second, &err));
    expect(&f, 0, "");
    assert_ok(record_encoder_finish(f.encoder, 5000, f.builders, &err));
    expect(&f, 0,
           "1={\"id\":1,\"name\":\"new\"}\n2=~\n3={\"id\":3,\"name\":\"y\"}\n4={\"id\":4,\"name\":\"late and longer\"}\n5={\"id\":5,\"name\":\"z\"}\n");
    assert_ok(put(&f, "1|again\n", NULL, &err)); /* the next epoch knows nothing of the last */
    assert_ok(record_encoder_finish(f.encoder, 5000, f.builders, &err));
    expect(&f, 0, "1={\"id\":1,\"name\":\"again\"}\n");
    assert_status(put(&f, "~|x\n", NULL, &err), STATUS_NULL_NOT_ALLOWED);
    assert_string_equal(err.message, "null value in key column \"id\"");
    destroy(&f);
}

static void test_keys(void **state)
{
    (void)state;
    static const struct {
        enum record_format format;
        const char *expected;
    } FORMATS[] = {{RECORD_TEXT, "[1,\"x\"]=~\n"}, {RECORD_JSON, "{\"a\":1,\"b\":\"x\"}=~\n"}};
    for (size_t i = 0; i < 2; i++) {
        struct fixture f;
        struct error err = {0};
        const int64_t weights[] = {-1};
        struct record_encoder_options options = {.envelope = ENVELOPE_UPSERT, .key_format = FORMATS[i].format};
        assert_ok(make(&f, fixture_table("t", "a bigint!, b text!, c text", 2, ""), options, &err));
        assert_ok(put(&f, "1|x|y\n", weights, &err));
        assert_ok(record_encoder_finish(f.encoder, 5000, f.builders, &err));
        expect(&f, 0, FORMATS[i].expected);
        destroy(&f);
    }
}

/* Thousands of keys over several partitions, updated again and again: what the decoder reads is the last of each. */
static void test_round_trip(void **state)
{
    (void)state;
    enum { KEYS = 5000 };
    static const char *const KEY_FORMATS[] = {"json", "csv", "text", "raw", "int64"};
    for (unsigned k = 0; k < 5; k++) {
        if (k == RECORD_CSV || k == RECORD_RAW)
            continue;
        struct fixture f;
        struct error err = {0};
        char options_text[64];
        snprintf(options_text, sizeof options_text, "partitions=4;key_format=%s;partitioner=%s", KEY_FORMATS[k], k % 2 == 0 ? "murmur2" : "crc32");
        struct record_encoder_options options = {.envelope = ENVELOPE_UPSERT, .key_format = (enum record_format)k, .partition_count = 4, .crc32 = k % 2 != 0};
        assert_ok(make(&f, fixture_table("t", "id bigint!, name text", 1, options_text), options, &err));
        struct buffer text = {0};
        for (int round = 0; round < 3; round++)
            for (int i = 0; i < KEYS; i += 500) {
                buffer_reset(&text);
                for (int j = i; j < i + 500; j++)
                    buffer_printf(&text, "%d|%d-%.*s\n", j - 100, round, j % 40, "a name that becomes long, longer, longest");
                assert_ok(put(&f, buffer_text(&text), NULL, &err));
            }
        assert_ok(record_encoder_finish(f.encoder, 5000, f.builders, &err));
        struct table_decoder *d;
        const uint32_t columns[] = {0, 1};
        uint32_t rows = 0;
        assert_ok(table_decoder_create(f.table, columns, 2, &d, &err));
        for (int p = 0; p < 4; p++) {
            struct buffer bytes = {0};
            assert_ok(record_batch_builder_finish(&f.builders[p], COMPRESSION_LZ4_FRAME, &bytes, &err));
            assert_ok(table_decoder_open(d, buffer_bytes(&bytes), p, 0, INT64_MAX, &err));
            for (bool done = false; !done;) {
                struct batch batch;
                uint8_t deletions[BATCH_ROWS_MAX];
                assert_ok(table_decoder_next(d, f.arena, &batch, deletions, &done, &err));
                rows += batch.row_count;
                for (uint32_t i = 0; i < batch.row_count; i++)
                    assert_int_equal(string_data(&VECTOR_STRING(&batch.columns[1])[i])[0], '2');
            }
            buffer_clear(&bytes);
        }
        assert_int_equal(rows, KEYS);
        table_decoder_destroy(d);
        buffer_clear(&text);
        destroy(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_append), cmocka_unit_test(test_formats), cmocka_unit_test(test_changes),
                                       cmocka_unit_test(test_upsert), cmocka_unit_test(test_keys),    cmocka_unit_test(test_round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
