/* in_list.c - value IN (constants): the constants sorted once, then a binary search for each row.
 *
 * SQL's NULL rules: not found while a constant is NULL is NULL, not false.
 */
#include <stdlib.h>
#include <string.h>

#include "data/compare.h"
#include "expr/kernel.h"

struct in_list {
    uint32_t count;
    bool has_null;
    struct type type;
    char *values; /* ascending, in the type's physical form */
};

static uint32_t lower_bound(const struct in_list *list, uint32_t count, const void *value, size_t size)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (value_compare(list->type, list->values + middle * size, value) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct in_list *list, const void *value, size_t size)
{
    uint32_t at = lower_bound(list, list->count, value, size);
    char *place = list->values + at * size;
    if (at < list->count && value_compare(list->type, place, value) == 0)
        return;
    memmove(place + size, place, (list->count - at) * size);
    memcpy(place, value, size);
    list->count++;
}

struct in_list *in_list_create(struct expr **arguments, uint32_t count, struct arena *arena)
{
    struct in_list *list = ARENA_NEW(arena, struct in_list);
    list->type = arguments[0]->type;
    size_t size = type_size(list->type);
    list->values = arena_alloc_zero(arena, count, size);
    for (uint32_t i = 1; i < count; i++) {
        const struct vector *v = &arguments[i]->constant;
        if (vector_is_valid(v, 0))
            insert(list, v->values, size);
        else
            list->has_null = true;
    }
    return list;
}

static bool contains(const struct in_list *list, const void *value, size_t size)
{
    uint32_t at = lower_bound(list, list->count, value, size);
    return at < list->count && value_compare(list->type, list->values + at * size, value) == 0;
}

void in_list_evaluate(const struct expr *e, const struct vector *value, const struct batch *in,
                      struct evaluation *evaluation, struct vector *out)
{
    const struct in_list *list = e->in_list;
    size_t size = type_size(list->type);
    vector_init_flat(out, e->type, in->row_count, evaluation->arena);
    uint8_t *result = out->values;
    FOR_EACH_ROW (in, row) {
        result[row] = 0;
        if (vector_error(value, row) != STATUS_OK) {
            row_error(out, row, vector_error(value, row), in, evaluation->arena);
            continue;
        }
        bool valid = vector_is_valid(value, row);
        result[row] = valid && contains(list, (const char *)value->values + vector_slot(value, row) * size, size);
        if (!valid || (list->has_null && !result[row]))
            vector_set_null(out, row, in->row_count, evaluation->arena);
    }
}
