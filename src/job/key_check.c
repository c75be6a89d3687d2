/* key_check.c - does a keyed table hold a key, as of the log's end? */
#include "job/internal.h"

struct find_request {
    const struct relation *relation;
    const struct batch *keys;
    int64_t row;
};

/* Takes in what the table's log holds by now. What is appended while that goes on is not waited for: it may never end. */
static enum status reach_end(struct timeline *t, const struct ingest *g, struct error *err)
{
    enum status st = STATUS_OK;
    bool worked = true;
    for (int32_t p = 0; p < g->partition_count; p++) {
        int64_t end = partition_append_end(topic_partition(g->topic, p));
        while (st == STATUS_OK && worked && !g->failed && g->position[p] < end)
            st = epoch_run(t, &worked, err);
    }
    return st;
}

static enum status run_find(struct timeline *t, void *argument, struct error *err)
{
    struct find_request *r = argument;
    struct ingest *g = timeline_find_ingest(t, r->relation->id);
    if (g != NULL)
        TRY(reach_end(t, g, err));
    if (g != NULL && g->failed) {
        *err = g->error;
        error_prefix(err, "\"%s\" has failed: ", r->relation->name);
        return err->status;
    }
    if (g == NULL || g->store == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", r->relation->name);
    struct arena *arena = arena_create();
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < batch_rows(r->keys) && r->row < 0 && st == STATUS_OK; i++) {
        uint16_t row = (uint16_t)batch_row(r->keys, i);
        struct batch one = *r->keys, found = {0};
        one.selection = &row;
        one.selected_count = 1;
        arena_reset(arena);
        st = relation_store_find(g->store, &one, arena, &found, err);
        if (st == STATUS_OK && !batch_is_empty(&found))
            r->row = row;
    }
    arena_destroy(arena);
    return st;
}

enum status timeline_find_key(struct timeline *t, const struct relation *relation, const struct batch *keys, int64_t *row, struct error *err)
{
    struct find_request request = {relation, keys, -1};
    enum status st = timeline_call(t, COMMAND_CHANGE, run_find, &request, err);
    *row = request.row;
    return st;
}
