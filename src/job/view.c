/* view.c - a live query: a dataflow, the store of its present answer, and where its changes go.
 *
 * A view has a store unless its plan only appends and nobody reads its contents
 * (a stateless sink). The store consolidates: its changes of an epoch are what
 * dependents, sinks and subscribers get. Rows in error never enter it; they are
 * rows of <view>__errors until what caused them is retracted.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "expr/error.h"
#include "job/internal.h"

static struct column ERROR_COLUMNS[] = {{"row_text", {.id = TYPE_TEXT}, false},
                                        {"sqlstate", {.id = TYPE_TEXT}, false},
                                        {"message", {.id = TYPE_TEXT}, false}};
static const struct schema ERROR_SCHEMA = {3, ERROR_COLUMNS};

const struct schema *errors_schema(void)
{
    return &ERROR_SCHEMA;
}

/* ---- rows in error ---- */

static enum status row_status(const struct batch *rows, uint32_t row)
{
    if (rows->row_errors != NULL && rows->row_errors[row] != 0)
        return (enum status)rows->row_errors[row];
    for (uint32_t c = 0; c < rows->column_count; c++) {
        enum status st = vector_error(&rows->columns[c], row);
        if (st != STATUS_OK)
            return st;
    }
    return STATUS_OK;
}

static bool may_have_errors(const struct batch *rows)
{
    if (rows->row_errors != NULL)
        return true;
    for (uint32_t c = 0; c < rows->column_count; c++)
        if (rows->columns[c].errors != NULL)
            return true;
    return false;
}

/* The row's values that are known, as text: the same for the retraction as for the insertion. */
static void print_row(const struct batch *rows, uint32_t row, struct buffer *out)
{
    struct text_context text = {.zone = time_zone_utc()};
    for (uint32_t c = 0; c < rows->column_count; c++) {
        const struct vector *v = &rows->columns[c];
        if (c > 0)
            buffer_put_text(out, ", ");
        if (v->values == NULL || vector_error(v, row) != STATUS_OK)
            buffer_put_text(out, "error");
        else if (!vector_is_valid(v, row))
            buffer_put_text(out, "NULL");
        else
            vector_format(v, row, &text, out);
    }
}

static struct string text_in(struct arena *arena, struct bytes text)
{
    return string_make(arena_copy_bytes(arena, text), text.size);
}

static enum status apply_error_row(struct view *v, const struct batch *rows, uint32_t row, enum status st, struct error *err)
{
    if (v->errors == NULL) {
        TRY(relation_store_create(&ERROR_SCHEMA, NULL, 0, v->timeline->options.budget, &v->errors, err));
        relation_store_begin(v->errors, v->timeline->open_epoch);
    }
    struct batch one;
    struct buffer text = {0};
    struct error why = {0};
    status_ignore(row_error_status(NULL, st, &why), "st it is");
    batch_init(&one, &ERROR_SCHEMA, v->arena);
    one.row_count = 1;
    print_row(rows, row, &text);
    VECTOR_STRING(&one.columns[0])[0] = text_in(v->arena, buffer_bytes(&text));
    VECTOR_STRING(&one.columns[1])[0] = text_in(v->arena, bytes_from_text(status_sqlstate(st)));
    VECTOR_STRING(&one.columns[2])[0] = text_in(v->arena, bytes_from_text(why.message));
    buffer_clear(&text);
    int64_t weight = batch_weight(rows, row);
    one.weights = &weight;
    return relation_store_apply(v->errors, &one, err);
}

/* Takes rows in error out of rows (into *good and its selection) and puts them into the store of errors. */
static enum status split_errors(struct view *v, const struct batch *rows, uint16_t *selection, struct batch *good, struct error *err)
{
    *good = *rows;
    if (!may_have_errors(rows))
        return STATUS_OK;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch_rows(rows); i++) {
        uint32_t row = batch_row(rows, i);
        enum status st = row_status(rows, row);
        if (st == STATUS_OK)
            selection[kept++] = (uint16_t)row;
        else
            TRY(apply_error_row(v, rows, row, st, err));
    }
    good->selection = selection;
    good->selected_count = kept;
    good->row_errors = NULL;
    return STATUS_OK;
}

/* ---- output of the dataflow ---- */

static struct chunk_output *chunk_of(struct view *v, unsigned worker)
{
    int64_t chunk = v->timeline->worker_chunk[worker];
    if (chunk < 0)
        return &v->direct;
    if ((uint64_t)chunk >= v->chunk_capacity) {
        uint32_t capacity = v->chunk_capacity * 2 > (uint32_t)chunk + 16 ? v->chunk_capacity * 2 : (uint32_t)chunk + 16;
        v->chunks = memory_realloc(v->chunks, capacity * sizeof *v->chunks);
        memset(v->chunks + v->chunk_capacity, 0, (capacity - v->chunk_capacity) * sizeof *v->chunks);
        v->chunk_capacity = capacity;
    }
    if ((uint32_t)chunk >= v->chunk_count)
        v->chunk_count = (uint32_t)chunk + 1;
    return &v->chunks[chunk];
}

/* Encodes into the builders of the worker's chunk. */
static enum status encode(struct view *v, unsigned worker, const struct batch *rows, struct error *err)
{
    struct sink_writer *w = v->sink;
    mutex_lock(&v->mutex);
    struct chunk_output *chunk = chunk_of(v, worker);
    if (chunk->builders == NULL)
        chunk->builders = memory_alloc_zero((size_t)w->partition_count, sizeof *chunk->builders);
    struct record_batch_builder *builders = chunk->builders;
    bool is_direct = chunk == &v->direct;
    if (!is_direct)
        mutex_unlock(&v->mutex); /* the chunk is this worker's alone */
    enum status st = sink_writer_encode(w, worker, rows, v->timeline->open_time_us, v->timeline->open_epoch, builders, err);
    if (is_direct)
        mutex_unlock(&v->mutex);
    return st;
}

static enum status keep(struct view *v, const struct batch *rows, struct error *err)
{
    uint16_t selection[BATCH_ROWS_MAX];
    struct batch good;
    TRY(split_errors(v, rows, selection, &good, err));
    if (batch_is_empty(&good))
        return STATUS_OK;
    if (v->store != NULL)
        return relation_store_apply(v->store, &good, err);
    if (v->subscription != NULL)
        subscription_add(v->subscription, &good);
    return STATUS_OK;
}

static enum status view_write(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    struct view *v = context;
    if (batch_is_empty(rows))
        return STATUS_OK;
    if (v->store == NULL && v->sink != NULL && !may_have_errors(rows))
        return v->muted ? STATUS_OK : encode(v, worker, rows, err);
    mutex_lock(&v->mutex);
    uint16_t selection[BATCH_ROWS_MAX];
    struct batch good;
    enum status st = STATUS_OK;
    if (v->store == NULL && v->sink != NULL) {
        st = split_errors(v, rows, selection, &good, err);
        mutex_unlock(&v->mutex);
        return st != STATUS_OK || v->muted || batch_is_empty(&good) ? st : encode(v, worker, &good, err);
    }
    st = keep(v, rows, err);
    mutex_unlock(&v->mutex);
    return st;
}

/* ---- life ---- */

static enum status check_leaves(const struct plan *p, struct error *err)
{
    if (p->kind == PLAN_FILES) {
        error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, p->position, "files in a view or sink are not supported: \"%s\"", p->files.path);
        error_hint(err, "Load the file into a table with COPY FROM or INSERT INTO ... SELECT.");
        return STATUS_FEATURE_NOT_SUPPORTED;
    }
    if (p->kind == PLAN_SCAN && p->scan.relation->kind == RELATION_SYSTEM)
        return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, p->position, "system relation \"%s\" in a view or sink is not supported",
                            p->scan.relation->name);
    for (uint32_t i = 0; i < p->input_count; i++)
        TRY(check_leaves(p->inputs[i], err));
    return STATUS_OK;
}

static enum status open_sink(struct view *v, struct error *err)
{
    struct topic *topic = log_find_topic(v->timeline->options.log, v->relation->topic);
    if (topic == NULL)
        return error_set(err, STATUS_CORRUPT, "topic \"%s\" of sink \"%s\" is missing", v->relation->topic, v->relation->name);
    return sink_writer_create(v->relation, v->plan, topic, &v->sink, err);
}

enum status view_create(struct timeline *t, struct relation *relation, struct plan *plan, struct arena *plan_arena,
                        struct subscription *subscription, struct view **out, struct error *err)
{
    struct view *v = memory_alloc_zero(1, sizeof *v);
    v->timeline = t;
    v->relation = relation == NULL ? NULL : relation_ref(relation);
    v->plan = plan;
    v->subscription = subscription;
    v->arena = arena_create();
    mutex_init(&v->mutex);
    plan_infer(plan);
    enum status st = check_leaves(plan, err);
    if (st == STATUS_OK && relation != NULL && relation->kind == RELATION_SINK)
        st = open_sink(v, err);
    bool is_view = relation != NULL && relation->kind == RELATION_MATERIALIZED_VIEW;
    if (st == STATUS_OK && (is_view || !plan->append_only))
        st = relation_store_create(&plan->schema, NULL, 0, t->options.budget, &v->store, err);
    struct text_context text = {.zone = time_zone_utc()};
    if (st == STATUS_OK && relation != NULL && relation->time_zone != NULL)
        st = time_zone_find(relation->time_zone, &text.zone, err);
    struct output output = {view_write, v};
    if (st == STATUS_OK)
        st = dataflow_create(plan, t->worker_count, t->options.budget, &text, &output, &v->dataflow, err);
    if (st != STATUS_OK) {
        v->plan = NULL; /* still the caller's */
        view_destroy(v);
        return st;
    }
    v->plan_arena = plan_arena;
    *out = v;
    return STATUS_OK;
}

static void chunk_clear(struct view *v, struct chunk_output *chunk)
{
    for (int32_t p = 0; chunk->builders != NULL && p < v->sink->partition_count; p++)
        record_batch_builder_clear(&chunk->builders[p]);
    free(chunk->builders);
    chunk->builders = NULL;
}

void view_destroy(struct view *v)
{
    if (v == NULL)
        return;
    dataflow_destroy(v->dataflow);
    for (uint32_t i = 0; i < v->chunk_count; i++)
        chunk_clear(v, &v->chunks[i]);
    free(v->chunks);
    chunk_clear(v, &v->direct);
    sink_writer_destroy(v->sink);
    if (v->store != NULL)
        relation_store_destroy(v->store);
    if (v->errors != NULL)
        relation_store_destroy(v->errors);
    for (uint32_t i = 0; i < v->consumers.count; i++)
        free(v->consumers.items[i].columns);
    free(v->consumers.items);
    mutex_clear(&v->mutex);
    if (v->plan != NULL)
        plan_release(v->plan);
    arena_destroy(v->plan_arena);
    arena_destroy(v->arena);
    if (v->relation != NULL)
        relation_unref(v->relation);
    free(v);
}

static bool plan_is_stateless(const struct plan *p)
{
    if (p->kind != PLAN_SCAN && p->kind != PLAN_FILTER && p->kind != PLAN_PROJECT && p->kind != PLAN_UNION_ALL)
        return false;
    for (uint32_t i = 0; i < p->input_count; i++)
        if (!plan_is_stateless(p->inputs[i]))
            return false;
    return true;
}

bool view_is_stateless(const struct view *v)
{
    return v->store == NULL && plan_is_stateless(v->plan);
}

/* ---- the end of an epoch ---- */

static enum status deliver_changes(struct view *v, struct error *err)
{
    for (bool done = false; !done;) {
        struct batch changes = {0};
        TRY(relation_store_changes(v->store, v->arena, &changes, &done, err));
        if (batch_is_empty(&changes))
            continue;
        v->epoch = v->timeline->open_epoch;
        TRY(consumers_push(&v->consumers, 0, &changes, err));
        if (v->muted)
            continue;
        if (v->sink != NULL)
            TRY(encode(v, 0, &changes, err));
        if (v->subscription != NULL)
            subscription_add(v->subscription, &changes);
    }
    return STATUS_OK;
}

static enum status finish_encoding(struct view *v, struct error *err)
{
    struct sink_writer *w = v->sink;
    if (w->encoders[0] == NULL || w->options.envelope != ENVELOPE_UPSERT)
        return STATUS_OK;
    if (v->direct.builders == NULL)
        v->direct.builders = memory_alloc_zero((size_t)w->partition_count, sizeof *v->direct.builders);
    return record_encoder_finish(w->encoders[0], v->timeline->open_time_us / 1000, v->direct.builders, err);
}

static enum status write_sink(struct view *v, struct log_group *group, struct error *err)
{
    enum status st = STATUS_OK;
    for (uint32_t i = 0; i < v->chunk_count; i++) {
        if (st == STATUS_OK && v->chunks[i].builders != NULL)
            st = sink_writer_append(v->sink, v->timeline, group, v->chunks[i].builders, err);
        chunk_clear(v, &v->chunks[i]);
    }
    v->chunk_count = 0;
    if (st == STATUS_OK && v->direct.builders != NULL)
        st = sink_writer_append(v->sink, v->timeline, group, v->direct.builders, err);
    return st;
}

enum status view_finish(struct view *v, struct log_group *group, struct error *err)
{
    struct timeline *t = v->timeline;
    for (unsigned i = 0; i < t->worker_count; i++)
        t->worker_chunk[i] = -1;
    TRY(dataflow_finish(v->dataflow, t->options.live, err));
    if (v->store != NULL)
        TRY(deliver_changes(v, err));
    if (v->sink == NULL || v->muted)
        return STATUS_OK;
    TRY(finish_encoding(v, err));
    assert(group != NULL);
    return write_sink(v, group, err);
}
