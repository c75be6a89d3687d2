/* lexer.h - PostgreSQL's tokens as far as quotes, comments and words matter.
 *
 * One lexer serves splitting, psql's variables, "is it complete?" and the
 * dialect. Unlike pg_query_scan it takes unfinished text, does not allocate,
 * and knows Flink's backticks. PostgreSQL's parser has the last word on syntax.
 */
#ifndef LEAT_SQL_LEXER_H
#define LEAT_SQL_LEXER_H

#include "base/arena.h"

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a name or keyword without quotes */
    TOKEN_NAME,   /* "quoted" or `quoted` */
    TOKEN_STRING, /* 'x', E'x', $$x$$, ... */
    TOKEN_NUMBER,
    TOKEN_PARAMETER,   /* $1 */
    TOKEN_OPERATOR,    /* one or more operator characters; "::" and ":=" too */
    TOKEN_CHARACTER,   /* ( ) [ ] , ; . : and whatever else */
    TOKEN_UNTERMINATED /* a quote or comment that does not end; reaches to the end of the text */
};
struct token {
    enum token_kind kind;
    uint32_t start; /* bytes */
    uint32_t end;
};

/* The next token at or after byte position *at, which moves behind it. text has size bytes, at most 1 GB. */
struct token lexer_next(const char *text, size_t size, size_t *at);
/* All tokens, an END token last; array in arena. *count does not count END. */
struct token *lexer_all(const char *text, size_t size, struct arena *arena, uint32_t *count);
/* Whether a token is this word (any case) or this character. */
bool token_is(const char *text, const struct token *t, const char *word);
/* What a string, name or word says: quotes undone, words in lower case. */
const char *token_value(const char *text, const struct token *t, struct arena *arena);

#endif
