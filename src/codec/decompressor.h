/* decompressor.h - gzip and zstd piece by piece, for files larger than memory. */
#ifndef LEAT_CODEC_DECOMPRESSOR_H
#define LEAT_CODEC_DECOMPRESSOR_H

#include "base/bytes.h"
#include "base/status.h"

struct decompressor;
enum decompressor_kind { DECOMPRESSOR_GZIP, DECOMPRESSOR_ZSTD };

/* *out is the caller's. */
CHECKED enum status decompressor_create(enum decompressor_kind kind, struct decompressor **out, struct error *err);
void decompressor_destroy(struct decompressor *d); /* accepts NULL */
/* Takes bytes off *in and writes up to size plain ones to out, *made of them. Members and frames may follow each other. With *in
 * empty afterwards and *made == 0, it needs more input. STATUS_CORRUPT. */
CHECKED enum status decompressor_run(struct decompressor *d, struct bytes *in, uint8_t *out, size_t size, size_t *made,
                                     struct error *err);
/* May the input end here? False inside a member or frame. */
bool decompressor_may_end(const struct decompressor *d);

#endif
