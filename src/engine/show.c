/* show.c - SHOW, SET, RESET, ALTER SYSTEM, DISCARD. */
#include <strings.h>

#include "engine/internal.h"

static const struct setting *find_setting(const char *name)
{
    for (uint32_t i = 0; i < SETTING_COUNT; i++)
        if (strcasecmp(SETTINGS[i].name, name) == 0)
            return &SETTINGS[i];
    return NULL;
}

bool show_columns(const char *name, struct arena *arena, struct schema *out)
{
    static const char *const ALL[] = {"name", "setting", "unit", "source", "description"};
    const struct setting *one = find_setting(name);
    bool is_all = strcasecmp(name, "all") == 0;
    if (!is_all && one == NULL)
        return false;
    *out = (struct schema){is_all ? 5 : 1, ARENA_ARRAY(arena, struct column, 5)};
    for (uint32_t i = 0; i < out->column_count; i++)
        out->columns[i] = (struct column){is_all ? ALL[i] : one->name, type_of(TYPE_TEXT), false};
    return true;
}

enum status run_show(struct work *w, struct error *err)
{
    const char *name = w->statement.setting.name;
    struct settings *settings = w->session->settings;
    struct schema schema;
    if (!show_columns(name, w->arena, &schema))
        return error_set(err, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
    struct row_set *rows = row_set_create(&schema, w->arena);
    const char *one = settings_get(settings, name);
    if (schema.column_count == 1)
        TRY(row_set_add(rows, &one, err));
    for (uint32_t i = 0; i < SETTING_COUNT && schema.column_count != 1; i++) {
        const struct setting *s = &SETTINGS[i];
        const char *texts[] = {s->name, settings_get(settings, s->name), s->unit,
                               setting_source_name(settings_source(settings, s->name)), s->summary};
        TRY(row_set_add(rows, texts, err));
    }
    TRY(w->receiver->begin(w->receiver->context, &schema, err));
    for (uint32_t i = 0; i < row_set_batch_count(rows); i++)
        TRY(w->receiver->rows(w->receiver->context, row_set_batch(rows, i), &w->text, err));
    return complete(w, "SHOW");
}

static enum status alter_system(struct work *w, struct error *err)
{
    const char *name = w->statement.setting.name, *value = w->statement.setting.value;
    TRY(engine_storage(w->engine, err));
    /* Checked against a throw-away set first: the record must be one that recovery accepts. */
    struct settings *probe = settings_create(NULL);
    enum status st = settings_set(probe, name, value, SOURCE_SYSTEM, err);
    settings_destroy(probe);
    TRY(st);
    struct catalog_record record = {.change = CATALOG_SETTING, .name = name, .text = value};
    TRY(timeline_record(w->engine->timeline, &record, err));
    mutex_lock(&w->engine->mutex);
    st = settings_set(w->engine->settings, name, value, SOURCE_SYSTEM, err);
    mutex_unlock(&w->engine->mutex);
    return st == STATUS_OK ? complete(w, "ALTER SYSTEM") : st;
}

/* ---- SET, in a block and outside ---- */

static void block_settings_begin(struct session *s)
{
    if (s->at_rollback != NULL)
        return;
    s->at_rollback = settings_copy(s->settings);
    s->at_commit = settings_copy(s->settings);
}

enum status block_settings_set(struct session *s, const char *read_only, struct error *err)
{
    if (read_only == NULL)
        read_only = settings_get(s->settings, "default_transaction_read_only");
    if (strcmp(read_only, settings_get(s->settings, "transaction_read_only")) == 0)
        return STATUS_OK;
    block_settings_begin(s);
    return settings_set(s->settings, "transaction_read_only", read_only, SOURCE_SESSION, err);
}

void block_settings_end(struct session *s, bool committed)
{
    if (s->at_rollback == NULL)
        return;
    settings_destroy(s->settings);
    settings_destroy(committed ? s->at_rollback : s->at_commit);
    s->settings = committed ? s->at_commit : s->at_rollback;
    s->at_commit = s->at_rollback = NULL;
}

static enum status change(struct settings *settings, const struct statement *s, struct error *err)
{
    const char *name = s->setting.name;
    if (s->kind == STATEMENT_RESET || s->setting.value == NULL)
        return settings_reset(settings, strcasecmp(name, "all") == 0 ? NULL : name, err);
    return settings_set(settings, name, s->setting.value, SOURCE_SESSION, err);
}

static enum status set(struct work *w, struct error *err)
{
    struct session *s = w->session;
    bool in_block = s->transaction != TRANSACTION_NONE;
    if (w->statement.setting.local && !in_block)
        give_notice(w, "WARNING", "25P01", "SET LOCAL can only be used in transaction blocks", NULL);
    if (in_block || w->statement.setting.local)
        block_settings_begin(s);
    enum status st = change(s->settings, &w->statement, err);
    if (st == STATUS_OK && in_block && !w->statement.setting.local)
        st = change(s->at_commit, &w->statement, err);
    if (!in_block)
        block_settings_end(s, true); /* SET LOCAL outside a block: checked, and over */
    return st == STATUS_OK ? complete(w, "%s", w->statement.kind == STATEMENT_RESET ? "RESET" : "SET") : st;
}

static enum status discard_all(struct work *w, struct error *err)
{
    struct session *s = w->session;
    if (s->transaction != TRANSACTION_NONE)
        return error_set(err, STATUS_ACTIVE_TRANSACTION, "DISCARD ALL cannot run inside a transaction block");
    session_close_prepared(s, NULL);
    TRY(settings_reset(s->settings, NULL, err));
    return complete(w, "DISCARD ALL");
}

enum status run_set(struct work *w, struct error *err)
{
    const struct statement *s = &w->statement;
    switch (s->kind) {
    case STATEMENT_ALTER_SYSTEM:
        if (s->setting.value == NULL)
            return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "ALTER SYSTEM RESET is not supported");
        return alter_system(w, err);
    case STATEMENT_DISCARD:
        return discard_all(w, err);
    default:
        return set(w, err);
    }
}
