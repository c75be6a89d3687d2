/* file_source.c - describing files, and choosing the source for their format. */
#include "connect/file_source.h"

#include <ctype.h>

#include "connect/file_binding.h"

/* ---- columns of several files ---- */

static enum status disagree(const struct file_binding *b, uint32_t file, struct error *err, const char *detail)
{
    error_set(err, STATUS_DATATYPE_MISMATCH, "files \"%s\" and \"%s\" disagree about their columns", b->files.items[0].path,
              b->files.items[file].path);
    error_detail(err, "%s", detail);
    return STATUS_DATATYPE_MISMATCH;
}

static enum status disagree_about(const struct file_binding *b, uint32_t file, const struct column *mine, const struct column *theirs,
                                  struct error *err)
{
    char a[TYPE_NAME_SIZE], c[TYPE_NAME_SIZE];
    (void)disagree(b, file, err, "");
    error_detail(err, "Column \"%s\" of type %s is \"%s\" of type %s in the second.", mine->name, type_name(mine->type, a, sizeof a),
                 theirs->name, type_name(theirs->type, c, sizeof c));
    return STATUS_DATATYPE_MISMATCH;
}

/* What holds the texts of both types. */
static struct type widen(struct type a, struct type b)
{
    bool has_time = (a.id == TYPE_DATE && b.id == TYPE_TIMESTAMP) || (a.id == TYPE_TIMESTAMP && b.id == TYPE_DATE);
    if (type_equal(a, b))
        return a;
    if (type_is_number(a) && type_is_number(b))
        return type_of(a.id == TYPE_FLOAT8 || b.id == TYPE_FLOAT8 ? TYPE_FLOAT8 : TYPE_NUMERIC);
    return type_of(has_time ? TYPE_TIMESTAMP : TYPE_TEXT);
}

static enum status merge_column(struct file_binding *b, uint32_t file, const struct column *theirs, struct arena *arena,
                                struct error *err)
{
    int at = schema_find(&b->data, theirs->name);
    if (at < 0) {
        struct column *columns = ARENA_ARRAY(arena, struct column, b->data.column_count + 1);
        if (b->data.column_count != 0)
            memcpy(columns, b->data.columns, b->data.column_count * sizeof *columns);
        columns[b->data.column_count] = (struct column){arena_copy_text(arena, theirs->name), theirs->type, false};
        b->data.columns = columns;
        b->data.column_count++;
        return STATUS_OK;
    }
    struct column *mine = &b->data.columns[at];
    if (b->format == FILE_PARQUET && !type_equal(mine->type, theirs->type))
        return disagree_about(b, file, mine, theirs, err);
    mine->type = widen(mine->type, theirs->type);
    return STATUS_OK;
}

static enum status check_same(struct file_binding *b, uint32_t file, const struct schema *columns, struct error *err)
{
    enum status st = STATUS_OK;
    if (columns->column_count != b->data.column_count)
        st = disagree(b, file, err, "They have different numbers of columns.");
    for (uint32_t c = 0; c < columns->column_count && st == STATUS_OK; c++) {
        struct column *mine = &b->data.columns[c];
        const struct column *theirs = &columns->columns[c];
        mine->not_null &= theirs->not_null;
        if (strcmp(mine->name, theirs->name) != 0 || (b->format == FILE_PARQUET && !type_equal(mine->type, theirs->type)))
            st = disagree_about(b, file, mine, theirs, err);
    }
    if (st != STATUS_OK)
        error_hint(err, "union_by_name => true reads files that have different columns.");
    return st;
}

enum status file_columns_merge(struct file_binding *b, uint32_t file, const struct schema *columns, struct arena *arena,
                               struct error *err)
{
    if (file == 0)
        schema_copy(columns, arena, &b->data);
    else if (!b->options.union_by_name)
        return check_same(b, file, columns, err);
    for (uint32_t c = 0; b->options.union_by_name && c < columns->column_count; c++)
        TRY(merge_column(b, file, &columns->columns[c], arena, err));
    for (uint32_t c = 0; b->options.union_by_name && c < b->data.column_count; c++)
        b->data.columns[c].not_null = false;
    return STATUS_OK;
}

/* ---- types => 'name type, name type' ---- */

static enum status set_type(struct file_binding *b, const char *item, struct error *err)
{
    size_t size = strcspn(item, " \t");
    for (uint32_t c = 0; c < b->data.column_count; c++) {
        struct column *column = &b->data.columns[c];
        if (strlen(column->name) == size && strncmp(column->name, item, size) == 0) {
            item += size;
            while (isspace((unsigned char)*item))
                item++;
            return type_from_text(item, &column->type, err);
        }
    }
    return error_set(err, STATUS_UNDEFINED_COLUMN, "column \"%.*s\" named in option \"types\" does not exist", (int)size, item);
}

static enum status set_types(struct file_binding *b, struct arena *arena, struct error *err)
{
    if (b->options.types == NULL)
        return STATUS_OK;
    char *text = arena_copy_text(arena, b->options.types);
    for (char *p = text; *p != '\0';) {
        while (isspace((unsigned char)*p) || *p == ',')
            p++;
        char *begin = p;
        for (int depth = 0; *p != '\0' && (*p != ',' || depth > 0); p++)
            depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        bool is_last = *p == '\0';
        *p = '\0';
        if (*begin != '\0')
            TRY(set_type(b, begin, err));
        p += !is_last;
    }
    return STATUS_OK;
}

/* ---- describe ---- */

static void fill_schema(struct file_binding *b, struct plan *node, struct arena *arena)
{
    uint32_t most = b->data.column_count + b->folders.count;
    struct schema *s = &node->files.file_schema;
    s->columns = ARENA_ARRAY(arena, struct column, most + 1);
    s->column_count = 0;
    b->data_columns = ARENA_ARRAY(arena, int32_t, most + 1);
    const struct schema folders = {b->folders.count, b->folders.columns};
    for (uint32_t c = 0; c < b->data.column_count; c++)
        if (schema_find(&folders, b->data.columns[c].name) < 0) {
            b->data_columns[s->column_count] = (int32_t)c;
            s->columns[s->column_count++] = b->data.columns[c];
        }
    for (uint32_t c = 0; c < b->folders.count; c++) {
        b->data_columns[s->column_count] = -1 - (int32_t)c;
        s->columns[s->column_count++] = b->folders.columns[c];
    }
    node->files.column_count = s->column_count;
    node->files.columns = ARENA_ARRAY(arena, uint32_t, s->column_count + 1);
    for (uint32_t c = 0; c < s->column_count; c++)
        node->files.columns[c] = c;
    schema_copy(s, arena, &node->schema);
}

enum status file_source_describe(const struct file_access *access, struct plan *node, struct arena *arena, struct error *err)
{
    static const char *const NAMES[] = {"parquet", "csv", "json"};
    struct file_binding *b = ARENA_NEW(arena, struct file_binding);
    b->rows = -1;
    TRY(file_options_read(node, &b->options, err));
    TRY(file_list_find(access, node->files.path, arena, &b->files, err));
    TRY(file_format_find(node, &b->files, &b->format, &b->options, err));
    if (b->format == FILE_PARQUET)
        TRY(parquet_files_describe(access->os, b, arena, err));
    else
        TRY(text_files_describe(access->os, b, arena, err));
    if (b->format != FILE_PARQUET)
        TRY(set_types(b, arena, err));
    if (!b->options.no_folders)
        TRY(folder_columns_find(&b->files, arena, &b->folders, err));
    fill_schema(b, node, arena);
    node->files.format = NAMES[b->format];
    node->files.binding = b;
    return STATUS_OK;
}

enum status file_source_create(const struct file_access *access, const struct plan *node, struct source **out, struct error *err)
{
    const struct file_binding *b = node->files.binding;
    for (uint32_t f = 0; f < b->files.count; f++)
        TRY(file_access_check(access, b->files.items[f].path, err));
    return b->format == FILE_PARQUET ? parquet_source_create(access->os, node, out, err) : text_source_create(access->os, node, out, err);
}
