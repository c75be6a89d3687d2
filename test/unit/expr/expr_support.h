/* expr_support.h - what the tests of expr/ share: values from text, calls by name, results as text. */
#ifndef LEAT_TEST_EXPR_SUPPORT_H
#define LEAT_TEST_EXPR_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "data/text.h"
#include "expr/error.h"
#include "expr/function.h"

static inline struct text_context test_context(void)
{
    return (struct text_context){.zone = time_zone_utc(), .now_us = INT64_C(1705312800123456)}; /* 2024-01-15 10:00:00.123456 */
}

/* A value of type from its text, as a flat vector of one row; text NULL: SQL NULL. */
static inline struct vector value_from_text(struct type type, const char *text, struct arena *arena)
{
    struct vector v;
    struct text_context context = test_context();
    struct error err = {0};
    vector_init_flat(&v, type, 1, arena);
    if (text == NULL) {
        memset(v.values, 0, type_size(type));
        vector_set_null(&v, 0, 1, arena);
    } else if (value_parse(type, text, strlen(text), &context, arena, v.values, &err) != STATUS_OK) {
        print_error("value_parse %s: %s\n", text, err.message);
        fail();
    }
    return v;
}

/* The result of row `row`: its text, "NULL", or the SQLSTATE of its error led by '!'. */
static inline const char *row_text(const struct vector *v, size_t row, struct arena *arena)
{
    struct text_context context = test_context();
    if (vector_error(v, row) != STATUS_OK)
        return arena_printf(arena, "!%s", status_sqlstate(vector_error(v, row)));
    if (!vector_is_valid(v, row))
        return "NULL";
    struct buffer text = {0};
    vector_format(v, row, &context, &text);
    const char *copy = arena_copy_bytes(arena, buffer_bytes(&text));
    buffer_clear(&text);
    return copy;
}

#endif
