/* relation.c - one named thing of the catalog, counted. */
#include "catalog/catalog.h"

#include <assert.h>
#include <stdatomic.h>

const struct column HIDDEN_COLUMNS[HIDDEN_COUNT] = {
    {"_partition", {.id = TYPE_INT4}, true},
    {"_offset", {.id = TYPE_INT8}, true},
    {"_timestamp", {.id = TYPE_TIMESTAMPTZ, .precision = 6}, true},
    {"_key", {.id = TYPE_BYTEA}, false},
    {"_headers", {.id = TYPE_JSON}, false},
};

struct relation *relation_create(void)
{
    struct arena *arena = arena_create();
    struct relation *r = ARENA_NEW(arena, struct relation);
    r->arena = arena;
    r->schema_name = "public";
    r->time_zone = "UTC";
    atomic_init(&r->reference_count, 1);
    return r;
}

struct relation *relation_ref(struct relation *r)
{
    int32_t before = atomic_fetch_add_explicit(&r->reference_count, 1, memory_order_relaxed);
    assert(before > 0);
    (void)before;
    return r;
}

void relation_unref(struct relation *r)
{
    if (r == NULL)
        return;
    int32_t before = atomic_fetch_sub_explicit(&r->reference_count, 1, memory_order_acq_rel);
    assert(before > 0);
    if (before == 1)
        arena_destroy(r->arena); /* the relation lies in it */
}

const char *relation_option(const struct relation *r, const char *name)
{
    for (uint32_t i = 0; i < r->option_count; i++)
        if (strcmp(r->options[i].name, name) == 0)
            return r->options[i].value;
    return NULL;
}

const char *relation_kind_name(enum relation_kind kind)
{
    switch (kind) {
    case RELATION_TABLE:
        return "table";
    case RELATION_SOURCE:
        return "source";
    case RELATION_VIEW:
        return "view";
    case RELATION_MATERIALIZED_VIEW:
        return "materialized view";
    case RELATION_SINK:
        return "sink";
    case RELATION_SYSTEM:
        return "system view";
    }
    return "relation";
}
