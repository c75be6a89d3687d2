/* error.c - words for errors that were kept as codes. */
#include "expr/error.h"

#include <string.h>

#include "expr/function.h"

/* PostgreSQL's most common message for a status that a row can be in; static. */
static const char *expr_error_message(enum status st)
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
        return "cannot take logarithm of a negative number or of zero";
    case STATUS_INVALID_POWER:
        return "cannot take the square root or a power of this number";
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

/* ---- which call it was ---- */

static bool is_cast(const struct expr *e)
{
    return strcmp(e->function->name, "cast") == 0;
}

static bool is_sign(const struct function *f, const char *signs)
{
    return f->name[1] == '\0' && strchr(signs, f->name[0]) != NULL;
}

static bool is_among(const char *name, const char *const *names)
{
    for (; *names != NULL; names++)
        if (strcmp(name, *names) == 0)
            return true;
    return false;
}

/* Whether the call can be in error st by itself. */
static bool call_may_raise(const struct expr *e, enum status st)
{
    static const char *const dividing[] = {"/", "%", "mod", "div", "log", NULL};
    static const char *const powers[] = {"^", "power", "pow", "sqrt", "|/", NULL};
    static const char *const logarithms[] = {"ln", "log", "log10", NULL};
    const struct function *f = e->function;
    switch (st) {
    case STATUS_DIVISION_BY_ZERO:
        return is_among(f->name, dividing);
    case STATUS_INVALID_POWER:
        return is_among(f->name, powers);
    case STATUS_INVALID_LOGARITHM:
        return is_among(f->name, logarithms);
    case STATUS_NUMERIC_OUT_OF_RANGE:
        return type_is_number(e->type) && (is_cast(e) || !is_sign(f, "&|#~"));
    case STATUS_INVALID_TEXT:
    case STATUS_INVALID_DATETIME_FORMAT:
    case STATUS_STRING_TOO_LONG:
        return is_cast(e);
    default:
        return true;
    }
}

/* The outermost such call, since an inner one's error is as likely and the outer one names the wanted type. */
static const struct expr *find_raiser(const struct expr *e, enum status st)
{
    if (e == NULL)
        return NULL;
    if (e->kind == EXPR_CALL && call_may_raise(e, st))
        return e;
    for (uint32_t i = 0; i < e->argument_count; i++) {
        const struct expr *found = find_raiser(e->arguments[i], st);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static const char *out_of_range_message(const struct expr *raiser)
{
    switch (raiser->type.id) {
    case TYPE_INT2:
        return "smallint out of range";
    case TYPE_INT4:
        return "integer out of range";
    case TYPE_INT8:
        return "bigint out of range";
    case TYPE_NUMERIC:
        return raiser->type.precision != 0 ? "numeric field overflow" : "value overflows numeric format";
    default:
        return "value out of range: overflow";
    }
}

static enum status describe(const struct expr *raiser, enum status st, struct error *err)
{
    char name[TYPE_NAME_SIZE];
    type_name(raiser->type, name, sizeof name);
    if (st == STATUS_NUMERIC_OUT_OF_RANGE)
        return error_set(err, st, "%s", out_of_range_message(raiser));
    if (st == STATUS_INVALID_TEXT || st == STATUS_INVALID_DATETIME_FORMAT)
        return error_set(err, st, "invalid input syntax for type %s", name);
    if (st == STATUS_STRING_TOO_LONG)
        return error_set(err, st, "value too long for type %s", name);
    if (st == STATUS_INVALID_POWER && strstr(raiser->function->name, "sqrt") != NULL)
        return error_set(err, st, "cannot take square root of a negative number");
    if (st == STATUS_INVALID_POWER)
        return error_set(err, st, "a negative number raised to a non-integer power yields a complex result");
    if (st == STATUS_DATETIME_OVERFLOW && raiser->type.id == TYPE_DATE)
        return error_set(err, st, "date out of range");
    return STATUS_OK;
}

void expr_row_error(const struct expr *e, enum status st, struct error *err)
{
    if (st == STATUS_OK || err == NULL)
        return;
    const struct expr *raiser = find_raiser(e, st);
    if (raiser == NULL || describe(raiser, st, err) == STATUS_OK) {
        const char *message = expr_error_message(st);
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
    if (raiser != NULL)
        err->position = raiser->position;
}
