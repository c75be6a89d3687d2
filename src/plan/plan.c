/* plan.c - making plan nodes and walking them.
 *
 * Only a PLAN_CTE node may have several parents, so a walk that remembers those
 * visits each node once, however often a chain of CTEs doubles the paths.
 */
#include "plan/plan.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "plan/internal.h"

struct plan *plan_create(enum plan_kind kind, uint32_t input_count, struct arena *arena)
{
    struct plan *p = ARENA_NEW(arena, struct plan);
    p->kind = kind;
    p->input_count = input_count;
    p->inputs = ARENA_ARRAY(arena, struct plan *, input_count);
    p->key = ARENA_ARRAY(arena, uint32_t, PLAN_KEY_MAX);
    if (kind == PLAN_LIMIT)
        p->limit.limit = -1;
    return p;
}

struct plan *plan_copy(const struct plan *p, struct arena *arena)
{
    struct plan *copy = plan_create(p->kind, p->input_count, arena);
    struct plan **inputs = copy->inputs;
    uint32_t *key = copy->key;
    *copy = *p;
    copy->inputs = inputs;
    copy->key = key;
    memcpy(key, p->key, p->key_count * sizeof *key);
    if (p->input_count != 0)
        memcpy(inputs, p->inputs, p->input_count * sizeof *inputs);
    return copy;
}

bool node_set_add(struct node_set *set, const struct plan *p)
{
    for (uint32_t i = 0; i < set->count; i++)
        if (set->nodes[i] == p)
            return false;
    if (set->count == set->capacity) {
        set->capacity = set->capacity == 0 ? 8 : set->capacity * 2;
        set->nodes = memory_realloc(set->nodes, set->capacity * sizeof(struct plan *));
    }
    set->nodes[set->count++] = p;
    return true;
}

void node_set_clear(struct node_set *set)
{
    free(set->nodes);
    *set = (struct node_set){0};
}

static void walk(const struct plan *p, struct node_set *seen, plan_visit *visit, void *context)
{
    if (p->kind == PLAN_CTE && !node_set_add(seen, p))
        return;
    for (uint32_t i = 0; i < p->input_count; i++)
        walk(p->inputs[i], seen, visit, context);
    visit(p, context);
}

void plan_walk(const struct plan *p, plan_visit *visit, void *context)
{
    struct node_set seen = {0};
    if (p != NULL)
        walk(p, &seen, visit, context);
    node_set_clear(&seen);
}

static void reference_scan(const struct plan *p, void *context)
{
    (void)context;
    if (p->kind == PLAN_SCAN)
        relation_ref(p->scan.relation);
}

static void release_scan(const struct plan *p, void *context)
{
    (void)context;
    if (p->kind == PLAN_SCAN)
        relation_unref(p->scan.relation);
}

void plan_reference(const struct plan *p)
{
    plan_walk(p, reference_scan, NULL);
}

void plan_release(struct plan *p)
{
    plan_walk(p, release_scan, NULL);
}

struct relation_list {
    struct relation **relations;
    uint32_t count;
    uint32_t capacity;
    struct arena *arena;
};

static void list_relation(const struct plan *p, void *context)
{
    struct relation_list *list = context;
    if (p->kind != PLAN_SCAN)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->relations[i] == p->scan.relation)
            return;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        struct relation **grown = ARENA_ARRAY(list->arena, struct relation *, list->capacity);
        if (list->count != 0)
            memcpy(grown, list->relations, list->count * sizeof *grown);
        list->relations = grown;
    }
    list->relations[list->count++] = p->scan.relation;
}

struct relation **plan_relations(const struct plan *p, struct arena *arena, uint32_t *count)
{
    struct relation_list list = {.arena = arena};
    plan_walk(p, list_relation, &list);
    *count = list.count;
    return list.relations;
}

static void find_scan(const struct plan *p, void *context)
{
    if (p->kind == PLAN_SCAN)
        *(bool *)context = true;
}

bool plan_is_files_only(const struct plan *p)
{
    bool has_scan = false;
    plan_walk(p, find_scan, &has_scan);
    return !has_scan;
}
