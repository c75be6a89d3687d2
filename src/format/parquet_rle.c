/* parquet_rle.c - reading and writing of the hybrid encoding. */
#include "format/parquet_rle.h"

#include <assert.h>

#include "format/parquet_unpack.h"

void parquet_rle_init(struct parquet_rle *rle, struct bytes data, unsigned width)
{
    assert(width <= 32);
    *rle = (struct parquet_rle){.next = data.data, .end = data.data + data.size, .width = width};
}

void parquet_rle_init_reversed(struct parquet_rle *rle, struct bytes data, uint8_t *scratch)
{
    for (size_t i = 0; i < data.size; i++) {
        uint8_t in = data.data[i], out = 0;
        for (unsigned bit = 0; bit < 8; bit++)
            out = (uint8_t)(out | (in >> bit & 1) << (7 - bit));
        scratch[i] = out;
    }
    *rle = (struct parquet_rle){.next = scratch, .end = scratch, .width = 1, .packed = true, .left = data.size * 8,
                                .run = scratch};
}

/* A packed run may be cut short by the end of the data: some writers leave out the last group's padding. */
static bool packed_run(struct parquet_rle *rle, size_t groups)
{
    size_t room = (size_t)(rle->end - rle->next);
    rle->packed = true;
    rle->run = rle->next;
    rle->position = 0;
    if (rle->width == 0 || groups <= room / rle->width) {
        rle->left = groups * 8;
        rle->next += groups * rle->width;
    } else {
        rle->left = room * 8 / rle->width;
        rle->next = rle->end;
    }
    return rle->left != 0;
}

static bool repeated_run(struct parquet_rle *rle, size_t count)
{
    size_t size = (rle->width + 7) / 8;
    if ((size_t)(rle->end - rle->next) < size)
        return false;
    uint32_t value = 0;
    memcpy(&value, rle->next, size);
    if (rle->width < 32 && value >> rle->width != 0)
        return false;
    rle->next += size;
    rle->packed = false;
    rle->value = value;
    rle->left = count;
    return true;
}

/* Loads the next run of at least one value. */
static bool next_run(struct parquet_rle *rle)
{
    while (rle->left == 0) {
        uint32_t head = 0;
        for (unsigned shift = 0;; shift += 7) {
            if (rle->next == rle->end || shift > 28)
                return false;
            uint8_t byte = *rle->next++;
            head |= (uint32_t)(byte & 0x7f) << shift;
            if (byte < 0x80)
                break;
        }
        if (head == 0 || !((head & 1) != 0 ? packed_run(rle, head >> 1) : repeated_run(rle, head >> 1)))
            return false;
    }
    return true;
}

bool parquet_rle_read(struct parquet_rle *rle, uint32_t *out, size_t count, uint32_t *largest)
{
    while (count != 0) {
        if (rle->left == 0 && !next_run(rle))
            return false;
        size_t take = rle->left < count ? rle->left : count;
        uint32_t run_largest = rle->value;
        if (rle->packed) {
            run_largest = parquet_unpack_u32(rle->run, rle->position, take, rle->width, out);
            rle->position += take;
        } else {
            for (size_t i = 0; i < take; i++)
                out[i] = rle->value;
        }
        *largest = run_largest > *largest ? run_largest : *largest;
        rle->left -= take;
        out += take;
        count -= take;
    }
    return true;
}

static void set_bits(uint64_t *bits, size_t from, size_t count)
{
    while (count != 0) {
        size_t room = 64 - from % 64;
        size_t take = room < count ? room : count;
        uint64_t ones = take == 64 ? UINT64_MAX : (UINT64_C(1) << take) - 1;
        bits[from / 64] |= ones << from % 64;
        from += take;
        count -= take;
    }
}

bool parquet_rle_read_bits(struct parquet_rle *rle, uint64_t *out, size_t count, size_t *ones)
{
    assert(rle->width == 1);
    for (size_t done = 0; done < count;) {
        if (rle->left == 0 && !next_run(rle))
            return false;
        size_t take = rle->left < count - done ? rle->left : count - done;
        if (rle->packed) {
            parquet_unpack_bits(rle->run, rle->position, take, out, done);
            rle->position += take;
        } else if (rle->value != 0) {
            set_bits(out, done, take);
        }
        rle->left -= take;
        done += take;
    }
    size_t sum = 0;
    for (size_t i = 0; i < (count + 63) / 64; i++)
        sum += (size_t)__builtin_popcountll(out[i]);
    *ones = sum;
    return true;
}

size_t parquet_rle_ones_ahead(struct parquet_rle *rle, size_t count)
{
    if (rle->left == 0 && !next_run(rle))
        return 0;
    if (rle->packed || rle->value != 1)
        return 0;
    return rle->left < count ? rle->left : count;
}

void parquet_rle_pass(struct parquet_rle *rle, size_t count)
{
    assert(count <= rle->left);
    rle->left -= count;
}

static void put_packed(struct buffer *out, const uint32_t *values, size_t count, unsigned width)
{
    size_t groups = (count + 7) / 8;
    buffer_put_uvarint(out, groups << 1 | 1);
    uint64_t word = 0;
    unsigned used = 0;
    for (size_t i = 0; i < groups * 8; i++) {
        word |= (uint64_t)(i < count ? values[i] : 0) << used;
        for (used += width; used >= 8; used -= 8, word >>= 8)
            buffer_put_u8(out, (uint8_t)word);
    }
    assert(used == 0);
}

static void put_repeated(struct buffer *out, uint32_t value, size_t count, unsigned width)
{
    buffer_put_uvarint(out, count << 1);
    buffer_put(out, &value, (width + 7) / 8);
}

/* Runs of 8 equal values and more are repeated ones; what lies between is packed in whole groups of 8, for which a packed
 * stretch borrows from the run behind it. */
void parquet_rle_put(struct buffer *out, const uint32_t *values, size_t count, unsigned width)
{
    enum { GROUPS_MAX = 1 << 16 };
    size_t pending = 0; /* values from here to i wait to be packed */
    for (size_t i = 0; i < count;) {
        size_t run = 1;
        while (i + run < count && values[i + run] == values[i])
            run++;
        size_t borrowed = (8 - (i - pending) % 8) % 8;
        if (run < borrowed + 8 && !(run == count - i && pending == i)) {
            i += run;
            if (i - pending >= (size_t)GROUPS_MAX * 8) {
                put_packed(out, values + pending, (i - pending) / 8 * 8, width);
                pending += (i - pending) / 8 * 8;
            }
            continue;
        }
        if (i != pending)
            put_packed(out, values + pending, i - pending + borrowed, width);
        put_repeated(out, values[i], run - (i != pending ? borrowed : 0), width);
        i += run;
        pending = i;
    }
    if (pending < count)
        put_packed(out, values + pending, count - pending, width);
}
