/* pending_source.c - a table as its own block sees it: the rows at the block's cut, then those that the block has written. */
#include <stdlib.h>

#include "base/memory.h"
#include "connect/table_decoder.h"
#include "engine/internal.h"

struct pending_source {
    struct source base;
    struct source *inner;
    struct relation *relation;
    uint32_t *columns, column_count;
    struct bytes *batches; /* the session's, which keeps them until COMMIT */
    uint32_t batch_count;
    _Atomic uint32_t next; /* the first that no reader has taken */
};

struct pending_reader {
    struct pending_source *source;
    struct source_reader *inner; /* NULL: at its end */
    struct table_decoder *decoder;
    struct arena *arena;
    bool is_open;
};

static void pending_reader_close(struct source_reader *reader)
{
    struct pending_reader *r = (struct pending_reader *)reader;
    if (r == NULL)
        return;
    if (r->inner != NULL)
        r->source->inner->type->close_reader(r->inner);
    table_decoder_destroy(r->decoder);
    arena_destroy(r->arena);
    free(r);
}

static enum status pending_reader_open(struct source *source, struct source_reader **out, struct error *err)
{
    struct pending_source *s = (struct pending_source *)source;
    struct pending_reader *r = memory_alloc_zero(1, sizeof *r);
    r->source = s;
    r->arena = arena_create();
    enum status st = table_decoder_create(s->relation, s->columns, s->column_count, &r->decoder, err);
    if (st == STATUS_OK)
        st = s->inner->type->open_reader(s->inner, &r->inner, err);
    if (st != STATUS_OK) {
        r->inner = NULL;
        pending_reader_close((struct source_reader *)r);
        return st;
    }
    *out = (struct source_reader *)r;
    return STATUS_OK;
}

static enum status read_pending(struct pending_reader *r, struct batch *out, bool *end, struct error *err)
{
    struct pending_source *s = r->source;
    while (out->row_count == 0) {
        if (!r->is_open) {
            uint32_t i = atomic_fetch_add(&s->next, 1);
            *end = i >= s->batch_count;
            if (*end)
                return STATUS_OK;
            TRY(table_decoder_open(r->decoder, s->batches[i], 0, 0, INT64_MAX, err));
            r->is_open = true;
        }
        bool done;
        arena_reset(r->arena);
        TRY(table_decoder_next(r->decoder, r->arena, out, NULL, &done, err));
        r->is_open = !done;
    }
    return STATUS_OK;
}

static enum status pending_read(struct source_reader *reader, struct batch *out, bool *end, struct error *err)
{
    struct pending_reader *r = (struct pending_reader *)reader;
    struct source *inner = r->source->inner;
    *end = false;
    if (r->inner != NULL) {
        TRY(inner->type->read(r->inner, out, end, err));
        if (!*end)
            return STATUS_OK;
        inner->type->close_reader(r->inner);
        r->inner = NULL;
        *end = false;
    }
    *out = (struct batch){0};
    return read_pending(r, out, end, err);
}

static void pending_destroy(struct source *source)
{
    struct pending_source *s = (struct pending_source *)source;
    if (s == NULL)
        return;
    s->inner->type->destroy(s->inner);
    relation_unref(s->relation);
    free(s->columns);
    free(s->batches);
    free(s);
}

static const struct source_type PENDING_SOURCE = {.name = "block's writes",
                                                  .open_reader = pending_reader_open,
                                                  .read = pending_read,
                                                  .close_reader = pending_reader_close,
                                                  .destroy = pending_destroy};

void pending_source_add(struct session *session, const struct plan *leaf, struct source **source)
{
    struct relation *relation = leaf->scan.relation;
    uint32_t count = 0;
    for (uint32_t i = 0; i < session->pending_count; i++)
        count += session->pending[i].relation->id == relation->id;
    if (count == 0)
        return;
    struct pending_source *s = memory_alloc_zero(1, sizeof *s);
    s->base = (struct source){.type = &PENDING_SOURCE, .single = (*source)->single, .changing = (*source)->changing, .estimated_rows = -1};
    s->inner = *source;
    s->relation = relation_ref(relation);
    s->columns = memory_alloc((leaf->scan.column_count + 1) * sizeof *s->columns);
    memcpy(s->columns, leaf->scan.columns, leaf->scan.column_count * sizeof *s->columns);
    s->column_count = leaf->scan.column_count;
    s->batches = memory_alloc(count * sizeof *s->batches);
    for (uint32_t i = 0; i < session->pending_count; i++)
        if (session->pending[i].relation->id == relation->id)
            s->batches[s->batch_count++] = buffer_bytes(&session->pending[i].bytes);
    *source = &s->base;
}
