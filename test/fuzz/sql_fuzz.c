/* sql_fuzz.c - any text as SQL: split, interpolated, bound; what binds is printed, made canonical, optimized again, and released.
 *
 *     byte 0: bit 0: parameters are inferred too; the rest: the text
 */
#include <stdint.h>
#include <stdlib.h>

#include "sql/sql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static enum status describe_files(void *context, struct plan *n, struct arena *arena, struct error *err)
{
    (void)context;
    (void)err;
    n->files.file_schema.column_count = 2;
    n->files.file_schema.columns = ARENA_ARRAY(arena, struct column, 2);
    n->files.file_schema.columns[0] = (struct column){"a", type_of(TYPE_INT4), false};
    n->files.file_schema.columns[1] = (struct column){"b", type_of(TYPE_TEXT), false};
    n->schema = n->files.file_schema;
    return STATUS_OK;
}

static const char *variable(void *context, const char *name)
{
    (void)context;
    return name[0] == 'x' ? NULL : "it's";
}

static struct relation *make_table(const char *name, uint32_t key_count)
{
    static const enum type_id TYPES[] = {TYPE_INT4, TYPE_TEXT, TYPE_NUMERIC, TYPE_TIMESTAMPTZ};
    struct relation *r = relation_create();
    r->name = name;
    r->topic = name;
    r->append_only = key_count == 0;
    r->schema.column_count = 4;
    r->schema.columns = ARENA_ARRAY(r->arena, struct column, 4);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, 4);
    r->primary_key_count = key_count;
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, 1);
    for (uint32_t i = 0; i < 4; i++) {
        r->schema.columns[i] = (struct column){arena_printf(r->arena, "%c", 'a' + (int)i), type_of(TYPES[i]), false};
        r->columns[i] =
            (struct column_definition){.name = r->schema.columns[i].name, .type = r->schema.columns[i].type};
    }
    return r;
}

static void check_plan(const struct sql_environment *environment, struct plan *p, struct arena *arena)
{
    struct error err = {0};
    struct buffer text = {0};
    struct plan *again;
    plan_print(p, true, &text);
    plan_print_json(p, false, &text);
    buffer_reset(&text);
    plan_put_canonical(p, &text);
    require(plan_optimize(p, &environment->text, arena, &again, &err) == STATUS_OK);
    require(again->schema.column_count == p->schema.column_count);
    for (uint32_t i = 0; i < p->schema.column_count; i++)
        require(type_equal(again->schema.columns[i].type, p->schema.columns[i].type));
    buffer_clear(&text);
}

static void check_text(const struct sql_environment *environment, const char *text, bool infer, struct arena *arena)
{
    struct statement s;
    struct error err = {0};
    struct type *types;
    uint32_t count;
    if (infer)
        status_ignore(sql_parameter_types(environment, text, NULL, 0, arena, &types, &count, &err),
                      "only that it returns is asked");
    err = (struct error){0};
    enum status st = sql_bind(environment, text, arena, &s, &err);
    require((st == STATUS_OK) == (err.message[0] == '\0'));
    require(err.position >= 0 && (size_t)err.position <= strlen(text) + 1);
    if (st != STATUS_OK)
        return;
    if (s.plan != NULL)
        check_plan(environment, s.plan, arena);
    statement_release(&s);
}

static void check_script(const struct sql_environment *environment, const char *script, bool infer, struct arena *arena)
{
    struct sql_piece *pieces;
    uint32_t count;
    struct error err = {0};
    const char *interpolated;
    (void)sql_is_incomplete(script);
    if (sql_interpolate(script, variable, NULL, arena, &interpolated, &err) == STATUS_OK)
        script = interpolated;
    check_text(environment, script, infer, arena);
    if (sql_split(script, arena, &pieces, &count, &err) != STATUS_OK)
        return;
    for (uint32_t i = 0; i < count; i++) {
        require(strstr(script, pieces[i].text) != NULL);
        check_text(environment, pieces[i].text, false, arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct error err = {0};
    struct sql_environment environment = {.catalog = catalog_create(),
                                          .text = {time_zone_utc(), 0},
                                          .describe_files = describe_files};
    require(catalog_add(environment.catalog, make_table("t", 0), &err) == STATUS_OK);
    require(catalog_add(environment.catalog, make_table("u", 1), &err) == STATUS_OK);
    if (size > 0) {
        struct bytes text = {data + 1, size - 1};
        check_script(&environment, arena_copy_bytes(arena, text), (data[0] & 1) != 0, arena);
    }
    struct relation *t = catalog_find(environment.catalog, NULL, "t");
    require(t->reference_count == 2); /* the catalog's and ours: statements leave none */
    relation_unref(t);
    catalog_destroy(environment.catalog);
    arena_destroy(arena);
    return 0;
}
