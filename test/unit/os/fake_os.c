/* fake_os.c - the table of functions over fake_disk.h, and the faults. */
#include "unit/os/fake_os.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "os/thread.h"
#include "unit/os/fake_disk.h"

struct handle {
    struct disk_file *file; /* NULL: closed */
    char *path;
    bool is_writable;
    bool holds_lock;
};

struct fake_os {
    struct os base; /* first: the functions cast back */
    struct mutex mutex;
    struct fake_disk disk;
    struct handle *handles; /* by fd - FIRST_FD; numbers are never given twice, so use after close is found */
    int handle_count;
    int open_files;
    int64_t capacity;
    int64_t calls, syncs, clock_us;
    int64_t calls_to_fault; /* -1: none */
    enum status fault;
    int64_t calls_to_power_off;
    bool is_off, has_failed;
};

enum { FIRST_FD = 1000 };

static enum status lookup_failed(enum status st, struct error *err, const char *verb, const char *path, const char *why)
{
    return error_set(err, st, "cannot %s \"%s\": %s", verb, path, why);
}

/* Counts a call and decides whether it fails. With the mutex held. */
static enum status call_begin(struct fake_os *f, bool needs_space, const char *verb, const char *path, struct error *err)
{
    f->calls++;
    f->clock_us++;
    if (f->calls_to_power_off >= 0 && f->calls_to_power_off-- == 0) {
        f->is_off = true;
        f->has_failed = true;
    }
    if (f->is_off)
        return lookup_failed(STATUS_IO_ERROR, err, verb, path, "input/output error");
    if (f->calls_to_fault >= 0 && (needs_space || f->fault != STATUS_DISK_FULL) && f->calls_to_fault-- == 0) {
        f->has_failed = true;
        return lookup_failed(f->fault, err, verb, path,
                             f->fault == STATUS_DISK_FULL ? "no space left on device" : "input/output error");
    }
    return STATUS_OK;
}

static struct handle *handle_of(struct fake_os *f, int fd)
{
    assert(fd >= FIRST_FD && fd < FIRST_FD + f->handle_count);
    return &f->handles[fd - FIRST_FD];
}

/* The open handle of fd; after a crash the fd is stale and its path is kept for the message. */
static enum status handle_begin(struct fake_os *f, int fd, bool needs_space, const char *verb, struct handle **out,
                                struct error *err)
{
    struct handle *h = handle_of(f, fd);
    assert(h->path != NULL && "use of a closed file");
    TRY(call_begin(f, needs_space, verb, h->path, err));
    if (h->file == NULL)
        return lookup_failed(STATUS_IO_ERROR, err, verb, h->path, "the file was open before the crash");
    *out = h;
    return STATUS_OK;
}

static enum status space_check(struct fake_os *f, int64_t more, const char *verb, const char *path, struct error *err)
{
    if (f->capacity == 0 || more <= 0 || disk_used_size(&f->disk) + more <= f->capacity)
        return STATUS_OK;
    return lookup_failed(STATUS_DISK_FULL, err, verb, path, "no space left on device");
}

/* --- files --- */

static enum status open_locked(struct fake_os *f, const char *path, enum file_mode mode, int *fd, struct error *err)
{
    struct disk_file *folder;
    const char *name;
    size_t name_size;
    struct disk_file *file = disk_find(&f->disk, path, &folder, &name, &name_size);
    TRY(call_begin(f, mode != FILE_READ && file == NULL, "open", path, err));
    if (file != NULL && file->is_directory)
        return lookup_failed(STATUS_IO_ERROR, err, "open", path, "is a directory");
    if (file != NULL && mode == FILE_WRITE_NEW)
        return lookup_failed(STATUS_DUPLICATE_FILE, err, "open", path, "file exists");
    if (file == NULL && (mode == FILE_READ || folder == NULL))
        return lookup_failed(STATUS_UNDEFINED_FILE, err, "open", path, "no such file or directory");
    if (file == NULL)
        file = disk_create(&f->disk, folder, name, name_size, false);
    f->handles = memory_realloc(f->handles, (size_t)(f->handle_count + 1) * sizeof *f->handles);
    f->handles[f->handle_count] = (struct handle){file, memory_copy_text(path), mode != FILE_READ, false};
    *fd = FIRST_FD + f->handle_count++;
    f->open_files++;
    return STATUS_OK;
}

static enum status fake_open(struct os *os, const char *path, enum file_mode mode, int *fd, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = open_locked(f, path, mode, fd, err);
    mutex_unlock(&f->mutex);
    return st;
}

static void fake_close(struct os *os, int fd)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    struct handle *h = handle_of(f, fd);
    assert(h->path != NULL && "closed twice");
    if (h->file != NULL) {
        if (h->holds_lock)
            h->file->is_locked = false;
        f->open_files--;
    }
    free(h->path);
    *h = (struct handle){0};
    mutex_unlock(&f->mutex);
}

static enum status fake_read(struct os *os, int fd, void *data, size_t size, int64_t position, size_t *done,
                             struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct handle *h;
    assert(position >= 0);
    mutex_lock(&f->mutex);
    enum status st = handle_begin(f, fd, false, "read", &h, err);
    if (st == STATUS_OK) {
        size_t file_size = h->file->now.size;
        size_t left = (uint64_t)position >= file_size ? 0 : file_size - (size_t)position;
        *done = size < left ? size : left;
        if (*done != 0)
            memcpy(data, h->file->now.data + position, *done);
    }
    mutex_unlock(&f->mutex);
    return st;
}

static enum status write_locked(struct fake_os *f, int fd, const void *data, size_t size, int64_t position,
                                struct error *err)
{
    struct handle *h = NULL;
    enum status st = handle_begin(f, fd, true, "write", &h, err);
    if (st != STATUS_OK) {
        struct handle *torn = handle_of(f, fd);
        if (torn->file != NULL && torn->is_writable && f->capacity == 0)
            disk_write(torn->file, position, data, (size_t)disk_random(&f->disk, size + 1));
        return st;
    }
    assert(h->is_writable);
    TRY(space_check(f, position + (int64_t)size - (int64_t)h->file->now.size, "write", h->path, err));
    disk_write(h->file, position, data, size);
    h->file->modified_us = f->clock_us;
    return STATUS_OK;
}

static enum status fake_write(struct os *os, int fd, const void *data, size_t size, int64_t position, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    assert(position >= 0);
    mutex_lock(&f->mutex);
    enum status st = write_locked(f, fd, data, size, position, err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_sync(struct os *os, int fd, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct handle *h;
    mutex_lock(&f->mutex);
    enum status st = handle_begin(f, fd, true, "sync", &h, err);
    f->syncs++;
    if (st == STATUS_OK)
        disk_sync(h->file);
    else if (!f->is_off && handle_of(f, fd)->file != NULL)
        disk_lose(handle_of(f, fd)->file);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status resize_locked(struct fake_os *f, int fd, int64_t size, bool only_grow, const char *verb,
                                 struct error *err)
{
    struct handle *h;
    TRY(handle_begin(f, fd, only_grow, verb, &h, err));
    assert(h->is_writable && size >= 0);
    int64_t more = size - (int64_t)h->file->now.size;
    if (only_grow && more <= 0)
        return STATUS_OK;
    TRY(space_check(f, more, verb, h->path, err));
    disk_resize(h->file, size);
    h->file->modified_us = f->clock_us;
    return STATUS_OK;
}

static enum status fake_truncate(struct os *os, int fd, int64_t size, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = resize_locked(f, fd, size, false, "truncate", err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_allocate(struct os *os, int fd, int64_t size, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = resize_locked(f, fd, size, true, "allocate", err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_file_size(struct os *os, int fd, int64_t *out, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct handle *h;
    mutex_lock(&f->mutex);
    enum status st = handle_begin(f, fd, false, "examine", &h, err);
    if (st == STATUS_OK)
        *out = (int64_t)h->file->now.size;
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_map(struct os *os, int fd, size_t size, const uint8_t **out, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct handle *h;
    (void)size;
    *out = NULL;
    mutex_lock(&f->mutex);
    enum status st = handle_begin(f, fd, false, "map", &h, err);
    mutex_unlock(&f->mutex);
    return st;
}

static void fake_unmap(struct os *os, const uint8_t *map, size_t size)
{
    (void)os;
    (void)size;
    assert(map == NULL);
}

static enum status fake_lock(struct os *os, int fd, int *holder_pid, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct handle *h;
    mutex_lock(&f->mutex);
    enum status st = handle_begin(f, fd, false, "lock", &h, err);
    if (st == STATUS_OK) {
        bool is_free = !h->file->is_locked || h->holds_lock;
        if (is_free)
            h->file->is_locked = h->holds_lock = true;
        *holder_pid = is_free ? 0 : process_id();
    }
    mutex_unlock(&f->mutex);
    return st;
}

/* --- names --- */

static enum status fake_sync_directory(struct os *os, const char *path, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct disk_file *folder;
    const char *name;
    size_t name_size;
    mutex_lock(&f->mutex);
    enum status st = call_begin(f, true, "sync", path, err);
    f->syncs++;
    if (st == STATUS_OK) {
        struct disk_file *file = disk_find(&f->disk, path, &folder, &name, &name_size);
        if (file == NULL || !file->is_directory)
            st = lookup_failed(STATUS_UNDEFINED_FILE, err, "sync", path, "no such file or directory");
        else
            disk_sync_folder(&f->disk, file);
    }
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_info(struct os *os, const char *path, struct file_info *out, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct disk_file *folder;
    const char *name;
    size_t name_size;
    mutex_lock(&f->mutex);
    enum status st = call_begin(f, false, "examine", path, err);
    if (st == STATUS_OK) {
        const struct disk_file *file = disk_find(&f->disk, path, &folder, &name, &name_size);
        if (file == NULL)
            st = lookup_failed(STATUS_UNDEFINED_FILE, err, "examine", path, "no such file or directory");
        else
            *out = (struct file_info){(int64_t)file->now.size, file->modified_us, file->is_directory};
    }
    mutex_unlock(&f->mutex);
    return st;
}

static enum status rename_locked(struct fake_os *f, const char *from, const char *to, struct error *err)
{
    struct disk_file *from_folder, *to_folder;
    const char *from_name, *to_name;
    size_t from_size, to_size;
    TRY(call_begin(f, false, "rename", from, err));
    struct disk_file *file = disk_find(&f->disk, from, &from_folder, &from_name, &from_size);
    struct disk_file *target = disk_find(&f->disk, to, &to_folder, &to_name, &to_size);
    if (file == NULL || to_folder == NULL)
        return lookup_failed(STATUS_UNDEFINED_FILE, err, "rename", from, "no such file or directory");
    if (file == target)
        return STATUS_OK;
    if (target != NULL && (target->is_directory != file->is_directory || target->names_now.count != 0))
        return lookup_failed(STATUS_IO_ERROR, err, "rename", from, "directory not empty");
    disk_rename(&f->disk, from_folder, from_name, from_size, to_folder, to_name, to_size);
    return STATUS_OK;
}

static enum status fake_rename(struct os *os, const char *from, const char *to, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = rename_locked(f, from, to, err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status remove_locked(struct fake_os *f, const char *path, struct error *err)
{
    struct disk_file *folder;
    const char *name;
    size_t name_size;
    TRY(call_begin(f, false, "remove", path, err));
    struct disk_file *file = disk_find(&f->disk, path, &folder, &name, &name_size);
    if (file == NULL)
        return lookup_failed(STATUS_UNDEFINED_FILE, err, "remove", path, "no such file or directory");
    if (folder == NULL || file->names_now.count != 0)
        return lookup_failed(STATUS_IO_ERROR, err, "remove", path, "directory not empty");
    disk_remove(&f->disk, folder, name, name_size);
    return STATUS_OK;
}

static enum status fake_remove(struct os *os, const char *path, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = remove_locked(f, path, err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status make_directory_locked(struct fake_os *f, const char *path, struct error *err)
{
    TRY(call_begin(f, true, "make directory", path, err));
    char *part = memory_copy_text(path);
    enum status st = STATUS_OK;
    for (char *end = part; st == STATUS_OK && *end != '\0';) {
        end += strspn(end, "/");
        end += strcspn(end, "/");
        char after = *end;
        *end = '\0';
        struct disk_file *folder;
        const char *name;
        size_t name_size;
        struct disk_file *file = disk_find(&f->disk, part, &folder, &name, &name_size);
        if (file == NULL)
            disk_create(&f->disk, folder, name, name_size, true);
        else if (!file->is_directory)
            st = lookup_failed(STATUS_IO_ERROR, err, "make directory", path, "not a directory");
        *end = after;
    }
    free(part);
    return st;
}

static enum status fake_make_directory(struct os *os, const char *path, struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    mutex_lock(&f->mutex);
    enum status st = make_directory_locked(f, path, err);
    mutex_unlock(&f->mutex);
    return st;
}

static enum status fake_list(struct os *os, const char *path, struct arena *arena, char ***names, size_t *count,
                             struct error *err)
{
    struct fake_os *f = (struct fake_os *)os;
    struct disk_file *folder;
    const char *name;
    size_t name_size;
    mutex_lock(&f->mutex);
    enum status st = call_begin(f, false, "list", path, err);
    if (st == STATUS_OK) {
        const struct disk_file *file = disk_find(&f->disk, path, &folder, &name, &name_size);
        if (file == NULL || !file->is_directory) {
            st = lookup_failed(STATUS_UNDEFINED_FILE, err, "list", path, "no such file or directory");
        } else {
            *count = file->names_now.count;
            *names = ARENA_ARRAY(arena, char *, *count + 1);
            for (size_t i = 0; i < *count; i++)
                (*names)[i] = arena_copy_text(arena, file->names_now.entries[i].name);
        }
    }
    mutex_unlock(&f->mutex);
    return st;
}

/* --- the test's side --- */

struct fake_os *fake_os_create(uint64_t seed)
{
    struct fake_os *f = memory_alloc(sizeof *f);
    *f = (struct fake_os){
        .base = {fake_open, fake_close, fake_read, fake_write, fake_sync, fake_sync_directory, fake_truncate,
                 fake_allocate, fake_info, fake_file_size, fake_rename, fake_remove, fake_make_directory, fake_list,
                 fake_map, fake_unmap, fake_lock},
        .calls_to_fault = -1,
        .calls_to_power_off = -1,
    };
    mutex_init(&f->mutex);
    disk_init(&f->disk, seed);
    return f;
}

void fake_os_destroy(struct fake_os *f)
{
    if (f == NULL)
        return;
    for (int i = 0; i < f->handle_count; i++)
        free(f->handles[i].path);
    free(f->handles);
    disk_clear(&f->disk);
    mutex_clear(&f->mutex);
    free(f);
}

struct os *fake_os_base(struct fake_os *f)
{
    return &f->base;
}

void fake_os_fail_at(struct fake_os *f, int64_t call, enum status st)
{
    mutex_lock(&f->mutex);
    f->calls_to_fault = call;
    f->fault = st;
    f->has_failed = false;
    mutex_unlock(&f->mutex);
}

void fake_os_power_off_at(struct fake_os *f, int64_t call)
{
    mutex_lock(&f->mutex);
    f->calls_to_power_off = call;
    f->has_failed = false;
    mutex_unlock(&f->mutex);
}

bool fake_os_has_failed(const struct fake_os *f)
{
    return f->has_failed;
}

void fake_os_set_capacity(struct fake_os *f, int64_t size)
{
    f->capacity = size;
}

void fake_os_crash(struct fake_os *f)
{
    mutex_lock(&f->mutex);
    for (int i = 0; i < f->handle_count; i++)
        f->handles[i].file = NULL; /* the number stays, so that the dead program may still close it */
    f->open_files = 0;
    disk_crash(&f->disk);
    f->is_off = false;
    f->calls_to_fault = f->calls_to_power_off = -1;
    mutex_unlock(&f->mutex);
}

int fake_os_open_files(const struct fake_os *f)
{
    return f->open_files;
}

int64_t fake_os_calls(const struct fake_os *f)
{
    return f->calls;
}

int64_t fake_os_syncs(const struct fake_os *f)
{
    return f->syncs;
}
