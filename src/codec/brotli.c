/* brotli.c - reading Brotli, which Parquet allows. */
#include <brotli/decode.h>

#include "codec/internal.h"

enum { CHUNK_SIZE = 64 * 1024 };

static enum status decode_stream(BrotliDecoderState *decoder, struct bytes in, struct output *out, struct error *err)
{
    for (;;) {
        size_t room;
        uint8_t *to = output_room(out, CHUNK_SIZE, &room), *end = to;
        size_t left = room;
        BrotliDecoderResult result = BrotliDecoderDecompressStream(decoder, &in.size, &in.data, &left, &end, NULL);
        output_advance(out, room - left);
        if (out->is_over)
            return STATUS_OK;
        switch (result) {
        case BROTLI_DECODER_RESULT_SUCCESS:
            return in.size == 0 ? STATUS_OK : corrupt("brotli", "bytes behind the end", err);
        case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT:
            break;
        case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
            return corrupt("brotli", "the input ends early", err);
        case BROTLI_DECODER_RESULT_ERROR:
        default:
            return corrupt("brotli", BrotliDecoderErrorString(BrotliDecoderGetErrorCode(decoder)), err);
        }
    }
}

enum status brotli_decode(struct bytes in, struct output *out, struct error *err)
{
    BrotliDecoderState *decoder = BrotliDecoderCreateInstance(NULL, NULL, NULL);
    if (decoder == NULL)
        return error_set(err, STATUS_OUT_OF_MEMORY, "out of memory for brotli");
    enum status st = decode_stream(decoder, in, out, err);
    BrotliDecoderDestroyInstance(decoder);
    return st;
}
