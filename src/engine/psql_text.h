/* psql_text.h - what a catalogue query of psql's asks for, read out of its text. For this folder only. */
#ifndef LEAT_ENGINE_PSQL_TEXT_H
#define LEAT_ENGINE_PSQL_TEXT_H

#include "base/arena.h"
#include "data/type.h"

/* The pattern of "COLUMN OPERATOR(pg_catalog.~) '^(x)$'", as a regular expression, or of "(COLUMN) LIKE 'x%'", as one; NULL: none. */
const char *psql_pattern(const char *text, const char *column, struct arena *arena);
/* Whether the name matches; a NULL pattern lets all through. */
bool psql_matches(const char *pattern, const char *name);
/* The quoted text behind key; NULL: none. */
const char *psql_quoted_behind(const char *text, const char *key, struct arena *arena);
/* The number behind key, quoted or not; 0: none. */
uint32_t psql_oid_behind(const char *text, const char *key);
/* The names of the columns that the query gives, array in arena. */
const char *const *psql_columns(const char *text, struct arena *arena, uint32_t *count);
/* The type of an oid and modifier as RowDescription has them; TYPE_NULL: unknown. */
struct type psql_type(uint32_t oid, int32_t modifier);

#endif
