/* json_record_test.c - which field becomes which column, what each type takes, and that no text crashes or passes wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/json_record.h"

struct fixture {
    struct arena *arena;
    struct json_decoder *decoder;
    struct batch batch;
    struct error err;
};

static void fixture_open(struct fixture *f, struct column *columns, uint32_t count, const struct json_decoder_options *options)
{
    struct schema schema = {count, columns};
    *f = (struct fixture){.arena = arena_create()};
    assert_int_equal(json_decoder_create(&schema, options, &f->decoder, &f->err), STATUS_OK);
    batch_init(&f->batch, &schema, f->arena);
}

static void fixture_close(struct fixture *f)
{
    json_decoder_destroy(f->decoder);
    arena_destroy(f->arena);
}

/* Decodes an exact copy on the heap, so that a sanitizer sees reads beyond it. */
static enum status decode_bytes(struct fixture *f, const char *text, size_t size, uint32_t row)
{
    char *copy = malloc(size + (size == 0));
    memcpy(copy, text, size);
    f->err = (struct error){0};
    enum status st = json_decoder_decode(f->decoder, (struct bytes){(const uint8_t *)copy, size}, &f->batch, row, f->arena, &f->err);
    for (uint32_t c = 0; c < f->batch.column_count; c++) /* strings borrow: own them before the copy goes */
        if (type_is_string(f->batch.columns[c].type) && st == STATUS_OK && vector_is_valid(&f->batch.columns[c], row)) {
            struct string *s = &VECTOR_STRING(&f->batch.columns[c])[row];
            *s = string_make(arena_copy_bytes(f->arena, string_bytes(s)), s->size);
        }
    free(copy);
    return st;
}

static enum status decode(struct fixture *f, const char *text)
{
    return decode_bytes(f, text, strlen(text), 0);
}

static void expect_text(struct fixture *f, uint32_t column, const char *text)
{
    assert_true(vector_is_valid(&f->batch.columns[column], 0));
    struct bytes got = string_bytes(&VECTOR_STRING(&f->batch.columns[column])[0]);
    assert_int_equal(got.size, strlen(text));
    assert_memory_equal(got.data, text, got.size);
}

static void expect_null(struct fixture *f, uint32_t column)
{
    assert_false(vector_is_valid(&f->batch.columns[column], 0));
}

static struct column TRANSACTION[] = {
    {.name = "id", .type = {.id = TYPE_TEXT}},
    {.name = "user_id", .type = {.id = TYPE_INT8}},
    {.name = "amount", .type = {.id = TYPE_NUMERIC, .precision = 12, .scale = 2}},
    {.name = "ts", .type = {.id = TYPE_TIMESTAMPTZ, .precision = 6}},
};

static void fields_become_columns_in_any_order(void **state)
{
    (void)state;
    static const char *const RECORDS[] = {
        "{\"id\":\"a long identifier\",\"user_id\":42,\"amount\":-12.5,\"ts\":\"2024-01-15T10:00:00Z\"}",
        " { \"ts\" : \"2024-01-15T10:00:00Z\" , \"x\" : [1,{\"y\":\"}\"}], \"amount\" : \"-12.50\",\n\"user_id\":\"42\",\"id\":\"a long identifier\"}\r\n",
        "{\"user_id\":42,\"extra\":null,\"id\":\"a long identifier\",\"ts\":\"2024-01-15T12:00:00+02:00\",\"amount\":-1.25e1}",
        "{\"id\":\"a long \\u0069dentifier\",\"user\\u005fid\":42,\"amount\":-12.500,\"ts\":\"2024-01-15 10:00:00\"}",
    };
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof RECORDS / sizeof *RECORDS; i++) {
            assert_int_equal(decode(&f, RECORDS[i]), STATUS_OK);
            expect_text(&f, 0, "a long identifier");
            assert_int_equal(VECTOR_I64(&f.batch.columns[1])[0], 42);
            assert_true(VECTOR_I128(&f.batch.columns[2])[0] == -1250);
            assert_int_equal(VECTOR_I64(&f.batch.columns[3])[0], INT64_C(1705312800000000));
        }
    fixture_close(&f);
}

static void missing_and_null_fields_are_null(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    assert_int_equal(decode(&f, "{\"id\":null}"), STATUS_OK);
    for (uint32_t c = 0; c < 4; c++)
        expect_null(&f, c);
    assert_false(json_decoder_is_missing(f.decoder, 0));
    assert_true(json_decoder_is_missing(f.decoder, 1));
    assert_int_equal(decode(&f, "{\"id\":\"x\",\"user_id\":1}"), STATUS_OK); /* the same row again: valid now */
    expect_text(&f, 0, "x");
    assert_true(vector_is_valid(&f.batch.columns[1], 0));
    assert_int_equal(decode(&f, "{}"), STATUS_OK);
    expect_null(&f, 0);
    fixture_close(&f);
}

static void names_match_exactly_or_else_by_the_only_other_case(void **state)
{
    (void)state;
    struct column columns[] = {{.name = "userid", .type = type_of(TYPE_TEXT)}};
    struct fixture f;
    fixture_open(&f, columns, 1, NULL);
    assert_int_equal(decode(&f, "{\"userId\":\"a\"}"), STATUS_OK);
    expect_text(&f, 0, "a");
    assert_int_equal(decode(&f, "{\"userId\":\"a\",\"userid\":\"b\"}"), STATUS_OK);
    expect_text(&f, 0, "b");
    assert_int_equal(decode(&f, "{\"userid\":\"b\",\"userId\":\"a\"}"), STATUS_OK);
    expect_text(&f, 0, "b");
    assert_int_equal(decode(&f, "{\"userId\":\"a\",\"userId\":\"c\"}"), STATUS_OK);
    expect_text(&f, 0, "c");
    assert_int_equal(decode(&f, "{\"userId\":\"a\",\"USERID\":\"c\"}"), STATUS_INVALID_TEXT);
    assert_non_null(strstr(f.err.message, "userid"));
    assert_int_equal(decode(&f, "{\"userId\":\"a\",\"USERID\":\"c\",\"userid\":\"d\"}"), STATUS_OK);
    expect_text(&f, 0, "d");
    fixture_close(&f);
}

static void the_last_duplicate_counts(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    assert_int_equal(decode(&f, "{\"user_id\":\"not a number\",\"user_id\":7}"), STATUS_OK);
    assert_int_equal(VECTOR_I64(&f.batch.columns[1])[0], 7);
    assert_int_equal(decode(&f, "{\"user_id\":7,\"user_id\":null}"), STATUS_OK);
    expect_null(&f, 1);
    assert_int_equal(decode(&f, "{\"user_id\":7,\"user_id\":\"x\"}"), STATUS_INVALID_TEXT);
    fixture_close(&f);
}

static void unknown_fields_are_refused_on_demand(void **state)
{
    (void)state;
    struct fixture f;
    const bool wanted[] = {true, false, true, false};
    struct json_decoder_options options = {.reject_unknown = true, .wanted = wanted};
    fixture_open(&f, TRANSACTION, 4, &options);
    assert_int_equal(decode(&f, "{\"user_id\":\"any\",\"id\":\"x\"}"), STATUS_OK);
    assert_int_equal(decode(&f, "{\"id\":\"x\",\"colour\":1}"), STATUS_INVALID_TEXT);
    assert_non_null(strstr(f.err.message, "byte 12"));
    fixture_close(&f);
}

static void paths_reach_into_objects(void **state)
{
    (void)state;
    struct column columns[] = {{.name = "city", .type = type_of(TYPE_TEXT)}, {.name = "zip", .type = type_of(TYPE_INT4)},
                               {.name = "address", .type = type_of(TYPE_JSON)}, {.name = "id", .type = type_of(TYPE_INT8)}};
    const char *const paths[] = {"$.address.city", "$.\"address\".\"zip\"", NULL, NULL};
    struct json_decoder_options options = {.paths = paths};
    struct fixture f;
    fixture_open(&f, columns, 4, &options);
    assert_int_equal(decode(&f, "{\"address\":{\"zip\":12345,\"x\":{},\"city\":\"Bern\"},\"id\":1}"), STATUS_OK);
    expect_text(&f, 0, "Bern");
    assert_int_equal(VECTOR_I32(&f.batch.columns[1])[0], 12345);
    expect_text(&f, 2, "{\"zip\":12345,\"x\":{},\"city\":\"Bern\"}");
    assert_int_equal(decode(&f, "{\"address\":{\"city\":\"Bern\"},\"address\":{\"zip\":1}}"), STATUS_OK);
    expect_null(&f, 0); /* the last address has none */
    expect_null(&f, 3);
    assert_int_equal(decode(&f, "{\"address\":17}"), STATUS_OK);
    expect_null(&f, 0);
    expect_text(&f, 2, "17");
    fixture_close(&f);
    static const char *const BAD[] = {"", "a", "$", "$.", "$.a.", "$.a[0]", "$..a", "$.\"a", "$.a b"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        const char *const bad[] = {BAD[i], NULL, NULL, NULL};
        options.paths = bad;
        struct schema schema = {4, columns};
        struct error err = {0};
        struct json_decoder *d;
        assert_int_equal(json_decoder_create(&schema, &options, &d, &err), STATUS_INVALID_PARAMETER);
    }
}

static void every_type_takes_what_it_should(void **state)
{
    (void)state;
    static const struct {
        enum type_id type;
        const char *value, *text; /* NULL: refused */
    } CASES[] = {
        {TYPE_BOOL, "true", "t"}, {TYPE_BOOL, "\"false\"", "f"}, {TYPE_BOOL, "1", NULL}, {TYPE_BOOL, "[]", NULL},
        {TYPE_INT2, "32767", "32767"}, {TYPE_INT2, "32768", NULL}, {TYPE_INT2, "-32768", "-32768"},
        {TYPE_INT4, "2147483648", NULL}, {TYPE_INT4, "-2147483648", "-2147483648"},
        {TYPE_INT8, "9223372036854775807", "9223372036854775807"}, {TYPE_INT8, "9223372036854775808", NULL},
        {TYPE_INT8, "-9223372036854775808", "-9223372036854775808"}, {TYPE_INT8, "-0", "0"}, {TYPE_INT8, "1.5", NULL},
        {TYPE_INT8, "true", NULL}, {TYPE_INT8, "{}", NULL}, {TYPE_INT8, "\" 12 \"", "12"},
        {TYPE_FLOAT8, "0.1", "0.1"}, {TYPE_FLOAT8, "1e3", "1000"}, {TYPE_FLOAT8, "-0.0", "-0"}, {TYPE_FLOAT8, "1e999", NULL},
        {TYPE_FLOAT8, "9007199254740993", "9.007199254740992e+15"}, {TYPE_FLOAT4, "0.1", "0.1"}, {TYPE_FLOAT4, "16777217", "1.6777216e+07"},
        {TYPE_NUMERIC, "0.10", "0.10"}, {TYPE_NUMERIC, "-123456789012345678901234567890.5", "-123456789012345678901234567890.5"},
        {TYPE_NUMERIC, "0", "0"}, {TYPE_NUMERIC, "-0", "0"}, {TYPE_NUMERIC, "1000000", "1000000"}, {TYPE_NUMERIC, "\"x\"", NULL},
        {TYPE_TEXT, "17.50", "17.50"}, {TYPE_TEXT, "false", "false"}, {TYPE_TEXT, "{\"a\": 1}", "{\"a\": 1}"},
        {TYPE_TEXT, "\"\\ud83d\\ude00\\n\\/\\\"\"", "\xf0\x9f\x98\x80\n/\""}, {TYPE_TEXT, "\"a\\u0000b\"", NULL},
        {TYPE_JSON, "\"x\"", "\"x\""}, {TYPE_JSON, "[1, 2]", "[1, 2]"}, {TYPE_JSON, "1e5", "1e5"},
        {TYPE_BYTEA, "\"AP8=\"", "\\x00ff"}, {TYPE_BYTEA, "\"\"", "\\x"}, {TYPE_BYTEA, "\"A\"", NULL}, {TYPE_BYTEA, "\"AP9=\"", NULL},
        {TYPE_BYTEA, "\"A===\"", NULL}, {TYPE_BYTEA, "\"====\"", NULL}, {TYPE_BYTEA, "\"AP 8\"", NULL}, {TYPE_BYTEA, "5", NULL},
        {TYPE_DATE, "\"2024-02-29\"", "2024-02-29"}, {TYPE_DATE, "\"2023-02-29\"", NULL}, {TYPE_DATE, "5", NULL},
        {TYPE_TIMESTAMP, "\"2024-01-15T10:00:00.5\"", "2024-01-15 10:00:00.5"}, {TYPE_TIMESTAMP, "\"2024-01-15T10:00:00+02\"", "2024-01-15 10:00:00"},
        {TYPE_TIMESTAMPTZ, "\"2024-01-15T10:00:00\"", "2024-01-15 10:00:00+00"}, {TYPE_TIMESTAMPTZ, "\"yesterday morning\"", NULL},
        {TYPE_TIMESTAMPTZ, "1705312800123.4564", "2024-01-15 10:00:00.123456+00"}, {TYPE_TIMESTAMPTZ, "1.7053128e12", "2024-01-15 10:00:00+00"},
        {TYPE_TIMESTAMPTZ, "9223372036854775807", NULL}, {TYPE_TIMESTAMPTZ, "-210866803200001", NULL},
        {TYPE_UUID, "\"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {TYPE_UUID, "7", NULL},
        {TYPE_INTERVAL, "\"1 day\"", "1 day"}, {TYPE_JSONB, "{\"b\":1,\"a\":2}", "{\"a\": 2, \"b\": 1}"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct column columns[] = {{.name = "v", .type = type_of(CASES[i].type)}};
        struct json_decoder_options options = {.time_unit = JSON_TIME_MS};
        struct text_context utc = {.zone = time_zone_utc()};
        struct fixture f;
        char record[256];
        struct buffer text = {0};
        fixture_open(&f, columns, 1, &options);
        snprintf(record, sizeof record, "{\"v\":%s}", CASES[i].value);
        enum status st = decode(&f, record);
        if (st == STATUS_OK)
            vector_format(&f.batch.columns[0], 0, &utc, &text);
        if ((CASES[i].text == NULL) != (st != STATUS_OK) || (st == STATUS_OK && strcmp(buffer_text(&text), CASES[i].text) != 0))
            fail_msg("%d <- %s: %s %s", CASES[i].type, CASES[i].value, f.err.message, st == STATUS_OK ? buffer_text(&text) : "");
        if (st != STATUS_OK) {
            assert_non_null(strstr(f.err.message, "column \"v\", byte 6"));
            assert_int_equal(json_decoder_failed_column(f.decoder), 0);
        }
        buffer_clear(&text);
        fixture_close(&f);
    }
}

static void errors_have_their_status(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    assert_int_equal(decode(&f, "{\"user_id\":99999999999999999999}"), STATUS_NUMERIC_OUT_OF_RANGE);
    assert_int_equal(decode(&f, "{\"amount\":12345678901.5}"), STATUS_NUMERIC_OUT_OF_RANGE);
    assert_int_equal(decode(&f, "{\"ts\":\"soon\"}"), STATUS_INVALID_DATETIME_FORMAT);
    assert_int_equal(decode(&f, "{\"ts\":1705312800}"), STATUS_INVALID_TEXT);
    assert_non_null(strstr(f.err.hint, "time_unit"));
    assert_int_equal(decode(&f, "{\"id\":\"\xff\"}"), STATUS_INVALID_ENCODING);
    char big[4000];
    memset(big, 'x', sizeof big);
    memcpy(big, "{\"user_id\":\"", 12);
    memcpy(big + sizeof big - 2, "\"}", 2);
    assert_int_equal(decode_bytes(&f, big, sizeof big, 0), STATUS_INVALID_TEXT);
    assert_true(strlen(f.err.message) < 200);
    fixture_close(&f);
}

static void bad_syntax_is_refused(void **state)
{
    (void)state;
    static const char *const BAD[] = {
        "", " ", "null", "[]", "1", "\"x\"", "{", "}", "{}x", "{} {}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}",
        "{'a':1}", "{\"a\":01}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":NaN}",
        "{\"a\":tru}", "{\"a\":nul}", "{\"a\":True}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}", "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\ud800x12345\"}", "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":[1}}",
        "{\"a\":{\"b\":1]}", "{\"a\":{1:1}}", "{\"a\":1 \"b\":2}", "{\"a\":1;}", "{\"a\":\"\xc0\x80\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
        "{\"\xff\":1}", "{\"a\":/**/1}", "\xef\xbb\xbf{}", "{\"a\":1}\f",
    };
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (decode(&f, BAD[i]) == STATUS_OK)
            fail_msg("accepted: %s", BAD[i]);
    fixture_close(&f);
}

static void truncation_is_told_at_every_byte(void **state)
{
    (void)state;
    static const char RECORD[] = "{\"id\":\"t\\u00e9 \\ud83d\\ude00 \xc3\xa9\",\"x\":[true,{\"y\":-1.5e3,\"z\":null}],\"user_id\":42,"
                                 "\"amount\":-12.5,\"ts\":\"2024-01-15T10:00:00Z\"}";
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    for (size_t size = 0; size < sizeof RECORD - 1; size++) {
        size_t consumed;
        bool is_cut;
        char *copy = malloc(size + 1);
        memcpy(copy, RECORD, size);
        struct error err = {0};
        assert_int_not_equal(decode_bytes(&f, RECORD, size, 0), STATUS_OK);
        struct bytes text = {(const uint8_t *)copy, size};
        assert_int_not_equal(json_decoder_decode_first(f.decoder, text, &f.batch, 0, f.arena, &consumed, &is_cut, &err), STATUS_OK);
        assert_true(is_cut);
        free(copy);
    }
    assert_int_equal(decode(&f, RECORD), STATUS_OK);
    fixture_close(&f);
}

static void depth_has_a_limit(void **state)
{
    (void)state;
    struct fixture f;
    fixture_open(&f, TRANSACTION, 4, NULL);
    for (int depth = 990; depth <= 10000; depth += depth < 1005 ? 1 : 8995) {
        struct buffer b = {0};
        buffer_put_text(&b, "{\"a\":");
        for (int i = 0; i < depth; i++)
            buffer_put_text(&b, i % 2 ? "[" : "{\"b\":");
        buffer_put_text(&b, "1");
        for (int i = depth - 1; i >= 0; i--)
            buffer_put_text(&b, i % 2 ? "]" : "}");
        buffer_put_text(&b, "}");
        enum status st = decode_bytes(&f, (const char *)b.data, b.size, 0);
        assert_int_equal(st, depth + 1 <= 1000 ? STATUS_OK : STATUS_LIMIT_EXCEEDED);
        buffer_clear(&b);
    }
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_become_columns_in_any_order),
        cmocka_unit_test(missing_and_null_fields_are_null),
        cmocka_unit_test(names_match_exactly_or_else_by_the_only_other_case),
        cmocka_unit_test(the_last_duplicate_counts),
        cmocka_unit_test(unknown_fields_are_refused_on_demand),
        cmocka_unit_test(paths_reach_into_objects),
        cmocka_unit_test(every_type_takes_what_it_should),
        cmocka_unit_test(errors_have_their_status),
        cmocka_unit_test(bad_syntax_is_refused),
        cmocka_unit_test(truncation_is_told_at_every_byte),
        cmocka_unit_test(depth_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
