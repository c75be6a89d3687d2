/* compression_fuzz.c - any bytes in any format: an error or content within the limit, the same in both calls.
 *
 *     byte 0: the format; the rest: what is decompressed
 */
#include <stdint.h>
#include <stdlib.h>

#include "codec/compression.h"

enum { LIMIT_SIZE = 1 << 18 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* What was read must survive being written. */
static void check_round_trip(enum compression kind, struct bytes content)
{
    struct buffer packed = {0}, back = {0};
    if (kind != COMPRESSION_BROTLI) {
        require(compress(kind, content, 0, &packed, NULL) == STATUS_OK);
        require(decompress(kind, buffer_bytes(&packed), content.size, &back, NULL) == STATUS_OK);
        require(bytes_equal(buffer_bytes(&back), content));
    }
    buffer_clear(&packed);
    buffer_clear(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum compression kind = (enum compression)(data[0] % (COMPRESSION_BROTLI + 1));
    struct bytes in = {data + 1, size - 1};
    struct buffer out = {0};
    struct error err = {0};
    enum status st = decompress(kind, in, LIMIT_SIZE, &out, &err);
    require(out.size <= LIMIT_SIZE && (st == STATUS_OK || (out.size == 0 && err.message[0] != '\0')));
    if (st == STATUS_OK) {
        uint8_t *exact = malloc(out.size == 0 ? 1 : out.size);
        require(exact != NULL && decompress_exact(kind, in, exact, out.size, &err) == STATUS_OK);
        require(out.size == 0 || memcmp(exact, out.data, out.size) == 0);
        free(exact);
        check_round_trip(kind, buffer_bytes(&out));
    }
    buffer_clear(&out);
    return 0;
}
