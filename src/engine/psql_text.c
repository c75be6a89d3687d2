/* psql_text.c - see psql_text.h. */
#include "engine/psql_text.h"

#include <ctype.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/* A quoted text without its quotes; at stands behind the first of them. */
static const char *unquoted(const char *at, struct arena *arena)
{
    struct buffer out = {0};
    while (*at != '\0' && !(at[0] == '\'' && at[1] != '\'')) {
        at += at[0] == '\'';
        buffer_put_u8(&out, (uint8_t)*at++);
    }
    const char *text = arena_copy_bytes(arena, buffer_bytes(&out));
    buffer_clear(&out);
    return text;
}

const char *psql_quoted_behind(const char *text, const char *key, struct arena *arena)
{
    const char *at = strstr(text, key);
    at = at == NULL ? NULL : at + strlen(key);
    return at == NULL || *at != '\'' ? NULL : unquoted(at + 1, arena);
}

/* LIKE as it comes from completing a word: what was typed, escaped, and a percent sign. */
static const char *like_pattern(const char *like, struct arena *arena)
{
    struct buffer out = {0};
    buffer_put_u8(&out, '^');
    for (; *like != '\0' && strcmp(like, "%") != 0; like++) {
        like += like[0] == '\\' && like[1] != '\0';
        if (!isalnum((unsigned char)*like) && (unsigned char)*like < 0x80)
            buffer_put_u8(&out, '\\');
        buffer_put_u8(&out, (uint8_t)*like);
    }
    const char *pattern = arena_copy_bytes(arena, buffer_bytes(&out));
    buffer_clear(&out);
    return pattern;
}

/* What an E'' string means whose backslashes stand for the character behind them; NULL: NULL. */
static const char *without_escapes(const char *text, struct arena *arena)
{
    char *out = text == NULL ? NULL : arena_copy_text(arena, text), *to = out;
    for (; text != NULL && *text != '\0'; text++) {
        text += text[0] == '\\' && text[1] != '\0';
        *to++ = *text;
    }
    if (to != NULL)
        *to = '\0';
    return out;
}

const char *psql_pattern(const char *text, const char *column, struct arena *arena)
{
    const char *pattern = psql_quoted_behind(text, arena_printf(arena, "%s OPERATOR(pg_catalog.~) ", column), arena);
    if (pattern != NULL)
        return pattern;
    const char *like = psql_quoted_behind(text, arena_printf(arena, "(%s) LIKE ", column), arena);
    if (like == NULL)
        like = without_escapes(psql_quoted_behind(text, arena_printf(arena, "(%s) LIKE E", column), arena), arena);
    return like == NULL ? NULL : like_pattern(like, arena);
}

bool psql_matches(const char *pattern, const char *name)
{
    regex_t compiled;
    if (pattern == NULL)
        return true;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    bool is_match = regexec(&compiled, name, 0, NULL, 0) == 0;
    regfree(&compiled);
    return is_match;
}

uint32_t psql_oid_behind(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    if (at == NULL)
        return 0;
    at += strlen(key);
    return (uint32_t)strtoul(at + (*at == '\''), NULL, 10);
}

/* ---- columns ---- */

/* Behind the quoted text or the brackets that begin here; 1 character further otherwise. */
static const char *skip_one(const char *at)
{
    if (*at == '\'' || *at == '"') {
        const char *end = strchr(at + 1, *at);
        return end == NULL ? at + strlen(at) : end + 1;
    }
    if (*at != '(')
        return at + 1;
    for (at++; *at != '\0' && *at != ')';)
        at = skip_one(at);
    return at + (*at == ')');
}

/* The name of an item of the list: what stands behind AS, or the last identifier of "a.b". */
static const char *item_name(const char *begin, const char *end, struct arena *arena)
{
    while (end > begin && isspace((unsigned char)end[-1]))
        end--;
    const char *name = end;
    if (end > begin && end[-1] == '"') {
        for (name = --end; name > begin && name[-1] != '"'; name--)
            continue;
        return arena_printf(arena, "%.*s", (int)(end - name), name);
    }
    while (name > begin && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
        name--;
    return name == end ? "?column?" : arena_printf(arena, "%.*s", (int)(end - name), name);
}

static bool is_word(const char *at, const char *word)
{
    size_t size = strlen(word);
    return strncmp(at, word, size) == 0 && isspace((unsigned char)at[size]);
}

const char *const *psql_columns(const char *text, struct arena *arena, uint32_t *count)
{
    enum { COLUMNS_MAX = 64 };
    const char **names = ARENA_ARRAY(arena, const char *, COLUMNS_MAX);
    text += strspn(text, " \t\r\n");
    text += is_word(text, "SELECT") ? 6 : 0;
    text += strspn(text, " \t\r\n");
    text += is_word(text, "DISTINCT") ? 8 : 0;
    const char *begin = text;
    *count = 0;
    while (*count < COLUMNS_MAX) {
        bool is_end = *text == '\0' || (isspace((unsigned char)*text) && is_word(text + 1, "FROM"));
        if (is_end || *text == ',') {
            names[(*count)++] = item_name(begin, text, arena);
            begin = text + 1;
        }
        if (is_end)
            break;
        text = skip_one(text);
    }
    return names;
}

/* ---- types ---- */

struct type psql_type(uint32_t oid, int32_t modifier)
{
    enum { HEADER_SIZE = 4 }; /* PostgreSQL's, which lengths include */
    struct type type = type_of(TYPE_NULL);
    for (int id = TYPE_BOOL; id < TYPE_COUNT; id++)
        if (type_oid(type_of((enum type_id)id)) == oid)
            type = type_of((enum type_id)id);
    if (modifier < 0)
        return type;
    switch (type.id) {
    case TYPE_NUMERIC:
        return type_numeric((unsigned)(modifier - HEADER_SIZE) >> 16, (modifier - HEADER_SIZE) & 0xffff);
    case TYPE_VARCHAR:
    case TYPE_CHAR:
        type.length = modifier - HEADER_SIZE;
        return type;
    case TYPE_TIME:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        type.precision = (uint8_t)modifier;
        return type;
    default:
        return type;
    }
}
