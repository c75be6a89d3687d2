/* jsonb.c - the canonical text of jsonb: names sorted by length, then bytes; of equal names the last; numbers as numeric prints. */
#include <stdlib.h>

#include "data/json_text.h"
#include "data/numeric.h"
#include "data/text.h"

static int compare_names(const void *a, const void *b)
{
    const struct json_member *x = a, *y = b;
    if (x->name.size != y->name.size)
        return x->name.size < y->name.size ? -1 : 1;
    int order = bytes_compare(x->name, y->name);
    return order != 0 ? order : (x->value.count > y->value.count) - (x->value.count < y->value.count);
}

/* Sorts the members and keeps the last of each name. */
static void sort_members(struct json_value *object, struct arena *arena)
{
    /* positions stand in for the values' counts while sorting, so that equal names stay in order */
    struct json_value *values = ARENA_ARRAY(arena, struct json_value, object->count);
    for (size_t i = 0; i < object->count; i++) {
        values[i] = object->members[i].value;
        object->members[i].value.count = i;
    }
    if (object->count != 0)
        qsort(object->members, object->count, sizeof *object->members, compare_names);
    size_t kept = 0;
    for (size_t i = 0; i < object->count; i++) {
        struct json_member *m = &object->members[i];
        if (i + 1 < object->count && bytes_equal(m->name, m[1].name))
            continue;
        object->members[kept] = (struct json_member){m->name, values[m->value.count]};
        kept++;
    }
    object->count = kept;
}

static enum status put_number(struct bytes text, struct arena *arena, struct buffer *out, struct error *err)
{
    struct string v;
    TRY(numeric_parse((const char *)text.data, text.size, type_of(TYPE_NUMERIC), arena, &v, err));
    numeric_format(type_of(TYPE_NUMERIC), &v, out);
    return STATUS_OK;
}

static enum status put_value(struct json_value *v, struct arena *arena, struct buffer *out, struct error *err)
{
    switch (v->kind) {
    case JSON_NULL: buffer_put_text(out, "null"); return STATUS_OK;
    case JSON_FALSE: buffer_put_text(out, "false"); return STATUS_OK;
    case JSON_TRUE: buffer_put_text(out, "true"); return STATUS_OK;
    case JSON_NUMBER: return put_number(v->text, arena, out, err);
    case JSON_STRING: json_put_string(out, v->text); return STATUS_OK;
    case JSON_OBJECT: sort_members(v, arena); break;
    case JSON_ARRAY: break;
    }
    buffer_put_u8(out, v->kind == JSON_OBJECT ? '{' : '[');
    for (size_t i = 0; i < v->count; i++) {
        if (i > 0)
            buffer_put(out, ", ", 2);
        if (v->kind == JSON_OBJECT) {
            json_put_string(out, v->members[i].name);
            buffer_put(out, ": ", 2);
        }
        TRY(put_value(&v->members[i].value, arena, out, err));
    }
    buffer_put_u8(out, v->kind == JSON_OBJECT ? '}' : ']');
    return STATUS_OK;
}

enum status jsonb_normalize(const char *text, size_t size, struct arena *arena, struct string *out, struct error *err)
{
    struct json_value v;
    TRY(json_text_parse(text, size, arena, &v, err));
    struct buffer canonical = {0};
    enum status st = put_value(&v, arena, &canonical, err);
    if (st == STATUS_OK && canonical.size > UINT32_MAX)
        st = error_set(err, STATUS_LIMIT_EXCEEDED, "a jsonb of %zu bytes is too long", canonical.size);
    if (st == STATUS_OK)
        *out = string_make(canonical.size <= STRING_INLINE_SIZE ? (const char *)canonical.data
                                                                : arena_copy_bytes(arena, buffer_bytes(&canonical)),
                           canonical.size);
    buffer_clear(&canonical);
    return st;
}
