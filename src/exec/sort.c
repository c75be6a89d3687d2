/* sort.c - ORDER BY in a bounded run.
 *
 * Every instance keeps its rows and their ordered keys. At the end each sorts
 * its own: by the first eight bytes of the key with a radix sort, equal ones by
 * the whole key, and those by the whole row's key, so that the order is the same
 * for any number of workers. Then instance 0 merges.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/operators.h"
#include "exec/row_collection.h"
#include "state/charge.h"

struct sort_entry {
    uint64_t prefix; /* first bytes of the key, big-endian, so that numbers compare as the bytes do */
    uint32_t row;    /* number in order of arrival */
};
struct sort_row {
    struct row_reference at;
    uint64_t key_position; /* in keys */
    uint32_t key_size;
};
struct sort {
    struct operator op;
    const struct plan *plan;
    struct row_collection rows;
    struct buffer keys;
    struct sort_row *sorted_rows; /* by arrival; entries say the order */
    uint64_t row_capacity;
    struct sort_entry *entries;
    struct charge charge;
    bool is_sorted;
    uint64_t next_entry; /* of this instance, while instance 0 merges */
    struct buffer tie_keys[2];
};

static enum progress sort_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct sort *s = (struct sort *)op;
    (void)input;
    *out = (struct batch){0};
    uint64_t first = (uint64_t)s->rows.row_count, count = batch_rows(in);
    if (first + count > UINT32_MAX)
        return operator_progress(error_set(&op->error, STATUS_LIMIT_EXCEEDED, "more than 4 billion rows to sort"), PROGRESS_FAILED);
    if (first + count > s->row_capacity) {
        s->row_capacity = (first + count) * 2;
        s->sorted_rows = memory_realloc(s->sorted_rows, s->row_capacity * sizeof *s->sorted_rows);
    }
    for (uint32_t i = 0; i < count; i++) {
        size_t begin = s->keys.size;
        ordered_key_put(in, batch_row(in, i), s->plan->sort.keys, s->plan->sort.key_count, &s->keys);
        s->sorted_rows[first + i] = (struct sort_row){.key_position = begin, .key_size = (uint32_t)(s->keys.size - begin)};
    }
    row_collection_append(&s->rows, in);
    size_t held = row_collection_size(&s->rows) + s->keys.capacity + s->row_capacity * (sizeof *s->sorted_rows + 2 * sizeof *s->entries);
    return operator_progress(charge_cover(&s->charge, held, &op->error), PROGRESS_NEED_INPUT);
}

/* ---- sorting one instance's rows ---- */

static uint64_t key_prefix(const struct sort *s, uint64_t row)
{
    const struct sort_row *r = &s->sorted_rows[row];
    uint8_t bytes[8] = {0};
    memcpy(bytes, s->keys.data + r->key_position, r->key_size < 8 ? r->key_size : 8);
    uint64_t prefix;
    memcpy(&prefix, bytes, 8);
    return __builtin_bswap64(prefix);
}

/* Least significant byte first; bytes that are all the same are skipped. Returns the array that holds the result. */
static struct sort_entry *radix_sort(struct sort_entry *from, struct sort_entry *to, uint64_t count)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint64_t counts[256] = {0};
        for (uint64_t i = 0; i < count; i++)
            counts[from[i].prefix >> shift & 0xff]++;
        if (counts[from[0].prefix >> shift & 0xff] == count)
            continue;
        uint64_t position = 0;
        for (unsigned b = 0; b < 256; b++) {
            uint64_t next = position + counts[b];
            counts[b] = position;
            position = next;
        }
        for (uint64_t i = 0; i < count; i++)
            to[counts[from[i].prefix >> shift & 0xff]++] = from[i];
        struct sort_entry *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static struct bytes row_sort_key(const struct sort *s, uint32_t row)
{
    return (struct bytes){s->keys.data + s->sorted_rows[row].key_position, s->sorted_rows[row].key_size};
}

static void put_tie_key(struct sort *s, uint32_t row, struct buffer *out)
{
    buffer_reset(out);
    struct row_reference at = s->sorted_rows[row].at;
    ordered_key_put_row(&s->rows.batches[at.batch], at.row, out);
}

/* By whole key, then by whole row; s_a and s_b are the instances that hold a and b. */
static int compare_rows(struct sort *s_a, uint32_t a, struct sort *s_b, uint32_t b)
{
    int order = bytes_compare(row_sort_key(s_a, a), row_sort_key(s_b, b));
    if (order != 0)
        return order;
    put_tie_key(s_a, a, &s_a->tie_keys[0]);
    put_tie_key(s_b, b, &s_a->tie_keys[1]);
    return bytes_compare(buffer_bytes(&s_a->tie_keys[0]), buffer_bytes(&s_a->tie_keys[1]));
}

struct keyed_entry {
    struct sort_entry entry;
    struct bytes key, tie;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed_entry *x = a, *y = b;
    int order = bytes_compare(x->key, y->key);
    return order != 0 ? order : bytes_compare(x->tie, y->tie);
}

/* Orders entries of equal prefix by the rest of their keys and the whole rows'. */
static void sort_run(struct sort *s, struct sort_entry *entries, uint64_t count)
{
    struct keyed_entry *keyed = memory_alloc(count * sizeof *keyed);
    struct buffer ties = {0};
    for (uint64_t i = 0; i < count; i++) {
        size_t begin = ties.size;
        struct row_reference at = s->sorted_rows[entries[i].row].at;
        ordered_key_put_row(&s->rows.batches[at.batch], at.row, &ties);
        keyed[i] = (struct keyed_entry){entries[i], row_sort_key(s, entries[i].row), {NULL, ties.size - begin}};
    }
    const uint8_t *tie = ties.data;
    for (uint64_t i = 0; i < count; i++) {
        keyed[i].tie.data = tie;
        tie += keyed[i].tie.size;
    }
    qsort(keyed, count, sizeof *keyed, compare_keyed);
    for (uint64_t i = 0; i < count; i++)
        entries[i] = keyed[i].entry;
    buffer_clear(&ties);
    free(keyed);
}

static void sort_rows(struct sort *s)
{
    uint64_t count = (uint64_t)s->rows.row_count;
    if (count == 0)
        return;
    uint64_t row = 0;
    for (uint32_t b = 0; b < s->rows.batch_count; b++)
        for (uint32_t i = 0; i < s->rows.batches[b].row_count; i++)
            s->sorted_rows[row++].at = (struct row_reference){b, i};
    assert(row == count);
    struct sort_entry *entries = memory_alloc(count * sizeof *entries), *spare = memory_alloc(count * sizeof *spare);
    for (uint64_t i = 0; i < count; i++)
        entries[i] = (struct sort_entry){key_prefix(s, i), (uint32_t)i};
    s->entries = radix_sort(entries, spare, count);
    free(s->entries == entries ? spare : entries);
    for (uint64_t begin = 0, end; begin < count; begin = end) {
        for (end = begin + 1; end < count && s->entries[end].prefix == s->entries[begin].prefix;)
            end++;
        if (end - begin > 1)
            sort_run(s, s->entries + begin, end - begin);
    }
}

/* ---- merging ---- */

static struct sort *peer(const struct sort *s, unsigned worker)
{
    return (struct sort *)s->op.peers[worker];
}

static bool comes_before(struct sort *a, struct sort *b)
{
    const struct sort_entry *x = &a->entries[a->next_entry], *y = &b->entries[b->next_entry];
    if (x->prefix != y->prefix)
        return x->prefix < y->prefix;
    return compare_rows(a, x->row, b, y->row) < 0;
}

/* The instance whose next row is the smallest, or worker_count. */
static unsigned smallest_peer(const struct sort *s)
{
    unsigned best = s->op.worker_count;
    for (unsigned w = 0; w < s->op.worker_count; w++) {
        struct sort *p = peer(s, w);
        if (p->next_entry == (uint64_t)p->rows.row_count)
            continue;
        if (best == s->op.worker_count || comes_before(p, peer(s, best)))
            best = w;
    }
    return best;
}

static enum progress merge(struct sort *s, struct batch *out)
{
    struct row_reference references[BATCH_ROWS_MAX];
    uint8_t which[BATCH_ROWS_MAX];
    const struct row_collection *collections[256];
    assert(s->op.worker_count <= 256);
    for (unsigned w = 0; w < s->op.worker_count; w++)
        collections[w] = &peer(s, w)->rows;
    uint32_t count = 0;
    for (; count < BATCH_ROWS_MAX; count++) {
        unsigned w = smallest_peer(s);
        if (w == s->op.worker_count)
            break;
        struct sort *p = peer(s, w);
        references[count] = p->sorted_rows[p->entries[p->next_entry++].row].at;
        which[count] = (uint8_t)w;
    }
    row_collection_gather(collections, which, references, count, s->op.batch_arena, out);
    return count == BATCH_ROWS_MAX ? PROGRESS_MORE : PROGRESS_DONE;
}

static enum progress sort_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct sort *s = (struct sort *)op;
    (void)input;
    assert(mark->last);
    *out = (struct batch){0};
    if (s->is_sorted) {
        assert(op->worker == 0);
        return merge(s, out);
    }
    sort_rows(s);
    s->is_sorted = true;
    return PROGRESS_DONE;
}

static void sort_destroy(struct operator *op)
{
    struct sort *s = (struct sort *)op;
    row_collection_clear(&s->rows);
    buffer_clear(&s->keys);
    buffer_clear(&s->tie_keys[0]);
    buffer_clear(&s->tie_keys[1]);
    free(s->sorted_rows);
    free(s->entries);
    charge_clear(&s->charge);
    operator_free(op);
}

static size_t sort_size(const struct operator *op)
{
    const struct sort *s = (const struct sort *)op;
    return row_collection_size(&s->rows) + s->keys.capacity + s->row_capacity * sizeof *s->sorted_rows;
}

static const struct operator_type SORT = {
    .name = "sort", .process = sort_process, .finish = sort_finish, .destroy = sort_destroy, .size = sort_size};

struct operator *sort_create(const struct operator_setup *setup)
{
    struct sort *s = memory_alloc_zero(1, sizeof *s);
    operator_init(&s->op, &SORT, setup);
    s->plan = setup->plan;
    row_collection_init(&s->rows, &setup->plan->schema);
    s->charge = (struct charge){.budget = setup->budget, .holder = "sort"};
    return &s->op;
}
