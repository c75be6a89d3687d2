/* interpolate.c - psql's variables: :name as it is, :'name' as a string, :"name" as an identifier. */
#include "sql/lexer.h"
#include "sql/source.h"
#include "sql/sql.h"

struct interpolation {
    struct source source;
    sql_variable *variable;
    void *context;
    struct arena *arena;
    struct error *err;
    struct buffer out;
};

static void put_quoted(struct buffer *out, const char *value, char quote)
{
    bool has_backslash = quote == '\'' && strchr(value, '\\') != NULL;
    buffer_put_text(out, has_backslash ? " E" : "");
    buffer_put_u8(out, (uint8_t)quote);
    for (; *value != '\0'; value++) {
        if (*value == quote || (has_backslash && *value == '\\'))
            buffer_put_u8(out, (uint8_t)*value);
        buffer_put_u8(out, (uint8_t)*value);
    }
    buffer_put_u8(out, (uint8_t)quote);
}

static enum status put_variable(struct interpolation *i, const struct token *name, size_t colon)
{
    const char *key = arena_copy_bytes(i->arena, (struct bytes){(const uint8_t *)i->source.text + name->start,
                                                                name->end - name->start});
    if (name->kind != TOKEN_WORD)
        key = token_value(i->source.text, name, i->arena);
    const char *value = i->variable(i->context, key);
    if (value == NULL)
        return error_set_at(i->err, STATUS_UNDEFINED_PARAMETER, source_position(&i->source, (int64_t)colon),
                            "variable \"%s\" is not set", key);
    if (name->kind == TOKEN_WORD)
        buffer_put_text(&i->out, value);
    else
        put_quoted(&i->out, value, name->kind == TOKEN_STRING ? '\'' : '"');
    return STATUS_OK;
}

/* A variable's name stands directly behind the colon. */
static bool is_variable(const struct interpolation *i, const struct token *colon, const struct token *name)
{
    if (colon->kind != TOKEN_CHARACTER || i->source.text[colon->start] != ':' || name->start != colon->end)
        return false;
    char first = i->source.text[name->start];
    return name->kind == TOKEN_WORD || (name->kind == TOKEN_STRING && first == '\'') ||
           (name->kind == TOKEN_NAME && first == '"');
}

static enum status interpolate(struct interpolation *i)
{
    const char *text = i->source.text;
    size_t copied = 0;
    size_t at = 0;
    for (;;) {
        struct token colon = lexer_next(text, i->source.size, &at);
        if (colon.kind == TOKEN_END || colon.kind == TOKEN_UNTERMINATED)
            break;
        size_t behind = at;
        struct token name = lexer_next(text, i->source.size, &behind);
        if (!is_variable(i, &colon, &name))
            continue;
        buffer_put(&i->out, text + copied, colon.start - copied);
        TRY(put_variable(i, &name, colon.start));
        copied = at = name.end;
    }
    buffer_put(&i->out, text + copied, i->source.size - copied);
    return STATUS_OK;
}

enum status sql_interpolate(const char *text, sql_variable *variable, void *context, struct arena *arena,
                            const char **out, struct error *err)
{
    struct interpolation i = {.variable = variable, .context = context, .arena = arena, .err = err};
    TRY(source_init(&i.source, text, arena, err));
    enum status st = interpolate(&i);
    if (st == STATUS_OK)
        *out = arena_copy_text(arena, buffer_text(&i.out));
    buffer_clear(&i.out);
    return st;
}
