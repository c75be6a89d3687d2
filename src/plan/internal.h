/* internal.h - what the files of plan/ share. */
#ifndef LEAT_PLAN_INTERNAL_H
#define LEAT_PLAN_INTERNAL_H

#include "plan/plan.h"

/* plan_infer has no arena: every node is made with room for a key of so many columns; longer ones are not told. */
enum { PLAN_KEY_MAX = 32 };

/* A node that differs from p only in being another one; inputs are shared. */
struct plan *plan_copy(const struct plan *p, struct arena *arena);

/* Nodes seen; on the heap. */
struct node_set {
    const struct plan **nodes;
    uint32_t count;
    uint32_t capacity;
};
bool node_set_add(struct node_set *set, const struct plan *p); /* false: was there */
void node_set_clear(struct node_set *set);

/* The title of a node and the name of an aggregate ("sum"), for EXPLAIN. */
const char *plan_title(const struct plan *p);
const char *aggregate_name(enum aggregate_id id);
/* "(none)", or what the node keeps between epochs and what bounds it, into out. */
void plan_print_state(const struct plan *p, struct buffer *out);

#endif
