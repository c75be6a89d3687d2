/* text_split.h - where a text of records may be cut so that no record is torn. For this folder only. */
#ifndef LEAT_CONNECT_TEXT_SPLIT_H
#define LEAT_CONNECT_TEXT_SPLIT_H

#include "base/bytes.h"

/* The size of the longest head of text (which begins with a record) that ends with a line outside quotes; 0: none. The quote must be
 * its own escape. */
size_t csv_split_find(struct bytes text, char quote);
/* The same for objects one after the other: the head ends with a line whose last byte is } and which { follows. Inside an object
 * neither can be. */
size_t json_split_find(struct bytes text);
size_t byte_count(struct bytes text, char byte);

#endif
