/* bind_function.c - f(x): aggregates, functions of the session, and the table of scalar functions. */
#include "sql/bind.h"

#include <stdio.h>

enum status bind_fail_function(struct binder *b, const char *name, struct expr *const *arguments, uint32_t count,
                               int position)
{
    struct buffer types = {0};
    char type[TYPE_NAME_SIZE];
    for (uint32_t i = 0; i < count; i++) {
        bool is_unknown = arguments[i]->type.id == TYPE_NULL;
        type_base_name(arguments[i]->type, type);
        buffer_printf(&types, "%s%s", i == 0 ? "" : ", ", is_unknown ? "unknown" : type);
    }
    error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, position, "function %s(%s) does not exist", name,
                 buffer_text(&types));
    error_hint(b->err,
               "No function matches the given name and argument types. You might need to add explicit type casts.");
    buffer_clear(&types);
    return STATUS_UNDEFINED_FUNCTION;
}

enum status bind_arguments(struct expr_context *c, const PgQuery__FuncCall *call, struct expr ***out)
{
    *out = ARENA_ARRAY(c->b->arena, struct expr *, call->n_args + 1);
    for (size_t i = 0; i < call->n_args; i++)
        TRY(bind_expr(c, call->args[i], &(*out)[i]));
    return STATUS_OK;
}

static enum status fail_aggregate_place(struct expr_context *c, int position)
{
    if (c->in_aggregate)
        return error_set_at(c->b->err, STATUS_GROUPING_ERROR, position, "aggregate function calls cannot be nested");
    return error_set_at(c->b->err, STATUS_GROUPING_ERROR, position, "aggregate functions are not allowed in %s",
                        c->construct == NULL ? "this context" : c->construct);
}

static struct bound_aggregate *add_aggregate(struct binder *b, struct aggregates *all)
{
    if (all->count == all->capacity) {
        all->capacity = all->capacity * 2 + 4;
        struct bound_aggregate *grown = ARENA_ARRAY(b->arena, struct bound_aggregate, all->capacity);
        if (all->count != 0)
            memcpy(grown, all->calls, all->count * sizeof *grown);
        all->calls = grown;
    }
    return &all->calls[all->count++];
}

static bool same_expr(const struct expr *a, const struct expr *b)
{
    return a == b || (a != NULL && b != NULL && expr_equal(a, b));
}

/* The same call twice is computed once. */
static uint32_t intern_aggregate(struct binder *b, struct aggregates *all, const struct bound_aggregate *call)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const struct bound_aggregate *other = &all->calls[i];
        if (other->id == call->id && other->distinct == call->distinct && same_expr(other->argument, call->argument) &&
            same_expr(other->filter, call->filter))
            return i;
    }
    *add_aggregate(b, all) = *call;
    return all->count - 1;
}

static enum status check_aggregate(struct expr_context *c, const PgQuery__FuncCall *call, const char *name,
                                   enum aggregate_id id)
{
    struct binder *b = c->b;
    int position = bind_position(b, call->location);
    if (call->over != NULL)
        return bind_unsupported(b, call->location, "window function %s", name);
    if (call->agg_within_group)
        return bind_unsupported(b, call->location, "WITHIN GROUP");
    if (call->n_agg_order != 0)
        return bind_unsupported(b, call->location, "ORDER BY in an aggregate");
    if (call->func_variadic)
        return bind_unsupported(b, call->location, "VARIADIC");
    if (c->aggregates == NULL || c->in_aggregate)
        return fail_aggregate_place(c, position);
    if (call->agg_star && id != AGGREGATE_COUNT)
        return bind_fail_function(b, name, NULL, 0, position);
    if (!call->agg_star && call->n_args != 1 && !(call->n_args == 0 && id == AGGREGATE_COUNT)) {
        struct expr **arguments;
        TRY(bind_arguments(c, call, &arguments));
        return bind_fail_function(b, name, arguments, (uint32_t)call->n_args, position);
    }
    if (call->n_args == 0 && !call->agg_star)
        return error_set_at(b->err, STATUS_WRONG_OBJECT_TYPE, position,
                            "%s(*) must be used to call a parameterless aggregate function", name);
    return STATUS_OK;
}

static enum status bind_aggregate_argument(struct expr_context *inner, const PgQuery__FuncCall *call, const char *name,
                                           struct bound_aggregate *out)
{
    struct binder *b = inner->b;
    TRY(bind_expr(inner, call->args[0], &out->argument));
    if (out->argument->type.id == TYPE_NULL) {
        bool boolean = out->id == AGGREGATE_BOOL_AND || out->id == AGGREGATE_BOOL_OR;
        if (out->id == AGGREGATE_SUM || out->id == AGGREGATE_AVG) {
            error_set_at(b->err, STATUS_AMBIGUOUS_FUNCTION, out->position, "function %s(unknown) is not unique", name);
            error_hint(b->err,
                       "Could not choose a best candidate function. You might need to add explicit type casts.");
            return STATUS_AMBIGUOUS_FUNCTION;
        }
        TRY(bind_cast(b, out->argument, type_of(boolean ? TYPE_BOOL : TYPE_TEXT), CAST_IMPLICIT, &out->argument));
    }
    enum status st = aggregate_result_type(out->id, out->argument->type, &out->type, b->err);
    return st == STATUS_OK ? st : bind_fail_function(b, name, &out->argument, 1, out->position);
}

static enum status bind_aggregate(struct expr_context *c, const PgQuery__FuncCall *call, const char *name,
                                  enum aggregate_id id, struct expr **out)
{
    struct binder *b = c->b;
    TRY(check_aggregate(c, call, name, id));
    struct bound_aggregate a = {.id = id, .distinct = call->agg_distinct, .position = bind_position(b, call->location)};
    struct expr_context inner = *c;
    inner.in_aggregate = true;
    if (call->agg_star) {
        a.id = AGGREGATE_COUNT_STAR;
        a.type = type_of(TYPE_INT8);
        if (a.distinct)
            return error_set_at(b->err, STATUS_SYNTAX_ERROR, a.position, "DISTINCT specified, but %s(*) was given",
                                name);
    } else {
        TRY(bind_aggregate_argument(&inner, call, name, &a));
        if (a.distinct && a.argument->type.id == TYPE_JSON)
            return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, a.argument->position,
                                "could not identify an equality operator for type json");
    }
    if (call->agg_filter != NULL) {
        struct expr_context filter = *c;
        filter.aggregates = NULL;
        filter.construct = "FILTER";
        TRY(bind_condition(&filter, call->agg_filter, "FILTER", &a.filter));
    }
    *out = expr_column(AGGREGATE_BASE + intern_aggregate(b, c->aggregates, &a), a.type, b->arena);
    (*out)->position = a.position;
    return STATUS_OK;
}

/* ---- functions of the session: constants of a statement ---- */

static const char *constant_text(struct expr *e)
{
    return e->kind == EXPR_CONSTANT && vector_is_valid(&e->constant, 0) && type_is_string(e->type)
               ? string_data(VECTOR_STRING(&e->constant))
               : NULL;
}

static enum status bind_current_setting(struct expr_context *c, const PgQuery__FuncCall *call, struct expr **out)
{
    struct binder *b = c->b;
    int position = bind_position(b, call->location);
    struct expr *name;
    TRY(bind_expr(c, call->args[0], &name));
    if (name->type.id != TYPE_NULL && !type_is_text(name->type))
        return bind_fail_function(b, "current_setting", &name, 1, position);
    TRY(bind_cast(b, name, type_of(TYPE_TEXT), CAST_IMPLICIT, &name));
    name = expr_fold(name, &b->text, b->arena);
    if (constant_text(name) == NULL)
        return bind_unsupported(b, call->location, "current_setting of an expression that is not constant");
    struct bytes bytes = string_bytes(VECTOR_STRING(&name->constant));
    const char *setting = arena_copy_bytes(b->arena, bytes);
    const struct sql_environment *environment = b->environment;
    const char *value = environment->setting == NULL ? NULL : environment->setting(environment->context, setting);
    if (value == NULL && call->n_args == 2) {
        *out = expr_constant(type_of(TYPE_TEXT), NULL, b->arena);
        return STATUS_OK;
    }
    if (value == NULL)
        return error_set_at(b->err, STATUS_UNDEFINED_OBJECT, position, "unrecognized configuration parameter \"%s\"",
                            setting);
    *out = bind_text_constant(b, value, position);
    return STATUS_OK;
}

static enum status bind_session_function(struct expr_context *c, const PgQuery__FuncCall *call, const char *name,
                                         bool *done, struct expr **out)
{
    struct binder *b = c->b;
    const struct sql_environment *environment = b->environment;
    int position = bind_position(b, call->location);
    const char *user = environment->user == NULL ? "leat" : environment->user;
    const char *database = environment->database == NULL ? "leat" : environment->database;
    const struct {
        const char *name;
        const char *value;
    } constants[] = {{"current_database", database},
                     {"current_schema", "public"},
                     {"current_user", user},
                     {"pg_advisory_unlock_all", ""}, /* there are none; pools of connections ask for it */
                     {"session_user", user},
                     {"version", "PostgreSQL 15.0 (leat " LEAT_VERSION ")"}};
    *done = true;
    for (size_t i = 0; call->n_args == 0 && i < sizeof constants / sizeof constants[0]; i++)
        if (strcmp(constants[i].name, name) == 0) {
            *out = bind_text_constant(b, constants[i].value, position);
            return STATUS_OK;
        }
    if (strcmp(name, "leat_cut") == 0 && call->n_args == 0) {
        const char *cut = environment->setting == NULL ? NULL : environment->setting(environment->context, "leat.cut");
        *out = cut != NULL ? bind_text_constant(b, cut, position) : expr_constant(type_of(TYPE_TEXT), NULL, b->arena);
        return STATUS_OK;
    }
    if (strcmp(name, "current_setting") == 0 && (call->n_args == 1 || call->n_args == 2))
        return bind_current_setting(c, call, out);
    *done = false;
    return STATUS_OK;
}

static bool is_set_returning(const char *name)
{
    static const char *const NAMES[] =
        {"generate_series",       "unnest",    "json_array_elements", "jsonb_array_elements",
         "regexp_split_to_table", "json_each", "jsonb_each"};
    return bind_is_listed(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

/* Functions of PostgreSQL under names that are not there: 0A000 instead of "does not exist". Overloads of names that are there:
 * expr/functions_absent.def. */
static bool is_known_elsewhere(const char *name)
{
    static const char *const NAMES[] = {
        "acosd", "acosh", "array_agg", "array_append", "array_cat", "array_dims", "array_fill", "array_length", "array_lower",
        "array_ndims", "array_position", "array_positions", "array_prepend", "array_remove", "array_replace", "array_to_json",
        "array_to_string", "array_upper", "asind", "asinh", "atan2d", "atand", "atanh", "bit_and", "bit_count", "bit_or",
        "bit_xor", "cardinality", "corr", "cosd", "cosh", "cot", "cotd", "covar_pop", "covar_samp", "cume_dist",
        "current_query", "currval", "daterange", "dense_rank", "factorial", "first_value", "format", "generate_subscripts",
        "get_bit", "get_byte", "grouping", "hashtext", "int4range", "int8range", "is_normalized", "json_agg",
        "json_array_elements_text", "json_build_array", "json_build_object", "json_each_text", "json_extract_path",
        "json_extract_path_text", "json_object", "json_object_agg", "json_object_keys", "json_populate_record",
        "json_populate_recordset", "json_strip_nulls", "json_to_record", "json_to_recordset", "jsonb_agg",
        "jsonb_array_elements_text", "jsonb_build_array", "jsonb_build_object", "jsonb_each_text", "jsonb_extract_path",
        "jsonb_extract_path_text", "jsonb_insert", "jsonb_object", "jsonb_object_agg", "jsonb_object_keys",
        "jsonb_path_exists", "jsonb_path_query", "jsonb_populate_record", "jsonb_populate_recordset", "jsonb_pretty",
        "jsonb_set", "jsonb_set_lax", "jsonb_strip_nulls", "jsonb_to_record", "jsonb_to_recordset", "justify_interval", "lag",
        "last_value", "lastval", "lead", "like", "make_timestamptz", "min_scale", "mode", "nextval", "normalize", "notlike",
        "nth_value", "ntile", "num_nonnulls", "num_nulls", "numrange", "overlaps", "parse_ident", "percent_rank",
        "percentile_cont", "percentile_disc", "pg_advisory_lock", "pg_advisory_unlock", "pg_column_size", "pg_read_file",
        "pg_size_bytes", "pg_size_pretty", "pg_sleep", "pg_terminate_backend", "pg_try_advisory_lock", "plainto_tsquery",
        "point", "quote_nullable", "range_agg", "rank", "regexp_count", "regexp_instr", "regexp_like", "regexp_match",
        "regexp_matches", "regexp_replace", "regexp_split_to_array", "regexp_split_to_table", "regexp_substr", "regr_avgx",
        "regr_avgy", "regr_count", "regr_intercept", "regr_r2", "regr_slope", "regr_sxx", "regr_sxy", "regr_syy", "row_number",
        "row_to_json", "scale", "set_bit", "set_byte", "set_config", "setseed", "setval", "sha224", "sha256", "sha384",
        "sha512", "sind", "stddev", "stddev_pop", "stddev_samp", "string_agg", "string_to_array", "string_to_table", "tand",
        "timeofday", "timetz", "to_ascii", "to_date", "to_json", "to_jsonb", "to_number", "to_regclass", "to_regtype",
        "to_tsquery", "to_tsvector", "trim_array", "trim_scale", "tsrange", "tstzrange", "unistr", "unnest", "var_pop",
        "var_samp", "variance", "xmlagg"};
    return bind_is_listed(name, NAMES, sizeof NAMES / sizeof NAMES[0]);
}

bool bind_is_function(const char *name)
{
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++)
        if (strcmp(FUNCTIONS[i].name, name) == 0)
            return true;
    return false;
}

/* Functions with these names are the binder's own way to say IS NULL and the like: users do not call them. */
static bool is_internal(const char *name)
{
    return strncmp(name, "is_", 3) == 0 || strcmp(name, "not") == 0 || strcmp(name, "cast") == 0;
}

static enum status bind_scalar(struct expr_context *c, const PgQuery__FuncCall *call, const char *name,
                               struct expr **out)
{
    struct binder *b = c->b;
    struct expr **arguments;
    TRY(bind_arguments(c, call, &arguments));
    enum status st =
        bind_call(b, name, false, arguments, (uint32_t)call->n_args, bind_position(b, call->location), out);
    const char *start = "function ";
    if (st == STATUS_UNDEFINED_FUNCTION && call->n_funcname > 1 &&
        strncmp(b->err->message, start, strlen(start)) == 0) {
        const char *rest =
            arena_copy_text(b->arena, b->err->message + strlen(start)); /* as it was written, schema and all */
        snprintf(b->err->message, sizeof b->err->message, "%spg_catalog.%s", start, rest);
    }
    return st;
}

enum status bind_function(struct expr_context *c, const PgQuery__FuncCall *call, struct expr **out)
{
    struct binder *b = c->b;
    const char *name = bind_string(call->funcname[call->n_funcname - 1]);
    const char *schema_name = call->n_funcname > 1 ? bind_string(call->funcname[call->n_funcname - 2]) : "pg_catalog";
    int position = bind_position(b, call->location);
    if (strcmp(schema_name, "pg_catalog") != 0)
        return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, position, "function %s.%s does not exist", schema_name,
                            name);
    enum aggregate_id id;
    if (strcmp(name, "every") == 0)
        name = "bool_and";
    if (aggregate_find(name, &id))
        return bind_aggregate(c, call, name, id, out);
    if (call->over != NULL)
        return bind_unsupported(b, call->location, "window function %s", name);
    if (is_set_returning(name))
        return bind_unsupported(b, call->location, strcmp(name, "generate_series") == 0 ? "set-returning function %s outside FROM"
                                                                                         : "set-returning function %s", name);
    if (is_known_elsewhere(name) && !bind_is_function(name))
        return bind_unsupported(b, call->location, "function %s", name);
    if (call->agg_star)
        return bind_fail_function(b, name, NULL, 0, position);
    if (call->agg_distinct || call->agg_filter != NULL || call->n_agg_order != 0 || call->agg_within_group) {
        const char *what = call->agg_distinct ? "DISTINCT" : call->agg_filter != NULL ? "FILTER" : "ORDER BY";
        return error_set_at(b->err, STATUS_WRONG_OBJECT_TYPE, position,
                            "%s specified, but %s is not an aggregate function", what, name);
    }
    if (is_internal(name))
        return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, position, "function %s does not exist", name);
    bool done;
    TRY(bind_session_function(c, call, name, &done, out));
    return done ? STATUS_OK : bind_scalar(c, call, name, out);
}
