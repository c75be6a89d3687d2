/* series.c - generate_series over integers, timestamps and numerics, as a source.
 *
 * Integers are computed from the batch's number, so that any number of readers
 * share the work; the others are added up one by one, by one reader.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/datetime.h"
#include "data/numeric.h"
#include "exec/operators.h"
#include "expr/error.h"

struct series_source {
    struct source source;
    struct type type;
    struct text_context text;
    struct arena *arena;         /* bounds */
    bool is_empty;
    int64_t start, stop, step;   /* integers, timestamps */
    uint64_t count;              /* integers */
    struct interval interval;    /* step of timestamps */
    bool descending;
    struct string numeric_start, numeric_stop, numeric_step;
    _Atomic uint64_t next_batch;
};
struct source_reader {
    struct series_source *series;
    struct arena *arena;
    bool has_begun;
    int64_t timestamp;
    struct arena *value_arenas[2]; /* the running numeric, by turns */
    unsigned turn;
    struct string numeric;
};

/* ---- the bounds ---- */

static enum status evaluate_bound(struct series_source *s, const struct expr *e, struct vector *out, struct error *err)
{
    struct batch nothing = {.row_count = 1};
    struct error_words words;
    error_words_init(&words);
    struct evaluation evaluation = {.arena = s->arena, .text = s->text, .words = &words};
    enum status st = expr_evaluate(e, &nothing, &evaluation, out, err);
    if (st == STATUS_OK)
        st = row_error_status(&words, vector_error(out, 0), err);
    error_words_clear(&words);
    s->is_empty |= st == STATUS_OK && !vector_is_valid(out, 0);
    return st;
}

static int64_t integer_value(const struct vector *v)
{
    switch (type_physical(v->type)) {
    case PHYSICAL_I16: return *(const int16_t *)vector_value(v, 0);
    case PHYSICAL_I32: return *(const int32_t *)vector_value(v, 0);
    default: return *(const int64_t *)vector_value(v, 0);
    }
}

static enum status zero_step(struct error *err)
{
    return error_set(err, STATUS_INVALID_PARAMETER, "step size cannot equal zero");
}

static enum status set_integers(struct series_source *s, const struct vector *start, const struct vector *stop,
                                const struct vector *step, struct error *err)
{
    s->start = integer_value(start);
    s->stop = integer_value(stop);
    s->step = step == NULL ? 1 : integer_value(step);
    if (s->step == 0)
        return zero_step(err);
    s->is_empty |= s->step > 0 ? s->start > s->stop : s->start < s->stop;
    if (s->is_empty)
        return STATUS_OK;
    int128 distance = s->step > 0 ? (int128)s->stop - s->start : (int128)s->start - s->stop;
    int128 width = s->step > 0 ? (int128)s->step : -(int128)s->step;
    uint128 count = (uint128)(distance / width) + 1;
    s->count = count > UINT64_MAX / 2 ? UINT64_MAX / 2 : (uint64_t)count;
    s->source.estimated_rows = s->count > INT64_MAX ? INT64_MAX : (int64_t)s->count;
    s->source.single = false;
    return STATUS_OK;
}

static enum status set_timestamps(struct series_source *s, const struct vector *start, const struct vector *stop,
                                  const struct vector *step, struct error *err)
{
    s->start = integer_value(start);
    s->stop = integer_value(stop);
    s->interval = *(const struct interval *)vector_value(step, 0);
    int128 length = interval_comparable(&s->interval);
    if (length == 0)
        return zero_step(err);
    s->descending = length < 0;
    return STATUS_OK;
}

static enum status set_numerics(struct series_source *s, const struct vector *start, const struct vector *stop,
                                const struct vector *step, struct error *err)
{
    s->numeric_start = *(const struct string *)vector_value(start, 0);
    s->numeric_stop = *(const struct string *)vector_value(stop, 0);
    if (step != NULL)
        s->numeric_step = *(const struct string *)vector_value(step, 0);
    else
        numeric_from_int128(1, 0, s->arena, &s->numeric_step);
    const struct {
        const struct string *value;
        const char *name;
    } bounds[] = {{&s->numeric_start, "start value"}, {&s->numeric_stop, "stop value"}, {&s->numeric_step, "step size"}};
    for (unsigned i = 0; i < 3; i++)
        if (numeric_is_special(bounds[i].value))
            return error_set(err, STATUS_INVALID_PARAMETER, "%s cannot be NaN or infinity", bounds[i].name);
    if (numeric_sign(&s->numeric_step) == 0)
        return zero_step(err);
    s->descending = numeric_sign(&s->numeric_step) < 0;
    return STATUS_OK;
}

static enum status set_bounds(struct series_source *s, const struct plan *plan, struct error *err)
{
    struct vector start, stop, step;
    const struct vector *given_step = NULL;
    TRY(evaluate_bound(s, plan->series.start, &start, err));
    TRY(evaluate_bound(s, plan->series.stop, &stop, err));
    if (plan->series.step != NULL) {
        TRY(evaluate_bound(s, plan->series.step, &step, err));
        given_step = &step;
    }
    if (s->is_empty)
        return STATUS_OK;
    switch ((enum type_id)s->type.id) {
    case TYPE_INT2:
    case TYPE_INT4:
    case TYPE_INT8: return set_integers(s, &start, &stop, given_step, err);
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMPTZ:
        if (given_step != NULL)
            return set_timestamps(s, &start, &stop, given_step, err);
        break;
    case TYPE_NUMERIC:
        if (type_is_string(s->type))
            return set_numerics(s, &start, &stop, given_step, err);
        break;
    default: break;
    }
    char name[TYPE_NAME_SIZE];
    return error_set_at(err, STATUS_FEATURE_NOT_SUPPORTED, plan->position, "generate_series over %s is not supported",
                        type_name(s->type, name, sizeof name));
}

/* ---- reading ---- */

static enum status series_open_reader(struct source *source, struct source_reader **out, struct error *err)
{
    (void)err;
    struct source_reader *r = memory_alloc_zero(1, sizeof *r);
    r->series = (struct series_source *)source;
    r->arena = arena_create();
    r->value_arenas[0] = arena_create();
    r->value_arenas[1] = arena_create();
    *out = r;
    return STATUS_OK;
}

static uint32_t read_integers(struct source_reader *r, struct vector *v)
{
    struct series_source *s = r->series;
    uint64_t first = atomic_fetch_add(&s->next_batch, 1) * (uint64_t)BATCH_ROWS_MAX;
    if (first >= s->count)
        return 0;
    uint32_t count = s->count - first < BATCH_ROWS_MAX ? (uint32_t)(s->count - first) : BATCH_ROWS_MAX;
    for (uint32_t i = 0; i < count; i++) {
        int64_t value = (int64_t)((uint64_t)s->start + (first + i) * (uint64_t)s->step); /* within the bounds, however far apart */
        switch (type_physical(v->type)) {
        case PHYSICAL_I16: VECTOR_I16(v)[i] = (int16_t)value; break;
        case PHYSICAL_I32: VECTOR_I32(v)[i] = (int32_t)value; break;
        default: VECTOR_I64(v)[i] = value;
        }
    }
    return count;
}

static enum status next_timestamp(struct source_reader *r, bool *end, struct error *err)
{
    const struct series_source *s = r->series;
    enum status st = STATUS_OK;
    if (!r->has_begun)
        r->timestamp = s->start;
    else if (s->type.id == TYPE_TIMESTAMP)
        st = timestamp_add_interval(r->timestamp, &s->interval, &r->timestamp);
    else
        st = timestamptz_add_interval(r->timestamp, &s->interval, s->text.zone, &r->timestamp);
    r->has_begun = true;
    TRY(row_error_status(NULL, st, err));
    *end = s->descending ? r->timestamp < s->stop : r->timestamp > s->stop;
    return STATUS_OK;
}

static enum status read_timestamps(struct source_reader *r, struct vector *v, uint32_t *count, struct error *err)
{
    for (*count = 0; *count < BATCH_ROWS_MAX; ++*count) {
        bool end;
        TRY(next_timestamp(r, &end, err));
        if (end) {
            r->series->is_empty = true;
            break;
        }
        VECTOR_I64(v)[*count] = r->timestamp;
    }
    return STATUS_OK;
}

static enum status read_numerics(struct source_reader *r, struct vector *v, uint32_t *count, struct error *err)
{
    struct series_source *s = r->series;
    for (*count = 0; *count < BATCH_ROWS_MAX; ++*count) {
        enum status st = STATUS_OK;
        struct arena *arena = r->value_arenas[r->turn ^= 1];
        arena_reset(arena);
        if (r->has_begun)
            st = numeric_add(&r->numeric, &s->numeric_step, arena, &r->numeric);
        else
            r->numeric = s->numeric_start;
        r->has_begun = true;
        TRY(row_error_status(NULL, st, err));
        int order = numeric_compare(&r->numeric, &s->numeric_stop);
        if (s->descending ? order < 0 : order > 0) {
            s->is_empty = true;
            break;
        }
        struct string *to = &VECTOR_STRING(v)[*count];
        *to = r->numeric;
        if (to->size > STRING_INLINE_SIZE)
            to->data = memcpy(arena_alloc(r->arena, to->size), to->data, to->size);
    }
    return STATUS_OK;
}

static enum status series_read(struct source_reader *r, struct batch *out, bool *end, struct error *err)
{
    struct series_source *s = r->series;
    arena_reset(r->arena);
    *out = (struct batch){.column_count = 1, .columns = ARENA_NEW(r->arena, struct vector)};
    vector_init_flat(&out->columns[0], s->type, BATCH_ROWS_MAX, r->arena);
    if (s->is_empty) {
        *end = true;
        return STATUS_OK;
    }
    if (type_is_integer(s->type))
        out->row_count = read_integers(r, &out->columns[0]);
    else if (s->type.id == TYPE_NUMERIC)
        TRY(read_numerics(r, &out->columns[0], &out->row_count, err));
    else
        TRY(read_timestamps(r, &out->columns[0], &out->row_count, err));
    *end = out->row_count == 0;
    return STATUS_OK;
}

static void series_close_reader(struct source_reader *r)
{
    arena_destroy(r->arena);
    arena_destroy(r->value_arenas[0]);
    arena_destroy(r->value_arenas[1]);
    free(r);
}

static void series_destroy(struct source *source)
{
    struct series_source *s = (struct series_source *)source;
    arena_destroy(s->arena);
    free(s);
}

static const struct source_type SERIES = {
    .name = "series", .open_reader = series_open_reader, .read = series_read, .close_reader = series_close_reader, .destroy = series_destroy};

enum status series_source_create(const struct plan *plan, const struct text_context *text, struct source **out, struct error *err)
{
    struct series_source *s = memory_alloc_zero(1, sizeof *s);
    s->source = (struct source){.type = &SERIES, .single = true, .estimated_rows = -1};
    s->type = plan->schema.columns[0].type;
    s->text = *text;
    s->arena = arena_create();
    enum status st = set_bounds(s, plan, err);
    if (st != STATUS_OK) {
        series_destroy(&s->source);
        return st;
    }
    *out = &s->source;
    return STATUS_OK;
}
