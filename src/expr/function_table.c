/* function_table.c - the one table of functions, put together from its families. */
#include "expr/function_kernels.h"
#include "expr/numeric_type.h"

enum { LOOSE = 1, VARIADIC = 2, STABLE = 4, VOLATILE = 8 };
enum { ANY = 255 };
enum {
    BOOL = TYPE_BOOL, INT2 = TYPE_INT2, INT4 = TYPE_INT4, INT8 = TYPE_INT8, FLOAT4 = TYPE_FLOAT4, FLOAT8 = TYPE_FLOAT8,
    NUMERIC = TYPE_NUMERIC, TEXT = TYPE_TEXT, CHAR = TYPE_CHAR, BYTEA = TYPE_BYTEA, DATE = TYPE_DATE, TIME = TYPE_TIME,
    TIMESTAMP = TYPE_TIMESTAMP, TIMESTAMPTZ = TYPE_TIMESTAMPTZ, INTERVAL = TYPE_INTERVAL, UUID = TYPE_UUID,
    JSON = TYPE_JSON, JSONB = TYPE_JSONB
};

#define A0 .argument_count = 0
#define A1(a) .argument_count = 1, .arguments = {a}
#define A2(a, b) .argument_count = 2, .arguments = {a, b}
#define A3(a, b, c) .argument_count = 3, .arguments = {a, b, c}
#define A4(a, b, c, d) .argument_count = 4, .arguments = {a, b, c, d}
#define A5(a, b, c, d, e) .argument_count = 5, .arguments = {a, b, c, d, e}
#define A6(a, b, c, d, e, f) .argument_count = 6, .arguments = {a, b, c, d, e, f}
#define A7(a, b, c, d, e, f, g) .argument_count = 7, .arguments = {a, b, c, d, e, f, g}
#define FUNCTION(NAME, SIGNATURE, FLAGS, ARGUMENTS, RESULT, RESULT_TYPE, KERNEL, SUMMARY)                               \
    {.name = NAME, .signature = SIGNATURE, ARGUMENTS, .variadic = ((FLAGS) & VARIADIC) != 0,                            \
     .strict = ((FLAGS) & LOOSE) == 0,                                                                                  \
     .volatility = (FLAGS) & VOLATILE ? VOLATILITY_VOLATILE : (FLAGS) & STABLE ? VOLATILITY_STABLE : VOLATILITY_IMMUTABLE, \
     .result = RESULT, .result_type = RESULT_TYPE, .kernel = KERNEL, .summary = SUMMARY},

const struct function FUNCTIONS[] = {
#include "expr/functions.def"
};
const uint32_t FUNCTION_COUNT = sizeof FUNCTIONS / sizeof *FUNCTIONS;

#define ABSENT(NAME, ARGUMENTS) {.name = NAME, ARGUMENTS},
const struct function ABSENT_FUNCTIONS[] = {
#include "expr/functions_absent.def"
};
const uint32_t ABSENT_FUNCTION_COUNT = sizeof ABSENT_FUNCTIONS / sizeof *ABSENT_FUNCTIONS;
