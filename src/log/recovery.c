/* recovery.c - finding the topics and segments that a folder holds.
 *
 * Order of recovery: topics (this file), the journal's frames (recovery_replay.c), then each
 * partition's end (recovery_settle.c). Every step may be repeated after a crash within it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "log/internal.h"

void recovery_report(const struct recovery *r, const char *format, ...)
{
    if (r->report == NULL)
        return;
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    r->report(r->report_context, line);
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t size = strlen(name), suffix_size = strlen(suffix);
    return size > suffix_size && strcmp(name + size - suffix_size, suffix) == 0;
}

/* The base offset in "<20 digits><suffix>", or -1. */
static int64_t parse_base_offset(const char *name, const char *suffix)
{
    if (strlen(name) != 20 + strlen(suffix) || !has_suffix(name, suffix) || strspn(name, "0123456789") != 20)
        return -1;
    unsigned long long base = strtoull(name, NULL, 10);
    return base <= INT64_MAX && name[0] == '0' ? (int64_t)base : -1;
}

static bool is_our_file(const char *name)
{
    return parse_base_offset(name, ".index") >= 0 || parse_base_offset(name, ".timeindex") >= 0 ||
           strncmp(name, "producers", 9) == 0;
}

static enum status load_segment(struct partition *p, const char *name, int64_t base_offset, struct arena *arena,
                                struct error *err)
{
    struct file_info info;
    TRY(p->os->info(p->os, arena_printf(arena, "%s/%s", p->directory, name), &info, err));
    struct segment *s = segment_create(p->os, p->directory, base_offset);
    s->size = info.size;
    s->is_indexed = false;
    partition_push_segment(p, s); /* names are sorted, so bases rise */
    return STATUS_OK;
}

static enum status load_partition(const struct recovery *r, struct partition *p, struct arena *arena, struct error *err)
{
    char **names;
    size_t count;
    TRY(p->os->make_directory(p->os, p->directory, err));
    TRY(p->os->list(p->os, p->directory, arena, &names, &count, err));
    for (size_t i = 0; i < count; i++) {
        int64_t base_offset = parse_base_offset(names[i], ".log");
        if (base_offset >= 0)
            TRY(load_segment(p, names[i], base_offset, arena, err));
        else if (!is_our_file(names[i]))
            recovery_report(r, "%s/%s is not understood and left alone", p->directory, names[i]);
    }
    return STATUS_OK;
}

static enum status load_topic(struct recovery *r, const char *name, struct arena *arena, struct error *err)
{
    struct topic *t = NULL;
    TRY(topic_load(r->log, name, &t, err));
    if (log_find_topic_id(r->log, t->id) != NULL) {
        recovery_report(r, "topic %s has the id of another topic (a copied folder?) and is left alone", name);
        topic_clear(t);
        return STATUS_OK;
    }
    log_add_topic(r->log, t);
    for (int32_t i = 0; i < t->options.partition_count; i++)
        TRY(load_partition(r, &t->partitions[i], arena, err));
    return STATUS_OK;
}

/* ---- what creations and deletions that did not end have left ---- */

/* Whether a folder without a topic file holds nothing but empty partitions. */
static enum status is_half_created(struct recovery *r, const char *directory, bool *out, struct arena *arena,
                                   struct error *err)
{
    struct os *os = r->log->os;
    char **names, **inner;
    size_t count, inner_count;
    *out = true;
    TRY(os->list(os, directory, arena, &names, &count, err));
    for (size_t i = 0; i < count && *out; i++) {
        struct file_info info;
        const char *path = arena_printf(arena, "%s/%s", directory, names[i]);
        TRY(os->info(os, path, &info, err));
        if (!info.is_directory) {
            *out = strncmp(names[i], "topic", 5) == 0; /* the topic file under its temporary name */
            continue;
        }
        TRY(os->list(os, path, arena, &inner, &inner_count, err));
        *out = inner_count == 0 && strspn(names[i], "0123456789") == strlen(names[i]);
    }
    return STATUS_OK;
}

/* Not os_exists: an error taken for absence would lose a topic. */
static enum status file_exists(struct os *os, const char *path, bool *out, struct error *err)
{
    struct file_info info;
    struct error local = {0};
    enum status st = os->info(os, path, &info, &local);
    *out = st == STATUS_OK;
    if (st == STATUS_OK || st == STATUS_UNDEFINED_FILE)
        return STATUS_OK;
    if (err != NULL)
        *err = local;
    return st;
}

static enum status load_folder(struct recovery *r, const char *name, struct arena *arena, struct error *err)
{
    struct os *os = r->log->os;
    const char *directory = arena_printf(arena, "%s/topics/%s", r->log->directory, name);
    struct file_info info;
    TRY(os->info(os, directory, &info, err));
    if (!info.is_directory || !topic_name_is_legal(name)) {
        recovery_report(r, "%s is not understood and left alone", directory);
        return STATUS_OK;
    }
    bool exists, half_created;
    TRY(file_exists(os, arena_printf(arena, "%s/topic.deleted", directory), &exists, err));
    if (exists)
        return os_remove_tree(os, directory, err);
    TRY(file_exists(os, arena_printf(arena, "%s/topic", directory), &exists, err));
    if (exists)
        return load_topic(r, name, arena, err);
    TRY(is_half_created(r, directory, &half_created, arena, err));
    if (!half_created) {
        recovery_report(r, "%s has no topic file and is left alone", directory);
        return STATUS_OK;
    }
    recovery_report(r, "topic %s was being created and is removed", name);
    return os_remove_tree(os, directory, err);
}

enum status recovery_load_topics(struct recovery *r, struct error *err)
{
    struct os *os = r->log->os;
    struct arena *arena = arena_create();
    struct arena *scratch = arena_create();
    char **names;
    size_t count = 0;
    enum status st = os->list(os, arena_printf(arena, "%s/topics", r->log->directory), arena, &names, &count, err);
    for (size_t i = 0; i < count && st == STATUS_OK; i++) {
        arena_reset(scratch);
        st = load_folder(r, names[i], scratch, err);
    }
    arena_destroy(scratch);
    arena_destroy(arena);
    return st;
}
