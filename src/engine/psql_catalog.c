/* psql_catalog.c - answers to psql's own catalogue queries (\d and kin, the Tab key), and to one of psycopg's.
 *
 * psql 15 asks about pg_class and its neighbours in fixed texts that join a
 * dozen catalogs which leat does not have. They are recognised here by what they
 * select, and answered from leat's catalog. What asks for things that leat does
 * not have (policies, triggers, publications, inheritance) gets no rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "engine/internal.h"
#include "engine/psql_text.h"

enum { OID_BASE = 16384 };

static const char *relkind_of(const struct relation *r)
{
    switch (r->kind) {
    case RELATION_VIEW:
        return "v";
    case RELATION_MATERIALIZED_VIEW:
        return "m";
    case RELATION_SINK:
    case RELATION_SOURCE:
        return "f";
    default:
        return "r";
    }
}

/* Relations have 64-bit ids of either sign; psql wants small positive oids that come back as the same relation. */
static uint32_t relation_oid(const struct relation *r)
{
    return (uint32_t)(OID_BASE + (r->id > 0 ? r->id * 2 : -r->id * 2 + 1));
}

/* ---- answers ---- */

struct answer {
    struct work *work;
    struct schema schema;
    struct row_set *rows;
    struct relation **relations;
    uint32_t relation_count;
};

static void open_answer(struct answer *a, const char *const *names, uint32_t count)
{
    struct arena *arena = a->work->arena;
    a->schema.column_count = count;
    a->schema.columns = ARENA_ARRAY(arena, struct column, count);
    for (uint32_t i = 0; i < count; i++)
        a->schema.columns[i] = (struct column){names[i], type_of(TYPE_TEXT), false};
    a->rows = row_set_create(&a->schema, arena);
}

/* With the columns that the text asks for. */
static void open_asked(struct answer *a, const char *text)
{
    uint32_t count;
    const char *const *names = psql_columns(text, a->work->arena, &count);
    open_answer(a, names, count);
}

static enum status give(struct answer *a, struct error *err)
{
    const struct receiver *r = a->work->receiver;
    uint64_t count = 0;
    TRY(r->begin(r->context, &a->schema, err));
    for (uint32_t i = 0; i < row_set_batch_count(a->rows); i++) {
        TRY(r->rows(r->context, row_set_batch(a->rows, i), &a->work->text, err));
        count += row_set_batch(a->rows, i)->row_count;
    }
    return complete(a->work, "SELECT %llu", (unsigned long long)count);
}

static int by_name(const void *a, const void *b)
{
    const struct relation *left = *(struct relation *const *)a, *right = *(struct relation *const *)b;
    int order = strcmp(left->schema_name, right->schema_name);
    return order != 0 ? order : strcmp(left->name, right->name);
}

static bool is_wanted_schema(const struct relation *r, const char *schema_pattern)
{
    return schema_pattern != NULL ? psql_matches(schema_pattern, r->schema_name) : r->kind != RELATION_SYSTEM;
}

/* What a list shows of a relation in one of its columns; what leat does not have is NULL. */
static const char *relation_cell(const struct relation *r, const char *column)
{
    if (strcmp(column, "Schema") == 0)
        return r->schema_name;
    if (strcmp(column, "Name") == 0)
        return r->name;
    if (strcmp(column, "Type") == 0)
        return r->kind == RELATION_SINK ? "sink" : relation_kind_name(r->kind);
    return strcmp(column, "Owner") == 0 ? "leat" : strcmp(column, "Persistence") == 0 ? "permanent" : NULL;
}

/* "c.relkind IN ('r','v')"; without it any kind is wanted. */
static bool is_wanted_kind(const struct relation *r, const char *text)
{
    const char *kinds = strstr(text, "c.relkind IN (");
    if (kinds == NULL)
        return true;
    const char kind[] = {'\'', relkind_of(r)[0], '\'', '\0'}, *found = strstr(kinds, kind);
    return found != NULL && found < strchr(kinds + 14, ')');
}

/* \d, \dt, \dv, \dm, \dp and their + forms: a list, with the columns that are asked for. */
static enum status list_relations(struct answer *a, const char *text, struct error *err)
{
    struct arena *arena = a->work->arena;
    const char *name = psql_pattern(text, "c.relname", arena), *schema = psql_pattern(text, "n.nspname", arena);
    open_asked(a, text);
    for (uint32_t i = 0; i < a->relation_count; i++) {
        const struct relation *r = a->relations[i];
        if (!is_wanted_kind(r, text) || !psql_matches(name, r->name) || !is_wanted_schema(r, schema))
            continue;
        const char **cells = ARENA_ARRAY(arena, const char *, a->schema.column_count);
        for (uint32_t c = 0; c < a->schema.column_count; c++)
            cells[c] = relation_cell(r, a->schema.columns[c].name);
        TRY(row_set_add(a->rows, cells, err));
    }
    return give(a, err);
}

/* \d NAME, first question: which relations? */
static enum status find_relations(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"oid", "nspname", "relname"};
    struct arena *arena = a->work->arena;
    const char *name = psql_pattern(text, "c.relname", arena), *schema = psql_pattern(text, "n.nspname", arena);
    open_answer(a, NAMES, 3);
    for (uint32_t i = 0; i < a->relation_count; i++) {
        const struct relation *r = a->relations[i];
        if (psql_matches(name, r->name) && (schema == NULL || psql_matches(schema, r->schema_name)))
            TRY(row_set_add(a->rows, (const char *const[]){arena_printf(arena, "%u", relation_oid(r)), r->schema_name, r->name}, err));
    }
    return give(a, err);
}

static const struct relation *relation_of_oid(const struct answer *a, uint32_t oid)
{
    for (uint32_t i = 0; i < a->relation_count; i++)
        if (relation_oid(a->relations[i]) == oid)
            return a->relations[i];
    return NULL;
}

/* Second: what is it? */
static enum status relation_flags(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"relchecks", "relkind", "relhasindex", "relhasrules", "relhastriggers", "relrowsecurity",
                                        "relforcerowsecurity", "relhasoids", "relispartition", "?column?", "reltablespace", "reloftype",
                                        "relpersistence", "relreplident", "amname"};
    const struct relation *r = relation_of_oid(a, psql_oid_behind(text, "WHERE c.oid = "));
    open_answer(a, NAMES, 15);
    if (r != NULL) {
        const char *kind = relkind_of(r);
        bool has_key = r->primary_key_count > 0;
        TRY(row_set_add(a->rows, (const char *const[]){"0", strcmp(kind, "f") == 0 ? "r" : kind, has_key ? "t" : "f", "f", "f", "f", "f", "f",
                                                       "f", "", "0", "", "p", "d", NULL}, err));
    }
    return give(a, err);
}

/* Third: its columns. */
static enum status relation_columns(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"attname", "format_type", "pg_get_expr", "attnotnull", "attcollation", "attidentity", "attgenerated",
                                        /* asked for by \\d+ only; more columns than asked for do no harm */
                                        "attstorage", "attcompression", "attstattarget", "col_description"};
    const struct relation *r = relation_of_oid(a, psql_oid_behind(text, "WHERE a.attrelid = "));
    struct arena *arena = a->work->arena;
    open_answer(a, NAMES, 11);
    for (uint32_t c = 0; r != NULL && c < r->schema.column_count; c++) {
        char type[TYPE_NAME_SIZE];
        struct buffer expression = {0};
        const char *default_text = NULL;
        bool not_null = r->schema.columns[c].not_null || (r->columns != NULL && r->columns[c].not_null);
        for (uint32_t k = 0; k < r->primary_key_count; k++)
            not_null |= r->primary_key[k] == c;
        if (r->columns != NULL && r->columns[c].default_value != NULL) {
            expr_print(r->columns[c].default_value, NULL, &expression);
            default_text = arena_copy_bytes(arena, buffer_bytes(&expression));
        }
        buffer_clear(&expression);
        const char *type_text = arena_copy_text(arena, type_name(r->schema.columns[c].type, type, sizeof type));
        TRY(row_set_add(a->rows, (const char *const[]){r->schema.columns[c].name, type_text, default_text, not_null ? "t" : "f", NULL, "", "", "p", "",
                                                       NULL, NULL}, err));
    }
    return give(a, err);
}

/* Of a keyed table: its primary key. */
static enum status relation_indexes(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"relname", "indisprimary", "indisunique", "indisclustered", "indisvalid", "pg_get_indexdef",
                                        "pg_get_constraintdef", "contype", "condeferrable", "condeferred", "indisreplident", "reltablespace"};
    const struct relation *r = relation_of_oid(a, psql_oid_behind(text, "WHERE c.oid = "));
    struct arena *arena = a->work->arena;
    open_answer(a, NAMES, 12);
    if (r != NULL && r->primary_key_count > 0) {
        struct buffer columns = {0};
        for (uint32_t k = 0; k < r->primary_key_count; k++)
            buffer_printf(&columns, "%s%s", k > 0 ? ", " : "", r->schema.columns[r->primary_key[k]].name);
        const char *list = arena_copy_bytes(arena, buffer_bytes(&columns));
        buffer_clear(&columns);
        const char *definition = arena_printf(arena, "CREATE UNIQUE INDEX %s_pkey ON %s USING btree (%s)", r->name, r->name, list);
        TRY(row_set_add(a->rows, (const char *const[]){arena_printf(arena, "%s_pkey", r->name), "t", "t", "f", "t", definition,
                                                       arena_printf(arena, "PRIMARY KEY (%s)", list), "p", "f", "f", "f", "0"}, err));
    }
    return give(a, err);
}

/* \d+ of a view: its query. */
static enum status view_definition(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"pg_get_viewdef"};
    const struct relation *r = relation_of_oid(a, psql_oid_behind(text, "pg_get_viewdef("));
    open_answer(a, NAMES, 1);
    if (r != NULL)
        TRY(row_set_add(a->rows, (const char *const[]){r->query != NULL ? r->query : ""}, err));
    return give(a, err);
}

/* \l */
static enum status list_databases(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"Name", "Owner", "Encoding", "Collate", "Ctype", "ICU Locale", "Locale Provider", "Access privileges"};
    (void)text;
    open_answer(a, NAMES, 8);
    TRY(row_set_add(a->rows, (const char *const[]){a->work->session->database, "leat", "UTF8", "C", "C", NULL, "libc", NULL}, err));
    return give(a, err);
}

/* \dn */
static enum status list_schemas(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"Name", "Owner"};
    (void)text;
    open_answer(a, NAMES, 2);
    TRY(row_set_add(a->rows, (const char *const[]){"public", "leat"}, err));
    return give(a, err);
}

/* \du */
static enum status list_roles(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"rolname", "rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin", "rolconnlimit",
                                        "rolvaliduntil", "memberof", "rolreplication", "rolbypassrls"};
    struct engine *e = a->work->engine;
    (void)text;
    open_answer(a, NAMES, 11);
    mutex_lock(&e->mutex);
    enum status st = STATUS_OK;
    for (size_t i = 0; i < e->roles.entry_count && st == STATUS_OK; i++) {
        const struct role *role = e->roles.entries[i].value;
        if (role != NULL)
            st = row_set_add(a->rows, (const char *const[]){role->name, "t", "t", "t", "t", "t", "-1", NULL, "{}", "f", "f"}, err);
    }
    mutex_unlock(&e->mutex);
    return st == STATUS_OK ? give(a, err) : st;
}

/* psycopg, before it closes a cursor that it did not open itself. */
static enum status find_cursor(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"?column?"};
    char name[128] = "";
    const char *at = strstr(text, "name = '");
    if (at != NULL)
        snprintf(name, sizeof name, "%.*s", (int)strcspn(at + 8, "'"), at + 8);
    open_answer(a, NAMES, 1);
    if (session_cursor_schema(a->work->session, name) != NULL)
        TRY(row_set_add(a->rows, (const char *const[]){"1"}, err));
    return give(a, err);
}

/* \sv NAME, first question: the oid, where the name is written as in SQL. */
static enum status find_view(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"oid"};
    struct arena *arena = a->work->arena;
    const char *name = psql_quoted_behind(text, "SELECT ", arena), *dot = strchr(name, '.');
    struct relation *r = dot == NULL ? catalog_find(a->work->engine->catalog, "public", name)
                                     : catalog_find(a->work->engine->catalog, arena_printf(arena, "%.*s", (int)(dot - name), name), dot + 1);
    if (r == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "relation \"%s\" does not exist", name);
    open_answer(a, NAMES, 1);
    enum status st = row_set_add(a->rows, (const char *const[]){arena_printf(arena, "%u", relation_oid(r))}, err);
    relation_unref(r);
    return st == STATUS_OK ? give(a, err) : st;
}

/* Second: its text. A materialized view's is shown as a view's, which is how psql knows it. */
static enum status view_text(struct answer *a, const char *text, struct error *err)
{
    static const char *const NAMES[] = {"nspname", "relname", "relkind", "pg_get_viewdef", "reloptions", "checkoption"};
    const struct relation *r = relation_of_oid(a, psql_oid_behind(text, "WHERE c.oid = "));
    open_answer(a, NAMES, 6);
    if (r != NULL)
        TRY(row_set_add(a->rows, (const char *const[]){r->schema_name, r->name, relkind_of(r), r->query != NULL ? r->query : "", NULL, NULL}, err));
    return give(a, err);
}

static enum status find_function(struct answer *a, const char *text, struct error *err)
{
    const char *name = psql_quoted_behind(text, "SELECT ", a->work->arena);
    return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "the source of functions is not kept: %s", name != NULL ? name : "");
}

/* \gdesc: names and types that psql has from RowDescription. */
static enum status describe_types(struct answer *a, const char *text, struct error *err)
{
    struct arena *arena = a->work->arena;
    open_asked(a, text);
    for (const char *at = strstr(text, "(VALUES ("); at != NULL; at = strstr(at, "),(")) {
        at += at[1] == 'V' ? 9 : 3;
        const char *name = psql_quoted_behind(at, "", arena), *oid = strstr(at, "'::pg_catalog.oid, ");
        if (name == NULL || oid == NULL)
            break;
        const char *number = oid;
        while (number > at && number[-1] != '\'')
            number--;
        int32_t modifier = (int32_t)strtol(oid + 19, NULL, 10);
        char type[TYPE_NAME_SIZE];
        type_name(psql_type((uint32_t)strtoul(number, NULL, 10), modifier), type, sizeof type);
        TRY(row_set_add(a->rows, (const char *const[]){name, type}, err));
        at = oid;
    }
    return give(a, err);
}

/* \dconfig, and the names for completing SET and SHOW. */
static enum status list_settings(struct answer *a, const char *text, struct error *err)
{
    struct arena *arena = a->work->arena;
    const struct settings *settings = a->work->session->settings;
    const char *pattern = psql_pattern(text, "pg_catalog.lower(s.name)", arena);
    const char *prefix = psql_quoted_behind(text, "LIKE pg_catalog.lower(", arena);
    bool changed_only = strstr(text, "s.source <> 'default'") != NULL;
    open_asked(a, text);
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        const char *name = SETTINGS[i].name;
        bool is_wanted = psql_matches(pattern, name) && (prefix == NULL || strncasecmp(name, prefix, strcspn(prefix, "%\\")) == 0) &&
                         !(changed_only && settings_source(settings, name) == SOURCE_DEFAULT);
        if (is_wanted)
            TRY(row_set_add(a->rows, (const char *const[]){name, settings_get(settings, name)}, err));
    }
    return give(a, err);
}

/* Completing the name of a relation, or of a schema, by the Tab key. */
static enum status complete_relation(struct answer *a, const char *text, struct error *err)
{
    struct arena *arena = a->work->arena;
    const char *name = psql_pattern(text, "c.relname", arena);
    open_asked(a, text);
    for (uint32_t i = 0; i < a->relation_count; i++) {
        const struct relation *r = a->relations[i];
        if (is_wanted_kind(r, text) && psql_matches(name, r->name) && is_wanted_schema(r, NULL))
            TRY(row_set_add(a->rows, (const char *const[]){r->name, NULL}, err));
    }
    return give(a, err);
}

static enum status complete_column(struct answer *a, const char *text, struct error *err)
{
    struct arena *arena = a->work->arena;
    const char *name = psql_pattern(text, "a.attname", arena), *relation = psql_quoted_behind(text, "c.relname = ", arena);
    open_asked(a, text);
    for (uint32_t i = 0; i < a->relation_count && relation != NULL; i++) {
        const struct relation *r = a->relations[i];
        for (uint32_t c = 0; strcmp(r->name, relation) == 0 && c < r->schema.column_count; c++)
            if (psql_matches(name, r->schema.columns[c].name))
                TRY(row_set_add(a->rows, (const char *const[]){r->schema.columns[c].name, NULL}, err));
    }
    return give(a, err);
}

static enum status no_rows(struct answer *a, const char *text, struct error *err)
{
    open_asked(a, text);
    return give(a, err);
}

/* In order: the first whose marks are all in the text answers. */
static const struct {
    const char *first, *second;
    enum status (*answer)(struct answer *a, const char *text, struct error *err);
} QUESTIONS[] = {
    {"c.relname as \"Name\"", "CASE c.relkind WHEN 'r'", list_relations},
    {"SELECT c.oid,\n  n.nspname,\n  c.relname\nFROM pg_catalog.pg_class c", "ORDER BY 2, 3", find_relations},
    {"SELECT c.relchecks, c.relkind,", "WHERE c.oid = '", relation_flags},
    {"SELECT a.attname,\n  pg_catalog.format_type(a.atttypid, a.atttypmod)", "WHERE a.attrelid = '", relation_columns},
    {"SELECT c2.relname, i.indisprimary, i.indisunique", "WHERE c.oid = '", relation_indexes},
    {"SELECT pg_catalog.pg_get_viewdef('", "", view_definition},
    {"FROM pg_catalog.pg_database d", "d.datname as \"Name\"", list_databases},
    {"FROM pg_catalog.pg_namespace n", "n.nspname AS \"Name\"", list_schemas},
    {"SELECT r.rolname, r.rolsuper", "FROM pg_catalog.pg_roles r", list_roles},
    {"SELECT 1 FROM pg_catalog.pg_cursors", "", find_cursor},
    {"::pg_catalog.regclass::pg_catalog.oid", "SELECT '", find_view},
    {"SELECT nspname, relname, relkind, pg_catalog.pg_get_viewdef(c.oid", "", view_text},
    {"::pg_catalog.regproc", "SELECT '", find_function},
    {"SELECT name AS \"Column\", pg_catalog.format_type(tp, tpm)", "(VALUES (", describe_types},
    {"SELECT s.name AS \"Parameter\"", "FROM pg_catalog.pg_settings s", list_settings},
    {"SELECT pg_catalog.lower(name) FROM pg_catalog.pg_settings", "LIKE pg_catalog.lower('", list_settings},
    {"SELECT c.relname, NULL::pg_catalog.text", "(c.relname) LIKE ", complete_relation},
    {"SELECT a.attname, NULL::pg_catalog.text", "(a.attname) LIKE ", complete_column},
    {"FROM pg_catalog.pg_policy pol", "", no_rows},
    {"FROM pg_catalog.pg_statistic_ext", "", no_rows},
    {"FROM pg_catalog.pg_publication", "", no_rows},
    {"pg_catalog.pg_inherits", "", no_rows},
    {"FROM pg_catalog.pg_trigger t", "", no_rows},
    {"FROM pg_catalog.pg_constraint r", "", no_rows},
    {"FROM pg_catalog.pg_rewrite r", "", no_rows},
    {"FROM pg_catalog.pg_foreign_table f", "", no_rows},
    {"FROM pg_catalog.pg_proc p", "", no_rows},
    {"FROM pg_catalog.pg_extension e", "", no_rows},
    {"FROM pg_catalog.pg_type t", "format_type(t.oid, NULL)", no_rows},
    {"FROM pg_catalog.pg_tablespace", "", no_rows},
    {"FROM pg_catalog.pg_cast c", "", no_rows},
    {"FROM pg_catalog.pg_operator o", "", no_rows},
    {"FROM pg_catalog.pg_default_acl d", "\"Owner\"", no_rows},
    {"FROM pg_catalog.pg_conversion c", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_collation c", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_ts_config c", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_language l", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_class c", "c.relkind IN ('p','I',", no_rows},
    {"FROM pg_catalog.pg_subscription", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_event_trigger e", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_am", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_db_role_setting s", "\"Role\"", no_rows},
    {"FROM pg_catalog.pg_foreign_server s", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_foreign_data_wrapper fdw", "\"Name\"", no_rows},
    {"FROM pg_catalog.pg_largeobject_metadata", "\"ID\"", no_rows},
};

enum status answer_psql_query(struct work *w, const char *text, bool *handled, struct error *err)
{
    struct answer a = {.work = w};
    *handled = false;
    if (strstr(text, "pg_catalog.") == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < sizeof QUESTIONS / sizeof *QUESTIONS; i++) {
        if (strstr(text, QUESTIONS[i].first) == NULL || strstr(text, QUESTIONS[i].second) == NULL)
            continue;
        *handled = true;
        a.relations = catalog_list(w->engine->catalog, w->arena, &a.relation_count);
        qsort(a.relations, a.relation_count, sizeof *a.relations, by_name);
        enum status st = QUESTIONS[i].answer(&a, text, err);
        for (uint32_t k = 0; k < a.relation_count; k++)
            relation_unref(a.relations[k]);
        return st;
    }
    return STATUS_OK;
}
