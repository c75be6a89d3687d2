/* statement.h - what a SQL text says, bound against the catalog: the input of engine/.
 *
 * Everything lives in the arena given to sql_bind and is read-only.
 */
#ifndef LEAT_SQL_STATEMENT_H
#define LEAT_SQL_STATEMENT_H

#include "plan/plan.h"

enum statement_kind {
    STATEMENT_EMPTY,
    STATEMENT_SELECT,        /* plan */
    STATEMENT_SUBSCRIBE,     /* plan (a scan of the relation for the short form), subscribe */
    STATEMENT_INSERT,        /* relation, plan: columns as the relation's schema, defaults filled in */
    STATEMENT_CREATE_TABLE,  /* created; plan for CREATE TABLE AS, else NULL */
    STATEMENT_CREATE_SOURCE, /* created */
    STATEMENT_CREATE_VIEW,   /* created */
    STATEMENT_CREATE_MATERIALIZED_VIEW, /* created, plan */
    STATEMENT_CREATE_SINK,   /* created, plan */
    STATEMENT_CREATE_ROLE,   /* role */
    STATEMENT_DROP,          /* drop */
    STATEMENT_COPY_FROM,     /* copy: into copy.relation */
    STATEMENT_COPY_TO,       /* copy: plan's rows out */
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_DECLARE,       /* cursor.name, cursor.query */
    STATEMENT_FETCH,         /* cursor.name, cursor.count, cursor.timeout_us */
    STATEMENT_CLOSE,         /* cursor.name; NULL: all */
    STATEMENT_SHOW,          /* setting.name: a setting ("all"), or show */
    STATEMENT_SET,           /* setting */
    STATEMENT_ALTER_SYSTEM,  /* setting */
    STATEMENT_RESET,         /* setting.name */
    STATEMENT_DISCARD,
    STATEMENT_EXPLAIN,       /* explain; plan */
    STATEMENT_PREPARE,       /* prepared: SQL-level PREPARE */
    STATEMENT_EXECUTE,
    STATEMENT_DEALLOCATE
};

enum copy_format { COPY_TEXT, COPY_CSV, COPY_JSON, COPY_PARQUET };
enum file_overwrite { FILE_FAIL_IF_EXISTS, FILE_OVERWRITE, FILE_APPEND };

struct statement {
    enum statement_kind kind;
    const char *text;      /* the statement's own text */
    int text_position;     /* its first character in the script, 1-based */
    const char *tag;       /* command tag without counts: "SELECT", "CREATE TABLE", ... */
    struct plan *plan;
    const char *notice;    /* a NOTICE to give, or NULL (IF NOT EXISTS that exists, ...); then kind may be EMPTY with a tag */
    bool if_exists;
    bool or_replace;       /* CREATE OR REPLACE VIEW over one that is there: created has its id */

    union {
        struct relation *created;   /* not yet in the catalog; the caller adds or unrefs it. NULL with notice: already there */
        struct {
            struct relation *relation; /* a reference */
        } insert;
        struct {
            bool snapshot;
            bool progress;
            const char *as_of;      /* NULL: now */
        } subscribe;
        struct {
            uint32_t count;
            struct relation **relations; /* references */
            bool cascade;
        } drop;
        struct {
            struct relation *relation;  /* FROM: the target, a reference */
            uint32_t column_count;      /* FROM: which columns, in order */
            uint32_t *columns;
            const char *path;           /* NULL: STDIN / STDOUT */
            enum copy_format format;
            bool is_directory;          /* TO 'dir/' */
            enum file_overwrite overwrite;
            bool subscribe;             /* COPY (SUBSCRIBE ...) TO STDOUT */
            bool subscribe_snapshot;
            bool subscribe_progress;
            bool header;
            char delimiter, quote, escape;
            const char *null_text;
            const char *compression;    /* parquet: "zstd", ... */
            int64_t row_group_rows;
        } copy;
        struct {
            const char *name;
            const char *query;          /* the text of the query, a SELECT or SUBSCRIBE */
            int query_position;
            int64_t count;              /* -1: ALL */
            int64_t timeout_us;         /* -1: none */
        } cursor;
        struct {
            const char *name;           /* lower case */
            const char *value;          /* NULL: DEFAULT */
            bool local;
        } setting;
        struct {
            const char *read_only;      /* "on", "off"; NULL: BEGIN does not say */
        } block;
        struct {
            bool analyze, verbose, json;
            struct statement *statement;
        } explain;
        struct {
            const char *name;
            const char *query;          /* PREPARE */
            uint32_t type_count;
            struct type *types;
            uint32_t argument_count;    /* EXECUTE: constant expressions */
            struct expr **arguments;
        } prepared;
        struct {
            const char *name;
            const char *password;       /* NULL: none */
        } role;
    };
};

#endif
