/* describe.c - the columns that a statement will give, for the extended protocol's Describe. */
#include "engine/internal.h"

static void copy_with_lead(const struct schema *in, struct arena *arena, struct schema *out)
{
    struct schema led = {in->column_count + 2, ARENA_ARRAY(arena, struct column, in->column_count + 2)};
    led.columns[0] = (struct column){"leat_epoch", type_of(TYPE_INT8), true};
    led.columns[1] = (struct column){"leat_diff", type_of(TYPE_INT8), true};
    for (uint32_t i = 0; i < in->column_count; i++)
        led.columns[i + 2] = in->columns[i];
    schema_copy(&led, arena, out);
}

static void one_text_column(const char *name, struct arena *arena, struct schema *out)
{
    struct column column = {name, type_of(TYPE_TEXT), false};
    struct schema schema = {1, &column};
    schema_copy(&schema, arena, out);
}

bool describe_rows(struct session *s, const struct statement *statement, struct arena *arena, struct schema *out)
{
    switch (statement->kind) {
    case STATEMENT_SELECT:
        schema_copy(&statement->plan->schema, arena, out);
        return true;
    case STATEMENT_SUBSCRIBE:
        copy_with_lead(&statement->plan->schema, arena, out);
        return true;
    case STATEMENT_EXPLAIN:
        one_text_column("QUERY PLAN", arena, out);
        return true;
    case STATEMENT_SHOW:
        return show_columns(statement->setting.name, arena, out);
    case STATEMENT_FETCH: {
        const struct cursor *c = map_get(&s->cursors, bytes_from_text(statement->cursor.name));
        if (c == NULL)
            return false;
        schema_copy(&c->schema, arena, out);
        return true;
    }
    case STATEMENT_EXECUTE: {
        struct prepared *p = session_find_prepared(s, statement->prepared.name);
        if (p == NULL || !p->has_rows)
            return false;
        schema_copy(&p->schema, arena, out);
        return true;
    }
    default:
        return false;
    }
}
