/* parse.c - the one file that calls libpg_query.
 *
 * It parses into PostgreSQL's own memory contexts, which it hides, and hands
 * the tree over as protobuf, which we unpack into the caller's arena.
 */
#include "sql/parse.h"

#include <pg_query.h>

#include "sql/lexer.h"

static void *unpack_alloc(void *context, size_t size)
{
    return arena_alloc(context, size);
}

static void unpack_free(void *context, void *pointer)
{
    (void)context; /* the arena goes as a whole */
    (void)pointer;
}

/* The byte of a 1-based character. */
static size_t byte_of_character(const char *text, int character)
{
    size_t at = 0;
    for (int i = 1; i < character && text[at] != '\0'; i++)
        for (at++; ((unsigned char)text[at] & 0xc0) == 0x80;)
            at++;
    return at;
}

/* The dialect may have put another word there than the user wrote: the message quotes the user's. */
static void fail_near(const struct dialect *d, int position, struct error *err)
{
    size_t at = byte_of_character(d->source.text, position);
    struct token t = lexer_next(d->source.text, d->source.size, &at);
    if (t.kind == TOKEN_END)
        error_set_at(err, STATUS_SYNTAX_ERROR, position, "syntax error at end of input");
    else
        error_set_at(err, STATUS_SYNTAX_ERROR, position, "syntax error at or near \"%.*s\"",
                     (int)(t.end - t.start > 900 ? 900 : t.end - t.start), d->source.text + t.start);
}

static enum status fail(const struct dialect *d, const PgQueryError *e, struct error *err)
{
    const char *near = "syntax error at or near \"";
    int position = d->source.is_hidden ? 0 : e->cursorpos;
    bool unsupported = strstr(e->message, "not supported") != NULL || strstr(e->message, "not yet implemented") != NULL;
    if (strncmp(e->message, near, strlen(near)) == 0 && position > 0)
        fail_near(d, position, err);
    else
        error_set_at(err, unsupported ? STATUS_FEATURE_NOT_SUPPORTED : STATUS_SYNTAX_ERROR, position, "%s", e->message);
    if (strcmp(e->message, "subquery in FROM must have an alias") == 0)
        error_hint(err, "For example, FROM (SELECT ...) [AS] foo.");
    return unsupported ? STATUS_FEATURE_NOT_SUPPORTED : STATUS_SYNTAX_ERROR;
}

static enum status unpack(const struct dialect *d, const PgQueryProtobuf *tree, struct arena *arena,
                          const PgQuery__Node **out, struct error *err)
{
    ProtobufCAllocator allocator = {unpack_alloc, unpack_free, arena};
    PgQuery__ParseResult *result = pg_query__parse_result__unpack(&allocator, tree->len, (const uint8_t *)tree->data);
    if (result == NULL)
        return error_set(err, STATUS_INTERNAL, "the parse tree could not be read");
    if (result->n_stmts > 1)
        return error_set_at(err, STATUS_SYNTAX_ERROR, source_position(&d->source, result->stmts[1]->stmt_location),
                            "cannot insert multiple commands into a prepared statement");
    *out = result->n_stmts == 0 ? NULL : result->stmts[0]->stmt;
    return STATUS_OK;
}

enum status parse_statement(const struct dialect *d, struct arena *arena, const PgQuery__Node **out, struct error *err)
{
    PgQueryProtobufParseResult parsed = pg_query_parse_protobuf(d->rewritten);
    enum status st = parsed.error != NULL ? fail(d, parsed.error, err) : unpack(d, &parsed.parse_tree, arena, out, err);
    pg_query_free_protobuf_parse_result(parsed);
    return st;
}
