/* csv_test.c - CSV and COPY text: what a line means, in every way of cutting the text, and that writers undo readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/copy_text.h"
#include "format/csv_reader.h"
#include "format/csv_writer.h"
#include "line_fixture.h"

static enum status read_csv(void *reader, struct bytes text, bool is_last, struct batch *out, struct arena *arena, size_t *consumed,
                            struct error *err)
{
    return csv_reader_read(reader, text, is_last, out, arena, consumed, err);
}

static enum status read_copy(void *reader, struct bytes text, bool is_last, struct batch *out, struct arena *arena, size_t *consumed,
                             struct error *err)
{
    return copy_text_reader_read(reader, text, is_last, out, arena, consumed, err);
}

static struct column TEXTS[] = {{.name = "a", .type = {.id = TYPE_TEXT}}, {.name = "b", .type = {.id = TYPE_TEXT}}};
static const struct schema TWO_TEXTS = {2, TEXTS};

static void expect_csv(const struct schema *schema, const struct csv_options *csv, const struct line_options *line, const char *text,
                       size_t size, const char *expected)
{
    for (size_t step = 1; step <= size + 1; step++) {
        struct csv_reader *r;
        struct error err = {0};
        struct buffer got = {0};
        assert_int_equal(csv_reader_create(schema, csv, line, &r, &err), STATUS_OK);
        read_in_steps(read_csv, r, schema, (struct bytes){(const uint8_t *)text, size}, step, true, &got, &err);
        if (strcmp(buffer_text(&got), expected) != 0)
            fail_msg("by %zu: %s\ngives\n%s(%s)", step, text, buffer_text(&got), err.message);
        buffer_clear(&got);
        csv_reader_destroy(r);
    }
}

static void lines_mean_the_same_however_they_are_cut(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } CASES[] = {
        {"", ""}, {"a,b\n", "a|b\n"}, {"a,b", "a|b\n"}, {"a,b\r\nc,d\r\n", "a|b\nc|d\n"}, {"a,\n,b\n", "a|~\n~|b\n"},
        {"\"\",\"x\"\n", "|x\n"}, {"\"a,\"\"b\",\"c\nd\"\n", "a,\"b|c\nd\n"}, {"\xef\xbb\xbf" "a,b\n", "a|b\n"},
        {"x\"y,z\"w,q\n", "xy,zw|q\n"}, {"\"ab\"c,d\r", "abc|d\n"}, {"a\n", "!22P04\n"}, {"a,b,c\nd,e\n", "!22P04\nd|e\n"},
        {"a,\"b\n", "!22P04\n"}, {"a\rb,c\nd,e\n", "!22P04\nd|e\n"}, {"\xff,b\nc,d\n", "!22021\nc|d\n"},
        {"a long field that is not inline,another long field of text\n", "a long field that is not inline|another long field of text\n"},
        {"\"a long field, quoted but plain\",\"another one with \"\"quotes\"\" in it\"\n", "a long field, quoted but plain|another one with \"quotes\" in it\n"},
        {"\xc3\xa9,\"\xf0\x9f\x98\x80\"\n", "\xc3\xa9|\xf0\x9f\x98\x80\n"}, {"\n", "!22P04\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        expect_csv(&TWO_TEXTS, NULL, NULL, CASES[i].text, strlen(CASES[i].text), CASES[i].rows);
    expect_csv(&TWO_TEXTS, NULL, NULL, "a\0b,c\n", 6, "!22021\n");
}

static void options_change_the_spelling(void **state)
{
    (void)state;
    static const char TEXT[] = "x;y\n\n'it\\'s;';NIL\n'NIL';z\n\\.\nrest\n";
    struct csv_options csv = {.delimiter = ';', .quote = '\'', .escape = '\\', .null_text = "NIL", .has_header = true,
                              .skip_blank_lines = true, .has_end_marker = true};
    expect_csv(&TWO_TEXTS, &csv, NULL, TEXT, sizeof TEXT - 1, "it's;|~\nNIL|z\n");
    const struct csv_options bad[] = {{.delimiter = '"'}, {.delimiter = '\n'}, {.null_text = "a,b"}, {.null_text = "\""}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct csv_reader *r;
        struct error err = {0};
        assert_int_equal(csv_reader_create(&TWO_TEXTS, &bad[i], NULL, &r, &err), STATUS_INVALID_PARAMETER);
    }
}

/* As DuckDB reads them, and as leat writes the NULLs of a single column. */
static void a_blank_line_is_a_null_where_rows_have_one_field(void **state)
{
    (void)state;
    struct column column = {.name = "a", .type = type_of(TYPE_TEXT)};
    const struct schema one = {1, &column};
    struct csv_options csv = {.has_header = true, .skip_blank_lines = true};
    static const char ONE[] = "\r\n\na\nx\n\n\r\ny\n\n", TWO[] = "\n\na,b\nx,\n\n\r\n,y\n\n";
    expect_csv(&one, &csv, NULL, ONE, sizeof ONE - 1, "x\n~\n~\ny\n~\n");
    expect_csv(&TWO_TEXTS, &csv, NULL, TWO, sizeof TWO - 1, "x|~\n~|y\n");
}

static void only_wanted_fields_are_parsed_and_errors_name_their_place(void **state)
{
    (void)state;
    struct column columns[] = {{.name = "n", .type = type_of(TYPE_INT8)}, {.name = "amount", .type = type_numeric(5, 2)}};
    const struct schema schema = {2, columns};
    const int32_t targets[] = {1, -1, 0};
    struct line_options line = {.field_columns = targets, .field_count = 3, .source = "x.csv", .value_hint = "give the type"};
    static const char TEXT[] = "1.5,\"junk\n\",7\n2.5,,nine\n3.5,,9\n";
    struct csv_reader *r;
    struct error err = {0};
    struct buffer got = {0};
    assert_int_equal(csv_reader_create(&schema, NULL, &line, &r, &err), STATUS_OK);
    read_in_steps(read_csv, r, &schema, bytes_from_text(TEXT), 3, true, &got, &err);
    assert_string_equal(buffer_text(&got), "7|1.50\n!22P02\n9|3.50\n");
    assert_non_null(strstr(err.message, "\"x.csv\": line 3, column \"n\": "));
    assert_non_null(strstr(err.message, "\"nine\""));
    assert_string_equal(err.hint, "give the type");
    buffer_clear(&got);
    csv_reader_destroy(r);
}

static void a_line_has_a_limit(void **state)
{
    (void)state;
    struct line_options line = {.line_size_limit = 10};
    expect_csv(&TWO_TEXTS, NULL, &line, "12345,789\n", 10, "12345|789\n");
    struct csv_reader *r;
    struct error err = {0};
    struct buffer got = {0};
    assert_int_equal(csv_reader_create(&TWO_TEXTS, NULL, &line, &r, &err), STATUS_OK);
    read_in_steps(read_csv, r, &TWO_TEXTS, bytes_from_text("\"45678901234567890"), 1, false, &got, &err);
    assert_string_equal(buffer_text(&got), "!54000\n");
    buffer_clear(&got);
    csv_reader_destroy(r);
}

/* The reader's rules once more, byte by byte, for two text columns without errors. */
static void read_slowly(const char *p, const char *end, struct buffer *out)
{
    while (p < end) {
        for (int field = 0; field < 2; field++) {
            bool inside = false, quoted = false;
            size_t begin = out->size;
            for (; p < end && (inside || (*p != ',' && *p != '\n')); p++) {
                if (*p != '"') {
                    buffer_put_u8(out, (uint8_t)*p);
                } else if (inside && p + 1 < end && p[1] == '"') {
                    buffer_put_u8(out, '"');
                    p++;
                } else {
                    inside = !inside;
                    quoted = true;
                }
            }
            p++;
            if (out->size == begin && !quoted)
                buffer_put_u8(out, '~');
            buffer_put_u8(out, field == 0 ? '|' : '\n');
        }
    }
}

static void random_text_reads_as_by_the_slow_twin(void **state)
{
    (void)state;
    static const char *const PIECES[] = {"a", "bc", "\"\"", "\"x\"", "\"y,z\"", "\"\n\"", "\"\"\"\"", "long unquoted piece", "\"a long, quoted piece\"", "\xc3\xa9"};
    unsigned seed = 1;
    for (int round = 0; round < 300; round++) {
        struct buffer text = {0}, expected = {0}, got = {0};
        for (int row = 0; row < 20; row++)
            for (int field = 0; field < 2; field++) {
                for (unsigned n = (seed = seed * 1103515245 + 12345) >> 16 & 3; n > 0; n--)
                    buffer_put_text(&text, PIECES[(seed = seed * 1103515245 + 12345) / 65536 % 10]);
                buffer_put_u8(&text, field == 0 ? ',' : '\n');
            }
        struct csv_reader *r;
        struct error err = {0};
        assert_int_equal(csv_reader_create(&TWO_TEXTS, NULL, NULL, &r, &err), STATUS_OK);
        read_in_steps(read_csv, r, &TWO_TEXTS, buffer_bytes(&text), 1 + seed / 65536 % 400, false, &got, &err);
        read_slowly((const char *)text.data, (const char *)text.data + text.size, &expected);
        assert_string_equal(buffer_text(&got), buffer_text(&expected));
        csv_reader_destroy(r);
        buffer_clear(&text);
        buffer_clear(&expected);
        buffer_clear(&got);
    }
}

static void quoting_is_that_of_copy_and_of_psql(void **state)
{
    (void)state;
    static const struct {
        const char *value, *copy, *psql;
    } CASES[] = {{"", "\"\"", ""}, {"a", "a", "a"}, {"a,b", "\"a,b\"", "\"a,b\""}, {"\"", "\"\"\"\"", "\"\"\"\""}, {"a\nb", "\"a\nb\"", "\"a\nb\""},
                 {"\\.", "\\.", "\"\\.\""}, {" a ", " a ", " a "}, {"\r", "\"\r\"", "\"\r\""},
                 {"\xef\xbb\xbf", "\"\xef\xbb\xbf\"", "\"\xef\xbb\xbf\""}, /* alone it would be a byte order mark */
                 {"a\xef\xbb\xbf", "a\xef\xbb\xbf", "a\xef\xbb\xbf"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct buffer b = {0};
        csv_put_field(NULL, CSV_STYLE_COPY, bytes_from_text(CASES[i].value), false, &b);
        assert_string_equal(buffer_text(&b), CASES[i].copy);
        buffer_reset(&b);
        csv_put_field(NULL, CSV_STYLE_PSQL, bytes_from_text(CASES[i].value), false, &b);
        assert_string_equal(buffer_text(&b), CASES[i].psql);
        buffer_clear(&b);
    }
}

static void copy_text_is_read_as_postgresql_does(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rows;
    } CASES[] = {
        {"a\tb\n", "a|b\n"}, {"a\tb", "a|b\n"}, {"\\N\t\\\\N\r\n", "~|\\N\n"}, {"\t\n", "|\n"}, {"a\\tb\tc\\\td\n", "a\tb|c\td\n"},
        {"\\x41\\102\\n\t\\q\\xg\n", "AB\n|qxg\n"}, {"a\\\nb\tc\n", "a\nb|c\n"}, {"a\tb\n\\.\nc\td\n", "a|b\n"}, {"a\n", "!22P04\n"},
        {"a\tb\tc\nd\te\n", "!22P04\nd|e\n"}, {"\\xff\tb\n", "!22021\n"}, {"\\0\tb\n", "!22021\n"}, {"a\rb\tc\nd\te\n", "!22P04\nd|e\n"},
        {"\\xc3\\xa9\tb\\", "\xc3\xa9|b\\\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++)
        for (size_t step = 1; step <= strlen(CASES[i].text) + 1; step++) {
            struct copy_text_reader *r;
            struct error err = {0};
            struct buffer got = {0};
            assert_int_equal(copy_text_reader_create(&TWO_TEXTS, NULL, NULL, &r, &err), STATUS_OK);
            read_in_steps(read_copy, r, &TWO_TEXTS, bytes_from_text(CASES[i].text), step, true, &got, &err);
            if (strcmp(buffer_text(&got), CASES[i].rows) != 0)
                fail_msg("by %zu: %s\ngives\n%s(%s)", step, CASES[i].text, buffer_text(&got), err.message);
            buffer_clear(&got);
            copy_text_reader_destroy(r);
        }
}

static void what_is_written_reads_back(void **state)
{
    (void)state;
    struct arena *arena = arena_create();
    struct text_context utc = {.zone = time_zone_utc()};
    struct buffer csv = {0}, copy = {0}, plain = {0}, got = {0};
    struct batch b;
    batch_init(&b, &TWO_TEXTS, arena);
    static const char BYTES[] = "ab,\"\\\n\r\t\b\f\v.N~|; ";
    unsigned seed = 7;
    for (; b.row_count < 500; b.row_count++)
        for (uint32_t c = 0; c < 2; c++) {
            size_t size = (seed = seed * 1103515245 + 12345) >> 16 & 15;
            char *text = arena_alloc(arena, 16);
            for (size_t i = 0; i < size; i++)
                text[i] = BYTES[(seed = seed * 1103515245 + 12345) / 65536 % (sizeof BYTES - 1)];
            VECTOR_STRING(&b.columns[c])[b.row_count] = string_make(text, size);
            if (seed % 17 == 0)
                vector_set_null(&b.columns[c], b.row_count, BATCH_ROWS_MAX, arena);
        }
    for (uint32_t row = 0; row < b.row_count; row++) {
        csv_put_row(NULL, CSV_STYLE_COPY, &b, row, &utc, &csv);
        copy_text_put_row(NULL, &b, row, &utc, &copy);
    }
    print_rows(&b, &plain);
    struct csv_reader *csv_reader;
    struct copy_text_reader *copy_reader;
    struct error err = {0};
    assert_int_equal(csv_reader_create(&TWO_TEXTS, NULL, NULL, &csv_reader, &err), STATUS_OK);
    assert_int_equal(copy_text_reader_create(&TWO_TEXTS, NULL, NULL, &copy_reader, &err), STATUS_OK);
    read_in_steps(read_csv, csv_reader, &TWO_TEXTS, buffer_bytes(&csv), 1000, false, &got, &err);
    assert_string_equal(buffer_text(&got), buffer_text(&plain));
    buffer_reset(&got);
    read_in_steps(read_copy, copy_reader, &TWO_TEXTS, buffer_bytes(&copy), 1000, false, &got, &err);
    assert_string_equal(buffer_text(&got), buffer_text(&plain));
    csv_reader_destroy(csv_reader);
    copy_text_reader_destroy(copy_reader);
    buffer_clear(&csv);
    buffer_clear(&copy);
    buffer_clear(&plain);
    buffer_clear(&got);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_mean_the_same_however_they_are_cut),
        cmocka_unit_test(options_change_the_spelling),
        cmocka_unit_test(a_blank_line_is_a_null_where_rows_have_one_field),
        cmocka_unit_test(only_wanted_fields_are_parsed_and_errors_name_their_place),
        cmocka_unit_test(a_line_has_a_limit),
        cmocka_unit_test(random_text_reads_as_by_the_slow_twin),
        cmocka_unit_test(quoting_is_that_of_copy_and_of_psql),
        cmocka_unit_test(copy_text_is_read_as_postgresql_does),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
