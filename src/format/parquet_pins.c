/* parquet_pins.c - the slabs of a batch as one slab. */
#include <stdlib.h>

#include "base/memory.h"
#include "format/parquet_column.h"

struct pin_set {
    uint32_t count;
    struct slab *slabs[];
};

void parquet_pins_want(struct parquet_pins *pins, struct slab *slab)
{
    for (uint32_t i = 0; i < pins->wanted_count; i++)
        if (pins->wanted[i] == slab)
            return;
    if (pins->wanted_count == pins->wanted_capacity) {
        pins->wanted_capacity = pins->wanted_capacity * 2 + 8;
        pins->wanted = memory_realloc(pins->wanted, pins->wanted_capacity * sizeof(struct slab *));
    }
    pins->wanted[pins->wanted_count++] = slab_ref(slab);
}

static void drop_wanted(struct parquet_pins *pins)
{
    for (uint32_t i = 0; i < pins->wanted_count; i++)
        slab_unref(pins->wanted[i]);
    pins->wanted_count = 0;
}

static void set_release(struct slab *slab)
{
    struct pin_set *set = slab->owner;
    for (uint32_t i = 0; i < set->count; i++)
        slab_unref(set->slabs[i]);
    free(set);
    free(slab);
}

static bool is_same_set(const struct parquet_pins *pins)
{
    if (pins->set == NULL)
        return false;
    const struct pin_set *set = pins->set->owner;
    return set->count == pins->wanted_count &&
           memcmp(set->slabs, pins->wanted, set->count * sizeof(struct slab *)) == 0;
}

struct slab *parquet_pins_take(struct parquet_pins *pins)
{
    if (pins->wanted_count == 0)
        return NULL;
    if (is_same_set(pins)) {
        drop_wanted(pins);
        return pins->set;
    }
    parquet_pins_forget(pins);
    size_t size = pins->wanted_count * sizeof(struct slab *);
    struct pin_set *set = memory_alloc(sizeof *set + size);
    set->count = pins->wanted_count;
    memcpy(set->slabs, pins->wanted, size); /* the references move */
    pins->wanted_count = 0;
    pins->set = slab_wrap(NULL, 0, set_release, set);
    return pins->set;
}

void parquet_pins_forget(struct parquet_pins *pins)
{
    slab_unref(pins->set);
    pins->set = NULL;
}

void parquet_pins_clear(struct parquet_pins *pins)
{
    drop_wanted(pins);
    free(pins->wanted);
    parquet_pins_forget(pins);
    *pins = (struct parquet_pins){0};
}
