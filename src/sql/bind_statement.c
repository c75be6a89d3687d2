/* bind_statement.c - which statement it is. What leat lacks is named. */
#include "sql/bind.h"

/* Statements of PostgreSQL's grammar that are not there: their names, for the error. */
static const char *unsupported_name(PgQuery__Node__NodeCase kind)
{
    switch (kind) {
    case PG_QUERY__NODE__NODE_UPDATE_STMT:
        return "UPDATE";
    case PG_QUERY__NODE__NODE_DELETE_STMT:
        return "DELETE";
    case PG_QUERY__NODE__NODE_MERGE_STMT:
        return "MERGE";
    case PG_QUERY__NODE__NODE_TRUNCATE_STMT:
        return "TRUNCATE";
    case PG_QUERY__NODE__NODE_ALTER_TABLE_STMT:
    case PG_QUERY__NODE__NODE_RENAME_STMT:
        return "ALTER TABLE";
    case PG_QUERY__NODE__NODE_INDEX_STMT:
        return "CREATE INDEX";
    case PG_QUERY__NODE__NODE_CREATE_SCHEMA_STMT:
        return "CREATE SCHEMA";
    case PG_QUERY__NODE__NODE_CREATE_FUNCTION_STMT:
        return "CREATE FUNCTION";
    case PG_QUERY__NODE__NODE_CREATE_ENUM_STMT:
    case PG_QUERY__NODE__NODE_COMPOSITE_TYPE_STMT:
    case PG_QUERY__NODE__NODE_DEFINE_STMT:
        return "CREATE TYPE";
    case PG_QUERY__NODE__NODE_CREATE_SEQ_STMT:
        return "CREATE SEQUENCE";
    case PG_QUERY__NODE__NODE_CREATE_TRIG_STMT:
        return "CREATE TRIGGER";
    case PG_QUERY__NODE__NODE_CREATE_DOMAIN_STMT:
        return "CREATE DOMAIN";
    case PG_QUERY__NODE__NODE_CREATE_EXTENSION_STMT:
        return "CREATE EXTENSION";
    case PG_QUERY__NODE__NODE_CREATEDB_STMT:
        return "CREATE DATABASE";
    case PG_QUERY__NODE__NODE_COMMENT_STMT:
        return "COMMENT ON";
    case PG_QUERY__NODE__NODE_GRANT_STMT:
    case PG_QUERY__NODE__NODE_GRANT_ROLE_STMT:
        return "GRANT";
    case PG_QUERY__NODE__NODE_ALTER_ROLE_STMT:
        return "ALTER ROLE";
    case PG_QUERY__NODE__NODE_DROP_ROLE_STMT:
        return "DROP ROLE";
    case PG_QUERY__NODE__NODE_LISTEN_STMT:
        return "LISTEN";
    case PG_QUERY__NODE__NODE_NOTIFY_STMT:
        return "NOTIFY";
    case PG_QUERY__NODE__NODE_VACUUM_STMT:
        return "VACUUM or ANALYZE";
    case PG_QUERY__NODE__NODE_LOCK_STMT:
        return "LOCK TABLE";
    case PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT:
        return "REFRESH MATERIALIZED VIEW";
    case PG_QUERY__NODE__NODE_DO_STMT:
        return "DO";
    case PG_QUERY__NODE__NODE_CALL_STMT:
        return "CALL";
    default:
        return "this statement";
    }
}

static enum status fail_unsupported(struct binder *b, const PgQuery__Node *node)
{
    const struct source *source = &b->dialect->source;
    size_t at = 0;
    while (at < source->size && (unsigned char)source->text[at] <= ' ')
        at++;
    bind_unsupported(b, (int32_t)at, "%s", unsupported_name(node->node_case));
    if (node->node_case == PG_QUERY__NODE__NODE_REFRESH_MAT_VIEW_STMT)
        error_hint(b->err, "A materialized view is kept up to date by itself.");
    return STATUS_FEATURE_NOT_SUPPORTED;
}

static enum status bind_select_statement(struct binder *b, const PgQuery__Node *node, struct statement *out)
{
    out->kind = STATEMENT_SELECT;
    out->tag = "SELECT";
    return bind_query_node(b, node, &out->plan);
}

static enum status bind_plain(struct binder *b, const PgQuery__Node *node, struct statement *out)
{
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_SELECT_STMT:
        return bind_select_statement(b, node, out);
    case PG_QUERY__NODE__NODE_INSERT_STMT:
        return bind_insert(b, node->insert_stmt, out);
    case PG_QUERY__NODE__NODE_CREATE_STMT:
        return bind_create_table(b, node->create_stmt, out);
    case PG_QUERY__NODE__NODE_CREATE_TABLE_AS_STMT:
        return bind_create_as(b, node->create_table_as_stmt, out);
    case PG_QUERY__NODE__NODE_VIEW_STMT:
        return bind_create_view(b, node->view_stmt, out);
    case PG_QUERY__NODE__NODE_DROP_STMT:
        return bind_drop(b, node->drop_stmt, out);
    case PG_QUERY__NODE__NODE_COPY_STMT:
        return bind_copy(b, node->copy_stmt, out);
    case PG_QUERY__NODE__NODE_CREATE_ROLE_STMT:
        return bind_create_role(b, node->create_role_stmt, out);
    default:
        break;
    }
    bool done;
    TRY(bind_session(b, node, &done, out));
    return done ? STATUS_OK : fail_unsupported(b, node);
}

enum status bind_statement(struct binder *b, const PgQuery__Node *node, struct statement *out)
{
    if (node == NULL) {
        out->kind = STATEMENT_EMPTY;
        out->tag = "";
        return STATUS_OK;
    }
    switch (b->dialect->kind) {
    case DIALECT_SUBSCRIBE:
        return bind_subscribe(b, node, out);
    case DIALECT_CREATE_SINK:
        return bind_create_sink(b, node, out);
    default:
        return bind_plain(b, node, out);
    }
}
