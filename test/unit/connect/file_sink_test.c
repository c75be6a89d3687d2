/* file_sink_test.c - COPY TO: what is written reads back, nothing half-written is in view, folders old or new. */
#include "file_fixture.h"

#include <unistd.h>

static const char COLUMNS[] = "id bigint, name text";
static const char ROWS[] = "1|x\n2|~\n3|a, \"text\" that is long\n";

static struct statement copy_to(const char *path, enum copy_format format)
{
    struct statement s = {.kind = STATEMENT_COPY_TO};
    s.copy.path = path;
    s.copy.format = format;
    s.copy.is_directory = path[strlen(path) - 1] == '/';
    s.copy.delimiter = format == COPY_CSV ? ',' : '\t';
    s.copy.quote = s.copy.escape = '"';
    s.copy.null_text = format == COPY_CSV ? "" : "\\N";
    s.copy.header = format == COPY_CSV;
    return s;
}

static enum status write_rows(struct folder *f, const struct statement *copy, const char *rows, bool finish, int64_t *size, struct error *err)
{
    struct relation *r = fixture_table("t", COLUMNS, 0, "");
    struct text_context text = {.zone = time_zone_utc()};
    struct batch batch;
    struct file_sink *sink = NULL;
    int64_t count;
    batch_from_text(&r->schema, rows, f->arena, &batch);
    enum status st = file_sink_create(&f->access, copy, &r->schema, &text, &sink, err);
    if (st == STATUS_OK)
        st = file_sink_write(sink, &batch, err);
    if (st == STATUS_OK && finish)
        st = file_sink_finish(sink, &count, size, err);
    if (st == STATUS_OK && finish)
        assert_int_equal(count, batch.row_count);
    file_sink_destroy(sink);
    relation_unref(r);
    return st;
}

static void write_ok(struct folder *f, struct statement copy, const char *rows)
{
    struct error err = {0};
    int64_t size = 0;
    assert_ok(write_rows(f, &copy, rows, true, &size, &err));
    if (!copy.copy.is_directory) {
        struct file_info info;
        assert_ok(os_real()->info(os_real(), copy.copy.path, &info, &err));
        assert_int_equal(info.size, size);
    }
}

static void expect_text(struct folder *f, const char *name, const char *expected)
{
    struct bytes content;
    struct error err = {0};
    assert_ok(os_read_file(os_real(), in_folder(f, name), 1 << 20, f->arena, &content, &err));
    assert_string_equal((const char *)content.data, expected);
}

/* The names in a folder, with blanks between. */
static void expect_names(struct folder *f, const char *name, const char *expected)
{
    char **names;
    size_t count;
    struct error err = {0};
    struct buffer text = {0};
    assert_ok(os_real()->list(os_real(), in_folder(f, name), f->arena, &names, &count, &err));
    for (size_t i = 0; i < count; i++)
        buffer_printf(&text, "%s%s", i == 0 ? "" : " ", names[i]);
    assert_string_equal(buffer_text(&text), expected);
    buffer_clear(&text);
}

static void test_formats(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    write_ok(&f, copy_to(in_folder(&f, "a.csv"), COPY_CSV), ROWS);
    expect_text(&f, "a.csv", "id,name\n1,x\n2,\n3,\"a, \"\"text\"\" that is long\"\n");
    write_ok(&f, copy_to(in_folder(&f, "a.json"), COPY_JSON), ROWS);
    expect_text(&f, "a.json", "{\"id\":1,\"name\":\"x\"}\n{\"id\":2,\"name\":null}\n{\"id\":3,\"name\":\"a, \\\"text\\\" that is long\"}\n");
    write_ok(&f, copy_to(in_folder(&f, "a.txt"), COPY_TEXT), ROWS);
    expect_text(&f, "a.txt", "1\tx\n2\t\\N\n3\ta, \"text\" that is long\n");
    write_ok(&f, copy_to(in_folder(&f, "a.parquet"), COPY_PARQUET), ROWS);
    EXPECT_FILES(&f, "a.parquet", NULL, "", COLUMNS, ROWS);
    write_ok(&f, copy_to(in_folder(&f, "b.csv.gz"), COPY_CSV), ROWS);
    EXPECT_FILES(&f, "b.csv.gz", NULL, "", COLUMNS, ROWS);
    write_ok(&f, copy_to(in_folder(&f, "b.json.zst"), COPY_JSON), ROWS);
    EXPECT_FILES(&f, "b.json.zst", NULL, "", COLUMNS, ROWS);
    expect_names(&f, "", "a.csv a.json a.parquet a.txt b.csv.gz b.json.zst");
    folder_close(&f);
}

static void test_no_rows(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    write_ok(&f, copy_to(in_folder(&f, "a.parquet"), COPY_PARQUET), "");
    EXPECT_FILES(&f, "a.parquet", NULL, "", COLUMNS, "");
    write_ok(&f, copy_to(in_folder(&f, "a.json"), COPY_JSON), "");
    expect_text(&f, "a.json", "");
    write_ok(&f, copy_to(in_folder(&f, "a.json.gz"), COPY_JSON), "");
    folder_close(&f);
}

static void test_replacing(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    int64_t size;
    folder_open(&f);
    for (enum copy_format format = COPY_TEXT; format <= COPY_PARQUET; format++) {
        put_file(&f, "old", "old");
        struct statement copy = copy_to(in_folder(&f, "old"), format);
        assert_ok(write_rows(&f, &copy, ROWS, false, &size, &err)); /* given up: the old one stays */
        expect_text(&f, "old", "old");
        expect_names(&f, "", "old");
        write_ok(&f, copy, ROWS);
        expect_names(&f, "", "old");
    }
    put_file(&f, "target", "old");
    assert_int_equal(symlink(in_folder(&f, "target"), in_folder(&f, "link")), 0);
    write_ok(&f, copy_to(in_folder(&f, "link"), COPY_TEXT), "1|x\n");
    expect_text(&f, "target", "1\tx\n");
    struct statement copy = copy_to(in_folder(&f, "no/folder/x.csv"), COPY_CSV);
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_UNDEFINED_FILE);
    copy = copy_to(f.path, COPY_CSV);
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_WRONG_OBJECT_TYPE);
    folder_close(&f);
}

static void test_folder(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    int64_t size;
    folder_open(&f);
    struct statement copy = copy_to(in_folder(&f, "a/b/"), COPY_PARQUET);
    assert_ok(write_rows(&f, &copy, ROWS, false, &size, &err));
    expect_names(&f, "a", "");
    write_ok(&f, copy, ROWS);
    expect_names(&f, "a/b", "part-00000.parquet");
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_DUPLICATE_FILE);
    assert_non_null(strstr(err.hint, "OVERWRITE"));
    copy.copy.overwrite = FILE_APPEND;
    write_ok(&f, copy, "4|y\n");
    expect_names(&f, "a/b", "part-00000.parquet part-00001.parquet");
    EXPECT_FILES(&f, "a/b", NULL, "", COLUMNS, "1|x\n2|~\n3|a, \"text\" that is long\n4|y\n");
    copy.copy.overwrite = FILE_OVERWRITE;
    assert_ok(write_rows(&f, &copy, "5|z\n", false, &size, &err));
    expect_names(&f, "a/b", "part-00000.parquet part-00001.parquet");
    write_ok(&f, copy, "5|z\n");
    EXPECT_FILES(&f, "a/b", NULL, "", COLUMNS, "5|z\n");
    expect_names(&f, "a", "b");
    put_file(&f, "a/b/thesis.doc", "precious");
    assert_status(write_rows(&f, &copy, "6|z\n", true, &size, &err), STATUS_DUPLICATE_FILE);
    expect_text(&f, "a/b/thesis.doc", "precious");
    copy = copy_to(in_folder(&f, "c/"), COPY_CSV);
    copy.copy.compression = "gzip";
    write_ok(&f, copy, ROWS);
    expect_names(&f, "c", "part-00000.csv.gz");
    EXPECT_FILES(&f, "c", NULL, "", COLUMNS, ROWS);
    folder_close(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    int64_t size;
    folder_open(&f);
    f.access.root = in_folder(&f, "in");
    put_file(&f, "in/x", "");
    struct statement copy = copy_to(in_folder(&f, "out.csv"), COPY_CSV);
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_INSUFFICIENT_PRIVILEGE);
    copy = copy_to(in_folder(&f, "in/out.csv"), COPY_CSV);
    write_ok(&f, copy, ROWS);
    copy.copy.compression = "snappy";
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_INVALID_PARAMETER);
    copy = copy_to(in_folder(&f, "in/out.csv"), COPY_CSV);
    copy.copy.overwrite = FILE_APPEND;
    assert_status(write_rows(&f, &copy, ROWS, true, &size, &err), STATUS_INVALID_PARAMETER);
    expect_names(&f, "in", "out.csv x");
    f.access.root = NULL;
    copy = copy_to("/dev/null", COPY_CSV);
    assert_ok(write_rows(&f, &copy, ROWS, true, &size, &err));
    folder_close(&f);
}

/* A value that Parquet cannot hold fails in the middle: no file is left. */
static void test_failing_value(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    folder_open(&f);
    struct relation *r = fixture_table("t", "d date", 0, "");
    struct text_context text = {.zone = time_zone_utc()};
    struct statement copy = copy_to(in_folder(&f, "new/"), COPY_PARQUET);
    struct file_sink *sink;
    struct batch batch;
    int64_t rows, size;
    batch_from_text(&r->schema, "2024-01-01\ninfinity\n", f.arena, &batch);
    assert_ok(file_sink_create(&f.access, &copy, &r->schema, &text, &sink, &err));
    enum status st = file_sink_write(sink, &batch, &err);
    if (st == STATUS_OK)
        st = file_sink_finish(sink, &rows, &size, &err);
    assert_int_equal(st, STATUS_DATETIME_OVERFLOW);
    file_sink_destroy(sink);
    expect_names(&f, "", "");
    relation_unref(r);
    folder_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_formats), cmocka_unit_test(test_no_rows),  cmocka_unit_test(test_replacing),
                                       cmocka_unit_test(test_folder),  cmocka_unit_test(test_refusals), cmocka_unit_test(test_failing_value)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
