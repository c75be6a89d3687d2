/* file.c - what can be said of files with the table alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "os/os.h"
#include "os/thread.h"

static enum status read_open_file(struct os *os, int fd, const char *path, size_t limit_size, struct arena *arena,
                                  struct bytes *out, struct error *err)
{
    int64_t size;
    TRY(os->file_size(os, fd, &size, err));
    if ((uint64_t)size > limit_size)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "file \"%s\" has %lld bytes, the limit is %zu", path,
                         (long long)size, limit_size);
    uint8_t *data = arena_alloc(arena, (size_t)size + 1);
    size_t done = 0;
    TRY(os->read(os, fd, data, (size_t)size, 0, &done, err));
    data[done] = '\0';
    *out = (struct bytes){data, done};
    return STATUS_OK;
}

enum status os_read_file(struct os *os, const char *path, size_t limit_size, struct arena *arena, struct bytes *out,
                         struct error *err)
{
    int fd;
    TRY(os->open(os, path, FILE_READ, &fd, err));
    enum status st = read_open_file(os, fd, path, limit_size, arena, out, err);
    os->close(os, fd);
    return st;
}

/* The folder of path: "." for a plain name. The caller frees it. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return memory_copy_text(".");
    size_t size = slash == path ? 1 : (size_t)(slash - path);
    char *folder = memory_alloc(size + 1);
    memcpy(folder, path, size);
    folder[size] = '\0';
    return folder;
}

static enum status write_synced(struct os *os, const char *path, struct bytes content, struct error *err)
{
    int fd;
    TRY(os->open(os, path, FILE_WRITE, &fd, err));
    enum status st = os->truncate(os, fd, 0, err); /* one that a crash left behind */
    if (st == STATUS_OK)
        st = os->write(os, fd, content.data, content.size, 0, err);
    if (st == STATUS_OK)
        st = os->sync(os, fd, err);
    os->close(os, fd);
    return st;
}

enum status os_write_file(struct os *os, const char *path, struct bytes content, struct error *err)
{
    struct buffer temporary = {0};
    buffer_printf(&temporary, "%s.%d.tmp", path, process_id());
    const char *temporary_path = buffer_text(&temporary);
    enum status st = write_synced(os, temporary_path, content, err);
    if (st == STATUS_OK)
        st = os->rename(os, temporary_path, path, err);
    if (st == STATUS_OK) {
        char *folder = folder_of(path);
        st = os->sync_directory(os, folder, err);
        free(folder);
    } else {
        status_ignore(os->remove(os, temporary_path, NULL), "the first failure is the one to report");
    }
    buffer_clear(&temporary);
    return st;
}

enum status os_make_durable_directory(struct os *os, const char *path, struct error *err)
{
    if (os_exists(os, path))
        return STATUS_OK;
    char *folder = folder_of(path);
    enum status st = strcmp(folder, path) == 0 ? STATUS_OK : os_make_durable_directory(os, folder, err);
    if (st == STATUS_OK)
        st = os->make_directory(os, path, err);
    if (st == STATUS_OK)
        st = os->sync_directory(os, folder, err);
    free(folder);
    return st;
}

/* What is below path, then path; names in arena. Removing first means that a symbolic link goes, not what it points to. */
static enum status remove_tree(struct os *os, const char *path, struct arena *arena, struct error *err)
{
    struct file_info info;
    enum status st = os->remove(os, path, err);
    if (st == STATUS_OK || st == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    if (os->info(os, path, &info, NULL) != STATUS_OK || !info.is_directory)
        return st;
    char **names;
    size_t count;
    TRY(os->list(os, path, arena, &names, &count, err));
    if (count == 0)
        return st;
    for (size_t i = 0; i < count; i++)
        TRY(remove_tree(os, arena_printf(arena, "%s/%s", path, names[i]), arena, err));
    return os->remove(os, path, err);
}

enum status os_remove_tree(struct os *os, const char *path, struct error *err)
{
    struct error first = {0};
    struct arena *arena = arena_create();
    enum status st = remove_tree(os, path, arena, &first);
    arena_destroy(arena);
    if (st != STATUS_OK && err != NULL)
        *err = first;
    return st;
}

bool os_exists(struct os *os, const char *path)
{
    struct file_info info;
    return os->info(os, path, &info, NULL) == STATUS_OK;
}
