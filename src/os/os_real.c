/* os_real.c - the table over Linux system calls.
 *
 * A call that a signal interrupts is made again. Paths in messages about an open
 * file come from /proc, so that no table of our own can be wrong; that costs
 * nothing until something fails.
 */
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "os/errno.h"
#include "os/os.h"
#include "os/thread.h"

enum { FILE_PERMISSION = 0600, DIRECTORY_PERMISSION = 0700 };

/* One call may move no more than this on Linux; the rest follows in the next. */
#define MOVE_SIZE_MAX ((size_t)1 << 30)

static enum status fd_failed(struct error *err, int code, const char *verb, int fd)
{
    char link[32], path[1024];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        size = snprintf(path, sizeof path, "file descriptor %d", fd);
    path[size] = '\0';
    return errno_set(err, code, verb, path);
}

/* What is read is read at positions, some of it twice: a pipe, a socket or a terminal has none. */
static enum status refuse_stream(const char *path, struct error *err)
{
    error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "cannot read \"%s\": it is a pipe or a terminal, not a file", path);
    error_hint(err, "Keep what it gives in a file, or send it with COPY ... FROM STDIN.");
    return STATUS_FEATURE_NOT_SUPPORTED;
}

static enum status real_open(struct os *os, const char *path, enum file_mode mode, int *fd, struct error *err)
{
    static const int FLAGS[] = {
        [FILE_READ] = O_RDONLY | O_NONBLOCK, /* does not wait for who would write into a pipe */
        [FILE_WRITE] = O_RDWR | O_CREAT,
        [FILE_WRITE_NEW] = O_RDWR | O_CREAT | O_EXCL,
    };
    (void)os;
    int opened;
    do
        opened = open(path, FLAGS[mode] | O_CLOEXEC, FILE_PERMISSION);
    while (opened < 0 && errno == EINTR);
    if (opened < 0)
        return errno_set(err, errno, "open", path);
    struct stat info;
    if (fstat(opened, &info) == 0 && S_ISDIR(info.st_mode)) { /* Linux opens a directory for reading */
        close(opened);
        return errno_set(err, EISDIR, "open", path);
    }
    if (mode == FILE_READ && lseek(opened, 0, SEEK_CUR) < 0) {
        close(opened);
        return refuse_stream(path, err);
    }
    *fd = opened;
    return STATUS_OK;
}

static void real_close(struct os *os, int fd)
{
    (void)os;
    int code = close(fd); /* on Linux the descriptor is gone even if a signal interrupts */
    assert((code == 0 || errno != EBADF) && "closed twice");
}

static enum status real_read(struct os *os, int fd, void *data, size_t size, int64_t position, size_t *done,
                             struct error *err)
{
    (void)os;
    uint8_t *to = data;
    *done = 0;
    while (*done < size) {
        size_t part = size - *done < MOVE_SIZE_MAX ? size - *done : MOVE_SIZE_MAX;
        ssize_t got = pread(fd, to + *done, part, (off_t)(position + (int64_t)*done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fd_failed(err, errno, "read", fd);
        if (got == 0)
            break;
        *done += (size_t)got;
    }
    return STATUS_OK;
}

static enum status real_write(struct os *os, int fd, const void *data, size_t size, int64_t position, struct error *err)
{
    (void)os;
    const uint8_t *from = data;
    for (size_t done = 0; done < size;) {
        size_t part = size - done < MOVE_SIZE_MAX ? size - done : MOVE_SIZE_MAX;
        ssize_t put = pwrite(fd, from + done, part, (off_t)(position + (int64_t)done));
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fd_failed(err, errno, "write", fd);
        if (put == 0)
            return fd_failed(err, ENOSPC, "write", fd);
        done += (size_t)put;
    }
    return STATUS_OK;
}

static enum status real_sync(struct os *os, int fd, struct error *err)
{
    (void)os;
    if (fdatasync(fd) != 0) /* never tried again: Linux drops the pages that failed and would then report success */
        return fd_failed(err, errno, "sync", fd);
    return STATUS_OK;
}

static enum status real_sync_directory(struct os *os, const char *path, struct error *err)
{
    (void)os;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno_set(err, errno, "open", path);
    int code = fsync(fd) == 0 ? 0 : errno;
    close(fd);
    if (code == EINVAL) /* some network file systems cannot, and need not */
        code = 0;
    return code == 0 ? STATUS_OK : errno_set(err, code, "sync", path);
}

static enum status real_truncate(struct os *os, int fd, int64_t size, struct error *err)
{
    (void)os;
    while (ftruncate(fd, (off_t)size) != 0)
        if (errno != EINTR)
            return fd_failed(err, errno, "truncate", fd);
    return STATUS_OK;
}

static enum status real_allocate(struct os *os, int fd, int64_t size, struct error *err)
{
    (void)os;
    if (size == 0)
        return STATUS_OK;
    int code;
    do
        code = fallocate(fd, 0, 0, (off_t)size) == 0 ? 0 : errno;
    while (code == EINTR);
    if (code == EOPNOTSUPP) /* the C library then writes zeros */
        code = posix_fallocate(fd, 0, (off_t)size);
    return code == 0 ? STATUS_OK : fd_failed(err, code, "allocate", fd);
}

static void info_set(struct file_info *out, const struct stat *info)
{
    *out = (struct file_info){
        .size = (int64_t)info->st_size,
        .modified_us = (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000,
        .is_directory = S_ISDIR(info->st_mode),
    };
}

static enum status real_info(struct os *os, const char *path, struct file_info *out, struct error *err)
{
    (void)os;
    struct stat info;
    if (stat(path, &info) != 0)
        return errno_set(err, errno, "examine", path);
    info_set(out, &info);
    return STATUS_OK;
}

static enum status real_file_size(struct os *os, int fd, int64_t *out, struct error *err)
{
    (void)os;
    struct stat info;
    if (fstat(fd, &info) != 0)
        return fd_failed(err, errno, "examine", fd);
    *out = (int64_t)info.st_size;
    return STATUS_OK;
}

static enum status real_rename(struct os *os, const char *from, const char *to, struct error *err)
{
    (void)os;
    return rename(from, to) == 0 ? STATUS_OK : errno_set(err, errno, "rename", from);
}

static enum status real_remove(struct os *os, const char *path, struct error *err)
{
    (void)os;
    if (unlink(path) == 0)
        return STATUS_OK;
    int code = errno;
    if ((code == EISDIR || code == EPERM) && rmdir(path) == 0)
        return STATUS_OK;
    return errno_set(err, code == EISDIR ? errno : code, "remove", path);
}

static int make_one_directory(const char *path)
{
    struct stat info;
    if (mkdir(path, DIRECTORY_PERMISSION) == 0)
        return 0;
    int code = errno;
    if (stat(path, &info) == 0) /* a parent that exists may refuse with EROFS or EACCES before EEXIST */
        return S_ISDIR(info.st_mode) ? 0 : ENOTDIR;
    return code;
}

static enum status real_make_directory(struct os *os, const char *path, struct error *err)
{
    (void)os;
    int code = make_one_directory(path);
    if (code != ENOENT)
        return code == 0 ? STATUS_OK : errno_set(err, code, "make directory", path);
    char *part = memory_copy_text(path);
    code = 0;
    for (char *slash = strchr(part + 1, '/'); slash != NULL && code == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        code = make_one_directory(part);
        *slash = '/';
    }
    free(part);
    if (code == 0)
        code = make_one_directory(path);
    return code == 0 ? STATUS_OK : errno_set(err, code, "make directory", path);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum status real_list(struct os *os, const char *path, struct arena *arena, char ***names, size_t *count,
                             struct error *err)
{
    (void)os;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return errno_set(err, errno, "list", path);
    size_t capacity = 16;
    *names = arena_alloc(arena, capacity * sizeof **names);
    *count = 0;
    int code;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        code = errno;
        if (entry == NULL)
            break;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (*count == capacity) {
            char **more = arena_alloc(arena, capacity * 2 * sizeof *more);
            memcpy(more, *names, capacity * sizeof *more);
            *names = more;
            capacity *= 2;
        }
        (*names)[(*count)++] = arena_copy_text(arena, entry->d_name);
    }
    closedir(directory);
    if (code != 0)
        return errno_set(err, code, "list", path);
    qsort(*names, *count, sizeof **names, compare_names);
    return STATUS_OK;
}

static enum status real_map(struct os *os, int fd, size_t size, const uint8_t **out, struct error *err)
{
    (void)os;
    *out = NULL;
    if (size == 0)
        return STATUS_OK;
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        if (errno == ENODEV) /* a pipe or a file system without maps: read instead */
            return STATUS_OK;
        return fd_failed(err, errno, "map", fd);
    }
    *out = map;
    return STATUS_OK;
}

static void real_unmap(struct os *os, const uint8_t *map, size_t size)
{
    (void)os;
    if (map == NULL)
        return;
    int code = munmap((void *)(uintptr_t)map, size);
    assert(code == 0);
}

/* flock belongs to the open file, so that a second open in this process is refused too (fcntl would grant it, and drop
 * the lock when either is closed). It cannot say who holds it; therefore the holder writes its process id into the file. */
static enum status real_lock(struct os *os, int fd, int *holder_pid, struct error *err)
{
    char text[16] = {0};
    size_t done = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return fd_failed(err, errno, "lock", fd);
        TRY(real_read(os, fd, text, sizeof text - 1, 0, &done, err));
        long pid = strtol(text, NULL, 10);
        *holder_pid = pid > 0 && pid < INT32_MAX ? (int)pid : -1;
        return STATUS_OK;
    }
    int size = snprintf(text, sizeof text, "%d\n", process_id());
    TRY(real_truncate(os, fd, 0, err));
    TRY(real_write(os, fd, text, (size_t)size, 0, err));
    *holder_pid = 0;
    return STATUS_OK;
}

struct os *os_real(void)
{
    static struct os real = {
        .open = real_open,
        .close = real_close,
        .read = real_read,
        .write = real_write,
        .sync = real_sync,
        .sync_directory = real_sync_directory,
        .truncate = real_truncate,
        .allocate = real_allocate,
        .info = real_info,
        .file_size = real_file_size,
        .rename = real_rename,
        .remove = real_remove,
        .make_directory = real_make_directory,
        .list = real_list,
        .map = real_map,
        .unmap = real_unmap,
        .lock = real_lock,
    };
    return &real;
}
