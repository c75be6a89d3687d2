/* engine.c - opening and closing an engine; roles and topics that nobody declared. */
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"

void engine_note(struct engine *e, enum log_level level, const char *format, ...)
{
    if (e->options.report == NULL)
        return;
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    e->options.report(e->options.report_context, level, line);
}

static void note_line(void *context, const char *line)
{
    engine_note(context, LEVEL_INFO, "%s", line);
}

static void note_timeline(void *context, bool is_error, const char *line)
{
    engine_note(context, is_error ? LEVEL_ERROR : LEVEL_INFO, "%s", line);
}

/* ---- storage ---- */

static enum status read_configuration(struct engine *e, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/leat.conf", e->directory);
    struct bytes content;
    enum status st = STATUS_OK;
    if (os_exists(e->options.os, path)) {
        st = os_read_file(e->options.os, path, 1 << 20, arena, &content, err);
        if (st == STATUS_OK)
            st = settings_read(e->settings, path, content, err);
    }
    arena_destroy(arena);
    return st;
}

static enum status open_timeline(struct engine *e, struct error *err)
{
    struct timeline_options options = {.log = e->log, .catalog = e->catalog, .live = e->live, .budget = &e->budget,
                                       .report = note_timeline, .report_context = e};
    options.epoch_records_max = settings_get_integer(e->settings, "epoch_records");
    options.subscription_size_max = settings_get_integer(e->settings, "subscription_buffer");
    TRY(timeline_create(&options, &e->timeline, err));
    TRY(recover_catalog(e, err));
    return timeline_start(e->timeline, err);
}

static enum status open_storage(struct engine *e, struct error *err)
{
    TRY(folder_open(e, err));
    TRY(read_configuration(e, err));
    e->budget.limit_size = settings_get_integer(e->settings, "memory_limit");
    struct log_options options = {.segment_size = settings_get_integer(e->settings, "segment_size"),
                                  .journal_size = settings_get_integer(e->settings, "journal_size"),
                                  .flush_interval_ms = settings_get_integer(e->settings, "flush_interval"),
                                  .commit_delay_us = settings_get_integer(e->settings, "commit_delay_us")};
    if (e->is_temporary)
        options.journal_size = 1 << 20;
    TRY(log_open(e->options.os, e->directory, &options, note_line, e, &e->log, err));
    return open_timeline(e, err);
}

enum status engine_storage(struct engine *e, struct error *err)
{
    mutex_lock(&e->mutex);
    enum status st = STATUS_OK;
    if (e->timeline == NULL) {
        if (e->directory == NULL)
            st = folder_make_temporary(e->options.os, &e->directory, err);
        if (st == STATUS_OK)
            st = open_storage(e, err);
    }
    mutex_unlock(&e->mutex);
    return st;
}

enum status engine_log(struct engine *e, struct log **out, struct error *err)
{
    TRY(engine_storage(e, err));
    *out = e->log;
    return STATUS_OK;
}

/* ---- life ---- */

static enum status create_pools(struct engine *e, struct error *err)
{
    int64_t workers = settings_get_integer(e->settings, "workers");
    unsigned count = workers > 0 ? (unsigned)workers : (unsigned)cpu_count();
    TRY(pool_create("live", count, false, &e->live, err));
    return pool_create("bounded", count, e->options.serves, &e->bounded, err);
}

enum status engine_open(const struct engine_options *options, struct engine **out, struct error *err)
{
    struct engine *e = memory_alloc_zero(1, sizeof *e);
    e->options = *options;
    e->settings = options->settings != NULL ? options->settings : settings_create(NULL);
    e->lock_fd = -1;
    e->next_session_id = 1;
    e->catalog = catalog_create();
    e->budget = (struct budget){.name = "memory_limit", .limit_size = settings_get_integer(e->settings, "memory_limit")};
    mutex_init(&e->mutex);
    commit_turns_init(&e->commit_turns);
    deadlines_init(&e->deadlines);
    system_relations_add(e->catalog);
    e->is_temporary = options->directory == NULL;
    if (!e->is_temporary)
        e->directory = memory_copy_text(options->directory);
    enum status st = create_pools(e, err);
    if (st == STATUS_OK && !e->is_temporary)
        st = engine_storage(e, err);
    if (st != STATUS_OK) {
        engine_close(e);
        return st;
    }
    *out = e;
    return STATUS_OK;
}

static void clear_roles(struct engine *e)
{
    for (size_t i = 0; i < e->roles.entry_count; i++) {
        struct role *role = e->roles.entries[i].value;
        if (role == NULL)
            continue;
        free(role->name);
        free(role->verifier);
        free(role);
    }
    map_clear(&e->roles);
}

void engine_close(struct engine *e)
{
    if (e == NULL)
        return;
    deadlines_clear(&e->deadlines);
    timeline_destroy(e->timeline);
    log_close(e->log);
    folder_close(e);
    pool_destroy(e->live);
    pool_destroy(e->bounded);
    catalog_destroy(e->catalog);
    settings_destroy(e->settings);
    clear_roles(e);
    free(e->sessions);
    commit_turns_clear(&e->commit_turns);
    mutex_clear(&e->mutex);
    free(e);
}

struct settings *engine_settings(struct engine *e)
{
    return e->settings;
}

/* ---- roles ---- */

void engine_put_role(struct engine *e, const char *name, const char *verifier)
{
    mutex_lock(&e->mutex);
    struct role *role = map_get(&e->roles, bytes_from_text(name));
    if (role == NULL) {
        role = memory_alloc_zero(1, sizeof *role);
        role->name = memory_copy_text(name);
        map_put(&e->roles, bytes_from_text(name), role);
    }
    free(role->verifier);
    role->verifier = memory_copy_text(verifier);
    mutex_unlock(&e->mutex);
}

bool engine_role_verifier(struct engine *e, const char *name, char *out, size_t size)
{
    mutex_lock(&e->mutex);
    const struct role *role = map_get(&e->roles, bytes_from_text(name));
    if (role != NULL)
        snprintf(out, size, "%s", role->verifier);
    mutex_unlock(&e->mutex);
    return role != NULL;
}

bool engine_has_roles(struct engine *e)
{
    mutex_lock(&e->mutex);
    bool has = e->roles.live_count > 0;
    mutex_unlock(&e->mutex);
    return has;
}

/* ---- topics that nobody declared ---- */

void engine_topic_created(struct engine *e, const char *topic)
{
    (void)topic; /* the next statement that is bound looks at all of them */
    atomic_store(&e->topics_changed, true);
}

bool engine_topic_in_use(struct engine *e, const char *topic)
{
    struct arena *arena = arena_create();
    uint32_t count;
    struct relation **relations = catalog_list(e->catalog, arena, &count);
    bool in_use = false;
    for (uint32_t i = 0; i < count; i++) {
        bool declared = relations[i]->sql != NULL && relations[i]->sql[0] != '\0';
        in_use |= declared && relations[i]->topic != NULL && strcmp(relations[i]->topic, topic) == 0;
        relation_unref(relations[i]);
    }
    arena_destroy(arena);
    return in_use;
}

struct relation *engine_raw_relation(const char *topic)
{
    static struct column columns[] = {{"key", {.id = TYPE_BYTEA}, false}, {"value", {.id = TYPE_BYTEA}, false}};
    struct schema schema = {2, columns};
    struct relation *r = relation_create();
    r->kind = RELATION_TABLE;
    r->schema_name = "public";
    r->name = r->topic = arena_copy_text(r->arena, topic);
    schema_copy(&schema, r->arena, &r->schema);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, 2);
    for (uint32_t i = 0; i < 2; i++)
        r->columns[i] = (struct column_definition){.name = r->schema.columns[i].name, .type = r->schema.columns[i].type};
    r->option_count = 1;
    r->options = ARENA_NEW(r->arena, struct option);
    *r->options = (struct option){"format", "raw", 0};
    r->sql = "";
    r->time_zone = "UTC";
    return r;
}

/* What the catalog says of topics, by name. */
struct topic_names {
    struct map declared; /* read as a table, or a relation has the name */
    struct map claimed;  /* a table's or a sink's */
};

static void topic_names_add(struct topic_names *n, struct relation *r)
{
    map_put(&n->declared, bytes_from_text(r->name), r);
    if (r->topic != NULL)
        map_put(&n->claimed, bytes_from_text(r->topic), r);
    if (r->topic != NULL && r->kind == RELATION_TABLE)
        map_put(&n->declared, bytes_from_text(r->topic), r);
}

static bool stands_as_table(const struct topic_names *n, struct topic *t)
{
    const struct topic_options *o = topic_get_options(t);
    struct bytes name = bytes_from_text(topic_name(t));
    if (o->internal || topic_is_deleted(t) || map_get(&n->declared, name) != NULL)
        return false;
    /* Not one that a CREATE in progress has made for a table or sink that is not in the catalog yet. */
    return !o->owned || !topic_is_empty(t) || map_get(&n->claimed, name) != NULL;
}

enum status engine_add_topics(struct engine *e, struct error *err)
{
    if (e->timeline == NULL || !atomic_exchange(&e->topics_changed, false))
        return STATUS_OK;
    struct arena *arena = arena_create();
    uint32_t relation_count;
    size_t topic_count;
    struct relation **relations = catalog_list(e->catalog, arena, &relation_count);
    struct topic **topics = log_topics(e->log, arena, &topic_count);
    struct topic_names names = {0};
    for (uint32_t i = 0; i < relation_count; i++)
        topic_names_add(&names, relations[i]);
    enum status st = STATUS_OK;
    for (size_t i = 0; i < topic_count && st == STATUS_OK; i++) {
        if (!stands_as_table(&names, topics[i]))
            continue;
        struct relation *r = engine_raw_relation(topic_name(topics[i]));
        st = timeline_add(e->timeline, r, NULL, NULL, false, err);
        if (st == STATUS_OK)
            continue;
        relation_unref(r);
        if (st == STATUS_DUPLICATE_TABLE || topic_is_deleted(topics[i])) /* another session was faster */
            st = STATUS_OK;
    }
    if (st == STATUS_DISK_FULL || st == STATUS_IO_ERROR) { /* nothing can be defined now, but what is there can be read */
        atomic_store(&e->topics_changed, true);
        st = STATUS_OK;
    }
    map_clear(&names.declared);
    map_clear(&names.claimed);
    for (uint32_t i = 0; i < relation_count; i++)
        relation_unref(relations[i]);
    arena_destroy(arena);
    return st;
}
