/* table_decoder_test.c - records to rows: formats, keys, defaults, and everything that must be rejected. */
#include "connect_fixture.h"

#include "connect/table_decoder.h"
#include "log/partitioner.h"

struct given {
    const char *key, *value; /* NULL: null */
};

struct result {
    struct buffer text;       /* of the rows */
    struct buffer rejections; /* these come behind */
    int rejected;
};

static void on_reject(void *context, const struct rejection *r)
{
    struct result *result = context;
    result->rejected++;
    buffer_printf(&result->rejections, "!%s @%lld %s [%.*s]\n", status_sqlstate(r->status), (long long)r->offset, r->reason, (int)r->raw.size,
                  r->raw.data == NULL ? "" : (const char *)r->raw.data);
}

static struct bytes bytes_or_null(const char *text)
{
    return text == NULL ? (struct bytes){NULL, 0} : bytes_from_text(text);
}

/* Decodes one batch, prints rows ("-" in front of deletions) and rejections. */
static char *decode_bytes(struct relation *r, struct bytes batch, const uint32_t *columns, uint32_t count, int32_t partition, int64_t from,
                          int64_t to)
{
    struct table_decoder *d;
    struct error err = {0};
    struct result result = {0};
    struct arena *arena = arena_create();
    assert_ok(table_decoder_create(r, columns, count, &d, &err));
    table_decoder_on_reject(d, on_reject, &result);
    assert_ok(table_decoder_open(d, batch, partition, from, to, &err));
    for (bool done = false; !done;) {
        struct batch rows;
        uint8_t deletions[BATCH_ROWS_MAX];
        arena_reset(arena);
        assert_ok(table_decoder_next(d, arena, &rows, deletions, &done, &err));
        for (uint32_t i = 0; i < rows.row_count; i++) {
            if (r->primary_key_count != 0 && deletions[i])
                buffer_put_u8(&result.text, '-');
            print_row(&rows, i, &result.text);
        }
    }
    table_decoder_destroy(d);
    arena_destroy(arena);
    buffer_put_bytes(&result.text, buffer_bytes(&result.rejections));
    char *text = strdup(buffer_text(&result.text));
    buffer_clear(&result.text);
    buffer_clear(&result.rejections);
    return text;
}

static char *decode_in(struct relation *r, int32_t partition, const struct given *records, size_t count)
{
    struct record_batch_builder builder = {0};
    struct buffer batch = {0};
    struct error err = {0};
    uint32_t columns[64];
    for (uint32_t i = 0; i < r->schema.column_count; i++)
        columns[i] = i;
    for (size_t i = 0; i < count; i++)
        record_batch_builder_add(&builder, 1000 + (int64_t)i, bytes_or_null(records[i].key), bytes_or_null(records[i].value));
    assert_ok(record_batch_builder_finish(&builder, COMPRESSION_ZSTD, &batch, &err));
    record_batch_assign(batch.data, 100, 0);
    uint8_t *exact = malloc(batch.size); /* so that the sanitizer sees a step too far */
    memcpy(exact, batch.data, batch.size);
    char *text = decode_bytes(r, (struct bytes){exact, batch.size}, columns, r->schema.column_count, partition, 0, INT64_MAX);
    free(exact);
    record_batch_builder_clear(&builder);
    buffer_clear(&batch);
    return text;
}

#define EXPECT(table, expected, ...)                                                                               \
    do {                                                                                                              \
        const struct given records[] = {__VA_ARGS__};                                                                 \
        struct relation *expected_relation = (table);                                                                 \
        char *text = decode_in(expected_relation, 0, records, sizeof records / sizeof *records);                      \
        assert_string_equal(text, expected);                                                                          \
        free(text);                                                                                                   \
        relation_unref(expected_relation);                                                                            \
    } while (0)

static void test_json(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "id bigint, name text, amount numeric(12,2)", 0, ""),
           "1|a|1.50\n2|~|~\n~|a text longer than twelve bytes|~\n", {NULL, "{\"id\":1,\"name\":\"a\",\"amount\":1.5}"},
           {"any key", "{\"id\":2,\"x\":[]}"}, {NULL, "{\"name\":\"a text longer than twelve bytes\"}"});
}

static void test_rejections(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "id bigint!, name text", 0, ""),
           "1|ok\n2|~\n"
           "!22004 @100 null value []\n"
           "!22P02 @101 invalid JSON: expected an object at byte 1, found \"n\" [nonsense]\n"
           "!23502 @102 null value in column \"id\" of relation \"t\" violates not-null constraint [{\"name\":\"x\"}]\n"
           "!22P02 @104 column \"id\", byte 7: invalid input syntax for type bigint: \"x\" [{\"id\":\"x\"}]\n",
           {NULL, NULL}, {NULL, "nonsense"}, {NULL, "{\"name\":\"x\"}"}, {NULL, "{\"id\":1,\"name\":\"ok\"}"}, {NULL, "{\"id\":\"x\"}"},
           {NULL, "{\"id\":2}"});
    EXPECT(fixture_table("t", "a text", 0, "on_unknown=reject"), "!22P02 @100 invalid JSON: a field that is no column at byte 3, found \"b\" [{\"b\":1}]\n",
           {NULL, "{\"b\":1}"});
}

static void test_bad_utf8(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "a text", 0, "format=text");
    const struct given records[] = {{NULL, "fine"}, {NULL, "\xc3\x28"}, {NULL, ""}};
    char *text = decode_in(r, 0, records, 3);
    assert_non_null(strstr(text, "!22021 @101"));
    assert_non_null(strstr(text, "fine\n\n"));
    free(text);
    relation_unref(r);
}

static void test_time_unit(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "ts timestamptz", 0, "time_unit=s"), "2024-01-15 10:00:00+00\n2024-01-15 10:00:00+00\n",
           {NULL, "{\"ts\":1705312800}"}, {NULL, "{\"ts\":\"2024-01-15T10:00:00\"}"});
}

static void test_csv(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "id bigint, name text, d date", 0, "format=csv"),
           "1|a,b|2024-02-29\n2|~|~\n3||~\n4|x\ny|~\n"
           "!22P04 @104 missing data for column \"name\" [5]\n"
           "!22P04 @105 extra data after last expected column [6,a,,x]\n"
           "!22P02 @106 column \"id\": invalid input syntax for type bigint: \"z\" [z,,]\n"
           "!22P04 @107 unterminated CSV quoted field [7,\"a,]\n"
           "!22P04 @108 a second line in one record [8,a,\n9,b,]\n",
           {NULL, "1,\"a,b\",2024-02-29"}, {NULL, "2,,\n"}, {NULL, "3,\"\",\r\n"}, {NULL, "4,\"x\ny\","}, {NULL, "5"}, {NULL, "6,a,,x"},
           {NULL, "z,,"}, {NULL, "7,\"a,"}, {NULL, "8,a,\n9,b,"});
}

static void test_raw(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "key bytea, value bytea", 0, "format=raw"), "\\x6b|\\x76\n~|\\x76\n\\x6b|~\n\\x|\\x\n", {"k", "v"}, {NULL, "v"},
           {"k", NULL}, {"", ""});
    EXPECT(fixture_table("t", "line text", 0, "format=raw"), "x\n!22004 @101 null value []\n", {NULL, "x"}, {NULL, NULL});
}

static void test_keyed(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "id bigint!, name text", 1, ""),
           "7|a\n8|b\n-9|~\n10|~\n"
           "!22004 @103 null key []\n"
           "!23514 @104 the record key is not in its canonical spelling \"7\" [07]\n"
           "!23514 @105 the record key differs from the key columns of the value [7]\n"
           "!22P02 @106 record key: invalid input syntax for type bigint: \"x\" [x]\n"
           "!22P02 @107 record key: invalid input syntax for type bigint: \"x\" [x]\n"
           "!23502 @108 null value in column \"id\" of relation \"t\" violates not-null constraint [{\"id\":null}]\n"
           "!23514 @109 the record key is not in its canonical spelling \"9\" [9 ]\n",
           {"7", "{\"id\":7,\"name\":\"a\"}"}, {"8", "{\"name\":\"b\"}"}, {"9", NULL}, {NULL, "{\"id\":1}"}, {"07", "{\"name\":\"x\"}"},
           {"7", "{\"id\":8}"}, {"x", "{\"name\":\"b\"}"}, {"x", NULL}, {"7", "{\"id\":null}"}, {"9 ", NULL}, {"10", "{}"});
}

static void test_text_key(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "name text!, v bigint", 1, ""), "a key longer than twelve|1\n-a key longer than twelve|~\n|2\n",
           {"a key longer than twelve", "{\"v\":1}"}, {"a key longer than twelve", NULL}, {"", "{\"v\":2}"});
    struct relation *r = fixture_table("t", "name text!, v bigint", 1, "");
    const struct given bad[] = {{"\xff", NULL}};
    char *text = decode_in(r, 0, bad, 1);
    assert_non_null(strstr(text, "!22021 @100"));
    free(text);
    relation_unref(r);
}

static void test_several_key_columns(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "a bigint!, b text!, v bigint", 2, ""),
           "1|x|5\n-2|y \"q\"|~\n3|z|6\n"
           "!23514 @103 the record key is not in its canonical spelling \"[1,\"x\"]\" [[1, \"x\"]]\n"
           "!22P02 @104 record key: the key is no JSON array of 2 values [[1]]\n"
           "!23502 @105 record key: null value for key column \"b\" [[1,null]]\n"
           "!22P02 @106 record key: the key is no JSON array of 2 values [[1,\"x\",2]]\n"
           "!23514 @107 the record key differs from the key columns of the value [[3,\"z\"]]\n",
           {"[1,\"x\"]", "{\"a\":1,\"b\":\"x\",\"v\":5}"}, {"[2,\"y \\\"q\\\"\"]", NULL}, {"[3,\"z\"]", "{\"b\":\"z\",\"v\":6}"},
           {"[1, \"x\"]", NULL}, {"[1]", NULL}, {"[1,null]", NULL}, {"[1,\"x\",2]", NULL}, {"[3,\"z\"]", "{\"a\":4,\"v\":6}"});
}

static void test_key_formats(void **state)
{
    (void)state;
    EXPECT(fixture_table("t", "id int!, v text", 1, "key_format=json"),
           "5|x\n!23502 @101 record key: no value for column \"id\" [{\"v\":1}]\n"
           "!23502 @102 record key: no value for column \"id\" [{}]\n",
           {"{\"id\":5}", "{\"v\":\"x\"}"}, {"{\"v\":1}", NULL}, {"{}", NULL});
    EXPECT(fixture_table("t", "id text!, v text", 1, "key_format=raw"), "k|x\n", {"k", "{\"v\":\"x\"}"});
}

static void test_int64_key(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id int!, v text", 1, "key_format=int64");
    struct record_batch_builder builder = {0};
    struct buffer batch = {0};
    struct error err = {0};
    const uint32_t columns[] = {0, 1};
    const uint8_t minus_two[] = {255, 255, 255, 255, 255, 255, 255, 254}, large[] = {0, 0, 1, 0, 0, 0, 0, 0};
    record_batch_builder_add(&builder, 0, (struct bytes){minus_two, 8}, bytes_from_text("{\"v\":\"x\"}"));
    record_batch_builder_add(&builder, 0, (struct bytes){minus_two, 8}, bytes_from_text("{\"id\":-2}"));
    record_batch_builder_add(&builder, 0, (struct bytes){large, 8}, (struct bytes){NULL, 0});
    record_batch_builder_add(&builder, 0, (struct bytes){large, 3}, (struct bytes){NULL, 0});
    assert_ok(record_batch_builder_finish(&builder, COMPRESSION_NONE, &batch, &err));
    char *text = decode_bytes(r, buffer_bytes(&batch), columns, 2, 0, 0, 100);
    assert_non_null(strstr(text, "-2|x\n-2|~\n"));
    assert_non_null(strstr(text, "!22003 @2 record key: the key 1099511627776 is out of range"));
    assert_non_null(strstr(text, "!22P02 @3 record key: a key of 3 bytes is no 64-bit integer"));
    free(text);
    record_batch_builder_clear(&builder);
    buffer_clear(&batch);
    relation_unref(r);
}

static void test_defaults(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id bigint, name text!, n int", 0, "");
    struct string name = string_make("a default that is long", 22);
    int32_t n = 42;
    r->columns[1].default_value = expr_constant(type_of(TYPE_TEXT), &name, r->arena);
    r->columns[2].default_value = expr_constant(type_of(TYPE_INT4), &n, r->arena);
    EXPECT(r,
           "1|a default that is long|42\n2|x|~\n"
           "!23502 @102 null value in column \"name\" of relation \"t\" violates not-null constraint [{\"id\":3,\"name\":null}]\n",
           {NULL, "{\"id\":1}"}, {NULL, "{\"id\":2,\"name\":\"x\",\"n\":null}"}, {NULL, "{\"id\":3,\"name\":null}"});
}

static void test_partition(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id bigint!, v text", 1, "partitions=4");
    int32_t home = partition_by_murmur2(bytes_from_text("7"), 4);
    const struct given records[] = {{"7", "{}"}};
    char *text = decode_in(r, home, records, 1);
    assert_string_equal(text, "7|~\n");
    free(text);
    text = decode_in(r, (home + 1) % 4, records, 1);
    assert_non_null(strstr(text, "!23514 @100 the record is in partition"));
    free(text);
    relation_unref(r);
}

static void test_paths(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id bigint, city text", 0, "");
    r->columns[1].path = "$.address.city";
    EXPECT(r, "1|Ulm\n", {NULL, "{\"id\":1,\"address\":{\"city\":\"Ulm\"}}"});
}

/* Hidden columns, a choice of columns, and a range inside the batch. */
static void test_hidden(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id bigint, v text", 0, "");
    struct record_batch_builder builder = {0};
    struct buffer batch = {0};
    struct error err = {0};
    const uint32_t columns[] = {HIDDEN_BASE + HIDDEN_OFFSET, 1, HIDDEN_BASE + HIDDEN_PARTITION, HIDDEN_BASE + HIDDEN_TIMESTAMP,
                                HIDDEN_BASE + HIDDEN_KEY, HIDDEN_BASE + HIDDEN_HEADERS, 1};
    for (int i = 0; i < 5; i++)
        record_batch_builder_add(&builder, 1000 * i, i % 2 == 0 ? bytes_from_text("k") : (struct bytes){NULL, 0},
                                 bytes_from_text("{\"id\":1,\"v\":\"x\"}"));
    assert_ok(record_batch_builder_finish(&builder, COMPRESSION_NONE, &batch, &err));
    char *text = decode_bytes(r, buffer_bytes(&batch), columns, 7, 3, 1, 4);
    assert_string_equal(text, "1|x|3|1970-01-01 00:00:01+00|~|~|x\n2|x|3|1970-01-01 00:00:02+00|\\x6b|~|x\n3|x|3|1970-01-01 00:00:03+00|~|~|x\n");
    free(text);
    record_batch_builder_clear(&builder);
    buffer_clear(&batch);
    relation_unref(r);
}

static void put_headers_record(struct buffer *records, struct bytes headers)
{
    struct buffer body = {0};
    buffer_put_u8(&body, 0);
    buffer_put_varint(&body, 0);
    buffer_put_varint(&body, 0);
    buffer_put_varint(&body, -1);
    buffer_put_varint(&body, 2);
    buffer_put(&body, "{}", 2);
    buffer_put_bytes(&body, headers);
    buffer_put_varint(records, (int64_t)body.size);
    buffer_put_bytes(records, buffer_bytes(&body));
    buffer_clear(&body);
}

static void test_headers(void **state)
{
    (void)state;
    static const uint8_t HEADERS[] = {6, 2, 'a', 4, 'x', '"', 2, 'b', 1, 2, 'c', 2, 0xff};
    struct relation *r = fixture_table("t", "v text", 0, "");
    struct record_batch_builder builder = {0};
    struct buffer batch = {0};
    struct error err = {0};
    const uint32_t columns[] = {HIDDEN_BASE + HIDDEN_HEADERS};
    put_headers_record(&builder.records, (struct bytes){HEADERS, sizeof HEADERS});
    builder.record_count = 1;
    assert_ok(record_batch_builder_finish(&builder, COMPRESSION_NONE, &batch, &err));
    char *text = decode_bytes(r, buffer_bytes(&batch), columns, 1, 0, 0, 100);
    assert_string_equal(text, "{\"a\":\"x\\\"\",\"b\":null,\"c\":\"\\\\xff\"}\n");
    free(text);
    record_batch_builder_clear(&builder);
    buffer_clear(&batch);
    relation_unref(r);
}

/* A batch with a right CRC whose records lie is rejected from there on; with a wrong one it is damage. */
static void test_malformed_batch(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "v text", 0, "");
    struct record_batch_builder builder = {0};
    struct buffer batch = {0};
    struct error err = {0};
    const uint32_t columns[] = {0};
    record_batch_builder_add(&builder, 0, (struct bytes){NULL, 0}, bytes_from_text("{\"v\":\"x\"}"));
    buffer_put(&builder.records, "\x7f\x7f\x7f", 3);
    builder.record_count = 2;
    assert_ok(record_batch_builder_finish(&builder, COMPRESSION_NONE, &batch, &err));
    char *text = decode_bytes(r, buffer_bytes(&batch), columns, 1, 0, 0, 100);
    assert_non_null(strstr(text, "!XX001 @1 malformed record"));
    assert_non_null(strstr(text, "x\n"));
    free(text);
    batch.data[17] ^= 1;
    struct table_decoder *d;
    struct arena *arena = arena_create();
    struct batch rows;
    bool done;
    assert_ok(table_decoder_create(r, columns, 1, &d, &err));
    assert_ok(table_decoder_open(d, buffer_bytes(&batch), 0, 0, 100, &err));
    assert_status(table_decoder_next(d, arena, &rows, NULL, &done, &err), STATUS_CORRUPT);
    table_decoder_destroy(d);
    arena_destroy(arena);
    record_batch_builder_clear(&builder);
    buffer_clear(&batch);
    relation_unref(r);
}

/* More rows than a batch holds, rejected ones between. */
static void test_many(void **state)
{
    (void)state;
    struct relation *r = fixture_table("t", "id bigint", 0, "");
    struct given *records = calloc(10000, sizeof *records);
    for (int i = 0; i < 10000; i++)
        records[i].value = i % 3 == 0 ? "x" : "{\"id\":1}";
    char *text = decode_in(r, 0, records, 10000);
    int rows = 0, rejected = 0;
    for (char *p = text; *p != '\0'; p = strchr(p, '\n') + 1) {
        rows += *p == '1';
        rejected += *p == '!';
    }
    assert_int_equal(rows, 6666);
    assert_int_equal(rejected, 3334);
    free(text);
    free(records);
    relation_unref(r);
}

static void test_bad_definitions(void **state)
{
    (void)state;
    static const char *const TABLES[][2] = {
        {"a bigint, b text", "format=text"},    {"a bigint, b text", "format=raw"},   {"a bigint", "format=raw"},
        {"a bigint, b text", "format=int64"},   {"a text", "format=xml"},             {"a text", "key_format=int64"},
        {"a bigint, b text", "key_format=raw"}, {"a bigint, b text", "key_format=csv"}};
    for (size_t i = 0; i < sizeof TABLES / sizeof *TABLES; i++) {
        struct table_decoder *d;
        struct error err = {0};
        const uint32_t columns[] = {0};
        struct relation *r = fixture_table("t", TABLES[i][0], strstr(TABLES[i][1], "key") != NULL, TABLES[i][1]);
        assert_status(table_decoder_create(r, columns, 1, &d, &err), STATUS_INVALID_PARAMETER);
        relation_unref(r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),        cmocka_unit_test(test_rejections),  cmocka_unit_test(test_bad_utf8),
        cmocka_unit_test(test_time_unit),   cmocka_unit_test(test_csv),         cmocka_unit_test(test_raw),
        cmocka_unit_test(test_keyed),       cmocka_unit_test(test_text_key),    cmocka_unit_test(test_several_key_columns),
        cmocka_unit_test(test_key_formats), cmocka_unit_test(test_int64_key),   cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_partition),   cmocka_unit_test(test_paths),       cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_headers),     cmocka_unit_test(test_malformed_batch), cmocka_unit_test(test_many),
        cmocka_unit_test(test_bad_definitions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
