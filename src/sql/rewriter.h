/* rewriter.h - the tools with which the files of the dialect look at tokens and change the text below them. */
#ifndef LEAT_SQL_REWRITER_H
#define LEAT_SQL_REWRITER_H

#include "sql/dialect.h"
#include "sql/lexer.h"

struct rewriter {
    struct dialect *d;
    const char *text;
    const struct token *tokens; /* an END token behind the last */
    uint32_t count;             /* without trailing semicolons */
    struct arena *arena;
    struct error *err;
};

/* Whether token i is this word or character; false behind the end. */
bool rewriter_is(const struct rewriter *w, uint32_t i, const char *word);
/* Whether the tokens from i on are these words (blank-separated). */
bool rewriter_is_all(const struct rewriter *w, uint32_t i, const char *words);
bool rewriter_is_name(const struct rewriter *w, uint32_t i); /* a word or a quoted name */
const char *rewriter_value(const struct rewriter *w, uint32_t i);
/* Blanks tokens [from, to) with all between them. */
void rewriter_blank(struct rewriter *w, uint32_t from, uint32_t to);
/* Puts a word no longer than token i in its place. */
void rewriter_put(struct rewriter *w, uint32_t i, const char *word);
/* Behind the bracket that closes the one at i; count if none does. */
uint32_t rewriter_behind_bracket(const struct rewriter *w, uint32_t i);
/* The first token in [from, to) outside brackets that is this word; to if there is none. */
uint32_t rewriter_find(const struct rewriter *w, uint32_t from, uint32_t to, const char *word);
enum status rewriter_fail_near(struct rewriter *w, uint32_t i); /* syntax error at or near ... */
enum status rewriter_fail_unsupported(struct rewriter *w, uint32_t i, const char *construct);

/* dialect_option.c: reads WITH ( name = value, ... ) whose WITH is token i, blanks it, and adds to the options. *behind: after it. */
CHECKED enum status dialect_read_options(struct rewriter *w, uint32_t i, uint32_t *behind);
bool dialect_is_options(const struct rewriter *w, uint32_t i); /* WITH ( name = | , | ) */
/* dialect_from.c: paths in FROM, and clauses of streams in it that are not there yet. */
CHECKED enum status dialect_rewrite_from(struct rewriter *w);
/* dialect_create.c: CREATE ... whose CREATE is token i. */
CHECKED enum status dialect_rewrite_create(struct rewriter *w, uint32_t i);
/* dialect_subscribe.c: SUBSCRIBE ... in tokens [i, to). */
CHECKED enum status dialect_rewrite_subscribe(struct rewriter *w, uint32_t i, uint32_t to);

#endif
