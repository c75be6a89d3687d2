/* dialect_create.c - CREATE TABLE / SOURCE / VIEW / MATERIALIZED VIEW / SINK: options, EMIT, column clauses, and where the query is. */
#include "sql/rewriter.h"

/* EMIT CHANGES at i; other forms are not there yet. *behind: after it. */
static enum status rewrite_emit(struct rewriter *w, uint32_t i, uint32_t *behind)
{
    if (rewriter_is(w, i + 1, "on"))
        return rewriter_fail_unsupported(w, i, "EMIT ON WINDOW CLOSE");
    if (!rewriter_is(w, i + 1, "changes"))
        return rewriter_fail_near(w, i + 1);
    if (rewriter_is(w, i + 2, "every"))
        return rewriter_fail_unsupported(w, i, "EMIT CHANGES EVERY");
    *behind = i + 2;
    rewriter_blank(w, i, *behind);
    return STATUS_OK;
}

static bool is_emit(const struct rewriter *w, uint32_t i)
{
    return rewriter_is(w, i, "emit") && (rewriter_is(w, i + 1, "changes") || rewriter_is(w, i + 1, "on"));
}

/* A query from token i to the end, with EMIT and WITH (...) behind it in any order. */
static enum status rewrite_query(struct rewriter *w, uint32_t i)
{
    struct dialect *d = w->d;
    uint32_t end = w->count;
    int depth = 0;
    for (uint32_t at = i; at < w->count; at++) {
        depth += rewriter_is(w, at, "(") ? 1 : rewriter_is(w, at, ")") ? -1 : 0;
        uint32_t behind = at;
        if (depth == 0 && is_emit(w, at))
            TRY(rewrite_emit(w, at, &behind));
        else if (depth == 0 && dialect_is_options(w, at))
            TRY(dialect_read_options(w, at, &behind));
        else if (depth == 0 && (rewriter_is_all(w, at, "with data") || rewriter_is_all(w, at, "with no data")))
            end = at < end ? at : end;
        if (behind == at)
            continue;
        end = at < end ? at : end;
        at = behind - 1;
    }
    if (i >= end)
        return rewriter_fail_near(w, i);
    d->query_start = w->tokens[i].start;
    d->query_end = w->tokens[end - 1].end;
    return STATUS_OK;
}

/* WITH (...) may come before AS too. */
static enum status rewrite_options_before_as(struct rewriter *w, uint32_t i, uint32_t *as)
{
    *as = rewriter_find(w, i, w->count, "as");
    for (uint32_t at = i; at < *as; at++) {
        uint32_t behind;
        if (dialect_is_options(w, at))
            TRY(dialect_read_options(w, at, &behind));
    }
    return STATUS_OK;
}

static enum status read_relation_name(struct rewriter *w, uint32_t *i)
{
    struct dialect *d = w->d;
    if (!rewriter_is_name(w, *i))
        return rewriter_fail_near(w, *i);
    d->name_location = w->tokens[*i].start;
    d->name = rewriter_value(w, (*i)++);
    if (rewriter_is(w, *i, ".") && rewriter_is_name(w, *i + 1)) {
        d->schema_name = d->name;
        d->name = rewriter_value(w, *i + 1);
        *i += 2;
    }
    return STATUS_OK;
}

static bool skip_if_not_exists(struct rewriter *w, uint32_t *i)
{
    if (!rewriter_is_all(w, *i, "if not exists"))
        return false;
    *i += 3;
    return true;
}

/* The head is ours alone; the rest becomes the query. */
static enum status rewrite_sink(struct rewriter *w, uint32_t create, uint32_t i)
{
    w->d->kind = DIALECT_CREATE_SINK;
    w->d->if_not_exists = skip_if_not_exists(w, &i);
    TRY(read_relation_name(w, &i));
    while (dialect_is_options(w, i))
        TRY(dialect_read_options(w, i, &i));
    if (rewriter_is(w, i, "as")) {
        rewriter_blank(w, create, i + 1);
        return rewrite_query(w, i + 1);
    }
    if (!rewriter_is(w, i, "from"))
        return rewriter_fail_near(w, i);
    rewriter_blank(w, create, i + 1);
    memcpy(w->d->rewritten + w->tokens[i].end - 5, "TABLE", 5); /* over FROM and the blank before it */
    TRY(rewrite_query(w, i));
    w->d->query_start = w->tokens[i + 1].start;
    w->d->query_is_name = true;
    return STATUS_OK;
}

static enum status rewrite_column_clauses(struct rewriter *w, uint32_t open)
{
    struct dialect *d = w->d;
    uint32_t end = rewriter_behind_bracket(w, open);
    d->paths = ARENA_ARRAY(w->arena, struct dialect_path, (end - open) / 3 + 1);
    int depth = 0;
    for (uint32_t i = open; i < end; i++) {
        depth += rewriter_is(w, i, "(") ? 1 : rewriter_is(w, i, ")") ? -1 : 0;
        bool begins_item = i > open && (rewriter_is(w, i - 1, "(") || rewriter_is(w, i - 1, ","));
        if (depth != 1)
            continue;
        if (begins_item && rewriter_is_all(w, i, "watermark for"))
            return rewriter_fail_unsupported(w, i, "WATERMARK FOR");
        if (rewriter_is_all(w, i, "not enforced"))
            rewriter_blank(w, i, i + 2);
        if (!begins_item && rewriter_is(w, i, "path") && i + 1 < end && w->tokens[i + 1].kind == TOKEN_STRING) {
            d->paths[d->path_count++] = (struct dialect_path){w->tokens[i].start, rewriter_value(w, i + 1)};
            rewriter_blank(w, i, i + 2);
        }
    }
    return STATUS_OK;
}

static enum status rewrite_table(struct rewriter *w, uint32_t i)
{
    uint32_t as;
    if (skip_if_not_exists(w, &i)) /* stays: PostgreSQL has it */
        w->d->if_not_exists = true;
    TRY(read_relation_name(w, &i));
    if (rewriter_is(w, i, "("))
        TRY(rewrite_column_clauses(w, i));
    TRY(rewrite_options_before_as(w, i, &as));
    return as == w->count ? STATUS_OK : rewrite_query(w, as + 1);
}

static enum status rewrite_view(struct rewriter *w, uint32_t i)
{
    uint32_t as;
    TRY(rewrite_options_before_as(w, i, &as));
    return as == w->count ? STATUS_OK
                          : rewrite_query(w, as + 1); /* without AS: PostgreSQL's parser says what is missing */
}

enum status dialect_rewrite_create(struct rewriter *w, uint32_t i)
{
    uint32_t at = i + 1;
    if (rewriter_is(w, at, "source")) {
        w->d->kind = DIALECT_CREATE_SOURCE;
        rewriter_put(w, at, "TABLE");
        return rewrite_table(w, at + 1);
    }
    if (rewriter_is(w, at, "sink"))
        return rewrite_sink(w, i, at + 1);
    if (rewriter_is_all(w, at, "or replace materialized"))
        return rewriter_fail_unsupported(w, at, "CREATE OR REPLACE MATERIALIZED VIEW");
    if (rewriter_is_all(w, at, "or replace sink"))
        return rewriter_fail_unsupported(w, at, "CREATE OR REPLACE SINK");
    if (rewriter_is_all(w, at, "materialized view"))
        return rewrite_view(w, at + 2);
    if (rewriter_is_all(w, at, "or replace"))
        at += 2;
    if (rewriter_is(w, at, "view")) {
        w->d->kind = DIALECT_CREATE_VIEW;
        uint32_t behind = at + 1;
        w->d->if_not_exists = skip_if_not_exists(w, &behind);
        rewriter_blank(w, at + 1, behind);
        return rewrite_view(w, behind);
    }
    while (rewriter_is(w, at, "temp") || rewriter_is(w, at, "temporary") || rewriter_is(w, at, "unlogged"))
        at++;
    return rewriter_is(w, at, "table") ? rewrite_table(w, at + 1) : STATUS_OK;
}
