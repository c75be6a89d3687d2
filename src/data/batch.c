/* batch.c - batches and schemas. */
#include "data/batch.h"

#include <assert.h>

int schema_find(const struct schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->column_count; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return (int)i;
    return -1;
}

void schema_copy(const struct schema *in, struct arena *arena, struct schema *out)
{
    struct column *columns = ARENA_ARRAY(arena, struct column, in->column_count);
    for (uint32_t i = 0; i < in->column_count; i++) {
        columns[i] = in->columns[i];
        if (in->columns[i].name != NULL)
            columns[i].name = arena_copy_text(arena, in->columns[i].name);
    }
    *out = (struct schema){in->column_count, columns};
}

void batch_init(struct batch *b, const struct schema *schema, struct arena *arena)
{
    *b = (struct batch){.column_count = schema->column_count};
    b->columns = ARENA_ARRAY(arena, struct vector, schema->column_count);
    for (uint32_t i = 0; i < schema->column_count; i++)
        vector_init_flat(&b->columns[i], schema->columns[i].type, BATCH_ROWS_MAX, arena);
}

/* Moves the bytes of long strings into arena; v is flat and dense. */
static void own_strings(struct vector *v, size_t count, struct arena *arena)
{
    struct string *strings = VECTOR_STRING(v);
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        if (!vector_is_valid(v, i) || vector_error(v, i) != STATUS_OK)
            strings[i] = (struct string){0}; /* not set: nothing may follow its pointer */
        else if (strings[i].size > STRING_INLINE_SIZE)
            total += strings[i].size;
    }
    if (total == 0)
        return;
    char *to = arena_alloc(arena, total);
    for (size_t i = 0; i < count; i++) {
        if (strings[i].size <= STRING_INLINE_SIZE)
            continue;
        memcpy(to, strings[i].data, strings[i].size);
        strings[i].data = to;
        to += strings[i].size;
    }
}

/* A flat vector is shown as it is by vector_flatten; a copy must not share it. */
static void copy_column(const struct vector *in, const struct batch *b, struct arena *arena, struct vector *out)
{
    if (in->values == NULL) {
        *out = (struct vector){.type = in->type};
        return;
    }
    uint32_t count = batch_rows(b);
    if (b->selection != NULL) {
        vector_gather(in, b->selection, count, arena, out);
    } else {
        vector_flatten(in, count, arena, out);
        if (in->form == VECTOR_FLAT) {
            size_t size = count * type_size(in->type);
            out->values = memcpy(arena_alloc(arena, size), in->values, size);
        }
        if (in->form != VECTOR_CONSTANT && in->validity != NULL) {
            size_t size = (count + 63) / 64 * 8;
            out->validity = memcpy(arena_alloc(arena, size), in->validity, size);
        }
        if (in->form != VECTOR_CONSTANT && in->errors != NULL)
            out->errors = memcpy(arena_alloc(arena, count), in->errors, count);
    }
    if (type_is_string(in->type))
        own_strings(out, count, arena);
}

void batch_copy(const struct batch *in, struct arena *arena, struct batch *out)
{
    uint32_t count = batch_rows(in);
    struct batch copy = {.row_count = count, .column_count = in->column_count};
    copy.columns = ARENA_ARRAY(arena, struct vector, in->column_count);
    for (uint32_t i = 0; i < in->column_count; i++)
        copy_column(&in->columns[i], in, arena, &copy.columns[i]);
    if (in->weights != NULL) {
        int64_t *weights = arena_alloc(arena, count * sizeof *weights);
        for (uint32_t i = 0; i < count; i++)
            weights[i] = in->weights[batch_row(in, i)];
        copy.weights = weights;
    }
    *out = copy;
}

void batch_unref(struct batch *b)
{
    for (uint32_t i = 0; i < b->slab_count; i++)
        slab_unref(b->slabs[i]);
    b->slab_count = 0;
}

void batch_add_slab(struct batch *b, struct slab *slab)
{
    for (uint32_t i = 0; i < b->slab_count; i++)
        if (b->slabs[i] == slab)
            return;
    assert(b->slab_count < BATCH_SLABS_MAX);
    b->slabs[b->slab_count++] = slab_ref(slab);
}
