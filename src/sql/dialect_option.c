/* dialect_option.c - WITH (name = value, ...). Names: words, quoted as Flink ('x') or PostgreSQL ("x") quotes them, with dots as
 * Kafka's. Values: strings, numbers, words, lists of words in brackets; a name alone means true. */
#include "sql/rewriter.h"

bool dialect_is_options(const struct rewriter *w, uint32_t i)
{
    if (!rewriter_is(w, i, "with") || !rewriter_is(w, i + 1, "("))
        return false;
    bool named = rewriter_is_name(w, i + 2) || (i + 2 < w->count && w->tokens[i + 2].kind == TOKEN_STRING);
    return named || rewriter_is(w, i + 2, ")");
}

static enum status read_name(struct rewriter *w, uint32_t *i, struct option *o)
{
    if (!rewriter_is_name(w, *i) && !(*i < w->count && w->tokens[*i].kind == TOKEN_STRING))
        return rewriter_fail_near(w, *i);
    o->position = source_position(&w->d->source, w->tokens[*i].start);
    o->name = rewriter_value(w, (*i)++);
    while (rewriter_is(w, *i, ".") && rewriter_is_name(w, *i + 1)) {
        o->name = arena_printf(w->arena, "%s.%s", o->name, rewriter_value(w, *i + 1));
        *i += 2;
    }
    return STATUS_OK;
}

/* (a, b) as "a,b" */
static enum status read_list(struct rewriter *w, uint32_t *i, struct option *o)
{
    o->value = "";
    for ((*i)++; !rewriter_is(w, *i, ")"); (*i)++) {
        if (!rewriter_is_name(w, *i) && !(*i < w->count && w->tokens[*i].kind == TOKEN_STRING))
            return rewriter_fail_near(w, *i);
        o->value = arena_printf(w->arena, "%s%s%s", o->value, o->value[0] == '\0' ? "" : ",", rewriter_value(w, *i));
        if (rewriter_is(w, *i + 1, ","))
            (*i)++;
        else if (!rewriter_is(w, *i + 1, ")"))
            return rewriter_fail_near(w, *i + 1);
    }
    (*i)++;
    return STATUS_OK;
}

static enum status read_value(struct rewriter *w, uint32_t *i, struct option *o)
{
    o->value = "true";
    if (!rewriter_is(w, *i, "="))
        return STATUS_OK;
    (*i)++;
    if (rewriter_is(w, *i, "("))
        return read_list(w, i, o);
    const char *sign = rewriter_is(w, *i, "-") ? "-" : "";
    if (sign[0] != '\0' || rewriter_is(w, *i, "+"))
        (*i)++;
    if (rewriter_is(w, *i, "interval") && *i + 1 < w->count && w->tokens[*i + 1].kind == TOKEN_STRING)
        (*i)++;
    if (*i >= w->count || w->tokens[*i].kind == TOKEN_CHARACTER || w->tokens[*i].kind == TOKEN_OPERATOR)
        return rewriter_fail_near(w, *i);
    o->value = arena_printf(w->arena, "%s%s", sign, rewriter_value(w, *i));
    (*i)++;
    return STATUS_OK;
}

static struct option *add_option(struct rewriter *w)
{
    struct dialect *d = w->d;
    struct option *grown = ARENA_ARRAY(w->arena, struct option, d->option_count + 1);
    if (d->option_count != 0)
        memcpy(grown, d->options, d->option_count * sizeof *grown);
    d->options = grown;
    return &grown[d->option_count++];
}

enum status dialect_read_options(struct rewriter *w, uint32_t i, uint32_t *behind)
{
    uint32_t at = i + 2;
    while (!rewriter_is(w, at, ")")) {
        struct option *o = add_option(w);
        TRY(read_name(w, &at, o));
        TRY(read_value(w, &at, o));
        if (rewriter_is(w, at, ",") && !rewriter_is(w, at + 1, ")"))
            at++;
        else if (!rewriter_is(w, at, ")"))
            return rewriter_fail_near(w, at);
    }
    *behind = at + 1;
    rewriter_blank(w, i, *behind);
    return STATUS_OK;
}
