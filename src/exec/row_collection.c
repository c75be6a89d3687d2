/* row_collection.c - appending to and gathering from dense batches. */
#include "exec/row_collection.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

enum { FIRST_ROOM = 16 };

void row_collection_init(struct row_collection *c, const struct schema *schema)
{
    *c = (struct row_collection){.schema = schema, .arena = arena_create()};
}

void row_collection_clear(struct row_collection *c)
{
    arena_destroy(c->arena);
    free(c->batches);
    *c = (struct row_collection){0};
}

void row_collection_reset(struct row_collection *c)
{
    if (c->batch_count == 0)
        return;
    arena_reset(c->arena);
    c->batch_count = 0;
    c->room = 0;
    c->row_count = 0;
}

size_t row_collection_size(const struct row_collection *c)
{
    return (c->arena == NULL ? 0 : arena_size(c->arena)) + c->batch_capacity * sizeof *c->batches;
}

/* A new last batch for at least wanted more rows, with the columns that like has. */
static struct batch *add_batch(struct row_collection *c, const struct batch *like, uint32_t wanted)
{
    if (c->batch_count == c->batch_capacity) {
        c->batch_capacity = c->batch_capacity == 0 ? 4 : c->batch_capacity * 2;
        c->batches = memory_realloc(c->batches, c->batch_capacity * sizeof *c->batches);
    }
    uint32_t room = c->room == 0 ? FIRST_ROOM : c->room * 2;
    if (room < wanted)
        room = wanted;
    c->room = room < BATCH_ROWS_MAX ? room : BATCH_ROWS_MAX;
    struct batch *b = &c->batches[c->batch_count++];
    *b = (struct batch){.column_count = c->schema->column_count};
    b->columns = ARENA_ARRAY(c->arena, struct vector, b->column_count);
    for (uint32_t i = 0; i < b->column_count; i++) {
        if (like->columns[i].values == NULL)
            b->columns[i] = (struct vector){.type = c->schema->columns[i].type};
        else
            vector_init_flat(&b->columns[i], c->schema->columns[i].type, c->room, c->arena);
    }
    return b;
}

static bool same_columns(const struct batch *a, const struct batch *b)
{
    for (uint32_t i = 0; i < a->column_count; i++)
        if ((a->columns[i].values == NULL) != (b->columns[i].values == NULL))
            return false;
    return true;
}

#define COPY_ROWS(ctype)                                                \
    do {                                                                \
        const ctype *source = from->values;                             \
        ctype *target = (ctype *)to->values + at;                       \
        if (from->form == VECTOR_FLAT)                                  \
            for (uint32_t i = 0; i < count; i++)                        \
                target[i] = source[rows[i]];                            \
        else if (from->form == VECTOR_CONSTANT)                         \
            for (uint32_t i = 0; i < count; i++)                        \
                target[i] = source[0];                                  \
        else if (from->dictionary_size != 0)                            \
            for (uint32_t i = 0; i < count; i++)                        \
                target[i] = source[from->indexes[rows[i]]];             \
    } while (0)

static void copy_values(const struct vector *from, const uint16_t *rows, uint32_t count, struct vector *to, uint32_t at)
{
    switch (type_size(from->type)) {
    case 1: COPY_ROWS(uint8_t); break;
    case 2: COPY_ROWS(uint16_t); break;
    case 4: COPY_ROWS(uint32_t); break;
    case 8: COPY_ROWS(uint64_t); break;
    default: COPY_ROWS(struct string); break; /* 16 bytes */
    }
}

static void copy_marks(const struct vector *from, const uint16_t *rows, uint32_t count, struct vector *to, uint32_t at, uint32_t room,
                       struct arena *arena)
{
    if (from->validity != NULL)
        for (uint32_t i = 0; i < count; i++)
            if (!vector_is_valid(from, rows[i]))
                vector_set_null(to, at + i, room, arena);
    if (from->errors != NULL)
        for (uint32_t i = 0; i < count; i++)
            if (vector_error(from, rows[i]) != STATUS_OK)
                vector_set_error(to, at + i, vector_error(from, rows[i]), room, arena);
}

static void own_strings(struct vector *to, uint32_t at, uint32_t count, struct arena *arena)
{
    struct string *strings = VECTOR_STRING(to);
    for (uint32_t i = at; i < at + count; i++) {
        if (!vector_is_valid(to, i) || vector_error(to, i) != STATUS_OK)
            strings[i] = (struct string){0}; /* nothing may follow its pointer */
        else if (strings[i].size > STRING_INLINE_SIZE)
            strings[i].data = memcpy(arena_alloc(arena, strings[i].size), strings[i].data, strings[i].size);
    }
}

/* A per-row array of the batch, made at first use. */
static void *row_array(const void *present, size_t item_size, struct arena *arena, uint32_t room)
{
    return present != NULL ? (void *)(uintptr_t)present : arena_alloc_zero(arena, room, item_size);
}

static void copy_weights(const struct batch *from, const uint16_t *rows, uint32_t count, struct batch *to, struct row_collection *c)
{
    if (from->weights == NULL && to->weights == NULL)
        return;
    bool first = to->weights == NULL;
    int64_t *weights = row_array(to->weights, sizeof *weights, c->arena, c->room);
    for (uint32_t i = 0; first && i < to->row_count; i++)
        weights[i] = 1;
    for (uint32_t i = 0; i < count; i++)
        weights[to->row_count + i] = batch_weight(from, rows[i]);
    to->weights = weights;
}

static void copy_row_errors(const struct batch *from, const uint16_t *rows, uint32_t count, struct batch *to, struct row_collection *c)
{
    if (from->row_errors == NULL && to->row_errors == NULL)
        return;
    uint8_t *errors = row_array(to->row_errors, 1, c->arena, c->room);
    for (uint32_t i = 0; i < count; i++)
        errors[to->row_count + i] = from->row_errors == NULL ? 0 : from->row_errors[rows[i]];
    to->row_errors = errors;
}

static void append_to(struct row_collection *c, struct batch *to, const struct batch *from, const uint16_t *rows, uint32_t count)
{
    for (uint32_t i = 0; i < to->column_count; i++) {
        struct vector *column = &to->columns[i];
        if (column->values == NULL)
            continue;
        copy_values(&from->columns[i], rows, count, column, to->row_count);
        copy_marks(&from->columns[i], rows, count, column, to->row_count, c->room, c->arena);
        if (type_is_string(column->type))
            own_strings(column, to->row_count, count, c->arena);
    }
    copy_weights(from, rows, count, to, c);
    copy_row_errors(from, rows, count, to, c);
    to->row_count += count;
    c->row_count += count;
}

void row_collection_append_rows(struct row_collection *c, const struct batch *b, const uint16_t *rows, uint32_t count)
{
    assert(b->column_count == c->schema->column_count);
    for (uint32_t done = 0; done < count;) {
        struct batch *to = c->batch_count == 0 ? NULL : &c->batches[c->batch_count - 1];
        if (to == NULL || to->row_count == c->room || !same_columns(to, b))
            to = add_batch(c, b, count - done);
        uint32_t part = c->room - to->row_count;
        if (part > count - done)
            part = count - done;
        append_to(c, to, b, rows + done, part);
        done += part;
    }
}

void row_collection_append(struct row_collection *c, const struct batch *b)
{
    uint16_t all[BATCH_ROWS_MAX];
    if (b->selection != NULL) {
        row_collection_append_rows(c, b, b->selection, b->selected_count);
        return;
    }
    for (uint32_t i = 0; i < b->row_count; i++)
        all[i] = (uint16_t)i;
    row_collection_append_rows(c, b, all, b->row_count);
}

/* ---- gathering ---- */

struct gather {
    const struct row_collection *const *collections;
    const uint8_t *which;
    const struct row_reference *references;
    uint32_t count;
    struct arena *arena;
};

static const struct batch *referenced_batch(const struct gather *g, uint32_t i)
{
    return &g->collections[g->which == NULL ? 0 : g->which[i]]->batches[g->references[i].batch];
}

#define GATHER_ROWS(ctype)                                                                                     \
    for (uint32_t i = 0; i < g->count; i++)                                                                    \
    ((ctype *)out->values)[i] = ((const ctype *)referenced_batch(g, i)->columns[column].values)[g->references[i].row]

static void gather_column(const struct gather *g, uint32_t column, struct type type, struct vector *out)
{
    for (uint32_t i = 0; i < g->count; i++) {
        if (referenced_batch(g, i)->columns[column].values == NULL) {
            *out = (struct vector){.type = type}; /* nobody reads it */
            return;
        }
    }
    vector_init_flat(out, type, g->count, g->arena);
    switch (type_size(type)) {
    case 1: GATHER_ROWS(uint8_t); break;
    case 2: GATHER_ROWS(uint16_t); break;
    case 4: GATHER_ROWS(uint32_t); break;
    case 8: GATHER_ROWS(uint64_t); break;
    default: GATHER_ROWS(struct string); break;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        const struct vector *v = &referenced_batch(g, i)->columns[column];
        uint32_t row = g->references[i].row;
        if (!vector_is_valid(v, row))
            vector_set_null(out, i, g->count, g->arena);
        if (vector_error(v, row) != STATUS_OK)
            vector_set_error(out, i, vector_error(v, row), g->count, g->arena);
    }
}

void row_collection_gather(const struct row_collection *const *collections, const uint8_t *which,
                           const struct row_reference *references, uint32_t count, struct arena *arena, struct batch *out)
{
    struct gather g = {collections, which, references, count, arena};
    const struct schema *schema = collections[0]->schema;
    *out = (struct batch){.row_count = count, .column_count = schema->column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++)
        gather_column(&g, c, schema->columns[c].type, &out->columns[c]);
    bool has_weights = false, has_errors = false;
    for (uint32_t i = 0; i < count; i++) {
        has_weights |= referenced_batch(&g, i)->weights != NULL;
        has_errors |= referenced_batch(&g, i)->row_errors != NULL;
    }
    int64_t *weights = has_weights ? arena_alloc(arena, count * sizeof *weights) : NULL;
    uint8_t *errors = has_errors ? arena_alloc_zero(arena, count, 1) : NULL;
    for (uint32_t i = 0; i < count && (has_weights || has_errors); i++) {
        const struct batch *b = referenced_batch(&g, i);
        if (has_weights)
            weights[i] = batch_weight(b, references[i].row);
        if (has_errors && b->row_errors != NULL)
            errors[i] = b->row_errors[references[i].row];
    }
    out->weights = weights;
    out->row_errors = errors;
}
