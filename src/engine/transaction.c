/* transaction.c - BEGIN, COMMIT, ROLLBACK: one cut for reads, writes kept until COMMIT. */
#include <stdlib.h>

#include "engine/internal.h"
#include "os/clock.h"

void transaction_end(struct session *s, bool committed)
{
    snapshot_release(s->transaction_snapshot);
    s->transaction_snapshot = NULL;
    pending_discard(s);
    for (size_t i = 0; i < s->cursors.entry_count; i++)
        cursor_destroy(s->cursors.entries[i].value);
    map_clear(&s->cursors);
    block_settings_end(s, committed);
    s->transaction = TRANSACTION_NONE;
    s->has_defined = false;
}

static enum status roll_back(struct work *w)
{
    if (w->session->has_defined)
        give_notice(w, "WARNING", "25001", "what the block has created or dropped stays so: only its rows are rolled back", NULL);
    transaction_end(w->session, false);
    return complete(w, "ROLLBACK");
}

static enum status begin(struct work *w, struct error *err)
{
    struct session *s = w->session;
    if (s->transaction == TRANSACTION_OPEN) {
        give_notice(w, "WARNING", "25001", "there is already a transaction in progress", NULL);
        return complete(w, "%s", w->statement.tag);
    }
    TRY(wait_for_own_writes(s, err));
    TRY(block_settings_set(s, w->statement.block.read_only, err));
    s->transaction = TRANSACTION_OPEN;
    s->transaction_time_us = clock_realtime_us();
    return complete(w, "%s", w->statement.tag);
}

static enum status commit(struct work *w, struct error *err)
{
    struct session *s = w->session;
    if (s->transaction == TRANSACTION_NONE) {
        give_notice(w, "WARNING", "25P01", "there is no transaction in progress", NULL);
        return complete(w, "COMMIT");
    }
    if (s->transaction == TRANSACTION_FAILED)
        return roll_back(w);
    enum status st = pending_commit(s, err);
    transaction_end(s, st == STATUS_OK);
    return st == STATUS_OK ? complete(w, "COMMIT") : st;
}

enum status run_transaction(struct work *w, struct error *err)
{
    struct session *s = w->session;
    switch (w->statement.kind) {
    case STATEMENT_BEGIN:
        return begin(w, err);
    case STATEMENT_COMMIT:
        return commit(w, err);
    default:
        if (s->transaction == TRANSACTION_NONE)
            give_notice(w, "WARNING", "25P01", "there is no transaction in progress", NULL);
        return roll_back(w);
    }
}
