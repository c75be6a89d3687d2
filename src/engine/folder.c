/* folder.c - the data folder: its mode, FORMAT, and the lock that keeps a second process out.
 *
 * DIR/FORMAT  "leat 1": refused if newer than the program
 * DIR/lock    held for the process's life; its text says how to reach that process
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"

enum { FORMAT_VERSION = 1, PATH_SIZE = 4096 };

enum status folder_make_temporary(struct os *os, char **out, struct error *err)
{
    const char *base = getenv("TMPDIR");
    char *path = memory_alloc(PATH_SIZE);
    snprintf(path, PATH_SIZE, "%s/leat-XXXXXX", base == NULL || base[0] == '\0' ? "/tmp" : base);
    enum status st = os_make_temporary(os, path, err);
    if (st != STATUS_OK) {
        free(path);
        return st;
    }
    *out = path;
    return STATUS_OK;
}

static enum status check_format(struct engine *e, const char *path, struct arena *arena, struct error *err)
{
    struct os *os = e->options.os;
    if (!os_exists(os, path)) {
        char text[32];
        snprintf(text, sizeof text, "leat %d\n", FORMAT_VERSION);
        return os_write_file(os, path, bytes_from_text(text), err);
    }
    struct bytes content;
    TRY(os_read_file(os, path, 4096, arena, &content, err));
    int version = 0;
    if (sscanf((const char *)content.data, "leat %d", &version) != 1)
        return error_set(err, STATUS_CORRUPT, "\"%s\" is not the FORMAT file of a leat data folder", path);
    if (version > FORMAT_VERSION) {
        error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "data folder \"%s\" has format %d, but this program (leat " LEAT_VERSION ") knows formats up to %d",
                  e->directory, version, FORMAT_VERSION);
        error_hint(err, "Use the newer program that wrote it.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    return STATUS_OK;
}

static enum status refuse_second(struct engine *e, const char *path, int pid, struct arena *arena, struct error *err)
{
    struct bytes content = {0};
    struct error ignored = {0};
    if (os_read_file(e->options.os, path, 4096, arena, &content, &ignored) != STATUS_OK)
        content = (struct bytes){0};
    const char *addresses = content.data == NULL ? NULL : strchr((const char *)content.data, '\n');
    if (content.data != NULL && atoi((const char *)content.data) > 0)
        pid = atoi((const char *)content.data);
    error_set(err, STATUS_OBJECT_IN_USE, "data folder \"%s\" is in use by process %d", e->directory, pid);
    if (addresses != NULL && addresses[1] != '\0')
        error_hint(err, "Reach it at %s.", addresses + 1);
    else
        error_hint(err, "It is a leat process without listeners; wait for it to end.");
    return STATUS_OBJECT_IN_USE;
}

/* Line 1: the process; line 2: its addresses. */
static enum status write_holder(struct engine *e, const char *addresses, struct error *err)
{
    struct os *os = e->options.os;
    char text[256];
    int size = snprintf(text, sizeof text, "%d\n%s", process_id(), addresses);
    TRY(os->write(os, e->lock_fd, text, (size_t)size, 0, err));
    return os->truncate(os, e->lock_fd, size, err);
}

enum status folder_open(struct engine *e, struct error *err)
{
    struct os *os = e->options.os;
    struct arena *arena = arena_create();
    const char *lock = arena_printf(arena, "%s/lock", e->directory);
    int holder = 0;
    enum status st = os->make_directory(os, e->directory, err);
    if (st == STATUS_OK)
        st = check_format(e, arena_printf(arena, "%s/FORMAT", e->directory), arena, err);
    if (st == STATUS_OK)
        st = os->open(os, lock, FILE_WRITE, &e->lock_fd, err);
    if (st == STATUS_OK)
        st = os->lock(os, e->lock_fd, &holder, err);
    if (st == STATUS_OK && holder != 0)
        st = refuse_second(e, lock, holder, arena, err);
    if (st == STATUS_OK)
        st = write_holder(e, "", err);
    if (st != STATUS_OK && e->lock_fd >= 0) {
        os->close(os, e->lock_fd);
        e->lock_fd = -1;
    }
    arena_destroy(arena);
    return st;
}

void folder_close(struct engine *e)
{
    struct os *os = e->options.os;
    if (e->lock_fd >= 0)
        os->close(os, e->lock_fd);
    e->lock_fd = -1;
    if (e->is_temporary && e->directory != NULL)
        status_ignore(os_remove_tree(os, e->directory, NULL), "a temporary folder that stays is the system's to clean");
    free(e->directory);
    e->directory = NULL;
}

void engine_set_addresses(struct engine *e, const char *text)
{
    if (e->lock_fd >= 0)
        status_ignore(write_holder(e, text, NULL), "the text only helps a second process");
}
