/* file_fixture.h - a temporary folder of files, and reading them as a PLAN_FILES node. */
#ifndef LEAT_TEST_FILE_FIXTURE_H
#define LEAT_TEST_FILE_FIXTURE_H

#include <stdio.h>

#include "connect_fixture.h"

#include "codec/compression.h"
#include "connect/file_sink.h"
#include "format/parquet_writer.h"

struct folder {
    char path[64];
    struct arena *arena;
    struct file_access access;
};

static inline void folder_open(struct folder *f)
{
    struct error err = {0};
    f->arena = arena_create();
    f->access = (struct file_access){os_real(), NULL};
    strcpy(f->path, "/tmp/leat-files-XXXXXX");
    assert_ok(os_make_temporary(os_real(), f->path, &err));
}

static inline void folder_close(struct folder *f)
{
    struct error err = {0};
    assert_ok(os_remove_tree(os_real(), f->path, &err));
    arena_destroy(f->arena);
}

/* The path of a name in the folder. */
static inline const char *in_folder(struct folder *f, const char *name)
{
    return arena_printf(f->arena, "%s/%s", f->path, name);
}

static inline void make_parents(struct folder *f, const char *path)
{
    struct error err = {0};
    const char *slash = strrchr(path, '/');
    char *parent = arena_copy_bytes(f->arena, (struct bytes){(const uint8_t *)path, (size_t)(slash - path)});
    assert_ok(os_real()->make_directory(os_real(), parent, &err));
}

static inline void put_bytes(struct folder *f, const char *name, struct bytes content)
{
    struct error err = {0};
    const char *path = in_folder(f, name);
    make_parents(f, path);
    assert_ok(os_write_file(os_real(), path, content, &err));
}

static inline void put_file(struct folder *f, const char *name, const char *text)
{
    put_bytes(f, name, bytes_from_text(text));
}

static inline void put_packed(struct folder *f, const char *name, enum compression kind, const char *text)
{
    struct buffer packed = {0};
    struct error err = {0};
    assert_ok(compress(kind, bytes_from_text(text), 0, &packed, &err));
    put_bytes(f, name, buffer_bytes(&packed));
    buffer_clear(&packed);
}

/* A Parquet file of rows as connect_fixture.h spells them, row groups of the given size. */
static inline void put_parquet(struct folder *f, const char *name, const char *columns, const char *rows, uint32_t row_group_rows)
{
    struct error err = {0};
    struct batch batch;
    struct relation *r = fixture_table("t", columns, 0, "");
    struct parquet_writer *w;
    struct parquet_writer_options options = parquet_writer_default_options();
    options.row_group_rows = row_group_rows;
    const char *path = in_folder(f, name);
    make_parents(f, path);
    batch_from_text(&r->schema, rows, f->arena, &batch);
    assert_ok(parquet_writer_create(os_real(), path, &r->schema, &options, &w, &err));
    assert_ok(parquet_writer_write(w, &batch, &err));
    assert_ok(parquet_writer_finish(w, &err));
    parquet_writer_destroy(w);
    relation_unref(r);
}

/* A described node; options as "a=b;c=d". */
static inline enum status describe(struct folder *f, const char *path, const char *format, const char *options, struct plan **out,
                                   struct error *err)
{
    struct relation *r = fixture_table("t", "a text", 0, options);
    struct plan *p = plan_create(PLAN_FILES, 0, f->arena);
    p->files.path = path[0] == '/' ? path : in_folder(f, path);
    p->files.format = format;
    p->files.options = ARENA_ARRAY(f->arena, struct option, r->option_count + 1);
    p->files.option_count = r->option_count;
    for (uint32_t i = 0; i < r->option_count; i++)
        p->files.options[i] = (struct option){arena_copy_text(f->arena, r->options[i].name), arena_copy_text(f->arena, r->options[i].value), 1};
    relation_unref(r);
    *out = p;
    return file_source_describe(&f->access, p, f->arena, err);
}

/* "name type, ..." */
static inline char *schema_text(const struct schema *s)
{
    struct buffer text = {0};
    char name[TYPE_NAME_SIZE];
    for (uint32_t c = 0; c < s->column_count; c++)
        buffer_printf(&text, "%s%s %s", c == 0 ? "" : ", ", s->columns[c].name, type_name(s->columns[c].type, name, sizeof name));
    buffer_put_u8(&text, 0);
    return (char *)text.data;
}

/* All rows of a described node, read by one reader; *err tells of a failure. The caller frees. */
static inline char *read_rows(struct folder *f, const struct plan *p, struct error *err)
{
    struct source *source;
    struct source_reader *reader;
    struct buffer text = {0};
    buffer_put(&text, "", 0);
    if (file_source_create(&f->access, p, &source, err) != STATUS_OK)
        return strdup("");
    enum status st = source->type->open_reader(source, &reader, err);
    for (bool end = false; st == STATUS_OK && !end;) {
        struct batch batch;
        st = source->type->read(reader, &batch, &end, err);
        if (st == STATUS_OK)
            print_batch(&batch, &text);
    }
    source->type->close_reader(reader);
    source->type->destroy(source);
    buffer_put_u8(&text, 0);
    return (char *)text.data;
}

static inline void expect_files(struct folder *f, const char *path, const char *format, const char *options, const char *expected_schema,
                                const char *expected_rows, int line)
{
    struct plan *node;
    struct error err = {0};
    assert_ok(describe(f, path, format, options, &node, &err));
    char *schema = schema_text(&node->schema), *rows = read_rows(f, node, &err);
    _assert_string_equal(schema, expected_schema, path, line);
    _assert_string_equal(err.message, "", path, line);
    _assert_string_equal(rows, expected_rows, path, line);
    free(schema);
    free(rows);
}

static inline void expect_refused(struct folder *f, const char *path, const char *format, const char *options, enum status expected,
                                  const char *part, int line)
{
    struct plan *node;
    struct error err = {0};
    enum status st = describe(f, path, format, options, &node, &err);
    if (st != expected || strstr(err.message, part) == NULL)
        fail_msg("line %d: %s %s", line, status_sqlstate(st), err.message);
}

#define EXPECT_FILES(...) expect_files(__VA_ARGS__, __LINE__)
#define EXPECT_REFUSED(...) expect_refused(__VA_ARGS__, __LINE__)

#endif
