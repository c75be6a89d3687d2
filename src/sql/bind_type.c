/* bind_type.c - a type as it is written: pg_catalog.int4, numeric(12,2), varchar(20), timestamp(3). */
#include "sql/bind.h"

/* PostgreSQL's types that leat has not, so that the error says so instead of "does not exist". */
static bool is_postgres_type(const char *name)
{
    static const char *const NAMES[] = {"bit",        "box",           "cidr",         "circle",    "hstore",
                                        "inet",       "int2vector",    "int4range",    "int8range", "jsonpath",
                                        "line",       "lseg",          "macaddr",      "macaddr8",  "money",
                                        "name",       "numrange",      "oid",          "oidvector", "path",
                                        "pg_lsn",     "point",         "polygon",      "record",    "regclass",
                                        "regproc",    "regtype",       "regnamespace", "regrole",   "serial",
                                        "serial2",    "serial4",       "serial8",      "bigserial", "smallserial",
                                        "timetz",     "tsquery",       "tsrange",      "tstzrange", "daterange",
                                        "tsvector",   "txid_snapshot", "varbit",       "xid",       "xml",
                                        "regoper",    "regprocedure",  "regconfig",    "cstring",   "void",
                                        "anyelement", "char"};
    return bind_is_listed(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

static enum status read_modifiers(struct binder *b, const PgQuery__TypeName *name, int64_t *out, size_t room,
                                  size_t *count)
{
    *count = name->n_typmods;
    for (size_t i = 0; i < name->n_typmods; i++) {
        const PgQuery__Node *node = name->typmods[i];
        if (i >= room || node->node_case != PG_QUERY__NODE__NODE_A_CONST ||
            node->a_const->val_case != PG_QUERY__A__CONST__VAL_IVAL)
            return error_set_at(b->err, STATUS_SYNTAX_ERROR, bind_position(b, name->location),
                                "type modifiers must be simple constants or identifiers");
        out[i] = node->a_const->ival->ival;
    }
    return STATUS_OK;
}

static enum status modify_numeric(struct binder *b, const int64_t *modifiers, size_t count, int position,
                                  struct type *type)
{
    int64_t precision = modifiers[0];
    int64_t scale = count > 1 ? modifiers[1] : 0;
    if (precision < 1 || precision > 1000)
        return error_set_at(b->err, STATUS_INVALID_PARAMETER, position,
                            "NUMERIC precision %lld must be between 1 and 1000", (long long)precision);
    if (scale < -1000 || scale > 1000)
        return error_set_at(b->err, STATUS_INVALID_PARAMETER, position,
                            "NUMERIC scale %lld must be between -1000 and 1000", (long long)scale);
    if (precision > 38 || scale < 0 || scale > precision) {
        error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position, "numeric(%lld,%lld) is not supported",
                     (long long)precision, (long long)scale);
        error_hint(
            b->err,
            "numeric(p,s) has at most 38 digits and a scale from 0 to p; numeric without them holds any number.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    *type = type_numeric((unsigned)precision, (int)scale);
    return STATUS_OK;
}

enum { INTERVAL_SECOND = 1 << 12 }; /* among the fields of an interval, which are the first modifier: all of them if there are none */

bool bind_has_interval_fields(const PgQuery__TypeName *name)
{
    return name->n_names != 0 && name->n_array_bounds == 0 && name->n_typmods != 0 &&
           strcmp(bind_string(name->names[name->n_names - 1]), "interval") == 0 &&
           name->typmods[0]->node_case == PG_QUERY__NODE__NODE_A_CONST &&
           name->typmods[0]->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL;
}

struct type bind_interval_type(const PgQuery__TypeName *name)
{
    struct type type = type_of(TYPE_INTERVAL);
    const PgQuery__Node *precision = name->n_typmods > 1 ? name->typmods[1] : NULL;
    if (precision != NULL && precision->node_case == PG_QUERY__NODE__NODE_A_CONST) {
        int digits = precision->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL ? precision->a_const->ival->ival : 6;
        type.precision = (uint8_t)(digits < 0 ? 0 : digits > 6 ? 6 : digits);
    }
    return type;
}

static enum status modify(struct binder *b, const PgQuery__TypeName *name, struct type *type)
{
    int64_t modifiers[2] = {0};
    size_t count;
    int position = bind_position(b, name->location);
    char text[TYPE_NAME_SIZE];
    TRY(read_modifiers(b, name, modifiers, 2, &count));
    switch (type->id) {
    case TYPE_NUMERIC:
        return modify_numeric(b, modifiers, count, position, type);
    case TYPE_VARCHAR:
    case TYPE_CHAR:
        if (modifiers[0] < 1)
            return error_set_at(b->err, STATUS_INVALID_PARAMETER, position, "length for type %s must be at least 1",
                                type->id == TYPE_CHAR ? "char" : "varchar");
        if (modifiers[0] > 10485760)
            return error_set_at(b->err, STATUS_INVALID_PARAMETER, position, "length for type %s cannot exceed 10485760",
                                type->id == TYPE_CHAR ? "char" : "varchar");
        type->length = (int32_t)modifiers[0];
        return STATUS_OK;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        type->precision = (uint8_t)(modifiers[0] < 0 ? 0 : modifiers[0] > 6 ? 6 : modifiers[0]);
        return STATUS_OK;
    case TYPE_INTERVAL:
        if ((modifiers[0] & INTERVAL_SECOND) == 0) /* 'literals' are cut where they stand: bind_interval_literal() */
            return bind_unsupported(b, name->location, "an interval that ends before its seconds");
        *type = bind_interval_type(name);
        return STATUS_OK;
    default:
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, position, "type modifier is not allowed for type \"%s\"",
                            type_name(*type, text, sizeof text));
    }
}

enum status bind_type(struct binder *b, const PgQuery__TypeName *name, struct type *out)
{
    if (name->n_array_bounds != 0)
        return bind_unsupported(b, name->location, "an array type");
    if (name->setof || name->pct_type || name->n_names == 0)
        return bind_unsupported(b, name->location, "this kind of type");
    const char *last = bind_string(name->names[name->n_names - 1]);
    bool qualified = name->n_names > 1 && strcmp(bind_string(name->names[0]), "pg_catalog") != 0;
    if (qualified || type_from_name(last, out, NULL) != STATUS_OK || out->id == TYPE_NULL) {
        if (!qualified && is_postgres_type(last))
            return bind_unsupported(b, name->location, "type \"%s\"", last);
        int position = bind_position(b, name->location);
        if (qualified && strcmp(bind_string(name->names[0]), "public") != 0)
            return error_set_at(b->err, STATUS_INVALID_SCHEMA_NAME, position, "schema \"%s\" does not exist",
                                bind_string(name->names[0]));
        return error_set_at(b->err, STATUS_UNDEFINED_OBJECT, position, "type \"%s%s\" does not exist",
                            qualified ? "public." : "", last);
    }
    if (strcmp(last, "bpchar") == 0 && name->n_typmods == 0)
        out->length = 0;
    return name->n_typmods == 0 ? STATUS_OK : modify(b, name, out);
}
