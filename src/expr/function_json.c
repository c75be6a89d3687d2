/* function_json.c - looking into JSON texts in place.
 *
 * A json value has been checked when it came in (data/), so the walk only finds ends; it stays within the text whatever it holds.
 */
#include <string.h>

#include "data/text.h"
#include "expr/text_kernel.h"

/* A part of a JSON text; data NULL: there is none. */
static const struct text ABSENT = {NULL, 0};

static size_t skip_blanks(struct text t, size_t at)
{
    while (at < t.size && (t.data[at] == ' ' || t.data[at] == '\n' || t.data[at] == '\t' || t.data[at] == '\r'))
        at++;
    return at;
}

static size_t string_end(struct text t, size_t at)
{
    for (at++; at < t.size && t.data[at] != '"'; at++)
        at += t.data[at] == '\\';
    return at < t.size ? at + 1 : t.size;
}

/* Where the value that begins at `at` ends: containers by counting brackets outside strings. */
static size_t value_end(struct text t, size_t at)
{
    size_t depth = 0;
    while (at < t.size) {
        char c = t.data[at];
        if (c == '"') {
            at = string_end(t, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth <= 1)
                return depth == 0 ? at : at + 1;
            depth--;
            at++;
            continue;
        } else if (depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r')) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0)
            return at;
    }
    return t.size;
}

static struct text part(struct text t, size_t from, size_t to)
{
    return (struct text){t.data + from, to - from};
}

static int hex4(struct text t, size_t at)
{
    int v = 0;
    for (size_t i = 0; i < 4; i++) {
        char c = at + i < t.size ? t.data[at + i] : '0';
        v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v & 0xFFFF;
}

static void put_code_point(uint32_t c, struct buffer *out)
{
    if (c < 0x80) {
        buffer_put_u8(out, (uint8_t)c);
    } else if (c < 0x800) {
        buffer_put_u8(out, (uint8_t)(0xC0 | c >> 6));
        buffer_put_u8(out, (uint8_t)(0x80 | (c & 0x3F)));
    } else {
        if (c < 0x10000) {
            buffer_put_u8(out, (uint8_t)(0xE0 | c >> 12));
        } else {
            buffer_put_u8(out, (uint8_t)(0xF0 | c >> 18));
            buffer_put_u8(out, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        }
        buffer_put_u8(out, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
        buffer_put_u8(out, (uint8_t)(0x80 | (c & 0x3F)));
    }
}

/* The escape behind a backslash at `at`; returns where the next character is. */
static size_t put_escape(struct text t, size_t at, struct buffer *out)
{
    static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
    char c = at + 1 < t.size ? t.data[at + 1] : '\\';
    if (c != 'u') {
        const char *found = memchr(from, c, sizeof from - 1);
        buffer_put_u8(out, (uint8_t)(found != NULL ? to[found - from] : c));
        return at + 2;
    }
    uint32_t code = (uint32_t)hex4(t, at + 2);
    at += 6;
    if (code >= 0xD800 && code < 0xDC00 && at + 1 < t.size && t.data[at] == '\\' && t.data[at + 1] == 'u') {
        code = 0x10000 + ((code - 0xD800) << 10) + ((uint32_t)hex4(t, at + 2) - 0xDC00);
        at += 6;
    }
    put_code_point(code, out);
    return at;
}

/* The characters of a quoted string. */
static void put_string(struct text quoted, struct buffer *out)
{
    struct text t = part(quoted, 1, quoted.size > 1 ? quoted.size - 1 : 1);
    for (size_t at = 0; at < t.size;) {
        if (t.data[at] == '\\') {
            at = put_escape(t, at, out);
        } else {
            buffer_put_u8(out, (uint8_t)t.data[at]);
            at++;
        }
    }
}

static bool string_is(struct text quoted, struct text name)
{
    if (memchr(quoted.data, '\\', quoted.size) == NULL)
        return quoted.size == name.size + 2 && memcmp(quoted.data + 1, name.data, name.size) == 0;
    struct buffer decoded = {0};
    put_string(quoted, &decoded);
    bool same = decoded.size == name.size && memcmp(decoded.data, name.data, name.size) == 0;
    buffer_clear(&decoded);
    return same;
}

/* The last member of that name: of duplicates the last counts. */
static struct text find_member(struct text t, struct text name)
{
    struct text found = ABSENT;
    size_t at = skip_blanks(t, 0);
    if (at >= t.size || t.data[at] != '{')
        return ABSENT;
    at = skip_blanks(t, at + 1);
    while (at < t.size && t.data[at] == '"') {
        size_t key_end = string_end(t, at);
        bool same = string_is(part(t, at, key_end), name);
        at = skip_blanks(t, skip_blanks(t, key_end) + 1);
        size_t end = value_end(t, at);
        if (same && at < t.size)
            found = part(t, at, end);
        at = skip_blanks(t, end);
        if (at < t.size && t.data[at] == ',')
            at = skip_blanks(t, at + 1);
    }
    return found;
}

/* Counts elements up to index; *count is how many there are if index is not found. */
static struct text walk_elements(struct text t, int64_t index, int64_t *count)
{
    *count = 0;
    size_t at = skip_blanks(t, 0);
    if (at >= t.size || t.data[at] != '[') {
        *count = -1; /* no array */
        return ABSENT;
    }
    at = skip_blanks(t, at + 1);
    while (at < t.size && t.data[at] != ']') {
        size_t end = value_end(t, at);
        if (end == at)
            break;
        if (index == (*count)++)
            return part(t, at, end);
        at = skip_blanks(t, end);
        if (at < t.size && t.data[at] == ',')
            at = skip_blanks(t, at + 1);
    }
    return ABSENT;
}

/* A jsonb scalar is an array of itself to PostgreSQL here, though nowhere else. */
static struct text find_element(struct text t, int64_t index, bool is_binary)
{
    int64_t count;
    if (is_binary && t.size > 0 && t.data[0] != '[' && t.data[0] != '{')
        return index == 0 || index == -1 ? t : ABSENT;
    if (index < 0) {
        (void)walk_elements(t, INT64_MAX, &count);
        index += count;
        if (count < 0 || index < 0)
            return ABSENT;
    }
    return walk_elements(t, index, &count);
}

/* ---- results ---- */

static void store(struct text found, bool as_text, const struct batch *in, uint32_t row, struct buffer *scratch,
                  struct arena *arena, struct vector *out)
{
    bool is_null = as_text && found.size == 4 && memcmp(found.data, "null", 4) == 0;
    if (found.data == NULL || is_null) {
        vector_set_null(out, row, in->row_count, arena);
        return;
    }
    if (as_text && found.size > 0 && found.data[0] == '"') {
        buffer_reset(scratch);
        put_string(found, scratch);
        VECTOR_STRING(out)[row] = string_copy(scratch->data, scratch->size, arena);
    } else {
        VECTOR_STRING(out)[row] = text_part(found, 0, found.size);
    }
}

static struct text find_at_path(struct text t, struct text path);

enum access { ACCESS_MEMBER, ACCESS_ELEMENT, ACCESS_PATH };

static void access(KERNEL_PARAMETERS, enum access how, bool as_text)
{
    struct buffer scratch = {0};
    bool is_binary = arguments[0].type.id == TYPE_JSONB;
    vector_init_flat(out, call->type, in->row_count, evaluation->arena);
    FOR_EACH_ROW (in, row) {
        struct text t = ARGUMENT_TEXT(0, row);
        struct text found = how == ACCESS_ELEMENT ? find_element(t, ARGUMENT(1, int32_t, row), is_binary)
            : how == ACCESS_MEMBER                ? find_member(t, ARGUMENT_TEXT(1, row))
                                                  : find_at_path(t, ARGUMENT_TEXT(1, row));
        store(found, as_text, in, row, &scratch, evaluation->arena, out);
    }
    buffer_clear(&scratch);
}

void json_member(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_MEMBER, false);
}
void json_member_text(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_MEMBER, true);
}
void json_element(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_ELEMENT, false);
}
void json_element_text(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_ELEMENT, true);
}
void json_path(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_PATH, false);
}
void json_path_text(KERNEL_PARAMETERS)
{
    access(call, arguments, in, evaluation, out, ACCESS_PATH, true);
}

/* One step of a path: a name, or in an array an index. */
static struct text step_into(struct text t, struct text step)
{
    size_t at = skip_blanks(t, 0);
    if (at < t.size && t.data[at] == '[') {
        int64_t index;
        if (int64_parse(step.data, step.size, &index, NULL) != STATUS_OK)
            return ABSENT;
        return find_element(t, index, false);
    }
    return find_member(t, step);
}

/* A path as the text of an array: {a,0,"b c"}. */
static struct text find_at_path(struct text t, struct text path)
{
    size_t at = skip_blanks(path, 0);
    size_t end = path.size;
    if (at >= end || path.data[at] != '{' || path.data[end - 1] != '}')
        return ABSENT;
    at++;
    end--;
    t = part(t, skip_blanks(t, 0), t.size);
    while (at < end && t.data != NULL) {
        bool quoted = path.data[at] == '"';
        size_t from = at + quoted;
        at = from;
        while (at < end && path.data[at] != (quoted ? '"' : ','))
            at++;
        t = step_into(t, part(path, from, at));
        at += quoted;
        at += at < end && path.data[at] == ',';
    }
    return t;
}

/* ---- kinds ---- */

static const char *kind_of(struct text t)
{
    size_t at = skip_blanks(t, 0);
    switch (at < t.size ? t.data[at] : 'n') {
    case '{':
        return "object";
    case '[':
        return "array";
    case '"':
        return "string";
    case 't':
    case 'f':
        return "boolean";
    case 'n':
        return "null";
    default:
        return "number";
    }
}

TEXT_KERNEL(json_typeof, {
    const char *kind = kind_of(ARGUMENT_TEXT(0, row));
    result = string_make(kind, strlen(kind));
})

static enum status json_array_length_row(struct string s, int32_t *r, struct evaluation *e)
{
    int64_t count;
    (void)walk_elements(text_of(&s), INT64_MAX, &count);
    *r = (int32_t)count;
    if (count >= 0)
        return STATUS_OK;
    const char *kind = kind_of(text_of(&s));
    return error_set(e->error, STATUS_INVALID_PARAMETER, "cannot get array length of a %s", strcmp(kind, "object") == 0 ? "non-array" : "scalar");
}
HEAVY_UNARY(json_array_length, struct string, int32_t)

TEXT_KERNEL(name_of_type, {
    char name[TYPE_NAME_SIZE];
    type_base_name(arguments[0].type, name);
    result = string_copy(name, strlen(name), arena);
})
