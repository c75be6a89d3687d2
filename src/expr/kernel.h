/* kernel.h - how kernels walk over rows. For the files of expr/ only.
 *
 * The dispatcher (evaluate.c) hands a kernel `in` narrowed to its live rows:
 * those that the batch selects and in which no argument is in error or, for a
 * strict function, NULL. Two shapes of kernels:
 *
 *   light  arithmetic and comparisons of fixed-width values. They compute every row when nearly all are live, garbage
 *          included, and look for errors only if some row looks suspicious, and then only in live rows.
 *   heavy  everything that follows a pointer or calls out: live rows only.
 */
#ifndef LEAT_EXPR_KERNEL_H
#define LEAT_EXPR_KERNEL_H

#include "data/numeric.h"
#include "expr/function.h"

/* An argument as an array: indexed by row, or a single value for all rows. */
struct operand {
    const void *values;
    bool constant;
};
/* Dictionaries are written out (for live rows), the rest is shown in place. */
struct operand operand_of(const struct vector *v, const struct batch *in, struct arena *arena);

/* Whether a light kernel should compute all rows rather than follow the selection. */
static inline bool rows_are_dense(const struct batch *in)
{
    return in->selection == NULL || in->selected_count >= in->row_count - in->row_count / 4;
}

#define FOR_EACH_ROW(in, row)                                                                                        \
    for (uint32_t row##_i = 0, row##_n = batch_rows(in), row = row##_n > 0 ? batch_row(in, 0) : 0; row##_i < row##_n; \
         row##_i++, row = row##_i < row##_n ? batch_row(in, row##_i) : 0)

#define KERNEL_PARAMETERS                                                                                    \
    const struct expr *call, const struct vector *arguments, const struct batch *in, struct evaluation *evaluation, \
        struct vector *out

#define ARGUMENT(i, T, row) (((const T *)arguments[i].values)[vector_slot(&arguments[i], row)])
#define ARGUMENT_STRING(i, row) ((const struct string *)arguments[i].values + vector_slot(&arguments[i], row))

static inline void row_error(struct vector *out, uint32_t row, enum status st, const struct batch *in, struct arena *arena)
{
    vector_set_error(out, row, st, in->row_count, arena);
}

/* ---- light kernels ----
 * NAME_compute(a, b) gives the result of any bits whatsoever; NAME_suspect(a, b, r) is nonzero where there may be an error (it may
 * cry wolf); NAME_status(a, b, r) tells. */
#define LIGHT_BINARY(NAME, TA, TB, TR)                                                                                \
    static unsigned NAME##_dense(const TA *a, bool a_constant, const TB *b, bool b_constant, TR *restrict r, uint32_t n) \
    {                                                                                                                 \
        unsigned suspect = 0;                                                                                         \
        if (b_constant) {                                                                                             \
            const TB y = *b;                                                                                          \
            for (uint32_t i = 0; i < n; i++) {                                                                        \
                r[i] = NAME##_compute(a[i], y);                                                                       \
                suspect |= (unsigned)NAME##_suspect(a[i], y, r[i]);                                                   \
            }                                                                                                         \
        } else if (a_constant) {                                                                                      \
            const TA x = *a;                                                                                          \
            for (uint32_t i = 0; i < n; i++) {                                                                        \
                r[i] = NAME##_compute(x, b[i]);                                                                       \
                suspect |= (unsigned)NAME##_suspect(x, b[i], r[i]);                                                   \
            }                                                                                                         \
        } else {                                                                                                      \
            for (uint32_t i = 0; i < n; i++) {                                                                        \
                r[i] = NAME##_compute(a[i], b[i]);                                                                    \
                suspect |= (unsigned)NAME##_suspect(a[i], b[i], r[i]);                                                \
            }                                                                                                         \
        }                                                                                                             \
        return suspect;                                                                                               \
    }                                                                                                                 \
    void NAME(KERNEL_PARAMETERS)                                                                                      \
    {                                                                                                                 \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);                                          \
        const struct operand x = operand_of(&arguments[0], in, evaluation->arena);                                    \
        const struct operand y = operand_of(&arguments[1], in, evaluation->arena);                                    \
        const TA *a = x.values;                                                                                       \
        const TB *b = y.values;                                                                                       \
        TR *r = out->values;                                                                                          \
        unsigned suspect = 0;                                                                                         \
        if (rows_are_dense(in) && !(x.constant && y.constant)) {                                                      \
            suspect = NAME##_dense(a, x.constant, b, y.constant, r, in->row_count);                                   \
        } else {                                                                                                      \
            FOR_EACH_ROW (in, row) {                                                                                  \
                const TA va = a[x.constant ? 0 : row];                                                                \
                const TB vb = b[y.constant ? 0 : row];                                                                \
                r[row] = NAME##_compute(va, vb);                                                                      \
                suspect |= (unsigned)NAME##_suspect(va, vb, r[row]);                                                  \
            }                                                                                                         \
        }                                                                                                             \
        if (suspect == 0)                                                                                             \
            return;                                                                                                   \
        FOR_EACH_ROW (in, row) {                                                                                      \
            enum status st = NAME##_status(a[x.constant ? 0 : row], b[y.constant ? 0 : row], r[row]);                 \
            if (st != STATUS_OK)                                                                                      \
                row_error(out, row, st, in, evaluation->arena);                                                       \
        }                                                                                                             \
    }

#define LIGHT_UNARY(NAME, TA, TR)                                                            \
    void NAME(KERNEL_PARAMETERS)                                                             \
    {                                                                                        \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);                 \
        const struct operand x = operand_of(&arguments[0], in, evaluation->arena);           \
        const TA *a = x.values;                                                              \
        TR *r = out->values;                                                                 \
        unsigned suspect = 0;                                                                \
        if (rows_are_dense(in) && !x.constant) {                                             \
            for (uint32_t row = 0; row < in->row_count; row++) {                             \
                r[row] = NAME##_compute(a[row]);                                             \
                suspect |= (unsigned)NAME##_suspect(a[row], r[row]);                         \
            }                                                                                \
        } else {                                                                             \
            FOR_EACH_ROW (in, row) {                                                         \
                r[row] = NAME##_compute(a[x.constant ? 0 : row]);                            \
                suspect |= (unsigned)NAME##_suspect(a[x.constant ? 0 : row], r[row]);        \
            }                                                                                \
        }                                                                                    \
        if (suspect == 0)                                                                    \
            return;                                                                          \
        FOR_EACH_ROW (in, row) {                                                             \
            enum status st = NAME##_status(a[x.constant ? 0 : row], r[row]);                 \
            if (st != STATUS_OK)                                                             \
                row_error(out, row, st, in, evaluation->arena);                              \
        }                                                                                    \
    }

/* For those that never fail only NAME_compute is wanted. */
#define LIGHT_BINARY_SAFE(NAME, TA, TB, TR)                                                      \
    static inline unsigned NAME##_suspect(UNUSED TA a, UNUSED TB b, UNUSED TR r) { return 0; }   \
    static inline enum status NAME##_status(UNUSED TA a, UNUSED TB b, UNUSED TR r)               \
    {                                                                                            \
        return STATUS_OK;                                                                        \
    }                                                                                            \
    LIGHT_BINARY(NAME, TA, TB, TR)
#define LIGHT_UNARY_SAFE(NAME, TA, TR)                                                           \
    static inline unsigned NAME##_suspect(UNUSED TA a, UNUSED TR r) { return 0; }                \
    static inline enum status NAME##_status(UNUSED TA a, UNUSED TR r) { return STATUS_OK; }      \
    LIGHT_UNARY(NAME, TA, TR)

/* ---- heavy kernels ----
 * Defines NAME(), which runs enum status NAME_row(a..., TR *result, struct evaluation *) over the live rows. */
#define HEAVY_UNARY(NAME, TA, TR)                                                                  \
    void NAME(KERNEL_PARAMETERS)                                                                   \
    {                                                                                              \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);                       \
        TR *r = out->values;                                                                       \
        FOR_EACH_ROW (in, row) {                                                                   \
            enum status st = NAME##_row(ARGUMENT(0, TA, row), &r[row], evaluation);                \
            if (st != STATUS_OK)                                                                   \
                row_error(out, row, st, in, evaluation->arena);                                    \
        }                                                                                          \
    }
#define HEAVY_BINARY(NAME, TA, TB, TR)                                                             \
    void NAME(KERNEL_PARAMETERS)                                                                   \
    {                                                                                              \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);                       \
        TR *r = out->values;                                                                       \
        FOR_EACH_ROW (in, row) {                                                                   \
            enum status st = NAME##_row(ARGUMENT(0, TA, row), ARGUMENT(1, TB, row), &r[row], evaluation); \
            if (st != STATUS_OK)                                                                   \
                row_error(out, row, st, in, evaluation->arena);                                    \
        }                                                                                          \
    }
#define HEAVY_TERNARY(NAME, TA, TB, TC, TR)                                                        \
    void NAME(KERNEL_PARAMETERS)                                                                   \
    {                                                                                              \
        vector_init_flat(out, call->type, in->row_count, evaluation->arena);                       \
        TR *r = out->values;                                                                       \
        FOR_EACH_ROW (in, row) {                                                                   \
            enum status st = NAME##_row(ARGUMENT(0, TA, row), ARGUMENT(1, TB, row), ARGUMENT(2, TC, row), &r[row], \
                                        evaluation);                                               \
            if (st != STATUS_OK)                                                                   \
                row_error(out, row, st, in, evaluation->arena);                                    \
        }                                                                                          \
    }

/* A numeric argument's value out of line, whatever its form. */
struct string numeric_argument(const struct vector *v, uint32_t row, struct arena *arena);
/* Stores an out-of-line numeric into row of out, whose type may be either form: STATUS_NUMERIC_OUT_OF_RANGE if it does not fit. */
CHECKED enum status numeric_result(const struct string *value, struct vector *out, uint32_t row, struct arena *arena);

/* A string of the arena's own bytes. */
static inline struct string string_copy(const void *data, size_t size, struct arena *arena)
{
    if (size <= STRING_INLINE_SIZE)
        return string_make(data, size);
    return string_make(arena_copy_bytes(arena, (struct bytes){data, size}), size);
}

/* ---- IN ---- */
struct in_list *in_list_create(struct expr **arguments, uint32_t count, struct arena *arena);
void in_list_evaluate(const struct expr *e, const struct vector *value, const struct batch *in, struct evaluation *evaluation,
                      struct vector *out);

#endif
