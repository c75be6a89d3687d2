/* text_source.c - CSV and JSON files as a source.
 *
 * The readers share a walk over the files: under its mutex a reader takes the
 * next few megabytes of plain text, cut where a record ends, and parses them
 * alone. So quoted newlines and compressed files are parsed by all workers too.
 * A text that cannot be cut (a JSON array, a CSV whose escape is not its quote)
 * is handed to one reader as a whole, which reads it piece by piece.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "connect/file_prune.h"
#include "connect/text_input.h"
#include "connect/text_split.h"
#include "format/csv_reader.h"
#include "format/json_lines.h"
#include "os/thread.h"

enum { MORSEL_SIZE = 4 << 20, UNCUT_SIZE = 32 << 20 /* without a place to cut: one reader reads the rest */ };

struct text_source {
    struct source base;
    struct os *os;
    const struct plan *node;
    const struct file_binding *binding;
    struct arena *arena;
    bool *wanted;                /* by data column */
    uint32_t *files, file_count; /* those that are left */
    struct mutex mutex;          /* over what follows */
    uint32_t next_file;
    uint32_t file;               /* the one that input reads */
    struct text_input *input;    /* NULL: open the next */
    struct buffer carry;         /* text behind the last cut */
    uint64_t line;               /* number of the carry's first line */
};

struct text_reader {
    struct text_source *source;
    struct arena *arena;
    uint32_t file;
    bool has_morsel;
    struct buffer morsel;
    size_t position;          /* what of it is done with */
    struct text_input *input; /* a text that could not be cut: where it goes on; NULL: morsel is all */
    struct csv_reader *csv;
    struct json_lines *json;
    struct line_options line;
    int32_t *field_columns;
};

/* ---- taking text ---- */

static void count_bytes(struct text_source *s, int64_t before, const struct text_input *input)
{
    atomic_fetch_add_explicit(&s->base.progress.bytes, text_input_position(input) - before, memory_order_relaxed);
}

static enum status read_more(struct text_source *s, struct text_input *input, size_t size, struct buffer *out, struct error *err)
{
    int64_t before = text_input_position(input);
    TRY(text_input_read(input, size, out, err));
    count_bytes(s, before, input);
    return STATUS_OK;
}

static bool can_be_cut(const struct text_source *s, struct bytes text)
{
    if (s->binding->format == FILE_CSV)
        return s->binding->csv.escape == s->binding->csv.quote;
    size_t i = utf8_mark_size(text);
    while (i < text.size && strchr(" \t\r\n", text.data[i]) != NULL && text.data[i] != '\0')
        i++;
    return i == text.size || text.data[i] != '[';
}

static size_t find_cut(const struct text_source *s, struct bytes text)
{
    return s->binding->format == FILE_CSV ? csv_split_find(text, s->binding->csv.quote) : json_split_find(text);
}

/* The reader gets the head of its morsel up to the cut, the rest is carried over. */
static void cut(struct text_source *s, struct text_reader *r, size_t size)
{
    buffer_put(&s->carry, r->morsel.data + size, r->morsel.size - size);
    r->morsel.size = size;
    s->line += byte_count(buffer_bytes(&r->morsel), '\n');
}

/* Takes text of the open file. The mutex is held. */
static enum status take_text(struct text_source *s, struct text_reader *r, struct error *err)
{
    size_t size = 0;
    buffer_reset(&r->morsel);
    buffer_put_bytes(&r->morsel, buffer_bytes(&s->carry));
    buffer_reset(&s->carry);
    do {
        TRY(read_more(s, s->input, MORSEL_SIZE, &r->morsel, err));
        bool is_cuttable = can_be_cut(s, buffer_bytes(&r->morsel)) && r->morsel.size < UNCUT_SIZE;
        if (text_input_is_at_end(s->input)) {
            text_input_close(s->input);
            s->input = NULL;
            return STATUS_OK;
        }
        if (!is_cuttable) {
            r->input = s->input;
            s->input = NULL;
            return STATUS_OK;
        }
        size = find_cut(s, buffer_bytes(&r->morsel));
    } while (size == 0);
    cut(s, r, size);
    return STATUS_OK;
}

static enum status take_morsel(struct text_source *s, struct text_reader *r, bool *is_first, struct error *err)
{
    *is_first = s->input == NULL;
    if (s->input == NULL) {
        if (s->next_file == s->file_count)
            return STATUS_OK;
        s->file = s->files[s->next_file++];
        s->line = 1;
        buffer_reset(&s->carry);
        TRY(text_input_open(s->os, s->binding->files.items[s->file].path, &s->input, err));
    }
    r->file = s->file;
    r->line.first_line = s->line;
    r->has_morsel = true;
    r->position = 0;
    return take_text(s, r, err);
}

/* ---- parsing ---- */

static void close_morsel(struct text_reader *r)
{
    csv_reader_destroy(r->csv);
    json_lines_destroy(r->json);
    text_input_close(r->input);
    r->csv = NULL;
    r->json = NULL;
    r->input = NULL;
    r->has_morsel = false;
}

/* Which data column each field of a CSV file is, -1 for those nobody reads. */
static void map_fields(struct text_reader *r)
{
    const struct text_source *s = r->source;
    const struct file_binding *b = s->binding;
    const struct schema *fields = b->file_fields != NULL ? &b->file_fields[r->file] : &b->data;
    free(r->field_columns);
    r->field_columns = memory_alloc_zero(fields->column_count + 1, sizeof *r->field_columns);
    for (uint32_t i = 0; i < fields->column_count; i++) {
        int c = b->file_fields != NULL ? schema_find(&b->data, fields->columns[i].name) : (int)i;
        r->field_columns[i] = c >= 0 && s->wanted[c] ? c : -1;
    }
    r->line.field_columns = r->field_columns;
    r->line.field_count = fields->column_count;
}

static enum status open_parser(struct text_reader *r, bool is_first, struct error *err)
{
    const struct text_source *s = r->source;
    const struct file_binding *b = s->binding;
    const char *path = b->files.items[r->file].path;
    if (b->format == FILE_JSON) {
        const struct json_lines_options options = {.decoder = {.reject_unknown = true, .wanted = s->wanted},
                                                   .first_line = r->line.first_line,
                                                   .source = path,
                                                   .value_hint = SAMPLE_VALUE_HINT};
        return json_lines_create(&b->data, &options, &r->json, err);
    }
    struct csv_options csv = b->csv;
    csv.has_header &= is_first;
    csv.skip_blank_lines = true;
    r->line.source = path;
    r->line.value_hint = SAMPLE_VALUE_HINT;
    map_fields(r);
    return csv_reader_create(&b->data, &csv, &r->line, &r->csv, err);
}

static enum status next_morsel(struct text_reader *r, struct error *err)
{
    bool is_first;
    mutex_lock(&r->source->mutex);
    enum status st = take_morsel(r->source, r, &is_first, err);
    mutex_unlock(&r->source->mutex);
    TRY(st);
    return r->has_morsel ? open_parser(r, is_first, err) : STATUS_OK;
}

static void rows_begin(struct text_reader *r, struct batch *rows)
{
    const struct text_source *s = r->source;
    const struct schema *data = &s->binding->data;
    arena_reset(r->arena);
    *rows = (struct batch){.column_count = data->column_count};
    rows->columns = ARENA_ARRAY(r->arena, struct vector, data->column_count + 1);
    for (uint32_t c = 0; c < data->column_count; c++) {
        rows->columns[c].type = data->columns[c].type;
        if (s->wanted[c])
            vector_init_flat(&rows->columns[c], data->columns[c].type, BATCH_ROWS_MAX, r->arena);
    }
}

static enum status parse(struct text_reader *r, struct batch *rows, bool is_last, struct error *err)
{
    struct bytes text = {r->morsel.data + r->position, r->morsel.size - r->position};
    size_t consumed = 0;
    enum status st = r->csv != NULL ? csv_reader_read(r->csv, text, is_last, rows, r->arena, &consumed, err)
                                    : json_lines_read(r->json, text, is_last, rows, r->arena, &consumed, err);
    r->position += consumed;
    return st;
}

/* Columns that the file does not have, under union_by_name. */
static void set_absent_null(struct text_reader *r, struct batch *rows)
{
    const struct file_binding *b = r->source->binding;
    for (uint32_t c = 0; r->csv != NULL && b->file_fields != NULL && c < rows->column_count; c++)
        if (schema_find(&b->file_fields[r->file], b->data.columns[c].name) < 0)
            vector_init_null(&rows->columns[c], b->data.columns[c].type, r->arena);
}

static void arrange(struct text_reader *r, struct batch *rows, struct batch *out)
{
    const struct plan *node = r->source->node;
    const struct file_binding *b = r->source->binding;
    set_absent_null(r, rows);
    *out = *rows;
    out->column_count = node->files.column_count;
    out->columns = ARENA_ARRAY(r->arena, struct vector, node->files.column_count + 1);
    for (uint32_t i = 0; i < node->files.column_count; i++) {
        int32_t source = b->data_columns[node->files.columns[i]];
        out->columns[i] = source >= 0 ? rows->columns[source] : *file_folder_value(b, r->file, (uint32_t)(-1 - source));
    }
    atomic_fetch_add_explicit(&r->source->base.progress.rows, out->row_count, memory_order_relaxed);
}

/* Drops what is done with and reads on, or ends the morsel. */
static enum status refill(struct text_reader *r, struct error *err)
{
    if (r->input == NULL || text_input_is_at_end(r->input)) {
        close_morsel(r);
        return STATUS_OK;
    }
    size_t rest = r->morsel.size - r->position;
    memmove(r->morsel.data, r->morsel.data + r->position, rest);
    r->morsel.size = rest;
    r->position = 0;
    return read_more(r->source, r->input, rest > MORSEL_SIZE ? rest : MORSEL_SIZE, &r->morsel, err);
}

static enum status text_source_read(struct source_reader *reader, struct batch *out, bool *end, struct error *err)
{
    struct text_reader *r = (struct text_reader *)reader;
    *out = (struct batch){0};
    *end = false;
    for (;;) {
        struct batch rows;
        if (!r->has_morsel)
            TRY(next_morsel(r, err));
        *end = !r->has_morsel;
        if (*end)
            return STATUS_OK;
        rows_begin(r, &rows);
        TRY(parse(r, &rows, r->input == NULL || text_input_is_at_end(r->input), err));
        if (rows.row_count != 0) {
            arrange(r, &rows, out);
            return STATUS_OK;
        }
        TRY(refill(r, err));
    }
}

/* ---- the source ---- */

static enum status text_source_open_reader(struct source *source, struct source_reader **out, struct error *err)
{
    (void)err;
    struct text_reader *r = memory_alloc_zero(1, sizeof *r);
    r->source = (struct text_source *)source;
    r->arena = arena_create();
    *out = (struct source_reader *)r;
    return STATUS_OK;
}

static void text_source_close_reader(struct source_reader *reader)
{
    struct text_reader *r = (struct text_reader *)reader;
    if (r == NULL)
        return;
    close_morsel(r);
    buffer_clear(&r->morsel);
    arena_destroy(r->arena);
    free(r->field_columns);
    free(r);
}

static void text_source_destroy(struct source *source)
{
    struct text_source *s = (struct text_source *)source;
    if (s == NULL)
        return;
    text_input_close(s->input);
    buffer_clear(&s->carry);
    mutex_clear(&s->mutex);
    arena_destroy(s->arena);
    free(s);
}

static const struct source_type TEXT_SOURCE = {"text", text_source_open_reader, text_source_read, text_source_close_reader,
                                               text_source_destroy};

enum status text_source_create(struct os *os, const struct plan *node, struct source **out, struct error *err)
{
    (void)err;
    const struct file_binding *b = node->files.binding;
    struct text_source *s = memory_alloc_zero(1, sizeof *s);
    s->base = (struct source){.type = &TEXT_SOURCE, .estimated_rows = -1};
    s->os = os;
    s->node = node;
    s->binding = b;
    s->arena = arena_create();
    s->wanted = arena_alloc_zero(s->arena, b->data.column_count + 1, sizeof *s->wanted);
    for (uint32_t i = 0; i < node->files.column_count; i++)
        if (b->data_columns[node->files.columns[i]] >= 0)
            s->wanted[b->data_columns[node->files.columns[i]]] = true;
    s->files = files_left(node, s->arena, &s->file_count, &s->base.progress.total_bytes);
    mutex_init(&s->mutex);
    *out = &s->base;
    return STATUS_OK;
}
