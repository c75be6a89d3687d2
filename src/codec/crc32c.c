/* crc32c.c - CRC-32C with the CPU's instruction, three streams at a time.
 *
 * The crc32 instruction takes three cycles but a new one can start in each, so a
 * block is cut in three parts that are summed side by side and then joined:
 * crc(a then b) = shift(crc(a), size of b) xor crc(b). The shift over a fixed
 * number of zero bytes is linear, hence four table look-ups (Mark Adler, 2013).
 */
#include "codec/crc32c.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#define POLYNOMIAL UINT32_C(0x82f63b78) /* bits reversed */

enum { LONG_PART = 8192, SHORT_PART = 256 };

typedef uint32_t shift_table[4][256];

static uint32_t byte_tables[8][256]; /* slicing by 8, for CPUs without the instruction */
static shift_table long_shift, short_shift;
static bool has_instruction;
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void byte_tables_init(void)
{
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t crc = n;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (POLYNOMIAL & (0U - (crc & 1)));
        byte_tables[0][n] = crc;
    }
    for (uint32_t n = 0; n < 256; n++)
        for (int k = 1; k < 8; k++) {
            uint32_t before = byte_tables[k - 1][n];
            byte_tables[k][n] = before >> 8 ^ byte_tables[0][before & 0xff];
        }
}

/* What size zero bytes do to a sum: found for each single bit, then for each byte value in each place. */
static void shift_table_init(shift_table table, size_t size)
{
    uint32_t of_bit[32];
    for (int bit = 0; bit < 32; bit++) {
        uint32_t crc = UINT32_C(1) << bit;
        for (size_t i = 0; i < size; i++)
            crc = crc >> 8 ^ byte_tables[0][crc & 0xff];
        of_bit[bit] = crc;
    }
    for (int place = 0; place < 4; place++)
        for (int value = 0; value < 256; value++) {
            uint32_t crc = 0;
            for (int bit = 0; bit < 8; bit++)
                if ((value >> bit & 1) != 0)
                    crc ^= of_bit[place * 8 + bit];
            table[place][value] = crc;
        }
}

static void tables_init(void)
{
    byte_tables_init();
    shift_table_init(long_shift, LONG_PART);
    shift_table_init(short_shift, SHORT_PART);
    has_instruction = __builtin_cpu_supports("sse4.2") != 0;
}

static inline uint32_t shift(const shift_table table, uint32_t crc)
{
    return table[0][crc & 0xff] ^ table[1][crc >> 8 & 0xff] ^ table[2][crc >> 16 & 0xff] ^ table[3][crc >> 24];
}

static inline uint64_t load_u64(const uint8_t *from)
{
    uint64_t v;
    memcpy(&v, from, sizeof v);
    return v;
}

static uint32_t sum_portable(uint32_t crc, const uint8_t *p, size_t size)
{
    for (; size >= 8; p += 8, size -= 8) {
        uint64_t v = load_u64(p) ^ crc;
        crc = byte_tables[7][v & 0xff] ^ byte_tables[6][v >> 8 & 0xff] ^ byte_tables[5][v >> 16 & 0xff] ^
              byte_tables[4][v >> 24 & 0xff] ^ byte_tables[3][v >> 32 & 0xff] ^ byte_tables[2][v >> 40 & 0xff] ^
              byte_tables[1][v >> 48 & 0xff] ^ byte_tables[0][v >> 56];
    }
    for (; size != 0; p++, size--)
        crc = crc >> 8 ^ byte_tables[0][(crc ^ *p) & 0xff];
    return crc;
}

/* Sums blocks of three parts while they last and moves *p and *size past them. */
__attribute__((target("sse4.2"))) static inline uint32_t sum_three(uint32_t crc, const uint8_t **p, size_t *size,
                                                                   size_t part, const shift_table table)
{
    while (*size >= 3 * part) {
        uint64_t a = crc, b = 0, c = 0;
        const uint8_t *end = *p + part;
        for (const uint8_t *q = *p; q < end; q += 8) {
            a = __builtin_ia32_crc32di(a, load_u64(q));
            b = __builtin_ia32_crc32di(b, load_u64(q + part));
            c = __builtin_ia32_crc32di(c, load_u64(q + 2 * part));
        }
        crc = shift(table, (uint32_t)a) ^ (uint32_t)b;
        crc = shift(table, crc) ^ (uint32_t)c;
        *p += 3 * part;
        *size -= 3 * part;
    }
    return crc;
}

__attribute__((target("sse4.2"))) static uint32_t sum_instruction(uint32_t crc, const uint8_t *p, size_t size)
{
    crc = sum_three(crc, &p, &size, LONG_PART, long_shift);
    crc = sum_three(crc, &p, &size, SHORT_PART, short_shift);
    for (; size >= 8; p += 8, size -= 8)
        crc = (uint32_t)__builtin_ia32_crc32di(crc, load_u64(p));
    for (; size != 0; p++, size--)
        crc = __builtin_ia32_crc32qi(crc, *p);
    return crc;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    pthread_once(&tables_once, tables_init);
    return ~(has_instruction ? sum_instruction : sum_portable)(~crc, data, size);
}

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size)
{
    pthread_once(&tables_once, tables_init);
    return ~sum_portable(~crc, data, size);
}
