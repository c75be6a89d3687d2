/* depth.h - how deep the tree of a text will be, told from its tokens before a recursive parser sees it. */
#ifndef LEAT_SQL_DEPTH_H
#define LEAT_SQL_DEPTH_H

#include "sql/lexer.h"
#include "sql/source.h"

/* 54001 at the token where it becomes too deep. */
CHECKED enum status depth_check(const struct source *s, const struct token *tokens, uint32_t count, struct arena *arena,
                                struct error *err);

#endif
