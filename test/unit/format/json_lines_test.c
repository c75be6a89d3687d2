/* json_lines_test.c - JSON texts in every way of cutting them; objects written read back; columns found by sampling. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/json_lines.h"
#include "format/json_writer.h"
#include "format/sample.h"
#include "line_fixture.h"

static struct column COLUMNS[] = {{.name = "a", .type = {.id = TYPE_INT8}}, {.name = "b", .type = {.id = TYPE_TEXT}}};
static const struct schema SCHEMA = {2, COLUMNS};

static enum status read_lines(void *reader, struct bytes text, bool is_last, struct batch *out, struct arena *arena, size_t *consumed,
                              struct error *err)
{
    return json_lines_read(reader, text, is_last, out, arena, consumed, err);
}

static void expect_rows(const char *text, const char *expected, size_t step)
{
    struct json_lines *r;
    struct error err = {0};
    struct buffer got = {0};
    assert_int_equal(json_lines_create(&SCHEMA, NULL, &r, &err), STATUS_OK);
    read_in_steps(read_lines, r, &SCHEMA, bytes_from_text(text), step, true, &got, &err);
    if (strcmp(buffer_text(&got), expected) != 0)
        fail_msg("by %zu: %s\ngives\n%s(%s)", step, text, buffer_text(&got), err.message);
    buffer_clear(&got);
    json_lines_destroy(r);
}

static void texts_mean_the_same_however_they_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } CASES[] = {
        {"", ""}, {" \n\n", ""}, {"{\"a\":1,\"b\":\"x\"}", "1|x\n"}, {"{\"a\":1}\n{\"a\":2}\r\n\n{\"a\":3}", "1|~\n2|~\n3|~\n"},
        {"\xef\xbb\xbf{\n\"a\": 1\n}\n{\"b\":\"a text of some length \\u00e9\"}", "1|~\n~|a text of some length \xc3\xa9\n"},
        {"[]", ""}, {" [ ] \n", ""}, {"[{\"a\":1},\n {\"a\":2} ]\n", "1|~\n2|~\n"},
        {"{\"a\":1}\n{\"a\":\"x\"}\n{\"a\":3}\n", "1|~\n!22P02\n3|~\n"}, {"{\"a\":1}\n{\"a\" 2}\n{\"a\":3}\n", "1|~\n!22P02\n3|~\n"},
        {"[{\"a\":\"x\"},{\"a\":3}]", "!22P02\n3|~\n"}, {"{\"a\":1", "!22P02\n"}, {"[{\"a\":1}", "1|~\n!22P02\n"}, {"[{\"a\":1}] x", "1|~\n!22P02\n"},
        {"1\n{\"a\":1}\n", "!22P02\n1|~\n"}, {"[{\"a\" 1},\n{\"a\":2},\n{\"a\"}\n]", "!22P02\n2|~\n!22P02\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t step = strlen(CASES[i].text) + 1; step >= 1; step--)
            expect_rows(CASES[i].text, CASES[i].rows, step);
}

static void errors_name_file_line_and_column(void **state)
{
    (void)state;
    struct json_lines_options options = {.source = "x.json", .value_hint = SAMPLE_VALUE_HINT};
    struct json_lines *r;
    struct error err = {0};
    struct buffer got = {0};
    assert_int_equal(json_lines_create(&SCHEMA, &options, &r, &err), STATUS_OK);
    read_in_steps(read_lines, r, &SCHEMA, bytes_from_text("{\"a\":1}\n\n{\"a\":2}\n{\"a\":2.5}\n"), 4, false, &got, &err);
    assert_string_equal(buffer_text(&got), "1|~\n2|~\n!22P02\n");
    assert_non_null(strstr(err.message, "\"x.json\": line 4, column \"a\", byte 6: "));
    assert_string_equal(err.hint, SAMPLE_VALUE_HINT);
    buffer_clear(&got);
    json_lines_destroy(r);
}

static void more_rows_than_a_batch_come_in_order(void **state)
{
    (void)state;
    struct buffer text = {0}, got = {0}, expected = {0};
    for (int i = 0; i < 5000; i++) {
        buffer_printf(&text, "{\"b\":\"number %d\",\"a\":%d}\n", i, i);
        buffer_printf(&expected, "%d|number %d\n", i, i);
    }
    struct json_lines *r;
    struct error err = {0};
    assert_int_equal(json_lines_create(&SCHEMA, NULL, &r, &err), STATUS_OK);
    read_in_steps(read_lines, r, &SCHEMA, buffer_bytes(&text), 100000, false, &got, &err);
    assert_string_equal(buffer_text(&got), buffer_text(&expected));
    json_lines_destroy(r);
    buffer_clear(&text);
    buffer_clear(&got);
    buffer_clear(&expected);
}

static void objects_that_are_written_read_back(void **state)
{
    (void)state;
    static const char TEXT[] = "{\"a\":-9223372036854775808,\"b\":\"\\\"\\\\\\n\\u0001 \xc3\xa9 and more\"}\n{\"a\":null,\"b\":null}\n{\"a\":0,\"b\":\"\"}\n";
    struct arena *arena = arena_create();
    struct json_lines *r;
    struct error err = {0};
    struct batch b;
    struct buffer out = {0};
    size_t consumed;
    batch_init(&b, &SCHEMA, arena);
    assert_int_equal(json_lines_create(&SCHEMA, NULL, &r, &err), STATUS_OK);
    assert_int_equal(json_lines_read(r, bytes_from_text(TEXT), true, &b, arena, &consumed, &err), STATUS_OK);
    struct json_encoder *e = json_encoder_create(&SCHEMA, NULL, 0);
    json_encoder_put_lines(e, &b, &out);
    assert_string_equal(buffer_text(&out), TEXT);
    json_encoder_destroy(e);
    const uint32_t only[] = {1};
    e = json_encoder_create(&SCHEMA, only, 1);
    buffer_reset(&out);
    json_encoder_put(e, &b, 1, &out);
    assert_string_equal(buffer_text(&out), "{\"b\":null}");
    json_encoder_destroy(e);
    json_lines_destroy(r);
    buffer_clear(&out);
    arena_destroy(arena);
}

static void print_schema(const struct schema *schema, struct buffer *out)
{
    char name[TYPE_NAME_SIZE];
    for (uint32_t i = 0; i < schema->column_count; i++)
        buffer_printf(out, "%s%s %s", i == 0 ? "" : ", ", schema->columns[i].name, type_name(schema->columns[i].type, name, sizeof name));
}

static void json_columns_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *schema;
    } CASES[] = {
        {"", ""}, {"[]", ""},
        {"{\"id\":1,\"x\":1,\"t\":\"a\",\"ok\":true,\"n\":null}\n{\"x\":1.5,\"nested\":{},\"id\":2,\"cut\":",
         "id bigint, x double precision, t text, ok boolean, n text, nested json"},
        {"[{\"d\":\"2024-01-15\",\"m\":\"2024-01-15T10:00:00\",\"z\":\"2024-01-15T10:00:00Z\"},{\"d\":\"2024-01-15 10:00:00\",\"m\":null,\"z\":\"\"}]",
         "d timestamp without time zone, m timestamp without time zone, z text"},
        {"{\"a\":1,\"b\":\"x\",\"c\":18446744073709551615,\"d\":[1]} {\"a\":true,\"b\":[],\"c\":1,\"d\":1}", "a text, b json, c numeric, d json"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct arena *arena = arena_create();
        struct schema schema;
        struct error err = {0};
        struct buffer got = {0};
        bool is_cut = strstr(CASES[i].text, "cut") != NULL;
        assert_int_equal(sample_json(bytes_from_text(CASES[i].text), !is_cut, arena, &schema, &err), STATUS_OK);
        print_schema(&schema, &got);
        assert_string_equal(buffer_text(&got), CASES[i].schema);
        buffer_clear(&got);
        arena_destroy(arena);
    }
    struct arena *arena = arena_create();
    struct schema schema;
    struct error err = {0};
    assert_int_equal(sample_json(bytes_from_text("{}\n{\"a\":}"), false, arena, &schema, &err), STATUS_INVALID_TEXT);
    assert_non_null(strstr(err.message, "line 2"));
    assert_int_equal(sample_json(bytes_from_text("{\"a\":"), true, arena, &schema, &err), STATUS_INVALID_TEXT);
    static const char *const CUT[] = {"{\"a\":1,\"b\":\"xxx", "[{\"a\":1, ", "\n \n", "["}; /* of a record nothing may be forgotten */
    for (size_t i = 0; i < sizeof CUT / sizeof *CUT; i++) {
        err = (struct error){0};
        assert_int_equal(sample_json(bytes_from_text(CUT[i]), false, arena, &schema, &err), STATUS_INVALID_TEXT);
        assert_non_null(strstr(err.message, "no whole record in the first "));
    }
    arena_destroy(arena);
}

static void csv_columns_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *text, *schema;
        char delimiter;
        bool has_header;
    } CASES[] = {
        {"id,name,amount\n1,Ann,2.5\n2,Bob,3\n", "id bigint, name text, amount double precision", ',', true},
        {"1;2024-01-15;true;x\n2;2024-01-16;false;\n", "column0 bigint, column1 date, column2 boolean, column3 text", ';', false},
        {"a\tb\n2024-01-15 10:00:00\t2024-01-15T10:00:00Z\n", "a timestamp without time zone, b timestamp with time zone", '\t', true},
        {"name|city\nAnn|Bern\nBob|Rome, Italy\n", "name text, city text", '|', true},
        {"id,id,\n1,2,3\n", "id bigint, id_1 bigint, column2 bigint", ',', true},
        {"one\n1\n2\n", "one bigint", ',', true},
        {"\"a,b\",c\n\"x,\"\"y\",1\n", "a,b text, c bigint", ',', true},
        {"n,m\n,\n,\n", "n text, m text", ',', true},
        {"a,b\n1,x\ny,2.5\n3,\"cut", "a text, b text", ',', true},
        {"", "", ',', false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct arena *arena = arena_create();
        struct schema schema;
        struct csv_options found;
        struct error err = {0};
        struct buffer got = {0};
        bool is_cut = strstr(CASES[i].text, "cut") != NULL;
        assert_int_equal(sample_csv(bytes_from_text(CASES[i].text), !is_cut, NULL, arena, &schema, &found, &err), STATUS_OK);
        print_schema(&schema, &got);
        assert_string_equal(buffer_text(&got), CASES[i].schema);
        assert_int_equal(found.delimiter, CASES[i].delimiter);
        assert_int_equal(found.has_header, CASES[i].has_header);
        buffer_clear(&got);
        arena_destroy(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_mean_the_same_however_they_are_cut),
        cmocka_unit_test(errors_name_file_line_and_column),
        cmocka_unit_test(more_rows_than_a_batch_come_in_order),
        cmocka_unit_test(objects_that_are_written_read_back),
        cmocka_unit_test(json_columns_are_found),
        cmocka_unit_test(csv_columns_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
