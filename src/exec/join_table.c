/* join_table.c - making the table, on one thread. */
#include "exec/join_table.h"

#include <assert.h>

struct join_table *join_table_create(const struct plan *plan, struct budget *budget, struct arena *arena)
{
    struct join_table *t = ARENA_NEW(arena, struct join_table);
    t->plan = plan;
    t->arena = arena_create();
    t->charge = (struct charge){.budget = budget, .holder = "build side of a join"};
    return t;
}

void join_table_clear(struct join_table *t)
{
    hash_table_clear(&t->index);
    allocator_clear(&t->memory);
    charge_clear(&t->charge);
    arena_destroy(t->arena);
    t->arena = NULL;
}

size_t join_table_size(const struct join_table *t)
{
    return t->arena == NULL ? 0 : arena_size(t->arena) + t->memory.held_size + hash_table_size(&t->index);
}

/* Appends one dense flat column to another at row `at`. */
static void append_column(const struct vector *from, uint32_t count, struct vector *to, uint32_t at, uint32_t room, struct arena *arena)
{
    size_t size = type_size(to->type);
    if (from->values == NULL)
        return; /* nobody reads it, and it was cleared */
    memcpy((char *)to->values + (size_t)at * size, from->values, count * size);
    for (uint32_t i = 0; from->validity != NULL && i < count; i++)
        if (!bit_get(from->validity, i))
            vector_set_null(to, at + i, room, arena);
    for (uint32_t i = 0; from->errors != NULL && i < count; i++)
        if (from->errors[i] != 0)
            vector_set_error(to, at + i, (enum status)from->errors[i], room, arena);
    for (uint32_t i = 0; type_is_string(to->type) && i < count; i++) {
        struct string *s = &VECTOR_STRING(to)[at + i];
        if (s->size > STRING_INLINE_SIZE)
            s->data = memcpy(arena_alloc(arena, s->size), s->data, s->size);
    }
}

static void append_batch(struct join_table *t, const struct batch *b, uint32_t at)
{
    for (uint32_t c = 0; c < b->column_count; c++)
        append_column(&b->columns[c], b->row_count, &t->columns[c], at, t->row_count, t->arena);
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (t->weights != NULL)
            ((int64_t *)(uintptr_t)t->weights)[at + i] = batch_weight(b, i);
        if (batch_row_error(b, i) == 0)
            continue;
        if (t->row_errors == NULL)
            t->row_errors = arena_alloc_zero(t->arena, t->row_count, 1);
        t->row_errors[at + i] = b->row_errors[i];
    }
}

static void take_rows(struct join_table *t, struct row_collection *const *collections, unsigned count)
{
    const struct schema *schema = &t->plan->inputs[1]->schema;
    t->columns = ARENA_ARRAY(t->arena, struct vector, schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        vector_init_flat(&t->columns[c], schema->columns[c].type, t->row_count + 1, t->arena);
        memset(t->columns[c].values, 0, ((size_t)t->row_count + 1) * type_size(schema->columns[c].type));
    }
    bool has_weights = false;
    for (unsigned w = 0; w < count; w++)
        for (uint32_t b = 0; b < collections[w]->batch_count; b++)
            has_weights |= collections[w]->batches[b].weights != NULL;
    t->weights = has_weights ? arena_alloc(t->arena, t->row_count * sizeof *t->weights) : NULL;
    uint32_t at = 0;
    for (unsigned w = 0; w < count; w++) {
        for (uint32_t b = 0; b < collections[w]->batch_count; b++) {
            append_batch(t, &collections[w]->batches[b], at);
            at += collections[w]->batches[b].row_count;
        }
        row_collection_reset(collections[w]);
    }
}

/* Rows [at, at + count) of the columns as a batch. at is a multiple of 64. */
static struct batch slice(const struct join_table *t, uint32_t at, uint32_t count, struct vector *columns)
{
    uint32_t column_count = t->plan->inputs[1]->schema.column_count;
    for (uint32_t c = 0; c < column_count; c++) {
        columns[c] = t->columns[c];
        columns[c].values = (char *)columns[c].values + (size_t)at * type_size(columns[c].type);
        if (columns[c].validity != NULL)
            columns[c].validity += at / 64;
        if (columns[c].errors != NULL)
            columns[c].errors += at;
    }
    return (struct batch){.row_count = count, .column_count = column_count, .columns = columns};
}

static void add_bad(struct join_table *t, uint32_t row, uint8_t code)
{
    if (t->bad == NULL) {
        t->bad = arena_alloc(t->arena, t->row_count * sizeof *t->bad);
        t->bad_codes = arena_alloc(t->arena, t->row_count);
    }
    t->bad[t->bad_count] = row;
    t->bad_codes[t->bad_count++] = code;
}

/* A semi or anti join does not show the row that it met, so one in error as a whole surfaces by itself. */
static bool hides_right(const struct plan *p)
{
    return p->join.kind == JOIN_SEMI || p->join.kind == JOIN_ANTI;
}

static uint32_t drop_row_errors(struct join_table *t, uint32_t at, struct join_split *split)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < split->good_count; i++) {
        uint32_t row = at + split->good[i];
        if (hides_right(t->plan) && t->row_errors != NULL && t->row_errors[row] != 0)
            add_bad(t, row, t->row_errors[row]);
        else
            split->good[kept++] = split->good[i];
    }
    return kept;
}

static enum status index_slice(struct join_table *t, uint32_t at, struct batch *b, struct key_batch *keys, struct join_split *split,
                               struct error *err)
{
    void *payloads[BATCH_ROWS_MAX];
    uint8_t added[BATCH_ROWS_MAX];
    join_split(b, t->plan->join.right_keys, t->plan->join.key_count, t->plan->join.null_equal, split);
    for (uint32_t i = 0; i < split->bad_count; i++)
        add_bad(t, at + split->bad[i], split->codes[split->bad[i]]);
    split->good_count = drop_row_errors(t, at, split);
    b->selection = split->good;
    b->selected_count = split->good_count;
    key_batch_fill(keys, b);
    TRY(hash_table_find_or_add(&t->index, keys->hashes, &keys->keys, split->good_count, payloads, added, err));
    for (uint32_t i = 0; i < split->good_count; i++) {
        if (added[i] && keys->key_size == HASH_TABLE_VARIABLE) {
            struct bytes key = keys->keys.bytes[i];
            hash_table_set_key(&t->index, payloads[i], (struct bytes){allocator_copy(&t->memory, key.data, key.size), key.size});
        }
        uint32_t *first = payloads[i], row = at + split->good[i];
        t->next[row] = *first;
        *first = row + 1;
    }
    return STATUS_OK;
}

enum status join_table_build(struct join_table *t, struct row_collection *const *collections, unsigned count, struct error *err)
{
    int64_t rows = 0;
    for (unsigned w = 0; w < count; w++)
        rows += collections[w]->row_count;
    if (rows >= UINT32_MAX)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "more than 4 billion rows on the build side of a join");
    t->row_count = (uint32_t)rows;
    take_rows(t, collections, count);
    struct key_batch *keys = join_keys_create(t->plan, 1);
    hash_table_init(&t->index, keys->key_size, sizeof(uint32_t));
    t->next = ARENA_ARRAY(t->arena, uint32_t, t->row_count);
    struct join_split *split = ARENA_NEW(t->arena, struct join_split);
    struct vector *columns = ARENA_ARRAY(t->arena, struct vector, t->plan->inputs[1]->schema.column_count);
    enum status st = charge_cover(&t->charge, join_table_size(t), err);
    for (uint32_t at = 0; at < t->row_count && st == STATUS_OK; at += BATCH_ROWS_MAX) {
        uint32_t part = t->row_count - at < BATCH_ROWS_MAX ? t->row_count - at : BATCH_ROWS_MAX;
        struct batch b = slice(t, at, part, columns);
        st = index_slice(t, at, &b, keys, split, err);
        if (st == STATUS_OK)
            st = charge_cover(&t->charge, join_table_size(t), err);
    }
    key_batch_destroy(keys);
    return st;
}
