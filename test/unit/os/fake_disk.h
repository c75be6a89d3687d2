/* fake_disk.h - a disk in memory that remembers what has not been synced.
 *
 * Every file has two contents: what readers see now, and what a power failure
 * leaves for certain. Between them lies the list of changes not yet synced. Names
 * are kept the same way: a file's name is durable once its folder was synced.
 */
#ifndef LEAT_TEST_FAKE_DISK_H
#define LEAT_TEST_FAKE_DISK_H

#include "base/buffer.h"

enum { DISK_SECTOR_SIZE = 512 }; /* what the disk writes whole or not at all */

struct disk_entry {
    char *name;
    struct disk_file *file;
};
struct disk_folder {
    struct disk_entry *entries; /* sorted by bytes */
    size_t count;
};
/* A write of data at position, or (data NULL) a new size. */
struct disk_change {
    int64_t position; /* or the size */
    uint8_t *data;
    size_t size;
};
struct disk_file {
    bool is_directory;
    bool is_locked;
    bool is_reachable; /* while the disk sweeps */
    bool is_stuck;     /* in a crash: one of its names was dropped, so later renames of it never happened either */
    int64_t modified_us;
    struct buffer now, durable;
    struct disk_change *changes;
    size_t change_count;
    struct disk_folder names_now, names_durable;
    struct disk_file *next; /* all files of the disk */
};
/* file appears as `to` and disappears as `from`; either folder may be NULL. */
struct disk_rename {
    struct disk_file *from_folder, *to_folder;
    char *from, *to;
    struct disk_file *file;
};
struct fake_disk {
    struct disk_file *root;
    struct disk_file *files;
    struct disk_rename *renames; /* not yet synced, in order */
    size_t rename_count;
    uint64_t random;
};

void disk_init(struct fake_disk *disk, uint64_t seed);
void disk_clear(struct fake_disk *disk);
/* A pseudo-random number below limit. */
uint64_t disk_random(struct fake_disk *disk, uint64_t limit);

/* The file at path or NULL. *folder (NULL if there is none) and name say where it is or would be; name lives in path.
 * A path without a leading slash starts at the root too; empty and "." parts are skipped. */
struct disk_file *disk_find(struct fake_disk *disk, const char *path, struct disk_file **folder, const char **name,
                            size_t *name_size);
struct disk_file *disk_create(struct fake_disk *disk, struct disk_file *folder, const char *name, size_t name_size,
                              bool is_directory);
void disk_rename(struct fake_disk *disk, struct disk_file *from_folder, const char *from, size_t from_size,
                 struct disk_file *to_folder, const char *to, size_t to_size);
void disk_remove(struct fake_disk *disk, struct disk_file *folder, const char *name, size_t name_size);

void disk_write(struct disk_file *file, int64_t position, const void *data, size_t size);
void disk_resize(struct disk_file *file, int64_t size);
/* Makes all changes of a file durable. */
void disk_sync(struct disk_file *file);
/* What a failed fsync does on Linux: the changes are seen until the crash, and no later sync makes them durable. */
void disk_lose(struct disk_file *file);
void disk_sync_folder(struct fake_disk *disk, struct disk_file *folder);

/* Power fails: a random subset of the unsynced sectors and names reaches the disk, the rest never happened. */
void disk_crash(struct fake_disk *disk);
/* Bytes that all files hold now. */
int64_t disk_used_size(const struct fake_disk *disk);

#endif
