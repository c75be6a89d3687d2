/* output.c - the receiver behind the shell and -c. */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/memory.h"
#include "data/text.h"
#include "format/csv_writer.h"
#include "progress.h"
#include "table.h"

struct printer {
    struct output_options options;
    struct receiver receiver;
    struct arena *arena;     /* of one result */
    struct schema schema;
    struct table *table;
    struct buffer line;
    bool has_rows;           /* a result is open */
    uint64_t row_count;
    struct progress_bar *bar;
};

bool output_format_parse(const char *text, enum output_format *out)
{
    static const char *const NAMES[] = {"table", "csv", "json", "ndjson"};
    for (unsigned i = 0; i < 4; i++)
        if (strcasecmp(text, NAMES[i]) == 0) {
            *out = (enum output_format)i;
            return true;
        }
    return false;
}

/* ---- rows ---- */

static enum status write_line(struct printer *p, struct error *err)
{
    if (p->line.size > 0 && fwrite(p->line.data, 1, p->line.size, p->options.file) != p->line.size)
        return error_set(err, STATUS_IO_ERROR, "cannot write the result");
    buffer_reset(&p->line);
    return STATUS_OK;
}

static enum status begin(void *context, const struct schema *schema, struct error *err)
{
    struct printer *p = context;
    progress_bar_clear(p->bar);
    arena_reset(p->arena);
    schema_copy(schema, p->arena, &p->schema);
    p->has_rows = true;
    p->row_count = 0;
    buffer_reset(&p->line);
    if (p->options.format == OUTPUT_TABLE)
        p->table = table_create(&p->schema, p->options.expanded, p->options.rows_shown);
    if (p->options.format == OUTPUT_JSON)
        buffer_put_u8(&p->line, '[');
    if (p->options.format == OUTPUT_CSV)
        csv_put_header(NULL, CSV_STYLE_PSQL, &p->schema, &p->line);
    return write_line(p, err);
}

static void put_json_row(struct printer *p, const struct batch *rows, uint32_t row)
{
    if (p->options.format == OUTPUT_JSON)
        buffer_put_text(&p->line, p->row_count == 0 ? "\n " : ",\n ");
    buffer_put_u8(&p->line, '{');
    for (uint32_t c = 0; c < rows->column_count; c++) {
        if (c > 0)
            buffer_put_u8(&p->line, ',');
        json_put_string(&p->line, bytes_from_text(p->schema.columns[c].name));
        buffer_put_u8(&p->line, ':');
        vector_format_json(&rows->columns[c], row, &p->line);
    }
    buffer_put_text(&p->line, p->options.format == OUTPUT_JSON ? "}" : "}\n");
}

static enum status rows(void *context, const struct batch *batch, const struct text_context *text, struct error *err)
{
    struct printer *p = context;
    for (uint32_t i = 0; i < batch_rows(batch); i++) {
        uint32_t row = batch_row(batch, i);
        if (p->options.format == OUTPUT_TABLE)
            table_add(p->table, batch, row, text);
        else if (p->options.format == OUTPUT_CSV && batch->column_count > 0)
            csv_put_row(NULL, CSV_STYLE_PSQL, batch, row, text, &p->line);
        else if (p->options.format != OUTPUT_CSV)
            put_json_row(p, batch, row);
        p->row_count++;
    }
    return write_line(p, err);
}

static enum status end_rows(struct printer *p, struct error *err)
{
    if (!p->has_rows)
        return STATUS_OK;
    p->has_rows = false;
    if (p->table != NULL)
        table_print(p->table, &p->line);
    table_destroy(p->table);
    p->table = NULL;
    if (p->options.format == OUTPUT_JSON)
        buffer_put_text(&p->line, p->row_count == 0 ? "]\n" : "\n]\n");
    return write_line(p, err);
}

static enum status complete(void *context, const char *tag, struct error *err)
{
    struct printer *p = context;
    bool had_rows = p->has_rows;
    progress_bar_clear(p->bar);
    if (end_rows(p, err) != STATUS_OK)
        return err->status;
    if (p->options.tags && !had_rows)
        fprintf(p->options.file, "%s\n", tag);
    if (fflush(p->options.file) != 0)
        return error_set(err, STATUS_IO_ERROR, "cannot write the result");
    return STATUS_OK;
}

/* A live subscription: what came so far is a table of its own. */
static enum status flush(void *context, struct error *err)
{
    struct printer *p = context;
    if (p->table != NULL) {
        table_print_live(p->table, &p->line);
        if (write_line(p, err) != STATUS_OK)
            return err->status;
    }
    return fflush(p->options.file) == 0 ? STATUS_OK : error_set(err, STATUS_IO_ERROR, "cannot write the result");
}

static void notice(void *context, const char *severity, const char *sqlstate, const char *message, const char *hint)
{
    (void)context;
    (void)sqlstate;
    fprintf(stderr, "%s:  %s\n", severity, message);
    if (hint != NULL)
        fprintf(stderr, "HINT:  %s\n", hint);
}

/* ---- COPY ---- */

static enum status copy_out_begin(void *context, uint32_t column_count, enum copy_kind kind, struct error *err)
{
    (void)context;
    (void)column_count;
    (void)kind;
    (void)err;
    return STATUS_OK;
}

static enum status copy_out(void *context, struct bytes data, struct error *err)
{
    struct printer *p = context;
    if (fwrite(data.data, 1, data.size, p->options.file) != data.size || fflush(p->options.file) != 0)
        return error_set(err, STATUS_IO_ERROR, "cannot write the result");
    return STATUS_OK;
}

static enum status copy_out_end(void *context, struct error *err)
{
    (void)context;
    (void)err;
    return STATUS_OK;
}

static enum status copy_in(void *context, struct buffer *out, bool *end, struct error *err)
{
    (void)context;
    enum { SIZE = 65536 };
    ssize_t got = read(STDIN_FILENO, buffer_reserve(out, SIZE), SIZE);
    if (got < 0 && errno == EINTR)
        return STATUS_OK; /* the engine looks whether that was a cancel */
    if (got < 0)
        return error_set(err, STATUS_IO_ERROR, "cannot read standard input: %s", strerror(errno));
    buffer_advance(out, (size_t)got);
    *end = got == 0;
    return STATUS_OK;
}

static void progress(void *context, int64_t row_count, int64_t bytes, int64_t total_bytes)
{
    struct printer *p = context;
    progress_bar_draw(p->bar, row_count, bytes, total_bytes);
}

static void copied(void *context, int64_t row_count, int64_t bytes, double seconds, const char *path)
{
    struct printer *p = context;
    char size[32];
    progress_bar_clear(p->bar);
    fprintf(stderr, "%lld rows, %s, %.3f s, %s\n", (long long)row_count, size_text(bytes, size), seconds, path);
}

/* ---- life ---- */

struct printer *printer_create(const struct output_options *options)
{
    struct printer *p = memory_alloc_zero(1, sizeof *p);
    p->arena = arena_create();
    p->receiver = (struct receiver){.context = p, .begin = begin, .rows = rows, .complete = complete, .notice = notice, .flush = flush,
                                    .copy_out_begin = copy_out_begin, .copy_out = copy_out, .copy_out_end = copy_out_end,
                                    .copy_in_begin = copy_out_begin, .copy_in = copy_in, .copied = copied};
    printer_set(p, options);
    return p;
}

void printer_set(struct printer *p, const struct output_options *options)
{
    p->options = *options;
    p->receiver.progress = options->progress ? progress : NULL;
    if (options->progress && p->bar == NULL)
        p->bar = progress_bar_create();
}

void printer_destroy(struct printer *p)
{
    if (p == NULL)
        return;
    table_destroy(p->table);
    progress_bar_destroy(p->bar);
    buffer_clear(&p->line);
    arena_destroy(p->arena);
    free(p);
}

void printer_forget(struct printer *p)
{
    progress_bar_clear(p->bar);
    table_destroy(p->table);
    p->table = NULL;
    p->has_rows = false;
    buffer_reset(&p->line);
}

const struct receiver *printer_receiver(struct printer *p)
{
    return &p->receiver;
}

/* ---- errors ---- */

/* The line of text that holds the position, and a caret below it. */
static void print_position(const char *text, int position)
{
    int line = 1, column = 1;
    const char *begin = text, *at = text;
    for (int i = 1; i < position && *at != '\0'; at++) {
        if ((*at & 0xc0) == 0x80)
            continue;
        i++;
        column++;
        if (*at == '\n') {
            line++;
            column = 1;
            begin = at + 1;
        }
    }
    size_t size = strcspn(begin, "\n");
    int lead = fprintf(stderr, "LINE %d: ", line);
    fprintf(stderr, "%.*s\n%*s^\n", (int)size, begin, lead + column - 1, "");
}

void print_error(const char *where, const char *text, const struct error *err)
{
    fprintf(stderr, "%sERROR:  %s\n", where, err->message);
    if (err->position > 0 && text != NULL)
        print_position(text, err->position);
    if (err->detail[0] != '\0')
        fprintf(stderr, "DETAIL:  %s\n", err->detail);
    if (err->hint[0] != '\0')
        fprintf(stderr, "HINT:  %s\n", err->hint);
}
