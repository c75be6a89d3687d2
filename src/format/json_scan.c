/* json_scan.c - strings, numbers and whole values. Skipping keeps one bit per open container, so depth costs no stack. */
#include "format/json_scan.h"

const char *json_fail(struct json_scan *s, const char *at, enum status st, const char *reason)
{
    s->failed_at = at;
    s->status = st;
    s->reason = reason;
    return NULL;
}

enum status json_scan_error(const struct json_scan *s, struct error *err)
{
    size_t position = (size_t)(s->failed_at - s->begin) + 1;
    if (s->failed_at >= s->end)
        return error_set(err, s->status, "invalid JSON: %s at byte %zu, where the text ends", s->reason, position);
    unsigned char c = (unsigned char)*s->failed_at;
    if (c > 0x20 && c < 0x7f)
        return error_set(err, s->status, "invalid JSON: %s at byte %zu, found \"%c\"", s->reason, position, c);
    return error_set(err, s->status, "invalid JSON: %s at byte %zu, found 0x%02x", s->reason, position, c);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Four hexadecimal digits at p, or -1. */
static int32_t hex_quad(const char *p)
{
    int32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

static bool is_high_surrogate(int32_t c) { return c >= 0xd800 && c < 0xdc00; }
static bool is_low_surrogate(int32_t c) { return c >= 0xdc00 && c < 0xe000; }

/* p is at the u of \uXXXX. */
static const char *scan_unicode_escape(struct json_scan *s, const char *p)
{
    for (int i = 1; i <= 4; i++) {
        if (s->end - p <= i)
            return json_fail(s, s->end, STATUS_INVALID_TEXT, "an escape is cut off");
        if (hex_digit(p[i]) < 0)
            return json_fail(s, p + i, STATUS_INVALID_TEXT, "\"\\u\" must be followed by four hexadecimal digits");
    }
    int32_t c = hex_quad(p + 1);
    if (is_low_surrogate(c))
        return json_fail(s, p, STATUS_INVALID_TEXT, "a low surrogate must follow a high surrogate");
    p += 5;
    if (!is_high_surrogate(c))
        return p;
    if (s->end - p < 6) {
        bool may_go_on = (s->end - p < 1 || p[0] == '\\') && (s->end - p < 2 || p[1] == 'u');
        return json_fail(s, may_go_on ? s->end : p, STATUS_INVALID_TEXT, "a low surrogate must follow a high surrogate");
    }
    if (p[0] != '\\' || p[1] != 'u' || !is_low_surrogate(hex_quad(p + 2)))
        return json_fail(s, p, STATUS_INVALID_TEXT, "a low surrogate must follow a high surrogate");
    return p + 6;
}

/* p is at a backslash. */
static const char *scan_escape(struct json_scan *s, const char *p)
{
    p++;
    if (p >= s->end)
        return json_fail(s, s->end, STATUS_INVALID_TEXT, "an escape is cut off");
    switch (*p) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return p + 1;
    case 'u':
        return scan_unicode_escape(s, p);
    default:
        return json_fail(s, p, STATUS_INVALID_TEXT, "invalid escape sequence");
    }
}

const char *json_scan_string(struct json_scan *s, const char *p, struct json_text *out)
{
    bool has_high = false;
    out->data = p;
    out->has_escape = false;
    for (;;) {
        p = scan_json_string(p, s->end, &has_high);
        if (p == s->end)
            return json_fail(s, p, STATUS_INVALID_TEXT, "a string is not closed");
        if (*p == '"')
            break;
        if (*p != '\\')
            return json_fail(s, p, STATUS_INVALID_TEXT, "a control character in a string must be escaped");
        out->has_escape = true;
        if ((p = scan_escape(s, p)) == NULL)
            return NULL;
    }
    out->size = (size_t)(p - out->data);
    if (has_high) {
        size_t bad = utf8_validate(out->data, out->size);
        if (bad < out->size)
            return json_fail(s, out->data + bad, STATUS_INVALID_ENCODING, "invalid UTF-8");
    }
    return p + 1;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (c & 0x3f));
    return to;
}

/* p is at the u; the escape and its pair are known to be right. */
static const char *unescape_unicode(const char *p, char **to, bool *has_nul)
{
    uint32_t c = (uint32_t)hex_quad(p + 1);
    p += 5;
    if (is_high_surrogate((int32_t)c)) {
        c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)hex_quad(p + 2) - 0xdc00);
        p += 6;
    }
    *has_nul |= c == 0;
    *to = put_utf8(*to, c);
    return p;
}

size_t json_unescape(const struct json_text *text, char *out, bool *has_nul)
{
    const char *p = text->data, *end = p + text->size;
    char *to = out;
    *has_nul = false;
    while (p < end) {
        const char *escape = memchr(p, '\\', (size_t)(end - p));
        size_t plain = (size_t)((escape == NULL ? end : escape) - p);
        memcpy(to, p, plain);
        to += plain;
        p += plain;
        if (escape == NULL)
            break;
        p++;
        switch (*p) {
        case 'u': p = unescape_unicode(p, &to, has_nul); continue;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        default: *to++ = *p; break;
        }
        p++;
    }
    return (size_t)(to - out);
}

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* p is behind the e. */
static const char *scan_exponent(struct json_scan *s, const char *p)
{
    if (p < s->end && (*p == '+' || *p == '-'))
        p++;
    if (p == s->end || !is_digit(*p))
        return json_fail(s, p, STATUS_INVALID_TEXT, "expected a digit");
    while (p < s->end && is_digit(*p))
        p++;
    return p;
}

const char *json_scan_number(struct json_scan *s, const char *p, struct json_number *out)
{
    const char *end = s->end, *begin = p;
    uint64_t digits = 0;
    out->decimal.negative = *p == '-';
    p += *p == '-';
    if (p == end || !is_digit(*p))
        return json_fail(s, p, STATUS_INVALID_TEXT, "expected a digit");
    const char *first = p;
    for (; p < end && is_digit(*p); p++)
        digits = digits * 10 + (unsigned char)(*p - '0'); /* may wrap: then it is not plain */
    if (*first == '0' && p - first > 1)
        return json_fail(s, first + 1, STATUS_INVALID_TEXT, "a number must not begin with a zero");
    ptrdiff_t length = p - first, fraction = 0;
    if (p < end && *p == '.') {
        const char *point = p++;
        for (; p < end && is_digit(*p); p++)
            digits = digits * 10 + (unsigned char)(*p - '0');
        fraction = p - point - 1;
        if (fraction == 0)
            return json_fail(s, p, STATUS_INVALID_TEXT, "expected a digit");
    }
    out->is_plain = length + fraction <= 18;
    out->decimal.digits = digits;
    out->decimal.digit_count = (uint32_t)(length + fraction) - (*first == '0');
    out->decimal.fraction_count = (uint32_t)fraction;
    if (p < end && (*p | 0x20) == 'e') {
        out->is_plain = false;
        if ((p = scan_exponent(s, p + 1)) == NULL)
            return NULL;
    }
    out->data = begin;
    out->size = (size_t)(p - begin);
    return p;
}

static const char *skip_literal(struct json_scan *s, const char *p)
{
    const char *word = *p == 't' ? "true" : *p == 'f' ? "false" : *p == 'n' ? "null" : NULL;
    if (word == NULL)
        return json_fail(s, p, STATUS_INVALID_TEXT, "expected a value");
    for (const char *at = p; *word != '\0'; word++, at++, p++)
        if (at == s->end || *at != *word)
            return json_fail(s, at, STATUS_INVALID_TEXT, "expected true, false or null");
    return p;
}

static const char *skip_scalar(struct json_scan *s, const char *p)
{
    struct json_text text;
    struct json_number number;
    if (*p == '"')
        return json_scan_string(s, p + 1, &text);
    if (*p == '-' || is_digit(*p))
        return json_scan_number(s, p, &number);
    return skip_literal(s, p);
}

/* A field's name and its colon; returns where the value begins. */
static const char *skip_name(struct json_scan *s, const char *p)
{
    struct json_text name;
    p = json_skip_space(p, s->end);
    if (p == s->end || *p != '"')
        return json_fail(s, p, STATUS_INVALID_TEXT, "expected a field name");
    if ((p = json_scan_string(s, p + 1, &name)) == NULL)
        return NULL;
    p = json_skip_space(p, s->end);
    if (p == s->end || *p != ':')
        return json_fail(s, p, STATUS_INVALID_TEXT, "expected \":\"");
    return p + 1;
}

/* The open containers: bit i tells whether the i-th is an object. */
struct nesting {
    unsigned depth, outer;
    uint64_t is_object[(JSON_DEPTH_MAX + 63) / 64];
};

static bool nesting_inner_is_object(const struct nesting *n)
{
    return n->is_object[(n->depth - 1) >> 6] >> ((n->depth - 1) & 63) & 1;
}

static bool nesting_push(struct nesting *n, bool is_object)
{
    if (n->outer + n->depth >= JSON_DEPTH_MAX)
        return false;
    uint64_t bit = UINT64_C(1) << (n->depth & 63), *word = &n->is_object[n->depth >> 6];
    *word = is_object ? *word | bit : *word & ~bit;
    n->depth++;
    return true;
}

/* Behind a value: closes what ends here and stops at the next value, or at the end with depth 0. */
static const char *skip_to_next(struct json_scan *s, const char *p, struct nesting *n)
{
    while (n->depth > 0) {
        bool is_object = nesting_inner_is_object(n);
        p = json_skip_space(p, s->end);
        if (p < s->end && *p == ',')
            return is_object ? skip_name(s, p + 1) : p + 1;
        if (p == s->end || *p != (is_object ? '}' : ']'))
            return json_fail(s, p, STATUS_INVALID_TEXT, is_object ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"");
        p++;
        n->depth--;
    }
    return p;
}

const char *json_skip_value(struct json_scan *s, const char *p, unsigned depth)
{
    struct nesting n;
    n.depth = 0;
    n.outer = depth;
    for (;;) {
        p = json_skip_space(p, s->end);
        if (p == s->end)
            return json_fail(s, p, STATUS_INVALID_TEXT, "expected a value");
        if (*p != '{' && *p != '[') {
            p = skip_scalar(s, p);
        } else {
            bool is_object = *p == '{';
            if (!nesting_push(&n, is_object))
                return json_fail(s, p, STATUS_LIMIT_EXCEEDED, "nested more than 1000 deep");
            p = json_skip_space(p + 1, s->end);
            bool is_empty = p < s->end && *p == (is_object ? '}' : ']');
            if (!is_empty) {
                if (is_object && (p = skip_name(s, p)) == NULL)
                    return NULL;
                continue;
            }
            n.depth--;
            p++;
        }
        if (p == NULL || (p = skip_to_next(s, p, &n)) == NULL)
            return NULL;
        if (n.depth == 0)
            return p;
    }
}
