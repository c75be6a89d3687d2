/* bind_copy.c - COPY: options, target, and what goes out or comes in. */
#include "sql/bind.h"

#include <strings.h>

struct copy {
    struct binder *b;
    const PgQuery__CopyStmt *tree;
    struct statement *out;
    bool has_delimiter, has_quote, has_escape, has_header;
};

static enum status fail_option(struct copy *c, const PgQuery__DefElem *option, enum status st, const char *message)
{
    return error_set_at(c->b->err, st, bind_position(c->b, option->location), message, option->defname);
}

static const char *text_of(struct copy *c, const PgQuery__DefElem *option)
{
    if (option->arg == NULL)
        return NULL;
    switch (option->arg->node_case) {
    case PG_QUERY__NODE__NODE_STRING:
        return option->arg->string->sval;
    case PG_QUERY__NODE__NODE_INTEGER:
        return arena_printf(c->b->arena, "%d", option->arg->integer->ival);
    case PG_QUERY__NODE__NODE_FLOAT:
        return option->arg->float_->fval;
    case PG_QUERY__NODE__NODE_BOOLEAN:
        return option->arg->boolean->boolval ? "true" : "false";
    default:
        return "";
    }
}

static enum status read_boolean(struct copy *c, const PgQuery__DefElem *option, bool *out)
{
    const char *text = text_of(c, option);
    *out = true;
    if (text == NULL)
        return STATUS_OK;
    struct option o = {option->defname, text, bind_position(c->b, option->location)};
    if (option_boolean(&o, out, NULL) != STATUS_OK)
        return fail_option(c, option, STATUS_SYNTAX_ERROR, "%s requires a Boolean value");
    return STATUS_OK;
}

static enum status read_character(struct copy *c, const PgQuery__DefElem *option, char *out)
{
    const char *text = text_of(c, option);
    if (text == NULL || strlen(text) != 1)
        return fail_option(c, option, STATUS_FEATURE_NOT_SUPPORTED, "COPY %s must be a single one-byte character");
    *out = text[0];
    return STATUS_OK;
}

static enum status read_format(struct copy *c, const PgQuery__DefElem *option)
{
    static const char *const NAMES[] = {"text", "csv", "json", "parquet"};
    const char *text = text_of(c, option);
    for (int i = 0; text != NULL && i < 4; i++)
        if (strcasecmp(text, NAMES[i]) == 0) {
            c->out->copy.format = (enum copy_format)i;
            return STATUS_OK;
        }
    if (text != NULL && strcasecmp(text, "ndjson") == 0) {
        c->out->copy.format = COPY_JSON;
        return STATUS_OK;
    }
    if (text != NULL && strcasecmp(text, "binary") == 0)
        return bind_unsupported(c->b, option->location, "COPY format \"binary\"");
    error_set_at(c->b->err, STATUS_INVALID_PARAMETER, bind_position(c->b, option->location),
                 "COPY format \"%s\" not recognized", text == NULL ? "" : text);
    error_hint(c->b->err, "Known formats are: text, csv, json, parquet.");
    return STATUS_INVALID_PARAMETER;
}

static enum status read_compression(struct copy *c, const PgQuery__DefElem *option)
{
    static const char *const NAMES[] = {"zstd", "snappy", "gzip", "lz4", "none", "uncompressed"};
    const char *text = text_of(c, option);
    for (size_t i = 0; text != NULL && i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcasecmp(text, NAMES[i]) == 0) {
            c->out->copy.compression = i == 4 ? "uncompressed" : NAMES[i];
            return STATUS_OK;
        }
    return error_set_at(c->b->err, STATUS_INVALID_PARAMETER, bind_position(c->b, option->location),
                        "unknown compression \"%s\"", text == NULL ? "" : text);
}

static enum status read_encoding(struct copy *c, const PgQuery__DefElem *option)
{
    const char *text = text_of(c, option);
    if (text != NULL && (strcasecmp(text, "utf8") == 0 || strcasecmp(text, "utf-8") == 0))
        return STATUS_OK;
    return bind_unsupported(c->b, option->location, "an encoding other than UTF8");
}

static enum status read_row_group(struct copy *c, const PgQuery__DefElem *option)
{
    const char *text = text_of(c, option);
    int64_t *rows = &c->out->copy.row_group_rows;
    if (text == NULL || int64_parse(text, strlen(text), rows, NULL) != STATUS_OK || *rows < 1)
        return fail_option(c, option, STATUS_INVALID_PARAMETER, "%s must be a positive number of rows");
    return STATUS_OK;
}

static enum status read_overwrite(struct copy *c, const PgQuery__DefElem *option, enum file_overwrite how)
{
    bool on;
    TRY(read_boolean(c, option, &on));
    if (on && c->out->copy.overwrite != FILE_FAIL_IF_EXISTS)
        return fail_option(c, option, STATUS_SYNTAX_ERROR, "OVERWRITE and APPEND exclude each other (%s)");
    if (on)
        c->out->copy.overwrite = how;
    return STATUS_OK;
}

static enum status read_option(struct copy *c, const PgQuery__DefElem *option)
{
    const char *name = option->defname;
    struct statement *out = c->out;
    if (strcmp(name, "format") == 0)
        return STATUS_OK; /* read first: see read_options */
    if (strcmp(name, "header") == 0) {
        c->has_header = true;
        return read_boolean(c, option, &out->copy.header);
    }
    if (strcmp(name, "delimiter") == 0) {
        c->has_delimiter = true;
        return read_character(c, option, &out->copy.delimiter);
    }
    if (strcmp(name, "quote") == 0) {
        c->has_quote = true;
        return read_character(c, option, &out->copy.quote);
    }
    if (strcmp(name, "escape") == 0) {
        c->has_escape = true;
        return read_character(c, option, &out->copy.escape);
    }
    if (strcmp(name, "null") == 0) {
        const char *text = text_of(c, option);
        out->copy.null_text = text == NULL ? "" : text;
        return STATUS_OK;
    }
    if (strcmp(name, "compression") == 0)
        return read_compression(c, option);
    if (strcmp(name, "encoding") == 0)
        return read_encoding(c, option);
    if (strcmp(name, "row_group_size") == 0)
        return read_row_group(c, option);
    if (strcmp(name, "overwrite") == 0)
        return read_overwrite(c, option, FILE_OVERWRITE);
    if (strcmp(name, "append") == 0)
        return read_overwrite(c, option, FILE_APPEND);
    if (strcmp(name, "partition_by") == 0)
        return bind_unsupported(c->b, option->location, "PARTITION_BY");
    if (strcmp(name, "freeze") == 0 || strncmp(name, "force_", 6) == 0)
        return bind_unsupported(c->b, option->location, "COPY option \"%s\"", name);
    return fail_option(c, option, STATUS_SYNTAX_ERROR, "option \"%s\" not recognized");
}

static enum status check_options(struct copy *c)
{
    struct statement *out = c->out;
    bool is_csv = out->copy.format == COPY_CSV;
    bool is_text = out->copy.format == COPY_TEXT;
    if (c->has_quote && !is_csv)
        return error_set(c->b->err, STATUS_FEATURE_NOT_SUPPORTED, "COPY quote available only in CSV mode");
    if (c->has_escape && !is_csv)
        return error_set(c->b->err, STATUS_FEATURE_NOT_SUPPORTED, "COPY escape available only in CSV mode");
    if ((c->has_delimiter || c->has_header) && !is_csv && !is_text)
        return error_set(c->b->err, STATUS_FEATURE_NOT_SUPPORTED, "COPY %s available only in CSV and text mode",
                         c->has_delimiter ? "delimiter" : "header");
    if (out->copy.delimiter == '\n' || out->copy.delimiter == '\r')
        return error_set(c->b->err, STATUS_INVALID_PARAMETER, "COPY delimiter cannot be newline or carriage return");
    if (is_text && strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789", out->copy.delimiter) != NULL)
        return error_set(c->b->err, STATUS_INVALID_PARAMETER, "COPY delimiter cannot be \"%c\"", out->copy.delimiter);
    if (is_csv && out->copy.delimiter == out->copy.quote)
        return error_set(c->b->err, STATUS_INVALID_PARAMETER, "COPY delimiter and quote must be different");
    if (out->copy.format == COPY_PARQUET && out->copy.path == NULL)
        return bind_unsupported_words(c->b, "parquet", "COPY of Parquet through the connection");
    return STATUS_OK;
}

/* The format that a file's name tells, where no FORMAT does. */
static enum copy_format format_of_path(const char *path)
{
    static const struct {
        const char *ending;
        enum copy_format format;
    } ENDINGS[] = {{".csv", COPY_CSV},      {".parquet", COPY_PARQUET}, {".json", COPY_JSON},
                   {".ndjson", COPY_JSON},  {".jsonl", COPY_JSON},      {".csv.gz", COPY_CSV},
                   {".json.gz", COPY_JSON}, {".csv.zst", COPY_CSV},     {".json.zst", COPY_JSON}};
    size_t size = strlen(path);
    for (size_t i = 0; i < sizeof ENDINGS / sizeof ENDINGS[0]; i++) {
        size_t ending = strlen(ENDINGS[i].ending);
        if (size >= ending && strcasecmp(path + size - ending, ENDINGS[i].ending) == 0)
            return ENDINGS[i].format;
    }
    return COPY_TEXT;
}

static enum status read_options(struct copy *c)
{
    const PgQuery__CopyStmt *tree = c->tree;
    struct statement *out = c->out;
    for (size_t i = 0; i < tree->n_options; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(tree->options[i]->def_elem->defname, tree->options[j]->def_elem->defname) == 0)
                return error_set_at(c->b->err, STATUS_SYNTAX_ERROR,
                                    bind_position(c->b, tree->options[i]->def_elem->location),
                                    "conflicting or redundant options");
        if (strcmp(tree->options[i]->def_elem->defname, "format") == 0)
            TRY(read_format(c, tree->options[i]->def_elem));
    }
    out->copy.delimiter = out->copy.format == COPY_CSV ? ',' : '\t';
    out->copy.quote = '"';
    for (size_t i = 0; i < tree->n_options; i++)
        TRY(read_option(c, tree->options[i]->def_elem));
    if (!c->has_escape)
        out->copy.escape = out->copy.quote;
    if (out->copy.null_text == NULL)
        out->copy.null_text = out->copy.format == COPY_CSV ? "" : "\\N";
    return check_options(c);
}

/* COPY t (a, b): which columns. */
static enum status bind_columns(struct copy *c, const struct relation *r)
{
    const PgQuery__CopyStmt *tree = c->tree;
    struct statement *out = c->out;
    uint32_t count = tree->n_attlist == 0 ? r->schema.column_count : (uint32_t)tree->n_attlist;
    out->copy.column_count = count;
    out->copy.columns = ARENA_ARRAY(c->b->arena, uint32_t, count + 1);
    for (uint32_t i = 0; i < count; i++) {
        out->copy.columns[i] = i;
        if (tree->n_attlist == 0)
            continue;
        const char *name = bind_string(tree->attlist[i]);
        int found = schema_find(&r->schema, name);
        if (found < 0)
            return error_set(c->b->err, STATUS_UNDEFINED_COLUMN, "column \"%s\" of relation \"%s\" does not exist",
                             name, r->name);
        for (uint32_t j = 0; j < i; j++)
            if (out->copy.columns[j] == (uint32_t)found)
                return error_set(c->b->err, STATUS_DUPLICATE_COLUMN, "column \"%s\" specified more than once", name);
        out->copy.columns[i] = (uint32_t)found;
    }
    return STATUS_OK;
}

static enum status bind_copy_from(struct copy *c)
{
    struct binder *b = c->b;
    struct relation *r;
    const PgQuery__RangeVar *name = c->tree->relation;
    TRY(bind_relation(b, name->schemaname, name->relname, name->location, false, &r));
    if (r->kind != RELATION_TABLE)
        return error_set(b->err, STATUS_WRONG_OBJECT_TYPE, "cannot copy to %s \"%s\"", relation_kind_name(r->kind),
                         r->name);
    if (c->tree->where_clause != NULL)
        return bind_unsupported_words(b, "where", "COPY FROM ... WHERE");
    TRY(bind_columns(c, r));
    c->out->kind = STATEMENT_COPY_FROM;
    c->out->copy.relation = r;
    return STATUS_OK;
}

/* COPY t TO: the columns named, of all its rows. */
static enum status bind_copy_of_relation(struct copy *c)
{
    struct binder *b = c->b;
    struct relation *r;
    struct plan *p;
    const PgQuery__RangeVar *name = c->tree->relation;
    TRY(bind_relation(b, name->schemaname, name->relname, name->location, false, &r));
    TRY(bind_scan(b, r, name->location, &p));
    TRY(bind_columns(c, r));
    struct expr **columns = ARENA_ARRAY(b->arena, struct expr *, c->out->copy.column_count + 1);
    const char **names = ARENA_ARRAY(b->arena, const char *, c->out->copy.column_count + 1);
    for (uint32_t i = 0; i < c->out->copy.column_count; i++) {
        uint32_t column = c->out->copy.columns[i];
        columns[i] = expr_column(column, r->schema.columns[column].type, b->arena);
        names[i] = r->schema.columns[column].name;
    }
    c->out->plan = bind_project(p, columns, names, c->out->copy.column_count, b->arena);
    return STATUS_OK;
}

static enum status bind_copy_to(struct copy *c)
{
    struct binder *b = c->b;
    struct statement *out = c->out;
    out->kind = STATEMENT_COPY_TO;
    if (c->tree->query == NULL)
        TRY(bind_copy_of_relation(c));
    else
        TRY(bind_query_node(b, c->tree->query, &out->plan));
    if (!b->dialect->is_subscribe)
        return STATUS_OK;
    const char *as_of;
    out->copy.subscribe = true;
    TRY(bind_subscribe_options(b, &out->copy.subscribe_snapshot, &out->copy.subscribe_progress, &as_of));
    if (as_of != NULL)
        return bind_unsupported_words(b, "as_of", "as_of in COPY (SUBSCRIBE ...)");
    if (out->copy.path != NULL)
        return bind_unsupported_words(b, "subscribe", "COPY (SUBSCRIBE ...) TO a file");
    return STATUS_OK;
}

enum status bind_copy(struct binder *b, const PgQuery__CopyStmt *tree, struct statement *out)
{
    struct copy c = {.b = b, .tree = tree, .out = out};
    out->tag = "COPY";
    if (tree->is_program)
        return bind_unsupported_words(b, "program", "COPY ... PROGRAM");
    if (tree->filename != NULL && tree->filename[0] != '\0') {
        size_t size = strlen(tree->filename);
        out->copy.path = tree->filename;
        out->copy.is_directory = tree->filename[size - 1] == '/';
        out->copy.format = format_of_path(tree->filename);
    }
    TRY(tree->is_from ? bind_copy_from(&c) : bind_copy_to(&c));
    return read_options(&c);
}
