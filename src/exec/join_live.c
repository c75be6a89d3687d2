/* join_live.c - a join of relations that change, epoch by epoch.
 *
 * Each arriving batch meets the other side's present state and then enters its
 * own, which gives the three products of a change in any order of arrival. Pairs
 * go out as they are found. What depends on whether a left row has met anyone at
 * all (LEFT, semi, anti) waits for the end of the epoch, where each touched left
 * row is compared with what it was: so nobody sees a row unmatched that is
 * matched in the same epoch.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/join_side.h"
#include "exec/operators.h"
#include "state/charge.h"

enum join_phase { JOIN_BEGIN, JOIN_PAIRS, JOIN_NULLS, JOIN_BAD };

struct join_live {
    struct operator op;
    const struct plan *plan;
    struct join_side sides[2];
    struct charge charge;
    enum join_phase phase;
    struct join_split split;
    uint32_t next_row;           /* among split.good */
    struct join_row *next_match; /* NULL: the next row's first */
    struct join_key *heads[BATCH_ROWS_MAX];
    struct join_matches sums[BATCH_ROWS_MAX]; /* by row: what a left row has met */
    uint16_t own_rows[BATCH_ROWS_MAX];        /* of the pairs */
    struct join_row *other_rows[BATCH_ROWS_MAX];
    uint16_t selection[BATCH_ROWS_MAX];
    struct join_row *entered[BATCH_ROWS_MAX];
    bool added[BATCH_ROWS_MAX];
    uint64_t next_touched;       /* finish: among the left side's */
};

static bool hides_right(const struct join_live *j)
{
    return j->plan->join.kind == JOIN_SEMI || j->plan->join.kind == JOIN_ANTI;
}

/* ---- a batch arrives ---- */

/* Semi and anti joins: a right row in error as a whole is shown by nobody else, so it surfaces by itself. */
static void move_row_errors(struct join_live *j, const struct batch *in)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < j->split.good_count; i++) {
        uint16_t row = j->split.good[i];
        if (batch_row_error(in, row) == 0) {
            j->split.good[kept++] = row;
            continue;
        }
        j->split.codes[row] = in->row_errors[row];
        j->split.bad[j->split.bad_count++] = row;
    }
    j->split.good_count = kept;
}

static struct batch good_rows(const struct join_live *j, const struct batch *in)
{
    struct batch good = *in;
    good.selection = j->split.good;
    good.selected_count = j->split.good_count;
    return good;
}

static void begin(struct join_live *j, unsigned input, const struct batch *in)
{
    const struct plan *p = j->plan;
    join_split(in, input == 0 ? p->join.left_keys : p->join.right_keys, p->join.key_count, p->join.null_equal, &j->split);
    if (input == 1 && hides_right(j) && in->row_errors != NULL)
        move_row_errors(j, in);
    struct key_batch *keys = j->sides[input].keys;
    struct batch good = good_rows(j, in);
    if (j->split.good_count != 0) {
        key_batch_fill(keys, &good);
        hash_table_find(&j->sides[1 - input].key_table, keys->hashes, &keys->keys, j->split.good_count, (void **)j->heads);
    }
    memset(j->sums, 0, in->row_count * sizeof *j->sums);
    j->next_row = 0;
    j->next_match = NULL;
    j->phase = JOIN_PAIRS;
}

static uint32_t next_pairs(struct join_live *j)
{
    uint32_t count = 0;
    while (j->next_row < j->split.good_count && count < BATCH_ROWS_MAX) {
        if (j->next_match == NULL) {
            if (j->heads[j->next_row] == NULL) {
                j->next_row++;
                continue;
            }
            j->next_match = j->heads[j->next_row]->first;
        }
        j->own_rows[count] = j->split.good[j->next_row];
        j->other_rows[count++] = j->next_match;
        j->next_match = j->next_match->next;
        if (j->next_match == NULL)
            j->next_row++;
    }
    return count;
}

/* The pairs as rows of left and right columns; weights may be 0. */
static enum status make_pairs(struct join_live *j, unsigned input, const struct batch *in, uint32_t count, struct batch *out)
{
    struct arena *arena = j->op.batch_arena;
    const struct join_side *other = &j->sides[1 - input];
    uint32_t left_count = j->plan->inputs[0]->schema.column_count, right_count = j->plan->inputs[1]->schema.column_count;
    *out = (struct batch){.row_count = count, .column_count = left_count + right_count};
    out->columns = ARENA_ARRAY(arena, struct vector, out->column_count);
    struct vector *own_columns = out->columns + (input == 0 ? 0 : left_count);
    struct vector *other_columns = out->columns + (input == 0 ? left_count : 0);
    for (uint32_t c = 0; c < in->column_count; c++)
        join_take(&in->columns[c], j->own_rows, count, arena, &own_columns[c]);
    for (uint32_t c = 0; c < other->schema->column_count; c++)
        vector_init_flat(&other_columns[c], other->schema->columns[c].type, count, arena);
    int64_t *weights = arena_alloc(arena, count * sizeof *weights);
    uint8_t *errors = arena_alloc_zero(arena, count, 1), any = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t code;
        TRY(join_side_read(other, j->other_rows[i], other_columns, i, count, arena, &code, &j->op.error));
        uint8_t own = batch_row_error(in, j->own_rows[i]), left = input == 0 ? own : code, right = input == 0 ? code : own;
        errors[i] = left != 0 ? left : right;
        any |= errors[i];
        if (__builtin_mul_overflow(batch_weight(in, j->own_rows[i]), j->other_rows[i]->now.weight, &weights[i]))
            return error_set(&j->op.error, STATUS_LIMIT_EXCEEDED, "a joined row is there more than 2^63 times");
    }
    out->weights = weights;
    out->row_errors = any != 0 && !hides_right(j) ? errors : NULL; /* semi, anti: a pair is in error by its condition alone */
    out->slab_count = in->slab_count;
    memcpy(out->slabs, in->slabs, sizeof out->slabs);
    return STATUS_OK;
}

static void add_match(const struct join_live *j, struct join_matches *m, int64_t weight, uint8_t code)
{
    if (code == 0 || !hides_right(j)) {
        m->good += weight;
        return;
    }
    m->errors += weight;
    m->code = code;
}

/* Tells the left rows of the pairs whom they have met, and drops the pairs of weight 0. */
static void count_matches(struct join_live *j, unsigned input, const struct batch *in, struct batch *pairs)
{
    uint32_t kept = 0, count = batch_rows(pairs);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t pair = batch_row(pairs, i);
        uint8_t code = batch_row_error(pairs, pair);
        if (j->plan->join.kind == JOIN_INNER) {
            ; /* nobody asks */
        } else if (input == 0) {
            add_match(j, &j->sums[j->own_rows[pair]], j->other_rows[pair]->now.weight, code);
        } else {
            join_side_touch(&j->sides[0], j->other_rows[pair]);
            add_match(j, &j->other_rows[pair]->now, batch_weight(in, j->own_rows[pair]), code);
        }
        if (pairs->weights[pair] != 0)
            j->selection[kept++] = (uint16_t)pair;
    }
    pairs->selection = j->selection;
    pairs->selected_count = kept;
}

static enum status give_pairs(struct join_live *j, unsigned input, const struct batch *in, struct batch *out)
{
    uint32_t count = next_pairs(j);
    if (j->next_row == j->split.good_count)
        j->phase = JOIN_NULLS;
    if (count == 0)
        return STATUS_OK;
    struct batch pairs;
    TRY(make_pairs(j, input, in, count, &pairs));
    if (j->plan->join.condition != NULL) {
        TRY(expr_filter(j->plan->join.condition, &pairs, &j->op.evaluation, j->selection, &pairs.selected_count, &pairs.row_errors,
                        &j->op.error));
        pairs.selection = j->selection;
    }
    count_matches(j, input, in, &pairs);
    if (!hides_right(j))
        *out = pairs;
    return STATUS_OK;
}

/* Left rows whose key is NULL never meet anyone: they show that at once. */
static void give_nulls(struct join_live *j, unsigned input, const struct batch *in, struct batch *out)
{
    bool shows = input == 0 && (j->plan->join.kind == JOIN_LEFT || j->plan->join.kind == JOIN_ANTI);
    if (shows && j->split.null_count != 0)
        join_extend(j->plan, 0, in, j->split.nulls, j->split.null_count, STATUS_OK, NULL, j->op.batch_arena, out);
}

static void give_bad(struct join_live *j, unsigned input, const struct batch *in, struct batch *out)
{
    if (j->split.bad_count != 0)
        join_extend(j->plan, input, in, j->split.bad, j->split.bad_count, (enum status)j->split.codes[j->split.bad[0]], j->split.codes,
                    j->op.batch_arena, out);
}

static enum status enter(struct join_live *j, unsigned input, const struct batch *in)
{
    struct batch good = good_rows(j, in);
    if (j->split.good_count == 0)
        return STATUS_OK;
    TRY(join_side_enter(&j->sides[input], &good, j->entered, j->added, &j->op.error));
    for (uint32_t i = 0; input == 0 && i < j->split.good_count; i++) {
        if (!j->added[i])
            continue; /* it knows already whom it has met */
        const struct join_matches *sum = &j->sums[j->split.good[i]];
        j->entered[i]->now.good = sum->good;
        j->entered[i]->now.errors = sum->errors;
        j->entered[i]->now.code = sum->code;
    }
    return charge_cover(&j->charge, join_side_size(&j->sides[0]) + join_side_size(&j->sides[1]), &j->op.error);
}

static enum progress join_live_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct join_live *j = (struct join_live *)op;
    *out = (struct batch){0};
    if (j->phase == JOIN_BEGIN)
        begin(j, input, in);
    if (j->phase == JOIN_PAIRS)
        return operator_progress(give_pairs(j, input, in, out), PROGRESS_MORE);
    if (j->phase == JOIN_NULLS) {
        give_nulls(j, input, in, out);
        j->phase = JOIN_BAD;
        return PROGRESS_MORE;
    }
    give_bad(j, input, in, out);
    j->phase = JOIN_BEGIN;
    return operator_progress(enter(j, input, in), PROGRESS_NEED_INPUT);
}

/* ---- the end of the epoch ---- */

/* How often a left row shows by itself, and with which error. */
static int64_t shown(const struct join_live *j, const struct join_matches *m, uint8_t *code)
{
    *code = 0;
    switch (j->plan->join.kind) {
    case JOIN_INNER: return 0;
    case JOIN_LEFT: return m->good == 0 ? m->weight : 0;
    case JOIN_SEMI:
        *code = m->good == 0 ? m->code : 0;
        return m->good > 0 || m->errors > 0 ? m->weight : 0;
    case JOIN_ANTI:
        *code = m->errors > 0 ? m->code : 0;
        return m->good == 0 ? m->weight : 0;
    }
    return 0;
}

struct left_output {
    struct batch *out;
    int64_t *weights;
    uint8_t *errors;
};

static enum status put_left(struct join_live *j, const struct join_row *row, int64_t weight, uint8_t code, struct left_output *to)
{
    uint8_t own;
    uint32_t at = to->out->row_count++;
    TRY(join_side_read(&j->sides[0], row, to->out->columns, at, BATCH_ROWS_MAX, j->op.batch_arena, &own, &j->op.error));
    to->weights[at] = weight;
    to->errors[at] = own != 0 ? own : code;
    return STATUS_OK;
}

static enum status put_change(struct join_live *j, const struct join_row *row, struct left_output *to)
{
    uint8_t old_code, new_code;
    int64_t old_weight = shown(j, &row->old, &old_code), new_weight = shown(j, &row->now, &new_code);
    assert(row->now.weight >= 0);
    if (old_code == new_code) {
        if (new_weight != old_weight)
            TRY(put_left(j, row, new_weight - old_weight, new_code, to));
        return STATUS_OK;
    }
    if (old_weight != 0)
        TRY(put_left(j, row, -old_weight, old_code, to));
    if (new_weight != 0)
        TRY(put_left(j, row, new_weight, new_code, to));
    return STATUS_OK;
}

static enum status give_left(struct join_live *j, struct batch *out)
{
    const struct schema *schema = &j->plan->schema;
    struct arena *arena = j->op.batch_arena;
    uint32_t left_count = j->plan->inputs[0]->schema.column_count;
    *out = (struct batch){.column_count = schema->column_count};
    out->columns = ARENA_ARRAY(arena, struct vector, schema->column_count);
    for (uint32_t c = 0; c < schema->column_count; c++) {
        if (c < left_count)
            vector_init_flat(&out->columns[c], schema->columns[c].type, BATCH_ROWS_MAX, arena);
        else
            vector_init_null(&out->columns[c], schema->columns[c].type, arena);
    }
    struct left_output to = {out, arena_alloc(arena, BATCH_ROWS_MAX * sizeof(int64_t)), arena_alloc(arena, BATCH_ROWS_MAX)};
    const struct join_side *left = &j->sides[0];
    while (j->next_touched < left->touched_count && out->row_count + 2 <= BATCH_ROWS_MAX)
        TRY(put_change(j, left->touched[j->next_touched++], &to));
    out->weights = to.weights;
    out->row_errors = to.errors;
    return STATUS_OK;
}

static enum progress join_live_finish(struct operator *op, unsigned input, const struct epoch_mark *mark, struct batch *out)
{
    struct join_live *j = (struct join_live *)op;
    (void)input;
    (void)mark;
    assert(j->phase == JOIN_BEGIN);
    *out = (struct batch){0};
    if (j->plan->join.kind != JOIN_INNER && j->next_touched < j->sides[0].touched_count)
        return operator_progress(give_left(j, out), PROGRESS_MORE);
    j->next_touched = 0;
    join_side_settle(&j->sides[0]);
    join_side_settle(&j->sides[1]);
    return PROGRESS_DONE;
}

static void join_live_destroy(struct operator *op)
{
    struct join_live *j = (struct join_live *)op;
    join_side_clear(&j->sides[0]);
    join_side_clear(&j->sides[1]);
    charge_clear(&j->charge);
    operator_free(op);
}

static size_t join_live_size(const struct operator *op)
{
    const struct join_live *j = (const struct join_live *)op;
    return join_side_size(&j->sides[0]) + join_side_size(&j->sides[1]);
}

static const struct operator_type JOIN_LIVE = {.name = "hash join",
                                               .process = join_live_process,
                                               .finish = join_live_finish,
                                               .destroy = join_live_destroy,
                                               .size = join_live_size};

struct operator *join_live_create(const struct operator_setup *setup)
{
    struct join_live *j = memory_alloc_zero(1, sizeof *j);
    operator_init(&j->op, &JOIN_LIVE, setup);
    j->plan = setup->plan;
    join_side_init(&j->sides[0], setup->plan, 0);
    join_side_init(&j->sides[1], setup->plan, 1);
    j->charge = (struct charge){.budget = setup->budget, .holder = "join"};
    return &j->op;
}
