/* function_random.c - random numbers and UUIDs, new in every row; from the C library's generator, which needs no seed. */
#include <stdlib.h>

#include "expr/function_kernels.h"

void random_float8(KERNEL_PARAMETERS)
{
    (void)arguments;
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        uint64_t bits;
        arc4random_buf(&bits, sizeof bits);
        VECTOR_F64(out)[row] = (double)(bits >> 11) * 0x1p-53;
    }
}

void random_uuid(KERNEL_PARAMETERS)
{
    (void)arguments;
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        uint8_t *uuid = (uint8_t *)out->values + row * 16;
        arc4random_buf(uuid, 16);
        uuid[6] = (uint8_t)((uuid[6] & 0x0F) | 0x40); /* version 4 */
        uuid[8] = (uint8_t)((uuid[8] & 0x3F) | 0x80); /* variant of RFC 4122 */
    }
}
