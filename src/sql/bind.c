/* bind.c - what every part of the binder needs: positions, errors, relations, depth. */
#include "sql/bind.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

enum { BIND_DEPTH_MAX = 1200 };

int bind_position(const struct binder *b, int32_t location)
{
    return source_position(&b->dialect->source, location);
}

enum status bind_unsupported(struct binder *b, int32_t location, const char *format, ...)
{
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, bind_position(b, location), "%s is not supported", what);
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

static void hold(struct relation_references *list, struct relation *r)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 8 : list->capacity * 2;
        list->relations = memory_realloc(list->relations, list->capacity * sizeof(struct relation *));
    }
    list->relations[list->count++] = r;
}

static bool is_known_schema(struct binder *b, const char *name)
{
    if (strcmp(name, "public") == 0 || strcmp(name, "pg_catalog") == 0 || strcmp(name, "leat_catalog") == 0 ||
        strcmp(name, "information_schema") == 0)
        return true;
    uint32_t count;
    struct relation **all = catalog_list(b->environment->catalog, b->arena, &count);
    bool known = false;
    for (uint32_t i = 0; i < count; i++) {
        known |= strcmp(all[i]->schema_name, name) == 0;
        relation_unref(all[i]);
    }
    return known;
}

enum status bind_relation(struct binder *b, const char *schema_name, const char *name, int32_t location, bool missing_ok,
                          struct relation **out)
{
    if (schema_name != NULL && schema_name[0] == '\0')
        schema_name = NULL;
    *out = catalog_find(b->environment->catalog, schema_name, name);
    if (*out != NULL) {
        hold(b->references, *out);
        return STATUS_OK;
    }
    if (missing_ok)
        return STATUS_OK;
    int position = bind_position(b, location);
    if (schema_name != NULL && !is_known_schema(b, schema_name))
        return error_set_at(b->err, STATUS_INVALID_SCHEMA_NAME, position, "schema \"%s\" does not exist", schema_name);
    if (schema_name != NULL)
        error_set_at(b->err, STATUS_UNDEFINED_TABLE, position, "relation \"%s.%s\" does not exist", schema_name, name);
    else
        error_set_at(b->err, STATUS_UNDEFINED_TABLE, position, "relation \"%s\" does not exist", name);
    const char *near = catalog_suggest(b->environment->catalog, name, b->arena);
    if (near != NULL)
        error_hint(b->err, "Perhaps you meant \"%s\".", near);
    return STATUS_UNDEFINED_TABLE;
}
