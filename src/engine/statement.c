/* statement.c - one statement: bound, then handed to the file that runs its kind. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "engine/internal.h"

enum status complete(struct work *w, const char *format, ...)
{
    char tag[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(tag, sizeof tag, format, arguments);
    va_end(arguments);
    enum status st = w->receiver->complete(w->receiver->context, tag, &w->complete_error);
    if (st != STATUS_OK)
        w->session->cancel = true; /* the client is gone; nothing more is sent to it */
    return st;
}

/* Whether client_min_messages lets it through. */
static bool is_wanted(const struct session *s, const char *severity)
{
    const char *least = settings_get(s->settings, "client_min_messages");
    return strcasecmp(least, "error") != 0 && (strcasecmp(least, "warning") != 0 || strcmp(severity, "WARNING") == 0);
}

void give_notice(struct work *w, const char *severity, const char *sqlstate, const char *message, const char *hint)
{
    if (w->receiver->notice != NULL && is_wanted(w->session, severity))
        w->receiver->notice(w->receiver->context, severity, sqlstate, message, hint);
}

static enum status run_prepare(struct work *w, struct error *err)
{
    struct session *s = w->session;
    const struct statement *st = &w->statement;
    if (st->kind == STATEMENT_PREPARE) {
        struct prepared *p;
        if (session_find_prepared(s, st->prepared.name) != NULL)
            return error_set(err, STATUS_DUPLICATE_PREPARED, "prepared statement \"%s\" already exists", st->prepared.name);
        TRY(session_prepare(s, st->prepared.name, st->prepared.query, st->prepared.types, st->prepared.type_count, &p, err));
        return complete(w, "PREPARE");
    }
    if (st->kind == STATEMENT_DEALLOCATE) {
        if (st->prepared.name != NULL && session_find_prepared(s, st->prepared.name) == NULL)
            return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", st->prepared.name);
        session_close_prepared(s, st->prepared.name);
        return complete(w, st->prepared.name == NULL ? "DEALLOCATE ALL" : "DEALLOCATE");
    }
    struct prepared *p = session_find_prepared(s, st->prepared.name);
    if (p == NULL)
        return error_set(err, STATUS_INVALID_STATEMENT_NAME, "prepared statement \"%s\" does not exist", st->prepared.name);
    uint32_t count = 0;
    const struct type *types = prepared_types(p, &count);
    if (count != st->prepared.argument_count)
        return error_set(err, STATUS_SYNTAX_ERROR, "wrong number of parameters for prepared statement \"%s\"", st->prepared.name);
    struct expr **arguments = ARENA_ARRAY(w->arena, struct expr *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        TRY(expr_cast(st->prepared.arguments[i], types[i], CAST_ASSIGNMENT, &w->text, w->arena, &arguments[i], err));
    return run_statement(s, p->text, w->receiver, count, arguments, err);
}

static enum status dispatch(struct work *w, struct error *err)
{
    switch (w->statement.kind) {
    case STATEMENT_EMPTY:
        return w->statement.tag != NULL ? complete(w, "%s", w->statement.tag) : STATUS_OK;
    case STATEMENT_SELECT:
        return run_select(w, err);
    case STATEMENT_SUBSCRIBE:
        return run_subscribe_statement(w, err);
    case STATEMENT_INSERT:
        return run_insert(w, err);
    case STATEMENT_CREATE_TABLE:
    case STATEMENT_CREATE_SOURCE:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_MATERIALIZED_VIEW:
    case STATEMENT_CREATE_SINK:
        return run_create(w, err);
    case STATEMENT_CREATE_ROLE:
        return run_create_role(w, err);
    case STATEMENT_DROP:
        return run_drop_statement(w, err);
    case STATEMENT_COPY_FROM:
        return run_copy_from(w, err);
    case STATEMENT_COPY_TO:
        return run_copy_to(w, err);
    case STATEMENT_BEGIN:
    case STATEMENT_COMMIT:
    case STATEMENT_ROLLBACK:
        return run_transaction(w, err);
    case STATEMENT_DECLARE:
        return run_declare(w, err);
    case STATEMENT_FETCH:
        return run_fetch(w, err);
    case STATEMENT_CLOSE:
        return run_close(w, err);
    case STATEMENT_SHOW:
        return run_show(w, err);
    case STATEMENT_SET:
    case STATEMENT_ALTER_SYSTEM:
    case STATEMENT_RESET:
    case STATEMENT_DISCARD:
        return run_set(w, err);
    case STATEMENT_EXPLAIN:
        return run_explain(w, err);
    case STATEMENT_PREPARE:
    case STATEMENT_EXECUTE:
    case STATEMENT_DEALLOCATE:
        return run_prepare(w, err);
    }
    return error_set(err, STATUS_INTERNAL, "statement of unknown kind %d", (int)w->statement.kind);
}

/* What a statement that changes something is called; NULL: it only reads. */
static const char *write_name(const struct statement *s)
{
    switch (s->kind) {
    case STATEMENT_INSERT:
        return "INSERT";
    case STATEMENT_COPY_FROM:
        return "COPY FROM";
    case STATEMENT_ALTER_SYSTEM:
        return "ALTER SYSTEM";
    case STATEMENT_CREATE_ROLE:
        return "CREATE ROLE";
    case STATEMENT_CREATE_TABLE:
        return s->plan != NULL ? "CREATE TABLE AS" : s->tag;
    case STATEMENT_CREATE_SOURCE:
    case STATEMENT_CREATE_VIEW:
    case STATEMENT_CREATE_MATERIALIZED_VIEW:
    case STATEMENT_CREATE_SINK:
    case STATEMENT_DROP:
        return s->tag;
    default:
        return NULL;
    }
}

static enum status check_writes(const struct session *s, const struct statement *statement, struct error *err)
{
    const char *name = write_name(statement);
    const char *setting = s->transaction != TRANSACTION_NONE ? "transaction_read_only" : "default_transaction_read_only";
    if (name == NULL || settings_get_integer(s->settings, setting) == 0)
        return STATUS_OK;
    return error_set(err, STATUS_READ_ONLY_TRANSACTION, "cannot execute %s in a read-only transaction", name);
}

/* What PostgreSQL lets pass in a failed block. */
static bool ends_block(const struct statement *s)
{
    return s->kind == STATEMENT_COMMIT || s->kind == STATEMENT_ROLLBACK || s->kind == STATEMENT_EMPTY;
}

static enum status bind_and_run(struct work *w, const char *text, uint32_t parameter_count, struct expr **parameters, struct error *err)
{
    struct session *s = w->session;
    struct sql_environment environment;
    bool handled = false;
    TRY(session_text_context(s, &w->text, err));
    TRY(engine_add_topics(s->engine, err));
    TRY(answer_psql_query(w, text, &handled, err));
    if (handled)
        return STATUS_OK;
    session_environment(s, &w->text, &environment);
    environment.parameter_count = w->parameter_count = parameter_count;
    environment.parameters = w->parameters = parameters;
    enum status st = sql_bind(&environment, text, w->arena, &w->statement, err);
    if (st == STATUS_DUPLICATE_TABLE && s->applies_files)
        error_hint(err, "It was made by another text: DROP it first, or give the new one another name.");
    TRY(st);
    if (s->transaction == TRANSACTION_FAILED && !ends_block(&w->statement))
        return error_set(err, STATUS_FAILED_TRANSACTION, "current transaction is aborted, commands ignored until end of transaction block");
    TRY(check_writes(s, &w->statement, err));
    if (w->statement.notice != NULL)
        give_notice(w, "NOTICE", "00000", w->statement.notice, NULL);
    return dispatch(w, err);
}

enum status run_statement(struct session *s, const char *text, const struct receiver *receiver, uint32_t parameter_count,
                          struct expr **parameters, struct error *err)
{
    struct work w = {.session = s, .engine = s->engine, .receiver = receiver, .arena = arena_create()};
    enum status st = bind_and_run(&w, text, parameter_count, parameters, err);
    if (st != STATUS_OK && err->message[0] == '\0')
        *err = w.complete_error;
    if (!w.arena_taken) {
        statement_release(&w.statement);
        arena_destroy(w.arena);
    } else if (w.statement.created != NULL)
        relation_unref(w.statement.created);
    if (st != STATUS_OK && s->transaction == TRANSACTION_OPEN)
        s->transaction = TRANSACTION_FAILED;
    return st;
}
