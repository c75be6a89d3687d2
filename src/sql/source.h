/* source.h - the text of a statement and places in it. */
#ifndef LEAT_SQL_SOURCE_H
#define LEAT_SQL_SOURCE_H

#include "base/arena.h"

struct source {
    const char *text;
    size_t size;
    bool is_hidden;         /* a view's text: its places mean nothing to the user */
    const uint32_t *counts; /* characters before each 256th byte; NULL: all ASCII */
};

/* Checks that text is UTF-8 (22021) and of a size that can be handled (54000). Keeps text by reference. */
CHECKED enum status source_init(struct source *s, const char *text, struct arena *arena, struct error *err);
/* The 1-based character of a byte; 0 for none (negative) and in hidden texts. */
int source_position(const struct source *s, int64_t byte);

#endif
