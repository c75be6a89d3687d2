/* bind_session.c - statements about the session: transactions, settings, cursors, prepared statements. */
#include "data/datetime.h"
#include "sql/bind.h"

/* READ ONLY among the modes of a transaction is "on", READ WRITE "off"; NULL: neither. */
static const char *read_only_among(PgQuery__Node *const *options, size_t count)
{
    const char *value = NULL;
    for (size_t i = 0; i < count; i++) {
        const PgQuery__DefElem *e = options[i]->node_case == PG_QUERY__NODE__NODE_DEF_ELEM ? options[i]->def_elem : NULL;
        if (e == NULL || strcmp(e->defname, "transaction_read_only") != 0 || e->arg->node_case != PG_QUERY__NODE__NODE_A_CONST)
            continue;
        const PgQuery__AConst *constant = e->arg->a_const;
        value = constant->val_case == PG_QUERY__A__CONST__VAL_IVAL && constant->ival->ival != 0 ? "on" : "off";
    }
    return value;
}

static enum status bind_transaction(struct binder *b, const PgQuery__TransactionStmt *tree, struct statement *out)
{
    if (tree->chain)
        return bind_unsupported_words(b, "and chain", "AND CHAIN");
    switch (tree->kind) {
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_START:
        out->kind = STATEMENT_BEGIN;
        out->block.read_only = read_only_among(tree->options, tree->n_options);
        out->tag = tree->kind == PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_BEGIN ? "BEGIN" : "START TRANSACTION";
        return STATUS_OK;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_COMMIT:
        out->kind = STATEMENT_COMMIT;
        out->tag = "COMMIT";
        return STATUS_OK;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK:
        out->kind = STATEMENT_ROLLBACK;
        out->tag = "ROLLBACK";
        return STATUS_OK;
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_SAVEPOINT:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_RELEASE:
    case PG_QUERY__TRANSACTION_STMT_KIND__TRANS_STMT_ROLLBACK_TO:
        return bind_unsupported(b, 0, "SAVEPOINT");
    default:
        return bind_unsupported(b, 0, "a prepared transaction");
    }
}

/* ---- settings ---- */

static const char *lower(struct binder *b, const char *name)
{
    char *copy = arena_copy_text(b->arena, name);
    for (char *c = copy; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    return copy;
}

/* SET TIME ZONE INTERVAL '02:30' is SET TIME ZONE '2.5'. */
static enum status hours_of_interval(struct binder *b, const char *text, int position, const char **out)
{
    struct interval v;
    enum status st = interval_parse(text, strlen(text), &v, b->err);
    if (st != STATUS_OK) {
        b->err->position = position;
        return st;
    }
    if (v.months != 0 || v.days != 0)
        return error_set(b->err, STATUS_INVALID_PARAMETER, "invalid value for parameter \"TimeZone\": \"%s\"", text);
    *out = arena_printf(b->arena, "%.10g", (double)v.microseconds / 3600e6);
    return STATUS_OK;
}

static enum status value_of(struct binder *b, const PgQuery__Node *node, const char **out)
{
    const PgQuery__AConst *constant = NULL;
    if (node->node_case == PG_QUERY__NODE__NODE_A_CONST)
        constant = node->a_const;
    else if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST &&
             node->type_cast->arg->node_case == PG_QUERY__NODE__NODE_A_CONST)
        constant = node->type_cast->arg->a_const; /* SET TIME ZONE INTERVAL '...' */
    if (constant == NULL)
        return bind_unsupported(b, -1, "this value of a setting");
    if (node->node_case == PG_QUERY__NODE__NODE_TYPE_CAST && constant->val_case == PG_QUERY__A__CONST__VAL_SVAL)
        return hours_of_interval(b, constant->sval->sval, bind_position(b, constant->location), out);
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        *out = arena_printf(b->arena, "%d", constant->ival->ival);
        return STATUS_OK;
    case PG_QUERY__A__CONST__VAL_FVAL:
        *out = constant->fval->fval;
        return STATUS_OK;
    case PG_QUERY__A__CONST__VAL_SVAL:
        *out = constant->sval->sval;
        return STATUS_OK;
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        *out = constant->boolval->boolval ? "on" : "off";
        return STATUS_OK;
    default:
        *out = "";
        return STATUS_OK;
    }
}

static enum status bind_set(struct binder *b, const PgQuery__VariableSetStmt *tree, struct statement *out)
{
    out->kind = STATEMENT_SET;
    out->tag = "SET";
    out->setting.name = lower(b, tree->name == NULL ? "" : tree->name);
    out->setting.local = tree->is_local;
    switch (tree->kind) {
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_DEFAULT:
        return STATUS_OK;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET:
        out->kind = STATEMENT_RESET;
        out->tag = "RESET";
        return STATUS_OK;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_RESET_ALL:
        out->kind = STATEMENT_RESET;
        out->tag = "RESET";
        out->setting.name = "all";
        return STATUS_OK;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_VALUE:
        break;
    case PG_QUERY__VARIABLE_SET_KIND__VAR_SET_MULTI: /* SET TRANSACTION, SET SESSION CHARACTERISTICS: there is one isolation level */
        if (strcmp(out->setting.name, "transaction snapshot") == 0)
            return bind_unsupported(b, 0, "SET TRANSACTION SNAPSHOT");
        out->setting.value = read_only_among(tree->args, tree->n_args);
        out->kind = out->setting.value == NULL ? STATEMENT_EMPTY : STATEMENT_SET;
        out->setting.local = strcmp(out->setting.name, "transaction") == 0;
        out->setting.name = out->setting.local ? "transaction_read_only" : "default_transaction_read_only";
        return STATUS_OK;
    default:
        return bind_unsupported(b, 0, "SET ... FROM CURRENT");
    }
    const char *value = "";
    for (size_t i = 0; i < tree->n_args; i++) {
        const char *item = NULL;
        TRY(value_of(b, tree->args[i], &item));
        value = i == 0 ? item : arena_printf(b->arena, "%s, %s", value, item);
    }
    out->setting.value = value;
    return STATUS_OK;
}

static enum status bind_alter_system(struct binder *b, const PgQuery__AlterSystemStmt *tree, struct statement *out)
{
    TRY(bind_set(b, tree->setstmt, out));
    out->kind = STATEMENT_ALTER_SYSTEM;
    out->tag = "ALTER SYSTEM";
    return STATUS_OK;
}

/* ---- cursors ---- */

enum { CURSOR_BINARY = 0x1, CURSOR_SCROLL = 0x2, CURSOR_HOLD = 0x20 };

static const char *query_text(struct binder *b)
{
    const struct dialect *d = b->dialect;
    return arena_copy_bytes(b->arena, (struct bytes){(const uint8_t *)d->source.text + d->query_start,
                                                     d->query_end - d->query_start});
}

static enum status bind_declare(struct binder *b, const PgQuery__DeclareCursorStmt *tree, struct statement *out)
{
    if (tree->options & CURSOR_BINARY)
        return bind_unsupported(b, 0, "a BINARY cursor");
    if (tree->options & CURSOR_SCROLL)
        return bind_unsupported(b, 0, "a SCROLL cursor");
    if (tree->options & CURSOR_HOLD)
        return bind_unsupported(b, 0, "WITH HOLD");
    out->kind = STATEMENT_DECLARE;
    out->tag = "DECLARE CURSOR";
    out->cursor.name = tree->portalname;
    out->cursor.query = query_text(b);
    out->cursor.query_position = bind_position(b, (int32_t)b->dialect->query_start);
    return STATUS_OK;
}

static enum status bind_fetch(struct binder *b, const PgQuery__FetchStmt *tree, struct statement *out)
{
    const struct dialect *d = b->dialect;
    if (tree->ismove)
        return bind_unsupported(b, 0, "MOVE");
    if (tree->direction > PG_QUERY__FETCH_DIRECTION__FETCH_FORWARD)
        return bind_unsupported(b, 0, "FETCH in another direction than forward");
    if (tree->how_many < 0)
        return bind_unsupported(b, 0, "FETCH of a negative number");
    out->kind = STATEMENT_FETCH;
    out->tag = "FETCH";
    out->cursor.name = tree->portalname;
    out->cursor.count = tree->how_many == INT64_MAX ? -1 : tree->how_many;
    out->cursor.timeout_us = -1;
    TRY(option_check(d->options, d->option_count, OPTION_FETCH, b->err));
    for (uint32_t i = 0; i < d->option_count; i++) {
        TRY(option_interval(&d->options[i], &out->cursor.timeout_us, b->err));
        if (out->cursor.timeout_us == INT64_MAX)
            out->cursor.timeout_us = -1;
    }
    return STATUS_OK;
}

/* ---- prepared statements ---- */

static enum status bind_prepare(struct binder *b, const PgQuery__PrepareStmt *tree, struct statement *out)
{
    out->kind = STATEMENT_PREPARE;
    out->tag = "PREPARE";
    out->prepared.name = tree->name;
    out->prepared.query = query_text(b);
    out->prepared.type_count = (uint32_t)tree->n_argtypes;
    out->prepared.types = ARENA_ARRAY(b->arena, struct type, tree->n_argtypes + 1);
    for (size_t i = 0; i < tree->n_argtypes; i++)
        TRY(bind_type(b, tree->argtypes[i]->type_name, &out->prepared.types[i]));
    return STATUS_OK;
}

static enum status bind_execute(struct binder *b, const PgQuery__ExecuteStmt *tree, struct statement *out)
{
    struct expr_context c = {.b = b, .construct = "EXECUTE parameters"};
    out->kind = STATEMENT_EXECUTE;
    out->tag = "EXECUTE";
    out->prepared.name = tree->name;
    out->prepared.argument_count = (uint32_t)tree->n_params;
    out->prepared.arguments = ARENA_ARRAY(b->arena, struct expr *, tree->n_params + 1);
    for (size_t i = 0; i < tree->n_params; i++) {
        struct expr *e;
        TRY(bind_expr(&c, tree->params[i], &e));
        out->prepared.arguments[i] = expr_fold(e, &b->text, b->arena);
    }
    return STATUS_OK;
}

static enum status bind_discard(struct binder *b, const PgQuery__DiscardStmt *tree, struct statement *out)
{
    if (tree->target != PG_QUERY__DISCARD_MODE__DISCARD_ALL)
        return bind_unsupported(b, 0, "DISCARD other than ALL");
    out->kind = STATEMENT_DISCARD;
    out->tag = "DISCARD ALL";
    return STATUS_OK;
}

enum status bind_session(struct binder *b, const PgQuery__Node *node, bool *done, struct statement *out)
{
    *done = true;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_TRANSACTION_STMT:
        return bind_transaction(b, node->transaction_stmt, out);
    case PG_QUERY__NODE__NODE_VARIABLE_SET_STMT:
        return bind_set(b, node->variable_set_stmt, out);
    case PG_QUERY__NODE__NODE_UNLISTEN_STMT: /* nobody can LISTEN */
        out->kind = STATEMENT_EMPTY;
        out->tag = "UNLISTEN";
        return STATUS_OK;
    case PG_QUERY__NODE__NODE_VARIABLE_SHOW_STMT:
        out->kind = STATEMENT_SHOW;
        out->tag = "SHOW";
        out->setting.name = lower(b, node->variable_show_stmt->name);
        return STATUS_OK;
    case PG_QUERY__NODE__NODE_ALTER_SYSTEM_STMT:
        return bind_alter_system(b, node->alter_system_stmt, out);
    case PG_QUERY__NODE__NODE_DECLARE_CURSOR_STMT:
        return bind_declare(b, node->declare_cursor_stmt, out);
    case PG_QUERY__NODE__NODE_FETCH_STMT:
        return bind_fetch(b, node->fetch_stmt, out);
    case PG_QUERY__NODE__NODE_CLOSE_PORTAL_STMT:
        out->kind = STATEMENT_CLOSE;
        out->tag = "CLOSE CURSOR";
        out->cursor.name = node->close_portal_stmt->portalname[0] == '\0' ? NULL : node->close_portal_stmt->portalname;
        return STATUS_OK;
    case PG_QUERY__NODE__NODE_DISCARD_STMT:
        return bind_discard(b, node->discard_stmt, out);
    case PG_QUERY__NODE__NODE_PREPARE_STMT:
        return bind_prepare(b, node->prepare_stmt, out);
    case PG_QUERY__NODE__NODE_EXECUTE_STMT:
        return bind_execute(b, node->execute_stmt, out);
    case PG_QUERY__NODE__NODE_DEALLOCATE_STMT:
        out->kind = STATEMENT_DEALLOCATE;
        out->prepared.name = node->deallocate_stmt->name[0] == '\0' ? NULL : node->deallocate_stmt->name;
        out->tag = out->prepared.name == NULL ? "DEALLOCATE ALL" : "DEALLOCATE";
        return STATUS_OK;
    default:
        *done = false;
        return STATUS_OK;
    }
}
