/* random_plan.h - tables, batches of every form and plans, drawn from a seed. For the tests of this folder. */
#ifndef LEAT_TEST_RANDOM_PLAN_H
#define LEAT_TEST_RANDOM_PLAN_H

#include <stdio.h>
#include <stdlib.h>

#include "exec/dataflow.h"
#include "expr/function.h"

static _Thread_local uint64_t random_seed = 1;
static uint64_t random_next(void)
{
    random_seed ^= random_seed << 13;
    random_seed ^= random_seed >> 7;
    random_seed ^= random_seed << 17;
    return random_seed;
}
static uint32_t random_below(uint32_t limit)
{
    return (uint32_t)((random_next() >> 16) % limit);
}
static bool random_chance(uint32_t percent)
{
    return random_below(100) < percent;
}

#define REQUIRE_OK(call)                                                     \
    do {                                                                     \
        struct error require_err = {0};                                      \
        struct error *err = &require_err;                                    \
        if ((call) != STATUS_OK) {                                           \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, err->message); \
            abort();                                                         \
        }                                                                    \
    } while (0)

/* ---- tables ---- */

/* All rows that a test may insert, as long flat columns. */
struct table {
    struct schema schema;
    uint32_t row_count;
    struct vector *columns;
};

static const enum type_id TABLE_TYPES[] = {TYPE_INT4, TYPE_INT8, TYPE_FLOAT8, TYPE_TEXT, TYPE_BOOL, TYPE_NUMERIC, TYPE_INT4, TYPE_TEXT};

static void random_value(struct vector *v, uint32_t row, struct arena *arena)
{
    uint32_t n = random_below(random_chance(50) ? 5 : 40);
    switch ((enum type_id)v->type.id) {
    case TYPE_BOOL: VECTOR_BOOL(v)[row] = n & 1; break;
    case TYPE_INT4: VECTOR_I32(v)[row] = (int32_t)n - 3; break;
    case TYPE_INT8: VECTOR_I64(v)[row] = random_chance(2) ? INT64_MAX - (int64_t)n : (int64_t)n * 1000003; break;
    case TYPE_FLOAT8:
        VECTOR_F64(v)[row] = random_chance(3) ? (n & 1 ? -0.0 : 1e300) : random_chance(2) ? __builtin_nan("") : (double)n / 8 - 1;
        break;
    case TYPE_NUMERIC: VECTOR_I128(v)[row] = (int128)n * 50 - 100; break;
    default: {
        const char *text = arena_printf(arena, n % 3 == 0 ? "k%u" : "a rather long value number %u", n);
        VECTOR_STRING(v)[row] = string_make(text, strlen(text));
    }
    }
}

static void random_table(uint32_t row_count, struct arena *arena, struct table *out)
{
    uint32_t column_count = 2 + random_below(4);
    struct column *columns = ARENA_ARRAY(arena, struct column, column_count);
    out->schema = (struct schema){column_count, columns};
    out->row_count = row_count;
    out->columns = ARENA_ARRAY(arena, struct vector, column_count);
    for (uint32_t c = 0; c < column_count; c++) {
        enum type_id id = c == 0 ? TYPE_INT4 : TABLE_TYPES[random_below(8)];
        columns[c].name = arena_printf(arena, "c%u", c);
        columns[c].type = id == TYPE_NUMERIC ? type_numeric(10, 2) : type_of(id);
        vector_init_flat(&out->columns[c], columns[c].type, row_count, arena);
        uint32_t null_percent = random_chance(50) ? 0 : random_below(30);
        for (uint32_t r = 0; r < row_count; r++) {
            random_value(&out->columns[c], r, arena);
            if (random_chance(null_percent))
                vector_set_null(&out->columns[c], r, row_count, arena);
        }
    }
}

/* ---- batches ---- */

/* Values of picks[0..count) at places[i] of a vector of row_count rows, in a form drawn by lot. */
static void random_form(const struct vector *from, const uint32_t *picks, const uint16_t *places, uint32_t count, uint32_t row_count,
                        struct arena *arena, struct vector *out)
{
    size_t size = type_size(from->type);
    if (random_chance(40)) { /* a dictionary in the table's own order, shared by many batches, or of the picks */
        bool of_picks = random_chance(50);
        uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, row_count);
        *out = (struct vector){.type = from->type, .form = VECTOR_DICTIONARY, .values = from->values, .indexes = indexes};
        uint32_t highest = 0;
        for (uint32_t i = 0; i < count; i++) {
            indexes[places[i]] = of_picks ? count - 1 - i : picks[i];
            if (picks[i] > highest)
                highest = picks[i];
        }
        out->dictionary_size = of_picks ? count : highest + 1;
        if (of_picks) {
            out->values = arena_alloc(arena, count * size);
            for (uint32_t i = 0; i < count; i++)
                memcpy((char *)out->values + (count - 1 - i) * size, (char *)from->values + picks[i] * size, size);
        }
    } else {
        vector_init_flat(out, from->type, row_count, arena);
        memset(out->values, 0xee, row_count * size); /* what is not selected is garbage */
        for (uint32_t i = 0; i < count; i++)
            memcpy((char *)out->values + places[i] * size, (char *)from->values + picks[i] * size, size);
        if (random_chance(10)) { /* a NULL's value is garbage, too */
            for (uint32_t i = 0; i < count; i++)
                if (!vector_is_valid(from, picks[i]))
                    memset((char *)out->values + places[i] * size, 0xee, size);
        }
    }
    for (uint32_t i = 0; i < count; i++)
        if (!vector_is_valid(from, picks[i]))
            vector_set_null(out, places[i], row_count, arena);
}

/* Rows picks[0..count) of t with these weights (NULL: 1), as one batch. count at most 1000. */
static void random_batch(const struct table *t, const uint32_t *picks, const int64_t *weights, uint32_t count, struct arena *arena,
                         struct batch *out)
{
    uint16_t *places = ARENA_ARRAY(arena, uint16_t, count);
    bool selects = random_chance(40);
    uint32_t row_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        row_count += selects ? random_below(3) : 0;
        places[i] = (uint16_t)row_count++;
    }
    *out = (struct batch){.row_count = row_count, .column_count = t->schema.column_count};
    if (selects) {
        out->selection = places;
        out->selected_count = count;
    }
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    for (uint32_t c = 0; c < out->column_count; c++) {
        if (count == 1 && random_chance(30)) {
            vector_init_constant(&out->columns[c], t->schema.columns[c].type, vector_value(&t->columns[c], picks[0]), arena);
            if (!vector_is_valid(&t->columns[c], picks[0]))
                vector_init_null(&out->columns[c], t->schema.columns[c].type, arena);
            continue;
        }
        random_form(&t->columns[c], picks, places, count, row_count, arena, &out->columns[c]);
    }
    if (weights != NULL) {
        int64_t *all = ARENA_ARRAY(arena, int64_t, row_count);
        for (uint32_t i = 0; i < count; i++)
            all[places[i]] = weights[i];
        out->weights = all;
    }
}

/* ---- plans ---- */

static struct text_context random_text;

static struct plan *make_plan(enum plan_kind kind, uint32_t input_count, struct plan **inputs, struct arena *arena)
{
    struct plan *p = ARENA_NEW(arena, struct plan);
    p->kind = kind;
    p->input_count = input_count;
    p->inputs = ARENA_ARRAY(arena, struct plan *, input_count);
    for (uint32_t i = 0; i < input_count; i++)
        p->inputs[i] = inputs[i];
    if (input_count != 0)
        p->schema = inputs[0]->schema;
    return p;
}

static struct plan *make_scan(const struct table *t, struct arena *arena)
{
    struct plan *p = make_plan(PLAN_SCAN, 0, NULL, arena);
    p->schema = t->schema;
    return p;
}

static struct expr *call(const char *name, struct expr *a, struct expr *b, struct arena *arena)
{
    struct expr **arguments = ARENA_ARRAY(arena, struct expr *, 2);
    arguments[0] = a;
    arguments[1] = b;
    struct expr *out = NULL;
    REQUIRE_OK(function_bind(name, true, arguments, 2, 0, &random_text, arena, &out, err));
    return out;
}

static struct expr *int_constant(int32_t v, struct arena *arena)
{
    return expr_constant(type_of(TYPE_INT4), &v, arena);
}

/* A column of one of these types, or -1. */
static int column_of(const struct schema *s, enum type_id a, enum type_id b)
{
    uint32_t first = random_below(s->column_count);
    for (uint32_t i = 0; i < s->column_count; i++) {
        uint32_t c = (first + i) % s->column_count;
        if (s->columns[c].type.id == a || s->columns[c].type.id == b)
            return (int)c;
    }
    return -1;
}

static struct expr *random_predicate(const struct schema *s, struct arena *arena)
{
    static const char *const COMPARISONS[] = {"<", ">", "=", "<>", "<=", ">="};
    int c = column_of(s, TYPE_INT4, TYPE_INT8);
    if (c < 0)
        c = column_of(s, TYPE_BOOL, TYPE_BOOL);
    if (c < 0) {
        bool yes = true;
        return expr_constant(type_of(TYPE_BOOL), &yes, arena);
    }
    struct expr *column = expr_column((uint32_t)c, s->columns[c].type, arena);
    if (s->columns[c].type.id == TYPE_BOOL)
        return column;
    if (random_chance(25)) /* fails where the column is 0 */
        return call(">=", call("/", int_constant(20, arena), column, arena), int_constant((int32_t)random_below(10), arena), arena);
    return call(COMPARISONS[random_below(6)], column, int_constant((int32_t)random_below(10), arena), arena);
}

UNUSED static struct plan *random_filter(struct plan *input, struct arena *arena)
{
    struct plan *p = make_plan(PLAN_FILTER, 1, &input, arena);
    p->filter.predicate = random_predicate(&input->schema, arena);
    return p;
}

static struct expr *random_expression(const struct schema *s, struct arena *arena)
{
    uint32_t c = random_below(s->column_count);
    int number = column_of(s, TYPE_INT4, TYPE_INT8);
    if (number < 0 || random_chance(60))
        return expr_column(c, s->columns[c].type, arena);
    struct expr *column = expr_column((uint32_t)number, s->columns[number].type, arena);
    return call(random_chance(20) ? "/" : "+", int_constant((int32_t)random_below(9), arena), column, arena);
}

UNUSED static struct plan *random_project(struct plan *input, struct arena *arena)
{
    struct plan *p = make_plan(PLAN_PROJECT, 1, &input, arena);
    uint32_t count = 1 + random_below(4);
    struct column *columns = ARENA_ARRAY(arena, struct column, count);
    p->project.expressions = ARENA_ARRAY(arena, struct expr *, count);
    for (uint32_t i = 0; i < count; i++) {
        p->project.expressions[i] = random_expression(&input->schema, arena);
        columns[i] = (struct column){arena_printf(arena, "p%u", i), p->project.expressions[i]->type, false};
    }
    p->schema = (struct schema){count, columns};
    return p;
}

static void random_call(const struct schema *s, struct aggregate_call *out)
{
    static const enum aggregate_id IDS[] = {AGGREGATE_COUNT_STAR, AGGREGATE_COUNT, AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX,
                                            AGGREGATE_AVG, AGGREGATE_ANY_VALUE, AGGREGATE_BOOL_OR};
    *out = (struct aggregate_call){.id = IDS[random_below(8)], .argument = (int32_t)random_below(s->column_count), .filter = -1};
    struct type argument = s->columns[out->argument].type;
    if (out->id == AGGREGATE_COUNT_STAR || aggregate_select(out->id, argument, true) == NULL) {
        out->id = AGGREGATE_COUNT_STAR;
        out->argument = -1;
        argument = type_of(TYPE_NULL);
    }
    out->argument_type = argument;
    out->distinct = out->argument >= 0 && random_chance(25);
    if (random_chance(15))
        out->filter = column_of(s, TYPE_BOOL, TYPE_BOOL);
    REQUIRE_OK(aggregate_result_type(out->id, argument, &out->type, err));
}

UNUSED static struct plan *random_aggregate(struct plan *input, struct arena *arena)
{
    struct plan *p = make_plan(PLAN_AGGREGATE, 1, &input, arena);
    uint32_t groups = random_below(3), calls = groups == 0 ? 1 + random_below(3) : random_below(4);
    if (groups > input->schema.column_count)
        groups = input->schema.column_count;
    struct column *columns = ARENA_ARRAY(arena, struct column, groups + calls);
    p->aggregate.group_count = groups;
    p->aggregate.groups = ARENA_ARRAY(arena, uint32_t, groups);
    for (uint32_t i = 0; i < groups; i++) {
        uint32_t c = p->aggregate.groups[i] = random_below(input->schema.column_count);
        columns[i] = (struct column){arena_printf(arena, "g%u", i), input->schema.columns[c].type, false};
    }
    p->aggregate.call_count = calls;
    p->aggregate.calls = ARENA_ARRAY(arena, struct aggregate_call, calls);
    for (uint32_t i = 0; i < calls; i++) {
        random_call(&input->schema, &p->aggregate.calls[i]);
        columns[groups + i] = (struct column){arena_printf(arena, "a%u", i), p->aggregate.calls[i].type, false};
    }
    p->schema = (struct schema){groups + calls, columns};
    return p;
}

/* Columns of left and right that have the same type: false if there are none. */
static bool random_keys(struct plan *p, const struct schema *left, const struct schema *right, struct arena *arena)
{
    uint32_t wanted = 1 + random_below(2);
    p->join.left_keys = ARENA_ARRAY(arena, uint32_t, wanted);
    p->join.right_keys = ARENA_ARRAY(arena, uint32_t, wanted);
    for (uint32_t attempt = 0; attempt < 30 && p->join.key_count < wanted; attempt++) {
        uint32_t l = random_below(left->column_count), r = random_below(right->column_count);
        if (!type_equal(left->columns[l].type, right->columns[r].type) || left->columns[l].type.id == TYPE_BOOL)
            continue;
        p->join.left_keys[p->join.key_count] = l;
        p->join.right_keys[p->join.key_count++] = r;
    }
    return p->join.key_count != 0;
}

UNUSED static struct plan *random_join(struct plan *left, struct plan *right, struct arena *arena)
{
    struct plan *inputs[] = {left, right};
    struct plan *p = make_plan(PLAN_JOIN, 2, inputs, arena);
    if (!random_keys(p, &left->schema, &right->schema, arena))
        return left;
    p->join.kind = (enum join_kind)random_below(4);
    p->join.null_equal = random_chance(20);
    uint32_t left_count = left->schema.column_count, right_count = right->schema.column_count;
    struct column *columns = ARENA_ARRAY(arena, struct column, left_count + right_count);
    memcpy(columns, left->schema.columns, left_count * sizeof *columns);
    memcpy(columns + left_count, right->schema.columns, right_count * sizeof *columns);
    p->schema = (struct schema){left_count + right_count, columns};
    if (random_chance(40))
        p->join.condition = random_predicate(&p->schema, arena);
    if (p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI)
        p->schema = left->schema;
    return p;
}

UNUSED static struct plan *random_top_n(struct plan *input, struct arena *arena)
{
    struct plan *sort = make_plan(PLAN_SORT, 1, &input, arena);
    sort->sort.key_count = 1 + random_below(2);
    sort->sort.keys = ARENA_ARRAY(arena, struct sort_key, sort->sort.key_count);
    for (uint32_t i = 0; i < sort->sort.key_count; i++)
        sort->sort.keys[i] = (struct sort_key){random_below(input->schema.column_count), random_chance(50), random_chance(50)};
    struct plan *limit = make_plan(PLAN_LIMIT, 1, &sort, arena);
    limit->limit.limit = random_below(30);
    limit->limit.offset = random_chance(50) ? 0 : random_below(10);
    return limit;
}

UNUSED static void infer(struct plan *p, bool leaves_append)
{
    bool all = true;
    for (uint32_t i = 0; i < p->input_count; i++) {
        infer(p->inputs[i], leaves_append);
        all &= p->inputs[i]->append_only;
    }
    if (p->input_count == 0)
        p->append_only = p->kind == PLAN_SCAN ? leaves_append : true;
    else
        p->append_only = all && p->kind != PLAN_AGGREGATE && p->kind != PLAN_LIMIT && (p->kind != PLAN_JOIN || p->join.kind == JOIN_INNER);
}

UNUSED static struct plan *random_plan(const struct table *const *tables, uint32_t table_count, unsigned depth, struct arena *arena)
{
    if (depth == 0)
        return make_scan(tables[random_below(table_count)], arena);
    struct plan *input = random_plan(tables, table_count, depth - 1, arena);
    switch (random_below(8)) {
    case 0: return random_filter(input, arena);
    case 1: return random_project(input, arena);
    case 2:
    case 3: return random_aggregate(input, arena);
    case 4: return random_top_n(input, arena);
    case 5: {
        struct plan *other = random_plan(tables, table_count, depth > 1 ? 1 : 0, arena);
        return random_join(input, other, arena);
    }
    case 6: {
        struct plan *inputs[] = {input, random_chance(50) ? input : random_filter(input, arena)};
        return make_plan(PLAN_UNION_ALL, 2, inputs, arena);
    }
    default: {
        struct plan *cte = make_plan(PLAN_CTE, 1, &input, arena);
        return random_join(cte, random_chance(50) ? cte : random_filter(cte, arena), arena);
    }
    }
}

#endif
