/* parse.h - PostgreSQL's parser (libpg_query) as a function from text to tree. */
#ifndef LEAT_SQL_PARSE_H
#define LEAT_SQL_PARSE_H

#include <pg_query/pg_query.pb-c.h>

#include "sql/dialect.h"

/* The one statement in d's rewritten text; *out is NULL if there is none. The tree lives in arena. 42601 with position; more than one
 * statement is 42601 too. */
CHECKED enum status parse_statement(const struct dialect *d, struct arena *arena, const PgQuery__Node **out,
                                    struct error *err);

#endif
