/* aggregate.c - what an aggregation, a join, a sort and a tiny epoch cost, on rows made in memory.
 *
 * Build and run (release, from the root):
 *     meson setup build/bench -Dbuildtype=release && ninja -C build/bench && tools/bench aggregate
 * or link it with the static libraries by hand. Prints the time and the CPU time per row; the best of five runs. An argument names the cases
 * to run by a part of their names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "exec/dataflow.h"
#include "os/clock.h"

enum { BATCHES = 512 }; /* of 2,048 rows, given out again and again */

struct rows_source {
    struct source source;
    struct batch *batches;
    uint64_t batch_count;
    _Atomic uint64_t next;
};
struct source_reader {
    struct rows_source *source;
};
static enum status rows_open_reader(struct source *s, struct source_reader **out, struct error *err)
{
    (void)err;
    *out = memory_alloc_zero(1, sizeof **out);
    (*out)->source = (struct rows_source *)s;
    return STATUS_OK;
}
static enum status rows_read(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    (void)err;
    uint64_t n = atomic_fetch_add(&r->source->next, 1);
    *end = n >= r->source->batch_count;
    if (!*end)
        *out = r->source->batches[n % BATCHES];
    return STATUS_OK;
}
static void rows_close_reader(struct source_reader *r)
{
    free(r);
}
static void rows_destroy(struct source *s)
{
    free(s);
}
static const struct source_type ROWS = {"rows", rows_open_reader, rows_read, rows_close_reader, rows_destroy};

struct bench {
    struct arena *arena;
    struct batch batches[BATCHES];
    uint64_t batch_count;
    struct text_context text;
};

static uint64_t random_state = 88172645463325252u;
static uint64_t random_next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static struct column COLUMNS[] = {{"store_id", {.id = TYPE_INT4}, false}, {"amount", {.id = TYPE_FLOAT8}, false},
                                  {"transactions", {.id = TYPE_INT8}, false}};

static void set_key(struct vector *v, uint32_t groups, bool dictionary, struct arena *arena)
{
    if (!dictionary) {
        vector_init_flat(v, COLUMNS[0].type, BATCH_ROWS_MAX, arena);
        for (uint32_t i = 0; i < BATCH_ROWS_MAX; i++)
            VECTOR_I32(v)[i] = (int32_t)(random_next() % groups);
        return;
    }
    uint32_t *indexes = ARENA_ARRAY(arena, uint32_t, BATCH_ROWS_MAX);
    vector_init_flat(v, COLUMNS[0].type, groups, arena);
    v->form = VECTOR_DICTIONARY;
    v->dictionary_size = groups;
    v->indexes = indexes;
    for (uint32_t i = 0; i < groups; i++)
        VECTOR_I32(v)[i] = (int32_t)i;
    for (uint32_t i = 0; i < BATCH_ROWS_MAX; i++)
        indexes[i] = (uint32_t)(random_next() % groups);
}

static void make_rows(struct bench *b, uint32_t groups, bool dictionary)
{
    arena_reset(b->arena);
    for (uint32_t n = 0; n < BATCHES; n++) {
        struct batch *batch = &b->batches[n];
        *batch = (struct batch){.row_count = BATCH_ROWS_MAX, .column_count = 3};
        batch->columns = ARENA_ARRAY(b->arena, struct vector, 3);
        set_key(&batch->columns[0], groups, dictionary, b->arena);
        vector_init_flat(&batch->columns[1], COLUMNS[1].type, BATCH_ROWS_MAX, b->arena);
        vector_init_flat(&batch->columns[2], COLUMNS[2].type, BATCH_ROWS_MAX, b->arena);
        for (uint32_t i = 0; i < BATCH_ROWS_MAX; i++) {
            VECTOR_F64(&batch->columns[1])[i] = (double)(random_next() % 100000) / 100;
            VECTOR_I64(&batch->columns[2])[i] = (int64_t)(random_next() % 10);
        }
    }
}

static struct plan *node(struct bench *b, enum plan_kind kind, struct plan *input)
{
    struct plan *p = ARENA_NEW(b->arena, struct plan);
    p->kind = kind;
    p->inputs = ARENA_ARRAY(b->arena, struct plan *, 2);
    p->inputs[0] = input;
    p->input_count = input != NULL;
    p->schema = input != NULL ? input->schema : (struct schema){3, COLUMNS};
    return p;
}

static struct plan *aggregate(struct bench *b, struct plan *input, bool grouped)
{
    struct plan *p = node(b, PLAN_AGGREGATE, input);
    struct column *columns = ARENA_ARRAY(b->arena, struct column, 3);
    p->aggregate.groups = ARENA_ARRAY(b->arena, uint32_t, 1);
    p->aggregate.group_count = grouped;
    p->aggregate.call_count = 2;
    p->aggregate.calls = ARENA_ARRAY(b->arena, struct aggregate_call, 2);
    p->aggregate.calls[0] = (struct aggregate_call){.id = AGGREGATE_SUM, .argument_type = type_of(TYPE_FLOAT8),
                                                    .type = type_of(TYPE_FLOAT8), .argument = 1, .filter = -1};
    p->aggregate.calls[1] = (struct aggregate_call){.id = AGGREGATE_COUNT, .argument_type = type_of(TYPE_INT8),
                                                    .type = type_of(TYPE_INT8), .argument = 2, .filter = -1};
    columns[0] = COLUMNS[0];
    columns[grouped] = (struct column){"amount", type_of(TYPE_FLOAT8), false};
    columns[grouped + 1] = (struct column){"transactions", type_of(TYPE_INT8), false};
    p->schema = (struct schema){2 + grouped, columns};
    return p;
}

static struct plan *join(struct bench *b, struct plan *left, struct plan *right)
{
    struct plan *p = node(b, PLAN_JOIN, left);
    p->inputs[1] = right;
    p->input_count = 2;
    p->join.key_count = 1;
    p->join.left_keys = p->join.right_keys = ARENA_ARRAY(b->arena, uint32_t, 1);
    struct column *columns = ARENA_ARRAY(b->arena, struct column, left->schema.column_count + right->schema.column_count);
    memcpy(columns, left->schema.columns, left->schema.column_count * sizeof *columns);
    memcpy(columns + left->schema.column_count, right->schema.columns, right->schema.column_count * sizeof *columns);
    p->schema = (struct schema){left->schema.column_count + right->schema.column_count, columns};
    return p;
}

static struct plan *sort(struct bench *b, struct plan *input)
{
    struct plan *p = node(b, PLAN_SORT, input);
    p->sort.key_count = 1;
    p->sort.keys = ARENA_ARRAY(b->arena, struct sort_key, 1);
    p->sort.keys[0] = (struct sort_key){1, true, false};
    return p;
}

static struct plan *limit(struct bench *b, struct plan *input)
{
    struct plan *p = node(b, PLAN_LIMIT, input);
    p->limit.limit = 10;
    return p;
}

static enum status open_rows(void *context, const struct plan *leaf, struct source **out, struct error *err)
{
    (void)leaf;
    (void)err;
    struct bench *b = context;
    struct rows_source *s = memory_alloc_zero(1, sizeof *s);
    s->source = (struct source){.type = &ROWS, .estimated_rows = -1};
    s->batches = b->batches;
    s->batch_count = b->batch_count;
    *out = &s->source;
    return STATUS_OK;
}

static enum status count_rows(void *context, unsigned worker, const struct batch *rows, struct error *err)
{
    (void)worker;
    (void)err;
    *(int64_t *)context += batch_rows(rows);
    return STATUS_OK;
}

/* Of all threads: on a machine that others use, too, wall time says little. */
static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static const char *wanted = ""; /* part of the names of the cases to run */

static void run(struct bench *b, const char *name, const struct plan *p, unsigned workers)
{
    if (strstr(name, wanted) == NULL)
        return;
    struct pool *pool;
    struct error err = {0};
    if (pool_create("bench", workers, false, &pool, &err) != STATUS_OK)
        abort();
    int64_t rows = 0, best = INT64_MAX, best_cpu = INT64_MAX;
    struct output output = {count_rows, &rows};
    struct run_environment environment = {.pool = pool, .worker_count = workers, .text = b->text, .open_source = open_rows, .context = b};
    for (int i = 0; i < 5; i++) {
        rows = 0;
        int64_t begin = clock_monotonic_ns(), cpu_begin = cpu_ns();
        if (dataflow_run(p, &environment, &output, NULL, &err) != STATUS_OK) {
            fprintf(stderr, "%s: %s\n", name, err.message);
            exit(1);
        }
        int64_t ns = clock_monotonic_ns() - begin, cpu = cpu_ns() - cpu_begin;
        best = ns < best ? ns : best;
        best_cpu = cpu < best_cpu ? cpu : best_cpu;
    }
    double input_rows = (double)b->batch_count * BATCH_ROWS_MAX;
    printf("%-44s %u thread%s %7.1f ms  %6.2f ns of CPU per row  %lld rows out\n", name, workers, workers == 1 ? " " : "s",
           (double)best / 1e6, (double)best_cpu / input_rows, (long long)rows);
    pool_destroy(pool);
}

/* One row an epoch through filter-less aggregation into the output. */
static void run_tiny(struct bench *b, unsigned workers)
{
    if (strstr("tiny epoch", wanted) == NULL)
        return;
    struct plan *scan = node(b, PLAN_SCAN, NULL), *p = aggregate(b, scan, true);
    struct dataflow *d;
    struct error err = {0};
    int64_t rows = 0;
    enum { EPOCHS = 200000 };
    if (dataflow_create(p, workers, NULL, &b->text, &(struct output){count_rows, &rows}, &d, &err) != STATUS_OK)
        abort();
    int64_t begin = clock_monotonic_ns();
    for (int64_t epoch = 1; epoch <= EPOCHS; epoch++) {
        struct batch one = b->batches[epoch % BATCHES];
        uint16_t row = (uint16_t)(epoch % BATCH_ROWS_MAX);
        one.selection = &row;
        one.selected_count = 1;
        dataflow_begin(d, &(struct epoch_mark){.epoch = epoch, .time_us = epoch, .watermark_us = INT64_MIN});
        if (dataflow_push(d, 0, 0, &one, &err) != STATUS_OK || dataflow_finish(d, NULL, &err) != STATUS_OK)
            abort();
    }
    printf("%-44s %u worker%s %7.2f us/epoch  %lld rows out\n", "tiny epoch: one row, sum and count by key", workers,
           workers == 1 ? " " : "s", (double)(clock_monotonic_ns() - begin) / 1e3 / EPOCHS, (long long)rows);
    dataflow_destroy(d);
}

int main(int argument_count, char **arguments)
{
    static struct bench b;
    if (argument_count > 1)
        wanted = arguments[1];
    b.arena = arena_create();
    b.batch_count = 20000000 / BATCH_ROWS_MAX;
    for (unsigned workers = 1; workers <= 2; workers++) {
        make_rows(&b, 1000, false);
        run(&b, "20 M rows, 1,000 int keys, sum and count", aggregate(&b, node(&b, PLAN_SCAN, NULL), true), workers);
        make_rows(&b, 1000, true);
        run(&b, "the same, keys from a dictionary", aggregate(&b, node(&b, PLAN_SCAN, NULL), true), workers);
        make_rows(&b, 1000000, false);
        run(&b, "the same, 1 M flat keys", aggregate(&b, node(&b, PLAN_SCAN, NULL), true), workers);
        make_rows(&b, 10, false);
        run(&b, "the same, no keys", aggregate(&b, node(&b, PLAN_SCAN, NULL), false), workers);
    }
    b.batch_count = BATCHES;
    make_rows(&b, 1000000, false);
    for (unsigned workers = 1; workers <= 2; workers++) {
        struct plan *left = node(&b, PLAN_SCAN, NULL);
        run(&b, "1 M rows joined with 1 M, 1 M keys", aggregate(&b, join(&b, left, node(&b, PLAN_SCAN, NULL)), false), workers);
        run(&b, "1 M rows sorted by a double", sort(&b, node(&b, PLAN_SCAN, NULL)), workers);
        run(&b, "1 M rows, the first 10 by a double", limit(&b, sort(&b, node(&b, PLAN_SCAN, NULL))), workers);
    }
    make_rows(&b, 1000, false);
    run_tiny(&b, 1);
    run_tiny(&b, 4);
    arena_destroy(b.arena);
    return 0;
}
