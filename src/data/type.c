/* type.c - the one table of types: names, OIDs, sizes. */
#include "data/type.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct type_info {
    const char *name; /* as format_type() prints */
    uint32_t oid;
    int16_t wire_size;
    enum physical physical;
};

static const struct type_info TYPES[TYPE_COUNT] = {
    [TYPE_NULL] = {"unknown", 705, -2, PHYSICAL_U8},
    [TYPE_BOOL] = {"boolean", 16, 1, PHYSICAL_U8},
    [TYPE_INT2] = {"smallint", 21, 2, PHYSICAL_I16},
    [TYPE_INT4] = {"integer", 23, 4, PHYSICAL_I32},
    [TYPE_INT8] = {"bigint", 20, 8, PHYSICAL_I64},
    [TYPE_FLOAT4] = {"real", 700, 4, PHYSICAL_F32},
    [TYPE_FLOAT8] = {"double precision", 701, 8, PHYSICAL_F64},
    [TYPE_NUMERIC] = {"numeric", 1700, -1, PHYSICAL_STRING},
    [TYPE_TEXT] = {"text", 25, -1, PHYSICAL_STRING},
    [TYPE_VARCHAR] = {"character varying", 1043, -1, PHYSICAL_STRING},
    [TYPE_CHAR] = {"character", 1042, -1, PHYSICAL_STRING},
    [TYPE_BYTEA] = {"bytea", 17, -1, PHYSICAL_STRING},
    [TYPE_DATE] = {"date", 1082, 4, PHYSICAL_I32},
    [TYPE_TIME] = {"time", 1083, 8, PHYSICAL_I64},
    [TYPE_TIMESTAMP] = {"timestamp", 1114, 8, PHYSICAL_I64},
    [TYPE_TIMESTAMPTZ] = {"timestamp", 1184, 8, PHYSICAL_I64},
    [TYPE_INTERVAL] = {"interval", 1186, 16, PHYSICAL_INTERVAL},
    [TYPE_UUID] = {"uuid", 2950, 16, PHYSICAL_UUID},
    [TYPE_JSON] = {"json", 114, -1, PHYSICAL_STRING},
    [TYPE_JSONB] = {"jsonb", 3802, -1, PHYSICAL_STRING},
};

/* Every spelling that is understood, lower case, single blanks. */
static const struct {
    const char *name;
    enum type_id id;
} TYPE_NAMES[] = {
    {"unknown", TYPE_NULL},
    {"bool", TYPE_BOOL},
    {"boolean", TYPE_BOOL},
    {"int2", TYPE_INT2},
    {"smallint", TYPE_INT2},
    {"int4", TYPE_INT4},
    {"int", TYPE_INT4},
    {"integer", TYPE_INT4},
    {"int8", TYPE_INT8},
    {"bigint", TYPE_INT8},
    {"float4", TYPE_FLOAT4},
    {"real", TYPE_FLOAT4},
    {"float8", TYPE_FLOAT8},
    {"float", TYPE_FLOAT8},
    {"double", TYPE_FLOAT8},
    {"double precision", TYPE_FLOAT8},
    {"numeric", TYPE_NUMERIC},
    {"decimal", TYPE_NUMERIC},
    {"dec", TYPE_NUMERIC},
    {"text", TYPE_TEXT},
    {"string", TYPE_TEXT},
    {"varchar", TYPE_VARCHAR},
    {"character varying", TYPE_VARCHAR},
    {"char varying", TYPE_VARCHAR},
    {"bpchar", TYPE_CHAR},
    {"char", TYPE_CHAR},
    {"character", TYPE_CHAR},
    {"bytea", TYPE_BYTEA},
    {"bytes", TYPE_BYTEA},
    {"date", TYPE_DATE},
    {"time", TYPE_TIME},
    {"time without time zone", TYPE_TIME},
    {"timestamp", TYPE_TIMESTAMP},
    {"timestamp without time zone", TYPE_TIMESTAMP},
    {"timestamptz", TYPE_TIMESTAMPTZ},
    {"timestamp with time zone", TYPE_TIMESTAMPTZ},
    {"timestamp with local time zone", TYPE_TIMESTAMPTZ},
    {"timestamp_ltz", TYPE_TIMESTAMPTZ},
    {"interval", TYPE_INTERVAL},
    {"uuid", TYPE_UUID},
    {"json", TYPE_JSON},
    {"jsonb", TYPE_JSONB},
};

bool type_equal(struct type a, struct type b)
{
    return a.id == b.id && a.precision == b.precision && a.scale == b.scale && a.length == b.length;
}

enum physical type_physical(struct type t)
{
    assert(t.id < TYPE_COUNT);
    if (t.id == TYPE_NUMERIC && t.precision != 0)
        return PHYSICAL_I128;
    return TYPES[t.id].physical;
}

size_t physical_size(enum physical p)
{
    static const uint8_t SIZES[] = {
        [PHYSICAL_U8] = 1,   [PHYSICAL_I16] = 2,   [PHYSICAL_I32] = 4,       [PHYSICAL_I64] = 8,   [PHYSICAL_F32] = 4,
        [PHYSICAL_F64] = 8,  [PHYSICAL_I128] = 16, [PHYSICAL_INTERVAL] = 16, [PHYSICAL_UUID] = 16, [PHYSICAL_STRING] = 16,
    };
    return SIZES[p];
}

bool type_is_text(struct type t)
{
    return t.id == TYPE_TEXT || t.id == TYPE_VARCHAR || t.id == TYPE_CHAR;
}

bool type_is_integer(struct type t)
{
    return t.id == TYPE_INT2 || t.id == TYPE_INT4 || t.id == TYPE_INT8;
}

bool type_is_number(struct type t)
{
    return t.id >= TYPE_INT2 && t.id <= TYPE_NUMERIC;
}

bool type_is_string(struct type t)
{
    return type_physical(t) == PHYSICAL_STRING;
}

const char *type_name(struct type t, char *buffer, size_t size)
{
    const char *name = TYPES[t.id].name;
    char fraction[8] = "";
    if (t.precision < 6)
        snprintf(fraction, sizeof fraction, "(%u)", (unsigned)t.precision);
    if (t.id == TYPE_NUMERIC && type_numeric_precision(t) != 0)
        snprintf(buffer, size, "%s(%d,%d)", name, type_numeric_precision(t), t.scale);
    else if ((t.id == TYPE_VARCHAR || t.id == TYPE_CHAR) && t.length != 0)
        snprintf(buffer, size, "%s(%d)", name, (int)t.length);
    else if (t.id == TYPE_CHAR)
        snprintf(buffer, size, "bpchar");
    else if (t.id == TYPE_TIME || t.id == TYPE_TIMESTAMP)
        snprintf(buffer, size, "%s%s without time zone", name, fraction);
    else if (t.id == TYPE_TIMESTAMPTZ)
        snprintf(buffer, size, "%s%s with time zone", name, fraction);
    else if (t.id == TYPE_INTERVAL)
        snprintf(buffer, size, "%s%s", name, fraction);
    else
        snprintf(buffer, size, "%s", name);
    return buffer;
}

const char *type_base_name(struct type t, char *buffer)
{
    if (t.id == TYPE_CHAR)
        return strcpy(buffer, "character"); /* "bpchar" is what a column without a length is called */
    return type_name(type_of((enum type_id)t.id), buffer, TYPE_NAME_SIZE);
}

/* Lower case, blanks trimmed and made single. False if it does not fit. */
static bool fold_name(const char *name, size_t name_size, char *out, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < name_size; i++) {
        unsigned char c = (unsigned char)name[i];
        bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (blank && (used == 0 || out[used - 1] == ' '))
            continue;
        if (used + 1 >= size)
            return false;
        out[used++] = (char)(blank ? ' ' : tolower(c));
    }
    if (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
    return true;
}

static bool find_name(const char *folded, struct type *out)
{
    for (size_t i = 0; i < sizeof TYPE_NAMES / sizeof *TYPE_NAMES; i++) {
        if (strcmp(TYPE_NAMES[i].name, folded) != 0)
            continue;
        *out = type_of(TYPE_NAMES[i].id);
        if (out->id == TYPE_CHAR && strcmp(folded, "bpchar") != 0)
            out->length = 1; /* char is char(1) unless a length follows */
        return true;
    }
    return false;
}

enum status type_from_name(const char *name, struct type *out, struct error *err)
{
    char folded[TYPE_NAME_SIZE];
    if (!fold_name(name, strlen(name), folded, sizeof folded) || !find_name(folded, out))
        return error_set(err, STATUS_UNDEFINED_OBJECT, "type \"%s\" does not exist", name);
    return STATUS_OK;
}

enum { NUMERIC_DECLARED_MAX = 1000, TEXT_LENGTH_MAX = 10485760 };

/* Applies 1 or 2 declared modifiers ("(12, 2)", "(10)") to a type without them. 22023, 42601. */
static enum status type_set_modifiers(struct type *t, const int32_t *modifiers, int count, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    switch (t->id) {
    case TYPE_NUMERIC: {
        int32_t precision = modifiers[0], scale = count > 1 ? modifiers[1] : 0;
        if (precision < 1 || precision > NUMERIC_DECLARED_MAX)
            return error_set(err, STATUS_INVALID_PARAMETER, "NUMERIC precision %d must be between 1 and 1000", (int)precision);
        if (scale < -NUMERIC_DECLARED_MAX || scale > NUMERIC_DECLARED_MAX)
            return error_set(err, STATUS_INVALID_PARAMETER, "NUMERIC scale %d must be between -1000 and 1000", (int)scale);
        *t = type_numeric_declared(precision, scale);
        return STATUS_OK;
    }
    case TYPE_VARCHAR:
    case TYPE_CHAR: {
        const char *kind = t->id == TYPE_CHAR ? "char" : "varchar";
        if (modifiers[0] < 1)
            return error_set(err, STATUS_INVALID_PARAMETER, "length for type %s must be at least 1", kind);
        if (modifiers[0] > TEXT_LENGTH_MAX)
            return error_set(err, STATUS_INVALID_PARAMETER, "length for type %s cannot exceed %d", kind, TEXT_LENGTH_MAX);
        t->length = modifiers[0];
        return STATUS_OK;
    }
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
    case TYPE_INTERVAL:
        if (modifiers[0] < 0)
            return error_set(err, STATUS_INVALID_PARAMETER, "%s(%d) precision must not be negative", TYPES[t->id].name,
                             (int)modifiers[0]);
        t->precision = (uint8_t)(modifiers[0] > 6 ? 6 : modifiers[0]);
        return STATUS_OK;
    case TYPE_FLOAT8: /* float(p) */
        if (modifiers[0] < 1)
            return error_set(err, STATUS_INVALID_PARAMETER, "precision for type float must be at least 1 bit");
        if (modifiers[0] > 53)
            return error_set(err, STATUS_INVALID_PARAMETER, "precision for type float must be less than 54 bits");
        *t = type_of(modifiers[0] <= 24 ? TYPE_FLOAT4 : TYPE_FLOAT8);
        return STATUS_OK;
    default:
        return error_set(err, STATUS_SYNTAX_ERROR, "type modifier is not allowed for type \"%s\"",
                         type_name(*t, name, sizeof name));
    }
}

/* "12, 2" up to the closing parenthesis. */
static bool parse_modifiers(const char *text, const char *close, int32_t *modifiers, int *count)
{
    *count = 0;
    for (const char *at = text; at < close && *count < 2;) {
        char *end;
        long v = strtol(at, &end, 10);
        if (end == at || v < -1000000000 || v > 1000000000)
            return false;
        modifiers[(*count)++] = (int32_t)v;
        while (*end == ' ')
            end++;
        if (end == close)
            return true;
        if (*end != ',')
            return false;
        at = end + 1;
    }
    return false;
}

enum status type_from_text(const char *text, struct type *out, struct error *err)
{
    const char *open = strchr(text, '(');
    if (open == NULL)
        return type_from_name(text, out, err);
    const char *close = strchr(open, ')');
    int32_t modifiers[2];
    int count = 0;
    char rest[TYPE_NAME_SIZE], folded[TYPE_NAME_SIZE];
    if (close == NULL || !parse_modifiers(open + 1, close, modifiers, &count))
        return error_set(err, STATUS_SYNTAX_ERROR, "invalid type \"%s\"", text);
    /* the words around the parentheses: "timestamp(3) with time zone" */
    int written = snprintf(rest, sizeof rest, "%.*s %s", (int)(open - text), text, close + 1);
    if (written < 0 || (size_t)written >= sizeof rest || !fold_name(rest, (size_t)written, folded, sizeof folded) ||
        !find_name(folded, out))
        return error_set(err, STATUS_UNDEFINED_OBJECT, "type \"%s\" does not exist", text);
    return type_set_modifiers(out, modifiers, count, err);
}

uint32_t type_oid(struct type t)
{
    return TYPES[t.id].oid;
}

int32_t type_modifier(struct type t)
{
    switch (t.id) {
    case TYPE_NUMERIC:
        return type_numeric_precision(t) == 0 ? -1 : ((type_numeric_precision(t) << 16) | (t.scale & 0x7ff)) + 4;
    case TYPE_VARCHAR:
    case TYPE_CHAR:
        return t.length == 0 ? -1 : t.length + 4;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        return t.precision == 6 ? -1 : t.precision;
    case TYPE_INTERVAL:
        return t.precision == 6 ? -1 : (0x7fff << 16) | t.precision;
    default:
        return -1;
    }
}

int16_t type_wire_size(struct type t)
{
    return TYPES[t.id].wire_size;
}
