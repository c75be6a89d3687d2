/* os_test.c - the table on a real file system, and the calls over it, on both systems and under every fault. */
#include "os/os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/thread.h"
#include "unit/os/fake_os.h"

static char folder[64];

static const char *at(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/leat-os-test-XXXXXX");
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    (void)state;
    struct error err = {0};
    return os_remove_tree(os_real(), folder, &err) != STATUS_OK || os_exists(os_real(), folder);
}

static void bytes_come_back(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    int fd;
    assert_int_equal(os->open(os, at("a"), FILE_WRITE_NEW, &fd, &err), STATUS_OK);
    assert_int_equal(os->write(os, fd, "hello", 5, 3, &err), STATUS_OK);
    assert_int_equal(os->sync(os, fd, &err), STATUS_OK);
    char data[16];
    size_t done;
    assert_int_equal(os->read(os, fd, data, sizeof data, 0, &done, &err), STATUS_OK);
    assert_int_equal(done, 8);
    assert_memory_equal(data, "\0\0\0hello", 8);
    assert_int_equal(os->read(os, fd, data, 4, 100, &done, &err), STATUS_OK);
    assert_int_equal(done, 0);
    int64_t size;
    assert_int_equal(os->allocate(os, fd, 100, &err), STATUS_OK);
    assert_int_equal(os->file_size(os, fd, &size, &err), STATUS_OK);
    assert_int_equal(size, 100);
    assert_int_equal(os->truncate(os, fd, 7, &err), STATUS_OK);
    const uint8_t *map;
    assert_int_equal(os->map(os, fd, 7, &map, &err), STATUS_OK);
    assert_non_null(map);
    assert_memory_equal(map, "\0\0\0hell", 7);
    os->unmap(os, map, 7);
    os->close(os, fd);
    struct stat mode;
    assert_int_equal(stat(at("a"), &mode), 0);
    assert_int_equal(mode.st_mode & 0777, 0600);
}

static void refusals_name_the_path(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    struct file_info info;
    char expected[512];
    int fd;
    assert_int_equal(os->open(os, at("absent"), FILE_READ, &fd, &err), STATUS_UNDEFINED_FILE);
    snprintf(expected, sizeof expected, "cannot open \"%s\": no such file or directory", at("absent"));
    assert_string_equal(err.message, expected);
    assert_int_equal(os->open(os, at("a"), FILE_WRITE_NEW, &fd, &err), STATUS_DUPLICATE_FILE);
    assert_int_equal(os->open(os, folder, FILE_READ, &fd, &err), STATUS_IO_ERROR);
    assert_non_null(strstr(err.message, ": is a directory"));
    assert_int_equal(mkfifo(at("pipe"), 0600), 0); /* nobody writes to it: an open that waits would hang here */
    assert_int_equal(os->open(os, at("pipe"), FILE_READ, &fd, &err), STATUS_FEATURE_NOT_SUPPORTED);
    snprintf(expected, sizeof expected, "cannot read \"%s\": it is a pipe or a terminal, not a file", at("pipe"));
    assert_string_equal(err.message, expected);
    assert_int_equal(os->info(os, at("a/b"), &info, &err), STATUS_UNDEFINED_FILE);
    assert_int_equal(os->make_directory(os, at("a/b/c"), &err), STATUS_UNDEFINED_FILE);
    assert_int_equal(os->open(os, "/proc/version", FILE_WRITE, &fd, &err),
                     geteuid() == 0 ? STATUS_OK : STATUS_INSUFFICIENT_PRIVILEGE);
    assert_int_equal(os->open(os, at("a"), FILE_READ, &fd, &err), STATUS_OK);
    assert_int_equal(os->write(os, fd, "x", 1, 0, &err), STATUS_IO_ERROR);
    snprintf(expected, sizeof expected, "cannot write \"%s\": bad file descriptor", at("a"));
    assert_string_equal(err.message, expected);
    os->close(os, fd);
}

static void a_full_device_is_disk_full(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    int fd;
    if (os->open(os, "/dev/full", FILE_WRITE, &fd, &err) != STATUS_OK)
        skip();
    assert_int_equal(os->write(os, fd, "x", 1, 0, &err), STATUS_DISK_FULL);
    assert_string_equal(err.message, "cannot write \"/dev/full\": no space left on device");
    os->close(os, fd);
}

static void a_second_lock_names_the_holder(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    int first, second, holder = -2;
    assert_int_equal(os->open(os, at("lock"), FILE_WRITE, &first, &err), STATUS_OK);
    assert_int_equal(os->open(os, at("lock"), FILE_WRITE, &second, &err), STATUS_OK);
    assert_int_equal(os->lock(os, first, &holder, &err), STATUS_OK);
    assert_int_equal(holder, 0);
    assert_int_equal(os->lock(os, second, &holder, &err), STATUS_OK);
    assert_int_equal(holder, process_id());
    os->close(os, first);
    assert_int_equal(os->lock(os, second, &holder, &err), STATUS_OK);
    assert_int_equal(holder, 0);
    os->close(os, second);
}

static void directories_are_listed_in_order(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    struct arena *arena = arena_create();
    char **names;
    size_t count;
    assert_int_equal(os_make_durable_directory(os, at("d/e/f"), &err), STATUS_OK);
    for (int i = 39; i >= 0; i--) {
        char name[32];
        snprintf(name, sizeof name, "d/%02d", i);
        assert_int_equal(os_write_file(os, at(name), bytes_from_text("x"), &err), STATUS_OK);
    }
    assert_int_equal(os->list(os, at("d"), arena, &names, &count, &err), STATUS_OK);
    assert_int_equal(count, 41);
    assert_string_equal(names[0], "00");
    assert_string_equal(names[39], "39");
    assert_string_equal(names[40], "e");
    assert_int_equal(os->remove(os, at("d"), &err), STATUS_IO_ERROR);
    assert_int_equal(symlink("/usr", at("d/link")), 0);
    assert_int_equal(os_remove_tree(os, at("d"), &err), STATUS_OK);
    assert_false(os_exists(os, at("d")));
    assert_true(os_exists(os, "/usr"));
    assert_int_equal(os_remove_tree(os, at("d"), &err), STATUS_OK);
    arena_destroy(arena);
}

static void a_file_over_the_limit_is_refused(void **state)
{
    (void)state;
    struct os *os = os_real();
    struct error err = {0};
    struct arena *arena = arena_create();
    struct bytes content;
    assert_int_equal(os_write_file(os, at("big"), bytes_from_text("0123456789"), &err), STATUS_OK);
    assert_int_equal(os_read_file(os, at("big"), 9, arena, &content, &err), STATUS_LIMIT_EXCEEDED);
    assert_int_equal(os_read_file(os, at("big"), 10, arena, &content, &err), STATUS_OK);
    assert_int_equal(content.size, 10);
    assert_string_equal((const char *)content.data, "0123456789");
    arena_destroy(arena);
}

/* Whatever call fails or wherever power goes, the file has the old content or the new one. */
static void replacing_a_file_is_atomic(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        bool finished = false;
        for (int call = 0; !finished; call++) {
            struct error err = {0};
            struct fake_os *f = fake_os_create(seed * 1000 + (uint64_t)call);
            struct os *os = fake_os_base(f);
            assert_int_equal(os_make_durable_directory(os, "a/b", &err), STATUS_OK);
            assert_int_equal(os_write_file(os, "a/b/c", bytes_from_text("old"), &err), STATUS_OK);
            if (seed % 2 == 0)
                fake_os_fail_at(f, call, call % 2 == 0 ? STATUS_IO_ERROR : STATUS_DISK_FULL);
            else
                fake_os_power_off_at(f, call);
            enum status st = os_write_file(os, "a/b/c", bytes_from_text("newer"), &err);
            finished = !fake_os_has_failed(f);
            assert_true(st == STATUS_OK || !finished);
            assert_int_equal(fake_os_open_files(f), 0);
            assert_true((st == STATUS_OK) == (err.message[0] == '\0'));
            fake_os_crash(f);
            struct arena *arena = arena_create();
            struct bytes content;
            assert_int_equal(os_read_file(os, "a/b/c", 100, arena, &content, &err), STATUS_OK);
            bool is_new = bytes_equal(content, bytes_from_text("newer"));
            assert_true(is_new || (st != STATUS_OK && bytes_equal(content, bytes_from_text("old"))));
            arena_destroy(arena);
            fake_os_destroy(f);
        }
    }
}

static void temporary_folders_differ(void **state)
{
    (void)state;
    struct error err = {0};
    char first[128], second[128];
    snprintf(first, sizeof first, "%s/t-XXXXXX", folder);
    memcpy(second, first, sizeof second);
    assert_int_equal(os_make_temporary(os_real(), first, &err), STATUS_OK);
    assert_int_equal(os_make_temporary(os_real(), second, &err), STATUS_OK);
    assert_string_not_equal(first, second);
    assert_true(os_exists(os_real(), first) && os_exists(os_real(), second));
    snprintf(first, sizeof first, "%s/absent/t-XXXXXX", folder);
    assert_int_equal(os_make_temporary(os_real(), first, &err), STATUS_UNDEFINED_FILE);
}

static void a_tree_is_removed_from_the_fake_too(void **state)
{
    (void)state;
    struct fake_os *f = fake_os_create(1);
    struct os *os = fake_os_base(f);
    struct error err = {0};
    assert_int_equal(os->make_directory(os, "a/b/c", &err), STATUS_OK);
    assert_int_equal(os_write_file(os, "a/b/d", bytes_from_text("x"), &err), STATUS_OK);
    fake_os_fail_at(f, 0, STATUS_IO_ERROR);
    assert_int_equal(os_remove_tree(os, "a/b", &err), STATUS_OK); /* a folder refuses removal anyway */
    assert_true(os_exists(os, "a"));
    assert_false(os_exists(os, "a/b"));
    fake_os_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(refusals_name_the_path),
        cmocka_unit_test(a_full_device_is_disk_full),
        cmocka_unit_test(a_second_lock_names_the_holder),
        cmocka_unit_test(directories_are_listed_in_order),
        cmocka_unit_test(a_file_over_the_limit_is_refused),
        cmocka_unit_test(replacing_a_file_is_atomic),
        cmocka_unit_test(temporary_folders_differ),
        cmocka_unit_test(a_tree_is_removed_from_the_fake_too),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
