/* type.h - SQL types and how their values lie in memory.
 *
 * A type is a small value, compared and copied freely. Names, OIDs and rules
 * are PostgreSQL's. The physical form is a function of the type alone.
 */
#ifndef LEAT_DATA_TYPE_H
#define LEAT_DATA_TYPE_H

#include "base/status.h"

enum type_id {
    TYPE_NULL, /* of an untyped NULL; "unknown" literals are resolved by the binder */
    TYPE_BOOL,
    TYPE_INT2,
    TYPE_INT4,
    TYPE_INT8,
    TYPE_FLOAT4,
    TYPE_FLOAT8,
    TYPE_NUMERIC,
    TYPE_TEXT,
    TYPE_VARCHAR,
    TYPE_CHAR, /* bpchar: blank-padded on input, trailing blanks do not count in comparisons */
    TYPE_BYTEA,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_TIMESTAMP,
    TYPE_TIMESTAMPTZ,
    TYPE_INTERVAL,
    TYPE_UUID,
    TYPE_JSON,
    TYPE_JSONB, /* kept as canonical text: keys sorted by length then bytes, last duplicate wins, as jsonb prints */
    TYPE_COUNT
};

struct type {
    uint8_t id;        /* enum type_id */
    uint8_t precision; /* numeric(p, s): 1..38 = 128-bit form with scale s; 0 = unconstrained, out-of-line form.
                          time types: fractional digits kept, as declared; 6 unless declared */
    int16_t scale;     /* numeric: 0..38; out of line as declared, -1000..1000 */
    int32_t length;    /* varchar(n), char(n): characters; 0 = no limit. Out-of-line numeric: its declared precision,
                          0 = unconstrained */
};

/* How one value lies in a vector's array. */
enum physical {
    PHYSICAL_U8,       /* bool: 0 or 1 */
    PHYSICAL_I16,
    PHYSICAL_I32,      /* int4; date: days since 1970-01-01 */
    PHYSICAL_I64,      /* int8; time: µs since midnight; timestamp, timestamptz: µs since 1970-01-01 (UTC) */
    PHYSICAL_F32,
    PHYSICAL_F64,
    PHYSICAL_I128,     /* numeric(p <= 38, s): the value times 10^s. 16-byte aligned */
    PHYSICAL_INTERVAL, /* struct interval, 16 bytes */
    PHYSICAL_UUID,     /* 16 raw bytes */
    PHYSICAL_STRING    /* struct string: text kinds, bytea, json; out-of-line numeric (data/numeric.h) */
};

__extension__ typedef __int128 int128;            /* a number, not a struct: the one typedef */
__extension__ typedef unsigned __int128 uint128;

struct interval {
    int64_t microseconds;
    int32_t days;
    int32_t months;
};

/* dates and timestamps: PostgreSQL's 'infinity' and '-infinity' */
#define DATE_INFINITY INT32_MAX
#define DATE_MINUS_INFINITY INT32_MIN
#define TIMESTAMP_INFINITY INT64_MAX
#define TIMESTAMP_MINUS_INFINITY INT64_MIN

static inline struct type type_of(enum type_id id)
{
    bool has_fraction = id == TYPE_TIME || id == TYPE_TIMESTAMP || id == TYPE_TIMESTAMPTZ || id == TYPE_INTERVAL;
    return (struct type){.id = (uint8_t)id, .precision = has_fraction ? 6 : 0};
}
static inline struct type type_numeric(unsigned precision, int scale)
{
    return (struct type){.id = TYPE_NUMERIC, .precision = (uint8_t)precision, .scale = (int16_t)scale};
}
/* numeric(precision 1..1000, scale -1000..1000): 128-bit where it fits there, else out of line with a limit. */
static inline struct type type_numeric_declared(int32_t precision, int32_t scale)
{
    if (precision <= 38 && scale >= 0 && scale <= 38)
        return type_numeric((unsigned)precision, (int)scale);
    return (struct type){.id = TYPE_NUMERIC, .scale = (int16_t)scale, .length = precision};
}
/* The declared precision of a numeric, 0 if there is none. */
static inline int32_t type_numeric_precision(struct type t)
{
    return t.precision != 0 ? t.precision : t.length;
}
bool type_equal(struct type a, struct type b); /* with modifiers */
enum physical type_physical(struct type t);
size_t physical_size(enum physical p); /* bytes per value: 1, 2, 4, 8 or 16 */
static inline size_t type_size(struct type t)
{
    return physical_size(type_physical(t));
}
bool type_is_text(struct type t);    /* text, varchar, char */
bool type_is_integer(struct type t); /* int2, int4, int8 */
bool type_is_number(struct type t);
bool type_is_string(struct type t);  /* physical form is struct string */

/* "numeric(12,2)", "timestamp with time zone", as format_type() prints. Writes at most size bytes; returns buffer. */
const char *type_name(struct type t, char *buffer, size_t size);
/* The type without its modifiers, as messages name it, in a buffer of TYPE_NAME_SIZE; returns buffer. */
const char *type_base_name(struct type t, char *buffer);
enum { TYPE_NAME_SIZE = 64 };
/* The type of a PostgreSQL name without modifiers ("int4", "integer", "text", "timestamptz", "string"), case-insensitive.
 * STATUS_UNDEFINED_OBJECT if there is none. */
CHECKED enum status type_from_name(const char *name, struct type *out, struct error *err);
/* From "numeric(12, 2)" with modifiers, as type_name writes it and as options spell it. */
CHECKED enum status type_from_text(const char *text, struct type *out, struct error *err);
uint32_t type_oid(struct type t);      /* PostgreSQL's pg_type OID */
int32_t type_modifier(struct type t);  /* PostgreSQL's atttypmod, -1 if none */
int16_t type_wire_size(struct type t); /* PostgreSQL's typlen: -1 for variable */

#endif
