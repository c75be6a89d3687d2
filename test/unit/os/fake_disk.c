/* fake_disk.c - files, names, and what a crash leaves of them.
 *
 * A crash may keep any subset of the unsynced sectors, in any order, as a disk's
 * own cache does; so a later write can survive an earlier one, and a file can end
 * in zeros that nobody wrote. Names survive one by one, a rename as a whole.
 */
#include "unit/os/fake_disk.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

uint64_t disk_random(struct fake_disk *disk, uint64_t limit)
{
    uint64_t z = (disk->random += UINT64_C(0x9e3779b97f4a7c15)); /* splitmix64 */
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return limit == 0 ? 0 : (z ^ z >> 31) % limit;
}

static char *copy_name(const char *name, size_t size)
{
    char *copy = memory_alloc(size + 1);
    memcpy(copy, name, size);
    copy[size] = '\0';
    return copy;
}

static struct disk_file *file_create(struct fake_disk *disk, bool is_directory)
{
    struct disk_file *file = memory_alloc(sizeof *file);
    *file = (struct disk_file){.is_directory = is_directory, .next = disk->files};
    disk->files = file;
    return file;
}

static void changes_clear(struct disk_file *file)
{
    for (size_t i = 0; i < file->change_count; i++)
        free(file->changes[i].data);
    free(file->changes);
    file->changes = NULL;
    file->change_count = 0;
}

static void folder_clear(struct disk_folder *folder)
{
    for (size_t i = 0; i < folder->count; i++)
        free(folder->entries[i].name);
    free(folder->entries);
    *folder = (struct disk_folder){0};
}

static void file_destroy(struct disk_file *file)
{
    changes_clear(file);
    folder_clear(&file->names_now);
    folder_clear(&file->names_durable);
    buffer_clear(&file->now);
    buffer_clear(&file->durable);
    free(file);
}

static void renames_clear(struct fake_disk *disk)
{
    for (size_t i = 0; i < disk->rename_count; i++) {
        free(disk->renames[i].from);
        free(disk->renames[i].to);
    }
    free(disk->renames);
    disk->renames = NULL;
    disk->rename_count = 0;
}

void disk_init(struct fake_disk *disk, uint64_t seed)
{
    *disk = (struct fake_disk){.random = seed};
    disk->root = file_create(disk, true);
}

void disk_clear(struct fake_disk *disk)
{
    renames_clear(disk);
    for (struct disk_file *file = disk->files, *next; file != NULL; file = next) {
        next = file->next;
        file_destroy(file);
    }
    *disk = (struct fake_disk){0};
}

/* --- names --- */

static size_t folder_position(const struct disk_folder *folder, const char *name, size_t size, bool *found)
{
    size_t low = 0, high = folder->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = bytes_compare(bytes_from_text(folder->entries[middle].name),
                                  (struct bytes){(const uint8_t *)name, size});
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static struct disk_file *folder_find(const struct disk_folder *folder, const char *name, size_t size)
{
    bool found;
    size_t at = folder_position(folder, name, size, &found);
    return found ? folder->entries[at].file : NULL;
}

static void folder_set(struct disk_folder *folder, const char *name, size_t size, struct disk_file *file)
{
    bool found;
    size_t at = folder_position(folder, name, size, &found);
    if (!found) {
        folder->entries = memory_realloc(folder->entries, (folder->count + 1) * sizeof *folder->entries);
        memmove(folder->entries + at + 1, folder->entries + at, (folder->count - at) * sizeof *folder->entries);
        folder->entries[at].name = copy_name(name, size);
        folder->count++;
    }
    folder->entries[at].file = file;
}

static void folder_unset(struct disk_folder *folder, const char *name, size_t size)
{
    bool found;
    size_t at = folder_position(folder, name, size, &found);
    if (!found)
        return;
    free(folder->entries[at].name);
    folder->count--;
    memmove(folder->entries + at, folder->entries + at + 1, (folder->count - at) * sizeof *folder->entries);
}

struct disk_file *disk_find(struct fake_disk *disk, const char *path, struct disk_file **folder, const char **name,
                            size_t *name_size)
{
    struct disk_file *file = disk->root;
    *folder = NULL;
    *name = "";
    *name_size = 0;
    for (;;) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size == 0)
            return file;
        if (!(size == 1 && path[0] == '.')) {
            if (file == NULL || !file->is_directory) {
                *folder = NULL;
                return NULL;
            }
            *folder = file;
            *name = path;
            *name_size = size;
            file = folder_find(&file->names_now, path, size);
        }
        path += size;
    }
}

static void rename_note(struct fake_disk *disk, struct disk_rename change)
{
    disk->renames = memory_realloc(disk->renames, (disk->rename_count + 1) * sizeof *disk->renames);
    disk->renames[disk->rename_count++] = change;
}

struct disk_file *disk_create(struct fake_disk *disk, struct disk_file *folder, const char *name, size_t name_size,
                              bool is_directory)
{
    struct disk_file *file = file_create(disk, is_directory);
    folder_set(&folder->names_now, name, name_size, file);
    rename_note(disk, (struct disk_rename){.to_folder = folder, .to = copy_name(name, name_size), .file = file});
    return file;
}

void disk_rename(struct fake_disk *disk, struct disk_file *from_folder, const char *from, size_t from_size,
                 struct disk_file *to_folder, const char *to, size_t to_size)
{
    struct disk_file *file = folder_find(&from_folder->names_now, from, from_size);
    assert(file != NULL);
    folder_unset(&from_folder->names_now, from, from_size);
    folder_set(&to_folder->names_now, to, to_size, file);
    rename_note(disk, (struct disk_rename){from_folder, to_folder, copy_name(from, from_size), copy_name(to, to_size), file});
}

void disk_remove(struct fake_disk *disk, struct disk_file *folder, const char *name, size_t name_size)
{
    folder_unset(&folder->names_now, name, name_size);
    rename_note(disk, (struct disk_rename){.from_folder = folder, .from = copy_name(name, name_size)});
}

static void rename_apply(const struct disk_rename *r)
{
    if (r->from_folder != NULL)
        folder_unset(&r->from_folder->names_durable, r->from, strlen(r->from));
    if (r->to_folder != NULL)
        folder_set(&r->to_folder->names_durable, r->to, strlen(r->to), r->file);
}

void disk_sync_folder(struct fake_disk *disk, struct disk_file *folder)
{
    size_t kept = 0;
    for (size_t i = 0; i < disk->rename_count; i++) {
        struct disk_rename *r = &disk->renames[i];
        if (r->from_folder != folder && r->to_folder != folder) {
            disk->renames[kept++] = *r;
            continue;
        }
        rename_apply(r);
        free(r->from);
        free(r->to);
    }
    disk->rename_count = kept;
}

/* --- contents --- */

static void content_resize(struct buffer *content, int64_t size)
{
    size_t wanted = (size_t)size;
    if (wanted > content->size) {
        size_t more = wanted - content->size;
        if (content->capacity < wanted)
            buffer_reserve(content, more + content->size / 2); /* grow by half: files grow by small appends */
        memset(content->data + content->size, 0, more);
    }
    content->size = wanted;
}

static void content_write(struct buffer *content, int64_t position, const uint8_t *data, size_t size)
{
    if (size == 0)
        return;
    if (content->size < (size_t)position + size)
        content_resize(content, position + (int64_t)size);
    memcpy(content->data + position, data, size);
}

static void change_note(struct disk_file *file, struct disk_change change)
{
    if ((file->change_count & (file->change_count - 1)) == 0) { /* a power of two: full */
        size_t capacity = file->change_count == 0 ? 1 : file->change_count * 2;
        file->changes = memory_realloc(file->changes, capacity * sizeof *file->changes);
    }
    file->changes[file->change_count++] = change;
}

void disk_write(struct disk_file *file, int64_t position, const void *data, size_t size)
{
    if (size == 0)
        return;
    content_write(&file->now, position, data, size);
    uint8_t *copy = memory_alloc(size);
    memcpy(copy, data, size);
    change_note(file, (struct disk_change){position, copy, size});
}

void disk_resize(struct disk_file *file, int64_t size)
{
    content_resize(&file->now, size);
    change_note(file, (struct disk_change){size, NULL, 0});
}

void disk_sync(struct disk_file *file)
{
    for (size_t i = 0; i < file->change_count; i++) {
        const struct disk_change *c = &file->changes[i];
        if (c->data == NULL)
            content_resize(&file->durable, c->position);
        else
            content_write(&file->durable, c->position, c->data, c->size);
    }
    changes_clear(file);
}

void disk_lose(struct disk_file *file)
{
    changes_clear(file);
}

/* --- crash --- */

static void change_crash(struct fake_disk *disk, struct disk_file *file, const struct disk_change *c, uint64_t keep_of_4)
{
    if (c->data == NULL) {
        if (disk_random(disk, 4) < keep_of_4)
            content_resize(&file->durable, c->position);
        return;
    }
    for (size_t done = 0; done < c->size;) {
        int64_t position = c->position + (int64_t)done;
        size_t size = DISK_SECTOR_SIZE - (size_t)(position % DISK_SECTOR_SIZE);
        if (size > c->size - done)
            size = c->size - done;
        if (disk_random(disk, 4) < keep_of_4)
            content_write(&file->durable, position, c->data + done, size);
        done += size;
    }
}

static void renames_crash(struct fake_disk *disk, uint64_t keep_of_4)
{
    for (size_t i = 0; i < disk->rename_count; i++) {
        struct disk_rename *r = &disk->renames[i];
        bool keep = disk_random(disk, 4) < keep_of_4 && (r->file == NULL || !r->file->is_stuck);
        if (keep)
            rename_apply(r);
        else if (r->file != NULL)
            r->file->is_stuck = true;
    }
    renames_clear(disk);
}

static void mark_reachable(struct disk_file *file)
{
    file->is_reachable = true;
    for (size_t i = 0; i < file->names_durable.count; i++)
        mark_reachable(file->names_durable.entries[i].file);
}

static void file_restart(struct disk_file *file)
{
    file->is_reachable = false;
    file->is_stuck = false;
    file->is_locked = false;
    buffer_reset(&file->now);
    buffer_put_bytes(&file->now, buffer_bytes(&file->durable));
    folder_clear(&file->names_now);
    for (size_t i = 0; i < file->names_durable.count; i++) {
        const struct disk_entry *e = &file->names_durable.entries[i];
        folder_set(&file->names_now, e->name, strlen(e->name), e->file);
    }
}

void disk_crash(struct fake_disk *disk)
{
    static const uint64_t CHANCES[] = {0, 1, 2, 2, 3, 4}; /* of 4: nothing kept, some, all */
    uint64_t keep_of_4 = CHANCES[disk_random(disk, 6)];
    renames_crash(disk, keep_of_4);
    for (struct disk_file *file = disk->files; file != NULL; file = file->next) {
        for (size_t i = 0; i < file->change_count; i++)
            change_crash(disk, file, &file->changes[i], keep_of_4);
        changes_clear(file);
    }
    mark_reachable(disk->root);
    for (struct disk_file **link = &disk->files; *link != NULL;) {
        struct disk_file *file = *link;
        if (file->is_reachable) {
            file_restart(file);
            link = &file->next;
        } else {
            *link = file->next;
            file_destroy(file);
        }
    }
}

int64_t disk_used_size(const struct fake_disk *disk)
{
    int64_t size = 0;
    for (const struct disk_file *file = disk->files; file != NULL; file = file->next)
        size += (int64_t)file->now.size;
    return size;
}
