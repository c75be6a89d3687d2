/* fake_os_test.c - the fake disk keeps what it should, loses what it may, and fails when asked. */
#include "unit/os/fake_os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int open_file(struct os *os, const char *path)
{
    int fd = -1;
    struct error err = {0};
    assert_int_equal(os->open(os, path, FILE_WRITE, &fd, &err), STATUS_OK);
    return fd;
}

static void write_fill(struct os *os, int fd, char fill, size_t size, int64_t position)
{
    char data[4096];
    struct error err = {0};
    memset(data, fill, sizeof data);
    assert_true(size <= sizeof data);
    assert_int_equal(os->write(os, fd, data, size, position, &err), STATUS_OK);
}

static void synced_bytes_and_names_survive_every_crash(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct error err = {0};
        struct fake_os *f = fake_os_create(seed);
        struct os *os = fake_os_base(f);
        assert_int_equal(os->make_directory(os, "/data/a", &err), STATUS_OK);
        int fd = open_file(os, "/data/a/log");
        write_fill(os, fd, 'x', 1000, 0);
        assert_int_equal(os->sync(os, fd, &err), STATUS_OK);
        assert_int_equal(os->sync_directory(os, "/", &err), STATUS_OK);
        assert_int_equal(os->sync_directory(os, "/data", &err), STATUS_OK);
        assert_int_equal(os->sync_directory(os, "/data/a", &err), STATUS_OK);
        write_fill(os, fd, 'y', 2000, 1000);
        fake_os_crash(f);
        assert_int_equal(fake_os_open_files(f), 0);

        char data[4096];
        size_t done;
        assert_int_equal(os->read(os, fd, data, 1, 0, &done, &err), STATUS_IO_ERROR); /* a stale descriptor */
        os->close(os, fd);
        assert_int_equal(os->open(os, "data/a/log", FILE_READ, &fd, &err), STATUS_OK);
        assert_int_equal(os->read(os, fd, data, sizeof data, 0, &done, &err), STATUS_OK);
        assert_in_range(done, 1000, 3000);
        for (size_t i = 0; i < done; i++)
            assert_true(i < 1000 ? data[i] == 'x' : data[i] == 'y' || data[i] == '\0');
        os->close(os, fd);
        fake_os_destroy(f);
    }
}

/* Over many seeds an unsynced write is seen whole, torn and lost; an unsynced name is seen and lost. */
static void what_is_not_synced_has_every_fate(void **state)
{
    (void)state;
    int name_lost = 0, whole = 0, torn = 0, empty = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct error err = {0};
        struct fake_os *f = fake_os_create(seed);
        struct os *os = fake_os_base(f);
        int fd = open_file(os, "log");
        write_fill(os, fd, 'x', 2048, 0);
        fake_os_crash(f);
        struct file_info info;
        if (os->info(os, "log", &info, &err) != STATUS_OK) {
            name_lost++;
        } else {
            char data[2048];
            size_t done;
            fd = open_file(os, "log");
            assert_int_equal(os->read(os, fd, data, sizeof data, 0, &done, &err), STATUS_OK);
            empty += done == 0;
            bool has_hole = memchr(data, '\0', done) != NULL;
            whole += done == 2048 && !has_hole;
            torn += done != 0 && (done < 2048 || has_hole);
        }
        fake_os_destroy(f);
    }
    assert_true(name_lost > 20 && whole > 10 && torn > 10 && empty > 5);
}

static void a_rename_survives_whole_or_not_at_all(void **state)
{
    (void)state;
    int renamed = 0, kept = 0;
    for (uint64_t seed = 0; seed < 100; seed++) {
        struct error err = {0};
        struct fake_os *f = fake_os_create(seed);
        struct os *os = fake_os_base(f);
        struct file_info info;
        (void)open_file(os, "a");
        assert_int_equal(os->sync_directory(os, ".", &err), STATUS_OK);
        assert_int_equal(os->rename(os, "a", "b", &err), STATUS_OK);
        assert_int_equal(os->rename(os, "b", "c", &err), STATUS_OK);
        assert_int_equal(os->info(os, "a", &info, &err), STATUS_UNDEFINED_FILE);
        fake_os_crash(f);
        bool a = os_exists(os, "a"), b = os_exists(os, "b"), c = os_exists(os, "c");
        assert_int_equal(a + b + c, 1);
        renamed += c;
        kept += a;
        fake_os_destroy(f);
    }
    assert_true(renamed > 10 && kept > 10);
}

static void a_failed_sync_loses_the_writes_for_good(void **state)
{
    (void)state;
    struct error err = {0};
    struct fake_os *f = fake_os_create(3);
    struct os *os = fake_os_base(f);
    int fd = open_file(os, "a");
    assert_int_equal(os->sync_directory(os, "/", &err), STATUS_OK);
    write_fill(os, fd, 'x', 100, 0);
    fake_os_fail_at(f, 0, STATUS_IO_ERROR);
    assert_int_equal(os->sync(os, fd, &err), STATUS_IO_ERROR);
    assert_string_equal(err.message, "cannot sync \"a\": input/output error");
    assert_true(fake_os_has_failed(f));
    assert_int_equal(os->sync(os, fd, &err), STATUS_OK);
    fake_os_crash(f);
    struct file_info info;
    assert_int_equal(os->info(os, "a", &info, &err), STATUS_OK);
    assert_int_equal(info.size, 0);
    fake_os_destroy(f);
}

static void a_full_disk_refuses_and_reads_go_on(void **state)
{
    (void)state;
    struct error err = {0};
    struct fake_os *f = fake_os_create(3);
    struct os *os = fake_os_base(f);
    int fd = open_file(os, "a");
    fake_os_set_capacity(f, 1000);
    write_fill(os, fd, 'x', 900, 0);
    assert_int_equal(os->write(os, fd, "y", 1, 1000, &err), STATUS_DISK_FULL);
    assert_int_equal(os->allocate(os, fd, 2000, &err), STATUS_DISK_FULL);
    int64_t size;
    assert_int_equal(os->file_size(os, fd, &size, &err), STATUS_OK);
    assert_int_equal(size, 900);
    assert_int_equal(os->write(os, fd, "y", 1, 10, &err), STATUS_OK);
    fake_os_destroy(f);
}

static void without_power_all_calls_fail(void **state)
{
    (void)state;
    struct error err = {0};
    struct fake_os *f = fake_os_create(3);
    struct os *os = fake_os_base(f);
    int fd = open_file(os, "a");
    fake_os_power_off_at(f, 1);
    write_fill(os, fd, 'x', 900, 0);
    assert_int_equal(os->sync(os, fd, &err), STATUS_IO_ERROR);
    assert_int_equal(os->write(os, fd, "y", 1, 10, &err), STATUS_IO_ERROR);
    os->close(os, fd);
    assert_int_equal(fake_os_open_files(f), 0);
    fake_os_crash(f);
    (void)open_file(os, "a");
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synced_bytes_and_names_survive_every_crash),
        cmocka_unit_test(what_is_not_synced_has_every_fate),
        cmocka_unit_test(a_rename_survives_whole_or_not_at_all),
        cmocka_unit_test(a_failed_sync_loses_the_writes_for_good),
        cmocka_unit_test(a_full_disk_refuses_and_reads_go_on),
        cmocka_unit_test(without_power_all_calls_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
