/* show.c - SHOW, SET, RESET, ALTER SYSTEM, DISCARD. */
#include <strings.h>

#include "engine/internal.h"

static enum status give_one(struct work *w, const char *name, const char *value, struct error *err)
{
    struct column column = {name, type_of(TYPE_TEXT), false};
    struct schema schema = {1, &column};
    struct row_set *rows = row_set_create(&schema, w->arena);
    TRY(row_set_add(rows, &value, err));
    TRY(w->receiver->begin(w->receiver->context, &schema, err));
    for (uint32_t i = 0; i < row_set_batch_count(rows); i++)
        TRY(w->receiver->rows(w->receiver->context, row_set_batch(rows, i), &w->text, err));
    return complete(w, "SHOW");
}

static enum status show_all(struct work *w, struct error *err)
{
    struct column columns[] = {{"name", type_of(TYPE_TEXT), false}, {"setting", type_of(TYPE_TEXT), false},
                               {"unit", type_of(TYPE_TEXT), false}, {"source", type_of(TYPE_TEXT), false},
                               {"description", type_of(TYPE_TEXT), false}};
    struct schema schema = {5, columns};
    struct row_set *rows = row_set_create(&schema, w->arena);
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *s = &SETTINGS[i];
        const char *texts[] = {s->name, settings_get(w->session->settings, s->name), s->unit,
                               setting_source_name(settings_source(w->session->settings, s->name)), s->summary};
        TRY(row_set_add(rows, texts, err));
    }
    TRY(w->receiver->begin(w->receiver->context, &schema, err));
    for (uint32_t i = 0; i < row_set_batch_count(rows); i++)
        TRY(w->receiver->rows(w->receiver->context, row_set_batch(rows, i), &w->text, err));
    return complete(w, "SHOW");
}

enum status run_show(struct work *w, struct error *err)
{
    const char *name = w->statement.setting.name;
    if (strcasecmp(name, "all") == 0)
        return show_all(w, err);
    for (uint32_t i = 0; i < SETTING_COUNT; i++)
        if (strcasecmp(SETTINGS[i].name, name) == 0)
            return give_one(w, SETTINGS[i].name, settings_get(w->session->settings, name), err);
    return error_set(err, STATUS_UNDEFINED_OBJECT, "unrecognized configuration parameter \"%s\"", name);
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
    TRY(settings_set(w->engine->settings, name, value, SOURCE_SYSTEM, err));
    return complete(w, "ALTER SYSTEM");
}

enum status run_set(struct work *w, struct error *err)
{
    const struct statement *s = &w->statement;
    struct settings *settings = w->session->settings;
    switch (s->kind) {
    case STATEMENT_ALTER_SYSTEM:
        if (s->setting.value == NULL)
            return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "ALTER SYSTEM RESET is not supported");
        return alter_system(w, err);
    case STATEMENT_RESET:
        TRY(settings_reset(settings, strcasecmp(s->setting.name, "all") == 0 ? NULL : s->setting.name, err));
        return complete(w, "RESET");
    case STATEMENT_DISCARD:
        transaction_end(w->session);
        TRY(settings_reset(settings, NULL, err));
        return complete(w, "DISCARD ALL");
    default:
        if (s->setting.value == NULL)
            TRY(settings_reset(settings, s->setting.name, err));
        else
            TRY(settings_set(settings, s->setting.name, s->setting.value, SOURCE_SESSION, err));
        return complete(w, "SET");
    }
}
