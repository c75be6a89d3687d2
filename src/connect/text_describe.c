/* text_describe.c - the columns of CSV and JSON files, from their first rows.
 *
 * The first file is sampled; under union_by_name all are. The header lines of
 * the others must agree with the first's.
 */
#include "connect/file_binding.h"
#include "connect/text_input.h"

enum { HEADER_SIZE = 64 * 1024 };

/* The first bytes of a file, up to about size. */
static enum status read_head(struct os *os, const char *path, size_t size, struct buffer *out, bool *is_whole, struct error *err)
{
    struct text_input *in;
    TRY(text_input_open(os, path, &in, err));
    enum status st = text_input_read(in, size, out, err);
    *is_whole = text_input_is_at_end(in);
    text_input_close(in);
    return st;
}

/* Rows that are longer than the sample: more of it, up to a limit. */
static enum status sample_head(struct file_binding *b, struct bytes head, bool is_whole, struct arena *arena, struct schema *schema,
                               struct csv_options *found, struct error *err)
{
    struct sample_csv_options options = b->options.csv;
    if (b->format == FILE_JSON)
        return sample_json(head, is_whole, arena, schema, err);
    return sample_csv(head, is_whole, &options, arena, schema, found, err);
}

static enum status sample_file(struct os *os, struct file_binding *b, uint32_t file, size_t size, struct arena *arena,
                               struct schema *schema, struct csv_options *found, struct error *err)
{
    struct buffer head = {0};
    bool is_whole = false;
    enum status st = STATUS_OK;
    for (size_t wanted = size;; wanted *= 8) {
        buffer_reset(&head);
        st = read_head(os, b->files.items[file].path, wanted, &head, &is_whole, err);
        if (st != STATUS_OK)
            break;
        st = sample_head(b, buffer_bytes(&head), is_whole, arena, schema, found, err);
        if (st != STATUS_OK && (is_whole || wanted >= (size_t)SAMPLE_SIZE * 64)) {
            error_prefix(err, "\"%s\": ", b->files.items[file].path);
            break;
        }
        if (st == STATUS_OK)
            break;
    }
    buffer_clear(&head);
    return st;
}

/* The names in the header line of another file must be the first's. Of the file nothing is kept. */
static enum status check_header(struct os *os, struct file_binding *b, uint32_t file, struct error *err)
{
    struct schema schema;
    struct csv_options found;
    if (b->files.items[file].size == 0)
        return STATUS_OK;
    struct file_binding like_first = *b;
    like_first.options.csv.csv = b->csv;
    like_first.options.csv.header = SAMPLE_HEADER_PRESENT;
    struct arena *arena = arena_create();
    enum status st = sample_file(os, &like_first, file, HEADER_SIZE, arena, &schema, &found, err);
    if (st == STATUS_OK)
        st = file_columns_merge(b, file, &schema, arena, err);
    arena_destroy(arena);
    return st;
}

static enum status describe_union(struct os *os, struct file_binding *b, struct arena *arena, struct error *err)
{
    b->file_fields = ARENA_ARRAY(arena, struct schema, b->files.count);
    for (uint32_t f = 0; f < b->files.count; f++) {
        struct csv_options found = {0};
        TRY(sample_file(os, b, f, SAMPLE_SIZE, arena, &b->file_fields[f], &found, err));
        TRY(file_columns_merge(b, f, &b->file_fields[f], arena, err));
        if (b->csv.delimiter != 0 || b->file_fields[f].column_count == 0)
            continue;
        b->csv = found;
        b->options.csv.csv = b->csv; /* the others are spelled like the first */
        b->options.csv.header = b->csv.has_header ? SAMPLE_HEADER_PRESENT : SAMPLE_HEADER_ABSENT;
    }
    return STATUS_OK;
}

static enum status refuse_empty(const struct file_binding *b, struct error *err)
{
    return error_set(err, STATUS_BAD_COPY_FORMAT, b->files.count == 1 ? "\"%s\" is empty: it has no columns" : "\"%s\" and all other files are empty",
                     b->files.items[0].path);
}

enum status text_files_describe(struct os *os, struct file_binding *b, struct arena *arena, struct error *err)
{
    struct schema schema = {0};
    uint32_t first = 0;
    if (b->options.union_by_name) {
        TRY(describe_union(os, b, arena, err));
        return b->data.column_count == 0 ? refuse_empty(b, err) : STATUS_OK;
    }
    for (; first < b->files.count && schema.column_count == 0; first++)
        TRY(sample_file(os, b, first, SAMPLE_SIZE, arena, &schema, &b->csv, err));
    if (schema.column_count == 0)
        return refuse_empty(b, err);
    TRY(file_columns_merge(b, 0, &schema, arena, err));
    for (uint32_t f = first; f < b->files.count && b->format == FILE_CSV && b->csv.has_header; f++)
        TRY(check_header(os, b, f, err));
    return STATUS_OK;
}
