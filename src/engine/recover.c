/* recover.c - the catalog at start: the CREATE statements that are still in force, bound again in their order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/internal.h"

struct definition {
    int64_t id;
    char *name;
    char *text;
    char *time_zone;
    bool made_topic;
    bool dropped;
    char *failure; /* a sink's, NULL: none */
};
struct definitions {
    struct engine *engine;
    struct definition *items;
    size_t count, capacity;
};

static void add_definition(struct definitions *d, const struct catalog_record *record)
{
    if (d->count == d->capacity) {
        d->capacity = d->capacity == 0 ? 16 : d->capacity * 2;
        d->items = memory_realloc(d->items, d->capacity * sizeof *d->items);
    }
    d->items[d->count++] = (struct definition){record->id, memory_copy_text(record->name), memory_copy_text(record->text), memory_copy_text(record->time_zone),
                                               record->made_topic, false, NULL};
}

static uint8_t hex_digit(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Topics that a DROP had yet to delete when the program was killed. ids: 32 hex digits each. */
static enum status finish_drop(struct engine *e, const char *ids, struct error *err)
{
    for (; strlen(ids) >= 32; ids += 32) {
        uint8_t id[16];
        for (int b = 0; b < 16; b++)
            id[b] = (uint8_t)(hex_digit(ids[b * 2]) << 4 | hex_digit(ids[b * 2 + 1]));
        const struct topic *t = log_find_topic_id(e->log, id);
        if (t != NULL)
            TRY(log_delete_topic(e->log, topic_name(t), err));
    }
    return STATUS_OK;
}

/* Empty topics of a CREATE that was killed before it was in the catalog: they belong to nobody. */
static enum status remove_unclaimed_topics(struct engine *e, struct error *err)
{
    struct arena *arena = arena_create();
    struct map claimed = {0};
    uint32_t relation_count;
    size_t topic_count;
    struct relation **relations = catalog_list(e->catalog, arena, &relation_count);
    for (uint32_t i = 0; i < relation_count; i++) {
        map_put(&claimed, bytes_from_text(relations[i]->topic != NULL ? relations[i]->topic : relations[i]->name), e);
        relation_unref(relations[i]);
    }
    struct topic **topics = log_topics(e->log, arena, &topic_count);
    enum status st = STATUS_OK;
    for (size_t i = 0; i < topic_count && st == STATUS_OK; i++) {
        struct topic *t = topics[i];
        if (!topic_get_options(t)->owned || !topic_is_empty(t) || map_get(&claimed, bytes_from_text(topic_name(t))) != NULL)
            continue;
        engine_note(e, LEVEL_INFO, "topic %s was being created for a table or sink and is removed", topic_name(t));
        st = log_delete_topic(e->log, topic_name(t), err);
    }
    map_clear(&claimed);
    arena_destroy(arena);
    return st;
}

static void drop_definition(struct definitions *d, int64_t id)
{
    for (size_t i = d->count; i > 0; i--)
        if (d->items[i - 1].id == id) {
            d->items[i - 1].dropped = true;
            return;
        }
}

static enum status visit(void *context, const struct catalog_record *record, struct error *err)
{
    struct definitions *d = context;
    switch (record->change) {
    case CATALOG_CREATE:
        add_definition(d, record);
        return STATUS_OK;
    case CATALOG_DROP:
        drop_definition(d, record->id);
        return finish_drop(d->engine, record->text, err);
    case CATALOG_FAILED:
        for (size_t i = 0; i < d->count; i++)
            if (d->items[i].id == record->id) {
                free(d->items[i].failure);
                d->items[i].failure = memory_copy_text(record->text);
            }
        return STATUS_OK;
    case CATALOG_ROLE: /* the engine's mutex is held by whoever opens storage */
    {
        struct role *role = map_get(&d->engine->roles, bytes_from_text(record->name));
        if (role == NULL) {
            role = memory_alloc_zero(1, sizeof *role);
            role->name = memory_copy_text(record->name);
            map_put(&d->engine->roles, bytes_from_text(record->name), role);
        }
        free(role->verifier);
        role->verifier = memory_copy_text(record->text);
        return STATUS_OK;
    }
    case CATALOG_SETTING:
        return settings_set(d->engine->settings, record->name, record->text, SOURCE_SYSTEM, err);
    }
    return error_set(err, STATUS_CORRUPT, "unknown change %d", (int)record->change);
}

static const char *no_setting(void *context, const char *name)
{
    return settings_get(context, name);
}

static bool is_defined(const struct definitions *d, const char *name)
{
    for (size_t i = 0; i < d->count; i++)
        if (!d->items[i].dropped && strcmp(d->items[i].name, name) == 0)
            return true;
    return false;
}

/* A view may read a topic that nobody declared: those stand as tables before it is bound. */
static enum status restore_topics(struct engine *e, const struct definitions *d, struct error *err)
{
    struct arena *arena = arena_create();
    size_t count;
    struct topic **topics = log_topics(e->log, arena, &count);
    enum status st = STATUS_OK;
    for (size_t i = 0; i < count && st == STATUS_OK; i++) {
        const char *name = topic_name(topics[i]);
        struct relation *known = catalog_find(e->catalog, "public", name);
        bool wanted = known == NULL && !topic_get_options(topics[i])->internal && !is_defined(d, name);
        if (known != NULL)
            relation_unref(known);
        if (!wanted)
            continue;
        struct relation *r = engine_raw_relation(name);
        st = catalog_add(e->catalog, relation_ref(r), err);
        if (st == STATUS_OK)
            st = timeline_restore(e->timeline, r, NULL, NULL, false, err);
        relation_unref(r);
    }
    arena_destroy(arena);
    return st;
}

static enum status bind_again(struct engine *e, const struct definitions *all, const struct definition *d,
                              const struct sql_environment *environment, struct arena *arena, struct statement *out, struct error *err)
{
    enum status st = sql_bind(environment, d->text, arena, out, err);
    if (st != STATUS_UNDEFINED_TABLE)
        return st;
    TRY(restore_topics(e, all, err));
    *out = (struct statement){0};
    return sql_bind(environment, d->text, arena, out, err);
}

static enum status restore(struct engine *e, const struct definitions *all, const struct definition *d, struct error *err)
{
    struct arena *arena = arena_create();
    struct sql_environment environment = {.catalog = e->catalog, .search_path = "public", .setting = no_setting, .context = e->settings,
                                          .user = "leat", .database = "leat"};
    struct statement statement = {0};
    enum status st = time_zone_find(d->time_zone[0] == '\0' ? "UTC" : d->time_zone, &environment.text.zone, err);
    if (st == STATUS_OK)
        st = bind_again(e, all, d, &environment, arena, &statement, err);
    if (st != STATUS_OK) {
        arena_destroy(arena);
        return st;
    }
    struct relation *r = statement.created;
    r->id = d->id;
    struct plan *plan = statement.kind == STATEMENT_CREATE_MATERIALIZED_VIEW || statement.kind == STATEMENT_CREATE_SINK ? statement.plan : NULL;
    if (plan != NULL)
        st = plan_optimize(plan, &environment.text, arena, &plan, err);
    if (st == STATUS_OK && plan != NULL) {
        plan_reference(plan); /* its scans need not be those that were bound */
        plan_release(statement.plan);
        statement.plan = plan;
    }
    if (st == STATUS_OK)
        st = catalog_add(e->catalog, relation_ref(r), err);
    if (st == STATUS_OK)
        st = timeline_restore(e->timeline, r, plan, arena, d->made_topic, err);
    if (st == STATUS_OK && d->failure != NULL)
        timeline_restore_failure(e->timeline, d->id, d->failure);
    if (st != STATUS_OK || plan == NULL) {
        statement_release(&statement); /* of CREATE TABLE AS and CREATE VIEW too, whose plans are not kept */
        arena_destroy(arena);
    } else
        relation_unref(r); /* plan and arena are the view's now */
    return st;
}

enum status recover_catalog(struct engine *e, struct error *err)
{
    struct definitions d = {.engine = e};
    enum status st = timeline_read_catalog(e->timeline, visit, &d, err);
    for (size_t i = 0; i < d.count; i++) {
        if (st == STATUS_OK && !d.items[i].dropped) {
            st = restore(e, &d, &d.items[i], err);
            if (st != STATUS_OK)
                error_prefix(err, "recovering \"%.60s\": ", d.items[i].text);
        }
        free(d.items[i].name);
        free(d.items[i].text);
        free(d.items[i].time_zone);
        free(d.items[i].failure);
    }
    free(d.items);
    atomic_store(&e->topics_changed, true);
    return st == STATUS_OK ? remove_unclaimed_topics(e, err) : st;
}
