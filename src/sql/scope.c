/* scope.c - what a column's name means, and what was probably meant when it means nothing. */
#include "catalog/near_name.h"
#include "sql/bind.h"

void scope_of_plan(const struct plan *p, const char *schema_name, const char *name, struct arena *arena,
                   struct scope *out)
{
    *out = (struct scope){.table_count = 1, .column_count = p->schema.column_count};
    out->tables = ARENA_NEW(arena, struct scope_table);
    out->tables[0] = (struct scope_table){schema_name, name, 0, p->schema.column_count, p->schema.columns, 0, NULL};
    out->columns = ARENA_ARRAY(arena, struct scope_column, out->column_count + 1);
    for (uint32_t i = 0; i < out->column_count; i++) {
        const struct column *column = &p->schema.columns[i];
        out->columns[i] = (struct scope_column){column->name, 0, i, column->type, column->type};
    }
}

static bool same_name(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static const struct scope_table *table_of_row_column(const struct scope *scope, uint32_t column)
{
    for (uint32_t t = 0; t < scope->table_count; t++) {
        const struct scope_table *table = &scope->tables[t];
        if (column >= table->first && column < table->first + table->column_count + table->hidden_count)
            return table;
    }
    return NULL;
}

const char *scope_column_name(const struct scope *scope, uint32_t column, struct arena *arena)
{
    const struct scope_table *table = table_of_row_column(scope, column);
    if (table == NULL)
        return "?column?";
    return arena_printf(arena, "%s.%s", table->name, table->columns[column - table->first].name);
}

/* A match of a name in one scope: how many there are, and the first. */
struct match {
    uint32_t count;
    uint32_t column;
    struct type type;
    struct type merged;
};

static void match_add(struct match *m, uint32_t column, struct type type, struct type merged)
{
    if (m->count++ == 0) {
        m->column = column;
        m->type = type;
        m->merged = merged;
    }
}

static struct match find_unqualified(const struct scope *scope, const char *name)
{
    struct match m = {0};
    for (uint32_t i = 0; i < scope->column_count; i++)
        if (same_name(scope->columns[i].name, name))
            match_add(&m, scope->columns[i].column, scope->columns[i].type, scope->columns[i].merged);
    bool is_visible = m.count != 0; /* hidden columns count only where no visible one has the name */
    for (uint32_t t = 0; t < scope->table_count && !is_visible; t++) {
        const struct scope_table *table = &scope->tables[t];
        for (uint32_t i = 0; i < table->hidden_count; i++) {
            const struct column *column = &table->columns[table->column_count + i];
            if (same_name(column->name, name))
                match_add(&m, table->first + table->column_count + i, column->type, column->type);
        }
    }
    return m;
}

static struct match find_in_table(const struct scope_table *table, const char *name)
{
    struct match m = {0};
    for (uint32_t i = 0; i < table->column_count + table->hidden_count; i++)
        if (same_name(table->columns[i].name, name))
            match_add(&m, table->first + i, table->columns[i].type, table->columns[i].type);
    return m;
}

bool scope_has_column(const struct scope *scope, const char *name)
{
    return find_unqualified(scope, name).count != 0;
}

static const struct scope_table *find_table(const struct scope *scope, const char *schema_name, const char *name)
{
    for (uint32_t t = 0; t < scope->table_count; t++)
        if (same_name(scope->tables[t].name, name) &&
            (schema_name == NULL || same_name(scope->tables[t].schema_name, schema_name)))
            return &scope->tables[t];
    return NULL;
}

/* PostgreSQL's rule: within distance 3 and half of the name, and only if there are at most two such columns. */
static void hint_column(struct binder *b, const struct scope *scope, const char *table_name, const char *name)
{
    unsigned best = 4;
    uint32_t found = 0;
    const char *names[2] = {NULL, NULL};
    for (uint32_t t = 0; t < scope->table_count; t++) {
        const struct scope_table *table = &scope->tables[t];
        unsigned table_distance = table_name == NULL ? 0 : name_distance(table_name, table->name, 3);
        for (uint32_t i = 0; i < table->column_count; i++) {
            const char *candidate = table->columns[i].name;
            unsigned distance = candidate == NULL ? 4 : name_distance(name, candidate, 3) + table_distance;
            if (distance > best || distance > 3 || distance > strlen(name) / 2)
                continue;
            found = distance < best ? 0 : found;
            best = distance;
            if (found < 2)
                names[found] = arena_printf(b->arena, "%s.%s", table->name, candidate);
            found++;
        }
    }
    if (found == 1)
        error_hint(b->err, "Perhaps you meant to reference the column \"%s\".", names[0]);
    else if (found == 2)
        error_hint(b->err, "Perhaps you meant to reference the column \"%s\" or the column \"%s\".", names[0],
                   names[1]);
}

static enum status fail_missing_column(struct binder *b, const struct scope *scope, const char *table_name,
                                       const char *name, int position)
{
    if (table_name == NULL)
        error_set_at(b->err, STATUS_UNDEFINED_COLUMN, position, "column \"%s\" does not exist", name);
    else
        error_set_at(b->err, STATUS_UNDEFINED_COLUMN, position, "column %s.%s does not exist", table_name, name);
    hint_column(b, scope, table_name, name);
    return STATUS_UNDEFINED_COLUMN;
}

static enum status fail_missing_table(struct binder *b, const struct scope *scope, const char *name, int position)
{
    error_set_at(b->err, STATUS_UNDEFINED_TABLE, position, "missing FROM-clause entry for table \"%s\"", name);
    for (uint32_t t = 0; t < scope->table_count; t++) {
        const struct relation *r = scope->tables[t].relation;
        if (r == NULL || strcmp(r->name, name) != 0)
            continue;
        error_set_at(b->err, STATUS_UNDEFINED_TABLE, position,
                     "invalid reference to FROM-clause entry for table \"%s\"", name);
        error_hint(b->err, "Perhaps you meant to reference the table alias \"%s\".", scope->tables[t].name);
        break;
    }
    return STATUS_UNDEFINED_TABLE;
}

static enum status take(struct binder *b, const struct match *m, const char *name, bool is_outer, int position,
                        struct expr **out)
{
    if (m->count > 1)
        return error_set_at(b->err, STATUS_AMBIGUOUS_COLUMN, position, "column reference \"%s\" is ambiguous", name);
    struct expr *e = expr_column((is_outer ? OUTER_BASE : 0) + m->column, m->type, b->arena);
    e->position = position;
    *out = e;
    return type_equal(m->type, m->merged) ? STATUS_OK : bind_cast(b, e, m->merged, CAST_IMPLICIT, out);
}

/* In the nearest scope that has it. Beyond the first, the query is correlated. */
static enum status resolve_bare(struct binder *b, const struct scope *scope, const char *name, int position,
                                bool allow_outer, struct expr **out)
{
    bool is_outer = false;
    for (const struct scope *s = scope; s != NULL; s = s->parent, is_outer = true) {
        struct match m = find_unqualified(s, name);
        if (m.count == 0)
            continue;
        if (is_outer && (!allow_outer || s != scope->parent))
            return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position,
                                "reference to column \"%s\" of an outer query is not supported here", name);
        return take(b, &m, name, is_outer, position, out);
    }
    if (find_table(scope, NULL, name) != NULL)
        return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position,
                            "reference to the whole row \"%s\" is not supported", name);
    return fail_missing_column(b, scope, NULL, name, position);
}

static enum status resolve_qualified(struct binder *b, const struct scope *scope, const char *schema_name,
                                     const char *table_name, const char *name, int position, bool allow_outer,
                                     struct expr **out)
{
    bool is_outer = false;
    for (const struct scope *s = scope; s != NULL; s = s->parent, is_outer = true) {
        const struct scope_table *table = find_table(s, schema_name, table_name);
        if (table == NULL)
            continue;
        struct match m = find_in_table(table, name);
        if (m.count == 0)
            return fail_missing_column(b, s, table_name, name, position);
        if (is_outer && (!allow_outer || s != scope->parent))
            return error_set_at(b->err, STATUS_FEATURE_NOT_SUPPORTED, position,
                                "reference to column \"%s.%s\" of an outer query is not supported here", table_name,
                                name);
        return take(b, &m, name, is_outer, position, out);
    }
    return fail_missing_table(b, scope, table_name, position);
}

static enum status fail_long_name(struct binder *b, const PgQuery__ColumnRef *ref, int position)
{
    struct buffer name = {0};
    for (size_t i = 0; i < ref->n_fields; i++)
        buffer_printf(&name, "%s%s", i == 0 ? "" : ".",
                      ref->fields[i]->node_case == PG_QUERY__NODE__NODE_STRING ? bind_string(ref->fields[i]) : "*");
    enum status st = ref->n_fields == 4 ? STATUS_FEATURE_NOT_SUPPORTED : STATUS_SYNTAX_ERROR;
    if (ref->n_fields == 4)
        error_set_at(b->err, st, position, "cross-database references are not implemented: %s", buffer_text(&name));
    else
        error_set_at(b->err, st, position, "improper qualified name (too many dotted names): %s", buffer_text(&name));
    buffer_clear(&name);
    return st;
}

enum status scope_resolve(struct binder *b, const struct scope *scope, const PgQuery__ColumnRef *ref, bool allow_outer,
                          struct expr **out)
{
    int position = bind_position(b, ref->location);
    const char *names[3];
    if (ref->n_fields > 3)
        return fail_long_name(b, ref, position);
    for (size_t i = 0; i < ref->n_fields; i++) {
        if (ref->fields[i]->node_case != PG_QUERY__NODE__NODE_STRING)
            return bind_unsupported(b, ref->location, "row expansion via \"*\" here");
        names[i] = bind_string(ref->fields[i]);
    }
    switch (ref->n_fields) {
    case 1:
        return resolve_bare(b, scope, names[0], position, allow_outer, out);
    case 2:
        return resolve_qualified(b, scope, NULL, names[0], names[1], position, allow_outer, out);
    default:
        return resolve_qualified(b, scope, names[0], names[1], names[2], position, allow_outer, out);
    }
}
