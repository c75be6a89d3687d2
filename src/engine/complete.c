/* complete.c - completion for a shell: keywords at the start of a word, relations, columns, functions, settings. */
#include <ctype.h>
#include <strings.h>

#include "engine/internal.h"
#include "expr/aggregate.h"
#include "expr/function.h"

static const char *const KEYWORDS[] = {
    "ALTER SYSTEM SET", "AND", "AS", "ASC", "BEGIN", "BETWEEN", "BY", "CASE", "CAST", "COMMIT", "COPY", "CREATE MATERIALIZED VIEW",
    "CREATE SINK", "CREATE TABLE", "CREATE VIEW", "DELETE", "DESC", "DESCRIBE", "DISTINCT", "DROP", "ELSE", "END", "EXISTS", "EXPLAIN",
    "FETCH", "FROM", "GROUP BY", "HAVING", "IN", "INNER JOIN", "INSERT INTO", "IS", "JOIN", "LEFT JOIN", "LIKE", "LIMIT", "NOT", "NULL",
    "OFFSET", "ON", "OR", "ORDER BY", "PRIMARY KEY", "ROLLBACK", "SELECT", "SET", "SHOW", "SHOW SINKS", "SHOW TABLES", "SHOW TOPICS",
    "SHOW VIEWS", "SUBSCRIBE", "THEN", "UNION ALL", "USING", "VALUES", "WHEN", "WHERE", "WITH"};

struct candidates {
    struct arena *arena;
    const char *word;
    size_t size;
    const char **items;
    uint32_t count, capacity;
};

static void offer(struct candidates *c, const char *text)
{
    if (strncasecmp(text, c->word, c->size) != 0)
        return;
    for (uint32_t i = 0; i < c->count; i++)
        if (strcmp(c->items[i], text) == 0)
            return;
    if (c->count == c->capacity) {
        uint32_t capacity = c->capacity == 0 ? 32 : c->capacity * 2;
        const char **grown = ARENA_ARRAY(c->arena, const char *, capacity);
        if (c->count > 0)
            memcpy(grown, c->items, c->count * sizeof *grown);
        c->items = grown;
        c->capacity = capacity;
    }
    c->items[c->count++] = arena_copy_text(c->arena, text);
}

uint32_t session_complete(struct session *s, const char *text, struct arena *arena, const char ***out)
{
    size_t end = strlen(text), begin = end;
    while (begin > 0 && (isalnum((unsigned char)text[begin - 1]) || text[begin - 1] == '_'))
        begin--;
    struct candidates c = {.arena = arena, .word = text + begin, .size = end - begin};
    uint32_t count;
    struct relation **all = catalog_list(s->engine->catalog, arena, &count);
    for (uint32_t i = 0; i < count; i++) {
        offer(&c, all[i]->name);
        for (uint32_t k = 0; c.size > 0 && all[i]->kind != RELATION_SYSTEM && k < all[i]->schema.column_count; k++)
            offer(&c, all[i]->schema.columns[k].name);
        relation_unref(all[i]);
    }
    for (size_t i = 0; i < sizeof KEYWORDS / sizeof *KEYWORDS; i++)
        offer(&c, KEYWORDS[i]);
    for (uint32_t i = 0; c.size > 0 && i < FUNCTION_COUNT; i++)
        if (isalpha((unsigned char)FUNCTIONS[i].name[0]))
            offer(&c, FUNCTIONS[i].name);
    for (uint32_t i = 0; c.size > 0 && i < SETTING_COUNT; i++)
        offer(&c, SETTINGS[i].name);
    *out = c.items;
    return c.count;
}
