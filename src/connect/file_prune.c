/* file_prune.c - see the header. A comparison with NULL is never true. */
#include "connect/file_prune.h"

#include <math.h>

#include "data/compare.h"

static bool is_nan(struct type type, const void *value)
{
    float f;
    double d;
    if (type.id == TYPE_FLOAT4)
        return memcpy(&f, value, sizeof f), isnan(f);
    if (type.id == TYPE_FLOAT8)
        return memcpy(&d, value, sizeof d), isnan(d);
    return false;
}

bool statistics_are_pruned(const struct prune *p, struct type type, const struct parquet_statistics *s, int64_t row_count)
{
    if (!vector_is_valid(&p->constant, 0) || !type_equal(p->constant.type, type))
        return false;
    if (s->null_count >= 0 && s->null_count == row_count)
        return true;
    const void *constant = vector_value(&p->constant, 0);
    bool is_float = type.id == TYPE_FLOAT4 || type.id == TYPE_FLOAT8; /* NaN is above all, and not in the bounds */
    int below = s->has_minimum ? value_compare(type, constant, s->minimum) : 1; /* how constant stands to the bounds */
    int above = s->has_maximum && !is_float ? value_compare(type, constant, s->maximum) : -1;
    switch (p->operator_) {
    case PRUNE_EQUAL:
        if (is_float && s->has_maximum && !is_nan(type, constant) && value_compare(type, constant, s->maximum) > 0)
            return true;
        return below < 0 || above > 0;
    case PRUNE_LESS:
        return below <= 0;
    case PRUNE_LESS_EQUAL:
        return below < 0;
    case PRUNE_GREATER:
        return above >= 0;
    case PRUNE_GREATER_EQUAL:
        return above > 0;
    }
    return false;
}

/* Whether the folders of a file rule all its rows out. */
static bool file_is_pruned(const struct plan *node, uint32_t file)
{
    const struct file_binding *b = node->files.binding;
    for (uint32_t i = 0; i < node->files.prune_count; i++) {
        const struct prune *p = &node->files.prunes[i];
        int32_t source = b->data_columns[node->files.columns[p->column]];
        if (source >= 0)
            continue;
        const struct vector *value = file_folder_value(b, file, (uint32_t)(-1 - source));
        struct parquet_statistics s = {.null_count = vector_is_valid(value, 0) ? 0 : 1, .has_minimum = true, .has_maximum = true};
        memcpy(s.minimum, value->values, type_size(value->type));
        memcpy(s.maximum, value->values, type_size(value->type));
        if (statistics_are_pruned(p, value->type, &s, 1))
            return true;
    }
    return false;
}

uint32_t *files_left(const struct plan *node, struct arena *arena, uint32_t *count, int64_t *size)
{
    const struct file_binding *b = node->files.binding;
    uint32_t *left = ARENA_ARRAY(arena, uint32_t, b->files.count + 1);
    *count = 0;
    *size = 0;
    for (uint32_t f = 0; f < b->files.count; f++)
        if (!file_is_pruned(node, f)) {
            left[(*count)++] = f;
            *size += b->files.items[f].size;
        }
    return left;
}
