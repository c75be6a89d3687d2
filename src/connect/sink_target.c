/* sink_target.c - see the header. */
#include "connect/sink_target.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>

#include "os/thread.h"

/* A name that nobody else uses, which readers pass over. */
static const char *temporary_name(struct arena *arena, const char *folder, const char *name)
{
    static _Atomic unsigned number;
    return arena_printf(arena, "%s/_%s.%d-%u.tmp", folder, name, process_id(), ++number);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* "." for a path without folders, "" for one right below the root. */
static const char *folder_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? "." : arena_copy_bytes(arena, (struct bytes){(const uint8_t *)path, (size_t)(slash - path)});
}

/* ---- one file ---- */

static enum status open_file_target(struct sink_target *t, const struct statement *copy, struct error *err)
{
    struct file_info info;
    char resolved[PATH_MAX];
    if (copy->copy.overwrite == FILE_APPEND)
        return error_set(err, STATUS_INVALID_PARAMETER, "APPEND adds files to a folder, and \"%s\" is none", t->path);
    if (os_exists(t->os, t->path)) {
        TRY(t->os->info(t->os, t->path, &info, err));
        if (info.is_directory) {
            error_set(err, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is a directory", t->path);
            error_hint(err, "Write '%s/' to put files into it.", t->path);
            return STATUS_WRONG_OBJECT_TYPE;
        }
        if (realpath(t->path, resolved) != NULL) /* a link stays, what it leads to is replaced */
            t->path = arena_copy_text(t->arena, resolved);
    }
    t->is_device = strncmp(t->path, "/dev/", 5) == 0;
    t->parent = folder_of(t->arena, t->path);
    t->temporary = t->is_device ? t->path : temporary_name(t->arena, t->parent, base_name(t->path));
    t->final = t->is_device ? NULL : t->path;
    return STATUS_OK;
}

/* ---- a folder ---- */

static bool is_data_file(const char *name)
{
    static const char *const ENDINGS[] = {".parquet", ".csv", ".tsv", ".txt", ".json", ".ndjson", ".jsonl", ".gz", ".zst"};
    size_t size = strlen(name);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof *ENDINGS; i++) {
        size_t length = strlen(ENDINGS[i]);
        if (size > length && strcmp(name + size - length, ENDINGS[i]) == 0)
            return true;
    }
    return false;
}

/* OVERWRITE removes the folder: it must hold nothing but files of data, in key=value folders perhaps. */
static enum status check_replaceable(struct sink_target *t, const char *folder, unsigned depth, struct error *err)
{
    char **names;
    size_t count;
    TRY(t->os->list(t->os, folder, t->arena, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct file_info info;
        const char *path = arena_printf(t->arena, "%s/%s", folder, names[i]);
        TRY(t->os->info(t->os, path, &info, err));
        if (info.is_directory ? strchr(names[i], '=') == NULL || depth > 32
                              : !is_data_file(names[i]) && names[i][0] != '_' && names[i][0] != '.')
            return error_set(err, STATUS_DUPLICATE_FILE, "OVERWRITE would remove \"%s\", which is no file of data", path);
        if (info.is_directory)
            TRY(check_replaceable(t, path, depth + 1, err));
    }
    return STATUS_OK;
}

/* One more than the number of the last part. */
static unsigned next_part(char **names, size_t count)
{
    unsigned next = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], "part-", 5) != 0 || !isdigit((unsigned char)names[i][5]))
            continue;
        unsigned long number = strtoul(names[i] + 5, NULL, 10);
        if (number >= next && number < 99999999)
            next = (unsigned)number + 1;
    }
    return next;
}

static enum status refuse_folder(const struct sink_target *t, struct error *err)
{
    error_set(err, STATUS_DUPLICATE_FILE, "folder \"%s\" is not empty", t->path);
    error_hint(err, "Use OVERWRITE to replace its files, or APPEND to add to them.");
    return STATUS_DUPLICATE_FILE;
}

/* A new folder beside the old one, in its place once it is full. */
static enum status open_replacement(const struct file_access *access, struct sink_target *t, const char *part, struct error *err)
{
    char resolved[PATH_MAX];
    TRY(check_replaceable(t, t->path, 0, err));
    if (realpath(t->path, resolved) != NULL)
        t->path = arena_copy_text(t->arena, resolved);
    t->parent = folder_of(t->arena, t->path);
    t->new_folder = temporary_name(t->arena, t->parent, base_name(t->path));
    TRY(file_access_check(access, t->new_folder, err));
    TRY(t->os->make_directory(t->os, t->new_folder, err));
    t->temporary = arena_printf(t->arena, "%s/%s", t->new_folder, part);
    return STATUS_OK;
}

static enum status open_folder_target(const struct file_access *access, struct sink_target *t, const struct statement *copy,
                                      const char *ending, struct error *err)
{
    char **names = NULL;
    size_t count = 0;
    struct file_info info = {0};
    bool exists = os_exists(t->os, t->path);
    if (exists) {
        TRY(t->os->info(t->os, t->path, &info, err));
        if (!info.is_directory)
            return error_set(err, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not a directory", t->path);
        TRY(t->os->list(t->os, t->path, t->arena, &names, &count, err));
    }
    if (count != 0 && copy->copy.overwrite == FILE_FAIL_IF_EXISTS)
        return refuse_folder(t, err);
    const char *part = arena_printf(t->arena, "part-%05u%s", next_part(names, copy->copy.overwrite == FILE_APPEND ? count : 0), ending);
    if (count != 0 && copy->copy.overwrite == FILE_OVERWRITE)
        return open_replacement(access, t, part, err);
    if (!exists) {
        TRY(os_make_durable_directory(t->os, t->path, err));
        t->made_folder = true;
    }
    t->parent = t->path;
    t->temporary = temporary_name(t->arena, t->path, part);
    t->final = arena_printf(t->arena, "%s/%s", t->path, part);
    return STATUS_OK;
}

enum status sink_target_open(const struct file_access *access, const struct statement *copy, const char *ending, struct arena *arena,
                             struct sink_target *t, struct error *err)
{
    *t = (struct sink_target){.os = access->os, .arena = arena};
    TRY(file_access_check(access, copy->copy.path, err));
    char *path = arena_copy_text(arena, copy->copy.path);
    for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
        path[size - 1] = '\0';
    t->path = path;
    return copy->copy.is_directory ? open_folder_target(access, t, copy, ending, err) : open_file_target(t, copy, err);
}

/* ---- the end ---- */

static enum status replace_folder(struct sink_target *t, struct error *err)
{
    struct os *os = t->os;
    const char *parent = t->parent[0] == '\0' ? "/" : t->parent;
    const char *old = temporary_name(t->arena, t->parent, base_name(t->path));
    TRY(os->sync_directory(os, t->new_folder, err));
    TRY(os->rename(os, t->path, old, err));
    enum status st = os->rename(os, t->new_folder, t->path, err);
    if (st != STATUS_OK) {
        status_ignore(os->rename(os, old, t->path, NULL), "the first failure is the one to tell");
        return st;
    }
    t->new_folder = NULL;
    TRY(os->sync_directory(os, parent, err));
    status_ignore(os_remove_tree(os, old, NULL), "the new rows are in place; what is left begins with '_' and is not read");
    return STATUS_OK;
}

enum status sink_target_publish(struct sink_target *t, struct error *err)
{
    if (t->is_device)
        return STATUS_OK;
    if (t->new_folder != NULL)
        return replace_folder(t, err);
    TRY(t->os->rename(t->os, t->temporary, t->final, err));
    t->temporary = NULL;
    t->made_folder = false;
    return t->os->sync_directory(t->os, t->parent[0] == '\0' ? "/" : t->parent, err);
}

void sink_target_abandon(struct sink_target *t)
{
    if (t->temporary != NULL && !t->is_device)
        status_ignore(t->os->remove(t->os, t->temporary, NULL), "it may not have been made");
    if (t->new_folder != NULL)
        status_ignore(t->os->remove(t->os, t->new_folder, NULL), "the failure that led here is the one to tell");
    if (t->made_folder)
        status_ignore(t->os->remove(t->os, t->path, NULL), "it goes only if it is empty");
}
