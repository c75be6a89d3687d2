/* text_bytes.c - text, bytea and uuid. */
#include "data/text_bytes.h"

#include "data/number_parse.h"
#include "data/text.h"

static struct string own(const char *data, size_t size, struct arena *arena)
{
    if (size <= STRING_INLINE_SIZE)
        return string_make(data, size);
    return string_make(arena_copy_bytes(arena, (struct bytes){(const uint8_t *)data, size}), size);
}

/* PostgreSQL names the whole sequence. */
enum status text_encoding_error(const char *text, size_t size, size_t position, struct error *err)
{
    /* the bytes that the first one announces, as far as they are there */
    uint8_t first = (uint8_t)text[position];
    size_t announced = first >= 0xf0 && first <= 0xf7 ? 4 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xc0 && first < 0xe0 ? 2 : 1;
    char list[32] = "";
    size_t used = 0;
    for (size_t i = 0; i < announced && position + i < size; i++) {
        static const char HEX[] = "0123456789abcdef";
        uint8_t c = (uint8_t)text[position + i];
        const char item[] = {' ', '0', 'x', HEX[c >> 4], HEX[c & 15]};
        size_t skip = i == 0;
        memcpy(list + used, item + skip, sizeof item - skip);
        used += sizeof item - skip;
    }
    return error_set(err, STATUS_INVALID_ENCODING, "invalid byte sequence for encoding \"UTF8\": %s", list);
}

/* Where character number `count` begins, or size. */
static size_t character_position(const char *text, size_t size, size_t count)
{
    size_t at = 0;
    for (; at < size; at++)
        if (((uint8_t)text[at] & 0xc0) != 0x80 && count-- == 0)
            break;
    return at;
}

/* Cuts blanks beyond the limit. */
static enum status fit_length(struct type type, const char *text, size_t *size, struct error *err)
{
    size_t keep = character_position(text, *size, (size_t)type.length);
    for (size_t i = keep; i < *size; i++) {
        if (text[i] == ' ')
            continue;
        char name[TYPE_NAME_SIZE];
        return error_set(err, STATUS_STRING_TOO_LONG, "value too long for type %s", type_name(type, name, sizeof name));
    }
    *size = keep;
    return STATUS_OK;
}

enum status characters_parse(struct type type, const char *text, size_t size, struct arena *arena, struct string *out,
                             struct error *err)
{
    size_t valid = utf8_validate(text, size);
    if (valid != size)
        return text_encoding_error(text, size, valid, err);
    if (size > UINT32_MAX / 4)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a text of %zu bytes is too long", size);
    if (type.length <= 0 || type.id == TYPE_TEXT) {
        *out = own(text, size, arena);
        return STATUS_OK;
    }
    size_t limit = (size_t)type.length, length = utf8_length(text, size);
    if (length > limit) {
        TRY(fit_length(type, text, &size, err));
        length = limit;
    }
    if (type.id != TYPE_CHAR || length == limit) {
        *out = own(text, size, arena);
        return STATUS_OK;
    }
    size_t padded = size + (limit - length);
    char *copy = arena_alloc(arena, padded);
    if (size != 0)
        memcpy(copy, text, size);
    memset(copy + size, ' ', padded - size);
    *out = string_make(copy, padded);
    return STATUS_OK;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum status parse_hex(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err)
{
    char *data = arena_alloc(arena, size / 2 + 1);
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        if (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r') {
            at++;
            continue;
        }
        int high = hex_digit(text[at]), low = at + 1 < size ? hex_digit(text[at + 1]) : 0;
        if (high < 0 || low < 0) {
            const char *wrong = text + at + (high >= 0);
            size_t left = size - at - (high >= 0), step = 1; /* the whole character */
            while (step < left && step < 4 && ((uint8_t)wrong[step] & 0xc0) == 0x80)
                step++;
            return error_set(err, STATUS_INVALID_PARAMETER, "invalid hexadecimal digit: \"%.*s\"", (int)step, wrong);
        }
        if (at + 1 >= size)
            return error_set(err, STATUS_INVALID_PARAMETER, "invalid hexadecimal data: odd number of digits");
        data[used++] = (char)(high << 4 | low);
        at += 2;
    }
    *out = string_make(data, used);
    return STATUS_OK;
}

static bool is_octal_escape(const char *text, size_t left)
{
    return left >= 4 && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' && text[3] >= '0' && text[3] <= '7';
}

static enum status parse_escaped(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err)
{
    char *data = arena_alloc(arena, size + 1);
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        if (text[at] != '\\') {
            data[used++] = text[at++];
        } else if (is_octal_escape(text + at, size - at)) {
            data[used++] = (char)((text[at + 1] - '0') << 6 | (text[at + 2] - '0') << 3 | (text[at + 3] - '0'));
            at += 4;
        } else if (size - at >= 2 && text[at + 1] == '\\') {
            data[used++] = '\\';
            at += 2;
        } else {
            return error_set(err, STATUS_INVALID_TEXT, "invalid input syntax for type bytea");
        }
    }
    *out = string_make(data, used);
    return STATUS_OK;
}

enum status bytea_parse(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err)
{
    if (size > UINT32_MAX / 4)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a bytea of %zu bytes is too long", size);
    if (size >= 2 && text[0] == '\\' && text[1] == 'x')
        return parse_hex(text + 2, size - 2, arena, out, err);
    return parse_escaped(text, size, arena, out, err);
}

static void put_hex(const uint8_t *data, size_t size, struct buffer *out)
{
    static const char HEX[] = "0123456789abcdef";
    uint8_t *to = buffer_reserve(out, size * 2);
    for (size_t i = 0; i < size; i++) {
        to[2 * i] = (uint8_t)HEX[data[i] >> 4];
        to[2 * i + 1] = (uint8_t)HEX[data[i] & 15];
    }
    buffer_advance(out, size * 2);
}

void bytea_format(struct bytes v, struct buffer *out)
{
    buffer_put(out, "\\x", 2);
    put_hex(v.data, v.size, out);
}

enum status uuid_parse(const char *text, size_t size, uint8_t out[16], struct error *err)
{
    bool braces = size > 0 && text[0] == '{';
    size_t at = braces;
    for (size_t i = 0; i < 16; i++) {
        int high = at < size ? hex_digit(text[at]) : -1, low = at + 1 < size ? hex_digit(text[at + 1]) : -1;
        if (high < 0 || low < 0)
            return text_syntax_error("uuid", text, size, err);
        out[i] = (uint8_t)(high << 4 | low);
        at += 2;
        if (i % 2 == 1 && i < 15 && at < size && text[at] == '-')
            at++;
    }
    if (braces && (at >= size || text[at++] != '}'))
        return text_syntax_error("uuid", text, size, err);
    return at == size ? STATUS_OK : text_syntax_error("uuid", text, size, err);
}

void uuid_format(const uint8_t v[16], struct buffer *out)
{
    static const uint8_t ENDS[] = {4, 6, 8, 10, 16};
    for (size_t group = 0, at = 0; group < 5; group++) {
        if (group > 0)
            buffer_put_u8(out, '-');
        put_hex(v + at, ENDS[group] - at, out);
        at = ENDS[group];
    }
}
