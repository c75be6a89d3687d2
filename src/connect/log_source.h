/* log_source.h - a bounded scan of a topic's records as a table, from one cut to another. */
#ifndef LEAT_CONNECT_LOG_SOURCE_H
#define LEAT_CONNECT_LOG_SOURCE_H

#include "exec/source.h"
#include "catalog/catalog.h"
#include "log/log.h"

struct offset_range {
    int64_t from; /* inclusive */
    int64_t to;   /* exclusive */
};
/* A source over the relation's topic: ranges[partition]. Rejected records are skipped. Keyed tables are not read this way (their
 * rows lie in a relation store). The source keeps references; the ranges are copied. Morsels are runs of about 1 MiB of record batches. */
CHECKED enum status log_source_create(struct relation *relation, const uint32_t *columns, uint32_t column_count, struct topic *topic,
                                      const struct offset_range *ranges, struct source **out, struct error *err);

#endif
