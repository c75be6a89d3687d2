/* bind_expr.c - one expression of the parser's tree into a typed one. Functions, operators, types and subqueries have files of their own. */
#include "sql/bind.h"

struct expr *bind_text_constant(struct binder *b, const char *text, int position)
{
    struct string value = string_make(text, strlen(text));
    struct expr *e = expr_constant(type_of(TYPE_TEXT), &value, b->arena);
    e->position = position;
    return e;
}

static struct expr *bind_int_constant(struct binder *b, enum type_id id, int64_t value, int position)
{
    int32_t narrow = (int32_t)value;
    struct expr *e = expr_constant(type_of(id), id == TYPE_INT4 ? (const void *)&narrow : &value, b->arena);
    e->position = position;
    return e;
}

static struct expr *bind_bool_constant(struct binder *b, bool value, int position)
{
    uint8_t byte = value;
    struct expr *e = expr_constant(type_of(TYPE_BOOL), &byte, b->arena);
    e->position = position;
    return e;
}

int bind_start(const struct expr *e)
{
    int start = e->position;
    for (uint32_t i = 0; i < e->argument_count; i++) {
        int inner = bind_start(e->arguments[i]);
        if (inner > 0 && (start == 0 || inner < start))
            start = inner;
    }
    return start;
}

/* Which parameters an expression stands for, if any: see struct parameters. */
static int parameter_of(const struct binder *b, const struct expr *e)
{
    for (uint32_t i = 0; b->parameters != NULL && i < b->parameters->marker_count; i++)
        if (b->parameters->markers[i] == e)
            return (int)b->parameters->marker_numbers[i];
    return -1;
}

static void learn_parameter(struct binder *b, const struct expr *e, struct type type)
{
    int number = parameter_of(b, e);
    if (number >= 0 && type.id != TYPE_NULL && b->parameters->types[number].id == TYPE_NULL)
        b->parameters->types[number] = type_of((enum type_id)type.id);
}

enum status bind_cast(struct binder *b, struct expr *e, struct type type, enum cast_context context, struct expr **out)
{
    learn_parameter(b, e, type);
    struct error *err = b->err;
    int position = e->position;
    enum status st = expr_cast(e, type, context, &b->text, b->arena, out, err);
    if (st != STATUS_OK && err != NULL && err->position == 0)
        err->position = position;
    if (st == STATUS_OK && (*out)->position == 0)
        (*out)->position = position;
    return st;
}

enum status bind_call(struct binder *b, const char *name, bool is_operator, struct expr **arguments, uint32_t count,
                      int position, struct expr **out)
{
    struct expr **given = ARENA_ARRAY(b->arena, struct expr *, count + 1);
    for (uint32_t i = 0; i < count; i++)
        given[i] = arguments[i];
    enum status st = function_bind(name, is_operator, arguments, count, position, &b->text, b->arena, out, b->err);
    if (st != STATUS_OK) {
        if (b->err != NULL && b->err->position == 0)
            b->err->position = position;
        return st;
    }
    if ((*out)->position == 0)
        (*out)->position = position;
    for (uint32_t i = 0; i < count && i < (*out)->argument_count && (*out)->kind == EXPR_CALL; i++)
        learn_parameter(b, given[i], (*out)->arguments[i]->type);
    return STATUS_OK;
}

enum status bind_resolve_unknown(struct binder *b, struct expr *e, struct expr **out)
{
    *out = e;
    if (e->type.id == TYPE_NULL && e->kind == EXPR_COLUMN) /* a column that its file's reader refuses */
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, e->position, "columns of nested types are not supported");
    return e->type.id == TYPE_NULL ? bind_cast(b, e, type_of(TYPE_TEXT), CAST_IMPLICIT, out) : STATUS_OK;
}

enum status bind_common(struct binder *b, struct expr **expressions, uint32_t count, const char *construct,
                        int position, struct type *type)
{
    struct type *types = ARENA_ARRAY(b->arena, struct type, count + 1);
    for (uint32_t i = 0; i < count; i++)
        types[i] = expressions[i]->type;
    enum status st = type_common(types, count, construct, type, NULL);
    for (uint32_t i = 1; st != STATUS_OK && i < count; i++) /* the first that does not fit those before it */
        if (type_common(types, i + 1, construct, type, b->err) != STATUS_OK) {
            if (b->err->position == 0)
                b->err->position = bind_start(expressions[i]) != 0 ? bind_start(expressions[i]) : position;
            return st;
        }
    if (type->id == TYPE_NULL)
        *type = type_of(TYPE_TEXT);
    for (uint32_t i = 0; i < count; i++)
        TRY(bind_cast(b, expressions[i], *type, CAST_IMPLICIT, &expressions[i]));
    return STATUS_OK;
}

enum status bind_condition(struct expr_context *c, const PgQuery__Node *node, const char *construct, struct expr **out)
{
    TRY(bind_expr(c, node, out));
    struct type boolean = type_of(TYPE_BOOL);
    if ((*out)->type.id != TYPE_NULL && (*out)->type.id != TYPE_BOOL) {
        char name[TYPE_NAME_SIZE];
        return error_set_at(c->b->err, STATUS_DATATYPE_MISMATCH, bind_start(*out),
                            "argument of %s must be type boolean, not type %s", construct,
                            type_base_name((*out)->type, name));
    }
    return bind_cast(c->b, *out, boolean, CAST_IMPLICIT, out);
}

/* ---- leaves ---- */

static enum status bind_number(struct binder *b, const char *text, int position, struct expr **out)
{
    int64_t value;
    size_t sign = text[0] == '-'; /* the parser has folded it: -2147483648 is an integer */
    if (strspn(text + sign, "0123456789") == strlen(text + sign) &&
        int64_parse(text, strlen(text), &value, NULL) == STATUS_OK) {
        *out = bind_int_constant(b, value >= INT32_MIN && value <= INT32_MAX ? TYPE_INT4 : TYPE_INT8, value, position);
        return STATUS_OK;
    }
    struct string literal = string_make(text, strlen(text));
    struct expr *unknown = expr_constant(type_of(TYPE_NULL), &literal, b->arena);
    unknown->position = position;
    return bind_cast(b, unknown, type_of(TYPE_NUMERIC), CAST_IMPLICIT, out);
}

static enum status bind_constant(struct binder *b, const PgQuery__AConst *constant, struct expr **out)
{
    int position = bind_position(b, constant->location);
    if (constant->isnull) {
        *out = expr_constant(type_of(TYPE_NULL), NULL, b->arena);
        (*out)->position = position;
        return STATUS_OK;
    }
    switch (constant->val_case) {
    case PG_QUERY__A__CONST__VAL_IVAL:
        *out = bind_int_constant(b, TYPE_INT4, constant->ival->ival, position);
        return STATUS_OK;
    case PG_QUERY__A__CONST__VAL_FVAL:
        return bind_number(b, constant->fval->fval, position, out);
    case PG_QUERY__A__CONST__VAL_BOOLVAL:
        *out = bind_bool_constant(b, constant->boolval->boolval, position);
        return STATUS_OK;
    case PG_QUERY__A__CONST__VAL_SVAL: {
        struct string value = string_make(constant->sval->sval, strlen(constant->sval->sval));
        *out = expr_constant(type_of(TYPE_NULL), &value, b->arena);
        (*out)->position = position;
        return STATUS_OK;
    }
    default:
        return bind_unsupported(b, constant->location, "a bit string constant");
    }
}

static void add_marker(struct binder *b, uint32_t number, struct expr *marker)
{
    struct parameters *p = b->parameters;
    if (p->marker_count == p->marker_capacity) {
        p->marker_capacity = p->marker_capacity * 2 + 8;
        struct expr **markers = ARENA_ARRAY(b->arena, struct expr *, p->marker_capacity);
        uint32_t *numbers = ARENA_ARRAY(b->arena, uint32_t, p->marker_capacity);
        for (uint32_t i = 0; i < p->marker_count; i++) {
            markers[i] = p->markers[i];
            numbers[i] = p->marker_numbers[i];
        }
        p->markers = markers;
        p->marker_numbers = numbers;
    }
    p->markers[p->marker_count] = marker;
    p->marker_numbers[p->marker_count++] = number;
}

enum { PARAMETER_MAX = 65535 };

/* While types are being found a parameter is a NULL: of its type where that is known, else of none. */
static enum status bind_marker(struct binder *b, uint32_t number, int position, struct expr **out)
{
    struct parameters *p = b->parameters;
    if (number > p->count) {
        struct type *grown = ARENA_ARRAY(b->arena, struct type, number);
        if (p->count != 0)
            memcpy(grown, p->types, p->count * sizeof *grown);
        p->types = grown;
        p->count = number;
    }
    *out = expr_constant(p->types[number - 1], NULL, b->arena);
    (*out)->position = position;
    if (p->types[number - 1].id == TYPE_NULL)
        add_marker(b, number - 1, *out);
    return STATUS_OK;
}

static enum status bind_parameter(struct binder *b, const PgQuery__ParamRef *ref, struct expr **out)
{
    int position = bind_position(b, ref->location);
    if (b->parameters != NULL && ref->number > 0 && ref->number <= PARAMETER_MAX)
        return bind_marker(b, (uint32_t)ref->number, position, out);
    if (ref->number <= 0 || (uint32_t)ref->number > b->environment->parameter_count)
        return error_set_at(b->err, STATUS_UNDEFINED_PARAMETER, position, "there is no parameter $%d", ref->number);
    struct expr *copy = ARENA_NEW(b->arena, struct expr);
    *copy = *b->environment->parameters[ref->number - 1];
    copy->position = position;
    *out = copy;
    return STATUS_OK;
}

/* ---- inner nodes ---- */

static enum status bind_list(struct expr_context *c, PgQuery__Node **nodes, size_t count, struct expr ***out)
{
    *out = ARENA_ARRAY(c->b->arena, struct expr *, count + 1);
    for (size_t i = 0; i < count; i++)
        TRY(bind_expr(c, nodes[i], &(*out)[i]));
    return STATUS_OK;
}

static enum status bind_boolean(struct expr_context *c, const PgQuery__BoolExpr *e, struct expr **out)
{
    static const char *const NAMES[] = {"", "AND", "OR", "NOT"};
    struct expr **arguments = ARENA_ARRAY(c->b->arena, struct expr *, e->n_args + 1);
    for (size_t i = 0; i < e->n_args; i++)
        TRY(bind_condition(c, e->args[i], NAMES[e->boolop], &arguments[i]));
    int position = bind_position(c->b, e->location);
    if (e->boolop == PG_QUERY__BOOL_EXPR_TYPE__NOT_EXPR)
        return bind_call(c->b, "not", false, arguments, 1, position, out);
    enum expr_kind kind = e->boolop == PG_QUERY__BOOL_EXPR_TYPE__AND_EXPR ? EXPR_AND : EXPR_OR;
    *out = expr_list(kind, type_of(TYPE_BOOL), arguments, (uint32_t)e->n_args, c->b->arena);
    (*out)->position = position;
    return STATUS_OK;
}

/* CASE x WHEN v: x = v for each, x bound anew so that each = chooses its own types. */
/* value: what CASE compares, NULL if it has conditions. */
static enum status bind_when(struct expr_context *c, struct expr *value, const PgQuery__CaseWhen *when, struct expr **out)
{
    if (value == NULL)
        return bind_condition(c, when->expr, "CASE/WHEN", out);
    struct expr *sides[2] = {value};
    TRY(bind_expr(c, when->expr, &sides[1]));
    return bind_call(c->b, "=", true, sides, 2, bind_position(c->b, when->location), out);
}

static enum status bind_case(struct expr_context *c, const PgQuery__CaseExpr *e, struct expr **out)
{
    struct binder *b = c->b;
    uint32_t when_count = (uint32_t)e->n_args;
    struct expr **arguments = ARENA_ARRAY(b->arena, struct expr *, when_count * 2 + 1);
    struct expr **results =
        ARENA_ARRAY(b->arena, struct expr *, when_count + 1); /* ELSE first: it speaks first on the type */
    struct expr *value = NULL;
    if (e->arg != NULL)
        TRY(bind_expr(c, e->arg, &value));
    if (value != NULL && value->type.id == TYPE_NULL)
        TRY(bind_cast(b, value, type_of(TYPE_TEXT), CAST_IMPLICIT, &value));
    for (uint32_t i = 0; i < when_count; i++) {
        const PgQuery__CaseWhen *when = e->args[i]->case_when;
        TRY(bind_when(c, value, when, &arguments[2 * i]));
        TRY(bind_expr(c, when->result, &results[i + 1]));
    }
    results[0] = expr_constant(type_of(TYPE_NULL), NULL, b->arena);
    if (e->defresult != NULL)
        TRY(bind_expr(c, e->defresult, &results[0]));
    struct type type;
    int position = bind_position(b, e->location);
    TRY(bind_common(b, results, when_count + 1, "CASE", position, &type));
    for (uint32_t i = 0; i < when_count; i++)
        arguments[2 * i + 1] = results[i + 1];
    arguments[2 * when_count] = results[0];
    *out = expr_list(EXPR_CASE, type, arguments, when_count * 2 + 1, b->arena);
    (*out)->position = position;
    return STATUS_OK;
}

static enum status bind_coalesce(struct expr_context *c, const PgQuery__CoalesceExpr *e, struct expr **out)
{
    struct expr **arguments;
    struct type type;
    int position = bind_position(c->b, e->location);
    TRY(bind_list(c, e->args, e->n_args, &arguments));
    TRY(bind_common(c->b, arguments, (uint32_t)e->n_args, "COALESCE", position, &type));
    *out = expr_list(EXPR_COALESCE, type, arguments, (uint32_t)e->n_args, c->b->arena);
    (*out)->position = position;
    return STATUS_OK;
}

static enum status bind_extreme(struct expr_context *c, const PgQuery__MinMaxExpr *e, struct expr **out)
{
    struct expr **arguments;
    struct type type;
    bool greatest = e->op == PG_QUERY__MIN_MAX_OP__IS_GREATEST;
    int position = bind_position(c->b, e->location);
    TRY(bind_list(c, e->args, e->n_args, &arguments));
    TRY(bind_common(c->b, arguments, (uint32_t)e->n_args, greatest ? "GREATEST" : "LEAST", position, &type));
    return bind_call(c->b, greatest ? "greatest" : "least", false, arguments, (uint32_t)e->n_args, position, out);
}

static enum status bind_null_test(struct expr_context *c, const PgQuery__NullTest *e, struct expr **out)
{
    struct expr *argument;
    TRY(bind_expr(c, e->arg, &argument));
    TRY(bind_resolve_unknown(c->b, argument, &argument));
    const char *name = e->nulltesttype == PG_QUERY__NULL_TEST_TYPE__IS_NULL ? "is_null" : "is_not_null";
    return bind_call(c->b, name, false, &argument, 1, bind_position(c->b, e->location), out);
}

static enum status bind_boolean_test(struct expr_context *c, const PgQuery__BooleanTest *e, struct expr **out)
{
    static const char *const NAMES[] = {"",           "is_true",       "is_not_true", "is_false", "is_not_false",
                                        "is_unknown", "is_not_unknown"};
    static const char *const CONSTRUCTS[] = {"",           "IS TRUE",       "IS NOT TRUE", "IS FALSE", "IS NOT FALSE",
                                             "IS UNKNOWN", "IS NOT UNKNOWN"};
    struct expr *argument;
    TRY(bind_condition(c, e->arg, CONSTRUCTS[e->booltesttype], &argument));
    return bind_call(c->b, NAMES[e->booltesttype], false, &argument, 1, bind_position(c->b, e->location), out);
}

/* The unit that fields after INTERVAL end with, as text; NULL if they name none or reach to seconds, and so take nothing away. */
static const char *finest_unit(const PgQuery__TypeName *type)
{
    static const struct {
        int bit;
        const char *unit;
    } FIELDS[] = {{1 << 12, NULL}, {1 << 11, "minute"}, {1 << 10, "hour"}, {1 << 3, "day"}, {1 << 1, "month"}, {1 << 2, "year"}};
    if (!bind_has_interval_fields(type))
        return NULL;
    int mask = type->typmods[0]->a_const->ival->ival;
    for (size_t i = 0; i < sizeof FIELDS / sizeof FIELDS[0]; i++)
        if (mask & FIELDS[i].bit)
            return FIELDS[i].unit;
    return NULL;
}

/* What is finer than the unit goes, as PostgreSQL has it. */
static void cut_interval(struct interval *v, const char *unit)
{
    int64_t step = strcmp(unit, "minute") == 0 ? 60000000 : strcmp(unit, "hour") == 0 ? INT64_C(3600000000) : 0;
    v->microseconds = step == 0 ? 0 : v->microseconds / step * step;
    if (strcmp(unit, "month") == 0 || strcmp(unit, "year") == 0)
        v->days = 0;
    if (strcmp(unit, "year") == 0)
        v->months = v->months / 12 * 12;
}

/* INTERVAL '5' MINUTE, '1 2:03'::interval day to hour: the last field is the unit of a bare number, and the finest that stays. */
static enum status bind_interval_literal(struct expr_context *c, const PgQuery__TypeCast *cast, const PgQuery__AConst *literal,
                                         struct expr **out)
{
    struct binder *b = c->b;
    const char *text = literal->sval->sval, *unit = finest_unit(cast->type_name);
    bool is_number = strspn(text, "+-.0123456789 ") == strlen(text) && strpbrk(text, "0123456789") != NULL;
    const char *whole = unit != NULL && is_number ? arena_printf(b->arena, "%s %s", text, unit) : text;
    struct string value = string_make(whole, strlen(whole));
    struct expr *e = expr_constant(type_of(TYPE_NULL), &value, b->arena);
    e->position = bind_position(b, literal->location);
    enum status st = bind_cast(b, e, bind_interval_type(cast->type_name), CAST_EXPLICIT, out);
    if (st == STATUS_INVALID_DATETIME_FORMAT) /* names the text as it was written */
        return error_set_at(b->err, st, e->position, "invalid input syntax for type interval: \"%.900s\"", text);
    TRY(st);
    if (unit != NULL && (*out)->kind == EXPR_CONSTANT)
        cut_interval(VECTOR_INTERVAL(&(*out)->constant), unit);
    return STATUS_OK;
}

static enum status bind_type_cast(struct expr_context *c, const PgQuery__TypeCast *cast, struct expr **out)
{
    struct binder *b = c->b;
    const PgQuery__AConst *constant = cast->arg->node_case == PG_QUERY__NODE__NODE_A_CONST ? cast->arg->a_const : NULL;
    if (constant != NULL && !constant->isnull && constant->val_case == PG_QUERY__A__CONST__VAL_SVAL &&
        bind_has_interval_fields(cast->type_name))
        return bind_interval_literal(c, cast, constant, out);
    struct type type;
    struct expr *e;
    TRY(bind_type(b, cast->type_name, &type));
    TRY(bind_expr(c, cast->arg, &e));
    bool is_literal = e->kind == EXPR_CONSTANT && e->type.id == TYPE_NULL;
    int start = bind_start(e);
    int keyword = bind_position(b, cast->location); /* of CAST, or the :: behind */
    if (!is_literal && keyword > 0 && (start == 0 || keyword < start))
        start = keyword;
    enum status st = bind_cast(b, e, type, CAST_EXPLICIT, out);
    if (st == STATUS_CANNOT_COERCE && b->err != NULL && cast->location >= 0)
        b->err->position = bind_position(b, cast->location);
    if (st == STATUS_OK && *out != e)
        (*out)->position = start;
    return st;
}

/* Collations: text sorts by bytes, so only those that say the same are taken. */
static enum status bind_collate(struct expr_context *c, const PgQuery__CollateClause *collate, struct expr **out)
{
    const char *name = bind_string(collate->collname[collate->n_collname - 1]);
    if (strcmp(name, "default") != 0 && strcmp(name, "C") != 0 && strcmp(name, "POSIX") != 0 &&
        strcmp(name, "ucs_basic") != 0)
        return bind_unsupported(c->b, collate->location, "collation \"%s\"", name);
    return bind_expr(c, collate->arg, out);
}

static enum status bind_sql_value(struct expr_context *c, const PgQuery__SQLValueFunction *f, struct expr **out)
{
    struct binder *b = c->b;
    int position = bind_position(b, f->location);
    struct expr *now;
    enum type_id type;
    switch (f->op) {
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_DATE:
        type = TYPE_DATE;
        break;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIMESTAMP_N:
        type = TYPE_TIMESTAMPTZ;
        break;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIME_N:
        type = TYPE_TIME;
        break;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_LOCALTIMESTAMP_N:
        type = TYPE_TIMESTAMP;
        break;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME:
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_TIME_N:
        return bind_unsupported(b, f->location, "CURRENT_TIME");
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_CATALOG:
        *out = bind_text_constant(b, b->environment->database == NULL ? "leat" : b->environment->database, position);
        return STATUS_OK;
    case PG_QUERY__SQLVALUE_FUNCTION_OP__SVFOP_CURRENT_SCHEMA:
        *out = bind_text_constant(b, "public", position);
        return STATUS_OK;
    default:
        *out = bind_text_constant(b, b->environment->user == NULL ? "leat" : b->environment->user, position);
        return STATUS_OK;
    }
    TRY(bind_call(b, "now", false, NULL, 0, position, &now));
    return bind_cast(b, now, type_of(type), CAST_EXPLICIT, out);
}

static enum status bind_node(struct expr_context *c, const PgQuery__Node *node, struct expr **out)
{
    struct binder *b = c->b;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return bind_constant(b, node->a_const, out);
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        if (c->scope == NULL) {
            static const struct scope NOTHING = {0};
            return scope_resolve(b, &NOTHING, node->column_ref, false, out);
        }
        return scope_resolve(b, c->scope, node->column_ref, c->allow_outer, out);
    case PG_QUERY__NODE__NODE_PARAM_REF:
        return bind_parameter(b, node->param_ref, out);
    case PG_QUERY__NODE__NODE_A_EXPR:
        return bind_operator(c, node->a_expr, out);
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        return bind_boolean(c, node->bool_expr, out);
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return bind_function(c, node->func_call, out);
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        return bind_type_cast(c, node->type_cast, out);
    case PG_QUERY__NODE__NODE_CASE_EXPR:
        return bind_case(c, node->case_expr, out);
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return bind_coalesce(c, node->coalesce_expr, out);
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
        return bind_extreme(c, node->min_max_expr, out);
    case PG_QUERY__NODE__NODE_NULL_TEST:
        return bind_null_test(c, node->null_test, out);
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
        return bind_boolean_test(c, node->boolean_test, out);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        return bind_sql_value(c, node->sqlvalue_function, out);
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        return bind_collate(c, node->collate_clause, out);
    case PG_QUERY__NODE__NODE_SUB_LINK:
        return bind_sublink(c, node->sub_link, out);
    case PG_QUERY__NODE__NODE_ROW_EXPR:
        return bind_unsupported(b, node->row_expr->location, "ROW");
    case PG_QUERY__NODE__NODE_A_ARRAY_EXPR:
        return bind_unsupported(b, node->a_array_expr->location, "ARRAY");
    case PG_QUERY__NODE__NODE_A_INDIRECTION:
        return bind_unsupported(b, bind_location(node->a_indirection->arg), "a subscript or field selection");
    case PG_QUERY__NODE__NODE_GROUPING_FUNC:
        return bind_unsupported(b, node->grouping_func->location, "GROUPING");
    case PG_QUERY__NODE__NODE_NAMED_ARG_EXPR:
        return bind_unsupported(b, node->named_arg_expr->location, "a named argument here");
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT:
        return error_set_at(b->err, STATUS_SYNTAX_ERROR, bind_position(b, node->set_to_default->location),
                            "DEFAULT is not allowed in this context");
    case PG_QUERY__NODE__NODE_XML_EXPR:
        return bind_unsupported(b, node->xml_expr->location, "XML");
    case PG_QUERY__NODE__NODE_XML_SERIALIZE:
        return bind_unsupported(b, node->xml_serialize->location, "XML");
    default:
        return bind_unsupported(b, -1, "this kind of expression");
    }
}

enum status bind_expr(struct expr_context *c, const PgQuery__Node *node, struct expr **out)
{
    TRY(bind_enter(c->b));
    enum status st = bind_node(c, node, out);
    c->b->depth--;
    if (st == STATUS_OK && (*out)->size > EXPR_SIZE_MAX) /* x BETWEEN a AND b has x twice, and CASE x as often as WHEN */
        return error_set_at(c->b->err, STATUS_TOO_COMPLEX, (*out)->position, "expression is too complex");
    return st;
}
