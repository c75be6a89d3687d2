/* file_sink.h - COPY ... TO 'path': rows to Parquet, CSV or JSON files; nothing half-written is ever in view. */
#ifndef LEAT_CONNECT_FILE_SINK_H
#define LEAT_CONNECT_FILE_SINK_H

#include "base/budget.h"
#include "connect/file_source.h"
#include "sql/statement.h"

struct file_sink;
/* options: the copy part of a STATEMENT_COPY_TO. A folder ('dir/') gets part-00000.parquet, ...; one that is not empty is an error
 * (58P02) without OVERWRITE or APPEND. Files are written under a temporary name (leading '_') and renamed at finish: readers see
 * the old set or the new. */
CHECKED enum status file_sink_create(const struct file_access *access, const struct statement *copy, const struct schema *schema,
                                     const struct text_context *text, struct file_sink **out, struct error *err);
CHECKED enum status file_sink_write(struct file_sink *s, const struct batch *rows, struct error *err);
/* Makes it visible. *size: bytes written. */
CHECKED enum status file_sink_finish(struct file_sink *s, int64_t *rows, int64_t *size, struct error *err);
/* Removes what was written unless finished. Accepts NULL. */
void file_sink_destroy(struct file_sink *s);

#endif
