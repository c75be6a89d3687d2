/* catalog.h - named things: tables, sources, views, sinks.
 *
 * A relation is immutable once it is in the catalog, and counted: a plan or a
 * job holds references, so DROP never pulls it away under a reader. The catalog
 * itself is guarded by one lock inside. It is rebuilt at start by binding the
 * statements of the catalog topic again, in order (engine/).
 */
#ifndef LEAT_CATALOG_CATALOG_H
#define LEAT_CATALOG_CATALOG_H

#include "base/arena.h"
#include "data/batch.h"
#include "expr/expr.h"

enum relation_kind {
    RELATION_TABLE,
    RELATION_SOURCE,
    RELATION_VIEW,
    RELATION_MATERIALIZED_VIEW,
    RELATION_SINK,
    RELATION_SYSTEM /* leat_topics, pg_catalog.pg_class, ...: rows made when asked */
};

/* WITH (name = 'value', ...): names lower case; quoted Kafka names as they are. */
struct option {
    const char *name;
    const char *value; /* numbers and words as text */
    int position;
};

struct column_definition {
    const char *name;
    struct type type;
    bool not_null;
    const char *path;          /* PATH '$.a.b', or NULL */
    struct expr *default_value; /* NULL: none; cast to type */
};

struct relation {
    int64_t id;            /* never used twice */
    const char *schema_name; /* "public" unless told */
    const char *name;
    enum relation_kind kind;
    struct schema schema;    /* visible columns */
    struct column_definition *columns;
    uint32_t primary_key_count;
    uint32_t *primary_key;   /* column indexes */
    uint32_t option_count;
    struct option *options;
    const char *topic;       /* tables and log sinks: their topic; NULL else */
    const char *sql;         /* the whole CREATE statement */
    const char *query;       /* views and sinks: text of the query alone */
    uint32_t dependency_count;
    int64_t *dependencies;   /* relation ids that the query reads */
    const char *time_zone;   /* of creation */
    bool append_only;        /* rows are never retracted: tables and sources without a key, views for which the planner proved it */
    struct arena *arena;     /* owns all of the above */
    _Atomic int32_t reference_count;
};

/* Hidden columns of tables and topics, selectable by name: their index in a scan is HIDDEN_BASE + n. */
enum hidden_column { HIDDEN_PARTITION, HIDDEN_OFFSET, HIDDEN_TIMESTAMP, HIDDEN_KEY, HIDDEN_HEADERS, HIDDEN_COUNT };
enum { HIDDEN_BASE = 1 << 16 };
extern const struct column HIDDEN_COLUMNS[HIDDEN_COUNT]; /* _partition int4, _offset int8, _timestamp timestamptz, _key bytea, _headers json */

struct catalog;
struct catalog *catalog_create(void);
void catalog_destroy(struct catalog *c);

/* A new relation with its own arena; fill it in, then catalog_add. One reference, the caller's. */
struct relation *relation_create(void);
struct relation *relation_ref(struct relation *r);
void relation_unref(struct relation *r);
const char *relation_option(const struct relation *r, const char *name); /* NULL if not given */
const char *relation_kind_name(enum relation_kind kind); /* "table", "materialized view", ... */

/* By name; schema_name NULL searches public, then leat_catalog, then pg_catalog. A reference for the caller, or NULL. */
struct relation *catalog_find(struct catalog *c, const char *schema_name, const char *name);
struct relation *catalog_find_id(struct catalog *c, int64_t id);
/* Takes over the caller's reference, on failure too; assigns the id if it is 0. STATUS_DUPLICATE_TABLE. */
CHECKED enum status catalog_add(struct catalog *c, struct relation *r, struct error *err);
/* Removes it; dependents must be gone (catalog_dependents). STATUS_UNDEFINED_TABLE. */
CHECKED enum status catalog_remove(struct catalog *c, int64_t id, struct error *err);
/* Relations that read id directly or through others, the furthest first, each with a reference; array in arena. */
struct relation **catalog_dependents(struct catalog *c, int64_t id, struct arena *arena, uint32_t *count);
/* All, in order of creation, each with a reference; array in arena. */
struct relation **catalog_list(struct catalog *c, struct arena *arena, uint32_t *count);
/* Rises with every change: a prepared plan is stale when it differs. */
int64_t catalog_version(struct catalog *c);
/* The near name for a HINT, or NULL: edit distance at most 2 among relations, in arena. */
const char *catalog_suggest(struct catalog *c, const char *name, struct arena *arena);

#endif
