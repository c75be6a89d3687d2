/* parquet_metadata.c - decoding of FileMetaData and PageHeader (parquet.thrift), field numbers as there. */
#include "format/parquet_metadata.h"

#include "format/thrift.h"

/* The smallest encodings of a list's items, so that a short footer cannot ask for a lot of memory. */
enum { ELEMENT_SIZE_MIN = 4, ROW_GROUP_SIZE_MIN = 4, CHUNK_SIZE_MIN = 16, PAIR_SIZE_MIN = 3, COLUMNS_MAX = 1 << 20 };

static char *copy_text(struct arena *arena, struct bytes text)
{
    return arena_copy_bytes(arena, text);
}

static void parse_unit(struct reader *r, int32_t *unit)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f)) {
        *unit = f.id;
        thrift_skip(r, &f);
    }
}

static void parse_decimal(struct reader *r, struct parquet_element *e)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            e->scale = thrift_i32(r, &f);
            break;
        case 2:
            e->precision = thrift_i32(r, &f);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_time(struct reader *r, struct parquet_element *e)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        if (f.id == 1)
            e->is_utc = thrift_bool(r, &f);
        else if (f.id == 2 && thrift_is_struct(r, &f))
            parse_unit(r, &e->unit);
        else
            thrift_skip(r, &f);
}

static void parse_integer(struct reader *r, struct parquet_element *e)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        if (f.id == 1)
            e->precision = thrift_i32(r, &f);
        else if (f.id == 2)
            e->is_signed = thrift_bool(r, &f);
        else
            thrift_skip(r, &f);
}

static void parse_logical(struct reader *r, struct parquet_element *e)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f)) {
        e->logical = f.id;
        if (f.type != THRIFT_STRUCT)
            thrift_skip(r, &f);
        else if (f.id == PARQUET_LOGICAL_DECIMAL)
            parse_decimal(r, e);
        else if (f.id == PARQUET_LOGICAL_TIME || f.id == PARQUET_LOGICAL_TIMESTAMP)
            parse_time(r, e);
        else if (f.id == PARQUET_LOGICAL_INTEGER)
            parse_integer(r, e);
        else
            thrift_skip(r, &f);
    }
}

static void parse_element(struct reader *r, struct parquet_element *e)
{
    *e = (struct parquet_element){.physical = -1, .converted = PARQUET_CONVERTED_NONE};
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            e->physical = thrift_i32(r, &f);
            break;
        case 2:
            e->width = thrift_i32(r, &f);
            break;
        case 3:
            e->repetition = thrift_i32(r, &f);
            break;
        case 4:
            e->name = thrift_binary(r, &f);
            break;
        case 5:
            e->child_count = thrift_i32(r, &f);
            break;
        case 6:
            e->converted = thrift_i32(r, &f);
            break;
        case 7:
            e->scale = thrift_i32(r, &f);
            break;
        case 8:
            e->precision = thrift_i32(r, &f);
            break;
        case 10:
            if (thrift_is_struct(r, &f))
                parse_logical(r, e);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_schema(struct reader *r, const struct thrift_field *f, struct arena *arena, struct parquet_metadata *m)
{
    size_t count = thrift_list(r, f, THRIFT_STRUCT, ELEMENT_SIZE_MIN);
    if (count > COLUMNS_MAX || m->elements != NULL)
        reader_fail(r);
    if (r->failed)
        return;
    m->elements = ARENA_ARRAY(arena, struct parquet_element, count + 1);
    m->element_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        parse_element(r, &m->elements[i]);
        if (i != 0 && m->elements[i].physical >= 0)
            m->leaf_count++;
    }
}

static void parse_bounds(struct reader *r, struct parquet_bounds *b)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            b->old_maximum = thrift_binary(r, &f);
            break;
        case 2:
            b->old_minimum = thrift_binary(r, &f);
            break;
        case 3:
            b->null_count = thrift_i64(r, &f);
            break;
        case 5:
            b->maximum = thrift_binary(r, &f);
            break;
        case 6:
            b->minimum = thrift_binary(r, &f);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_chunk_metadata(struct reader *r, struct parquet_chunk *c)
{
    c->present = true;
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            c->physical = thrift_i32(r, &f);
            break;
        case 4:
            c->codec = thrift_i32(r, &f);
            break;
        case 5:
            c->value_count = thrift_i64(r, &f);
            break;
        case 7:
            c->size = thrift_i64(r, &f);
            break;
        case 9:
            c->data_page_offset = thrift_i64(r, &f);
            break;
        case 11:
            c->dictionary_page_offset = thrift_i64(r, &f);
            break;
        case 12:
            if (thrift_is_struct(r, &f))
                parse_bounds(r, &c->bounds);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_chunk(struct reader *r, struct parquet_chunk *c)
{
    *c = (struct parquet_chunk){.bounds.null_count = -1};
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            c->elsewhere = thrift_binary(r, &f).size != 0;
            break;
        case 3:
            if (thrift_is_struct(r, &f))
                parse_chunk_metadata(r, c);
            break;
        case 8:
            c->encrypted = true;
            thrift_skip(r, &f);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_chunks(struct reader *r, const struct thrift_field *f, struct arena *arena,
                         const struct parquet_metadata *m, struct parquet_row_group *g)
{
    size_t count = thrift_list(r, f, THRIFT_STRUCT, CHUNK_SIZE_MIN);
    if (count != m->leaf_count || g->chunks != NULL)
        reader_fail(r);
    if (r->failed)
        return;
    g->chunks = ARENA_ARRAY(arena, struct parquet_chunk, count + 1);
    for (size_t i = 0; i < count; i++)
        parse_chunk(r, &g->chunks[i]);
}

static void parse_row_group(struct reader *r, struct arena *arena, const struct parquet_metadata *m,
                            struct parquet_row_group *g)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        if (f.id == 1)
            parse_chunks(r, &f, arena, m, g);
        else if (f.id == 3)
            g->row_count = thrift_i64(r, &f);
        else
            thrift_skip(r, &f);
    if (g->chunks == NULL || g->row_count < 0)
        reader_fail(r);
}

static void parse_row_groups(struct reader *r, const struct thrift_field *f, struct arena *arena, struct parquet_metadata *m)
{
    size_t count = thrift_list(r, f, THRIFT_STRUCT, ROW_GROUP_SIZE_MIN);
    if (m->elements == NULL || m->row_groups != NULL) /* the schema comes first in every file */
        reader_fail(r);
    if (r->failed)
        return;
    m->row_groups = ARENA_ARRAY(arena, struct parquet_row_group, count + 1);
    m->row_group_count = (uint32_t)count;
    for (size_t i = 0; i < count && !r->failed; i++)
        parse_row_group(r, arena, m, &m->row_groups[i]);
}

static void parse_pairs(struct reader *r, const struct thrift_field *list, struct arena *arena, struct parquet_metadata *m)
{
    size_t count = thrift_list(r, list, THRIFT_STRUCT, PAIR_SIZE_MIN);
    if (r->failed)
        return;
    m->pairs = ARENA_ARRAY(arena, struct parquet_pair, count + 1);
    m->pair_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        struct bytes key = {0}, value = {0};
        struct thrift_field f = {0};
        while (thrift_next(r, &f))
            if (f.id == 1)
                key = thrift_binary(r, &f);
            else if (f.id == 2)
                value = thrift_binary(r, &f);
            else
                thrift_skip(r, &f);
        m->pairs[i] = (struct parquet_pair){copy_text(arena, key), copy_text(arena, value)};
    }
}

enum status parquet_metadata_parse(struct bytes footer, struct arena *arena, struct parquet_metadata *out,
                                   struct error *err)
{
    struct reader reader, *r = &reader;
    reader_init(r, footer);
    *out = (struct parquet_metadata){.created_by = ""};
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 2:
            parse_schema(r, &f, arena, out);
            break;
        case 3:
            out->row_count = thrift_i64(r, &f);
            break;
        case 4:
            parse_row_groups(r, &f, arena, out);
            break;
        case 5:
            parse_pairs(r, &f, arena, out);
            break;
        case 6:
            out->created_by = copy_text(arena, thrift_binary(r, &f));
            break;
        default: /* 8, encryption_algorithm: with a plain footer each column says whether it is encrypted */
            thrift_skip(r, &f);
        }
    if (r->failed)
        return error_set(err, STATUS_CORRUPT, "the footer is malformed at its byte %zu of %zu", r->position, footer.size);
    if (out->elements == NULL)
        return error_set(err, STATUS_CORRUPT, "the footer has no schema");
    return STATUS_OK;
}

static void parse_data_page(struct reader *r, struct parquet_page_header *h)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            h->value_count = thrift_i32(r, &f);
            break;
        case 2:
            h->encoding = thrift_i32(r, &f);
            break;
        case 3:
            h->level_encoding = thrift_i32(r, &f);
            break;
        default:
            thrift_skip(r, &f);
        }
}

static void parse_dictionary_page(struct reader *r, struct parquet_page_header *h)
{
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        if (f.id == 1)
            h->value_count = thrift_i32(r, &f);
        else if (f.id == 2)
            h->encoding = thrift_i32(r, &f);
        else
            thrift_skip(r, &f);
}

static void parse_data_page_v2(struct reader *r, struct parquet_page_header *h)
{
    h->is_compressed = true;
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            h->value_count = thrift_i32(r, &f);
            break;
        case 4:
            h->encoding = thrift_i32(r, &f);
            break;
        case 5:
            h->definition_size = thrift_i32(r, &f);
            break;
        case 6:
            h->repetition_size = thrift_i32(r, &f);
            break;
        case 7:
            h->is_compressed = thrift_bool(r, &f);
            break;
        default:
            thrift_skip(r, &f);
        }
}

bool parquet_page_header_parse(struct bytes in, struct parquet_page_header *h)
{
    struct reader reader, *r = &reader;
    reader_init(r, in);
    *h = (struct parquet_page_header){.type = -1, .size = -1, .decompressed_size = -1, .value_count = -1};
    struct thrift_field f = {0};
    while (thrift_next(r, &f))
        switch (f.id) {
        case 1:
            h->type = thrift_i32(r, &f);
            break;
        case 2:
            h->decompressed_size = thrift_i32(r, &f);
            break;
        case 3:
            h->size = thrift_i32(r, &f);
            break;
        case 5:
            if (thrift_is_struct(r, &f))
                parse_data_page(r, h);
            break;
        case 7:
            if (thrift_is_struct(r, &f))
                parse_dictionary_page(r, h);
            break;
        case 8:
            if (thrift_is_struct(r, &f))
                parse_data_page_v2(r, h);
            break;
        default:
            thrift_skip(r, &f);
        }
    h->header_size = r->position;
    return !r->failed;
}
