/* json_text.h - JSON text as a tree. For this folder only. */
#ifndef LEAT_DATA_JSON_TEXT_H
#define LEAT_DATA_JSON_TEXT_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;
struct json_value {
    enum json_kind kind;
    struct bytes text; /* NUMBER: as written; STRING: its characters */
    size_t count;
    struct json_member *members; /* ARRAY (no names), OBJECT in the text's order */
};
struct json_member {
    struct bytes name;
    struct json_value value;
};

/* Reads the whole text. arena NULL: only checks it, *out is not set. With an arena, strings are decoded, and what has no
 * characters is refused as jsonb does. 22P02, 22P05, 54001. */
CHECKED enum status json_text_parse(const char *text, size_t size, struct arena *arena, struct json_value *out, struct error *err);

#endif
