/* aggregate.c - the table of aggregates, and which row serves an argument type. */
#include "expr/aggregate.h"

#include <strings.h>

#include "expr/aggregate_state.h"

enum { ANY = 255 };

#define SUM(NAME, ID, TYPE, SIZE, ADD, REST, READ) \
    {.name = NAME, .id = AGGREGATE_##ID, .argument = TYPE_##TYPE, .state_size = SIZE, .add = ADD##_add, .add_all = ADD##_add_all, \
     .merge = REST##_merge, .read = READ##_read, .put = REST##_put, .get = REST##_get}
#define SUM_OWNING(NAME, ID, TYPE, SIZE, FAMILY, READ, BIG) \
    {.name = NAME, .id = AGGREGATE_##ID, .argument = TYPE_##TYPE, .state_size = SIZE, .add = FAMILY##_add, .add_all = FAMILY##_add_all, \
     .merge = FAMILY##_merge, .read = READ##_read, .clear = FAMILY##_clear, .held_size = FAMILY##_held_size, .put = FAMILY##_put, \
     .get = FAMILY##_get, .out_of_line = BIG}
#define EXTREME_VALUE(NAME, ID, TYPE, WAY) \
    {.name = NAME, .id = AGGREGATE_##ID, .argument = TYPE, .state_size = 24, .add = WAY##_value_add, .add_all = WAY##_value_add_all, \
     .merge = WAY##_value_merge, .read = extreme_value_read, .put = extreme_value_put, .get = extreme_value_get}
#define EXTREME_STRING(NAME, ID, TYPE, WAY) \
    {.name = NAME, .id = AGGREGATE_##ID, .argument = TYPE, .state_size = 24, .add = WAY##_string_add, .add_all = WAY##_string_add_all, \
     .merge = WAY##_string_merge, .read = extreme_string_read, .clear = extreme_string_clear, \
     .held_size = extreme_string_held_size, .put = extreme_string_put, .get = extreme_string_get}
#define EXTREME_KEPT(NAME, ID, WAY) \
    {.name = NAME, .id = AGGREGATE_##ID, .argument = ANY, .state_size = 8, .add = extreme_kept_add, .add_all = extreme_kept_add_all, \
     .merge = extreme_kept_merge, .read = WAY##_kept_read, .clear = extreme_kept_clear, .held_size = extreme_kept_held_size, \
     .put = extreme_kept_put, .get = extreme_kept_get, .keeps_values = true}
/* The plain values come first: a numeric out of line finds its own row. */
#define EXTREMES(NAME, ID, WAY)                                   \
    EXTREME_VALUE(NAME, ID, TYPE_INT2, WAY),                      \
    EXTREME_VALUE(NAME, ID, TYPE_INT4, WAY),                      \
    EXTREME_VALUE(NAME, ID, TYPE_INT8, WAY),                      \
    EXTREME_VALUE(NAME, ID, TYPE_FLOAT4, WAY),                    \
    EXTREME_VALUE(NAME, ID, TYPE_FLOAT8, WAY),                    \
    EXTREME_VALUE(NAME, ID, TYPE_NUMERIC, WAY),                   \
    EXTREME_VALUE(NAME, ID, TYPE_DATE, WAY),                      \
    EXTREME_VALUE(NAME, ID, TYPE_TIME, WAY),                      \
    EXTREME_VALUE(NAME, ID, TYPE_TIMESTAMP, WAY),                 \
    EXTREME_VALUE(NAME, ID, TYPE_TIMESTAMPTZ, WAY),               \
    EXTREME_VALUE(NAME, ID, TYPE_INTERVAL, WAY),                  \
    EXTREME_STRING(NAME, ID, TYPE_TEXT, WAY),                     \
    EXTREME_STRING(NAME, ID, TYPE_VARCHAR, WAY),                  \
    EXTREME_STRING(NAME, ID, TYPE_CHAR, WAY)

const struct aggregate AGGREGATES[] = {
    {.name = "count", .id = AGGREGATE_COUNT_STAR, .argument = TYPE_NULL, .state_size = 8, .add = count_star_add,
     .add_all = count_star_add_all, .merge = count_star_merge, .read = count_star_read, .put = count_star_put, .get = count_star_get},
    {.name = "count", .id = AGGREGATE_COUNT, .argument = ANY, .state_size = 8, .add = count_value_add,
     .add_all = count_value_add_all, .merge = count_star_merge, .read = count_star_read, .put = count_star_put, .get = count_star_get},
    SUM("sum", SUM, INT2, 24, sum_int2, sum_int8, sum_int4),
    SUM("sum", SUM, INT4, 24, sum_int4, sum_int8, sum_int4),
    SUM("sum", SUM, INT8, 24, sum_int8, sum_int8, sum_fixed),
    SUM("sum", SUM, NUMERIC, 24, sum_fixed, sum_int8, sum_fixed),
    SUM_OWNING("sum", SUM, NUMERIC, 16, sum_numeric, sum_numeric, true),
    SUM_OWNING("sum", SUM, FLOAT4, 32, sum_float8, sum_float8, false),
    SUM_OWNING("sum", SUM, FLOAT8, 32, sum_float8, sum_float8, false),
    SUM("sum", SUM, INTERVAL, 56, sum_interval, sum_interval, sum_interval),
    SUM("avg", AVG, INT2, 24, sum_int2, sum_int8, average_wide),
    SUM("avg", AVG, INT4, 24, sum_int4, sum_int8, average_wide),
    SUM("avg", AVG, INT8, 24, sum_int8, sum_int8, average_wide),
    SUM("avg", AVG, NUMERIC, 24, sum_fixed, sum_int8, average_wide),
    SUM_OWNING("avg", AVG, NUMERIC, 16, sum_numeric, average_numeric, true),
    SUM_OWNING("avg", AVG, FLOAT4, 32, sum_float8, average_float, false),
    SUM_OWNING("avg", AVG, FLOAT8, 32, sum_float8, average_float, false),
    SUM("avg", AVG, INTERVAL, 56, sum_interval, sum_interval, average_interval),
    SUM("bool_and", BOOL_AND, BOOL, 16, truth, truth, bool_and),
    SUM("every", BOOL_AND, BOOL, 16, truth, truth, bool_and),
    SUM("bool_or", BOOL_OR, BOOL, 16, truth, truth, bool_or),
    EXTREMES("min", MIN, min),
    EXTREMES("max", MAX, max),
    EXTREMES("any_value", ANY_VALUE, min),
    EXTREME_VALUE("any_value", ANY_VALUE, TYPE_BOOL, min),
    EXTREME_VALUE("any_value", ANY_VALUE, TYPE_UUID, min),
    EXTREME_STRING("any_value", ANY_VALUE, TYPE_BYTEA, min),
    EXTREME_STRING("any_value", ANY_VALUE, TYPE_JSON, min),
    EXTREME_STRING("any_value", ANY_VALUE, TYPE_JSONB, min),
    EXTREME_KEPT("min", MIN, min),
    EXTREME_KEPT("max", MAX, max),
    EXTREME_KEPT("any_value", ANY_VALUE, min),
};
const uint32_t AGGREGATE_COUNT_ALL = sizeof AGGREGATES / sizeof *AGGREGATES;

/* Numerics out of line are strings to min and max. */
static const struct aggregate MIN_NUMERIC = EXTREME_STRING("min", MIN, TYPE_NUMERIC, min);
static const struct aggregate MAX_NUMERIC = EXTREME_STRING("max", MAX, TYPE_NUMERIC, max);
static const struct aggregate ANY_NUMERIC = EXTREME_STRING("any_value", ANY_VALUE, TYPE_NUMERIC, min);

/* Up to 20 digits sums stay within 128 bits whatever the number of rows. */
enum { FIXED_SUM_DIGITS = 20 };

static bool is_extreme(enum aggregate_id id)
{
    return id == AGGREGATE_MIN || id == AGGREGATE_MAX || id == AGGREGATE_ANY_VALUE;
}

static bool sums_out_of_line(struct type t)
{
    return t.id == TYPE_NUMERIC && (t.precision == 0 || t.precision > FIXED_SUM_DIGITS);
}

static const struct aggregate *find_row(enum aggregate_id id, struct type argument, bool keeps_values, bool out_of_line)
{
    for (uint32_t i = 0; i < AGGREGATE_COUNT_ALL; i++) {
        const struct aggregate *a = &AGGREGATES[i];
        bool takes_type = a->argument == ANY || a->argument == argument.id || id == AGGREGATE_COUNT_STAR;
        if (a->id == id && takes_type && a->keeps_values == keeps_values && a->out_of_line == out_of_line)
            return a;
    }
    return NULL;
}

const struct aggregate *aggregate_select(enum aggregate_id id, struct type argument, bool retractable)
{
    if (!is_extreme(id))
        return find_row(id, argument, false, (id == AGGREGATE_SUM || id == AGGREGATE_AVG) && sums_out_of_line(argument));
    const struct aggregate *plain = find_row(id, argument, false, false);
    if (plain == NULL || retractable)
        return plain == NULL ? NULL : find_row(id, argument, true, false);
    if (argument.id == TYPE_NUMERIC && argument.precision == 0)
        return id == AGGREGATE_MIN ? &MIN_NUMERIC : id == AGGREGATE_MAX ? &MAX_NUMERIC : &ANY_NUMERIC;
    return plain;
}

bool aggregate_find(const char *name, enum aggregate_id *out)
{
    for (uint32_t i = 0; i < AGGREGATE_COUNT_ALL; i++) {
        if (strcasecmp(AGGREGATES[i].name, name) != 0)
            continue;
        /* the table begins with count(*), which a name alone does not mean */
        *out = AGGREGATES[i].id == AGGREGATE_COUNT_STAR ? AGGREGATE_COUNT : AGGREGATES[i].id;
        return true;
    }
    return false;
}

static struct type sum_type(struct type argument)
{
    switch (argument.id) {
    case TYPE_INT2:
    case TYPE_INT4:
        return type_of(TYPE_INT8);
    case TYPE_INT8:
        return type_numeric(NUMERIC_PRECISION_MAX, 0);
    case TYPE_NUMERIC:
        return sums_out_of_line(argument) ? type_numeric(0, 0) : type_numeric(NUMERIC_PRECISION_MAX, argument.scale);
    default:
        return argument;
    }
}

static struct type average_type(struct type argument)
{
    if (argument.id == TYPE_FLOAT4 || argument.id == TYPE_FLOAT8)
        return type_of(TYPE_FLOAT8);
    return argument.id == TYPE_INTERVAL ? argument : type_numeric(0, 0);
}

static struct type result_type(enum aggregate_id id, struct type argument)
{
    switch (id) {
    case AGGREGATE_COUNT_STAR:
    case AGGREGATE_COUNT:
        return type_of(TYPE_INT8);
    case AGGREGATE_SUM:
        return sum_type(argument);
    case AGGREGATE_AVG:
        return average_type(argument);
    case AGGREGATE_BOOL_AND:
    case AGGREGATE_BOOL_OR:
        return type_of(TYPE_BOOL);
    default:
        return argument.id == TYPE_VARCHAR ? type_of(TYPE_TEXT) : argument;
    }
}

static const char *name_of(enum aggregate_id id)
{
    for (uint32_t i = 0; i < AGGREGATE_COUNT_ALL; i++)
        if (AGGREGATES[i].id == id)
            return AGGREGATES[i].name;
    return "aggregate";
}

enum status aggregate_result_type(enum aggregate_id id, struct type argument, struct type *out, struct error *err)
{
    if (aggregate_select(id, argument, false) == NULL) {
        char name[TYPE_NAME_SIZE];
        bool unknown = argument.id == TYPE_NULL && id != AGGREGATE_BOOL_AND && id != AGGREGATE_BOOL_OR;
        type_base_name(argument, name);
        if (unknown) {
            enum status st = error_set(err, STATUS_AMBIGUOUS_FUNCTION, "function %s(%s) is not unique", name_of(id), name);
            error_hint(err, "Could not choose a best candidate function. You might need to add explicit type casts.");
            return st;
        }
        enum status st = error_set(err, STATUS_UNDEFINED_FUNCTION, "function %s(%s) does not exist", name_of(id), name);
        error_hint(err, "No function matches the given name and argument types. You might need to add explicit type casts.");
        return st;
    }
    *out = result_type(id, argument);
    return STATUS_OK;
}
