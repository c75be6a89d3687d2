/* aggregate.h - the one const table of aggregate functions and their states.
 *
 * A state is a fixed number of bytes, all-zero = empty; some own memory
 * (promoted sums, value sets for min, max and DISTINCT under retraction), freed by clear.
 * Every aggregate takes weights: adding with a negative weight retracts. Results
 * depend on the multiset of values alone, never on order.
 */
#ifndef LEAT_EXPR_AGGREGATE_H
#define LEAT_EXPR_AGGREGATE_H

#include "data/batch.h"
#include "data/exact_sum.h"

enum aggregate_id {
    AGGREGATE_COUNT_STAR,
    AGGREGATE_COUNT,
    AGGREGATE_SUM,
    AGGREGATE_MIN,
    AGGREGATE_MAX,
    AGGREGATE_AVG,
    AGGREGATE_BOOL_AND,
    AGGREGATE_BOOL_OR,
    AGGREGATE_ANY_VALUE /* the smallest: deterministic */
};

/* One implementation: an aggregate over one argument type, for append-only or for changing input. */
struct aggregate {
    const char *name;
    enum aggregate_id id;
    uint8_t argument;   /* enum type_id; TYPE_NULL for count(*); 255 = any */
    uint8_t state_size; /* bytes, multiple of 8 */
    /* Adds the rows rows[0..count) of v to states[i], weight weights[i] (NULL: +1). v is NULL for count(*). NULL values are
     * skipped here. Rows in error must not be passed. rows NULL: the rows 0..count. */
    void (*add)(void *const *states, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count,
                unsigned *hint);
    /* Ungrouped fast path: all rows into one state; may be NULL. */
    void (*add_all)(void *state, const struct vector *v, const uint16_t *rows, const int64_t *weights, uint32_t count);
    void (*merge)(void *state, const void *other); /* other unchanged */
    /* The result into row `row` of the flat vector out (its type: aggregate_result_type); sets NULL or an error itself. */
    void (*read)(const void *state, struct type argument, struct vector *out, size_t row, size_t row_count, struct arena *arena);
    void (*clear)(void *state);              /* frees what it owns; NULL: owns nothing */
    size_t (*held_size)(const void *state);  /* bytes owned beyond the state; NULL: none */
    void (*put)(const void *state, struct buffer *out); /* serial form, equal bytes for equal contents */
    enum status (*get)(struct bytes *in, void *state, struct error *err); /* advances in; state is empty before */
    bool keeps_values; /* for input that retracts, where the plain one beside it is for append-only input */
    bool out_of_line;  /* numeric: for those without limits */
};

/* What sum, min, ... returns over an argument type, PostgreSQL's rules. */
CHECKED enum status aggregate_result_type(enum aggregate_id id, struct type argument, struct type *out, struct error *err);
/* By name ("sum"); false if there is no such aggregate. */
bool aggregate_find(const char *name, enum aggregate_id *out);
/* The implementation for an argument of this type; retractable: input may retract (min and max then keep their values). NULL if
 * the aggregate does not take the type. */
const struct aggregate *aggregate_select(enum aggregate_id id, struct type argument, bool retractable);
extern const struct aggregate AGGREGATES[];
extern const uint32_t AGGREGATE_COUNT_ALL;

#endif
