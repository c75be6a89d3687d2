/* write.c - rows into tables: encoded as records, which pending.c appends at the statement's end, or keeps until COMMIT in a block. */
#include <stdlib.h>
#include <strings.h>

#include "base/memory.h"
#include "engine/internal.h"
#include "format/copy_text.h"
#include "format/csv_reader.h"
#include "format/json_lines.h"
#include "os/clock.h"

enum { FLUSH_SIZE = 512 * 1024, READ_SIZE = 1 << 20 };

struct writer {
    struct work *work;
    struct relation *relation;
    struct topic *topic;
    int32_t partition_count;
    struct record_encoder *encoder;
    struct record_batch_builder *builders;
    int32_t next_unkeyed;
    uint32_t key_batches_before; /* the session's, when the statement began */
    bool finished;
    int64_t rows;
    int64_t time_ms;
};

/* ---- the writer ---- */

static enum record_format option_format(const struct relation *r, const char *name, enum record_format otherwise)
{
    static const char *const NAMES[] = {"json", "csv", "text", "raw", "int64"};
    const char *value = relation_option(r, name);
    for (unsigned i = 0; value != NULL && i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcasecmp(value, NAMES[i]) == 0)
            return (enum record_format)i;
    return otherwise;
}

static void writer_destroy(struct writer *wr)
{
    if (wr == NULL)
        return;
    if (!wr->finished)
        pending_discard(wr->work->session); /* a block's too: it has failed, and can only roll back */
    record_encoder_destroy(wr->encoder);
    for (int32_t i = 0; wr->builders != NULL && i < wr->partition_count; i++)
        record_batch_builder_clear(&wr->builders[i]);
    free(wr->builders);
    free(wr);
}

static enum status writer_open(struct work *w, struct relation *r, struct writer **out, struct error *err)
{
    if (r->kind != RELATION_TABLE)
        return error_set(err, STATUS_WRONG_OBJECT_TYPE, "cannot insert into %s \"%s\"", relation_kind_name(r->kind), r->name);
    TRY(engine_storage(w->engine, err));
    struct topic *topic = log_find_topic(w->engine->log, r->topic);
    if (topic == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "topic \"%s\" of table \"%s\" is gone", r->topic, r->name);
    if (topic_get_options(topic)->single_writer)
        return error_set(err, STATUS_INSUFFICIENT_PRIVILEGE, "\"%s\" is written by leat alone", r->name);
    struct writer *wr = memory_alloc_zero(1, sizeof *wr);
    wr->work = w;
    wr->relation = r;
    wr->topic = topic;
    wr->key_batches_before = pending_key_batches(w->session);
    wr->partition_count = topic_get_options(topic)->partition_count;
    wr->builders = memory_alloc_zero((size_t)wr->partition_count, sizeof *wr->builders);
    wr->time_ms = clock_realtime_us() / 1000;
    const char *partitioner = relation_option(r, "partitioner");
    struct record_encoder_options options = {.format = option_format(r, "format", RECORD_JSON),
                                             .envelope = r->primary_key_count > 0 ? ENVELOPE_UPSERT : ENVELOPE_APPEND,
                                             .key_count = r->primary_key_count,
                                             .key = r->primary_key,
                                             .key_format = option_format(r, "key_format", RECORD_TEXT),
                                             .partition_count = wr->partition_count,
                                             .crc32 = partitioner != NULL && strcasecmp(partitioner, "crc32") == 0};
    enum status st = record_encoder_create(&r->schema, &options, &wr->encoder, err);
    if (st != STATUS_OK) {
        writer_destroy(wr);
        return st;
    }
    *out = wr;
    return STATUS_OK;
}

static enum status check_not_null(const struct relation *r, const struct batch *rows, struct error *err)
{
    for (uint32_t c = 0; c < r->schema.column_count; c++) {
        const struct vector *v = &rows->columns[c];
        if (!r->columns[c].not_null || v->validity == NULL)
            continue;
        for (uint32_t i = 0; i < batch_rows(rows); i++)
            if (!vector_is_valid(v, batch_row(rows, i)))
                return error_set(err, STATUS_NOT_NULL_VIOLATION, "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                                 r->columns[c].name, r->name);
    }
    return STATUS_OK;
}

static enum status check_keys(struct writer *wr, const struct batch *rows, struct error *err)
{
    const struct relation *r = wr->relation;
    if (r->primary_key_count == 0 || batch_is_empty(rows))
        return STATUS_OK;
    for (uint32_t k = 0; k < r->primary_key_count; k++)
        for (uint32_t i = 0; i < batch_rows(rows); i++)
            if (!vector_is_valid(&rows->columns[r->primary_key[k]], batch_row(rows, i)))
                return error_set(err, STATUS_NOT_NULL_VIOLATION, "null value in column \"%s\" of relation \"%s\" violates not-null constraint",
                                 r->schema.columns[r->primary_key[k]].name, r->name);
    return pending_add_keys(wr->work->session, wr->relation, rows, &wr->work->text, err);
}

static enum status writer_put(struct writer *wr, const struct batch *rows, struct error *err)
{
    TRY(check_not_null(wr->relation, rows, err));
    TRY(check_keys(wr, rows, err));
    wr->rows += batch_rows(rows);
    int32_t unkeyed = wr->next_unkeyed;
    TRY(record_encoder_put(wr->encoder, rows, wr->time_ms, 0, unkeyed, wr->builders, err));
    /* Rows of one statement go on together until they are many: a statement of a few rows is one record batch. */
    for (int32_t i = 0; i < wr->partition_count; i++)
        if (wr->builders[i].records.size >= FLUSH_SIZE)
            TRY(pending_add(wr->work->session, wr->relation, topic_partition(wr->topic, i), &wr->builders[i], err));
    if (wr->builders[unkeyed].record_count == 0)
        wr->next_unkeyed = (unkeyed + 1) % wr->partition_count;
    return STATUS_OK;
}

/* Appends (or, in a block, keeps until COMMIT). *rows: how many. */
static enum status writer_finish(struct writer *wr, int64_t *rows, struct error *err)
{
    struct session *s = wr->work->session;
    *rows = wr->rows;
    TRY(record_encoder_finish(wr->encoder, wr->time_ms, wr->builders, err));
    for (int32_t i = 0; i < wr->partition_count; i++)
        TRY(pending_add(s, wr->relation, topic_partition(wr->topic, i), &wr->builders[i], err));
    if (s->transaction != TRANSACTION_NONE)
        TRY(pending_check_keys(s, wr->key_batches_before, err)); /* told now, and looked at again at COMMIT */
    wr->finished = true;
    return s->transaction != TRANSACTION_NONE ? STATUS_OK : pending_commit(s, err);
}

/* ---- INSERT ---- */

static enum status put_rows(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    struct writer *wr = context;
    struct arena *arena = arena_create();
    struct batch expanded;
    enum status st = expand_weights(rows, arena, &expanded, err);
    if (st == STATUS_OK)
        st = writer_put(wr, &expanded, err);
    arena_destroy(arena);
    return st;
}

enum status insert_rows(struct work *w, struct relation *relation, const struct plan *plan, int64_t *rows, struct error *err)
{
    struct writer *wr;
    TRY(writer_open(w, relation, &wr, err));
    struct output output = {put_rows, wr};
    enum status st = run_plan(w, plan, &output, err);
    if (st == STATUS_OK)
        st = writer_finish(wr, rows, err);
    writer_destroy(wr);
    return st;
}

enum status run_insert(struct work *w, struct error *err)
{
    struct plan *plan;
    int64_t rows = 0;
    TRY(plan_optimize(w->statement.plan, &w->text, w->arena, &plan, err));
    TRY(insert_rows(w, w->statement.insert.relation, plan, &rows, err));
    return complete(w, "INSERT 0 %lld", (long long)rows);
}

/* ---- COPY FROM ---- */

/* One of the three text readers, behind one call. */
struct text_reader {
    enum copy_format format;
    struct csv_reader *csv;
    struct json_lines *json;
    struct copy_text_reader *text;
};

static enum status text_reader_open(const struct statement *s, const struct schema *schema, struct text_reader *out, struct error *err)
{
    out->format = s->copy.format;
    if (s->copy.format == COPY_JSON)
        return json_lines_create(schema, NULL, &out->json, err);
    struct csv_options csv = {s->copy.delimiter, s->copy.quote, s->copy.escape, s->copy.null_text, s->copy.header, false, s->copy.path == NULL};
    if (s->copy.format == COPY_CSV)
        return csv_reader_create(schema, &csv, NULL, &out->csv, err);
    struct copy_text_options text = {s->copy.delimiter, s->copy.null_text, s->copy.header};
    return copy_text_reader_create(schema, &text, NULL, &out->text, err);
}

static enum status text_reader_read(struct text_reader *r, struct bytes text, bool last, struct batch *out, struct arena *arena,
                                    size_t *consumed, struct error *err)
{
    if (r->json != NULL)
        return json_lines_read(r->json, text, last, out, arena, consumed, err);
    if (r->csv != NULL)
        return csv_reader_read(r->csv, text, last, out, arena, consumed, err);
    return copy_text_reader_read(r->text, text, last, out, arena, consumed, err);
}

static bool text_reader_is_done(const struct text_reader *r)
{
    return (r->csv != NULL && csv_reader_is_done(r->csv)) || (r->text != NULL && copy_text_reader_is_done(r->text));
}

static void text_reader_close(struct text_reader *r)
{
    csv_reader_destroy(r->csv);
    json_lines_destroy(r->json);
    copy_text_reader_destroy(r->text);
}

/* The columns that are given, as a schema; and a way to widen a batch of them to the whole relation, defaults filled in. */
static void given_schema(const struct statement *s, struct arena *arena, struct schema *out)
{
    const struct relation *r = s->copy.relation;
    out->column_count = s->copy.column_count;
    out->columns = ARENA_ARRAY(arena, struct column, s->copy.column_count + 1);
    for (uint32_t i = 0; i < s->copy.column_count; i++)
        out->columns[i] = r->schema.columns[s->copy.columns[i]];
}

static enum status widen(struct work *w, const struct batch *given, struct arena *arena, struct batch *out, struct error *err)
{
    const struct statement *s = &w->statement;
    const struct relation *r = s->copy.relation;
    struct evaluation evaluation = {.arena = arena, .text = w->text};
    *out = *given;
    out->column_count = r->schema.column_count;
    out->columns = ARENA_ARRAY(arena, struct vector, r->schema.column_count + 1);
    for (uint32_t c = 0; c < r->schema.column_count; c++) {
        vector_init_null(&out->columns[c], r->schema.columns[c].type, arena);
        if (r->columns[c].default_value != NULL)
            TRY(expr_evaluate(r->columns[c].default_value, given, &evaluation, &out->columns[c], err));
    }
    for (uint32_t i = 0; i < s->copy.column_count; i++)
        out->columns[s->copy.columns[i]] = given->columns[i];
    return STATUS_OK;
}

struct copy_from {
    struct work *work;
    struct writer *writer;
    struct text_reader reader;
    struct schema schema;
    struct arena *arena;
    struct buffer pending; /* bytes not yet consumed */
};

/* Turns what is pending into rows, as far as it goes. */
static enum status drain(struct copy_from *c, bool last, struct error *err)
{
    size_t position = 0;
    while (!text_reader_is_done(&c->reader)) {
        struct batch given, rows;
        size_t consumed = 0;
        arena_reset(c->arena);
        batch_init(&given, &c->schema, c->arena);
        given.row_count = 0;
        struct bytes text = {c->pending.data + position, c->pending.size - position};
        TRY(text_reader_read(&c->reader, text, last, &given, c->arena, &consumed, err));
        position += consumed;
        if (given.row_count == 0)
            break;
        TRY(widen(c->work, &given, c->arena, &rows, err));
        TRY(writer_put(c->writer, &rows, err));
    }
    memmove(c->pending.data, c->pending.data + position, c->pending.size - position);
    c->pending.size -= position;
    return STATUS_OK;
}

static enum status copy_from_client(struct copy_from *c, struct error *err)
{
    const struct receiver *r = c->work->receiver;
    if (r->copy_in == NULL)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "COPY FROM STDIN is not possible here");
    static const enum copy_kind KINDS[] = {COPY_KIND_TEXT, COPY_KIND_CSV, COPY_KIND_JSON, COPY_KIND_TEXT};
    TRY(r->copy_in_begin(r->context, c->schema.column_count, KINDS[c->work->statement.copy.format], err));
    for (bool end = false; !end;) {
        TRY(r->copy_in(r->context, &c->pending, &end, err));
        if (c->work->session->cancel)
            return error_set(err, STATUS_CANCELED, "canceling statement due to user request");
        TRY(drain(c, end, err));
    }
    return STATUS_OK;
}

static enum status copy_from_text_file(struct copy_from *c, const char *path, struct error *err)
{
    struct file_access access = session_file_access(c->work->session);
    struct os *os = access.os;
    int fd;
    TRY(file_access_check(&access, path, err));
    TRY(os->open(os, path, FILE_READ, &fd, err));
    enum status st = STATUS_OK;
    int64_t position = 0;
    for (bool end = false; !end && st == STATUS_OK;) {
        size_t got = 0;
        st = os->read(os, fd, buffer_reserve(&c->pending, READ_SIZE), READ_SIZE, position, &got, err);
        if (st != STATUS_OK)
            break;
        buffer_advance(&c->pending, got);
        position += (int64_t)got;
        end = got < READ_SIZE;
        st = drain(c, end, err);
    }
    os->close(os, fd);
    if (st != STATUS_OK)
        error_prefix(err, "\"%s\": ", path);
    return st;
}

/* Parquet comes in through a files plan, by column names. */
static enum status copy_from_parquet(struct copy_from *c, const char *path, struct error *err)
{
    struct work *w = c->work;
    struct plan *plan = plan_create(PLAN_FILES, 0, w->arena);
    struct file_access access = session_file_access(w->session);
    plan->files.path = path;
    plan->files.format = "parquet";
    TRY(file_source_describe(&access, plan, w->arena, err));
    struct plan *project = plan_create(PLAN_PROJECT, 1, w->arena);
    const struct relation *r = w->statement.copy.relation;
    project->inputs[0] = plan;
    project->schema = r->schema;
    project->project.expressions = ARENA_ARRAY(w->arena, struct expr *, r->schema.column_count + 1);
    for (uint32_t i = 0; i < r->schema.column_count; i++) {
        int from = schema_find(&plan->schema, r->schema.columns[i].name);
        struct expr *e = from >= 0 ? expr_column((uint32_t)from, plan->schema.columns[from].type, w->arena)
                         : r->columns[i].default_value != NULL ? r->columns[i].default_value
                                                               : expr_constant(r->schema.columns[i].type, NULL, w->arena);
        TRY(expr_cast(e, r->schema.columns[i].type, CAST_ASSIGNMENT, &w->text, w->arena, &project->project.expressions[i], err));
    }
    struct output output = {put_rows, c->writer};
    return run_plan_at(w, project, NULL, &output, err);
}

enum status run_copy_from(struct work *w, struct error *err)
{
    const struct statement *s = &w->statement;
    struct copy_from c = {.work = w, .arena = arena_create()};
    given_schema(s, w->arena, &c.schema);
    int64_t rows = 0;
    enum status st = writer_open(w, s->copy.relation, &c.writer, err);
    if (st == STATUS_OK && s->copy.format == COPY_PARQUET)
        st = copy_from_parquet(&c, s->copy.path, err);
    else if (st == STATUS_OK) {
        st = text_reader_open(s, &c.schema, &c.reader, err);
        if (st == STATUS_OK)
            st = s->copy.path == NULL ? copy_from_client(&c, err) : copy_from_text_file(&c, s->copy.path, err);
    }
    if (st == STATUS_OK)
        st = writer_finish(c.writer, &rows, err);
    writer_destroy(c.writer);
    text_reader_close(&c.reader);
    buffer_clear(&c.pending);
    arena_destroy(c.arena);
    return st == STATUS_OK ? complete(w, "COPY %lld", (long long)rows) : st;
}
