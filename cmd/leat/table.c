/* table.c - cells are kept as text until the widths are known. */
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "cell.h"

struct table {
    struct arena *arena;
    const struct schema *schema;
    bool expanded;
    uint32_t rows_shown;
    uint64_t row_count;
    char ***rows;
    uint32_t kept, capacity;
    size_t *widths;
    bool header_printed;
};

static void reset_widths(struct table *t)
{
    for (uint32_t c = 0; c < t->schema->column_count; c++)
        t->widths[c] = cell_widest_line(t->schema->columns[c].name);
}

struct table *table_create(const struct schema *schema, bool expanded, uint32_t rows_shown)
{
    struct table *t = memory_alloc_zero(1, sizeof *t);
    t->arena = arena_create();
    t->schema = schema;
    t->expanded = expanded;
    t->rows_shown = rows_shown;
    t->widths = memory_alloc_zero(schema->column_count + 1, sizeof *t->widths);
    reset_widths(t);
    return t;
}

void table_destroy(struct table *t)
{
    if (t == NULL)
        return;
    arena_destroy(t->arena);
    free(t->rows);
    free(t->widths);
    free(t);
}

void table_add(struct table *t, const struct batch *rows, uint32_t row, const struct text_context *text)
{
    t->row_count++;
    if (t->rows_shown != 0 && t->kept == t->rows_shown)
        return;
    if (t->kept == t->capacity) {
        t->capacity = t->capacity == 0 ? 64 : t->capacity * 2;
        t->rows = memory_realloc(t->rows, t->capacity * sizeof *t->rows);
    }
    struct buffer cell = {0}, shown = {0};
    char **cells = ARENA_ARRAY(t->arena, char *, t->schema->column_count + 1);
    for (uint32_t c = 0; c < t->schema->column_count; c++) {
        buffer_reset(&cell);
        buffer_reset(&shown);
        if (vector_is_valid(&rows->columns[c], row))
            vector_format(&rows->columns[c], row, text, &cell);
        cell_put_shown(&shown, buffer_bytes(&cell));
        cells[c] = arena_copy_bytes(t->arena, buffer_bytes(&shown));
        size_t width = cell_widest_line(cells[c]);
        t->widths[c] = width > t->widths[c] ? width : t->widths[c];
    }
    buffer_clear(&cell);
    buffer_clear(&shown);
    t->rows[t->kept++] = cells;
}

static void put_many(struct buffer *out, char c, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_put_u8(out, (uint8_t)c);
}

static void put_header(struct table *t, struct buffer *out)
{
    uint32_t count = t->schema->column_count;
    for (uint32_t c = 0; c < count; c++) { /* names are centred */
        const char *name = t->schema->columns[c].name;
        size_t size = cell_width(name, strlen(name)), pad = t->widths[c] - size, left = pad / 2;
        buffer_put_text(out, c == 0 ? " " : "| ");
        for (size_t i = 0; i < left; i++)
            buffer_put_u8(out, ' ');
        buffer_put_text(out, name);
        for (size_t i = 0; i < pad - left; i++)
            buffer_put_u8(out, ' ');
        buffer_put_u8(out, ' ');
    }
    buffer_put_u8(out, '\n');
    for (uint32_t c = 0; c < count; c++) {
        if (c > 0)
            buffer_put_u8(out, '+');
        for (size_t i = 0; i < t->widths[c] + 2; i++)
            buffer_put_u8(out, '-');
    }
    buffer_put_u8(out, '\n');
}

/* One line of a cell; what is left of the cell is moved on. A + at the right says that the cell goes on below. */
static void put_cell_line(struct buffer *out, const char **rest, size_t width, bool right, bool last_column)
{
    const char *text = *rest == NULL ? "" : *rest;
    size_t size = strcspn(text, "\n"), pad = width - cell_width(text, size);
    bool more = text[size] == '\n', fill = more || !last_column;
    put_many(out, ' ', right && (*rest != NULL || fill) ? pad : 0);
    buffer_put(out, text, size);
    put_many(out, ' ', !right && fill ? pad : 0);
    if (fill)
        buffer_put_u8(out, more ? '+' : ' ');
    *rest = more ? text + size + 1 : NULL;
}

static void put_row(struct table *t, const char **cells, struct buffer *out)
{
    uint32_t count = t->schema->column_count;
    bool more = true;
    while (more) {
        more = false;
        for (uint32_t c = 0; c < count; c++) {
            buffer_put_text(out, c == 0 ? " " : "| ");
            put_cell_line(out, &cells[c], t->widths[c], type_is_number(t->schema->columns[c].type), c + 1 == count);
            more |= cells[c] != NULL;
        }
        buffer_put_u8(out, '\n');
    }
}

static void put_rows(struct table *t, struct buffer *out)
{
    for (uint32_t r = 0; r < t->kept; r++)
        put_row(t, (const char **)t->rows[r], out);
}

/* "-[ RECORD 1 ]-----", with a + where the columns below are divided, unless the number reaches so far. */
static void put_record_line(struct buffer *out, uint32_t number, size_t name_width, size_t value_width)
{
    size_t begin = out->size;
    buffer_printf(out, "-[ RECORD %u ]", number);
    size_t used = out->size - begin, divider = name_width + 1;
    for (; used < name_width + 3 + value_width; used++)
        buffer_put_u8(out, used == divider ? '+' : '-');
    for (; used <= divider + 1; used++)
        buffer_put_u8(out, used == divider ? '+' : '-');
    buffer_put_u8(out, '\n');
}

static void put_expanded_cell(struct buffer *out, const char *name, const char *value, size_t name_width, size_t value_width)
{
    buffer_put_text(out, name);
    put_many(out, ' ', name_width - cell_width(name, strlen(name)));
    for (;;) {
        size_t size = strcspn(value, "\n");
        buffer_put_text(out, " | ");
        buffer_put(out, value, size);
        if (value[size] == '\0')
            break;
        put_many(out, ' ', value_width - cell_width(value, size));
        buffer_put_text(out, "+\n");
        put_many(out, ' ', name_width);
        value += size + 1;
    }
    buffer_put_u8(out, '\n');
}

static void put_expanded(struct table *t, struct buffer *out)
{
    size_t name_width = 0, value_width = 0;
    bool multiline = false;
    for (uint32_t c = 0; c < t->schema->column_count; c++) {
        size_t width = cell_widest_line(t->schema->columns[c].name);
        name_width = width > name_width ? width : name_width;
        for (uint32_t r = 0; r < t->kept; r++) {
            width = cell_widest_line(t->rows[r][c]);
            value_width = width > value_width ? width : value_width;
            multiline |= strchr(t->rows[r][c], '\n') != NULL;
        }
    }
    int record_width = snprintf(NULL, 0, "-[ RECORD %u ]", t->kept);
    size_t around = name_width + 3 + multiline;
    if (around + value_width < (size_t)record_width) /* only seen where a + ends the line */
        value_width = (size_t)record_width - around;
    for (uint32_t r = 0; r < t->kept; r++) {
        put_record_line(out, r + 1, name_width, value_width);
        for (uint32_t c = 0; c < t->schema->column_count; c++)
            put_expanded_cell(out, t->schema->columns[c].name, t->rows[r][c], name_width, value_width);
    }
}

void table_print(struct table *t, struct buffer *out)
{
    if (t->header_printed) { /* a live one: what is left */
        table_print_live(t, out);
        return;
    }
    bool has_columns = t->schema->column_count > 0;
    if (t->expanded && has_columns) {
        put_expanded(t, out);
        if (t->row_count == 0)
            buffer_put_text(out, "(0 rows)\n");
        buffer_put_u8(out, '\n');
        return;
    }
    if (has_columns) {
        put_header(t, out);
        put_rows(t, out);
    } else if (!t->expanded)
        buffer_put_text(out, "--\n"); /* as psql */
    if (t->row_count > t->kept)
        buffer_printf(out, "(%llu rows, the first %u shown)\n\n", (unsigned long long)t->row_count, t->kept);
    else
        buffer_printf(out, "(%llu row%s)\n\n", (unsigned long long)t->row_count, t->row_count == 1 ? "" : "s");
}

void table_print_live(struct table *t, struct buffer *out)
{
    if (!t->header_printed)
        put_header(t, out);
    t->header_printed = true;
    put_rows(t, out);
    t->kept = 0;
    t->rows_shown = 0;
    arena_reset(t->arena);
}
