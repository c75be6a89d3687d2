/* depth.c - see depth.h.
 *
 * Everything behind the parser recurses along the tree: protobuf packing and
 * unpacking, the binder, the optimizer, evaluation. A level of the tree comes
 * from an open bracket or CASE, or from an operator, which nests to the left:
 * 1 + 1 + 1. Operators count until the next comma, AND or OR of their bracket,
 * since those do not nest; UNION and JOIN until it closes.
 */
#include "sql/depth.h"

enum { DEPTH_MAX = 1000 };

struct level {
    uint32_t operators; /* since the last comma */
    uint32_t chain;     /* UNION and JOIN */
};

struct depth {
    const char *text;
    struct level *levels;
    uint32_t open;
    uint32_t total; /* sum over the open levels, one for each included */
};

static void forget_operators(struct depth *d)
{
    d->total -= d->levels[d->open].operators;
    d->levels[d->open].operators = 0;
}

static void open_level(struct depth *d)
{
    d->open++;
    d->levels[d->open] = (struct level){0};
    d->total++;
}

static void close_level(struct depth *d)
{
    if (d->open == 0)
        return;
    d->total -= 1 + d->levels[d->open].operators + d->levels[d->open].chain;
    d->open--;
}

static bool is_any(const char *text, const struct token *t, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++)
        if (token_is(text, t, words[i]))
            return true;
    return false;
}

static void count_word(struct depth *d, const struct token *t)
{
    static const char *const SEPARATORS[] = {"and", "or", "when", "then", "else", "where", "from", "select", NULL};
    static const char *const CHAINS[] = {"union", "intersect", "except", "join", NULL};
    static const char *const OPERATORS[] = {"not",     "is",      "isnull",  "notnull", "like", "ilike",
                                            "similar", "between", "collate", "in",      "at",   NULL};
    if (token_is(d->text, t, "case")) {
        open_level(d);
    } else if (token_is(d->text, t, "end")) {
        close_level(d);
    } else if (is_any(d->text, t, SEPARATORS)) {
        forget_operators(d);
    } else if (is_any(d->text, t, CHAINS)) {
        d->levels[d->open].chain++;
        d->total++;
    } else if (is_any(d->text, t, OPERATORS)) {
        d->levels[d->open].operators++;
        d->total++;
    }
}

static void count_token(struct depth *d, const struct token *t)
{
    char c = d->text[t->start];
    if (t->kind == TOKEN_WORD) {
        count_word(d, t);
    } else if (t->kind == TOKEN_OPERATOR) {
        d->levels[d->open].operators++;
        d->total++;
    } else if (t->kind == TOKEN_CHARACTER) {
        if (c == '(' || c == '[')
            open_level(d);
        else if (c == ')' || c == ']')
            close_level(d);
        else if (c == ',' || c == ';')
            forget_operators(d);
    }
}

enum status depth_check(const struct source *s, const struct token *tokens, uint32_t count, struct arena *arena,
                        struct error *err)
{
    struct depth d = {.text = s->text, .levels = ARENA_ARRAY(arena, struct level, DEPTH_MAX + 8)};
    for (uint32_t i = 0; i < count; i++) {
        count_token(&d, &tokens[i]);
        if (d.total > DEPTH_MAX) {
            error_set_at(err, STATUS_TOO_COMPLEX, source_position(s, tokens[i].start),
                         "statement is nested too deeply");
            error_hint(err, "At most %d levels of brackets and operators are possible.", (int)DEPTH_MAX);
            return STATUS_TOO_COMPLEX;
        }
    }
    return STATUS_OK;
}
