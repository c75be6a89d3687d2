/* catalog.c - relations by name and by id, under one lock.
 *
 * An array in order of creation and a map by "schema.name". Names are few
 * (thousands), and look-ups by id come once per statement, so ids are searched
 * from the array by bisection: they only rise.
 */
#include "catalog/catalog.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "base/map.h"
#include "base/memory.h"
#include "catalog/near_name.h"

struct catalog {
    pthread_mutex_t lock;        /* guards all below */
    struct relation **relations; /* by rising id */
    uint32_t count;
    uint32_t capacity;
    struct map by_name;
    int64_t next_id;
    int64_t version;
};

static const char *const SEARCH_PATH[] = {"public", "leat_catalog", "pg_catalog"};

struct catalog *catalog_create(void)
{
    struct catalog *c = memory_alloc_zero(1, sizeof *c);
    pthread_mutex_init(&c->lock, NULL);
    c->next_id = 1;
    c->version = 1;
    return c;
}

void catalog_destroy(struct catalog *c)
{
    if (c == NULL)
        return;
    for (uint32_t i = 0; i < c->count; i++)
        relation_unref(c->relations[i]);
    free(c->relations);
    map_clear(&c->by_name);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Schema and name with a NUL between, which no name can hold. */
static void name_key(struct buffer *key, const char *schema_name, const char *name)
{
    buffer_reset(key);
    buffer_put(key, schema_name, strlen(schema_name) + 1);
    buffer_put_text(key, name);
}

static struct relation *find_locked(struct catalog *c, const char *schema_name, const char *name, struct buffer *key)
{
    name_key(key, schema_name, name);
    return map_get(&c->by_name, buffer_bytes(key));
}

struct relation *catalog_find(struct catalog *c, const char *schema_name, const char *name)
{
    struct buffer key = {0};
    struct relation *found = NULL;
    pthread_mutex_lock(&c->lock);
    if (schema_name != NULL)
        found = find_locked(c, schema_name, name, &key);
    for (size_t i = 0; schema_name == NULL && found == NULL && i < sizeof SEARCH_PATH / sizeof SEARCH_PATH[0]; i++)
        found = find_locked(c, SEARCH_PATH[i], name, &key);
    if (found != NULL)
        relation_ref(found);
    pthread_mutex_unlock(&c->lock);
    buffer_clear(&key);
    return found;
}

/* The index of the first relation whose id is at least id. */
static uint32_t lower_bound(const struct catalog *c, int64_t id)
{
    uint32_t low = 0;
    uint32_t high = c->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (c->relations[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct relation *catalog_find_id(struct catalog *c, int64_t id)
{
    pthread_mutex_lock(&c->lock);
    uint32_t i = lower_bound(c, id);
    struct relation *found = i < c->count && c->relations[i]->id == id ? relation_ref(c->relations[i]) : NULL;
    pthread_mutex_unlock(&c->lock);
    return found;
}

static void insert_locked(struct catalog *c, struct relation *r)
{
    if (c->count == c->capacity) {
        c->capacity = c->capacity == 0 ? 16 : c->capacity * 2;
        c->relations = memory_realloc(c->relations, c->capacity * sizeof(struct relation *));
    }
    uint32_t at = lower_bound(c, r->id);
    assert(at == c->count || c->relations[at]->id != r->id); /* ids are never used twice */
    memmove(c->relations + at + 1, c->relations + at, (c->count - at) * sizeof(struct relation *));
    c->relations[at] = r;
    c->count++;
    c->version++;
}

enum status catalog_add(struct catalog *c, struct relation *r, struct error *err)
{
    struct buffer key = {0};
    enum status st = STATUS_OK;
    pthread_mutex_lock(&c->lock);
    if (find_locked(c, r->schema_name, r->name, &key) != NULL) {
        st = error_set(err, STATUS_DUPLICATE_TABLE, "relation \"%s\" already exists", r->name);
    } else {
        if (r->id == 0)
            r->id = c->next_id;
        if (r->id >= c->next_id)
            c->next_id = r->id + 1;
        map_put(&c->by_name, buffer_bytes(&key), r);
        insert_locked(c, r);
    }
    pthread_mutex_unlock(&c->lock);
    buffer_clear(&key);
    if (st != STATUS_OK)
        relation_unref(r);
    return st;
}

enum status catalog_remove(struct catalog *c, int64_t id, struct error *err)
{
    struct relation *removed = NULL;
    struct buffer key = {0};
    pthread_mutex_lock(&c->lock);
    uint32_t at = lower_bound(c, id);
    if (at < c->count && c->relations[at]->id == id) {
        removed = c->relations[at];
        name_key(&key, removed->schema_name, removed->name);
        map_remove(&c->by_name, buffer_bytes(&key));
        c->count--;
        memmove(c->relations + at, c->relations + at + 1, (c->count - at) * sizeof(struct relation *));
        c->version++;
    }
    pthread_mutex_unlock(&c->lock);
    buffer_clear(&key);
    if (removed == NULL)
        return error_set(err, STATUS_UNDEFINED_TABLE, "relation with id %lld does not exist", (long long)id);
    relation_unref(removed);
    return STATUS_OK;
}

/* Marks what reads id, directly or through others; a replaced view may read what is newer than itself, hence the rounds. */
static uint32_t reach_locked(const struct catalog *c, int64_t id, bool *reached)
{
    uint32_t found = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = 0; i < c->count; i++) {
            const struct relation *r = c->relations[i];
            for (uint32_t d = 0; d < r->dependency_count && !reached[i]; d++) {
                uint32_t read = lower_bound(c, r->dependencies[d]);
                bool through = read < c->count && c->relations[read]->id == r->dependencies[d] && reached[read];
                reached[i] = r->dependencies[d] == id || through;
            }
            if (reached[i] && c->relations[i]->id == id)
                reached[i] = false;
        }
        uint32_t now = 0;
        for (uint32_t i = 0; i < c->count; i++)
            now += reached[i];
        changed = now != found;
        found = now;
    }
    return found;
}

/* Whether a relation still marked reads relation number i. */
static bool is_read_locked(const struct catalog *c, const bool *marked, uint32_t i)
{
    for (uint32_t j = 0; j < c->count; j++)
        for (uint32_t d = 0; marked[j] && d < c->relations[j]->dependency_count; d++)
            if (c->relations[j]->dependencies[d] == c->relations[i]->id)
                return true;
    return false;
}

struct relation **catalog_dependents(struct catalog *c, int64_t id, struct arena *arena, uint32_t *count)
{
    pthread_mutex_lock(&c->lock);
    bool *marked = ARENA_ARRAY(arena, bool, c->count + 1);
    uint32_t left = reach_locked(c, id, marked);
    struct relation **out = ARENA_ARRAY(arena, struct relation *, left + 1);
    *count = 0;
    for (uint32_t before = left + 1;
         left != before;) { /* the binder lets no cycle in; if one were there, it would be left out */
        before = left;
        for (uint32_t i = c->count; i-- > 0;)
            if (marked[i] && !is_read_locked(c, marked, i)) {
                out[(*count)++] = relation_ref(c->relations[i]);
                marked[i] = false;
                left--;
            }
    }
    pthread_mutex_unlock(&c->lock);
    return out;
}

struct relation **catalog_list(struct catalog *c, struct arena *arena, uint32_t *count)
{
    pthread_mutex_lock(&c->lock);
    struct relation **out = ARENA_ARRAY(arena, struct relation *, c->count + 1);
    for (uint32_t i = 0; i < c->count; i++)
        out[i] = relation_ref(c->relations[i]);
    *count = c->count;
    pthread_mutex_unlock(&c->lock);
    return out;
}

int64_t catalog_version(struct catalog *c)
{
    pthread_mutex_lock(&c->lock);
    int64_t version = c->version;
    pthread_mutex_unlock(&c->lock);
    return version;
}

const char *catalog_suggest(struct catalog *c, const char *name, struct arena *arena)
{
    const char *best = NULL;
    unsigned distance = 3;
    pthread_mutex_lock(&c->lock);
    for (uint32_t i = 0; i < c->count; i++)
        name_consider(name, c->relations[i]->name, &best, &distance);
    if (best != NULL)
        best = arena_copy_text(arena, best);
    pthread_mutex_unlock(&c->lock);
    return best;
}
