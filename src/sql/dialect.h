/* dialect.h - what leat's SQL has beyond PostgreSQL's grammar, taken out before PostgreSQL's parser sees it.
 *
 * The rewritten text has the user's bytes at the user's places: clauses are
 * blanked, or words of the same size put in their place, so that every location
 * in the tree is a location in the user's text. What was taken out is kept here.
 */
#ifndef LEAT_SQL_DIALECT_H
#define LEAT_SQL_DIALECT_H

#include "catalog/option.h"
#include "sql/source.h"

enum dialect_kind {
    DIALECT_PLAIN,          /* as PostgreSQL has it, but for files, options, paths below */
    DIALECT_EXPLAIN,        /* the rest, from inner_start, is the statement */
    DIALECT_SUBSCRIBE,      /* the rest is the query ("SUBSCRIBE v" as "TABLE v") */
    DIALECT_CREATE_SOURCE,  /* as CREATE TABLE */
    DIALECT_CREATE_SINK,    /* name, if_not_exists; the rest is the query ("FROM v" as "TABLE v") */
    DIALECT_CREATE_VIEW,    /* CREATE [OR REPLACE] VIEW, if_not_exists taken out */
    DIALECT_DROP_SOURCE,    /* as DROP TABLE */
    DIALECT_DROP_SINK,      /* as DROP VIEW */
    DIALECT_SHOW_RELATIONS, /* show_what */
    DIALECT_SHOW_CREATE,    /* name */
    DIALECT_DESCRIBE,       /* name */
    DIALECT_DESCRIBE_FILE,  /* name: the path */
    DIALECT_DESCRIBE_QUERY  /* the rest is the query */
};

/* FROM 'path': at location stands an identifier instead. */
struct dialect_file {
    uint32_t location;
    const char *path;
};
/* name type PATH '$.a': the word PATH stood at location. */
struct dialect_path {
    uint32_t location;
    const char *path;
};

struct dialect {
    enum dialect_kind kind;
    struct source source; /* the user's text */
    char *rewritten;      /* the same size */
    uint32_t file_count;
    struct dialect_file *files;
    uint32_t path_count;
    struct dialect_path *paths;
    uint32_t option_count; /* WITH (...) of CREATE, SUBSCRIBE and FETCH */
    struct option *options;
    bool if_not_exists;
    const char *schema_name; /* NULL unless given */
    const char *name;
    uint32_t name_location;
    const char *show_what; /* "tables", "topics", ... */
    /* The query of a view, sink, cursor or prepared statement: bytes of the user's text. */
    uint32_t query_start;
    uint32_t query_end;
    bool query_is_name; /* CREATE SINK k FROM v: the query is the name alone */
    /* EXPLAIN */
    bool analyze, verbose, json;
    uint32_t inner_start;
    bool is_subscribe; /* COPY (SUBSCRIBE ...), DECLARE ... FOR SUBSCRIBE */
};

/* Reads text (kept by reference) and rewrites it. Errors: 22021, 42601, 54001 for nesting too deep to parse, 0A000 for clauses that
 * leat does not have yet. */
CHECKED enum status dialect_prepare(const char *text, struct arena *arena, struct dialect *out, struct error *err);
/* The same for a text that the user did not write now (a view's query): its errors carry no position. */
CHECKED enum status dialect_prepare_hidden(const char *text, struct arena *arena, struct dialect *out,
                                           struct error *err);

/* Whether PostgreSQL's parser is to see the statement at all: some are the dialect's alone. */
bool dialect_is_parsed(enum dialect_kind kind);

#endif
