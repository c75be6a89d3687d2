/* os.h - the one table of functions through which leat touches files.
 *
 * The real table is os_real(). Tests put a fake in its place (test/unit/os/) that
 * fails, tears or fills the disk at a chosen call. No errno above this layer:
 * every failure is a status and a message that names the path.
 */
#ifndef LEAT_OS_OS_H
#define LEAT_OS_OS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum file_mode {
    FILE_READ,         /* must exist, and have positions: a pipe or a terminal is refused (0A000) */
    FILE_WRITE,        /* read and write, created if absent */
    FILE_WRITE_NEW     /* read and write, must not exist */
};

struct file_info {
    int64_t size;          /* bytes */
    int64_t modified_us;   /* microseconds since 1970 */
    bool is_directory;
};

struct os {
    /* *fd is the caller's to close. Files are made with mode 0600, directories 0700. */
    CHECKED enum status (*open)(struct os *os, const char *path, enum file_mode mode, int *fd, struct error *err);
    void (*close)(struct os *os, int fd);
    /* Reads up to size bytes at position; *done is less only at the end of the file. */
    CHECKED enum status (*read)(struct os *os, int fd, void *data, size_t size, int64_t position, size_t *done,
                                struct error *err);
    /* Writes all of it or fails (STATUS_DISK_FULL, STATUS_IO_ERROR); after a failure any part may be written. */
    CHECKED enum status (*write)(struct os *os, int fd, const void *data, size_t size, int64_t position,
                                 struct error *err);
    CHECKED enum status (*sync)(struct os *os, int fd, struct error *err); /* fdatasync */
    CHECKED enum status (*sync_directory)(struct os *os, const char *path, struct error *err);
    CHECKED enum status (*truncate)(struct os *os, int fd, int64_t size, struct error *err);
    CHECKED enum status (*allocate)(struct os *os, int fd, int64_t size, struct error *err); /* fallocate, zeroed */
    CHECKED enum status (*info)(struct os *os, const char *path, struct file_info *out, struct error *err); /* 58P01 if absent */
    CHECKED enum status (*file_size)(struct os *os, int fd, int64_t *out, struct error *err);
    CHECKED enum status (*rename)(struct os *os, const char *from, const char *to, struct error *err);
    CHECKED enum status (*remove)(struct os *os, const char *path, struct error *err); /* a file or an empty directory */
    CHECKED enum status (*make_directory)(struct os *os, const char *path, struct error *err); /* with parents; exists: fine */
    /* The names in a directory, without . and .., sorted by bytes; strings and array live in arena. */
    CHECKED enum status (*list)(struct os *os, const char *path, struct arena *arena, char ***names, size_t *count,
                                struct error *err);
    /* Maps size bytes of a file from position 0, read-only, shared. A NULL map means: use read. unmap gives it back. */
    CHECKED enum status (*map)(struct os *os, int fd, size_t size, const uint8_t **out, struct error *err);
    void (*unmap)(struct os *os, const uint8_t *map, size_t size);
    /* An exclusive lock on an open file for this process's life. *holder_pid is 0 when it was got, else who has it. */
    CHECKED enum status (*lock)(struct os *os, int fd, int *holder_pid, struct error *err);
};

/* The real table: static, shared, usable from every thread. */
struct os *os_real(void);

/* Convenience over the table. */
/* The whole file with a NUL behind it, in arena. STATUS_LIMIT_EXCEEDED over limit_size bytes. */
CHECKED enum status os_read_file(struct os *os, const char *path, size_t limit_size, struct arena *arena,
                                 struct bytes *out, struct error *err);
/* Replaces path atomically and durably: temporary name beside it, sync, rename, sync of the directory. */
CHECKED enum status os_write_file(struct os *os, const char *path, struct bytes content, struct error *err);
/* make_directory, and a sync of the parent of each directory that it made. */
CHECKED enum status os_make_durable_directory(struct os *os, const char *path, struct error *err);
/* Removes a folder and all below it; absent is fine. */
CHECKED enum status os_remove_tree(struct os *os, const char *path, struct error *err);
/* Makes a folder with mode 0700 from a template that ends in XXXXXX, which is replaced in place. */
CHECKED enum status os_make_temporary(struct os *os, char *path, struct error *err);
bool os_exists(struct os *os, const char *path);

#endif
