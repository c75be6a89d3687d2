/* journal.c - opening, the two threads, closing. */
#include "log/journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"

enum { PATH_SIZE = 4096 };

/* Space is taken from the file system once and for all, so that a commit never finds the disk full. */
static enum status open_file(struct journal *j, const char *directory, int index, int64_t wanted_size, struct error *err)
{
    char path[PATH_SIZE];
    int written = snprintf(path, sizeof path, "%s/%d", directory, index);
    assert(written > 0 && (size_t)written < sizeof path);
    struct journal_file *f = &j->files[index];
    TRY(j->os->open(j->os, path, FILE_WRITE, &f->fd, err));
    TRY(j->os->file_size(j->os, f->fd, &f->size, err));
    if (f->size >= wanted_size)
        return STATUS_OK;
    TRY(j->os->allocate(j->os, f->fd, wanted_size, err));
    TRY(j->os->sync(j->os, f->fd, err));
    f->size = wanted_size;
    return STATUS_OK;
}

enum status journal_open(struct journal *j, struct os *os, const char *directory, int64_t file_size,
                         const struct journal_hooks *hooks, struct error *err)
{
    *j = (struct journal){.os = os, .hooks = *hooks, .due_ns = INT64_MAX, .current = 1, .sequence = 1};
    j->files[0].fd = j->files[1].fd = -1;
    mutex_init(&j->lock);
    condition_init(&j->done);
    condition_init(&j->work);
    condition_init(&j->recycle_work);
    journal_load_reset(&j->pending);
    journal_load_reset(&j->flying);
    TRY(os->make_directory(os, directory, err));
    for (int i = 0; i < 2; i++)
        TRY(open_file(j, directory, i, file_size, err));
    return STATUS_OK;
}

static void run_commits(void *argument)
{
    struct journal *j = argument;
    mutex_lock(&j->lock);
    while (!j->stopping) {
        int64_t due = j->committing ? INT64_MAX : journal_due(j);
        if (due == 0 || (due != INT64_MAX && due <= clock_monotonic_ns())) {
            j->expected_until_ns = 0; /* its time is over */
            journal_lead(j);
            continue;
        }
        j->thread_until_ns = due;
        if (due == INT64_MAX)
            condition_wait(&j->work, &j->lock);
        else
            condition_wait_until(&j->work, &j->lock, due);
        j->thread_until_ns = 0;
    }
    mutex_unlock(&j->lock);
}

static void run_recycling(void *argument)
{
    struct journal *j = argument;
    mutex_lock(&j->lock);
    while (!j->stopping) {
        if (!j->is_recyclable && !j->recycling && !atomic_load(&j->has_failed))
            journal_recycle(j);
        else
            condition_wait(&j->recycle_work, &j->lock);
    }
    mutex_unlock(&j->lock);
}

enum status journal_start(struct journal *j, struct error *err)
{
    TRY(thread_start(&j->commit_thread, "leat-journal", 0, run_commits, j, err));
    j->thread_count = 1;
    TRY(thread_start(&j->recycle_thread, "leat-behind", 0, run_recycling, j, err));
    j->thread_count = 2;
    return STATUS_OK;
}

static void stop_threads(struct journal *j)
{
    mutex_lock(&j->lock);
    j->stopping = true;
    condition_broadcast(&j->work);
    condition_broadcast(&j->recycle_work);
    mutex_unlock(&j->lock);
    if (j->thread_count > 0)
        thread_join(&j->commit_thread);
    if (j->thread_count > 1)
        thread_join(&j->recycle_thread);
}

/* Leaves a journal that recovery need not replay. */
static void settle(struct journal *j)
{
    mutex_lock(&j->lock);
    if (!journal_frame_is_empty(&j->pending.frame) && !atomic_load(&j->has_failed))
        journal_lead(j);
    if (!atomic_load(&j->has_failed))
        journal_recycle(j);
    bool is_sound = !atomic_load(&j->has_failed);
    mutex_unlock(&j->lock);
    if (!is_sound)
        return;
    /* The second begins a file, so that the next start finds it at once. */
    enum status st = journal_checkpoint(j, false, NULL);
    if (st == STATUS_OK)
        st = journal_checkpoint(j, true, NULL);
    status_ignore(st, "without it recovery replays what is already there");
}

void journal_close(struct journal *j, bool is_orderly)
{
    if (j->os == NULL)
        return;
    is_orderly = is_orderly && j->thread_count == 2;
    stop_threads(j);
    if (is_orderly)
        settle(j);
    for (size_t i = 0; i < j->dirty_count; i++)
        segment_unref(j->dirty[i]);
    free(j->dirty);
    journal_load_clear(&j->pending);
    journal_load_clear(&j->flying);
    buffer_clear(&j->table);
    for (int i = 0; i < 2; i++)
        if (j->files[i].fd >= 0)
            j->os->close(j->os, j->files[i].fd);
    condition_clear(&j->recycle_work);
    condition_clear(&j->work);
    condition_clear(&j->done);
    mutex_clear(&j->lock);
    *j = (struct journal){0};
}
