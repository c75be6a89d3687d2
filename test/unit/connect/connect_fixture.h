/* connect_fixture.h - what the tests of connect/ share: tables from a line of text, and rows as text.
 *
 * Rows are printed with fields joined by |, NULL as ~, each ended by a newline.
 */
#ifndef LEAT_TEST_CONNECT_FIXTURE_H
#define LEAT_TEST_CONNECT_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>

#include <cmocka.h>

#include "catalog/catalog.h"
#include "data/text.h"

/* Columns as "id bigint!, name text": ! is NOT NULL. primary_key: how many of the first columns. Options as "a=b;c=d" or "". */
static inline struct relation *fixture_table(const char *name, const char *columns, uint32_t primary_key, const char *options)
{
    struct relation *r = relation_create();
    struct error err = {0};
    r->name = name;
    r->schema_name = "public";
    r->kind = RELATION_TABLE;
    r->topic = name;
    r->append_only = primary_key == 0;
    r->schema.columns = ARENA_ARRAY(r->arena, struct column, 64);
    r->columns = ARENA_ARRAY(r->arena, struct column_definition, 64);
    char *text = arena_copy_text(r->arena, columns);
    for (char *p = text; *p != '\0';) {
        char *begin = p;
        for (int depth = 0; *p != '\0' && (*p != ',' || depth > 0); p++)
            depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        bool last = *p == '\0';
        bool not_null = p[-1] == '!';
        p[not_null ? -1 : 0] = '\0';
        char *space = strchr(begin, ' ');
        *space = '\0';
        struct column *c = &r->schema.columns[r->schema.column_count];
        c->name = begin;
        c->not_null = not_null;
        assert_int_equal(type_from_text(space + 1, &c->type, &err), STATUS_OK);
        r->columns[r->schema.column_count++] = (struct column_definition){begin, c->type, not_null, NULL, NULL};
        p += !last;
        while (*p == ' ')
            p++;
    }
    r->primary_key_count = primary_key;
    r->primary_key = ARENA_ARRAY(r->arena, uint32_t, primary_key + 1);
    for (uint32_t i = 0; i < primary_key; i++)
        r->primary_key[i] = i;
    r->options = ARENA_ARRAY(r->arena, struct option, 16);
    char *rest = arena_copy_text(r->arena, options);
    for (char *item = strtok_r(rest, ";", &rest); item != NULL; item = strtok_r(NULL, ";", &rest)) {
        char *equals = strchr(item, '=');
        *equals = '\0';
        r->options[r->option_count++] = (struct option){item, equals + 1, 0};
    }
    return r;
}

static inline void print_row(const struct batch *b, uint32_t row, struct buffer *out)
{
    struct text_context utc = {.zone = time_zone_utc()};
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

static inline void print_batch(const struct batch *b, struct buffer *out)
{
    for (uint32_t i = 0; i < batch_rows(b); i++)
        print_row(b, batch_row(b, i), out);
}

/* A flat batch of the columns of schema from rows of text ("1|x"), NULL as ~. */
static inline void batch_from_text(const struct schema *schema, const char *text, struct arena *arena, struct batch *out)
{
    struct text_context utc = {.zone = time_zone_utc()};
    struct error err = {0};
    batch_init(out, schema, arena);
    out->row_count = 0;
    char *rest = arena_copy_text(arena, text);
    for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != '\0'; out->row_count++)
        for (uint32_t c = 0; c < schema->column_count; c++) {
            char *field = strsep(&line, "|");
            assert_non_null(field);
            struct vector *v = &out->columns[c];
            if (strcmp(field, "~") == 0)
                vector_set_null(v, out->row_count, BATCH_ROWS_MAX, arena);
            else if (value_parse(v->type, field, strlen(field), &utc, arena, (char *)v->values + out->row_count * type_size(v->type),
                                 &err) != STATUS_OK)
                fail_msg("%s", err.message);
        }
}

#define assert_status(call, expected)                                                                    \
    do {                                                                                                 \
        enum status got_status = (call);                                                                 \
        if (got_status != (expected))                                                                    \
            fail_msg("%s gave %s: %s", #call, status_sqlstate(got_status), err.message);                 \
    } while (0)
#define assert_ok(call) assert_status(call, STATUS_OK)

#endif
