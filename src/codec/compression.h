/* compression.h - bytes to fewer bytes and back; one function each way.
 *
 * Each library is wrapped here and nowhere else. Framing differs by who wrote
 * the bytes, so the framing is part of the name.
 */
#ifndef LEAT_CODEC_COMPRESSION_H
#define LEAT_CODEC_COMPRESSION_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

enum compression {
    COMPRESSION_NONE,
    COMPRESSION_GZIP,         /* gzip members (also zlib streams, on reading) */
    COMPRESSION_SNAPPY,       /* one raw block (Parquet; librdkafka on Kafka) */
    COMPRESSION_SNAPPY_XERIAL,/* snappy-java's stream (Java clients); reading accepts raw too */
    COMPRESSION_LZ4_FRAME,    /* Kafka */
    COMPRESSION_LZ4_RAW,      /* Parquet LZ4_RAW */
    COMPRESSION_LZ4_HADOOP,   /* Parquet LZ4 (deprecated): Hadoop framing, or a frame, or raw, on reading */
    COMPRESSION_ZSTD,         /* one or more frames, content size may be absent */
    COMPRESSION_BROTLI        /* Parquet, reading */
};

/* Appends the decompressed form of in to out. More than limit_size bytes is STATUS_LIMIT_EXCEEDED (a bomb), garbage
 * STATUS_CORRUPT; then out is as long as before. */
CHECKED enum status decompress(enum compression kind, struct bytes in, size_t limit_size, struct buffer *out,
                               struct error *err);
/* Decompresses into exactly size bytes at out (Parquet knows the size); another size is STATUS_CORRUPT. */
CHECKED enum status decompress_exact(enum compression kind, struct bytes in, uint8_t *out, size_t size,
                                     struct error *err);
/* Appends the compressed form of in to out. level 0 = the library's default. */
CHECKED enum status compress(enum compression kind, struct bytes in, int level, struct buffer *out, struct error *err)
    __asm__("codec_compress"); /* the linker's name: zlib has a compress() too */

#endif
