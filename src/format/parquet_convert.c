/* parquet_convert.c - one function per conversion. */
#include "format/parquet_convert.h"

#include <assert.h>

#include "data/calendar.h"
#include "data/datetime.h"
#include "data/numeric.h"
#include "data/text.h"

struct conversion {
    const struct parquet_leaf *leaf;
    bool truncate_nanoseconds;
    size_t count;
    struct arena *arena;
    size_t bad_index;
    enum status st;
    const char *problem;
};

static bool refuse(struct conversion *c, size_t index, enum status st, const char *problem)
{
    c->bad_index = index;
    c->st = st;
    c->problem = problem;
    return false;
}

static bool out_of_range(struct conversion *c, size_t index)
{
    return refuse(c, index, STATUS_NUMERIC_OUT_OF_RANGE, "the value is out of range of its logical type");
}

static bool to_int16(struct conversion *c, const int32_t *in, int16_t *out)
{
    int32_t low = c->leaf->is_unsigned ? 0 : c->leaf->bits == 8 ? INT8_MIN : INT16_MIN;
    int32_t high = c->leaf->is_unsigned ? UINT8_MAX : c->leaf->bits == 8 ? INT8_MAX : INT16_MAX;
    for (size_t i = 0; i < c->count; i++) {
        if (in[i] < low || in[i] > high)
            return out_of_range(c, i);
        out[i] = (int16_t)in[i];
    }
    return true;
}

static bool uint16_to_int32(struct conversion *c, const int32_t *in, int32_t *out)
{
    for (size_t i = 0; i < c->count; i++) {
        if (in[i] < 0 || in[i] > UINT16_MAX)
            return out_of_range(c, i);
        out[i] = in[i];
    }
    return true;
}

static bool uint32_to_int64(struct conversion *c, const uint32_t *in, int64_t *out)
{
    for (size_t i = 0; i < c->count; i++)
        out[i] = in[i];
    return true;
}

static bool uint64_to_numeric(struct conversion *c, const uint64_t *in, int128 *out)
{
    for (size_t i = 0; i < c->count; i++)
        out[i] = in[i];
    return true;
}

static bool int32_to_numeric(struct conversion *c, const int32_t *in, int128 *out)
{
    int128 limit = int128_power_of_ten(c->leaf->type.precision);
    for (size_t i = 0; i < c->count; i++) {
        if (in[i] >= limit || in[i] <= -limit)
            return out_of_range(c, i);
        out[i] = in[i];
    }
    return true;
}

static bool int64_to_numeric(struct conversion *c, const int64_t *in, int128 *out)
{
    int128 limit = int128_power_of_ten(c->leaf->type.precision);
    for (size_t i = 0; i < c->count; i++) {
        if (in[i] >= limit || in[i] <= -limit)
            return out_of_range(c, i);
        out[i] = in[i];
    }
    return true;
}

/* Big-endian two's complement without leading bytes that only repeat the sign. */
static struct bytes drop_sign_bytes(struct bytes v)
{
    while (v.size > 1 && ((v.data[0] == 0 && v.data[1] < 0x80) || (v.data[0] == 0xff && v.data[1] >= 0x80))) {
        v.data++;
        v.size--;
    }
    return v;
}

static uint64_t load_big_endian(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return __builtin_bswap64(v);
}

/* At most 16 bytes. More than 8 are two overlapping words: the first's surplus is shifted out, its sign stays. */
static int128 int128_from_bytes(struct bytes v)
{
    if (v.size > 8) {
        int64_t high = (int64_t)load_big_endian(v.data) >> 8 * (16 - v.size);
        return (int128)((uint128)high << 64 | load_big_endian(v.data + v.size - 8));
    }
    uint64_t n = v.size != 0 && v.data[0] >= 0x80 ? ~UINT64_C(0) : 0;
    for (size_t i = 0; i < v.size; i++)
        n = n << 8 | v.data[i];
    return (int64_t)n;
}

static bool bytes_to_numeric(struct conversion *c, const struct bytes *in, int128 *out)
{
    int128 limit = int128_power_of_ten(c->leaf->type.precision);
    for (size_t i = 0; i < c->count; i++) {
        struct bytes v = in[i].size > 16 ? drop_sign_bytes(in[i]) : in[i];
        if (v.size > 16)
            return out_of_range(c, i);
        int128 n = int128_from_bytes(v);
        if (n >= limit || n <= -limit)
            return out_of_range(c, i);
        memcpy(&out[i], &n, sizeof n);
    }
    return true;
}

/* The out-of-line form of data/numeric.h: kind, sign, scale, magnitude in little-endian bytes. */
static struct string wide_numeric(struct bytes v, uint32_t scale, struct arena *arena)
{
    bool negative = v.size != 0 && v.data[0] >= 0x80;
    uint8_t *out = arena_alloc(arena, 4 + v.size);
    unsigned carry = 1;
    for (size_t i = 0; i < v.size; i++) {
        uint8_t byte = v.data[v.size - 1 - i];
        unsigned magnitude = negative ? (unsigned)(uint8_t)~byte + carry : byte;
        carry = magnitude >> 8;
        out[4 + i] = (uint8_t)magnitude;
    }
    size_t size = v.size;
    while (size != 0 && out[4 + size - 1] == 0)
        size--;
    out[0] = 0;
    out[1] = negative;
    out[2] = (uint8_t)scale;
    out[3] = (uint8_t)(scale >> 8);
    return string_make((const char *)out, 4 + size);
}

static bool bytes_to_wide_numeric(struct conversion *c, const struct bytes *in, struct string *out)
{
    enum { SIZE_MAX_BYTES = 512 }; /* 1,000 digits are 416 */
    for (size_t i = 0; i < c->count; i++) {
        struct bytes v = drop_sign_bytes(in[i]);
        if (v.size > SIZE_MAX_BYTES)
            return out_of_range(c, i);
        out[i] = wide_numeric(v, c->leaf->scale, c->arena);
    }
    return true;
}

/* 24:00:00 is a time too. */
static bool check_times(struct conversion *c, const int64_t *us)
{
    for (size_t i = 0; i < c->count; i++)
        if (us[i] < 0 || us[i] > US_PER_DAY)
            return refuse(c, i, STATUS_DATETIME_OVERFLOW, "the time is out of range");
    return true;
}

static bool time_ms(struct conversion *c, const int32_t *in, int64_t *out)
{
    for (size_t i = 0; i < c->count; i++)
        out[i] = (int64_t)in[i] * 1000;
    return check_times(c, out);
}

static bool time_us(struct conversion *c, const int64_t *in, int64_t *out)
{
    if (c->count != 0)
        memcpy(out, in, c->count * sizeof *out);
    return check_times(c, out);
}

static bool milliseconds(struct conversion *c, const int64_t *in, int64_t *out)
{
    for (size_t i = 0; i < c->count; i++)
        if (__builtin_mul_overflow(in[i], 1000, &out[i]))
            return refuse(c, i, STATUS_DATETIME_OVERFLOW, "the timestamp is out of range");
    return true;
}

static int64_t floor_thousandth(int64_t ns)
{
    return ns / 1000 - (ns % 1000 < 0);
}

static bool nanoseconds(struct conversion *c, const int64_t *in, int64_t *out)
{
    for (size_t i = 0; i < c->count; i++) {
        if (in[i] % 1000 != 0 && !c->truncate_nanoseconds)
            return refuse(c, i, STATUS_DATETIME_OVERFLOW, "the time has digits below a microsecond");
        out[i] = floor_thousandth(in[i]);
    }
    return c->leaf->type.id != TYPE_TIME || check_times(c, out);
}

/* Eight bytes of nanoseconds in the day, four of the Julian day. */
static bool int96_to_timestamp(struct conversion *c, const uint8_t *in, int64_t *out)
{
    enum { JULIAN_EPOCH = 2440588 };
    for (size_t i = 0; i < c->count; i++, in += 12) {
        int64_t ns, us;
        uint32_t julian;
        memcpy(&ns, in, 8);
        memcpy(&julian, in + 8, 4);
        int64_t days = (int64_t)(int32_t)julian - JULIAN_EPOCH;
        if (ns % 1000 != 0 && !c->truncate_nanoseconds)
            return refuse(c, i, STATUS_DATETIME_OVERFLOW, "the time has digits below a microsecond");
        if (__builtin_mul_overflow(days, US_PER_DAY, &us) ||
            __builtin_add_overflow(us, floor_thousandth(ns), &out[i]))
            return refuse(c, i, STATUS_DATETIME_OVERFLOW, "the timestamp is out of range");
    }
    return true;
}

static inline uint64_t load_u64(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}

/* The first size bytes of a word, size 0..8. */
static inline uint64_t first_bytes(uint64_t word, size_t size)
{
    return size == 8 ? word : word & ((UINT64_C(1) << 8 * size) - 1);
}

/* string_make without a call to copy a few bytes: PARQUET_STORED_PADDING of them are there to be loaded. */
static inline struct string make_string(struct bytes in)
{
    struct string s = {.size = (uint32_t)in.size};
    uint64_t head = load_u64(in.data), rest = load_u64(in.data + 4);
    if (in.size > STRING_INLINE_SIZE) {
        memcpy(s.prefix, &head, 4);
        s.data = (const char *)in.data;
        return s;
    }
    uint32_t prefix = (uint32_t)first_bytes(head, in.size < 4 ? in.size : 4);
    rest = in.size <= 4 ? 0 : first_bytes(rest, in.size - 4);
    memcpy(s.prefix, &prefix, 4);
    memcpy(s.rest, &rest, 8);
    return s;
}

static bool to_strings(struct conversion *c, const struct bytes *in, struct string *out)
{
    for (size_t i = 0; i < c->count; i++)
        out[i] = make_string(in[i]);
    return true;
}

/* Words without a byte above 127 and without a zero byte need no further look. What lies behind the text counts as 1s. */
static inline bool is_plain_ascii(const uint8_t *p, size_t size)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = UINT64_C(0x8080808080808080);
    uint64_t seen = 0;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word = load_u64(p);
        seen |= word | (word - ones);
    }
    uint64_t word = first_bytes(load_u64(p), size) | (ones ^ first_bytes(ones, size));
    seen |= word | (word - ones);
    return (seen & high) == 0;
}

static bool to_text(struct conversion *c, const struct bytes *in, struct string *out)
{
    for (size_t i = 0; i < c->count; i++) {
        if (!is_plain_ascii(in[i].data, in[i].size) &&
            utf8_validate((const char *)in[i].data, in[i].size) != in[i].size)
            return refuse(c, i, STATUS_INVALID_ENCODING, "the text is not valid UTF-8 or has a zero byte");
        out[i] = make_string(in[i]);
    }
    return true;
}

static bool to_json(struct conversion *c, const struct bytes *in, struct string *out)
{
    if (!to_text(c, in, out))
        return false;
    for (size_t i = 0; i < c->count; i++)
        if (json_validate((const char *)in[i].data, in[i].size, NULL) != STATUS_OK)
            return refuse(c, i, STATUS_INVALID_TEXT, "the text is not valid JSON");
    return true;
}

static bool to_uuid(struct conversion *c, const struct bytes *in, uint8_t *out)
{
    for (size_t i = 0; i < c->count; i++)
        memcpy(out + i * 16, in[i].data, 16);
    return true;
}

/* Three unsigned words: months, days, milliseconds. */
static bool to_interval(struct conversion *c, const struct bytes *in, struct interval *out)
{
    for (size_t i = 0; i < c->count; i++) {
        uint32_t parts[3];
        memcpy(parts, in[i].data, sizeof parts);
        if (parts[0] > INT32_MAX || parts[1] > INT32_MAX)
            return refuse(c, i, STATUS_INTERVAL_OVERFLOW, "the interval is out of range");
        out[i] = (struct interval){(int64_t)parts[2] * 1000, (int32_t)parts[1], (int32_t)parts[0]};
    }
    return true;
}

static float float_from_half(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = h >> 10 & 31, fraction = h & 0x3ff;
    uint32_t bits;
    float f;
    if (exponent == 0) { /* zero, or fraction * 2^-24 */
        f = (float)fraction * 0x1p-24f;
        return sign != 0 ? -f : f;
    }
    if (exponent == 31)
        bits = sign | 0x7f800000 | fraction << 13;
    else
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    memcpy(&f, &bits, 4);
    return f;
}

static bool to_float(struct conversion *c, const struct bytes *in, float *out)
{
    for (size_t i = 0; i < c->count; i++) {
        uint16_t half;
        memcpy(&half, in[i].data, 2);
        out[i] = float_from_half(half);
    }
    return true;
}

static bool convert(struct conversion *c, const void *in, void *out)
{
    switch (c->leaf->conversion) {
    case PARQUET_AS_IS:
        if (c->count != 0)
            memcpy(out, in, c->count * type_size(c->leaf->type));
        return true;
    case PARQUET_TO_INT16:
        return to_int16(c, in, out);
    case PARQUET_UINT16_TO_INT32:
        return uint16_to_int32(c, in, out);
    case PARQUET_UINT32_TO_INT64:
        return uint32_to_int64(c, in, out);
    case PARQUET_UINT64_TO_NUMERIC:
        return uint64_to_numeric(c, in, out);
    case PARQUET_INT32_TO_NUMERIC:
        return int32_to_numeric(c, in, out);
    case PARQUET_INT64_TO_NUMERIC:
        return int64_to_numeric(c, in, out);
    case PARQUET_BYTES_TO_NUMERIC:
        return bytes_to_numeric(c, in, out);
    case PARQUET_BYTES_TO_WIDE_NUMERIC:
        return bytes_to_wide_numeric(c, in, out);
    case PARQUET_TIME_MS:
        return time_ms(c, in, out);
    case PARQUET_TIME_US:
        return time_us(c, in, out);
    case PARQUET_NANOSECONDS:
        return nanoseconds(c, in, out);
    case PARQUET_MILLISECONDS:
        return milliseconds(c, in, out);
    case PARQUET_INT96_TO_TIMESTAMP:
        return int96_to_timestamp(c, in, out);
    case PARQUET_BYTES:
        return to_strings(c, in, out);
    case PARQUET_UTF8:
        return to_text(c, in, out);
    case PARQUET_JSON:
        return to_json(c, in, out);
    case PARQUET_TO_UUID:
        return to_uuid(c, in, out);
    case PARQUET_TO_INTERVAL:
        return to_interval(c, in, out);
    case PARQUET_TO_FLOAT:
        return to_float(c, in, out);
    }
    assert(false && "every conversion has its case");
    return false;
}

bool parquet_convert(const struct parquet_leaf *leaf, bool truncate_nanoseconds, const void *stored, size_t count, void *out,
                     struct arena *arena, size_t *bad_index, enum status *st, const char **problem)
{
    struct conversion c = {.leaf = leaf, .truncate_nanoseconds = truncate_nanoseconds, .count = count, .arena = arena};
    bool good = convert(&c, stored, out);
    if (!good) {
        *bad_index = c.bad_index;
        *st = c.st;
        *problem = c.problem;
    }
    return good;
}
