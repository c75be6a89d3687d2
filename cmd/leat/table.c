/* table.c - cells are kept as text until the widths are known. */
#include "table.h"

#include <stdlib.h>
#include <wchar.h>

#include "base/memory.h"

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

static size_t display_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static void reset_widths(struct table *t)
{
    for (uint32_t c = 0; c < t->schema->column_count; c++)
        t->widths[c] = display_width(t->schema->columns[c].name);
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
    struct buffer cell = {0};
    char **cells = ARENA_ARRAY(t->arena, char *, t->schema->column_count + 1);
    for (uint32_t c = 0; c < t->schema->column_count; c++) {
        buffer_reset(&cell);
        if (vector_is_valid(&rows->columns[c], row))
            vector_format(&rows->columns[c], row, text, &cell);
        cells[c] = arena_copy_bytes(t->arena, buffer_bytes(&cell));
        size_t width = display_width(cells[c]);
        t->widths[c] = width > t->widths[c] ? width : t->widths[c];
    }
    buffer_clear(&cell);
    t->rows[t->kept++] = cells;
}

static void put_padded(struct buffer *out, const char *text, size_t width, bool right, bool trailing)
{
    size_t size = display_width(text), pad = width > size ? width - size : 0;
    for (size_t i = 0; right && i < pad; i++)
        buffer_put_u8(out, ' ');
    buffer_put_text(out, text);
    for (size_t i = 0; !right && trailing && i < pad; i++)
        buffer_put_u8(out, ' ');
}

static void put_header(struct table *t, struct buffer *out)
{
    uint32_t count = t->schema->column_count;
    for (uint32_t c = 0; c < count; c++) { /* names are centred */
        const char *name = t->schema->columns[c].name;
        size_t size = display_width(name), pad = t->widths[c] - size, left = pad / 2;
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

static void put_rows(struct table *t, struct buffer *out)
{
    uint32_t count = t->schema->column_count;
    for (uint32_t r = 0; r < t->kept; r++) {
        for (uint32_t c = 0; c < count; c++) {
            bool last = c + 1 == count;
            buffer_put_text(out, c == 0 ? " " : "| ");
            put_padded(out, t->rows[r][c], t->widths[c], type_is_number(t->schema->columns[c].type), !last);
            if (!last)
                buffer_put_u8(out, ' ');
        }
        buffer_put_u8(out, '\n');
    }
}

static void put_expanded(struct table *t, struct buffer *out)
{
    size_t width = 0;
    for (uint32_t c = 0; c < t->schema->column_count; c++) {
        size_t size = display_width(t->schema->columns[c].name);
        width = size > width ? size : width;
    }
    for (uint32_t r = 0; r < t->kept; r++) {
        buffer_printf(out, "-[ RECORD %u ]-\n", r + 1);
        for (uint32_t c = 0; c < t->schema->column_count; c++) {
            put_padded(out, t->schema->columns[c].name, width, false, true);
            buffer_printf(out, " | %s\n", t->rows[r][c]);
        }
    }
}

void table_print(struct table *t, struct buffer *out)
{
    if (t->header_printed) { /* a live one: what is left */
        table_print_live(t, out);
        return;
    }
    if (t->expanded) {
        put_expanded(t, out);
        if (t->row_count == 0)
            buffer_put_text(out, "(0 rows)\n");
        buffer_put_u8(out, '\n');
        return;
    }
    put_header(t, out);
    put_rows(t, out);
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
