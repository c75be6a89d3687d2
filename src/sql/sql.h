/* sql.h - SQL text to bound statements.
 *
 * PostgreSQL's own grammar (libpg_query) with a pre-pass over its scanner's
 * tokens for what PostgreSQL lacks (dialect.c). Positions in errors are
 * 1-based characters of the text that was given.
 */
#ifndef LEAT_SQL_SQL_H
#define LEAT_SQL_SQL_H

#include "sql/statement.h"

/* Cuts a script into its statements without binding them (a statement may create what the next one reads). Each piece is text
 * without the semicolon. A syntax error in any is reported here with its position, before anything runs, as psql sees it. */
struct sql_piece {
    const char *text;
    int position; /* 1-based character in the script */
    int line;     /* 1-based */
};
CHECKED enum status sql_split(const char *script, struct arena *arena, struct sql_piece **out, uint32_t *count, struct error *err);
/* For a shell: whether text so far ends inside a statement (no semicolon yet, an open quote, parenthesis or comment). */
bool sql_is_incomplete(const char *text);

/* How the binder reaches what lies below exec: looking at files, and settings. */
struct sql_environment {
    struct catalog *catalog;
    struct text_context text;           /* zone; now_us = the statement's time */
    const char *search_path;            /* "public" */
    /* Finds the columns of files: fills n->schema and n->files.file_schema, format and binding of a PLAN_FILES node whose path, format and
     * options are set. Errors: 58P01 naming the glob, 42501, XX001 ... */
    enum status (*describe_files)(void *context, struct plan *n, struct arena *arena, struct error *err);
    /* The text of a setting for SHOW/current_setting(), or NULL. */
    const char *(*setting)(void *context, const char *name);
    void *context;
    const char *user;                   /* current_user */
    const char *database;
    /* Parameters $1.. of the extended protocol: constants, or NULL with parameter_count 0. */
    uint32_t parameter_count;
    struct expr **parameters;
};

/* Binds one statement (one piece). Errors carry SQLSTATE, message, position (relative to text), detail and hint as PostgreSQL
 * words them; what leat does not have is 0A000 naming the construct and its position. */
CHECKED enum status sql_bind(const struct sql_environment *environment, const char *text, struct arena *arena,
                             struct statement *out, struct error *err);
/* Types of $1.. in text as far as known from declared ones (TYPE_NULL = unknown); fills the rest by inference, text where nothing
 * tells; *count is how many there are. */
CHECKED enum status sql_parameter_types(const struct sql_environment *environment, const char *text, const struct type *declared,
                                        uint32_t declared_count, struct arena *arena, struct type **types, uint32_t *count,
                                        struct error *err);
/* psql's :name, :'name', :"name" replaced by values (outside quotes and comments); an unset one is STATUS_UNDEFINED_PARAMETER with its position. */
typedef const char *sql_variable(void *context, const char *name);
CHECKED enum status sql_interpolate(const char *text, sql_variable *variable, void *context, struct arena *arena,
                                    const char **out, struct error *err);
/* References held by a bound statement (relations in plans, drop, created) are dropped. */
void statement_release(struct statement *s);

#endif
