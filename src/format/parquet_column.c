/* parquet_column.c - levels, indexes and values of a column's pages to one vector per batch.
 *
 * A batch may cross pages. Pages with indexes into the dictionary append to one
 * array of indexes; the first page without turns what there is into values.
 * Without NULLs (one run of 1s) the levels cost one comparison per batch.
 */
#include "format/parquet_column.h"

#include <assert.h>
#include <stdlib.h>

#include "format/parquet_convert.h"
#include "format/parquet_unpack.h"

/* A part of a batch that lies in one page. */
struct segment {
    uint32_t from;  /* row of the batch */
    uint32_t count; /* rows */
    uint32_t valid_count;
    uint64_t bits[BATCH_ROWS_MAX / 64 + PARQUET_PADDING / 8]; /* which rows are valid; only if valid_count < count */
};

struct filling {
    struct parquet_column *column;
    struct arena *arena;
    struct vector *out;
    uint32_t count;    /* rows of the batch */
    int64_t first_row;
    uint32_t *indexes; /* DICTIONARY so far */
};

static const struct string ZERO;                      /* of every type but one */
static const struct string NUMERIC_ZERO = {.size = 4}; /* the head of an out-of-line numeric, and no digits */

/* What stands where there is no value: kernels may look at it. */
static const void *blank_value(const struct parquet_leaf *leaf)
{
    return leaf->conversion == PARQUET_BYTES_TO_WIDE_NUMERIC ? &NUMERIC_ZERO : &ZERO;
}

static bool truncates(const struct parquet_column *c)
{
    return c->pages.reader->options.truncate_nanoseconds;
}

static enum status with_place(const struct parquet_column *c, enum status st, struct error *err)
{
    if (st != STATUS_OK)
        error_prefix(err, "\"%s\": row group %u, column %s, byte %lld: ", c->pages.reader->path, c->row_group, c->leaf->name,
                     (long long)c->pages.page_position);
    return st;
}

enum status parquet_column_init(struct parquet_column *c, const struct parquet_reader *reader, uint32_t row_group,
                                const struct parquet_leaf *leaf, struct parquet_pins *pins, void *stored,
                                struct error *err)
{
    const struct parquet_row_group *group = &reader->metadata.row_groups[row_group];
    const struct parquet_chunk *chunk = &group->chunks[leaf->chunk];
    *c = (struct parquet_column){.leaf = leaf, .row_group = row_group, .pins = pins, .stored = stored};
    c->pages.reader = reader;
    if (group->row_count == 0) /* then writers leave out pages and offsets */
        return STATUS_OK;
    enum status st = parquet_pages_init(&c->pages, reader, chunk, err);
    if (st == STATUS_OK && chunk->physical != (int32_t)leaf->physical)
        st = error_set(err, STATUS_CORRUPT, "the column chunk is stored as another type than the schema says");
    if (st == STATUS_OK && chunk->value_count != group->row_count)
        st = error_set(err, STATUS_CORRUPT, "the column has %lld values and its row group %lld rows",
                       (long long)chunk->value_count, (long long)group->row_count);
    c->rows_left = group->row_count;
    return with_place(c, st, err);
}

static void dictionary_release(struct slab *slab)
{
    arena_destroy(slab->owner);
    free(slab);
}

/* How many values a page of this size can hold at most. */
static size_t plain_count_max(const struct parquet_leaf *leaf, size_t size)
{
    if (leaf->physical == PARQUET_BOOLEAN)
        return size * 8;
    return size / (leaf->physical == PARQUET_BYTE_ARRAY ? 4 : leaf->width);
}

/* Converts count stored values, one by one once a bad one is met: it only matters if a row refers to it. */
static void dictionary_convert(struct parquet_column *c, uint32_t from, uint32_t count, struct arena *arena)
{
    struct parquet_dictionary *d = &c->dictionary;
    size_t size = type_size(c->leaf->type), stored_size = parquet_stored_size(c->leaf), bad;
    enum status st;
    const char *problem;
    uint8_t *to = (uint8_t *)d->values + from * size;
    if (parquet_convert(c->leaf, truncates(c), c->stored, count, to, arena, &bad, &st, &problem))
        return;
    for (uint32_t i = 0; i < count; i++, to += size) {
        if (parquet_convert(c->leaf, truncates(c), (uint8_t *)c->stored + i * stored_size, 1, to, arena, &bad, &st, &problem))
            continue;
        memcpy(to, blank_value(c->leaf), size);
        if (d->statuses == NULL) {
            d->statuses = arena_alloc_zero(arena, d->size, 1);
            d->problem = problem;
        }
        d->statuses[from + i] = (uint8_t)st;
    }
}

static enum status dictionary_fill(struct parquet_column *c, struct bytes body, int32_t encoding, struct arena *arena,
                                   struct error *err)
{
    if (encoding == PARQUET_PLAIN_DICTIONARY)
        encoding = PARQUET_PLAIN;
    if (encoding != PARQUET_PLAIN)
        return error_set(err, STATUS_CORRUPT, "encoding %d is not one of dictionaries", (int)encoding);
    struct parquet_dictionary *d = &c->dictionary;
    TRY(parquet_values_begin(&c->values, c->leaf, encoding, body, err));
    d->values = arena_alloc(arena, (size_t)d->size * type_size(c->leaf->type) + 16);
    memcpy(d->values, blank_value(c->leaf), 16); /* what an empty dictionary shows */
    for (uint32_t done = 0, take; done < d->size; done += take) {
        take = d->size - done < BATCH_ROWS_MAX ? d->size - done : BATCH_ROWS_MAX;
        TRY(parquet_values_read(&c->values, take, c->stored, arena, err));
        dictionary_convert(c, done, take, arena);
    }
    return STATUS_OK;
}

/* Strings point into the page's bytes: a dictionary keeps a copy of them. */
static enum status dictionary_load(struct parquet_column *c, const struct parquet_page *page, struct error *err)
{
    struct parquet_dictionary *d = &c->dictionary;
    if (d->slab != NULL)
        return error_set(err, STATUS_CORRUPT, "the column has two dictionaries");
    if (page->value_count < 0 || (size_t)page->value_count > plain_count_max(c->leaf, page->body.size))
        return error_set(err, STATUS_CORRUPT, "a dictionary of %zu bytes cannot hold %d values", page->body.size,
                         (int)page->value_count);
    struct arena *arena = arena_create();
    d->slab = slab_wrap(NULL, 0, dictionary_release, arena);
    d->size = (uint32_t)page->value_count;
    struct bytes body = page->body;
    if (type_is_string(c->leaf->type) && body.size != 0)
        body.data = memcpy(arena_alloc(arena, body.size + PARQUET_STORED_PADDING), body.data, body.size);
    return dictionary_fill(c, body, page->encoding, arena, err);
}

static enum status open_levels(struct parquet_column *c, const struct parquet_page *page, struct bytes *body,
                               struct error *err)
{
    c->has_levels = c->leaf->optional;
    if (!c->has_levels)
        return STATUS_OK;
    struct bytes levels = page->levels;
    bool reversed = !page->is_v2 && page->level_encoding == PARQUET_BIT_PACKED;
    if (!page->is_v2) {
        uint32_t size = (uint32_t)page->value_count / 8 + ((uint32_t)page->value_count % 8 != 0), head = 0;
        if (!reversed) {
            head = 4;
            if (page->level_encoding != PARQUET_RLE || body->size < 4)
                return error_set(err, STATUS_CORRUPT, "the page's definition levels are malformed");
            memcpy(&size, body->data, 4);
        }
        if (size > body->size - head)
            return error_set(err, STATUS_CORRUPT, "definition levels of %lu bytes are longer than their page",
                             (unsigned long)size);
        levels = (struct bytes){body->data + head, size};
        *body = (struct bytes){levels.data + size, body->size - head - size};
    }
    if (reversed) {
        buffer_reset(&c->level_bytes);
        parquet_rle_init_reversed(&c->levels, levels, buffer_reserve(&c->level_bytes, levels.size + PARQUET_PADDING));
    } else {
        parquet_rle_init(&c->levels, levels, 1);
    }
    return STATUS_OK;
}

static enum status open_indexes(struct parquet_column *c, struct bytes body, struct error *err)
{
    unsigned width = 0;
    if (body.size != 0) {
        width = body.data[0];
        body.data++;
        body.size--;
    }
    if (width > 32)
        return error_set(err, STATUS_CORRUPT, "dictionary indexes of %u bits", width);
    parquet_rle_init(&c->indexes, body, width);
    if (c->dictionary.slab == NULL) { /* right if all its rows are NULL */
        struct arena *arena = arena_create();
        c->dictionary.slab = slab_wrap(NULL, 0, dictionary_release, arena);
        c->dictionary.values = arena_alloc(arena, 16);
        memcpy(c->dictionary.values, blank_value(c->leaf), 16);
    }
    return STATUS_OK;
}

static enum status open_data_page(struct parquet_column *c, const struct parquet_page *page, struct error *err)
{
    if (page->value_count < 0 || page->value_count > c->rows_left)
        return error_set(err, STATUS_CORRUPT, "a page of %d rows where %lld are left", (int)page->value_count,
                         (long long)c->rows_left);
    struct bytes body = page->body;
    TRY(open_levels(c, page, &body, err));
    c->rows_left -= page->value_count;
    c->page_left = (uint32_t)page->value_count;
    c->page_is_indexes = page->encoding == PARQUET_PLAIN_DICTIONARY || page->encoding == PARQUET_RLE_DICTIONARY;
    c->page_is_pointed_into = false;
    if (c->page_is_indexes)
        return open_indexes(c, body, err);
    c->page_is_pointed_into = type_is_string(c->leaf->type) && page->encoding != PARQUET_DELTA_BYTE_ARRAY &&
                              page->encoding != PARQUET_BYTE_STREAM_SPLIT;
    return parquet_values_begin(&c->values, c->leaf, page->encoding, body, err);
}

static enum status next_data_page(struct parquet_column *c, struct error *err)
{
    if (c->page_is_pointed_into)
        parquet_pins_forget(c->pins);
    while (c->page_left == 0) {
        struct parquet_page page;
        TRY(parquet_pages_next(&c->pages, type_is_string(c->leaf->type), &page, err));
        if (page.type == -1)
            return error_set(err, STATUS_CORRUPT, "the column ends %lld rows early", (long long)c->rows_left);
        if (page.type == PARQUET_DICTIONARY_PAGE)
            TRY(dictionary_load(c, &page, err));
        else if (page.type == PARQUET_DATA_PAGE || page.type == PARQUET_DATA_PAGE_V2)
            TRY(open_data_page(c, &page, err));
    }
    return STATUS_OK;
}

static void fill_validity(struct filling *f, uint32_t from, uint32_t count)
{
    if (f->out->validity != NULL)
        for (uint32_t i = from; i < from + count; i++)
            bit_set(f->out->validity, i);
}

/* Reads the segment's levels; the vector gets a bitmap once a NULL is there. */
static enum status read_levels(struct filling *f, struct segment *s, struct error *err)
{
    struct parquet_column *c = f->column;
    s->valid_count = s->count;
    if (c->has_levels && parquet_rle_ones_ahead(&c->levels, s->count) == s->count) {
        parquet_rle_pass(&c->levels, s->count);
    } else if (c->has_levels) {
        size_t ones;
        memset(s->bits, 0, sizeof s->bits);
        if (!parquet_rle_read_bits(&c->levels, s->bits, s->count, &ones))
            return error_set(err, STATUS_CORRUPT, "the page's definition levels end early or are malformed");
        s->valid_count = (uint32_t)ones;
    }
    if (s->valid_count == s->count) {
        fill_validity(f, s->from, s->count);
        return STATUS_OK;
    }
    if (f->out->validity == NULL) {
        f->out->validity = ARENA_ARRAY(f->arena, uint64_t, (f->count + 63) / 64);
        fill_validity(f, 0, s->from);
    }
    parquet_unpack_bits((const uint8_t *)s->bits, 0, s->count, f->out->validity, s->from);
    return STATUS_OK;
}

/* Moves the values of valid rows, which stand at the segment's front, to their rows; the others become blank. size is
 * constant in each call, so that the copies are moves. */
static inline void spread_sized(uint8_t *values, const struct segment *s, const void *blank, size_t size)
{
    size_t from = s->valid_count;
    for (size_t row = s->count; row-- != 0;) {
        bool valid = bit_get(s->bits, row);
        from -= valid;
        memmove(values + row * size, valid ? values + from * size : blank, size);
    }
}

static void spread(void *values, const struct segment *s, const void *blank, size_t size)
{
    if (s->valid_count == s->count)
        return;
    switch (size) {
    case 1:
        spread_sized(values, s, blank, 1);
        break;
    case 2:
        spread_sized(values, s, blank, 2);
        break;
    case 4:
        spread_sized(values, s, blank, 4);
        break;
    case 8:
        spread_sized(values, s, blank, 8);
        break;
    default:
        assert(size == 16);
        spread_sized(values, s, blank, 16);
    }
}

/* The row group's row of the segment's n-th value. */
static long long row_of_value(const struct filling *f, const struct segment *s, size_t n)
{
    size_t row = n;
    if (s->valid_count != s->count)
        for (row = 0; row < s->count; row++)
            if (bit_get(s->bits, row) && n-- == 0)
                break;
    return (long long)(f->first_row + s->from + (int64_t)row);
}

static enum status bad_value(const struct filling *f, const struct segment *s, size_t n, enum status st,
                             const char *problem, struct error *err)
{
    return error_set(err, st, "row %lld: %s", row_of_value(f, s, n), problem);
}

static enum status check_indexes(const struct filling *f, const struct segment *s, const uint32_t *indexes,
                                 struct error *err)
{
    const struct parquet_dictionary *d = &f->column->dictionary;
    for (size_t i = 0; i < s->valid_count; i++)
        if (d->statuses[indexes[i]] != STATUS_OK)
            return bad_value(f, s, i, (enum status)d->statuses[indexes[i]], d->problem, err);
    return STATUS_OK;
}

static enum status read_indexes(struct filling *f, const struct segment *s, uint32_t *indexes, struct error *err)
{
    const struct parquet_dictionary *d = &f->column->dictionary;
    uint32_t largest = 0;
    if (!parquet_rle_read(&f->column->indexes, indexes, s->valid_count, &largest))
        return error_set(err, STATUS_CORRUPT, "the page's dictionary indexes end early or are malformed");
    if (s->valid_count != 0 && largest >= d->size)
        return error_set(err, STATUS_CORRUPT, "index %lu into a dictionary of %lu values", (unsigned long)largest,
                         (unsigned long)d->size);
    if (d->statuses != NULL)
        TRY(check_indexes(f, s, indexes, err));
    spread(indexes, s, &ZERO, sizeof *indexes);
    return STATUS_OK;
}

static void gather(const struct filling *f, const uint32_t *indexes, uint32_t from, uint32_t count)
{
    size_t size = type_size(f->out->type);
    uint8_t *to = (uint8_t *)f->out->values + from * size;
    const uint8_t *values = f->column->dictionary.values;
    for (uint32_t i = 0; i < count; i++)
        memcpy(to + i * size, values + indexes[i] * size, size);
}

static void become_flat(struct filling *f, uint32_t done)
{
    struct vector *out = f->out;
    out->form = VECTOR_FLAT;
    out->values = arena_alloc(f->arena, (size_t)f->count * type_size(out->type));
    if (f->indexes != NULL)
        gather(f, f->indexes, 0, done);
    out->indexes = f->indexes = NULL;
}

static enum status read_dictionary_segment(struct filling *f, const struct segment *s, struct error *err)
{
    struct vector *out = f->out;
    const struct parquet_dictionary *d = &f->column->dictionary;
    parquet_pins_want(f->column->pins, d->slab);
    if (s->from == 0) {
        f->indexes = arena_alloc(f->arena, (size_t)f->count * sizeof(uint32_t));
        *out = (struct vector){.type = out->type,
                               .form = VECTOR_DICTIONARY,
                               .dictionary_size = d->size == 0 ? 1 : d->size,
                               .values = d->values,
                               .indexes = f->indexes,
                               .validity = out->validity};
    }
    if (f->indexes != NULL)
        return read_indexes(f, s, f->indexes + s->from, err);
    uint32_t *indexes = arena_alloc(f->arena, (size_t)s->count * sizeof(uint32_t));
    TRY(read_indexes(f, s, indexes, err));
    gather(f, indexes, s->from, s->count);
    return STATUS_OK;
}

static enum status read_value_segment(struct filling *f, const struct segment *s, struct error *err)
{
    struct parquet_column *c = f->column;
    if (s->from == 0 || f->indexes != NULL)
        become_flat(f, s->from);
    if (c->page_is_pointed_into && c->pages.slab != NULL)
        parquet_pins_want(c->pins, c->pages.slab);
    size_t size = type_size(f->out->type), bad;
    uint8_t *to = (uint8_t *)f->out->values + s->from * size;
    if (c->leaf->conversion == PARQUET_AS_IS) {
        TRY(parquet_values_read(&c->values, s->valid_count, to, f->arena, err));
    } else {
        enum status st;
        const char *problem;
        TRY(parquet_values_read(&c->values, s->valid_count, c->stored, f->arena, err));
        if (!parquet_convert(c->leaf, truncates(c), c->stored, s->valid_count, to, f->arena, &bad, &st, &problem))
            return bad_value(f, s, bad, st, problem, err);
    }
    spread(to, s, blank_value(c->leaf), size);
    return STATUS_OK;
}

enum status parquet_column_read(struct parquet_column *c, uint32_t count, int64_t first_row, struct arena *arena,
                                struct vector *out, struct error *err)
{
    assert(count >= 1 && count <= BATCH_ROWS_MAX);
    *out = (struct vector){.type = c->leaf->type};
    struct filling f = {c, arena, out, count, first_row, NULL};
    struct segment s; /* its bits are set when they are needed */
    enum status st = STATUS_OK;
    for (uint32_t done = 0; done < count && st == STATUS_OK; done += s.count) {
        st = c->page_left == 0 ? next_data_page(c, err) : STATUS_OK;
        s.from = done;
        s.count = c->page_left < count - done ? c->page_left : count - done;
        if (st == STATUS_OK)
            st = read_levels(&f, &s, err);
        if (st == STATUS_OK)
            st = c->page_is_indexes ? read_dictionary_segment(&f, &s, err) : read_value_segment(&f, &s, err);
        c->page_left -= s.count;
    }
    return with_place(c, st, err);
}

void parquet_column_clear(struct parquet_column *c)
{
    parquet_pages_clear(&c->pages);
    parquet_values_clear(&c->values);
    buffer_clear(&c->level_bytes);
    slab_unref(c->dictionary.slab);
    c->dictionary = (struct parquet_dictionary){0};
}
