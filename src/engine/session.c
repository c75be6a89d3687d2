/* session.c - a session: its texts statement by statement, prepared statements, cancelling. */
#include <stdlib.h>

#include "base/memory.h"
#include "engine/internal.h"

static void enroll(struct engine *e, struct session *s)
{
    mutex_lock(&e->mutex);
    s->id = e->next_session_id++;
    if (e->session_count == e->session_capacity) {
        e->session_capacity = e->session_capacity == 0 ? 16 : e->session_capacity * 2;
        e->sessions = memory_realloc(e->sessions, e->session_capacity * sizeof(struct session *));
    }
    e->sessions[e->session_count++] = s;
    mutex_unlock(&e->mutex);
}

static void strike(struct engine *e, const struct session *s)
{
    mutex_lock(&e->mutex);
    for (uint32_t i = 0; i < e->session_count; i++)
        if (e->sessions[i] == s)
            e->sessions[i] = e->sessions[--e->session_count];
    mutex_unlock(&e->mutex);
}

enum status session_open(struct engine *e, const struct session_options *options, struct session **out, struct error *err)
{
    (void)err;
    struct session *s = memory_alloc_zero(1, sizeof *s);
    s->engine = e;
    s->options = *options;
    s->user = memory_copy_text(options->user != NULL ? options->user : "leat");
    s->database = memory_copy_text(options->database != NULL ? options->database : "leat");
    s->options.user = s->user;
    s->options.database = s->database;
    s->defaults = settings_create(e->settings);
    s->settings = settings_create(s->defaults);
    enroll(e, s);
    *out = s;
    return STATUS_OK;
}

static void prepared_destroy(struct prepared *p)
{
    if (p == NULL)
        return;
    arena_destroy(p->arena);
    free(p->name);
    free(p->text);
    free(p);
}

void session_close(struct session *s)
{
    if (s == NULL)
        return;
    transaction_end(s, false);
    strike(s->engine, s);
    session_close_prepared(s, NULL);
    map_clear(&s->cursors);
    settings_destroy(s->settings);
    settings_destroy(s->defaults);
    free(s->own_writes);
    free(s->cut);
    free(s->user);
    free(s->database);
    free(s);
}

void session_cancel(struct session *s)
{
    s->cancel = true;
    if (s->engine->timeline != NULL)
        timeline_wake(s->engine->timeline);
}

void session_interrupt(struct session *s)
{
    s->cancel = true;
}

bool session_is_canceled(const struct session *s)
{
    return s->cancel;
}

int32_t session_id(const struct session *s)
{
    return s->id;
}

char session_transaction_state(const struct session *s)
{
    return s->transaction == TRANSACTION_NONE ? 'I' : s->transaction == TRANSACTION_OPEN ? 'T' : 'E';
}

int session_statement_position(const struct session *s)
{
    return s->statement_position;
}

const struct settings *session_settings(const struct session *s)
{
    return s->settings;
}

enum status session_set_default(struct session *s, const char *name, const char *value, struct error *err)
{
    return settings_set(s->defaults, name, value, SOURCE_SESSION, err);
}

void session_apply_files(struct session *s)
{
    s->applies_files = true;
}

static enum status run_in_time(struct session *s, const char *text, const struct receiver *receiver, uint32_t parameter_count,
                               struct expr **parameters, struct error *err)
{
    TRY(deadline_begin(s, err));
    enum status st = run_statement(s, text, receiver, parameter_count, parameters, err);
    return deadline_end(s, st, err);
}

enum status session_execute(struct session *s, const char *text, const struct receiver *receiver, struct error *err)
{
    struct arena *arena = arena_create();
    struct sql_piece *pieces;
    uint32_t count = 0;
    s->cancel = false;
    s->statement_position = 1;
    enum status st = sql_split(text, arena, &pieces, &count, err);
    if (st != STATUS_OK && s->transaction == TRANSACTION_OPEN)
        s->transaction = TRANSACTION_FAILED;
    for (uint32_t i = 0; i < count && st == STATUS_OK; i++) {
        s->statement_position = pieces[i].position;
        st = run_in_time(s, pieces[i].text, receiver, 0, NULL, err);
        if (st != STATUS_OK && err->position > 0)
            err->position += pieces[i].position - 1;
    }
    arena_destroy(arena);
    return st;
}

/* ---- prepared statements ---- */

/* Binds once with NULLs for parameters, to learn the result's columns. */
static enum status describe(struct session *s, struct prepared *p, struct error *err)
{
    struct arena *arena = arena_create();
    struct sql_environment environment;
    struct text_context context;
    struct statement statement = {0};
    enum status st = session_text_context(s, &context, err);
    if (st == STATUS_OK) {
        session_environment(s, &context, &environment);
        environment.parameter_count = p->type_count;
        environment.parameters = ARENA_ARRAY(arena, struct expr *, p->type_count + 1);
        for (uint32_t i = 0; i < p->type_count; i++)
            environment.parameters[i] = expr_constant(p->types[i], NULL, arena);
        st = sql_bind(&environment, p->text, arena, &statement, err);
    }
    if (st == STATUS_OK) {
        p->has_rows = describe_rows(s, &statement, p->arena, &p->schema);
        statement_release(&statement);
    }
    arena_destroy(arena);
    return st;
}

enum status session_prepare(struct session *s, const char *name, const char *text, const struct type *types, uint32_t type_count,
                            struct prepared **out, struct error *err)
{
    struct prepared *p = memory_alloc_zero(1, sizeof *p);
    p->name = memory_copy_text(name);
    p->text = memory_copy_text(text);
    p->arena = arena_create();
    struct sql_environment environment;
    struct text_context context;
    enum status st = session_text_context(s, &context, err);
    if (st == STATUS_OK)
        st = engine_add_topics(s->engine, err);
    if (st == STATUS_OK) {
        session_environment(s, &context, &environment);
        st = sql_parameter_types(&environment, text, types, type_count, p->arena, &p->types, &p->type_count, err);
    }
    if (st == STATUS_OK)
        st = describe(s, p, err);
    if (st != STATUS_OK) {
        prepared_destroy(p);
        if (s->transaction == TRANSACTION_OPEN)
            s->transaction = TRANSACTION_FAILED;
        return st;
    }
    prepared_destroy(map_put(&s->prepared, bytes_from_text(name), p));
    *out = p;
    return STATUS_OK;
}

struct prepared *session_find_prepared(struct session *s, const char *name)
{
    return map_get(&s->prepared, bytes_from_text(name));
}

void session_close_prepared(struct session *s, const char *name)
{
    if (name != NULL) {
        prepared_destroy(map_remove(&s->prepared, bytes_from_text(name)));
        return;
    }
    for (size_t i = 0; i < s->prepared.entry_count; i++)
        prepared_destroy(s->prepared.entries[i].value);
    map_clear(&s->prepared);
}

const struct type *prepared_types(const struct prepared *p, uint32_t *count)
{
    *count = p->type_count;
    return p->types;
}

const struct schema *prepared_schema(const struct prepared *p)
{
    return p->has_rows ? &p->schema : NULL;
}

const struct schema *session_cursor_schema(struct session *s, const char *name)
{
    const struct cursor *c = map_get(&s->cursors, bytes_from_text(name));
    return c == NULL ? NULL : &c->schema;
}

enum status session_execute_prepared(struct session *s, struct prepared *p, const struct parameter *parameters, uint32_t count,
                                     const struct receiver *receiver, struct error *err)
{
    if (count != p->type_count)
        return error_set(err, STATUS_PROTOCOL_VIOLATION, "bind message supplies %u parameters, but prepared statement \"%s\" requires %u", count,
                         p->name, p->type_count);
    struct arena *arena = arena_create();
    struct text_context context;
    struct expr **constants = ARENA_ARRAY(arena, struct expr *, count + 1);
    s->cancel = false;
    enum status st = session_text_context(s, &context, err);
    for (uint32_t i = 0; i < count && st == STATUS_OK; i++) {
        _Alignas(16) uint8_t value[16];
        if (parameters[i].text.data != NULL)
            st = value_parse(p->types[i], (const char *)parameters[i].text.data, parameters[i].text.size, &context, arena, value, err);
        if (st == STATUS_OK)
            constants[i] = expr_constant(p->types[i], parameters[i].text.data == NULL ? NULL : value, arena);
    }
    if (st == STATUS_OK)
        st = run_in_time(s, p->text, receiver, count, constants, err);
    else if (s->transaction == TRANSACTION_OPEN)
        s->transaction = TRANSACTION_FAILED;
    arena_destroy(arena);
    return st;
}
