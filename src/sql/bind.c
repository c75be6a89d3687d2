/* bind.c - what every part of the binder needs: positions, errors, relations, depth. */
#include "sql/bind.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "sql/lexer.h"

enum { BIND_DEPTH_MAX = 1200 };

int bind_position(const struct binder *b, int32_t location)
{
    return source_position(&b->dialect->source, location);
}

static enum status fail_unsupported(struct binder *b, int position, const char *format, va_list arguments)
{
    char what[512];
    vsnprintf(what, sizeof what, format, arguments);
    return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position, "%s is not supported", what);
}

enum status bind_unsupported(struct binder *b, int32_t location, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    enum status st = fail_unsupported(b, bind_position(b, location), format, arguments);
    va_end(arguments);
    return st;
}

/* Whether the tokens from byte at on are these words. */
static bool has_words(const struct source *source, size_t at, const char *words)
{
    while (*words != '\0') {
        struct token t = lexer_next(source->text, source->size, &at);
        size_t size = strcspn(words, " ");
        if (t.end - t.start != size || t.kind == TOKEN_STRING || strncasecmp(source->text + t.start, words, size) != 0)
            return false;
        words += size + (words[size] == ' ');
    }
    return true;
}

enum status bind_unsupported_words(struct binder *b, const char *words, const char *format, ...)
{
    const struct source *source = &b->dialect->source;
    int32_t location = -1;
    for (size_t at = 0; location < 0;) {
        struct token t = lexer_next(source->text, source->size, &at);
        if (t.kind == TOKEN_END)
            break;
        location = has_words(source, t.start, words) ? (int32_t)t.start : -1;
    }
    va_list arguments;
    va_start(arguments, format);
    enum status st = fail_unsupported(b, bind_position(b, location), format, arguments);
    va_end(arguments);
    return st;
}

enum status bind_enter(struct binder *b)
{
    if (b->depth >= BIND_DEPTH_MAX)
        return error_set(b->err, STATUS_TOO_COMPLEX, "statement is nested too deeply");
    b->depth++;
    return STATUS_OK;
}

const char *bind_string(const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_STRING ? node->string->sval : "";
}

void bind_hold(struct binder *b, struct relation *r)
{
    struct relation_references *list = b->references;
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->relations = memory_realloc(list->relations, list->capacity * sizeof(struct relation *));
    }
    list->relations[list->count++] = r;
}

enum status bind_relation(struct binder *b, const char *schema_name, const char *name, int32_t location,
                          bool missing_ok, struct relation **out)
{
    if (schema_name != NULL && schema_name[0] == '\0')
        schema_name = NULL;
    *out = catalog_find(b->environment->catalog, schema_name, name);
    if (*out != NULL) {
        bind_hold(b, *out);
        return STATUS_OK;
    }
    if (missing_ok)
        return STATUS_OK;
    int position = bind_position(b, location);
    if (schema_name != NULL)
        error_set_at(b->err, STATUS_UNDEFINED_TABLE, position, "relation \"%s.%s\" does not exist", schema_name, name);
    else
        error_set_at(b->err, STATUS_UNDEFINED_TABLE, position, "relation \"%s\" does not exist", name);
    const char *near = catalog_suggest(b->environment->catalog, name, b->arena);
    if (near != NULL)
        error_hint(b->err, "Perhaps you meant \"%s\".", near);
    return STATUS_UNDEFINED_TABLE;
}

/* The smaller of two places; a negative one is none. */
static int32_t first_of(int32_t a, int32_t b)
{
    return a < 0 ? b : b < 0 ? a : a < b ? a : b;
}

static bool is_string(const PgQuery__Node *node)
{
    return node->node_case == PG_QUERY__NODE__NODE_A_CONST && node->a_const->val_case == PG_QUERY__A__CONST__VAL_SVAL;
}

int32_t bind_location(const PgQuery__Node *node)
{
    if (node == NULL)
        return -1;
    switch (node->node_case) {
    case PG_QUERY__NODE__NODE_A_CONST:
        return node->a_const->location;
    case PG_QUERY__NODE__NODE_COLUMN_REF:
        return node->column_ref->location;
    case PG_QUERY__NODE__NODE_PARAM_REF:
        return node->param_ref->location;
    case PG_QUERY__NODE__NODE_FUNC_CALL:
        return node->func_call->location;
    case PG_QUERY__NODE__NODE_A_EXPR:
        return first_of(node->a_expr->location, bind_location(node->a_expr->lexpr));
    case PG_QUERY__NODE__NODE_BOOL_EXPR:
        return first_of(node->bool_expr->location, bind_location(node->bool_expr->args[0]));
    case PG_QUERY__NODE__NODE_TYPE_CAST:
        if (is_string(node->type_cast->arg)) /* date '...', CAST('...' AS date): the type has been given to the literal */
            return node->type_cast->arg->a_const->location;
        return first_of(first_of(bind_location(node->type_cast->arg), node->type_cast->type_name->location),
                        node->type_cast->location);
    case PG_QUERY__NODE__NODE_CASE_EXPR:
        return node->case_expr->location;
    case PG_QUERY__NODE__NODE_COALESCE_EXPR:
        return node->coalesce_expr->location;
    case PG_QUERY__NODE__NODE_MIN_MAX_EXPR:
        return node->min_max_expr->location;
    case PG_QUERY__NODE__NODE_NULL_TEST:
        return first_of(node->null_test->location, bind_location(node->null_test->arg));
    case PG_QUERY__NODE__NODE_BOOLEAN_TEST:
        return first_of(node->boolean_test->location, bind_location(node->boolean_test->arg));
    case PG_QUERY__NODE__NODE_COLLATE_CLAUSE:
        return bind_location(node->collate_clause->arg);
    case PG_QUERY__NODE__NODE_SUB_LINK:
        return first_of(bind_location(node->sub_link->testexpr), node->sub_link->location);
    case PG_QUERY__NODE__NODE_SQLVALUE_FUNCTION:
        return node->sqlvalue_function->location;
    case PG_QUERY__NODE__NODE_SET_TO_DEFAULT:
        return node->set_to_default->location;
    case PG_QUERY__NODE__NODE_ROW_EXPR:
        return node->row_expr->location;
    case PG_QUERY__NODE__NODE_RES_TARGET:
        return node->res_target->location;
    default:
        return -1;
    }
}

bool bind_is_listed(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}
