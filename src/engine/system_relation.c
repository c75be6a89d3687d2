/* system_relation.c - relations whose rows are made when asked: leat_tables, leat_columns, leat_topics, leat_views, ... */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "catalog/option.h"
#include "engine/internal.h"
#include "expr/function.h"

/* ---- rows made of texts ---- */

struct row_set {
    struct schema schema;
    struct arena *arena;
    struct batch *batches;
    uint32_t count, capacity;
};

struct row_set *row_set_create(const struct schema *schema, struct arena *arena)
{
    struct row_set *r = ARENA_NEW(arena, struct row_set);
    r->arena = arena;
    schema_copy(schema, arena, &r->schema);
    return r;
}

static struct batch *last_with_room(struct row_set *r)
{
    if (r->count > 0 && r->batches[r->count - 1].row_count < BATCH_ROWS_MAX)
        return &r->batches[r->count - 1];
    if (r->count == r->capacity) {
        uint32_t capacity = r->capacity == 0 ? 4 : r->capacity * 2;
        struct batch *grown = ARENA_ARRAY(r->arena, struct batch, capacity);
        if (r->count > 0)
            memcpy(grown, r->batches, r->count * sizeof *grown);
        r->batches = grown;
        r->capacity = capacity;
    }
    struct batch *b = &r->batches[r->count++];
    batch_init(b, &r->schema, r->arena);
    b->row_count = 0;
    return b;
}

enum status row_set_add(struct row_set *r, const char *const *texts, struct error *err)
{
    struct batch *b = last_with_room(r);
    uint32_t row = b->row_count++;
    struct text_context context = {.zone = time_zone_utc()};
    for (uint32_t c = 0; c < r->schema.column_count; c++) {
        struct vector *v = &b->columns[c];
        if (texts[c] == NULL) {
            vector_set_null(v, row, BATCH_ROWS_MAX, r->arena);
            continue;
        }
        const char *copy = arena_copy_text(r->arena, texts[c]);
        TRY(value_parse(v->type, copy, strlen(copy), &context, r->arena, vector_value(v, row), err));
    }
    return STATUS_OK;
}

uint32_t row_set_batch_count(const struct row_set *r)
{
    return r->count;
}

const struct batch *row_set_batch(const struct row_set *r, uint32_t index)
{
    return &r->batches[index];
}

/* ---- the relations ---- */

#define TEXT_COLUMN(name) {name, {.id = TYPE_TEXT}, false}
#define INT8_COLUMN(name) {name, {.id = TYPE_INT8}, false}
#define INT4_COLUMN(name) {name, {.id = TYPE_INT4}, false}
#define BOOL_COLUMN(name) {name, {.id = TYPE_BOOL}, false}

enum { SYSTEM_COLUMNS_MAX = 12 };
typedef enum status system_rows(struct session *s, struct row_set *out, struct error *err);
struct system_relation {
    const char *name;
    system_rows *rows;
    struct column columns[SYSTEM_COLUMNS_MAX];
};

static const char *number(struct arena *arena, int64_t v)
{
    return arena_printf(arena, "%lld", (long long)v);
}

/* Calls visit for each relation that users see. */
static enum status each_relation(struct session *s, struct row_set *out,
                                 enum status (*visit)(struct session *, const struct relation *, struct row_set *, struct error *),
                                 struct error *err)
{
    uint32_t count;
    struct relation **all = catalog_list(s->engine->catalog, out->arena, &count);
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (st == STATUS_OK && all[i]->kind != RELATION_SYSTEM)
            st = visit(s, all[i], out, err);
        relation_unref(all[i]);
    }
    return st;
}

static enum status table_row(struct session *s, const struct relation *r, struct row_set *out, struct error *err)
{
    (void)s;
    const char *texts[] = {r->schema_name, r->name, relation_kind_name(r->kind), r->topic, r->sql};
    return row_set_add(out, texts, err);
}

static enum status tables(struct session *s, struct row_set *out, struct error *err)
{
    return each_relation(s, out, table_row, err);
}

static bool is_key(const struct relation *r, uint32_t column)
{
    for (uint32_t i = 0; i < r->primary_key_count; i++)
        if (r->primary_key[i] == column)
            return true;
    return false;
}

static enum status column_rows(struct session *s, const struct relation *r, struct row_set *out, struct error *err)
{
    (void)s;
    for (uint32_t c = 0; c < r->schema.column_count; c++) {
        char type[TYPE_NAME_SIZE];
        struct buffer text = {0};
        bool has_definition = r->columns != NULL;
        bool not_null = r->schema.columns[c].not_null || (has_definition && r->columns[c].not_null) || is_key(r, c);
        const char *default_text = NULL;
        if (has_definition && r->columns[c].default_value != NULL) {
            expr_print(r->columns[c].default_value, NULL, &text);
            default_text = arena_copy_text(out->arena, buffer_text(&text));
        }
        buffer_clear(&text);
        const char *texts[] = {r->name, number(out->arena, c + 1), r->schema.columns[c].name,
                               type_name(r->schema.columns[c].type, type, sizeof type), not_null ? "f" : "t", default_text,
                               is_key(r, c) ? "primary key" : NULL};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status columns(struct session *s, struct row_set *out, struct error *err)
{
    return each_relation(s, out, column_rows, err);
}

static enum status topics(struct session *s, struct row_set *out, struct error *err)
{
    struct engine *e = s->engine;
    if (e->log == NULL)
        return STATUS_OK;
    size_t count;
    struct topic **all = log_topics(e->log, out->arena, &count);
    static const char *const FSYNC[] = {"always", "interval", "never"};
    for (size_t i = 0; i < count; i++) {
        const struct topic_options *o = topic_get_options(all[i]);
        int64_t records = 0, size = 0;
        if (o->internal || topic_is_deleted(all[i]))
            continue;
        for (int32_t p = 0; p < o->partition_count; p++) {
            struct partition *partition = topic_partition(all[i], p);
            records += partition_visible_end(partition) - partition_start(partition);
            size += partition_size(partition);
        }
        const char *texts[] = {topic_name(all[i]), number(out->arena, o->partition_count), number(out->arena, records),
                               number(out->arena, size), FSYNC[o->fsync], o->compacted ? "compact" : "delete"};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status reports_of(struct session *s, bool (*wanted)(const struct relation *), struct row_set *out, struct error *err)
{
    struct engine *e = s->engine;
    struct relation_report *reports;
    if (e->timeline == NULL)
        return STATUS_OK;
    uint32_t count = timeline_reports(e->timeline, out->arena, &reports);
    for (uint32_t i = 0; i < count; i++) {
        struct relation *r = catalog_find_id(e->catalog, reports[i].relation_id);
        if (r == NULL)
            continue;
        if (wanted(r)) {
            const struct relation_report *p = &reports[i];
            struct arena *a = out->arena;
            const char *texts[] = {r->name, p->state, p->error[0] == '\0' ? NULL : p->error, number(a, p->epoch), number(a, p->rows_in),
                                   number(a, p->rows_used), number(a, p->rows_rejected), number(a, p->lag_records), number(a, p->state_size),
                                   r->topic};
            enum status st = row_set_add(out, texts, err);
            if (st != STATUS_OK) {
                relation_unref(r);
                return st;
            }
        }
        relation_unref(r);
    }
    return STATUS_OK;
}

static bool is_view(const struct relation *r)
{
    return r->kind == RELATION_MATERIALIZED_VIEW;
}
static bool is_sink(const struct relation *r)
{
    return r->kind == RELATION_SINK;
}
static bool is_table(const struct relation *r)
{
    return r->kind == RELATION_TABLE;
}
static enum status views(struct session *s, struct row_set *out, struct error *err)
{
    return reports_of(s, is_view, out, err);
}
static enum status sinks(struct session *s, struct row_set *out, struct error *err)
{
    return reports_of(s, is_sink, out, err);
}
static enum status ingests(struct session *s, struct row_set *out, struct error *err)
{
    return reports_of(s, is_table, out, err);
}

static enum status setting_rows(struct session *s, struct row_set *out, struct error *err)
{
    for (uint32_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &SETTINGS[i];
        const char *texts[] = {setting->name, settings_get(s->settings, setting->name), setting->unit,
                               setting_source_name(settings_source(s->settings, setting->name)), setting->summary};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status function_rows(struct session *s, struct row_set *out, struct error *err)
{
    (void)s;
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++) {
        const char *texts[] = {FUNCTIONS[i].name, FUNCTIONS[i].signature, FUNCTIONS[i].summary};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status option_rows(struct session *s, struct row_set *out, struct error *err)
{
    (void)s;
    for (uint32_t i = 0; i < OPTION_COUNT; i++) {
        const char *texts[] = {OPTIONS[i].name, OPTIONS[i].default_text, OPTIONS[i].choices, OPTIONS[i].help};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status error_rows(struct session *s, struct row_set *out, struct error *err)
{
    (void)s;
#define X(name, sqlstate, condition) {sqlstate, condition},
    static const char *const ROWS[][2] = {STATUS_LIST(X)};
#undef X
    for (unsigned i = STATUS_OK + 1; i < STATUS_COUNT; i++) {
        const char *texts[] = {ROWS[i][0], ROWS[i][1]};
        TRY(row_set_add(out, texts, err));
    }
    return STATUS_OK;
}

static enum status metric(struct row_set *out, const char *name, int64_t value, struct error *err)
{
    const char *texts[] = {name, "", number(out->arena, value)};
    return row_set_add(out, texts, err);
}

static enum status metrics(struct session *s, struct row_set *out, struct error *err)
{
    struct engine *e = s->engine;
    struct log_statistics statistics = {0};
    if (e->log != NULL)
        log_get_statistics(e->log, &statistics);
    TRY(metric(out, "log_syncs", statistics.sync_count, err));
    TRY(metric(out, "log_sync_ns", statistics.sync_ns, err));
    TRY(metric(out, "log_batches", statistics.append_count, err));
    TRY(metric(out, "log_bytes", statistics.append_size, err));
    TRY(metric(out, "epoch", e->timeline == NULL ? 0 : timeline_epoch(e->timeline), err));
    TRY(metric(out, "state_bytes", e->budget.used_size, err));
    TRY(metric(out, "resident_bytes", memory_resident_size(), err));
    return metric(out, "resident_peak_bytes", memory_peak_size(), err);
}

#define REPORT_COLUMNS                                                                                                          \
    {                                                                                                                           \
        TEXT_COLUMN("name"), TEXT_COLUMN("state"), TEXT_COLUMN("error"), INT8_COLUMN("epoch"), INT8_COLUMN("rows_in"),          \
            INT8_COLUMN("rows_used"), INT8_COLUMN("rows_rejected"), INT8_COLUMN("lag_records"), INT8_COLUMN("state_bytes"),     \
            TEXT_COLUMN("topic")                                                                                                \
    }

static const struct system_relation SYSTEM_RELATIONS[] = {
    {"leat_tables", tables, {TEXT_COLUMN("schema"), TEXT_COLUMN("name"), TEXT_COLUMN("kind"), TEXT_COLUMN("topic"), TEXT_COLUMN("sql")}},
    {"leat_columns", columns, {TEXT_COLUMN("relation"), INT4_COLUMN("position"), TEXT_COLUMN("name"), TEXT_COLUMN("type"),
                               BOOL_COLUMN("nullable"), TEXT_COLUMN("default"), TEXT_COLUMN("key")}},
    {"leat_topics", topics, {TEXT_COLUMN("name"), INT4_COLUMN("partitions"), INT8_COLUMN("records"), INT8_COLUMN("bytes"),
                             TEXT_COLUMN("fsync"), TEXT_COLUMN("cleanup_policy")}},
    {"leat_views", views, REPORT_COLUMNS},
    {"leat_sinks", sinks, REPORT_COLUMNS},
    {"leat_ingests", ingests, REPORT_COLUMNS},
    {"leat_settings", setting_rows, {TEXT_COLUMN("name"), TEXT_COLUMN("setting"), TEXT_COLUMN("unit"), TEXT_COLUMN("source"),
                                     TEXT_COLUMN("description")}},
    {"leat_functions", function_rows, {TEXT_COLUMN("name"), TEXT_COLUMN("signature"), TEXT_COLUMN("description")}},
    {"leat_options", option_rows, {TEXT_COLUMN("name"), TEXT_COLUMN("default"), TEXT_COLUMN("choices"), TEXT_COLUMN("description")}},
    {"leat_errors", error_rows, {TEXT_COLUMN("sqlstate"), TEXT_COLUMN("condition")}},
    {"leat_metrics", metrics, {TEXT_COLUMN("name"), TEXT_COLUMN("labels"), INT8_COLUMN("value")}},
};
enum { SYSTEM_RELATION_COUNT = sizeof SYSTEM_RELATIONS / sizeof *SYSTEM_RELATIONS };

static uint32_t count_columns(const struct system_relation *s)
{
    uint32_t count = 0;
    while (count < SYSTEM_COLUMNS_MAX && s->columns[count].name != NULL)
        count++;
    return count;
}

void system_relations_add(struct catalog *c)
{
    for (unsigned i = 0; i < SYSTEM_RELATION_COUNT; i++) {
        const struct system_relation *s = &SYSTEM_RELATIONS[i];
        struct relation *r = relation_create();
        struct schema schema = {count_columns(s), (struct column *)(uintptr_t)s->columns};
        r->id = -1000000 - (int64_t)i;
        r->kind = RELATION_SYSTEM;
        r->schema_name = "leat_catalog";
        r->name = s->name;
        schema_copy(&schema, r->arena, &r->schema);
        r->columns = ARENA_ARRAY(r->arena, struct column_definition, schema.column_count);
        for (uint32_t k = 0; k < schema.column_count; k++)
            r->columns[k] = (struct column_definition){.name = s->columns[k].name, .type = s->columns[k].type};
        if (catalog_add(c, r, NULL) != STATUS_OK)
            abort(); /* a name twice in the table above */
    }
}

/* ---- a source over them ---- */

struct system_source {
    struct source source;
    struct arena *arena;
    struct row_set *rows;
    const struct plan *leaf;
    _Atomic uint32_t next;
};
struct source_reader {
    struct system_source *source;
    struct vector columns[SYSTEM_COLUMNS_MAX * 4];
};

static enum status open_reader(struct source *s, struct source_reader **out, struct error *err)
{
    (void)err;
    *out = memory_alloc_zero(1, sizeof **out);
    (*out)->source = (struct system_source *)s;
    return STATUS_OK;
}

static enum status read_rows(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    (void)err;
    struct system_source *s = r->source;
    uint32_t index = atomic_fetch_add(&s->next, 1);
    *out = (struct batch){0};
    *end = index >= row_set_batch_count(s->rows);
    if (*end)
        return STATUS_OK;
    *out = *row_set_batch(s->rows, index);
    for (uint32_t i = 0; i < s->leaf->scan.column_count; i++)
        r->columns[i] = out->columns[s->leaf->scan.columns[i]];
    out->columns = r->columns;
    out->column_count = s->leaf->scan.column_count;
    return STATUS_OK;
}

static void close_reader(struct source_reader *r)
{
    free(r);
}

static void destroy(struct source *s)
{
    arena_destroy(((struct system_source *)s)->arena);
    free(s);
}

static const struct source_type SYSTEM_SOURCE = {"system", open_reader, read_rows, close_reader, destroy};

enum status system_source_create(struct session *s, const struct plan *leaf, struct source **out, struct error *err)
{
    struct system_source *source = memory_alloc_zero(1, sizeof *source);
    source->source.type = &SYSTEM_SOURCE;
    source->source.single = true;
    source->source.estimated_rows = -1;
    source->leaf = leaf;
    source->arena = arena_create();
    source->rows = row_set_create(&leaf->scan.relation->schema, source->arena);
    enum status st = error_set(err, STATUS_UNDEFINED_TABLE, "system relation \"%s\" does not exist", leaf->scan.relation->name);
    for (unsigned i = 0; i < SYSTEM_RELATION_COUNT; i++)
        if (strcmp(SYSTEM_RELATIONS[i].name, leaf->scan.relation->name) == 0)
            st = SYSTEM_RELATIONS[i].rows(s, source->rows, err);
    if (st != STATUS_OK) {
        destroy(&source->source);
        return st;
    }
    *out = &source->source;
    return STATUS_OK;
}
