/* line_fixture.h - reads a text with one of the line readers in chunks of a given size, as a caller does, and prints the rows:
 * fields joined by |, NULL as ~, rows ended by a newline, errors as !SQLSTATE. Chunks are exact heap copies. */
#ifndef LEAT_TEST_LINE_FIXTURE_H
#define LEAT_TEST_LINE_FIXTURE_H

#include <stdlib.h>

#include "data/batch.h"
#include "data/text.h"

typedef enum status read_function(void *reader, struct bytes text, bool is_last, struct batch *out, struct arena *arena,
                                  size_t *consumed, struct error *err);

static inline void print_rows(const struct batch *b, struct buffer *out)
{
    struct text_context utc = {.zone = time_zone_utc()};
    for (uint32_t row = 0; row < b->row_count; row++) {
        for (uint32_t c = 0; c < b->column_count; c++) {
            if (c != 0)
                buffer_put_u8(out, '|');
            if (vector_is_valid(&b->columns[c], row))
                vector_format(&b->columns[c], row, &utc, out);
            else
                buffer_put_u8(out, '~');
        }
        buffer_put_u8(out, '\n');
    }
}

/* Offers `step` more bytes at a time; goes on after errors if asked to. *err keeps the last error. */
static inline void read_in_steps(read_function *read, void *reader, const struct schema *schema, struct bytes text, size_t step,
                                 bool goes_on, struct buffer *out, struct error *err)
{
    struct arena *arena = arena_create();
    size_t begin = 0, end = 0;
    for (bool is_done = false; !is_done;) {
        end = text.size - end > step ? end + step : text.size;
        bool is_last = end == text.size;
        uint8_t *copy = malloc(end - begin + (end == begin));
        if (end != begin)
            memcpy(copy, text.data + begin, end - begin);
        size_t at = 0, consumed;
        for (;;) {
            struct batch b;
            arena_reset(arena);
            batch_init(&b, schema, arena);
            struct error now = {0};
            enum status st = read(reader, (struct bytes){copy + at, end - begin - at}, is_last, &b, arena, &consumed, &now);
            print_rows(&b, out);
            at += consumed;
            if (st != STATUS_OK) {
                *err = now;
                buffer_printf(out, "!%s\n", status_sqlstate(st));
                is_done = !goes_on;
            }
            if (is_done || (st == STATUS_OK && b.row_count < BATCH_ROWS_MAX) || at == end - begin)
                break;
        }
        is_done |= is_last;
        begin += at;
        free(copy);
    }
    arena_destroy(arena);
}

#endif
