/* hidden_column.h - _partition, _offset, _timestamp, _key and _headers of a record. For this folder only. */
#ifndef LEAT_CONNECT_HIDDEN_COLUMN_H
#define LEAT_CONNECT_HIDDEN_COLUMN_H

#include "catalog/catalog.h"
#include "log/record_batch.h"

/* Stores a hidden column of a record in row of its vector (flat); the key is borrowed, headers are put into arena. */
void hidden_column_put(enum hidden_column which, int32_t partition, const struct record *r, struct vector *v, uint32_t row,
                       struct arena *arena);

#endif
