/* parquet_source.c - Parquet files as a source: the row groups are the morsels.
 *
 * The readers share one open file, the one whose row groups are being handed
 * out. Whoever still reads an older one keeps it open by a count.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "connect/file_prune.h"
#include "os/thread.h"

/* ---- describe ---- */

static enum status describe_file(struct os *os, struct file_binding *b, uint32_t file, struct arena *arena, struct error *err)
{
    struct parquet_reader *reader;
    TRY(parquet_reader_open(os, b->files.items[file].path, &b->options.parquet, &reader, err));
    enum status st = file_columns_merge(b, file, parquet_reader_schema(reader), arena, err);
    b->rows += parquet_reader_rows(reader);
    parquet_reader_close(reader);
    return st;
}

enum status parquet_files_describe(struct os *os, struct file_binding *b, struct arena *arena, struct error *err)
{
    b->rows = 0;
    for (uint32_t f = 0; f < b->files.count; f++)
        TRY(describe_file(os, b, f, arena, err));
    return STATUS_OK;
}

/* ---- the source ---- */

struct open_file {
    struct parquet_reader *reader;
    uint32_t file;
    uint32_t next_group;
    int32_t reference_count; /* under the source's mutex */
    uint32_t *columns;       /* of the file, those that are read */
    uint32_t column_count;
    int32_t *outputs;        /* by output column: the cursor's column, -1: a constant */
};

struct parquet_source {
    struct source base;
    struct os *os;
    const struct plan *node;
    const struct file_binding *binding;
    struct arena *arena;
    uint32_t *files, file_count; /* those that are left */
    struct mutex mutex;          /* over what follows */
    uint32_t next_file;
    struct open_file *current;   /* NULL: open the next */
};

struct parquet_source_reader {
    struct parquet_source *source;
    struct open_file *file;
    struct parquet_cursor *cursor;
    struct arena *arena;
    struct batch rows; /* holds the slabs of the last batch */
};

/* Drops a reference; the mutex is held. */
static void open_file_unref(struct open_file *f)
{
    if (f == NULL || --f->reference_count > 0)
        return;
    parquet_reader_close(f->reader);
    free(f->columns);
    free(f->outputs);
    free(f);
}

static enum status check_unchanged(const struct parquet_source *s, const struct open_file *f, const struct column *expected, int at,
                                   struct error *err)
{
    const struct schema *schema = parquet_reader_schema(f->reader);
    if (at >= 0 && type_equal(schema->columns[at].type, expected->type))
        return STATUS_OK;
    if (at < 0 && s->binding->options.union_by_name)
        return STATUS_OK;
    return error_set(err, STATUS_CORRUPT, "\"%s\" changed while it was being read", s->binding->files.items[f->file].path);
}

/* Finds the wanted columns in the file, by name. */
static enum status map_columns(const struct parquet_source *s, struct open_file *f, struct error *err)
{
    const struct plan *node = s->node;
    f->columns = memory_alloc_zero(node->files.column_count + 1, sizeof *f->columns);
    f->outputs = memory_alloc_zero(node->files.column_count + 1, sizeof *f->outputs);
    for (uint32_t i = 0; i < node->files.column_count; i++) {
        int32_t source = s->binding->data_columns[node->files.columns[i]];
        f->outputs[i] = -1;
        if (source < 0)
            continue;
        const struct column *expected = &s->binding->data.columns[source];
        int at = schema_find(parquet_reader_schema(f->reader), expected->name);
        TRY(check_unchanged(s, f, expected, at, err));
        if (at >= 0) {
            f->outputs[i] = (int32_t)f->column_count;
            f->columns[f->column_count++] = (uint32_t)at;
        }
    }
    return STATUS_OK;
}

static enum status open_next_file(struct parquet_source *s, struct error *err)
{
    struct open_file *f = memory_alloc_zero(1, sizeof *f);
    f->reference_count = 1;
    f->file = s->files[s->next_file++];
    enum status st = parquet_reader_open(s->os, s->binding->files.items[f->file].path, &s->binding->options.parquet, &f->reader, err);
    if (st == STATUS_OK)
        st = map_columns(s, f, err);
    if (st != STATUS_OK)
        open_file_unref(f);
    else
        s->current = f;
    return st;
}

static bool is_group_pruned(const struct parquet_source *s, const struct open_file *f, uint32_t group)
{
    for (uint32_t i = 0; i < s->node->files.prune_count; i++) {
        const struct prune *p = &s->node->files.prunes[i];
        struct parquet_statistics statistics;
        if (f->outputs[p->column] < 0)
            continue;
        uint32_t column = f->columns[f->outputs[p->column]];
        parquet_row_group_statistics(f->reader, group, column, &statistics);
        struct type type = parquet_reader_schema(f->reader)->columns[column].type;
        if (statistics_are_pruned(p, type, &statistics, parquet_row_group_rows(f->reader, group)))
            return true;
    }
    return false;
}

/* Takes the next row group that is not ruled out; r->file stays NULL at the end. The mutex is held. */
static enum status take_group(struct parquet_source *s, struct parquet_source_reader *r, uint32_t *group, struct error *err)
{
    for (;;) {
        if (s->current == NULL) {
            if (s->next_file == s->file_count)
                return STATUS_OK;
            TRY(open_next_file(s, err));
        }
        struct open_file *f = s->current;
        uint32_t count = parquet_reader_row_group_count(f->reader);
        if (f->next_group == count) {
            s->current = NULL;
            open_file_unref(f);
            continue;
        }
        *group = f->next_group++;
        s->base.progress.bytes += s->binding->files.items[f->file].size / count; /* as good as a bar needs it */
        if (is_group_pruned(s, f, *group))
            continue;
        f->reference_count++;
        r->file = f;
        return STATUS_OK;
    }
}

static void let_go(struct parquet_source_reader *r)
{
    parquet_cursor_destroy(r->cursor);
    r->cursor = NULL;
    mutex_lock(&r->source->mutex);
    open_file_unref(r->file);
    mutex_unlock(&r->source->mutex);
    r->file = NULL;
}

static enum status next_group(struct parquet_source_reader *r, bool *end, struct error *err)
{
    uint32_t group = 0;
    mutex_lock(&r->source->mutex);
    enum status st = take_group(r->source, r, &group, err);
    mutex_unlock(&r->source->mutex);
    TRY(st);
    *end = r->file == NULL;
    if (*end)
        return STATUS_OK;
    st = parquet_cursor_create(r->file->reader, group, r->file->columns, r->file->column_count, &r->cursor, err);
    if (st != STATUS_OK)
        let_go(r);
    return st;
}

/* The cursor's columns in the order of the output, constants between them. */
static void arrange(const struct parquet_source_reader *r, struct batch *out)
{
    const struct parquet_source *s = r->source;
    const struct plan *node = s->node;
    struct vector *columns = ARENA_ARRAY(r->arena, struct vector, node->files.column_count + 1);
    for (uint32_t i = 0; i < node->files.column_count; i++) {
        int32_t source = s->binding->data_columns[node->files.columns[i]];
        if (r->file->outputs[i] >= 0)
            columns[i] = r->rows.columns[r->file->outputs[i]];
        else if (source < 0)
            columns[i] = *file_folder_value(s->binding, r->file->file, (uint32_t)(-1 - source));
        else
            vector_init_null(&columns[i], s->binding->data.columns[source].type, r->arena);
    }
    *out = r->rows;
    out->column_count = node->files.column_count;
    out->columns = columns;
}

static enum status parquet_source_read(struct source_reader *reader, struct batch *out, bool *end, struct error *err)
{
    struct parquet_source_reader *r = (struct parquet_source_reader *)reader;
    *out = (struct batch){0};
    *end = false;
    for (;;) {
        if (r->cursor == NULL) {
            TRY(next_group(r, end, err));
            if (*end)
                return STATUS_OK;
        }
        batch_unref(&r->rows);
        arena_reset(r->arena);
        TRY(parquet_cursor_read(r->cursor, r->arena, &r->rows, err));
        if (r->rows.row_count != 0)
            break;
        batch_unref(&r->rows);
        let_go(r);
    }
    atomic_fetch_add_explicit(&r->source->base.progress.rows, r->rows.row_count, memory_order_relaxed);
    arrange(r, out);
    return STATUS_OK;
}

static enum status parquet_source_open_reader(struct source *source, struct source_reader **out, struct error *err)
{
    (void)err;
    struct parquet_source_reader *r = memory_alloc_zero(1, sizeof *r);
    r->source = (struct parquet_source *)source;
    r->arena = arena_create();
    *out = (struct source_reader *)r;
    return STATUS_OK;
}

static void parquet_source_close_reader(struct source_reader *reader)
{
    struct parquet_source_reader *r = (struct parquet_source_reader *)reader;
    if (r == NULL)
        return;
    batch_unref(&r->rows);
    let_go(r);
    arena_destroy(r->arena);
    free(r);
}

static void parquet_source_destroy(struct source *source)
{
    struct parquet_source *s = (struct parquet_source *)source;
    if (s == NULL)
        return;
    open_file_unref(s->current);
    mutex_clear(&s->mutex);
    arena_destroy(s->arena);
    free(s);
}

static const struct source_type PARQUET_SOURCE = {"parquet", parquet_source_open_reader, parquet_source_read, parquet_source_close_reader,
                                                  parquet_source_destroy};

enum status parquet_source_create(struct os *os, const struct plan *node, struct source **out, struct error *err)
{
    (void)err;
    struct parquet_source *s = memory_alloc_zero(1, sizeof *s);
    s->base = (struct source){.type = &PARQUET_SOURCE};
    s->os = os;
    s->node = node;
    s->binding = node->files.binding;
    s->arena = arena_create();
    s->files = files_left(node, s->arena, &s->file_count, &s->base.progress.total_bytes);
    s->base.estimated_rows = s->binding->rows * s->file_count / s->binding->files.count;
    mutex_init(&s->mutex);
    *out = &s->base;
    return STATUS_OK;
}
