/* producer_id.c - producer ids that never repeat: DIR/producer_ids holds the first id that was not reserved. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "log/internal.h"

enum { BLOCK_COUNT = 1000 };

enum status log_load_producer_ids(struct log *log, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/producer_ids", log->directory);
    struct file_info info;
    struct error local = {0};
    enum status st = log->os->info(log->os, path, &info, &local);
    if (st == STATUS_OK) {
        struct bytes text;
        st = os_read_file(log->os, path, 64, arena, &text, &local);
        char *end = NULL;
        long long next = st == STATUS_OK ? strtoll((const char *)text.data, &end, 10) : 0;
        if (st == STATUS_OK && (end == (const char *)text.data || *end != '\n' || next < 0))
            st = error_set(&local, STATUS_CORRUPT, "%s does not hold a number", path);
        log->next_producer_id = log->producer_id_limit = next;
    } else if (st == STATUS_UNDEFINED_FILE) {
        st = STATUS_OK;
    }
    arena_destroy(arena);
    if (st != STATUS_OK && err != NULL)
        *err = local;
    return st;
}

static enum status reserve(struct log *log, struct error *err)
{
    struct arena *arena = arena_create();
    const char *text = arena_printf(arena, "%" PRId64 "\n", log->producer_id_limit + BLOCK_COUNT);
    enum status st = os_write_file(log->os, arena_printf(arena, "%s/producer_ids", log->directory), bytes_from_text(text),
                                   err);
    arena_destroy(arena);
    if (st == STATUS_OK)
        log->producer_id_limit += BLOCK_COUNT;
    return st;
}

enum status log_next_producer_id(struct log *log, int64_t *out, struct error *err)
{
    mutex_lock(&log->producer_id_lock);
    enum status st = STATUS_OK;
    if (log->next_producer_id == log->producer_id_limit)
        st = reserve(log, err);
    if (st == STATUS_OK)
        *out = log->next_producer_id++;
    mutex_unlock(&log->producer_id_lock);
    return st;
}
