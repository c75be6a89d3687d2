/* file_list.c - see the header. A pattern is walked name by name; only folders that may hold a match are listed. */
#include "connect/file_list.h"

#include <fnmatch.h>
#include <stdlib.h>

struct walk {
    const struct file_access *access;
    struct arena *arena;
    struct file_list *out;
    struct error *err;
};

static bool has_wildcard(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] == '*' || text[i] == '?' || text[i] == '[')
            return true;
    return false;
}

static enum status add_file(struct walk *w, const char *path, int64_t size)
{
    struct file_list *l = w->out;
    TRY(file_access_check(w->access, path, w->err));
    if (l->count == FILE_COUNT_MAX)
        return error_set(w->err, STATUS_LIMIT_EXCEEDED, "more than %d files", FILE_COUNT_MAX);
    if (l->count == l->capacity) {
        l->capacity = l->capacity == 0 ? 16 : l->capacity * 2;
        struct file_item *items = ARENA_ARRAY(w->arena, struct file_item, l->capacity);
        if (l->count != 0)
            memcpy(items, l->items, l->count * sizeof *items);
        l->items = items;
    }
    l->items[l->count++] = (struct file_item){path, size};
    return STATUS_OK;
}

static const char *join(struct walk *w, const char *folder, const char *name)
{
    size_t size = strlen(folder);
    return arena_printf(w->arena, "%s%s%s", folder, size == 0 || folder[size - 1] == '/' ? "" : "/", name);
}

static enum status list(struct walk *w, const char *folder, char ***names, size_t *count)
{
    return w->access->os->list(w->access->os, folder[0] == '\0' ? "." : folder, w->arena, names, count, w->err);
}

static bool is_ignored(const char *name)
{
    return name[0] == '_' || name[0] == '.';
}

/* All files below a folder. */
static enum status add_folder(struct walk *w, const char *folder, unsigned depth)
{
    char **names;
    size_t count;
    if (depth > FOLDER_DEPTH_MAX)
        return error_set(w->err, STATUS_LIMIT_EXCEEDED, "\"%s\": folders are nested deeper than %d", folder, FOLDER_DEPTH_MAX);
    TRY(file_access_check(w->access, folder[0] == '\0' ? "." : folder, w->err));
    TRY(list(w, folder, &names, &count));
    for (size_t i = 0; i < count; i++) {
        struct file_info info;
        if (is_ignored(names[i]))
            continue;
        const char *path = join(w, folder, names[i]);
        TRY(w->access->os->info(w->access->os, path, &info, w->err));
        TRY(info.is_directory ? add_folder(w, path, depth + 1) : add_file(w, path, info.size));
    }
    return STATUS_OK;
}

static enum status match(struct walk *w, const char *folder, const char *pattern, unsigned depth);

/* A name of folder that fits the first part of a pattern: rest is what must follow, "" if nothing. */
static enum status match_name(struct walk *w, const char *path, const char *rest, unsigned depth)
{
    struct file_info info;
    if (w->access->os->info(w->access->os, path, &info, NULL) != STATUS_OK)
        return STATUS_OK; /* gone, or a link to nowhere */
    if (rest[0] == '\0')
        return info.is_directory ? add_folder(w, path, depth + 1) : add_file(w, path, info.size);
    return info.is_directory ? match(w, path, rest, depth + 1) : STATUS_OK;
}

/* ** : the rest matches here, or in any folder below. */
static enum status match_any_depth(struct walk *w, const char *folder, const char *pattern, const char *rest, unsigned depth)
{
    char **names;
    size_t count;
    if (rest[0] == '\0')
        return add_folder(w, folder, depth + 1);
    TRY(match(w, folder, rest, depth + 1));
    TRY(list(w, folder, &names, &count));
    for (size_t i = 0; i < count; i++) {
        struct file_info info;
        const char *path = join(w, folder, names[i]);
        if (is_ignored(names[i]) || w->access->os->info(w->access->os, path, &info, NULL) != STATUS_OK || !info.is_directory)
            continue;
        TRY(match(w, path, pattern, depth + 1));
    }
    return STATUS_OK;
}

static enum status match(struct walk *w, const char *folder, const char *pattern, unsigned depth)
{
    if (depth > FOLDER_DEPTH_MAX)
        return error_set(w->err, STATUS_LIMIT_EXCEEDED, "\"%s\": folders are nested deeper than %d", folder, FOLDER_DEPTH_MAX);
    TRY(file_access_check(w->access, folder[0] == '\0' ? "." : folder, w->err));
    size_t size = strcspn(pattern, "/");
    const char *part = arena_copy_bytes(w->arena, (struct bytes){(const uint8_t *)pattern, size});
    const char *rest = pattern + size;
    while (*rest == '/')
        rest++;
    if (strcmp(part, "**") == 0)
        return match_any_depth(w, folder, pattern, rest, depth);
    if (!has_wildcard(part, size))
        return match_name(w, join(w, folder, part), rest, depth);
    char **names;
    size_t count;
    TRY(list(w, folder, &names, &count));
    for (size_t i = 0; i < count; i++)
        if ((!is_ignored(names[i]) || part[0] == names[i][0]) && fnmatch(part, names[i], 0) == 0)
            TRY(match_name(w, join(w, folder, names[i]), rest, depth));
    return STATUS_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct file_item *)a)->path, ((const struct file_item *)b)->path);
}

/* A pattern like ** / ** reaches a file more than once. */
static void sort_unique(struct file_list *l)
{
    uint32_t kept = 0;
    if (l->count != 0)
        qsort(l->items, l->count, sizeof *l->items, compare_paths);
    for (uint32_t i = 0; i < l->count; i++)
        if (kept == 0 || strcmp(l->items[kept - 1].path, l->items[i].path) != 0)
            l->items[kept++] = l->items[i];
    l->count = kept;
}

enum status file_list_find(const struct file_access *access, const char *pattern, struct arena *arena, struct file_list *out,
                           struct error *err)
{
    struct walk w = {access, arena, out, err};
    struct file_info info;
    *out = (struct file_list){0};
    bool is_glob = has_wildcard(pattern, strlen(pattern));
    if (!is_glob)
        TRY(file_access_check(access, pattern, err));
    if ((!is_glob || access->root == NULL) && os_exists(access->os, pattern)) {
        TRY(access->os->info(access->os, pattern, &info, err));
        TRY(info.is_directory ? add_folder(&w, pattern, 0) : add_file(&w, pattern, info.size));
    } else if (is_glob) {
        const char *root = pattern[0] == '/' ? "/" : "";
        while (*pattern == '/')
            pattern++;
        /* The folders in front of the first wildcard need no listing, and may lie above what access allows. */
        size_t fixed = 0;
        for (size_t i = 0; pattern[i] != '\0' && !has_wildcard(pattern + i, 1); i++)
            if (pattern[i] == '/')
                fixed = i + 1;
        const char *base = arena_printf(arena, "%s%.*s", root, (int)fixed, pattern);
        TRY(file_access_check(access, base[0] == '\0' ? "." : base, err));
        if (base[0] == '\0' || os_exists(access->os, base))
            TRY(match(&w, base, pattern + fixed, 0));
    } else {
        return error_set(err, STATUS_UNDEFINED_FILE, "\"%s\": no such file or directory", pattern);
    }
    sort_unique(out);
    if (out->count == 0)
        return error_set(err, STATUS_UNDEFINED_FILE, is_glob ? "no file matches \"%s\"" : "\"%s\" holds no files", pattern);
    return STATUS_OK;
}
