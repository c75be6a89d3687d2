/* copy.c - COPY ... TO: a query's rows to files, or to the client. */
#include "engine/internal.h"
#include "format/copy_text.h"
#include "format/csv_writer.h"
#include "format/json_writer.h"
#include "os/clock.h"

enum { SEND_SIZE = 32 * 1024 };

/* ---- to the client ---- */

struct client_copy {
    struct work *work;
    struct buffer data;
    struct arena *arena;
    struct json_encoder *json;
    struct csv_options csv;
    struct copy_text_options text;
    int64_t rows;
};

static void put_row(struct client_copy *c, const struct batch *rows, uint32_t row)
{
    switch (c->work->statement.copy.format) {
    case COPY_JSON:
        json_encoder_put(c->json, rows, row, &c->data);
        buffer_put_u8(&c->data, '\n');
        break;
    case COPY_CSV:
        csv_put_row(&c->csv, CSV_STYLE_COPY, rows, row, &c->work->text, &c->data);
        break;
    default:
        copy_text_put_row(&c->text, rows, row, &c->work->text, &c->data);
    }
}

static enum status send(struct client_copy *c, size_t at_least, struct error *err)
{
    if (c->data.size < at_least || c->data.size == 0)
        return STATUS_OK;
    const struct receiver *r = c->work->receiver;
    TRY(r->copy_out(r->context, buffer_bytes(&c->data), err));
    buffer_reset(&c->data);
    return STATUS_OK;
}

static enum status write_client(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    struct client_copy *c = context;
    struct batch expanded;
    arena_reset(c->arena);
    TRY(expand_weights(rows, c->arena, &expanded, err));
    for (uint32_t i = 0; i < batch_rows(&expanded); i++)
        put_row(c, &expanded, batch_row(&expanded, i));
    c->rows += batch_rows(&expanded);
    return send(c, SEND_SIZE, err);
}

static enum status client_copy_open(struct work *w, const struct schema *schema, struct client_copy *c, struct error *err)
{
    const struct statement *s = &w->statement;
    const struct receiver *r = w->receiver;
    *c = (struct client_copy){.work = w};
    if (s->copy.format == COPY_PARQUET)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "COPY TO STDOUT in Parquet format is not supported");
    if (r->copy_out_begin == NULL)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "COPY TO STDOUT is not possible here");
    static const enum copy_kind KINDS[] = {COPY_KIND_TEXT, COPY_KIND_CSV, COPY_KIND_JSON, COPY_KIND_TEXT};
    TRY(r->copy_out_begin(r->context, schema->column_count, KINDS[s->copy.format], err));
    c->arena = arena_create();
    c->csv = (struct csv_options){s->copy.delimiter, s->copy.quote, s->copy.escape, s->copy.null_text, s->copy.header, false, false};
    c->text = (struct copy_text_options){s->copy.delimiter, s->copy.null_text, s->copy.header};
    if (s->copy.format == COPY_JSON)
        c->json = json_encoder_create(schema, NULL, 0);
    if (s->copy.header && s->copy.format == COPY_CSV)
        csv_put_header(&c->csv, CSV_STYLE_COPY, schema, &c->data);
    if (s->copy.header && s->copy.format == COPY_TEXT)
        copy_text_put_header(&c->text, schema, &c->data);
    return STATUS_OK;
}

static void client_copy_close(struct client_copy *c)
{
    buffer_clear(&c->data);
    arena_destroy(c->arena);
    json_encoder_destroy(c->json);
}

static enum status copy_to_client(struct work *w, const struct plan *plan, struct error *err)
{
    struct client_copy c;
    enum status st = client_copy_open(w, &plan->schema, &c, err);
    struct output output = {write_client, &c};
    if (st == STATUS_OK)
        st = run_plan(w, plan, &output, err);
    if (st == STATUS_OK)
        st = send(&c, 0, err);
    if (st == STATUS_OK)
        st = w->receiver->copy_out_end(w->receiver->context, err);
    int64_t rows = c.rows;
    client_copy_close(&c);
    return st == STATUS_OK ? complete(w, "COPY %lld", (long long)rows) : st;
}

/* ---- to files ---- */

struct file_copy {
    struct file_sink *sink;
    struct arena *arena;
};

static enum status write_file(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    struct file_copy *c = context;
    struct batch expanded;
    arena_reset(c->arena);
    TRY(expand_weights(rows, c->arena, &expanded, err));
    return file_sink_write(c->sink, &expanded, err);
}

static enum status copy_to_file(struct work *w, const struct plan *plan, struct error *err)
{
    int64_t begin = clock_monotonic_ns(), rows = 0, size = 0;
    struct file_access access = session_file_access(w->session);
    struct file_copy c = {.arena = arena_create()};
    struct output output = {write_file, &c};
    enum status st = file_sink_create(&access, &w->statement, &plan->schema, &w->text, &c.sink, err);
    if (st == STATUS_OK)
        st = run_plan(w, plan, &output, err);
    if (st == STATUS_OK)
        st = file_sink_finish(c.sink, &rows, &size, err);
    file_sink_destroy(c.sink);
    arena_destroy(c.arena);
    TRY(st);
    if (w->receiver->copied != NULL)
        w->receiver->copied(w->receiver->context, rows, size, (double)(clock_monotonic_ns() - begin) / 1e9, w->statement.copy.path);
    return complete(w, "COPY %lld", (long long)rows);
}

/* ---- COPY (SUBSCRIBE ...) TO STDOUT ---- */

static enum status run_copy_subscribe(struct work *w, struct error *err)
{
    struct live_query *q;
    struct client_copy c;
    if (w->statement.copy.path != NULL)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "COPY (SUBSCRIBE ...) goes to STDOUT only");
    TRY(live_open(w, w->statement.plan, w->statement.copy.subscribe_snapshot, w->statement.copy.subscribe_progress, &q, err));
    struct arena *arena = arena_create(); /* of the rows; c's own is emptied while they are written */
    enum status st = client_copy_open(w, live_schema(q), &c, err);
    if (st == STATUS_OK && w->receiver->flush != NULL)
        st = w->receiver->flush(w->receiver->context, err);
    while (st == STATUS_OK) {
        struct batch rows = {0};
        bool got;
        arena_reset(arena);
        st = live_next(q, w, -1, arena, &rows, &got, err);
        if (st == STATUS_OK)
            st = write_client(&c, 0, &rows, err);
        if (st == STATUS_OK)
            st = send(&c, 0, err);
        if (st == STATUS_OK && w->receiver->flush != NULL)
            st = w->receiver->flush(w->receiver->context, err);
    }
    client_copy_close(&c);
    arena_destroy(arena);
    live_close(q);
    return st;
}

enum status run_copy_to(struct work *w, struct error *err)
{
    if (w->statement.copy.subscribe)
        return run_copy_subscribe(w, err);
    struct plan *plan;
    TRY(plan_optimize(w->statement.plan, &w->text, w->arena, &plan, err));
    return w->statement.copy.path == NULL ? copy_to_client(w, plan, err) : copy_to_file(w, plan, err);
}
