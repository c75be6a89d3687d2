/* error.c - words for errors that were kept as codes. */
#include "expr/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "expr/function.h"

_Static_assert((int)STATUS_COUNT <= (int)ERROR_CODE_MIN, "a row's byte is a status or an entry of error_words");

/* ---- entries ---- */

void error_words_init(struct error_words *w)
{
    *w = (struct error_words){0};
}

void error_words_clear(struct error_words *w)
{
    for (uint32_t i = 0; i < ERROR_TOLD_MAX; i++)
        free(w->told[i]);
}

/* The entry of a call and a status, made at its first use. */
static uint8_t entry_of_call(struct error_words *w, const struct expr *call, enum status st)
{
    uint64_t wanted = (uint64_t)(uintptr_t)call << 8 | (uint64_t)st;
    for (unsigned i = 0; i < ERROR_CALLS_MAX; i++) {
        uint64_t there = 0;
        if (atomic_compare_exchange_strong(&w->calls[i], &there, wanted) || there == wanted)
            return (uint8_t)(ERROR_CODE_MIN + ERROR_TOLD_MAX + i);
    }
    return (uint8_t)st;
}

uint8_t error_words_add(struct error_words *w, const struct expr *call, enum status st, struct error **told)
{
    *told = NULL;
    if (atomic_load_explicit(&w->told_count, memory_order_relaxed) >= ERROR_TOLD_MAX)
        return entry_of_call(w, call, st);
    uint32_t i = atomic_fetch_add(&w->told_count, 1);
    if (i >= ERROR_TOLD_MAX)
        return entry_of_call(w, call, st);
    *told = w->told[i] = memory_alloc_zero(1, sizeof **told);
    return (uint8_t)(ERROR_CODE_MIN + i);
}

enum status row_error_status(const struct error_words *words, enum status code, struct error *err)
{
    if ((int)code < ERROR_CODE_MIN) {
        error_describe(NULL, code, err);
        return code;
    }
    assert(words != NULL);
    unsigned i = (unsigned)code - ERROR_CODE_MIN;
    if (i < ERROR_TOLD_MAX) {
        if (err != NULL)
            *err = *words->told[i];
        return words->told[i]->status;
    }
    uint64_t key = atomic_load(&words->calls[i - ERROR_TOLD_MAX]);
    enum status st = (enum status)(key & 0xFF);
    error_describe((const struct expr *)(uintptr_t)(key >> 8), st, err); /* NOLINT: the pointer that entry_of_call() put there */
    return st;
}

/* ---- words that name no value ---- */

/* PostgreSQL's most common message for a status that a row can be in; static. */
static const char *usual_message(enum status st)
{
    switch (st) {
    case STATUS_DIVISION_BY_ZERO:
        return "division by zero";
    case STATUS_NUMERIC_OUT_OF_RANGE:
        return "value out of range";
    case STATUS_INVALID_TEXT:
        return "invalid input syntax";
    case STATUS_INVALID_DATETIME_FORMAT:
        return "invalid input syntax for type timestamp";
    case STATUS_DATETIME_OVERFLOW:
        return "timestamp out of range";
    case STATUS_INTERVAL_OVERFLOW:
        return "interval out of range";
    case STATUS_STRING_TOO_LONG:
        return "value too long for type";
    case STATUS_INVALID_LOGARITHM:
        return "cannot take logarithm of a negative number";
    case STATUS_INVALID_POWER:
        return "a negative number raised to a non-integer power yields a complex result";
    case STATUS_SUBSTRING_ERROR:
        return "negative substring length not allowed";
    case STATUS_INVALID_ESCAPE:
        return "invalid escape string";
    case STATUS_LIMIT_EXCEEDED:
        return "requested length too large";
    case STATUS_CARDINALITY_VIOLATION:
        return "more than one row returned by a subquery used as an expression";
    default:
        return NULL;
    }
}

static const char *out_of_range_message(struct type type)
{
    switch (type.id) {
    case TYPE_INT2:
        return "smallint out of range";
    case TYPE_INT4:
        return "integer out of range";
    case TYPE_INT8:
        return "bigint out of range";
    case TYPE_NUMERIC:
        return type.precision != 0 ? "numeric field overflow" : "value overflows numeric format";
    default:
        return "value out of range: overflow";
    }
}

static const char *overflow_message(struct type type)
{
    switch (type.id) {
    case TYPE_DATE:
        return "date out of range";
    case TYPE_INTERVAL:
        return "interval out of range";
    default:
        return "timestamp out of range";
    }
}

/* The words that depend on the type of the call's result. */
static bool describe_by_type(const struct expr *call, enum status st, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    bool is_bare = st == STATUS_INVALID_TEXT || st == STATUS_INVALID_DATETIME_FORMAT;
    if (is_bare)
        type_base_name(call->type, name);
    else
        type_name(call->type, name, sizeof name);
    switch (st) {
    case STATUS_NUMERIC_OUT_OF_RANGE:
        st = error_set(err, st, "%s", out_of_range_message(call->type));
        return true;
    case STATUS_DATETIME_OVERFLOW:
        st = error_set(err, st, "%s", overflow_message(call->type));
        return true;
    case STATUS_INVALID_TEXT:
    case STATUS_INVALID_DATETIME_FORMAT:
        st = error_set(err, st, "invalid input syntax for type %s", name);
        return true;
    case STATUS_STRING_TOO_LONG:
        st = error_set(err, st, "value too long for type %s", name);
        return true;
    default:
        return false;
    }
}

void error_describe(const struct expr *call, enum status st, struct error *err)
{
    if (st == STATUS_OK || err == NULL)
        return;
    if (call == NULL || !describe_by_type(call, st, err)) {
        const char *message = usual_message(st);
        char words[64];
        if (message == NULL) {
            size_t i = 0;
            for (const char *p = status_condition(st); *p != '\0' && i + 1 < sizeof words; p++)
                words[i++] = *p == '_' ? ' ' : *p;
            words[i] = '\0';
            message = words;
        }
        status_ignore(error_set(err, st, "%s", message), "the status is in err");
    }
    if (call != NULL)
        err->position = call->position;
}
