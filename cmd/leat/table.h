/* table.h - rows as psql's aligned table. */
#ifndef LEAT_CMD_TABLE_H
#define LEAT_CMD_TABLE_H

#include "data/batch.h"
#include "data/text.h"

struct table;
/* rows_shown 0: all. Beyond it rows are counted, not kept. */
struct table *table_create(const struct schema *schema, bool expanded, uint32_t rows_shown);
void table_destroy(struct table *t); /* accepts NULL */
void table_add(struct table *t, const struct batch *rows, uint32_t row, const struct text_context *text);
/* Appends the whole table with its footer, "(3 rows)". */
void table_print(struct table *t, struct buffer *out);
/* Appends the rows that came since the last call, the header only once; and forgets them. */
void table_print_live(struct table *t, struct buffer *out);

#endif
