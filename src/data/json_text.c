/* json_text.c - the JSON reader (RFC 8259), with PostgreSQL's messages. */
#include "data/json_text.h"

#include "data/number_parse.h"
#include "data/text.h"

enum { DEPTH_MAX = 2000 };

struct parser {
    const char *at, *end;
    struct arena *arena;
    struct error *err;
    int depth;
};

static void skip_blanks(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r'))
        p->at++;
}

static enum status refuse(struct parser *p)
{
    return error_set(p->err, STATUS_INVALID_TEXT, "invalid input syntax for type json");
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

/* The token at p->at is wrong: it ended, is no token at all, or is another than expected. */
static enum status unexpected(struct parser *p, const char *expected)
{
    enum status st = refuse(p);
    const char *stop = p->at;
    if (p->err == NULL)
        return st;
    if (p->at >= p->end) {
        error_detail(p->err, "The input string ended unexpectedly.");
        return st;
    }
    bool is_string = *stop == '"', is_number = *stop == '-' || (*stop >= '0' && *stop <= '9');
    if (is_string) {
        for (stop++; stop < p->end && *stop != '"'; stop++)
            if (*stop == '\\' && stop + 1 < p->end)
                stop++;
        stop += stop < p->end;
    } else if (is_number || is_word(*stop)) {
        while (stop < p->end && (is_word(*stop) || (is_number && (*stop == '-' || *stop == '+' || *stop == '.'))))
            stop++;
    } else {
        stop++;
    }
    int size = (int)(stop - p->at > 200 ? 200 : stop - p->at);
    bool is_token = is_string || is_number || memchr("{}[],:", *p->at, 6) != NULL || (size == 4 && memcmp(p->at, "true", 4) == 0) ||
                    (size == 4 && memcmp(p->at, "null", 4) == 0) || (size == 5 && memcmp(p->at, "false", 5) == 0);
    if (is_token && expected != NULL)
        error_detail(p->err, "Expected %s, but found \"%.*s\".", expected, size, p->at);
    else
        error_detail(p->err, "Token \"%.*s\" is invalid.", size, p->at);
    return st;
}

static int hex_value(const char *at, const char *end)
{
    int v = 0;
    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return -1;
        v = v << 4 | digit;
    }
    return v;
}

static size_t put_character(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xc0 | c >> 6);
        to[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 0x3f));
        to[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 0x3f));
    to[2] = (char)(0x80 | (c >> 6 & 0x3f));
    to[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

static enum status refuse_with(struct parser *p, const char *detail)
{
    enum status st = refuse(p);
    if (p->err != NULL)
        error_detail(p->err, "%s", detail);
    return st;
}

/* Behind "\u". Surrogates are joined; in plain checking they may stand alone, as PostgreSQL's json lets them. */
static enum status read_unicode(struct parser *p, char *to, size_t *used)
{
    int c = hex_value(p->at, p->end);
    if (c < 0)
        return refuse_with(p, "\"\\u\" must be followed by four hexadecimal digits.");
    p->at += 4;
    if (to == NULL)
        return STATUS_OK;
    uint32_t character = (uint32_t)c;
    if (c == 0) {
        enum status st = error_set(p->err, STATUS_UNTRANSLATABLE, "unsupported Unicode escape sequence");
        if (p->err != NULL)
            error_detail(p->err, "\\u0000 cannot be converted to text.");
        return st;
    }
    if (c >= 0xdc00 && c <= 0xdfff)
        return refuse_with(p, "Unicode low surrogate must follow a high surrogate.");
    if (c >= 0xd800 && c <= 0xdbff) {
        int low = p->end - p->at >= 6 && p->at[0] == '\\' && p->at[1] == 'u' ? hex_value(p->at + 2, p->end) : -1;
        if (low >= 0xd800 && low <= 0xdbff)
            return refuse_with(p, "Unicode high surrogate must not follow a high surrogate.");
        if (low < 0xdc00 || low > 0xdfff)
            return refuse_with(p, "Unicode low surrogate must follow a high surrogate.");
        p->at += 6;
        character = 0x10000 + ((uint32_t)(c - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
    }
    *used += put_character(to + *used, character);
    return STATUS_OK;
}

static enum status read_escape(struct parser *p, char *to, size_t *used)
{
    static const char LETTERS[] = "\"\\/bfnrt", VALUES[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->end)
        return unexpected(p, NULL);
    char letter = *p->at++;
    if (letter == 'u')
        return read_unicode(p, to, used);
    const char *found = letter != '\0' ? strchr(LETTERS, letter) : NULL;
    if (found == NULL) {
        enum status st = refuse(p);
        if (p->err != NULL)
            error_detail(p->err, "Escape sequence \"\\%c\" is invalid.", letter);
        return st;
    }
    if (to != NULL)
        to[(*used)++] = VALUES[found - LETTERS];
    return STATUS_OK;
}

/* At the opening quote. */
static enum status read_string(struct parser *p, struct bytes *out)
{
    const char *closing = ++p->at;
    while (closing < p->end && *closing != '"')
        closing += *closing == '\\' && closing + 1 < p->end ? 2 : 1;
    char *to = p->arena != NULL ? arena_alloc(p->arena, (size_t)(closing - p->at) + 8) : NULL;
    size_t used = 0;
    while (p->at < p->end && *p->at != '"') {
        uint8_t c = (uint8_t)*p->at++;
        if (c == '\\') {
            TRY(read_escape(p, to, &used));
        } else if (c < 0x20) {
            enum status st = refuse(p);
            if (p->err != NULL)
                error_detail(p->err, "Character with value 0x%02x must be escaped.", c);
            return st;
        } else if (to != NULL) {
            to[used++] = (char)c;
        }
    }
    if (p->at == p->end)
        return unexpected(p, NULL);
    p->at++;
    *out = (struct bytes){(const uint8_t *)to, used};
    return STATUS_OK;
}

static const char *skip_digits(const char *at, const char *end)
{
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at;
}

/* Where the number at `at` ends, NULL if it is none. */
static const char *number_end(const char *at, const char *end)
{
    at += at < end && *at == '-';
    const char *digits = at;
    at = skip_digits(at, end);
    if (at == digits || (*digits == '0' && at - digits > 1))
        return NULL;
    if (at < end && *at == '.') {
        digits = ++at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        at++;
        at += at < end && (*at == '+' || *at == '-');
        digits = at;
        at = skip_digits(at, end);
        if (at == digits)
            return NULL;
    }
    return at < end && is_word(*at) ? NULL : at;
}

static enum status read_number(struct parser *p, struct json_value *out)
{
    const char *end = number_end(p->at, p->end);
    if (end == NULL)
        return unexpected(p, NULL);
    out->kind = JSON_NUMBER;
    out->text = (struct bytes){(const uint8_t *)p->at, (size_t)(end - p->at)};
    p->at = end;
    return STATUS_OK;
}

static enum status read_word(struct parser *p, struct json_value *out)
{
    static const struct {
        const char *word;
        enum json_kind kind;
    } WORDS[] = {{"true", JSON_TRUE}, {"false", JSON_FALSE}, {"null", JSON_NULL}};
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(WORDS[i].word);
        if ((size_t)(p->end - p->at) < size || memcmp(p->at, WORDS[i].word, size) != 0 ||
            (p->at + size < p->end && is_word(p->at[size])))
            continue;
        out->kind = WORDS[i].kind;
        p->at += size;
        return STATUS_OK;
    }
    return unexpected(p, "JSON value");
}

static enum status read_value(struct parser *p, struct json_value *out);

/* Room for one more member, doubling. */
static struct json_member *add_member(struct parser *p, struct json_value *v)
{
    if ((v->count & (v->count - 1)) == 0) {
        size_t capacity = v->count == 0 ? 1 : v->count * 2;
        struct json_member *grown = ARENA_ARRAY(p->arena, struct json_member, capacity);
        if (v->count != 0)
            memcpy(grown, v->members, v->count * sizeof *grown);
        v->members = grown;
    }
    return &v->members[v->count++];
}

static enum status read_name(struct parser *p, bool is_first, struct bytes *name)
{
    if (p->at == p->end || *p->at != '"')
        return unexpected(p, is_first ? "string or \"}\"" : "string");
    TRY(read_string(p, name));
    skip_blanks(p);
    if (p->at == p->end || *p->at != ':')
        return unexpected(p, "\":\"");
    p->at++;
    return STATUS_OK;
}

/* At the bracket. */
static enum status read_members(struct parser *p, bool is_object, struct json_value *out)
{
    char closing = is_object ? '}' : ']';
    *out = (struct json_value){.kind = is_object ? JSON_OBJECT : JSON_ARRAY};
    p->at++;
    if (++p->depth > DEPTH_MAX)
        return error_set(p->err, STATUS_TOO_COMPLEX, "JSON is nested deeper than %d levels", DEPTH_MAX);
    skip_blanks(p);
    bool is_first = true;
    if (p->at < p->end && *p->at == closing) {
        p->at++;
        p->depth--;
        return STATUS_OK;
    }
    for (;; is_first = false) {
        struct json_member member = {0};
        skip_blanks(p);
        if (is_object)
            TRY(read_name(p, is_first, &member.name));
        TRY(read_value(p, &member.value));
        if (p->arena != NULL)
            *add_member(p, out) = member;
        skip_blanks(p);
        if (p->at < p->end && *p->at == closing)
            break;
        if (p->at == p->end || *p->at != ',')
            return unexpected(p, is_object ? "\",\" or \"}\"" : "\",\" or \"]\"");
        p->at++;
    }
    p->at++;
    p->depth--;
    return STATUS_OK;
}

static enum status read_value(struct parser *p, struct json_value *out)
{
    skip_blanks(p);
    char c = p->at < p->end ? *p->at : '\0';
    if (c == '{' || c == '[')
        return read_members(p, c == '{', out);
    *out = (struct json_value){0};
    if (c == '"') {
        out->kind = JSON_STRING;
        return read_string(p, &out->text);
    }
    return c == '-' || (c >= '0' && c <= '9') ? read_number(p, out) : read_word(p, out);
}

enum status json_text_parse(const char *text, size_t size, struct arena *arena, struct json_value *out, struct error *err)
{
    size_t valid = utf8_validate(text, size);
    if (valid != size)
        return text_encoding_error(text, size, valid, err);
    struct parser p = {text, text + size, arena, err, 0};
    TRY(read_value(&p, out));
    skip_blanks(&p);
    return p.at == p.end ? STATUS_OK : unexpected(&p, "end of input");
}

enum status json_validate(const char *text, size_t size, struct error *err)
{
    struct json_value ignored;
    return json_text_parse(text, size, NULL, &ignored, err);
}
