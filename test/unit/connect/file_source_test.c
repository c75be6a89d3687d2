/* file_source_test.c - paths, globs, folders; CSV, JSON and Parquet; files that disagree, pruning, damage. */
#include "file_fixture.h"

#include <unistd.h>

#include "os/thread.h"

static void test_formats(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_file(&f, "a.csv", "id,name,day\n1,x,2024-01-15\n2,,\n");
    EXPECT_FILES(&f, "a.csv", NULL, "", "id bigint, name text, day date", "1|x|2024-01-15\n2|~|~\n");
    put_file(&f, "a.tsv", "id\tname\n1\ta,b\n");
    EXPECT_FILES(&f, "a.tsv", NULL, "", "id bigint, name text", "1|a,b\n");
    put_file(&f, "a.jsonl", "{\"id\":1,\"x\":{\"y\":2}}\n{\"id\":2}\n");
    EXPECT_FILES(&f, "a.jsonl", NULL, "", "id bigint, x json", "1|{\"y\":2}\n2|~\n");
    put_file(&f, "array.json", "[{\"id\":1},\n {\"id\":2}]");
    EXPECT_FILES(&f, "array.json", NULL, "", "id bigint", "1\n2\n");
    put_file(&f, "pretty.json", "{\n  \"id\": 1\n}\n{\n  \"id\": 2\n}\n");
    EXPECT_FILES(&f, "pretty.json", NULL, "", "id bigint", "1\n2\n");
    put_parquet(&f, "a.parquet", "id bigint!, amount numeric(12,2), name text", "1|1.50|x\n2|~|a text that is long\n3|0.25|~\n", 2);
    EXPECT_FILES(&f, "a.parquet", NULL, "", "id bigint, amount numeric(12,2), name text", "1|1.50|x\n2|~|a text that is long\n3|0.25|~\n");
    put_file(&f, "noname", "a;b\n1;2\n");
    EXPECT_FILES(&f, "noname", "csv", "", "a bigint, b bigint", "1|2\n");
    EXPECT_REFUSED(&f, "noname", NULL, "", STATUS_INVALID_PARAMETER, "does not tell its format");
    folder_close(&f);
}

static void test_csv_options(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_file(&f, "a.csv", "1#'a#b'#NA\n2#x#5\n");
    EXPECT_FILES(&f, "a.csv", NULL, "header=false;delim=#;quote=';nullstr=NA", "column0 bigint, column1 text, column2 bigint", "1|a#b|~\n2|x|5\n");
    put_file(&f, "b.csv", "h\n\"a\\\"b\"\n");
    EXPECT_FILES(&f, "b.csv", NULL, "header=true;escape=\\", "h text", "a\"b\n");
    EXPECT_FILES(&f, "a.csv", NULL, "header=false;delim=#;quote=';types=column0 numeric(10,2), column2 text", "column0 numeric(10,2), column1 text, column2 text",
                 "1.00|a#b|NA\n2.00|x|5\n");
    EXPECT_REFUSED(&f, "a.csv", NULL, "delimeter=;", STATUS_INVALID_PARAMETER, "unknown option \"delimeter\"");
    EXPECT_REFUSED(&f, "a.csv", NULL, "delim=ab", STATUS_INVALID_PARAMETER, "invalid value for option \"delim\"");
    EXPECT_REFUSED(&f, "a.csv", NULL, "header=perhaps", STATUS_INVALID_PARAMETER, "header");
    EXPECT_REFUSED(&f, "a.csv", NULL, "types=zz int", STATUS_UNDEFINED_COLUMN, "zz");
    folder_close(&f);
}

static void test_compression(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_packed(&f, "a.csv.gz", COMPRESSION_GZIP, "id\n1\n2\n");
    EXPECT_FILES(&f, "a.csv.gz", NULL, "", "id bigint", "1\n2\n");
    put_packed(&f, "a.jsonl.zst", COMPRESSION_ZSTD, "{\"id\":1}\n{\"id\":2}\n");
    EXPECT_FILES(&f, "a.jsonl.zst", NULL, "", "id bigint", "1\n2\n");
    /* two members, as when files are joined */
    struct buffer two = {0};
    struct error err = {0};
    assert_ok(compress(COMPRESSION_GZIP, bytes_from_text("id\n1\n"), 0, &two, &err));
    assert_ok(compress(COMPRESSION_GZIP, bytes_from_text("2\n3\n"), 0, &two, &err));
    put_bytes(&f, "two.csv.gz", buffer_bytes(&two));
    EXPECT_FILES(&f, "two.csv.gz", NULL, "", "id bigint", "1\n2\n3\n");
    put_bytes(&f, "cut.csv.gz", (struct bytes){two.data, two.size - 9});
    EXPECT_REFUSED(&f, "cut.csv.gz", NULL, "", STATUS_CORRUPT, "the compressed data ends early");
    two.data[15] ^= 0x55;
    put_bytes(&f, "damaged.csv.gz", buffer_bytes(&two));
    EXPECT_REFUSED(&f, "damaged.csv.gz", NULL, "", STATUS_CORRUPT, "damaged.csv.gz");
    buffer_clear(&two);
    folder_close(&f);
}

static void test_globs(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_file(&f, "d/1.csv", "id\n1\n");
    put_file(&f, "d/2.csv", "id\n2\n");
    put_file(&f, "d/_temporary.csv", "id\n99\n");
    put_file(&f, "d/.hidden.csv", "id\n98\n");
    put_file(&f, "d/sub/deep/3.csv", "id\n3\n");
    EXPECT_FILES(&f, "d/*.csv", NULL, "", "id bigint", "1\n2\n");
    EXPECT_FILES(&f, "d/?.csv", NULL, "", "id bigint", "1\n2\n");
    EXPECT_FILES(&f, "d/[2-3].csv", NULL, "", "id bigint", "2\n");
    EXPECT_FILES(&f, "d/**/*.csv", NULL, "", "id bigint", "1\n2\n3\n");
    EXPECT_FILES(&f, "**/3.csv", NULL, "", "id bigint", "3\n");
    EXPECT_FILES(&f, "d/**", NULL, "", "id bigint", "1\n2\n3\n");
    EXPECT_FILES(&f, "*/**/deep/*", NULL, "", "id bigint", "3\n");
    EXPECT_FILES(&f, "d", NULL, "", "id bigint", "1\n2\n3\n");
    EXPECT_FILES(&f, "d/", NULL, "", "id bigint", "1\n2\n3\n");
    EXPECT_FILES(&f, "d/_t*.csv", NULL, "", "id bigint", "99\n");
    EXPECT_FILES(&f, "d/_temporary.csv", NULL, "", "id bigint", "99\n");
    put_file(&f, "odd[1].csv", "id\n7\n");
    EXPECT_FILES(&f, "odd[1].csv", NULL, "", "id bigint", "7\n");
    EXPECT_REFUSED(&f, "d/*.json", NULL, "", STATUS_UNDEFINED_FILE, "d/*.json");
    EXPECT_REFUSED(&f, "none/*.csv", NULL, "", STATUS_UNDEFINED_FILE, "none/*.csv");
    EXPECT_REFUSED(&f, "d/9.csv", NULL, "", STATUS_UNDEFINED_FILE, "d/9.csv");
    folder_close(&f);
}

static void test_folder_columns(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_parquet(&f, "s/day=2024-01-15/n=1/who=a%20b/x.parquet", "v bigint", "1\n2\n", 100);
    put_parquet(&f, "s/day=2024-01-16/n=02/who=c/x.parquet", "v bigint", "3\n", 100);
    put_parquet(&f, "s/day=__HIVE_DEFAULT_PARTITION__/n=3/who=d/x.parquet", "v bigint", "4\n", 100);
    EXPECT_FILES(&f, "s", NULL, "", "v bigint, day date, n bigint, who text", "1|2024-01-15|1|a b\n2|2024-01-15|1|a b\n3|2024-01-16|2|c\n4|~|3|d\n");
    EXPECT_FILES(&f, "s", NULL, "hive_partitioning=false", "v bigint", "1\n2\n3\n4\n");
    put_parquet(&f, "s/n=1/day=2024-01-17/who=d/x.parquet", "v bigint", "5\n", 100);
    EXPECT_REFUSED(&f, "s", NULL, "", STATUS_DATATYPE_MISMATCH, "n=1/day=2024-01-17");
    put_file(&f, "c/v=7/x.csv", "id,v\n1,2\n");
    EXPECT_FILES(&f, "c", NULL, "", "id bigint, v bigint", "1|7\n");
    folder_close(&f);
}

static void test_disagreement(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_parquet(&f, "p/1.parquet", "a bigint, b text", "1|x\n", 100);
    put_parquet(&f, "p/2.parquet", "b text, c date, a bigint", "y|2024-01-01|2\n", 100);
    EXPECT_REFUSED(&f, "p", NULL, "", STATUS_DATATYPE_MISMATCH, "p/1.parquet\" and \"");
    EXPECT_FILES(&f, "p", NULL, "union_by_name=true", "a bigint, b text, c date", "1|x|~\n2|y|2024-01-01\n");
    put_parquet(&f, "p/3.parquet", "a text", "z\n", 100);
    EXPECT_REFUSED(&f, "p", NULL, "union_by_name=true", STATUS_DATATYPE_MISMATCH, "p/3.parquet");
    put_file(&f, "c/1.csv", "a,b\n1,x\n");
    put_file(&f, "c/2.csv", "b,a,c\ny,2.5,9\n");
    EXPECT_REFUSED(&f, "c", NULL, "", STATUS_DATATYPE_MISMATCH, "c/2.csv");
    EXPECT_FILES(&f, "c", NULL, "union_by_name=true", "a double precision, b text, c bigint", "1|x|~\n2.5|y|9\n");
    put_file(&f, "m/1.csv", "a\n1\n");
    put_file(&f, "m/2.json", "{\"a\":1}\n");
    EXPECT_REFUSED(&f, "m", NULL, "", STATUS_DATATYPE_MISMATCH, "different formats");
    put_file(&f, "j/1.json", "{\"a\":1}\n");
    put_file(&f, "j/2.json", "{\"a\":2,\"b\":3}\n");
    struct plan *node;
    struct error err = {0};
    assert_ok(describe(&f, "j", NULL, "", &node, &err));
    char *rows = read_rows(&f, node, &err);
    assert_non_null(strstr(err.message, "j/2.json\": line 1, "));
    free(rows);
    EXPECT_FILES(&f, "j", NULL, "union_by_name=true", "a bigint, b bigint", "1|~\n2|3\n");
    folder_close(&f);
}

static void test_choice_of_columns(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    struct plan *node;
    folder_open(&f);
    put_parquet(&f, "k=5/1.parquet", "a bigint, b text, c date", "1|x|2024-01-01\n", 100);
    put_file(&f, "k=5/1.csv", "a,b,c\n1,\"x,y\",2024-01-01\n");
    put_file(&f, "k=5/1.json", "{\"a\":1,\"b\":\"x,y\",\"c\":\"2024-01-01\"}\n");
    static const char *const NAMES[] = {"k=5/1.parquet", "k=5/1.csv", "k=5/1.json"};
    static const uint32_t COLUMNS[] = {3, 2, 0, 2};
    for (int i = 0; i < 3; i++) {
        assert_ok(describe(&f, NAMES[i], NULL, "", &node, &err));
        node->files.columns = arena_alloc(f.arena, sizeof COLUMNS);
        memcpy(node->files.columns, COLUMNS, sizeof COLUMNS);
        node->files.column_count = 4;
        char *rows = read_rows(&f, node, &err);
        assert_string_equal(rows, "5|2024-01-01|1|2024-01-01\n");
        free(rows);
        node->files.column_count = 0; /* count(*) */
        rows = read_rows(&f, node, &err);
        assert_string_equal(rows, "\n");
        free(rows);
    }
    folder_close(&f);
}

static void set_prune(struct folder *f, struct plan *node, uint32_t column, enum prune_operator operator_, int64_t constant)
{
    node->files.prunes = ARENA_ARRAY(f->arena, struct prune, 1);
    node->files.prune_count = 1;
    node->files.prunes[0] = (struct prune){.column = column, .operator_ = operator_};
    vector_init_constant(&node->files.prunes[0].constant, type_of(TYPE_INT8), &constant, f->arena);
}

static void expect_pruned(struct folder *f, struct plan *node, const char *expected)
{
    struct error err = {0};
    char *rows = read_rows(f, node, &err);
    assert_string_equal(err.message, "");
    assert_string_equal(rows, expected);
    free(rows);
}

static void test_pruning(void **state)
{
    (void)state;
    struct folder f;
    struct error err = {0};
    struct plan *node;
    folder_open(&f);
    put_parquet(&f, "k=1/1.parquet", "a bigint", "1\n2\n3\n4\n~\n~\n5\n6\n", 2);
    put_parquet(&f, "k=2/1.parquet", "a bigint", "7\n8\n", 2);
    put_file(&f, "k=3/broken.parquet", "this would fail if it were read, but its folder rules it out at once; long enough");
    assert_ok(describe(&f, "k=[12]", NULL, "", &node, &err));
    set_prune(&f, node, 0, PRUNE_EQUAL, 3);
    expect_pruned(&f, node, "3|1\n4|1\n");
    set_prune(&f, node, 0, PRUNE_LESS, 3);
    expect_pruned(&f, node, "1|1\n2|1\n");
    set_prune(&f, node, 0, PRUNE_LESS_EQUAL, 3);
    expect_pruned(&f, node, "1|1\n2|1\n3|1\n4|1\n");
    set_prune(&f, node, 0, PRUNE_GREATER, 6);
    expect_pruned(&f, node, "7|2\n8|2\n");
    set_prune(&f, node, 0, PRUNE_GREATER_EQUAL, 6);
    expect_pruned(&f, node, "5|1\n6|1\n7|2\n8|2\n");
    set_prune(&f, node, 1, PRUNE_GREATER, 1);
    expect_pruned(&f, node, "7|2\n8|2\n");
    set_prune(&f, node, 1, PRUNE_EQUAL, 9);
    expect_pruned(&f, node, "");
    folder_close(&f);
}

static void test_access(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_file(&f, "inside/a.csv", "id\n1\n");
    put_file(&f, "outside.csv", "id\n1\n");
    assert_int_equal(symlink(in_folder(&f, "outside.csv"), in_folder(&f, "inside/link.csv")), 0);
    f.access.root = "";
    EXPECT_REFUSED(&f, "inside/a.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "permission denied");
    f.access.root = in_folder(&f, "inside");
    EXPECT_FILES(&f, "inside/a.csv", NULL, "", "id bigint", "1\n");
    EXPECT_REFUSED(&f, "outside.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "outside.csv");
    EXPECT_REFUSED(&f, "inside/../outside.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "outside.csv");
    EXPECT_REFUSED(&f, "inside/link.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "link.csv");
    EXPECT_REFUSED(&f, "inside/*.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "link.csv");
    EXPECT_REFUSED(&f, "*.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "");
    EXPECT_REFUSED(&f, "/etc/*.csv", NULL, "", STATUS_INSUFFICIENT_PRIVILEGE, "/etc");
    EXPECT_REFUSED(&f, "inside/none.csv", NULL, "", STATUS_UNDEFINED_FILE, "none.csv");
    struct error err = {0};
    assert_ok(file_access_check(&f.access, in_folder(&f, "inside/new/deep/file"), &err));
    assert_ok(file_access_check(&f.access, in_folder(&f, "inside/new/"), &err));
    assert_status(file_access_check(&f.access, in_folder(&f, "inside/new/../../x"), &err), STATUS_INSUFFICIENT_PRIVILEGE);
    assert_status(file_access_check(&f.access, in_folder(&f, "insider"), &err), STATUS_INSUFFICIENT_PRIVILEGE);
    folder_close(&f);
}

static void test_damage(void **state)
{
    (void)state;
    struct folder f;
    folder_open(&f);
    put_file(&f, "a.parquet", "this is no Parquet file");
    EXPECT_REFUSED(&f, "a.parquet", NULL, "", STATUS_CORRUPT, "a.parquet");
    put_file(&f, "a.csv", "id\n1\nx\n");
    EXPECT_FILES(&f, "a.csv", NULL, "", "id text", "1\nx\n");
    put_file(&f, "empty.csv", "");
    EXPECT_REFUSED(&f, "empty.csv", NULL, "", STATUS_BAD_COPY_FORMAT, "empty.csv");
    put_file(&f, "a.json", "{\"id\":1}\n{\"id\":\n");
    EXPECT_REFUSED(&f, "a.json", NULL, "", STATUS_INVALID_TEXT, "a.json");
    folder_close(&f);
}

/* ---- large texts, several readers ---- */

enum { READERS = 3 };

struct worker {
    struct source *source;
    struct thread thread;
    int64_t rows, sum;
    size_t text_size;
    enum status st;
    struct error err;
};

static void worker_body(void *argument)
{
    struct worker *w = argument;
    struct source_reader *reader;
    w->st = w->source->type->open_reader(w->source, &reader, &w->err);
    for (bool end = false; w->st == STATUS_OK && !end;) {
        struct batch batch;
        w->st = w->source->type->read(reader, &batch, &end, &w->err);
        for (uint32_t i = 0; w->st == STATUS_OK && !end && i < batch.row_count; i++) {
            w->rows++;
            w->sum += VECTOR_I64(&batch.columns[0])[i];
            w->text_size += VECTOR_STRING(&batch.columns[1])[i].size;
        }
    }
    w->source->type->close_reader(reader);
}

static void read_by_all(struct folder *f, const char *name, struct worker *total)
{
    struct plan *node;
    struct error err = {0};
    struct worker workers[READERS];
    *total = (struct worker){0};
    assert_ok(describe(f, name, NULL, "", &node, &err));
    assert_ok(file_source_create(&f->access, node, &total->source, &err));
    for (int i = 0; i < READERS; i++) {
        workers[i] = (struct worker){.source = total->source};
        assert_ok(thread_start(&workers[i].thread, "reader", 1 << 20, worker_body, &workers[i], &err));
    }
    for (int i = 0; i < READERS; i++) {
        thread_join(&workers[i].thread);
        total->rows += workers[i].rows;
        total->sum += workers[i].sum;
        total->text_size += workers[i].text_size;
        if (workers[i].st != STATUS_OK) {
            total->st = workers[i].st;
            total->err = workers[i].err;
        }
    }
    if (total->st == STATUS_OK) {
        assert_int_equal(total->source->progress.bytes, total->source->progress.total_bytes);
        assert_int_equal(total->source->progress.rows, total->rows);
    }
    total->source->type->destroy(total->source);
}

/* The text of row i in a large file, with newlines and quotes to trip over. */
static void put_large_row(struct buffer *out, bool json, int i)
{
    static const char PLAIN[] = "some text, \"quoted\"\nand a newline, {brace}";
    if (!json) {
        buffer_printf(out, "%d,\"some text, \"\"quoted\"\"\nand a newline, {brace}\"\n", i);
        return;
    }
    buffer_printf(out, i % 3 == 0 ? "{\"id\":%d,\n \"t\":" : "{\"id\":%d,\"t\":", i);
    json_put_string(out, bytes_from_text(PLAIN));
    buffer_put_text(out, "}\n");
}

static void test_large(void **state)
{
    (void)state;
    enum { ROWS = 300000 };
    static const struct {
        const char *name;
        bool json;
        enum compression compression;
    } FILES[] = {{"a.csv", false, COMPRESSION_NONE},     {"b.csv.gz", false, COMPRESSION_GZIP}, {"c.json", true, COMPRESSION_NONE},
                 {"d.json.zst", true, COMPRESSION_ZSTD}, {"e.json", true, COMPRESSION_NONE}};
    struct folder f;
    folder_open(&f);
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++) {
        struct buffer text = {0}, packed = {0};
        struct error err = {0};
        struct worker total;
        bool is_array = FILES[i].name[0] == 'e';
        buffer_put_text(&text, FILES[i].json ? is_array ? "[" : "" : "id,t\n");
        for (int row = 0; row < ROWS; row++) {
            if (is_array && row != 0)
                buffer_put_u8(&text, ',');
            put_large_row(&text, FILES[i].json, row);
        }
        if (is_array)
            buffer_put_u8(&text, ']');
        assert_ok(compress(FILES[i].compression, buffer_bytes(&text), 1, &packed, &err));
        put_bytes(&f, FILES[i].name, buffer_bytes(&packed));
        read_by_all(&f, FILES[i].name, &total);
        if (total.st != STATUS_OK)
            fail_msg("%s", total.err.message);
        assert_int_equal(total.rows, ROWS);
        assert_int_equal(total.sum, (int64_t)ROWS * (ROWS - 1) / 2);
        assert_int_equal(total.text_size, (size_t)ROWS * 42);
        buffer_clear(&text);
        buffer_clear(&packed);
    }
    folder_close(&f);
}

/* An error far behind tells its line and what to do. */
static void test_late_error(void **state)
{
    (void)state;
    struct folder f;
    struct buffer text = {0};
    struct worker total;
    folder_open(&f);
    buffer_put_text(&text, "id,t\n");
    for (int row = 0; row < 900000; row++)
        buffer_printf(&text, row == 899990 ? "x%d,a\n" : "%d,\"a b\"\n", row);
    put_bytes(&f, "a.csv", buffer_bytes(&text));
    read_by_all(&f, "a.csv", &total);
    assert_int_equal(total.st, STATUS_INVALID_TEXT);
    assert_non_null(strstr(total.err.message, "a.csv\": line 899992, column \"id\""));
    assert_non_null(strstr(total.err.hint, "type"));
    buffer_clear(&text);
    folder_close(&f);
}

/* Of each of many files a path is kept and little else; of the rows that were sampled nothing. */
static void test_many_files_take_little_memory(void **state)
{
    (void)state;
    enum { FILES = 500, SIZE_PER_FILE = 600 };
    struct folder csv, json;
    struct plan *node;
    struct error err = {0};
    struct buffer rows = {0};
    folder_open(&csv);
    folder_open(&json);
    for (int i = 0; i < FILES; i++)
        put_file(&csv, arena_printf(csv.arena, "many/%d.csv", i), "id,name,amount\n1,\"a \"\"b\"\"\",2.5\n");
    for (int i = 0; i < 10000; i++)
        buffer_printf(&rows, "{\"id\":%d,\"a name of a field\":\"x\",\"another name of a field\":1}\n", i);
    put_bytes(&json, "rows.json", buffer_bytes(&rows));
    arena_reset(csv.arena);
    arena_reset(json.arena);
    assert_ok(describe(&csv, "many/*.csv", NULL, "", &node, &err));
    assert_in_range(arena_size(csv.arena), 1, FILES * SIZE_PER_FILE);
    assert_ok(describe(&json, "rows.json", NULL, "", &node, &err));
    assert_in_range(arena_size(json.arena), 1, 65536);
    buffer_clear(&rows);
    folder_close(&csv);
    folder_close(&json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formats),        cmocka_unit_test(test_csv_options),       cmocka_unit_test(test_compression),
        cmocka_unit_test(test_globs),          cmocka_unit_test(test_folder_columns),    cmocka_unit_test(test_disagreement),
        cmocka_unit_test(test_choice_of_columns), cmocka_unit_test(test_pruning),        cmocka_unit_test(test_access),
        cmocka_unit_test(test_damage),         cmocka_unit_test(test_large),             cmocka_unit_test(test_late_error),
        cmocka_unit_test(test_many_files_take_little_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
