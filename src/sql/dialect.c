/* dialect.c - see dialect.h. A statement's first words choose what is rewritten. */
#include "sql/dialect.h"

#include "sql/depth.h"
#include "sql/rewriter.h"

static enum status rewrite_statement(struct rewriter *w, uint32_t i);

/* Tells (ANALYZE, FORMAT json) from a bracketed query. */
static bool is_explain_list(const struct rewriter *w, uint32_t i)
{
    static const char *const QUERIES[] = {"select", "with", "values", "table", "subscribe", "("};
    for (size_t n = 0; n < sizeof QUERIES / sizeof QUERIES[0]; n++)
        if (rewriter_is(w, i + 1, QUERIES[n]))
            return false;
    return rewriter_is(w, i, "(");
}

static enum status read_explain_option(struct rewriter *w, uint32_t *i)
{
    static const char *const IGNORED[] = {"costs", "settings", "buffers", "wal", "timing", "summary"};
    struct dialect *d = w->d;
    uint32_t name = (*i)++;
    bool has_value = *i < w->count && !rewriter_is(w, *i, ",") && !rewriter_is(w, *i, ")");
    const char *value = has_value ? rewriter_value(w, (*i)++) : "true";
    bool on = strcmp(value, "false") != 0 && strcmp(value, "off") != 0 && strcmp(value, "0") != 0;
    if (rewriter_is(w, name, "analyze"))
        d->analyze = on;
    else if (rewriter_is(w, name, "verbose"))
        d->verbose = on;
    else if (rewriter_is(w, name, "format") && (strcmp(value, "json") == 0 || strcmp(value, "text") == 0))
        d->json = strcmp(value, "json") == 0;
    else if (rewriter_is(w, name, "format") && (strcmp(value, "xml") == 0 || strcmp(value, "yaml") == 0))
        return rewriter_fail_unsupported(w, name + 1, arena_printf(w->arena, "EXPLAIN format \"%s\"", value));
    else if (rewriter_is(w, name, "format"))
        return error_set_at(w->err, STATUS_INVALID_PARAMETER, source_position(&d->source, w->tokens[name].start),
                            "unrecognized value for EXPLAIN option \"format\": \"%s\"", value);
    else {
        bool ignored = false;
        for (size_t n = 0; n < sizeof IGNORED / sizeof IGNORED[0]; n++)
            ignored |= rewriter_is(w, name, IGNORED[n]);
        if (!ignored)
            return error_set_at(w->err, STATUS_SYNTAX_ERROR, source_position(&d->source, w->tokens[name].start),
                                "unrecognized EXPLAIN option \"%s\"", rewriter_value(w, name));
    }
    return STATUS_OK;
}

static enum status rewrite_explain(struct rewriter *w, uint32_t i)
{
    struct dialect *d = w->d;
    uint32_t at = i + 1;
    if (is_explain_list(w, at)) {
        do {
            at++;
            if (!rewriter_is_name(w, at))
                return rewriter_fail_near(w, at);
            TRY(read_explain_option(w, &at));
        } while (rewriter_is(w, at, ","));
        if (!rewriter_is(w, at, ")"))
            return rewriter_fail_near(w, at);
        at++;
    } else {
        d->analyze = rewriter_is(w, at, "analyze") || rewriter_is(w, at, "analyse");
        at += d->analyze;
        d->verbose = rewriter_is(w, at, "verbose");
        at += d->verbose;
    }
    if (at >= w->count)
        return rewriter_fail_near(w, at);
    if (rewriter_is(w, at, "explain"))
        return rewriter_fail_near(w, at);
    d->kind = DIALECT_EXPLAIN;
    d->inner_start = w->tokens[at].start;
    return STATUS_OK;
}

static enum status read_name_to_end(struct rewriter *w, uint32_t i, enum dialect_kind kind)
{
    struct dialect *d = w->d;
    d->kind = kind;
    if (!rewriter_is_name(w, i))
        return rewriter_fail_near(w, i);
    d->name_location = w->tokens[i].start;
    d->name = rewriter_value(w, i++);
    if (rewriter_is(w, i, ".") && rewriter_is_name(w, i + 1)) {
        d->schema_name = d->name;
        d->name = rewriter_value(w, i + 1);
        i += 2;
    }
    return i < w->count ? rewriter_fail_near(w, i) : STATUS_OK;
}

static enum status rewrite_show(struct rewriter *w, uint32_t i)
{
    static const char *const LISTS[] = {"tables", "sources", "topics",    "views",  "sinks",
                                        "jobs",   "groups",  "functions", "options"};
    for (size_t n = 0; n < sizeof LISTS / sizeof LISTS[0]; n++)
        if (rewriter_is(w, i + 1, LISTS[n]) && i + 2 == w->count) {
            w->d->kind = DIALECT_SHOW_RELATIONS;
            w->d->show_what = LISTS[n];
            return STATUS_OK;
        }
    if (!rewriter_is(w, i + 1, "create"))
        return STATUS_OK;
    uint32_t at = i + 2;
    if (rewriter_is_all(w, at, "materialized view"))
        at += 2;
    else if (at + 1 < w->count && rewriter_is_name(w, at + 1))
        at++; /* SHOW CREATE TABLE t */
    return read_name_to_end(w, at, DIALECT_SHOW_CREATE);
}

/* DESCRIBE relation, 'path' or query. */
static enum status rewrite_describe(struct rewriter *w, uint32_t i)
{
    static const char *const BEGINNINGS[] = {"select", "with", "values", "table", "("};
    if (i + 2 == w->count && w->tokens[i + 1].kind == TOKEN_STRING) {
        w->d->kind = DIALECT_DESCRIBE_FILE;
        w->d->name_location = w->tokens[i + 1].start;
        w->d->name = rewriter_value(w, i + 1);
        return STATUS_OK;
    }
    for (size_t n = 0; n < sizeof BEGINNINGS / sizeof BEGINNINGS[0]; n++)
        if (rewriter_is(w, i + 1, BEGINNINGS[n])) {
            w->d->kind = DIALECT_DESCRIBE_QUERY;
            rewriter_blank(w, i, i + 1);
            return STATUS_OK;
        }
    return read_name_to_end(w, i + 1, DIALECT_DESCRIBE);
}

static enum status rewrite_drop(struct rewriter *w, uint32_t i)
{
    if (rewriter_is(w, i + 1, "source")) {
        w->d->kind = DIALECT_DROP_SOURCE;
        rewriter_put(w, i + 1, "TABLE");
    } else if (rewriter_is(w, i + 1, "sink")) {
        w->d->kind = DIALECT_DROP_SINK;
        rewriter_put(w, i + 1, "VIEW");
    }
    return STATUS_OK;
}

/* DECLARE c CURSOR FOR query; PREPARE p (types) AS query. */
static enum status rewrite_stored_query(struct rewriter *w, uint32_t i, const char *before)
{
    uint32_t at = rewriter_find(w, i + 1, w->count, before) + 1;
    if (at >= w->count)
        return STATUS_OK; /* PostgreSQL's parser says what is missing */
    w->d->query_start = w->tokens[at].start;
    w->d->query_end = w->tokens[w->count - 1].end;
    return rewriter_is(w, at, "subscribe") ? dialect_rewrite_subscribe(w, at, w->count) : STATUS_OK;
}

static enum status rewrite_fetch(struct rewriter *w, uint32_t i)
{
    for (uint32_t at = i; at < w->count; at++)
        if (dialect_is_options(w, at))
            return dialect_read_options(w, at, &at);
    return STATUS_OK;
}

/* SELECT ... EMIT CHANGES, as ksqlDB has it, is SUBSCRIBE. */
static enum status rewrite_select(struct rewriter *w)
{
    if (w->count < 2 || !rewriter_is_all(w, w->count - 2, "emit changes"))
        return STATUS_OK;
    w->d->kind = DIALECT_SUBSCRIBE;
    w->d->is_subscribe = true;
    rewriter_blank(w, w->count - 2, w->count);
    return STATUS_OK;
}

static enum status rewrite_statement(struct rewriter *w, uint32_t i)
{
    if (rewriter_is(w, i, "explain"))
        return rewrite_explain(w, i);
    if (rewriter_is(w, i, "create"))
        return dialect_rewrite_create(w, i);
    if (rewriter_is(w, i, "subscribe")) {
        w->d->kind = DIALECT_SUBSCRIBE;
        return dialect_rewrite_subscribe(w, i, w->count);
    }
    if (rewriter_is_all(w, i, "copy ( subscribe"))
        return dialect_rewrite_subscribe(w, i + 2, rewriter_behind_bracket(w, i + 1) - 1);
    if (rewriter_is(w, i, "declare"))
        return rewrite_stored_query(w, i, "for");
    if (rewriter_is(w, i, "prepare") && !rewriter_is(w, i + 1, "transaction"))
        return rewrite_stored_query(w, i, "as");
    if (rewriter_is(w, i, "fetch"))
        return rewrite_fetch(w, i);
    if (rewriter_is(w, i, "drop"))
        return rewrite_drop(w, i);
    if (rewriter_is(w, i, "show"))
        return rewrite_show(w, i);
    if (rewriter_is(w, i, "describe") || rewriter_is(w, i, "desc"))
        return rewrite_describe(w, i);
    if (rewriter_is(w, i, "summarize"))
        return rewriter_fail_unsupported(w, i, "SUMMARIZE");
    if (rewriter_is_all(w, i, "alter materialized") || rewriter_is_all(w, i, "alter sink"))
        return rewriter_fail_unsupported(w, i,
                                         rewriter_is(w, i + 1, "sink") ? "ALTER SINK" : "ALTER MATERIALIZED VIEW");
    return rewrite_select(w);
}

static void rewrite_backticks(struct rewriter *w)
{
    for (uint32_t i = 0; i < w->count; i++)
        if (w->tokens[i].kind == TOKEN_NAME && w->text[w->tokens[i].start] == '`') {
            w->d->rewritten[w->tokens[i].start] = '"';
            w->d->rewritten[w->tokens[i].end - 1] = '"';
        }
}

static enum status prepare(struct dialect *d, struct arena *arena, struct error *err)
{
    struct rewriter w = {.d = d, .text = d->source.text, .arena = arena, .err = err};
    d->rewritten = arena_copy_bytes(arena, (struct bytes){(const uint8_t *)d->source.text, d->source.size});
    w.tokens = lexer_all(d->source.text, d->source.size, arena, &w.count);
    TRY(depth_check(&d->source, w.tokens, w.count, arena, err));
    if (w.count != 0 && w.tokens[w.count - 1].kind == TOKEN_UNTERMINATED)
        return STATUS_OK; /* PostgreSQL's parser names the open quote */
    while (w.count != 0 && token_is(w.text, &w.tokens[w.count - 1], ";"))
        w.count--;
    rewrite_backticks(&w);
    TRY(dialect_rewrite_from(&w));
    return w.count == 0 ? STATUS_OK : rewrite_statement(&w, 0);
}

enum status dialect_prepare(const char *text, struct arena *arena, struct dialect *out, struct error *err)
{
    *out = (struct dialect){0};
    TRY(source_init(&out->source, text, arena, err));
    return prepare(out, arena, err);
}

enum status dialect_prepare_hidden(const char *text, struct arena *arena, struct dialect *out, struct error *err)
{
    *out = (struct dialect){0};
    TRY(source_init(&out->source, text, arena, err));
    out->source.is_hidden = true;
    return prepare(out, arena, err);
}

bool dialect_is_parsed(enum dialect_kind kind)
{
    return kind != DIALECT_SHOW_RELATIONS && kind != DIALECT_SHOW_CREATE && kind != DIALECT_DESCRIBE &&
           kind != DIALECT_DESCRIBE_FILE;
}
