/* cast.c - which casts there are (PostgreSQL 15's pg_cast), and wrapping an expression in one. */
#include "expr/cast_kernels.h"
#include "expr/coerce.h"
#include "expr/error.h"

struct cast {
    uint8_t from, to;
    uint8_t context; /* the least explicit one in which it is used */
    struct function function;
};

enum { ANY = 255 };

#define CAST_ENTRY(FROM, TO, CONTEXT, VOLATILITY, KERNEL)                                              \
    {TYPE_##FROM, TYPE_##TO, CAST_##CONTEXT,                                                           \
     {.name = "cast", .signature = #FROM " to " #TO, .argument_count = 1, .strict = true,              \
      .volatility = VOLATILITY_##VOLATILITY, .arguments = {TYPE_##FROM}, .result = TYPE_##TO,          \
      .kernel = KERNEL, .summary = "conversion between types"}}

static const struct cast CASTS[] = {
    CAST_ENTRY(INT2, INT4, IMPLICIT, IMMUTABLE, cast_int2_int4),
    CAST_ENTRY(INT2, INT8, IMPLICIT, IMMUTABLE, cast_int2_int8),
    CAST_ENTRY(INT2, FLOAT4, IMPLICIT, IMMUTABLE, cast_int2_float4),
    CAST_ENTRY(INT2, FLOAT8, IMPLICIT, IMMUTABLE, cast_int2_float8),
    CAST_ENTRY(INT2, NUMERIC, IMPLICIT, IMMUTABLE, cast_integer_numeric),
    CAST_ENTRY(INT4, INT2, ASSIGNMENT, IMMUTABLE, cast_int4_int2),
    CAST_ENTRY(INT4, INT8, IMPLICIT, IMMUTABLE, cast_int4_int8),
    CAST_ENTRY(INT4, FLOAT4, IMPLICIT, IMMUTABLE, cast_int4_float4),
    CAST_ENTRY(INT4, FLOAT8, IMPLICIT, IMMUTABLE, cast_int4_float8),
    CAST_ENTRY(INT4, NUMERIC, IMPLICIT, IMMUTABLE, cast_integer_numeric),
    CAST_ENTRY(INT4, BOOL, EXPLICIT, IMMUTABLE, cast_int4_bool),
    CAST_ENTRY(BOOL, INT4, EXPLICIT, IMMUTABLE, cast_bool_int4),
    CAST_ENTRY(INT8, INT2, ASSIGNMENT, IMMUTABLE, cast_int8_int2),
    CAST_ENTRY(INT8, INT4, ASSIGNMENT, IMMUTABLE, cast_int8_int4),
    CAST_ENTRY(INT8, FLOAT4, IMPLICIT, IMMUTABLE, cast_int8_float4),
    CAST_ENTRY(INT8, FLOAT8, IMPLICIT, IMMUTABLE, cast_int8_float8),
    CAST_ENTRY(INT8, NUMERIC, IMPLICIT, IMMUTABLE, cast_integer_numeric),
    CAST_ENTRY(FLOAT4, INT2, ASSIGNMENT, IMMUTABLE, cast_float4_int2),
    CAST_ENTRY(FLOAT4, INT4, ASSIGNMENT, IMMUTABLE, cast_float4_int4),
    CAST_ENTRY(FLOAT4, INT8, ASSIGNMENT, IMMUTABLE, cast_float4_int8),
    CAST_ENTRY(FLOAT4, FLOAT8, IMPLICIT, IMMUTABLE, cast_float4_float8),
    CAST_ENTRY(FLOAT4, NUMERIC, ASSIGNMENT, IMMUTABLE, cast_float_numeric),
    CAST_ENTRY(FLOAT8, INT2, ASSIGNMENT, IMMUTABLE, cast_float8_int2),
    CAST_ENTRY(FLOAT8, INT4, ASSIGNMENT, IMMUTABLE, cast_float8_int4),
    CAST_ENTRY(FLOAT8, INT8, ASSIGNMENT, IMMUTABLE, cast_float8_int8),
    CAST_ENTRY(FLOAT8, FLOAT4, ASSIGNMENT, IMMUTABLE, cast_float8_float4),
    CAST_ENTRY(FLOAT8, NUMERIC, ASSIGNMENT, IMMUTABLE, cast_float_numeric),
    CAST_ENTRY(NUMERIC, INT2, ASSIGNMENT, IMMUTABLE, cast_numeric_integer),
    CAST_ENTRY(NUMERIC, INT4, ASSIGNMENT, IMMUTABLE, cast_numeric_integer),
    CAST_ENTRY(NUMERIC, INT8, ASSIGNMENT, IMMUTABLE, cast_numeric_integer),
    CAST_ENTRY(NUMERIC, FLOAT4, IMPLICIT, IMMUTABLE, cast_numeric_float),
    CAST_ENTRY(NUMERIC, FLOAT8, IMPLICIT, IMMUTABLE, cast_numeric_float),
    CAST_ENTRY(NUMERIC, NUMERIC, IMPLICIT, IMMUTABLE, cast_numeric_numeric),
    CAST_ENTRY(BOOL, TEXT, ASSIGNMENT, IMMUTABLE, cast_bool_text),
    CAST_ENTRY(BOOL, VARCHAR, ASSIGNMENT, IMMUTABLE, cast_bool_text),
    CAST_ENTRY(BOOL, CHAR, ASSIGNMENT, IMMUTABLE, cast_bool_text),
    CAST_ENTRY(DATE, TIMESTAMP, IMPLICIT, IMMUTABLE, cast_date_timestamp),
    CAST_ENTRY(DATE, TIMESTAMPTZ, IMPLICIT, STABLE, cast_date_timestamptz),
    CAST_ENTRY(TIME, INTERVAL, IMPLICIT, IMMUTABLE, cast_time_interval),
    CAST_ENTRY(TIME, TIME, IMPLICIT, IMMUTABLE, cast_time_precision),
    CAST_ENTRY(TIMESTAMP, DATE, ASSIGNMENT, IMMUTABLE, cast_timestamp_date),
    CAST_ENTRY(TIMESTAMP, TIME, ASSIGNMENT, IMMUTABLE, cast_timestamp_time),
    CAST_ENTRY(TIMESTAMP, TIMESTAMPTZ, IMPLICIT, STABLE, cast_timestamp_timestamptz),
    CAST_ENTRY(TIMESTAMP, TIMESTAMP, IMPLICIT, IMMUTABLE, cast_time_precision),
    CAST_ENTRY(TIMESTAMPTZ, DATE, ASSIGNMENT, STABLE, cast_timestamptz_date),
    CAST_ENTRY(TIMESTAMPTZ, TIME, ASSIGNMENT, STABLE, cast_timestamptz_time),
    CAST_ENTRY(TIMESTAMPTZ, TIMESTAMP, ASSIGNMENT, STABLE, cast_timestamptz_timestamp),
    CAST_ENTRY(TIMESTAMPTZ, TIMESTAMPTZ, IMPLICIT, IMMUTABLE, cast_time_precision),
    CAST_ENTRY(INTERVAL, TIME, ASSIGNMENT, IMMUTABLE, cast_interval_time),
    CAST_ENTRY(INTERVAL, INTERVAL, IMPLICIT, IMMUTABLE, cast_interval_precision),
    CAST_ENTRY(JSON, JSONB, ASSIGNMENT, IMMUTABLE, cast_json_jsonb),
    CAST_ENTRY(JSONB, JSON, ASSIGNMENT, IMMUTABLE, cast_relabel),
    CAST_ENTRY(JSONB, BOOL, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, INT2, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, INT4, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, INT8, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, FLOAT4, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, FLOAT8, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
    CAST_ENTRY(JSONB, NUMERIC, EXPLICIT, IMMUTABLE, cast_jsonb_scalar),
};
enum { CAST_COUNT = sizeof CASTS / sizeof *CASTS };

#define FAMILY(SIGNATURE, VOLATILITY, KERNEL)                                                                \
    {.name = "cast", .signature = SIGNATURE, .argument_count = 1, .strict = true,                            \
     .volatility = VOLATILITY_##VOLATILITY, .arguments = {ANY}, .result = ANY, .kernel = KERNEL,             \
     .summary = "conversion between types"}

static const struct function RELABEL = FAMILY("same form", IMMUTABLE, cast_relabel);
static const struct function TEXT_CUT = FAMILY("text, cut to length", IMMUTABLE, cast_text_cut);
static const struct function TEXT_FIT = FAMILY("text, refused when too long", IMMUTABLE, cast_text_fit);
static const struct function TO_TEXT = FAMILY("to text", IMMUTABLE, cast_any_text);
static const struct function TO_TEXT_FIT = FAMILY("to text, refused when too long", IMMUTABLE, cast_any_text_strict);
static const struct function TO_TEXT_STABLE = FAMILY("to text, in the time zone", STABLE, cast_any_text);
static const struct function FROM_TEXT = FAMILY("from text", IMMUTABLE, cast_text_any);
static const struct function FROM_TEXT_STABLE = FAMILY("from text, in the time zone", STABLE, cast_text_any);

static bool depends_on_zone(enum type_id id)
{
    return id == TYPE_DATE || id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ;
}

static const struct function *find_among_text(struct type from, struct type to, enum cast_context context)
{
    if (to.length == 0 && from.id != TYPE_CHAR)
        return &RELABEL;
    if (to.length != 0 && from.id == TYPE_VARCHAR && to.id == TYPE_VARCHAR && from.length != 0 && from.length <= to.length)
        return &RELABEL;
    return context == CAST_EXPLICIT ? &TEXT_CUT : &TEXT_FIT;
}

/* Through the types' text forms: to text wherever an assignment would, from text only when asked for. */
static const struct function *find_through_text(struct type from, struct type to, enum cast_context context)
{
    if (type_is_text(to) && context != CAST_IMPLICIT) {
        if (context == CAST_ASSIGNMENT && to.length != 0)
            return &TO_TEXT_FIT;
        return from.id == TYPE_TIMESTAMPTZ ? &TO_TEXT_STABLE : &TO_TEXT;
    }
    if (type_is_text(from) && context == CAST_EXPLICIT)
        return depends_on_zone(to.id) ? &FROM_TEXT_STABLE : &FROM_TEXT;
    return NULL;
}

/* The cast function from one type to another in a context, modifiers included; NULL if there is none. Not for unknown literals. */
static const struct function *cast_find(struct type from, struct type to, enum cast_context context)
{
    if (type_equal(from, to))
        return &RELABEL;
    if (type_is_text(from) && type_is_text(to))
        return find_among_text(from, to, context);
    for (unsigned i = 0; i < CAST_COUNT; i++)
        if (CASTS[i].from == from.id && CASTS[i].to == to.id)
            return context >= (enum cast_context)CASTS[i].context ? &CASTS[i].function : NULL;
    if (from.id == to.id)
        return &RELABEL;
    return find_through_text(from, to, context);
}

bool cast_exists(struct type from, struct type to, enum cast_context context)
{
    return from.id == TYPE_NULL || cast_find(from, to, context) != NULL;
}

char type_category(enum type_id id)
{
    switch (id) {
    case TYPE_BOOL:
        return 'B';
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8:
    case TYPE_FLOAT4:
    case TYPE_FLOAT8:
    case TYPE_NUMERIC:
        return 'N';
    case TYPE_TEXT:
    case TYPE_VARCHAR:
    case TYPE_CHAR:
        return 'S';
    case TYPE_DATE:
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return 'D';
    case TYPE_INTERVAL:
        return 'T';
    case TYPE_NULL:
        return 'X';
    default:
        return 'U';
    }
}

bool type_is_preferred(enum type_id id)
{
    return id == TYPE_BOOL || id == TYPE_FLOAT8 || id == TYPE_TEXT || id == TYPE_TIMESTAMPTZ || id == TYPE_INTERVAL;
}

struct type argument_type(struct type from, enum type_id wanted)
{
    if (from.id == wanted)
        return from;
    if (wanted == TYPE_NUMERIC && type_is_integer(from))
        return type_numeric(from.id == TYPE_INT2 ? 5 : from.id == TYPE_INT4 ? 10 : 19, 0);
    return type_of(wanted);
}

static unsigned digits_of(int128 v)
{
    unsigned digits = 1;
    while (digits < NUMERIC_PRECISION_MAX && !int128_fits(v, digits))
        digits++;
    return digits;
}

struct expr *numeric_constant_compact(struct expr *e, struct arena *arena)
{
    if (e->kind != EXPR_CONSTANT || e->type.id != TYPE_NUMERIC || e->type.precision != 0 || !vector_is_valid(&e->constant, 0))
        return e;
    const struct string *value = e->constant.values;
    if (numeric_is_special(value))
        return e;
    const uint8_t *bytes = string_bytes(value).data;
    int scale = bytes[2] | bytes[3] << 8;
    int128 exact;
    if (scale > NUMERIC_PRECISION_MAX
        || numeric_convert(e->type, value, type_numeric(NUMERIC_PRECISION_MAX, scale), arena, &exact, NULL) != STATUS_OK)
        return e;
    unsigned digits = digits_of(exact);
    struct type type = type_numeric(digits < (unsigned)scale ? (unsigned)scale : digits, scale);
    struct expr *compact = expr_constant(type, &exact, arena);
    compact->position = e->position;
    return compact;
}

/* A literal of unknown type is read as the bare type first: its modifiers are a cast of their own, which may cut or refuse. */
static enum status read_literal(const struct expr *e, struct type type, const struct text_context *text,
                                struct arena *arena, struct expr **out, struct error *err)
{
    if (!vector_is_valid(&e->constant, 0)) {
        *out = expr_constant(type, NULL, arena);
        (*out)->position = e->position;
        return STATUS_OK;
    }
    const struct string *literal = e->constant.values;
    struct type bare = type_of((enum type_id)type.id);
    _Alignas(16) unsigned char value[16];
    enum status st = value_parse(bare, string_data(literal), literal->size, text, arena, value, err);
    if (st != STATUS_OK) {
        if (err != NULL && err->position == 0)
            err->position = e->position;
        return st;
    }
    *out = expr_constant(bare, value, arena);
    (*out)->position = e->position;
    return STATUS_OK;
}

static struct expr *wrap(struct expr *e, const struct function *f, struct type type, struct arena *arena)
{
    struct expr *call = expr_call(f, type, &e, 1, arena);
    call->position = e->position;
    return call;
}

/* Whether the target keeps fewer digits of a second, and comes from another type that is no text (whose parser rounds by itself). */
static bool rounds_time(struct type from, struct type to)
{
    bool has_fraction = to.id == TYPE_TIME || to.id == TYPE_TIMESTAMP || to.id == TYPE_TIMESTAMPTZ || to.id == TYPE_INTERVAL;
    return has_fraction && to.precision < 6 && from.id != to.id && !type_is_text(from);
}

enum status expr_cast(struct expr *e, struct type type, enum cast_context context, const struct text_context *text,
                      struct arena *arena, struct expr **out, struct error *err)
{
    bool is_literal = e->kind == EXPR_CONSTANT && e->type.id == TYPE_NULL;
    if (is_literal)
        TRY(read_literal(e, type, text, arena, &e, err));
    *out = e;
    if (type_equal(e->type, type))
        return STATUS_OK;
    if (rounds_time(e->type, type)) { /* the other type first, then its digits */
        TRY(expr_cast(e, type_of((enum type_id)type.id), context, text, arena, &e, err));
        return expr_cast(e, type, context, text, arena, out, err);
    }
    const struct function *f = cast_find(e->type, type, context);
    if (f == NULL) {
        char from_name[TYPE_NAME_SIZE], to_name[TYPE_NAME_SIZE];
        return error_set_at(err, STATUS_CANNOT_COERCE, e->position, "cannot cast type %s to %s",
                            type_base_name(e->type, from_name), type_base_name(type, to_name));
    }
    struct expr *call = wrap(e, f, type, arena);
    /* folding goes down the tree in place, and e may be one that another, written alike, must stay equal to (GROUP BY) */
    *out = e->kind == EXPR_CONSTANT ? expr_fold(call, text, arena) : call;
    if (is_literal && *out == call && f->volatility == VOLATILITY_IMMUTABLE) {
        struct error_words words;
        error_words_init(&words);
        struct evaluation evaluation = {.arena = arena, .text = *text, .words = &words};
        const struct batch one_row = {.row_count = 1};
        struct vector v;
        enum status st = expr_evaluate(call, &one_row, &evaluation, &v, err);
        if (st == STATUS_OK)
            st = row_error_status(&words, vector_error(&v, 0), err);
        error_words_clear(&words);
        return st;
    }
    return STATUS_OK;
}

/* ---- the common type ---- */

static bool can_coerce(struct type from, struct type to)
{
    return from.id == to.id || cast_exists(type_of((enum type_id)from.id), type_of((enum type_id)to.id), CAST_IMPLICIT);
}

/* The modifiers survive only where all agree; numerics in 128 bits need only agree in the scale, which is all that shows. */
static struct type common_modifiers(enum type_id id, const struct type *types, uint32_t count)
{
    struct type common = types[0];
    for (uint32_t i = 0; i < count; i++) {
        if (types[i].id != id)
            return type_of(id);
        bool same_scale = id == TYPE_NUMERIC && types[i].precision != 0
            && common.precision != 0 && types[i].scale == common.scale;
        if (!same_scale && !type_equal(types[i], common))
            return type_of(id);
        if (types[i].precision > common.precision)
            common = types[i];
    }
    return common;
}

enum status type_common(const struct type *types, uint32_t count, const char *construct, struct type *out, struct error *err)
{
    enum type_id common = TYPE_NULL;
    char a_name[TYPE_NAME_SIZE], b_name[TYPE_NAME_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        enum type_id next = (enum type_id)types[i].id;
        if (next == TYPE_NULL || next == common)
            continue;
        if (common == TYPE_NULL) {
            common = next;
        } else if (type_category(next) != type_category(common)) {
            return error_set(err, STATUS_DATATYPE_MISMATCH, "%s types %s and %s cannot be matched", construct,
                             type_base_name(type_of(common), a_name), type_base_name(types[i], b_name));
        } else if (!type_is_preferred(common) && can_coerce(type_of(common), types[i]) && !can_coerce(types[i], type_of(common))) {
            common = next;
        }
    }
    if (common == TYPE_NULL)
        common = TYPE_TEXT;
    for (uint32_t i = 0; i < count; i++)
        if (!can_coerce(types[i], type_of(common)))
            return error_set(err, STATUS_CANNOT_COERCE, "%s could not convert type %s to %s", construct,
                             type_base_name(types[i], a_name), type_base_name(type_of(common), b_name));
    *out = common_modifiers(common, types, count);
    return STATUS_OK;
}
