/* operators.h - how each operator is made: one function per file, one instance per worker. */
#ifndef LEAT_EXEC_OPERATORS_H
#define LEAT_EXEC_OPERATORS_H

#include "exec/operator.h"
#include "exec/source.h"
#include "plan/plan.h"

/* What the instances of one node have in common, and which one is being made. */
struct operator_setup {
    const struct plan *plan;
    unsigned worker, worker_count;
    struct operator *const *peers;
    struct budget *budget;
    struct text_context text;
    struct error_words *words; /* NULL: none */
    bool live;          /* more than one epoch may come */
    bool retractable;   /* some input may retract */
    struct arena *arena; /* as long as the dataflow */
    void *shared;       /* made once per node; see the operator */
};
/* Fills the fields that all have. The operator struct is zeroed, on the heap. */
void operator_init(struct operator *op, const struct operator_type *type, const struct operator_setup *setup);
/* The end of every destroy. */
void operator_free(struct operator *op);
/* Turns a status into a progress: FAILED unless it is STATUS_OK. */
static inline enum progress operator_progress(enum status st, enum progress good)
{
    return st == STATUS_OK ? good : PROGRESS_FAILED;
}
/* For operators without state: nothing comes at the end of an epoch. */
enum progress operator_finish_nothing(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out);

struct operator *filter_create(const struct operator_setup *setup);
struct operator *project_create(const struct operator_setup *setup);
/* shared: struct limit_left, of all instances together. Bounded runs only. */
struct limit_left *limit_left_create(int64_t limit, int64_t offset, struct arena *arena);
struct operator *limit_create(const struct operator_setup *setup);
/* shared: struct group_layout. */
struct operator *hash_aggregate_create(const struct operator_setup *setup);
/* Bounded: emits in order. finish of every instance sorts, then finish of instance 0 merges. */
struct operator *sort_create(const struct operator_setup *setup);
/* ORDER BY and LIMIT together; shared: struct top_n_bounds. Instance 0 emits. */
struct top_n_bounds {
    int64_t limit; /* -1: none */
    int64_t offset;
    const struct sort_key *keys; /* none: the canonical order of whole rows */
    uint32_t key_count;
};
struct operator *top_n_create(const struct operator_setup *setup);      /* bounded */
struct operator *top_n_live_create(const struct operator_setup *setup);
/* Keeps its rows, of the plan node's schema; finish gives them out, as often as it is run to its end. */
struct operator *collect_create(const struct operator_setup *setup);
/* Rows of negative weight cancel those of positive weight: makes the input of a bounded run append-only. Any schema: shared. */
struct operator *consolidate_create(const struct operator_setup *setup);
/* Bounded joins: the build side, then the probe side, which shares the former's table. */
struct operator *join_build_create(const struct operator_setup *setup); /* shared: struct join_table */
struct operator *join_probe_create(const struct operator_setup *setup);
/* Live joins: input 0 is left, 1 right. */
struct operator *join_live_create(const struct operator_setup *setup);
/* Sends rows to the instance that owns their key; shared: struct exchange_key. */
struct exchange_key {
    const struct schema *schema;
    const uint32_t *columns;
    uint32_t column_count;
};
struct operator *exchange_create(const struct operator_setup *setup);
/* The i-th batch that this instance has for a target, NULL beyond the last. */
const struct batch *exchange_batch(const struct operator *op, unsigned target, uint32_t i);

/* Leaves that need no one else. The caller destroys them through their type. */
struct source *values_source_create(const struct plan *plan, const struct text_context *text, struct error_words *words);
CHECKED enum status series_source_create(const struct plan *plan, const struct text_context *text, struct source **out,
                                         struct error *err);

#endif
