/* parquet_reader.c - opening a file: footer, schema, statistics.
 *
 *     "PAR1"  pages...  footer (Thrift)  footer size u32 little-endian  "PAR1"
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/text.h"
#include "format/column_name.h"
#include "format/parquet_convert.h"
#include "format/parquet_file.h"
#include "format/parquet_values.h"

enum { TAIL_SIZE = 8, MAGIC_SIZE = 4, TREE_DEPTH_MAX = 64 };

static enum status read_exactly(struct parquet_reader *r, uint8_t *out, size_t size, int64_t position, struct error *err)
{
    size_t done;
    TRY(r->os->read(r->os, r->fd, out, size, position, &done, err));
    if (done != size)
        return error_set(err, STATUS_CORRUPT, "the file ends while it is read");
    return STATUS_OK;
}

/* The footer's bytes, in the reader's arena. */
static enum status read_footer(struct parquet_reader *r, struct bytes *out, struct error *err)
{
    int64_t size;
    uint8_t tail[TAIL_SIZE], head[MAGIC_SIZE];
    TRY(r->os->file_size(r->os, r->fd, &size, err));
    if (size < MAGIC_SIZE + TAIL_SIZE)
        return error_set(err, STATUS_CORRUPT, "%lld bytes are too few for a Parquet file", (long long)size);
    TRY(read_exactly(r, tail, sizeof tail, size - TAIL_SIZE, err));
    TRY(read_exactly(r, head, sizeof head, 0, err));
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return error_set(err, STATUS_FEATURE_NOT_SUPPORTED, "the file is encrypted");
    if (memcmp(tail + 4, "PAR1", 4) != 0 || memcmp(head, "PAR1", 4) != 0)
        return error_set(err, STATUS_CORRUPT, "not a Parquet file, or cut short: it lacks the magic bytes");
    uint32_t footer_size;
    memcpy(&footer_size, tail, 4);
    if (footer_size > size - MAGIC_SIZE - TAIL_SIZE)
        return error_set(err, STATUS_CORRUPT, "a footer of %lu bytes does not fit the file", (unsigned long)footer_size);
    if (footer_size > r->options.footer_size_limit)
        return error_set(err, STATUS_LIMIT_EXCEEDED, "a footer of %lu bytes exceeds the limit of %zu",
                         (unsigned long)footer_size, r->options.footer_size_limit);
    r->data_end = size - TAIL_SIZE - footer_size;
    uint8_t *footer = arena_alloc(r->arena, (size_t)footer_size + PARQUET_STORED_PADDING);
    *out = (struct bytes){footer, footer_size};
    return read_exactly(r, footer, footer_size, r->data_end, err);
}

/* Passes over the subtree at *index; counts its leaves. False if the tree is malformed. Without recursion: a stack of
 * children left to see. */
static bool skip_subtree(const struct parquet_metadata *m, uint32_t *index, uint32_t *leaf_count)
{
    int64_t left[TREE_DEPTH_MAX];
    int depth = 0;
    left[0] = 1;
    *leaf_count = 0;
    while (depth >= 0) {
        if (left[depth] == 0) {
            depth--;
            continue;
        }
        left[depth]--;
        if (*index >= m->element_count)
            return false;
        const struct parquet_element *e = &m->elements[(*index)++];
        *leaf_count += e->physical >= 0;
        if (e->physical >= 0)
            continue;
        if (e->child_count < 0 || depth + 1 == TREE_DEPTH_MAX)
            return false;
        left[++depth] = e->child_count;
    }
    return true;
}

static const char *group_refusal(const struct parquet_element *e)
{
    if (e->logical == PARQUET_LOGICAL_MAP || e->converted == PARQUET_CONVERTED_MAP || e->converted == PARQUET_CONVERTED_MAP + 1)
        return "is a map: nested columns are not supported";
    if (e->logical == PARQUET_LOGICAL_LIST || e->converted == PARQUET_CONVERTED_LIST)
        return "is a list: nested columns are not supported";
    return "is a structure: nested columns are not supported";
}

static bool resolve_column(struct parquet_reader *r, uint32_t *index, uint32_t *chunk, uint32_t column, struct map *taken)
{
    const struct parquet_element *e = &r->metadata.elements[*index];
    struct parquet_leaf *leaf = &r->leaves[column];
    uint32_t leaf_count;
    if (!skip_subtree(&r->metadata, index, &leaf_count) ||
        utf8_validate((const char *)e->name.data, e->name.size) != e->name.size)
        return false;
    *leaf = (struct parquet_leaf){.name = column_name_distinct(taken, e->name, column, r->arena),
                                  .chunk = *chunk,
                                  .type = type_of(TYPE_NULL)};
    if (e->physical < 0)
        leaf->refusal = group_refusal(e);
    else if (e->repetition == PARQUET_REPEATED)
        leaf->refusal = "is repeated: nested columns are not supported";
    else
        parquet_leaf_resolve(leaf, e, r->options.binary_as_text);
    *chunk += leaf_count;
    r->schema.columns[column] = (struct column){.name = leaf->name, .type = leaf->type,
                                                .not_null = leaf->refusal == NULL && !leaf->optional};
    return true;
}

static enum status resolve_schema(struct parquet_reader *r, struct error *err)
{
    const struct parquet_metadata *m = &r->metadata;
    int64_t count = m->element_count == 0 ? -1 : m->elements[0].child_count;
    if (count < 0 || count >= m->element_count)
        return error_set(err, STATUS_CORRUPT, "the footer's schema is malformed");
    r->schema.column_count = (uint32_t)count;
    r->schema.columns = ARENA_ARRAY(r->arena, struct column, (size_t)count + 1);
    r->leaves = ARENA_ARRAY(r->arena, struct parquet_leaf, (size_t)count + 1);
    uint32_t index = 1, chunk = 0;
    struct map taken = {0};
    bool is_good = true;
    for (uint32_t i = 0; i < count && is_good; i++)
        is_good = index < m->element_count && resolve_column(r, &index, &chunk, i, &taken);
    map_clear(&taken);
    if (!is_good)
        return error_set(err, STATUS_CORRUPT, "the footer's schema is malformed");
    if (index != m->element_count || chunk != m->leaf_count)
        return error_set(err, STATUS_CORRUPT, "the footer's schema has elements outside its tree");
    return STATUS_OK;
}

static enum status check_row_count(const struct parquet_reader *r, struct error *err)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < r->metadata.row_group_count; i++)
        if (__builtin_add_overflow(sum, r->metadata.row_groups[i].row_count, &sum))
            sum = -1;
    if (sum < 0 || sum != r->metadata.row_count)
        return error_set(err, STATUS_CORRUPT, "the footer says %lld rows, its row groups sum up to %lld",
                         (long long)r->metadata.row_count, (long long)sum);
    return STATUS_OK;
}

static enum status reader_load(struct parquet_reader *r, struct error *err)
{
    struct bytes footer;
    TRY(read_footer(r, &footer, err));
    TRY(parquet_metadata_parse(footer, r->arena, &r->metadata, err));
    TRY(resolve_schema(r, err));
    return check_row_count(r, err);
}

enum status parquet_reader_open(struct os *os, const char *path, const struct parquet_reader_options *options,
                                struct parquet_reader **out, struct error *err)
{
    *out = NULL;
    struct parquet_reader *r = memory_alloc_zero(1, sizeof *r);
    r->os = os;
    r->fd = -1;
    r->arena = arena_create();
    r->path = arena_copy_text(r->arena, path);
    if (options != NULL)
        r->options = *options;
    if (r->options.page_size_limit == 0)
        r->options.page_size_limit = (size_t)512 << 20;
    if (r->options.footer_size_limit == 0)
        r->options.footer_size_limit = (size_t)256 << 20;
    enum status st = os->open(os, path, FILE_READ, &r->fd, err);
    if (st == STATUS_OK) {
        st = reader_load(r, err);
        if (st != STATUS_OK)
            error_prefix(err, "\"%s\": ", path);
    } else {
        r->fd = -1;
    }
    if (st != STATUS_OK)
        parquet_reader_close(r);
    else
        *out = r;
    return st;
}

void parquet_reader_close(struct parquet_reader *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        r->os->close(r->os, r->fd);
    arena_destroy(r->arena);
    free(r);
}

const struct schema *parquet_reader_schema(const struct parquet_reader *r)
{
    return &r->schema;
}

const char *parquet_reader_refusal(const struct parquet_reader *r, uint32_t column)
{
    assert(column < r->schema.column_count);
    return r->leaves[column].refusal;
}

int64_t parquet_reader_rows(const struct parquet_reader *r)
{
    return r->metadata.row_count;
}

const char *parquet_reader_created_by(const struct parquet_reader *r)
{
    return r->metadata.created_by;
}

const char *parquet_reader_metadata(const struct parquet_reader *r, const char *key)
{
    for (uint32_t i = 0; i < r->metadata.pair_count; i++)
        if (strcmp(r->metadata.pairs[i].key, key) == 0)
            return r->metadata.pairs[i].value;
    return NULL;
}

uint32_t parquet_reader_metadata_count(const struct parquet_reader *r)
{
    return r->metadata.pair_count;
}

void parquet_reader_metadata_at(const struct parquet_reader *r, uint32_t index, const char **key, const char **value)
{
    assert(index < r->metadata.pair_count);
    *key = r->metadata.pairs[index].key;
    *value = r->metadata.pairs[index].value;
}

uint32_t parquet_reader_row_group_count(const struct parquet_reader *r)
{
    return r->metadata.row_group_count;
}

int64_t parquet_row_group_rows(const struct parquet_reader *r, uint32_t row_group)
{
    assert(row_group < r->metadata.row_group_count);
    return r->metadata.row_groups[row_group].row_count;
}

int64_t parquet_row_group_size(const struct parquet_reader *r, uint32_t row_group, uint32_t column)
{
    assert(row_group < r->metadata.row_group_count && column < r->schema.column_count);
    const struct parquet_leaf *leaf = &r->leaves[column];
    int64_t size = leaf->refusal != NULL ? 0 : r->metadata.row_groups[row_group].chunks[leaf->chunk].size;
    return size < 0 ? 0 : size;
}
