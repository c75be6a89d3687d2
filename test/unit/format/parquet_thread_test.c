/* parquet_thread_test.c - many cursors on one reader in several threads; batches outlive cursors, in another thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "format/parquet_reader.h"
#include "format/parquet_writer.h"
#include "os/thread.h"
#include "unit/os/fake_os.h"

enum { GROUPS = 6, GROUP_ROWS = 1000, THREADS = 4, BATCHES_MAX = 64 };

static struct column COLUMNS[] = {{"i", {.id = TYPE_INT8}, false}, {"s", {.id = TYPE_TEXT}, false}, {"u", {.id = TYPE_TEXT}, false}};
static const struct schema SCHEMA = {3, COLUMNS};

static void write_file(struct os *os)
{
    struct parquet_writer_options options = parquet_writer_default_options();
    options.row_group_rows = GROUP_ROWS;
    options.page_rows = 300;
    struct error err = {0};
    struct parquet_writer *w;
    assert_int_equal(parquet_writer_create(os, "f", &SCHEMA, &options, &w, &err), STATUS_OK);
    for (int64_t g = 0; g < GROUPS; g++) {
        struct arena *arena = arena_create();
        struct batch b;
        batch_init(&b, &SCHEMA, arena);
        b.row_count = GROUP_ROWS;
        for (int64_t i = 0; i < GROUP_ROWS; i++) {
            VECTOR_I64(&b.columns[0])[i] = g * GROUP_ROWS + i;
            const char *few = arena_printf(arena, "one of few texts: %02d", (int)(i % 20));
            const char *many = arena_printf(arena, "text number %08d", (int)(g * GROUP_ROWS + i));
            VECTOR_STRING(&b.columns[1])[i] = string_make(few, strlen(few));
            VECTOR_STRING(&b.columns[2])[i] = string_make(many, strlen(many));
        }
        assert_int_equal(parquet_writer_write(w, &b, &err), STATUS_OK);
        arena_destroy(arena);
    }
    assert_int_equal(parquet_writer_finish(w, &err), STATUS_OK);
    parquet_writer_destroy(w);
}

struct work {
    struct thread thread;
    const struct parquet_reader *reader;
    struct arena *arena;
    struct batch kept[BATCHES_MAX];
    int kept_count;
    bool failed;
};

static void read_all(void *argument)
{
    static const uint32_t ALL[] = {0, 1, 2};
    struct work *w = argument;
    struct error err = {0};
    for (uint32_t g = 0; g < parquet_reader_row_group_count(w->reader) && !w->failed; g++) {
        struct parquet_cursor *cursor;
        w->failed = parquet_cursor_create(w->reader, g, ALL, 3, &cursor, &err) != STATUS_OK;
        while (!w->failed && w->kept_count < BATCHES_MAX) {
            struct batch *b = &w->kept[w->kept_count];
            w->failed = parquet_cursor_read(cursor, w->arena, b, &err) != STATUS_OK;
            if (w->failed || b->row_count == 0)
                break;
            w->kept_count++;
        }
        parquet_cursor_destroy(cursor);
    }
}

static void check_batches(const struct work *w)
{
    int64_t row = 0;
    for (int k = 0; k < w->kept_count; k++)
        for (uint32_t i = 0; i < w->kept[k].row_count; i++, row++) {
            char few[32], many[32];
            snprintf(few, sizeof few, "one of few texts: %02d", (int)(row % GROUP_ROWS % 20));
            snprintf(many, sizeof many, "text number %08d", (int)row);
            const struct vector *columns = w->kept[k].columns;
            assert_int_equal(*(int64_t *)vector_value(&columns[0], i), row);
            assert_true(bytes_equal(string_bytes(vector_value(&columns[1], i)), bytes_from_text(few)));
            assert_true(bytes_equal(string_bytes(vector_value(&columns[2], i)), bytes_from_text(many)));
        }
    assert_int_equal(row, GROUPS * GROUP_ROWS);
}

static void test_threads_share_a_reader(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct parquet_reader *reader;
    struct error err = {0};
    static struct work works[THREADS];
    write_file(fake_os_base(f));
    assert_int_equal(parquet_reader_open(fake_os_base(f), "f", NULL, &reader, &err), STATUS_OK);
    for (int i = 0; i < THREADS; i++) {
        works[i] = (struct work){.reader = reader, .arena = arena_create()};
        assert_int_equal(thread_start(&works[i].thread, "reader", 0, read_all, &works[i], &err), STATUS_OK);
    }
    for (int i = 0; i < THREADS; i++)
        thread_join(&works[i].thread);
    parquet_reader_close(reader);
    for (int i = 0; i < THREADS; i++) {
        assert_false(works[i].failed);
        check_batches(&works[i]);
        for (int k = 0; k < works[i].kept_count; k++)
            batch_unref(&works[i].kept[k]);
        arena_destroy(works[i].arena);
    }
    assert_int_equal(fake_os_open_files(f), 0);
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads_share_a_reader)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
