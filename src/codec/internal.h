/* internal.h - what the wrappers of the compression libraries share. */
#ifndef LEAT_CODEC_INTERNAL_H
#define LEAT_CODEC_INTERNAL_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

/* Where a decoder writes: a buffer that grows up to a limit, or a block of exactly the right size.
 *
 * A decoder may have to be called once more after the last byte to see the end of
 * its input. For that, a full output hands out one spill byte; whoever fills it
 * had too much. So every decoder is the same loop, and a bomb ends at the limit. */
struct output {
    struct buffer *buffer; /* NULL: the block */
    size_t buffer_start;
    uint8_t *block;
    size_t size; /* bytes written so far */
    size_t limit_size;
    uint8_t spill;
    bool is_over;
};

/* Room for at least one byte, preferably wanted bytes. */
uint8_t *output_room(struct output *o, size_t wanted, size_t *room);
/* size bytes of the room were filled. Look at is_over. */
void output_advance(struct output *o, size_t size);
/* The status of having too much: LIMIT_EXCEEDED, or CORRUPT for a block. */
enum status output_overflow(const struct output *o, const char *format_name, struct error *err);
/* Exactly size bytes more (a block whose size is known beforehand). Follow with output_advance. */
CHECKED enum status output_take(struct output *o, size_t size, const char *format_name, uint8_t **out, struct error *err);
/* Forgets what came after the output had size bytes. */
void output_rewind(struct output *o, size_t size);

enum status corrupt(const char *format_name, const char *why, struct error *err);

CHECKED enum status gzip_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status gzip_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status snappy_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status snappy_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status snappy_xerial_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status snappy_xerial_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status lz4_frame_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status lz4_frame_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status lz4_raw_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status lz4_raw_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status lz4_hadoop_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status lz4_hadoop_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status zstd_decode(struct bytes in, struct output *out, struct error *err);
CHECKED enum status zstd_encode(struct bytes in, int level, struct buffer *out, struct error *err);
CHECKED enum status brotli_decode(struct bytes in, struct output *out, struct error *err);

/* Contexts that cost much to make and little to use again; one set per thread, freed when the thread ends. */
struct codec_contexts {
    void *zstd_decoder, *zstd_encoder, *lz4_decoder, *inflater;
};
struct codec_contexts *codec_contexts(void);
/* Frees what its library made, called for each context that is set. */
void zstd_contexts_clear(struct codec_contexts *c);
void lz4_contexts_clear(struct codec_contexts *c);
void gzip_contexts_clear(struct codec_contexts *c);

#endif
