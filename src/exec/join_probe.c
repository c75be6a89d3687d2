/* join_probe.c - the left side of a bounded join streams through, meeting the shared table.
 *
 * First pairs, a batch of them at a time: the left columns gathered, the right
 * ones as dictionaries over the table's columns, so that no value is copied;
 * the condition then narrows them. Then the left rows that matter by whether
 * they met anyone (LEFT, semi, anti), then those whose key is in error.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "exec/join_table.h"
#include "exec/operators.h"

enum probe_phase { PROBE_BEGIN, PROBE_PAIRS, PROBE_REST, PROBE_BAD };

struct join_probe {
    struct operator op;
    const struct plan *plan;
    const struct join_table *table;
    struct key_batch *keys;
    enum probe_phase phase;
    struct join_split split;
    uint32_t next_row;    /* among split.good */
    uint32_t next_match;  /* 1 + row of the table, 0: the next row's first */
    uint32_t *heads[BATCH_ROWS_MAX];
    bool matched[BATCH_ROWS_MAX];         /* by row */
    uint8_t match_errors[BATCH_ROWS_MAX]; /* by row: the condition's, for semi and anti */
    uint16_t left_rows[BATCH_ROWS_MAX];   /* of the pairs */
    uint32_t right_rows[BATCH_ROWS_MAX];
    uint16_t selection[BATCH_ROWS_MAX];
};

static bool hides_right(const struct join_probe *j)
{
    return j->plan->join.kind == JOIN_SEMI || j->plan->join.kind == JOIN_ANTI;
}

static void begin(struct join_probe *j, const struct batch *in)
{
    const struct plan *p = j->plan;
    join_split(in, p->join.left_keys, p->join.key_count, p->join.null_equal, &j->split);
    struct batch good = *in;
    good.selection = j->split.good;
    good.selected_count = j->split.good_count;
    if (j->split.good_count != 0) {
        key_batch_fill(j->keys, &good);
        hash_table_find(&j->table->index, j->keys->hashes, &j->keys->keys, j->split.good_count, (void **)j->heads);
    }
    memset(j->matched, 0, in->row_count * sizeof *j->matched);
    memset(j->match_errors, 0, in->row_count);
    for (uint32_t i = 0; i < j->split.bad_count; i++)
        j->matched[j->split.bad[i]] = p->join.kind != JOIN_SEMI; /* give_rest leaves them out */
    j->next_row = j->next_match = 0;
    j->phase = PROBE_PAIRS;
    if (p->join.condition == NULL && p->join.kind != JOIN_INNER)
        for (uint32_t i = 0; i < j->split.good_count; i++)
            j->matched[j->split.good[i]] = j->heads[i] != NULL;
    if (p->join.condition == NULL && hides_right(j))
        j->phase = PROBE_REST;
}

/* The next pairs of left and right rows with the same key. */
static uint32_t next_pairs(struct join_probe *j)
{
    uint32_t count = 0;
    while (j->next_row < j->split.good_count && count < BATCH_ROWS_MAX) {
        if (j->next_match == 0) {
            if (j->heads[j->next_row] == NULL) {
                j->next_row++;
                continue;
            }
            j->next_match = *j->heads[j->next_row];
        }
        j->left_rows[count] = j->split.good[j->next_row];
        j->right_rows[count++] = j->next_match - 1;
        j->next_match = j->table->next[j->next_match - 1];
        if (j->next_match == 0)
            j->next_row++;
    }
    return count;
}

/* The table's column for the pairs. */
static void take_right(const struct join_probe *j, const struct vector *v, uint32_t count, struct vector *out)
{
    struct arena *arena = j->op.batch_arena;
    *out = (struct vector){.type = v->type, .form = VECTOR_DICTIONARY, .dictionary_size = j->table->row_count, .values = v->values,
                           .indexes = j->right_rows};
    for (uint32_t i = 0; v->validity != NULL && i < count; i++)
        if (!bit_get(v->validity, j->right_rows[i]))
            vector_set_null(out, i, count, arena);
    for (uint32_t i = 0; v->errors != NULL && i < count; i++)
        if (v->errors[j->right_rows[i]] != 0)
            vector_set_error(out, i, (enum status)v->errors[j->right_rows[i]], count, arena);
}

static enum status pair_weights(const struct join_probe *j, const struct batch *in, uint32_t count, struct batch *out,
                                struct error *err)
{
    if (in->weights == NULL && j->table->weights == NULL)
        return STATUS_OK;
    int64_t *weights = arena_alloc(j->op.batch_arena, count * sizeof *weights);
    for (uint32_t i = 0; i < count; i++) {
        int64_t right = j->table->weights == NULL ? 1 : j->table->weights[j->right_rows[i]];
        if (__builtin_mul_overflow(batch_weight(in, j->left_rows[i]), right, &weights[i]))
            return error_set(err, STATUS_LIMIT_EXCEEDED, "a joined row is there more than 2^63 times");
    }
    out->weights = weights;
    return STATUS_OK;
}

static void pair_errors(const struct join_probe *j, const struct batch *in, uint32_t count, struct batch *out)
{
    if ((in->row_errors == NULL && j->table->row_errors == NULL) || hides_right(j))
        return; /* semi and anti: a pair is in error by its condition alone */
    uint8_t *errors = arena_alloc_zero(j->op.batch_arena, count, 1);
    for (uint32_t i = 0; i < count; i++) {
        errors[i] = batch_row_error(in, j->left_rows[i]);
        if (errors[i] == 0 && j->table->row_errors != NULL)
            errors[i] = j->table->row_errors[j->right_rows[i]];
    }
    out->row_errors = errors;
}

static enum status make_pairs(struct join_probe *j, const struct batch *in, uint32_t count, struct batch *out)
{
    uint32_t left_count = j->plan->inputs[0]->schema.column_count, right_count = j->plan->inputs[1]->schema.column_count;
    *out = (struct batch){.row_count = count, .column_count = left_count + right_count};
    out->columns = ARENA_ARRAY(j->op.batch_arena, struct vector, out->column_count);
    for (uint32_t c = 0; c < left_count; c++)
        join_take(&in->columns[c], j->left_rows, count, j->op.batch_arena, &out->columns[c]);
    for (uint32_t c = 0; c < right_count; c++)
        take_right(j, &j->table->columns[c], count, &out->columns[left_count + c]);
    pair_errors(j, in, count, out);
    out->slab_count = in->slab_count;
    memcpy(out->slabs, in->slabs, sizeof out->slabs);
    return pair_weights(j, in, count, out, &j->op.error);
}

/* Narrows the pairs to those that meet the condition, and notes which left rows did. */
static enum status apply_condition(struct join_probe *j, struct batch *pairs)
{
    if (j->plan->join.condition == NULL)
        return STATUS_OK;
    TRY(expr_filter(j->plan->join.condition, pairs, &j->op.evaluation, j->selection, &pairs->selected_count, &pairs->row_errors,
                    &j->op.error));
    pairs->selection = j->selection;
    for (uint32_t i = 0; i < pairs->selected_count; i++) {
        uint32_t pair = j->selection[i];
        uint8_t code = batch_row_error(pairs, pair);
        if (code == 0 || !hides_right(j))
            j->matched[j->left_rows[pair]] = true;
        else if (j->match_errors[j->left_rows[pair]] == 0 || code < j->match_errors[j->left_rows[pair]])
            j->match_errors[j->left_rows[pair]] = code;
    }
    return STATUS_OK;
}

static enum status give_pairs(struct join_probe *j, const struct batch *in, struct batch *out)
{
    uint32_t count = next_pairs(j);
    if (j->next_row == j->split.good_count)
        j->phase = PROBE_REST;
    if (count == 0)
        return STATUS_OK;
    struct batch pairs;
    TRY(make_pairs(j, in, count, &pairs));
    TRY(apply_condition(j, &pairs));
    if (!hides_right(j))
        *out = pairs;
    return STATUS_OK;
}

/* The left rows that show, or do not, that they met someone. */
static void give_rest(struct join_probe *j, const struct batch *in, struct batch *out)
{
    bool wanted = j->plan->join.kind == JOIN_SEMI;
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch_rows(in); i++) {
        uint32_t row = batch_row(in, i);
        if (j->matched[row] == wanted || (wanted && j->match_errors[row] != 0))
            j->selection[count++] = (uint16_t)row;
    }
    if (count == 0)
        return;
    if (!hides_right(j)) {
        join_extend(j->plan, 0, in, j->selection, count, STATUS_OK, NULL, j->op.batch_arena, out);
        return;
    }
    *out = *in;
    out->selection = j->selection;
    out->selected_count = count;
    uint8_t *errors = arena_alloc_zero(j->op.batch_arena, in->row_count, 1);
    for (uint32_t i = 0; i < count; i++) {
        uint16_t row = j->selection[i];
        errors[row] = batch_row_error(in, row) != 0 || j->matched[row] ? batch_row_error(in, row) : j->match_errors[row];
    }
    out->row_errors = errors;
}

static enum progress join_probe_process(struct operator *op, unsigned input, const struct batch *in, struct batch *out)
{
    struct join_probe *j = (struct join_probe *)op;
    (void)input;
    *out = (struct batch){0};
    if (j->phase == PROBE_BEGIN)
        begin(j, in);
    if (j->phase == PROBE_PAIRS) {
        if (give_pairs(j, in, out) != STATUS_OK)
            return PROGRESS_FAILED;
    } else if (j->phase == PROBE_REST) {
        if (j->plan->join.kind != JOIN_INNER)
            give_rest(j, in, out);
        j->phase = PROBE_BAD;
    } else {
        if (j->split.bad_count != 0)
            join_extend(j->plan, 0, in, j->split.bad, j->split.bad_count, (enum status)j->split.codes[j->split.bad[0]],
                        j->split.codes, op->batch_arena, out);
        j->phase = PROBE_BEGIN;
        return PROGRESS_NEED_INPUT;
    }
    if (j->phase != PROBE_PAIRS && j->split.bad_count == 0 && (j->phase == PROBE_BAD || j->plan->join.kind == JOIN_INNER)) {
        j->phase = PROBE_BEGIN;
        return PROGRESS_NEED_INPUT;
    }
    return PROGRESS_MORE;
}

static void join_probe_destroy(struct operator *op)
{
    key_batch_destroy(((struct join_probe *)op)->keys);
    operator_free(op);
}

static const struct operator_type JOIN_PROBE = {
    .name = "hash join", .process = join_probe_process, .finish = operator_finish_nothing, .destroy = join_probe_destroy};

struct operator *join_probe_create(const struct operator_setup *setup)
{
    struct join_probe *j = memory_alloc_zero(1, sizeof *j);
    operator_init(&j->op, &JOIN_PROBE, setup);
    j->plan = setup->plan;
    j->table = setup->shared;
    j->keys = join_keys_create(setup->plan, 0);
    return &j->op;
}
