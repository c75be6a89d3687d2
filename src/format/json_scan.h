/* json_scan.h - the tokens of JSON text (RFC 8259), checked completely.
 *
 * Functions take the position of a token's first byte and return the one behind
 * it, or NULL after noting in struct json_scan where and why the text is wrong.
 * A failure at the very end means that the text may only be cut off there.
 */
#ifndef LEAT_FORMAT_JSON_SCAN_H
#define LEAT_FORMAT_JSON_SCAN_H

#include "format/field.h"
#include "format/scan.h"

enum { JSON_DEPTH_MAX = 1000 };

struct json_scan {
    const char *begin, *end;
    const char *failed_at; /* NULL: nothing failed */
    const char *reason;    /* static: "expected a value" */
    enum status status;
};

/* The inside of a string: between its quotes, escapes as written (they are known to be right). */
struct json_text {
    const char *data;
    size_t size;
    bool has_escape;
};

struct json_number {
    const char *data;
    size_t size;
    bool is_plain; /* decimal holds its value exactly */
    struct decimal decimal;
};

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}
static inline const char *json_skip_space(const char *p, const char *end)
{
    while (p < end && json_is_space(*p))
        p++;
    return p;
}
/* Notes a failure and returns NULL. */
const char *json_fail(struct json_scan *s, const char *at, enum status st, const char *reason);
/* Sets err from what was noted ("expected a value at byte 17, found \"x\""). Bytes count from 1. */
enum status json_scan_error(const struct json_scan *s, struct error *err);

/* p is behind the opening quote. */
const char *json_scan_string(struct json_scan *s, const char *p, struct json_text *out);
const char *json_scan_number(struct json_scan *s, const char *p, struct json_number *out);
/* Any value. depth: how many objects and arrays are open around it. */
const char *json_skip_value(struct json_scan *s, const char *p, unsigned depth);
/* Writes the text that a string with escapes stands for (never longer than it). *has_nul: it holds \u0000. */
size_t json_unescape(const struct json_text *text, char *out, bool *has_nul);

#endif
