/* bind_drop.c - DROP of relations, with what depends on them; CREATE ROLE. */
#include "sql/bind.h"

#include <stdio.h>

struct dropper {
    struct binder *b;
    const PgQuery__DropStmt *tree;
    enum relation_kind kind;
    struct relation **relations; /* dependents before what they read; held by the binder's list */
    uint32_t count;
    uint32_t capacity;
    uint32_t cascaded;
    char detail[400]; /* "view v depends on table t", a line each */
};

static bool is_listed(const struct dropper *d, const struct relation *r)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (d->relations[i] == r)
            return true;
    return false;
}

static void add(struct dropper *d, struct relation *r)
{
    if (is_listed(d, r))
        return;
    if (d->count == d->capacity) {
        d->capacity = d->capacity * 2 + 8;
        struct relation **grown = ARENA_ARRAY(d->b->arena, struct relation *, d->capacity);
        if (d->count != 0)
            memcpy(grown, d->relations, d->count * sizeof *grown);
        d->relations = grown;
    }
    d->relations[d->count++] = r;
}

static void note_dependent(struct dropper *d, const struct relation *dependent, const struct relation *r)
{
    size_t size = strlen(d->detail);
    const char *separator = size == 0 ? "" : "\n";
    if (d->tree->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE)
        snprintf(d->detail + size, sizeof d->detail - size, "%sdrop cascades to %s %s", separator,
                 relation_kind_name(dependent->kind), dependent->name);
    else
        snprintf(d->detail + size, sizeof d->detail - size, "%s%s %s depends on %s %s", separator,
                 relation_kind_name(dependent->kind), dependent->name, relation_kind_name(r->kind), r->name);
}

/* Whether it is one of those that the statement names itself. */
static bool is_named(const struct dropper *d, const struct relation *r)
{
    for (size_t i = 0; i < d->tree->n_objects; i++) {
        const PgQuery__List *name = d->tree->objects[i]->list;
        if (strcmp(bind_string(name->items[name->n_items - 1]), r->name) == 0)
            return true;
    }
    return false;
}

/* The relation among those to go that dependent reads itself. */
static const struct relation *read_by(const struct relation *dependent, struct relation *const *going, uint32_t count,
                                      const struct relation *target)
{
    for (uint32_t d = 0; d < dependent->dependency_count; d++)
        for (uint32_t i = 0; i < count; i++)
            if (going[i]->id == dependent->dependencies[d])
                return going[i];
    return target;
}

/* Messages name the nearest first; the list to drop has the furthest first. */
static void note_dependents(struct dropper *d, struct relation *const *dependents, uint32_t count,
                            const struct relation *target)
{
    for (uint32_t i = count; i-- > 0;) {
        if (is_named(d, dependents[i]) || is_listed(d, dependents[i]))
            continue;
        note_dependent(d, dependents[i], read_by(dependents[i], dependents, count, target));
        d->cascaded++;
    }
}

static enum status add_with_dependents(struct dropper *d, struct relation *r)
{
    struct binder *b = d->b;
    uint32_t count;
    uint32_t before = d->cascaded;
    struct relation **dependents = catalog_dependents(b->environment->catalog, r->id, b->arena, &count);
    note_dependents(d, dependents, count, r);
    for (uint32_t i = 0; i < count; i++) {
        bind_hold(b, dependents[i]);
        add(d, dependents[i]);
    }
    add(d, r);
    if (d->cascaded == before || d->tree->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE)
        return STATUS_OK;
    error_set(b->err, STATUS_DEPENDENT_OBJECTS, "cannot drop %s %s because other objects depend on it",
              relation_kind_name(r->kind), r->name);
    error_detail(b->err, "%s", d->detail);
    error_hint(b->err, "Use DROP ... CASCADE to drop the dependent objects too.");
    return STATUS_DEPENDENT_OBJECTS;
}

static const char *upper_kind(enum relation_kind kind)
{
    static const char *const NAMES[] = {"TABLE", "SOURCE", "VIEW", "MATERIALIZED VIEW", "SINK", "VIEW"};
    return NAMES[kind];
}

static const char *article(enum relation_kind kind)
{
    return kind == RELATION_SYSTEM   ? "a system view"
           : kind == RELATION_TABLE  ? "a table"
           : kind == RELATION_SOURCE ? "a source"
           : kind == RELATION_VIEW   ? "a view"
           : kind == RELATION_SINK   ? "a sink"
                                     : "a materialized view";
}

static enum status drop_one(struct dropper *d, const PgQuery__List *name, struct statement *out)
{
    struct binder *b = d->b;
    struct relation *r;
    const char *last = bind_string(name->items[name->n_items - 1]);
    const char *schema_name = name->n_items > 1 ? bind_string(name->items[name->n_items - 2]) : NULL;
    TRY(bind_relation(b, schema_name, last, -1, true, &r));
    if (r == NULL) {
        const char *message = arena_printf(b->arena, "%s \"%s\" does not exist", relation_kind_name(d->kind), last);
        if (!d->tree->missing_ok)
            return error_set(b->err, STATUS_UNDEFINED_TABLE, "%s", message);
        out->notice = out->notice == NULL ? arena_printf(b->arena, "%s, skipping", message)
                                          : arena_printf(b->arena, "%s\n%s, skipping", out->notice, message);
        return STATUS_OK;
    }
    if (r->kind == RELATION_SYSTEM)
        return error_set(b->err, STATUS_INSUFFICIENT_PRIVILEGE, "permission denied: \"%s\" is a system view", last);
    if (r->kind != d->kind) {
        error_set(b->err, STATUS_WRONG_OBJECT_TYPE, "\"%s\" is not %s", last, article(d->kind));
        error_hint(b->err, "Use DROP %s to remove %s.", upper_kind(r->kind), article(r->kind));
        return STATUS_WRONG_OBJECT_TYPE;
    }
    return add_with_dependents(d, r);
}

static bool choose_kind(struct binder *b, const PgQuery__DropStmt *tree, enum relation_kind *out)
{
    switch (tree->remove_type) {
    case PG_QUERY__OBJECT_TYPE__OBJECT_TABLE:
        *out = b->dialect->kind == DIALECT_DROP_SOURCE ? RELATION_SOURCE : RELATION_TABLE;
        return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_VIEW:
        *out = b->dialect->kind == DIALECT_DROP_SINK ? RELATION_SINK : RELATION_VIEW;
        return true;
    case PG_QUERY__OBJECT_TYPE__OBJECT_MATVIEW:
        *out = RELATION_MATERIALIZED_VIEW;
        return true;
    default:
        return false;
    }
}

enum status bind_drop(struct binder *b, const PgQuery__DropStmt *tree, struct statement *out)
{
    struct dropper d = {.b = b, .tree = tree};
    if (!choose_kind(b, tree, &d.kind))
        return bind_unsupported(b, 0, "DROP of this kind of object");
    out->kind = STATEMENT_DROP;
    out->tag = arena_printf(b->arena, "DROP %s", upper_kind(d.kind));
    out->if_exists = tree->missing_ok;
    for (size_t i = 0; i < tree->n_objects; i++)
        TRY(drop_one(&d, tree->objects[i]->list, out));
    out->drop.cascade = tree->behavior == PG_QUERY__DROP_BEHAVIOR__DROP_CASCADE;
    out->drop.count = d.count;
    out->drop.relations = d.relations;
    if (d.cascaded == 1)
        out->notice = arena_copy_text(b->arena, d.detail);
    else if (d.cascaded > 1)
        out->notice = arena_printf(b->arena, "drop cascades to %u other objects", d.cascaded);
    return STATUS_OK;
}

/* ---- CREATE ROLE ---- */

static enum status read_role_option(struct binder *b, const PgQuery__DefElem *option, struct statement *out)
{
    static const char *const ACCEPTED[] = {"canlogin", "inherit"};
    static const char *const REFUSED_IF_TRUE[] = {"superuser", "createdb", "createrole", "isreplication", "bypassrls"};
    if (strcmp(option->defname, "password") == 0) {
        if (option->arg != NULL && option->arg->node_case == PG_QUERY__NODE__NODE_STRING)
            out->role.password = option->arg->string->sval;
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof ACCEPTED / sizeof ACCEPTED[0]; i++)
        if (strcmp(option->defname, ACCEPTED[i]) == 0)
            return STATUS_OK;
    for (size_t i = 0; i < sizeof REFUSED_IF_TRUE / sizeof REFUSED_IF_TRUE[0]; i++)
        if (strcmp(option->defname, REFUSED_IF_TRUE[i]) == 0 && option->arg != NULL &&
            option->arg->node_case == PG_QUERY__NODE__NODE_BOOLEAN && !option->arg->boolean->boolval)
            return STATUS_OK;
    return bind_unsupported(b, option->location, "role option \"%s\"", option->defname);
}

enum status bind_create_role(struct binder *b, const PgQuery__CreateRoleStmt *tree, struct statement *out)
{
    out->kind = STATEMENT_CREATE_ROLE;
    out->tag = "CREATE ROLE";
    out->role.name = tree->role;
    if (strncmp(tree->role, "pg_", 3) == 0)
        return error_set(b->err, STATUS_RESERVED_NAME, "role name \"%s\" is reserved", tree->role);
    for (size_t i = 0; i < tree->n_options; i++)
        TRY(read_role_option(b, tree->options[i]->def_elem, out));
    return STATUS_OK;
}
