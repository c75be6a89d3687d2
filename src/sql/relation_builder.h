/* relation_builder.h - a relation being made by CREATE: what the kinds have in common. */
#ifndef LEAT_SQL_RELATION_BUILDER_H
#define LEAT_SQL_RELATION_BUILDER_H

#include "sql/bind.h"

/* Name, schema, whether it is there already. *exists: IF NOT EXISTS found one, and out says so. 42P07, 3F000, 42501. */
CHECKED enum status create_check_name(struct binder *b, const char *schema_name, const char *name, int32_t location,
                                      bool if_not_exists, bool *exists, struct statement *out);
/* A relation with names, kind, SQL text, time zone and options (checked). The caller's reference. */
CHECKED enum status create_relation(struct binder *b, enum relation_kind kind, const char *name,
                                    enum option_target target, struct relation **out);
/* Columns as a query's; names from a list if there is one. Duplicate names are 42701. */
CHECKED enum status create_query_columns(struct binder *b, struct relation *r, const struct plan *p,
                                         PgQuery__Node **names, size_t name_count);
/* The query's text, and every relation that it reads. */
void create_keep_query(struct binder *b, struct relation *r);
/* Refuses what a query that is kept up to date cannot have. */
CHECKED enum status create_check_live(struct binder *b, const struct plan *p, const char *construct);
/* Key and append_only of a view, envelope of a sink, out of the optimized plan. */
CHECKED enum status create_finish(struct binder *b, struct relation *r, const struct plan *p);

#endif
