/* value_set.c - see the header. Long strings are owned, one allocation each. */
#include "expr/value_set.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/reader.h"
#include "data/compare.h"

enum { CHUNK_ENTRIES = 256 };

struct entry {
    _Alignas(16) unsigned char value[16];
    int64_t weight;
};
struct chunk {
    uint32_t count;
    struct entry entries[CHUNK_ENTRIES];
};
struct value_set {
    struct type type;
    bool is_string;
    size_t value_size;
    size_t chunk_count, chunk_capacity;
    struct chunk **chunks; /* none is empty */
    size_t string_size;    /* bytes of owned strings */
};

void value_normalize(struct type type, const void *value, void *out)
{
    if (type.id == TYPE_FLOAT8) {
        double v;
        memcpy(&v, value, sizeof v);
        v = isnan(v) ? (double)NAN : v == 0 ? 0 : v;
        memcpy(out, &v, sizeof v);
    } else if (type.id == TYPE_FLOAT4) {
        float v;
        memcpy(&v, value, sizeof v);
        v = isnan(v) ? NAN : v == 0 ? 0 : v;
        memcpy(out, &v, sizeof v);
    } else {
        memcpy(out, value, type_size(type));
    }
}

static int interval_field_order(const struct interval *a, const struct interval *b)
{
    if (a->months != b->months)
        return a->months < b->months ? -1 : 1;
    if (a->days != b->days)
        return a->days < b->days ? -1 : 1;
    return (a->microseconds > b->microseconds) - (a->microseconds < b->microseconds);
}

int value_order(struct type type, const void *a, const void *b)
{
    int order = value_compare(type, a, b);
    if (order != 0)
        return order;
    if (type.id == TYPE_INTERVAL)
        return interval_field_order(a, b);
    if (type_is_string(type) && type.id != TYPE_TEXT && type.id != TYPE_VARCHAR) {
        order = string_compare(a, b);
        return (order > 0) - (order < 0);
    }
    return 0;
}

struct value_set *value_set_create(struct type type)
{
    struct value_set *set = memory_alloc_zero(1, sizeof *set);
    set->type = type;
    set->is_string = type_is_string(type);
    set->value_size = type_size(type);
    return set;
}

static void drop_value(struct value_set *set, struct entry *e)
{
    struct string *s = (struct string *)e->value;
    if (set->is_string && s->size > STRING_INLINE_SIZE) {
        set->string_size -= s->size;
        free((char *)s->data);
    }
}

void value_set_destroy(struct value_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->chunk_count; i++) {
        for (uint32_t j = 0; j < set->chunks[i]->count; j++)
            drop_value(set, &set->chunks[i]->entries[j]);
        free(set->chunks[i]);
    }
    free(set->chunks);
    free(set);
}

/* ---- finding ---- */

/* The last chunk whose first value is not above value, or the first one. */
static size_t find_chunk(const struct value_set *set, const void *value)
{
    size_t low = 0, high = set->chunk_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (value_order(set->type, set->chunks[middle]->entries[0].value, value) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first entry that is not below value; *found tells whether it equals. */
static uint32_t find_entry(const struct value_set *set, const struct chunk *c, const void *value, bool *found)
{
    uint32_t low = 0, high = c->count;
    *found = false;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = value_order(set->type, c->entries[middle].value, value);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- changing ---- */

static void insert_chunk(struct value_set *set, size_t at, struct chunk *c)
{
    if (set->chunk_count == set->chunk_capacity) {
        set->chunk_capacity = set->chunk_capacity == 0 ? 4 : set->chunk_capacity * 2;
        set->chunks = memory_realloc(set->chunks, set->chunk_capacity * sizeof *set->chunks);
    }
    memmove(&set->chunks[at + 1], &set->chunks[at], (set->chunk_count - at) * sizeof *set->chunks);
    set->chunks[at] = c;
    set->chunk_count++;
}

static struct chunk *chunk_create(void)
{
    struct chunk *c = aligned_alloc(16, sizeof *c);
    if (c == NULL)
        abort();
    c->count = 0;
    return c;
}

static void split_chunk(struct value_set *set, size_t at)
{
    struct chunk *full = set->chunks[at];
    struct chunk *upper = chunk_create();
    uint32_t kept = full->count / 2;
    upper->count = full->count - kept;
    memcpy(upper->entries, &full->entries[kept], upper->count * sizeof *upper->entries);
    full->count = kept;
    insert_chunk(set, at + 1, upper);
}

static void store_value(struct value_set *set, struct entry *e, const void *value)
{
    memset(e->value, 0, sizeof e->value);
    memcpy(e->value, value, set->value_size);
    struct string *s = (struct string *)e->value;
    if (set->is_string && s->size > STRING_INLINE_SIZE) {
        char *copy = memory_alloc(s->size);
        memcpy(copy, s->data, s->size);
        s->data = copy;
        set->string_size += s->size;
    }
}

static void insert_entry(struct value_set *set, size_t chunk, uint32_t at, const void *value, int64_t weight)
{
    if (set->chunks[chunk]->count == CHUNK_ENTRIES) {
        split_chunk(set, chunk);
        if (at > set->chunks[chunk]->count) {
            at -= set->chunks[chunk]->count;
            chunk++;
        }
    }
    struct chunk *c = set->chunks[chunk];
    memmove(&c->entries[at + 1], &c->entries[at], (c->count - at) * sizeof *c->entries);
    store_value(set, &c->entries[at], value);
    c->entries[at].weight = weight;
    c->count++;
}

static void remove_entry(struct value_set *set, size_t chunk, uint32_t at)
{
    struct chunk *c = set->chunks[chunk];
    drop_value(set, &c->entries[at]);
    c->count--;
    memmove(&c->entries[at], &c->entries[at + 1], (c->count - at) * sizeof *c->entries);
    if (c->count > 0)
        return;
    free(c);
    set->chunk_count--;
    memmove(&set->chunks[chunk], &set->chunks[chunk + 1], (set->chunk_count - chunk) * sizeof *set->chunks);
}

void value_set_add(struct value_set *set, const void *raw, int64_t weight)
{
    _Alignas(16) unsigned char value[16];
    if (weight == 0)
        return;
    value_normalize(set->type, raw, value);
    if (set->chunk_count == 0)
        insert_chunk(set, 0, chunk_create());
    size_t chunk = find_chunk(set, value);
    bool found;
    uint32_t at = find_entry(set, set->chunks[chunk], value, &found);
    if (!found) {
        insert_entry(set, chunk, at, value, weight);
        return;
    }
    struct entry *e = &set->chunks[chunk]->entries[at];
    e->weight += weight;
    if (e->weight == 0)
        remove_entry(set, chunk, at);
}

void value_set_merge(struct value_set *set, const struct value_set *other)
{
    for (size_t i = 0; i < other->chunk_count; i++)
        for (uint32_t j = 0; j < other->chunks[i]->count; j++)
            value_set_add(set, other->chunks[i]->entries[j].value, other->chunks[i]->entries[j].weight);
}

/* ---- looking ---- */

const void *value_set_smallest(const struct value_set *set)
{
    for (size_t i = 0; i < set->chunk_count; i++)
        for (uint32_t j = 0; j < set->chunks[i]->count; j++)
            if (set->chunks[i]->entries[j].weight > 0)
                return set->chunks[i]->entries[j].value;
    return NULL;
}

const void *value_set_largest(const struct value_set *set)
{
    for (size_t i = set->chunk_count; i-- > 0;)
        for (uint32_t j = set->chunks[i]->count; j-- > 0;)
            if (set->chunks[i]->entries[j].weight > 0)
                return set->chunks[i]->entries[j].value;
    return NULL;
}

bool value_set_is_empty(const struct value_set *set)
{
    return set->chunk_count == 0;
}

struct type value_set_type(const struct value_set *set)
{
    return set->type;
}

size_t value_set_size(const struct value_set *set)
{
    return sizeof *set + set->chunk_capacity * sizeof *set->chunks + set->chunk_count * sizeof(struct chunk) + set->string_size;
}

/* ---- serial form: type, number of entries, entries in order ---- */

static uint64_t entry_count(const struct value_set *set)
{
    uint64_t count = 0;
    for (size_t i = 0; i < set->chunk_count; i++)
        count += set->chunks[i]->count;
    return count;
}

static void put_entry(const struct value_set *set, const struct entry *e, struct buffer *out)
{
    buffer_put_varint(out, e->weight);
    if (set->is_string) {
        struct bytes bytes = string_bytes((const struct string *)e->value);
        buffer_put_uvarint(out, bytes.size);
        buffer_put_bytes(out, bytes);
    } else {
        buffer_put(out, e->value, set->value_size);
    }
}

void value_set_put(const struct value_set *set, struct buffer *out)
{
    buffer_put_u8(out, set->type.id);
    buffer_put_u8(out, set->type.precision);
    buffer_put_u16(out, (uint16_t)set->type.scale);
    buffer_put_u32(out, (uint32_t)set->type.length);
    buffer_put_uvarint(out, entry_count(set));
    for (size_t i = 0; i < set->chunk_count; i++)
        for (uint32_t j = 0; j < set->chunks[i]->count; j++)
            put_entry(set, &set->chunks[i]->entries[j], out);
}

static void get_entry(struct reader *r, struct value_set *set)
{
    _Alignas(16) unsigned char value[16] = {0};
    int64_t weight = reader_varint(r);
    if (set->is_string) {
        struct bytes bytes = reader_bytes(r, (size_t)reader_uvarint(r));
        struct string s = string_make((const char *)bytes.data, bytes.size);
        memcpy(value, &s, sizeof s);
    } else {
        struct bytes bytes = reader_bytes(r, set->value_size);
        if (bytes.data != NULL)
            memcpy(value, bytes.data, bytes.size);
    }
    if (!r->failed)
        value_set_add(set, value, weight);
}

enum status value_set_get(struct bytes *in, struct value_set **out, struct error *err)
{
    struct reader r;
    reader_init(&r, *in);
    struct type type = {.id = reader_u8(&r), .precision = reader_u8(&r)};
    type.scale = (int16_t)reader_u16(&r);
    type.length = (int32_t)reader_u32(&r);
    if (type.id == TYPE_NULL || type.id >= TYPE_COUNT)
        reader_fail(&r);
    uint64_t count = reader_uvarint(&r);
    struct value_set *set = r.failed ? NULL : value_set_create(type);
    for (uint64_t i = 0; i < count && !r.failed; i++)
        get_entry(&r, set);
    enum status st = reader_finish(&r, err, "set of values");
    if (st != STATUS_OK) {
        value_set_destroy(set);
        return st;
    }
    *in = (struct bytes){r.data + r.position, r.size - r.position};
    *out = set;
    return STATUS_OK;
}
