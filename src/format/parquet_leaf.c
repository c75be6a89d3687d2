/* parquet_leaf.c - which leat type a Parquet column has.
 *
 * The logical type wins over the older converted type; a file has one, both or
 * none. An annotation that does not fit its physical type is refused rather
 * than ignored: the values would mean something else.
 */
#include "format/parquet_format.h"

struct annotation {
    int32_t logical;
    int32_t unit;
    int32_t bits;
    bool is_signed;
    bool is_utc;
};

static struct annotation from_converted(const struct parquet_element *e)
{
    switch ((enum parquet_converted)e->converted) {
    case PARQUET_CONVERTED_UTF8:
        return (struct annotation){.logical = PARQUET_LOGICAL_STRING};
    case PARQUET_CONVERTED_ENUM:
        return (struct annotation){.logical = PARQUET_LOGICAL_ENUM};
    case PARQUET_CONVERTED_DECIMAL:
        return (struct annotation){.logical = PARQUET_LOGICAL_DECIMAL};
    case PARQUET_CONVERTED_DATE:
        return (struct annotation){.logical = PARQUET_LOGICAL_DATE};
    case PARQUET_CONVERTED_TIME_MS:
        return (struct annotation){.logical = PARQUET_LOGICAL_TIME, .unit = PARQUET_MILLIS, .is_utc = true};
    case PARQUET_CONVERTED_TIME_US:
        return (struct annotation){.logical = PARQUET_LOGICAL_TIME, .unit = PARQUET_MICROS, .is_utc = true};
    case PARQUET_CONVERTED_TIMESTAMP_MS:
        return (struct annotation){.logical = PARQUET_LOGICAL_TIMESTAMP, .unit = PARQUET_MILLIS, .is_utc = true};
    case PARQUET_CONVERTED_TIMESTAMP_US:
        return (struct annotation){.logical = PARQUET_LOGICAL_TIMESTAMP, .unit = PARQUET_MICROS, .is_utc = true};
    case PARQUET_CONVERTED_UINT8:
    case PARQUET_CONVERTED_UINT16:
    case PARQUET_CONVERTED_UINT32:
    case PARQUET_CONVERTED_UINT64:
        return (struct annotation){.logical = PARQUET_LOGICAL_INTEGER, .bits = 8 << (e->converted - PARQUET_CONVERTED_UINT8)};
    case PARQUET_CONVERTED_INT8:
    case PARQUET_CONVERTED_INT16:
    case PARQUET_CONVERTED_INT32:
    case PARQUET_CONVERTED_INT64:
        return (struct annotation){.logical = PARQUET_LOGICAL_INTEGER, .bits = 8 << (e->converted - PARQUET_CONVERTED_INT8),
                                   .is_signed = true};
    case PARQUET_CONVERTED_JSON:
        return (struct annotation){.logical = PARQUET_LOGICAL_JSON};
    case PARQUET_CONVERTED_BSON:
        return (struct annotation){.logical = PARQUET_LOGICAL_BSON};
    default:
        return (struct annotation){.logical = PARQUET_LOGICAL_NONE};
    }
}

static void becomes(struct parquet_leaf *leaf, struct type type, enum parquet_conversion conversion)
{
    leaf->type = type;
    leaf->conversion = conversion;
}

static void refuse(struct parquet_leaf *leaf, const char *why)
{
    leaf->type = type_of(TYPE_NULL);
    leaf->refusal = why;
}

static void resolve_plain(struct parquet_leaf *leaf, bool binary_as_text)
{
    static const enum type_id IDS[] = {
        [PARQUET_BOOLEAN] = TYPE_BOOL,    [PARQUET_INT32] = TYPE_INT4,       [PARQUET_INT64] = TYPE_INT8,
        [PARQUET_INT96] = TYPE_TIMESTAMP, [PARQUET_FLOAT] = TYPE_FLOAT4,     [PARQUET_DOUBLE] = TYPE_FLOAT8,
        [PARQUET_BYTE_ARRAY] = TYPE_BYTEA, [PARQUET_FIXED] = TYPE_BYTEA,
    };
    enum parquet_conversion conversion = PARQUET_AS_IS;
    if (leaf->physical == PARQUET_BYTE_ARRAY || leaf->physical == PARQUET_FIXED)
        conversion = PARQUET_BYTES;
    if (leaf->physical == PARQUET_INT96)
        conversion = PARQUET_INT96_TO_TIMESTAMP;
    becomes(leaf, type_of(IDS[leaf->physical]), conversion);
    if (leaf->physical == PARQUET_BYTE_ARRAY && binary_as_text)
        becomes(leaf, type_of(TYPE_TEXT), PARQUET_UTF8);
}

static void resolve_bytes(struct parquet_leaf *leaf, enum type_id id, enum parquet_conversion conversion)
{
    if (leaf->physical == PARQUET_BYTE_ARRAY || leaf->physical == PARQUET_FIXED)
        becomes(leaf, type_of(id), conversion);
    else
        refuse(leaf, "is annotated as text or bytes but stored as numbers");
}

static void resolve_decimal(struct parquet_leaf *leaf, const struct parquet_element *e)
{
    bool narrow = e->precision <= 38;
    if (e->precision < 1 || e->scale < 0 || e->scale > e->precision || e->precision > 1000) {
        refuse(leaf, "is a decimal whose precision and scale are not possible");
        return;
    }
    struct type type = narrow ? type_numeric((unsigned)e->precision, e->scale) : type_numeric(0, 0);
    if (leaf->physical == PARQUET_INT32 && e->precision <= 18)
        becomes(leaf, type, PARQUET_INT32_TO_NUMERIC);
    else if (leaf->physical == PARQUET_INT64 && narrow)
        becomes(leaf, type, PARQUET_INT64_TO_NUMERIC);
    else if (leaf->physical == PARQUET_BYTE_ARRAY || leaf->physical == PARQUET_FIXED)
        becomes(leaf, type, narrow ? PARQUET_BYTES_TO_NUMERIC : PARQUET_BYTES_TO_WIDE_NUMERIC);
    else
        refuse(leaf, "is a decimal stored in a type that does not hold it");
    leaf->scale = (uint32_t)e->scale;
}

static void resolve_time(struct parquet_leaf *leaf, const struct annotation *a)
{
    if (leaf->physical == PARQUET_INT32 && a->unit == PARQUET_MILLIS)
        becomes(leaf, type_of(TYPE_TIME), PARQUET_TIME_MS);
    else if (leaf->physical == PARQUET_INT64 && a->unit == PARQUET_MICROS)
        becomes(leaf, type_of(TYPE_TIME), PARQUET_TIME_US);
    else if (leaf->physical == PARQUET_INT64 && a->unit == PARQUET_NANOS)
        becomes(leaf, type_of(TYPE_TIME), PARQUET_NANOSECONDS);
    else
        refuse(leaf, "is a time of an unknown unit or width");
}

static void resolve_timestamp(struct parquet_leaf *leaf, const struct annotation *a)
{
    struct type type = type_of(a->is_utc ? TYPE_TIMESTAMPTZ : TYPE_TIMESTAMP);
    if (leaf->physical != PARQUET_INT64)
        refuse(leaf, "is a timestamp that is not stored in 64 bits");
    else if (a->unit == PARQUET_MILLIS)
        becomes(leaf, type, PARQUET_MILLISECONDS);
    else if (a->unit == PARQUET_MICROS)
        becomes(leaf, type, PARQUET_AS_IS);
    else if (a->unit == PARQUET_NANOS)
        becomes(leaf, type, PARQUET_NANOSECONDS);
    else
        refuse(leaf, "is a timestamp of an unknown unit");
}

static void resolve_integer(struct parquet_leaf *leaf, const struct annotation *a)
{
    bool fits = leaf->physical == (a->bits == 64 ? PARQUET_INT64 : PARQUET_INT32);
    leaf->is_unsigned = !a->is_signed;
    leaf->bits = (uint32_t)a->bits;
    if (!fits || (a->bits != 8 && a->bits != 16 && a->bits != 32 && a->bits != 64))
        refuse(leaf, "is an integer whose width does not fit its storage");
    else if (a->bits == 8 || (a->bits == 16 && a->is_signed))
        becomes(leaf, type_of(TYPE_INT2), PARQUET_TO_INT16);
    else if (a->bits == 16)
        becomes(leaf, type_of(TYPE_INT4), PARQUET_UINT16_TO_INT32);
    else if (a->bits == 32)
        becomes(leaf, type_of(a->is_signed ? TYPE_INT4 : TYPE_INT8), a->is_signed ? PARQUET_AS_IS : PARQUET_UINT32_TO_INT64);
    else
        becomes(leaf, a->is_signed ? type_of(TYPE_INT8) : type_numeric(20, 0),
                a->is_signed ? PARQUET_AS_IS : PARQUET_UINT64_TO_NUMERIC);
}

static void resolve_fixed(struct parquet_leaf *leaf, uint32_t width, enum type_id id, enum parquet_conversion conversion)
{
    if (leaf->physical == PARQUET_FIXED && leaf->width == width)
        becomes(leaf, type_of(id), conversion);
    else
        refuse(leaf, "has a logical type of another width than its storage");
}

static void resolve_annotated(struct parquet_leaf *leaf, const struct parquet_element *e, const struct annotation *a,
                              bool binary_as_text)
{
    switch ((enum parquet_logical)a->logical) {
    case PARQUET_LOGICAL_STRING:
    case PARQUET_LOGICAL_ENUM:
        resolve_bytes(leaf, TYPE_TEXT, PARQUET_UTF8);
        break;
    case PARQUET_LOGICAL_JSON:
        resolve_bytes(leaf, TYPE_JSON, PARQUET_JSON);
        break;
    case PARQUET_LOGICAL_BSON:
        resolve_bytes(leaf, TYPE_BYTEA, PARQUET_BYTES);
        break;
    case PARQUET_LOGICAL_DECIMAL:
        resolve_decimal(leaf, e);
        break;
    case PARQUET_LOGICAL_DATE:
        becomes(leaf, type_of(TYPE_DATE), PARQUET_AS_IS);
        if (leaf->physical != PARQUET_INT32)
            refuse(leaf, "is a date that is not stored in 32 bits");
        break;
    case PARQUET_LOGICAL_TIME:
        resolve_time(leaf, a);
        break;
    case PARQUET_LOGICAL_TIMESTAMP:
        resolve_timestamp(leaf, a);
        break;
    case PARQUET_LOGICAL_INTEGER:
        resolve_integer(leaf, a);
        break;
    case PARQUET_LOGICAL_UUID:
        resolve_fixed(leaf, 16, TYPE_UUID, PARQUET_TO_UUID);
        break;
    case PARQUET_LOGICAL_FLOAT16:
        resolve_fixed(leaf, 2, TYPE_FLOAT4, PARQUET_TO_FLOAT);
        break;
    case PARQUET_LOGICAL_UNKNOWN: /* always NULL, in any storage */
    case PARQUET_LOGICAL_NONE:
        resolve_plain(leaf, binary_as_text);
        break;
    default:
        refuse(leaf, "has a logical type that leat does not read");
    }
}

void parquet_leaf_resolve(struct parquet_leaf *leaf, const struct parquet_element *e, bool binary_as_text)
{
    static const uint32_t WIDTHS[] = {[PARQUET_INT32] = 4, [PARQUET_INT64] = 8, [PARQUET_INT96] = 12,
                                      [PARQUET_FLOAT] = 4, [PARQUET_DOUBLE] = 8};
    enum { FIXED_WIDTH_MAX = 1 << 24 };
    if (e->physical < PARQUET_BOOLEAN || e->physical > PARQUET_FIXED) {
        refuse(leaf, "has a storage type that leat does not read");
        return;
    }
    leaf->physical = (enum parquet_physical)e->physical;
    leaf->optional = e->repetition == PARQUET_OPTIONAL;
    if (leaf->physical == PARQUET_FIXED) {
        leaf->width = (uint32_t)e->width;
        if (e->width < 1 || e->width > FIXED_WIDTH_MAX) {
            refuse(leaf, "has values of an impossible fixed width");
            return;
        }
    } else if (leaf->physical != PARQUET_BYTE_ARRAY && leaf->physical != PARQUET_BOOLEAN) {
        leaf->width = WIDTHS[leaf->physical];
    }
    struct annotation a = {e->logical, e->unit, e->precision, e->is_signed, e->is_utc};
    if (e->logical == PARQUET_LOGICAL_NONE)
        a = from_converted(e);
    if (e->logical == PARQUET_LOGICAL_NONE && e->converted == PARQUET_CONVERTED_INTERVAL)
        resolve_fixed(leaf, 12, TYPE_INTERVAL, PARQUET_TO_INTERVAL);
    else
        resolve_annotated(leaf, e, &a, binary_as_text);
}
