/* cell.h - how much room a text takes on a terminal, and its lines, as psql shows them. */
#ifndef LEAT_CMD_CELL_H
#define LEAT_CMD_CELL_H

#include "base/buffer.h"

/* Puts text as it is shown: control characters as \x01, \r as \r, tabs as blanks up to the next multiple of eight. */
void cell_put_shown(struct buffer *out, struct bytes text);
/* Columns that size bytes of UTF-8 take: wide characters two, combining ones none. */
size_t cell_width(const char *text, size_t size);
/* The width of the widest line. */
size_t cell_widest_line(const char *text);

#endif
