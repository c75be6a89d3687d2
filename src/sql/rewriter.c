/* rewriter.c - see rewriter.h. */
#include "sql/rewriter.h"

bool rewriter_is(const struct rewriter *w, uint32_t i, const char *word)
{
    return i < w->count && token_is(w->text, &w->tokens[i], word);
}

bool rewriter_is_all(const struct rewriter *w, uint32_t i, const char *words)
{
    char word[32];
    for (const char *at = words; *at != '\0'; i++) {
        size_t size = strcspn(at, " ");
        memcpy(word, at, size);
        word[size] = '\0';
        if (!rewriter_is(w, i, word))
            return false;
        at += size + (at[size] == ' ');
    }
    return true;
}

bool rewriter_is_name(const struct rewriter *w, uint32_t i)
{
    return i < w->count && (w->tokens[i].kind == TOKEN_WORD || w->tokens[i].kind == TOKEN_NAME);
}

const char *rewriter_value(const struct rewriter *w, uint32_t i)
{
    return token_value(w->text, &w->tokens[i], w->arena);
}

void rewriter_blank(struct rewriter *w, uint32_t from, uint32_t to)
{
    if (from >= to)
        return;
    uint32_t start = w->tokens[from].start;
    memset(w->d->rewritten + start, ' ', w->tokens[to - 1].end - start);
}

void rewriter_put(struct rewriter *w, uint32_t i, const char *word)
{
    rewriter_blank(w, i, i + 1);
    memcpy(w->d->rewritten + w->tokens[i].start, word, strlen(word));
}

uint32_t rewriter_behind_bracket(const struct rewriter *w, uint32_t i)
{
    int depth = 0;
    for (; i < w->count; i++) {
        if (rewriter_is(w, i, "("))
            depth++;
        else if (rewriter_is(w, i, ")") && --depth == 0)
            return i + 1;
    }
    return w->count;
}

uint32_t rewriter_find(const struct rewriter *w, uint32_t from, uint32_t to, const char *word)
{
    int depth = 0;
    for (uint32_t i = from; i < to; i++) {
        if (rewriter_is(w, i, "("))
            depth++;
        else if (rewriter_is(w, i, ")"))
            depth--;
        else if (depth == 0 && rewriter_is(w, i, word))
            return i;
    }
    return to;
}

enum status rewriter_fail_near(struct rewriter *w, uint32_t i)
{
    const struct token *t = &w->tokens[i];
    int position = source_position(&w->d->source, t->start);
    if (i >= w->count)
        return error_set_at(w->err, STATUS_SYNTAX_ERROR, position, "syntax error at end of input");
    return error_set_at(w->err, STATUS_SYNTAX_ERROR, position, "syntax error at or near \"%.*s\"",
                        (int)(t->end - t->start > 900 ? 900 : t->end - t->start), w->text + t->start);
}

enum status rewriter_fail_unsupported(struct rewriter *w, uint32_t i, const char *construct)
{
    return error_set_at(w->err, STATUS_FEATURE_NOT_SUPPORTED, source_position(&w->d->source, w->tokens[i].start),
                        "%s is not supported", construct);
}
