/* function_bytea.c - encode, decode, convert_from, convert_to and md5. */
#include <stdio.h>
#include <string.h>

#include "expr/text_kernel.h"

enum encoding { ENCODING_HEX, ENCODING_BASE64, ENCODING_ESCAPE, ENCODING_UNKNOWN };

static enum encoding encoding_of(struct text name)
{
    static const char *const names[] = {"hex", "base64", "escape"};
    for (int i = 0; i < ENCODING_UNKNOWN; i++)
        if (strlen(names[i]) == name.size && strncasecmp(names[i], name.data, name.size) == 0)
            return (enum encoding)i;
    return ENCODING_UNKNOWN;
}

static const char HEX[] = "0123456789abcdef";
static const char BASE64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void put_hex(struct text t, struct buffer *out)
{
    for (size_t i = 0; i < t.size; i++) {
        buffer_put_u8(out, (uint8_t)HEX[(unsigned char)t.data[i] >> 4]);
        buffer_put_u8(out, (uint8_t)HEX[t.data[i] & 15]);
    }
}

/* Lines of 76 characters, as RFC 2045 and PostgreSQL have them. */
static void put_base64(struct text t, struct buffer *out)
{
    size_t column = 0;
    for (size_t i = 0; i < t.size; i += 3) {
        if (column == 76) {
            buffer_put_u8(out, '\n');
            column = 0;
        }
        size_t left = t.size - i < 3 ? t.size - i : 3;
        uint32_t v = 0;
        for (size_t j = 0; j < 3; j++)
            v = v << 8 | (j < left ? (unsigned char)t.data[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buffer_put_u8(out, j <= left ? (uint8_t)BASE64[v >> (18 - 6 * j) & 63] : '=');
        column += 4;
    }
}

static void put_escaped(struct text t, struct buffer *out)
{
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c == 0 || c >= 0x80)
            buffer_printf(out, "\\%03o", c);
        else if (c == '\\')
            buffer_put_text(out, "\\\\");
        else
            buffer_put_u8(out, c);
    }
}

static enum status unknown_encoding(struct text name, struct error *err)
{
    return error_set(err, STATUS_INVALID_PARAMETER, "unrecognized encoding: \"%.*s\"", (int)name.size, name.data);
}

static enum status encode(struct text t, struct text name, struct buffer *out, struct error *err)
{
    switch (encoding_of(name)) {
    case ENCODING_HEX:
        put_hex(t, out);
        return STATUS_OK;
    case ENCODING_BASE64:
        put_base64(t, out);
        return STATUS_OK;
    case ENCODING_ESCAPE:
        put_escaped(t, out);
        return STATUS_OK;
    default:
        return unknown_encoding(name, err);
    }
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static int digit_of(const char *digits, int count, char c)
{
    const char *found = c == '\0' ? NULL : memchr(digits, c, (size_t)count);
    return found == NULL ? -1 : (int)(found - digits);
}

/* The character at a place, for messages. */
#define CHARACTER_AT(t, at) (int)(character_end(t, at) - (at)), (t).data + (at)

static enum status get_hex(struct text t, struct buffer *out, struct error *err)
{
    int high = -1;
    for (size_t i = 0; i < t.size; i++) {
        if (is_blank(t.data[i]) && high < 0)
            continue;
        char c = t.data[i];
        int digit = digit_of(HEX, 16, c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c);
        if (digit < 0)
            return error_set(err, STATUS_INVALID_PARAMETER, "invalid hexadecimal digit: \"%.*s\"", CHARACTER_AT(t, i));
        if (high < 0) {
            high = digit;
        } else {
            buffer_put_u8(out, (uint8_t)(high << 4 | digit));
            high = -1;
        }
    }
    return high < 0 ? STATUS_OK : error_set(err, STATUS_INVALID_PARAMETER, "invalid hexadecimal data: odd number of digits");
}

static enum status get_base64(struct text t, struct buffer *out, struct error *err)
{
    uint32_t bits = 0;
    int count = 0, padding = 0;
    for (size_t i = 0; i < t.size; i++) {
        if (is_blank(t.data[i]))
            continue;
        int digit = t.data[i] == '=' ? 0 : digit_of(BASE64, 64, t.data[i]);
        if (digit < 0 || (padding > 0 && t.data[i] != '='))
            return error_set(err, STATUS_INVALID_PARAMETER, "invalid symbol \"%.*s\" found while decoding base64 sequence", CHARACTER_AT(t, i));
        padding += t.data[i] == '=';
        bits = bits << 6 | (uint32_t)digit;
        if (padding > 2 || (padding > 0 && count + 1 < 3))
            return error_set(err, STATUS_INVALID_PARAMETER, "unexpected \"=\" while decoding base64 sequence");
        if (++count == 4) {
            for (int j = 0; j < 3 - padding; j++)
                buffer_put_u8(out, (uint8_t)(bits >> (16 - 8 * j)));
            bits = 0;
            count = 0;
        }
    }
    return count == 0 ? STATUS_OK : error_set(err, STATUS_INVALID_PARAMETER, "invalid base64 end sequence");
}

static bool is_octal(struct text t, size_t at, int limit)
{
    return at < t.size && t.data[at] >= '0' && t.data[at] <= '0' + limit;
}

static enum status get_escaped(struct text t, struct buffer *out)
{
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] != '\\') {
            buffer_put_u8(out, (uint8_t)t.data[i]);
        } else if (i + 1 < t.size && t.data[i + 1] == '\\') {
            buffer_put_u8(out, '\\');
            i++;
        } else if (is_octal(t, i + 1, 3) && is_octal(t, i + 2, 7) && is_octal(t, i + 3, 7)) {
            buffer_put_u8(out, (uint8_t)((t.data[i + 1] - '0') << 6 | (t.data[i + 2] - '0') << 3 | (t.data[i + 3] - '0')));
            i += 3;
        } else {
            return STATUS_INVALID_TEXT;
        }
    }
    return STATUS_OK;
}

static enum status decode(struct text t, struct text name, struct buffer *out, struct error *err)
{
    switch (encoding_of(name)) {
    case ENCODING_HEX:
        return get_hex(t, out, err);
    case ENCODING_BASE64:
        return get_base64(t, out, err);
    case ENCODING_ESCAPE:
        return get_escaped(t, out);
    default:
        return unknown_encoding(name, err);
    }
}

static void code(KERNEL_PARAMETERS, enum status (*convert)(struct text, struct text, struct buffer *, struct error *))
{
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    struct buffer bytes = {0};
    FOR_EACH_ROW (in, row) {
        buffer_reset(&bytes);
        enum status st = convert(ARGUMENT_TEXT(0, row), ARGUMENT_TEXT(1, row), &bytes, evaluation->error);
        VECTOR_STRING(out)[row] = string_copy(bytes.data, bytes.size, evaluation->arena);
        if (st != STATUS_OK)
            row_error(out, row, st, in, evaluation->arena);
    }
    buffer_clear(&bytes);
}

void bytea_encode(KERNEL_PARAMETERS)
{
    code(call, arguments, in, evaluation, out, encode);
}

void bytea_decode(KERNEL_PARAMETERS)
{
    code(call, arguments, in, evaluation, out, decode);
}

/* ---- text and its bytes: everything is UTF-8 ---- */

static bool is_utf8_name(struct text name)
{
    return (name.size == 4 && strncasecmp(name.data, "utf8", 4) == 0) || (name.size == 5 && strncasecmp(name.data, "utf-8", 5) == 0);
}

/* Other encodings of PostgreSQL begin with one of these. */
static bool is_other_encoding(struct text name)
{
    static const char *const begins[] = {"latin", "iso", "win", "sql_ascii", "euc", "koi8", "sjis", "shift", "big5", "gb", "uhc", "johab", "mule"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (name.size >= strlen(begins[i]) && strncasecmp(name.data, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static enum status check_encoding(struct text name, const char *which, struct error *err)
{
    if (is_utf8_name(name))
        return STATUS_OK;
    if (is_other_encoding(name))
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "encoding \"%.*s\" is not supported", (int)name.size, name.data);
    return error_set(err, STATUS_INVALID_PARAMETER, "invalid %s encoding name \"%.*s\"", which, (int)name.size, name.data);
}

/* Names the bytes of the sequence that begins at a place, as many as its first byte asks for. */
static enum status invalid_utf8(struct text t, size_t at, struct error *err)
{
    unsigned char first = (unsigned char)t.data[at];
    size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    if (first >= 0xF8)
        size = 1;
    char bytes[32];
    int length = 0;
    for (size_t i = 0; i < size && at + i < t.size; i++)
        length += snprintf(bytes + length, sizeof bytes - (size_t)length, "%s0x%02x", i == 0 ? "" : " ", (unsigned char)t.data[at + i]);
    return error_set(err, STATUS_INVALID_ENCODING, "invalid byte sequence for encoding \"UTF8\": %s", bytes);
}

static enum status from_utf8(struct text t, struct text name, struct buffer *out, struct error *err)
{
    TRY(check_encoding(name, "source", err));
    size_t valid = utf8_validate(t.data, t.size);
    if (valid != t.size)
        return invalid_utf8(t, valid, err);
    buffer_put(out, t.data, t.size);
    return STATUS_OK;
}

static enum status to_utf8(struct text t, struct text name, struct buffer *out, struct error *err)
{
    TRY(check_encoding(name, "destination", err));
    buffer_put(out, t.data, t.size);
    return STATUS_OK;
}

void bytea_convert_from(KERNEL_PARAMETERS)
{
    code(call, arguments, in, evaluation, out, from_utf8);
}

void bytea_convert_to(KERNEL_PARAMETERS)
{
    code(call, arguments, in, evaluation, out, to_utf8);
}

/* ---- MD5 (RFC 1321) ---- */

static const uint32_t MD5_SINES[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8, 0x8b44f7af,
    0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa,
    0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8,
    0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97,
    0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1,
    0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

static void md5_block(uint32_t state[4], const uint8_t block[64])
{
    static const int shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t words[16];
    memcpy(words, block, sizeof words);
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    for (unsigned i = 0; i < 64; i++) {
        uint32_t f;
        unsigned g;
        switch (i / 16) {
        case 0:
            f = (b & c) | (~b & d);
            g = i;
            break;
        case 1:
            f = (d & b) | (~d & c);
            g = (5 * i + 1) % 16;
            break;
        case 2:
            f = b ^ c ^ d;
            g = (3 * i + 5) % 16;
            break;
        default:
            f = c ^ (b | ~d);
            g = 7 * i % 16;
            break;
        }
        uint32_t sum = a + f + MD5_SINES[i] + words[g];
        int shift = shifts[i / 16][i % 4];
        a = d;
        d = c;
        c = b;
        b += sum << shift | sum >> (32 - shift);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

static void md5(struct text t, uint8_t digest[16])
{
    uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    size_t whole = t.size / 64 * 64;
    for (size_t i = 0; i < whole; i += 64)
        md5_block(state, (const uint8_t *)t.data + i);
    uint8_t last[128] = {0};
    size_t rest = t.size - whole;
    memcpy(last, t.data + whole, rest);
    last[rest] = 0x80;
    size_t padded = rest < 56 ? 64 : 128;
    uint64_t bits = (uint64_t)t.size * 8;
    memcpy(last + padded - 8, &bits, 8);
    md5_block(state, last);
    if (padded == 128)
        md5_block(state, last + 64);
    memcpy(digest, state, 16);
}

TEXT_KERNEL(text_md5, {
    uint8_t digest[16];
    char digits[32];
    md5(ARGUMENT_TEXT(0, row), digest);
    for (size_t i = 0; i < 16; i++) {
        digits[2 * i] = HEX[digest[i] >> 4];
        digits[2 * i + 1] = HEX[digest[i] & 15];
    }
    result = string_copy(digits, sizeof digits, arena);
})
