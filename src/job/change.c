/* change.c - the catalog changes between epochs: what is added is filled and published with its record; what is dropped goes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "job/internal.h"

/* ---- relations that come with others: <table>__rejected and <view>__errors ---- */

static struct relation *companion(const struct relation *of, const char *suffix, enum relation_kind kind, const struct schema *schema)
{
    struct relation *r = relation_create();
    r->id = -of->id;
    r->kind = kind;
    r->schema_name = arena_copy_text(r->arena, of->schema_name);
    r->name = arena_printf(r->arena, "%s%s", of->name, suffix);
    schema_copy(schema, r->arena, &r->schema);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++)
        r->columns[i] = (struct column_definition){.name = r->schema.columns[i].name, .type = r->schema.columns[i].type};
    r->sql = arena_printf(r->arena, "-- made with \"%s\"", of->name);
    r->time_zone = "UTC";
    return r;
}

static const struct column REJECTED_COLUMNS[] = {
    {"partition", {.id = TYPE_INT4}, false}, {"offset", {.id = TYPE_INT8}, false},
    {"time", {.id = TYPE_TIMESTAMPTZ, .precision = 6}, false}, {"reason", {.id = TYPE_TEXT}, false},
    {"sqlstate", {.id = TYPE_TEXT}, false}, {"raw", {.id = TYPE_BYTEA}, false}};

static enum status add_rejected(struct timeline *t, struct ingest *g, struct error *err)
{
    struct schema schema = {6, (struct column *)(uintptr_t)REJECTED_COLUMNS};
    struct relation *r = companion(g->relation, "__rejected", RELATION_TABLE, &schema);
    r->topic = arena_copy_text(r->arena, topic_name(g->rejected));
    r->option_count = 1;
    r->options = ARENA_NEW(r->arena, struct option);
    *r->options = (struct option){"format", "json", 0};
    struct ingest *rejected = NULL;
    enum status st = ingest_create(t, r, true, &rejected, err);
    if (st == STATUS_OK)
        st = catalog_add(t->options.catalog, relation_ref(r), err);
    if (st != STATUS_OK) {
        ingest_destroy(rejected);
        relation_unref(r);
        return st;
    }
    g->rejected_relation = r;
    timeline_add_ingest(t, rejected);
    return STATUS_OK;
}

static enum status add_table(struct timeline *t, struct relation *relation, bool made_topic, struct ingest **out, struct error *err)
{
    TRY(ingest_create(t, relation, made_topic, out, err));
    timeline_add_ingest(t, *out);
    return (*out)->rejected != NULL ? add_rejected(t, *out, err) : STATUS_OK;
}

static void remove_table(struct timeline *t, struct ingest *g, bool delete_topics)
{
    struct error err = {0};
    if (g->rejected_relation != NULL) {
        struct ingest *rejected = timeline_find_ingest(t, g->rejected_relation->id);
        status_ignore(catalog_remove(t->options.catalog, g->rejected_relation->id, &err), "it may never have been added");
        if (rejected != NULL)
            remove_table(t, rejected, delete_topics);
        relation_unref(g->rejected_relation);
        g->rejected_relation = NULL;
    }
    if (delete_topics && g->made_topic && log_delete_topic(t->options.log, topic_name(g->topic), &err) != STATUS_OK)
        timeline_say(t, "topic \"%s\" is left behind: %s", topic_name(g->topic), err.message);
    consumers_end(&g->consumers, g->relation->name);
    timeline_remove_ingest(t, g);
    ingest_destroy(g);
}

static enum status add_errors(struct timeline *t, struct view *v, struct error *err)
{
    struct relation *r = companion(v->relation, "__errors", RELATION_MATERIALIZED_VIEW, errors_schema());
    enum status st = catalog_add(t->options.catalog, relation_ref(r), err);
    if (st != STATUS_OK) {
        relation_unref(r);
        return st;
    }
    v->errors_relation = r;
    return STATUS_OK;
}

static void remove_view(struct timeline *t, struct view *v, bool delete_topics)
{
    struct error err = {0};
    view_detach(v);
    if (v->relation != NULL)
        consumers_end(&v->consumers, v->relation->name);
    if (v->errors_relation != NULL) {
        status_ignore(catalog_remove(t->options.catalog, v->errors_relation->id, &err), "it may be gone");
        relation_unref(v->errors_relation);
    }
    if (delete_topics && v->made_topic && v->relation->topic != NULL &&
        log_delete_topic(t->options.log, v->relation->topic, &err) != STATUS_OK)
        timeline_say(t, "topic \"%s\" is left behind: %s", v->relation->topic, err.message);
    timeline_remove_view(t, v);
    view_destroy(v);
}

/* ---- restoring ---- */

enum status timeline_restore(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena, bool made_topic,
                             struct error *err)
{
    if (relation->kind == RELATION_TABLE || relation->kind == RELATION_SOURCE) {
        struct ingest *g;
        return add_table(t, relation, made_topic, &g, err);
    }
    if (plan == NULL)
        return STATUS_OK; /* a plain view */
    struct view *v;
    TRY(view_create(t, relation, plan, plan_arena, NULL, &v, err));
    v->made_topic = made_topic;
    timeline_add_view(t, v);
    enum status st = relation->kind == RELATION_MATERIALIZED_VIEW ? add_errors(t, v, err) : STATUS_OK;
    if (st != STATUS_OK) {
        v->plan = NULL; /* still the caller's */
        v->plan_arena = NULL;
        remove_view(t, v, false);
    }
    return st;
}

/* ---- adding ---- */

struct add_request {
    struct relation *relation;
    struct plan *plan;
    struct arena *plan_arena;
    bool made_topic;
    struct log_group *group;
};

static enum status write_created(struct timeline *t, const struct add_request *r, struct error *err)
{
    struct catalog_record record = {CATALOG_CREATE,     r->relation->id,  0, r->made_topic, r->relation->name, r->relation->sql,
                                    r->relation->time_zone};
    if (r->relation->sql == NULL || r->relation->sql[0] == '\0')
        return STATUS_OK; /* a topic that nobody declared: found again at start */
    return catalog_log_append(t, r->group, &record, err);
}

static enum status add_parts(struct timeline *t, struct add_request *r, struct ingest **ingest, struct view **view, struct error *err)
{
    if (r->relation->kind == RELATION_TABLE || r->relation->kind == RELATION_SOURCE)
        return add_table(t, r->relation, r->made_topic, ingest, err);
    if (r->plan == NULL)
        return STATUS_OK;
    TRY(view_create(t, r->relation, r->plan, r->plan_arena, NULL, view, err));
    (*view)->made_topic = r->made_topic;
    timeline_add_view(t, *view);
    if (r->relation->kind == RELATION_MATERIALIZED_VIEW)
        TRY(add_errors(t, *view, err));
    return view_join(*view, r->group, err);
}

static enum status run_add(struct timeline *t, void *argument, struct error *err)
{
    struct add_request *r = argument;
    if (t->has_failed) {
        *err = t->failure;
        return t->failure.status;
    }
    TRY(catalog_add(t->options.catalog, relation_ref(r->relation), err));
    struct ingest *ingest = NULL;
    struct view *view = NULL;
    epoch_open(t);
    r->group = log_group_begin(t->options.log);
    enum status st = add_parts(t, r, &ingest, &view, err);
    if (st == STATUS_OK)
        st = write_created(t, r, err);
    if (st == STATUS_OK)
        st = epoch_publish(t, r->group, err);
    else
        log_group_cancel(r->group);
    if (st == STATUS_OK) {
        relation_unref(r->relation); /* the caller's reference, taken over */
        return STATUS_OK;
    }
    t->open_epoch = 0;
    if (view != NULL) {
        view->touched = false;
        view->plan = NULL; /* still the caller's */
        view->plan_arena = NULL;
        view->made_topic = false;
        remove_view(t, view, false);
    }
    if (ingest != NULL)
        remove_table(t, ingest, false);
    status_ignore(catalog_remove(t->options.catalog, r->relation->id, NULL), "it was added above");
    return st;
}

enum status timeline_add(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena, bool made_topic,
                         struct error *err)
{
    struct add_request request = {relation, plan, plan_arena, made_topic, NULL};
    return timeline_call(t, COMMAND_CHANGE, run_add, &request, err);
}

/* ---- dropping ---- */

struct drop_request {
    struct relation *const *relations;
    uint32_t count;
};

static void remove_relation(struct timeline *t, struct relation *r)
{
    struct ingest *g = timeline_find_ingest(t, r->id);
    struct view *v = timeline_find_view(t, r->id);
    if (v != NULL)
        remove_view(t, v, true);
    if (g != NULL)
        remove_table(t, g, true);
    struct error err = {0};
    if (catalog_remove(t->options.catalog, r->id, &err) != STATUS_OK)
        timeline_say(t, "drop of \"%s\": %s", r->name, err.message);
}

static void put_topic_id(const struct topic *topic, struct buffer *out)
{
    for (int i = 0; i < 16; i++)
        buffer_printf(out, "%02x", topic_id(topic)[i]);
}

/* The topics that go with a relation, by id: a crash before they are deleted leaves that to the next start. */
static void put_topics(struct timeline *t, const struct relation *r, struct buffer *out)
{
    const struct ingest *g = timeline_find_ingest(t, r->id);
    const struct view *v = timeline_find_view(t, r->id);
    if (g != NULL && g->made_topic)
        put_topic_id(g->topic, out);
    if (g != NULL && g->rejected != NULL)
        put_topic_id(g->rejected, out);
    if (v != NULL && v->made_topic && v->sink != NULL)
        put_topic_id(v->sink->topic, out);
}

static enum status run_drop(struct timeline *t, void *argument, struct error *err)
{
    struct drop_request *d = argument;
    if (t->has_failed) {
        *err = t->failure;
        return t->failure.status;
    }
    epoch_open(t);
    struct log_group *group = log_group_begin(t->options.log);
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < d->count && st == STATUS_OK; i++) {
        struct buffer topics = {0};
        put_topics(t, d->relations[i], &topics);
        struct catalog_record record = {.change = CATALOG_DROP, .id = d->relations[i]->id, .name = d->relations[i]->name,
                                        .text = buffer_text(&topics)};
        st = catalog_log_append(t, group, &record, err);
        buffer_clear(&topics);
    }
    if (st != STATUS_OK) {
        log_group_cancel(group);
        t->open_epoch = 0;
        return st;
    }
    TRY(epoch_publish(t, group, err));
    for (uint32_t i = 0; i < d->count; i++)
        remove_relation(t, d->relations[i]);
    return STATUS_OK;
}

enum status timeline_drop(struct timeline *t, struct relation *const *relations, uint32_t count, struct error *err)
{
    struct drop_request request = {relations, count};
    return timeline_call(t, COMMAND_CHANGE, run_drop, &request, err);
}

static enum status run_record(struct timeline *t, void *argument, struct error *err)
{
    const struct catalog_record *record = argument;
    if (t->has_failed) {
        *err = t->failure;
        return t->failure.status;
    }
    epoch_open(t);
    struct log_group *group = log_group_begin(t->options.log);
    enum status st = catalog_log_append(t, group, record, err);
    if (st != STATUS_OK) {
        log_group_cancel(group);
        t->open_epoch = 0;
        return st;
    }
    return epoch_publish(t, group, err);
}

enum status timeline_record(struct timeline *t, const struct catalog_record *record, struct error *err)
{
    return timeline_call(t, COMMAND_CHANGE, run_record, (void *)(uintptr_t)record, err);
}

/* ---- reports ---- */

struct report_request {
    struct arena *arena;
    struct relation_report *reports;
    uint32_t count;
};

static void report_ingest(const struct ingest *g, struct relation_report *out)
{
    int64_t lag = 0;
    for (int32_t p = 0; p < g->partition_count; p++)
        lag += ingest_is_idle(g) ? 0 : partition_append_end(topic_partition(g->topic, p)) - g->position[p];
    *out = (struct relation_report){.relation_id = g->relation->id, .state = g->failed ? "failed" : "running", .rows_in = g->rows_in + g->rows_rejected,
                                    .rows_used = g->rows_in, .rows_rejected = g->rows_rejected, .lag_records = lag,
                                    .state_size = g->store != NULL ? relation_store_size(g->store) : 0};
    if (g->failed)
        snprintf(out->error, sizeof out->error, "%s %s", status_sqlstate(g->error.status), g->error.message);
}

static void report_view(const struct view *v, struct relation_report *out)
{
    *out = (struct relation_report){.relation_id = v->relation->id, .state = v->failed ? "failed" : "running", .epoch = v->epoch,
                                    .rows_used = v->store != NULL ? relation_store_rows(v->store) : 0,
                                    .rows_rejected = v->errors != NULL ? relation_store_rows(v->errors) : 0};
    out->state_size = (v->dataflow != NULL ? dataflow_size(v->dataflow) : 0) + (v->store != NULL ? relation_store_size(v->store) : 0);
    if (v->failed)
        snprintf(out->error, sizeof out->error, "%s %s", status_sqlstate(v->error.status), v->error.message);
}

static enum status run_report(struct timeline *t, void *argument, struct error *err)
{
    (void)err;
    struct report_request *r = argument;
    r->reports = ARENA_ARRAY(r->arena, struct relation_report, t->ingest_count + t->view_count + 1);
    for (uint32_t i = 0; i < t->ingest_count; i++) {
        report_ingest(t->ingests[i], &r->reports[r->count]);
        r->reports[r->count++].epoch = t->epoch;
    }
    for (uint32_t i = 0; i < t->view_count; i++)
        if (t->views[i]->relation != NULL)
            report_view(t->views[i], &r->reports[r->count++]);
    return STATUS_OK;
}

uint32_t timeline_reports(struct timeline *t, struct arena *arena, struct relation_report **out)
{
    struct report_request request = {.arena = arena};
    status_ignore(timeline_call(t, COMMAND_READ, run_report, &request, NULL), "a report cannot fail");
    *out = request.reports;
    return request.count;
}
