/* bind_table_function.c - functions in FROM: generate_series, and read_parquet, read_csv, read_json over files. */
#include "sql/bind.h"

enum status bind_files(struct binder *b, const char *path, const char *format, struct option *options,
                       uint32_t option_count, int32_t location, struct plan **out)
{
    const struct sql_environment *environment = b->environment;
    int position = bind_position(b, location);
    struct plan *p = plan_create(PLAN_FILES, 0, b->arena);
    p->position = position;
    p->files.path = path;
    p->files.format = format;
    p->files.options = options;
    p->files.option_count = option_count;
    if (path[0] == '\0')
        return error_set_at(b->err, STATUS_UNDEFINED_FILE, position, "the path of a file is empty");
    if (environment->describe_files == NULL)
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position, "reading files is not supported here");
    enum status st = environment->describe_files(environment->context, p, b->arena, b->err);
    if (st != STATUS_OK) {
        if (b->err != NULL && b->err->position == 0)
            b->err->position = position;
        return st;
    }
    p->files.column_count = p->files.file_schema.column_count;
    p->files.columns = ARENA_ARRAY(b->arena, uint32_t, p->files.column_count + 1);
    for (uint32_t i = 0; i < p->files.column_count; i++)
        p->files.columns[i] = i;
    schema_copy(&p->files.file_schema, b->arena, &p->schema);
    *out = p;
    return STATUS_OK;
}

/* The text of a constant argument; NULL for SQL NULL. */
static enum status constant_text(struct binder *b, const PgQuery__Node *node, int32_t location, const char **out)
{
    struct expr_context c = {.b = b, .construct = "functions in FROM"};
    struct expr *e;
    TRY(bind_expr(&c, node, &e));
    TRY(bind_resolve_unknown(b, e, &e));
    e = expr_fold(e, &b->text, b->arena);
    if (!expr_is_constant(e) || e->kind != EXPR_CONSTANT)
        return bind_unsupported(b, location, "an argument that is not constant");
    struct buffer text = {0};
    *out = NULL;
    if (vector_is_valid(&e->constant, 0)) {
        vector_format(&e->constant, 0, &b->text, &text);
        *out = arena_copy_text(b->arena, buffer_text(&text));
    }
    buffer_clear(&text);
    return STATUS_OK;
}

static enum status bind_read(struct binder *b, const PgQuery__FuncCall *call, const char *format, struct from_item *out)
{
    const char *path = NULL;
    uint32_t count = 0;
    struct option *options = ARENA_ARRAY(b->arena, struct option, call->n_args + 1);
    for (size_t i = 0; i < call->n_args; i++) {
        const PgQuery__Node *node = call->args[i];
        if (node->node_case != PG_QUERY__NODE__NODE_NAMED_ARG_EXPR) {
            if (i != 0)
                return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, bind_position(b, call->location),
                                    "read_%s takes one path, then options as name => value", format);
            TRY(constant_text(b, node, call->location, &path));
            continue;
        }
        const PgQuery__NamedArgExpr *named = node->named_arg_expr;
        struct option *o = &options[count++];
        o->name = named->name;
        o->position = bind_position(b, named->location);
        TRY(constant_text(b, named->arg, named->location, &o->value));
        if (o->value == NULL)
            return error_set_at(b->err, STATUS_INVALID_PARAMETER, o->position, "option \"%s\" must not be null",
                                o->name);
    }
    if (path == NULL)
        return error_set_at(b->err, STATUS_UNDEFINED_FUNCTION, bind_position(b, call->location), "read_%s needs a path",
                            format);
    char name[32] = "read_";
    strcat(name, format);
    TRY(bind_files(b, path, format, options, count, call->location, &out->plan));
    scope_of_plan(out->plan, NULL, arena_copy_text(b->arena, name), b->arena, &out->scope);
    return STATUS_OK;
}

static enum status bind_series(struct binder *b, const PgQuery__FuncCall *call, struct from_item *out)
{
    int position = bind_position(b, call->location);
    struct expr_context c = {.b = b, .construct = "functions in FROM"};
    struct type types[3];
    struct type common;
    char name[TYPE_NAME_SIZE];
    uint32_t count = (uint32_t)call->n_args;
    struct expr **arguments;
    TRY(bind_arguments(&c, call, &arguments));
    if (count < 2 || count > 3)
        return bind_fail_function(b, "generate_series", arguments, count, position);
    for (uint32_t i = 0; i < count; i++)
        types[i] = arguments[i]->type;
    enum status st = type_common(types, count, "generate_series", &common, NULL);
    bool is_integer = st == STATUS_OK && type_is_integer(common);
    if (!is_integer)
        return bind_unsupported(b, call->location, "generate_series over type %s",
                                type_name(types[0], name, sizeof name));
    common = type_of(common.id == TYPE_INT8 ? TYPE_INT8 : TYPE_INT4);
    for (uint32_t i = 0; i < count; i++) {
        TRY(bind_cast(b, arguments[i], common, CAST_IMPLICIT, &arguments[i]));
        arguments[i] = expr_fold(arguments[i], &b->text, b->arena);
        if (arguments[i]->kind != EXPR_CONSTANT)
            return bind_unsupported(b, call->location, "generate_series over values that are not constant");
    }
    struct plan *p = plan_create(PLAN_SERIES, 0, b->arena);
    p->position = position;
    p->series.start = arguments[0];
    p->series.stop = arguments[1];
    p->series.step = count == 3 ? arguments[2] : NULL;
    if (p->series.step != NULL && vector_is_valid(&p->series.step->constant, 0)) {
        int64_t step = common.id == TYPE_INT8 ? VECTOR_I64(&p->series.step->constant)[0]
                                              : VECTOR_I32(&p->series.step->constant)[0];
        if (step == 0)
            return error_set_at(b->err, STATUS_INVALID_PARAMETER, position, "step size cannot equal zero");
    }
    p->schema.column_count = 1;
    p->schema.columns = ARENA_NEW(b->arena, struct column);
    p->schema.columns[0] = (struct column){"generate_series", common, true};
    out->plan = p;
    scope_of_plan(p, NULL, "generate_series", b->arena, &out->scope);
    return STATUS_OK;
}

/* The one column of a function takes the alias too: generate_series(1, 3) AS i. */
static void name_series_column(const PgQuery__Alias *alias, struct from_item *item, struct arena *arena)
{
    if (alias == NULL || alias->n_colnames != 0)
        return;
    struct column *renamed = ARENA_NEW(arena, struct column);
    *renamed = item->scope.tables[0].columns[0];
    renamed->name = alias->aliasname;
    item->scope.tables[0].columns = renamed;
    item->scope.columns[0].name = alias->aliasname;
}

/* A function that there is gives one row in FROM; that is not there yet. */
static enum status fail_function(struct binder *b, const PgQuery__FuncCall *call, const char *name)
{
    struct expr_context c = {.b = b, .construct = "functions in FROM"};
    struct expr *e;
    TRY(bind_function(&c, call, &e));
    return bind_unsupported(b, call->location, "function %s in FROM", name);
}

enum status bind_range_function(struct binder *b, const PgQuery__RangeFunction *f, struct from_item *out)
{
    const PgQuery__Node *first = f->functions[0]->list->items[0];
    if (first->node_case != PG_QUERY__NODE__NODE_FUNC_CALL)
        return bind_unsupported(b, -1, "this function in FROM");
    const PgQuery__FuncCall *call = first->func_call;
    const char *name = bind_string(call->funcname[call->n_funcname - 1]);
    if (f->ordinality || f->is_rowsfrom || f->n_functions > 1 || f->n_coldeflist != 0)
        return bind_unsupported(b, call->location,
                                f->ordinality          ? "WITH ORDINALITY"
                                : f->n_coldeflist != 0 ? "a column definition list"
                                                       : "ROWS FROM");
    if (strncmp(name, "read_", 5) == 0 &&
        (strcmp(name + 5, "parquet") == 0 || strcmp(name + 5, "csv") == 0 || strcmp(name + 5, "json") == 0))
        TRY(bind_read(b, call, arena_copy_text(b->arena, name + 5), out));
    else if (strcmp(name, "generate_series") == 0)
        TRY(bind_series(b, call, out));
    else
        return fail_function(b, call, name);
    TRY(bind_alias(b, f->alias, out));
    if (out->plan->kind == PLAN_SERIES)
        name_series_column(f->alias, out, b->arena);
    return STATUS_OK;
}
