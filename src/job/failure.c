/* failure.c - a table or view that cannot go on fails by name, and all that read it with it; the others go on.
 *
 * What nobody has seen yet is nobody's loss: a restart rebuilds views and tables from the log. A sink is
 * different: epochs go on without its output, so its failure is recorded, and it stays failed until it is dropped.
 */
#include "base/memory.h"
#include "job/internal.h"

static void fail_view(struct view *v, const char *name, const struct error *error)
{
    if (v->failed)
        return;
    v->failed = true;
    v->error = *error;
    error_prefix(&v->error, "\"%s\" has failed: ", name);
}

/* Marks as failed whoever reads a relation of this name. */
static void consumers_fail(struct consumers *consumers, const char *name, const struct error *error)
{
    for (uint32_t i = 0; i < consumers->count; i++)
        fail_view(consumers->items[i].view, name, error);
}

void consumers_end(struct consumers *consumers, const char *name)
{
    for (uint32_t i = 0; i < consumers->count; i++) {
        struct view *v = consumers->items[i].view;
        if (v->subscription == NULL || v->failed)
            continue;
        v->failed = v->given_up = true;
        error_set(&v->error, STATUS_UNDEFINED_TABLE, "subscription ended: \"%s\" was dropped", name);
        subscription_fail(v->subscription, &v->error);
    }
}

void ingest_fail(struct ingest *g, const struct error *error)
{
    timeline_complain(g->timeline, "\"%s\" has failed: %s (%s)", g->relation->name, error->message, status_sqlstate(error->status));
    g->failed = true;
    g->error = *error;
    memcpy(g->target, g->position, (size_t)g->partition_count * sizeof *g->position);
    record_batch_builder_clear(&g->rejections); /* found again when the records are */
    consumers_fail(&g->consumers, g->relation->name, error);
    relation_store_destroy(g->store); /* NULL from now on: others may have its memory */
    g->store = NULL;
    g->store_open = false;
}

static enum status record_failure(struct view *v, struct log_group *group, struct error *err)
{
    struct buffer text = {0};
    buffer_printf(&text, "%s %s", status_sqlstate(v->error.status), v->error.message);
    struct catalog_record record = {.change = CATALOG_FAILED, .id = v->relation->id, .name = v->relation->name, .text = buffer_text(&text)};
    enum status st = catalog_log_append(v->timeline, group, &record, err);
    buffer_clear(&text);
    v->recorded = st == STATUS_OK;
    return st;
}

enum status view_give_up(struct view *v, struct log_group *group, struct error *err)
{
    const char *name = v->relation != NULL ? v->relation->name : "subscription";
    timeline_complain(v->timeline, "\"%s\" has failed: %s (%s)", name, v->error.message, status_sqlstate(v->error.status));
    v->given_up = true;
    if (v->subscription != NULL)
        subscription_fail(v->subscription, &v->error);
    consumers_fail(&v->consumers, name, &v->error);
    view_detach(v);
    dataflow_destroy(v->dataflow);
    v->dataflow = NULL;
    relation_store_destroy(v->store);
    v->store = NULL;
    if (v->sink == NULL || group == NULL)
        return STATUS_OK;
    return record_failure(v, group, err);
}

void timeline_restore_failure(struct timeline *t, int64_t relation_id, const char *text)
{
    struct view *v = timeline_find_view(t, relation_id);
    if (v == NULL || strlen(text) < 6)
        return;
    char sqlstate[6] = {0};
    memcpy(sqlstate, text, 5);
    v->failed = v->given_up = v->recorded = true;
    error_set(&v->error, status_from_sqlstate(sqlstate), "%s", text + 6);
    timeline_complain(t, "\"%s\" failed before: %s (%s); drop and create it to go on", v->relation->name, text + 6, sqlstate);
}

enum status record_failures(struct timeline *t, struct error *err)
{
    struct log_group *group = NULL;
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < t->view_count && st == STATUS_OK; i++) {
        struct view *v = t->views[i];
        if (v->sink == NULL || !v->failed || v->recorded)
            continue;
        if (group == NULL) {
            epoch_open(t);
            group = log_group_begin(t->options.log);
        }
        st = record_failure(v, group, err);
    }
    if (group == NULL)
        return st;
    if (st == STATUS_OK)
        return epoch_publish(t, group, err);
    log_group_cancel(group);
    t->open_epoch = 0;
    return st;
}
