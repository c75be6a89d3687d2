/* split.c - a script into statements, and whether a shell's text is one yet. */
#include "sql/lexer.h"
#include "sql/parse.h"
#include "sql/sql.h"

struct splitter {
    const char *script;
    struct source source;
    struct arena *arena;
    struct sql_piece *pieces;
    uint32_t count;
    uint32_t capacity;
    size_t line_at; /* lines are counted once over the script */
    int line;
};

static int line_of(struct splitter *s, size_t at)
{
    for (; s->line_at < at; s->line_at++)
        s->line += s->script[s->line_at] == '\n';
    return s->line;
}

static void add_piece(struct splitter *s, size_t start, size_t end)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity * 2 + 8;
        struct sql_piece *grown = ARENA_ARRAY(s->arena, struct sql_piece, s->capacity);
        if (s->count != 0)
            memcpy(grown, s->pieces, s->count * sizeof *grown);
        s->pieces = grown;
    }
    struct bytes text = {(const uint8_t *)s->script + start, end - start};
    s->pieces[s->count++] = (struct sql_piece){arena_copy_bytes(s->arena, text),
                                               source_position(&s->source, (int64_t)start), line_of(s, start)};
}

/* Cuts at semicolons outside brackets. A bracket left open in one statement must not swallow the next: the parser complains there anyway. */
static void cut(struct splitter *s)
{
    size_t at = 0;
    size_t start = 0;
    size_t end = 0;
    bool is_empty = true;
    int depth = 0;
    for (;;) {
        struct token t = lexer_next(s->script, s->source.size, &at);
        bool ends = t.kind == TOKEN_END || (depth <= 0 && token_is(s->script, &t, ";"));
        depth += token_is(s->script, &t, "(") ? 1 : token_is(s->script, &t, ")") ? -1 : 0;
        if (!ends) {
            start = is_empty ? t.start : start;
            end = t.end;
            is_empty = false;
            continue;
        }
        if (!is_empty)
            add_piece(s, start, end);
        is_empty = true;
        depth = 0;
        if (t.kind == TOKEN_END)
            return;
    }
}

static enum status check_text(const char *text, struct arena *arena, struct error *err)
{
    struct dialect dialect;
    const PgQuery__Node *node;
    enum status st = dialect_prepare(text, arena, &dialect, err);
    if (st == STATUS_OK && dialect.kind == DIALECT_EXPLAIN) {
        char *inner = arena_copy_text(arena, text);
        memset(inner, ' ', dialect.inner_start);
        st = dialect_prepare(inner, arena, &dialect, err);
    }
    if (st == STATUS_OK && dialect_is_parsed(dialect.kind))
        st = parse_statement(&dialect, arena, &node, err);
    return st;
}

enum status sql_split(const char *script, struct arena *arena, struct sql_piece **out, uint32_t *count,
                      struct error *err)
{
    struct splitter s = {.script = script, .arena = arena, .line = 1};
    struct error local = {0};
    struct error *any = err == NULL ? &local : err;
    struct arena *scratch = arena_create();
    enum status st = source_init(&s.source, script, arena, any);
    if (st == STATUS_OK)
        cut(&s);
    for (uint32_t i = 0; st == STATUS_OK && i < s.count; i++) {
        st = check_text(s.pieces[i].text, scratch, any);
        if (st == STATUS_FEATURE_NOT_SUPPORTED)
            st = STATUS_OK; /* told when its turn comes */
        else if (st != STATUS_OK && any->position > 0)
            any->position += s.pieces[i].position - 1;
        arena_reset(scratch);
    }
    arena_destroy(scratch);
    *out = s.pieces;
    *count = s.count;
    return st;
}

bool sql_is_incomplete(const char *text)
{
    size_t at = 0;
    size_t size = strlen(text);
    int depth = 0;
    bool is_open = false; /* something came since the last semicolon */
    for (;;) {
        struct token t = lexer_next(text, size, &at);
        if (t.kind == TOKEN_UNTERMINATED)
            return true;
        if (t.kind == TOKEN_END)
            return is_open;
        depth += token_is(text, &t, "(") ? 1 : token_is(text, &t, ")") && depth > 0 ? -1 : 0;
        is_open = depth > 0 || !token_is(text, &t, ";");
    }
}
