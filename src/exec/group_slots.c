/* group_slots.c - telling whether a dictionary is the one of the last batch. */
#include "exec/group_slots.h"

#include <stdlib.h>

#include "base/memory.h"

enum { CHANGES_BORNE = 8, CHANGES_RETRIED = 32, TINY_SIZE = 64 };

struct group_slots *group_slots_create(void)
{
    struct group_slots *s = memory_alloc_zero(1, sizeof *s);
    s->arena = arena_create();
    return s;
}

void group_slots_destroy(struct group_slots *s)
{
    if (s == NULL)
        return;
    arena_destroy(s->arena);
    free(s);
}

void group_slots_forget(struct group_slots *s)
{
    s->size = 0;
}

static bool same_values(const struct group_slots *s, const struct vector *v)
{
    if (s->size != v->dictionary_size || !type_equal(s->type, v->type))
        return false;
    if (!type_is_string(v->type))
        return memcmp(s->values, v->values, s->size * type_size(v->type)) == 0;
    const struct string *kept = s->values, *values = VECTOR_STRING(v);
    for (uint32_t i = 0; i < s->size; i++)
        if (!string_equal(&kept[i], &values[i]))
            return false;
    return true;
}

static void keep_values(struct group_slots *s, const struct vector *v)
{
    arena_reset(s->arena);
    s->type = v->type;
    s->size = v->dictionary_size;
    size_t size = s->size * type_size(v->type);
    s->values = memcpy(arena_alloc(s->arena, size), v->values, size);
    if (!type_is_string(v->type))
        return;
    struct string *strings = s->values;
    for (uint32_t i = 0; i < s->size; i++)
        if (strings[i].size > STRING_INLINE_SIZE)
            strings[i].data = memcpy(arena_alloc(s->arena, strings[i].size), strings[i].data, strings[i].size);
}

/* Dictionaries that are new with every batch are not worth a copy, unless they are tiny; now and then it is tried again. */
static bool is_worth_keeping(struct group_slots *s, const struct vector *v)
{
    s->change_count++;
    return s->change_count < CHANGES_BORNE || v->dictionary_size <= TINY_SIZE || s->change_count % CHANGES_RETRIED == 0;
}

bool group_slots_begin(struct group_slots *s, const struct vector *v)
{
    if (v->form != VECTOR_DICTIONARY || v->dictionary_size == 0 || v->dictionary_size > GROUP_SLOTS_MAX || v->errors != NULL)
        return false;
    if (s->size != 0 && same_values(s, v)) {
        s->change_count = 0;
        return true;
    }
    if (!is_worth_keeping(s, v))
        return false;
    keep_values(s, v);
    memset(s->groups, 0, (s->size + 1) * sizeof *s->groups);
    return true;
}
