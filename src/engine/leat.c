/* leat.c - the installed interface over engine and session. */
#include "leat.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "engine/engine.h"

struct leat {
    struct engine *engine;
};

struct leat_connection {
    struct session *session;
    struct arena *arena; /* of one row */
    struct schema schema;
    struct arena *schema_arena;
    leat_row *row;
    void *context;
};

const char *leat_version(void)
{
    return LEAT_VERSION;
}

static int tell(const struct error *err, struct leat_error *out)
{
    if (out == NULL)
        return -1;
    *out = (struct leat_error){.position = err->position};
    snprintf(out->sqlstate, sizeof out->sqlstate, "%s", status_sqlstate(err->status));
    snprintf(out->message, sizeof out->message, "%s", err->message);
    snprintf(out->detail, sizeof out->detail, "%s", err->detail);
    snprintf(out->hint, sizeof out->hint, "%s", err->hint);
    return -1;
}

int leat_open(const char *directory, struct leat **out, struct leat_error *error)
{
    struct error err = {0};
    struct engine *engine;
    struct engine_options options = {.os = os_real(), .directory = directory, .settings = settings_create(NULL)};
    *out = NULL;
    if (engine_open(&options, &engine, &err) != STATUS_OK)
        return tell(&err, error);
    *out = memory_alloc_zero(1, sizeof **out);
    (*out)->engine = engine;
    return 0;
}

void leat_close(struct leat *database)
{
    if (database == NULL)
        return;
    engine_close(database->engine);
    free(database);
}

int leat_connect(struct leat *database, struct leat_connection **out, struct leat_error *error)
{
    struct error err = {0};
    struct session *session;
    *out = NULL;
    if (session_open(database->engine, &(struct session_options){0}, &session, &err) != STATUS_OK)
        return tell(&err, error);
    *out = memory_alloc_zero(1, sizeof **out);
    (*out)->session = session;
    (*out)->arena = arena_create();
    (*out)->schema_arena = arena_create();
    return 0;
}

void leat_disconnect(struct leat_connection *c)
{
    if (c == NULL)
        return;
    session_close(c->session);
    arena_destroy(c->arena);
    arena_destroy(c->schema_arena);
    free(c);
}

static enum status begin(void *context, const struct schema *schema, struct error *err)
{
    struct leat_connection *c = context;
    (void)err;
    arena_reset(c->schema_arena);
    schema_copy(schema, c->schema_arena, &c->schema);
    return STATUS_OK;
}

static enum status give_row(struct leat_connection *c, const struct batch *rows, uint32_t row, const struct text_context *text, struct error *err)
{
    struct buffer cell = {0};
    arena_reset(c->arena);
    const char **names = ARENA_ARRAY(c->arena, const char *, rows->column_count + 1);
    const char **values = ARENA_ARRAY(c->arena, const char *, rows->column_count + 1);
    for (uint32_t i = 0; i < rows->column_count; i++) {
        names[i] = c->schema.columns[i].name;
        if (!vector_is_valid(&rows->columns[i], row))
            continue;
        buffer_reset(&cell);
        vector_format(&rows->columns[i], row, text, &cell);
        values[i] = arena_copy_bytes(c->arena, buffer_bytes(&cell));
    }
    buffer_clear(&cell);
    if (c->row(c->context, rows->column_count, names, values) == 0)
        return STATUS_OK;
    return error_set(err, STATUS_CANCELED, "stopped by the row callback");
}

static enum status rows(void *context, const struct batch *batch, const struct text_context *text, struct error *err)
{
    struct leat_connection *c = context;
    for (uint32_t i = 0; c->row != NULL && i < batch_rows(batch); i++)
        TRY(give_row(c, batch, batch_row(batch, i), text, err));
    return STATUS_OK;
}

static enum status complete(void *context, const char *tag, struct error *err)
{
    (void)context;
    (void)tag;
    (void)err;
    return STATUS_OK;
}

int leat_query(struct leat_connection *c, const char *sql, leat_row *row, void *context, struct leat_error *error)
{
    struct error err = {0};
    const struct receiver receiver = {.context = c, .begin = begin, .rows = rows, .complete = complete};
    c->row = row;
    c->context = context;
    return session_execute(c->session, sql, &receiver, &err) == STATUS_OK ? 0 : tell(&err, error);
}

void leat_cancel(struct leat_connection *c)
{
    session_cancel(c->session);
}
