/* define.c - CREATE and DROP: topics first, then the timeline takes the relation in between two epochs. */
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "catalog/option.h"
#include "engine/internal.h"
#include "engine/scram.h"

static const struct option *find_option(const struct relation *r, const char *name, const char *kafka_name)
{
    for (uint32_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[i].name, name) == 0 || (kafka_name != NULL && strcmp(r->options[i].name, kafka_name) == 0))
            return &r->options[i];
    return NULL;
}

static enum status read_retention(const struct relation *r, struct topic_options *out, struct error *err)
{
    const struct option *o = find_option(r, "retention", NULL);
    const struct option *ms = find_option(r, "retention.ms", NULL);
    const struct option *size = find_option(r, "retention_bytes", "retention.bytes");
    int64_t us = INT64_MAX;
    if (o != NULL)
        TRY(option_interval(o, &us, err));
    if (us != INT64_MAX)
        out->retention_ms = us / 1000;
    if (ms != NULL)
        TRY(option_integer(ms, &out->retention_ms, err));
    return size != NULL ? option_size(size, &out->retention_size, err) : STATUS_OK;
}

/* The topic options of a relation's WITH list. */
static enum status relation_topic_options(const struct relation *r, struct topic_options *out, struct error *err)
{
    *out = (struct topic_options){.partition_count = 1, .retention_ms = -1, .retention_size = -1};
    const struct option *o = find_option(r, "partitions", NULL);
    int64_t partitions = 1;
    if (o != NULL)
        TRY(option_integer(o, &partitions, err));
    if (partitions < 1 || partitions > 10000)
        return error_set_at(err, STATUS_INVALID_PARAMETER, o->position, "partitions must be between 1 and 10000");
    out->partition_count = (int32_t)partitions;
    o = find_option(r, "fsync", NULL);
    if (o != NULL)
        out->fsync = strcasecmp(o->value, "interval") == 0 ? LOG_FSYNC_INTERVAL : strcasecmp(o->value, "never") == 0 ? LOG_FSYNC_NEVER : LOG_FSYNC_ALWAYS;
    o = find_option(r, "cleanup_policy", "cleanup.policy");
    out->compacted = o != NULL ? strstr(o->value, "compact") != NULL : r->primary_key_count > 0;
    o = find_option(r, "message.timestamp.type", NULL);
    out->log_append_time = o != NULL && strcasecmp(o->value, "LogAppendTime") == 0;
    o = find_option(r, "max.message.bytes", NULL);
    if (o != NULL)
        TRY(option_size(o, &out->max_message_size, err));
    return read_retention(r, out, err);
}

/* Definitions take effect at once, in a block too. Its next read takes a new cut, so that it sees them. */
static enum status complete_definition(struct work *w, const char *what, const char *tag)
{
    struct session *s = w->session;
    if (s->transaction != TRANSACTION_NONE) {
        give_notice(w, "WARNING", "25001", arena_printf(w->arena, "%s takes effect at once: ROLLBACK does not undo it", what), NULL);
        snapshot_release(s->transaction_snapshot);
        s->transaction_snapshot = NULL;
        s->has_defined = true;
    }
    return complete(w, "%s", tag);
}

/* ---- CREATE ---- */

/* A sink is the only writer of its topic. One that is there already and empty (a consumer that came first made it) is made anew. */
static enum status take_over_topic(struct work *w, const struct relation *r, struct topic **topic, struct error *err)
{
    if (engine_topic_in_use(w->engine, r->topic))
        return error_set(err, STATUS_OBJECT_IN_USE, "topic \"%s\" belongs to another table or sink", r->topic);
    if (!topic_is_empty(*topic)) {
        error_set(err, STATUS_OBJECT_IN_USE, "topic \"%s\" exists and holds records of other writers", r->topic);
        error_hint(err, "A sink is the only writer of its topic: give it another one.");
        return STATUS_OBJECT_IN_USE;
    }
    *topic = NULL;
    return log_delete_topic(w->engine->log, r->topic, err);
}

/* The topic behind a table or sink: found, or made. */
static enum status prepare_topic(struct work *w, struct relation *r, bool *made, struct error *err)
{
    *made = false;
    if (r->topic == NULL)
        return STATUS_OK;
    struct topic_options options;
    TRY(relation_topic_options(r, &options, err));
    if (r->kind == RELATION_SINK) {
        const char *envelope = relation_option(r, "envelope");
        options.single_writer = true;
        options.compacted |= envelope != NULL && strcasecmp(envelope, "upsert") == 0;
    }
    struct topic *topic = log_find_topic(w->engine->log, r->topic);
    if (topic != NULL && r->kind == RELATION_SINK)
        TRY(take_over_topic(w, r, &topic, err));
    if (topic != NULL)
        return STATUS_OK;
    *made = options.owned = true;
    return log_create_topic(w->engine->log, r->topic, &options, &topic, err);
}

/* A declared table takes the place of the raw one that stood for its topic. */
static enum status drop_undeclared(struct work *w, const char *name, struct error *err)
{
    struct relation *old = name == NULL ? NULL : catalog_find(w->engine->catalog, "public", name);
    enum status st = STATUS_OK;
    if (old != NULL && old->sql != NULL && old->sql[0] == '\0') {
        uint32_t dependents;
        struct relation **list = catalog_dependents(w->engine->catalog, old->id, w->arena, &dependents);
        for (uint32_t i = 0; i < dependents; i++)
            relation_unref(list[i]);
        if (dependents > 0)
            st = error_set(err, STATUS_DEPENDENT_OBJECTS, "topic \"%s\" is read as it is by other objects", name);
        else
            st = timeline_drop(w->engine->timeline, &old, 1, err);
    }
    relation_unref(old);
    return st;
}

static enum status add_relation(struct work *w, struct relation *r, struct plan *plan, struct error *err)
{
    bool made = false;
    TRY(engine_storage(w->engine, err));
    TRY(drop_undeclared(w, r->topic, err));
    TRY(drop_undeclared(w, r->name, err));
    TRY(prepare_topic(w, r, &made, err));
    enum status st = timeline_add(w->engine->timeline, relation_ref(r), plan, w->arena, made, err);
    if (st == STATUS_OK) {
        w->arena_taken = plan != NULL;
        atomic_store(&w->engine->topics_changed, true); /* a sink's topic can be read too */
        return STATUS_OK;
    }
    relation_unref(r);
    if (made)
        status_ignore(log_delete_topic(w->engine->log, r->topic, NULL), "an empty topic that stays is harmless");
    return st;
}

static enum status create_table_as(struct work *w, struct relation *r, struct error *err)
{
    int64_t rows = 0;
    struct plan *plan;
    TRY(plan_optimize(w->statement.plan, &w->text, w->arena, &plan, err));
    TRY(add_relation(w, r, NULL, err));
    enum status st = insert_rows(w, r, plan, &rows, err);
    if (st != STATUS_OK) {
        status_ignore(timeline_drop(w->engine->timeline, &r, 1, NULL), "the statement's own error is the one to tell");
        return st;
    }
    return complete_definition(w, "CREATE TABLE AS", arena_printf(w->arena, "SELECT %lld", (long long)rows));
}

/* CREATE of what is there already, by the same text: no change. That is how `leat serve FILE.sql` is applied again. */
static bool is_unchanged(struct work *w, const struct relation *r)
{
    struct relation *old = catalog_find(w->engine->catalog, r->schema_name, r->name);
    bool same = old != NULL && old->kind == r->kind && old->sql != NULL && strcmp(old->sql, r->sql) == 0;
    if (old != NULL)
        relation_unref(old);
    return same && w->session->applies_files;
}

/* A source of the log is a topic that others write: read only. */
static enum status check_source(struct work *w, const struct relation *r, struct error *err)
{
    const char *connector = relation_option(r, "connector");
    TRY(engine_storage(w->engine, err));
    if (connector == NULL || strcasecmp(connector, "log") != 0) {
        error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "CREATE SOURCE with connector \"%s\" is not supported", connector != NULL ? connector : "none");
        error_hint(err, "The connector of sources is log: a topic of this server.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    if (r->topic == NULL || log_find_topic(w->engine->log, r->topic) == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" of source \"%s\" does not exist", r->topic != NULL ? r->topic : r->name, r->name);
    return STATUS_OK;
}

/* CREATE OR REPLACE VIEW: the old one goes first. What reads it was bound to the old definition, so it must not be read. */
static enum status drop_replaced(struct work *w, struct relation *r, struct error *err)
{
    struct relation *old = catalog_find_id(w->engine->catalog, r->id);
    uint32_t count;
    r->id = 0; /* a new one: ids are never used twice */
    if (old == NULL)
        return STATUS_OK;
    struct relation **dependents = catalog_dependents(w->engine->catalog, old->id, w->arena, &count);
    for (uint32_t i = 0; i < count; i++)
        relation_unref(dependents[i]);
    enum status st = count > 0 ? error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "replacing a view that other objects read is not supported: \"%s\"", old->name)
                               : timeline_drop(w->engine->timeline, &old, 1, err);
    relation_unref(old);
    return st;
}

enum status run_create(struct work *w, struct error *err)
{
    struct relation *r = w->statement.created;
    if (r == NULL)
        return complete(w, "%s", w->statement.tag);
    if (is_unchanged(w, r))
        return complete(w, "%s", w->statement.tag);
    if (r->time_zone == NULL)
        r->time_zone = arena_copy_text(r->arena, settings_get(w->session->settings, "TimeZone"));
    if (w->statement.kind == STATEMENT_CREATE_SOURCE)
        TRY(check_source(w, r, err));
    const char *connector = relation_option(r, "connector");
    if (w->statement.kind == STATEMENT_CREATE_SINK && connector != NULL && strcmp(connector, "log") != 0)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "CREATE SINK with connector \"%s\" is not supported", connector);
    if (w->statement.kind == STATEMENT_CREATE_TABLE && w->statement.plan != NULL)
        return create_table_as(w, r, err);
    if (w->statement.or_replace)
        TRY(drop_replaced(w, r, err));
    struct plan *plan = NULL;
    if (w->statement.kind == STATEMENT_CREATE_MATERIALIZED_VIEW || w->statement.kind == STATEMENT_CREATE_SINK) {
        TRY(plan_optimize(w->statement.plan, &w->text, w->arena, &plan, err));
        plan_reference(plan); /* its scans need not be those that were bound */
        plan_release(w->statement.plan);
        w->statement.plan = plan;
    }
    TRY(add_relation(w, r, plan, err));
    return complete_definition(w, w->statement.tag, w->statement.tag);
}

/* ---- DROP ---- */

struct drop_list {
    struct relation **items;
    uint32_t count;
};

static void drop_list_add(struct drop_list *d, struct relation *r)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (d->items[i]->id == r->id)
            return;
    d->items = memory_realloc(d->items, (d->count + 1) * sizeof *d->items);
    d->items[d->count++] = relation_ref(r);
}

static bool is_dropped(const struct statement *s, int64_t id)
{
    for (uint32_t i = 0; i < s->drop.count; i++)
        if (s->drop.relations[i]->id == id)
            return true;
    return false;
}

static enum status collect(struct work *w, struct relation *r, struct drop_list *d, struct error *err);

/* A sink's topic goes with it, and so does the undeclared table that stands for the topic. */
static enum status collect_topic(struct work *w, const struct relation *r, struct drop_list *d, struct error *err)
{
    struct relation *raw = r->kind == RELATION_SINK && r->topic != NULL ? catalog_find(w->engine->catalog, "public", r->topic) : NULL;
    enum status st = STATUS_OK;
    if (raw != NULL && raw->sql != NULL && raw->sql[0] == '\0')
        st = collect(w, raw, d, err);
    if (raw != NULL)
        relation_unref(raw);
    return st;
}

static enum status collect(struct work *w, struct relation *r, struct drop_list *d, struct error *err)
{
    uint32_t count;
    struct relation **dependents = catalog_dependents(w->engine->catalog, r->id, w->arena, &count);
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (st == STATUS_OK && !w->statement.drop.cascade && !is_dropped(&w->statement, dependents[i]->id)) {
            st = error_set(err, STATUS_DEPENDENT_OBJECTS, "cannot drop %s %s because other objects depend on it", relation_kind_name(r->kind), r->name);
            error_detail(err, "%s %s depends on %s %s", relation_kind_name(dependents[i]->kind), dependents[i]->name,
                         relation_kind_name(r->kind), r->name);
            error_hint(err, "Use DROP ... CASCADE to drop the dependent objects too.");
        }
        if (st == STATUS_OK)
            st = collect_topic(w, dependents[i], d, err);
        if (st == STATUS_OK)
            drop_list_add(d, dependents[i]);
        relation_unref(dependents[i]);
    }
    if (st == STATUS_OK)
        st = collect_topic(w, r, d, err);
    if (st == STATUS_OK)
        drop_list_add(d, r);
    return st;
}

enum status run_drop_statement(struct work *w, struct error *err)
{
    const struct statement *s = &w->statement;
    struct drop_list d = {0};
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < s->drop.count && st == STATUS_OK; i++) {
        if (s->drop.relations[i]->id < 0 || s->drop.relations[i]->kind == RELATION_SYSTEM)
            st = error_set(err, STATUS_INSUFFICIENT_PRIVILEGE, "\"%s\" cannot be dropped: it is leat's own", s->drop.relations[i]->name);
        else
            st = collect(w, s->drop.relations[i], &d, err);
    }
    if (st == STATUS_OK && d.count > 0)
        st = timeline_drop(w->engine->timeline, d.items, d.count, err);
    for (uint32_t i = 0; i < d.count; i++)
        relation_unref(d.items[i]);
    free(d.items);
    atomic_store(&w->engine->topics_changed, true);
    TRY(st);
    return d.count > 0 ? complete_definition(w, s->tag, s->tag) : complete(w, "%s", s->tag);
}

/* ---- roles ---- */

enum status run_create_role(struct work *w, struct error *err)
{
    const char *name = w->statement.role.name, *password = w->statement.role.password;
    char existing[512], verifier[512] = "";
    TRY(engine_storage(w->engine, err));
    if (engine_role_verifier(w->engine, name, existing, sizeof existing))
        return error_set(err, STATUS_DUPLICATE_OBJECT, "role \"%s\" already exists", name);
    if (password != NULL)
        TRY(scram_verifier(password, verifier, sizeof verifier, err));
    struct catalog_record record = {.change = CATALOG_ROLE, .name = name, .text = verifier};
    TRY(timeline_record(w->engine->timeline, &record, err));
    engine_put_role(w->engine, name, verifier);
    return complete_definition(w, "CREATE ROLE", "CREATE ROLE");
}
