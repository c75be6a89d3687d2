/* expr_print.c - expressions as text: for people (EXPLAIN) and as fingerprints. */
#include <ctype.h>
#include <string.h>

#include "data/text.h"
#include "expr/kernel.h"

/* Constants are printed in UTC so that the text depends on the value alone. */
static void put_constant(const struct expr *e, struct buffer *out)
{
    const struct vector *v = &e->constant;
    const struct text_context context = {.zone = time_zone_utc()};
    if (!vector_is_valid(v, 0)) {
        buffer_put_text(out, "NULL");
        return;
    }
    bool bare = type_is_number(e->type) || e->type.id == TYPE_BOOL;
    struct buffer text = {0};
    if (e->type.id == TYPE_NULL)
        buffer_put_bytes(&text, string_bytes(v->values));
    else
        value_format(e->type, v->values, &context, &text);
    if (e->type.id == TYPE_BOOL) {
        buffer_put_text(out, text.data[0] == 't' ? "true" : "false");
    } else if (bare) {
        buffer_put_bytes(out, buffer_bytes(&text));
    } else {
        buffer_put_u8(out, '\'');
        for (size_t i = 0; i < text.size; i++) {
            if (text.data[i] == '\'')
                buffer_put_u8(out, '\'');
            buffer_put_u8(out, text.data[i]);
        }
        buffer_put_u8(out, '\'');
    }
    buffer_clear(&text);
}

static void put_type(struct type type, struct buffer *out)
{
    char name[TYPE_NAME_SIZE];
    buffer_put_text(out, type_name(type, name, sizeof name));
}

static void put_separated(const struct expr *e, uint32_t from, const char *separator, const struct schema *schema,
                          struct buffer *out)
{
    for (uint32_t i = from; i < e->argument_count; i++) {
        if (i > from)
            buffer_put_text(out, separator);
        expr_print(e->arguments[i], schema, out);
    }
}

static const char *operator_text(const char *name)
{
    static const char *const words[][2] = {
        {"~~", "LIKE"}, {"!~~", "NOT LIKE"}, {"~~*", "ILIKE"}, {"!~~*", "NOT ILIKE"}, {"is_distinct", "IS DISTINCT FROM"}, {"is_not_distinct", "IS NOT DISTINCT FROM"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return name;
}

static const char *postfix_text(const char *name)
{
    static const char *const words[][2] = {
        {"is_null", "IS NULL"}, {"is_not_null", "IS NOT NULL"}, {"is_true", "IS TRUE"}, {"is_not_true", "IS NOT TRUE"},
        {"is_false", "IS FALSE"}, {"is_not_false", "IS NOT FALSE"}, {"is_unknown", "IS UNKNOWN"}, {"is_not_unknown", "IS NOT UNKNOWN"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return NULL;
}

static void print_call(const struct expr *e, const struct schema *schema, struct buffer *out)
{
    const char *name = e->function->name;
    const char *postfix = postfix_text(name);
    bool is_sign = !isalpha((unsigned char)name[0]) && name[0] != '_';
    if (strcmp(name, "cast") == 0) {
        buffer_put_text(out, "CAST(");
        expr_print(e->arguments[0], schema, out);
        buffer_put_text(out, " AS ");
        put_type(e->type, out);
        buffer_put_u8(out, ')');
    } else if (postfix != NULL) {
        buffer_put_u8(out, '(');
        expr_print(e->arguments[0], schema, out);
        buffer_printf(out, " %s)", postfix);
    } else if (e->argument_count == 2 && (is_sign || operator_text(name) != name)) {
        buffer_put_u8(out, '(');
        expr_print(e->arguments[0], schema, out);
        buffer_printf(out, " %s ", operator_text(name));
        expr_print(e->arguments[1], schema, out);
        buffer_put_u8(out, ')');
    } else if (is_sign && e->argument_count == 1) {
        buffer_printf(out, "(%s ", name);
        expr_print(e->arguments[0], schema, out);
        buffer_put_u8(out, ')');
    } else {
        buffer_printf(out, "%s(", name);
        put_separated(e, 0, ", ", schema, out);
        buffer_put_u8(out, ')');
    }
}

static void print_case(const struct expr *e, const struct schema *schema, struct buffer *out)
{
    buffer_put_text(out, "CASE");
    for (uint32_t i = 0; i + 1 < e->argument_count; i += 2) {
        buffer_put_text(out, " WHEN ");
        expr_print(e->arguments[i], schema, out);
        buffer_put_text(out, " THEN ");
        expr_print(e->arguments[i + 1], schema, out);
    }
    buffer_put_text(out, " ELSE ");
    expr_print(e->arguments[e->argument_count - 1], schema, out);
    buffer_put_text(out, " END");
}

void expr_print(const struct expr *e, const struct schema *schema, struct buffer *out)
{
    switch (e->kind) {
    case EXPR_COLUMN:
        if (schema != NULL && e->column < schema->column_count)
            buffer_put_text(out, schema->columns[e->column].name);
        else
            buffer_printf(out, "#%u", e->column);
        return;
    case EXPR_CONSTANT:
        put_constant(e, out);
        return;
    case EXPR_CALL:
        print_call(e, schema, out);
        return;
    case EXPR_AND:
    case EXPR_OR:
        buffer_put_u8(out, '(');
        put_separated(e, 0, e->kind == EXPR_AND ? " AND " : " OR ", schema, out);
        buffer_put_u8(out, ')');
        return;
    case EXPR_CASE:
        print_case(e, schema, out);
        return;
    case EXPR_COALESCE:
        buffer_put_text(out, "COALESCE(");
        put_separated(e, 0, ", ", schema, out);
        buffer_put_u8(out, ')');
        return;
    case EXPR_IN:
        buffer_put_u8(out, '(');
        expr_print(e->arguments[0], schema, out);
        buffer_put_text(out, " IN (");
        put_separated(e, 1, ", ", schema, out);
        buffer_put_text(out, "))");
        return;
    }
}

/* ---- canonical: kind, type, then what distinguishes; every part is delimited, so different trees never share a text ---- */

static void put_canonical_function(const struct function *f, struct buffer *out)
{
    buffer_printf(out, " %s[", f->name);
    for (uint32_t i = 0; i < f->argument_count; i++)
        buffer_printf(out, "%u ", f->arguments[i]);
    buffer_printf(out, "%u]%s", f->result, f->signature);
}

void expr_put_canonical(const struct expr *e, struct buffer *out)
{
    static const char *const kinds[] = {
        [EXPR_COLUMN] = "column", [EXPR_CONSTANT] = "constant", [EXPR_CALL] = "call", [EXPR_AND] = "and",
        [EXPR_OR] = "or", [EXPR_CASE] = "case", [EXPR_COALESCE] = "coalesce", [EXPR_IN] = "in",
    };
    buffer_printf(out, "(%s:", kinds[e->kind]);
    put_type(e->type, out);
    if (e->kind == EXPR_COLUMN)
        buffer_printf(out, " %u", e->column);
    if (e->kind == EXPR_CONSTANT) {
        buffer_put_u8(out, ' ');
        put_constant(e, out);
    }
    if (e->kind == EXPR_CALL)
        put_canonical_function(e->function, out);
    for (uint32_t i = 0; i < e->argument_count; i++) {
        buffer_put_u8(out, ' ');
        expr_put_canonical(e->arguments[i], out);
    }
    buffer_put_u8(out, ')');
}
